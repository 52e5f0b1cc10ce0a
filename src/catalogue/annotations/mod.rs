//! Annotations of canvases, written by the Web Annotation Protocol and moderated like tags.

mod change;
mod read;

pub(super) use self::read::notes;
use crate::record::Text;

/// Whether an annotation is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnnotationStatus {
    /// It waits for a curator's decision.
    Pending,
    /// It is published.
    Accepted,
    /// A curator has decided against it.
    Rejected,
    /// It was deleted; its URI is not used again.
    Deleted,
}

impl AnnotationStatus {
    /// The name in the database and in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Deleted => "deleted",
        }
    }

    /// The status with this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Pending, Self::Accepted, Self::Rejected, Self::Deleted]
            .into_iter()
            .find(|status| status.name() == name)
    }
}

/// An annotation without its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnnotationState {
    /// Its identifier within the work.
    pub id: String,
    /// The number of its canvas when it was created, from 1.
    pub canvas: u32,
    /// The first image of that canvas, if it had one.
    pub image: Option<String>,
    /// Whether it is published.
    pub status: AnnotationStatus,
    /// The owner of the token that created it.
    pub creator: String,
    /// The revision that created it.
    pub made: u64,
    /// The last revision that changed it.
    pub revision: u64,
    /// When it was created, in milliseconds since 1970.
    pub created_ms: i64,
    /// When it was last changed, in milliseconds since 1970.
    pub changed_ms: i64,
    /// The text of its bodies, shortened, for searches.
    pub words: String,
}

/// An annotation with its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAnnotation {
    /// What is known about it.
    pub state: AnnotationState,
    /// The annotation in JSON, as `presentation::web_annotation` writes it; empty if it was deleted.
    pub body: String,
}

/// Who reads annotations, which decides about those that wait for a decision. Rejected and deleted ones are in no list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnnotationReader {
    /// Published annotations only.
    Anyone,
    /// Also what this owner of a token has written.
    Writer(String),
    /// All.
    Curator,
}

/// How many annotations of a work have the same place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnnotationCount {
    /// The number of their canvas when they were created, from 1.
    pub canvas: u32,
    /// The first image of that canvas, if it had one.
    pub image: Option<String>,
    /// Their number.
    pub total: u64,
    /// The last change of one of them, in milliseconds since 1970.
    pub changed_ms: i64,
}

/// An annotation that waits for a decision.
#[derive(Clone, Debug, PartialEq)]
pub struct WaitingAnnotation {
    /// The museum's number of the work.
    pub object_number: String,
    /// The work's title.
    pub label: Text,
    /// The annotation.
    pub annotation: StoredAnnotation,
}

/// One change in the history of an annotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnnotationEvent {
    /// The revision that the change made.
    pub revision: u64,
    /// The status after the change.
    pub status: AnnotationStatus,
    /// The owner of the token that made the change.
    pub actor: String,
    /// What was noted about it.
    pub note: Option<String>,
    /// In milliseconds since 1970.
    pub at_ms: i64,
    /// The annotation after the change; empty if it was deleted.
    pub body: String,
}

/// A change of one annotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnnotationChange {
    /// Adds an annotation.
    Create {
        /// The identifier that the client would like.
        slug: Option<String>,
        /// The canvas's number, from 1.
        canvas: u32,
        /// The canvas's first image, if it has one.
        image: Option<String>,
        /// Whether it is published at once.
        status: AnnotationStatus,
        /// The text of its bodies.
        words: String,
        /// The annotation in JSON.
        body: String,
        /// Maximum number of annotations of the canvas.
        max: u32,
        /// The last revision that changed an annotation of the work; any if `None`.
        expected: Option<u64>,
    },
    /// Replaces its body.
    Replace {
        /// Its identifier within the work.
        id: String,
        /// The revision that it must have.
        expected: u64,
        /// Whether the new body is published at once.
        status: AnnotationStatus,
        /// The text of its bodies.
        words: String,
        /// The annotation in JSON.
        body: String,
    },
    /// Accepts or rejects it, or lets it wait again.
    Decide {
        /// Its identifier within the work.
        id: String,
        /// The revision that it must have; any if `None`.
        expected: Option<u64>,
        /// Its status from now on.
        status: AnnotationStatus,
    },
    /// Deletes it.
    Delete {
        /// Its identifier within the work.
        id: String,
        /// The revision that it must have; any if `None`.
        expected: Option<u64>,
    },
}

/// Why a change of an annotation was not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnnotationRefused {
    /// There is no such annotation.
    Unknown,
    /// It was deleted.
    Deleted,
    /// It is not at the expected revision.
    Changed {
        /// Its present revision.
        current: u64,
    },
    /// Another annotation of the work was changed after the expected revision.
    OthersChanged,
    /// Its canvas or work has as many annotations as it may have.
    Full,
}
