//! From decoded pixels to an answer's bytes: scale, tone, turn, colour, encode.

use std::sync::Arc;

use super::{Plan, Settings};
use crate::iiif::{Dimensions, Format, Quality, Rotation};
use crate::master::{Orientation, Whole};
use crate::pixels::colour::{Policy, ToSrgb, classify};
use crate::pixels::encode::Notes;
use crate::pixels::scale::{self, Window};
use crate::pixels::{Channels, Error, Picture, Raster, Subsampling, decode, encode, jpeg, tone, turn};

/// What is done about a master's colours, the same on all its paths.
#[derive(Clone, Default)]
pub struct Look {
    /// Attached to every answer as it is.
    pub profile: Option<Arc<[u8]>>,
    /// Or else converted away.
    pub convert: Option<Arc<ToSrgb>>,
}

impl Look {
    /// Decides for a master with samples of `channels` and this profile.
    pub fn of(icc: Option<&Arc<[u8]>>, channels: Channels) -> Self {
        let Some(icc) = icc else { return Self::default() };
        match classify(icc, channels) {
            Policy::Srgb | Policy::Unusable => Self::default(),
            Policy::Compact => Self { profile: Some(icc.clone()), convert: None },
            Policy::Convert => Self { profile: None, convert: ToSrgb::new(icc, channels).ok().map(Arc::new) },
        }
    }

    /// Whether stored tiles may leave as they are, with the profile attached.
    pub fn lets_tiles_pass(&self) -> bool {
        self.convert.is_none()
    }
}

/// Scales the window of `picture` to `size`, makes it upright, and encodes it as `plan` says.
pub fn finish(
    plan: &Plan,
    picture: &Picture,
    (window, size): (Window, Dimensions),
    orientation: Orientation,
    look: &Look,
    settings: &Settings,
) -> Result<Vec<u8>, Error> {
    let plain =
        orientation.is_upright() && plan.rotation == Rotation::NONE && plan.quality != Quality::Bitonal;
    if let Picture::Planar(planar) = picture
        && plain
        && look.convert.is_none()
        && plan.format == Format::Jpg
    {
        let gray = planar.planes.len() == 1 || plan.quality == Quality::Gray;
        let subsampling = if gray { Subsampling::Gray } else { settings.subsampling() };
        let scaled = scale::planar(planar, window, size, subsampling)?;
        return jpeg::encode_planar(&scaled, settings.jpeg_quality, &notes(look, gray));
    }
    let raster = scaled(picture, window, size)?;
    let raster = upright(raster, orientation);
    let raster = converted(raster, look);
    let raster = toned(raster, plan.quality);
    let raster = turned(raster, plan.rotation, plan.format);
    encoded(raster, plan.format, look, settings)
}

fn scaled(picture: &Picture, window: Window, size: Dimensions) -> Result<Raster, Error> {
    match picture {
        Picture::Packed(raster) => scale::raster(raster, window, size),
        Picture::Planar(planar) => {
            let full = if planar.planes.len() == 1 { Subsampling::Gray } else { Subsampling::S444 };
            Ok(Picture::Planar(scale::planar(planar, window, size, full)?).into_packed())
        }
    }
}

fn upright(raster: Raster, orientation: Orientation) -> Raster {
    let (mirrored, turns) = orientation.remedy();
    let raster = if mirrored { turn::mirror(&raster) } else { raster };
    if turns > 0 { turn::quarter_turns(&raster, turns) } else { raster }
}

fn converted(mut raster: Raster, look: &Look) -> Raster {
    if let Some(convert) = &look.convert {
        convert.convert(&mut raster);
    }
    raster
}

fn toned(raster: Raster, quality: Quality) -> Raster {
    match quality {
        Quality::Default | Quality::Color => raster,
        Quality::Gray => tone::gray(raster),
        Quality::Bitonal => tone::bitonal(raster),
    }
}

/// Mirrored first, then turned (Image API 3.0, §4.3); corners are see-through where the format
/// can be, else black.
fn turned(raster: Raster, rotation: Rotation, format: Format) -> Raster {
    let raster = if rotation.mirror { turn::mirror(&raster) } else { raster };
    match rotation.quarter_turns() {
        Some(0) => raster,
        Some(turns) => turn::quarter_turns(&raster, turns),
        None => {
            let corners = if format.keeps_alpha() { None } else { Some([0; 3]) };
            turn::rotate(&raster, rotation.degrees, corners)
        }
    }
}

fn encoded(raster: Raster, format: Format, look: &Look, settings: &Settings) -> Result<Vec<u8>, Error> {
    let gray = raster.channels == Channels::Gray;
    let notes = &notes(look, gray);
    let opaque = |raster| tone::flatten(raster, [255; 3]);
    match format {
        Format::Jpg => jpeg::encode(&opaque(raster), settings.jpeg_quality, settings.subsampling(), notes),
        Format::Pdf => {
            let (dimensions, bare) = (raster.dimensions, Notes::default());
            let image = jpeg::encode(&opaque(raster), settings.jpeg_quality, settings.subsampling(), &bare)?;
            Ok(encode::pdf(&image, dimensions, gray, notes))
        }
        Format::Png => encode::png(&raster, notes),
        Format::Webp => encode::webp(&raster, notes),
        Format::Gif => encode::gif(&raster, notes),
        Format::Tif => encode::tif(&raster, notes),
        Format::Jp2 => encode::jp2(&opaque(raster), notes),
        Format::Avif => encode::avif(&raster, notes),
    }
}

/// What the answer says of itself.
fn notes(look: &Look, gray: bool) -> Notes {
    Notes { icc: look.profile.clone().filter(|_| suits(look, gray)), credit: None }
}

/// A profile for three components says nothing of grey, nor the other way round.
fn suits(look: &Look, gray: bool) -> bool {
    let for_gray = |icc: &[u8]| icc.get(16..20) == Some(b"GRAY");
    look.profile.as_deref().is_some_and(|icc| for_gray(icc) == gray)
}

/// Decodes a master that cannot be cut, if it has at most `limit` pixels: every pixel of it.
pub fn decode_whole(codec: Whole, page: u32, file: &[u8], limit: u64) -> Result<Picture, Error> {
    match codec {
        Whole::Jpeg => jpeg::decode(file, 1, limit),
        Whole::Png => decode::png(file, limit).map(|decoded| managed(decoded.raster, decoded.icc)),
        Whole::Webp => decode::webp(file, limit).map(|decoded| managed(decoded.raster, decoded.icc)),
        Whole::Tiff => super::odd_tiff::decode(file, page, limit).map(Picture::Packed),
    }
}

/// A profile that comes to light only on decoding is converted away at once.
fn managed(mut raster: Raster, icc: Option<Vec<u8>>) -> Picture {
    if let Some(icc) = icc
        && matches!(classify(&icc, raster.channels), Policy::Compact | Policy::Convert)
        && let Ok(convert) = ToSrgb::new(&icc, raster.channels)
    {
        convert.convert(&mut raster);
    }
    Picture::Packed(raster)
}
