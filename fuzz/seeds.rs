//! Makes the targets' seeds: small files of every kind that is read.

use std::fs;
use std::path::Path;

use tegl::iiif::Dimensions;
use tegl::metadata::EmbeddedMetadata;
use tegl::pixels::encode;
use tegl::pixels::{Channels, Raster, Subsampling, jpeg};

fn main() {
    let requests = [
        "full/max/0/default.jpg",
        "square/^!200,300/!90/gray.png",
        "pct:10.5,20,30,40/pct:50/22.5/bitonal.webp",
        "0,0,512,512/512,/0/color.jpg",
        "4096,3584,1905,419/^,200/180/default.tif",
        "full/full/0/default.jpg",
        "full/^pct:150/270/default.avif",
        "1,2,3,4/^max/359.999/default.gif",
        "0,1,4,2/,2/.5666666666666666/color.jpg",
    ];
    let identifiers = [
        "a/b.tif",
        "maps:1750/kort.tif;page=3",
        "ark:/12025/654",
        "a b:é 1.tif",
        "..%2fa",
        "a//b",
        "x;page=2;page=3",
        "a.tif#1",
    ];
    save("request", requests.map(|text| text.as_bytes().to_vec()));
    save("identifier", identifiers.map(|text| text.as_bytes().to_vec()));
    save("icc", [profile(), gray_profile(), profile()[..132].to_vec()]);
    save("png", images(|raster| encode::png(raster, &EmbeddedMetadata::icc(&profile())).expect("it is small")));
    save("webp", images(|raster| encode::webp(raster, &EmbeddedMetadata::icc(&profile())).expect("it is small")));
    save("gif", images(|raster| encode::gif(raster, &EmbeddedMetadata::default()).expect("it is small")));
    save("jp2", images(|raster| encode::jp2(raster, &EmbeddedMetadata::icc(&profile())).expect("it is small")));
    let jpegs = [Subsampling::S444, Subsampling::S422, Subsampling::S440, Subsampling::S420]
        .map(|subsampling| jpeg_of(&gradient(40, 24, Channels::Rgb), subsampling));
    let gray = jpeg_of(&gradient(40, 24, Channels::Gray), Subsampling::Gray);
    let cut = |jpeg: &Vec<u8>| [&[15, 7, 128], &with_orientation(jpeg)[..]].concat();
    save("jpeg", jpegs.iter().chain([&gray]).map(cut));
    let tiffs: Vec<_> = tiffs().collect();
    save("tile", tiffs.clone());
    let others = ["png", "webp", "gif", "jp2"]
        .into_iter()
        .map(|folder| fs::read(path(folder, 1)).expect("it was made"));
    let files = tiffs.into_iter().chain(others).chain([with_orientation(&jpegs[0])]);
    save("index", files.map(|file| [&[4, 0], &file[..]].concat()));
}

fn path(target: &str, number: usize) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(target).join(number.to_string())
}

fn save(target: &str, seeds: impl IntoIterator<Item = Vec<u8>>) {
    for (number, seed) in seeds.into_iter().enumerate() {
        let path = path(target, number);
        fs::create_dir_all(path.parent().expect("a seed has a folder")).expect("the folder can be made");
        fs::write(path, seed).expect("a seed can be written");
    }
}

fn gradient(width: u32, height: u32, channels: Channels) -> Raster {
    let dimensions = Dimensions::new(width, height);
    let length = dimensions.area() as usize * channels.count();
    let samples = (0..length).map(|at| (at * 5 ^ (at / 97)) as u8).collect();
    Raster { dimensions, channels, samples }
}

fn images(encode: impl Fn(&Raster) -> Vec<u8>) -> Vec<Vec<u8>> {
    [Channels::Gray, Channels::Rgb, Channels::Rgba].map(|channels| encode(&gradient(9, 7, channels))).to_vec()
}

fn jpeg_of(raster: &Raster, subsampling: Subsampling) -> Vec<u8> {
    jpeg::encode(raster, 40, subsampling, &EmbeddedMetadata::default()).expect("it is small")
}

/// An orientation of 6 in EXIF, and a profile.
fn with_orientation(jpeg: &[u8]) -> Vec<u8> {
    let exif = b"\xff\xe1\x00\x22Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let jpeg = jpeg::insert_metadata(jpeg, &EmbeddedMetadata::icc(&profile()));
    [&jpeg[..2], exif, &jpeg[2..]].concat()
}

/// A matrix profile with curves of one gamma (ICC.1:2010, §8.3).
fn profile() -> Vec<u8> {
    let xyz = |x: u32, y: u32, z: u32| [&b"XYZ \0\0\0\0"[..], &words(&[x, y, z])].concat();
    let curve = b"curv\0\0\0\0\0\0\0\x01\x02\x33\0\0".to_vec();
    assemble(
        b"RGB ",
        &[
            (b"wtpt", xyz(0xf6d6, 0x10000, 0xd32d)),
            (b"rXYZ", xyz(0x9c18, 0x4fa5, 0x04fc)),
            (b"gXYZ", xyz(0x348d, 0xa02c, 0x0f95)),
            (b"bXYZ", xyz(0x2631, 0x102f, 0xbe9c)),
            (b"rTRC", curve.clone()),
            (b"gTRC", curve.clone()),
            (b"bTRC", curve),
        ],
    )
}

fn gray_profile() -> Vec<u8> {
    let white = [&b"XYZ \0\0\0\0"[..], &words(&[0xf6d6, 0x10000, 0xd32d])].concat();
    let curve = b"curv\0\0\0\0\0\0\0\x03\0\0\x33\x00\xff\xff\0\0".to_vec();
    assemble(b"GRAY", &[(b"wtpt", white), (b"kTRC", curve)])
}

fn assemble(space: &[u8; 4], tags: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
    let mut table = words(&[tags.len() as u32]);
    let mut body = Vec::new();
    for (name, data) in tags {
        let at = 132 + tags.len() * 12 + body.len();
        table.extend_from_slice(*name);
        table.extend(words(&[at as u32, data.len() as u32]));
        body.extend_from_slice(data);
    }
    let mut header = vec![0; 128];
    header[..4].copy_from_slice(&(132 + tags.len() as u32 * 12 + body.len() as u32).to_be_bytes());
    header[8..12].copy_from_slice(&[4, 0x30, 0, 0]);
    header[12..24].copy_from_slice(&[&b"mntr"[..], space, b"XYZ "].concat());
    header[36..40].copy_from_slice(b"acsp");
    header[68..80].copy_from_slice(&words(&[0xf6d6, 0x10000, 0xd32d]));
    [header, table, body].concat()
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

/// TIFFs of 20 x 18 pixels with a smaller level: tiles of 16 by compression, then strips by kind of samples.
fn tiffs() -> impl Iterator<Item = Vec<u8>> {
    let tile = |channels| gradient(16, 16, channels);
    let (gray, rgb, rgba) = (tile(Channels::Gray), tile(Channels::Rgb), tile(Channels::Rgba));
    let webp = encode::webp(&rgb, &EmbeddedMetadata::default()).expect("it is small");
    let strip = |channels| gradient(20, 18, channels);
    let strip_jpeg = |channels| jpeg_of(&strip(channels), Subsampling::S444);
    let plain = Kind { samples: 3, bits: 8, photometric: 2, compression: 1, more: vec![] };
    let kind = |samples, photometric, compression, more: &[(u16, u32)]| {
        let more = more.iter().map(|(tag, value)| (*tag, vec![*value])).collect();
        Kind { samples, photometric, compression, more, ..plain }
    };
    let differences = (317, 2);
    let bytes = |length: usize| (0..length).map(|at| (at * 11 ^ (at / 89)) as u8).collect::<Vec<_>>();
    let palette = (320, (0..3 * 256).map(|at| at * 85).collect());
    let tiles = [
        (kind(3, 2, 1, &[]), rgb.samples.clone()),
        (Kind { bits: 16, ..plain.clone() }, bytes(16 * 16 * 6)),
        (kind(4, 2, 1, &[(338, 1)]), rgba.samples),
        (kind(1, 0, 32773, &[]), [0x81, 7].repeat(2)),
        (kind(1, 1, 8, &[differences]), deflated(&gray.samples)),
        (kind(3, 2, 5, &[differences]), lzw(&rgb.samples)),
        (kind(3, 6, 7, &[]), jpeg_of(&rgb, Subsampling::S420)),
        (kind(3, 2, 50001, &[]), webp),
        (kind(3, 2, 50000, &[]), zstd(&rgb.samples)),
    ];
    let strips = [
        (kind(3, 2, 1, &[]), strip(Channels::Rgb).samples),
        (kind(3, 6, 7, &[]), strip_jpeg(Channels::Rgb)),
        (kind(3, 2, 7, &[]), strip_jpeg(Channels::Gray)),
        (kind(3, 2, 1, &[(284, 2)]), bytes(20 * 18)),
        (kind(4, 5, 1, &[]), bytes(20 * 18 * 4)),
        (kind(3, 8, 1, &[]), bytes(20 * 18 * 3)),
        (Kind { bits: 16, ..kind(3, 9, 5, &[differences]) }, lzw(&bytes(20 * 18 * 6))),
        (Kind { more: vec![palette], ..kind(1, 3, 1, &[]) }, bytes(20 * 18)),
        (Kind { bits: 32, ..kind(1, 1, 1, &[(339, 3), (317, 3)]) }, bytes(20 * 18 * 4)),
        (Kind { bits: 1, ..kind(1, 0, 1, &[(266, 2)]) }, bytes(3 * 18)),
        (Kind { bits: 12, ..kind(3, 2, 1, &[]) }, bytes(90 * 18)),
        (Kind { bits: 1, ..kind(1, 0, 4, &[]) }, bytes(40)),
    ];
    let strips = strips.into_iter().map(|(kind, data)| (kind, data, true));
    let all = tiles.into_iter().map(|(kind, data)| (kind, data, false)).chain(strips);
    all.enumerate().map(|(n, (kind, data, strips))| {
        Tiff { big_endian: n % 2 == 1, big: n % 3 == 2, kind, data, strips }.bytes()
    })
}

/// A block that is stored as it is (RFC 1950 and 1951, §3.2.4).
fn deflated(bytes: &[u8]) -> Vec<u8> {
    let (length, mut a, mut b) = (bytes.len() as u16, 1u32, 0u32);
    for byte in bytes {
        a = (a + u32::from(*byte)) % 65521;
        b = (b + a) % 65521;
    }
    let head = [&[0x78, 1, 1][..], &length.to_le_bytes(), &(!length).to_le_bytes()].concat();
    [&head, bytes, &(b << 16 | a).to_be_bytes()].concat()
}

/// Codes of nine bits only: the table is cleared before they get longer (TIFF 6.0, §13).
fn lzw(bytes: &[u8]) -> Vec<u8> {
    let parts =
        bytes.chunks(200).map(|part| std::iter::once(256).chain(part.iter().map(|byte| u16::from(*byte))));
    let codes = parts.flatten().chain([257]);
    let mut bits: Vec<u8> =
        codes.flat_map(|code| (0..9).rev().map(move |bit| (code >> bit & 1) as u8)).collect();
    bits.resize(bits.len().next_multiple_of(8), 0);
    bits.chunks(8).map(|bits| bits.iter().fold(0, |byte, bit| byte << 1 | bit)).collect()
}

/// A frame of one block that is stored as it is (RFC 8878, §3.1.1), of 256 bytes or more.
fn zstd(bytes: &[u8]) -> Vec<u8> {
    let size = (bytes.len() - 256) as u16;
    let block = (bytes.len() as u32) << 3 | 1;
    [&[0x28, 0xb5, 0x2f, 0xfd, 0x60][..], &size.to_le_bytes(), &block.to_le_bytes()[..3], bytes].concat()
}

#[derive(Clone)]
struct Kind {
    samples: u32,
    bits: u32,
    photometric: u32,
    compression: u32,
    /// Other tags and their values.
    more: Vec<(u16, Vec<u32>)>,
}

struct Tiff {
    big_endian: bool,
    big: bool,
    kind: Kind,
    /// The same for every tile or strip.
    data: Vec<u8>,
    strips: bool,
}

impl Tiff {
    fn bytes(&self) -> Vec<u8> {
        let order = if self.big_endian { b"MM" } else { b"II" };
        let mut file = order.to_vec();
        match self.big {
            true => [43, 8, 0].map(|number| file.extend(self.number(2, number))).len(),
            false => [42].map(|number| file.extend(self.number(2, number))).len(),
        };
        let word = if self.big { 8 } else { 4 };
        file.extend(self.number(word, (file.len() + word) as u64));
        self.directory(&mut file, (20, 18), 0, false);
        self.directory(&mut file, (10, 9), 1, true);
        file
    }

    fn number(&self, width: usize, number: u64) -> Vec<u8> {
        match self.big_endian {
            true => number.to_be_bytes()[8 - width..].to_vec(),
            false => number.to_le_bytes()[..width].to_vec(),
        }
    }

    /// A directory with what its entries point at behind it.
    fn directory(&self, file: &mut Vec<u8>, (width, height): (u32, u32), subfile: u32, last: bool) {
        let kind = &self.kind;
        let count = (width.div_ceil(16) * height.div_ceil(16)) as usize;
        let (counts, word) = if self.big { (8, 8) } else { (2, 4) };
        let mut entries: Vec<(u16, Vec<u32>)> = vec![
            (254, vec![subfile]),
            (256, vec![width]),
            (257, vec![height]),
            (258, vec![kind.bits; kind.samples as usize]),
            (259, vec![kind.compression]),
            (262, vec![kind.photometric]),
            (274, vec![if self.big { 6 } else { 1 }]),
            (277, vec![kind.samples]),
        ];
        entries.extend(kind.more.clone());
        entries.extend(match self.strips {
            true => vec![(273, vec![0]), (278, vec![height]), (279, vec![self.data.len() as u32])],
            false => vec![
                (322, vec![16]),
                (323, vec![16]),
                (324, vec![0; count]),
                (325, vec![self.data.len() as u32; count]),
            ],
        });
        entries.sort_by_key(|(tag, _)| *tag);
        let mut behind = file.len() + counts + entries.len() * (4 + 2 * word) + word;
        let (mut table, mut values) = (self.number(counts, entries.len() as u64), Vec::new());
        let tile_at = behind + entries.iter().map(|(_, values)| values.len() * 4).sum::<usize>();
        for (tag, numbers) in entries {
            let numbers: Vec<u32> = match tag {
                273 | 324 => vec![tile_at as u32; numbers.len()],
                _ => numbers,
            };
            let bytes: Vec<u8> =
                numbers.iter().flat_map(|number| self.number(4, u64::from(*number))).collect();
            table.extend([self.number(2, u64::from(tag)), self.number(2, 4)].concat());
            table.extend(self.number(word, numbers.len() as u64));
            match bytes.len() <= word {
                true => table.extend([bytes.clone(), vec![0; word - bytes.len()]].concat()),
                false => table.extend(self.number(word, behind as u64)),
            }
            behind += bytes.len();
            values.extend(bytes);
        }
        let next = if last { 0 } else { (tile_at + self.data.len()) as u64 };
        table.extend(self.number(word, next));
        file.extend([table, values, self.data.clone()].concat());
    }
}
