//! Sizes and rectangles in pixels.

use std::fmt;

use super::number::write_integers;

/// A width and a height in pixels; both are at least 1 for every image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Dimensions {
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
}

impl Dimensions {
    /// From a width and a height in pixels.
    pub const fn new(width: u32, height: u32) -> Self {
        Self { width, height }
    }

    /// The number of pixels; never overflows.
    pub const fn area(self) -> u64 {
        self.width as u64 * self.height as u64
    }

    /// The sides divided by `factor`, rounded up: the size of a pyramid level (Image API 3.0, implementation notes, §3).
    pub const fn reduced(self, factor: u32) -> Self {
        Self { width: self.width.div_ceil(factor), height: self.height.div_ceil(factor) }
    }

    /// Width and height exchanged, as by a quarter turn.
    pub const fn transposed(self) -> Self {
        Self { width: self.height, height: self.width }
    }
}

impl fmt::Display for Dimensions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_integers(f, &[self.width, self.height])
    }
}

/// A rectangle of pixels; never empty, and always inside its image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rect {
    /// Pixels from the left edge.
    pub x: u32,
    /// Pixels from the upper edge.
    pub y: u32,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
}

impl Rect {
    /// The whole image.
    pub const fn all(of: Dimensions) -> Self {
        Self { x: 0, y: 0, width: of.width, height: of.height }
    }

    /// Its width and height.
    pub const fn dimensions(self) -> Dimensions {
        Dimensions::new(self.width, self.height)
    }

    /// The first column to the right of it.
    pub const fn right(self) -> u32 {
        self.x + self.width
    }

    /// The first row below it.
    pub const fn bottom(self) -> u32 {
        self.y + self.height
    }

    /// What both have in common; its width or height is 0 if that is nothing.
    pub fn intersection(self, other: Self) -> Self {
        let (x, y) = (self.x.max(other.x), self.y.max(other.y));
        let width = self.right().min(other.right()).saturating_sub(x);
        Self { x, y, width, height: self.bottom().min(other.bottom()).saturating_sub(y) }
    }
}

impl fmt::Display for Rect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_integers(f, &[self.x, self.y, self.width, self.height])
    }
}
