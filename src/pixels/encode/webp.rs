//! Encodes lossy WebP with alpha, with profile and credit in the extended container.

use webp::{Encoder, PixelLayout, WebPConfig};

use super::{EmbeddedMetadata, Error, check_size, refused};
use crate::iiif::Dimensions;
use crate::pixels::{Channels, Raster};

const QUALITY: f32 = 80.0;
/// libwebp's method: twice as fast as its default of 4, for files that are 4 % larger.
const METHOD: i32 = 2;
/// The longest side in pixels, which has 14 bits.
const MAX_SIDE: u32 = 16_383;

const ALPHA: u8 = 0x10;
const ICC: u8 = 0x20;
const XMP: u8 = 0x04;

/// Writes a lossy WebP with alpha, profile and credit.
///
/// # Errors
/// If the raster is too large for the format.
pub fn webp(raster: &Raster, metadata: &EmbeddedMetadata) -> Result<Vec<u8>, Error> {
    let dimensions = raster.dimensions;
    check_size("webp", dimensions, MAX_SIDE, u64::from(MAX_SIDE) * u64::from(MAX_SIDE))?;
    let mut config = WebPConfig::new().map_err(|()| refused("webp", "libwebp's version differs"))?;
    config.quality = QUALITY;
    config.method = METHOD;
    let expanded;
    let (samples, layout) = match raster.channels {
        Channels::Gray => {
            expanded = raster.samples.iter().flat_map(|&gray| [gray; 3]).collect::<Vec<_>>();
            (&expanded, PixelLayout::Rgb)
        }
        Channels::Rgb => (&raster.samples, PixelLayout::Rgb),
        Channels::Rgba => (&raster.samples, PixelLayout::Rgba),
    };
    let file = Encoder::new(samples, layout, dimensions.width, dimensions.height)
        .encode_advanced(&config)
        .map_err(|error| refused("webp", format_args!("{error:?}")))?;
    Ok(match (metadata.icc.as_deref(), metadata.xmp()) {
        (None, None) => file.to_vec(),
        (icc, xmp) => extended(&file, dimensions, icc, xmp.as_deref()),
    })
}

/// Rewrites the file with `VP8X`, `ICCP`, its original chunks and `XMP ` (RFC 9649, §2.7).
fn extended(file: &[u8], dimensions: Dimensions, icc: Option<&[u8]>, xmp: Option<&[u8]>) -> Vec<u8> {
    const HEADER: usize = 12;
    const EXTENDED: usize = 18;
    let (extended, rest) = match file.get(HEADER..) {
        Some(chunks) if chunks.starts_with(b"VP8X") && chunks.len() >= EXTENDED => chunks.split_at(EXTENDED),
        chunks => (&[][..], chunks.unwrap_or_default()),
    };
    let alpha = extended.get(8).map_or(0, |flags| flags & ALPHA);
    let [width, height] = [dimensions.width, dimensions.height].map(|side| (side - 1).to_le_bytes());
    let mut body = b"WEBP".to_vec();
    let flags = [alpha | icc.map_or(0, |_| ICC) | xmp.map_or(0, |_| XMP), 0, 0, 0];
    chunk(&mut body, b"VP8X", &[&flags[..], &width[..3], &height[..3]].concat());
    if let Some(icc) = icc {
        chunk(&mut body, b"ICCP", icc);
    }
    body.extend_from_slice(rest);
    if let Some(xmp) = xmp {
        chunk(&mut body, b"XMP ", xmp);
    }
    let mut whole = Vec::with_capacity(body.len() + 8);
    chunk(&mut whole, b"RIFF", &body);
    whole
}

fn chunk(file: &mut Vec<u8>, name: &[u8; 4], payload: &[u8]) {
    file.extend_from_slice(name);
    file.extend_from_slice(&(payload.len() as u32).to_le_bytes());
    file.extend_from_slice(payload);
    if payload.len() % 2 == 1 {
        file.push(0);
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{distance, gradient};
    use super::*;
    use crate::metadata::sample_credit as credit;
    use crate::pixels::decode;

    fn metadata_cases() -> [EmbeddedMetadata; 4] {
        let (plain, tagged) = (EmbeddedMetadata::default(), EmbeddedMetadata::icc(b"a profile"));
        let credited =
            |metadata: &EmbeddedMetadata| EmbeddedMetadata { credit: Some(credit()), ..metadata.clone() };
        [credited(&plain), credited(&tagged), plain, tagged]
    }

    /// The contents of the `XMP ` chunk; checks that the flags state whether there is one.
    fn packet(file: &[u8]) -> Option<Vec<u8>> {
        let mut chunks = file.get(12..).unwrap();
        let flags = if chunks.starts_with(b"VP8X") { chunks[8] } else { 0 };
        while let Some((name, rest)) = chunks.split_first_chunk::<4>() {
            let (length, rest) = rest.split_first_chunk().unwrap();
            let length = u32::from_le_bytes(*length) as usize;
            if name == b"XMP " {
                assert_eq!(flags & XMP, XMP);
                return Some(rest[..length].to_vec());
            }
            chunks = &rest[length.next_multiple_of(2)..];
        }
        assert_eq!(flags & XMP, 0);
        None
    }

    #[test]
    fn written_files_are_read_back_approximately() {
        for channels in [Channels::Rgb, Channels::Rgba] {
            for metadata in metadata_cases() {
                let raster = gradient(65, 47, channels);
                let file = webp(&raster, &metadata).unwrap();
                let read = decode::webp(&file, 10_000).unwrap();
                assert_eq!((read.dimensions, read.channels), (raster.dimensions, channels));
                assert!(distance(&read.samples, &raster.samples) < 32);
                let icc = metadata.icc.as_deref().unwrap_or(b"ICCP");
                assert!(metadata.icc.is_none() || file.windows(icc.len()).any(|part| part == icc));
                assert_eq!(packet(&file), metadata.xmp());
            }
        }
    }

    #[test]
    fn gray_is_written_as_color() {
        let raster = gradient(20, 20, Channels::Gray);
        let read = decode::webp(&webp(&raster, &EmbeddedMetadata::default()).unwrap(), 400).unwrap();
        assert_eq!(read.channels, Channels::Rgb);
        let grays: Vec<u8> = read.samples.chunks_exact(3).map(|pixel| pixel[1]).collect();
        assert!(distance(&grays, &raster.samples) < 16);
    }

    #[test]
    fn an_image_with_a_too_long_side_is_refused() {
        let raster = Raster::blank(Dimensions::new(16_384, 1), Channels::Gray);
        assert!(webp(&raster, &EmbeddedMetadata::default()).unwrap_err().to_string().contains("16383"));
    }
}
