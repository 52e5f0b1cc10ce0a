//! ICC profiles as strangers write them.

use moxcms::{ColorProfile, DataColorSpace, ParsingOptions, ProfileClass, ProfileText, ToneReprCurve};

use crate::pixels::{Error, Model};

/// A profile beyond this is not read.
const LARGEST_BYTES: usize = 4 << 20;

/// Reads a profile of samples of `model`.
pub fn parse(icc: &[u8], model: Model) -> Result<ColorProfile, Error> {
    let options = ParsingOptions { max_profile_size: LARGEST_BYTES, ..ParsingOptions::default() };
    let profile = ColorProfile::new_from_slice_with_options(icc, options).map_err(unusable)?;
    let fits = match profile.color_space {
        DataColorSpace::Gray => model == Model::Gray,
        DataColorSpace::Rgb => model == Model::Rgb,
        DataColorSpace::Cmyk => model == Model::Cmyk,
        DataColorSpace::Lab => model == Model::Lab,
        _ => false,
    };
    if !fits {
        return Err(unusable(format_args!("{:?} cannot describe {model:?}", profile.color_space)));
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

pub fn has_tables(profile: &ColorProfile) -> bool {
    profile.lut_a_to_b_perceptual.is_some()
        || profile.lut_a_to_b_colorimetric.is_some()
        || profile.lut_a_to_b_saturation.is_some()
}

/// What a profile calls itself.
pub fn description(icc: &[u8]) -> Option<String> {
    let options = ParsingOptions { max_profile_size: LARGEST_BYTES, ..ParsingOptions::default() };
    let profile = ColorProfile::new_from_slice_with_options(icc, options).ok()?;
    let text = match profile.description? {
        ProfileText::PlainString(text) => text,
        ProfileText::Localizable(texts) => texts.into_iter().next()?.value,
        ProfileText::Description(text) => {
            if text.ascii_string.is_empty() {
                text.unicode_string
            } else {
                text.ascii_string
            }
        }
    };
    let text: String = text.chars().filter(|c| !c.is_control()).take(80).collect();
    (!text.is_empty()).then_some(text)
}

pub fn unusable(reason: impl std::fmt::Display) -> Error {
    Error::damaged("ICC profile", reason)
}
