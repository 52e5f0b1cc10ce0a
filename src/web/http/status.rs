//! The only place that maps errors to HTTP statuses.

use actix_web::http::StatusCode;

use crate::gallery;
use crate::store;
use crate::web::http::error::Error;

/// The status of each error (Image API 3.0, §7.3). Exhaustive, so that a new error must choose one.
pub(crate) fn status(error: &Error) -> StatusCode {
    match error {
        Error::Gallery(error) | Error::Decision { cause: error, .. } => status_of(error),
        Error::BodyTooLong { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        Error::BodyTimeout { .. } => StatusCode::REQUEST_TIMEOUT,
        Error::Unauthorized => StatusCode::UNAUTHORIZED,
        Error::TooManyGuesses { .. } => StatusCode::TOO_MANY_REQUESTS,
        Error::MethodNotAllowed { .. } => StatusCode::METHOD_NOT_ALLOWED,
        Error::NoPrecondition => StatusCode::PRECONDITION_REQUIRED,
    }
}

fn status_of(error: &gallery::Error) -> StatusCode {
    use gallery::Error;
    match error {
        Error::NotFound | Error::NoPage(_) | Error::Untagged(_) => StatusCode::NOT_FOUND,
        Error::Gone(_) | Error::Deleted | Error::NoWorks => StatusCode::GONE,
        Error::Invalid(_) => StatusCode::BAD_REQUEST,
        Error::Unprocessable(_) => StatusCode::UNPROCESSABLE_ENTITY,
        Error::Exists(_) => StatusCode::CONFLICT,
        Error::Unsupported(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Error::Damaged(_) | Error::Unreadable => StatusCode::INTERNAL_SERVER_ERROR,
        Error::Forbidden | Error::Closed(_) => StatusCode::FORBIDDEN,
        Error::Busy { .. }
        | Error::Preparing { .. }
        | Error::Indexing { .. }
        | Error::Comparing { .. }
        | Error::Abandoned => StatusCode::SERVICE_UNAVAILABLE,
        Error::Unindexed { .. } | Error::Unprepared { .. } => StatusCode::SERVICE_UNAVAILABLE,
        Error::Store(store::Error::TimedOut) => StatusCode::GATEWAY_TIMEOUT,
        Error::Store(
            store::Error::Short { .. } | store::Error::BadResponse(_) | store::Error::Refused(_),
        ) => StatusCode::BAD_GATEWAY,
        Error::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
        Error::Catalogue(_) | Error::CatalogueFull(_) => StatusCode::SERVICE_UNAVAILABLE,
        // Whether the write took effect is unknown.
        Error::Uncertain(_) => StatusCode::GATEWAY_TIMEOUT,
        Error::Conflict { .. } | Error::Outdated { .. } | Error::ContainerChanged | Error::ClusterChanged => {
            StatusCode::PRECONDITION_FAILED
        }
        Error::Unwritable(_) | Error::Fault(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// `Retry-After` in seconds, if a retry may help.
pub(crate) fn retry_after(error: &Error) -> Option<u32> {
    use gallery::Error as Cause;
    match error {
        Error::TooManyGuesses { retry_after_s }
        | Error::Gallery(
            Cause::Busy { retry_after_s }
            | Cause::Preparing { retry_after_s }
            | Cause::Indexing { retry_after_s, .. }
            | Cause::Comparing { retry_after_s, .. },
        ) => Some(*retry_after_s),
        Error::Gallery(Cause::Abandoned) => Some(1),
        Error::Gallery(Cause::Store(_) | Cause::Catalogue(_) | Cause::Uncertain(_)) => Some(2),
        Error::Gallery(Cause::CatalogueFull(_) | Cause::Unindexed { .. } | Cause::Unprepared { .. }) => {
            Some(30)
        }
        _ => None,
    }
}
