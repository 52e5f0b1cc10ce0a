//! Any TIFF's pixels: row by row, and its tiles as requests ask for them.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use tegl::iiif::{ImageRequest, Limits, Version};
use tegl::master::{Codec, Kind, Level, Master, TileIndex, SourceFormat, complete_jpeg};
use tegl::pixels::color::Output;
use tegl::render::{Frame, ColorTransform, Plan, Settings, Source, Tile, draw, finish};
use tegl_fuzz::LIMIT;

const REQUESTS: [[&str; 4]; 3] = [
    ["full", "!100,100", "0", "default.jpg"],
    ["5,3,40,40", "max", "0", "gray.png"],
    ["pct:50,50,50,50", "17,", "90", "default.png"],
];

fuzz_target!(|file: &[u8]| {
    if SourceFormat::recognize(file) != Some(SourceFormat::Tiff) {
        return;
    }
    let Some(Ok(master)) = tegl_fuzz::index(file, 1, file.len()) else { return };
    if master.dimensions.area() > LIMIT {
        return;
    }
    tegl_fuzz::rows(&master, file);
    if let Kind::Untiled { .. } = master.kind {
        return;
    }
    let color = ColorTransform::new(master.icc.as_ref(), master.shape(), Output::Srgb);
    for segments in REQUESTS {
        let request = ImageRequest::parse(Version::V3, segments).expect("these are sound");
        let limits = Limits { max_area: LIMIT, ..Limits::NONE };
        let Ok(plan) = Plan::new(&request, &master, limits, false) else { continue };
        render(file, &master, &color, &plan);
    }
    master.levels.iter().for_each(|level| cut(file, level, &color));
});

/// Renders as the gallery does, unless that takes long.
fn render(file: &[u8], master: &Master, color: &ColorTransform, plan: &Plan) {
    let Source::Rendered { level, reduce } = plan.source else { return };
    let stored = &master.levels[level];
    let frame = Frame::of_tiles(plan, master, stored, reduce);
    if stored.grid.tile.area() * frame.tiles.len() as u64 > LIMIT {
        return;
    }
    let tiles: Vec<Tile> = frame.tiles.iter().map(|&tile| bytes_of(file, stored, tile, color).into()).collect();
    let Ok(picture) = draw(&frame, stored, &tiles, &|| false) else { return };
    let place = (frame.window, frame.size);
    let _ = finish(plan, &picture, place, master.orientation, color, &Settings::default());
}

/// Cuts the last tile of a level of JPEGs to its edge.
fn cut(file: &[u8], level: &Level, color: &ColorTransform) {
    let (columns, rows) = (level.grid.columns(), level.grid.rows());
    let tile = TileIndex { column: columns - 1, row: rows - 1 };
    if level.codec == Codec::Jpeg
        && let Some(jpeg) = bytes_of(file, level, tile, color)
    {
        let size = level.grid.rect(tile).dimensions();
        let _ = complete_jpeg::crop(jpeg.to_vec(), level, tile, size);
    }
}

/// A tile as it is stored, a JPEG with its head.
fn bytes_of(file: &[u8], level: &Level, tile: TileIndex, color: &ColorTransform) -> Option<Bytes> {
    let mut range = level.range(tile)?;
    let mut bytes = Vec::new();
    if level.codec == Codec::Jpeg {
        range.start += complete_jpeg::SOI_BYTES;
        bytes = complete_jpeg::head(level, color.profile.as_deref());
    }
    let range = usize::try_from(range.start).ok()?..usize::try_from(range.end).ok()?;
    bytes.extend_from_slice(file.get(range)?);
    Some(bytes.into())
}
