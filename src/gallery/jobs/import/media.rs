//! Matches the sound and video of records with files of the sources, and reads what records do not say of them.

use std::collections::{BTreeMap, BTreeSet};

use percent_encoding::percent_decode_str;

use crate::record::{Media, MediaKind, Work, media_extensions, media_type, slug};

/// The identifiers of all files of sound and video, indexed for matching.
#[derive(Default)]
pub(super) struct MediaMasters {
    identifiers: BTreeSet<String>,
    /// Identifiers by their file names with and without extension, reduced to letters and digits.
    names: BTreeMap<String, Vec<String>>,
}

/// What is wrong with a file of sound or video that a record names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum MediaProblem {
    /// Its extension is none of sound or video.
    Extension,
    /// No source has it.
    Missing,
    /// Neither the record nor the file says how long it is.
    Duration,
}

impl std::fmt::Display for MediaProblem {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Extension => {
                let known: Vec<&str> = media_extensions().collect();
                write!(
                    formatter,
                    "is no file of sound or video by its extension, which must be one of {}",
                    known.join(", ")
                )
            }
            Self::Missing => formatter.write_str("no source has this file of sound or video"),
            Self::Duration => formatter.write_str(
                "its length is unknown, so manifests of version 3 link to it but have no canvas for it; \
                 state its `duration` in seconds",
            ),
        }
    }
}

impl MediaMasters {
    pub(super) fn add(&mut self, identifier: String) {
        let (whole, stem) = (name(&identifier), slug(stem(file_name(&identifier))));
        for name in [whole, stem] {
            self.names.entry(name).or_default().push(identifier.clone());
        }
        self.identifiers.insert(identifier);
    }

    /// Replaces each reference of the work to sound and video by the identifier of its file. Those without a file are
    /// marked.
    pub(super) fn find(&self, work: &mut Work) {
        for media in &mut work.media_files {
            match self.of_reference(media) {
                Some(identifier) => {
                    // The file may be of another format than that of the manifest.
                    if media.canvas.is_some() && extension(&media.file) != extension(identifier) {
                        media.media_type = None;
                    }
                    media.file = identifier.to_owned();
                    media.matched = true;
                }
                None => media.matched = false,
            }
        }
    }

    /// The file that a reference matches, if it is unambiguous: by its path, its name, or its name in another format of the
    /// same kind.
    fn of_reference(&self, media: &Media) -> Option<&str> {
        let reference = media.file.as_str();
        let plain = reference.trim_start_matches("./").trim_start_matches('/');
        let decoded = percent_decode_str(plain).decode_utf8_lossy();
        for spelling in [reference, plain, decoded.as_ref()] {
            if let Some(identifier) = self.identifiers.get(spelling) {
                return Some(identifier);
            }
        }
        let kind = media.kind();
        let is_kind = |identifier: &&String| kind.is_none() || kind_of(identifier) == kind;
        let only = |name: &str| {
            let mut found = self.names.get(name).into_iter().flatten().filter(is_kind);
            let first = found.next()?;
            found.next().is_none().then_some(first.as_str())
        };
        let path = decoded.split_once("://").map_or(decoded.as_ref(), |(_, rest)| rest);
        let segments = path.split(['/', '?', '=', '&']).rev().filter(|segment| media_type(segment).is_some());
        segments.into_iter().find_map(|segment| only(&name(segment)).or_else(|| only(&slug(stem(segment)))))
    }
}

/// What is wrong with the files of a work's sound and video. Those that a manifest leaves elsewhere are not wrong.
pub(super) fn problems(work: &Work) -> Vec<(&str, MediaProblem)> {
    let of = |media: &'_ Media| match media {
        Media { matched: true, duration: None, .. } => Some(MediaProblem::Duration),
        Media { matched: true, .. } => None,
        Media { canvas: Some(_), .. } => None,
        media if media_type(&media.file).is_none() => Some(MediaProblem::Extension),
        _ => Some(MediaProblem::Missing),
    };
    work.media_files.iter().filter_map(|media| Some((media.file.as_str(), of(media)?))).collect()
}

fn kind_of(identifier: &str) -> Option<MediaKind> {
    MediaKind::of_type(media_type(identifier)?)
}

fn file_name(identifier: &str) -> &str {
    identifier.rsplit(['/', ':']).next().unwrap_or(identifier)
}

fn name(identifier: &str) -> String {
    slug(file_name(identifier))
}

fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

fn extension(name: &str) -> Option<String> {
    name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn work(files: &[&str], canvas: Option<u32>) -> Work {
        let mut masters = MediaMasters::default();
        for identifier in
            ["a/tale.mp3", "films/Ø 7.mp4", "twice/x.mp3", "also/X.MP3", "tapes:7.wav", "b/7.webm"]
        {
            masters.add(identifier.to_owned());
        }
        let media = |file: &&str| Media { file: (*file).into(), canvas, ..Media::default() };
        let media_files = files.iter().map(media).collect();
        let mut work = Work { media_files, ..Work::default() };
        masters.find(&mut work);
        work
    }

    #[test]
    fn files_are_found_by_path_and_name() {
        for (reference, expected) in [
            ("a/tale.mp3", Some("a/tale.mp3")),
            ("./a/tale.mp3", Some("a/tale.mp3")),
            ("Tale.MP3", Some("a/tale.mp3")),
            ("https://a.org/media/tale.mp3?download=1", Some("a/tale.mp3")),
            ("https://a.org/media/tale.ogg", Some("a/tale.mp3")),
            ("https://a.org/%C3%98%207.mp4", Some("films/Ø 7.mp4")),
            // A sound and a video have this name.
            ("https://a.org/7.m4a", Some("tapes:7.wav")),
            ("https://a.org/7.mov", Some("b/7.webm")),
            ("x.mp3", None),
            ("tale.mp4", None),
            ("https://a.org/tale", None),
        ] {
            let work = work(&[reference], None);
            let found = work.media_files[0].matched.then(|| work.media_files[0].file.as_str());
            assert_eq!(found, expected, "{reference}");
        }
    }

    #[test]
    fn problems_name_the_file_and_what_is_wrong() {
        let own = work(&["a/tale.mp3", "gone.mp3", "tale.xyz"], None);
        let expected = [
            ("a/tale.mp3", MediaProblem::Duration),
            ("gone.mp3", MediaProblem::Missing),
            ("tale.xyz", MediaProblem::Extension),
        ];
        assert_eq!(problems(&own), expected);
        assert!(MediaProblem::Extension.to_string().contains("mp3, mp4"));
        assert_eq!(problems(&work(&["https://a.org/gone.mp3", "https://a.org/9"], Some(1))), []);
    }
}
