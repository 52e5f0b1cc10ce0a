//! Decoded masters as mipmaps.

use crate::pixels::Picture;

/// A master without tiles, decoded: at `1 / base` of its size, half of that, a quarter, and so on.
pub(super) struct Mips {
    pub base: u32,
    pub pictures: Vec<Picture>,
}
