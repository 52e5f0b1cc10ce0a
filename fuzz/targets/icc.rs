//! Profiles: what they are taken for, and the way to sRGB that follows from it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tegl::iiif::Dimensions;
use tegl::pixels::colour::{Policy, ToSrgb, classify};
use tegl::pixels::{Channels, Raster};

fuzz_target!(|icc: &[u8]| {
    for channels in [Channels::Gray, Channels::Rgb, Channels::Rgba] {
        let (policy, way) = (classify(icc, channels), ToSrgb::new(icc, channels));
        assert_eq!(policy == Policy::Unusable, way.is_err(), "{policy:?}");
        let Ok(way) = way else { continue };
        let dimensions = Dimensions::new(16, 16);
        let samples = (0..dimensions.area() as usize * channels.count()).map(|at| at as u8).collect();
        let mut raster = Raster { dimensions, channels, samples };
        let before = raster.samples.len();
        way.convert(&mut raster);
        assert_eq!(raster.samples.len(), before);
    }
});
