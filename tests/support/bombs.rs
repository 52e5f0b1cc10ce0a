//! Generates small files that decode to enormous images.

use std::io::Write;

use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};

/// A zlib stream of `count` zero bytes.
pub(crate) fn deflated_zeros(mut count: usize) -> Vec<u8> {
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::best());
    let zeros = vec![0; 1 << 20];
    while count > 0 {
        let step = count.min(zeros.len());
        packed.write_all(&zeros[..step]).unwrap();
        count -= step;
    }
    packed.finish().unwrap()
}

/// A codestream of one tile with `data` bytes of empty packets in each of `parts` tile-parts.
pub(crate) struct Jp2 {
    pub side: u32,
    pub components: u16,
    pub layers: u16,
    /// The exponents of a precinct's sides, the same at all resolutions.
    pub precincts: Option<u8>,
    pub high_throughput: bool,
    pub data: usize,
    pub parts: usize,
}

impl Jp2 {
    pub(crate) fn new(side: u32) -> Self {
        let (components, layers, parts) = (1, 1, 1);
        Self { side, components, layers, precincts: None, high_throughput: false, data: 4000, parts }
    }

    pub(crate) fn file(&self) -> Vec<u8> {
        let segment = |marker: u8, body: &[u8]| {
            [&[0xff, marker][..], &(body.len() as u16 + 2).to_be_bytes(), body].concat()
        };
        let side = self.side.to_be_bytes();
        let size =
            [&[0, 0][..], &side, &side, &[0; 8], &side, &side, &[0; 8], &self.components.to_be_bytes()];
        let size = [size.concat(), [7, 1, 1].repeat(usize::from(self.components))].concat();
        let style = [u8::from(self.precincts.is_some()), 0];
        let blocks = [5, 4, 4, if self.high_throughput { 0x40 } else { 0 }, 1];
        let precincts = self.precincts.map_or(Vec::new(), |exponents| vec![exponents; 6]);
        let coding = [&style[..], &self.layers.to_be_bytes(), &[0], &blocks, &precincts].concat();
        let steps = [&[0x40][..], &[0x40; 16]].concat();
        let mut file = vec![0xff, 0x4f];
        file.extend([segment(0x51, &size), segment(0x52, &coding), segment(0x5c, &steps)].concat());
        let data = vec![0; self.data];
        for part in 0..self.parts {
            let length = (14 + data.len() as u32).to_be_bytes();
            file.extend(
                [&[0xff, 0x90, 0, 10, 0, 0][..], &length, &[part as u8, 0], &[0xff, 0x93], &data].concat(),
            );
        }
        file.extend([0xff, 0xd9]);
        file
    }
}

pub(crate) fn chunk(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut crc = Crc::new();
    crc.update(name);
    crc.update(body);
    [&(body.len() as u32).to_be_bytes()[..], name, body, &crc.sum().to_be_bytes()].concat()
}

/// A PNG with the chunks `before` its pixels, which are `pixels` bytes of zeros, including filter bytes.
pub(crate) fn png(
    side: u32,
    [depth, color, interlaced]: [u8; 3],
    before: &[Vec<u8>],
    pixels: usize,
) -> Vec<u8> {
    let side = side.to_be_bytes();
    let header = [&side[..], &side, &[depth, color, 0, 0, interlaced]].concat();
    [
        b"\x89PNG\r\n\x1a\n".to_vec(),
        chunk(b"IHDR", &header),
        before.concat(),
        chunk(b"IDAT", &deflated_zeros(pixels)),
        chunk(b"IEND", b""),
    ]
    .concat()
}

/// An ICC profile whose tags all point to one lookup table of `side`³ colors.
pub(crate) fn profile(side: u8, tags: &[&[u8; 4]]) -> Vec<u8> {
    let ramp: Vec<u8> = (0..=255).collect();
    let identity: Vec<u8> =
        [1, 0, 0, 0, 1, 0, 0, 0, 1].iter().flat_map(|&one: &u32| (one << 16).to_be_bytes()).collect();
    let nodes = vec![64; usize::from(side).pow(3) * 3];
    let table =
        [&b"mft1\0\0\0\0\x03\x03"[..], &[side, 0], &identity, &ramp.repeat(3), &nodes, &ramp.repeat(3)]
            .concat();
    let start = 132 + 12 * tags.len();
    let mut icc = vec![0; 128];
    icc[..4].copy_from_slice(&((start + table.len()) as u32).to_be_bytes());
    icc[8..12].copy_from_slice(&[2, 0x40, 0, 0]);
    icc[12..24].copy_from_slice(b"mntrRGB Lab ");
    icc[36..40].copy_from_slice(b"acsp");
    icc[68..80].copy_from_slice(&[0, 0, 0xf6, 0xd6, 0, 1, 0, 0, 0, 0, 0xd3, 0x2d]);
    icc.extend((tags.len() as u32).to_be_bytes());
    for tag in tags {
        icc.extend([&tag[..], &(start as u32).to_be_bytes(), &(table.len() as u32).to_be_bytes()].concat());
    }
    icc.extend(table);
    icc
}

/// A progressive JPEG of one component whose scans contain only end-of-band codes.
pub(crate) fn progressive(side: u16, scans: usize) -> Vec<u8> {
    let side = side.to_be_bytes();
    let table = |class: u8, symbol: u8| [&[0xff, 0xc4, 0, 0x14, class, 1][..], &[0; 15], &[symbol]].concat();
    let mut file = [&[0xff, 0xd8, 0xff, 0xdb, 0, 0x43, 0][..], &[1; 64]].concat();
    file.extend([&[0xff, 0xc2, 0, 11, 8][..], &side, &side, &[1, 1, 0x11, 0]].concat());
    file.extend([table(0, 0), table(0x10, 0xe0)].concat());
    file.extend([&[0xff, 0xda, 0, 8, 1, 1, 0, 0, 0, 0][..], &[0; 20]].concat());
    for _ in 0..scans {
        file.extend([&[0xff, 0xda, 0, 8, 1, 1, 0, 1, 63, 0][..], &[0; 200]].concat());
    }
    file.extend([0xff, 0xd9]);
    file
}

/// A lossless WebP of a single color.
pub(crate) fn webp(side: u32) -> Vec<u8> {
    let bits = (side - 1) | (side - 1) << 14;
    // Four codes of one symbol of 8 bits, one of one bit; no transforms and no cache.
    let (mut stream, mut at) = (0u64, 3);
    for _ in 0..4 {
        stream |= (0b101 | 7 << 3) << at;
        at += 11;
    }
    stream |= 1 << at;
    let body = [&[0x2f][..], &bits.to_le_bytes(), &stream.to_le_bytes(), &[0; 9]].concat();
    let length = body.len() as u32;
    [b"RIFF", &(length + 12).to_le_bytes()[..], b"WEBPVP8L", &length.to_le_bytes(), &body].concat()
}

/// A GIF with a frame of one pixel on a logical screen of `side` pixels.
pub(crate) fn gif(side: u16) -> Vec<u8> {
    let side = side.to_le_bytes();
    let frame = [&b"\x2c\0\0\0\0\x01\0\x01\0\0"[..], &[2, 2, 0x44, 1, 0], b"\x3b"].concat();
    [&b"GIF89a"[..], &side, &side, &[0x80, 0, 0, 0, 0, 0, 255, 255, 255], &frame].concat()
}

/// A TIFF of many levels whose directories share their arrays of tiles.
pub(crate) fn levels(side: u32, levels: u32) -> Vec<u8> {
    let tiles = (side / 32).pow(2);
    let arrays = 8 + levels * (2 + 12 * 9 + 4);
    let mut file = b"II*\0\x08\0\0\0".to_vec();
    for level in 0..levels {
        let (width, tile, role) = if level == 0 { (side, 32, 0) } else { (side / 2 - level * 16, 16, 1) };
        let entries = [
            (254, role, 1),
            (256, width, 1),
            (257, width, 1),
            (259, 8, 1),
            (262, 1, 1),
            (322, tile, 1),
            (323, tile, 1),
            (324, arrays, tiles),
            (325, arrays + 4 * tiles, tiles),
        ];
        file.extend((entries.len() as u16).to_le_bytes());
        for (tag, value, count) in entries {
            let entry =
                [&(tag as u16).to_le_bytes()[..], &4u16.to_le_bytes(), &u32::to_le_bytes(count)].concat();
            file.extend([entry, value.to_le_bytes().to_vec()].concat());
        }
        let next = if level + 1 < levels { file.len() as u32 + 4 } else { 0 };
        file.extend(next.to_le_bytes());
    }
    assert_eq!(file.len(), arrays as usize);
    file.extend(100u32.to_le_bytes().repeat(tiles as usize));
    file.extend(50u32.to_le_bytes().repeat(tiles as usize));
    file
}
