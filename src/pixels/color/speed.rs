//! Measures nanoseconds per pixel, on request: `cargo test --release --lib color::speed -- --ignored --nocapture`.

use std::time::Instant;

use moxcms::ColorProfile;

use super::{Conversion, Output};
use crate::iiif::Dimensions;
use crate::pixels::{Alpha, Depth, Model, Raw, Samples};

/// Samples that vary as in photographs, with some noise.
fn picture(pixels: usize, count: usize) -> Vec<u16> {
    let mut seed = 1u32;
    let sample = |at: usize| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let (x, channel) = ((at / count) as f32, (at % count) as f32);
        let wave = ((x / 300.0 + channel).sin() + (x / 41_000.0 + channel).cos()) * 15_000.0 + 32_768.0;
        (wave + (seed >> 21) as f32) as u16
    };
    (0..pixels * count).map(sample).collect()
}

fn measure(name: &str, icc: Option<&[u8]>, model: Model, alpha: Alpha) {
    let began = Instant::now();
    let conversion = Conversion::new(icc, model, Output::Srgb);
    let built = began.elapsed();
    assert_eq!(conversion.ignored(), None);
    let count = model.count() + usize::from(alpha != Alpha::None);
    let dimensions = Dimensions::new(1024, 512);
    let wide = picture(1024 * 512, count);
    for depth in [Depth::U8, Depth::U16] {
        let samples = match depth {
            Depth::U8 => Samples::U8(wide.iter().map(|sample| (sample >> 8) as u8).collect()),
            Depth::U16 => Samples::U16(wide.clone()),
        };
        let once = |samples: Samples| {
            let began = Instant::now();
            let raster = conversion.convert(Raw { dimensions, model, alpha, samples });
            let taken = began.elapsed();
            std::hint::black_box(raster);
            taken
        };
        let best = (0..9).map(|_| once(samples.clone())).min().unwrap_or_default();
        let each = best.as_nanos() as f64 / f64::from(1024 * 512);
        println!("{name:12} {depth:?} {alpha:?}: {each:.2} ns/pixel, built in {built:.2?}");
    }
}

#[test]
#[ignore = "a measurement"]
fn nanoseconds_a_pixel() {
    let adobe = ColorProfile::new_adobe_rgb().encode().unwrap();
    let gray = ColorProfile::new_gray_with_gamma(1.8).encode().unwrap();
    for alpha in [Alpha::None, Alpha::Straight, Alpha::Associated] {
        measure("matrix", Some(&adobe), Model::Rgb, alpha);
        measure("no profile", None, Model::Rgb, alpha);
        measure("gray", Some(&gray), Model::Gray, alpha);
        measure("Lab", None, Model::Lab, alpha);
        measure("plain CMYK", None, Model::Cmyk, alpha);
        for (name, model) in [("jpeg-xyb-icc.jpg", Model::Rgb), ("jpeg-cmyk-icc.jpg", Model::Cmyk)] {
            let Some(jpeg) = crate::pixels::decode::difficult::file(name) else { continue };
            let icc = crate::pixels::jpeg::header(&jpeg).unwrap().unwrap().icc.unwrap();
            measure(&name[5..9], Some(&icc), model, alpha);
        }
    }
}
