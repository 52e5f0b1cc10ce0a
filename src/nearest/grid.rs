//! The regions of an image that get vectors of their own, so that works can be found by a detail.

/// A part of an image, in fractions of its width and height.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Region {
    /// The left edge.
    pub(crate) x: f32,
    /// The upper edge.
    pub(crate) y: f32,
    /// The width.
    pub(crate) width: f32,
    /// The height.
    pub(crate) height: f32,
}

/// Names the grid in the versions of vectors: those of another one cannot be compared.
pub(crate) const GRID: &str = "3x3";
/// The number of regions.
pub(crate) const REGIONS: usize = 9;
/// Regions side by side.
const SIDE: usize = 3;

/// The regions, row by row: 3 x 3 of half the width and height, which begin every quarter. So a detail of up to a quarter
/// of width and height lies wholly within at least one of them.
///
/// It costs nine times the model's work, and nine times the space and time of a search.
pub(crate) fn regions() -> [Region; REGIONS] {
    std::array::from_fn(|at| Region {
        x: (at % SIDE) as f32 * 0.25,
        y: (at / SIDE) as f32 * 0.25,
        width: 0.5,
        height: 0.5,
    })
}

impl Region {
    /// The region in pixels of an image: x, y, width, height; never empty, never outside.
    pub(crate) fn pixels(self, width: u32, height: u32) -> [u32; 4] {
        let (x, w) = span(self.x, self.width, width);
        let (y, h) = span(self.y, self.height, height);
        [x, y, w, h]
    }
}

/// Edges are rounded, not sizes.
fn span(start: f32, size: f32, length: u32) -> (u32, u32) {
    let edge = |at: f32| (f64::from(at) * f64::from(length)).round() as u32;
    let from = edge(start).min(length.saturating_sub(1));
    let to = edge(start + size).clamp(from + 1, length.max(1));
    (from, to - from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grid_has_the_documented_regions() {
        let pixels = regions().map(|region| region.pixels(1200, 600));
        assert_eq!(pixels[0], [0, 0, 600, 300]);
        assert_eq!(pixels[4], [300, 150, 600, 300]);
        assert_eq!(pixels[5], [600, 150, 600, 300]);
        assert_eq!(pixels[8], [600, 300, 600, 300]);
    }

    #[test]
    fn a_region_is_inside_the_smallest_image() {
        for region in regions() {
            for (width, height) in [(1, 1), (2, 1), (3, 5)] {
                let [x, y, w, h] = region.pixels(width, height);
                assert!(
                    w > 0 && h > 0 && x + w <= width && y + h <= height,
                    "{region:?} of {width} x {height}"
                );
            }
        }
    }
}
