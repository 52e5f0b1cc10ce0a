//! Learns from embeddings: tags from a museum's own decisions, and clusters without any.
//!
//! A [`Probe`] is trained on works whose tags people have accepted or rejected, and its [`Report`] says how often it is
//! right about works that it was not trained on. [`Clusters`] divide a collection without any tags, and keep their
//! numbers and curators' changes when the collection grows.

mod calibration;
mod clusters;
mod folds;
mod kmeans;
mod labels;
mod measures;
#[cfg(test)]
mod paintings;
mod probe;
mod report;
mod ridge;
mod training;
mod unit;

pub(crate) use clusters::{Cluster, Clusters, Members};
pub(crate) use probe::{Prediction, Probe};
pub(crate) use report::Report;
pub(crate) use training::{Example, Settings};

/// Why nothing can be learnt.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub(crate) enum Invalid {
    /// There is nothing to learn from.
    #[error(
        "there are no works to learn from: at least {fewest} with an embedding are needed, {found} were given"
    )]
    TooFew {
        /// How many are needed.
        fewest: usize,
        /// How many were given.
        found: usize,
    },
    /// An embedding differs in length from the first one, or from the model's.
    #[error("an embedding has {found} values, the others have {expected}")]
    Length {
        /// The length of the others.
        expected: usize,
        /// Its own.
        found: usize,
    },
    /// A value is NaN or infinite, or all are zero.
    #[error("an embedding has no direction: all values are zero, or one is not a finite number")]
    Directionless,
    /// A precision that cannot be reached or means nothing.
    #[error("a precision is above 0 and at most 1, not {0}")]
    Precision(f64),
}
