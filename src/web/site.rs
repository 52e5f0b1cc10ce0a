//! Pages for people.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::Door;
use super::headers::is_held;
use super::image::Answered;
use super::pages;
use super::route::{Image, Viewer};
use crate::catalogue::{ALL, Card, Catalogue};
use crate::gallery::{Error, Granted};
use crate::iiif::Invalid;
use crate::presentation::{Address, state};

/// What an identifier's segment leaves as it is (Image API 3.0, §9).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b':');

/// Images on one page of the list.
const PAGE: usize = 60;

/// `GET /`: the works, or where there are none, or with `?files`, the images as they lie.
pub async fn index(door: &Door, request: &HttpRequest) -> Result<Answered, Error> {
    let asked = |name: &str| request.query_string().split('&').find_map(|pair| pair.strip_prefix(name));
    let base = prefix(door, request)?;
    if let Some(state) = asked("iiif-content=") {
        return opened(door, request, state);
    }
    if asked("files").is_none() && asked("after=").is_none() {
        let start = asked("start=").and_then(|start| start.parse().ok()).unwrap_or(0);
        if let Some(listing) = works(door, &base, start).await? {
            return Ok(page(pages::index(&base, &listing)));
        }
    }
    let after = asked("after=")
        .map(|after| percent_encoding::percent_decode_str(after).decode_utf8_lossy().into_owned());
    Ok(page(pages::index(&base, &files(door, after.as_deref()).await?)))
}

/// `GET /?iiif-content=…`: leads to what a content state of this server points at (Content State 1.0, §3.1).
fn opened(door: &Door, request: &HttpRequest, state: &str) -> Result<Answered, Error> {
    let text = percent_encoding::percent_decode_str(state).decode_utf8_lossy();
    let read = state::read(&text)?;
    let address = Address::new(&door.base.of(request)?);
    let place = address.find(&read.id).ok_or_else(|| {
        Invalid::new(
            "iiif-content",
            &read.id,
            "points at nothing of this server: it opens its own works and canvases",
        )
    })?;
    let mut page = address.work_page(&place.work);
    if let Some(canvas) = place.canvas {
        page = format!("{page}?canvas={canvas}");
        if let Some(region) = read.region {
            page = format!("{page}&xywh={region}");
        }
    }
    Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, page)).finish().into())
}

/// The works from this place on; `None` where there is none at all.
async fn works(door: &Door, base: &str, start: u64) -> Result<Option<pages::Listing>, Error> {
    let Some(works) = door.gallery.works() else { return Ok(None) };
    let ask = |catalogue: Catalogue| async move {
        Ok((catalogue.count().await?, catalogue.shelf(ALL, ALL, start, PAGE).await?))
    };
    let (total, cards) = works.ask(ask).await?;
    if total == 0 {
        return Ok(None);
    }
    let opened = cards.iter().map(|card| async {
        match &card.thumbnail {
            Some(image) => door.gallery.open(image).await.ok(),
            None => None,
        }
    });
    let opened = futures::future::join_all(opened).await;
    let entry = |(card, opened): (Card, Option<Granted>)| pages::Entry {
        label: card.label.best(&door.house.preferred()).unwrap_or(&card.object_number).to_owned(),
        encoded: card.thumbnail.as_ref().map(|image| encoded(image)).unwrap_or_default(),
        dimensions: opened.as_ref().map(|opened| (opened.all().width, opened.all().height)),
        problem: opened.is_none().then(|| "There is no picture of this work here.".to_owned()),
        work: Some(encoded(&card.object_number)),
        identifier: card.object_number,
    };
    let shown = cards.len() as u64;
    let next = (start + shown < total).then(|| format!("?start={}", start + shown));
    Ok(Some(pages::Listing {
        title: door.house.name.best(&door.house.preferred()).unwrap_or("Tegl").to_owned(),
        entries: cards.into_iter().zip(opened).map(entry).collect(),
        next,
        total: Some(total),
        notices: Vec::new(),
        files: Some(format!("{base}/?files")),
    }))
}

async fn files(door: &Door, after: Option<&str>) -> Result<pages::Listing, Error> {
    let listed = door.gallery.list(after, PAGE).await?;
    let mut entries = Vec::with_capacity(listed.entries.len());
    let opened =
        futures::future::join_all(listed.entries.iter().map(|entry| door.gallery.open(&entry.identifier)))
            .await;
    for (entry, opened) in listed.entries.into_iter().zip(opened) {
        let (dimensions, problem) = match &opened {
            Ok(opened) => (Some((opened.all().width, opened.all().height)), None),
            Err(error) => (None, Some(error.to_string())),
        };
        entries.push(pages::Entry {
            label: label(&entry.identifier),
            encoded: encoded(&entry.identifier),
            identifier: entry.identifier,
            dimensions,
            problem,
            work: None,
        });
    }
    let next = listed.next.map(|next| format!("?after={}", utf8_percent_encode(&next, NON_ALPHANUMERIC)));
    let notices = listed.notices;
    Ok(pages::Listing { title: "Tegl".into(), entries, next, total: None, notices, files: None })
}

fn encoded(identifier: &str) -> String {
    utf8_percent_encode(identifier, SEGMENT).to_string()
}

/// `GET /works/{work}`: a work in a viewer.
pub async fn work(door: &Door, request: &HttpRequest, work: Image<'_>) -> Result<Answered, Error> {
    let described = door.gallery.describe(&work.identifier).await?;
    let label = described.work.label();
    let label = label.best(&door.house.preferred()).unwrap_or(&work.identifier);
    let asked = |name: &str| request.query_string().split('&').find_map(|pair| pair.strip_prefix(name));
    let canvas = asked("canvas=").and_then(|number| number.parse().ok());
    let region = asked("xywh=").and_then(|region| region.parse().ok());
    let address = Address::new(&door.base.of(request)?);
    let view = pages::Opening {
        canvas: canvas.map(|number| address.canvas(&described.work.object_number, number)),
        region,
    };
    Ok(page(pages::mirador(&prefix(door, request)?, work.raw, label, &view)))
}

/// `GET /view/{viewer}/{id}`: one image in a viewer.
pub async fn view(
    door: &Door,
    request: &HttpRequest,
    viewer: Viewer,
    image: Image<'_>,
) -> Result<Answered, Error> {
    match viewer {
        Viewer::Mirador => work(door, request, image).await,
        Viewer::OpenSeadragon => {
            door.gallery.open(&image.identifier).await?;
            let label = label(&image.identifier);
            Ok(page(pages::openseadragon(&prefix(door, request)?, image.raw, &label)))
        }
    }
}

/// `GET /assets/{path}`: scripts and styles that the binary brings along.
pub fn asset(request: &HttpRequest, path: &str) -> Result<Answered, Error> {
    let (bytes, media_type, tag) = pages::asset(path).ok_or(Error::NotFound)?;
    let tag = header::HeaderValue::try_from(tag).map_err(|error| Error::Fault(error.to_string()))?;
    let mut response = HttpResponse::Ok();
    response
        .insert_header((header::ETAG, tag.clone()))
        .insert_header((header::CACHE_CONTROL, "public, max-age=3600"));
    if is_held(request, &tag) {
        return Ok(response.status(actix_web::http::StatusCode::NOT_MODIFIED).finish().into());
    }
    Ok(response.content_type(media_type).body(bytes.into_owned()).into())
}

fn page(body: String) -> Answered {
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CONTENT_SECURITY_POLICY, pages::CONTENT_SECURITY_POLICY));
    response.insert_header((header::CACHE_CONTROL, "no-cache"));
    response.content_type("text/html; charset=utf-8").body(body).into()
}

/// The path that this server lives below, as its pages have to say it.
fn prefix(door: &Door, request: &HttpRequest) -> Result<String, Error> {
    let base = door.base.of(request)?;
    let path =
        base.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map(|(_, path)| format!("/{path}"));
    Ok(path.unwrap_or_default())
}

/// A file's name without its ending.
fn label(identifier: &str) -> String {
    let name = identifier.rsplit('/').next().unwrap_or(identifier);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned()
}
