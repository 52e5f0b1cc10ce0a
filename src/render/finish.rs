//! Turns decoded pixels into an encoded image: scale, tone, rotate, convert colors, encode.

use super::samples::raw;
use super::{ColorTransform, Plan, Settings};
use crate::iiif::{Dimensions, Format, Quality, Rotation};
use crate::master::Orientation;
use crate::metadata::EmbeddedMetadata;
use crate::pixels::scale::{self, Window};
use crate::pixels::{self, Channels, Error, Picture, Raster, Subsampling, jpeg, rotate, tone};

/// Scales the window of `picture` to `size`, makes it upright, rotates it, converts its colors and encodes it as planned.
///
/// # Errors
/// If the window is outside the picture, memory runs out, or the encoder fails.
pub fn finish(
    plan: &Plan,
    picture: &Picture,
    (window, size): (Window, Dimensions),
    orientation: Orientation,
    color: &ColorTransform,
    settings: &Settings,
) -> Result<Vec<u8>, Error> {
    let plain =
        orientation.is_upright() && plan.rotation == Rotation::NONE && plan.quality != Quality::Bitonal;
    if let Picture::Planar(planar) = picture
        && plain
        && color.conversion.is_none()
        && plan.format == Format::Jpg
        && !plan.is_raw
    {
        let gray = planar.planes.len() == 1 || plan.quality == Quality::Gray;
        let embeds_profile = color.embeds_profile(plan, if gray { Channels::Gray } else { Channels::Rgb });
        if embeds_profile || color.is_srgb() {
            let subsampling = if gray { Subsampling::Gray } else { settings.subsampling() };
            let scaled = scale::planar(planar, window, size, subsampling)?;
            let _span = tracing::trace_span!(target: "tegl::trace", "encode").entered();
            return jpeg::encode_planar(&scaled, settings.jpeg_quality, &color.metadata(embeds_profile));
        }
    }
    let raster = scaled(picture, window, size)?;
    let raster = rotate::upright(raster, orientation);
    let raster = color.apply_packed(raster);
    let embeds_profile = color.embeds_profile(plan, encoded_channels(plan, raster.channels));
    let raster = color.for_response(raster, embeds_profile);
    let raster = with_quality(raster, plan.quality);
    let raster = rotated(raster, plan.rotation, plan.format);
    match plan.is_raw {
        true => Ok(raw(&raster)),
        false => encode(raster, plan.format, &color.metadata(embeds_profile), settings),
    }
}

/// The channels that are encoded: transparent corners turn gray into RGBA.
fn encoded_channels(plan: &Plan, channels: Channels) -> Channels {
    let clear = plan.rotation.quarter_turns().is_none() && plan.format.keeps_alpha();
    if clear { Channels::Rgba } else { channels }
}

pub(super) fn scaled(picture: &Picture, window: Window, size: Dimensions) -> Result<Raster, Error> {
    match picture {
        Picture::Packed(raster) => scale::raster(raster, window, size),
        Picture::Planar(planar) => {
            let full = if planar.planes.len() == 1 { Subsampling::Gray } else { Subsampling::S444 };
            Ok(Picture::Planar(scale::planar(planar, window, size, full)?).into_packed())
        }
    }
}

pub(super) fn with_quality(raster: Raster, quality: Quality) -> Raster {
    match quality {
        Quality::Default | Quality::Color => raster,
        Quality::Gray => tone::gray(raster),
        Quality::Bitonal => tone::bitonal(raster),
    }
}

/// Mirrors, then rotates (Image API 3.0, §4.3); corners are transparent if the format allows, else black.
fn rotated(raster: Raster, rotation: Rotation, format: Format) -> Raster {
    let raster = if rotation.mirror { rotate::mirror(&raster) } else { raster };
    match rotation.quarter_turns() {
        Some(0) => raster,
        Some(turns) => rotate::quarter_turns(&raster, turns),
        None => {
            let corners = if format.keeps_alpha() { None } else { Some([0; 3]) };
            rotate::rotate(&raster, rotation.degrees, corners)
        }
    }
}

#[tracing::instrument(target = "tegl::trace", level = "trace", name = "encode", skip_all)]
fn encode(
    raster: Raster,
    format: Format,
    metadata: &EmbeddedMetadata,
    settings: &Settings,
) -> Result<Vec<u8>, Error> {
    let gray = raster.channels == Channels::Gray;
    let opaque = |raster| tone::flatten(raster, [255; 3]);
    match format {
        Format::Jpg => jpeg::encode(&opaque(raster), settings.jpeg_quality, settings.subsampling(), metadata),
        Format::Pdf => {
            let (dimensions, bare) = (raster.dimensions, EmbeddedMetadata::default());
            let image = jpeg::encode(&opaque(raster), settings.jpeg_quality, settings.subsampling(), &bare)?;
            Ok(pixels::encode::pdf(&image, dimensions, gray, metadata))
        }
        Format::Png => pixels::encode::png(&raster, metadata),
        Format::Webp => pixels::encode::webp(&raster, metadata),
        Format::Gif => pixels::encode::gif(&raster, metadata),
        Format::Tif => pixels::encode::tif(&raster, metadata),
        Format::Jp2 => pixels::encode::jp2(&opaque(raster), metadata),
        Format::Avif => pixels::encode::avif(&raster, metadata),
    }
}
