//! Search errors.

/// Why a search or an operation on the index failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A parameter is invalid. The text says which values work.
    #[error(transparent)]
    Invalid(#[from] crate::iiif::Invalid),
    /// The index on disk is damaged and will be rebuilt.
    #[error("the search index is damaged: {0}")]
    Damaged(String),
    #[error("the search index failed")]
    Index(#[from] tantivy::TantivyError),
    #[error("the search index cannot be read")]
    Io(#[from] std::io::Error),
}
