//! Errors of the gallery, distinguished by who must act.

use std::sync::Arc;

use crate::catalogue::Tombstone;
use crate::iiif::Invalid;
use crate::master::Refused;
use crate::record::Tag;
use crate::{catalogue, pixels, search, store};

/// An error of the gallery's services.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// There is no such image or work.
    #[error("there is no image or work with this identifier")]
    NotFound,
    /// The work was withdrawn, or all works with this image.
    #[error("{0}")]
    Gone(Box<Tombstone>),
    /// All works of a creator were withdrawn.
    #[error("all works of this creator were withdrawn")]
    NoWorks,
    /// For the client to fix.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// For the client to fix: well-formed, but inconsistent with the work or image.
    #[error(transparent)]
    Unprocessable(Invalid),
    /// For the client to fix: what it adds exists already. The text names a valid alternative.
    #[error("{0}")]
    Exists(String),
    /// A cursor or page that does not exist.
    #[error(transparent)]
    NoPage(Invalid),
    /// For the collection's owner to fix: an unsupported kind of master. The text names what is supported.
    #[error("{0}")]
    Unsupported(String),
    /// For the collection's owner to fix: a corrupt master.
    #[error("the image cannot be shown: {0}")]
    Damaged(String),
    #[error("access to this image is refused")]
    Forbidden,
    /// For the collection's owner to fix: the file's permissions.
    #[error("the image cannot be shown: permission denied: the server's user cannot read its file")]
    Unreadable,
    /// Disabled on this server. The text names how to enable it.
    #[error("{0}")]
    Closed(String),
    /// Retry later.
    #[error("the server is busy; try again in {retry_after_s} s")]
    Busy { retry_after_s: u32 },
    /// Retry later: the image's pyramid is being built.
    #[error("this image is being prepared for the first time; try again in {retry_after_s} s")]
    Preparing { retry_after_s: u32 },
    /// Retry later: works are being indexed for the first time.
    #[error(
        "the search is being prepared: {percent} % of all works are indexed; try again in {retry_after_s} s"
    )]
    Indexing { percent: u8, retry_after_s: u32 },
    /// Retry later: the vectors of works are being loaded.
    #[error(
        "similar works are being prepared: {percent} % of all pictures are loaded; try again in {retry_after_s} s"
    )]
    Comparing { percent: u8, retry_after_s: u32 },
    /// For the collection's owner to fix: pictures that have not been analyzed. The text names the command.
    #[error("{0}")]
    Untagged(String),
    /// For the operator to fix: there is no search index, and none can be built.
    #[error("search is not available at the moment: {cause}; the server retries by itself")]
    Unindexed { cause: String },
    /// For the operator to fix: the pyramid store.
    #[error("this image cannot be prepared at the moment: {cause}; the server retries by itself")]
    Unprepared { cause: String },
    /// For the operator to fix: the store.
    #[error("the image cannot be reached just now")]
    Store(#[source] store::Error),
    /// For the operator to fix: the catalogue.
    #[error("the catalogue cannot be reached just now")]
    Catalogue(#[source] Arc<catalogue::Error>),
    /// For the operator to fix: the catalogue's disk.
    #[error("the catalogue cannot be changed just now: its disk is full")]
    CatalogueFull(#[source] Arc<catalogue::Error>),
    /// The catalogue stopped responding between a change and its confirmation.
    #[error(
        "the change may have been saved or not: the catalogue stopped responding meanwhile; check what you changed \
         (GET), and repeat the request if the change is missing: a change that was saved is not applied twice"
    )]
    Uncertain(#[source] Arc<catalogue::Error>),
    /// The annotation was deleted.
    #[error("this annotation was deleted")]
    Deleted,
    /// The annotation is not at the expected revision.
    #[error("the annotation has changed: its ETag is \"{current}\" now; read it again before you change it")]
    Outdated { current: u64 },
    /// The container of annotations is not as the client has read it.
    #[error("the annotations have changed: read the container again before you add to it")]
    ContainerChanged,
    /// The cluster is not as the client has read it.
    #[error("the cluster has changed: read it again before you change it")]
    ClusterChanged,
    /// The work is not at the expected revision.
    #[error("the work has changed: it is at revision {current} now; read it again before you change it")]
    Conflict { current: u64 },
    /// For the operator to fix: the output location.
    #[error("{0}")]
    Unwritable(String),
    /// All callers have gone.
    #[error("the request was cancelled")]
    Abandoned,
    /// A bug in Tegl; the text is for the log.
    #[error("something went wrong within the server")]
    Fault(String),
}

impl Error {
    /// A work is withdrawn.
    pub(crate) fn gone(tombstone: Tombstone) -> Self {
        Self::Gone(Box::new(tombstone))
    }

    /// A work already has this tag.
    pub(crate) fn exists(known: &Tag) -> Self {
        let (id, status) = (known.id(), known.status.name());
        Self::Exists(format!(
            "this tag is there already, as `{id}` with status `{status}`: change that one by PATCH"
        ))
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::NotFound => Self::NotFound,
            store::Error::BadKey(bad) => Self::Invalid(Invalid::new("identifier", "", bad.to_string())),
            store::Error::Forbidden => Self::Forbidden,
            store::Error::Unreadable => Self::Unreadable,
            store::Error::Unsupported(reason) => Self::Unsupported(reason),
            store::Error::WithoutRanges => Self::Unsupported(error.to_string()),
            store::Error::Busy => Self::Busy { retry_after_s: 2 },
            other => Self::Store(other),
        }
    }
}

impl From<catalogue::Error> for Error {
    fn from(error: catalogue::Error) -> Self {
        match error {
            catalogue::Error::NotFound => Self::NotFound,
            catalogue::Error::Conflict { current } => Self::Conflict { current },
            catalogue::Error::Invalid(reason) => Self::Invalid(Invalid::new("record", "", reason)),
            full @ catalogue::Error::Full(_) => Self::CatalogueFull(Arc::new(full)),
            uncertain @ catalogue::Error::Uncertain(_) => Self::Uncertain(Arc::new(uncertain)),
            other => Self::Catalogue(Arc::new(other)),
        }
    }
}

impl From<search::Error> for Error {
    fn from(error: search::Error) -> Self {
        match error {
            search::Error::Invalid(invalid) => Self::Invalid(invalid),
            other => Self::Fault(format!("{other}: {other:?}")),
        }
    }
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Damaged(_) => Self::Damaged(refused.to_string()),
            Refused::Unsupported(reason) => Self::Unsupported(reason),
            Refused::NoPage { .. } => Self::NotFound,
        }
    }
}

impl From<pixels::Error> for Error {
    fn from(error: pixels::Error) -> Self {
        match error {
            pixels::Error::Damaged { .. } => Self::Damaged(error.to_string()),
            pixels::Error::Unsupported(reason) => Self::Unsupported(reason),
            pixels::Error::TooLarge { .. } => Self::Unsupported(error.to_string()),
        }
    }
}

/// The error with all its causes, for operators.
pub(crate) fn error_chain(error: &Error) -> String {
    let mut text = error.to_string();
    if let Error::Fault(fault) = error {
        text = format!("{text}: {fault}");
    }
    let mut cause = std::error::Error::source(error);
    while let Some(one) = cause {
        let reason = one.to_string();
        if !text.contains(&reason) {
            text = format!("{text}: {reason}");
        }
        cause = one.source();
    }
    text.chars().take(600).collect()
}
