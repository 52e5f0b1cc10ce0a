//! Decodes PNG row by row; interlaced PNGs are decoded completely.

use std::io::BufReader;
use std::ops::Range;
use std::sync::Arc;

use png::{BitDepth, ColorType, DecodeOptions, Decoder, DecodingError, Limits, Reader, Transformations};

use super::{Error, unfold};
use crate::iiif::Dimensions;
use crate::pixels::{Alpha, Depth, FileCursor, Model, Raw, ReadAt, Rows, Samples, Shape};

const WHAT: &str = "PNG";
/// The largest row, in bytes.
const MAX_ROW: usize = 64 << 20;

struct PngRows {
    source: Source,
    shape: Shape,
    done: u32,
}

/// The source of rows; 16-bit samples are big-endian in both.
enum Source {
    Decoder(Box<Reader<BufReader<FileCursor>>>),
    /// All rows of an interlaced image.
    Decoded(Vec<u8>),
}

/// Opens a PNG; an interlaced one may have at most `whole` pixels. Palettes are expanded to RGB, fewer than 8 bits to 8,
/// and transparent colors to alpha.
///
/// # Errors
/// If the file is damaged, not supported or too large.
pub fn png_rows(file: Arc<dyn ReadAt>, whole: u64) -> Result<Box<dyn Rows>, Error> {
    let mut reader = open(file.clone())?;
    let (kind, depth) = reader.output_color_type();
    let (model, alpha) = match kind {
        ColorType::Grayscale => (Model::Gray, Alpha::None),
        ColorType::GrayscaleAlpha => (Model::Gray, Alpha::Straight),
        ColorType::Rgb => (Model::Rgb, Alpha::None),
        ColorType::Rgba => (Model::Rgb, Alpha::Straight),
        ColorType::Indexed => return Err(Error::damaged(WHAT, "it has no palette")),
    };
    let info = reader.info();
    let dimensions = Dimensions::new(info.width, info.height);
    let depth = if depth == BitDepth::Sixteen { Depth::U16 } else { Depth::U8 };
    let shape = Shape { dimensions, model, alpha, depth };
    if !info.interlaced {
        let row = (u64::from(info.width) * info.bits_per_pixel() as u64).div_ceil(8) + 1;
        unfold::check(&*file, row.saturating_mul(info.height.into()))?;
        return Ok(Box::new(PngRows { source: Source::Decoder(Box::new(reader)), shape, done: 0 }));
    }
    if dimensions.area() > whole {
        return Err(Error::TooLarge { pixels: dimensions.area(), limit: whole });
    }
    let length = reader.output_buffer_size().ok_or_else(|| Error::damaged(WHAT, "its size overflows"))?;
    let mut bytes = vec![0; length];
    reader.next_frame(&mut bytes).map_err(damaged)?;
    Ok(Box::new(PngRows { source: Source::Decoded(bytes), shape, done: 0 }))
}

impl Rows for PngRows {
    fn shape(&self) -> Shape {
        self.shape
    }

    fn next(&mut self, max: u32) -> Result<Option<Raw>, Error> {
        let Shape { model, alpha, depth, .. } = self.shape;
        let Some(dimensions) = self.shape.next_rows(self.done, max) else { return Ok(None) };
        let rows = self.done..self.done + dimensions.height;
        let bytes = self.source.rows(rows.clone(), self.shape)?;
        self.done = rows.end;
        Ok(Some(Raw { dimensions, model, alpha, samples: samples(bytes, depth) }))
    }
}

impl Source {
    /// The next rows, as the decoder returns them.
    fn rows(&mut self, rows: Range<u32>, shape: Shape) -> Result<Vec<u8>, Error> {
        let too_few = || Error::damaged(WHAT, "it has fewer rows than its header states");
        let stride = shape.stride() as usize;
        let reader = match self {
            Self::Decoded(bytes) => {
                let range = rows.start as usize * stride..rows.end as usize * stride;
                return bytes.get(range).map(<[u8]>::to_vec).ok_or_else(too_few);
            }
            Self::Decoder(reader) => reader,
        };
        let is_last = rows.end == shape.dimensions.height;
        let mut bytes = Vec::with_capacity(stride * rows.len());
        for _ in rows {
            let row = reader.next_row().map_err(damaged)?.ok_or_else(too_few)?;
            if row.data().len() != stride {
                return Err(Error::damaged(WHAT, "a row is shorter than the others"));
            }
            bytes.extend_from_slice(row.data());
        }
        if is_last {
            // The pixels' checksum is after the last row; other damage there does not affect the pixels.
            let end = reader.next_row().map(drop).and_then(|()| reader.finish());
            end.or_else(|error| if is_wrong_checksum(&error) { Err(damaged(error)) } else { Ok(()) })?;
        }
        Ok(bytes)
    }
}

fn samples(bytes: Vec<u8>, depth: Depth) -> Samples {
    match depth {
        Depth::U8 => Samples::U8(bytes),
        Depth::U16 => {
            Samples::U16(bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect())
        }
    }
}

/// A decoder that has read everything before the samples.
///
/// The pixels' own checksum (zlib's Adler-32) is verified, the chunks' checksums are not, as in all common readers.
fn open(file: Arc<dyn ReadAt>) -> Result<Reader<BufReader<FileCursor>>, Error> {
    let mut options = DecodeOptions::default();
    options.set_ignore_crc(true);
    options.set_ignore_adler32(false);
    let input = BufReader::with_capacity(256 << 10, FileCursor::new(file));
    let mut decoder = Decoder::new_with_options(input, options);
    // A row has at most 8 bytes per pixel, and the header may claim many pixels. Metadata is read elsewhere.
    decoder.set_limits(Limits { bytes: MAX_ROW });
    decoder.set_transformations(Transformations::EXPAND);
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    decoder.read_info().map_err(damaged)
}

/// The library gives the reason only as text.
fn is_wrong_checksum(error: &DecodingError) -> bool {
    matches!(error, DecodingError::Format(_)) && error.to_string().contains("WrongChecksum")
}

fn damaged(error: DecodingError) -> Error {
    match error {
        DecodingError::LimitsExceeded => Error::Unsupported(format!(
            "a PNG with rows of more than {} MiB; write it as a tiled TIFF, as with `vips tiffsave --tile`",
            MAX_ROW >> 20
        )),
        error => Error::damaged(WHAT, error),
    }
}

#[cfg(test)]
mod tests {
    use super::super::difficult::{expected, file};
    use super::*;
    use crate::pixels::read_rows;
    use bytes::Bytes;

    fn encoded(kind: ColorType, depth: BitDepth, size: (u32, u32), samples: &[u8]) -> Bytes {
        let mut out = Vec::new();
        let mut encoder = png::Encoder::new(&mut out, size.0, size.1);
        encoder.set_color(kind);
        encoder.set_depth(depth);
        if kind == ColorType::Indexed {
            encoder.set_palette(vec![10, 20, 30, 40, 50, 60]);
            encoder.set_trns(vec![255, 7]);
        }
        encoder.write_header().unwrap().write_image_data(samples).unwrap();
        out.into()
    }

    fn read(png: Bytes) -> Result<Raw, Error> {
        read_rows(png_rows(Arc::new(png), 1 << 20)?, 1 << 20)
    }

    #[test]
    fn every_kind_keeps_its_samples() {
        let two = |kind, depth, samples: &[u8]| read(encoded(kind, depth, (2, 1), samples)).unwrap();
        let gray = two(ColorType::Grayscale, BitDepth::Sixteen, &[1, 2, 3, 4]);
        assert_eq!((gray.model, gray.samples), (Model::Gray, Samples::U16(vec![0x102, 0x304])));
        let bits = two(ColorType::Grayscale, BitDepth::Two, &[0b0110_0000]);
        assert_eq!(bits.samples, Samples::U8(vec![85, 170]));
        let palette = two(ColorType::Indexed, BitDepth::One, &[0b0100_0000]);
        assert_eq!((palette.model, palette.alpha), (Model::Rgb, Alpha::Straight));
        assert_eq!(palette.samples, Samples::U8(vec![10, 20, 30, 255, 40, 50, 60, 7]));
        let pair = two(ColorType::GrayscaleAlpha, BitDepth::Eight, &[1, 2, 3, 4]);
        assert_eq!((pair.model, pair.alpha, pair.samples.len()), (Model::Gray, Alpha::Straight, 4));
    }

    #[test]
    fn broken_files_are_refused() {
        let png = encoded(ColorType::Rgb, BitDepth::Eight, (40, 40), &[9; 4800]);
        for length in [0, 8, 20, 33, png.len() / 2] {
            assert!(read(png.slice(..length)).is_err(), "{length}");
        }
        for name in ["damaged-stream.png", "png-broken-stream.png"] {
            let Some(broken) = file(name) else { continue };
            assert!(read(broken.into()).is_err(), "{name}");
        }
        // A wrong checksum of the pixels, with the chunk's checksum and the end chunk after it.
        let mut png = encoded(ColorType::Rgb, BitDepth::Eight, (40, 40), &noise()).to_vec();
        let at = png.len() - 12 - 4 - 1;
        png[at] ^= 1;
        assert!(read(png.into()).is_err());
    }

    fn noise() -> Vec<u8> {
        (0..4800u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
    }

    #[test]
    fn damage_outside_the_pixels_does_not_affect_them() {
        let png = encoded(ColorType::Rgb, BitDepth::Eight, (40, 40), &noise());
        let expected = read(png.clone()).unwrap();
        let chunk =
            |name: &[u8], body: &[u8]| [&(body.len() as u32).to_be_bytes()[..], name, body, b"none"].concat();
        let before = |chunk: Vec<u8>| [&png[..33], &chunk, &png[33..]].concat();
        let changed = |at: usize| {
            let mut png = png.to_vec();
            png[at] ^= 1;
            png
        };
        let end = png.len() - 12;
        for file in [
            png[..end].to_vec(),
            png[..end + 5].to_vec(),
            png[..png.len() - 1].to_vec(),
            changed(png.len() - 1),
            changed(end - 1),
            changed(32),
            [&png[..], b"and more"].concat(),
            before(chunk(b"iCCP", b"a name\0\0no zlib")),
            before(chunk(b"iCCP", b"")),
            before(chunk(b"gAMA", b"\0")),
            before(chunk(b"eXIf", b"nothing")),
            before(chunk(b"tRNS", b"\0")),
            before([chunk(b"pHYs", &[0; 9]), chunk(b"pHYs", &[0; 9])].concat()),
        ] {
            let found = read(file.into()).unwrap();
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn difficult_files_are_read() {
        for (name, width, depth) in [
            ("png-rgba16.png", 64, Depth::U16),
            ("png-rgb8-interlaced.png", 32, Depth::U8),
            ("png-palette.png", 290, Depth::U8),
            ("made-png16-gray-icc.png", 267, Depth::U16),
        ] {
            let Some(png) = file(name) else { continue };
            let raw = read(png.into()).unwrap();
            assert_eq!((raw.dimensions.width, raw.samples.depth()), (width, depth), "{name}");
        }
        for (name, shown) in [
            ("interlaced.png", "rgb"),
            ("palette.png", "palette"),
            ("palette-2-bits.png", "few"),
            ("bits.png", "bits"),
        ] {
            assert_eq!(read(file(name).unwrap().into()).unwrap(), expected(shown), "{name}");
        }
        let wide = read(file("rgba16.png").unwrap().into()).unwrap();
        let (Samples::U16(wide), Samples::U8(narrow)) = (wide.samples, expected("rgba").samples) else {
            panic!()
        };
        assert!(wide.iter().map(|sample| sample >> 8).eq(narrow.iter().copied().map(u16::from)));
    }

    proptest::proptest! {
        #[test]
        fn flipped_bytes_are_read_or_refused(at in 0..200usize, value: u8) {
            let mut png = encoded(ColorType::Rgb, BitDepth::Eight, (8, 8), &[77; 192]).to_vec();
            let length = png.len();
            png[at % length] = value;
            let _ = read(png.into());
        }
    }
}
