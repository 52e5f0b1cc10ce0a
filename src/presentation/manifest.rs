//! A work's manifest, and its parts as documents of their own.

use serde_json::Value;

use super::annotation::TagTarget;
use super::context::CONTEXT_3;
use super::object::object;
use super::{Canvas, Source, View, language_map, metadata, rights, version2};
use crate::iiif::Version;
use crate::record::Text;

/// Maximum number of a canvas's tags that the manifest embeds; otherwise it links to the annotation page.
const MAX_EMBEDDED_TAGS: usize = 100;

impl View<'_> {
    /// The manifest (Presentation API 3.0, §5.2; 2.1, §5.1).
    pub(crate) fn manifest(&self, version: Version) -> Value {
        of_version(self.whole(version, self.publisher.keep_ids), version)
    }

    /// The manifest in the form of version 3; `keeps`: with the URIs of the manifest that the work was read from.
    fn whole(&self, version: Version, keeps: bool) -> Value {
        match self.source {
            Some(source) => self.repeated(source, version, keeps),
            None => self.described(version),
        }
    }

    fn described(&self, version: Version) -> Value {
        let canvases = self.canvases_of(version);
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
        let lead = canvases.iter().find_map(|canvas| canvas.images.first());
        add("thumbnail", lead.map(|image| Value::from([self.thumbnail(image, version)])));
        add("rendering", Some(self.renderings(&canvases)));
        add("structures", Some(Value::Array(self.ranges(&canvases, version))));
        let annotated = self.annotation_collections(&canvases);
        let item =
            |canvas: &Canvas<'_>| self.canvas_of(canvas, &targets, annotated.get(&canvas.number), version);
        manifest["items"] = canvases.iter().map(item).collect();
        manifest
    }

    /// The manifest that the work was read from, with what this server adds to it.
    fn repeated(&self, source: &Source, version: Version, keeps: bool) -> Value {
        let canvases = self.canvases_of(version);
        let targets = self.tag_targets(&canvases);
        let mut manifest = source.manifest(self, version, keeps);
        manifest["@context"] = source.context();
        let mut add = |key: &str, value: Option<Value>, together: bool| {
            let Some(value) = value.filter(|value| !is_empty(value)) else { return };
            match (&mut manifest[key], value) {
                (Value::Array(own), Value::Array(more)) if together => own.extend(more),
                (own @ Value::Null, value) => *own = value,
                _ => {}
            }
        };
        add("label", Some(self.title()), false);
        add("homepage", Some(self.homepage()), false);
        add("seeAlso", Some(self.see_also()), true);
        add("requiredStatement", self.required_statement(), false);
        add("rights", self.work.rights.as_deref().and_then(rights::normalize).map(Value::String), false);
        add("provider", self.provider(), false);
        add("partOf", self.part_of(version), true);
        add("service", self.searches(version), true);
        add("navDate", self.date().map(Value::String), false);
        let lead = canvases.iter().find_map(|canvas| canvas.images.first());
        add("thumbnail", lead.map(|image| Value::from([self.thumbnail(image, version)])), false);
        add("rendering", Some(self.renderings(&canvases)), true);
        let mut pairs = match manifest["metadata"].take() {
            Value::Array(pairs) => pairs,
            _ => Vec::new(),
        };
        for pair in metadata::not_from_source(self) {
            if !pairs.iter().any(|known| known["value"] == pair["value"]) {
                pairs.push(pair);
            }
        }
        manifest["metadata"] = Value::Array(pairs);
        let mut items = match manifest["items"].take() {
            Value::Array(items) => items,
            _ => Vec::new(),
        };
        let annotated = self.annotation_collections(&canvases);
        for canvas in &canvases {
            let collection = annotated.get(&canvas.number);
            if canvas.images.is_empty() && canvas.media.is_empty() && collection.is_none() {
                continue;
            }
            let whole = self.canvas_of(canvas, &targets, collection, version);
            match canvas.number.checked_sub(1).and_then(|at| items.get_mut(at)) {
                Some(own) => completed(own, whole),
                None => items.push(whole),
            }
        }
        manifest["items"] = Value::Array(items);
        manifest
    }

    /// A resource of the manifest that the work was read from, such as an annotation, as a document.
    pub(crate) fn item(&self, number: usize, version: Version) -> Option<Value> {
        self.source?;
        self.part(&self.address.item(version, &self.work.object_number, number), version)
    }

    /// The part of the manifest with this address, as a document that names the manifest.
    fn part(&self, address: &str, version: Version) -> Option<Value> {
        let mut path = Vec::new();
        let manifest = self.whole(version, false);
        if !find(&manifest, address, &mut path) {
            return None;
        }
        let manifest = if self.publisher.keep_ids { self.whole(version, true) } else { manifest };
        let mut part = path
            .iter()
            .try_fold(&manifest, |value, step| match step {
                Step::Field(name) => value.get(name),
                Step::Item(at) => value.get(at),
            })?
            .clone();
        if !matches!(part["type"].as_str(), Some("Annotation" | "AnnotationPage")) {
            part["partOf"] = self.reference(version);
        }
        Some(standalone(part, self.context(), version))
    }

    pub(super) fn context(&self) -> Value {
        self.source.map_or_else(|| Value::from(CONTEXT_3), Source::context)
    }

    /// A canvas by its number from 1, as a document (Presentation API 3.0, §5.3).
    pub(crate) fn canvas(&self, number: usize, version: Version) -> Option<Value> {
        self.part(&self.address.canvas(&self.work.object_number, number), version)
    }

    /// The annotation page with a canvas's painting annotations, as a document (Presentation API 3.0, §5.5).
    pub(crate) fn painting_page(&self, number: usize, version: Version) -> Option<Value> {
        if self.source.is_some() {
            return self.part(&self.address.page(version, &self.work.object_number, number), version);
        }
        let canvases = self.canvases_of(version);
        let page = self.page_of(canvases.get(number.checked_sub(1)?)?, version);
        Some(standalone(page, self.context(), version))
    }

    /// A canvas's first painting annotation, as a document; `None` if the canvas is empty.
    pub(crate) fn painting(&self, number: usize, version: Version) -> Option<Value> {
        self.part(&self.address.painting(version, &self.work.object_number, number), version)
    }

    /// The annotation page with a canvas's tags, as a document.
    pub(crate) fn annotation_page(&self, number: usize, version: Version) -> Option<Value> {
        let canvases = self.canvases();
        let canvas = canvases.iter().find(|canvas| canvas.number == number)?;
        let page = self.tags_of(canvas, &self.tag_targets(&canvases), version);
        Some(standalone(page, self.context(), version))
    }

    /// A tag by its id, as a document.
    pub(crate) fn tag(&self, id: &str, version: Version) -> Option<Value> {
        let targets = self.tag_targets(&self.canvases());
        let found = targets.iter().find(|target| target.id == id)?;
        let mut annotation = self.annotation(found);
        annotation["id"] = Value::from(self.address.tag(version, &self.work.object_number, id));
        Some(standalone(annotation, self.context(), version))
    }

    /// A range by its number from 1, as a document (Presentation API 3.0, §5.4).
    pub(crate) fn range(&self, number: usize, version: Version) -> Option<Value> {
        self.part(&self.address.range(version, &self.work.object_number, number), version)
    }

    /// The URI of a canvas by its number from 1: that of the source, if the settings keep it.
    pub(crate) fn canvas_id(&self, number: usize) -> String {
        let kept = self.source.filter(|_| self.publisher.keep_ids);
        let kept = kept.and_then(|source| source.kept_canvas_id(number)).map(str::to_owned);
        kept.unwrap_or_else(|| self.address.canvas(&self.work.object_number, number))
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

    /// Downloads of the first image, of sound and video without a canvas, and of everything.
    fn renderings(&self, canvases: &[Canvas<'_>]) -> Value {
        let lead = canvases.iter().find_map(|canvas| canvas.images.first());
        let files = lead.map(|image| self.files(image)).unwrap_or_default();
        files.into_iter().chain(self.files_without_canvas(canvases)).chain(self.archive()).collect()
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
            "id": self.canvas_id(canvas.number),
            "type": "Canvas",
            "label": named(&canvas.label, canvas.number),
            "items": Vec::<Value>::new(),
        };
        if canvas.has_size() {
            document["width"] = Value::from(canvas.dimensions.width);
            document["height"] = Value::from(canvas.dimensions.height);
        }
        if let Some(duration) = canvas.duration() {
            document["duration"] = Value::from(duration);
        }
        if let Some(first) = canvas.images.first() {
            document["thumbnail"] = Value::from([self.thumbnail(first, version)]);
        }
        if !canvas.images.is_empty() || !canvas.media.is_empty() {
            document["items"] = Value::from([self.page_of(canvas, version)]);
            let images = canvas.images.iter().flat_map(|image| self.files(image));
            document["rendering"] =
                images.chain(canvas.media.iter().map(|media| self.media_file(media))).collect();
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
        let body = match (&canvas.images[..], canvas.media.first()) {
            ([], media) => self.media_body(media?),
            ([only], _) => self.body(only, version),
            (several, _) => {
                let options: Vec<Value> = several.iter().map(|image| self.option(image, version)).collect();
                object! { "type": "Choice", "items": options }
            }
        };
        let work = &self.work.object_number;
        Some(object! {
            "id": self.address.painting(version, work, canvas.number),
            "type": "Annotation",
            "motivation": "painting",
            "target": self.canvas_id(canvas.number),
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

/// Adds to a canvas of the source what this server adds to its own: thumbnail, files and tags.
fn completed(own: &mut Value, mut whole: Value) {
    for key in ["thumbnail", "rendering", "annotations"] {
        let Value::Array(more) = whole[key].take() else { continue };
        match &mut own[key] {
            Value::Array(known) if key != "thumbnail" => known.extend(more),
            known @ Value::Null if !more.is_empty() => *known = Value::Array(more),
            _ => {}
        }
    }
    if let Value::Object(fields) = own {
        fields.retain(|_, value| !value.is_null());
    }
}

/// A step from a value to one in it.
enum Step {
    Field(String),
    Item(usize),
}

/// Finds the resource with this `id`, not a reference to it.
fn find(value: &Value, id: &str, path: &mut Vec<Step>) -> bool {
    let is_whole = value.get("items").is_some() || value["type"] == "Annotation";
    if is_whole && value["id"] == id {
        return true;
    }
    let mut within = |step: Step, value: &Value| {
        path.push(step);
        let found = find(value, id, path);
        if !found {
            path.pop();
        }
        found
    };
    match value {
        Value::Array(all) => all.iter().enumerate().any(|(at, one)| within(Step::Item(at), one)),
        Value::Object(fields) => {
            let inner = fields.iter().filter(|(_, value)| value.is_array() || value.is_object());
            inner.into_iter().any(|(key, value)| within(Step::Field(key.clone()), value))
        }
        _ => false,
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

/// A part of the manifest as a document of its own, with a context.
pub(super) fn standalone(part: Value, context: Value, version: Version) -> Value {
    let mut document = object! { "@context": context };
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
