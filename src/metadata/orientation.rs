//! The eight orientations of EXIF and TIFF (tag 274).

use crate::iiif::{Dimensions, Rect};

/// The orientation of stored pixels: 1 is upright, the others are mirrored, rotated or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Orientation(u8);

impl Orientation {
    /// The upright orientation.
    pub const UPRIGHT: Orientation = Orientation(1);

    /// Creates an orientation from its EXIF number; illegal numbers count as upright.
    pub fn new(number: u64) -> Self {
        Self(if (1..=8).contains(&number) { number as u8 } else { 1 })
    }

    /// EXIF's number, 1 to 8.
    pub fn number(self) -> u8 {
        self.0
    }

    /// Whether the stored image is upright.
    pub fn is_upright(self) -> bool {
        self.0 == 1
    }

    /// Whether width and height are swapped in the upright image.
    pub fn swaps_sides(self) -> bool {
        self.0 >= 5
    }

    /// The operations that make the image upright: whether to mirror it left to right, then the number of clockwise
    /// quarter turns.
    pub fn to_upright(self) -> (bool, u8) {
        match self.0 {
            2 => (true, 0),
            3 => (false, 2),
            4 => (true, 2),
            5 => (true, 3),
            6 => (false, 1),
            7 => (true, 1),
            8 => (false, 3),
            _ => (false, 0),
        }
    }

    /// Maps a rectangle of the upright image to the stored image, whose size is `stored`.
    pub fn stored(self, upright: Rect, stored: Dimensions) -> Rect {
        let Rect { x, y, width, height } = upright;
        let (far_x, far_y) = (x + width, y + height);
        let (x, y) = match self.0 {
            2 => (stored.width - far_x, y),
            3 => (stored.width - far_x, stored.height - far_y),
            4 => (x, stored.height - far_y),
            5 => (y, x),
            6 => (y, stored.height - far_x),
            7 => (stored.width - far_y, stored.height - far_x),
            8 => (stored.width - far_y, x),
            _ => (x, y),
        };
        let size = if self.swaps_sides() { upright.dimensions().transposed() } else { upright.dimensions() };
        Rect { x, y, width: size.width, height: size.height }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_corner_of_the_upright_image_is_found_in_the_stored_one() {
        // Upright is 20 wide and 10 high; its top left pixel is in another corner each time.
        let corners = [(0, 0), (19, 0), (19, 9), (0, 9), (0, 0), (0, 19), (9, 19), (9, 0)];
        for (number, corner) in (1..=8).zip(corners) {
            let orientation = Orientation::new(number);
            let upright = Dimensions::new(20, 10);
            let stored = if orientation.swaps_sides() { upright.transposed() } else { upright };
            let found = orientation.stored(Rect { x: 0, y: 0, width: 1, height: 1 }, stored);
            assert_eq!((found.x, found.y), corner, "{number}");
        }
    }
}
