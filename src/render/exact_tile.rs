//! The exact-tile rule: which requests are served with a stored tile, without decoding.

use crate::iiif::{Dimensions, Format, Quality, Rect, Rotation};
use crate::master::{Codec, Level, Master, TileIndex};

/// Whether a request is for pixels as stored: JPEG, not rotated, in their own colors.
pub(super) fn is_as_stored(rotation: Rotation, quality: Quality, format: Format) -> bool {
    rotation == Rotation::NONE && quality == Quality::Default && format == Format::Jpg
}

/// The level and the tile that cover exactly this region at this size.
///
/// At the image's edges the requested size may be one pixel smaller than the tile, because viewers round differently
/// there; the tile is then cropped by a pixel.
pub(super) fn exact_tile(region: Rect, size: Dimensions, master: &Master) -> Option<(usize, TileIndex)> {
    if !master.orientation.is_upright() {
        return None;
    }
    let full = master.dimensions;
    let fits = |level: &Level| {
        let factor = level.factor(full)?;
        let across = level.grid.tile.width.checked_mul(factor)?;
        let down = level.grid.tile.height.checked_mul(factor)?;
        let aligned = region.x.is_multiple_of(across) && region.y.is_multiple_of(down);
        let whole = region.width == across.min(full.width - region.x)
            && region.height == down.min(full.height - region.y);
        let tile = TileIndex { column: region.x / across, row: region.y / down };
        if !aligned || !whole || tile.column >= level.grid.columns() || tile.row >= level.grid.rows() {
            return None;
        }
        let stored = level.grid.rect(tile);
        let near = |requested: u32, stored: u32, edge: bool| {
            requested == stored || (edge && requested + 1 == stored)
        };
        let right = region.right() == full.width;
        let bottom = region.bottom() == full.height;
        let sized = near(size.width, stored.width, right) && near(size.height, stored.height, bottom);
        (sized && level.codec == Codec::Jpeg && level.range(tile).is_some()).then_some(tile)
    };
    master.levels.iter().enumerate().find_map(|(n, level)| fits(level).map(|tile| (n, tile)))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::master::{self, Grid, Kind, Orientation, Photometric, Predictor};
    use crate::pixels::Alpha;
    use proptest::prelude::*;

    /// A pyramid of JPEG tiles, whose sides are rounded up if `round_up`, else down.
    pub(in crate::render) fn pyramid(width: u32, height: u32, side: u32, round_up: bool) -> Master {
        let full = Dimensions::new(width, height);
        let mut levels = Vec::new();
        let mut factor = 1;
        loop {
            let cut = |length: u32| if round_up { length.div_ceil(factor) } else { (length / factor).max(1) };
            let dimensions = Dimensions::new(cut(width), cut(height));
            let grid = Grid { image: dimensions, tile: Dimensions::new(side, side) };
            levels.push(Level {
                dimensions,
                grid,
                codec: Codec::Jpeg,
                bits: 8,
                format: master::Format::Unsigned,
                photometric: Photometric::YCbCr,
                samples: 3,
                alpha: Alpha::None,
                predictor: Predictor::None,
                big_endian: false,
                lowest_first: false,
                ycbcr: None,
                separate: false,
                in_strips: false,
                tables: None,
                tiles: vec![(1000, 10); grid.count() as usize],
                checksums: Vec::new(),
            });
            if dimensions.width <= side && dimensions.height <= side {
                break;
            }
            factor *= 2;
        }
        let integrity = master::Integrity::Unknown;
        Master {
            dimensions: full,
            orientation: Orientation::UPRIGHT,
            icc: None,
            levels,
            kind: Kind::Tiled,
            integrity,
        }
    }

    #[test]
    fn an_edge_tile_may_be_a_pixel_short() {
        // 6001 wide: the last tile of level 1 shows 5120 to 6001, 441 pixels rounded up.
        let master = pyramid(6001, 4000, 512, true);
        let region = Rect { x: 5120, y: 0, width: 881, height: 1024 };
        for (width, height, is_stored) in
            [(441, 512, true), (440, 512, true), (439, 512, false), (441, 511, false)]
        {
            let found = exact_tile(region, Dimensions::new(width, height), &master);
            assert_eq!(found.is_some(), is_stored, "{width}x{height}");
        }
    }

    proptest! {
        #[test]
        fn every_advertised_tile_is_stored(width in 1..9000u32, height in 1..9000u32, side in 4..40u32, up in any::<bool>()) {
            let side = side * 16;
            let master = pyramid(width, height, side, up);
            for (n, level) in master.levels.iter().enumerate() {
                let Some(factor) = level.factor(master.dimensions) else { continue };
                for tile in level.grid.covering(Rect::all(level.dimensions)).step_by(7) {
                    let (x, y) = (tile.column * side * factor, tile.row * side * factor);
                    let (w, h) = ((side * factor).min(width - x), (side * factor).min(height - y));
                    let region = Rect { x, y, width: w, height: h };
                    let found = exact_tile(region, level.grid.rect(tile).dimensions(), &master);
                    prop_assert!(found.is_some(), "{region} level {n} of {width}x{height}");
                }
            }
        }
    }
}
