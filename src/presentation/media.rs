//! Sound and video in documents: their canvases, bodies and links.

use serde_json::{Map, Value, json};

use super::labels::Label;
use super::links::{bytes, format_name};
use super::object::object;
use super::view::Canvas;
use super::{View, language_map, plain_text};
use crate::iiif::{Dimensions, Version};
use crate::record::{MediaKind, Text};

/// A file of sound or video of a work, which its rights allow to serve.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CanvasMedia {
    /// Its identifier.
    pub file: String,
    pub kind: MediaKind,
    pub media_type: String,
    /// In seconds, if it is known.
    pub duration: Option<f64>,
    /// The width of a video in pixels, if it is known.
    pub width: Option<u32>,
    /// The height of a video in pixels, if it is known.
    pub height: Option<u32>,
    /// The record's label; may be empty.
    pub label: Text,
    /// The number from 1 of its canvas in the manifest that the work was read from.
    pub canvas: Option<u32>,
    /// The length of the file in bytes.
    pub bytes: u64,
}

/// The canvas of a video whose size is unknown. Only the proportions matter to viewers.
const UNKNOWN_VIDEO: Dimensions = Dimensions::new(1920, 1080);
/// The canvas of a sound has no size; regions of it are not addressed.
const SOUND: Dimensions = Dimensions::new(1000, 1000);

impl CanvasMedia {
    /// The size of the video, if it is known.
    fn size(&self) -> Option<Dimensions> {
        let size = Dimensions::new(self.width?, self.height?);
        (self.kind == MediaKind::Video).then_some(size)
    }
}

impl Canvas<'_> {
    /// Whether something on it has a size, or nothing is on it at all; a canvas of sound has only a duration (3.0, §5.3).
    pub(super) fn has_size(&self) -> bool {
        let has_video = self.media.iter().any(|media| media.kind == MediaKind::Video);
        !self.images.is_empty() || has_video || self.media.is_empty()
    }

    /// The longest duration of the sound and video on it, in seconds.
    pub(super) fn duration(&self) -> Option<f64> {
        self.media.iter().filter_map(|media| media.duration).reduce(f64::max)
    }
}

impl<'a> View<'a> {
    /// Adds the canvases of sound and video: those of the manifest that the work was read from, otherwise one for each file
    /// of known duration after those of images.
    pub(super) fn add_media(&self, canvases: &mut Vec<Canvas<'a>>) {
        let of_source = self.source.and(self.work.canvases).unwrap_or(0) as usize;
        for media in self.media {
            let own = media.canvas.filter(|_| self.source.is_some()).map(|number| number as usize);
            if let Some(known) = canvases.iter_mut().find(|canvas| Some(canvas.number) == own) {
                known.media.push(media);
                continue;
            }
            if own.is_none() && media.duration.is_none() {
                continue;
            }
            let last = canvases.iter().map(|canvas| canvas.number).max().unwrap_or(0).max(of_source);
            let number = own.unwrap_or(last + 1);
            let stated = self.source.and_then(|source| source.dimensions(number)).or_else(|| media.size());
            let usual = if media.kind == MediaKind::Video { UNKNOWN_VIDEO } else { SOUND };
            let label = self.media_label(media);
            let dimensions = stated.unwrap_or(usual);
            canvases.push(Canvas { number, images: Vec::new(), media: vec![media], dimensions, label });
        }
        if self.source.is_some() && !self.media.is_empty() {
            canvases.sort_by_key(|canvas| canvas.number);
        }
    }

    /// The canvases that documents of a version have: version 2 has no sound and video on canvases.
    pub(super) fn canvases_of(&self, version: Version) -> Vec<Canvas<'a>> {
        let mut canvases = self.canvases();
        if version == Version::V3 {
            return canvases;
        }
        canvases.iter_mut().for_each(|canvas| canvas.media.clear());
        match canvases.iter().any(|canvas| !canvas.images.is_empty()) {
            _ if self.source.is_some() => {}
            true => canvases.retain(|canvas| !canvas.images.is_empty()),
            false => canvases.truncate(1),
        }
        canvases
    }

    /// A file's label: the one in the record, or else what it is.
    fn media_label(&self, media: &CanvasMedia) -> Text {
        if !media.label.is_empty() {
            return media.label.clone();
        }
        self.publisher.label(match media.kind {
            MediaKind::Sound => Label::new("Sound", "Lyd"),
            MediaKind::Video => Label::new("Video", "Video"),
        })
    }

    /// Sound or video as an annotation's body (3.0, §5.7).
    pub(super) fn media_body(&self, media: &CanvasMedia) -> Value {
        let mut body = Map::new();
        body.insert("id".into(), Value::from(self.address.media(&media.file)));
        body.insert("type".into(), Value::from(media.kind.name()));
        body.insert("format".into(), Value::from(media.media_type.as_str()));
        body.extend(media.duration.map(|duration| ("duration".to_owned(), Value::from(duration))));
        if let Some(size) = media.size() {
            body.insert("width".into(), Value::from(size.width));
            body.insert("height".into(), Value::from(size.height));
        }
        Value::Object(body)
    }

    /// A link to the file.
    pub(super) fn media_file(&self, media: &CanvasMedia) -> Value {
        let mut label = Text::default();
        for (language, name) in self.media_label(media).iter() {
            let name = plain_text(name);
            label.add(
                language,
                &format!("{name} ({}, {})", format_name(&media.media_type), bytes(media.bytes)),
            );
        }
        object! {
            "id": self.address.media(&media.file),
            "type": media.kind.name(),
            "label": language_map::label(&label),
            "format": media.media_type.as_str(),
        }
    }

    /// Links to the files that no canvas has: those of unknown duration, and all of them in version 2.
    pub(super) fn files_without_canvas(&self, canvases: &[Canvas<'_>]) -> Vec<Value> {
        let is_on_canvas = |media: &CanvasMedia| {
            canvases.iter().flat_map(|canvas| &canvas.media).any(|known| std::ptr::eq(*known, media))
        };
        self.media.iter().filter(|media| !is_on_canvas(media)).map(|media| self.media_file(media)).collect()
    }

    /// Sound and video as objects of schema.org.
    pub(super) fn media_objects(&self) -> Vec<Value> {
        let languages = self.publisher.preferred_languages();
        let object = |media: &CanvasMedia| {
            let kind = if media.kind == MediaKind::Video { "VideoObject" } else { "AudioObject" };
            let mut object = json!({
                "@type": kind, "contentUrl": self.address.media(&media.file), "encodingFormat": media.media_type,
            });
            if let Some(label) = media.label.best(&languages) {
                object["name"] = Value::from(plain_text(label));
            }
            if let Some(duration) = media.duration {
                object["duration"] = Value::from(format!("PT{duration}S"));
            }
            object
        };
        self.media.iter().map(object).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presentation::fixture::{image_of, work};
    use crate::presentation::{Address, Publisher};

    fn media(file: &str, duration: Option<f64>) -> CanvasMedia {
        let media_type = crate::record::media_type(file).unwrap();
        CanvasMedia {
            file: file.into(),
            kind: MediaKind::of_type(media_type).unwrap(),
            media_type: media_type.into(),
            duration,
            width: None,
            height: None,
            label: Text::default(),
            canvas: None,
            bytes: 1_234_000,
        }
    }

    #[track_caller]
    fn check(images: &[&str], files: &[CanvasMedia], version: Version, expected: &str) {
        let images: Vec<_> = images.iter().map(|file| image_of(file, 300, 200)).collect();
        let (work, address, publisher) = (work(), Address::new("https://host"), Publisher::default());
        let view = View { media: files, ..View::of(&work, &images, &address, &publisher) };
        let manifest = view.manifest(version);
        let canvases = match version {
            Version::V2 => manifest["sequences"][0]["canvases"].clone(),
            Version::V3 => manifest["items"].clone(),
        };
        let one = |canvas: &Value| {
            let body = &canvas["items"][0]["items"][0]["body"];
            let kind = body["type"].as_str().unwrap_or("-");
            format!("{kind} {} {}", canvas["duration"], canvas["width"])
        };
        let found: Vec<String> = canvases.as_array().unwrap().iter().map(one).collect();
        let links = manifest["rendering"].to_string().matches("https://host/media/").count();
        assert_eq!(format!("{}; {links}", found.join(", ")), expected);
    }

    #[test]
    fn sound_and_video_have_canvases_of_their_own_in_version_3() {
        let (sound, video) = (media("a.mp3", Some(9.5)), media("b.mp4", Some(60.0)));
        let large = CanvasMedia { width: Some(640), height: Some(480), ..video.clone() };
        check(&[], &[sound.clone(), video], Version::V3, "Sound 9.5 null, Video 60.0 1920; 0");
        check(&["i.tif"], std::slice::from_ref(&large), Version::V3, "Image null 300, Video 60.0 640; 0");
        // A canvas needs a duration.
        check(&["i.tif"], &[media("a.ogg", None)], Version::V3, "Image null 300; 1");
        check(&[], &[media("a.ogg", None)], Version::V3, "- null 1000; 1");
        check(&["i.tif"], std::slice::from_ref(&sound), Version::V2, "- null 300; 1");
        check(&[], &[sound, large], Version::V2, "- null 1000; 2");
    }

    #[test]
    fn links_name_the_format_and_the_size() {
        let (work, address, publisher) = (work(), Address::new("https://host"), Publisher::default());
        let view = View::of(&work, &[], &address, &publisher);
        let file = view.media_file(&media("a/b.mp3", None));
        assert_eq!(file["id"], "https://host/media/a%2Fb.mp3");
        assert_eq!(file["label"]["da"][0], "Lyd (MPEG, 1.2 MB)");
        assert_eq!((&file["type"], &file["format"]), (&json!("Sound"), &json!("audio/mpeg")));
    }
}
