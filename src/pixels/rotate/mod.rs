//! Mirrors and rotates (Image API 3.0, §4.3).

mod angle;
mod quarter;

pub use angle::{rotate, rotated_dimensions};
pub use quarter::{mirror, quarter_turns, upright};

/// The side of a block that is rotated at once, so that its rows and columns stay in the cache.
const BLOCK: usize = 32;

/// Visits each pixel of a `width` by `height` raster block by block.
fn by_blocks(width: usize, height: usize, mut visit: impl FnMut(usize, usize)) {
    for top in (0..height).step_by(BLOCK) {
        for left in (0..width).step_by(BLOCK) {
            for y in top..height.min(top + BLOCK) {
                for x in left..width.min(left + BLOCK) {
                    visit(x, y);
                }
            }
        }
    }
}
