//! Classes of work on the render threads, by what they cost.

use std::time::Duration;

/// The largest response of [`Class::Tile`] in pixels.
const TILE_PIXELS: u64 = 1 << 20;
/// The most pixels that are decoded for one: four for each of its own.
const TILE_SOURCE: u64 = 4 * TILE_PIXELS;

/// A class of renderings. Each has its own queue, its own measured cost, and a guaranteed share of the render threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::gallery::images) enum Class {
    /// A stored tile whose padding is cut off.
    Stored,
    /// A response of at most one megapixel, from at most four.
    Tile,
    /// A larger response, or one from more pixels.
    Region,
    /// A response that takes much memory, is sent while it is rendered, or reads from a remote store while it is decoded.
    Full,
}

impl Class {
    pub(in crate::gallery::images) const ALL: [Self; 4] =
        [Self::Stored, Self::Tile, Self::Region, Self::Full];

    /// The class of a rendering of `size` pixels from `source` decoded pixels, with `bytes` of memory.
    pub(in crate::gallery::images) fn of(size: u64, source: u64, bytes: u64, large_bytes: u64) -> Self {
        match size <= TILE_PIXELS && source <= TILE_SOURCE {
            _ if bytes >= large_bytes => Self::Full,
            true => Self::Tile,
            false => Self::Region,
        }
    }

    /// The share of the render threads while all classes have work, relative to the other weights.
    pub(super) fn weight(self) -> u64 {
        match self {
            Self::Stored => 8,
            Self::Tile => 4,
            Self::Region => 2,
            Self::Full => 1,
        }
    }

    /// The assumed time on a thread before any has been measured.
    pub(super) fn initial_cost(self) -> Duration {
        Duration::from_millis(match self {
            Self::Stored => 1,
            Self::Tile => 10,
            Self::Region => 50,
            Self::Full => 200,
        })
    }

    /// The value of the label `class` of metrics.
    pub(in crate::gallery::images) fn name(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Tile => "tile",
            Self::Region => "region",
            Self::Full => "full",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_follow_from_pixels_and_memory() {
        let mib = 1 << 20;
        for (size, source, bytes, expected) in [
            (256 * 256, 512 * 512, mib, Class::Tile),
            (1024 * 1024, 2048 * 2048, 16 * mib, Class::Tile),
            (1025 * 1024, 2048 * 2048, 16 * mib, Class::Region),
            (256 * 256, 4096 * 4096, 31 * mib, Class::Region),
            (256 * 256, 512 * 512, 32 * mib, Class::Full),
        ] {
            assert_eq!(Class::of(size, source, bytes, 32 * mib), expected, "{size} {source} {bytes}");
        }
    }
}
