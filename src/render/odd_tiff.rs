//! TIFFs that cannot be cut (strips, separate planes, odd sample widths), decoded whole.

use std::io::Cursor;

use tiff::ColorType;
use tiff::decoder::{Decoder, DecodingResult, Limits};
use tiff::tags::Tag;

use crate::iiif::Dimensions;
use crate::pixels::{Channels, Error, Raster};

const WHAT: &str = "TIFF";

/// Decodes page `page` (1 is the first that is no reduced copy) to 8-bit samples.
pub fn decode(file: &[u8], page: u32, limit: u64) -> Result<Raster, Error> {
    let damaged = |error: tiff::TiffError| match error {
        tiff::TiffError::UnsupportedError(error) => {
            Error::Unsupported(format!("the TIFF is of a kind that is not read: {error}"))
        }
        other => Error::damaged(WHAT, other),
    };
    let mut limits = Limits::default();
    // Samples may be four of 16 bits.
    limits.decoding_buffer_size = usize::try_from(limit.saturating_mul(8)).unwrap_or(usize::MAX);
    limits.intermediate_buffer_size = limits.decoding_buffer_size;
    let mut decoder = Decoder::new(Cursor::new(file)).map_err(damaged)?.with_limits(limits);
    let mut left = page;
    loop {
        let reduced =
            decoder.find_tag_unsigned::<u32>(Tag::NewSubfileType).ok().flatten().unwrap_or(0) & 1 == 1;
        left -= u32::from(!reduced && left > 0);
        if left == 0 {
            break;
        }
        if !decoder.more_images() {
            return Err(Error::damaged(WHAT, "the page is not there"));
        }
        decoder.next_image().map_err(damaged)?;
    }
    let (width, height) = decoder.dimensions().map_err(damaged)?;
    let dimensions = Dimensions::new(width, height);
    if dimensions.area() == 0 || dimensions.area() > limit {
        return Err(Error::TooLarge { pixels: dimensions.area(), limit });
    }
    let planar = decoder.find_tag_unsigned::<u16>(Tag::PlanarConfiguration).ok().flatten() == Some(2);
    let color = decoder.colortype().map_err(damaged)?;
    if planar && !matches!(color, ColorType::Gray(_)) {
        let reason = "the TIFF keeps its colours in separate planes, which is not read; write it anew with \
                      interleaved samples, as with `vips copy`";
        return Err(Error::Unsupported(reason.into()));
    }
    let decoded = decoder.read_image().map_err(damaged)?;
    raster(dimensions, color, decoded)
}

fn raster(dimensions: Dimensions, color: ColorType, decoded: DecodingResult) -> Result<Raster, Error> {
    let unsupported = || {
        let reason = format!("the TIFF has samples of kind {color:?}; grey and RGB of 8 or 16 bits are read");
        Error::Unsupported(reason)
    };
    let samples = match decoded {
        DecodingResult::U8(samples) => samples,
        DecodingResult::U16(samples) => {
            samples.into_iter().map(|s| ((u32::from(s) + 128) / 257) as u8).collect()
        }
        _ => return Err(unsupported()),
    };
    let area = dimensions.area() as usize;
    let (channels, count) = match color {
        ColorType::Gray(1) => {
            return Ok(Raster { dimensions, channels: Channels::Gray, samples: bits(dimensions, &samples) });
        }
        ColorType::Gray(8 | 16) => (Channels::Gray, 1),
        ColorType::RGB(8 | 16) => (Channels::Rgb, 3),
        ColorType::RGBA(8 | 16) => (Channels::Rgba, 4),
        _ => return Err(unsupported()),
    };
    if samples.len() != area * count {
        return Err(Error::damaged(
            WHAT,
            format!("it holds {} samples instead of {}", samples.len(), area * count),
        ));
    }
    Ok(Raster { dimensions, channels, samples })
}

/// One bit a pixel, rows filled up to whole bytes.
fn bits(dimensions: Dimensions, packed: &[u8]) -> Vec<u8> {
    let width = dimensions.width as usize;
    let rows = packed.chunks(width.div_ceil(8)).take(dimensions.height as usize);
    let mut samples: Vec<u8> = rows
        .flat_map(|row| {
            (0..width)
                .map(move |x| if row.get(x / 8).is_some_and(|b| b >> (7 - x % 8) & 1 == 1) { 255 } else { 0 })
        })
        .collect();
    samples.resize(dimensions.area() as usize, 0);
    samples
}
