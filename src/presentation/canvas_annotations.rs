//! Published annotations in a work's documents: those that holders of a token have written, not its tags.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::object::object;
use super::web_annotation::Published;
use super::{Canvas, View};
use crate::iiif::Version;
use crate::record::timestamp;

/// Annotations of a page of a container (Web Annotation Protocol, §4.2).
pub(crate) const CONTAINER_PAGE: usize = 100;

/// A published annotation of a canvas.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct CanvasAnnotation {
    /// Its identifier within the work.
    pub id: String,
    /// The number of its canvas when it was created.
    pub canvas: u32,
    /// The first image of that canvas, if it had one.
    pub image: Option<String>,
    /// The owner of the token that created it.
    pub creator: String,
    /// In milliseconds since 1970.
    pub created_ms: i64,
    /// In milliseconds since 1970.
    pub changed_ms: i64,
    /// The text of its bodies, shortened.
    pub words: String,
    /// Its stored properties in JSON.
    pub body: String,
}

/// How many published annotations have the same place.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct AnnotatedPlace {
    /// The number of their canvas when they were created.
    pub canvas: u32,
    /// The first image of that canvas, if it had one.
    pub image: Option<String>,
    pub total: usize,
    /// The last change of one of them, in milliseconds since 1970.
    pub changed_ms: i64,
}

/// The annotations of a canvas: their number, their last change, and the images by which they are found.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct AnnotatedCanvas {
    pub total: usize,
    /// In milliseconds since 1970.
    pub changed_ms: i64,
    pub images: Vec<String>,
}

/// The annotated canvases by their numbers.
pub(crate) fn annotated_canvases(
    canvases: &[Canvas<'_>],
    places: &[AnnotatedPlace],
) -> HashMap<usize, AnnotatedCanvas> {
    let mut annotated: HashMap<usize, AnnotatedCanvas> = HashMap::new();
    for place in places {
        if let Some(number) = canvas_of(canvases, place.image.as_deref(), place.canvas) {
            let canvas = annotated.entry(number).or_default();
            canvas.total += place.total;
            canvas.changed_ms = place.changed_ms.max(canvas.changed_ms);
            if let Some(image) = place.image.as_ref().filter(|image| !canvas.images.contains(image)) {
                canvas.images.push(image.clone());
            }
        }
    }
    annotated
}

/// The number of the canvas that an annotation is on; `None` if its image is not shown any more.
///
/// An annotation follows the image that its canvas had, because a later record may number the canvases differently. One of
/// a canvas without images stays on the canvas with its number, also when that has images.
pub(crate) fn canvas_of(canvases: &[Canvas<'_>], image: Option<&str>, number: u32) -> Option<usize> {
    let has = |canvas: &&Canvas<'_>| match image {
        Some(image) => canvas.images.iter().any(|shown| shown.file == image),
        None => canvas.number == number as usize,
    };
    canvases.iter().find(has).map(|canvas| canvas.number)
}

impl View<'_> {
    /// The collections of published annotations, by the numbers of their canvases. They have the time of the last change,
    /// so that manifests that refer to them change, too.
    pub(super) fn annotation_collections(&self, canvases: &[Canvas<'_>]) -> HashMap<usize, Value> {
        let collection = |(number, canvas): (usize, AnnotatedCanvas)| {
            let collection = object! {
                "id": self.address.annotation_container(&self.work.object_number, number),
                "type": "AnnotationCollection",
                "total": canvas.total,
                "modified": timestamp(canvas.changed_ms),
            };
            (number, collection)
        };
        annotated_canvases(canvases, self.annotated).into_iter().map(collection).collect()
    }

    /// An annotation as an item of a page; `None` if its properties cannot be read.
    pub(super) fn annotation_item(&self, annotation: &CanvasAnnotation, canvas: usize) -> Option<Value> {
        let properties: Map<String, Value> = serde_json::from_str(&annotation.body).ok()?;
        let work = &self.work.object_number;
        let published = Published {
            id: &self.address.annotation(work, &annotation.id),
            canvas: &self.canvas_id(canvas),
            creator: &annotation.creator,
            created_ms: annotation.created_ms,
            changed_ms: annotation.changed_ms,
            properties,
        };
        Some(published.item())
    }

    /// The annotation page with the first published annotations of a canvas, which are the view's; `None` if there is no such
    /// canvas. Further ones are on the pages of the container.
    pub(crate) fn canvas_annotations(&self, number: usize, version: Version) -> Option<Value> {
        let canvases = self.canvases();
        canvases.get(number.checked_sub(1)?)?;
        let work = &self.work.object_number;
        let items = self.annotations.iter();
        let items: Vec<Value> =
            items.filter_map(|annotation| self.annotation_item(annotation, number)).collect();
        let mut page = object! {
            "id": self.address.canvas_annotations(version, work, number),
            "type": "AnnotationPage",
            "items": items,
        };
        if version == Version::V3 {
            let annotated = annotated_canvases(&canvases, self.annotated).remove(&number).unwrap_or_default();
            let listed = self.annotations.len();
            if listed < annotated.total && listed.is_multiple_of(CONTAINER_PAGE) {
                page["next"] = self.address.annotation_page(work, number, listed / CONTAINER_PAGE).into();
            }
            let collection = self.annotation_collections(&canvases).remove(&number);
            page["partOf"] = collection.into_iter().collect();
        }
        Some(super::manifest::standalone(page, self.context(), version))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presentation::fixture::with_view;

    #[test]
    fn an_annotation_follows_its_image_or_else_the_number_of_its_canvas() {
        with_view(&[], |view| {
            let canvases = view.canvases();
            let image = canvases[0].images[0].file.clone();
            assert_eq!(canvas_of(&canvases, Some(&image), 7), Some(1));
            assert_eq!(canvas_of(&canvases, Some("another.tif"), 1), None);
            assert_eq!(canvas_of(&canvases, None, 1), Some(1), "it has images now");
            assert_eq!(canvas_of(&canvases, None, 7), None);
        });
    }
}
