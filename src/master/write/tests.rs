//! Tests that written pyramids are read back correctly.

use std::io::Cursor;

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::container::tiff::tags::{INDEX_CHECKSUM, TILE_CHECKSUMS};
use crate::master::{Integrity, Kind, Master, PartialFile, Stop, TileIndex, index};
use crate::pixels::{Raster, rotate};

const JPEG: Compression = Compression::Jpeg { quality: 85, subsampling: Subsampling::S420 };
const LOSSLESS: [Compression; 2] = [Compression::Deflate, Compression::Zstd];

fn recipe(width: u32, height: u32, compression: Compression) -> Recipe {
    Recipe {
        dimensions: Dimensions::new(width, height),
        channels: Channels::Rgb,
        tile_side: 32,
        compression,
        reduced: Reduced::Pages,
        icc: None,
        orientation: Orientation::UPRIGHT,
        threads: 3,
    }
}

fn picture(recipe: &Recipe) -> Vec<u8> {
    let mut samples = Raster::blank(recipe.dimensions, recipe.channels).samples;
    for (n, sample) in samples.iter_mut().enumerate() {
        *sample = ((n * 7) ^ (n / 191)) as u8;
    }
    samples
}

fn write(recipe: &Recipe) -> Vec<u8> {
    let mut writer = Writer::new(recipe.clone(), Cursor::new(Vec::new())).unwrap();
    let samples = picture(recipe);
    let stride = recipe.dimensions.width as usize * recipe.channels.count();
    samples.chunks(stride * 7).for_each(|rows| drop(writer.push(rows.to_vec()).unwrap()));
    let mut file = Vec::new();
    assert_eq!(writer.finish(&mut file).unwrap(), file.len() as u64);
    file
}

/// However many rows arrive at once, the file is the same, and samples come back when their tiles are compressed.
#[test]
fn samples_are_kept_for_one_row_of_tiles() {
    for orientation in 1..=8 {
        let orientation = Orientation::new(orientation);
        let recipe = Recipe { orientation, ..recipe(67, 131, JPEG) };
        let (expected, samples) = (write(&recipe), picture(&recipe));
        let stride = recipe.dimensions.width as usize * recipe.channels.count();
        for rows in [1, 5, 32, 33, 70, 200] {
            let mut writer = Writer::new(recipe.clone(), Cursor::new(Vec::new())).unwrap();
            let mut kept = 0usize;
            for piece in samples.chunks(stride * rows) {
                let unneeded = writer.push(piece.to_vec()).unwrap();
                kept = (kept + 1).checked_sub(unneeded.len()).expect("no more are returned than were added");
                assert!(kept <= 32_usize.div_ceil(rows) + 1, "{kept} pieces of {rows} rows");
            }
            let mut file = Vec::new();
            writer.finish(&mut file).unwrap();
            assert!(file == expected, "{rows} rows at a time");
        }
    }
}

fn read(file: &[u8]) -> Master {
    let file = PartialFile::new(file.len() as u64, Bytes::copy_from_slice(file));
    index(&file, 1).unwrap()
}

#[test]
fn levels_halve_down_to_one_tile_and_the_smallest_is_stored_first() {
    for reduced in [Reduced::Pages, Reduced::SubIfds] {
        let recipe = Recipe { reduced, ..recipe(131, 67, JPEG) };
        let file = write(&recipe);
        let master = read(&file);
        assert!(matches!(master.kind, Kind::Tiled));
        let sizes: Vec<_> = master.levels.iter().map(|level| level.dimensions).collect();
        assert_eq!(sizes, [(131, 67), (66, 34), (33, 17), (17, 9)].map(|(w, h)| Dimensions::new(w, h)));
        let mut tiles: Vec<_> = master.levels.iter().rev().flat_map(|level| level.tiles.clone()).collect();
        assert!(tiles.is_sorted());
        let (last, length) = tiles.pop().unwrap();
        assert_eq!(last + length, file.len() as u64);
        assert!(master.levels.iter().all(|level| level.tables.is_some()));
    }
}

#[test]
fn a_profile_is_kept_and_the_same_rows_give_the_same_bytes() {
    let recipe = Recipe { icc: Some(vec![9; 500]), ..recipe(50, 40, Compression::Deflate) };
    let file = write(&recipe);
    assert_eq!(read(&file).icc.as_deref(), recipe.icc.as_deref());
    assert_eq!(file, write(&recipe));
}

/// The index of a file of which one byte was changed, as [`read`] would return it.
fn read_changed(file: &[u8], at: usize) -> Result<Integrity, Stop> {
    let mut changed = file.to_vec();
    changed[at] ^= 0xff;
    index(&PartialFile::new(file.len() as u64, changed.into()), 1).map(|master| master.integrity)
}

#[test]
fn tiles_and_index_have_checksums() {
    let kinds = [(JPEG, 20), (Compression::Deflate, 0), (Compression::Zstd, 0)];
    for ((compression, icc), reduced) in
        kinds.into_iter().zip([Reduced::Pages, Reduced::SubIfds, Reduced::Pages])
    {
        let icc = (icc > 0).then(|| vec![9; 300]);
        let file = write(&Recipe { reduced, icc, ..recipe(131, 67, compression) });
        let master = read(&file);
        assert_eq!(master.integrity, Integrity::Verified);
        for level in &master.levels {
            assert_eq!(level.checksums.len(), level.tiles.len());
            for tile in (0..level.grid.rows())
                .flat_map(|row| (0..level.grid.columns()).map(move |column| TileIndex { column, row }))
            {
                let range = level.range(tile).unwrap();
                let skipped = if compression == JPEG { 2 } else { 0 };
                let mut bytes = file[range.start as usize + skipped..range.end as usize].to_vec();
                assert_eq!(level.is_intact(tile, &bytes), Some(true));
                let middle = bytes.len() / 2;
                bytes[middle] ^= 1;
                assert_eq!(level.is_intact(tile, &bytes), Some(false));
            }
        }
    }
}

#[test]
fn a_damaged_index_is_never_taken_for_a_sound_one() {
    for (reduced, compression) in [(Reduced::Pages, JPEG), (Reduced::SubIfds, Compression::Deflate)] {
        let file = write(&Recipe { reduced, icc: Some(vec![9; 300]), ..recipe(131, 67, compression) });
        let tiles = read(&file).levels.iter().flat_map(|level| level.tiles.clone()).map(|tile| tile.0).min();
        for at in 0..tiles.unwrap() as usize {
            let found = read_changed(&file, at);
            assert!(
                matches!(found, Ok(Integrity::Differs) | Err(Stop::Refused(_))),
                "{reduced:?}, byte {at}: {found:?}"
            );
        }
    }
}

#[test]
fn the_checksum_of_an_index_is_that_of_its_bytes_in_several_parts() {
    let file = write(&recipe(700, 500, JPEG));
    let mut partial = PartialFile::new(file.len() as u64, Bytes::copy_from_slice(&file[..256]));
    let mut requested = 256;
    let master = loop {
        match index(&partial, 1) {
            Ok(master) => break master,
            Err(Stop::NeedBytes { range, .. }) => {
                requested += range.end - range.start;
                let bytes = &file[range.start as usize..range.end as usize];
                partial.add(range.start, Bytes::copy_from_slice(bytes));
            }
            Err(Stop::Refused(refused)) => panic!("{refused}"),
        }
    };
    assert_eq!(master.integrity, Integrity::Verified);
    let index = master.levels.iter().flat_map(|level| &level.tiles).map(|tile| tile.0).min().unwrap();
    assert!(requested <= index + 1024, "{requested} bytes for an index of {index}");
}

#[test]
fn pyramids_without_checksums_are_read_as_before() {
    let mut file = write(&recipe(131, 67, JPEG));
    // Other tags of the same range.
    for tag in [TILE_CHECKSUMS, INDEX_CHECKSUM] {
        let entry = [&tag.to_le_bytes()[..], &[4, 0]].concat();
        while let Some(at) = file.windows(4).position(|four| four == entry) {
            file[at..at + 2].copy_from_slice(&(tag + 10).to_le_bytes());
        }
    }
    let master = read(&file);
    assert_eq!((master.integrity, master.levels.len()), (Integrity::Unknown, 4));
    assert!(master.levels.iter().all(|level| level.checksums.is_empty()));
}

#[test]
fn too_few_and_too_many_rows_are_refused() {
    let recipe = recipe(16, 2, Compression::Deflate);
    let mut writer = Writer::new(recipe.clone(), Cursor::new(Vec::new())).unwrap();
    assert!(writer.push(vec![0; 47]).is_err());
    assert!(writer.push(vec![0; 48 * 3]).is_err());
    assert!(writer.finish(&mut Vec::new()).is_err());
    assert!(
        Writer::new(
            Recipe { channels: Channels::Rgba, compression: JPEG, ..recipe },
            Cursor::new(Vec::new())
        )
        .is_err()
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn lossless_tiles_keep_every_sample(
        width in 1u32..120, height in 1u32..120, kind in 0usize..2, channels in 0usize..3, orientation_number in 1u8..9,
    ) {
        let channels = [Channels::Gray, Channels::Rgb, Channels::Rgba][channels];
        let orientation = Orientation::new(u64::from(orientation_number));
        let recipe = Recipe { channels, orientation, ..recipe(width, height, LOSSLESS[kind]) };
        let (file, samples) = (write(&recipe), picture(&recipe));
        let samples = rotate::upright(Raster { dimensions: recipe.dimensions, channels, samples }, orientation).samples;
        let mut decoder = tiff::decoder::Decoder::new(Cursor::new(file)).unwrap();
        let tiff::decoder::DecodingResult::U8(found) = decoder.read_image().unwrap() else { panic!() };
        prop_assert_eq!(found, samples);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn a_rotated_master_gives_the_same_pyramid_as_an_upright_one(
        width in 1u32..150, height in 1u32..150, orientation_number in 2u8..9,
    ) {
        let recipe = recipe(width, height, Compression::Zstd);
        let rotated = Recipe { orientation: Orientation::new(u64::from(orientation_number)), ..recipe.clone() };
        let raster = Raster { dimensions: recipe.dimensions, channels: recipe.channels, samples: picture(&rotated) };
        let upright = rotate::upright(raster, rotated.orientation);
        let straight = Recipe { dimensions: upright.dimensions, ..recipe };
        let mut writer = Writer::new(straight, Cursor::new(Vec::new())).unwrap();
        writer.push(upright.samples).unwrap();
        let mut file = Vec::new();
        writer.finish(&mut file).unwrap();
        prop_assert_eq!(write(&rotated), file);
    }
}
