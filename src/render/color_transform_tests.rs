//! Compares every format and quality, for masters in many color spaces, with littleCMS.

use std::sync::Arc;

use bytes::Bytes;
use lcms2::{CIELab, CIELabExt, CIExyY, GlobalContext, Intent, PixelFormat, Profile, Transform};
use moxcms::ColorProfile;

use super::{ColorTransform, Plan, Settings, Source, finish};
use crate::iiif::{Dimensions, Format, Quality, Rect, Rotation};
use crate::master::{Orientation, PartialFile, index, rows};
use crate::metadata::EmbeddedMetadata;
use crate::pixels::color::Output;
use crate::pixels::encode;
use crate::pixels::scale::Window;
use crate::pixels::{
    Alpha, Channels, Depth, Model, Picture, Raster, Raw, Samples, Shape, Subsampling, jpeg, tone,
};

const SIDE: u32 = 32;
const SIZE: Dimensions = Dimensions { width: SIDE, height: SIDE };
const FORMATS: [Format; 6] = [Format::Jpg, Format::Png, Format::Webp, Format::Gif, Format::Tif, Format::Jp2];
const COLORS: [[u8; 3]; 5] = [[200, 60, 60], [120, 160, 110], [90, 100, 160], [128, 128, 128], [63, 63, 63]];

fn profiles() -> Vec<(&'static str, Option<Arc<[u8]>>)> {
    let encoded = |profile: ColorProfile| Some(profile.encode().unwrap().into());
    vec![
        ("untagged", None),
        ("sRGB", encoded(ColorProfile::new_srgb())),
        ("Adobe RGB", encoded(ColorProfile::new_adobe_rgb())),
        ("Display P3", encoded(ColorProfile::new_display_p3())),
        ("ProPhoto", encoded(ColorProfile::new_pro_photo_rgb())),
    ]
}

/// The samples in the middle of an encoded image, and its profile.
fn read(file: &[u8]) -> (Vec<u8>, Option<Arc<[u8]>>) {
    let bytes = Bytes::copy_from_slice(file);
    let master = index(&PartialFile::new(file.len() as u64, bytes.clone()), 1).unwrap();
    let mut rows = rows(&master, Arc::new(bytes), 1 << 26).unwrap();
    let shape = rows.shape();
    let mut all = Vec::new();
    while let Some(raw) = rows.next(64).unwrap() {
        let Samples::U8(samples) = raw.samples else { panic!("wide samples") };
        all.extend(samples);
    }
    let middle = (shape.dimensions.height / 2 * shape.dimensions.width + shape.dimensions.width / 2) as usize;
    (all[middle * shape.count()..][..shape.model.count()].to_vec(), master.icc)
}

/// L*a*b* of a color according to littleCMS; sRGB if there is no profile.
fn lab_of(color: &[u8], icc: Option<&[u8]>) -> [f64; 3] {
    let lab =
        Profile::new_lab4_context(GlobalContext::new(), &CIExyY { x: 0.345_7, y: 0.358_5, Y: 1.0 }).unwrap();
    let mut out = [[0.0; 3]];
    let intent = Intent::RelativeColorimetric;
    if let (&[gray], Some(icc)) = (color, icc) {
        let from = Profile::new_icc(icc).unwrap();
        let transform =
            Transform::<u8, [f64; 3]>::new(&from, PixelFormat::GRAY_8, &lab, PixelFormat::Lab_DBL, intent);
        transform.unwrap().transform_pixels(&[gray], &mut out);
        return out[0];
    }
    let from = icc.map_or_else(Profile::new_srgb, |icc| Profile::new_icc(icc).unwrap());
    let transform =
        Transform::<[u8; 3], [f64; 3]>::new(&from, PixelFormat::RGB_8, &lab, PixelFormat::Lab_DBL, intent);
    transform
        .unwrap()
        .transform_pixels(&[[color[0], color[1 % color.len()], color[2 % color.len()]]], &mut out);
    out[0]
}

/// The color in sRGB according to littleCMS.
fn srgb(color: &[u8], icc: Option<&[u8]>) -> [u8; 3] {
    let lab =
        Profile::new_lab4_context(GlobalContext::new(), &CIExyY { x: 0.345_7, y: 0.358_5, Y: 1.0 }).unwrap();
    let (intent, mut out) = (Intent::RelativeColorimetric, [[0; 3]]);
    let transform = Transform::<[f64; 3], [u8; 3]>::new(
        &lab,
        PixelFormat::Lab_DBL,
        &Profile::new_srgb(),
        PixelFormat::RGB_8,
        intent,
    );
    transform.unwrap().transform_pixels(&[lab_of(color, icc)], &mut out);
    out[0]
}

fn delta(one: [f64; 3], other: [f64; 3]) -> f64 {
    let lab = |v: [f64; 3]| CIELab { L: v[0], a: v[1], b: v[2] };
    lab(one).cie2000_delta_e(&lab(other), 1.0, 1.0, 1.0)
}

fn plan(format: Format, quality: Quality, degrees: f64) -> Plan {
    let rotation = Rotation { mirror: false, degrees };
    let source = Source::Rendered { level: 0, reduce: 1 };
    Plan { region: Rect::all(SIZE), size: SIZE, rotation, quality, format, is_raw: false, source }
}

fn response(plan: &Plan, picture: &Picture, color: &ColorTransform) -> Vec<u8> {
    let whole = Window { x: 0.0, y: 0.0, width: f64::from(SIDE), height: f64::from(SIDE) };
    finish(plan, picture, (whole, SIZE), Orientation::UPRIGHT, color, &Settings::default()).unwrap()
}

/// An image of a single color.
#[derive(Clone, Copy)]
struct Flat<'a> {
    color: &'a [u8],
    alpha: Alpha,
    depth: Depth,
}

impl Flat<'_> {
    fn shape(self) -> Shape {
        let model = if self.color.len() == 1 { Model::Gray } else { Model::Rgb };
        Shape { dimensions: SIZE, model, alpha: self.alpha, depth: self.depth }
    }

    fn picture(self, color: &ColorTransform) -> Picture {
        let Shape { dimensions, model, alpha, depth } = self.shape();
        let mut pixel = self.color.to_vec();
        pixel.extend((alpha != Alpha::None).then_some(255));
        let samples = pixel.repeat(SIZE.area() as usize);
        let samples = match depth {
            Depth::U8 => Samples::U8(samples),
            Depth::U16 => Samples::U16(samples.into_iter().map(|sample| u16::from(sample) * 257).collect()),
        };
        Picture::Packed(color.apply(Raw { dimensions, model, alpha, samples }))
    }
}

/// Checks all formats and qualities of an image; `planes` have not been color-converted yet.
#[track_caller]
fn check(name: &str, flat: Flat<'_>, icc: Option<&Arc<[u8]>>, output: Output, planes: bool) {
    let color = ColorTransform::new(icc, flat.shape(), output);
    let (picture, color) = if planes {
        let channels = if flat.color.len() == 1 { Channels::Gray } else { Channels::Rgb };
        let samples = flat.color.repeat(SIZE.area() as usize);
        let raster = Raster { dimensions: SIZE, channels, samples };
        let file = jpeg::encode(&raster, 100, Subsampling::S444, &EmbeddedMetadata::default()).unwrap();
        (jpeg::decode(&file, 1, 1 << 20).unwrap(), color)
    } else {
        (flat.picture(&color), color.after_conversion())
    };
    let icc = icc.map(|icc| &icc[..]);
    let expected = srgb(flat.color, icc);
    for format in FORMATS {
        for quality in [Quality::Default, Quality::Color, Quality::Gray, Quality::Bitonal] {
            let (found, tagged) = read(&response(&plan(format, quality, 0.0), &picture, &color));
            let case = format!("{name} {format:?} {quality:?} {:?} {output:?}: {found:?}", flat.color);
            let (found_lab, within) =
                (lab_of(&found, tagged.as_deref()), if format == Format::Webp { 5.0 } else { 2.6 });
            let expected = match quality {
                Quality::Default | Quality::Color => {
                    let away = delta(found_lab, lab_of(flat.color, icc));
                    // Colors outside sRGB are clipped in both.
                    let clipped = delta(found_lab, lab_of(&expected, None));
                    assert!(away.min(clipped) < within, "{case}: {away}");
                    assert!(tagged.is_none() || !matches!(format, Format::Gif), "{case}");
                    continue;
                }
                Quality::Gray => tone::luma(expected),
                Quality::Bitonal => {
                    if tone::luma(expected) < 128 {
                        0
                    } else {
                        255
                    }
                }
            };
            assert_eq!(tagged, None, "{case}");
            assert!(found.iter().all(|sample| sample.abs_diff(expected) <= 4), "{case}, not {expected}");
        }
    }
    check_undecoded(&picture, &color, expected, flat.alpha != Alpha::None);
}

/// Checks the formats that are not decoded here: AVIF is written from sRGB, and PDF contains the JPEG unchanged.
#[track_caller]
fn check_undecoded(picture: &Picture, color: &ColorTransform, expected: [u8; 3], has_alpha: bool) {
    if let Picture::Packed(raster) = picture {
        let gray = raster.channels == Channels::Gray;
        let mut raster = color.for_response(raster.clone(), false);
        let found = &raster.samples[..raster.channels.count().min(3)];
        assert!(
            found.iter().zip(expected).all(|(found, expected)| found.abs_diff(expected) <= 2),
            "{found:?}"
        );
        assert_eq!((raster.channels == Channels::Gray, raster.channels == Channels::Rgba), (gray, has_alpha));
        let file = response(&plan(Format::Avif, Quality::Default, 0.0), picture, color);
        assert_eq!(file, encode::avif(&raster, &EmbeddedMetadata::default()).unwrap());
        raster = tone::gray(raster);
        let file = response(&plan(Format::Avif, Quality::Gray, 0.0), picture, color);
        assert_eq!(file, encode::avif(&raster, &EmbeddedMetadata::default()).unwrap());
    }
    for quality in [Quality::Default, Quality::Gray] {
        let file = response(&plan(Format::Pdf, quality, 0.0), picture, color);
        let jpg = response(&plan(Format::Jpg, quality, 0.0), picture, color);
        let icc = jpeg::header(&jpg).unwrap().unwrap().icc;
        assert_eq!(icc.is_some(), file.windows(9).any(|part| part == b"/ICCBased"));
        let scan = jpg.windows(2).position(|pair| pair == [0xff, 0xda]).unwrap();
        let tail = &jpg[scan..];
        assert!(file.windows(tail.len()).any(|part| part == tail) || matches!(picture, Picture::Planar(_)));
    }
}

#[test]
fn responses_keep_the_colors_of_the_master() {
    for (name, icc) in profiles() {
        for color in &COLORS {
            for output in [Output::Srgb, Output::DisplayP3] {
                for (alpha, depth) in
                    [(Alpha::None, Depth::U8), (Alpha::Straight, Depth::U8), (Alpha::None, Depth::U16)]
                {
                    check(name, Flat { color, alpha, depth }, icc.as_ref(), output, false);
                }
            }
            let flat = Flat { color, alpha: Alpha::None, depth: Depth::U8 };
            check(name, flat, icc.as_ref(), Output::Srgb, true);
        }
    }
}

#[test]
fn responses_keep_the_grays_of_the_master() {
    for gamma in [1.0, 1.8, 2.2] {
        let icc: Arc<[u8]> = ColorProfile::new_gray_with_gamma(gamma).encode().unwrap().into();
        for color in [[63u8], [128], [210]] {
            for (alpha, depth) in
                [(Alpha::None, Depth::U8), (Alpha::Straight, Depth::U8), (Alpha::None, Depth::U16)]
            {
                check("gray", Flat { color: &color, alpha, depth }, Some(&icc), Output::DisplayP3, false);
            }
            let flat = Flat { color: &color, alpha: Alpha::None, depth: Depth::U8 };
            check("gray", flat, Some(&icc), Output::Srgb, true);
        }
    }
}

#[test]
fn prophoto_grays_are_converted_to_srgb() {
    let icc: Arc<[u8]> = ColorProfile::new_pro_photo_rgb().encode().unwrap().into();
    for (value, expected) in [(63, 81), (128, 146), (192, 203)] {
        let color = [value; 3];
        let flat = Flat { color: &color, alpha: Alpha::None, depth: Depth::U8 };
        let color = ColorTransform::new(Some(&icc), flat.shape(), Output::Srgb);
        let (found, tagged) =
            read(&response(&plan(Format::Png, Quality::Gray, 0.0), &flat.picture(&color), &color));
        assert!(found[0].abs_diff(expected) <= 1 && tagged.is_none(), "{value}: {found:?}");
    }
}

#[test]
fn transparent_corners_convert_gray_to_srgb() {
    let icc: Arc<[u8]> = ColorProfile::new_gray_with_gamma(1.0).encode().unwrap().into();
    let flat = Flat { color: &[55], alpha: Alpha::None, depth: Depth::U8 };
    let color = ColorTransform::new(Some(&icc), flat.shape(), Output::Srgb);
    for (format, expected) in [(Format::Png, 128), (Format::Tif, 128), (Format::Jpg, 55)] {
        let (found, tagged) =
            read(&response(&plan(format, Quality::Default, 22.5), &flat.picture(&color), &color));
        assert!(found[0].abs_diff(expected) <= 2, "{format:?}: {found:?}");
        assert_eq!(tagged.is_some(), format == Format::Jpg);
    }
}

#[test]
fn stored_tiles_are_served_with_their_profile() {
    let icc: Arc<[u8]> = ColorProfile::new_adobe_rgb().encode().unwrap().into();
    let shape = Flat { color: &[1, 2, 3], alpha: Alpha::None, depth: Depth::U8 }.shape();
    let color = ColorTransform::new(Some(&icc), shape, Output::Srgb);
    assert!(color.is_passthrough());
    assert_eq!(color.profile.as_ref(), Some(&icc));
}
