//! Tests with files of other encoders, of this one, and damaged ones.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use proptest::prelude::*;

use super::super::difficult;
use super::*;
use crate::metadata::EmbeddedMetadata;
use crate::pixels::{Channels, Raster, Samples, encode};

const LIMIT: u64 = 1 << 24;

/// A file that counts the bytes that are read.
struct File {
    bytes: Vec<u8>,
    read: AtomicU64,
}

impl File {
    fn new(bytes: Vec<u8>) -> Self {
        Self { bytes, read: AtomicU64::new(0) }
    }
}

impl ReadAt for File {
    fn size(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> std::io::Result<()> {
        self.read.fetch_add(into.len() as u64, Ordering::Relaxed);
        self.bytes.as_slice().read_at(offset, into)
    }
}

/// A file that panics on reads after its headers were read.
struct Panicking {
    file: File,
    is_opened: AtomicBool,
}

impl ReadAt for Panicking {
    fn size(&self) -> u64 {
        self.file.size()
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> std::io::Result<()> {
        assert!(!self.is_opened.load(Ordering::Relaxed), "read after the headers");
        self.file.read_at(offset, into)
    }
}

#[test]
fn a_panic_while_openjpeg_reads_fails_one_decoding() {
    let file = Panicking { file: picture(3000, 2000, Channels::Rgb), is_opened: AtomicBool::new(false) };
    let codestream = Codestream::open(&file).unwrap();
    let wanted = Wanted { area: codestream.main.tile(0, 0), reduce: 0 };
    let mut window = Window::new(&file, file.size(), 512);
    let (pieces, wanted) = codestream.tile(&file, &mut window, [0, 0], wanted, true).unwrap();
    file.is_opened.store(true, Ordering::Relaxed);
    let decoded = codec::decode(&mut window, &pieces, wanted, 1, |_| Ok(()));
    assert!(decoded.unwrap_err().to_string().contains("a panic: read after the headers"));
    assert!(whole(&file.file).is_ok());
}

fn whole(file: &File) -> Result<Raw, Error> {
    decode(file, Rect::all(header(file)?.dimensions), 0, LIMIT)
}

fn values(raw: &Raw) -> Vec<u16> {
    match &raw.samples {
        Samples::U8(samples) => samples.iter().copied().map(u16::from).collect(),
        Samples::U16(samples) => samples.clone(),
    }
}

fn mean(raw: &Raw) -> f64 {
    let values = values(raw);
    values.iter().copied().map(f64::from).sum::<f64>() / values.len() as f64
}

/// Part of a decoded image, as samples.
fn part(raw: &Raw, x: Range<u32>, y: Range<u32>) -> Vec<u16> {
    let (count, stride) = (raw.shape().count(), raw.dimensions.width as usize * raw.shape().count());
    let values = values(raw);
    let rows = values.chunks(stride).skip(y.start as usize).take(y.len());
    rows.flat_map(|row| row[x.start as usize * count..x.end as usize * count].to_vec()).collect()
}

fn picture(width: u32, height: u32, channels: Channels) -> File {
    let mut raster = Raster::blank(Dimensions::new(width, height), channels);
    for (pixel, at) in raster.samples.chunks_exact_mut(channels.count()).zip(0..) {
        let (x, y) = (at % width, at / width);
        let busy = if (x / 7 + y / 5) % 3 == 0 { 60 } else { 0 };
        let colors = [x * 195 / width + busy, y * 195 / height + busy, 128, 255];
        pixel.iter_mut().zip(colors).for_each(|(sample, value)| *sample = value as u8);
    }
    File::new(encode::jp2(&raster, &EmbeddedMetadata::default()).unwrap())
}

/// A picture of one color with these boxes instead of its own.
fn boxed(channels: Channels, description: &[(&[u8; 4], &[u8])]) -> File {
    let mut raster = Raster::blank(Dimensions::new(16, 8), channels);
    raster.samples.fill(128);
    let file = encode::jp2(&raster, &EmbeddedMetadata::default()).unwrap();
    let codestream = &file[file.windows(4).position(|four| four == [0xff, 0x4f, 0xff, 0x51]).unwrap()..];
    let name = |name: &[u8; 4], body: &[u8]| {
        [&(body.len() as u32 + 8).to_be_bytes(), name.as_slice(), body].concat()
    };
    let described: Vec<u8> = description.iter().flat_map(|(kind, body)| name(kind, body)).collect();
    File::new([name(b"jP  ", b"\r\n\x87\n"), name(b"jp2h", &described), name(b"jp2c", codestream)].concat())
}

#[test]
fn files_of_other_encoders_are_read() {
    use Alpha::{None as Opaque, Straight};
    use Depth::{U8, U16};
    use Model::{Lab, Rgb};
    // Means are those of what `opj_decompress` and `vips` make of the files.
    let rows = [
        ("iiif-validator.jp2", (1000, 1000), 5, Rgb, Opaque, U8, 1, 119.960),
        ("jp2-cielab.jp2", (424, 212), 6, Lab, Opaque, U8, 1, 120.716),
        ("jp2-exif-orientation.jp2", (64, 56), 6, Rgb, Opaque, U8, 6, 124.533),
        ("jp2-palette.jp2", (768, 512), 1, Rgb, Opaque, U8, 1, 109.421),
        ("jp2-rgba16-tiled.jp2", (64, 56), 6, Rgb, Straight, U16, 1, 40392.961),
        ("jp2-romm-icc.jp2", (768, 512), 6, Rgb, Opaque, U8, 1, 105.932),
        ("made-jp2-lossless-tiled.jp2", (267, 400), 3, Rgb, Opaque, U8, 1, 58.323),
        ("htj2k-raw.j2k", (640, 480), 6, Rgb, Opaque, U8, 1, 127.102),
        ("overview.jp2", (900, 660), 6, Rgb, Opaque, U8, 1, 126.967),
    ];
    for (name, (width, height), resolutions, model, alpha, depth, orientation, expected) in rows {
        let Some(file) = difficult::file(name).map(File::new) else { continue };
        let header = header(&file).unwrap();
        assert!(file.read.load(Ordering::Relaxed) < 16 << 10, "{name}");
        let raw = whole(&file).unwrap();
        assert_eq!(header.dimensions, Dimensions::new(width, height), "{name}");
        assert_eq!((header.resolutions, header.orientation), (resolutions, orientation), "{name}");
        assert_eq!((header.model, header.alpha, header.depth), (model, alpha, depth), "{name}");
        assert_eq!((raw.model, raw.alpha, raw.samples.depth()), (model, alpha, depth), "{name}");
        assert_eq!(raw.samples.len(), (width * height) as usize * raw.shape().count(), "{name}");
        assert!((mean(&raw) / expected - 1.0).abs() < 1e-4, "{name}: {}", mean(&raw));
        assert_eq!(header.is_ht, name.starts_with("htj2k"), "{name}");
        assert_eq!(
            header.icc.is_some(),
            ["exif", "rgba16", "romm"].iter().any(|part| name.contains(part)),
            "{name}"
        );
    }
}

#[test]
fn broken_files_are_damaged() {
    for name in [
        "damaged-cut.jp2",
        "damaged-vast.j2k",
        "jp2-broken.jp2",
        "jp2-fuzz-huge-tile.jp2",
        "jp2-eciRGBv2.jp2",
    ] {
        let Some(file) = difficult::file(name).map(File::new) else { continue };
        assert!(matches!(whole(&file), Err(Error::Damaged { .. })), "{name}");
    }
}

/// Lossy parts differ by rounding; lossless ones do not.
#[track_caller]
fn check_regions(file: &File, regions: &[[u32; 4]], tolerance: u16) {
    let Header { dimensions, resolutions, .. } = header(file).unwrap();
    for reduce in 0..resolutions.min(4) {
        let all = decode(file, Rect::all(dimensions), reduce, LIMIT).unwrap();
        assert_eq!(all.dimensions, dimensions.reduced(1 << reduce));
        for &[x, y, width, height] in regions {
            let region = Rect { x, y, width, height };
            let at = |side: u32| side.div_ceil(1 << reduce);
            let expected = part(&all, at(x)..at(region.right()), at(y)..at(region.bottom()));
            if expected.is_empty() {
                assert!(decode(file, region, reduce, LIMIT).is_err());
                continue;
            }
            let found = values(&decode(file, region, reduce, LIMIT).unwrap());
            assert_eq!(found.len(), expected.len(), "{region} at {reduce}");
            let distance = found.iter().zip(&expected).map(|(one, other)| one.abs_diff(*other)).max();
            assert!(distance.unwrap() <= tolerance, "{region} at {reduce}: {distance:?}");
        }
    }
}

const PARTS: &[[u32; 4]] = &[[0, 0, 64, 64], [31, 32, 33, 34], [100, 7, 50, 103], [149, 109, 1, 1]];

#[test]
fn lossless_files_are_decoded_exactly() {
    let orders = ["lrcp", "rlcp", "rpcl", "pcrl", "cprl"].map(|order| format!("precincts-{order}.jp2"));
    let rgb = orders.iter().map(|name| (name.as_str(), "rgb"));
    let others = [("tiled-lossless.jp2", "large"), ("palette.jp2", "palette"), ("gray16.jp2", "gray")];
    for (name, expected_name) in rgb.chain(others).chain([("rgba16-tiled.jp2", "rgba-part")]) {
        let raw = whole(&File::new(difficult::file(name).unwrap())).unwrap();
        let expected = difficult::expected(expected_name);
        assert_eq!((raw.dimensions, raw.model), (expected.dimensions, expected.model), "{name}");
        let high = if raw.samples.depth() == Depth::U16 { 257 } else { 1 };
        assert!(
            values(&raw).iter().eq(values(&expected)
                .iter()
                .map(|value| value * high)
                .collect::<Vec<_>>()
                .iter()),
            "{name}"
        );
    }
}

#[test]
fn a_region_is_a_part_of_the_whole() {
    let rows: [(&str, &[[u32; 4]], u16); 14] = [
        (
            "made-jp2-lossless-tiled.jp2",
            &[[0, 0, 256, 256], [255, 255, 2, 2], [17, 33, 250, 301], [266, 399, 1, 1]],
            0,
        ),
        ("jp2-rgba16-tiled.jp2", &[[0, 0, 28, 32], [27, 31, 30, 20], [5, 3, 59, 53]], 0),
        ("iiif-validator.jp2", &[[0, 0, 1, 1], [100, 200, 300, 111], [999, 0, 1, 1000]], 1),
        ("jp2-palette.jp2", &[[100, 100, 64, 64]], u16::MAX),
        ("htj2k-raw.j2k", &[[0, 0, 640, 480], [13, 17, 100, 200]], 1),
        ("tiled-lossless.jp2", &[[0, 0, 64, 64], [63, 63, 2, 2], [17, 33, 200, 120], [229, 169, 1, 1]], 0),
        ("untiled-lossy.jp2", &[[0, 0, 1, 1], [100, 50, 90, 111], [229, 0, 1, 170]], 1),
        ("precincts-lrcp.jp2", PARTS, 0),
        ("precincts-rlcp.jp2", PARTS, 0),
        ("precincts-rpcl.jp2", PARTS, 0),
        ("precincts-pcrl.jp2", PARTS, 0),
        ("precincts-cprl.jp2", PARTS, 0),
        ("rpcl-plt-tiled.jp2", &[[0, 0, 128, 128], [120, 120, 20, 20], [100, 0, 130, 170]], 1),
        ("rgba16-tiled.jp2", &[[0, 0, 48, 48], [47, 47, 2, 2], [5, 3, 70, 60]], 0),
    ];
    for (name, regions, tolerance) in rows {
        let Some(file) = difficult::file(name).map(File::new) else { continue };
        check_regions(&file, regions, tolerance);
    }
    check_regions(&picture(1500, 1100, Channels::Rgb), &[[1000, 1000, 100, 100], [3, 5, 1030, 7]], 2);
}

#[test]
fn small_resolutions_read_little() {
    for (name, width, height, max) in
        [("overview.jp2", 900, 660, 20 << 10), ("iiif-validator.jp2", 1000, 1000, 28 << 10)]
    {
        let Some(file) = difficult::file(name).map(File::new) else { continue };
        decode(&file, Rect { x: 0, y: 0, width, height }, 4, LIMIT).unwrap();
        let read = file.read.load(Ordering::Relaxed);
        assert!(read < max, "{name}: {read} of {}", file.size());
    }
}

#[test]
fn what_the_encoder_writes_is_read() {
    for (channels, model) in
        [(Channels::Gray, Model::Gray), (Channels::Rgb, Model::Rgb), (Channels::Rgba, Model::Rgb)]
    {
        let file = picture(1030, 37, channels);
        let header = header(&file).unwrap();
        assert_eq!((header.model, header.alpha, header.depth), (model, Alpha::None, Depth::U8));
        assert_eq!((header.tile, header.resolutions), (Dimensions::new(1024, 37), 6));
        let raw = whole(&file).unwrap();
        let [x, y] = [500, 20];
        let pixel = &values(&raw)[(y * 1030 + x) * model.count()..][..model.count()];
        let busy = if (x / 7 + y / 5) % 3 == 0 { 60 } else { 0 };
        let expected = [x * 195 / 1030 + busy, y * 195 / 37 + busy, 128];
        let near = pixel.iter().zip(expected).all(|(&one, other)| usize::from(one).abs_diff(other) < 12);
        assert!(near, "{pixel:?} {expected:?}");
    }
}

#[test]
fn boxes_determine_the_meaning_of_components() {
    let enumerated = |number: u8| [1, 0, 0, 0, 0, 0, number];
    let pixel = |file: &File| {
        let raw = whole(file).unwrap();
        (raw.model, raw.alpha, values(&raw)[..raw.shape().count()].to_vec())
    };
    use Alpha::{Associated, None as Opaque, Straight};
    let file = boxed(Channels::Rgb, &[(b"colr", &enumerated(16))]);
    assert_eq!(pixel(&file), (Model::Rgb, Opaque, vec![128; 3]));
    let file = boxed(Channels::Rgb, &[(b"colr", &enumerated(18))]);
    assert_eq!(pixel(&file), (Model::Rgb, Opaque, vec![128; 3]));
    // L* of 128/255, a* and b* of 170 and 200 wide with their zeros at 128 and 96 of 255.
    let file = boxed(Channels::Rgb, &[(b"colr", &enumerated(14))]);
    assert_eq!(pixel(&file), (Model::Lab, Opaque, vec![128, 128, 153]));
    // The third channel is the opacity of a gray image.
    for (kind, alpha) in [(1, Straight), (2, Associated)] {
        let cdef = [0, 3, 0, 0, 0, 0, 0, 1, 0, 1, 0xff, 0xff, 0xff, 0xff, 0, 2, 0, kind, 0, 0];
        let file = boxed(Channels::Rgb, &[(b"colr", &enumerated(17)), (b"cdef", &cdef)]);
        assert_eq!(pixel(&file), (Model::Gray, alpha, vec![128; 2]));
    }
    // A palette of 129 entries of 8, 4 and 12 bits.
    let mut pclr = vec![0, 129, 3, 7, 3, 11];
    (0..129_u16).for_each(|entry| pclr.extend([entry as u8, entry as u8 & 15, 0x0f, 0xff]));
    pclr.truncate(pclr.len() - 4);
    pclr.extend([200, 5, 0x0f, 0xff]);
    let cmap = [0, 0, 1, 2, 0, 0, 1, 0, 0, 0, 1, 1];
    let file = boxed(Channels::Gray, &[(b"colr", &enumerated(16)), (b"pclr", &pclr), (b"cmap", &cmap)]);
    assert_eq!(pixel(&file), (Model::Rgb, Opaque, vec![65_535, 200 * 257, 21_845]));
    let file = boxed(Channels::Gray, &[(b"colr", &enumerated(16)), (b"pclr", &pclr)]);
    assert_eq!(pixel(&file), (Model::Rgb, Opaque, vec![200 * 257, 21_845, 65_535]), "no cmap");
    let file = boxed(Channels::Rgb, &[(b"colr", &enumerated(17))]);
    assert_eq!(pixel(&file), (Model::Rgb, Opaque, vec![128; 3]), "three channels that are said to be gray");
    let ihdr = [0, 0, 0, 9, 0, 0, 0, 9, 0, 3, 7, 7, 0, 0];
    let file = boxed(Channels::Rgb, &[(b"ihdr", &ihdr), (b"colr", &enumerated(16))]);
    assert_eq!(header(&file).unwrap().dimensions, Dimensions::new(16, 8), "the codestream's size counts");
    let other = header(&boxed(Channels::Rgb, &[(b"colr", &enumerated(21))])).unwrap_err();
    assert!(matches!(other, Error::Unsupported(text) if text.contains("color space 21")));
    let senseless = boxed(Channels::Gray, &[(b"pclr", &pclr), (b"cmap", &[0, 9, 1, 0])]);
    assert!(header(&senseless).is_err());
}

#[test]
fn a_codestream_may_be_longer_than_its_box() {
    let whole = picture(64, 48, Channels::Rgb);
    let at = whole.bytes.windows(4).position(|four| four == b"jp2c").unwrap();
    for length in [whole.bytes.len() as u32 - at as u32 - 46, u32::MAX] {
        let mut file = File::new(whole.bytes.clone());
        file.bytes[at - 4..at].copy_from_slice(&length.to_be_bytes());
        assert_eq!(values(&self::whole(&file).unwrap()), values(&self::whole(&whole).unwrap()), "{length}");
    }
}

#[test]
fn subsampled_components_are_interpolated() {
    let mut file = picture(64, 48, Channels::Rgb);
    let at = file.bytes.windows(4).position(|four| four == [0xff, 0x4f, 0xff, 0x51]).unwrap();
    let mut codestream = file.bytes.split_off(at);
    // Image and tile twice as large, each component with half as many samples across and down.
    for (at, value) in [(8, 127_u32), (12, 95), (24, 127), (28, 95)] {
        codestream[at..at + 4].copy_from_slice(&value.to_be_bytes());
    }
    for component in 0..3 {
        codestream[43 + component * 3..45 + component * 3].fill(2);
    }
    let file = File::new(codestream);
    assert_eq!(header(&file).unwrap().dimensions, Dimensions::new(127, 95));
    check_regions(&file, &[[31, 17, 64, 33], [126, 94, 1, 1], [1, 1, 2, 2]], 2);
    let [spread, plain] = [whole(&file).unwrap(), whole(&picture(64, 48, Channels::Rgb)).unwrap()];
    assert_eq!(part(&spread, 20..21, 30..31), part(&plain, 10..11, 15..16));
}

/// A damaged tile ends the decoding on any number of threads.
#[test]
fn a_damaged_tile_is_an_error() {
    let file = picture(3000, 2000, Channels::Gray);
    let codestream = Codestream::open(&file).unwrap();
    let all = Rect::all(codestream.header().dimensions);
    let wanted: Vec<_> = codestream.intersected_tiles(codestream.main.area, 0).collect();
    let mut bytes = file.bytes.clone();
    let last = codestream.header_parts(&file).unwrap().of(wanted.len() - 1).unwrap()[0].range.clone();
    bytes[last.start as usize..last.end as usize][16..].fill(0xff);
    let damaged = File::new(bytes);
    for threads in [1, 2, 3, 16] {
        let decoded = codestream.decode(&file, all, 0, LIMIT, threads).unwrap();
        assert_eq!(values(&decoded), values(&whole(&file).unwrap()));
        let decoded = Codestream::open(&damaged).unwrap().decode(&damaged, all, 0, LIMIT, threads);
        assert!(matches!(decoded, Err(Error::Damaged { .. })), "{threads}");
    }
}

#[test]
fn a_panic_on_another_thread_is_one_of_the_caller() {
    let file = Panicking { file: picture(3000, 2000, Channels::Gray), is_opened: AtomicBool::new(false) };
    let codestream = Codestream::open(&file).unwrap();
    let all = Rect::all(codestream.header().dimensions);
    codestream.decode(&file, all, 2, LIMIT, 1).unwrap();
    file.is_opened.store(true, Ordering::Relaxed);
    let decode = || codestream.decode(&file, all, 2, LIMIT, 3).map(drop);
    let decoded = std::panic::catch_unwind(std::panic::AssertUnwindSafe(decode));
    assert!(!matches!(decoded, Ok(Ok(()))), "an error or a panic, and no thread is left");
}

#[test]
fn memory_grows_with_the_tiles_that_are_decoded_at_once() {
    let file = picture(3000, 2000, Channels::Gray);
    let codestream = Codestream::open(&file).unwrap();
    let cost = |region| codestream.cost(&file, region, 0).unwrap();
    let all = cost(Rect::all(codestream.header().dimensions));
    let one = all.bytes(2) - all.bytes(1);
    assert_eq!((one > 0, all.bytes(3) - all.bytes(2)), (true, one));
    assert_eq!(all.bytes(8), all.bytes(3), "three of six tiles at once, whatever the number of threads");
    let tile = cost(Rect { x: 0, y: 0, width: 512, height: 512 });
    assert_eq!(tile.bytes(1), tile.bytes(8), "one tile, with all threads");
}

#[test]
fn limits_are_enforced() {
    let file = picture(300, 200, Channels::Rgb);
    let all = Rect { x: 0, y: 0, width: 300, height: 200 };
    assert!(matches!(decode(&file, all, 0, 59_999), Err(Error::TooLarge { pixels: 60_000, limit: 59_999 })));
    assert!(decode(&file, all, 1, 15_000).is_ok());
    assert!(decode(&file, all, 6, LIMIT).is_err());
    for outside in [Rect { x: 1, ..all }, Rect { width: 0, ..all }, Rect { x: u32::MAX, ..all }] {
        assert!(decode(&file, outside, 0, LIMIT).is_err());
    }
}

#[test]
fn a_file_cut_anywhere_is_an_error() {
    let file = picture(200, 60, Channels::Rgb).bytes;
    // Without its last two bytes, the end's mark, all of the picture is there.
    for end in (0..file.len() - 2).step_by(7) {
        assert!(whole(&File::new(file[..end].to_vec())).is_err(), "{end} of {}", file.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn damage_never_panics(at in 0..300_usize, value: u8, also: prop::sample::Index, other: u8, name in 0..4_usize) {
        let names = ["precincts-rpcl.jp2", "rgba16-tiled.jp2", "lab.jp2", "exif-6.jp2"];
        let mut bytes = difficult::file(names[name]).unwrap();
        let length = bytes.len();
        bytes[at % length] = value;
        bytes[also.index(length)] = other;
        let file = File::new(bytes);
        if let Ok(codestream) = Codestream::open(&file) {
            let all = Rect::all(codestream.header().dimensions);
            for reduce in 0..codestream.resolutions().min(3) {
                for threads in [1, 4] {
                    let _ = codestream.decode(&file, all, reduce, 1 << 20, threads);
                }
            }
        }
    }
}
