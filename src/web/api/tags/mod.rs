//! Tags in the API: anybody may read them, holders of a token may write them.

mod bodies;
mod body;
mod check;
mod described;
mod limits;
mod many;
mod read;
#[cfg(test)]
mod read_tests;

use actix_web::http::header::{self, ETag, EntityTag, HeaderValue, IfMatch};
use actix_web::http::{Method, StatusCode};
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use serde::Serialize;
use serde_json::json;

pub(super) use self::bodies::{ClusterJudgement, Judgement, Judgements, NewTag};
use self::body::{Expected, read_body};
pub(super) use self::limits::MAX_REVISION;
pub(crate) use self::many::{METHODS as MANY_METHODS, write_many};
pub(crate) use self::read::line;
use super::responses::{self, History, HistoryEvent, PublishedTag};
use crate::catalogue::{Decision, Event, StoredWork};
use crate::gallery::{ClusterChange, Error};
use crate::iiif::Invalid;
use crate::presentation::Address;
use crate::record::Tag;
use crate::web::App;
use crate::web::http::conditional::{if_match, is_not_modified, not_modified};
use crate::web::http::error as http;
use crate::web::http::response::Response;
use crate::web::http::token;
use crate::web::route::{Image, Tags};

/// Maximum length of a request body about one tag, in bytes.
const MAX_BYTES: usize = 64 << 10;

/// The body about one tag.
const ONE: Expected = Expected { max_bytes: MAX_BYTES, media_type: "application/json" };

/// Reads a change of a cluster.
pub(super) async fn read_cluster_change(
    app: &App,
    request: &HttpRequest,
    body: &mut Payload,
) -> Result<ClusterChange, http::Error> {
    Ok(read::cluster_change(&read_body(app, request, body, &ONE).await?)?)
}

/// Reads a JSON body.
pub(super) async fn read_json(
    app: &App,
    request: &HttpRequest,
    body: &mut Payload,
) -> Result<Bytes, http::Error> {
    read_body(app, request, body, &ONE).await
}

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
    match is_not_modified(request, tag.tag()) {
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
    let body = read_body(app, request, body, &ONE).await?;
    match changed {
        None => Ok(add(app, request, &at.work, read::added(&body)?, actor).await?),
        Some(tag) => Ok(change(app, request, &at.work, tag, read::change(&body)?, actor).await?),
    }
}

/// The methods of a tags resource.
pub(in crate::web) fn allowed_methods(at: &Tags<'_>) -> &'static str {
    match (at.tag, at.history) {
        (None, _) => "GET, HEAD, POST, OPTIONS",
        (Some(_), false) => "GET, HEAD, PATCH, OPTIONS",
        (Some(_), true) => "GET, HEAD, OPTIONS",
    }
}

/// The owner of the token that authorizes the request; not if it may write annotations only.
pub(in crate::web) fn allowed(request: &HttpRequest, app: &App) -> Result<String, http::Error> {
    let owner = token_owner(request, app)?;
    match app.live().annotations.moderated.contains(&owner) {
        true => Err(Error::Closed(format!("the token of `{owner}` may write annotations only")).into()),
        false => Ok(owner),
    }
}

/// The owner of the request's token.
pub(in crate::web) fn token_owner(request: &HttpRequest, app: &App) -> Result<String, http::Error> {
    let live = app.live();
    let (shown, tokens) = (token::bearer(request).ok_or(http::Error::Unauthorized)?, &live.api.tokens);
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
    app.gallery.works.placed(&now.work, tag.image.as_deref(), tag.region).await?;
    let (tag, status) = match known {
        None => (tag, StatusCode::CREATED),
        Some(known) if has_status && known.status != tag.status => return Err(Error::exists(known)),
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
    if change.is_empty() {
        return Err(Error::Unprocessable(Invalid::new("body", "", read::NO_CHANGE)));
    }
    let read::Change { status, region, note, revision } = change;
    let now = stored(app, work).await?;
    let known = now.tags.iter().find(|known| known.id() == tag).ok_or(Error::NotFound)?;
    let expected = expected(request, &now, revision)?;
    if let Some(region) = region {
        app.gallery.works.placed(&now.work, known.image.as_deref(), region).await?;
        let moved = Tag { region, kept_id: None, ..known.clone() }.id();
        if let Some(other) = now.tags.iter().find(|other| other.id() == moved && moved != tag) {
            return Err(Error::exists(other));
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
    entity_tag(stored.revision)
}

/// The entity tag of a revision.
pub(super) fn entity_tag(revision: u64) -> EntityTag {
    EntityTag::new_strong(revision.to_string())
}

/// A response with the revision as its entity tag, for `If-Match`.
fn tag_response(stored: &StoredWork, value: &impl Serialize, status: StatusCode) -> Response {
    let mut response = HttpResponse::build(status);
    response.insert_header((header::CACHE_CONTROL, "no-cache")).content_type("application/json");
    response.insert_header(ETag(revision_tag(stored)));
    // A tag begins with the fields of its record: by way of a `Value` all fields are in alphabetical order.
    response.body(json!(value).to_string()).into()
}
