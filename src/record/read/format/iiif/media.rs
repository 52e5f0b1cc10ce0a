//! Reads the sound and video that other servers' manifests paint on canvases.

use std::collections::{HashMap, VecDeque};

use serde_json::Value;

use super::canvas::painted;
use crate::record::read::value::json::{field, many};
use crate::record::read::value::language_map::language_map;
use crate::record::{Media, MediaKind, Work};

/// The types of sound and video, also those of older specifications.
const KINDS: [&str; 4] = ["Sound", "Audio", "Video", "MovingImage"];

/// The sound and video painted on the canvas with this number, each named by its URI.
pub(in crate::record::read) fn media(canvas: &Value, number: u32, found: &mut Vec<Media>) {
    for body in painted_media(canvas) {
        let Some(file) = media_name(body) else { continue };
        let own = language_map(&body["label"]);
        let label = if own.is_empty() { language_map(&canvas["label"]) } else { own };
        let seconds = |value: &Value| value["duration"].as_f64().filter(|duration| *duration > 0.0);
        let side = |name: &str| u32::try_from(body[name].as_u64()?).ok().filter(|side| *side > 0);
        let stated = body["format"].as_str().filter(|format| MediaKind::of_type(format).is_some());
        found.push(Media {
            file: file.to_owned(),
            media_type: stated.map(str::to_owned),
            duration: seconds(body).or_else(|| seconds(canvas)),
            width: side("width"),
            height: side("height"),
            label,
            canvas: Some(number),
            matched: true,
        });
    }
}

/// The sound and video painted on a canvas of version 3, in order: bodies of annotations, items of choices, and the
/// sources of parts of them.
pub fn painted_media(canvas: &Value) -> Vec<&Value> {
    painted(canvas, |one| media_name(one).is_some())
}

/// The URI of sound or video; `None` for anything else.
pub fn media_name(body: &Value) -> Option<&str> {
    let format = body["format"].as_str().unwrap_or_default();
    let kind = kind_of(body);
    let is_media = KINDS.iter().any(|known| known.eq_ignore_ascii_case(kind))
        || kind.is_empty() && MediaKind::of_type(format).is_some();
    is_media.then(|| field(body, &["id", "@id"]).and_then(Value::as_str)).flatten()
}

/// The URIs of the sound and video that a manifest of version 3 paints on canvases, each with that of the work that was
/// read from the manifest, if its file is on this server.
pub fn media_of<'a>(manifest: &'a Value, work: &'a Work) -> Vec<(&'a str, Option<&'a Media>)> {
    let mut own: HashMap<u32, VecDeque<&Media>> = HashMap::new();
    for media in &work.media_files {
        own.entry(media.canvas.unwrap_or_default()).or_default().push_back(media);
    }
    let canvases = (1..).zip(many(manifest.get("items")));
    let painted = canvases.flat_map(|(number, canvas)| {
        painted_media(canvas).into_iter().filter_map(media_name).map(move |name| (number, name))
    });
    let known = painted.map(|(number, name)| {
        let media = own.get_mut(&number).and_then(VecDeque::pop_front);
        (name, media.filter(|media| media.matched))
    });
    known.collect()
}

fn kind_of(body: &Value) -> &str {
    let kind = field(body, &["type", "@type"]).and_then(Value::as_str).unwrap_or_default();
    kind.rsplit_once(':').map_or(kind, |(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn canvas(body: &Value) -> Value {
        json!({"id": "c", "type": "Canvas", "duration": 60.5, "label": {"en": ["Side A"]}, "items": [{"type": "AnnotationPage",
            "items": [{"type": "Annotation", "motivation": "painting", "body": body}]}]})
    }

    #[test]
    fn sound_and_video_are_read_with_their_lengths() {
        let mut found = Vec::new();
        let sound =
            json!({"id": "https://a.org/a.mp3", "type": "Sound", "format": "audio/mp3", "duration": 59.0});
        media(&canvas(&sound), 1, &mut found);
        let choice = json!({"type": "Choice", "items": [
            {"id": "https://a.org/b", "type": "dctypes:MovingImage", "width": 640, "height": 480},
            {"id": "https://a.org/b.webm", "format": "video/webm"}, {"id": "https://a.org/b.jpg", "type": "Image"}]});
        media(&canvas(&choice), 2, &mut found);
        let facts: Vec<_> =
            found.iter().map(|one| (one.file.as_str(), one.media_type(), one.duration, one.width)).collect();
        let expected = [
            ("https://a.org/a.mp3", Some("audio/mp3"), Some(59.0), None),
            ("https://a.org/b", None, Some(60.5), Some(640)),
            ("https://a.org/b.webm", Some("video/webm"), Some(60.5), None),
        ];
        assert_eq!(facts, expected);
        assert_eq!((found[0].label.best(&["en"]), found[2].canvas), (Some("Side A"), Some(2)));
    }

    #[test]
    fn the_files_of_a_manifest_are_those_of_its_work_in_order() {
        let body = |name: &str| json!({"id": format!("https://a.org/{name}"), "type": "Sound"});
        let manifest = json!({"items": [canvas(&body("1.mp3")), canvas(&body("2.mp3"))]});
        let own =
            |file: &str, canvas, matched| Media { file: file.into(), canvas, matched, ..Media::default() };
        let media_files = vec![own("x/1.mp3", Some(1), true), own("https://a.org/2.mp3", Some(2), false)];
        let work = Work { media_files, ..Work::default() };
        let found: Vec<_> = media_of(&manifest, &work)
            .into_iter()
            .map(|(name, own)| (name, own.map(|own| &*own.file)))
            .collect();
        assert_eq!(found, [("https://a.org/1.mp3", Some("x/1.mp3")), ("https://a.org/2.mp3", None)]);
    }
}
