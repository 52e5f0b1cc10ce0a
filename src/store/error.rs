//! Errors of stores, by who must act.

use std::sync::Arc;

use super::BadKey;
use super::fault::{Fault, Problem};

/// Why an object cannot be read or written. The message never contains text from a store.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// No object has this key, or no readable one.
    #[error("nothing is stored under this identifier")]
    NotFound,
    /// The key cannot name an object.
    #[error(transparent)]
    BadKey(#[from] BadKey),
    /// The object no longer has the requested version.
    #[error("the object was replaced while it was read")]
    Changed,
    /// Fewer bytes arrived than were requested.
    #[error("requested {requested} bytes, got {got}")]
    Short {
        /// The number of bytes requested.
        requested: u64,
        /// The number of bytes received.
        got: u64,
    },
    /// The store did not respond in time.
    #[error("the store did not respond in time")]
    TimedOut,
    /// The store's response did not match the request, each time.
    #[error("the store's response cannot be used")]
    BadResponse(#[source] Arc<dyn std::error::Error + Send + Sync>),
    /// The limit of concurrent reads is reached.
    #[error("the store has too many concurrent reads (store.concurrent_reads)")]
    Busy,
    /// A link leads outside its source.
    #[error("the object is outside its source")]
    Forbidden,
    /// The operating system denies this process access to the file.
    #[error("permission denied: the server's user may not read this file")]
    Unreadable,
    /// The store rejects this server's requests. The operator must act, not the client.
    #[error("the store denies the server access")]
    Refused(#[source] Arc<Fault>),
    /// The store failed. The cause is for the log only.
    #[error("the store is unavailable")]
    Unavailable(#[source] Arc<dyn std::error::Error + Send + Sync>),
    /// The disk is full.
    #[error("the store is full")]
    Full,
    /// The store reads objects from their beginning only; [`super::Store::stream`] reads them so.
    #[error("the store responds to a range with the whole object")]
    WithoutRanges,
    /// The store lacks a needed feature.
    #[error("{0}")]
    Unsupported(String),
}

impl Error {
    /// A store failure, with its text shortened for a log line.
    pub fn unavailable(cause: impl std::fmt::Display) -> Error {
        Error::Unavailable(Arc::new(Cause(cause.to_string().chars().take(400).collect())))
    }

    /// A response that does not match the request.
    pub(super) fn bad_response(cause: impl std::fmt::Display) -> Error {
        Error::BadResponse(Arc::new(Cause(cause.to_string().chars().take(400).collect())))
    }

    /// Whether the store was unreachable, or reports that it cannot serve requests now.
    pub(super) fn is_outage(&self) -> bool {
        match self {
            Error::TimedOut => true,
            Error::Unavailable(cause) => cause.downcast_ref::<Fault>().is_none_or(Fault::is_outage),
            _ => false,
        }
    }

    /// Whether the failure is that of the connection, so that it concerns all objects.
    pub(super) fn concerns_the_store(&self) -> bool {
        match self {
            Error::Unavailable(cause) => {
                cause.downcast_ref::<Fault>().is_some_and(Fault::is_of_the_connection)
            }
            _ => false,
        }
    }

    /// Whether the failure may be temporary and does not concern the object.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Error::TimedOut
                | Error::Unavailable(_)
                | Error::BadResponse(_)
                | Error::Short { .. }
                | Error::Busy
        )
    }

    /// The operating system denies access to a folder or a file.
    pub(super) fn no_permission(cause: &dyn std::fmt::Display) -> Error {
        Error::Refused(Arc::new(Fault::new(Problem::Permission, cause.to_string())))
    }

    /// The fault of the store, if it is known.
    pub(super) fn fault(&self) -> Option<Fault> {
        match self {
            Error::Refused(fault) => Some(Fault::clone(fault)),
            Error::Unavailable(cause) => cause.downcast_ref::<Fault>().cloned(),
            Error::Unreadable => Some(Fault::new(Problem::Permission, self.to_string())),
            Error::TimedOut => Some(Fault::new(Problem::TimedOut, "")),
            _ => None,
        }
    }
}

/// A store's failure, as the store reports it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Cause(String);

/// Why a source cannot be opened; for the operator.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder or file does not exist or cannot be read.
    #[error("cannot open `{location}`: {reason}{}", remedy(.reason))]
    Local {
        /// The location.
        location: String,
        /// The operating system's message.
        reason: std::io::Error,
    },
    /// The location is of no supported kind.
    #[error("cannot open `{location}`: {reason}")]
    Address {
        /// The location, without credentials.
        location: String,
        /// What is wrong and what works.
        reason: String,
    },
    /// The store's client could not be set up.
    #[error("cannot open `{location}`: {reason}")]
    Remote {
        /// The location, without credentials.
        location: String,
        /// The client's message.
        reason: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// What an operator can do about a folder or file that cannot be opened.
fn remedy(reason: &std::io::Error) -> String {
    let problem = match reason.kind() {
        std::io::ErrorKind::PermissionDenied => Problem::Permission,
        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => Problem::NoFolder,
        _ => return String::new(),
    };
    format!("; {}", Fault::new(problem, "").remedy("local", false))
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use super::*;

    #[track_caller]
    fn check(kind: ErrorKind, expected: &str) {
        let error = OpenError::Local { location: "/masters".into(), reason: kind.into() };
        assert!(error.to_string().starts_with("cannot open `/masters`: "), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
    }

    #[test]
    fn a_folder_that_cannot_be_opened_is_reported_with_reason_and_remedy() {
        check(ErrorKind::NotFound, "check the path, and that its disk is mounted");
        check(ErrorKind::PermissionDenied, "let the user that Tegl runs as (uid ");
        check(ErrorKind::NotADirectory, "check the path");
    }

    #[test]
    fn error_texts_have_neither_the_stores_words_nor_its_code() {
        let refused = Error::Refused(Arc::new(Fault::new(Problem::Credentials, "403 SignatureDoesNotMatch")));
        assert_eq!(refused.to_string(), "the store denies the server access");
    }
}
