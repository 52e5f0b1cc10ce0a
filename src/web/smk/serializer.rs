//! Works as SMK's records, with the addresses and the rights of this server.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Place, Places, item};
use crate::gallery::Gallery;
use crate::iiif::Version;
use crate::presentation::Address;
use crate::search::{self, IndexedWork, Known};

/// Writes works as SMK's records.
pub(super) struct Serializer {
    pub(super) gallery: Arc<Gallery>,
    pub(super) address: Address,
    pub(super) lang: Option<&'static str>,
}

impl Serializer {
    pub(super) fn item(&self, stored: &IndexedWork, original: Option<&Value>) -> Option<Map<String, Value>> {
        let address = &self.address;
        let mut work = stored.work()?;
        let Known { number, rights, public_domain, .. } = stored.known();
        let grant = self.gallery.images.rights().of_record(rights.as_deref(), public_domain);
        if grant.is_limited() {
            work = work.without_source_links();
        }
        let place = |(file, shown): (String, search::IndexedImage<'_>)| {
            // As measured, or else as in the record.
            let measured: Option<Value> = serde_json::from_str(shown.json).ok();
            let measured = |name: &str| measured.as_ref().and_then(|image| image.get(name)?.as_u64());
            let recorded = |name: &str| {
                let first = work.images.first().is_some_and(|image| image.file == file);
                let value = work.more.get(name).or(original.and_then(|record| record.get(name)));
                value.filter(|_| first).and_then(Value::as_u64)
            };
            let side = |name: &str| {
                let pixels = measured(name).or_else(|| recorded(&format!("image_{name}")));
                pixels.and_then(|side| side.try_into().ok())
            };
            let (width, height): (Option<u32>, Option<u32>) = (side("width"), side("height"));
            let limits = self.gallery.images.limits().at_most(grant.largest);
            let is_whole = match width.zip(height) {
                // Images above the size limits, or limited by rights, are not available at full size.
                Some((width, height)) => {
                    width.max(height) <= grant.largest
                        && width <= limits.max_width
                        && height <= limits.max_height
                        && u64::from(width) * u64::from(height) <= limits.max_area
                }
                None => grant.largest == u32::MAX,
            };
            Place {
                service: address.image(Version::V2, &file),
                width,
                height,
                limited: Some(grant.largest).filter(|largest| *largest < u32::MAX),
                is_whole,
                bytes: recorded("image_size"),
                media_type: None,
                file,
            }
        };
        let visible = stored.images().filter(|(_, shown)| shown.matched && grant.largest > 0);
        let places = Places {
            manifest: format!("{}/api/smk/v1/iiif/manifest?id={}", address.base(), encoded(&number)),
            page: Some(address.work_page(&number)),
            record: format!("{}/api/smk/v1/art?object_number={}", address.base(), encoded(&number)),
            modified: work.modified.clone(),
            is_limited: grant.is_limited(),
            images: visible.map(place).collect(),
        };
        Some(item(&work, &work.tags, original, &places, self.lang))
    }
}

/// A number as a query value.
fn encoded(number: &str) -> String {
    percent_encoding::utf8_percent_encode(number, percent_encoding::NON_ALPHANUMERIC).to_string()
}
