//! Works as IIIF documents: manifests and their parts, search within them, records.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use moka::sync::Cache;
use serde_json::{Value, json};

use super::Door;
use super::answered::Answered;
use super::api::{Asked, OF_ONE, chosen};
use super::document::Document;
use super::headers::{Json, preferred};
use super::image::document_of;
use super::route::{Image, Piece};
use super::tags;
use crate::gallery::{Described, Error, Grant, Granted, Preview, Sketch};
use crate::identity::Identity;
use crate::iiif::Version;
use crate::presentation::{Address, Canvas, CanvasImage, Original, View, content_search, content_state};
use crate::record::{Facet, Region, Tag};
use crate::search::{Search, in_language};

/// Documents that have been made, for as long as what they were made of stays the same.
pub(super) struct Kept(Cache<String, Arc<Made>>);

/// A document, and what it was made of.
struct Made {
    document: Document,
    /// The last revision that was known when it was made.
    seen: u64,
    /// The images that it shows, as they were opened and granted.
    images: Vec<(String, u64, Grant)>,
    /// When it is to be made anew because an image was missing.
    until: Option<Instant>,
}

/// How long a document holds whose images could not all be opened.
const INCOMPLETE: Duration = Duration::from_secs(10);

/// How long a record waits for the sizes of its images.
const PATIENCE: Duration = Duration::from_secs(1);

/// The collection that a manifest says it is part of is no larger: viewers fetch it.
const SMALL: u64 = 100;

impl Kept {
    pub(super) fn new(mib: u64) -> Self {
        let weigher = |key: &String, made: &Arc<Made>| (key.len() + made.document.weight()) as u32;
        Self(Cache::builder().max_capacity(mib << 20).weigher(weigher).build())
    }

    /// Forgets the documents of a work, or all.
    pub(super) fn forget(&self, work: Option<&str>) {
        match work {
            None => self.0.invalidate_all(),
            Some(work) => {
                let ending = format!(" {work}");
                let own = self.0.iter().filter(|(key, _)| key.ends_with(&ending));
                own.for_each(|(key, _)| self.0.invalidate(key.as_ref()));
            }
        }
    }
}

/// `GET /presentation/{2|3}/{work}/…`.
pub async fn piece(
    door: &Door,
    request: &HttpRequest,
    version: Version,
    work: Image<'_>,
    piece: Piece<'_>,
) -> Result<Answered, Error> {
    let base = door.base.of(request)?;
    let key = key(version, piece, &base, &work.identifier);
    let (made, note) = match door.works.0.get(&key) {
        Some(made) if holds(door, &work.identifier, &made).await => (made, "hit"),
        _ => {
            if let Some(elsewhere) = elsewhere(door, &work).await? {
                let place = Address::new(&base).manifest(version, &elsewhere);
                return Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, place)).finish().into());
            }
            let described = door.gallery.describe(&work.identifier).await?;
            let made = Arc::new(make(door, &base, version, piece, &described).await?);
            door.works.0.insert(key, made.clone());
            (made, "made")
        }
    };
    let mut response = HttpResponse::Ok();
    response.insert_header((header::VARY, "Accept, Accept-Encoding"));
    response.insert_header((header::CACHE_CONTROL, "no-cache"));
    let response = made.document.answer(request, media_type(request, version), response);
    Ok(Answered { response, note })
}

/// What a document is kept under.
fn key(version: Version, piece: Piece<'_>, base: &str, work: &str) -> String {
    format!("{} {} {base} {work}", version.number(), piece.identity())
}

/// Whether a document is as true as when it was made.
async fn holds(door: &Door, work: &str, made: &Made) -> bool {
    if made.until.is_some_and(|until| Instant::now() > until) {
        return false;
    }
    if door.gallery.works().is_some_and(|works| !works.holds(work, made.seen)) {
        return false;
    }
    for (identifier, number, grant) in &made.images {
        match door.gallery.open(identifier).await {
            Ok(granted) if granted.number == *number && granted.grant == *grant => {}
            _ => return false,
        }
    }
    true
}

/// The work that shows this image, where the name is no work's and a record shows the image.
async fn elsewhere(door: &Door, work: &Image<'_>) -> Result<Option<String>, Error> {
    let Some(works) = door.gallery.works() else { return Ok(None) };
    let number = work.identifier.to_string();
    let known = works.ask(|catalogue| async move { catalogue.get(&number).await }).await?;
    // A withdrawn work is gone; one that was read from a master made way for a record.
    if known.is_some_and(|known| !known.removed || known.source != crate::catalogue::EMBEDDED) {
        return Ok(None);
    }
    match door.gallery.shown_by(&work.identifier).await {
        Ok(shown_by) => Ok(shown_by.filter(|number| **number != *work.identifier)),
        Err(error) => match in_other_case(door, &work.identifier).await {
            Some(number) => Ok(Some(number)),
            None => Err(error),
        },
    }
}

/// The number of the work that is meant where case does not count, if it is another and the only one.
pub async fn in_other_case(door: &Door, number: &str) -> Option<String> {
    let search = Search { numbers: vec![vec![number.to_owned()]], limit: 2, ..Search::default() };
    let hits = door.gallery.finder().ok()?.find(search).await.ok()?;
    let [one] = hits.found.hits[..] else { return None };
    let known = hits.snapshot.stored(one).ok()?.number();
    (known != number).then_some(known)
}

async fn make(
    door: &Door,
    base: &str,
    version: Version,
    piece: Piece<'_>,
    described: &Described,
) -> Result<Made, Error> {
    let part_of = match piece {
        Piece::Manifest => small_shelf(door, described).await?,
        _ => None,
    };
    let address = Address::new(base);
    let images = shown(&address, described);
    let view = view(door, &address, described, &images, part_of.as_ref());
    let document = match piece {
        Piece::Manifest => Some(view.manifest(version)),
        Piece::Canvas(number) => view.canvas(number as usize, version),
        Piece::Page(number) => view.painting_page(number as usize, version),
        Piece::Painting(number) => view.painting(number as usize, version),
        Piece::Annotations(number) => view.annotation_page(number as usize, version),
        Piece::Tag(tag) => view.tag(tag, version),
        Piece::Range(number) => view.range(number as usize, version),
    };
    let of =
        |shown: &crate::gallery::Shown| (shown.image.file.clone(), shown.granted.number, shown.granted.grant);
    Ok(Made {
        document: Document::new(document.ok_or(Error::NotFound)?.to_string()),
        seen: described.seen,
        images: described.images.iter().map(of).collect(),
        until: (!described.whole).then(|| Instant::now() + INCOMPLETE),
    })
}

/// A work with its addresses, as its documents are made of.
pub fn view<'a>(
    door: &'a Door,
    address: &'a Address,
    described: &'a Described,
    images: &'a [CanvasImage],
    part_of: Option<&'a Facet>,
) -> View<'a> {
    View {
        work: &described.work,
        tags: &described.tags,
        images,
        part_of,
        address,
        publisher: &door.publisher,
    }
}

/// The work's images, as documents show them.
pub fn shown(address: &Address, described: &Described) -> Vec<CanvasImage> {
    described.images.iter().map(|shown| one(address, &shown.image, &shown.granted)).collect()
}

/// The same of an image that may not be open yet.
fn preview(address: &Address, preview: &Preview) -> Option<CanvasImage> {
    Some(one(address, &preview.image, preview.granted.as_ref()?))
}

fn one(address: &Address, image: &crate::record::Image, granted: &Granted) -> CanvasImage {
    let (_, _, master) = granted.origin();
    CanvasImage {
        identifier: image.file.clone(),
        file: image.file.clone(),
        info: granted.info(address.image(Version::V3, &image.file)),
        role: image.role.clone(),
        label: image.label.clone(),
        view: image.view.clone(),
        original: granted
            .grant
            .original
            .then(|| Original { bytes: master.size, media_type: granted.master_type().to_owned() }),
        largest: granted.largest(),
    }
}

/// The smallest of the work's shelves that has a page to itself.
async fn small_shelf(door: &Door, described: &Described) -> Result<Option<Facet>, Error> {
    let Some(works) = door.gallery.works().filter(|_| described.revision > 0) else { return Ok(None) };
    let preferred = ["creator", "collection", "department", "technique", "type", "period"];
    let mut facets = crate::record::facets(&described.work, &[]);
    facets.sort_by_key(|facet| preferred.iter().position(|scheme| *scheme == facet.scheme).unwrap_or(99));
    let small = works.ask(|catalogue| async move {
        for facet in facets {
            if catalogue.term(&facet.scheme, &facet.value).await?.is_some_and(|term| term.works <= SMALL) {
                return Ok(Some(facet));
            }
        }
        Ok(None)
    });
    small.await
}

/// JSON-LD with the version's context, or plain JSON where the client prefers that (3.0, §6.2; 2.1, §7.3).
pub fn media_type(request: &HttpRequest, version: Version) -> &'static str {
    match (version, preferred(request)) {
        (_, Some(Json::Plain)) | (Version::V2, None) => "application/json",
        (Version::V2, Some(Json::Linked)) => "application/ld+json",
        (Version::V3, _) => "application/ld+json;profile=\"http://iiif.io/api/presentation/3/context.json\"",
    }
}

/// `GET /search/{1|2}/{work}` and `…/autocomplete` (Content Search 2.0 and 1.0).
pub async fn search(
    door: &Door,
    request: &HttpRequest,
    version: u8,
    work: Image<'_>,
    autocomplete: bool,
) -> Result<Answered, Error> {
    let described = door.gallery.describe(&work.identifier).await?;
    let address = Address::new(&door.base.of(request)?);
    let images = shown(&address, &described);
    let view = view(door, &address, &described, &images, None);
    let query = content_search::Query::parse(request.query_string())?;
    let spoken = if version == 1 { content_search::Version::V1 } else { content_search::Version::V2 };
    let document = match autocomplete {
        true => content_search::autocomplete(&view, &query, spoken),
        false => content_search::response(&view, &query, spoken),
    };
    let media_type = match (version, preferred(request)) {
        (_, Some(Json::Plain)) | (1, None) => "application/json",
        (1, _) => "application/ld+json",
        _ => "application/ld+json;profile=\"http://iiif.io/api/search/2/context.json\"",
    };
    Ok(document_of(door, request, document.to_string(), media_type, HttpResponse::Ok()).into())
}

/// `DELETE /api/v1/works/{work}`: withdraws a work. It comes back with its record.
pub async fn withdraw(door: &Door, request: &HttpRequest, work: Image<'_>) -> Result<Answered, Error> {
    let actor = tags::allowed(request, door)?;
    let now = tags::stored(door, &work).await?;
    let expected = tags::expected(request, &now, None)?;
    door.gallery.withdraw(&work.identifier, expected).await?;
    tracing::info!(work = &*work.identifier, actor, "a work was withdrawn");
    Ok(HttpResponse::NoContent().finish().into())
}

/// `GET /api/v1/works/{work}`: all that is known of a work, and where its images and manifest are.
pub async fn record(door: &Door, request: &HttpRequest, work: Image<'_>) -> Result<Answered, Error> {
    let asked = Asked::read(&OF_ONE, request.query_string())?;
    let sketch = match door.gallery.sketch(&work.identifier, PATIENCE).await {
        Err(error) if is_unknown(&error) => match in_other_case(door, &work.identifier).await {
            Some(number) => door.gallery.sketch(&number, PATIENCE).await?,
            None => return Err(Error::NotFound),
        },
        sketch => sketch?,
    };
    let address = Address::new(&door.base.of(request)?);
    let number = &sketch.work.object_number;
    let mut document = json!(sketch.work);
    document["tags"] = sketch.tags.iter().map(Tag::to_json).collect();
    document["images"] = images(&address, &sketch);
    document["id"] = json!(address.record(number));
    document["manifest"] = json!(address.manifest(Version::V3, number));
    let page = format!("{}/", address.base());
    document["content_state"] =
        json!(content_state::link(&page, &address, number, content_state::Target::Work));
    let shown: Vec<CanvasImage> = sketch.images.iter().filter_map(|image| preview(&address, image)).collect();
    let publisher = &door.publisher;
    let view = View {
        work: &sketch.work,
        tags: &sketch.tags,
        images: &shown,
        part_of: None,
        address: &address,
        publisher,
    };
    // Canvases are numbered by the images that can be opened: as long as some are not, places on them are unknown.
    let canvases = if shown.len() == sketch.images.len() { view.canvases() } else { Vec::new() };
    for (tag, told) in sketch.tags.iter().zip(document["tags"].as_array_mut().into_iter().flatten()) {
        if let Some((canvas, region)) = place_of(tag, &canvases) {
            told["content_state"] = json!(content_state::link(
                &page,
                &address,
                number,
                content_state::Target::Region(canvas, region)
            ));
        }
    }
    document["revision"] = json!(sketch.revision);
    if sketch.revision > 0 {
        document["changed"] = json!(crate::record::timestamp(sketch.changed_ms));
        document["source"] = original(door, number).await?;
    }
    let fields = chosen(&door.gallery, &asked, |name| document.get(name).is_some())?;
    if let (Some(fields), Value::Object(all)) = (fields, &mut document) {
        all.retain(|name, _| fields.contains(&name.as_str()));
    }
    if let Some(lang) = asked.text("lang") {
        in_language(&mut document, &[lang]);
    }
    let mut response = HttpResponse::Ok();
    response.insert_header((header::VARY, "Accept-Encoding"));
    response.insert_header((header::CACHE_CONTROL, "no-cache"));
    if *number != *work.identifier {
        // The one address of what is sent (RFC 9110, §8.7), which its `id` is, too.
        response.insert_header((header::CONTENT_LOCATION, address.record(number)));
    }
    Ok(Document::new(document.to_string()).answer(request, "application/json", response).into())
}

/// Whether nothing is called so: what could be no image may well be a work.
fn is_unknown(error: &Error) -> bool {
    match error {
        Error::NotFound => true,
        Error::Invalid(invalid) => invalid.parameter == "identifier",
        _ => false,
    }
}

/// The canvas, and the part of it, that a tag is about.
fn place_of(tag: &Tag, canvases: &[Canvas<'_>]) -> Option<(usize, Region)> {
    let region = tag.region?;
    let shows =
        |file: &str| canvases.iter().find(|canvas| canvas.images.iter().any(|image| image.file == file));
    let canvas = match &tag.image {
        Some(file) => shows(file)?,
        None => canvases.first()?,
    };
    Some((canvas.number, region))
}

/// The record as its source gave it.
async fn original(door: &Door, number: &str) -> Result<Value, Error> {
    let Some(works) = door.gallery.works() else { return Ok(Value::Null) };
    let number = number.to_owned();
    let original = works.ask(|catalogue| async move { catalogue.original(&number).await }).await?;
    Ok(original.map_or(Value::Null, |text| serde_json::from_str(&text).unwrap_or(Value::String(text))))
}

/// The record's images, with the services of those that can be seen; sizes as far as they are known.
fn images(address: &Address, sketch: &Sketch) -> Value {
    let image = |image: &crate::record::Image| {
        let mut value = json!(image);
        if let Some(shown) = sketch.images.iter().find(|shown| shown.image.file == image.file) {
            value["service"] = json!(address.image(Version::V3, &image.file));
            if let Some(size) = shown.size() {
                value["width"] = json!(size.width);
                value["height"] = json!(size.height);
            }
            if shown.grant.original {
                value["original"] = json!(address.original(&image.file));
            }
        }
        value["available"] = json!(value.get("service").is_some());
        if let Value::Object(fields) = &mut value {
            fields.remove("matched");
        }
        value
    };
    let listed = if sketch.work.images.is_empty() {
        sketch.images.iter().map(|shown| image(&shown.image)).collect()
    } else {
        sketch.work.images.iter().map(image).collect()
    };
    Value::Array(listed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_kept_under_names_that_stay() {
        let base = "https://example.org";
        for (piece, expected) in [
            (Piece::Manifest, "3 Manifest https://example.org KMS 1/2"),
            (Piece::Canvas(1), "3 Canvas(1) https://example.org KMS 1/2"),
            (Piece::Page(2), "3 Page(2) https://example.org KMS 1/2"),
            (Piece::Painting(3), "3 Painting(3) https://example.org KMS 1/2"),
            (Piece::Annotations(4), "3 Annotations(4) https://example.org KMS 1/2"),
            (Piece::Tag("0\"0 f"), "3 Tag(\"0\\\"0 f\") https://example.org KMS 1/2"),
            (Piece::Range(4_000_000_000), "3 Range(4000000000) https://example.org KMS 1/2"),
        ] {
            assert_eq!(key(Version::V3, piece, base, "KMS 1/2"), expected);
        }
        assert_eq!(key(Version::V2, Piece::Manifest, base, "a"), "2 Manifest https://example.org a");
    }
}
