//! TIFFs in compressions that are left to a library (fax and the like), decoded whole.

use std::io::{BufReader, Read, Seek};

use tiff::ColorType;
use tiff::decoder::{Decoder, DecodingResult, Limits};
use tiff::tags::Tag;

use crate::iiif::Dimensions;
use crate::pixels::{Alpha, Error, Model, Raw, Samples};

const WHAT: &str = "TIFF";

/// Decodes page `page` (1 is the first that is no reduced copy) whole.
pub fn decode(file: impl Read + Seek, page: u32, limit: u64) -> Result<Raw, Error> {
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
    let mut decoder = Decoder::new(BufReader::new(file)).map_err(damaged)?.with_limits(limits);
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
    raw(dimensions, color, decoded)
}

fn raw(dimensions: Dimensions, color: ColorType, decoded: DecodingResult) -> Result<Raw, Error> {
    let unsupported = || {
        let reason = format!(
            "the TIFF has samples of kind {color:?} in a compression that is not read; write it anew, as with \
             `vips copy IN OUT.tif[compression=deflate]`"
        );
        Error::Unsupported(reason)
    };
    let samples = match decoded {
        DecodingResult::U8(samples) => Samples::U8(samples),
        DecodingResult::U16(samples) => Samples::U16(samples),
        _ => return Err(unsupported()),
    };
    let (model, alpha) = match color {
        ColorType::Gray(1) => (Model::Gray, Alpha::None),
        ColorType::Gray(8 | 16) => (Model::Gray, Alpha::None),
        ColorType::RGB(8 | 16) => (Model::Rgb, Alpha::None),
        ColorType::RGBA(8 | 16) => (Model::Rgb, Alpha::Straight),
        ColorType::CMYK(8 | 16) => (Model::Cmyk, Alpha::None),
        _ => return Err(unsupported()),
    };
    let samples = match (color, samples) {
        (ColorType::Gray(1), Samples::U8(packed)) => Samples::U8(bits(dimensions, &packed)),
        (_, samples) => samples,
    };
    let raw = Raw { dimensions, model, alpha, samples };
    let wanted = dimensions.area() as usize * raw.shape().count();
    if raw.samples.len() != wanted {
        return Err(Error::damaged(
            WHAT,
            format!("it holds {} samples instead of {wanted}", raw.samples.len()),
        ));
    }
    Ok(raw)
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
