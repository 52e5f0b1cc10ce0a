//! Tests that written pyramids are read back correctly.

use std::io::Cursor;

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::master::{Kind, Master, PartialFile, index};
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
    samples.chunks(stride * 7).for_each(|rows| writer.push(rows).unwrap());
    let mut file = Vec::new();
    assert_eq!(writer.finish(&mut file).unwrap(), file.len() as u64);
    file
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

#[test]
fn too_few_and_too_many_rows_are_refused() {
    let recipe = recipe(16, 2, Compression::Deflate);
    let mut writer = Writer::new(recipe.clone(), Cursor::new(Vec::new())).unwrap();
    assert!(writer.push(&[0; 47]).is_err());
    assert!(writer.push(&[0; 48 * 3]).is_err());
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
        writer.push(&upright.samples).unwrap();
        let mut file = Vec::new();
        writer.finish(&mut file).unwrap();
        prop_assert_eq!(write(&rotated), file);
    }
}
