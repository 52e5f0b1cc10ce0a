//! The errors of the protocol (OAI-PMH 2.0, §3.6), which are responses like others, with status 200.

use crate::gallery;
use crate::iiif::Invalid;

/// An error of the protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub code: Code,
    pub message: String,
}

/// Its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Code {
    BadVerb,
    BadArgument,
    BadResumptionToken,
    CannotDisseminateFormat,
    IdDoesNotExist,
    NoRecordsMatch,
    NoSetHierarchy,
}

impl Code {
    /// The code as in the `code` of an `error` (§3.6).
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::BadVerb => "badVerb",
            Self::BadArgument => "badArgument",
            Self::BadResumptionToken => "badResumptionToken",
            Self::CannotDisseminateFormat => "cannotDisseminateFormat",
            Self::IdDoesNotExist => "idDoesNotExist",
            Self::NoRecordsMatch => "noRecordsMatch",
            Self::NoSetHierarchy => "noSetHierarchy",
        }
    }
}

impl Fault {
    pub(super) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// A request with wrong arguments.
    pub(super) fn argument(message: impl Into<String>) -> Self {
        Self::new(Code::BadArgument, message)
    }

    /// A resumption token that is not one of this verb.
    pub(super) fn token() -> Self {
        Self::new(
            Code::BadResumptionToken,
            "this server has not given this token for this verb: start the list again without it",
        )
    }

    /// A list without records.
    pub(super) fn nothing() -> Self {
        Self::new(Code::NoRecordsMatch, "no record has all of these properties")
    }
}

/// Why a request has no result.
#[derive(Debug)]
pub(super) enum Failure {
    /// The response says why.
    Fault(Fault),
    /// The response is an HTTP error.
    Server(gallery::Error),
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<gallery::Error> for Failure {
    fn from(error: gallery::Error) -> Self {
        Self::Server(error)
    }
}

impl From<Invalid> for Failure {
    fn from(invalid: Invalid) -> Self {
        Self::Server(invalid.into())
    }
}
