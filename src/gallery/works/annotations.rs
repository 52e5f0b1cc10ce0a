//! Annotations of works, for handlers.

use std::collections::HashMap;

use super::WorkService;
use crate::catalogue::{
    AnnotationChange, AnnotationEvent, AnnotationRefused, AnnotationState, AnnotationStatus, Catalogue,
    StoredAnnotation, WaitingAnnotation,
};
use crate::gallery::Error;
use crate::presentation::CanvasAnnotation;

impl WorkService {
    /// The annotations of a work in the order of their creation, without deleted ones and without their words.
    ///
    /// # Errors
    /// Returns an error if there is no catalogue, or if it does not respond; likewise below.
    pub(crate) async fn annotations(&self, object_number: &str) -> Result<Vec<AnnotationState>, Error> {
        let number = object_number.to_owned();
        self.client()?.query(|catalogue| async move { catalogue.annotations(&number).await }).await
    }

    /// The published annotations of a work, without their words and bodies.
    pub(super) async fn published_annotations(
        &self,
        object_number: &str,
    ) -> Result<Vec<CanvasAnnotation>, Error> {
        let all = self.annotations(object_number).await?.into_iter();
        Ok(all
            .filter(|state| state.status == AnnotationStatus::Accepted)
            .map(CanvasAnnotation::from)
            .collect())
    }

    /// The words of a work's first published annotations that `is_wanted` accepts, by identifier.
    pub(crate) async fn annotation_words(
        &self,
        object_number: &str,
        limit: usize,
        is_wanted: impl Fn(&str) -> bool + Send + Sync + 'static,
    ) -> Result<HashMap<String, String>, Error> {
        let number = object_number.to_owned();
        let words =
            |catalogue: Catalogue| async move { catalogue.annotation_words(&number, limit, is_wanted).await };
        self.client()?.query(words).await
    }

    /// The bodies of annotations by their identifiers.
    pub(crate) async fn annotation_bodies(
        &self,
        object_number: &str,
        ids: Vec<String>,
    ) -> Result<HashMap<String, String>, Error> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let number = object_number.to_owned();
        let bodies = |catalogue: Catalogue| async move { catalogue.annotation_bodies(&number, &ids).await };
        self.client()?.query(bodies).await
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
    /// Returns [`Error::Outdated`] if it is at another revision, [`Error::Deleted`] if it was deleted, and
    /// [`Error::Exists`] if its canvas has as many as it may have.
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
            Err(AnnotationRefused::Full) => Err(Error::Exists(
                "this canvas has as many annotations as it may have: delete some first, or raise \
                 `annotations.per_canvas`"
                    .into(),
            )),
        }
    }
}

impl From<AnnotationState> for CanvasAnnotation {
    fn from(state: AnnotationState) -> Self {
        let AnnotationState { id, canvas, image, creator, created_ms, changed_ms, words, .. } = state;
        Self { id, canvas, image, creator, created_ms, changed_ms, words, body: String::new() }
    }
}
