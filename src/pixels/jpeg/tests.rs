//! Tests of JPEGs that other programs write, damage or mislabel.

use std::sync::Arc;

use bytes::Bytes;
use turbojpeg_sys as tj;

use super::{Inks, decode, decode_into, raw, rows};
use crate::iiif::Dimensions;
use crate::pixels::read_rows;
use crate::pixels::{Channels, Error, Model, Planar, Raster, Raw, Samples, Subsampling};

const SIZE: Dimensions = Dimensions { width: 48, height: 40 };

/// How a test's JPEG is coded.
#[derive(Clone, Copy)]
struct Coding {
    format: i32,
    colors: i32,
    bits: i32,
    more: &'static [(i32, i32)],
}

const PLAIN: &[(i32, i32)] = &[];
const PROGRESSIVE: &[(i32, i32)] = &[(tj::TJPARAM_TJPARAM_PROGRESSIVE as i32, 1)];
const LOSSLESS: &[(i32, i32)] = &[(tj::TJPARAM_TJPARAM_LOSSLESS as i32, 1)];
const ARITHMETIC: &[(i32, i32)] = &[(tj::TJPARAM_TJPARAM_ARITHMETIC as i32, 1)];
const RESTARTS: &[(i32, i32)] = &[(tj::TJPARAM_TJPARAM_RESTARTBLOCKS as i32, 2)];

const fn gray(bits: i32, more: &'static [(i32, i32)]) -> Coding {
    Coding { format: tj::TJPF_TJPF_GRAY, colors: tj::TJCS_TJCS_GRAY as i32, bits, more }
}

const fn rgb(bits: i32, more: &'static [(i32, i32)]) -> Coding {
    Coding { format: tj::TJPF_TJPF_RGB, colors: tj::TJCS_TJCS_YCbCr as i32, bits, more }
}

const fn inks(colors: i32, more: &'static [(i32, i32)]) -> Coding {
    Coding { format: tj::TJPF_TJPF_CMYK, colors, bits: 8, more }
}

impl Coding {
    const fn count(self) -> usize {
        match self.format {
            tj::TJPF_TJPF_GRAY => 1,
            tj::TJPF_TJPF_RGB => 3,
            _ => 4,
        }
    }

    /// A smooth picture's samples, over the whole range.
    fn samples(self) -> Vec<u16> {
        let max = (1u32 << self.bits) - 1;
        let value = |at: u32| {
            let (pixel, channel) = (at / self.count() as u32, at % self.count() as u32);
            let (x, y) = (pixel % SIZE.width, pixel / SIZE.width);
            let part = [x * 5, y * 6, 128, x + y][channel as usize];
            (part.min(255) * max / 255) as u16
        };
        (0..SIZE.area() as u32 * self.count() as u32).map(value).collect()
    }

    fn encoded(self) -> Vec<u8> {
        let samples = self.samples();
        let narrow: Vec<u8> = samples.iter().map(|&sample| sample as u8).collect();
        let twelve: Vec<i16> = samples.iter().map(|&sample| sample as i16).collect();
        let (width, height) = (SIZE.width as i32, SIZE.height as i32);
        let (mut file, mut length) = (std::ptr::null_mut(), 0);
        // SAFETY: the handle is live until it is destroyed, the buffers hold the picture, and TurboJPEG's own is copied
        // before it is freed.
        unsafe {
            let handle = tj::tj3Init(tj::TJINIT_TJINIT_COMPRESS as i32);
            let base = [
                (tj::TJPARAM_TJPARAM_QUALITY as i32, 100),
                (
                    tj::TJPARAM_TJPARAM_SUBSAMP as i32,
                    if self.count() == 1 { tj::TJSAMP_TJSAMP_GRAY } else { 0 },
                ),
                (tj::TJPARAM_TJPARAM_PRECISION as i32, self.bits),
                (tj::TJPARAM_TJPARAM_COLORSPACE as i32, self.colors),
            ];
            base.iter()
                .chain(self.more)
                .for_each(|&(name, value)| assert_eq!(tj::tj3Set(handle, name, value), 0));
            let done = match self.bits {
                ..=8 => tj::tj3Compress8(
                    handle,
                    narrow.as_ptr(),
                    width,
                    0,
                    height,
                    self.format,
                    &mut file,
                    &mut length,
                ),
                9..=12 => tj::tj3Compress12(
                    handle,
                    twelve.as_ptr(),
                    width,
                    0,
                    height,
                    self.format,
                    &mut file,
                    &mut length,
                ),
                _ => tj::tj3Compress16(
                    handle,
                    samples.as_ptr(),
                    width,
                    0,
                    height,
                    self.format,
                    &mut file,
                    &mut length,
                ),
            };
            assert_eq!(done, 0);
            let bytes = std::slice::from_raw_parts(file, length as usize).to_vec();
            tj::tj3Free(file.cast());
            tj::tj3Destroy(handle);
            bytes
        }
    }
}

fn read(jpeg: &[u8]) -> Result<Raw, Error> {
    read_rows(Box::new(rows(Arc::new(Bytes::copy_from_slice(jpeg)), 1, 1 << 20)?), 1 << 20)
}

/// The offset of a marker.
fn find(jpeg: &[u8], marker: u8) -> usize {
    jpeg.windows(2).position(|pair| pair == [0xff, marker]).expect("it has the marker")
}

/// The same file without this segment.
fn without(jpeg: &[u8], marker: u8) -> Vec<u8> {
    let at = find(jpeg, marker);
    let length = 2 + usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
    [&jpeg[..at], &jpeg[at + length..]].concat()
}

fn inserted(jpeg: &[u8], at: usize, bytes: &[u8]) -> Vec<u8> {
    [&jpeg[..at], bytes, &jpeg[at..]].concat()
}

fn max_difference(one: &[u8], other: &[u8]) -> u8 {
    assert_eq!(one.len(), other.len());
    one.iter().zip(other).map(|(one, other)| one.abs_diff(*other)).max().unwrap_or(0)
}

fn narrow(raw: &Raw) -> &[u8] {
    let Samples::U8(samples) = &raw.samples else { panic!("wide samples") };
    samples
}

/// Checks that a JPEG decodes like `sound`, with every decoder.
#[track_caller]
fn check_same(jpeg: &[u8], sound: &[u8]) {
    let (expected, found) = (read(sound).unwrap(), read(jpeg).unwrap());
    assert!(max_difference(narrow(&expected), narrow(&found)) == 0);
    let decoded = |jpeg: &[u8]| decode(jpeg, 1, 1 << 20).unwrap().into_packed();
    let (expected, found) = (decoded(sound), decoded(jpeg));
    assert_eq!(expected.channels, found.channels);
    assert!(max_difference(&expected.samples, &found.samples) <= 3);
    let mut canvas = Planar::blank(SIZE, Subsampling::S444);
    decode_into(jpeg, 1, &mut canvas, ((0, 0), (0, 0)), SIZE).unwrap();
    let header = super::header(jpeg).unwrap().unwrap();
    assert_eq!(header.dimensions, SIZE);
}

#[track_caller]
fn check_damaged(jpeg: &[u8]) {
    assert!(matches!(read(jpeg), Err(Error::Damaged { .. })));
    assert!(matches!(decode(jpeg, 1, 1 << 20), Err(Error::Damaged { .. })));
    assert!(
        !decode_into(jpeg, 1, &mut Planar::blank(SIZE, Subsampling::S444), ((0, 0), (0, 0)), SIZE).unwrap()
    );
}

#[test]
fn harmless_warnings_are_ignored() {
    let jpeg = rgb(8, PLAIN).encoded();
    let (scan, frame) = (find(&jpeg, 0xda), find(&jpeg, 0xc0));
    let changed = |at: usize, value: u8| {
        let mut jpeg = jpeg.clone();
        jpeg[at] = value;
        jpeg
    };
    let end = jpeg.len() - 2;
    // Spectral selection and approximation mean nothing to a sequential scan.
    for at in 11..14 {
        check_same(&changed(scan + at, 7), &jpeg);
    }
    check_same(&changed(scan + 12, 0), &jpeg);
    check_same(&jpeg[..end], &jpeg);
    check_same(&jpeg[..end + 1], &jpeg);
    check_same(&inserted(&jpeg, frame, b"stray bytes"), &jpeg);
    check_same(&inserted(&jpeg, end, b"\0stray bytes"), &jpeg);
    check_same(&inserted(&jpeg, 2, b"\xff\xff\xff"), &jpeg);
    check_same(&inserted(&jpeg, 2, b"\xff\xe5\0\0\xff\xe6\0\x01\xff\xfe\0\x01"), &jpeg);
    check_same(&[&jpeg[..], b"a second image \xff\xd8\xff\xda and more"].concat(), &jpeg);
    // A density of nothing, and a version to come, in the JFIF marker.
    check_same(&[&jpeg[..11], &[9, 9, 1, 0, 0, 0, 0], &jpeg[18..]].concat(), &jpeg);
    // Missing end marker behind stray bytes: only the first of two warnings has a text.
    check_same(&inserted(&jpeg, frame, b"stray")[..end + 5], &jpeg);
    let gray = gray(8, PLAIN).encoded();
    check_same(&gray[..gray.len() - 2], &gray);
    for more in [PROGRESSIVE, RESTARTS] {
        let jpeg = rgb(8, more).encoded();
        check_same(&jpeg[..jpeg.len() - 2], &jpeg);
    }
    let mut numbered = rgb(8, RESTARTS).encoded();
    let (jpeg, second) = (numbered.clone(), find(&numbered, 0xd1));
    numbered[second + 1] = 0xd5;
    check_same(&numbered, &jpeg);
    let arithmetic = rgb(8, ARITHMETIC).encoded();
    check_same(&[&arithmetic[..], b"and more"].concat(), &arithmetic);
}

#[test]
fn jpegs_with_missing_samples_are_damaged() {
    for more in [PLAIN, PROGRESSIVE, RESTARTS] {
        let jpeg = rgb(8, more).encoded();
        let scan = find(&jpeg, 0xda);
        for part in 1..10 {
            check_damaged(&jpeg[..scan + (jpeg.len() - scan) * part / 10]);
            check_damaged(&[&jpeg[..scan + (jpeg.len() - scan) * part / 10], b"\xff\xd9"].concat());
        }
        check_damaged(&inserted(&jpeg[..scan + (jpeg.len() - scan) / 2], 2, b"stray"));
    }
    let arithmetic = rgb(8, ARITHMETIC).encoded();
    check_damaged(&arithmetic[..arithmetic.len() / 2]);
    // A frame that is taller than its scan. A canvas that shows only what is there needs no more.
    let mut tall = rgb(8, PLAIN).encoded();
    let frame = find(&tall, 0xc0);
    tall[frame + 5] = 1;
    assert!(matches!(read(&tall), Err(Error::Damaged { .. })));
    assert!(matches!(decode(&tall, 1, 1 << 20), Err(Error::Damaged { .. })));
    let decodes = |size| {
        let mut canvas = Planar::blank(size, Subsampling::S444);
        decode_into(&tall, 1, &mut canvas, ((0, 0), (0, 0)), SIZE).unwrap()
    };
    assert!(decodes(SIZE) && !decodes(Dimensions::new(SIZE.width, SIZE.height + 256)));
}

#[test]
fn locally_damaged_jpegs_are_decoded() {
    let same_percentage = |jpeg: &[u8], sound: &[u8]| {
        let (found, expected) = (read(jpeg).unwrap(), read(sound).unwrap());
        let decoded = decode(jpeg, 1, 1 << 20).unwrap().into_packed();
        assert!(max_difference(&decoded.samples, narrow(&found)) <= 3, "the decoders differ");
        let is_same = |(a, b): &(&u8, &u8)| a.abs_diff(**b) <= 3;
        narrow(&found).iter().zip(narrow(&expected)).filter(is_same).count() * 100 / narrow(&expected).len()
    };
    let jpeg = rgb(8, RESTARTS).encoded();
    let (first, second, third) = (find(&jpeg, 0xd0), find(&jpeg, 0xd1), find(&jpeg, 0xd2));
    // Half of an interval, and the marker before one, are missing.
    assert!(same_percentage(&[&jpeg[..(first + second) / 2], &jpeg[second..]].concat(), &jpeg) > 60);
    let mut damaged = jpeg.clone();
    damaged[second + 2..third].fill(0xfe);
    assert!(same_percentage(&damaged, &jpeg) > 60);
}

/// A progressive JPEG that ends behind one of its scans.
#[test]
fn a_missing_scan_is_damage_unless_the_file_ends_properly() {
    let jpeg = rgb(8, PROGRESSIVE).encoded();
    let scans: Vec<usize> =
        jpeg.windows(2).enumerate().filter(|(_, pair)| *pair == [0xff, 0xda]).map(|(at, _)| at).collect();
    assert!(scans.len() > 3);
    // The tables of a scan stand before it: a file cut there has all of the scan before.
    let last = scans[scans.len() - 1];
    let cut =
        last - jpeg[..last].windows(2).rev().take(400).position(|pair| pair == [0xff, 0xc4]).unwrap() - 2;
    check_damaged(&jpeg[..cut]);
    assert!(read(&[&jpeg[..cut], b"\xff\xd9"].concat()).is_ok());
    // Without its colors' scans it is no picture.
    check_damaged(&[&jpeg[..scans[0]], b"\xff\xd9"].concat());
}

#[test]
fn the_meaning_of_three_components_is_decided_as_in_libjpeg() {
    let adobe = |transform: u8| [b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0", &[transform][..]].concat();
    let jpeg = rgb(8, PLAIN).encoded();
    let bare = without(&jpeg, 0xe0);
    let named = |ids: [u8; 3]| {
        let mut jpeg = bare.clone();
        let (frame, scan) = (find(&jpeg, 0xc0), find(&jpeg, 0xda));
        for (n, id) in ids.into_iter().enumerate() {
            (jpeg[frame + 10 + n * 3], jpeg[scan + 5 + n * 2]) = (id, id);
        }
        jpeg
    };
    // Without a conversion the first pixel is luma and two neutral chromas: it is not what it was.
    let is_rgb =
        |jpeg: &[u8]| max_difference(narrow(&read(jpeg).unwrap()), narrow(&read(&bare).unwrap())) > 50;
    let same = |jpeg: &[u8]| {
        let packed = decode(jpeg, 1, 1 << 20).unwrap().into_packed();
        assert!(
            max_difference(narrow(&read(jpeg).unwrap()), &packed.samples) <= 3,
            "the decoders differ in color"
        );
        is_rgb(jpeg)
    };
    assert!(!same(&jpeg));
    assert!(!same(&bare));
    assert!(!same(&inserted(&jpeg, 20, &adobe(0))), "JFIF says more than Adobe");
    assert!(same(&inserted(&bare, 2, &adobe(0))));
    for transform in [1, 2, 77] {
        assert!(!same(&inserted(&bare, 2, &adobe(transform))), "{transform}");
    }
    assert!(same(&named(*b"RGB")));
    assert!(!same(&named(*b"rgb")));
    assert!(!same(&named([0, 1, 2])));
    assert!(!same(&inserted(&named(*b"RGB"), 2, &adobe(1))), "a marker says more than names");
}

#[test]
fn inks_are_inverted_with_or_without_a_marker() {
    let (cmyk, ycck) = (tj::TJCS_TJCS_CMYK as i32, tj::TJCS_TJCS_YCCK as i32);
    let expected: Vec<u8> = inks(cmyk, PLAIN).samples().iter().map(|&sample| !(sample as u8)).collect();
    let check = |jpeg: &[u8]| {
        let raw = read(jpeg).unwrap();
        assert_eq!(raw.model, Model::Cmyk);
        max_difference(narrow(&raw), &expected)
    };
    let with_transform = |jpeg: &[u8], transform: u8| {
        let mut jpeg = jpeg.to_vec();
        let at = find(&jpeg, 0xee);
        jpeg[at + 15] = transform;
        jpeg
    };
    for more in [PLAIN, PROGRESSIVE] {
        let (plain, converted) = (inks(cmyk, more).encoded(), inks(ycck, more).encoded());
        assert!(check(&plain) <= 6);
        assert!(check(&without(&plain, 0xee)) <= 6, "the same without an Adobe marker");
        assert!(check(&converted) <= 6);
        assert!(check(&with_transform(&converted, 9)) <= 6, "an unknown transform is YCCK");
        assert!(check(&with_transform(&plain, 9)) > 50);
    }
    let plain = raw(&inks(cmyk, PLAIN).encoded(), 1, 1 << 20, Inks::Plain).unwrap();
    let inverted: Vec<u8> = expected.iter().map(|&sample| !sample).collect();
    assert!(max_difference(narrow(&plain), &inverted) <= 6);
}

#[test]
fn other_depths_are_widened() {
    for (coding, within) in [
        (gray(12, PLAIN), 40),
        (rgb(12, PLAIN), 600),
        (rgb(12, PROGRESSIVE), 600),
        (gray(16, LOSSLESS), 0),
        (gray(12, LOSSLESS), 0),
        (gray(9, LOSSLESS), 0),
        (Coding { colors: tj::TJCS_TJCS_RGB as i32, ..rgb(14, LOSSLESS) }, 0),
    ] {
        let jpeg = coding.encoded();
        let header = super::header(&jpeg).unwrap().unwrap();
        assert_eq!(i32::from(header.bits), coding.bits);
        let Samples::U16(found) = read(&jpeg).unwrap().samples else { panic!("narrow samples") };
        let max = (1u32 << coding.bits) - 1;
        for (found, expected) in found.iter().zip(coding.samples()) {
            let expected = ((u32::from(expected) * 65_535 + max / 2) / max) as u16;
            assert!(found.abs_diff(expected) <= within, "{found} {expected} of {} bits", coding.bits);
        }
        assert!(matches!(decode(&jpeg, 1, 1 << 20), Err(Error::Unsupported(_))));
    }
}

#[test]
fn lossless_bytes_are_read_at_any_fraction() {
    for coding in [gray(8, LOSSLESS), Coding { colors: tj::TJCS_TJCS_RGB as i32, ..rgb(8, LOSSLESS) }] {
        let jpeg = coding.encoded();
        let expected: Vec<u8> = coding.samples().iter().map(|&sample| sample as u8).collect();
        assert_eq!(narrow(&read(&jpeg).unwrap()), expected);
        let Raster { samples, channels, .. } = decode(&jpeg, 1, 1 << 20).unwrap().into_packed();
        assert_eq!((samples, channels == Channels::Gray), (expected, coding.count() == 1));
        assert_eq!(decode(&jpeg, 4, 1 << 20).unwrap().dimensions(), SIZE.reduced(4));
    }
    let four: Vec<u16> = gray(4, LOSSLESS).samples();
    let expected: Vec<u8> = four.iter().map(|&sample| sample as u8 * 17).collect();
    assert_eq!(narrow(&read(&gray(4, LOSSLESS).encoded()).unwrap()), expected);
}

#[test]
fn unusual_tiles_are_cropped() {
    let jpeg = rgb(8, PLAIN).encoded();
    let cut = Dimensions::new(33, 17);
    let sound = decode(&super::crop(&jpeg, cut, 1 << 20).unwrap(), 1, 1 << 20).unwrap().into_packed();
    let profiled =
        super::insert_metadata(&jpeg[..jpeg.len() - 2], &crate::metadata::EmbeddedMetadata::icc(&[7; 300]));
    let found = super::crop(&profiled, cut, 1 << 20).unwrap();
    assert_eq!(super::header(&found).unwrap().unwrap().icc, Some(vec![7; 300]));
    let found = decode(&found, 1, 1 << 20).unwrap().into_packed();
    assert_eq!(found.dimensions, cut);
    assert!(max_difference(&sound.samples, &found.samples) < 24);
    assert!(super::crop(&jpeg[..jpeg.len() / 2], cut, 1 << 20).is_err());
}
