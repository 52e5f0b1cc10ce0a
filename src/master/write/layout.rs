//! Where everything lies in the file: header, directories with their arrays, tiles.

use super::directory::Entries;
use super::{Compression, Recipe, Reduced, levels};
use crate::iiif::Dimensions;
use crate::pixels::Channels;

const HEADER: u64 = 16;

/// The file's head, and how many bytes of tiles follow it. `lengths` has each tile's, by level.
pub fn head(recipe: &Recipe, tables: Option<&[u8]>, lengths: &[Vec<u32>]) -> (Vec<u8>, u64) {
    let sizes = levels(recipe.upright(), recipe.tile_side);
    let directory = |n: usize, subs: &[u64], tiles: &[u64]| {
        let mut entries = entries(recipe, tables, sizes[n], n > 0);
        entries.offsets(324, tiles);
        entries.longs(325, &lengths[n]);
        if !subs.is_empty() {
            entries.directories(330, subs);
        }
        entries
    };
    let below = match recipe.reduced {
        Reduced::SubIfds => sizes.len() - 1,
        Reduced::Pages => 0,
    };
    // A directory's length does not hang on the offsets in it.
    let subs = |at: &[u64], n: usize| if n == 0 { at[at.len() - below..].to_vec() } else { Vec::new() };
    let mut at = vec![HEADER; sizes.len()];
    let mut end = HEADER;
    for n in 0..sizes.len() {
        at[n] = end;
        end += directory(n, &subs(&at, n), &vec![0; lengths[n].len()]).length();
    }
    let (places, total) = places(end, lengths);
    let mut head = [&b"II\x2b\0\x08\0\0\0"[..], &HEADER.to_le_bytes()].concat();
    for n in 0..sizes.len() {
        let next = if below > 0 { 0 } else { at.get(n + 1).copied().unwrap_or(0) };
        head.extend_from_slice(&directory(n, &subs(&at, n), &places[n]).write(at[n], next));
    }
    (head, total)
}

/// Offsets of the tiles from `start` on, the smallest level's first, and their bytes in all.
fn places(start: u64, lengths: &[Vec<u32>]) -> (Vec<Vec<u64>>, u64) {
    let mut end = start;
    let mut place = |&length: &u32| {
        let at = end;
        end += u64::from(length);
        at
    };
    let mut places: Vec<Vec<u64>> =
        lengths.iter().rev().map(|level| level.iter().map(&mut place).collect()).collect();
    places.reverse();
    (places, end - start)
}

/// All entries but those of the tiles' places.
fn entries(recipe: &Recipe, tables: Option<&[u8]>, size: Dimensions, reduced: bool) -> Entries {
    let mut entries = Entries::default();
    let gray = recipe.channels == Channels::Gray;
    let jpeg = matches!(recipe.compression, Compression::Jpeg { .. });
    let (compression, predictor) = match recipe.compression {
        Compression::Jpeg { .. } => (7, false),
        Compression::Deflate => (8, true),
        Compression::Zstd => (50000, true),
    };
    let photometric = match (gray, jpeg) {
        (true, _) => 1,
        (false, true) => 6,
        (false, false) => 2,
    };
    entries.longs(254, &[u32::from(reduced)]);
    entries.longs(256, &[size.width]);
    entries.longs(257, &[size.height]);
    entries.shorts(258, &vec![8; recipe.channels.count()]);
    entries.shorts(259, &[compression]);
    entries.shorts(262, &[photometric]);
    entries.shorts(277, &[recipe.channels.count() as u16]);
    entries.shorts(284, &[1]);
    if !reduced {
        entries.text(305, "Tegl");
    }
    if predictor {
        entries.shorts(317, &[2]);
    }
    entries.longs(322, &[recipe.tile_side]);
    entries.longs(323, &[recipe.tile_side]);
    if let Some(tables) = tables {
        entries.bytes(347, tables);
    }
    if recipe.channels == Channels::Rgba {
        entries.shorts(338, &[2]);
    }
    if let (6, Compression::Jpeg { subsampling, .. }) = (photometric, recipe.compression) {
        entries.shorts(530, &[subsampling.across() as u16, subsampling.down() as u16]);
        entries.shorts(531, &[1]);
        entries.rationals(532, &[0, 255, 128, 255, 128, 255]);
    }
    if let Some(icc) = recipe.icc.as_ref().filter(|_| !reduced) {
        entries.bytes(34675, icc);
    }
    entries
}
