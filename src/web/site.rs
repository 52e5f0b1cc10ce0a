//! Pages for people.

use std::time::Duration;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::Door;
use super::answered::Answered;
use super::api::{pairs_of, query_of};
use super::document::Document;
use super::language::{offered, spoken};
use super::pages::{self, Link};
use super::route::{Image, Viewer};
use super::{found, work_page, works as documents};
use crate::catalogue::{ALL, Card, Catalogue};
use crate::gallery::{Error, Granted, SOON};
use crate::iiif::Invalid;
use crate::presentation::{Address, Publisher, content_state};
use crate::store;

/// What an identifier's segment leaves as it is (Image API 3.0, §9).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b':');

/// Images on one page of the list.
const PAGE: usize = 60;
/// How long a page waits for the list of images.
const LISTING: Duration = Duration::from_secs(2);
/// Versioned addresses never mean anything else; others are asked about again.
const FOR_GOOD: &str = "public, max-age=31536000, immutable";
const FOR_AN_HOUR: &str = "public, max-age=3600";

/// The site in a visitor's language.
pub struct Visit {
    pub context: pages::Context,
    /// The publisher, whose preferred language is that of the page.
    pub publisher: Publisher,
}

impl Visit {
    pub fn of(door: &Door, request: &HttpRequest) -> Result<Self, Error> {
        let base = prefix(door, request)?;
        let spoken = spoken(request, &door.publisher);
        let publisher = door.publisher.in_language(spoken.language);
        let here = |&language: &&'static str| {
            let pairs: Vec<_> = pairs_of(request.query_string()).filter(|(name, _)| name != "lang").collect();
            let pairs = pairs.iter().map(|(name, value)| (name.as_ref(), value.as_str()));
            let query = query_of(pairs.chain([("lang", language)]));
            // One slash: two would name a host.
            let href = format!("{base}/{}?{query}", request.uri().path().trim_start_matches('/'));
            Link { label: language.to_owned(), href, chosen: language == spoken.language, count: None }
        };
        let languages: Vec<Link> = offered(&door.publisher).iter().map(here).collect();
        let context = pages::Context {
            language: spoken.language,
            chosen: spoken.chosen,
            name: publisher.name.best(&publisher.preferred_languages()).map(str::to_owned),
            homepage: publisher.homepage.clone(),
            logo: publisher.logo.clone(),
            languages: if languages.len() > 1 { languages } else { Vec::new() },
            base,
            address: door.base.of(request)?,
        };
        Ok(Self { context, publisher })
    }
}

/// `GET /`: the search over all works, or where there are none, or with `?files`, the images as files.
pub async fn index(door: &Door, request: &HttpRequest) -> Result<Answered, Error> {
    let asked = |name: &str| request.query_string().split('&').find_map(|pair| pair.strip_prefix(name));
    let visit = Visit::of(door, request)?;
    if let Some(state) = asked("iiif-content=") {
        return opened(door, request, &visit, state);
    }
    if asked("files").is_none() && asked("after=").is_none() {
        let indexing = match found::page(door, request, &visit).await {
            Ok(found) if has_works(door) => return Ok(page(request, &visit.context, found).await),
            Err(Error::Indexing { percent, .. }) => Some(percent),
            Ok(_) | Err(Error::Closed(_)) => None,
            Err(error) => return Err(error),
        };
        let start = asked("start=").and_then(|start| start.parse().ok()).unwrap_or(0);
        if let Some(listing) = works(door, &visit, start).await? {
            let listing = pages::Listing { indexing, ..listing };
            return Ok(page(request, &visit.context, pages::index(&visit.context, &listing)).await);
        }
    }
    let after = asked("after=")
        .map(|after| percent_encoding::percent_decode_str(after).decode_utf8_lossy().into_owned());
    let listing = files(door, &visit, after.as_deref()).await?;
    Ok(page(request, &visit.context, pages::index(&visit.context, &listing)).await)
}

/// Whether there is anything to find.
fn has_works(door: &Door) -> bool {
    door.gallery.finder().and_then(|finder| finder.snapshot()).is_ok_and(|snapshot| snapshot.works() > 0)
}

/// `GET /?iiif-content=…`: leads to what a content state of this server points at (Content State 1.0, §3.1).
fn opened(door: &Door, request: &HttpRequest, visit: &Visit, state: &str) -> Result<Answered, Error> {
    let text = percent_encoding::percent_decode_str(state).decode_utf8_lossy();
    let read = content_state::read(&text)?;
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
    if visit.context.chosen {
        let sign = if page.contains('?') { '&' } else { '?' };
        page = format!("{page}{sign}lang={}", visit.context.language);
    }
    Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, page)).finish().into())
}

/// The works from this place on; `None` where there is none at all.
async fn works(door: &Door, visit: &Visit, start: u64) -> Result<Option<pages::Listing>, Error> {
    let Some(works) = door.gallery.works() else { return Ok(None) };
    let ask = |catalogue: Catalogue| async move {
        Ok((catalogue.count().await?, catalogue.shelf(ALL, ALL, start, PAGE).await?))
    };
    let (total, cards) = works.ask(ask).await?;
    if total == 0 {
        return Ok(None);
    }
    let files: Vec<&str> = cards.iter().filter_map(|card| card.thumbnail.as_deref()).collect();
    let mut opened = door.gallery.open_within(SOON, &files).await.into_iter();
    let mut listing = pages::Listing { total: Some(total), ..pages::Listing::default() };
    for card in &cards {
        let opened =
            card.thumbnail.as_ref().and_then(|_| opened.next()).unwrap_or(Some(Err(Error::NotFound)));
        let picture = Picture::of(door, opened);
        listing.unreachable |= picture.unreachable;
        listing.entries.push(entry_of(card, picture, visit));
    }
    let shown = cards.len() as u64;
    listing.next = (start + shown < total).then(|| visit.context.page(&format!("/?start={}", start + shown)));
    listing.files = Some(visit.context.page("/?files"));
    Ok(Some(listing))
}

fn entry_of(card: &Card, picture: Picture, visit: &Visit) -> pages::Entry {
    let image = card.thumbnail.as_ref().filter(|_| picture.problem.is_none());
    pages::Entry {
        label: card
            .label
            .best(&visit.publisher.preferred_languages())
            .unwrap_or(&card.object_number)
            .to_owned(),
        encoded: image.map(|image| encoded(image)).unwrap_or_default(),
        dimensions: picture.dimensions,
        largest: picture.largest,
        problem: None,
        work: Some(encoded(&card.object_number)),
        identifier: card.object_number.clone(),
    }
}

/// What is known of an image that was to be opened soon.
#[derive(Default)]
struct Picture {
    dimensions: Option<(u32, u32)>,
    largest: Option<u32>,
    /// Why there is nothing to see, today and tomorrow.
    problem: Option<String>,
    /// Whether its store failed.
    unreachable: bool,
}

impl Picture {
    fn of(door: &Door, opened: Option<Result<Granted, Error>>) -> Self {
        match opened {
            None => Self { unreachable: door.gallery.has_failing_store(), ..Self::default() },
            Some(Ok(opened)) => {
                let all = opened.all();
                let largest = Some(opened.grant.largest);
                Self { dimensions: Some((all.width, all.height)), largest, ..Self::default() }
            }
            Some(Err(Error::Store(_))) => Self { unreachable: true, ..Self::default() },
            Some(Err(Error::Catalogue(_) | Error::Busy { .. })) => Self::default(),
            Some(Err(error)) => Self { problem: Some(error.to_string()), ..Self::default() },
        }
    }
}

/// The images of all sources, as files. Sources that cannot be reached are an error and no empty list.
async fn files(door: &Door, visit: &Visit, after: Option<&str>) -> Result<pages::Listing, Error> {
    let listed = tokio::time::timeout(LISTING, door.gallery.list(after, PAGE)).await;
    let listed = listed.map_err(|_| Error::Store(store::Error::TimedOut))??;
    let failed = !listed.notices.is_empty();
    let unlisted = failed && listed.entries.is_empty();
    // A plain web server, or a bucket without the right to list, gives its images all the same.
    if unlisted
        && !matches!(tokio::time::timeout(LISTING, door.gallery.troubles()).await, Ok(troubles) if troubles.is_empty())
    {
        return Err(Error::Store(store::Error::unavailable("no source can be listed")));
    }
    let identifiers: Vec<&str> = listed.entries.iter().map(|entry| entry.identifier.as_str()).collect();
    let opened = door.gallery.open_within(SOON, &identifiers).await;
    let mut listing =
        pages::Listing { unreachable: failed && !unlisted, unlisted, ..pages::Listing::default() };
    for (entry, opened) in listed.entries.iter().zip(opened) {
        let picture = Picture::of(door, opened);
        listing.unreachable |= picture.unreachable;
        listing.entries.push(pages::Entry {
            label: label(&entry.identifier),
            encoded: encoded(&entry.identifier),
            identifier: entry.identifier.clone(),
            dimensions: picture.dimensions,
            largest: picture.largest,
            problem: picture.problem,
            work: None,
        });
    }
    for (name, reason) in listed.unreadable.iter().take(PAGE) {
        listing.entries.push(pages::Entry {
            label: name.clone(),
            encoded: encoded(name),
            identifier: name.clone(),
            problem: Some(reason.clone()),
            ..pages::Entry::default()
        });
    }
    let next = |next: String| {
        visit.context.page(&format!("/?after={}", utf8_percent_encode(&next, NON_ALPHANUMERIC)))
    };
    listing.next = listed.next.map(next);
    Ok(listing)
}

pub(super) fn encoded(identifier: &str) -> String {
    utf8_percent_encode(identifier, SEGMENT).to_string()
}

/// `GET /works/{work}`: a work with its picture and its record; with `canvas` and `xywh`, that place in a viewer.
pub async fn work(door: &Door, request: &HttpRequest, work: Image<'_>) -> Result<Answered, Error> {
    let visit = Visit::of(door, request)?;
    let query = request.query_string();
    let found = match query.contains("canvas=") || query.contains("xywh=") {
        true => work_page::mirador(door, request, &visit, &work).await,
        false => work_page::page(door, request, &visit, &work).await,
    };
    let body = match found {
        Err(Error::NotFound) => match documents::in_other_case(door, &work.identifier).await {
            Some(number) => {
                let place = visit.context.page(&format!("/works/{}", encoded(&number)));
                return Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, place)).finish().into());
            }
            None => return Err(Error::NotFound),
        },
        found => found?,
    };
    Ok(page(request, &visit.context, body).await)
}

/// `GET /view/{viewer}/{id}`: one image, or a work, in a viewer.
pub async fn view(
    door: &Door,
    request: &HttpRequest,
    viewer: Viewer,
    image: Image<'_>,
) -> Result<Answered, Error> {
    let visit = Visit::of(door, request)?;
    let body = match viewer {
        Viewer::Mirador => work_page::mirador(door, request, &visit, &image).await?,
        Viewer::OpenSeadragon => work_page::openseadragon(door, request, &visit, &image).await?,
    };
    Ok(page(request, &visit.context, body).await)
}

/// `GET /assets/{path}`: scripts and styles that the binary brings along.
pub async fn asset(request: &HttpRequest, path: &str) -> Result<Answered, Error> {
    let asset = pages::asset(path).ok_or(Error::NotFound)?;
    let version = request.query_string().split('&').find_map(|pair| pair.strip_prefix("v="));
    let age = match version {
        Some(version) if version == asset.version => FOR_GOOD,
        // Of another build, which a proxy must not take for this one.
        Some(_) => "no-cache",
        None => FOR_AN_HOUR,
    };
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CACHE_CONTROL, age));
    response.insert_header((header::VARY, "Accept-Encoding"));
    asset.document.pack(request).await;
    Ok(asset.document.answer(request, asset.media_type, response).into())
}

async fn page(request: &HttpRequest, context: &pages::Context, body: String) -> Answered {
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CONTENT_SECURITY_POLICY, pages::content_security_policy(context)));
    response.insert_header((header::CACHE_CONTROL, "no-cache"));
    response.insert_header((header::VARY, "Accept, Accept-Encoding, Accept-Language"));
    let document = Document::new(body).packed(request).await;
    document.answer(request, "text/html; charset=utf-8", response).into()
}

/// The path that this server lives below, as its pages have to say it.
pub(super) fn prefix(door: &Door, request: &HttpRequest) -> Result<String, Error> {
    let base = door.base.of(request)?;
    let path =
        base.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map(|(_, path)| format!("/{path}"));
    Ok(path.unwrap_or_default())
}

/// A file's name without its ending.
pub(super) fn label(identifier: &str) -> String {
    let name = identifier.rsplit('/').next().unwrap_or(identifier);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned()
}
