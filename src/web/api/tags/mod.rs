//! Tags in the API: anybody may read them, holders of a token may write them.

mod bodies;
mod check;
mod described;
mod limits;
mod read;
#[cfg(test)]
mod read_tests;

use std::sync::Arc;

use actix_web::http::header::{self, ETag, EntityTag, HeaderValue, IfMatch};
use actix_web::http::{Method, StatusCode};
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use futures::StreamExt;
use serde::Serialize;
use serde_json::json;

pub(super) use self::bodies::{Judgement, NewTag};
use super::responses::{self, History, HistoryEvent, PublishedTag};
use crate::catalogue::{Decision, Event, StoredWork};
use crate::gallery::Error;
use crate::iiif::Invalid;
use crate::presentation::Address;
use crate::record::{Region, Tag};
use crate::web::App;
use crate::web::http::conditional::{if_match, is_not_modified, not_modified};
use crate::web::http::connections::Connection;
use crate::web::http::error as http;
use crate::web::http::response::Response;
use crate::web::http::token;
use crate::web::route::{Image, Tags};

/// Maximum length of a request body in bytes.
pub(crate) const MAX_BYTES: usize = 64 << 10;
const TOO_LONG: http::Error = http::Error::BodyTooLong { limit_kib: MAX_BYTES >> 10 };

/// Maximum side of an image in pixels, for validating regions if the size of the image is unknown.
const MAX_SIDE: u32 = 10_000_000;

/// `GET /api/v1/works/{work}/tags`, `…/tags/{tag}` and `…/tags/{tag}/history`.
pub(crate) async fn answer(app: &App, request: &HttpRequest, at: Tags<'_>) -> Result<Response, Error> {
    let Tags { work, tag, history } = at;
    let stored = stored(app, &work).await?;
    let response = match tag {
        Some(tag) if history => events(app, &work, &stored, tag).await?,
        Some(tag) => one(&stored, tag, StatusCode::OK)?,
        None => tag_response(&stored, &all(&stored), StatusCode::OK),
    };
    let tag = revision_tag(&stored);
    match is_not_modified(request, &tag) {
        true => Ok(not_modified(HttpResponse::Ok().insert_header(ETag(tag)))),
        false => Ok(response),
    }
}

/// `POST /api/v1/works/{work}/tags` and `PATCH …/tags/{tag}`. The body is read only after authorization.
pub(crate) async fn write(
    app: &App,
    request: &HttpRequest,
    at: Tags<'_>,
    body: &mut Payload,
) -> Result<Response, http::Error> {
    let changed = match (request.method(), at.tag) {
        (&Method::POST, None) => None,
        (&Method::PATCH, Some(tag)) if !at.history => Some(tag),
        _ => return Err(http::Error::MethodNotAllowed { allowed: allowed_methods(&at) }),
    };
    let actor = allowed(request, app)?;
    let body = body_of(app, request, body).await?;
    match changed {
        None => Ok(add(app, request, &at.work, read::added(&body)?, actor).await?),
        Some(tag) => Ok(change(app, request, &at.work, tag, read::change(&body)?, actor).await?),
    }
}

/// The whole body, within its limits of size and time, which together bound the slowest client.
async fn body_of(app: &App, request: &HttpRequest, body: &mut Payload) -> Result<Vec<u8>, http::Error> {
    is_json(request)?;
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    if announced.and_then(|length| length.parse::<u64>().ok()).is_some_and(|length| length > MAX_BYTES as u64)
    {
        return Err(TOO_LONG);
    }
    let connection = request.conn_data::<Arc<Connection>>();
    connection.inspect(|connection| connection.receiving());
    let read = tokio::time::timeout(app.body_limit, read_all(body)).await;
    connection.inspect(|connection| connection.answering());
    read.map_err(|_| http::Error::BodyTimeout { limit_s: app.body_limit.as_secs() })?
}

async fn read_all(body: &mut Payload) -> Result<Vec<u8>, http::Error> {
    let mut all = Vec::new();
    while let Some(piece) = body.next().await {
        let piece = piece.map_err(|error| Invalid::new("body", "", error.to_string()))?;
        if all.len() + piece.len() > MAX_BYTES {
            return Err(TOO_LONG);
        }
        all.extend_from_slice(&piece);
    }
    Ok(all)
}

/// The methods of a tags resource.
pub(in crate::web) fn allowed_methods(at: &Tags<'_>) -> &'static str {
    match (at.tag, at.history) {
        (None, _) => "GET, HEAD, POST, OPTIONS",
        (Some(_), false) => "GET, HEAD, PATCH, OPTIONS",
        (Some(_), true) => "GET, HEAD, OPTIONS",
    }
}

/// The name of the token that authorizes the request.
pub(in crate::web) fn allowed(request: &HttpRequest, app: &App) -> Result<String, http::Error> {
    let (shown, tokens) = (token::bearer(request).ok_or(http::Error::Unauthorized)?, &app.api.tokens);
    if tokens.is_empty() {
        return Err(Error::Closed("the API is read-only here: set a token in api.tokens".into()).into());
    }
    app.guess_limiter.check(app.base.client(request), shown, || {
        // All tokens are compared, so that the time does not depend on which one matches.
        tokens.iter().fold(None, |found, (name, secret)| match token::matches(shown, secret) {
            true => Some(name.clone()),
            false => found,
        })
    })
}

/// Rejects bodies of other media types. A missing type is accepted, and so is the default of `curl -d`, which only
/// means that none was set.
fn is_json(request: &HttpRequest) -> Result<(), Error> {
    let Some(value) = request.headers().get(header::CONTENT_TYPE) else { return Ok(()) };
    let text = value.to_str().unwrap_or_default();
    let kind = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if matches!(kind.as_str(), "application/json" | "application/x-www-form-urlencoded")
        || kind.starts_with("application/") && kind.ends_with("+json")
    {
        return Ok(());
    }
    let refused = Invalid::new("Content-Type", text, "cannot be read: send `application/json`");
    Err(Error::Unsupported(refused.to_string()))
}

/// `POST …/tags`: adds a tag. If the same source added the same tag before, its status stays as decided.
async fn add(
    app: &App,
    request: &HttpRequest,
    work: &Image<'_>,
    added: read::Added,
    actor: String,
) -> Result<Response, Error> {
    let read::Added { tag, has_status, note, revision } = added;
    let now = stored(app, work).await?;
    let id = tag.id();
    let known = now.tags.iter().find(|known| known.id() == id);
    let expected = match expected(request, &now, revision) {
        // A repeated request whose response was lost has already taken effect (RFC 9110, §13.1.1).
        Err(Error::Conflict { .. }) if known.is_some_and(|known| is_said(known, &tag, has_status)) => None,
        expected => expected?,
    };
    placed(app, &now, tag.image.as_deref(), tag.region).await?;
    let (tag, status) = match known {
        None => (tag, StatusCode::CREATED),
        Some(known) if has_status && known.status != tag.status => return Err(exists(known)),
        Some(known) => {
            let (status, region, kept_id) = (known.status, known.region, known.kept_id.clone());
            (Tag { status, region, kept_id, ..tag }, StatusCode::OK)
        }
    };
    let stored = decide(app, work, expected, Decision::Add(Box::new(tag)), actor, note).await?;
    let mut answered = one(&stored, &id, status)?;
    let address = Address::new(&app.base.of(request)?);
    let place = format!("{}/tags/{id}", address.record(&work.identifier));
    if let Ok(place) = HeaderValue::try_from(place) {
        answered.response.headers_mut().insert(header::LOCATION, place);
    }
    Ok(answered)
}

/// `PATCH …/tags/{tag}`.
async fn change(
    app: &App,
    request: &HttpRequest,
    work: &Image<'_>,
    tag: &str,
    change: read::Change,
    actor: String,
) -> Result<Response, Error> {
    let read::Change { status, region, note, revision } = change;
    if status.is_none() && region.is_none() {
        let reason = "changes nothing: give `status`, `region` or both";
        return Err(Error::Unprocessable(Invalid::new("body", "", reason)));
    }
    let now = stored(app, work).await?;
    let known = now.tags.iter().find(|known| known.id() == tag).ok_or(Error::NotFound)?;
    let expected = expected(request, &now, revision)?;
    if let Some(region) = region {
        placed(app, &now, known.image.as_deref(), region).await?;
        let moved = Tag { region, kept_id: None, ..known.clone() }.id();
        if let Some(other) = now.tags.iter().find(|other| other.id() == moved && moved != tag) {
            return Err(exists(other));
        }
    }
    let decision = Decision::Change { tag: tag.to_owned(), status, region };
    let stored = decide(app, work, expected, decision, actor, note).await?;
    one(&stored, tag, StatusCode::OK)
}

/// Whether an existing tag already has everything in the request.
fn is_said(known: &Tag, added: &Tag, has_status: bool) -> bool {
    let status = if has_status { added.status } else { known.status };
    let (region, kept_id) = (known.region, known.kept_id.clone());
    Tag { status, region, kept_id, ..added.clone() } == *known
}

fn exists(known: &Tag) -> Error {
    let (id, status) = (known.id(), json!(known.status));
    let status = status.as_str().unwrap_or_default();
    Error::Exists(format!(
        "this tag is there already, as `{id}` with status `{status}`: change that one by PATCH"
    ))
}

/// Rejects an image that the work does not have, and a region outside its image.
async fn placed(
    app: &App,
    stored: &StoredWork,
    image: Option<&str>,
    region: Option<Region>,
) -> Result<(), Error> {
    let images = &stored.work.images;
    if let Some(image) = image
        && !images.iter().any(|known| known.file == image)
    {
        let files: Vec<String> = images.iter().take(10).map(|image| format!("`{}`", image.file)).collect();
        let reason = match files.is_empty() {
            true => "is not an image of this work, which has none: omit it".to_owned(),
            false => format!("is not an image of this work; its images are {}", files.join(", ")),
        };
        return Err(Error::Unprocessable(Invalid::new("image", image, reason)));
    }
    let Some(region) = region else { return Ok(()) };
    let first =
        || images.iter().find(|image| image.matched).or(images.first()).map(|image| image.file.as_str());
    let refuse =
        |reason: String| Err(Error::Unprocessable(Invalid::new("region", &region.to_string(), reason)));
    let Some(file) = image.or_else(first) else {
        return refuse("is part of no image, as this work has none: leave it out".into());
    };
    let (width, height) = match app.gallery.images.open(file).await {
        Ok(granted) => (granted.all().width, granted.all().height),
        Err(error @ (Error::Store(_) | Error::Catalogue(_) | Error::Busy { .. })) => return Err(error),
        Err(_) => (MAX_SIDE, MAX_SIDE),
    };
    let right = u64::from(region.x) + u64::from(region.width);
    let bottom = u64::from(region.y) + u64::from(region.height);
    if right > u64::from(width) || bottom > u64::from(height) {
        return refuse(format!("is not within its image `{file}`, which has {width} × {height} pixels"));
    }
    Ok(())
}

/// The expected revision, from `If-Match` or the body.
pub(in crate::web) fn expected(
    request: &HttpRequest,
    now: &StoredWork,
    revision_given: Option<u64>,
) -> Result<Option<u64>, Error> {
    let current = now.revision;
    let listed = if_match(request.headers()).map_err(|text| {
        Invalid::new(
            "If-Match",
            &text,
            "is not a list of entity tags: send the ETag of the work's tags, or `*`",
        )
    })?;
    let tagged = match &listed {
        None | Some(IfMatch::Any) => None,
        Some(IfMatch::Items(tags)) => Some(tags.iter().any(|tag| tag.strong_eq(&revision_tag(now)))),
    };
    if tagged == Some(false) || revision_given.is_some_and(|revision_given| revision_given != current) {
        return Err(Error::Conflict { current });
    }
    Ok((tagged.is_some() || revision_given.is_some()).then_some(current))
}

/// The work as the catalogue has it.
pub(in crate::web) async fn stored(app: &App, work: &Image<'_>) -> Result<StoredWork, Error> {
    app.gallery.works.stored(&work.identifier).await
}

async fn decide(
    app: &App,
    work: &Image<'_>,
    expected: Option<u64>,
    decision: Decision,
    actor: String,
    note: Option<String>,
) -> Result<StoredWork, Error> {
    app.gallery.works.decide(&work.identifier, expected, decision, actor, note).await
}

async fn events(app: &App, work: &Image<'_>, stored: &StoredWork, tag: &str) -> Result<Response, Error> {
    let all = app.gallery.works.history(&work.identifier).await?;
    let events: Vec<_> = all.iter().filter(|event| event.tag == tag).map(published).collect();
    let known = !events.is_empty() || stored.tags.iter().any(|known| known.id() == tag);
    match known {
        true => Ok(tag_response(stored, &History { events, revision: stored.revision }, StatusCode::OK)),
        false => Err(Error::NotFound),
    }
}

fn published(event: &Event) -> HistoryEvent<'_> {
    HistoryEvent {
        actor: &event.actor,
        at: crate::record::timestamp(event.at_ms),
        note: event.note.as_deref(),
        region: event.body.region,
        revision: event.revision,
        status: event.status,
    }
}

fn all(stored: &StoredWork) -> responses::Tags {
    let tags = stored.tags.iter().map(PublishedTag::from).collect();
    responses::Tags { revision: stored.revision, tags }
}

fn one(stored: &StoredWork, tag: &str, status: StatusCode) -> Result<Response, Error> {
    let found = stored.tags.iter().find(|known| known.id() == tag).ok_or(Error::NotFound)?;
    let published = PublishedTag { revision: Some(stored.revision), ..PublishedTag::from(found) };
    Ok(tag_response(stored, &published, status))
}

/// The revision as an entity tag.
fn revision_tag(stored: &StoredWork) -> EntityTag {
    EntityTag::new_strong(stored.revision.to_string())
}

/// A response with the revision as its entity tag, for `If-Match`.
fn tag_response(stored: &StoredWork, value: &impl Serialize, status: StatusCode) -> Response {
    let mut response = HttpResponse::build(status);
    response.insert_header((header::CACHE_CONTROL, "no-cache")).content_type("application/json");
    response.insert_header(ETag(revision_tag(stored)));
    // A tag begins with the fields of its record: by way of a `Value` all fields are in alphabetical order.
    response.body(json!(value).to_string()).into()
}
