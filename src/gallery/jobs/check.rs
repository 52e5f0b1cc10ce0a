//! Checks masters: format, cost of serving, and remedy.

use serde::Serialize;

use super::JobService;
use crate::gallery::Error;
use crate::gallery::images::ImageHandle;
use crate::master::{Codec, Kind, Level, Photometric};
use crate::pixels::{Alpha, Depth, Model, Shape};

/// A master, as its header describes it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Check {
    pub identifier: String,
    /// The format, such as `TIFF` or `JPEG 2000`.
    pub kind: &'static str,
    pub bytes: u64,
    pub width: u32,
    pub height: u32,
    /// The sizes of its stored levels.
    pub levels: Vec<String>,
    /// The tile sides of each level; `None` for levels without tiles.
    pub tile: Option<String>,
    pub codec: &'static str,
    /// Color model, bits and profile.
    pub color: String,
    /// The EXIF orientation, 1 for upright.
    pub orientation: u8,
    /// Whether stored tiles are served byte for byte.
    pub fast: bool,
    /// Why no stored tile is served byte for byte.
    pub because: Option<String>,
    /// The command that builds its pyramid.
    pub remedy: Option<String>,
    /// Whether its pyramid has been built.
    pub has_pyramid: bool,
    pub tile_cost: Cost,
    pub thumbnail_cost: Cost,
}

/// The estimated cost of an uncached response.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Cost {
    /// The number of bytes read from the store.
    pub bytes: u64,
    /// The time on one core.
    pub cpu_ms: f64,
}

/// The longest side of the thumbnail in the estimate.
const THUMBNAIL: u32 = 400;

impl JobService {
    /// Checks one master without reading its pixels.
    pub(crate) async fn check(&self, identifier: &str, source: &str) -> Result<Check, Error> {
        let opened = self.images.handle(identifier).await?;
        let has_pyramid = opened.pyramid_of.is_some();
        let master = opened.pyramid_of.clone().unwrap_or(opened);
        let because = master.slow_because();
        let needs_pyramid = master.needs_pyramid;
        let remedy = (needs_pyramid && !has_pyramid).then(|| format!("tegl ingest {}", quoted(source)));
        Ok(Check {
            identifier: identifier.to_owned(),
            kind: kind(&master),
            bytes: master.version.size,
            width: master.master.upright().width,
            height: master.master.upright().height,
            levels: master.master.levels.iter().map(|level| level.dimensions.to_string()).collect(),
            tile: master.master.levels.first().map(|level| level.grid.tile.to_string()),
            codec: codec(&master),
            color: color(&master),
            orientation: master.master.orientation.number(),
            fast: because.is_none()
                && master.master.levels.first().is_some_and(|level| level.codec == Codec::Jpeg),
            because,
            remedy,
            has_pyramid,
            tile_cost: tile_cost(&master),
            thumbnail_cost: thumbnail_cost(&master),
        })
    }
}

/// Quotes text for a shell.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-:=@+".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.into()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

fn kind(master: &ImageHandle) -> &'static str {
    match &master.master.kind {
        Kind::Tiled => "TIFF",
        Kind::Untiled { format, .. } => format.name(),
    }
}

fn level(master: &ImageHandle) -> Option<&Level> {
    match &master.master.kind {
        Kind::Tiled => master.master.levels.first(),
        Kind::Untiled { tiff, .. } => tiff.as_deref(),
    }
}

fn codec(master: &ImageHandle) -> &'static str {
    level(master).map_or_else(|| kind(master), |level| name(level.codec))
}

fn name(codec: Codec) -> &'static str {
    match codec {
        Codec::None => "uncompressed",
        Codec::Lzw => "Lzw",
        Codec::Jpeg => "Jpeg",
        Codec::Deflate => "Deflate",
        Codec::PackBits => "PackBits",
        Codec::Zstd => "Zstd",
        Codec::Webp => "Webp",
        Codec::Fax(_) => "fax",
        Codec::OldJpeg => "OldJpeg",
    }
}

fn color(master: &ImageHandle) -> String {
    let Shape { model, alpha, depth, .. } = master.master.shape();
    let bits = match (level(master), depth) {
        (Some(level), _) => u32::from(level.bits),
        (None, Depth::U8) => 8,
        (None, Depth::U16) => 16,
    };
    let palette = level(master).is_some_and(|level| matches!(level.photometric, Photometric::Palette(_)));
    let model = match model {
        _ if palette => "palette",
        Model::Gray => "grey",
        Model::Rgb => "RGB",
        Model::Cmyk => "CMYK",
        Model::Lab => "Lab",
    };
    let alpha = if alpha == Alpha::None { "" } else { " + alpha" };
    let profile = match &master.master.icc {
        Some(icc) => {
            format!("profile «{}»", crate::pixels::color::description(icc).unwrap_or("unnamed".into()))
        }
        None => "no profile".into(),
    };
    format!("{model}{alpha}, {bits} bits, {profile}")
}

/// The milliseconds to decode a megapixel, by compression; encoding takes 3 more.
fn decoding_ms(master: &ImageHandle) -> f64 {
    match (&master.master.kind, level(master).map(|level| level.codec)) {
        (_, Some(Codec::Jpeg)) => 2.4,
        (_, Some(Codec::None)) => 0.6,
        (_, Some(Codec::Deflate | Codec::Zstd | Codec::PackBits)) => 5.0,
        (_, Some(Codec::Lzw | Codec::Webp | Codec::Fax(_) | Codec::OldJpeg)) => 10.0,
        (Kind::Untiled { format: crate::master::SourceFormat::Jp2, .. }, _) => 90.0,
        (Kind::Untiled { format: crate::master::SourceFormat::Jpeg, .. }, _) => 3.0,
        (Kind::Untiled { .. }, _) => 12.0,
        (Kind::Tiled, None) => 3.0,
    }
}

const ENCODING_MS: f64 = 3.0;

fn tile_cost(master: &ImageHandle) -> Cost {
    let image = &master.master;
    match (&image.kind, image.levels.first()) {
        (Kind::Tiled, Some(level)) => {
            let stored: u64 = level.tiles.iter().map(|tile| tile.1).sum();
            let bytes = stored / (level.tiles.len() as u64).max(1);
            let pixels = level.grid.tile.area() as f64 / 1e6;
            let is_passthrough = level.codec == Codec::Jpeg && master.slow_because().is_none();
            let cpu_ms = if is_passthrough { 0.03 } else { pixels * (decoding_ms(master) + ENCODING_MS) };
            Cost { bytes, cpu_ms }
        }
        _ => whole(master),
    }
}

fn thumbnail_cost(master: &ImageHandle) -> Cost {
    let image = &master.master;
    let longest = |level: &&Level| level.dimensions.width.max(level.dimensions.height) >= THUMBNAIL;
    match image.levels.iter().rfind(longest).or(image.levels.first()) {
        Some(level) => {
            let bytes = level.tiles.iter().map(|tile| tile.1).sum();
            Cost { bytes, cpu_ms: level.dimensions.area() as f64 / 1e6 * decoding_ms(master) + 1.0 }
        }
        None => whole(master),
    }
}

/// The cost of reading and decoding the whole master.
fn whole(master: &ImageHandle) -> Cost {
    let pixels = master.master.dimensions.area() as f64 / 1e6;
    Cost { bytes: master.version.size, cpu_ms: pixels * decoding_ms(master) + ENCODING_MS }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::master::Fax;

    #[test]
    fn names_of_codecs_are_stable() {
        for (codec, expected) in [
            (Codec::None, "uncompressed"),
            (Codec::Lzw, "Lzw"),
            (Codec::Jpeg, "Jpeg"),
            (Codec::Deflate, "Deflate"),
            (Codec::PackBits, "PackBits"),
            (Codec::Zstd, "Zstd"),
            (Codec::Webp, "Webp"),
            (Codec::Fax(Fax::Group4), "fax"),
            (Codec::OldJpeg, "OldJpeg"),
        ] {
            assert_eq!(name(codec), expected);
        }
    }
}
