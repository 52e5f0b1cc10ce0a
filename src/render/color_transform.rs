//! Color management, the same for all ways of serving a master.
//!
//! # Which responses embed a profile
//!
//! | quality | format | responses for a master with a profile |
//! |---|---|---|
//! | `default`, `color` | `jpg`, `png`, `tif`, `jp2`, `pdf` | its values and its profile; or converted to the output profile, which is embedded |
//! | `default`, `color` | `webp` | the same; gray is converted, because WebP is always RGB |
//! | `default`, `color` | `gif`, `avif` | sRGB without a profile |
//! | `gray`, `bitonal` | all | gray with sRGB's curve, without a profile |
//!
//! Samples that are sRGB or untagged are unchanged, without a profile. Responses that cannot embed a profile are converted
//! to sRGB, so that values are never sent without their meaning.

use std::sync::{Arc, OnceLock};

use super::Plan;
use crate::iiif::{Format, Quality};

use crate::metadata::{Credit, EmbeddedMetadata};
use crate::pixels::color::{Conversion, Output, Policy, classify, to_rgba};
use crate::pixels::{Alpha, Channels, Depth, Model, Raster, Raw, Samples, Shape};

/// The color conversion of a master's samples, and the profile to embed in responses.
#[derive(Clone, Default)]
pub struct ColorTransform {
    /// The profile of converted samples; embedded in every response that can carry it.
    pub profile: Option<Arc<[u8]>>,
    /// The conversion of samples, unless they are served unchanged.
    pub conversion: Option<Arc<Conversion>>,
    /// The conversion to sRGB for responses without a profile, unless samples are sRGB.
    to_srgb: Option<Arc<ToSrgb>>,
    /// The credit in every rendered response.
    pub credit: Option<Arc<Credit>>,
}

impl ColorTransform {
    /// The transform for samples of this shape with this profile.
    ///
    /// Gray and RGB bytes are unchanged if they are sRGB, untagged, or have a compact profile, which is then embedded in
    /// every response; everything else is converted to `output`.
    pub fn new(icc: Option<&Arc<[u8]>>, shape: Shape, output: Output) -> Self {
        let displayable = shape.depth == Depth::U8 && matches!(shape.model, Model::Gray | Model::Rgb);
        let policy = match icc {
            Some(icc) if displayable => classify(icc, Conversion::channels(shape.model, Alpha::None)),
            None if displayable => Policy::Srgb,
            _ => Policy::Convert,
        };
        // Gray with alpha becomes RGBA, which a gray profile does not describe.
        let is_gray_alpha = shape.model == Model::Gray && shape.alpha != Alpha::None;
        match (policy, icc) {
            (Policy::Srgb | Policy::Unusable, _) => Self::default(),
            (Policy::Compact, Some(icc)) if !is_gray_alpha => Self {
                profile: Some(icc.clone()),
                to_srgb: Some(Arc::new(ToSrgb::new(icc.clone(), shape.model))),
                ..Self::default()
            },
            _ => {
                let conversion = Conversion::new(icc.map(|icc| &icc[..]), shape.model, output);
                let profile = output.profile(shape.model == Model::Gray && !is_gray_alpha);
                let is_wide_gamut = output != Output::Srgb && shape.model != Model::Gray;
                Self {
                    to_srgb: is_wide_gamut.then(|| Arc::new(ToSrgb::new(profile.clone(), Model::Rgb))),
                    profile: Some(profile),
                    conversion: Some(Arc::new(conversion)),
                    credit: None,
                }
            }
        }
    }

    /// The approximate size in memory in bytes, including conversions that are created on first use.
    pub fn weight(&self) -> usize {
        let profile = self.profile.as_ref().map_or(0, |icc| icc.len());
        let convert = self.conversion.as_ref().map_or(0, |convert| convert.weight());
        profile + convert + if self.to_srgb.is_some() { 64 << 10 } else { 0 }
    }

    /// Whether stored tiles can be served byte for byte, with the profile embedded.
    pub fn is_passthrough(&self) -> bool {
        self.conversion.is_none()
    }

    /// The transform for samples that have already been converted.
    pub fn after_conversion(&self) -> Self {
        Self { conversion: None, ..self.clone() }
    }

    /// Whether the plan's response embeds the profile, if it has these channels when it is encoded.
    pub fn embeds_profile(&self, plan: &Plan, channels: Channels) -> bool {
        let Some(profile) = &self.profile else { return false };
        let gray = channels == Channels::Gray;
        let format = match plan.format {
            Format::Jpg | Format::Png | Format::Tif | Format::Jp2 | Format::Pdf => true,
            Format::Webp => !gray,
            Format::Gif | Format::Avif => false,
        };
        // An RGB profile does not describe gray, and a gray profile does not describe RGB.
        let fits_channels = (profile.get(16..20) == Some(b"GRAY")) == gray;
        !plan.is_raw && format && fits_channels && matches!(plan.quality, Quality::Default | Quality::Color)
    }

    /// Whether converted samples are correct without a profile.
    pub fn is_srgb(&self) -> bool {
        self.to_srgb.is_none()
    }

    /// The metadata of a response, with or without the profile.
    pub fn metadata(&self, embeds_profile: bool) -> EmbeddedMetadata {
        EmbeddedMetadata {
            icc: self.profile.clone().filter(|_| embeds_profile),
            credit: self.credit.as_deref().cloned(),
        }
    }

    /// The channels that samples of this shape are converted to.
    pub fn channels(&self, shape: Shape) -> Channels {
        Conversion::channels(shape.model, shape.alpha)
    }

    /// Converts samples to 8 bits in the profile's colors.
    pub fn apply(&self, raw: Raw) -> Raster {
        match (&self.conversion, raw) {
            (Some(convert), raw) => convert.convert(raw),
            (None, Raw { dimensions, model, alpha: Alpha::None, samples: Samples::U8(samples) })
                if matches!(model, Model::Gray | Model::Rgb) =>
            {
                Raster { dimensions, channels: Conversion::channels(model, Alpha::None), samples }
            }
            // Alpha is made straight and expanded to RGBA even if colors are unchanged.
            (None, raw) => plain(raw),
        }
    }

    /// Converts packed 8-bit samples in the same way.
    pub fn apply_packed(&self, raster: Raster) -> Raster {
        match &self.conversion {
            Some(convert) => converted(convert, raster),
            None => raster,
        }
    }

    /// Prepares converted samples for a response with or without an embedded profile.
    pub fn for_response(&self, raster: Raster, embeds_profile: bool) -> Raster {
        match &self.to_srgb {
            Some(to_srgb) if !embeds_profile => converted(to_srgb.conversion(), raster),
            _ => raster,
        }
    }
}

/// The conversion from a profile to sRGB, created on first use.
struct ToSrgb {
    icc: Arc<[u8]>,
    model: Model,
    conversion: OnceLock<Conversion>,
}

impl ToSrgb {
    fn new(icc: Arc<[u8]>, model: Model) -> Self {
        Self { icc, model, conversion: OnceLock::new() }
    }

    fn conversion(&self) -> &Conversion {
        self.conversion.get_or_init(|| Conversion::new(Some(&self.icc), self.model, Output::Srgb))
    }
}

/// Converts a raster; gray that was expanded to RGBA is reduced to one sample and alpha first.
fn converted(conversion: &Conversion, raster: Raster) -> Raster {
    let Raster { dimensions, channels, samples } = raster;
    let (model, alpha, samples) = match (channels, conversion.model()) {
        (Channels::Gray, _) => (Model::Gray, Alpha::None, samples),
        (Channels::Rgb, _) => (Model::Rgb, Alpha::None, samples),
        (Channels::Rgba, Model::Gray) => {
            let pairs = samples.as_chunks().0.iter().flat_map(|&[gray, _, _, alpha]| [gray, alpha]);
            (Model::Gray, Alpha::Straight, pairs.collect())
        }
        (Channels::Rgba, _) => (Model::Rgb, Alpha::Straight, samples),
    };
    conversion.convert(Raw { dimensions, model, alpha, samples: Samples::U8(samples) })
}

/// Expands 8-bit samples to RGBA without converting their colors.
fn plain(raw: Raw) -> Raster {
    let Raw { dimensions, model, alpha, samples } = raw;
    let channels = Conversion::channels(model, alpha);
    let Samples::U8(samples) = samples else { return Raster::blank(dimensions, channels) };
    Raster { dimensions, channels, samples: to_rgba(&samples, model.count(), alpha) }
}
