//! The manifest that a work was read from, which documents repeat as far as the record does not express it better.
//!
//! Manifests of Presentation API 2 and of drafts of version 3 are converted to version 3 first, and so are the names that
//! JSON-LD processors write, such as `@id`. Properties of the specification that the table does not name are kept as they are; properties that it does not define are in the source only, because its validators
//! refuse them. `tegl ingest` lists what of the manifests is in the source only.
//!
//! | feature | in the manifest served |
//! |---|---|
//! | `id` of the manifest, canvases, ranges, annotation pages and annotations | in our form: addresses of this server, wherever they are referenced; as is with `presentation.keep_ids` |
//! | `label`, `metadata`, `summary`, `requiredStatement` | as is, in order, languages in the order in which the source first has them; HTML reduced to what §4.5 allows, pictures in it only of this server |
//! | `rights` | in our form: the canonical URI; a statement that is no such URI is a pair of the metadata |
//! | `provider`, `homepage`, `logo` | as is; those of the settings only if there are none |
//! | `navDate`, `navPlace`, `start`, `viewingDirection`, `behavior` | as is; unknown behaviors are in the source only |
//! | `seeAlso`, `rendering`, `partOf`, `service`, `services` | as is, beside those of this server; imported collections in `partOf` by their addresses here |
//! | `thumbnail` | in our form if it is of an image of this server, otherwise as is |
//! | canvases, with and without images, their sizes and durations | as is, in order; images that only this server has get canvases after them |
//! | `placeholderCanvas`, `accompanyingCanvas` | as is |
//! | annotations among the paintings of a canvas that do not paint | in our form: in the `annotations` of the canvas |
//! | targets of paintings that are not their canvas | in our form: the canvas, with the region, time and style of the target |
//! | several images on a canvas, their targets, regions, rotations and choices | as is; the images in our form if they are of this server, otherwise by reference |
//! | `structures`: ranges, nested, with behavior and `supplementary` | as is |
//! | embedded annotation pages, any motivation, with selectors and style sheets | as is; targets that are images of this server, or requests to their services, by their addresses here, other targets outside the manifest as is, and `tegl ingest` lists them; HTML reduced as above; selectors of SVG that draw more than shapes are in the source only |
//! | annotation pages by reference | read with the manifest and embedded as above; those that `tegl ingest` could not read are references, which it lists |
//! | annotation collections | as is, by reference |
//! | sound and video as bodies | in our form if their files are in a source of this server and may be downloaded, with the duration of the manifest; otherwise as is, by reference |
//! | 3D and text as bodies | as is, by reference |
//! | images that say they are a `SpecificResource` without source, or a service | in our form, with the type `Image` |
//! | selectors of two times in one text | in our form, as a fragment |
//! | a choice of selectors | in our form, as a list of selectors |
//! | `language` of a body: a list of one | in our form: a text |
//! | the first sequence of version 2 | in our form: its properties are the manifest's; its label, and what the manifest says otherwise, are in the source only |
//! | properties of version 2 beside those of version 3 | lists together; values that differ are in the source only |
//! | `@context` of extensions | as is |
//! | tags of this server | in our form, as an annotation page after those of the manifest |
//! | properties that Presentation API 3 does not define | in the source only; the record in the API has it |
//! | images, their services, thumbnails and files, sound and video, if rights limit the work's images | nowhere, nor in the record in the API, in dumps and in OAI-PMH; images of this server within their limits |
//!
//! Collections that led to manifests are repeated as well, at `/presentation/{2|3}/collections/imported/{name}`:
//!
//! | feature | in the collection served |
//! |---|---|
//! | `id` of the collection, its manifests and collections, also in `partOf` | in our form: addresses of this server; as is with `presentation.keep_ids`, and for manifests and collections that were not imported |
//! | `label`, `metadata`, `summary`, `requiredStatement`, `rights`, `provider`, `homepage`, `seeAlso`, `rendering`, `service`, `services`, `behavior`, `viewingDirection`, `navDate`, `navPlace`, `placeholderCanvas`, `accompanyingCanvas`, `annotations`, contexts of extensions | as in manifests |
//! | items: their order, nesting, and what the references say | as is, without works that were withdrawn |
//! | collections embedded in a collection | in our form: collections at their own addresses, to which the reference leads |
//! | manifests embedded in a collection | in our form: references |
//! | `thumbnail` of the collection and its items | in our form if it is of an image of this server, otherwise as is |
//! | pages of a collection (`first`, `next`, `last`, `total`) | in our form: a page is a collection of its own |
//! | images, files and renderings, if rights limit a work in the collection or below it, or it was withdrawn | nowhere; logos and images of this server stay; of the reference to such a work only the label and `navDate` |
//!
//! Documents of version 2 have what that version can express: no sound and video on canvases, those of this server among
//! the `rendering` of the manifest; no placeholder or
//! accompanying canvases, no `navPlace`; canvases without a size get one.

mod clean;
mod collection;
mod content;
mod images;
mod left_out;
mod map;
mod references;
mod serve;
mod values;

use std::collections::HashMap;

use serde_json::{Map, Value};

use self::clean::Cleaner;
pub(crate) use self::collection::{Imported, ImportedCollection};
pub(crate) use self::images::own_image;
pub(crate) use self::left_out::left_out;
use super::http_uri;
use crate::iiif::Dimensions;
use crate::record::read::{LanguageOrder, ResourceIds, media_of, upgraded};
use crate::record::{SourceImages, Work};

/// Longer manifests, in bytes, are not repeated.
const MAX_BYTES: usize = 16 << 20;

/// A manifest of another server, cleaned, in the form of Presentation API 3.
#[derive(Clone, Debug, Default)]
pub(crate) struct Source {
    manifest: Map<String, Value>,
    /// The images of this server by the URI of their image in the manifest.
    images: HashMap<String, String>,
    /// The files of sound and video of this server by their URIs in the manifest.
    media: HashMap<String, String>,
    /// Whether the work's rights set no limit to its images.
    is_free: bool,
    /// The contexts of extensions.
    contexts: Vec<String>,
    /// The order of languages in the source.
    languages: LanguageOrder,
    /// The names of the collections of `partOf` that were imported, by their URIs in the source.
    collections: HashMap<String, String>,
}

impl Source {
    /// Reads the original record of a work. `is_free`: whether the work's rights set no limit to its images; otherwise
    /// everything that leads to the images of the source is left out. `None` if the record is no manifest, is too large,
    /// or is not the one that the work was read from.
    pub(crate) fn read(text: &str, work: &Work, is_free: bool) -> Option<Self> {
        if text.len() > MAX_BYTES {
            tracing::warn!(
                work = work.object_number,
                bytes = text.len(),
                "the source's manifest is too large"
            );
            return None;
        }
        let manifest = upgraded(serde_json::from_str(text).ok()?);
        let canvases = manifest.get("items")?.as_array()?;
        if work.canvases.map(|canvases| canvases as usize) != Some(canvases.len()) {
            return None;
        }
        let mut painted = Vec::new();
        let mut images = HashMap::new();
        let ids = ResourceIds::of(&manifest);
        for (_, name, image) in ids.with_images(work) {
            let Some(name) = http_uri(name) else { continue };
            if let Some(image) = image {
                images.entry(name.clone()).or_insert_with(|| image.file.clone());
            }
            painted.push(name);
        }
        let mut media = HashMap::new();
        for (name, own) in media_of(&manifest, work) {
            let Some(name) = http_uri(name) else { continue };
            if let Some(own) = own {
                media.entry(name.clone()).or_insert_with(|| own.file.clone());
            }
            painted.push(name);
        }
        let painted = SourceImages::new(painted);
        let cleaner = Cleaner { is_free, own: &images, media: &media, painted: &painted };
        let contexts = cleaner.contexts(&manifest);
        let manifest = cleaner.manifest(&manifest)?;
        let (languages, collections) = (LanguageOrder::of(text), HashMap::new());
        Some(Self { manifest, images, media, is_free, contexts, languages, collections })
    }

    /// The URIs of the collections that the manifest is part of.
    pub(crate) fn part_of(&self) -> Vec<String> {
        let all = self.manifest.get("partOf").and_then(Value::as_array).into_iter().flatten();
        all.filter_map(|one| one["id"].as_str().map(str::to_owned)).collect()
    }

    /// The same source, knowing the names of those of these collections that were imported.
    pub(crate) fn with_collections(self, collections: HashMap<String, String>) -> Self {
        Self { collections, ..self }
    }

    /// Whether a collection that the manifest is part of may still be imported.
    pub(crate) fn is_part_of_others(&self) -> bool {
        self.part_of().iter().any(|uri| !self.collections.contains_key(uri))
    }

    /// The text of one of the work's documents, with languages in the order of the source.
    pub(crate) fn write(&self, document: &Value) -> String {
        self.languages.write(document)
    }

    /// The size of a canvas by its number from 1, if it has one.
    pub(super) fn dimensions(&self, number: usize) -> Option<Dimensions> {
        let canvas = self.manifest.get("items")?.get(number.checked_sub(1)?)?;
        let side = |name: &str| u32::try_from(canvas.get(name)?.as_u64()?).ok();
        Some(Dimensions::new(side("width")?, side("height")?))
    }

    /// The URI of a canvas in the source, by its number from 1.
    fn canvas_id(&self, number: usize) -> Option<&str> {
        self.manifest.get("items")?.get(number.checked_sub(1)?)?.get("id")?.as_str()
    }
}
