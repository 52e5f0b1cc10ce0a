//! Serializes works for the API: the indexed JSON, with URIs at this server's base URL.

use std::borrow::Cow;

use serde_json::Value;

use super::responses::{Label, Term};
use crate::gallery::Gallery;
use crate::iiif::Version;
use crate::presentation::Address;
use crate::record::SourceImages;
use crate::search::{FacetValue, IndexedImage, IndexedWork, Known, in_language, swatch_of};

/// Maximum width and height of thumbnails in pixels.
const THUMBNAIL: u32 = 400;

/// Writes works as JSON objects of the API.
pub(super) struct WorkSerializer<'a> {
    pub gallery: &'a Gallery,
    pub address: &'a Address,
    /// Only these fields.
    pub fields: Option<Vec<&'a str>>,
    /// Texts in this language only.
    pub lang: Option<&'a str>,
}

impl WorkSerializer<'_> {
    /// A work as a JSON object.
    pub(super) fn work(&self, stored: &IndexedWork) -> String {
        let whole = self.whole(stored);
        if self.fields.is_none() && self.lang.is_none() {
            return whole;
        }
        let Ok(mut value) = serde_json::from_str::<Value>(&whole) else { return whole };
        if let (Some(fields), Value::Object(all)) = (&self.fields, &mut value) {
            all.retain(|name, _| fields.contains(&name.as_str()));
        }
        if let Some(lang) = self.lang {
            in_language(&mut value, &[lang]);
        }
        value.to_string()
    }

    /// All fields, assembled from the indexed JSON, which is parsed only if rights limit the work's images.
    fn whole(&self, stored: &IndexedWork) -> String {
        let Known { number, rights, public_domain, may_lead } = stored.known();
        let grant = self.gallery.images.rights().of_record(rights.as_deref(), public_domain);
        let is_withheld = |file: &str, shown: &IndexedImage<'_>| {
            grant.is_limited() && !shown.matched && file.contains("://")
        };
        let foreign = stored.images().filter(|(file, shown)| is_withheld(file, shown)).map(|(file, _)| file);
        let foreign: Vec<String> = foreign.collect();
        let record = match grant.is_limited() && (may_lead || !foreign.is_empty()) {
            true => SourceImages::new(foreign).without(stored.record()),
            false => Cow::Borrowed(stored.record()),
        };
        let record = &*record;
        let mut output = String::with_capacity(record.len() + 600);
        output.push_str(record.strip_suffix('}').unwrap_or(record));
        if record.len() > 2 {
            output.push(',');
        }
        let mut field = |name: &str, value: &str, last: bool| {
            output.push('"');
            output.push_str(name);
            output.push_str("\":");
            output.push_str(value);
            output.push(if last { '}' } else { ',' });
        };
        // URIs are percent-encoded except for the base URL, so all are quoted as JSON.
        let quoted = |text: String| Value::String(text).to_string();
        field("id", &quoted(self.address.record(&number)), false);
        field("page", &quoted(self.address.work_page(&number)), false);
        field("manifest", &quoted(self.address.manifest(Version::V3, &number)), false);
        let mut images = String::from("[");
        let mut thumbnail = None;
        for (file, shown) in stored.images().filter(|(file, shown)| !is_withheld(file, shown)) {
            if images.len() > 1 {
                images.push(',');
            }
            let available = shown.matched && grant.largest > 0;
            images.push_str(shown.json.strip_suffix('}').unwrap_or(shown.json));
            images.push_str(if available { ",\"available\":true" } else { ",\"available\":false" });
            if available {
                let service = self.address.image(Version::V3, &file);
                let side = THUMBNAIL.min(grant.largest);
                let picture = quoted(format!("{service}/full/!{side},{side}/0/default.jpg"));
                images.push_str(&format!(",\"service\":{},\"thumbnail\":{picture}", quoted(service)));
                if grant.original {
                    images.push_str(&format!(",\"original\":{}", quoted(self.address.original(&file))));
                }
                thumbnail.get_or_insert(picture);
            }
            images.push('}');
        }
        images.push(']');
        field("thumbnail", thumbnail.as_deref().unwrap_or("null"), false);
        field("images", &images, true);
        output
    }
}

/// A value of a facet with how many works have it.
pub(super) fn term(term: &FacetValue, works: u64, lang: Option<&str>) -> Term {
    Term {
        collection: None,
        colour: (term.scheme == "colour")
            .then(|| swatch_of(&term.value))
            .flatten()
            .map(|swatch| &*swatch.hex),
        filter: format!("{}:{}", term.scheme, term.value),
        label: match lang {
            Some(lang) => Label::One(Some(term.label.best(&[lang]).unwrap_or(&term.value).to_owned())),
            None => Label::All(term.label.clone()),
        },
        id: None,
        narrower: None,
        page: None,
        scheme: term.scheme.clone(),
        search: None,
        value: term.value.clone(),
        works,
    }
}
