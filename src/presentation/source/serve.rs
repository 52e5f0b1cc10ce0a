//! The manifest of the source, served with what this server says better.

use serde_json::Value;

use super::Source;
use super::images::Images;
use super::references::{Addresses, list};
use crate::iiif::{Dimensions, Version};
use crate::presentation::context::CONTEXT_3;
use crate::presentation::object::object;
use crate::presentation::{IMPORTED_SCHEME, View};

impl Source {
    /// The source's manifest with addresses and images of this server, in the form of version 3; `keeps`: with the
    /// source's URIs.
    pub(in crate::presentation) fn manifest(&self, view: &View<'_>, version: Version, keeps: bool) -> Value {
        let mut manifest = Value::Object(self.manifest.clone());
        let images = Images { view, source: self, version };
        images.replace(&mut manifest, "");
        begins_within(&mut manifest);
        if let Some(Value::Array(canvases)) = manifest.get_mut("items")
            && canvases.is_empty()
        {
            // A manifest has at least one canvas (3.0, §5.2).
            canvases.push(object! { "type": "Canvas", "items": Value::Array(Vec::new()) });
        }
        // Paintings without an image are gone, so pages are numbered after that.
        for canvas in list(manifest.get_mut("items")) {
            completed(canvas);
        }
        Addresses::new(view.address, &view.work.object_number, version, keeps).apply(&mut manifest);
        for canvas in list(manifest.get_mut("items")) {
            targeted(canvas);
        }
        for collection in list(manifest.get_mut("partOf")).filter(|_| !keeps) {
            let name = collection["id"].as_str().and_then(|uri| self.collections.get(uri));
            if let Some(name) = name {
                let own = view.address.facet_value(version, IMPORTED_SCHEME, name, None);
                collection["id"] = Value::from(own);
            }
        }
        manifest
    }

    /// The URI of a canvas, by its number from 1, if it is kept as in the source.
    pub(in crate::presentation) fn kept_canvas_id(&self, number: usize) -> Option<&str> {
        self.canvas_id(number).filter(|id| !id.contains('#'))
    }

    /// The value of `@context`.
    pub(in crate::presentation) fn context(&self) -> Value {
        match self.contexts.is_empty() {
            true => Value::from(CONTEXT_3),
            false => self.contexts.iter().map(String::as_str).chain([CONTEXT_3]).collect(),
        }
    }
}

/// Removes `start` if it names no canvas or range of the manifest.
fn begins_within(manifest: &mut Value) {
    let start = &manifest["start"];
    let id = start["source"]["id"].as_str().or(start["source"].as_str()).or(start["id"].as_str());
    let Some(id) = id.map(|id| id.split('#').next().unwrap_or_default().to_owned()) else { return };
    fn names(values: &Value, id: &str) -> bool {
        let all = values.as_array().into_iter().flatten();
        all.into_iter().any(|one| one["id"] == id || one["type"] == "Range" && names(&one["items"], id))
    }
    if !names(&manifest["items"], &id)
        && !names(&manifest["structures"], &id)
        && let Value::Object(fields) = manifest
    {
        fields.remove("start");
    }
}

/// Moves annotations that do not paint from the canvas's `items` to its `annotations` (3.0, §5.3).
fn move_unpainted(canvas: &mut Value) {
    let paints = |annotation: &Value| {
        let motivation = &annotation["motivation"];
        motivation.is_null() || motivation == "painting" || list_of(motivation).any(|one| one == "painting")
    };
    let mut moved = Vec::new();
    for page in list(canvas.get_mut("items")) {
        if let Some(Value::Array(annotations)) = page.get_mut("items") {
            moved.extend(annotations.extract_if(.., |annotation| !paints(annotation)));
        }
    }
    if moved.is_empty() {
        return;
    }
    let page = object! { "type": "AnnotationPage", "items": Value::Array(moved) };
    if let Some(fields) = canvas.as_object_mut() {
        let pages = fields.entry("annotations").or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(pages) = pages {
            pages.insert(0, page);
        }
    }
}

fn list_of(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// Gives a canvas a size if it has neither size nor duration (3.0, §5.3), and removes pages that nothing is left of.
fn completed(canvas: &mut Value) {
    move_unpainted(canvas);
    if canvas.get("width").is_none() && canvas.get("duration").is_none() {
        let Dimensions { width, height } = painted_size(canvas).unwrap_or(Dimensions::new(1000, 1000));
        canvas["width"] = Value::from(width);
        canvas["height"] = Value::from(height);
    }
    if let Some(Value::Array(pages)) = canvas.get_mut("items") {
        pages.retain(|page| page["items"].as_array().is_some_and(|items| !items.is_empty()));
    }
}

/// The size of the first image on a canvas.
fn painted_size(canvas: &Value) -> Option<Dimensions> {
    let body = canvas.pointer("/items/0/items/0/body")?;
    let side = |name: &str| u32::try_from(body[name].as_u64()?).ok();
    Some(Dimensions::new(side("width")?, side("height")?))
}

/// Has the paintings of a canvas target it (§5.6), and annotations without a target the canvas as well.
fn targeted(canvas: &mut Value) {
    let Some(id) = canvas["id"].as_str().map(str::to_owned) else { return };
    let on_canvas = |uri: &str| match uri.split_once('#') {
        Some((_, fragment)) => Value::from(format!("{id}#{fragment}")),
        None => Value::from(id.as_str()),
    };
    for painting in list(canvas.get_mut("items")).flat_map(|page| list(page.get_mut("items"))) {
        painting["motivation"] = Value::from("painting");
        let target = &mut painting["target"];
        if let Value::Array(several) = target {
            let first = several.first_mut().map(Value::take);
            *target = first.unwrap_or_default();
        }
        match target {
            Value::String(uri) => *target = on_canvas(uri),
            Value::Object(fields) if fields.contains_key("selector") => {
                let source = fields.entry("source").or_insert(Value::Null);
                match source {
                    Value::Object(source) => drop(source.insert("id".into(), Value::from(id.as_str()))),
                    other => *other = Value::from(id.as_str()),
                }
            }
            Value::Object(fields) => {
                let source = fields.get("source").map(|source| source.get("id").unwrap_or(source));
                let own = source.or(fields.get("id")).and_then(Value::as_str);
                let canvas = on_canvas(own.unwrap_or_default());
                let is_more = |key: &String| !["id", "type", "source", "partOf"].contains(&key.as_str());
                if fields.keys().any(is_more) {
                    if source.is_none() {
                        fields.remove("id");
                    }
                    fields.insert("type".into(), Value::from("SpecificResource"));
                    fields.insert("source".into(), canvas);
                } else {
                    *target = canvas;
                }
            }
            other => *other = Value::from(id.as_str()),
        }
    }
    for annotation in list(canvas.get_mut("annotations")).flat_map(|page| list(page.get_mut("items"))) {
        if annotation["target"].is_null() {
            annotation["target"] = Value::from(id.as_str());
        }
        if annotation["motivation"].is_null() {
            annotation["motivation"] = Value::from("commenting");
        }
    }
}
