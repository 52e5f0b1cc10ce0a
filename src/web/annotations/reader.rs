//! What the sender of a request may read and change.

use actix_web::HttpRequest;

use crate::catalogue::{AnnotationReader, AnnotationState, AnnotationStatus};
use crate::gallery::Error;
use crate::web::App;
use crate::web::api::tags::token_owner;
use crate::web::http::error as http;
use crate::web::http::token;

/// Who sends a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reader {
    Anyone,
    /// The owner of a token whose annotations wait for a decision.
    Annotator(String),
    Curator(String),
}

impl Reader {
    /// # Errors
    /// Fails if the request has a wrong token.
    pub(super) fn of(app: &App, request: &HttpRequest) -> Result<Self, http::Error> {
        match token::bearer(request) {
            None => Ok(Self::Anyone),
            Some(_) => Self::writer(app, request),
        }
    }

    /// # Errors
    /// Fails if the request has no token, or a wrong one.
    pub(super) fn writer(app: &App, request: &HttpRequest) -> Result<Self, http::Error> {
        let owner = token_owner(request, app)?;
        Ok(match app.live().annotations.moderated.contains(&owner) {
            true => Self::Annotator(owner),
            false => Self::Curator(owner),
        })
    }

    /// For whom a container lists annotations.
    pub(super) fn annotations(&self) -> AnnotationReader {
        match self {
            Self::Anyone => AnnotationReader::Anyone,
            Self::Annotator(owner) => AnnotationReader::Writer(owner.clone()),
            Self::Curator(_) => AnnotationReader::Curator,
        }
    }

    /// Whether a container lists the annotation.
    pub(super) fn lists(&self, state: &AnnotationState) -> bool {
        match state.status {
            AnnotationStatus::Accepted => true,
            AnnotationStatus::Pending => self.owns(state),
            AnnotationStatus::Rejected | AnnotationStatus::Deleted => false,
        }
    }

    /// Whether the annotation may be read by its URI.
    pub(super) fn reads(&self, state: &AnnotationState) -> bool {
        self.lists(state) || (state.status == AnnotationStatus::Rejected && self.owns(state))
    }

    /// # Errors
    /// Fails with 403 if another has written the annotation.
    pub(super) fn check_writes(&self, state: &AnnotationState) -> Result<(), Error> {
        match self.owns(state) {
            true => Ok(()),
            false => Err(Error::Closed("this token may change its own annotations only".into())),
        }
    }

    fn owns(&self, state: &AnnotationState) -> bool {
        match self {
            Self::Anyone => false,
            Self::Annotator(owner) => *owner == state.creator,
            Self::Curator(_) => true,
        }
    }

    /// The status of what the sender writes.
    pub(super) fn status(&self) -> AnnotationStatus {
        match self {
            Self::Curator(_) => AnnotationStatus::Accepted,
            Self::Annotator(_) | Self::Anyone => AnnotationStatus::Pending,
        }
    }

    /// The owner of the token; empty without one.
    pub(super) fn owner(&self) -> &str {
        match self {
            Self::Anyone => "",
            Self::Annotator(owner) | Self::Curator(owner) => owner,
        }
    }

    /// How caches may keep a response, which without a token is the same for everybody.
    pub(super) fn cache_control(&self) -> &'static str {
        if *self == Self::Anyone { "no-cache" } else { "private, no-cache" }
    }
}
