//! Reads a WebP's header: size, alpha, profile, EXIF orientation (RFC 9649, §2).

use std::sync::Arc;

use super::header::{Header, checked_dimensions, decoder_memory};
use super::{Orientation, PartialFile, Refused, Stop};
use crate::container::{MAX_PROFILE, riff};
use crate::iiif::Dimensions;
use crate::metadata::exif;
use crate::pixels::decode::webp_is_sound;
use crate::pixels::{Alpha, Depth, Model, Shape};

/// Reads the size from the first chunk, whose layout depends on its kind (WebP container specification), and the metadata.
pub(super) fn header(file: &PartialFile) -> Result<Header, Stop> {
    let b = file.get(0, 30)?;
    let low = |at: usize| u32::from(b[at]) | u32::from(b[at + 1]) << 8;
    let is_animated = &b[12..16] == b"VP8X" && b[20] & 2 != 0;
    if !is_animated && u64::from(low(4) | low(6) << 16) + 8 > file.size() {
        return Err(Refused::damaged("it is truncated").into());
    }
    // The decoder also checks metadata, which may come before the image and not have been fetched.
    let has_all = file.start().len() as u64 == file.size() || &b[12..16] != b"VP8X";
    if has_all && !webp_is_sound(file.start()) {
        return Err(Refused::damaged("its WebP header is invalid").into());
    }
    let (dimensions, alpha) = match &b[12..16] {
        b"VP8X" => {
            let (w, h) = (low(24) | u32::from(b[26]) << 16, low(27) | u32::from(b[29]) << 16);
            (checked_dimensions(true, Dimensions::new(w + 1, h + 1))?, b[20] & 0x12 != 0)
        }
        b"VP8L" => {
            let bits = low(21) | low(23) << 16;
            let size = Dimensions::new((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1);
            (checked_dimensions(b[20] == 0x2f, size)?, bits >> 28 & 1 == 1)
        }
        b"VP8 " => {
            let size = Dimensions::new(low(26) & 0x3fff, low(28) & 0x3fff);
            (checked_dimensions(b[23..26] == [0x9d, 0x01, 0x2a], size)?, false)
        }
        _ => return Err(Refused::damaged("its first chunk is unknown").into()),
    };
    let alpha = if alpha { Alpha::Straight } else { Alpha::None };
    let shape = Shape { dimensions, model: Model::Rgb, alpha, depth: Depth::U8 };
    let (mut orientation, mut icc) = (None, None);
    let is_extended = &b[12..16] == b"VP8X";
    // The decoder unpacks lossless images and alpha to 4 extra bytes per pixel; frames may contain either.
    let mut is_lossless = &b[12..16] == b"VP8L" || is_animated || is_extended && b[20] & 0x10 != 0;
    let more = is_extended && b[20] & 0x28 != 0;
    if is_extended && !more && file.size() >= 34 {
        is_lossless |= file.get(30, 4)? != b"VP8 ";
    }
    for chunk in more.then(|| riff::chunks(file)).into_iter().flatten() {
        let chunk = chunk?;
        match &chunk.name {
            _ if chunk.length > MAX_PROFILE => {}
            b"VP8L" => is_lossless = true,
            b"ICCP" if icc.is_none() => {
                icc = Some(chunk.body()?).filter(|icc| icc.len() > 128).map(Arc::from)
            }
            // The first of several is used.
            b"EXIF" if orientation.is_none() => {
                orientation = Some(Orientation::new(exif::orientation_or_upright(chunk.body()?).into()));
            }
            _ => {}
        }
    }
    let samples = dimensions.area().saturating_mul(shape.count() as u64);
    let decoded = samples.saturating_mul(if is_animated { 2 } else { 1 });
    let unpacked = if is_lossless { dimensions.area().saturating_mul(4) } else { 0 };
    let kept = decoded.saturating_add(unpacked).saturating_add(file.size().saturating_mul(if is_animated {
        2
    } else {
        1
    }));
    let orientation = orientation.unwrap_or(Orientation::UPRIGHT);
    Ok(Header { shape, orientation, icc, memory: decoder_memory(kept, shape) })
}
