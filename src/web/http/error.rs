//! Why a request is refused: for reasons of HTTP, or of the gallery.

use crate::gallery::{self, error_chain};
use crate::iiif::Invalid;

/// Every way in which a request fails.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Gallery(#[from] gallery::Error),
    /// The body is longer than any that is expected.
    #[error("body is longer than {limit_kib} KiB")]
    BodyTooLong { limit_kib: usize },
    /// The announced body did not arrive.
    #[error("the body did not arrive within {limit_s} s")]
    BodyTimeout { limit_s: u64 },
    /// The request has no valid token.
    #[error("this takes a token: send `Authorization: Bearer TOKEN`")]
    Unauthorized,
    /// The client's address sent too many wrong tokens.
    #[error("too many wrong tokens came from your address: try again in {retry_after_s} s")]
    TooManyGuesses { retry_after_s: u32 },
    /// One of several decisions cannot be made; none of them was.
    #[error("decision {index}: {cause}")]
    Decision { index: usize, cause: gallery::Error },
    /// A change that could overwrite another one (RFC 6585, §3).
    #[error("this takes a precondition: send the ETag of what you have read as `If-Match`")]
    NoPrecondition,
    /// The resource has other methods.
    #[error("only {allowed} work here")]
    MethodNotAllowed { allowed: &'static str },
}

impl Error {
    /// The error with all its causes, for the log.
    pub(crate) fn chain(&self) -> String {
        match self {
            Self::Gallery(error) => error_chain(error),
            Self::Decision { index, cause } => format!("decision {index}: {}", error_chain(cause)),
            other => other.to_string(),
        }
    }
}

impl From<Invalid> for Error {
    fn from(invalid: Invalid) -> Self {
        Self::Gallery(invalid.into())
    }
}
