//! TIFFs made on the spot, as writers in the wild have them: read right, or refused.

use std::sync::Arc;

use bytes::Bytes;

use super::decode_tile;
use crate::iiif::Dimensions;
use crate::master::{Held, Kind, Master, TileIndex, index, stored};
use crate::pixels::{Channels, Model, Raster, ReadAt, Samples, encode};
use crate::render;

const SHORT: u16 = 3;
const LONG: u16 = 4;
const RATIONAL: u16 = 5;

/// One image, little-endian: its tags, and the strips or tiles that they are about.
#[derive(Clone)]
struct File {
    tags: Vec<(u16, u16, Vec<u64>)>,
    blocks: Vec<Vec<u8>>,
}

impl File {
    /// In strips of `rows` rows.
    fn strips(size: (u64, u64), rows: u64, blocks: Vec<Vec<u8>>) -> Self {
        let tags = vec![(256, LONG, vec![size.0]), (257, LONG, vec![size.1]), (278, LONG, vec![rows])];
        Self { tags, blocks }.with(258, SHORT, &[8]).with(262, SHORT, &[1])
    }

    fn tiles(size: (u64, u64), side: u64, blocks: Vec<Vec<u8>>) -> Self {
        Self::strips(size, 0, blocks).without(278).with(322, SHORT, &[side]).with(323, SHORT, &[side])
    }

    /// Sets a tag, whatever it was.
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

    /// With the blocks' places under the usual tags, unless these are set (to nothing, for none).
    fn bytes(&self) -> Vec<u8> {
        let mut file = b"II\x2a\0\0\0\0\0".to_vec();
        let mut places = (Vec::new(), Vec::new());
        for block in &self.blocks {
            places.0.push(file.len() as u64);
            places.1.push(block.len() as u64);
            file.extend(block);
            file.resize(file.len().next_multiple_of(2), 0);
        }
        let has = |tag: u16| self.tags.iter().any(|(known, ..)| *known == tag);
        let usual = if has(322) { (324, 325) } else { (273, 279) };
        let mut tags = self.tags.clone();
        for (tag, values) in [(usual.0, places.0), (usual.1, places.1)] {
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

/// Appends a directory and points the header, or the directory before, at it.
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
    let held = Held::new(file.len() as u64, Bytes::copy_from_slice(file));
    index(&held, 1).map_err(|stop| format!("{stop:?}"))
}

/// All samples, row by row; tiles that can be cut have to decode to the same.
fn read(file: &[u8]) -> Result<Vec<u16>, String> {
    let master = opened(file)?;
    let source: Arc<dyn ReadAt> = Arc::new(Bytes::copy_from_slice(file));
    let mut rows = render::rows(&master, source, 1 << 30).map_err(|error| error.to_string())?;
    let mut all = Vec::new();
    while let Some(raw) = rows.next(3).map_err(|error| error.to_string())? {
        match raw.samples {
            Samples::U8(samples) => all.extend(samples.into_iter().map(u16::from)),
            Samples::U16(samples) => all.extend(samples),
        }
    }
    if matches!(master.kind, Kind::Tiled) && master.shape().count() != 2 {
        let corner = cut(&master, file)?;
        assert_eq!(u16::from(corner.samples[0]), all[0]);
    }
    Ok(all)
}

/// The first tile as it is decoded for a rendering.
fn cut(master: &Master, file: &[u8]) -> Result<Raster, String> {
    let (level, first) = (&master.levels[0], TileIndex { column: 0, row: 0 });
    let shown = level.grid.rect(first).dimensions();
    let Some(range) = level.range(first) else { return Ok(Raster::blank(shown, level.channels())) };
    let bytes = &file[range.start as usize..range.end as usize];
    let bytes = match level.codec {
        crate::master::Codec::Jpeg => stored::whole(level, bytes),
        _ => Bytes::copy_from_slice(bytes),
    };
    decode_tile(level, &bytes, shown).map_err(|error| error.to_string())
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

/// Compressions by their numbers.
const PACKERS: [(u64, Packer); 6] =
    [(1, <[u8]>::to_vec), (5, lzw), (5, old_lzw), (8, deflated), (32773, packed_bits), (50000, zstd)];

/// 60 x 50 pixels of grey, of which no two rows are alike.
fn grey() -> Vec<u8> {
    (0..3000u32).map(|n| (n % 60 * 3 + n / 60 * 5) as u8).collect()
}

fn wide(samples: &[u8]) -> Vec<u16> {
    samples.iter().map(|&sample| u16::from(sample)).collect()
}

/// In strips of 16 rows: three whole ones, and one of two rows.
fn striped(number: u64, pack: Packer) -> File {
    let blocks = grey().chunks(60 * 16).map(pack).collect();
    File::strips((60, 50), 16, blocks).with(259, SHORT, &[number])
}

#[test]
fn wrong_lengths_of_strips_are_inferred() {
    let expected = wide(&grey());
    for (number, pack) in PACKERS {
        let file = striped(number, pack);
        let what = |what: &str| format!("{what} in compression {number}");
        check(&what("as it should be"), &file, &expected);
        check(&what("counts of 0"), &file.clone().with(279, LONG, &[0; 4]), &expected);
        check(&what("no counts"), &file.clone().with(279, LONG, &[]), &expected);
        check(
            &what("counts beyond the file"),
            &file.clone().with(279, LONG, &[u64::from(u32::MAX); 4]),
            &expected,
        );
        let lengths: Vec<u64> = file.blocks.iter().map(|block| block.len() as u64).collect();
        check(&what("counts of 16 bits"), &file.clone().with(279, SHORT, &lengths), &expected);
        check(&what("one count"), &file.clone().with(279, LONG, &lengths[..1]), &expected);
        let last = [&lengths[..3], &[0]].concat();
        check(&what("a last count of 0"), &file.with(279, LONG, &last), &expected);
    }
}

#[test]
fn a_single_strip_holds_all_rows_whatever_is_said_of_them() {
    let expected = wide(&grey());
    for (number, pack) in PACKERS {
        let file = File::strips((60, 50), 50, vec![pack(&grey())]).with(259, SHORT, &[number]);
        for rows in [0, 8, 51, u64::from(u32::MAX)] {
            check(&format!("{rows} rows"), &file.clone().with(278, LONG, &[rows]), &expected);
        }
        check("nothing", &file.clone().without(278), &expected);
        check("nothing at all", &file.without(278).with(279, LONG, &[0]), &expected);
    }
    // Of several strips, their lengths tell, or their number; else nothing does.
    for rows in [0, 50, u64::from(u32::MAX)] {
        check("uncompressed", &striped(1, <[u8]>::to_vec).with(278, LONG, &[rows]), &expected);
        refused("compressed", &striped(8, deflated).with(278, LONG, &[rows]).bytes());
    }
    let every = grey().chunks(60).map(deflated).collect();
    check("a row each", &File::strips((60, 50), 0, every).with(259, SHORT, &[8]), &expected);
}

#[test]
fn a_last_strip_may_be_filled_up() {
    let (mut filled, expected) = (grey(), wide(&grey()));
    filled.resize(60 * 64, 77);
    for (number, pack) in PACKERS {
        let blocks = filled.chunks(60 * 16).map(pack).collect();
        check("filled up", &File::strips((60, 50), 16, blocks).with(259, SHORT, &[number]), &expected);
    }
}

#[test]
fn what_is_cut_short_is_refused() {
    for (number, pack) in PACKERS {
        let file = striped(number, pack).with(259, SHORT, &[number]);
        let mut short = file.clone();
        short.blocks[3] = pack(&grey()[..60]);
        refused(&format!("a last strip of one row, compression {number}"), &short.bytes());
        let missing = File { blocks: file.blocks[..3].to_vec(), ..file.clone() };
        refused(&format!("a strip too few, compression {number}"), &missing.bytes());
        refused(&format!("no offset, compression {number}"), &file.with(273, LONG, &[0, 0, 0, 0]).bytes());
    }
    let outside = striped(1, <[u8]>::to_vec).with(273, LONG, &[8, 968, 1928, 9999]).bytes();
    assert!(opened(&outside).is_err_and(|reason| reason.contains("ends before")));
}

/// 50 x 40 pixels of grey in tiles of 32, filled up with 99.
fn tiled(number: u64, pack: Packer) -> (File, Vec<u16>) {
    let grey: Vec<u8> = (0..2000u32).map(|n| (n % 50 * 4 + n / 50) as u8).collect();
    let tile = |(left, top): (usize, usize)| {
        let sample = |n: usize| {
            let (x, y) = (left + n % 32, top + n / 32);
            if x < 50 && y < 40 { grey[y * 50 + x] } else { 99 }
        };
        pack(&(0..1024).map(sample).collect::<Vec<_>>())
    };
    let blocks = [(0, 0), (32, 0), (0, 32), (32, 32)].map(tile).to_vec();
    (File::tiles((50, 40), 32, blocks).with(259, SHORT, &[number]), wide(&grey))
}

#[test]
fn tiles_may_stand_under_the_tags_of_strips() {
    for (number, pack) in PACKERS {
        let (file, expected) = tiled(number, pack);
        check("as it should be", &file, &expected);
        let written = file.bytes();
        let places = opened(&written).unwrap().levels[0].tiles.clone();
        let (offsets, lengths): (Vec<u64>, Vec<u64>) = places.into_iter().unzip();
        let strips = file.clone().with(324, LONG, &[]).with(325, LONG, &[]);
        check("both", &strips.clone().with(273, LONG, &offsets).with(279, LONG, &lengths), &expected);
        check("offsets", &file.clone().with(324, LONG, &[]).with(273, LONG, &offsets), &expected);
        check("counts", &file.clone().with(325, LONG, &[]).with(279, LONG, &lengths), &expected);
        check("counts of 0", &file.with(325, LONG, &[0; 4]), &expected);
    }
}

#[test]
fn tiles_that_are_not_stored_are_zero() {
    // 16 bits: few bytes for many pixels.
    let deep =
        |zero: u16| -> Vec<u8> { [7u16, zero].repeat(512).into_iter().flat_map(u16::to_le_bytes).collect() };
    for (number, pack) in PACKERS {
        let file = File::tiles((320, 320), 32, vec![pack(&deep(0))]).with(258, SHORT, &[16]);
        let file = file.with(259, SHORT, &[number]);
        let places = [vec![8], vec![0; 99]].concat();
        let lengths = [vec![file.blocks[0].len() as u64], vec![0; 99]].concat();
        let file = file.with(324, LONG, &places).with(325, LONG, &lengths);
        let found = read(&file.bytes()).unwrap();
        assert_eq!((found[0], found[1], found[2], found[33], found[320 * 319]), (7, 0, 7, 0, 0));
        let white = read(&file.with(262, SHORT, &[0]).bytes()).unwrap();
        assert_eq!((white[0], white[33], white[320 * 319]), (65_528, 65_535, 65_535));
    }
}

#[test]
fn reversed_bits_are_set_right_in_every_compression() {
    for bits in [1u64, 4, 8, 16] {
        let plain = File::strips((48, 20), 20, vec![grey()[..48 * 20 * bits as usize / 8].to_vec()]);
        let expected = read(&plain.clone().with(258, SHORT, &[bits]).bytes()).unwrap();
        for (number, pack) in PACKERS {
            let packed: Vec<u8> = pack(&plain.blocks[0]).into_iter().map(u8::reverse_bits).collect();
            let file = File { blocks: vec![packed], ..plain.clone() };
            let file = file.with(258, SHORT, &[bits]).with(259, SHORT, &[number]).with(266, SHORT, &[2]);
            check(&format!("{bits} bits, compression {number}"), &file, &expected);
        }
    }
    let (file, expected) = tiled(8, |bytes| deflated(bytes).into_iter().map(u8::reverse_bits).collect());
    check("tiles", &file.with(266, SHORT, &[2]), &expected);
}

/// 4 white, 4 black, 8 white pixels.
const RUNS: &str = "1011 011 10011";

fn bits(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_digit).map(|digit| digit - b'0').collect();
    let byte = |bits: &[u8]| bits.iter().enumerate().fold(0, |all, (n, bit)| all | bit << (7 - n));
    digits.chunks(8).map(byte).collect()
}

#[test]
fn fax_is_read_in_all_its_kinds() {
    let mark = "000000000001";
    let kinds = [
        (2, format!("{RUNS}0000{RUNS}0000"), 0),
        (32771, format!("{RUNS}0000{RUNS}0000"), 0),
        (3, format!("{mark}{RUNS}{mark}{RUNS}"), 0),
        (3, format!("{mark}1{RUNS}{mark}0111"), 1),
        (4, "001 1011 011 1 111 000000000001000000000001".to_owned(), 0),
    ];
    let white = |zero: u16| [vec![zero; 4], vec![255 - zero; 4], vec![zero; 8]].concat().repeat(2);
    for (number, coded, options) in kinds {
        for (photometric, zero) in [(0, 255), (1, 0)] {
            let file = File::strips((16, 2), 2, vec![bits(&coded)]).with(258, SHORT, &[1]);
            let file = file.with(259, SHORT, &[number]).with(262, SHORT, &[photometric]);
            let file = file.with(292, LONG, &[options]);
            check(&format!("compression {number}"), &file, &white(zero));
            let reversed = vec![bits(&coded).into_iter().map(u8::reverse_bits).collect()];
            let file = File { blocks: reversed, ..file }.with(266, SHORT, &[2]);
            check(&format!("compression {number}, reversed"), &file, &white(zero));
        }
    }
    let deep = File::strips((16, 2), 2, vec![vec![0; 9]]).with(259, SHORT, &[4]);
    assert!(opened(&deep.bytes()).is_err_and(|reason| reason.contains("Unsupported")));
}

#[test]
fn signed_samples_rise_from_black_to_white() {
    let steps = [i64::MIN, i64::MIN / 2, 0, i64::MAX / 2, i64::MAX];
    for bits in [8u64, 16, 32] {
        let sample = |step: i64| (step >> (64 - bits)).to_le_bytes()[..bits as usize / 8].to_vec();
        let block = steps.iter().flat_map(|&step| sample(step)).collect();
        let file = File::strips((5, 1), 1, vec![block]).with(258, SHORT, &[bits]).with(339, SHORT, &[2]);
        let found = read(&file.bytes()).unwrap();
        let full = if bits == 8 { 255 } else { 65_535 };
        assert_eq!((found[0], found[2], found[4]), (0, full / 2 + 1, full), "{bits} bits");
        assert!(found.is_sorted(), "{found:?}");
    }
    // Inks have no sign, whatever is said of them.
    let ink = File::strips((1, 1), 1, vec![vec![0, 1, 128, 255]]).with(258, SHORT, &[8; 4]);
    let ink = ink.with(262, SHORT, &[5]).with(277, SHORT, &[4]).with(339, SHORT, &[2]);
    check("CMYK", &ink, &[0, 1, 128, 255]);
}

#[test]
fn differences_of_floats_are_undone() {
    let values = [0.25f32, 0.5, 1.0];
    let bits: Vec<u32> = values.iter().map(|value| value.to_bits()).collect();
    let block: Vec<u8> = [bits[0], bits[1].wrapping_sub(bits[0]), bits[2].wrapping_sub(bits[1])]
        .into_iter()
        .flat_map(u32::to_le_bytes)
        .collect();
    let file = File::strips((3, 1), 1, vec![deflated(&block)]).with(258, SHORT, &[32]);
    let file = file.with(339, SHORT, &[3]).with(317, SHORT, &[2]).with(259, SHORT, &[8]);
    check("predictor 2", &file, &[16_384, 32_768, 65_535]);
}

#[test]
fn ycbcr_outside_jpeg_is_read() {
    let grey = |ys: &[u16]| ys.iter().flat_map(|&y| [y; 3]).collect::<Vec<_>>();
    let file = |block: &[u8], size, sampling: [u64; 2]| {
        let file = File::strips(size, size.1, vec![block.to_vec()]).rgb().with(262, SHORT, &[6]);
        file.with(530, SHORT, &sampling)
    };
    check("1 x 1", &file(&[9, 128, 128, 8, 128, 128], (2, 1), [1, 1]), &grey(&[9, 8]));
    check("2 x 1", &file(&[9, 8, 128, 128, 7, 0, 128, 128], (3, 1), [2, 1]), &grey(&[9, 8, 7]));
    check("2 x 2", &file(&[9, 8, 7, 6, 128, 128], (2, 2), [2, 2]), &grey(&[9, 8, 7, 6]));
    check("2 x 2 unsaid", &file(&[9, 8, 7, 6, 128, 128], (2, 2), [2, 2]).without(530), &grey(&[9, 8, 7, 6]));
    check("4 x 1", &file(&[9, 8, 7, 6, 128, 128], (4, 1), [4, 1]), &grey(&[9, 8, 7, 6]));
    let video = file(&[16, 128, 128, 235, 128, 128], (2, 1), [1, 1]);
    let reference = [16_000, 235_000, 128_000, 240_000, 128_000, 240_000];
    check("a narrow range", &video.with(532, RATIONAL, &reference), &grey(&[0, 255]));
    let packed = file(&deflated(&[9, 8, 7, 6, 128, 128]), (2, 2), [2, 2]).with(259, SHORT, &[8]);
    check("deflated", &packed, &grey(&[9, 8, 7, 6]));
    refused("sampled by 3", &file(&[0; 20], (2, 2), [3, 1]).bytes());
}

/// What a JPEG of one colour is made of.
struct Flat<'a> {
    side: u16,
    values: &'a [u8],
    names: &'a [u8],
    /// Blocks of the first component, across and down, for one of the others.
    luma: (u8, u8),
    /// Segments after the start.
    segments: &'a [u8],
}

const JFIF: &[u8] = b"\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0";

fn adobe(transform: u8) -> Vec<u8> {
    [b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0", &[transform][..]].concat()
}

impl Flat<'_> {
    /// Coefficients are differences from 128, with a quantum of 8; each block is one of them.
    fn jpeg(&self) -> Vec<u8> {
        let mut out = [&[0xff, 0xd8], self.segments, &[0xff, 0xdb, 0, 67, 0], &[8; 64]].concat();
        let [high, low] = self.side.to_be_bytes();
        let count = self.values.len() as u8;
        out.extend([0xff, 0xc0, 0, 8 + 3 * count, 8, high, low, high, low, count]);
        for (n, name) in self.names.iter().enumerate() {
            out.extend([*name, if n == 0 { self.luma.0 << 4 | self.luma.1 } else { 0x11 }, 0]);
        }
        // Nine codes of four bits for sizes, one of a bit for the end of a block.
        let (sizes, ends) = ([0, 0, 0, 9], [1, 0, 0, 0]);
        out.extend([&[0xff, 0xc4, 0, 28, 0], &sizes[..], &[0; 12], &[0, 1, 2, 3, 4, 5, 6, 7, 8]].concat());
        out.extend([&[0xff, 0xc4, 0, 20, 0x10], &ends[..], &[0; 12], &[0]].concat());
        out.extend([0xff, 0xda, 0, 6 + 2 * count, count]);
        self.names.iter().for_each(|name| out.extend([*name, 0]));
        out.extend([0, 63, 0]);
        let units =
            [self.luma.0, self.luma.1].map(|blocks| usize::from(self.side).div_ceil(8 * usize::from(blocks)));
        let mut code = String::new();
        let mut last = vec![0i32; self.values.len()];
        for _ in 0..units[0] * units[1] {
            for (n, &value) in self.values.iter().enumerate() {
                for _ in 0..if n == 0 { self.luma.0 * self.luma.1 } else { 1 } {
                    let step = i32::from(value) - 128 - last[n];
                    last[n] += step;
                    let size = 32 - step.unsigned_abs().leading_zeros();
                    code += &format!("{size:04b}");
                    if size > 0 {
                        let bits = if step < 0 { step + (1 << size) - 1 } else { step };
                        code += &format!("{bits:0width$b}", width = size as usize);
                    }
                    code.push('0');
                }
            }
        }
        code += &"1".repeat(code.len().next_multiple_of(8) - code.len());
        out.extend(
            bits(&code).into_iter().flat_map(|byte| if byte == 255 { vec![255, 0] } else { vec![byte] }),
        );
        out.extend([0xff, 0xd9]);
        out
    }
}

/// One tile of 16 x 16 of JPEG.
fn jpeg_file(jpeg: Vec<u8>, photometric: u64, samples: u64) -> File {
    let file = File::tiles((16, 16), 16, vec![jpeg]).with(259, SHORT, &[7]).with(262, SHORT, &[photometric]);
    file.with(258, SHORT, &vec![8; samples as usize]).with(277, SHORT, &[samples])
}

#[test]
fn the_directory_says_what_the_components_of_a_jpeg_are() {
    let (red, same) = ([254u16, 0, 0], [76u16, 85, 255]);
    let adobes = [adobe(0), adobe(1)];
    let both = [JFIF, &adobes[0]].concat();
    for segments in [&[], JFIF, &adobes[0], &adobes[1], &both] {
        for names in [[1, 2, 3], [0, 1, 2], *b"RGB"] {
            let flat = Flat { side: 16, values: &[76, 85, 255], names: &names, luma: (1, 1), segments };
            let what = format!("{names:?} {segments:?}");
            check(&what, &jpeg_file(flat.jpeg(), 6, 3), &red.repeat(256));
            check(&what, &jpeg_file(flat.jpeg(), 2, 3), &same.repeat(256));
            check(
                &what,
                &jpeg_file(flat.jpeg(), 2, 3).without(322).without(323).with(278, LONG, &[16]),
                &same.repeat(256),
            );
            // Nobody subsamples green and blue.
            let luma = Flat { luma: (2, 2), ..flat };
            check(&what, &jpeg_file(luma.jpeg(), 6, 3), &red.repeat(256));
            check(&what, &jpeg_file(luma.jpeg(), 2, 3), &red.repeat(256));
        }
    }
}

#[test]
fn an_answer_from_a_stored_tile_has_one_marker() {
    let flat = Flat { side: 16, values: &[76, 85, 255], names: &[1, 2, 3], luma: (1, 1), segments: JFIF };
    for (photometric, luma, first, shown) in
        [(2, (1, 1), 0xee, [76, 85, 255]), (2, (2, 2), 0xee, [254, 0, 0]), (6, (1, 1), 0xe0, [254, 0, 0])]
    {
        let file = jpeg_file(Flat { luma, ..flat }.jpeg(), photometric, 3).bytes();
        let level = &opened(&file).unwrap().levels[0];
        let (head, range) =
            (stored::head(level, None), level.range(TileIndex { column: 0, row: 0 }).unwrap());
        let tile = &file[(range.start + stored::MARKER) as usize..range.end as usize];
        let answer = stored::settled(Bytes::from([&head, tile].concat()), head.len());
        let markers = answer.windows(2).filter(|pair| pair[0] == 0xff && (0xe0..=0xef).contains(&pair[1]));
        assert_eq!(markers.map(|pair| pair[1]).collect::<Vec<_>>(), [first]);
        let decoded = crate::pixels::jpeg::decode(&answer, 1, 256).unwrap().into_packed();
        assert_eq!(decoded.samples[..3], shown);
    }
}

#[test]
fn jpegs_of_other_components_are_read() {
    let ink =
        Flat { side: 16, values: &[10, 20, 30, 40], names: &[1, 2, 3, 4], luma: (1, 1), segments: &adobe(2) };
    let file = jpeg_file(ink.jpeg(), 5, 4);
    check("inks, which an Adobe marker does not turn over", &file, &[10, 20, 30, 40].repeat(256));
    assert_eq!(opened(&file.bytes()).unwrap().shape().model, Model::Cmyk);
    let seen = jpeg_file(ink.jpeg(), 2, 4);
    check("RGB and opacity", &seen.clone().with(338, SHORT, &[2]), &[10, 20, 30, 40].repeat(256));
    check("RGB and something", &seen, &[10, 20, 30].repeat(256));
    assert!(matches!(opened(&seen.bytes()).unwrap().kind, Kind::Whole { .. }), "no stored tile is an answer");
    let plane = |value| Flat { side: 16, values: &[value], names: &[1], luma: (1, 1), segments: &[] }.jpeg();
    let planes = File { blocks: [10, 20, 30].map(plane).to_vec(), ..jpeg_file(plane(0), 2, 3) };
    check("planes", &planes.clone().with(284, SHORT, &[2]), &[10, 20, 30].repeat(256));
    let why = opened(&planes.with(284, SHORT, &[2]).with(262, SHORT, &[6]).bytes());
    assert!(why.is_err_and(|reason| reason.contains("Unsupported")));
    check("a negative", &jpeg_file(plane(10), 0, 1), &[245; 256]);
    let lab = Flat { side: 16, values: &[100, 5, 250], names: &[1, 2, 3], luma: (1, 1), segments: &[] };
    check("L*a*b*", &jpeg_file(lab.jpeg(), 8, 3), &[100, 133, 122].repeat(256));
}

#[test]
fn jpegs_smaller_than_their_tiles_are_refused() {
    let flat = Flat { side: 8, values: &[76, 85, 255], names: &[1, 2, 3], luma: (1, 1), segments: JFIF };
    let file = jpeg_file(flat.jpeg(), 6, 3).bytes();
    assert!(read(&file).is_err_and(|reason| reason.contains("instead of")));
    // Not even where memory of another picture would show through.
    let master = opened(&file).unwrap();
    let level = &master.levels[0];
    let first = TileIndex { column: 0, row: 0 };
    let range = level.range(first).unwrap();
    let tile = stored::whole(level, &file[range.start as usize..range.end as usize]);
    let frame = render::Frame {
        tiles: vec![first],
        origin: (0, 0),
        canvas: Dimensions::new(16, 16),
        window: crate::pixels::scale::Window { x: 0.0, y: 0.0, width: 16.0, height: 16.0 },
        size: Dimensions::new(16, 16),
        reduce: 1,
    };
    assert!(render::draw(&frame, level, &[Some(tile)], &|| false).is_err());
    // At the image's edge, what is cut off would have been padding.
    let edge = jpeg_file(flat.jpeg(), 6, 3).with(256, LONG, &[8]).with(257, LONG, &[7]);
    check("cut at the edge", &edge, &[254, 0, 0].repeat(56));
}

#[test]
fn old_jpegs_are_read() {
    let flat = Flat { side: 16, values: &[76, 85, 255], names: &[1, 2, 3], luma: (1, 1), segments: JFIF };
    let red = [254u16, 0, 0].repeat(256);
    let file = jpeg_file(flat.jpeg(), 6, 3).without(322).without(323).with(278, LONG, &[16]);
    let file = file.with(259, SHORT, &[6]);
    let length = file.blocks[0].len() as u64;
    check("a stream", &file.clone().with(513, LONG, &[8]).with(514, LONG, &[length]), &red);
    check("a stream of no length", &file.clone().with(513, LONG, &[8]), &red);
    check("a stream in a strip", &file, &red);
    // Coded samples alone; all components share tables here, which lie in the stream that is not one.
    let jpeg = flat.jpeg();
    let find = |marker: &[u8]| jpeg.windows(marker.len()).position(|bytes| bytes == marker).unwrap();
    let (quanta, dc) = (find(&[0xff, 0xdb]) + 5, find(&[0xff, 0xc4]) + 5);
    let (ac, scan) = (dc + 25 + 5, find(&[0xff, 0xda]) + 14);
    let coded = jpeg[scan..jpeg.len() - 2].to_vec();
    let file = File { blocks: vec![coded, jpeg.clone()], ..file };
    let stream = 8 + (jpeg.len() - scan - 2).next_multiple_of(2);
    let at = |place: usize| vec![(stream + place) as u64; 3];
    let tables = file.with(519, LONG, &at(quanta)).with(520, LONG, &at(dc)).with(521, LONG, &at(ac));
    let length = (jpeg.len() - scan - 2) as u64;
    let spread = tables.with(530, SHORT, &[1, 1]).with(273, LONG, &[8]).with(279, LONG, &[length]);
    check("tables in tags", &spread, &red);
    refused("no tables", &spread.without(519).bytes());
}

#[test]
fn opacity_that_an_encoder_left_out_is_full() {
    let raster = |pixel: &[u8], channels| {
        let samples = pixel.repeat(256);
        let raster = Raster { dimensions: Dimensions::new(16, 16), channels, samples };
        encode::webp(&raster, &encode::Notes::default()).unwrap()
    };
    let clear = raster(&[10, 20, 30, 40], Channels::Rgba);
    let opaque = raster(&[10, 20, 30], Channels::Rgb);
    for (tiles, rgba) in [([&clear, &opaque], true), ([&opaque, &clear], true), ([&opaque, &clear], false)] {
        let file = File::tiles((32, 16), 16, tiles.map(Clone::clone).to_vec()).with(259, SHORT, &[50_001]);
        let (samples, extra) = if rgba { (4, 338) } else { (3, 0) };
        let file = file.with(262, SHORT, &[2]).with(258, SHORT, &vec![8; samples]);
        let file = file.with(277, SHORT, &[samples as u64]).with(extra, SHORT, if rgba { &[2] } else { &[] });
        let found = read(&file.bytes()).unwrap();
        let opacity = |tile: &Vec<u8>| if tile == &clear { 40 } else { 255 };
        if rgba {
            assert_eq!((found[3], found[32 * 4 - 1]), (opacity(tiles[0]), opacity(tiles[1])));
        }
        assert_eq!(found.len(), 32 * 16 * samples);
    }
}

/// Pages and levels of grey tiles: width, height, NewSubfileType.
fn chain(pages: &[(u64, u64, u64)], more: &[(u16, u16, Vec<u64>)]) -> Vec<u8> {
    let mut file = b"II\x2a\0\0\0\0\0".to_vec();
    file.extend(vec![50; 16 * 16]);
    let mut pointer = 0;
    for (n, &(width, height, subfile)) in pages.iter().enumerate() {
        let count = (width.div_ceil(16) * height.div_ceil(16)) as usize;
        let mut tags = vec![
            (254, LONG, vec![subfile]),
            (256, LONG, vec![width]),
            (257, LONG, vec![height]),
            (258, SHORT, vec![8]),
            (262, SHORT, vec![1]),
            (322, SHORT, vec![16]),
            (323, SHORT, vec![16]),
            (324, LONG, vec![8; count]),
            (325, LONG, vec![256; count]),
        ];
        if n == 0 {
            tags.extend(more.iter().cloned());
        }
        pointer = directory(&mut file, &tags, pointer);
    }
    file
}

#[track_caller]
fn levels(what: &str, file: &[u8], expected: &[(u32, u32)]) {
    let found = opened(file).unwrap_or_else(|reason| panic!("{what}: {reason}"));
    let found: Vec<_> =
        found.levels.iter().map(|level| (level.dimensions.width, level.dimensions.height)).collect();
    assert_eq!(found, expected, "{what}");
}

#[test]
fn only_smaller_copies_are_levels() {
    let pages = [(64, 48, 0), (32, 24, 1), (16, 12, 1)];
    levels("reduced pages", &chain(&pages, &[]), &[(64, 48), (32, 24), (16, 12)]);
    let masked = [(64, 48, 0), (64, 48, 4), (32, 24, 1), (32, 24, 5)];
    levels("masks between", &chain(&masked, &[]), &[(64, 48), (32, 24)]);
    levels("another shape", &chain(&[(64, 48, 0), (32, 40, 1), (32, 24, 1)], &[]), &[(64, 48), (32, 24)]);
    levels(
        "without the flag",
        &chain(&[(64, 48, 0), (32, 24, 0), (16, 12, 0)], &[]),
        &[(64, 48), (32, 24), (16, 12)],
    );
    levels("another page", &chain(&[(64, 48, 0), (48, 64, 0), (32, 24, 1)], &[]), &[(64, 48)]);
    levels("nothing but reduced ones", &chain(&[(64, 48, 1), (32, 24, 1)], &[]), &[(64, 48)]);
    let text = |text: &str| (270, 2, text.bytes().map(u64::from).collect());
    let scanned = chain(&[(64, 48, 0), (16, 12, 0), (8, 6, 9)], &[text("Aperio Image Library")]);
    levels("a slide", &scanned, &[(64, 48), (16, 12), (8, 6)]);
}

#[test]
fn what_hangs_below_an_image_does_not_spoil_it() {
    let sub = |values: &[u64]| vec![(330, LONG, values.to_vec())];
    for offsets in [vec![0], vec![0, 0], vec![3], vec![9_999_999], vec![u64::from(u32::MAX); 3], vec![8; 100]]
    {
        levels("broken SubIFDs", &chain(&[(64, 48, 0)], &sub(&offsets)), &[(64, 48)]);
    }
    levels("SubIFDs of a wrong type", &chain(&[(64, 48, 0)], &[(330, 2, vec![65; 4])]), &[(64, 48)]);
    levels("a wrong orientation", &chain(&[(64, 48, 0)], &[(274, 2, vec![65])]), &[(64, 48)]);
    let spoilt = |pointer: u32| {
        let mut file = chain(&[(64, 48, 0), (32, 24, 1)], &[]);
        let end = file.len();
        file[end - 4..].copy_from_slice(&pointer.to_le_bytes());
        file
    };
    for pointer in [1, 3, 8, u32::MAX, 0] {
        levels("a broken chain", &spoilt(pointer), &[(64, 48), (32, 24)]);
    }
    let file = chain(&[(64, 48, 0)], &[]);
    levels("a file without the last pointer", &file[..file.len() - 4], &[(64, 48)]);
    // A level whose tiles lie outside the file is none.
    let mut file = chain(&[(64, 48, 0), (32, 24, 1)], &[]);
    let places = 8u32.to_le_bytes().repeat(4);
    let at = file.windows(16).rposition(|bytes| bytes == places).unwrap();
    file[at..at + 4].copy_from_slice(&9_999_999u32.to_le_bytes());
    levels("a level outside the file", &file, &[(64, 48)]);
}
