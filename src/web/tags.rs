//! Tags as data: read by anybody, written by those who hold a token.

use actix_web::http::header::{self, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Door;
use super::headers::is_held;
use super::image::Answered;
use super::route::Image;
use super::settings::Api;
use super::token;
use crate::catalogue::{Decision, EMBEDDED, Event, Stored};
use crate::gallery::Error;
use crate::iiif::Invalid;
use crate::record::{Status, Tag};

/// The longest body of a request, in bytes.
pub const MOST_BYTES: usize = 64 << 10;

/// What a judgement says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Judgement {
    status: Status,
    #[serde(default)]
    note: Option<String>,
    #[serde(default)]
    revision: Option<u64>,
}

/// What a new tag is said with.
#[derive(Deserialize)]
struct Added {
    #[serde(flatten)]
    tag: Tag,
    #[serde(default)]
    note: Option<String>,
    #[serde(default)]
    revision: Option<u64>,
}

/// `GET` and `POST /api/v1/works/{work}/tags`, `GET` and `PATCH …/tags/{tag}`, `GET …/tags/{tag}/history`.
pub async fn answer(
    door: &Door,
    request: &HttpRequest,
    work: Image<'_>,
    tag: Option<&str>,
    history: bool,
    body: &[u8],
) -> Result<Answered, Error> {
    match (request.method(), tag) {
        (&Method::GET | &Method::HEAD, _) => {
            let told = match tag {
                Some(tag) if history => events(door, &work, tag).await?,
                Some(tag) => one(&stored(door, &work).await?, tag, StatusCode::OK)?,
                None => {
                    let stored = stored(door, &work).await?;
                    told(&stored, all(&stored), StatusCode::OK)
                }
            };
            let held = told.response.headers().get(header::ETAG).filter(|tag| is_held(request, tag)).cloned();
            Ok(match held {
                Some(tag) => HttpResponse::NotModified().insert_header((header::ETAG, tag)).finish().into(),
                None => told,
            })
        }
        (&Method::POST, None) => {
            let actor = allowed(request, &door.api)?;
            let Added { tag, note, revision } = parsed(body)?;
            check(&tag)?;
            let id = tag.id();
            let expected = expected(request, revision)?;
            let stored = decide(door, &work, expected, Decision::Add(Box::new(tag)), actor, note).await?;
            one(&stored, &id, StatusCode::CREATED)
        }
        (&Method::PATCH, Some(tag)) if !history => {
            let actor = allowed(request, &door.api)?;
            let Judgement { status, note, revision } = parsed(body)?;
            let expected = expected(request, revision)?;
            let decision = Decision::Set { tag: tag.to_owned(), status };
            let stored = decide(door, &work, expected, decision, actor, note).await?;
            one(&stored, tag, StatusCode::OK)
        }
        _ => Err(Error::NotAllowed { allowed: allowed_methods(tag, history) }),
    }
}

/// What may be asked for at an address of tags.
pub(super) fn allowed_methods(tag: Option<&str>, history: bool) -> &'static str {
    match (tag, history) {
        (None, _) => "GET, HEAD, POST, OPTIONS",
        (Some(_), false) => "GET, HEAD, PATCH, OPTIONS",
        (Some(_), true) => "GET, HEAD, OPTIONS",
    }
}

/// Who it is that writes: the name of the token.
pub(super) fn allowed(request: &HttpRequest, api: &Api) -> Result<String, Error> {
    let shown = token::shown(request).ok_or(Error::Unauthorized)?;
    if api.tokens.is_empty() {
        return Err(Error::Closed("nobody may write here: no token is set in api.tokens".into()));
    }
    let found = api.tokens.iter().filter(|(_, secret)| token::is(shown, secret));
    found.map(|(name, _)| name.clone()).next().ok_or(Error::Unauthorized)
}

fn parsed<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Error> {
    serde_json::from_slice(body)
        .map_err(|error| Invalid::new("body", "", format!("is not what is expected: {error}")).into())
}

/// Refuses what could not be shown or found again.
fn check(tag: &Tag) -> Result<(), Error> {
    let refuse = |field, reason: &'static str| Err(Invalid::new(field, "", reason).into());
    let named = tag.scheme.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && tag.scheme.starts_with(|c: char| c.is_ascii_lowercase());
    if !named || tag.scheme.len() > 64 {
        return refuse(
            "scheme",
            "is no word such as `motif` or `style`: at most 64 small letters, digits and hyphens",
        );
    }
    if tag.label.is_empty() {
        return refuse("label", "is empty: write {\"en\": \"dog\"}");
    }
    if !(0.0..=1.0).contains(&tag.confidence) {
        return refuse("confidence", "is not between 0 and 1");
    }
    if tag.concept.as_deref().is_some_and(|concept| url::Url::parse(concept).is_err()) {
        return refuse("concept", "is no URI");
    }
    Ok(())
}

/// The revision that the writer has seen, by `If-Match` or in the body.
pub(super) fn expected(request: &HttpRequest, said: Option<u64>) -> Result<Option<u64>, Error> {
    let Some(value) = request.headers().get(header::IF_MATCH) else { return Ok(said) };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(said);
    }
    let number =
        text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).and_then(|text| text.parse().ok());
    match number {
        Some(number) => Ok(Some(number)),
        None => {
            Err(Invalid::new("If-Match", text, "is no revision: repeat the ETag of the work's tags").into())
        }
    }
}

async fn stored(door: &Door, work: &Image<'_>) -> Result<Stored, Error> {
    let works = door.gallery.works().ok_or(Error::NotFound)?;
    let number = work.identifier.to_string();
    let stored = works.ask(|catalogue| async move { catalogue.get(&number).await }).await?;
    match stored {
        Some(stored) if !stored.removed => Ok(stored),
        Some(stored) if stored.source != EMBEDDED => Err(Error::Gone),
        _ => Err(Error::NotFound),
    }
}

async fn decide(
    door: &Door,
    work: &Image<'_>,
    expected: Option<u64>,
    decision: Decision,
    actor: String,
    note: Option<String>,
) -> Result<Stored, Error> {
    stored(door, work).await?;
    let works = door.gallery.works().ok_or(Error::NotFound)?;
    let number = work.identifier.to_string();
    let decided = works.ask(|catalogue| async move {
        catalogue.decide(&number, expected, decision, &actor, note.as_deref()).await
    });
    let stored = decided.await?;
    // What this server answers next knows of it.
    works.follow().await?;
    Ok(stored)
}

async fn events(door: &Door, work: &Image<'_>, tag: &str) -> Result<Answered, Error> {
    let stored = stored(door, work).await?;
    let works = door.gallery.works().ok_or(Error::NotFound)?;
    let number = work.identifier.to_string();
    let all = works.ask(|catalogue| async move { catalogue.history(&number).await }).await?;
    let events: Vec<Value> = all.iter().filter(|event| event.tag == tag).map(event).collect();
    let known = !events.is_empty() || stored.tags.iter().any(|known| known.id() == tag);
    match known {
        true => Ok(told(&stored, json!({ "revision": stored.revision, "events": events }), StatusCode::OK)),
        false => Err(Error::NotFound),
    }
}

fn event(event: &Event) -> Value {
    json!({
        "status": event.status, "actor": event.actor, "note": event.note, "revision": event.revision,
        "at": crate::record::timestamp(event.at_ms),
    })
}

fn all(stored: &Stored) -> Value {
    json!({ "revision": stored.revision, "tags": stored.tags.iter().map(Tag::told).collect::<Vec<_>>() })
}

fn one(stored: &Stored, tag: &str, status: StatusCode) -> Result<Answered, Error> {
    let found = stored.tags.iter().find(|known| known.id() == tag).ok_or(Error::NotFound)?;
    let mut value = found.told();
    value["revision"] = json!(stored.revision);
    Ok(told(stored, value, status))
}

/// The revision is the tag of the answer: what `If-Match` is to repeat.
fn told(stored: &Stored, value: Value, status: StatusCode) -> Answered {
    let mut response = HttpResponse::build(status);
    response.insert_header((header::CACHE_CONTROL, "no-cache")).content_type("application/json");
    if let Ok(tag) = HeaderValue::try_from(format!("\"{}\"", stored.revision)) {
        response.insert_header((header::ETAG, tag));
    }
    response.body(value.to_string()).into()
}
