//! Compares conversions with littleCMS by perceptual difference.

use lcms2::{CIELab, CIELabExt, Flags, Intent, PixelFormat, Profile, Transform};
use moxcms::ColorProfile;

use super::{Conversion, Output};
use crate::iiif::Dimensions;
use crate::pixels::{Alpha, Depth, Model, Raw, Samples};

/// The color difference ΔE2000 (CIE 142-2001), computed by littleCMS.
fn delta(one: &[f64; 3], other: &[f64; 3]) -> f64 {
    let lab = |v: &[f64; 3]| CIELab { L: v[0], a: v[1], b: v[2] };
    lab(one).cie2000_delta_e(&lab(other), 1.0, 1.0, 1.0)
}

/// 16-bit patches over the whole space, and random ones.
fn patches(model: Model) -> Vec<u16> {
    let count = model.count();
    let steps: u32 = [0, 256, 0, 13, 7][count];
    let total = steps.pow(count as u32);
    let value = |n: u32| (n * 65_535 / (steps - 1)) as u16;
    let mut samples: Vec<u16> =
        (0..total).flat_map(|at| (0..count as u32).map(move |n| value(at / steps.pow(n) % steps))).collect();
    let mut seed = 0x2545_f491_4f6c_dd1du64;
    samples.extend((0..3000 * count).map(|_| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed >> 32) as u16
    }));
    samples
}

/// Converts the patches with littleCMS to encoded colors of the output, in floating point.
fn expected(from: &Profile, model: Model, patches: &[u16], output: Output) -> Vec<[f64; 3]> {
    let to = Profile::new_icc(&output.profile(false)).unwrap();
    let flags = Flags::NO_OPTIMIZE | Flags::NO_CACHE;
    let scaled: Vec<f32> = patches.iter().enumerate().map(|(n, &v)| in_lcms_units(v, model, n)).collect();
    let format = match model {
        Model::Gray => PixelFormat::GRAY_FLT,
        Model::Rgb => PixelFormat::RGB_FLT,
        Model::Cmyk => PixelFormat::CMYK_FLT,
        Model::Lab => PixelFormat::Lab_FLT,
    };
    let intent = Intent::RelativeColorimetric;
    let mut out = vec![[0f32; 3]; patches.len() / model.count()];
    let run = |out: &mut [[f32; 3]]| match model.count() {
        1 => {
            Transform::<[f32; 1], [f32; 3]>::new_flags(from, format, &to, PixelFormat::RGB_FLT, intent, flags)
                .unwrap()
                .transform_pixels(&scaled.chunks(1).map(|c| [c[0]]).collect::<Vec<_>>(), out)
        }
        3 => {
            Transform::<[f32; 3], [f32; 3]>::new_flags(from, format, &to, PixelFormat::RGB_FLT, intent, flags)
                .unwrap()
                .transform_pixels(&scaled.chunks(3).map(|c| [c[0], c[1], c[2]]).collect::<Vec<_>>(), out)
        }
        _ => {
            Transform::<[f32; 4], [f32; 3]>::new_flags(from, format, &to, PixelFormat::RGB_FLT, intent, flags)
                .unwrap()
                .transform_pixels(
                    &scaled.chunks(4).map(|c| [c[0], c[1], c[2], c[3]]).collect::<Vec<_>>(),
                    out,
                )
        }
    };
    run(&mut out);
    out.into_iter().map(|c| c.map(|v| f64::from(v.clamp(0.0, 1.0)))).collect()
}

/// A sample in littleCMS' floating point units: CMYK in percent, L*a*b* in its own units.
fn in_lcms_units(value: u16, model: Model, n: usize) -> f32 {
    let part = f32::from(value) / 65_535.0;
    match (model, n % 3) {
        (Model::Cmyk, _) => part * 100.0,
        (Model::Lab, 0) => part * 100.0,
        (Model::Lab, _) => part * 255.0 - 128.0,
        _ => part,
    }
}

fn found(icc: Option<&[u8]>, model: Model, depth: Depth, patches: &[u16], output: Output) -> Vec<[f64; 3]> {
    let samples = match depth {
        Depth::U8 => Samples::U8(patches.iter().map(|&v| (v / 257) as u8).collect()),
        Depth::U16 => Samples::U16(patches.to_vec()),
    };
    let dimensions = Dimensions::new((patches.len() / model.count()) as u32, 1);
    let raster =
        Conversion::new(icc, model, output).convert(Raw { dimensions, model, alpha: Alpha::None, samples });
    let count = raster.channels.count();
    let byte = |v: u8| f64::from(v) / 255.0;
    raster.samples.chunks(count).map(|c| [byte(c[0]), byte(c[1 % count]), byte(c[2 % count])]).collect()
}

/// Converts encoded colors of the output to L*a*b*.
fn to_lab(colors: &[[f64; 3]], output: Output) -> Vec<[f64; 3]> {
    let from = Profile::new_icc(&output.profile(false)).unwrap();
    let to = Profile::new_lab4_context(
        lcms2::GlobalContext::new(),
        &lcms2::CIExyY { x: 0.345_7, y: 0.358_5, Y: 1.0 },
    )
    .unwrap();
    let way = Transform::<[f64; 3], [f64; 3]>::new(
        &from,
        PixelFormat::RGB_DBL,
        &to,
        PixelFormat::Lab_DBL,
        Intent::RelativeColorimetric,
    );
    let mut lab = vec![[0.0; 3]; colors.len()];
    way.unwrap().transform_pixels(colors, &mut lab);
    lab
}

#[track_caller]
fn check(name: &str, icc: &[u8], model: Model) {
    let from = Profile::new_icc(icc).unwrap();
    compare(name, Some(icc), &from, model);
}

#[track_caller]
fn compare(name: &str, icc: Option<&[u8]>, from: &Profile, model: Model) {
    compare_patches(name, icc, from, model, &patches(model));
}

#[track_caller]
fn compare_patches(name: &str, icc: Option<&[u8]>, from: &Profile, model: Model, patches: &[u16]) {
    for output in [Output::Srgb, Output::DisplayP3] {
        for depth in [Depth::U8, Depth::U16] {
            let mut patches = patches.to_vec();
            if depth == Depth::U8 {
                patches.iter_mut().for_each(|value| *value = *value / 257 * 257);
            }
            let expected = to_lab(&expected(from, model, &patches, output), output);
            let found = to_lab(&found(icc, model, depth, &patches, output), output);
            let deltas: Vec<f64> = expected.iter().zip(&found).map(|(a, b)| delta(a, b)).collect();
            let mean = deltas.iter().sum::<f64>() / deltas.len() as f64;
            let worst = deltas.iter().copied().fold(0.0, f64::max);
            println!("{name:14} {depth:?} {output:?}: mean {mean:.3}, worst {worst:.3}");
            assert!(
                mean < 0.3 && worst < 1.2,
                "{name} {depth:?} {output:?}: mean {mean:.3}, worst {worst:.3}"
            );
        }
    }
}

#[test]
fn matrix_profiles_agree_with_littlecms() {
    for (name, profile) in [
        ("Adobe RGB", ColorProfile::new_adobe_rgb()),
        ("ProPhoto", ColorProfile::new_pro_photo_rgb()),
        ("Display P3", ColorProfile::new_display_p3()),
        ("Rec. 2020", ColorProfile::new_bt2020()),
        ("sRGB", ColorProfile::new_srgb()),
    ] {
        check(name, &profile.encode().unwrap(), Model::Rgb);
    }
}

#[test]
fn a_lightness_curve_like_eci_rgbs_agrees_with_littlecms() {
    let curve = |at: f64| {
        let lightness = at * 100.0;
        if lightness <= 8.0 { lightness / 903.3 } else { ((lightness + 16.0) / 116.0).powi(3) }
    };
    let curve: Vec<u16> = (0..4096).map(|n| (curve(f64::from(n) / 4095.0) * 65_535.0 + 0.5) as u16).collect();
    let mut profile = ColorProfile::new_adobe_rgb();
    let curve = moxcms::ToneReprCurve::Lut(curve);
    (profile.red_trc, profile.green_trc, profile.blue_trc) =
        (Some(curve.clone()), Some(curve.clone()), Some(curve));
    check("eciRGB's curve", &profile.encode().unwrap(), Model::Rgb);
}

#[test]
fn gray_agrees_with_littlecms() {
    for gamma in [1.0, 1.8, 2.2] {
        check("gray", &ColorProfile::new_gray_with_gamma(gamma).encode().unwrap(), Model::Gray);
    }
}

#[test]
fn lab_agrees_with_littlecms() {
    let white = lcms2::CIExyY { x: 0.345_7, y: 0.358_5, Y: 1.0 };
    let lab = Profile::new_lab4_context(lcms2::GlobalContext::new(), &white).unwrap();
    compare("L*a*b*", None, &lab, Model::Lab);
}

#[test]
fn embedded_tables_agree_with_littlecms() {
    use crate::pixels::decode::difficult::file;
    for (name, model) in
        [("cmyk-icc.jpg", Model::Cmyk), ("jpeg-xyb-icc.jpg", Model::Rgb), ("jpeg-cmyk-icc.jpg", Model::Cmyk)]
    {
        let Some(jpeg) = file(name) else { continue };
        let icc = crate::pixels::jpeg::header(&jpeg).unwrap().unwrap().icc.unwrap();
        let file: std::sync::Arc<dyn crate::pixels::ReadAt> = std::sync::Arc::new(bytes::Bytes::from(jpeg));
        let rows = Box::new(crate::pixels::jpeg::rows(file, 1, 1 << 26).unwrap());
        let raw = crate::pixels::read_rows(rows, 1 << 26).unwrap();
        let Samples::U8(samples) = raw.samples else { panic!() };
        // The image's own colors; most of the XYB cube is not real colors.
        let own: Vec<u16> = samples.iter().map(|&v| u16::from(v) * 257).collect();
        let from = Profile::new_icc(&icc).unwrap();
        compare_patches(name, Some(&icc), &from, model, &own[..own.len().min(60_000 * model.count())]);
        if model == Model::Cmyk {
            check(name, &icc, model);
        }
    }
}
