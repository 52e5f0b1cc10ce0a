//! One work: its record.

use std::time::Duration;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use super::concepts::concepts_of;
use super::fields::chosen;
use super::parameters::OF_ONE;
use super::query::ApiQuery;
use super::responses::{PublishedImage, PublishedMedia, PublishedTag, PublishedWork, Url};
use crate::gallery::{Error, Preview, Sketch};
use crate::iiif::Version;
use crate::presentation::{Address, Canvas, CanvasImage, View, content_state};
use crate::record::{Media, Region, Tag};
use crate::search::in_language;
use crate::web::App;
use crate::web::http::document::Document;
use crate::web::http::response::Response;
use crate::web::iiif::presentation::{in_other_case, one};
use crate::web::route::Image;

/// How long to wait for the sizes of a record's images.
const PATIENCE: Duration = Duration::from_secs(1);

/// `GET /api/v1/works/{work}`: the record with the URIs of images and manifest.
pub(crate) async fn answer(app: &App, request: &HttpRequest, work: Image<'_>) -> Result<Response, Error> {
    let query = ApiQuery::read(&OF_ONE, request.query_string())?;
    let sketch = match app.gallery.works.sketch(&work.identifier, PATIENCE).await {
        Err(error) if is_unknown(&error) => match in_other_case(app, &work.identifier).await {
            Some(number) => app.gallery.works.sketch(&number, PATIENCE).await?,
            None => return Err(Error::NotFound),
        },
        sketch => sketch?,
    };
    let address = Address::new(&app.base.of(request)?);
    let number = &sketch.work.object_number;
    let page = format!("{}/", address.base());
    let (changed, source) = match sketch.revision {
        0 => (None, None),
        _ => (Some(crate::record::timestamp(sketch.changed_ms)), Some(original(app, &sketch).await?)),
    };
    let published = PublishedWork {
        record: &sketch.work,
        changed,
        concepts: concepts_of(app, &sketch.work, &sketch.tags),
        content_state: Url(content_state::link(&page, &address, number, content_state::Target::Work)),
        id: Url(address.record(number)),
        images: images(&address, &sketch),
        manifest: Url(address.manifest(Version::V3, number)),
        media_files: media_files(&address, &sketch),
        page: None,
        picture: sketch.picture.as_ref(),
        revision: sketch.revision,
        source,
        tags: tags_of(app, &address, &sketch, &page),
        thumbnail: None,
    };
    let mut document = json!(published);
    if let (None, Value::Object(all)) = (&sketch.picture, &mut document) {
        // A source's own field of that name is in its original record.
        all.remove("picture");
    }
    let fields = chosen(&app.gallery, &query, |name| document.get(name).is_some())?;
    if let (Some(fields), Value::Object(all)) = (fields, &mut document) {
        all.retain(|name, _| fields.contains(&name.as_str()));
    }
    if let Some(lang) = query.text("lang") {
        in_language(&mut document, &[lang]);
    }
    let mut response = HttpResponse::Ok();
    response.insert_header((header::VARY, "Accept, Accept-Encoding"));
    response.insert_header((header::CACHE_CONTROL, "no-cache"));
    if *number != *work.identifier {
        // The URI of this representation (RFC 9110, §8.7), which is also its `id`.
        response.insert_header((header::CONTENT_LOCATION, address.record(number)));
    }
    Ok(Document::new(document.to_string()).respond(request, "application/json", response).into())
}

/// Whether the name is unknown: an invalid image identifier may still be a work's number.
fn is_unknown(error: &Error) -> bool {
    match error {
        Error::NotFound => true,
        Error::Invalid(invalid) => invalid.parameter == "identifier",
        _ => false,
    }
}

/// The canvas and region that a tag refers to.
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

/// The original record of the source, as far as rights allow.
async fn original(app: &App, sketch: &Sketch) -> Result<Value, Error> {
    let original = app.gallery.works.published_original(sketch).await?;
    Ok(original.map_or(Value::Null, |text| serde_json::from_str(&text).unwrap_or(Value::String(text))))
}

/// The tags of the work, with links to their regions where the canvases are known.
fn tags_of(app: &App, address: &Address, sketch: &Sketch, page: &str) -> Vec<PublishedTag> {
    let number = &sketch.work.object_number;
    let shown: Vec<CanvasImage> = sketch.images.iter().filter_map(|image| preview(address, image)).collect();
    let view = View { tags: &sketch.tags, ..View::of(&sketch.work, &shown, address, &app.publisher) };
    // Canvases are numbered by the images that can be opened, so their numbers are unknown until all are open.
    let canvases = if shown.len() == sketch.images.len() { view.canvases() } else { Vec::new() };
    let link = |(canvas, region)| {
        Url(content_state::link(page, address, number, content_state::Target::Region(canvas, region)))
    };
    let published =
        |tag| PublishedTag { content_state: place_of(tag, &canvases).map(link), ..PublishedTag::from(tag) };
    sketch.tags.iter().map(published).collect()
}

/// The record's images, with the services of those that rights allow, and sizes as far as known.
fn images(address: &Address, sketch: &Sketch) -> Vec<PublishedImage> {
    let image = |image: &crate::record::Image| {
        let shown = sketch.images.iter().find(|shown| shown.image.file == image.file);
        let size = shown.and_then(Preview::size);
        let original = shown.filter(|shown| shown.grant.original).map(|_| Url(address.original(&image.file)));
        PublishedImage {
            image: crate::record::Image { matched: true, ..image.clone() },
            available: shown.is_some(),
            height: size.map(|size| size.height),
            original,
            service: shown.map(|_| Url(address.image(Version::V3, &image.file))),
            thumbnail: None,
            width: size.map(|size| size.width),
        }
    };
    match sketch.work.images.is_empty() {
        true => sketch.images.iter().map(|shown| image(&shown.image)).collect(),
        false => sketch.work.images.iter().map(image).collect(),
    }
}

/// The record's sound and video, with the addresses of those that rights allow.
fn media_files(address: &Address, sketch: &Sketch) -> Vec<PublishedMedia> {
    let published = |media: &Media| {
        let url = sketch.media.iter().any(|served| served.file == media.file);
        PublishedMedia {
            media: Media { matched: true, ..media.clone() },
            url: url.then(|| Url(address.media(&media.file))),
        }
    };
    sketch.work.media_files.iter().map(published).collect()
}

/// The same for an image that may not be open yet.
pub(in crate::web) fn preview(address: &Address, preview: &Preview) -> Option<CanvasImage> {
    Some(one(address, &preview.image, preview.granted.as_ref()?))
}
