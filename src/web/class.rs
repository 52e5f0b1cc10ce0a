//! Classes of requests, whose times are counted apart: a stored tile and a search have nothing in common.

use actix_web::body::BodySize;

/// A class of requests, the label `class` of `tegl_request_seconds`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum Class {
    /// A tile as it is stored.
    StoredTile,
    /// An image from a cache of responses.
    CachedImage,
    /// A rendered image of less than [`LARGE`] bytes.
    RenderedTile,
    /// A rendered image of at least [`LARGE`] bytes.
    LargeImage,
    /// An image that is sent while it is rendered.
    StreamedImage,
    /// An image that the client has already, or that was refused.
    UnsentImage,
    /// `info.json` and descriptions of Deep Zoom.
    Info,
    /// Manifests, collections, annotation pages, changes.
    Manifest,
    /// Searches, suggestions and similar works, also within a work and by SMK's API.
    Search,
    /// The rest of the API, linked data and OAI-PMH.
    Record,
    /// Pages for visitors.
    Page,
    /// Files that pages consist of.
    Asset,
    /// Originals, archives, sound and video.
    Download,
    /// Health checks, `robots.txt` and sitemaps.
    Other,
}

/// The upper bounds of the buckets of times, in seconds.
pub(crate) const BUCKETS: [f64; 8] = [0.0005, 0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0];

/// From this size on, a rendered image is large, in bytes.
const LARGE: u64 = 512 << 10;

impl Class {
    /// All classes, in the order of their numbers.
    pub(crate) const ALL: [Self; 14] = [
        Self::StoredTile,
        Self::CachedImage,
        Self::RenderedTile,
        Self::LargeImage,
        Self::StreamedImage,
        Self::UnsentImage,
        Self::Info,
        Self::Manifest,
        Self::Search,
        Self::Record,
        Self::Page,
        Self::Asset,
        Self::Download,
        Self::Other,
    ];

    /// The label in metrics.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::StoredTile => "stored_tile",
            Self::CachedImage => "cached_image",
            Self::RenderedTile => "rendered_tile",
            Self::LargeImage => "large_image",
            Self::StreamedImage => "streamed_image",
            Self::UnsentImage => "unsent_image",
            Self::Info => "info",
            Self::Manifest => "manifest",
            Self::Search => "search",
            Self::Record => "record",
            Self::Page => "page",
            Self::Asset => "asset",
            Self::Download => "download",
            Self::Other => "other",
        }
    }

    /// The class of a request by its path, and of an image by the note and the size of its response.
    pub(crate) fn of(path: &str, note: &str, size: BodySize) -> Self {
        let mut parts = path.split('/').skip(1);
        match parts.next().unwrap_or_default() {
            "iiif" | "deepzoom" if path.ends_with("/info.json") || path.ends_with(".dzi") => Self::Info,
            "iiif" | "deepzoom" => Self::of_image(note, size),
            "presentation" | "annotations" | "discovery" => Self::Manifest,
            "search" => Self::Search,
            "api" => match (parts.next(), parts.next(), parts.next()) {
                (Some("smk"), ..) | (_, Some("works" | "suggest" | "random"), None) => Self::Search,
                (_, Some(part), _) if part.starts_with("similar") => Self::Search,
                (_, Some("works"), Some(_)) if path.ends_with("/similar") => Self::Search,
                _ => Self::Record,
            },
            "oai" => Self::Record,
            "assets" => Self::Asset,
            "download" | "media" => Self::Download,
            "health" | "robots.txt" => Self::Other,
            part if part.starts_with("sitemap") => Self::Other,
            _ if path.ends_with(".jsonld") => Self::Record,
            _ => Self::Page,
        }
    }

    fn of_image(note: &str, size: BodySize) -> Self {
        match (note, size) {
            ("stored", _) => Self::StoredTile,
            ("hit", _) => Self::CachedImage,
            ("rendered", BodySize::Sized(bytes)) if bytes >= LARGE => Self::LargeImage,
            ("rendered", _) => Self::RenderedTile,
            ("streamed", _) => Self::StreamedImage,
            _ => Self::UnsentImage,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_have_their_numbers_and_names_of_their_own() {
        for (number, class) in Class::ALL.into_iter().enumerate() {
            assert_eq!(class as usize, number);
        }
        let names: std::collections::BTreeSet<_> = Class::ALL.iter().map(|class| class.name()).collect();
        assert_eq!(names.len(), Class::ALL.len());
    }

    #[test]
    fn requests_have_classes_by_path_and_note() {
        for (path, note, bytes, expected) in [
            ("/iiif/3/a.tif/0,0,512,512/512,512/0/default.jpg", "stored", 9, "stored_tile"),
            ("/iiif/3/a.tif/full/600,/0/default.jpg", "rendered", 9, "rendered_tile"),
            ("/iiif/3/a.tif/full/max/0/default.jpg", "rendered", 1 << 20, "large_image"),
            ("/iiif/3/a.tif/full/max/0/default.jpg", "streamed", 0, "streamed_image"),
            ("/iiif/3/a.tif/full/600,/0/default.jpg", "hit", 9, "cached_image"),
            ("/iiif/3/a.tif/full/600,/0/default.jpg", "", 0, "unsent_image"),
            ("/deepzoom/a.tif_files/9/0_0.jpg", "stored", 9, "stored_tile"),
            ("/iiif/2/a.tif/info.json", "", 9, "info"),
            ("/deepzoom/a.tif.dzi", "", 9, "info"),
            ("/presentation/3/KMS1/manifest", "", 9, "manifest"),
            ("/api/v1/works", "", 9, "search"),
            ("/api/v1/works/KMS1", "", 9, "record"),
            ("/api/v1/works/KMS1/similar", "", 9, "search"),
            ("/api/smk/v1/art/search", "", 9, "search"),
            ("/search/2/KMS1", "", 9, "search"),
            ("/oai", "", 9, "record"),
            ("/works/KMS1", "", 9, "page"),
            ("/works/KMS1/linked-art.jsonld", "", 9, "record"),
            ("/", "", 9, "page"),
            ("/assets/x.css", "", 9, "asset"),
            ("/download/a.tif", "", 9, "download"),
            ("/health/ready", "", 9, "other"),
            ("/sitemap.xml", "", 9, "other"),
        ] {
            assert_eq!(Class::of(path, note, BodySize::Sized(bytes)).name(), expected, "{path} {note}");
        }
    }
}
