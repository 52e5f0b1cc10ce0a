//! Pages for people, and manifests for the viewers on them.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::Door;
use super::headers::{Json, is_held, preferred};
use super::image::{Answered, document_of};
use super::pages;
use super::route::{Image, Viewer};
use crate::gallery::Error;
use crate::iiif::Version;
use crate::presentation::{Address, House, Shown, View};
use crate::record::{Text, Title, Work};

/// What an identifier's segment leaves as it is (Image API 3.0, §9).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b':');

/// Images on one page of the list.
const PAGE: usize = 60;

/// `GET /`: what is served.
pub async fn index(door: &Door, request: &HttpRequest) -> Result<Answered, Error> {
    let after = request.query_string().split('&').find_map(|pair| pair.strip_prefix("after="));
    let after =
        after.map(|after| percent_encoding::percent_decode_str(after).decode_utf8_lossy().into_owned());
    let listed = door.gallery.list(after.as_deref(), PAGE).await?;
    let mut entries = Vec::with_capacity(listed.entries.len());
    let opened =
        futures::future::join_all(listed.entries.iter().map(|entry| door.gallery.open(&entry.identifier)))
            .await;
    for (entry, opened) in listed.entries.into_iter().zip(opened) {
        let (dimensions, problem) = match &opened {
            Ok(opened) => (Some((opened.all().width, opened.all().height)), None),
            Err(error) => (None, Some(error.to_string())),
        };
        let encoded = utf8_percent_encode(&entry.identifier, SEGMENT).to_string();
        entries.push(pages::Entry {
            label: label(&entry.identifier),
            encoded,
            identifier: entry.identifier,
            dimensions,
            problem,
        });
    }
    let next = listed.next.map(|next| format!("?after={}", utf8_percent_encode(&next, NON_ALPHANUMERIC)));
    let listing =
        pages::Listing { title: "Tegl".into(), entries, next, total: None, notices: listed.notices };
    Ok(page(pages::index(&prefix(door, request)?, &listing)))
}

/// `GET /view/{viewer}/{id}`: one image in a viewer.
pub async fn view(
    door: &Door,
    request: &HttpRequest,
    viewer: Viewer,
    image: Image<'_>,
) -> Result<Answered, Error> {
    door.gallery.open(&image.identifier).await?;
    let (base, label) = (prefix(door, request)?, label(&image.identifier));
    Ok(page(match viewer {
        Viewer::OpenSeadragon => pages::openseadragon(&base, image.raw, &label),
        Viewer::Mirador => pages::mirador(&base, image.raw, &label),
    }))
}

/// `GET /presentation/3/{id}/manifest`: the image as a work of its own.
pub async fn manifest(door: &Door, request: &HttpRequest, image: Image<'_>) -> Result<Answered, Error> {
    const LD: &str = "application/ld+json;profile=\"http://iiif.io/api/presentation/3/context.json\"";
    let base = door.base.of(request)?;
    let opened = door.gallery.open(&image.identifier).await?;
    let work = Work {
        object_number: image.identifier.to_string(),
        titles: vec![Title { text: Text::plain(&label(&image.identifier)), kind: None }],
        ..Work::default()
    };
    let info = opened.info(format!("{base}/iiif/3/{}", image.raw));
    let images = [Shown::alone(&image.identifier, info)];
    let (address, house) = (Address::new(&base), House::default());
    let view =
        View { work: &work, tags: &[], images: &images, part_of: None, address: &address, house: &house };
    let manifest = view.manifest(Version::V3);
    let media_type = if preferred(request) == Some(Json::Plain) { "application/json" } else { LD };
    Ok(document_of(door, request, manifest.to_string(), media_type, HttpResponse::Ok()).into())
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
