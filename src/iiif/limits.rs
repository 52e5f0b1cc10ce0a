//! The largest answer that may be asked for.

use super::Dimensions;

/// `maxWidth`, `maxHeight` and `maxArea` (Image API 3.0, §5.2): independent of one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Limits {
    pub max_width: u32,
    pub max_height: u32,
    /// In pixels.
    pub max_area: u64,
}

impl Limits {
    /// No limit at all, for arithmetic on its own.
    pub const NONE: Limits = Limits { max_width: u32::MAX, max_height: u32::MAX, max_area: u64::MAX };

    pub const fn allow(self, size: Dimensions) -> bool {
        size.width <= self.max_width && size.height <= self.max_height && size.area() <= self.max_area
    }

    /// The factor by which `size` may grow, or must shrink, to fill these limits.
    pub fn scale(self, size: Dimensions) -> f64 {
        let (width, height) = (f64::from(size.width), f64::from(size.height));
        (f64::from(self.max_width) / width)
            .min(f64::from(self.max_height) / height)
            .min((self.max_area as f64 / (width * height)).sqrt())
    }
}
