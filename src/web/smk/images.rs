//! The images of SMK's records, with the URIs of this server.

use serde_json::{Map, Value, json};

use crate::record::{SourceImages, Work};

/// The URIs of a work on this server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Places {
    pub manifest: String,
    /// The work's page for people.
    pub page: Option<String>,
    /// The URI of the record.
    pub record: String,
    /// When its record last changed.
    pub modified: Option<String>,
    /// Whether rights limit the work's images.
    pub is_limited: bool,
    /// The images that rights allow, the main one first.
    pub images: Vec<Place>,
}

/// The URI of an image, and what is known about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// The image as its work names it.
    pub file: String,
    /// The base URI of its service (Image API 2.1, §2).
    pub service: String,
    pub width: Option<u32>,
    pub height: Option<u32>,
    pub bytes: Option<u64>,
    pub media_type: Option<String>,
    /// The maximum side in pixels, if rights limit it.
    pub limited: Option<u32>,
    /// Whether the full image may be requested at once.
    pub is_whole: bool,
}

/// The thumbnail and the full rendition, as SMK's records append them to an image's service.
const THUMBNAIL: &str = "full/!1024,/0/default.jpg";
const NATIVE: &str = "full/full/0/native.jpg";
const THUMBNAIL_SIDE: u32 = 1024;
/// The same for an image that is not available at full size (Image API 2.1, §4.2).
const LARGEST: &str = "full/max/0/default.jpg";
/// Minimum length of the longer side of a high-quality image, in pixels.
const HIGH_QUALITY: u32 = 2000;

/// The fields by which a record names its main image.
const MAIN: [&str; 4] = ["image_iiif_id", "image_native", "image_hq", "image_thumbnail"];

/// The fields by which it names each of its other images.
const OTHER: [&str; 6] = ["iiif_id", "native", "image_iiif_id", "image_native", "thumbnail", "url"];

/// The images of an item.
pub(super) struct Shown<'a> {
    pub main: Option<&'a Place>,
    /// Whether this is the record's main image, so that the record's data about it apply.
    pub is_records: bool,
    pub others: Vec<Value>,
}

/// The images that the record lists.
///
/// The work's images are in the record's order, whatever their names since they were matched to masters. If
/// their number differs, the masters were found without the record, and are listed without its data.
pub(super) fn matched<'a>(record: &Map<String, Value>, work: &Work, places: &'a Places) -> Shown<'a> {
    let main = usize::from(names_file(record, &MAIN));
    let others: Vec<_> = match record.get("alternative_images") {
        Some(Value::Array(all)) => all.iter().filter(|other| is_image(other)).collect(),
        Some(one) => Some(one).filter(|other| is_image(other)).into_iter().collect(),
        None => Vec::new(),
    };
    if work.images.len() != main + others.len() {
        return unmatched(places);
    }
    let place = |at: usize| {
        let file = &work.images.get(at)?.file;
        places.images.iter().find(|place| place.file == *file)
    };
    let first = Some(0).filter(|_| main == 1).and_then(place);
    // If the main image is not available, the first of the others replaces it.
    let stand_in = places.images.first().filter(|_| first.is_none());
    let rewritten = others.iter().enumerate().filter_map(|(at, other)| {
        let place = place(main + at).filter(|place| Some(*place) != stand_in)?;
        Some(match other {
            Value::Object(fields) => {
                let mut fields = fields.clone();
                if places.is_limited {
                    SourceImages::of(work).remove_from_fields(&mut fields);
                }
                show(&mut fields, "", place);
                Value::Object(fields)
            }
            _ => json!(place.service),
        })
    });
    Shown { main: first.or(stand_in), is_records: first.is_some(), others: rewritten.collect() }
}

/// The images that are known here but not in the record.
pub(super) fn unmatched(places: &Places) -> Shown<'_> {
    let others = places.images.iter().skip(1).map(|place| {
        let mut fields = Map::new();
        show(&mut fields, "", place);
        Value::Object(fields)
    });
    Shown { main: places.images.first(), is_records: false, others: others.collect() }
}

fn is_image(other: &Value) -> bool {
    match other {
        Value::Object(fields) => names_file(fields, &OTHER),
        other => is_word(other),
    }
}

fn names_file(fields: &Map<String, Value>, names: &[&str]) -> bool {
    names.iter().filter_map(|&name| fields.get(name)).any(is_word)
}

fn is_word(value: &Value) -> bool {
    value.is_number() || value.as_str().is_some_and(|text| !text.trim().is_empty())
}

/// Whether it is available at high quality.
pub(super) fn is_high_quality(place: &Place) -> bool {
    let longer = place.width.into_iter().chain(place.height).max().unwrap_or(0);
    longer.min(place.limited.unwrap_or(u32::MAX)) >= HIGH_QUALITY
}

/// Sets an image's fields; the main image's begin with `image_`.
pub(super) fn show(fields: &mut Map<String, Value>, prefix: &str, place: &Place) {
    let service = &place.service;
    let mut set = |name: &str, value: Value| fields.insert(format!("{prefix}{name}"), value);
    set("iiif_id", json!(service));
    set("iiif_info", json!(format!("{service}/info.json")));
    let thumbnail = match place.limited {
        Some(side) if side < THUMBNAIL_SIDE => format!("full/!{side},{side}/0/default.jpg"),
        _ => THUMBNAIL.to_owned(),
    };
    set("thumbnail", json!(format!("{service}/{thumbnail}")));
    set("native", json!(format!("{service}/{}", if place.is_whole { NATIVE } else { LARGEST })));
    if let Some((width, height)) = place.width.zip(place.height) {
        set("width", json!(width));
        set("height", json!(height));
        set("orientation", json!(if height > width { "portrait" } else { "landscape" }));
    }
    if let Some(bytes) = place.bytes {
        set("size", json!(bytes));
    }
    if let Some(media_type) = &place.media_type {
        set("mime_type", json!(media_type));
    }
}
