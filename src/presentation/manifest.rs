//! A work's manifest, and its parts as documents of their own.

use serde_json::Value;

use super::annotation::TagTarget;
use super::context::CONTEXT_3;
use super::object::object;
use super::{Canvas, View, language_map, metadata, rights, version2};
use crate::iiif::Version;
use crate::record::Text;

/// Maximum number of a canvas's tags that the manifest embeds; otherwise it links to the annotation page.
const MAX_EMBEDDED_TAGS: usize = 100;

impl View<'_> {
    /// The manifest (Presentation API 3.0, §5.2; 2.1, §5.1).
    pub(crate) fn manifest(&self, version: Version) -> Value {
        let canvases = self.canvases();
        let targets = self.tag_targets(&canvases);
        let mut manifest = object! {
            "@context": CONTEXT_3,
            "id": self.address.manifest(version, &self.work.object_number),
            "type": "Manifest",
            "label": self.title(),
            "homepage": self.homepage(),
            "seeAlso": self.see_also(),
        };
        let mut add = |key: &str, value: Option<Value>| {
            if let Some(value) = value.filter(|value| !is_empty(value)) {
                manifest[key] = value;
            }
        };
        add("summary", Some(language_map::value(&self.work.description, self.address.base())));
        add("metadata", Some(Value::Array(metadata::metadata(self))));
        add("requiredStatement", self.required_statement());
        add("rights", self.work.rights.as_deref().and_then(rights::normalize).map(Value::String));
        add("provider", self.provider());
        add("partOf", self.part_of(version));
        add("service", self.searches(version));
        add("navDate", self.date().map(Value::String));
        add("behavior", (canvases.len() > 1).then(|| Value::from(["individuals"])));
        let lead = canvases.first().and_then(|canvas| canvas.images.first());
        add("thumbnail", lead.map(|image| Value::from([self.thumbnail(image, version)])));
        let files = lead.map(|image| self.files(image)).unwrap_or_default();
        add("rendering", Some(files.into_iter().chain(self.archive()).collect()));
        add("structures", Some(Value::Array(self.ranges(&canvases, version))));
        let annotated = self.annotation_collections(&canvases);
        let item =
            |canvas: &Canvas<'_>| self.canvas_of(canvas, &targets, annotated.get(&canvas.number), version);
        manifest["items"] = canvases.iter().map(item).collect();
        of_version(manifest, version)
    }

    /// A canvas by its number from 1, as a document (Presentation API 3.0, §5.3).
    pub(crate) fn canvas(&self, number: usize, version: Version) -> Option<Value> {
        let canvases = self.canvases();
        let canvas = canvases.get(number.checked_sub(1)?)?;
        let annotated = self.annotation_collections(&canvases);
        let annotated = annotated.get(&canvas.number);
        let mut document = self.canvas_of(canvas, &self.tag_targets(&canvases), annotated, version);
        document["partOf"] = self.reference(version);
        Some(standalone(document, version))
    }

    /// The annotation page with a canvas's painting annotation, as a document (Presentation API 3.0, §5.5).
    pub(crate) fn painting_page(&self, number: usize, version: Version) -> Option<Value> {
        let canvases = self.canvases();
        Some(standalone(self.page_of(canvases.get(number.checked_sub(1)?)?, version), version))
    }

    /// A canvas's painting annotation, as a document; `None` if the canvas is empty.
    pub(crate) fn painting(&self, number: usize, version: Version) -> Option<Value> {
        let canvases = self.canvases();
        Some(standalone(self.painting_of(canvases.get(number.checked_sub(1)?)?, version)?, version))
    }

    /// The annotation page with a canvas's tags, as a document.
    pub(crate) fn annotation_page(&self, number: usize, version: Version) -> Option<Value> {
        let canvases = self.canvases();
        let canvas = canvases.get(number.checked_sub(1)?)?;
        let page = self.tags_of(canvas, &self.tag_targets(&canvases), version);
        Some(standalone(page, version))
    }

    /// A tag by its id, as a document.
    pub(crate) fn tag(&self, id: &str, version: Version) -> Option<Value> {
        let targets = self.tag_targets(&self.canvases());
        let found = targets.iter().find(|target| target.id == id)?;
        let mut annotation = self.annotation(found);
        annotation["id"] = Value::from(self.address.tag(version, &self.work.object_number, id));
        Some(standalone(annotation, version))
    }

    /// A range by its number from 1, as a document (Presentation API 3.0, §5.4).
    pub(crate) fn range(&self, number: usize, version: Version) -> Option<Value> {
        let id = self.address.range(version, &self.work.object_number, number);
        let mut open = self.ranges(&self.canvases(), version);
        while let Some(mut range) = open.pop() {
            if range["id"] == id.as_str() {
                range["partOf"] = self.reference(version);
                return Some(standalone(range, version));
            }
            if let Value::Array(items) = range["items"].take() {
                open.extend(items.into_iter().filter(|item| item["type"] == "Range"));
            }
        }
        None
    }

    /// The work's title; its object number if the title is empty without markup.
    fn title(&self) -> Value {
        let label = language_map::label(&self.work.label());
        if language_map::is_empty(&label) { language_map::none(&self.work.object_number) } else { label }
    }

    fn reference(&self, version: Version) -> Value {
        let id = self.address.manifest(version, &self.work.object_number);
        Value::from([object! { "id": id, "type": "Manifest", "label": self.title() }])
    }

    fn required_statement(&self) -> Option<Value> {
        let statements = [&self.work.credit_line, &self.publisher.attribution];
        let value = statements
            .into_iter()
            .map(|text| language_map::value(text, self.address.base()))
            .find(|value| !language_map::is_empty(value))?;
        let label = if self.publisher.attribution_label.is_empty() {
            self.publisher.label(super::labels::Label::new("Attribution", "Kreditering"))
        } else {
            self.publisher.attribution_label.clone()
        };
        Some(object! { "label": language_map::label(&label), "value": value })
    }

    /// The start of the earliest year of production, if it is from 1 to 9999 (§3.1, `navDate`).
    fn date(&self) -> Option<String> {
        let year = self.work.years().0.filter(|year| (1..=9999).contains(year))?;
        Some(format!("{year:04}-01-01T00:00:00Z"))
    }

    fn canvas_of(
        &self,
        canvas: &Canvas<'_>,
        targets: &[TagTarget<'_>],
        annotated: Option<&Value>,
        version: Version,
    ) -> Value {
        let mut document = object! {
            "id": self.address.canvas(&self.work.object_number, canvas.number),
            "type": "Canvas",
            "label": named(&canvas.label, canvas.number),
            "width": canvas.dimensions.width,
            "height": canvas.dimensions.height,
            "items": Vec::<Value>::new(),
        };
        if !canvas.images.is_empty() {
            document["items"] = Value::from([self.page_of(canvas, version)]);
            document["thumbnail"] = Value::from([self.thumbnail(canvas.images[0], version)]);
            document["rendering"] = canvas.images.iter().flat_map(|image| self.files(image)).collect();
        }
        let tags = targets.iter().filter(|target| target.canvas == canvas.number).count();
        let mut pages = Vec::new();
        let linked = |id: String| object! { "id": id, "type": "AnnotationPage" };
        if tags > 0 {
            let id = self.address.annotations(version, &self.work.object_number, canvas.number);
            let is_linked = tags > MAX_EMBEDDED_TAGS || version == Version::V2;
            pages.push(if is_linked { linked(id) } else { self.tags_of(canvas, targets, version) });
        }
        if let Some(collection) = annotated {
            let id = self.address.canvas_annotations(version, &self.work.object_number, canvas.number);
            let mut page = linked(id);
            page["partOf"] = Value::from([collection.clone()]);
            pages.push(page);
        }
        if !pages.is_empty() {
            document["annotations"] = Value::Array(pages);
        }
        document
    }

    fn page_of(&self, canvas: &Canvas<'_>, version: Version) -> Value {
        let id = self.address.page(version, &self.work.object_number, canvas.number);
        let items: Vec<Value> = self.painting_of(canvas, version).into_iter().collect();
        object! { "id": id, "type": "AnnotationPage", "items": items }
    }

    fn painting_of(&self, canvas: &Canvas<'_>, version: Version) -> Option<Value> {
        let (first, others) = canvas.images.split_first()?;
        let body = if others.is_empty() {
            self.body(first, version)
        } else {
            let options: Vec<Value> = canvas.images.iter().map(|image| self.option(image, version)).collect();
            object! { "type": "Choice", "items": options }
        };
        let work = &self.work.object_number;
        Some(object! {
            "id": self.address.painting(version, work, canvas.number),
            "type": "Annotation",
            "motivation": "painting",
            "target": self.address.canvas(work, canvas.number),
            "body": body,
        })
    }

    fn tags_of(&self, canvas: &Canvas<'_>, targets: &[TagTarget<'_>], version: Version) -> Value {
        let work = &self.work.object_number;
        let here = targets.iter().filter(|target| target.canvas == canvas.number);
        let items = here.map(|target| {
            let mut annotation = self.annotation(target);
            annotation["id"] = Value::from(self.address.tag(version, work, &target.id));
            annotation
        });
        let label = self.publisher.label(super::labels::Label::new("Tags", "Emneord"));
        object! {
            "id": self.address.annotations(version, work, canvas.number),
            "type": "AnnotationPage",
            "label": language_map::label(&label),
            "items": items.collect::<Vec<_>>(),
        }
    }
}

fn named(label: &Text, number: usize) -> Value {
    let label = language_map::label(label);
    if language_map::is_empty(&label) { language_map::none(&number.to_string()) } else { label }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

/// A part of the manifest as a document of its own, with a context.
pub(super) fn standalone(part: Value, version: Version) -> Value {
    let mut document = object! { "@context": CONTEXT_3 };
    if let (Value::Object(document), Value::Object(part)) = (&mut document, part) {
        document.extend(part);
    }
    of_version(document, version)
}

/// Converts a document of version 3 to the requested version.
pub(super) fn of_version(document: Value, version: Version) -> Value {
    match version {
        Version::V2 => version2::document(document),
        Version::V3 => document,
    }
}
