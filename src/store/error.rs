//! What can go wrong between a key and its bytes, sorted by who must act.

use std::sync::Arc;

use super::BadKey;
use super::fault::{Fault, Problem};

/// Why bytes could not be had; its text never holds what a store answered.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// Nothing lies under this key, or nothing that can be read as one piece.
    #[error("nothing is stored under this identifier")]
    NotFound,
    /// The key cannot name an object.
    #[error(transparent)]
    BadKey(#[from] BadKey),
    /// The object is no longer the version that was asked for.
    #[error("the object was replaced while it was read")]
    Changed,
    /// Fewer bytes came than were asked for.
    #[error("asked for {asked} bytes, got {got}")]
    Short {
        /// Bytes asked for.
        asked: u64,
        /// Bytes that came.
        got: u64,
    },
    /// The store did not answer in time.
    #[error("the store did not answer in time")]
    TimedOut,
    /// The store answered with something other than what was asked for, twice.
    #[error("the store's answer cannot be used")]
    BadAnswer(#[source] Arc<dyn std::error::Error + Send + Sync>),
    /// Too many readings of the store are under way.
    #[error("too many readings of the store are under way (store.concurrent_reads)")]
    Busy,
    /// A link leads out of its source.
    #[error("the object lies outside its source")]
    Forbidden,
    /// The system does not let this process read the file.
    #[error("permission denied: the server's user may not read this file")]
    Unreadable,
    /// The store refuses this server's own requests: the operator's to mend, never the client's.
    #[error("the store refuses the server access")]
    Refused(#[source] Arc<Fault>),
    /// The store failed; the cause is for the log only.
    #[error("the store is unavailable")]
    Unavailable(#[source] Arc<dyn std::error::Error + Send + Sync>),
    /// No room is left where it would be written.
    #[error("the store is full")]
    Full,
    /// The store lacks something that this needs.
    #[error("{0}")]
    Unsupported(String),
}

impl Error {
    /// A failure of the store, its text cut to what a log line bears.
    pub fn unavailable(cause: impl std::fmt::Display) -> Error {
        Error::Unavailable(Arc::new(Cause(cause.to_string().chars().take(400).collect())))
    }

    /// An answer that is not the one to the question asked.
    pub(super) fn bad_answer(cause: impl std::fmt::Display) -> Error {
        Error::BadAnswer(Arc::new(Cause(cause.to_string().chars().take(400).collect())))
    }

    /// Whether the store may answer well when it is asked the same again.
    pub(super) fn is_bad_answer(&self) -> bool {
        matches!(self, Error::Short { .. } | Error::BadAnswer(_))
    }

    /// Whether the store could not be reached, or said that it cannot answer anything just now.
    pub(super) fn is_outage(&self) -> bool {
        match self {
            Error::TimedOut => true,
            Error::Unavailable(cause) => cause.downcast_ref::<Fault>().is_none_or(Fault::is_outage),
            _ => false,
        }
    }

    /// Whether a store failed in a way that may have passed soon, and that says nothing of the object.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Error::TimedOut | Error::Unavailable(_) | Error::BadAnswer(_) | Error::Short { .. } | Error::Busy
        )
    }

    /// The operating system refuses access to a folder or a file.
    pub(super) fn no_permission(cause: &dyn std::fmt::Display) -> Error {
        Error::Refused(Arc::new(Fault::new(Problem::Permission, cause.to_string())))
    }

    /// What is known of the store's own fault, where it is that.
    pub(super) fn fault(&self) -> Option<Fault> {
        match self {
            Error::Refused(fault) => Some(Fault::clone(fault)),
            Error::Unavailable(cause) => cause.downcast_ref::<Fault>().cloned(),
            Error::Unreadable => Some(Fault::new(Problem::Permission, self.to_string())),
            Error::TimedOut => Some(Fault::new(Problem::Silent, "")),
            _ => None,
        }
    }
}

/// A store's failure in its own words.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Cause(String);

/// Why a source could not be opened; for the operator.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// No folder or file lies there, or it cannot be read.
    #[error("cannot open `{location}`: {reason}{}", remedy(.reason))]
    Local {
        /// What was asked for.
        location: String,
        /// What the system said.
        reason: std::io::Error,
    },
    /// The address is not one of a kind that Tegl reads.
    #[error("cannot open `{location}`: {reason}")]
    Address {
        /// What was asked for, without credentials.
        location: String,
        /// What is wrong and what would work.
        reason: String,
    },
    /// The store's client could not be set up.
    #[error("cannot open `{location}`: {reason}")]
    Remote {
        /// What was asked for, without credentials.
        location: String,
        /// What the client said.
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
    fn a_folder_that_cannot_be_opened_is_told_with_reason_and_remedy() {
        check(ErrorKind::NotFound, "check the path, and that its disk is mounted");
        check(ErrorKind::PermissionDenied, "let the user that Tegl runs as (uid ");
        check(ErrorKind::NotADirectory, "check the path");
    }

    #[test]
    fn the_public_reads_neither_the_stores_words_nor_its_code() {
        let refused = Error::Refused(Arc::new(Fault::new(Problem::Credentials, "403 SignatureDoesNotMatch")));
        assert_eq!(refused.to_string(), "the store refuses the server access");
    }
}
