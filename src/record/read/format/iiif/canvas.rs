//! Reads the canvases and ranges of other servers' manifests as images and parts.

use std::collections::HashMap;

use serde_json::Value;

use crate::record::read::record::MAX_PART_DEPTH;
use crate::record::read::value::image::image;
use crate::record::read::value::json::{field, many};
use crate::record::read::value::language_map::language_map;
use crate::record::{Image, Part, Role, Text};

/// The images painted on the canvas with this number, each named by its image service, otherwise by its own URI.
pub(in crate::record::read) fn images(
    canvas: &Value,
    number: u32,
    found: &mut Vec<Image>,
    files: &mut HashMap<String, Vec<String>>,
) {
    let id = field(canvas, &["id", "@id"]).and_then(Value::as_str).unwrap_or_default();
    let label = language_map(&canvas["label"]);
    let painted = painted_images(canvas);
    let several = painted.len() > 1;
    for one in painted {
        let Some(file) = image_name(one) else { continue };
        let own = language_map(&one["label"]);
        let label = if several && !own.is_empty() { own } else { label.clone() };
        let role = role(&label);
        files.entry(id.to_owned()).or_default().push(file.to_owned());
        let view = several.then(|| id.to_owned());
        found.push(Image { role, label, view, canvas: Some(number), ..image(file.to_owned()) });
    }
}

/// The images painted on a canvas of version 3, in order: bodies of annotations, items of choices, and the sources of
/// parts of images. Sound, video and text are left out.
pub fn painted_images(canvas: &Value) -> Vec<&Value> {
    painted(canvas, |one| image_name(one).is_some())
}

/// The bodies, items of choices and sources of parts that are painted on a canvas of version 3, of one kind, in order.
pub(super) fn painted(canvas: &Value, is_wanted: impl Fn(&Value) -> bool) -> Vec<&Value> {
    let pages = many(canvas.get("items")).iter().flat_map(|page| many(page.get("items")));
    let bodies = pages.flat_map(|painted| many(painted.get("body")));
    let mut found = Vec::new();
    for body in bodies {
        let choices = body.get("items").or(body.get("item"));
        for one in choices.map_or(std::slice::from_ref(body), |items| many(Some(items))) {
            let is_part = one["type"] == "SpecificResource" && one.get("source").is_some();
            let one = if is_part { &one["source"] } else { one };
            found.extend(is_wanted(one).then_some(one));
        }
    }
    found
}

/// The name of an image: the URI of its image service without a slash at its end, otherwise its own; `None` for sound, video
/// and text.
pub fn image_name(body: &Value) -> Option<&str> {
    let kind = field(body, &["type", "@type"]).and_then(Value::as_str).unwrap_or_default();
    let format = body["format"].as_str().unwrap_or_default();
    // Some call the image a part of one, or its service.
    let is_misnamed = kind.starts_with("ImageService")
        || kind.ends_with("SpecificResource")
            && field(body, &["source", "full"]).is_none()
            && (body.get("service").is_some() || format.starts_with("image/"));
    let is_image = (is_misnamed
        || ["", "Image", "dctypes:Image"].iter().any(|image| kind.eq_ignore_ascii_case(image)))
        && !["video/", "audio/", "text/"].iter().any(|other| format.starts_with(other));
    let service = || {
        let mut services = many(body.get("service")).iter();
        let id = services.find_map(|service| field(service, &["id", "@id"]).and_then(Value::as_str))?;
        Some(id.trim_end_matches('/'))
    };
    let own = || field(body, &["id", "@id"]).and_then(Value::as_str).or(body.as_str());
    // Some name the service by its description.
    let name = is_image.then(|| service().or_else(own)).flatten()?;
    Some(name.strip_suffix("/info.json").unwrap_or(name))
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
