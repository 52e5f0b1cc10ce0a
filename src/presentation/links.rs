//! Links of a work's documents: homepage, record, files, collections, search services, publisher.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::Value;

use super::labels::Label;
use super::object::object;
use super::{CanvasImage, View, identifier_namespace, language_map, record_identifier};
use crate::iiif::Version;
use crate::record::Text;
use crate::record::read::TEGL_NAMESPACE;

/// Maximum length of a URL in a record or setting, in bytes.
const MAX_BYTES: usize = 2000;

/// ASCII characters that a URI may not contain (RFC 3986, appendix A).
const IRI: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// A text as an HTTP URL, with characters outside ASCII percent-encoded; `None` if it is not one.
pub(crate) fn http_uri(text: &str) -> Option<String> {
    let text = text.trim();
    let (scheme, rest) = text.split_once("://")?;
    let scheme = ["http", "https"].into_iter().find(|known| known.eq_ignore_ascii_case(scheme))?;
    let has_host = rest.chars().next().is_some_and(|c| c.is_alphanumeric() || c == '[');
    let is_single = !rest.chars().any(|c| c.is_whitespace() || c.is_control());
    let fits = has_host && is_single && text.len() <= MAX_BYTES;
    fits.then(|| format!("{scheme}://{}", utf8_percent_encode(rest, IRI)))
}

impl View<'_> {
    fn label(&self, word: Label) -> Value {
        language_map::label(&self.publisher.label(word))
    }

    /// The record's homepage of the work, or else the work's page on this server.
    pub(super) fn homepage(&self) -> Value {
        let own = self.work.homepage.as_deref().and_then(http_uri);
        let id = own.unwrap_or_else(|| self.address.work_page(&self.work.object_number));
        Value::from([
            object! { "id": id, "type": "Text", "label": language_map::label(&self.work.label()), "format": "text/html" },
        ])
    }

    /// The record as JSON, the manifest that the work was imported from, and the complete record, which another Tegl imports
    /// in place of the manifest.
    pub(super) fn see_also(&self) -> Value {
        let manifest = self.work.source_manifest().and_then(http_uri).map(|id| {
            object! {
                "id": id,
                "type": "Manifest",
                "label": self.label(Label::new("Manifest of the source", "Kildens manifest")),
                "format": "application/ld+json",
            }
        });
        let record = object! {
            "id": self.address.record(&self.work.object_number),
            "type": "Dataset",
            "label": self.label(Label::new("Record as JSON", "Post som JSON")),
            "format": "application/json",
        };
        let namespace = identifier_namespace(&self.publisher.identifier_namespace, self.address.base());
        let identifier = record_identifier(&namespace, &self.work.object_number);
        let complete = object! {
            "id": self.address.oai_record(&identifier),
            "type": "Dataset",
            "label": self.label(Label::new("Complete record as XML", "Komplet post som XML")),
            "format": "text/xml",
            "profile": TEGL_NAMESPACE,
        };
        std::iter::once(record).chain(manifest).chain([complete]).collect()
    }

    /// The publisher, if the settings name one (Presentation API 3.0, §3.1).
    pub(super) fn provider(&self) -> Option<Value> {
        provider(self.publisher, self.address.base())
    }

    /// The collection that contains the work.
    pub(super) fn part_of(&self, version: Version) -> Option<Value> {
        let facet = self.part_of?;
        Some(Value::from([object! {
            "id": self.address.facet_value(version, &facet.scheme, &facet.value, None),
            "type": "Collection",
            "label": language_map::label(&facet.label),
        }]))
    }

    /// The search services of the work: version 1 beside version 2, because several viewers support only version 1 (Content Search 2.0, §3).
    pub(super) fn searches(&self, version: Version) -> Option<Value> {
        if !self.tags.iter().any(|tag| tag.is_active()) {
            return None;
        }
        let work = &self.work.object_number;
        let version_1 = object! {
            "@context": "http://iiif.io/api/search/1/context.json",
            "@id": self.address.search(1, work),
            "@type": "SearchService1",
            "profile": "http://iiif.io/api/search/1/search",
            "service": [object! {
                "@id": self.address.autocomplete(1, work),
                "@type": "AutoCompleteService1",
                "profile": "http://iiif.io/api/search/1/autocomplete",
            }],
        };
        if version == Version::V2 {
            return Some(Value::from([version_1]));
        }
        Some(Value::from([
            object! {
                "id": self.address.search(2, work),
                "type": "SearchService2",
                "service": [object! { "id": self.address.autocomplete(2, work), "type": "AutoCompleteService2" }],
            },
            version_1,
        ]))
    }

    /// Downloads of an image: the master, and renditions of it.
    pub(super) fn files(&self, image: &CanvasImage) -> Vec<Value> {
        let mut files = Vec::with_capacity(4);
        if let Some(original) = &image.original {
            let label = |word: &str| {
                format!("{word} ({}, {})", format_name(&original.media_type), bytes(original.bytes))
            };
            let id = self.address.original(&image.identifier);
            let label = formatted_label(self, Label::new("Original", "Original"), label);
            files.push(
                object! { "id": id, "type": "Image", "label": label, "format": original.media_type.as_str() },
            );
        }
        if !image.is_unrestricted() {
            let service = self.address.image(Version::V3, &image.identifier);
            files.push(self.file(format!("{service}/full/max/0/default.jpg"), "JPEG", "image/jpeg", image));
            return files;
        }
        // A JPEG's width and height have 16 bits.
        let fits = image.largest.width <= 65_535 && image.largest.height <= 65_535;
        for (suffix, name, media_type) in
            [("jpg", "JPEG", "image/jpeg"), ("tif", "TIFF", "image/tiff"), ("png", "PNG", "image/png")]
        {
            if suffix != "jpg" || fits {
                let id = self.address.rendition(&image.identifier, suffix);
                files.push(self.file(id, name, media_type, image));
            }
        }
        files
    }

    fn file(&self, id: String, name: &str, media_type: &str, image: &CanvasImage) -> Value {
        let size = image.largest;
        object! {
            "id": id,
            "type": "Image",
            "label": language_map::none(&format!("{name}, {} × {}", size.width, size.height)),
            "format": media_type,
            "width": size.width,
            "height": size.height,
        }
    }

    /// The ZIP file of all originals, if one may be downloaded.
    pub(super) fn archive(&self) -> Option<Value> {
        self.images.iter().any(|image| image.original.is_some()).then(|| {
            object! {
                "id": self.address.archive(&self.work.object_number),
                "type": "Dataset",
                "label": self.label(Label::new("All images and the record (ZIP)", "Alle billeder og posten (ZIP)")),
                "format": "application/zip",
            }
        })
    }
}

/// The publisher as an agent; `None` if it has no name.
pub(super) fn provider(publisher: &super::Publisher, base: &str) -> Option<Value> {
    if publisher.name.is_empty() {
        return None;
    }
    let label = language_map::label(&publisher.name);
    let homepage = http_uri(&publisher.homepage);
    let id = homepage.clone().unwrap_or_else(|| base.to_owned());
    let mut agent = object! { "id": id, "type": "Agent", "label": label.clone() };
    if let Some(homepage) = homepage {
        agent["homepage"] =
            Value::from([object! { "id": homepage, "type": "Text", "label": label, "format": "text/html" }]);
    }
    if let Some(url) = http_uri(&publisher.logo.url) {
        let mut logo = object! { "id": url, "type": "Image" };
        if publisher.logo.format.contains('/') {
            logo["format"] = Value::from(publisher.logo.format.as_str());
        }
        if publisher.logo.width > 0 && publisher.logo.height > 0 {
            logo["width"] = Value::from(publisher.logo.width);
            logo["height"] = Value::from(publisher.logo.height);
        }
        agent["logo"] = Value::from([logo]);
    }
    Some(Value::from([agent]))
}

fn formatted_label(view: &View<'_>, word: Label, format: impl Fn(&str) -> String) -> Value {
    let mut text = Text::default();
    for (language, label) in view.publisher.label(word).iter() {
        text.add(language, &format(label));
    }
    language_map::label(&text)
}

/// The format's name by its media type: `TIFF` for `image/tiff`.
pub(super) fn format_name(media_type: &str) -> String {
    let kind = media_type.rsplit('/').next().unwrap_or(media_type);
    kind.trim_start_matches("x-").to_ascii_uppercase()
}

/// A number of bytes in decimal units: `1.2 MB`.
pub(super) fn bytes(length: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    let mut value = length as f64 / 1000.0;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    if value < 9.95 { format!("{value:.1} {}", UNITS[unit]) } else { format!("{value:.0} {}", UNITS[unit]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_http_urls_are_accepted() {
        for (given, expected) in [
            (" https://x/å b ", None),
            ("https://x/å", Some("https://x/%C3%A5")),
            ("HTTP://x/<y>", Some("http://x/%3Cy%3E")),
            ("javascript:alert(1)", None),
            ("https://", None),
            ("http://\u{0}", None),
            ("//x/y", None),
            ("æøåæøå", None),
        ] {
            assert_eq!(http_uri(given).as_deref(), expected, "{given}");
        }
        assert_eq!(http_uri(&format!("https://x/{}", "y".repeat(3000))), None);
    }

    #[test]
    fn sizes_have_two_or_three_digits() {
        for (length, expected) in
            [(0, "0.0 kB"), (1_234, "1.2 kB"), (999_600, "1.0 MB"), (1_240_000_000, "1.2 GB")]
        {
            assert_eq!(bytes(length), expected);
        }
        assert_eq!(format_name("image/tiff"), "TIFF");
    }
}
