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

/// Which regions an image is divided into.
///
/// `Overlapping` has 14: the whole image; 2x2 regions of two thirds of width and height, which begin every third; 3x3
/// of a half, which begin every quarter. So a detail of up to a third of the width and height lies wholly within one of
/// the four, and one of up to a quarter within one of the nine.
///
/// It costs 14 times the model's work, and 14 times the space and time of a search: 260,000 works of 1,280 dimensions
/// would take 5.4 GiB and about 14 times the time of a search by whole images. It is meant for collections up to some
/// 20,000 works (420 MiB).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Grid {
    /// The whole image only.
    #[default]
    Whole,
    /// The whole image, 2x2 and 3x3 overlapping regions.
    Overlapping,
}

impl Grid {
    /// The regions in a fixed order: a vector's part is an index into them.
    pub(crate) fn regions(self) -> Vec<Region> {
        let mut regions = vec![Region { x: 0.0, y: 0.0, width: 1.0, height: 1.0 }];
        if self == Self::Overlapping {
            regions.extend(overlapping(2, 2.0 / 3.0));
            regions.extend(overlapping(3, 0.5));
        }
        regions
    }
}

impl Region {
    /// The region in pixels of an image: x, y, width, height; never empty, never outside.
    pub(crate) fn pixels(self, width: u32, height: u32) -> [u32; 4] {
        let (x, w) = span(self.x, self.width, width);
        let (y, h) = span(self.y, self.height, height);
        [x, y, w, h]
    }
}

/// `count` x `count` regions of `size`, spread evenly, row by row.
fn overlapping(count: u8, size: f32) -> impl Iterator<Item = Region> {
    let step = (1.0 - size) / f32::from(count - 1);
    (0..count).flat_map(move |row| {
        (0..count).map(move |column| Region {
            x: f32::from(column) * step,
            y: f32::from(row) * step,
            width: size,
            height: size,
        })
    })
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
        assert_eq!(Grid::Whole.regions().len(), 1);
        let regions = Grid::Overlapping.regions();
        assert_eq!(regions.len(), 14);
        let pixels: Vec<_> = regions.iter().map(|region| region.pixels(1200, 600)).collect();
        assert_eq!(pixels[0], [0, 0, 1200, 600]);
        assert_eq!(pixels[4], [400, 200, 800, 400]);
        assert_eq!(pixels[5], [0, 0, 600, 300]);
        assert_eq!(pixels[9], [300, 150, 600, 300]);
        assert_eq!(pixels[13], [600, 300, 600, 300]);
    }

    #[test]
    fn a_region_is_inside_the_smallest_image() {
        for region in Grid::Overlapping.regions() {
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
