//! What of a record leads to the images of its source, for works whose rights limit their images.

use std::borrow::Cow;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use serde_json::{Map, Value};

use super::read::{image_name, media_name, painted_images, painted_media, upgraded};
use super::{Work, media_extensions};

/// Endings of paths and queries that are images or their descriptions.
const ENDINGS: [&str; 17] = [
    ".jpg",
    ".jpeg",
    ".jpe",
    ".png",
    ".tif",
    ".tiff",
    ".webp",
    ".gif",
    ".jp2",
    ".jpx",
    ".jxl",
    ".avif",
    ".heic",
    ".bmp",
    ".psd",
    ".dzi",
    "/info.json",
];

/// Properties without which a resource of a manifest means nothing.
const ESSENTIAL: [&str; 8] = ["id", "@id", "body", "resource", "source", "full", "default", "file"];

/// Fields that lead to no image of a work, whatever their URIs look like.
const KEPT: [&str; 4] = ["object_number", "rights", "license", "logo"];

/// Parts of the names of fields that hold images.
const FIELDS: [&str; 5] = ["image", "thumb", "picture", "photo", "preview"];

/// The images of a record's source, by their names: URIs of images or of image services.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceImages(Vec<String>);

impl SourceImages {
    /// The images with these names.
    pub fn new(names: Vec<String>) -> Self {
        Self(names)
    }

    /// Those images, sounds and videos of a work that have no master on this server.
    pub fn of(work: &Work) -> Self {
        let images = work.images.iter().filter(|image| is_foreign(image.matched, &image.file));
        let media = work.media_files.iter().filter(|media| is_foreign(media.matched, &media.file));
        Self(images.map(|image| image.file.clone()).chain(media.map(|media| media.file.clone())).collect())
    }

    /// Whether a URI leads to an image, a sound or a video: one of these, or any by its ending or by the Image API's form.
    pub fn lead(&self, uri: &str) -> bool {
        let lower = uri.trim().to_ascii_lowercase();
        lower.starts_with("data:image/")
            || lower.split(['?', '#', '&', '=', ';']).any(|part| {
                part.contains("/full/")
                    || ENDINGS.iter().any(|ending| part.trim_end_matches('/').ends_with(ending))
                    || super::media_type(part).is_some()
            })
            || self.0.iter().any(|name| is_of(name, uri))
    }

    /// Removes the URIs of images from a text.
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut kept = String::new();
        let mut rest = text;
        while let Some(at) = next_uri(rest) {
            let (before, from) = rest.split_at(at);
            let is_end = |c: char| c.is_whitespace() || c.is_control() || "\"'<>[]{}|\\^`".contains(c);
            let end = from.find(is_end).unwrap_or(from.len());
            let uri = from[..end].trim_end_matches(|c: char| ".,;:!?()".contains(c));
            kept.push_str(before);
            if !self.lead(uri) {
                kept.push_str(uri);
            }
            rest = &from[uri.len()..];
        }
        kept.push_str(rest);
        if kept.len() == text.len() { Cow::Borrowed(text) } else { Cow::Owned(kept) }
    }

    /// Removes what leads to images from a value; `key` is the field that holds it. Returns whether anything of it is left.
    pub fn remove_from(&self, value: &mut Value, key: &str) -> bool {
        match value {
            Value::String(text) => {
                let trimmed = text.trim();
                let is_uri = next_uri(trimmed) == Some(0) && !trimmed.contains(char::is_whitespace);
                let lower = key.to_ascii_lowercase();
                if is_uri && (self.lead(trimmed) || FIELDS.iter().any(|field| lower.contains(field))) {
                    return false;
                }
                if let Cow::Owned(kept) = self.text(text) {
                    *text = kept;
                }
                true
            }
            Value::Array(all) => {
                let before = all.len();
                all.retain_mut(|one| self.remove_from(one, key));
                !all.is_empty() || before == 0
            }
            Value::Object(fields) => !is_image(fields) && self.remove_from_fields(fields),
            _ => true,
        }
    }

    /// Removes what leads to images from the fields of an object. Returns whether it still means anything.
    pub fn remove_from_fields(&self, fields: &mut Map<String, Value>) -> bool {
        let before = fields.len();
        let mut is_whole = true;
        fields.retain(|key, value| {
            let is_kept = KEPT.contains(&key.as_str()) || key != "rendering" && self.remove_from(value, key);
            is_whole &= is_kept || !ESSENTIAL.contains(&key.as_str());
            is_kept
        });
        is_whole && (before == 0 || !fields.is_empty())
    }

    /// The text of a record without what leads to images.
    pub fn without(self, text: &str) -> Cow<'_, str> {
        if self.0.is_empty() && !may_lead(text) {
            return Cow::Borrowed(text);
        }
        let Ok(mut value) = serde_json::from_str::<Value>(text) else { return self.text(text) };
        let all = self.and_painted(&value);
        let before = value.clone();
        let is_left = match &mut value {
            Value::Object(fields) => {
                all.remove_from_fields(fields);
                true
            }
            other => all.remove_from(other, ""),
        };
        match is_left {
            true if value == before => Cow::Borrowed(text),
            true => Cow::Owned(value.to_string()),
            false => Cow::Borrowed("null"),
        }
    }

    /// These images, and those that a manifest paints on its canvases.
    fn and_painted(mut self, record: &Value) -> Self {
        if record.get("items").is_some() || record.get("sequences").is_some() {
            let manifest = upgraded(record.clone());
            let canvases = manifest.get("items").and_then(Value::as_array).into_iter().flatten();
            for canvas in canvases {
                let images = painted_images(canvas).into_iter().filter_map(image_name);
                let media = painted_media(canvas).into_iter().filter_map(media_name);
                let names = images.chain(media).filter(|name| name.contains("://"));
                self.0.extend(names.map(str::to_owned));
            }
        }
        self
    }
}

impl Work {
    /// The work without what leads to images of its source: its images that have no master on this server, and their
    /// URIs in texts and fields.
    pub fn without_source_images(&self) -> Self {
        let mut kept = self.without_source_links();
        kept.images.retain(|image| !is_foreign(image.matched, &image.file));
        kept.media_files.retain(|media| !is_foreign(media.matched, &media.file));
        kept
    }

    /// The work with all its images, but without URIs of images in its texts and fields.
    pub fn without_source_links(&self) -> Self {
        let bare = Self { images: Vec::new(), media_files: Vec::new(), tags: Vec::new(), ..self.clone() };
        let Ok(Value::Object(mut fields)) = serde_json::to_value(bare) else { return Self::default() };
        SourceImages::of(self).remove_from_fields(&mut fields);
        let fallback = || Self { object_number: self.object_number.clone(), ..Self::default() };
        let kept = serde_json::from_value(Value::Object(fields)).unwrap_or_else(|_| fallback());
        Self {
            images: self.images.clone(),
            media_files: self.media_files.clone(),
            tags: self.tags.clone(),
            rights: self.rights.clone(),
            ..kept
        }
    }
}

/// Kinds of resources that are images, sound, video or models, as JSON has them.
const KINDS: [&str; 8] = [
    "\"Image\"",
    "dctypes:Image\"",
    "\"Sound\"",
    "dctypes:Sound\"",
    "\"Video\"",
    "dctypes:MovingImage\"",
    "\"Model\"",
    "ImageService",
];

/// What else texts contain that lead to images; characters may be escaped, and a manifest may paint any image.
const OTHERS: [&str; 9] = [
    "data:image/",
    "/full/",
    "\\/",
    "\\u",
    "\"items\"",
    "\"sequences\"",
    "\"rendering\"",
    "/image-api/",
    "/api/image/",
];

static MARKS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let marks = KINDS.into_iter().chain(FIELDS).chain(ENDINGS).chain(OTHERS).map(str::to_owned);
    let marks = marks.chain(media_extensions().map(|extension| format!(".{extension}")));
    let mut builder = AhoCorasick::builder();
    builder.ascii_case_insensitive(true).match_kind(MatchKind::LeftmostLongest);
    builder.kind(Some(AhoCorasickKind::DFA)).build(marks).ok()
});

/// Whether a record in JSON may lead to images of its source. Most do not, which is found without parsing them.
pub fn may_lead(text: &str) -> bool {
    let Some(marks) = &*MARKS else { return true };
    let is_key = |end: usize| {
        let is_closed = text[..end].ends_with('"');
        let after =
            if is_closed { Some(&text[end..]) } else { text[end..].split_once('"').map(|(_, after)| after) };
        after.is_none_or(|after| after.trim_start().starts_with(':'))
    };
    // Any text may mention an image, but a kind is written in one way, and a field is one of images by its name.
    marks.find_iter(text).any(|found| match found.pattern().as_usize().checked_sub(KINDS.len()) {
        None => text[found.range()] == *KINDS[found.pattern().as_usize()] || is_key(found.end()),
        Some(field) if field < FIELDS.len() => is_key(found.end()),
        Some(_) => true,
    })
}

/// Whether a file is named by its URI elsewhere.
fn is_foreign(matched: bool, file: &str) -> bool {
    !matched && file.contains("://")
}

/// Where the next URI begins in a text.
fn next_uri(text: &str) -> Option<usize> {
    const SCHEMES: [&[u8]; 3] = [b"http://", b"https://", b"data:image/"];
    let begins = |rest: &[u8]| {
        let is_prefix =
            |scheme: &&[u8]| rest.get(..scheme.len()).is_some_and(|own| own.eq_ignore_ascii_case(scheme));
        SCHEMES.iter().any(is_prefix)
    };
    (0..text.len()).find(|at| begins(&text.as_bytes()[*at..]))
}

/// Whether a URI is that of the image or image service `name`, or a request to it (Image API, §2).
fn is_of(name: &str, uri: &str) -> bool {
    let name = name.trim_end_matches('/');
    let (name, uri) = (without_scheme(name), without_scheme(uri));
    let Some(rest) = uri.strip_prefix(name).filter(|_| !name.is_empty()) else { return false };
    let path = rest.split(['?', '#']).next().unwrap_or_default();
    let is_request = || path.trim_matches('/').split('/').count() == 4;
    path.trim_matches('/').is_empty() || path.starts_with('/') && is_request()
}

fn without_scheme(uri: &str) -> &str {
    uri.split_once("://").map_or(uri, |(_, rest)| rest)
}

/// Whether a resource is an image, a sound, a video, a model or an image service.
fn is_image(fields: &Map<String, Value>) -> bool {
    let text = |key: &str| fields.get(key).map(Value::to_string).unwrap_or_default();
    let kinds = text("type") + &text("@type");
    let is_service = || {
        let context = text("@context") + &text("profile");
        context.contains("/api/image/") || context.contains("/image-api/")
    };
    KINDS.iter().any(|kind| kinds.contains(kind)) || is_service()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::record::{Image, Part, Text};

    fn without(value: &Value) -> Value {
        serde_json::from_str(&SourceImages::default().without(&value.to_string())).unwrap()
    }

    #[test]
    fn links_to_images_are_known_by_name_ending_and_form() {
        let images = SourceImages::new(vec!["https://a.org/iiif/7".into()]);
        for uri in [
            "https://a.org/iiif/7",
            "http://a.org/iiif/7/info.json",
            "https://a.org/iiif/7/0,0,9,9/max/0/default",
            "https://a.org/x.TIF",
            "https://a.org/get?file=x.jpg&size=3",
            "https://a.org/8/full/90,/0/default.jpg",
            "data:image/png;base64,AA",
        ] {
            assert!(images.lead(uri), "{uri}");
        }
        for uri in ["https://a.org/iiif/7/manifest", "https://a.org/iiif/77", "https://a.org/works/x.html"] {
            assert!(!images.lead(uri), "{uri}");
        }
        let text = "See <a href=\"HTTPS://a.org/x.jpg\">it</a>, https://a.org/y and (http://a.org/iiif/7).";
        assert_eq!(images.text(text), "See <a href=\"\">it</a>, https://a.org/y and ().");
    }

    #[test]
    fn records_lose_their_images_only() {
        let tate = json!({"acno": "N1", "title": "Sea", "thumbnailUrl": "https://a.org/1", "url": "https://a.org/art/1"});
        assert_eq!(without(&tate), json!({"acno": "N1", "title": "Sea", "url": "https://a.org/art/1"}));
        let canvas = |service: &str| {
            json!({"@id": "https://a.org/c", "@type": "sc:Canvas", "thumbnail": "https://a.org/t/1", "images": [{
                "@type": "oa:Annotation", "on": "https://a.org/c", "resource": {"@id": format!("{service}/full/full/0/default.jpg"),
                "@type": "dctypes:Image", "service": {"@id": service, "profile": "http://iiif.io/api/image/2/level1.json"}}}]})
        };
        let manifest = json!({"@context": "http://iiif.io/api/presentation/2/context.json", "@id": "https://a.org/s/manifest.json",
            "label": "S", "logo": "https://a.org/logo.png", "rendering": {"@id": "https://a.org/s.zip"},
            "related": "https://a.org/s", "sequences": [{"canvases": [canvas("https://a.org/s")]}]});
        let kept = without(&manifest);
        assert_eq!(kept["@id"], manifest["@id"]);
        assert_eq!(kept["logo"], manifest["logo"]);
        // The image service has the URI of the page.
        assert_eq!(kept["related"], Value::Null);
        assert_eq!(kept["rendering"], Value::Null);
        let canvases = &kept["sequences"][0]["canvases"];
        assert_eq!(*canvases, json!([{"@id": "https://a.org/c", "@type": "sc:Canvas"}]));
        assert_eq!(SourceImages::default().without("<a href='http://a.org/1.jpg'/>"), "<a href=''/>");
        let plain = r#"{"b": 1,  "a": "https://a.org/"}"#;
        assert_eq!(SourceImages::default().without(plain), plain);
    }

    #[test]
    fn texts_that_lead_to_no_image_are_known_without_parsing_them() {
        for text in [
            r#"{"title":"A photograph with a thumb: picture","technique":"photo","homepage":"https://a.org/images/1"}"#,
            r#"{"text" : "previewed", "part":"image","label":["A video","model"]}"#,
        ] {
            assert!(!may_lead(text), "{text}");
        }
        for text in [
            r#"{"thumbnailUrl" : "https://a.org/1"}"#,
            r#"{"Primary_Image":"https://a.org/1"}"#,
            r#"{"photos":["https://a.org/1"]}"#,
            r#"{"a":"https:\/\/a.org"}"#,
            r#"{"a":"See HTTPS://a.org/x.JPG."}"#,
            r#"{"a":{"type":"Image","id":"https://a.org/1"}}"#,
            r#"{"a":{"@type":"dctypes:MovingImage","@id":"https://a.org/1"}}"#,
            r#"{"a":"data:image/png;base64,AA"}"#,
        ] {
            assert!(may_lead(text), "{text}");
        }
    }

    #[test]
    fn works_keep_the_images_of_this_server() {
        let image = |file: &str, matched| Image { file: file.into(), matched, ..Image::default() };
        let foreign = "https://a.org/iiif/7";
        let mut work = Work {
            object_number: "https://a.org/iiif/7.jpg".into(),
            images: vec![image("a.tif", true), image(foreign, false), image("b.tif", false)],
            parts: vec![Part { images: vec!["a.tif".into(), foreign.into()], ..Part::default() }],
            description: Text::of("en", "As in https://a.org/iiif/7/info.json"),
            rights: Some("https://a.org/r.jpg".into()),
            ..Work::default()
        };
        work.more.insert("primaryImage".into(), json!(foreign));
        let kept = work.without_source_images();
        let files: Vec<&str> = kept.images.iter().map(|image| image.file.as_str()).collect();
        assert_eq!((files, &*kept.parts[0].images), (vec!["a.tif", "b.tif"], &["a.tif".to_owned()][..]));
        assert_eq!(kept.description, Text::of("en", "As in"));
        assert_eq!((kept.object_number, kept.rights), (work.object_number, work.rights));
        assert!(kept.more.is_empty());
    }
}
