//! What is done about a master's colors, the same on all its paths.
//!
//! # Which answers carry a profile
//!
//! | quality | format | answers of a master with a profile |
//! |---|---|---|
//! | `default`, `color` | `jpg`, `png`, `tif`, `jp2`, `pdf` | its values and its profile; or converted to the output, and the output's profile |
//! | `default`, `color` | `webp` | the same; gray is converted, for a WebP is always RGB |
//! | `default`, `color` | `gif`, `avif` | sRGB without a profile |
//! | `gray`, `bitonal` | all | gray with sRGB's curve, without a profile |
//!
//! Samples that are sRGB or untagged stay as they are, without a profile. What an answer cannot carry a profile for is
//! converted to sRGB: numbers never leave without what they mean.

use std::sync::{Arc, OnceLock};

use super::Plan;
use crate::iiif::{Format, Quality};

use crate::metadata::{Credit, EmbeddedMetadata};
use crate::pixels::color::{Conversion, Output, Policy, classify};
use crate::pixels::{Alpha, Channels, Depth, Model, Raster, Raw, Samples, Shape};

/// How a master's samples become the colors of its answers, and the profile that these carry.
#[derive(Clone, Default)]
pub struct ColorTransform {
    /// What colored samples are in; attached to every answer that can carry it.
    pub profile: Option<Arc<[u8]>>,
    /// What samples go through first, where they are not shown as they are.
    pub conversion: Option<Arc<Conversion>>,
    /// What colored samples go through for an answer that carries no profile, where they are not sRGB.
    untagged: Option<Arc<Untagged>>,
    /// Whose the image is, as every rendered answer says.
    pub credit: Option<Arc<Credit>>,
}

impl ColorTransform {
    /// Decides for samples of this shape with this profile.
    ///
    /// Gray and RGB bytes pass as they are if they are sRGB, untagged, or have a compact profile, which then
    /// travels with every answer; everything else is converted to `output`.
    pub fn new(icc: Option<&Arc<[u8]>>, shape: Shape, output: Output) -> Self {
        let shown = shape.depth == Depth::U8 && matches!(shape.model, Model::Gray | Model::Rgb);
        let policy = match icc {
            Some(icc) if shown => classify(icc, Conversion::channels(shape.model, Alpha::None)),
            None if shown => Policy::Srgb,
            _ => Policy::Convert,
        };
        // Gray with opacity becomes RGBA, for which no gray profile stands.
        let mixed = shape.model == Model::Gray && shape.alpha != Alpha::None;
        match (policy, icc) {
            (Policy::Srgb | Policy::Unusable, _) => Self::default(),
            (Policy::Compact, Some(icc)) if !mixed => Self {
                profile: Some(icc.clone()),
                untagged: Some(Arc::new(Untagged::new(icc.clone(), shape.model))),
                ..Self::default()
            },
            _ => {
                let conversion = Conversion::new(icc.map(|icc| &icc[..]), shape.model, output);
                let profile = output.profile(shape.model == Model::Gray && !mixed);
                let wide = output != Output::Srgb && shape.model != Model::Gray;
                Self {
                    untagged: wide.then(|| Arc::new(Untagged::new(profile.clone(), Model::Rgb))),
                    profile: Some(profile),
                    conversion: Some(Arc::new(conversion)),
                    credit: None,
                }
            }
        }
    }

    /// About how many bytes of memory this takes, or will once it is used.
    pub fn weight(&self) -> usize {
        let profile = self.profile.as_ref().map_or(0, |icc| icc.len());
        let convert = self.conversion.as_ref().map_or(0, |convert| convert.weight());
        profile + convert + if self.untagged.is_some() { 64 << 10 } else { 0 }
    }

    /// Whether stored tiles may leave as they are, with the profile attached.
    pub fn is_passthrough(&self) -> bool {
        self.conversion.is_none()
    }

    /// For samples that have been converted already.
    pub fn after_conversion(&self) -> Self {
        Self { conversion: None, ..self.clone() }
    }

    /// Whether the plan's answer carries the profile, if it has these channels in the end.
    pub fn embeds_profile(&self, plan: &Plan, channels: Channels) -> bool {
        let Some(profile) = &self.profile else { return false };
        let gray = channels == Channels::Gray;
        let format = match plan.format {
            Format::Jpg | Format::Png | Format::Tif | Format::Jp2 | Format::Pdf => true,
            Format::Webp => !gray,
            Format::Gif | Format::Avif => false,
        };
        // A profile for three components says nothing of gray, nor the other way round.
        let suits = (profile.get(16..20) == Some(b"GRAY")) == gray;
        format && suits && matches!(plan.quality, Quality::Default | Quality::Color)
    }

    /// Whether colored samples are right without a profile, too.
    pub fn is_srgb(&self) -> bool {
        self.untagged.is_none()
    }

    /// What an answer says of itself, which carries the profile or does not.
    pub fn metadata(&self, carries: bool) -> EmbeddedMetadata {
        EmbeddedMetadata {
            icc: self.profile.clone().filter(|_| carries),
            credit: self.credit.as_deref().cloned(),
        }
    }

    /// What samples of this shape become.
    pub fn channels(&self, shape: Shape) -> Channels {
        Conversion::channels(shape.model, shape.alpha)
    }

    /// The samples in the answers' colors, 8 bits each.
    pub fn apply(&self, raw: Raw) -> Raster {
        match (&self.conversion, raw) {
            (Some(convert), raw) => convert.convert(raw),
            (None, Raw { dimensions, model, alpha: Alpha::None, samples: Samples::U8(samples) })
                if matches!(model, Model::Gray | Model::Rgb) =>
            {
                Raster { dimensions, channels: Conversion::channels(model, Alpha::None), samples }
            }
            // Opacity is set straight and widened even where colors stay.
            (None, raw) => plain(raw),
        }
    }

    /// The same for samples that are packed already.
    pub fn apply_packed(&self, raster: Raster) -> Raster {
        match &self.conversion {
            Some(convert) => converted(convert, raster),
            None => raster,
        }
    }

    /// Colored samples as an answer shows them that carries the profile or does not.
    pub fn for_response(&self, raster: Raster, carries: bool) -> Raster {
        match &self.untagged {
            Some(untagged) if !carries => converted(untagged.conversion(), raster),
            _ => raster,
        }
    }
}

/// The way from a profile's colors to sRGB: made when an answer first needs it.
struct Untagged {
    icc: Arc<[u8]>,
    model: Model,
    conversion: OnceLock<Conversion>,
}

impl Untagged {
    fn new(icc: Arc<[u8]>, model: Model) -> Self {
        Self { icc, model, conversion: OnceLock::new() }
    }

    fn conversion(&self) -> &Conversion {
        self.conversion.get_or_init(|| Conversion::new(Some(&self.icc), self.model, Output::Srgb))
    }
}

/// Gray samples that stand thrice before their opacity are taken once.
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

/// Samples of 8 bits whose colors are shown as they are, with opacity.
fn plain(raw: Raw) -> Raster {
    let Raw { dimensions, model, alpha, samples } = raw;
    let channels = Conversion::channels(model, alpha);
    let Samples::U8(samples) = samples else { return Raster::blank(dimensions, channels) };
    let colors = model.count();
    let pixel = |pixel: &[u8]| {
        let opacity = pixel[colors];
        let color = |n: usize| match (alpha, opacity) {
            (Alpha::Associated, 1..) => (u32::from(pixel[n]) * 255 / u32::from(opacity)).min(255) as u8,
            _ => pixel[n],
        };
        [color(0), color(1 % colors), color(2 % colors), opacity]
    };
    Raster { dimensions, channels, samples: samples.chunks_exact(colors + 1).flat_map(pixel).collect() }
}
