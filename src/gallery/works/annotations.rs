//! Annotations of works, for handlers.

use std::time::Duration;

use tokio::sync::SemaphorePermit;

use super::WorkService;
use crate::catalogue::{
    AnnotationChange, AnnotationCount, AnnotationEvent, AnnotationReader, AnnotationRefused, AnnotationState,
    AnnotationStatus, Catalogue, StoredAnnotation, WaitingAnnotation,
};
use crate::gallery::Error;
use crate::presentation::{AnnotatedPlace, CONTAINER_PAGE, CanvasAnnotation};

/// How long a request waits for responses with annotations that were requested before.
const PATIENCE: Duration = Duration::from_secs(10);
/// Responses with annotations that are made at a time.
pub(super) const AT_ONCE: usize = 4;

impl WorkService {
    /// Waits until a response with whole annotations may be made. Few are made at a time, because each annotation may have
    /// 64 KiB, and its JSON several times as much in memory.
    ///
    /// # Errors
    /// Returns [`Error::Busy`] if others take too long.
    pub(crate) async fn annotation_permit(&self) -> Result<SemaphorePermit<'_>, Error> {
        let permit = tokio::time::timeout(PATIENCE, self.annotated.acquire()).await;
        permit.ok().and_then(Result::ok).ok_or(Error::Busy { retry_after_s: 2 })
    }

    /// How many annotations of a work somebody may read, by their places.
    ///
    /// # Errors
    /// Returns an error if there is no catalogue, or if it does not respond; likewise below.
    pub(crate) async fn annotation_counts(
        &self,
        object_number: &str,
        reader: AnnotationReader,
    ) -> Result<Vec<AnnotatedPlace>, Error> {
        let number = object_number.to_owned();
        let counts =
            |catalogue: Catalogue| async move { catalogue.annotation_counts(&number, &reader).await };
        let counts = self.client()?.query(counts).await?;
        Ok(counts.into_iter().map(AnnotatedPlace::from).collect())
    }

    /// Annotations of a canvas that somebody may read, from one of them on: those that have one of these images or, without
    /// an image, the number of the canvas.
    pub(crate) async fn annotations_on(
        &self,
        object_number: &str,
        reader: AnnotationReader,
        canvas: usize,
        images: &[String],
        start: usize,
    ) -> Result<Vec<StoredAnnotation>, Error> {
        let (number, images) = (object_number.to_owned(), images.to_vec());
        let place = u32::try_from(canvas).unwrap_or(u32::MAX);
        let page = |catalogue: Catalogue| async move {
            catalogue.annotations_on(&number, &reader, (place, &images), (start, CONTAINER_PAGE)).await
        };
        self.client()?.query(page).await
    }

    /// The work's first published annotations whose words `is_wanted` accepts.
    pub(crate) async fn annotations_with_words(
        &self,
        object_number: &str,
        limit: usize,
        is_wanted: impl Fn(&str) -> bool + Send + Sync + 'static,
    ) -> Result<Vec<CanvasAnnotation>, Error> {
        let number = object_number.to_owned();
        let found = |catalogue: Catalogue| async move {
            let ids = catalogue.annotations_with_words(&number, limit, is_wanted).await?;
            catalogue.annotations_with_ids(&number, &ids).await
        };
        let found = self.client()?.query(found).await?.into_iter();
        // One that was changed meanwhile may wait for a decision.
        let published = found.filter(|found| found.state.status == AnnotationStatus::Accepted);
        Ok(published.map(CanvasAnnotation::from).collect())
    }

    /// The last revision that changed an annotation of a work; 0 if it has none.
    pub(crate) async fn last_annotation_change(&self, object_number: &str) -> Result<u64, Error> {
        let number = object_number.to_owned();
        self.client()?.query(|catalogue| async move { catalogue.last_annotation_change(&number).await }).await
    }

    /// An annotation, deleted or not.
    pub(crate) async fn annotation(
        &self,
        object_number: &str,
        id: &str,
    ) -> Result<Option<StoredAnnotation>, Error> {
        let (number, id) = (object_number.to_owned(), id.to_owned());
        self.client()?.query(|catalogue| async move { catalogue.annotation(&number, &id).await }).await
    }

    /// The changes of an annotation, oldest first.
    pub(crate) async fn annotation_history(
        &self,
        object_number: &str,
        id: &str,
    ) -> Result<Vec<AnnotationEvent>, Error> {
        let (number, id) = (object_number.to_owned(), id.to_owned());
        self.client()?
            .query(|catalogue| async move { catalogue.annotation_history(&number, &id).await })
            .await
    }

    /// Annotations that wait for a decision, oldest first.
    pub(crate) async fn waiting_annotations(
        &self,
        after: u64,
        limit: usize,
    ) -> Result<Vec<WaitingAnnotation>, Error> {
        self.client()?
            .query(move |catalogue| async move { catalogue.waiting_annotations(after, limit).await })
            .await
    }

    /// Changes an annotation, whose history keeps the first and the last `kept` events. This server's next responses
    /// reflect it.
    ///
    /// # Errors
    /// Returns [`Error::Outdated`] if it is at another revision, [`Error::ContainerChanged`] if another one was changed,
    /// [`Error::Deleted`] if it was deleted, and [`Error::Exists`] if its canvas has as many as it may have.
    pub(crate) async fn change_annotation(
        &self,
        object_number: &str,
        change: AnnotationChange,
        actor: String,
        note: Option<String>,
        kept: u32,
    ) -> Result<StoredAnnotation, Error> {
        let (client, number) = (self.client()?, object_number.to_owned());
        let change = |catalogue: Catalogue| async move {
            catalogue.change_annotation(&number, change, &actor, note.as_deref(), kept).await
        };
        match client.work(change).await? {
            Ok(annotation) => {
                client.follow_own(object_number, annotation.state.revision).await;
                Ok(annotation)
            }
            Err(AnnotationRefused::Unknown) => Err(Error::NotFound),
            Err(AnnotationRefused::Deleted) => Err(Error::Deleted),
            Err(AnnotationRefused::Changed { current }) => Err(Error::Outdated { current }),
            Err(AnnotationRefused::OthersChanged) => Err(Error::ContainerChanged),
            Err(AnnotationRefused::Full) => Err(Error::Exists(
                "this canvas has as many annotations as it may have: delete some first, or raise \
                 `annotations.per_canvas`"
                    .into(),
            )),
        }
    }
}

impl From<StoredAnnotation> for CanvasAnnotation {
    fn from(stored: StoredAnnotation) -> Self {
        let StoredAnnotation { state, body } = stored;
        let AnnotationState { id, canvas, image, creator, created_ms, changed_ms, words, .. } = state;
        Self { id, canvas, image, creator, created_ms, changed_ms, words, body }
    }
}

impl From<AnnotationCount> for AnnotatedPlace {
    fn from(count: AnnotationCount) -> Self {
        let AnnotationCount { canvas, image, total, changed_ms } = count;
        Self { canvas, image, total: usize::try_from(total).unwrap_or(usize::MAX), changed_ms }
    }
}
