//! What can go wrong where bytes lie.

use std::sync::Arc;

use super::BadKey;

/// Why bytes could not be had. Texts of causes are for logs, never for clients.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no such object")]
    NotFound,
    #[error("the identifier {0}")]
    BadKey(#[from] BadKey),
    /// The object is no longer of the version that was asked for.
    #[error("the object has changed")]
    Changed,
    #[error("the store answered with {got} of {asked} bytes")]
    Short { asked: u64, got: u64 },
    #[error("the store did not answer in time")]
    TimedOut,
    #[error("the store refuses access")]
    Forbidden,
    #[error("the store failed")]
    Unavailable(#[source] Arc<dyn std::error::Error + Send + Sync>),
    #[error("{0}")]
    Unsupported(String),
}

impl Error {
    pub(super) fn unavailable(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Unavailable(Arc::new(error))
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        use std::io::ErrorKind;
        match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::IsADirectory => Self::NotFound,
            ErrorKind::PermissionDenied => Self::Forbidden,
            ErrorKind::TimedOut => Self::TimedOut,
            _ => Self::unavailable(error),
        }
    }
}
