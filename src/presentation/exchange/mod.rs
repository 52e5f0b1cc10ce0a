//! Works as XML records for harvesters. Each format is one file, whose table says which field becomes which element.
//!
//! These records are made from the catalogue alone: masters are not opened, so images have addresses and no sizes.

mod edm;
mod identifier;
mod lido;
mod oai_dc;
mod tegl;
mod xml;

pub(crate) use identifier::{identified_work, identifier_namespace, record_identifier};
pub(crate) use tegl::SCHEMA as TEGL_SCHEMA;
pub(crate) use xml::Xml;

use super::{Address, Publisher, http_uri, plain_text, rights};
use crate::iiif::Version;
use crate::record::{Media, NONE, Tag, Text, Work};

/// A format of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExchangeFormat {
    /// Simple Dublin Core, which every repository has.
    OaiDc,
    /// The Europeana Data Model.
    Edm,
    /// LIDO 1.1.
    Lido,
    /// Tegl's own records, complete.
    Tegl,
}

impl ExchangeFormat {
    /// All formats, in the order in which they are listed.
    pub(crate) const ALL: [Self; 4] = [Self::OaiDc, Self::Edm, Self::Lido, Self::Tegl];

    /// Its name in OAI-PMH, the `metadataPrefix`.
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Self::OaiDc => "oai_dc",
            Self::Edm => "edm",
            Self::Lido => "lido",
            Self::Tegl => "tegl",
        }
    }

    /// The format with this name.
    pub(crate) fn with_prefix(prefix: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.prefix() == prefix)
    }

    /// The URI of its namespace.
    pub(crate) fn namespace(self) -> &'static str {
        match self {
            Self::OaiDc => oai_dc::NAMESPACE,
            Self::Edm => edm::NAMESPACE,
            Self::Lido => lido::NAMESPACE,
            Self::Tegl => tegl::NAMESPACE,
        }
    }

    /// The URL of its XML Schema.
    pub(crate) fn schema(self, address: &Address) -> String {
        match self {
            Self::OaiDc => "http://www.openarchives.org/OAI/2.0/oai_dc.xsd".into(),
            Self::Edm => "http://www.europeana.eu/schemas/edm/EDM.xsd".into(),
            Self::Lido => "http://www.lido-schema.org/schema/v1.1/lido-v1.1.xsd".into(),
            Self::Tegl => address.oai_schema(),
        }
    }

    /// Writes a work as one element.
    pub(crate) fn write(self, record: &ExchangedWork<'_>, xml: &mut Xml) {
        match self {
            Self::OaiDc => oai_dc::write(record, xml),
            Self::Edm => edm::write(record, xml),
            Self::Lido => lido::write(record, xml),
            Self::Tegl => tegl::write(record, xml),
        }
    }
}

/// A work, and what its records need beside it.
pub(crate) struct ExchangedWork<'a> {
    pub work: &'a Work,
    /// Its active tags.
    pub tags: &'a [Tag],
    /// Its images that the rights of the record allow to serve, the preferred one first.
    pub images: Vec<ExchangedImage<'a>>,
    /// Its sound and video that the rights of the record allow to serve, the preferred file first.
    pub media: Vec<&'a Media>,
    /// The original record, if the work does not hold all of it.
    pub original: Option<&'a str>,
    /// When the work last changed, as an xsd:dateTime.
    pub changed: &'a str,
    pub address: &'a Address,
    pub publisher: &'a Publisher,
    /// The aggregator that passes the records on; empty: the museum itself.
    pub aggregator: &'a str,
}

/// An image of a work that may be served.
pub(crate) struct ExchangedImage<'a> {
    pub file: &'a str,
    pub label: &'a Text,
    /// The longest side at which the whole image is served, in pixels.
    pub largest: u32,
}

/// The longest side of thumbnails in pixels.
const THUMBNAIL: u32 = 400;

/// The statement for works whose record names no licence or statement with a URI: Copyright not evaluated.
const NOT_EVALUATED: &str = "http://rightsstatements.org/vocab/CNE/1.0/";
const PUBLIC_DOMAIN: &str = "http://creativecommons.org/publicdomain/mark/1.0/";

impl<'a> ExchangedWork<'a> {
    fn number(&self) -> &'a str {
        &self.work.object_number
    }

    fn page(&self) -> String {
        self.address.work_page(self.number())
    }

    fn manifest(&self) -> String {
        self.address.manifest(Version::V3, self.number())
    }

    /// The base URI of an image's service.
    fn service(&self, image: &ExchangedImage<'_>) -> String {
        self.address.image(Version::V3, image.file)
    }

    /// An image at the largest size that is allowed.
    fn picture(&self, image: &ExchangedImage<'_>) -> String {
        format!("{}/full/max/0/default.jpg", self.service(image))
    }

    fn thumbnail(&self, image: &ExchangedImage<'_>) -> String {
        let side = THUMBNAIL.min(image.largest);
        format!("{}/full/!{side},{side}/0/default.jpg", self.service(image))
    }

    /// The museum's name; the server's host if it has none.
    fn museum(&self) -> String {
        let name = self.publisher.name.best(&self.publisher.preferred_languages()).map(plain_text);
        name.filter(|name| !name.trim().is_empty()).unwrap_or_else(|| {
            let host = self.address.base().split("://").last().unwrap_or_default();
            host.split(['/', ':']).next().unwrap_or_default().to_owned()
        })
    }

    /// The URI of the licence or rights statement.
    fn rights_uri(&self) -> Option<String> {
        self.work.rights.iter().flat_map(|rights| rights.lines()).find_map(rights::normalize)
    }

    /// The same; a work without one is in the public domain if its record says so, and otherwise not evaluated.
    fn any_rights_uri(&self) -> String {
        let default = if self.work.public_domain == Some(true) { PUBLIC_DOMAIN } else { NOT_EVALUATED };
        self.rights_uri().unwrap_or_else(|| default.to_owned())
    }

    /// The rights statements that are texts.
    fn rights_texts(&self) -> impl Iterator<Item = &'a str> {
        let lines = self.work.rights.iter().flat_map(|rights| rights.lines());
        lines.filter(|line| rights::normalize(line).is_none())
    }

    /// The URL of the museum's own page about the work.
    fn homepage(&self) -> Option<String> {
        self.work.homepage.as_deref().and_then(http_uri)
    }
}

/// Writes an element for each value of a text, with its language.
fn texts(xml: &mut Xml, name: &str, text: &Text) {
    for (language, value) in text.iter() {
        let value = plain_text(value);
        if !value.trim().is_empty() {
            match language {
                NONE => xml.text(name, &[], value.trim()),
                language => xml.text(name, &[("xml:lang", language)], value.trim()),
            }
        }
    }
}

/// A year as in ISO 8601: four digits, with a sign before our era. The year before 1 is written -1, as in records.
pub(super) fn year(year: i32) -> String {
    if year < 0 { format!("-{:04}", year.unsigned_abs()) } else { format!("{year:04}") }
}

/// Both years, or the one that is known for both.
fn years(made: &crate::record::Production) -> Option<(i32, i32)> {
    let (first, last) = (made.earliest.or(made.latest)?, made.latest.or(made.earliest)?);
    Some((first, last))
}

/// A measure as one text: `sheet height 23.5 cm`.
fn measure_text(measure: &crate::record::Measure) -> Option<String> {
    if let Some(text) = measure.text.as_deref().filter(|text| !text.trim().is_empty()) {
        return Some(text.to_owned());
    }
    let value = measure.value.filter(|value| value.is_finite())?.to_string();
    let words = [measure.part.as_deref(), measure.kind.as_deref(), Some(&*value), measure.unit.as_deref()];
    Some(words.into_iter().flatten().collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use quick_xml::Reader;
    use quick_xml::events::Event;

    use super::*;
    use crate::presentation::fixture;

    /// The work of the fixture as a record.
    pub(super) fn written(format: ExchangeFormat, change: impl FnOnce(&mut Work)) -> String {
        let (mut work, address) = (fixture::work(), Address::new("https://museum.example/p"));
        change(&mut work);
        let publisher = Publisher { name: Text::of("en", "The <Museum>"), ..Publisher::default() };
        let label = Text::default();
        let image = |file| ExchangedImage { file, label: &label, largest: u32::MAX };
        let tags: Vec<Tag> = serde_json::from_str(
            r#"[{"scheme":"motif","label":{"en":"Titans","da":"Titaner"},"concept":"http://iconclass.org/91B"}]"#,
        )
        .unwrap();
        let record = ExchangedWork {
            work: &work,
            tags: &tags,
            images: vec![image("kms/front.tif"), image("kms/back.tif")],
            media: work.media_files.iter().collect(),
            original: Some("{\"a\":\r\n\"\u{fffe}\"}"),
            changed: "2026-11-29T10:00:00Z",
            address: &address,
            publisher: &publisher,
            aggregator: "",
        };
        let mut xml = Xml::fragment();
        format.write(&record, &mut xml);
        String::from_utf8(xml.into_bytes()).unwrap()
    }

    /// Fails unless the record contains each of these.
    #[track_caller]
    pub(super) fn contains(record: &str, all: &[&str]) {
        for expected in all {
            assert!(record.contains(expected), "{expected} is not in {record}");
        }
    }

    #[test]
    fn records_are_well_formed_whatever_works_contain() {
        for format in ExchangeFormat::ALL {
            for record in [
                written(format, |_| {}),
                written(format, |work| {
                    *work = Work { object_number: "a\u{8}<b>&".into(), ..Work::default() }
                }),
            ] {
                let mut reader = Reader::from_str(&record);
                reader.config_mut().check_end_names = true;
                let mut depth = 0;
                loop {
                    match reader.read_event().unwrap() {
                        Event::Start(_) => depth += 1,
                        Event::End(_) => depth -= 1,
                        Event::Eof => break,
                        _ => {}
                    }
                }
                assert_eq!(depth, 0);
                assert!(!record.contains(['\u{8}', '\u{fffe}']));
            }
        }
    }

    #[test]
    fn formats_are_known_by_their_prefixes() {
        for format in ExchangeFormat::ALL {
            assert_eq!(ExchangeFormat::with_prefix(format.prefix()), Some(format));
        }
        assert_eq!(ExchangeFormat::with_prefix("mods"), None);
    }
}
