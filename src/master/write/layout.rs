//! The layout of a pyramid's file: header, directories with their values, tiles.

use super::{Compression, Recipe, Reduced, levels};
use crate::container::tiff::{self, Field, Offsets, tags};
use crate::iiif::Dimensions;
use crate::master::checksum::{IN_VALUES, SIGNATURE, crc32};
use crate::pixels::Channels;

/// The alignment of values after a directory, in bytes.
const ALIGNMENT: usize = 8;

/// Returns the file's header and directories with their checksum, and the total length of the tiles after them. `lengths`
/// and `checksums` are those of the tiles of each level.
pub(super) fn head(
    recipe: &Recipe,
    tables: Option<&[u8]>,
    lengths: &[Vec<u32>],
    checksums: &[Vec<u32>],
) -> (Vec<u8>, u64) {
    let sizes = levels(recipe.upright(), recipe.tile_side);
    let directory = |n: usize, sub_ifds: &[u64], tiles: &[u64], index_length: u64| {
        let mut fields = fields(recipe, tables, sizes[n], n > 0);
        fields.push(Field::offsets(tags::TILE_OFFSETS, tiles.iter().copied(), Offsets::Long));
        fields.push(Field::longs(tags::TILE_LENGTHS, lengths[n].iter().copied()));
        fields.push(Field::longs(tags::TILE_CHECKSUMS, checksums[n].iter().copied()));
        if n == 0 {
            fields.push(Field::longs(tags::INDEX_CHECKSUM, [SIGNATURE, index_length as u32, 0]));
        }
        if !sub_ifds.is_empty() {
            fields.push(Field::directories(tags::SUB_IFDS, sub_ifds.iter().copied()));
        }
        fields.sort_by_key(Field::tag);
        fields
    };
    let sub_ifd_count = match recipe.reduced {
        Reduced::SubIfds => sizes.len() - 1,
        Reduced::Pages => 0,
    };
    // A directory's length does not depend on the offsets in it.
    let sub_ifds =
        |at: &[u64], n: usize| if n == 0 { at[at.len() - sub_ifd_count..].to_vec() } else { Vec::new() };
    let mut head = tiff::header(Offsets::Long);
    let mut end = head.len() as u64;
    let mut at = vec![end; sizes.len()];
    for n in 0..sizes.len() {
        at[n] = end;
        let fields = directory(n, &sub_ifds(&at, n), &vec![0; lengths[n].len()], 0);
        end += tiff::directory_length(&fields, Offsets::Long, ALIGNMENT);
    }
    let (offsets, total) = tile_offsets(end, lengths);
    let mut checksum_at = None;
    for n in 0..sizes.len() {
        let next = if sub_ifd_count > 0 { 0 } else { at.get(n + 1).copied().unwrap_or(0) };
        let fields = directory(n, &sub_ifds(&at, n), &offsets[n], end);
        let values = tiff::values_offset(&fields, Offsets::Long, at[n], tags::INDEX_CHECKSUM, ALIGNMENT);
        checksum_at = checksum_at.or(values.map(|values| (values + IN_VALUES) as usize));
        head.extend_from_slice(&tiff::directory(&fields, Offsets::Long, at[n], next, ALIGNMENT));
    }
    let checksum = crc32([&head[..]]);
    if let Some(place) = checksum_at.and_then(|at| head.get_mut(at..at + 4)) {
        place.copy_from_slice(&checksum.to_le_bytes());
    }
    (head, total)
}

/// Returns the offsets of the tiles from `start` on, smallest level first, and their total length.
fn tile_offsets(start: u64, lengths: &[Vec<u32>]) -> (Vec<Vec<u64>>, u64) {
    let mut end = start;
    let mut place = |&length: &u32| {
        let at = end;
        end += u64::from(length);
        at
    };
    let mut offsets: Vec<Vec<u64>> =
        lengths.iter().rev().map(|level| level.iter().map(&mut place).collect()).collect();
    offsets.reverse();
    (offsets, end - start)
}

/// The fields of a directory, except those of the tiles, the checksums and the subdirectories.
fn fields(recipe: &Recipe, tables: Option<&[u8]>, size: Dimensions, reduced: bool) -> Vec<Field> {
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
    let mut fields = vec![
        Field::longs(tags::SUBFILE, [u32::from(reduced)]),
        Field::longs(tags::WIDTH, [size.width]),
        Field::longs(tags::HEIGHT, [size.height]),
        Field::shorts(tags::BITS, &vec![8; recipe.channels.count()]),
        Field::shorts(tags::COMPRESSION, &[compression]),
        Field::shorts(tags::PHOTOMETRIC, &[photometric]),
        Field::shorts(tags::SAMPLES, &[recipe.channels.count() as u16]),
        Field::shorts(tags::PLANAR, &[1]),
        Field::longs(tags::TILE_WIDTH, [recipe.tile_side]),
        Field::longs(tags::TILE_HEIGHT, [recipe.tile_side]),
    ];
    if !reduced {
        fields.push(Field::text(tags::SOFTWARE, "Tegl"));
    }
    if predictor {
        fields.push(Field::shorts(tags::PREDICTOR, &[2]));
    }
    if let Some(tables) = tables {
        fields.push(Field::undefined(tags::JPEG_TABLES, tables.to_vec()));
    }
    if recipe.channels == Channels::Rgba {
        fields.push(Field::shorts(tags::EXTRA_SAMPLES, &[2]));
    }
    if let (6, Compression::Jpeg { subsampling, .. }) = (photometric, recipe.compression) {
        fields.push(Field::shorts(
            tags::YCBCR_SUBSAMPLING,
            &[subsampling.across() as u16, subsampling.down() as u16],
        ));
        fields.push(Field::shorts(tags::YCBCR_POSITIONING, &[1]));
        let reference = [0, 255, 128, 255, 128, 255].map(|value| [value, 1]);
        fields.push(Field::rationals(tags::REFERENCE_BLACK_WHITE, reference));
    }
    if let Some(icc) = recipe.icc.as_ref().filter(|_| !reduced) {
        fields.push(Field::undefined(tags::ICC, icc.clone()));
    }
    fields
}
