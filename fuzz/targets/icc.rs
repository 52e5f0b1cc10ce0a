//! Profiles: what they are taken for, what they are called, and the way to the output's colours.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tegl::iiif::Dimensions;
use tegl::pixels::color::{Conversion, Output, classify, description};
use tegl::pixels::{Alpha, Channels, Model, Raw, Samples};

fuzz_target!(|icc: &[u8]| {
    for channels in [Channels::Gray, Channels::Rgb, Channels::Rgba] {
        classify(icc, channels);
    }
    let _ = description(icc);
    for model in [Model::Gray, Model::Rgb, Model::Cmyk, Model::Lab] {
        let conversion = Conversion::new(Some(icc), model, Output::Srgb);
        for alpha in [Alpha::None, Alpha::Straight] {
            let dimensions = Dimensions::new(8, 9);
            let length = 72 * (model.count() + usize::from(alpha != Alpha::None));
            let narrow = Samples::U8((0..length).map(|at| (at * 7) as u8).collect());
            let wide = Samples::U16((0..length).map(|at| (at * 1801) as u16).collect());
            for samples in [narrow, wide] {
                let raster = conversion.convert(Raw { dimensions, model, alpha, samples });
                assert_eq!(raster.channels, Conversion::channels(model, alpha));
                assert_eq!(
                    (raster.dimensions, raster.samples.len()),
                    (dimensions, 72 * raster.channels.count())
                );
            }
        }
    }
});
