//! Tests of JPEG and WebP tiles and strips.

use super::*;
use crate::metadata::EmbeddedMetadata;

/// A JPEG of a single color.
struct Flat<'a> {
    side: u16,
    values: &'a [u8],
    names: &'a [u8],
    /// Sampling factors of the first component; the others have 1.
    luma: (u8, u8),
    /// Segments after the start.
    segments: &'a [u8],
}

const JFIF: &[u8] = b"\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0";

fn adobe(transform: u8) -> Vec<u8> {
    [b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0", &[transform][..]].concat()
}

impl Flat<'_> {
    /// Encodes each block as its DC coefficient, the difference from 128 in steps of 8.
    fn jpeg(&self) -> Vec<u8> {
        let mut out = [&[0xff, 0xd8], self.segments, &[0xff, 0xdb, 0, 67, 0], &[8; 64]].concat();
        let [high, low] = self.side.to_be_bytes();
        let count = self.values.len() as u8;
        out.extend([0xff, 0xc0, 0, 8 + 3 * count, 8, high, low, high, low, count]);
        for (n, name) in self.names.iter().enumerate() {
            out.extend([*name, if n == 0 { self.luma.0 << 4 | self.luma.1 } else { 0x11 }, 0]);
        }
        // Nine codes of four bits for sizes, and one of one bit for the end of a block.
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

/// A TIFF of one JPEG tile of 16 x 16 pixels.
fn jpeg_file(jpeg: Vec<u8>, photometric: u64, samples: u64) -> File {
    let file = File::tiles((16, 16), 16, vec![jpeg]).with(259, SHORT, &[7]).with(262, SHORT, &[photometric]);
    file.with(258, SHORT, &vec![8; samples as usize]).with(277, SHORT, &[samples])
}

#[test]
fn the_directory_decides_what_the_components_of_a_jpeg_are() {
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
fn a_response_from_a_stored_tile_has_one_marker() {
    let flat = Flat { side: 16, values: &[76, 85, 255], names: &[1, 2, 3], luma: (1, 1), segments: JFIF };
    for (photometric, luma, first, expected) in
        [(2, (1, 1), 0xee, [76, 85, 255]), (2, (2, 2), 0xee, [254, 0, 0]), (6, (1, 1), 0xe0, [254, 0, 0])]
    {
        let file = jpeg_file(Flat { luma, ..flat }.jpeg(), photometric, 3).bytes();
        let level = &opened(&file).unwrap().levels[0];
        let (head, range) =
            (complete_jpeg::head(level, None), level.range(TileIndex { column: 0, row: 0 }).unwrap());
        let tile = &file[(range.start + complete_jpeg::SOI_BYTES) as usize..range.end as usize];
        let response = complete_jpeg::consistent(Bytes::from([&head, tile].concat()), head.len());
        let markers = response.windows(2).filter(|pair| pair[0] == 0xff && (0xe0..=0xef).contains(&pair[1]));
        assert_eq!(markers.map(|pair| pair[1]).collect::<Vec<_>>(), [first]);
        let decoded = crate::pixels::jpeg::decode(&response, 1, 256).unwrap().into_packed();
        assert_eq!(decoded.samples[..3], expected);
    }
}

#[test]
fn jpegs_of_other_components_are_read() {
    let ink =
        Flat { side: 16, values: &[10, 20, 30, 40], names: &[1, 2, 3, 4], luma: (1, 1), segments: &adobe(2) };
    let file = jpeg_file(ink.jpeg(), 5, 4);
    check("CMYK, which an Adobe marker does not invert", &file, &[10, 20, 30, 40].repeat(256));
    assert_eq!(opened(&file.bytes()).unwrap().shape().model, Model::Cmyk);
    let four = jpeg_file(ink.jpeg(), 2, 4);
    check("RGB and alpha", &four.clone().with(338, SHORT, &[2]), &[10, 20, 30, 40].repeat(256));
    check("RGB and an unknown sample", &four, &[10, 20, 30].repeat(256));
    assert!(
        matches!(opened(&four.bytes()).unwrap().kind, Kind::Untiled { .. }),
        "its tiles cannot be served alone"
    );
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
    // At the image's edge, the missing pixels would be padding.
    let edge = jpeg_file(flat.jpeg(), 6, 3).with(256, LONG, &[8]).with(257, LONG, &[7]);
    check("cropped at the edge", &edge, &[254, 0, 0].repeat(56));
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
    // Only coded samples; all components share tables, which are in the incomplete stream.
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
fn alpha_that_an_encoder_omitted_is_opaque() {
    let raster = |pixel: &[u8], channels| {
        let samples = pixel.repeat(256);
        let raster = Raster { dimensions: Dimensions::new(16, 16), channels, samples };
        encode::webp(&raster, &EmbeddedMetadata::default()).unwrap()
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
