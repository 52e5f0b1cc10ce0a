//! Finds the nearest among many embeddings, held in memory in one byte per dimension.
//!
//! A vector is normalised to unit length, rotated and stored as signed bytes with one scale per vector. A search compares
//! the query, kept at 12 bits, with all vectors in a reduced dimension first (256 [`axes`] along which the stored vectors
//! differ most, again in bytes), then the best of these in all dimensions. How many these are is found by searching for
//! some of the stored vectors; where the axes help too little, as with vectors without structure, there is one pass in all
//! dimensions instead.
//!
//! 260,000 vectors of 1,280 dimensions take 408 MiB (476 MiB while they are prepared). `benches/nearest.sh` measures time
//! and recall.

mod axes;
mod center;
mod grid;
mod packed;
mod quantize;
mod rotation;
mod search;
#[cfg(test)]
mod synthetic;
mod vectors;

pub(crate) use center::{Center, mean};
pub(crate) use grid::{GRID, REGIONS, Region, regions};
pub(crate) use packed::{packed, packed_dimension, unpacked};
pub(crate) use search::Neighbor;
pub(crate) use vectors::Vectors;

/// Why a vector cannot be stored or searched for.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub(crate) enum Invalid {
    /// The number of values is not the collection's.
    #[error("the vector has {found} values; vectors of this collection have {expected}")]
    Length {
        /// What the collection holds.
        expected: usize,
        /// What was given.
        found: usize,
    },
    /// A collection of this dimension cannot be held.
    #[error("vectors have 1 to {} values, not {_0}", vectors::LONGEST)]
    Dimension(usize),
    /// A value is NaN or infinite, or all are zero.
    #[error("the vector has no direction: all values are zero, or one is not a finite number")]
    Directionless,
    /// One work has more vectors than can be numbered.
    #[error("a work has at most {} vectors, not {_0}", vectors::MOST_PARTS)]
    Parts(usize),
}
