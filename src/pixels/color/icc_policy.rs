//! Decides which 8-bit samples are served without conversion.

use super::pipeline::Pipeline;
use super::{Output, profile, stages};
use crate::pixels::{Channels, Model};

/// The largest profile that is embedded in every tile, in bytes.
const COMPACT_BYTES: usize = 4096;
/// The largest difference in 8-bit values for a profile to count as sRGB.
const SRGB_TOLERANCE: u8 = 2;

/// How samples with a profile are served, in every tile and level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Policy {
    /// Indistinguishable from sRGB: the profile is dropped.
    Srgb,
    /// A small matrix or gray profile: embedded unchanged in every response.
    Compact,
    /// Large or with tables: samples are converted to the output.
    Convert,
    /// Damaged, or for other samples: ignored.
    Unusable,
}

/// Classifies a profile of samples with these `channels`.
pub fn classify(icc: &[u8], channels: Channels) -> Policy {
    let model = if channels == Channels::Gray { Model::Gray } else { Model::Rgb };
    let Ok(profile) = profile::parse(icc, model) else { return Policy::Unusable };
    match stages::by_profile(&profile, model, Output::Srgb) {
        Err(_) => Policy::Unusable,
        Ok(pipeline) if is_within(&pipeline, model, SRGB_TOLERANCE) => Policy::Srgb,
        Ok(_) if icc.len() <= COMPACT_BYTES && !profile::has_tables(&profile) => Policy::Compact,
        Ok(_) => Policy::Convert,
    }
}

/// Whether no color of an even grid differs by more than `steps`.
fn is_within(pipeline: &Pipeline, model: Model, steps: u8) -> bool {
    let before = grid(model);
    let mut after = vec![0; before.len() / model.count() * 3];
    pipeline.run(&before, false, &mut after);
    // A gray becomes three equal samples.
    let repeated = before.iter().flat_map(|sample| std::iter::repeat_n(sample, 3 / model.count()));
    repeated.zip(&after).all(|(before, after)| before.abs_diff(*after) <= steps)
}

/// All grays; for RGB, also a grid of 16 values per side from 0 to 255.
fn grid(model: Model) -> Vec<u8> {
    if model == Model::Gray {
        return (0..=255).collect();
    }
    let colors = (0..4096u16).map(|at| [at >> 8, at >> 4 & 15, at & 15].map(|side| side as u8 * 17));
    colors.chain((0..=255).map(|gray| [gray; 3])).flatten().collect()
}

#[cfg(test)]
mod tests {
    use moxcms::{ColorProfile, DataColorSpace, ToneReprCurve};

    use super::*;

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
    fn the_profiles_of_outputs_have_their_policies() {
        assert_eq!(classify(&Output::Srgb.profile(false), Channels::Rgb), Policy::Srgb);
        assert_eq!(classify(&Output::Srgb.profile(true), Channels::Gray), Policy::Srgb);
        assert_eq!(classify(&Output::DisplayP3.profile(true), Channels::Gray), Policy::Srgb);
        assert_eq!(classify(&Output::DisplayP3.profile(false), Channels::Rgb), Policy::Compact);
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
        let color = encoded(&ColorProfile::new_adobe_rgb());
        let gray = encoded(&ColorProfile::new_gray_with_gamma(1.8));
        assert_eq!(classify(&color, Channels::Gray), Policy::Unusable);
        assert_eq!(classify(&gray, Channels::Rgb), Policy::Unusable);
        for broken in [&[][..], b"a profile", &color[..200], &[0; 5000]] {
            assert_eq!(classify(broken, Channels::Rgb), Policy::Unusable);
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
