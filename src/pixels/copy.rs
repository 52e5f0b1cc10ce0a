//! Copies a part of one image to a place on another.

use super::Position;
use crate::iiif::Dimensions;

/// Copies samples of an image of `size`, in rows of `stride` bytes, from its pixel `from` to `to` on an image of the size
/// `room`, whose rows have no padding; what does not fit is dropped. A pixel has `channels` bytes.
pub(super) fn copy(
    (samples, stride, size): (&[u8], usize, Dimensions),
    (into, room): (&mut [u8], Dimensions),
    channels: usize,
    (from, to): (Position, Position),
) {
    let extent = |stored: u32, from: u32, room: u32, to: u32| {
        stored.saturating_sub(from).min(room.saturating_sub(to)) as usize
    };
    let width = extent(size.width, from.0, room.width, to.0) * channels;
    let height = extent(size.height, from.1, room.height, to.1);
    if width == 0 {
        return; // The rows may begin beyond the images.
    }
    let at = |row: u32, stride: usize, column: u32| row as usize * stride + column as usize * channels;
    let to_stride = room.width as usize * channels;
    for row in 0..height as u32 {
        let source = &samples[at(from.1 + row, stride, from.0)..][..width];
        into[at(to.1 + row, to_stride, to.0)..][..width].copy_from_slice(source);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_dropped() {
        let samples: Vec<u8> = (0..12).collect(); // Three columns and a byte of padding, three rows.
        let size = Dimensions::new(3, 3);
        for (places, expected) in [
            (((0, 0), (0, 0)), [0, 1, 4, 5]),
            (((1, 1), (0, 0)), [5, 6, 9, 10]),
            (((2, 2), (0, 0)), [10, 99, 99, 99]),
            (((0, 0), (1, 1)), [99, 99, 99, 0]),
            (((3, 0), (0, 0)), [99; 4]),
            (((0, 0), (0, 2)), [99; 4]),
        ] {
            let mut into = [99; 4];
            copy((&samples, 4, size), (&mut into, Dimensions::new(2, 2)), 1, places);
            assert_eq!(into, expected, "{places:?}");
        }
    }
}
