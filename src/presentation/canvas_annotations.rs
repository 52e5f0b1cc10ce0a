//! Published annotations in a work's documents: those that holders of a token have written, not its tags.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::object::object;
use super::web_annotation::Published;
use super::{Canvas, View};
use crate::iiif::Version;
use crate::record::timestamp;

/// Maximum number of annotations of a page in a work's documents; the container has all.
pub(crate) const MAX_ITEMS: usize = 500;

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
    /// Its stored properties in JSON; empty if they were not read, because only the number of annotations matters.
    pub body: String,
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

impl<'a> View<'a> {
    /// The published annotations of a canvas.
    pub(crate) fn annotations_on(&self, canvases: &[Canvas<'_>], number: usize) -> Vec<&'a CanvasAnnotation> {
        let is_on = |annotation: &&CanvasAnnotation| {
            canvas_of(canvases, annotation.image.as_deref(), annotation.canvas) == Some(number)
        };
        self.annotations.iter().filter(is_on).collect()
    }

    /// The collections of published annotations, by the numbers of their canvases. They have the time of the last change,
    /// so that manifests that refer to them change, too.
    pub(super) fn annotation_collections(&self, canvases: &[Canvas<'_>]) -> HashMap<usize, Value> {
        let mut known = HashMap::new();
        let mut summaries: HashMap<usize, (usize, i64)> = HashMap::new();
        for annotation in self.annotations {
            let place = (annotation.image.as_deref(), annotation.canvas);
            let number = *known.entry(place).or_insert_with(|| canvas_of(canvases, place.0, place.1));
            if let Some(number) = number {
                let (total, changed_ms) = summaries.entry(number).or_default();
                *total += 1;
                *changed_ms = annotation.changed_ms.max(*changed_ms);
            }
        }
        let collection = |(number, (total, changed_ms))| {
            let collection = object! {
                "id": self.address.annotation_container(&self.work.object_number, number),
                "type": "AnnotationCollection",
                "total": total,
                "modified": timestamp(changed_ms),
            };
            (number, collection)
        };
        summaries.into_iter().map(collection).collect()
    }

    /// An annotation as an item of a page; `None` if its properties were not read.
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

    /// The annotation page with a canvas's published annotations; `None` if there is no such canvas.
    pub(crate) fn canvas_annotations(&self, number: usize, version: Version) -> Option<Value> {
        let canvases = self.canvases();
        canvases.get(number.checked_sub(1)?)?;
        let work = &self.work.object_number;
        let on_canvas = self.annotations_on(&canvases, number);
        let items = on_canvas.iter().take(MAX_ITEMS);
        let items: Vec<Value> =
            items.filter_map(|annotation| self.annotation_item(annotation, number)).collect();
        let mut page = object! {
            "id": self.address.canvas_annotations(version, work, number),
            "type": "AnnotationPage",
            "items": items,
        };
        if version == Version::V3 {
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
