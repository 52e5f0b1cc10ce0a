//! What becomes of a master's ICC profile, and the way from it to sRGB.

use std::sync::Arc;

use moxcms::{
    ColorProfile, DataColorSpace, Layout, ParsingOptions, ProfileClass, RenderingIntent, ToneReprCurve,
    Transform8BitExecutor, TransformOptions,
};

use super::{Channels, Error, Raster};

/// A profile up to this many bytes may travel with every tile.
const COMPACT_BYTES: usize = 4096;
/// A profile beyond this is not read.
const LARGEST_BYTES: usize = 4 << 20;
/// How far, in steps of 255, a colour may move for its profile to count as sRGB.
const NEARLY: u8 = 2;
/// Samples that are converted at once, within the cache; a multiple of 3 and 4.
const CHUNK: usize = 12 << 10;

/// How samples with a profile are treated, alike for every tile and level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Policy {
    /// It is sRGB or cannot be told from it: the profile is left out.
    Srgb,
    /// A small matrix or grey profile: attached as it is to every answer.
    Compact,
    /// Bulky or made of tables: samples are converted to sRGB.
    Convert,
    /// Broken, or for other channels than these: treated as if there were none.
    Unusable,
}

/// Decides how samples of `channels` with this profile are treated.
pub fn classify(icc: &[u8], channels: Channels) -> Policy {
    let Ok(profile) = parse(icc, channels) else { return Policy::Unusable };
    match ToSrgb::between(&profile, channels) {
        Err(_) => Policy::Unusable,
        Ok(way) if way.moves_at_most(NEARLY) => Policy::Srgb,
        Ok(_) if icc.len() <= COMPACT_BYTES && !has_tables(&profile) => Policy::Compact,
        Ok(_) => Policy::Convert,
    }
}

/// A conversion to sRGB, relative colorimetric; costly to build, cheap to clone.
#[derive(Clone)]
pub struct ToSrgb {
    channels: Channels,
    way: Way,
}

#[derive(Clone)]
enum Way {
    /// Grey stays grey: one value for each.
    Gray(Box<[u8; 256]>),
    Colour(Arc<Transform8BitExecutor>),
}

impl ToSrgb {
    /// Reads a profile of samples with `channels`; an error where [`classify`] says `Unusable`.
    pub fn new(icc: &[u8], channels: Channels) -> Result<Self, Error> {
        Self::between(&parse(icc, channels)?, channels)
    }

    /// Converts samples in place; alpha stays. A raster of other channels is left as it is.
    pub fn convert(&self, raster: &mut Raster) {
        if raster.channels != self.channels {
            return;
        }
        match &self.way {
            Way::Gray(table) => {
                raster.samples.iter_mut().for_each(|sample| *sample = table[usize::from(*sample)]);
            }
            Way::Colour(way) => {
                let mut source = [0; CHUNK];
                for target in raster.samples.chunks_mut(CHUNK) {
                    let source = &mut source[..target.len()];
                    source.copy_from_slice(target);
                    way.transform(source, target).expect("whole pixels in slices of one length");
                }
            }
        }
    }

    fn between(profile: &ColorProfile, channels: Channels) -> Result<Self, Error> {
        let srgb = ColorProfile::new_srgb();
        let options = TransformOptions {
            rendering_intent: RenderingIntent::RelativeColorimetric,
            ..TransformOptions::default()
        };
        let (from, to) = match channels {
            Channels::Gray => (Layout::Gray, Layout::Rgb),
            Channels::Rgb => (Layout::Rgb, Layout::Rgb),
            Channels::Rgba => (Layout::Rgba, Layout::Rgba),
        };
        let way = profile.create_transform_8bit(from, &srgb, to, options).map_err(unusable)?;
        let way = match channels {
            Channels::Gray => {
                let grays: Vec<u8> = (0..=255).collect();
                let mut colours = [0; 3 * 256];
                way.transform(&grays, &mut colours).map_err(unusable)?;
                let mut table = Box::new([0; 256]);
                table.iter_mut().zip(colours.chunks_exact(3)).for_each(|(gray, colour)| *gray = colour[1]);
                Way::Gray(table)
            }
            _ => Way::Colour(way),
        };
        Ok(Self { channels, way })
    }

    /// Whether no colour of an even grid moves further than `steps`.
    fn moves_at_most(&self, steps: u8) -> bool {
        let mut grid = grid(self.channels);
        let before = grid.samples.clone();
        self.convert(&mut grid);
        before.iter().zip(&grid.samples).all(|(before, after)| before.abs_diff(*after) <= steps)
    }
}

/// All greys, or a grid of colours with sides of 16 from 0 to 255, and all greys too.
fn grid(channels: Channels) -> Raster {
    let samples: Vec<u8> = if channels == Channels::Gray {
        (0..=255).collect()
    } else {
        let pixel =
            |colour: [u8; 3]| [colour[0], colour[1], colour[2], u8::MAX].into_iter().take(channels.count());
        let colours = (0..4096u16).map(|at| [at >> 8, at >> 4 & 15, at & 15].map(|side| side as u8 * 17));
        colours.chain((0..=255).map(|gray| [gray; 3])).flat_map(pixel).collect()
    };
    let dimensions = crate::iiif::Dimensions::new((samples.len() / channels.count()) as u32, 1);
    Raster { dimensions, channels, samples }
}

fn parse(icc: &[u8], channels: Channels) -> Result<ColorProfile, Error> {
    let options = ParsingOptions { max_profile_size: LARGEST_BYTES, ..ParsingOptions::default() };
    let profile = ColorProfile::new_from_slice_with_options(icc, options).map_err(unusable)?;
    let fits = match profile.color_space {
        DataColorSpace::Gray => channels == Channels::Gray,
        DataColorSpace::Rgb => channels != Channels::Gray,
        _ => false,
    };
    if !fits {
        return Err(unusable(format_args!("{:?} cannot describe {channels:?}", profile.color_space)));
    }
    if !has_sound_curves(&profile) {
        return Err(unusable("a curve that is not a number"));
    }
    match profile.profile_class {
        ProfileClass::InputDevice
        | ProfileClass::DisplayDevice
        | ProfileClass::OutputDevice
        | ProfileClass::ColorSpace => Ok(profile),
        class => Err(unusable(format_args!("{class:?} profiles describe no image"))),
    }
}

fn has_sound_curves(profile: &ColorProfile) -> bool {
    let curves = [&profile.red_trc, &profile.green_trc, &profile.blue_trc, &profile.gray_trc];
    curves.into_iter().flatten().all(|curve| match curve {
        ToneReprCurve::Lut(_) => true,
        ToneReprCurve::Parametric(values) => values.iter().all(|value| value.is_finite()),
    })
}

fn has_tables(profile: &ColorProfile) -> bool {
    profile.lut_a_to_b_perceptual.is_some()
        || profile.lut_a_to_b_colorimetric.is_some()
        || profile.lut_a_to_b_saturation.is_some()
}

fn unusable(reason: impl std::fmt::Display) -> Error {
    Error::damaged("ICC profile", reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iiif::Dimensions;

    fn pixel(channels: Channels, samples: &[u8]) -> Raster {
        Raster { dimensions: Dimensions::new(1, 1), channels, samples: samples.to_vec() }
    }

    fn encoded(profile: &ColorProfile) -> Vec<u8> {
        profile.encode().unwrap()
    }

    #[track_caller]
    fn check(profile: &ColorProfile, expected: Policy) {
        let channels = match profile.color_space {
            DataColorSpace::Gray => Channels::Gray,
            _ => Channels::Rgb,
        };
        assert_eq!(classify(&encoded(profile), channels), expected);
    }

    #[test]
    fn each_profile_has_its_policy() {
        check(&ColorProfile::new_srgb(), Policy::Srgb);
        check(&ColorProfile::new_display_p3(), Policy::Compact);
        check(&ColorProfile::new_adobe_rgb(), Policy::Compact);
        check(&ColorProfile::new_pro_photo_rgb(), Policy::Compact);
        check(&ColorProfile::new_gray_with_gamma(2.2), Policy::Compact);
        check(&ColorProfile::new_gray_with_gamma(1.8), Policy::Compact);
    }

    #[test]
    fn srgb_by_table_is_srgb_and_a_bulky_profile_is_converted() {
        let curve = |exponent: f64| {
            let decode =
                |at: f64| if at <= 0.040_45 { at / 12.92 } else { ((at + 0.055) / 1.055).powf(exponent) };
            ToneReprCurve::Lut(
                (0..4096).map(|at| (decode(f64::from(at) / 4095.0) * 65_535.0) as u16).collect(),
            )
        };
        for (exponent, expected) in [(2.4, Policy::Srgb), (1.9, Policy::Convert)] {
            let mut profile = ColorProfile::new_srgb();
            profile.cicp = None;
            (profile.red_trc, profile.green_trc, profile.blue_trc) =
                (Some(curve(exponent)), Some(curve(exponent)), Some(curve(exponent)));
            check(&profile, expected);
        }
    }

    #[test]
    fn a_profile_that_does_not_fit_is_unusable() {
        let colour = encoded(&ColorProfile::new_adobe_rgb());
        let gray = encoded(&ColorProfile::new_gray_with_gamma(1.8));
        assert_eq!(classify(&colour, Channels::Gray), Policy::Unusable);
        assert_eq!(classify(&gray, Channels::Rgb), Policy::Unusable);
        for broken in [&[][..], b"a profile", &colour[..200], &[0; 5000]] {
            assert_eq!(classify(broken, Channels::Rgb), Policy::Unusable);
            assert!(ToSrgb::new(broken, Channels::Rgb).is_err());
        }
    }

    #[test]
    fn colours_move_as_they_should() {
        // Adobe RGB's (128, 200, 100) is sRGB's (77, 201, 92) by its specification's own matrices.
        let way = ToSrgb::new(&encoded(&ColorProfile::new_adobe_rgb()), Channels::Rgba).unwrap();
        let mut raster = pixel(Channels::Rgba, &[128, 200, 100, 77]);
        way.convert(&mut raster);
        assert_eq!(raster.samples[3], 77);
        let near = raster.samples.iter().zip([77u8, 201, 92]).all(|(got, wanted)| got.abs_diff(wanted) <= 1);
        assert!(near, "{:?}", raster.samples);
    }

    #[test]
    fn greys_stay_grey() {
        let way = ToSrgb::new(&encoded(&ColorProfile::new_gray_with_gamma(1.0)), Channels::Gray).unwrap();
        let mut raster = pixel(Channels::Gray, &[55]);
        way.convert(&mut raster);
        assert!(raster.samples[0].abs_diff(128) <= 1, "{:?}", raster.samples);
        way.convert(&mut pixel(Channels::Rgb, &[1, 2, 3]));
    }

    #[test]
    fn any_length_is_converted_whole() {
        let way = ToSrgb::new(&encoded(&ColorProfile::new_display_p3()), Channels::Rgb).unwrap();
        for width in [1, 4095, 4096, 4097, 9000] {
            let mut raster = Raster::blank(Dimensions::new(width, 1), Channels::Rgb);
            raster.samples.fill(255);
            way.convert(&mut raster);
            assert!(raster.samples.iter().all(|&sample| sample >= 254));
        }
    }

    proptest::proptest! {
        #[test]
        fn a_damaged_profile_never_panics(at in 0..600usize, value: u8, also in 0..600usize, other: u8) {
            for channels in [Channels::Rgb, Channels::Gray] {
                let mut icc = match channels {
                    Channels::Gray => encoded(&ColorProfile::new_gray_with_gamma(2.2)),
                    _ => encoded(&ColorProfile::new_adobe_rgb()),
                };
                let length = icc.len();
                icc[at % length] = value;
                icc[also % length] = other;
                classify(&icc, channels);
            }
        }
    }
}
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Output {
    #[default]
    Srgb,
    DisplayP3,
}
impl Output {
    pub fn profile(self, _gray: bool) -> Arc<[u8]> {
        Arc::from(&[0u8; 200][..])
    }
}
pub struct Conversion;
impl Conversion {
    pub fn new(_: Option<&[u8]>, _: super::Model, _: Output) -> Self {
        Self
    }
    pub fn convert(&self, raw: super::Raw) -> Raster {
        let n = raw.shape().count();
        let ch = Self::channels(raw.model, raw.alpha);
        let s: Vec<u8> = match raw.samples {
            super::Samples::U8(s) => s,
            super::Samples::U16(s) => s.into_iter().map(|v| (v >> 8) as u8).collect(),
        };
        let s = s.chunks(n).flat_map(|p| p[..ch.count().min(n)].to_vec()).collect();
        Raster { dimensions: raw.dimensions, channels: ch, samples: s }
    }
    pub fn channels(model: super::Model, alpha: super::Alpha) -> Channels {
        match (model, alpha) {
            (super::Model::Gray, super::Alpha::None) => Channels::Gray,
            (_, super::Alpha::None) => Channels::Rgb,
            _ => Channels::Rgba,
        }
    }
}
pub fn description(_: &[u8]) -> Option<String> {
    None
}
