//! Renders large images band by band, so that memory does not grow with their height.

use super::{ColorTransform, Frame, Plan, Settings, finish};
use crate::iiif::{Dimensions, Format, Rotation};
use crate::master::{Kind, Master};
use crate::pixels::scale::Window;
use crate::pixels::{Channels, Error, Picture, Raster, encode, rotate, tone};

/// Images of at least this many pixels are rendered band by band if possible.
const MIN_BANDED_PIXELS: u64 = 12_000_000;
/// The approximate number of pixels of the level that are decoded for a band.
const BAND_PIXELS: u64 = 6 << 20;

/// Whether the image is rendered band by band: it is large, upright, and its format is written by rows.
pub fn is_banded(plan: &Plan, master: &Master) -> bool {
    let upright = plan.rotation.degrees == 0.0 && master.orientation.is_upright();
    let written_by_rows = matches!(plan.format, Format::Jpg | Format::Png | Format::Tif);
    let bitonal = plan.quality == crate::iiif::Quality::Bitonal;
    plan.size.area() >= MIN_BANDED_PIXELS
        && upright
        && written_by_rows
        && !bitonal
        && matches!(master.kind, Kind::Tiled)
}

/// The number of rows of each band of the image: whole rows of tiles if the scale is 1.
pub fn band_height(plan: &Plan, master: &Master, level: usize) -> u32 {
    let Some(level) = master.levels.get(level) else { return plan.size.height };
    let shrink = f64::from(plan.region.height) / f64::from(plan.size.height);
    let factor = f64::from(master.dimensions.height) / f64::from(level.dimensions.height);
    let width = f64::from(plan.region.width) / factor;
    let tiles = ((BAND_PIXELS as f64 / width / f64::from(level.grid.tile.height)).floor()).max(1.0);
    let rows = tiles * f64::from(level.grid.tile.height) * factor / shrink;
    // A multiple of 16 rows, so that JPEG bands end at MCU boundaries.
    ((rows / 16.0).floor() as u32 * 16).clamp(16, 4096)
}

/// The approximate bytes of a band of `rows` rows in the file and its encoder: uncompressed samples, or half of them for
/// JPEG (noise at quality 90 takes 1.4 of 3 bytes).
pub fn band_bytes(plan: &Plan, master: &Master, rows: u32) -> u64 {
    let samples = u64::from(plan.size.width) * u64::from(rows) * channels(plan, master).count() as u64;
    let file = if plan.format == Format::Jpg { samples / 2 } else { samples + samples / 64 };
    file + u64::from(plan.size.width) * 64 + (256 << 10)
}

impl Frame {
    /// The frame of `rows` rows of the image from row `top` on, for a tiled master.
    pub fn of_band(
        plan: &Plan,
        master: &Master,
        (level, reduce): (usize, u32),
        top: u32,
        rows: u32,
    ) -> Option<Self> {
        let level = master.levels.get(level)?;
        let whole = Self::of_whole_tiles(plan, master, level, reduce);
        let scale = whole.window.height / f64::from(whole.size.height);
        let (start, height) = (whole.window.y + f64::from(top) * scale, f64::from(rows) * scale);
        // The kernel's three lobes extend beyond the band, unless the scale is 1.
        let margin = if scale == 1.0 && start.fract() == 0.0 { 0.0 } else { 3.0 * scale.max(1.0) + 2.0 };
        let edge = |y: f64| {
            f64::from(whole.origin.1) + y.clamp(0.0, f64::from(whole.canvas.height)) * f64::from(reduce)
        };
        let tile = level.grid.tile.height;
        let first = edge(start - margin) as u32 / tile * tile;
        let last = (edge(start + height + margin).ceil() as u32).min(level.dimensions.height);
        let end = (last.div_ceil(tile) * tile).min(level.dimensions.height);
        let canvas = Dimensions::new(whole.canvas.width, ((end - first) / reduce).max(1));
        let window = Window {
            y: start - f64::from(first - whole.origin.1) / f64::from(reduce),
            height,
            ..whole.window
        };
        let rows_of_tiles = first / tile..end.div_ceil(tile);
        let tiles = whole.tiles.into_iter().filter(|tile| rows_of_tiles.contains(&tile.row)).collect();
        let size = Dimensions::new(whole.size.width, rows);
        Some(Self { tiles, origin: (whole.origin.0, first), canvas, window, size, reduce }.trimmed())
    }
}

/// The streaming encoder of a banded response, with its metadata.
///
/// # Errors
/// If the format is not JPEG, PNG or TIFF.
pub fn banded_encoder(
    plan: &Plan,
    master: &Master,
    color: &ColorTransform,
    settings: &Settings,
) -> Result<encode::Stream, Error> {
    let channels = channels(plan, master);
    let metadata = color.metadata(color.embeds_profile(plan, channels));
    encode::stream(plan.format, plan.size, channels, &metadata, settings.jpeg_quality, settings.subsampling())
}

/// The channels of all bands.
fn channels(plan: &Plan, master: &Master) -> Channels {
    let channels = master.levels.first().map_or(Channels::Rgb, |level| level.channels());
    let gray = plan.quality == crate::iiif::Quality::Gray;
    match (channels, gray, plan.format) {
        (Channels::Rgba, false, Format::Jpg) | (Channels::Rgb, false, _) => Channels::Rgb,
        (Channels::Rgba, true, Format::Jpg) => Channels::Gray,
        (Channels::Rgba, ..) => Channels::Rgba,
        _ => Channels::Gray,
    }
}

/// The rows of a band: scaled, converted to the response's colors, mirrored and, for JPEG, without alpha.
///
/// # Errors
/// If the window is outside the picture, or memory runs out.
pub fn band(plan: &Plan, picture: &Picture, frame: &Frame, color: &ColorTransform) -> Result<Raster, Error> {
    let raster = color.apply_packed(finish::scaled(picture, frame.window, frame.size)?);
    let embeds_profile = color.embeds_profile(plan, raster.channels);
    let raster = finish::with_quality(color.for_response(raster, embeds_profile), plan.quality);
    let raster = if plan.rotation == Rotation::NONE { raster } else { rotate::mirror(&raster) };
    Ok(if plan.format == Format::Jpg { tone::flatten(raster, [255; 3]) } else { raster })
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use bytes::Bytes;

    use super::*;
    use crate::iiif::{ImageRequest, Limits, Version};
    use crate::master::write::{Compression, Recipe, Reduced, Writer};
    use crate::master::{Orientation, PartialFile, index};
    use crate::render::{Tile, draw};

    fn master(width: u32, height: u32) -> (Master, Vec<u8>) {
        let recipe = Recipe {
            dimensions: Dimensions::new(width, height),
            orientation: Orientation::UPRIGHT,
            channels: Channels::Rgb,
            tile_side: 64,
            compression: Compression::Zstd,
            reduced: Reduced::Pages,
            icc: None,
            threads: 1,
        };
        let mut raster = Raster::blank(recipe.dimensions, Channels::Rgb);
        raster
            .samples
            .iter_mut()
            .enumerate()
            .for_each(|(n, sample)| *sample = ((n * 31) ^ ((n / 97) * 7)) as u8);
        let mut writer = Writer::new(recipe, Cursor::new(Vec::new())).unwrap();
        writer.push(raster.samples.clone()).unwrap();
        let mut file = Vec::new();
        writer.finish(&mut file).unwrap();
        let partial = PartialFile::new(file.len() as u64, Bytes::copy_from_slice(&file));
        (index(&partial, 1).unwrap(), file)
    }

    fn render_band(plan: &Plan, frame: &Frame, master: &Master, level: usize, file: &[u8]) -> Raster {
        let level = &master.levels[level];
        let tile = |&tile: &crate::master::TileIndex| {
            let range = level.range(tile).unwrap();
            Tile::Stored(Bytes::copy_from_slice(&file[range.start as usize..range.end as usize]))
        };
        let tiles: Vec<_> = frame.tiles.iter().map(tile).collect();
        let picture = draw(frame, level, &tiles, &|| false).unwrap();
        band(plan, &picture, frame, &ColorTransform::default()).unwrap()
    }

    fn planned(path: &str, master: &Master) -> (Plan, (usize, u32)) {
        let segments: Vec<_> = path.split('/').chain(["default.png"]).collect();
        let request = ImageRequest::parse(Version::V3, segments.try_into().unwrap()).unwrap();
        let plan = Plan::new(&request, master, Limits::NONE, true).unwrap();
        let at = plan.rendering().unwrap_or_else(|| panic!("{path}"));
        (plan, at)
    }

    #[test]
    fn a_trimmed_canvas_gives_the_same_image() {
        let (master, file) = master(500, 700);
        for path in [
            "100,200,130,90/65,/0",
            "13,17,300,311/233,/0",
            "70,300,50,50/^50,/0",
            "440,640,50,50/^120,/0",
            "210,290,90,130/64,/0",
        ] {
            let (plan, (level, reduce)) = planned(path, &master);
            let stored = &master.levels[level];
            let [whole, trimmed] =
                [Frame::of_whole_tiles, Frame::of_tiles].map(|frame| frame(&plan, &master, stored, reduce));
            assert!(trimmed.canvas.area() < whole.canvas.area(), "{path}: {:?}", trimmed.canvas);
            let rendered = |frame| render_band(&plan, frame, &master, level, &file);
            assert!(rendered(&whole) == rendered(&trimmed), "{path}");
        }
    }

    #[test]
    fn bands_equal_the_whole_image() {
        let (master, file) = master(500, 700);
        for path in
            ["full/max/0", "full/max/!0", "full/201,/0", "full/^600,/0", "13,17,400,611/333,/0", "full/77,/0"]
        {
            let (plan, (level, reduce)) = planned(path, &master);
            let frame = Frame::of_tiles(&plan, &master, &master.levels[level], reduce);
            let whole = render_band(&plan, &frame, &master, level, &file);
            let mut samples = Vec::new();
            for top in (0..plan.size.height).step_by(48) {
                let rows = 48.min(plan.size.height - top);
                let frame = Frame::of_band(&plan, &master, (level, reduce), top, rows).unwrap();
                samples.extend(render_band(&plan, &frame, &master, level, &file).samples);
            }
            assert_eq!(samples.len(), whole.samples.len(), "{path}");
            let max_difference =
                samples.iter().zip(&whole.samples).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
            // Both passes round, and their order depends on the height.
            assert!(max_difference <= 2, "{path}: {max_difference}");
        }
    }
}
