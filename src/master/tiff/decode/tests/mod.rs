//! Tests that TIFFs, as real writers produce them, are decoded correctly or refused.

mod blocks;
mod jpegs;
mod levels;
mod samples;

use std::sync::Arc;

use bytes::Bytes;

use super::decode_tile;
use crate::iiif::Dimensions;
use crate::master::{Kind, Master, PartialFile, TileIndex, complete_jpeg, index};
use crate::pixels::{Channels, Model, Raster, ReadAt, Samples, encode};

const SHORT: u16 = 3;
const LONG: u16 = 4;
const RATIONAL: u16 = 5;

/// A little-endian TIFF of one image: its tags, and its strips or tiles.
#[derive(Clone)]
struct File {
    tags: Vec<(u16, u16, Vec<u64>)>,
    blocks: Vec<Vec<u8>>,
}

impl File {
    /// A gray image in strips of `rows` rows.
    fn strips(size: (u64, u64), rows: u64, blocks: Vec<Vec<u8>>) -> Self {
        let tags = vec![(256, LONG, vec![size.0]), (257, LONG, vec![size.1]), (278, LONG, vec![rows])];
        Self { tags, blocks }.with(258, SHORT, &[8]).with(262, SHORT, &[1])
    }

    fn tiles(size: (u64, u64), side: u64, blocks: Vec<Vec<u8>>) -> Self {
        Self::strips(size, 0, blocks).without(278).with(322, SHORT, &[side]).with(323, SHORT, &[side])
    }

    /// Sets or replaces a tag.
    fn with(self, tag: u16, kind: u16, values: &[u64]) -> Self {
        let mut file = self.without(tag);
        file.tags.push((tag, kind, values.to_vec()));
        file
    }

    fn without(mut self, tag: u16) -> Self {
        self.tags.retain(|(known, ..)| *known != tag);
        self
    }

    fn rgb(self) -> Self {
        self.with(258, SHORT, &[8, 8, 8]).with(262, SHORT, &[2]).with(277, SHORT, &[3])
    }

    /// Writes the file. The blocks' offsets and lengths go into the usual tags unless these are set; empty tags are omitted.
    fn bytes(&self) -> Vec<u8> {
        let mut file = b"II\x2a\0\0\0\0\0".to_vec();
        let mut blocks = (Vec::new(), Vec::new());
        for block in &self.blocks {
            blocks.0.push(file.len() as u64);
            blocks.1.push(block.len() as u64);
            file.extend(block);
            file.resize(file.len().next_multiple_of(2), 0);
        }
        let has = |tag: u16| self.tags.iter().any(|(known, ..)| *known == tag);
        let usual = if has(322) { (324, 325) } else { (273, 279) };
        let mut tags = self.tags.clone();
        for (tag, values) in [(usual.0, blocks.0), (usual.1, blocks.1)] {
            if !has(tag) {
                tags.push((tag, LONG, values));
            }
        }
        tags.retain(|(.., values)| !values.is_empty());
        tags.sort_by_key(|(tag, ..)| *tag);
        directory(&mut file, &tags, 0);
        file
    }
}

/// Appends a directory and writes its offset at `pointer`, or into the header; returns the position of the next pointer.
fn directory(file: &mut Vec<u8>, tags: &[(u16, u16, Vec<u64>)], pointer: usize) -> usize {
    let mut table = (tags.len() as u16).to_le_bytes().to_vec();
    for (tag, kind, values) in tags {
        let width = match *kind {
            SHORT => 2,
            LONG => 4,
            RATIONAL => 8,
            _ => 1,
        };
        let bytes: Vec<u8> = match *kind {
            RATIONAL => values
                .iter()
                .flat_map(|v| [(*v as u32).to_le_bytes(), 1000u32.to_le_bytes()].concat())
                .collect(),
            _ => values.iter().flat_map(|value| value.to_le_bytes()[..width].to_vec()).collect(),
        };
        table.extend(tag.to_le_bytes());
        table.extend(kind.to_le_bytes());
        table.extend((values.len() as u32).to_le_bytes());
        if bytes.len() > 4 {
            table.extend((file.len() as u32).to_le_bytes());
            file.extend(bytes);
            file.resize(file.len().next_multiple_of(2), 0);
        } else {
            table.extend(&bytes);
            table.extend(&[0; 4][bytes.len()..]);
        }
    }
    let at = file.len();
    let pointer = if pointer == 0 { 4 } else { pointer };
    file[pointer..pointer + 4].copy_from_slice(&(at as u32).to_le_bytes());
    file.extend(table);
    file.extend([0; 4]);
    file.len() - 4
}

fn opened(file: &[u8]) -> Result<Master, String> {
    let file = PartialFile::new(file.len() as u64, Bytes::copy_from_slice(file));
    index(&file, 1).map_err(|stop| format!("{stop:?}"))
}

/// Reads all samples row by row, and checks that tiles that can be served one by one decode to the same samples.
fn read(file: &[u8]) -> Result<Vec<u16>, String> {
    let master = opened(file)?;
    let source: Arc<dyn ReadAt> = Arc::new(Bytes::copy_from_slice(file));
    let mut rows = crate::master::rows(&master, source, 1 << 30).map_err(|error| error.to_string())?;
    let mut all = Vec::new();
    while let Some(raw) = rows.next(3).map_err(|error| error.to_string())? {
        match raw.samples {
            Samples::U8(samples) => all.extend(samples.into_iter().map(u16::from)),
            Samples::U16(samples) => all.extend(samples),
        }
    }
    if matches!(master.kind, Kind::Tiled) && master.shape().count() != 2 {
        let corner = first_tile(&master, file)?;
        assert_eq!(u16::from(corner.samples[0]), all[0]);
    }
    Ok(all)
}

/// Decodes the first tile as a rendering does.
fn first_tile(master: &Master, file: &[u8]) -> Result<Raster, String> {
    let (level, first) = (&master.levels[0], TileIndex { column: 0, row: 0 });
    let visible = level.grid.rect(first).dimensions();
    let Some(range) = level.range(first) else { return Ok(Raster::blank(visible, level.channels())) };
    let bytes = &file[range.start as usize..range.end as usize];
    let bytes = match level.codec {
        crate::master::Codec::Jpeg => complete_jpeg::standalone(level, bytes),
        _ => Bytes::copy_from_slice(bytes),
    };
    decode_tile(level, &bytes, visible).map_err(|error| error.to_string())
}

#[track_caller]
fn check(what: &str, file: &File, expected: &[u16]) {
    assert_eq!(read(&file.bytes()).as_deref(), Ok(expected), "{what}");
}

#[track_caller]
fn refused(what: &str, file: &[u8]) {
    let found = read(file);
    assert!(found.is_err(), "{what}: {found:?}");
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut packer = libdeflater::Compressor::new(libdeflater::CompressionLvl::default());
    let mut out = vec![0; packer.zlib_compress_bound(bytes.len())];
    let length = packer.zlib_compress(bytes, &mut out).unwrap();
    out.truncate(length);
    out
}

fn lzw(bytes: &[u8]) -> Vec<u8> {
    weezl::encode::Encoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8).encode(bytes).unwrap()
}

fn old_lzw(bytes: &[u8]) -> Vec<u8> {
    weezl::encode::Encoder::new(weezl::BitOrder::Lsb, 8).encode(bytes).unwrap()
}

fn packed_bits(bytes: &[u8]) -> Vec<u8> {
    bytes.chunks(128).flat_map(|part| [&[part.len() as u8 - 1], part].concat()).collect()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::bulk::compress(bytes, 3).unwrap()
}

type Packer = fn(&[u8]) -> Vec<u8>;

/// Compressors by their TIFF numbers.
const PACKERS: [(u64, Packer); 6] =
    [(1, <[u8]>::to_vec), (5, lzw), (5, old_lzw), (8, deflated), (32773, packed_bits), (50000, zstd)];

/// 60 x 50 pixels of gray; no two rows are equal.
fn gray() -> Vec<u8> {
    (0..3000u32).map(|n| (n % 60 * 3 + n / 60 * 5) as u8).collect()
}

fn wide(samples: &[u8]) -> Vec<u16> {
    samples.iter().map(|&sample| u16::from(sample)).collect()
}

/// 50 x 40 pixels of gray in tiles of 32, padded with 99.
fn tiled(number: u64, pack: Packer) -> (File, Vec<u16>) {
    let gray: Vec<u8> = (0..2000u32).map(|n| (n % 50 * 4 + n / 50) as u8).collect();
    let tile = |(left, top): (usize, usize)| {
        let sample = |n: usize| {
            let (x, y) = (left + n % 32, top + n / 32);
            if x < 50 && y < 40 { gray[y * 50 + x] } else { 99 }
        };
        pack(&(0..1024).map(sample).collect::<Vec<_>>())
    };
    let blocks = [(0, 0), (32, 0), (0, 32), (32, 32)].map(tile).to_vec();
    (File::tiles((50, 40), 32, blocks).with(259, SHORT, &[number]), wide(&gray))
}

fn bits(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_digit).map(|digit| digit - b'0').collect();
    let byte = |bits: &[u8]| bits.iter().enumerate().fold(0, |all, (n, bit)| all | bit << (7 - n));
    digits.chunks(8).map(byte).collect()
}
