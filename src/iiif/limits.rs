//! Limits of the size of responses.

use super::Dimensions;

/// `maxWidth`, `maxHeight` and `maxArea` (Image API 3.0, §5.2): independent of one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Limits {
    /// The largest width in pixels.
    pub max_width: u32,
    /// The largest height in pixels.
    pub max_height: u32,
    /// In pixels.
    pub max_area: u64,
    /// The largest longer side, in pixels, at which rights allow the whole image; parts are never served in finer detail.
    /// `u32::MAX` if rights set no limit.
    pub largest: u32,
}

impl Limits {
    /// No limits, for pure arithmetic.
    pub const NONE: Limits =
        Limits { max_width: u32::MAX, max_height: u32::MAX, max_area: u64::MAX, largest: u32::MAX };

    /// These limits, reduced so that the longer side of the whole image is at most `largest` pixels.
    pub fn at_most(self, largest: u32) -> Self {
        Self {
            max_width: self.max_width.min(largest),
            max_height: self.max_height.min(largest),
            max_area: self.max_area.min(u64::from(largest) * u64::from(largest)),
            largest: self.largest.min(largest),
        }
    }

    /// The limits for a region of an image, so that it has no finer detail than rights allow for the whole.
    pub fn of_region(self, region: Dimensions, full: Dimensions) -> Self {
        let longest = full.width.max(full.height);
        if longest <= self.largest {
            return self;
        }
        let share = |side: u32| {
            (u64::from(side) * u64::from(self.largest)).div_ceil(u64::from(longest)).min(u64::from(u32::MAX))
                as u32
        };
        Self {
            max_width: self.max_width.min(share(region.width)),
            max_height: self.max_height.min(share(region.height)),
            ..self
        }
    }

    /// Whether rights limit the detail of an image of this size.
    pub fn restrict(self, full: Dimensions) -> bool {
        full.width.max(full.height) > self.largest
    }

    /// Whether a response of this size is within `max_width`, `max_height` and `max_area`.
    pub const fn allow(self, size: Dimensions) -> bool {
        size.width <= self.max_width && size.height <= self.max_height && size.area() <= self.max_area
    }

    /// The factor by which `size` may be enlarged, or must be reduced, to fill these limits.
    pub fn scale(self, size: Dimensions) -> f64 {
        let (width, height) = (f64::from(size.width), f64::from(size.height));
        (f64::from(self.max_width) / width)
            .min(f64::from(self.max_height) / height)
            .min((self.max_area as f64 / (width * height)).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_has_its_share_of_the_largest_size() {
        let full = Dimensions::new(4000, 3000);
        let limits = Limits::NONE.at_most(1000);
        let shares = |width, height| {
            let share = limits.of_region(Dimensions::new(width, height), full);
            (share.max_width, share.max_height)
        };
        assert_eq!(shares(4000, 3000), (1000, 750));
        assert_eq!(shares(512, 512), (128, 128));
        assert_eq!(shares(2048, 2), (512, 1));
        assert_eq!(limits.of_region(full, Dimensions::new(900, 600)), limits);
        assert!(limits.restrict(full) && !limits.restrict(Dimensions::new(1000, 1000)));
    }
}
