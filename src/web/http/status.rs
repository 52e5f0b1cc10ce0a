//! Errors become statuses here and nowhere else.

use actix_web::http::StatusCode;

use crate::gallery::Error;
use crate::store;

/// The status of each error (Image API 3.0, §7.3). A new error has to choose its own.
pub fn status(error: &Error) -> StatusCode {
    match error {
        Error::NotFound | Error::NoPage(_) => StatusCode::NOT_FOUND,
        Error::Gone => StatusCode::GONE,
        Error::Invalid(_) => StatusCode::BAD_REQUEST,
        Error::Unprocessable(_) => StatusCode::UNPROCESSABLE_ENTITY,
        Error::TooLong { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        Error::Exists(_) => StatusCode::CONFLICT,
        Error::Unsupported(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Error::Damaged(_) | Error::Unreadable => StatusCode::INTERNAL_SERVER_ERROR,
        Error::Forbidden | Error::Closed(_) => StatusCode::FORBIDDEN,
        Error::Unauthorized => StatusCode::UNAUTHORIZED,
        Error::Guessing { .. } => StatusCode::TOO_MANY_REQUESTS,
        Error::Overdue { .. } => StatusCode::REQUEST_TIMEOUT,
        Error::NotAllowed { .. } => StatusCode::METHOD_NOT_ALLOWED,
        Error::Busy { .. } | Error::Preparing { .. } | Error::Indexing { .. } | Error::Abandoned => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        Error::Unindexed { .. } | Error::Unprepared { .. } => StatusCode::SERVICE_UNAVAILABLE,
        Error::Store(store::Error::TimedOut) => StatusCode::GATEWAY_TIMEOUT,
        Error::Store(store::Error::Short { .. } | store::Error::BadAnswer(_) | store::Error::Refused(_)) => {
            StatusCode::BAD_GATEWAY
        }
        Error::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
        Error::Catalogue(_) | Error::CatalogueFull(_) => StatusCode::SERVICE_UNAVAILABLE,
        // Neither done nor refused, as far as is known.
        Error::Uncertain(_) => StatusCode::GATEWAY_TIMEOUT,
        Error::Conflict { .. } => StatusCode::PRECONDITION_FAILED,
        Error::Unwritable(_) | Error::Fault(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// When to come back, in seconds, where coming back may help.
pub fn retry_after(error: &Error) -> Option<u32> {
    match error {
        Error::Busy { retry_after_s }
        | Error::Preparing { retry_after_s }
        | Error::Indexing { retry_after_s, .. }
        | Error::Guessing { retry_after_s } => Some(*retry_after_s),
        Error::Abandoned => Some(1),
        Error::Store(_) | Error::Catalogue(_) | Error::Uncertain(_) => Some(2),
        Error::CatalogueFull(_) | Error::Unindexed { .. } | Error::Unprepared { .. } => Some(30),
        _ => None,
    }
}
