//! Reads a GIF's size: its logical screen, or its first frame if that is larger (GIF89a, §18 and §20).

use super::header::{Header, checked_dimensions, decoder_memory};
use super::{Orientation, PartialFile, Refused, Stop};
use crate::iiif::Dimensions;
use crate::pixels::{Alpha, Depth, Model, Shape};

/// Reads the screen, and the first frame if its header has been fetched.
pub(super) fn header(file: &PartialFile) -> Result<Header, Stop> {
    let screen = size(file.get(6, 4)?);
    let frame = match first_frame(file.start()) {
        Some(frame) => frame,
        None if file.start().len() as u64 == file.size() => {
            return Err(Refused::damaged("it ends before its first frame").into());
        }
        None => screen,
    };
    let dimensions = Dimensions::new(screen.width.max(frame.width), screen.height.max(frame.height));
    let shape = Shape {
        dimensions: checked_dimensions(true, dimensions)?,
        model: Model::Rgb,
        alpha: Alpha::Straight,
        depth: Depth::U8,
    };
    // A frame's indices, and the screen.
    let memory = decoder_memory(dimensions.area().saturating_mul(5), shape);
    Ok(Header { shape, orientation: Orientation::UPRIGHT, icc: None, memory })
}

/// The right and bottom edges of the first frame.
fn first_frame(start: &[u8]) -> Option<Dimensions> {
    let flags = *start.get(10)?;
    let palette = if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) };
    let mut at = 13 + palette;
    loop {
        match *start.get(at)? {
            // A stray zero between blocks, as old writers leave it.
            0 => at += 1,
            0x21 => at = after_sub_blocks(start, at + 2)?,
            0x2c => {
                let (place, extent) = (size(start.get(at + 1..at + 5)?), size(start.get(at + 5..at + 9)?));
                return Some(Dimensions::new(place.width + extent.width, place.height + extent.height));
            }
            _ => return None,
        }
    }
}

/// The end of an extension's sub-blocks.
fn after_sub_blocks(start: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let length = usize::from(*start.get(at)?);
        at += 1 + length;
        if length == 0 {
            return Some(at);
        }
    }
}

/// Two 16-bit numbers, from at least four bytes.
fn size(b: &[u8]) -> Dimensions {
    let side = |at: usize| u32::from(u16::from_le_bytes([b[at], b[at + 1]]));
    Dimensions::new(side(0), side(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(screen: [u8; 2], blocks: &[u8], expected: Option<(u32, u32)>) {
        let [width, height] = screen;
        let file = [&b"GIF89a"[..], &[width, 0, height, 0, 0x80, 0, 0, 1, 2, 3, 4, 5, 6], blocks].concat();
        let found = header(&PartialFile::new(file.len() as u64, file.into())).ok();
        assert_eq!(found.map(|found| found.shape.dimensions), expected.map(|(w, h)| Dimensions::new(w, h)));
    }

    #[test]
    fn a_screen_grows_with_its_first_frame() {
        let frame = [0x2c, 1, 0, 2, 0, 10, 0, 20, 0, 0];
        let comment = b"\x21\xfe\x03abc\x02de\0";
        check([30, 30], &frame, Some((30, 30)));
        check([5, 30], &frame, Some((11, 30)));
        check([0, 0], &[comment, &[0][..], &frame].concat(), Some((11, 22)));
        check([7, 8], comment, None);
        check([0, 0], comment, None);
        check([0, 0], b"", None);
    }
}
