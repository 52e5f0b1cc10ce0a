//! Sound and video of works, and the media types of their files.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Text;
use super::work::{is_yes, yes};

/// A file of sound or video of the work.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Media")]
pub struct Media {
    /// The identifier of its master, as in `interviews/a.mp3` or `SOURCE:a.mp4`; until it is matched to a master, the
    /// source's name for it.
    pub file: String,
    /// Its media type, as in `audio/mpeg`; without it, that of the file's extension.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// Its length in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<f64>,
    /// The width of a video in pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// The height of a video in pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// A caption, by language.
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub label: Text,
    /// The number from 1 of the canvas on which the manifest that the work was read from has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canvas: Option<u32>,
    /// Whether this file is on this server; others are not served.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    #[schemars(skip)]
    pub matched: bool,
}

/// What a file is for listeners and viewers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaKind {
    /// Without pictures.
    Sound,
    /// With pictures.
    Video,
}

/// The media types of files by their extensions.
const TYPES: [(&str, &str); 16] = [
    ("aac", "audio/aac"),
    ("aif", "audio/aiff"),
    ("aiff", "audio/aiff"),
    ("flac", "audio/flac"),
    ("m4a", "audio/mp4"),
    ("m4v", "video/mp4"),
    ("mov", "video/quicktime"),
    ("mp3", "audio/mpeg"),
    ("mp4", "video/mp4"),
    ("oga", "audio/ogg"),
    ("ogg", "audio/ogg"),
    ("ogv", "video/ogg"),
    ("opus", "audio/ogg"),
    ("wav", "audio/wav"),
    ("weba", "audio/webm"),
    ("webm", "video/webm"),
];

/// The media type of a file of sound or video, by its extension; `None` for other files.
pub fn media_type(file: &str) -> Option<&'static str> {
    let (_, extension) = file.rsplit_once('.')?;
    let known = TYPES.iter().find(|(known, _)| known.eq_ignore_ascii_case(extension));
    known.map(|(_, media_type)| *media_type)
}

/// The extensions of files of sound and video.
pub fn media_extensions() -> impl Iterator<Item = &'static str> {
    TYPES.iter().map(|(extension, _)| *extension)
}

impl MediaKind {
    /// The kind of a media type; `None` if it is neither sound nor video.
    pub fn of_type(media_type: &str) -> Option<Self> {
        let is = |prefix: &str| {
            media_type.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
        };
        match () {
            () if is("audio/") => Some(Self::Sound),
            () if is("video/") => Some(Self::Video),
            () => None,
        }
    }

    /// The type of a body in the Presentation API (3.0, §5.7).
    pub fn name(self) -> &'static str {
        match self {
            Self::Sound => "Sound",
            Self::Video => "Video",
        }
    }
}

impl Media {
    /// The media type that the record states, otherwise that of the file's extension.
    pub fn media_type(&self) -> Option<&str> {
        self.media_type.as_deref().or_else(|| media_type(&self.file))
    }

    /// Whether it is sound or video; `None` if neither its media type nor its file's extension is one of them.
    pub fn kind(&self) -> Option<MediaKind> {
        MediaKind::of_type(self.media_type()?)
    }

    /// Why its values cannot be used, as in `duration`, `is -1: …`.
    pub(crate) fn invalid(&self) -> Option<(&'static str, String)> {
        if let Some(duration) = self.duration.filter(|duration| !(duration.is_finite() && *duration > 0.0)) {
            return Some(("duration", format!("is {duration}: write the length in seconds, above 0")));
        }
        if self.width == Some(0) || self.height == Some(0) {
            let field = if self.width == Some(0) { "width" } else { "height" };
            return Some((field, "is 0: write it in pixels, or leave it out".into()));
        }
        let media_type = self.media_type.as_deref()?;
        MediaKind::of_type(media_type).is_none().then(|| {
            ("media_type", format!("is `{media_type}`: write one of sound or video, as in `audio/mpeg`"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types_follow_from_extensions() {
        for (file, expected) in [
            ("a/b.mp3", Some("audio/mpeg")),
            ("films:a.MP4", Some("video/mp4")),
            ("a.tif", None),
            ("mp3", None),
            ("a.mp3.tif", None),
        ] {
            assert_eq!(media_type(file), expected, "{file}");
        }
        for (extension, media_type) in TYPES {
            assert!(MediaKind::of_type(media_type).is_some(), "{extension}");
        }
        let media =
            Media { file: "a.webm".into(), media_type: Some("AUDIO/webm".into()), ..Media::default() };
        assert_eq!(media.kind(), Some(MediaKind::Sound));
    }

    #[test]
    fn values_that_cannot_be_used_are_named() {
        let read = |json: &str| serde_json::from_str::<Media>(json).unwrap().invalid();
        for (json, field) in [
            (r#"{"file":"a.mp3","duration":-1}"#, "duration"),
            (r#"{"file":"a.mp4","duration":0}"#, "duration"),
            (r#"{"file":"a.mp4","height":0}"#, "height"),
            (r#"{"file":"a.mp4","media_type":"image/png"}"#, "media_type"),
        ] {
            assert_eq!(read(json).map(|(field, _)| field), Some(field), "{json}");
        }
        assert_eq!(read(r#"{"file":"a.mp4","duration":1.5,"width":640,"height":480}"#), None);
    }
}
