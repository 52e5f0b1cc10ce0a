//! Why a model cannot be used.

/// Why a model cannot be loaded, or gives no result for a picture.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A file of the model cannot be read.
    #[error("cannot read `{file}`: {source}")]
    Unreadable {
        /// The file.
        file: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file is not what its declaration says.
    #[error("`{file}`: expected {expected}, found {found}")]
    Unexpected {
        /// The file.
        file: String,
        /// What the declaration says, or what works.
        expected: String,
        /// What there is.
        found: String,
    },
    /// The engine cannot load or run the model.
    #[error("`{file}` cannot be {what}: {reason}")]
    Engine {
        /// The file.
        file: String,
        /// `loaded` or `run`.
        what: &'static str,
        /// What the engine says.
        reason: String,
    },
    /// The picture cannot be given to a model.
    #[error("the picture cannot be given to a model: {0}")]
    Picture(String),
    /// A setting cannot be used.
    #[error("`{key}` of the model `{file}` {reason}")]
    Setting {
        /// The model's file.
        file: String,
        /// The setting below `[models.NAME]`.
        key: &'static str,
        /// What is wrong with it, and what works.
        reason: String,
    },
}

impl Error {
    pub(super) fn unexpected(file: &str, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self::Unexpected { file: file.to_owned(), expected: expected.into(), found: found.into() }
    }

    pub(super) fn setting(file: &str, key: &'static str, reason: impl Into<String>) -> Self {
        Self::Setting { file: file.to_owned(), key, reason: reason.into() }
    }
}
