//! PNG of every kind → 8-bit grey, RGB or RGBA.

use std::io::Cursor;

use png::{BitDepth, ColorType, Decoder, DecodingError, Limits, Reader, Transformations};

use super::{Channels, Decoded, Dimensions, Error, Header, PROFILE_BYTES, Raster, orientation};

const WHAT: &str = "PNG";
const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Reads a PNG of at most `limit_pixels` pixels.
pub fn png(bytes: &[u8], limit_pixels: u64) -> Result<Decoded, Error> {
    let header = png_header(bytes)?.within(limit_pixels)?;
    let mut reader = read(bytes, header.dimensions)?;
    let (kind, depth) = reader.output_color_type();
    let length = reader.output_buffer_size().ok_or_else(|| Error::damaged(WHAT, "its size overflows"))?;
    let mut samples = vec![0; length];
    reader.next_frame(&mut samples).map_err(damaged)?;
    if depth == BitDepth::Sixteen {
        halve(&mut samples);
    }
    let (channels, samples) = match kind {
        ColorType::Grayscale => (Channels::Gray, samples),
        ColorType::GrayscaleAlpha => (Channels::Rgba, spread(&samples)),
        ColorType::Rgb => (Channels::Rgb, samples),
        ColorType::Rgba => (Channels::Rgba, samples),
        ColorType::Indexed => return Err(Error::damaged(WHAT, "it has no palette")),
    };
    let info = reader.info();
    Ok(Decoded {
        raster: Raster { dimensions: header.dimensions, channels, samples },
        icc: info.icc_profile.as_deref().filter(|icc| icc.len() <= PROFILE_BYTES).map(<[u8]>::to_vec),
        orientation: info.exif_metadata.as_deref().map_or(1, orientation),
    })
}

/// Reads what stands before a PNG's samples; its first few KiB suffice.
pub fn png_header(bytes: &[u8]) -> Result<Header, Error> {
    let short = || Error::damaged(WHAT, "it ends within its header");
    let header = bytes.strip_prefix(SIGNATURE).ok_or_else(|| Error::damaged(WHAT, "no signature"))?;
    let (header, after) = header.split_at_checked(25).ok_or_else(short)?;
    if &header[..8] != b"\0\0\0\x0dIHDR" {
        return Err(Error::damaged(WHAT, "it does not begin with `IHDR`"));
    }
    let side = |at: usize| header[at..at + 4].iter().fold(0, |sum, &byte| sum << 8 | u32::from(byte));
    let dimensions = Dimensions::new(side(8), side(12));
    if dimensions.area() == 0 || side(8) > i32::MAX as u32 || side(12) > i32::MAX as u32 {
        return Err(Error::damaged(WHAT, format_args!("a size of {dimensions}")));
    }
    let channels = match (header[17], is_pierced(after)) {
        (0, false) => Channels::Gray,
        (2 | 3, false) => Channels::Rgb,
        (0 | 2 | 3, true) | (4 | 6, _) => Channels::Rgba,
        (kind, _) => return Err(Error::damaged(WHAT, format_args!("a colour type of {kind}"))),
    };
    Ok(Header { dimensions, channels, bits: header[16] })
}

/// Whether a `tRNS` chunk comes before the samples.
fn is_pierced(mut chunks: &[u8]) -> bool {
    while let [a, b, c, d, name @ ..] = chunks
        && let Some((name, _)) = name.split_first_chunk::<4>()
    {
        let length = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
        match name {
            b"tRNS" => return true,
            b"IDAT" | b"IEND" => return false,
            _ => chunks = chunks.get(length.saturating_add(12)..).unwrap_or_default(),
        }
    }
    false
}

/// A decoder that stands before the samples; what spends its memory on a profile does without it.
fn read(bytes: &[u8], dimensions: Dimensions) -> Result<Reader<Cursor<&[u8]>>, Error> {
    // The decoder counts a chunk, what it unfolds to, and a row against this.
    let limits = Limits { bytes: 2 * PROFILE_BYTES + dimensions.width as usize * 16 };
    let open = |without_profile| {
        let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), limits);
        decoder.set_transformations(Transformations::EXPAND);
        decoder.set_ignore_text_chunk(true);
        decoder.set_ignore_iccp_chunk(without_profile);
        decoder.read_info()
    };
    match open(false) {
        Err(DecodingError::LimitsExceeded) => open(true),
        opened => opened,
    }
    .map_err(damaged)
}

fn damaged(error: DecodingError) -> Error {
    Error::damaged(WHAT, error)
}

/// 16-bit samples to 8 bits, rounded: 257 steps of the one are one step of the other.
fn halve(samples: &mut Vec<u8>) {
    for at in 0..samples.len() / 2 {
        let wide = u32::from(samples[2 * at]) << 8 | u32::from(samples[2 * at + 1]);
        samples[at] = ((wide + 128) / 257) as u8;
    }
    samples.truncate(samples.len() / 2);
}

/// Grey with alpha as RGBA.
fn spread(samples: &[u8]) -> Vec<u8> {
    samples.chunks_exact(2).flat_map(|pixel| [pixel[0], pixel[0], pixel[0], pixel[1]]).collect()
}

#[cfg(test)]
mod tests {
    use super::super::torture::file;
    use super::*;
    use crate::pixels::encode;

    #[track_caller]
    fn check(name: &str, size: (u32, u32), channels: Channels, bits: u8, profile: Option<usize>) {
        let Some(bytes) = file(name) else { return };
        let dimensions = Dimensions::new(size.0, size.1);
        let start = &bytes[..bytes.len().min(2048)];
        assert_eq!(png_header(start).unwrap(), Header { dimensions, channels, bits });
        let decoded = png(&bytes, dimensions.area()).unwrap();
        assert_eq!(decoded.raster.dimensions, dimensions);
        assert_eq!(decoded.raster.channels, channels);
        assert_eq!(decoded.raster.samples.len(), decoded.raster.stride() * size.1 as usize);
        assert_eq!(decoded.icc.map(|icc| icc.len()), profile);
        assert!(matches!(png(&bytes, dimensions.area() - 1), Err(Error::TooLarge { .. })));
    }

    #[test]
    fn every_kind_is_read() {
        check("png-palette.png", (290, 442), Channels::Rgb, 8, None);
        check("png-rgb8-interlaced.png", (32, 32), Channels::Rgb, 8, None);
        check("png-rgba16.png", (64, 56), Channels::Rgba, 16, None);
        check("png-rec2020-icc.png", (1000, 1000), Channels::Rgba, 8, Some(500));
        check("made-png16-gray-icc.png", (267, 400), Channels::Gray, 16, Some(360));
    }

    #[test]
    fn a_broken_stream_is_an_error() {
        let Some(bytes) = file("png-broken-stream.png") else { return };
        assert!(png_header(&bytes).is_ok());
        assert!(matches!(png(&bytes, 1 << 20), Err(Error::Damaged { what: "PNG", .. })));
    }

    #[test]
    fn a_file_cut_anywhere_is_an_error() {
        let raster = Raster::blank(Dimensions::new(9, 9), Channels::Rgba);
        let whole = encode::png(&raster, &encode::Notes::icc(&[7; 40])).unwrap();
        // The last 12 bytes are `IEND`, which nothing needs.
        for end in 0..whole.len() - 16 {
            assert!(png(&whole[..end], 1000).is_err(), "{end}");
        }
    }

    #[test]
    fn a_profile_that_is_a_bomb_is_left_out() {
        let raster = Raster::blank(Dimensions::new(9, 9), Channels::Gray);
        let bytes = encode::png(&raster, &encode::Notes::icc(&vec![0; 64 << 20])).unwrap();
        assert!(bytes.len() < 1 << 20);
        let decoded = png(&bytes, 1000).unwrap();
        assert_eq!((decoded.raster, decoded.icc), (raster, None));
    }

    #[test]
    fn wide_samples_are_rounded() {
        let mut samples: Vec<u8> = [0u16, 128, 129, 0x7fff, 0x8080, 65_406, 65_407, 65_535]
            .iter()
            .flat_map(|sample| sample.to_be_bytes())
            .collect();
        halve(&mut samples);
        assert_eq!(samples, [0, 0, 1, 127, 128, 254, 255, 255]);
    }

    proptest::proptest! {
        #[test]
        fn damage_never_panics(at in 0..2000usize, value: u8, also in 0..2000usize, other: u8) {
            for name in ["png-rgb8-interlaced.png", "png-rgba16.png", "png-palette.png"] {
                let Some(mut bytes) = file(name) else { return Ok(()) };
                let length = bytes.len();
                bytes[at % length] = value;
                bytes[also % 64] = other;
                let _ = (png_header(&bytes), png(&bytes, 1 << 20));
            }
        }
    }
}
