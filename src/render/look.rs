//! What is done about a master's colours, the same on all its paths.

use std::sync::Arc;

use crate::pixels::colour::{Conversion, Output, Policy, classify};
use crate::pixels::encode::{Credit, Notes};
use crate::pixels::{Alpha, Channels, Depth, Model, Raster, Raw, Samples, Shape};

/// How a master's samples become the colours of its answers, and the profile that these carry.
#[derive(Clone, Default)]
pub struct Look {
    /// Attached to every answer.
    pub profile: Option<Arc<[u8]>>,
    /// What samples go through first, where they are not shown as they are.
    pub convert: Option<Arc<Conversion>>,
    /// Whose the image is, as every rendered answer says.
    pub credit: Option<Arc<Credit>>,
}

impl Look {
    /// Decides for samples of this shape with this profile.
    ///
    /// Grey and RGB bytes pass as they are if they are sRGB, untagged, or have a compact profile, which then
    /// travels with every answer; everything else is converted to `output`.
    pub fn of(icc: Option<&Arc<[u8]>>, shape: Shape, output: Output) -> Self {
        let shown = shape.depth == Depth::U8 && matches!(shape.model, Model::Gray | Model::Rgb);
        let policy = match icc {
            Some(icc) if shown => classify(icc, Conversion::channels(shape.model, shape.alpha)),
            None if shown => Policy::Srgb,
            _ => Policy::Convert,
        };
        match policy {
            Policy::Srgb | Policy::Unusable => Self::default(),
            Policy::Compact => Self { profile: icc.cloned(), ..Self::default() },
            Policy::Convert => {
                let conversion = Conversion::new(icc.map(|icc| &icc[..]), shape.model, output);
                let gray = shape.model == Model::Gray && shape.alpha == Alpha::None;
                Self {
                    profile: Some(output.profile(gray)),
                    convert: Some(Arc::new(conversion)),
                    credit: None,
                }
            }
        }
    }

    /// Whether stored tiles may leave as they are, with the profile attached.
    pub fn lets_tiles_pass(&self) -> bool {
        self.convert.is_none()
    }

    /// For samples that have been converted already.
    pub fn done(&self) -> Self {
        Self { convert: None, ..self.clone() }
    }

    /// What an answer in these colours says of itself: a profile for three components says nothing of grey, nor
    /// the other way round.
    pub fn notes(&self, gray: bool) -> Notes {
        let suits = |icc: &Arc<[u8]>| (icc.get(16..20) == Some(b"GRAY")) == gray;
        Notes { icc: self.profile.clone().filter(suits), credit: self.credit.as_deref().cloned() }
    }

    /// What samples of this shape become.
    pub fn channels(&self, shape: Shape) -> Channels {
        Conversion::channels(shape.model, shape.alpha)
    }

    /// The samples in the answers' colours, 8 bits each.
    pub fn coloured(&self, raw: Raw) -> Raster {
        match (&self.convert, raw) {
            (Some(convert), raw) => convert.convert(raw),
            (None, Raw { dimensions, model, alpha: Alpha::None, samples: Samples::U8(samples) })
                if matches!(model, Model::Gray | Model::Rgb) =>
            {
                Raster { dimensions, channels: Conversion::channels(model, Alpha::None), samples }
            }
            // Opacity is set straight and widened even where colours stay.
            (None, raw) => plain(raw),
        }
    }

    /// The same for samples that are packed already.
    pub fn recoloured(&self, raster: Raster) -> Raster {
        let Some(convert) = &self.convert else { return raster };
        let (model, alpha) = match raster.channels {
            Channels::Gray => (Model::Gray, Alpha::None),
            Channels::Rgb => (Model::Rgb, Alpha::None),
            Channels::Rgba => (Model::Rgb, Alpha::Straight),
        };
        let samples = Samples::U8(raster.samples);
        convert.convert(Raw { dimensions: raster.dimensions, model, alpha, samples })
    }
}

/// Samples of 8 bits whose colours are shown as they are, with opacity.
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
