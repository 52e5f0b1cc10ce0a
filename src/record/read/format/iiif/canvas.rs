//! Reads the canvases and ranges of other servers' manifests as images and parts.

use std::collections::HashMap;

use serde_json::Value;

use crate::record::read::record::MAX_PART_DEPTH;
use crate::record::read::value::image::image;
use crate::record::read::value::json::{field, many};
use crate::record::read::value::language_map::language_map;
use crate::record::{Image, Part, Role, Text};

/// The images painted on a canvas, each named by its image service, otherwise by its own URI.
pub(in crate::record::read) fn images(
    canvas: &Value,
    found: &mut Vec<Image>,
    files: &mut HashMap<String, Vec<String>>,
) {
    let id = field(canvas, &["id", "@id"]).and_then(Value::as_str).unwrap_or_default();
    let label = language_map(&canvas["label"]);
    let pages = many(canvas.get("items")).iter().flat_map(|page| many(page.get("items")));
    let bodies = pages.filter_map(|painted| painted.get("body"));
    let old = many(canvas.get("images")).iter().filter_map(|painted| painted.get("resource"));
    for body in bodies.chain(old) {
        let choices = match body.get("items").or(body.get("item")) {
            Some(items) => many(Some(items)).iter().collect::<Vec<_>>(),
            None => body.get("default").into_iter().chain(many(body.get("item"))).collect(),
        };
        let several = choices.len() > 1;
        for one in if choices.is_empty() { many(Some(body)).iter().collect() } else { choices } {
            let one = if one["type"] == "SpecificResource" { &one["source"] } else { one };
            let Some(file) = file(one) else { continue };
            let own = language_map(&one["label"]);
            let label = if several && !own.is_empty() { own } else { label.clone() };
            let role = role(&label);
            files.entry(id.to_owned()).or_default().push(file.clone());
            let view = several.then(|| id.to_owned());
            found.push(Image { role, label, view, ..image(file) });
        }
    }
}

fn file(body: &Value) -> Option<String> {
    let service = many(body.get("service"))
        .iter()
        .find_map(|service| field(service, &["id", "@id"]).and_then(Value::as_str));
    service.or(field(body, &["id", "@id"]).and_then(Value::as_str)).or(body.as_str()).map(str::to_owned)
}

/// The role of an image, as its label names it.
fn role(label: &Text) -> Role {
    let words: String = label.iter().map(|(_, word)| word.to_lowercase() + " ").collect();
    let has = |names: &[&str]| words.split(|c: char| !c.is_alphanumeric()).any(|word| names.contains(&word));
    match () {
        () if has(&["verso", "bagside", "back"]) => Role::Verso,
        () if has(&["infrared", "infrarød", "irr"]) => Role::Infrared,
        () if has(&["xray", "radiograph", "røntgen"]) || words.contains("x-ray") => Role::XRay,
        () if has(&["ultraviolet", "uv"]) => Role::Ultraviolet,
        () if words.contains("raking light") || has(&["strejflys"]) => Role::RakingLight,
        () if has(&["detail", "detalje", "udsnit"]) => Role::Detail,
        () => Role::Recto,
    }
}

pub(in crate::record::read) fn part(
    range: &Value,
    files: &HashMap<String, Vec<String>>,
    depth: usize,
) -> Option<Part> {
    if depth > MAX_PART_DEPTH || !range.is_object() {
        return None;
    }
    let mut made = Part { label: language_map(&range["label"]), ..Part::default() };
    for item in many(range.get("items")) {
        let target = if item["type"] == "SpecificResource" { &item["source"] } else { item };
        let id =
            target.as_str().or(field(target, &["id", "@id"]).and_then(Value::as_str)).unwrap_or_default();
        match files.get(id.split('#').next().unwrap_or_default()) {
            Some(own) => made.images.extend(own.iter().cloned()),
            None => made.parts.extend(part(item, files, depth + 1)),
        }
    }
    (!made.label.is_empty() || !made.images.is_empty() || !made.parts.is_empty()).then_some(made)
}

/// The ranges of Presentation API 2, which reference each other by URI. Only their canvases are read, not their
/// nesting.
pub(in crate::record::read) fn old_parts(
    ranges: &[Value],
    files: &HashMap<String, Vec<String>>,
) -> Vec<Part> {
    let made = ranges.iter().map(|range| {
        let ids = many(range.get("canvases")).iter().filter_map(Value::as_str);
        let images =
            ids.filter_map(|id| files.get(id.split('#').next().unwrap_or_default())).flatten().cloned();
        Part { label: language_map(&range["label"]), images: images.collect(), parts: Vec::new() }
    });
    made.filter(|part| !part.images.is_empty()).collect()
}
