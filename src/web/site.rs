//! Pages for people.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::Door;
use super::api::query_of;
use super::headers::is_held;
use super::image::Answered;
use super::pages::{self, Link};
use super::route::{Image, Viewer};
use super::{found, works as documents};
use crate::catalogue::{ALL, Card, Catalogue};
use crate::gallery::{Described, Error, Granted};
use crate::iiif::Invalid;
use crate::presentation::{Address, state};
use crate::record::slug;
use crate::search::Colour;

/// What an identifier's segment leaves as it is (Image API 3.0, §9).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b':');

/// Images on one page of the list.
const PAGE: usize = 60;

/// `GET /`: the search over all works, or where there are none, or with `?files`, the images as they lie.
pub async fn index(door: &Door, request: &HttpRequest) -> Result<Answered, Error> {
    let asked = |name: &str| request.query_string().split('&').find_map(|pair| pair.strip_prefix(name));
    let base = prefix(door, request)?;
    if let Some(state) = asked("iiif-content=") {
        return opened(door, request, state);
    }
    if asked("files").is_none() && asked("after=").is_none() {
        let notices = match found::page(door, request).await {
            Ok(found) if has_works(door) => return Ok(page(found)),
            Err(error @ Error::Indexing { .. }) => vec![format!("{error}.")],
            Ok(_) | Err(Error::Closed(_)) => Vec::new(),
            Err(error) => return Err(error),
        };
        let start = asked("start=").and_then(|start| start.parse().ok()).unwrap_or(0);
        if let Some(listing) = works(door, &base, start).await? {
            return Ok(page(pages::index(&base, &pages::Listing { notices, ..listing })));
        }
    }
    let after = asked("after=")
        .map(|after| percent_encoding::percent_decode_str(after).decode_utf8_lossy().into_owned());
    Ok(page(pages::index(&base, &files(door, after.as_deref()).await?)))
}

/// Whether there is anything to find.
fn has_works(door: &Door) -> bool {
    door.gallery.finder().and_then(|finder| finder.snapshot()).is_ok_and(|snapshot| snapshot.works() > 0)
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

pub(super) fn encoded(identifier: &str) -> String {
    utf8_percent_encode(identifier, SEGMENT).to_string()
}

/// `GET /works/{work}`: a work with its picture and all that is told of it; with `canvas` and `xywh`, that place in a
/// viewer.
pub async fn work(door: &Door, request: &HttpRequest, work: Image<'_>) -> Result<Answered, Error> {
    let query = request.query_string();
    if query.contains("canvas=") || query.contains("xywh=") {
        return viewer_of(door, request, work).await;
    }
    let base = prefix(door, request)?;
    let described = match door.gallery.describe(&work.identifier).await {
        Err(Error::NotFound) => match documents::in_other_case(door, &work.identifier).await {
            Some(number) => {
                let place = format!("{base}/works/{}", encoded(&number));
                return Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, place)).finish().into());
            }
            None => return Err(Error::NotFound),
        },
        described => described?,
    };
    Ok(page(pages::work(&base, &leaf(door, request, &base, &described)?)))
}

/// What a work's page says.
fn leaf(
    door: &Door,
    request: &HttpRequest,
    base: &str,
    described: &Described,
) -> Result<pages::WorkPage, Error> {
    let address = Address::new(&door.base.of(request)?);
    let preferred = door.house.preferred();
    let work = &described.work;
    let images = documents::shown(&address, described);
    let view = documents::view(door, &address, described, &images, None);
    let search = |scheme: &str, value: &str| {
        format!("{base}/?{}", query_of([("all", format!("{scheme}:{value}").as_str())]))
    };
    let link = |label: &str, href: String| Link { label: label.to_owned(), href, ..Link::default() };
    let picture = |image: &crate::gallery::Shown, most: u32| {
        let side = most.min(image.granted.grant.largest);
        format!("{base}/iiif/3/{}/full/!{side},{side}/0/default.jpg", encoded(&image.image.file))
    };
    let number = encoded(&work.object_number);
    let mut tags: Vec<(String, Vec<Link>)> = Vec::new();
    for tag in &described.tags {
        let Some(label) = tag.label.best(&preferred) else { continue };
        let value = tag.concept.as_deref().unwrap_or_else(|| tag.label.best(&[]).unwrap_or(label));
        let href = match Colour::parse(label) {
            Some(_) => format!("{base}/?{}", query_of([("colour", label.trim_start_matches('#'))])),
            None => search(&slug(&tag.scheme), &slug(value)),
        };
        let told = link(label, href);
        let scheme = door.house.scheme(&tag.scheme);
        match tags.iter_mut().find(|(known, _)| *known == scheme) {
            Some((_, links)) if links.contains(&told) => {}
            Some((_, links)) => links.push(told),
            None => tags.push((scheme, vec![told])),
        }
    }
    let first = described.images.first();
    let mut doors = Vec::new();
    if let Some(first) = first {
        let image = encoded(&first.image.file);
        doors.push(link("Zoom", format!("{base}/view/openseadragon/{image}")));
        if first.granted.grant.original {
            doors.push(link("Download the original", format!("{base}/download/{image}")));
            doors.push(link("Download all of it", format!("{base}/download/work/{number}.zip")));
        }
    }
    doors.push(link("Manifest", format!("{base}/presentation/3/{number}/manifest")));
    doors.push(link("Record", format!("{base}/api/v1/works/{number}")));
    let paragraphs = work.description.best(&preferred).unwrap_or_default().lines().map(str::trim);
    let maker = |name: &str| link(name, search("creator", &slug(name)));
    let size = first.map(|image| image.granted.all());
    let others = described.images.iter().skip(1).take(24);
    Ok(pages::WorkPage {
        title: door.house.name.best(&preferred).unwrap_or("Tegl").to_owned(),
        label: work.label().best(&preferred).unwrap_or(&work.object_number).to_owned(),
        creators: work.creators.iter().map(|creator| maker(&creator.name)).collect(),
        date: work.production.iter().find_map(|made| made.text.best(&preferred)).map(str::to_owned),
        description: paragraphs.filter(|text| !text.is_empty()).map(str::to_owned).collect(),
        facts: view.facts(),
        tags,
        picture: first.map(|image| picture(image, 1200)),
        ratio: size.map(|full| f64::from(full.width) / f64::from(full.height.max(1))),
        more_pictures: others.map(|image| link(&label(&image.image.file), picture(image, 400))).collect(),
        viewer: first.is_some().then(|| format!("{base}/view/mirador/{number}")),
        doors,
        rights: work.rights.as_ref().map(|rights| link(rights, rights.clone())),
    })
}

/// A work in Mirador, at the place that is asked for.
async fn viewer_of(door: &Door, request: &HttpRequest, work: Image<'_>) -> Result<Answered, Error> {
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
        Viewer::Mirador => viewer_of(door, request, image).await,
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
pub(super) fn prefix(door: &Door, request: &HttpRequest) -> Result<String, Error> {
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
