//! Many tags in one request: `PATCH /api/v1/tags` decides about them, `POST /api/v1/tags` adds a batch.

use std::collections::HashSet;

use actix_web::http::{Method, header};
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::allowed;
use super::body::{Expected, read_body};
use super::read::{Change, NO_CHANGE, WorkChange, changes, line};
use crate::catalogue::{Decision, Refused, StoredWork, WorkDecision};
use crate::gallery::{Error, RefusedLine, TagBatch, TagsAdded};
use crate::iiif::Invalid;
use crate::record::Tag;
use crate::web::App;
use crate::web::api::responses::{AddedTags, Decided, DecidedTag, RefusedTag, as_json};
use crate::web::http::error as http;
use crate::web::http::response::Response;

/// Maximum length of the body, in bytes.
const MAX_BYTES: usize = 1 << 20;

/// The methods of the resource.
pub(crate) const METHODS: &str = "GET, HEAD, POST, PATCH, OPTIONS";

const DECISIONS: Expected = Expected { max_bytes: MAX_BYTES, media_type: "application/json" };
const LINES: Expected = Expected { max_bytes: MAX_BYTES, media_type: "application/x-ndjson" };

/// `PATCH` and `POST /api/v1/tags`. The body is read only after authorization.
pub(crate) async fn write_many(
    app: &App,
    request: &HttpRequest,
    body: &mut Payload,
) -> Result<Response, http::Error> {
    let actor = allowed(request, app)?;
    match *request.method() {
        Method::PATCH => {
            let body = read_body(app, request, body, &DECISIONS).await?;
            decide(app, &body, actor).await
        }
        Method::POST => {
            let body = read_body(app, request, body, &LINES).await?;
            Ok(add(app, &body, actor).await?)
        }
        _ => Err(http::Error::MethodNotAllowed { allowed: METHODS }),
    }
}

/// Makes all decisions, or none if one of them cannot be made.
async fn decide(app: &App, body: &[u8], actor: String) -> Result<Response, http::Error> {
    let read = changes(body).map_err(|(index, invalid)| match index {
        Some(index) => http::Error::Decision { index, cause: invalid.into() },
        None => invalid.into(),
    })?;
    // It fits the description, which does not say that one of two fields is needed.
    if let Some(index) = read.iter().position(|decision| decision.change.is_empty()) {
        let cause = Error::Unprocessable(Invalid::new("status", "", NO_CHANGE));
        return Err(http::Error::Decision { index, cause });
    }
    check_regions(app, &read).await?;
    let tags: Vec<String> = read.iter().map(|change| change.tag.clone()).collect();
    let decisions = read.into_iter().map(decision).collect();
    let decided = app.gallery.works.decide_all(decisions, actor.clone()).await?;
    let works = decided
        .map_err(|Refused { number, error }| http::Error::Decision { index: number, cause: error.into() })?;
    let decisions = works.iter().zip(tags).map(|(stored, tag)| decided_tag(stored, tag)).collect();
    Ok(json(&Decided { actor, decisions }))
}

fn decision(WorkChange { work, tag, change }: WorkChange) -> WorkDecision {
    let Change { status, region, note, revision } = change;
    let decision = Decision::Change { tag, status, region };
    WorkDecision { object_number: work, expected: revision, decision, note }
}

fn decided_tag(stored: &StoredWork, tag: String) -> DecidedTag {
    let status = stored.tags.iter().find(|known| known.id() == tag).map(|known| known.status);
    DecidedTag {
        at: crate::record::timestamp(stored.changed_ms),
        revision: stored.revision,
        status: status.unwrap_or_default(),
        tag,
        work: stored.work.object_number.clone(),
    }
}

/// Rejects regions outside their images, and those that make a tag equal to another one.
async fn check_regions(app: &App, changes: &[WorkChange]) -> Result<(), http::Error> {
    let moved = || changes.iter().enumerate().filter(|(_, change)| change.change.region.is_some());
    let numbers: HashSet<String> = moved().map(|(_, change)| change.work.clone()).collect();
    if numbers.is_empty() {
        return Ok(());
    }
    let works = app.gallery.works.stored_all(numbers.into_iter().collect()).await?;
    for (index, change) in moved() {
        let checked = match works.get(&change.work) {
            Some(stored) => check_region(app, stored, change).await,
            None => Err(Error::NotFound),
        };
        checked.map_err(|cause| http::Error::Decision { index, cause })?;
    }
    Ok(())
}

async fn check_region(app: &App, stored: &StoredWork, change: &WorkChange) -> Result<(), Error> {
    let known = stored.tags.iter().find(|known| known.id() == change.tag).ok_or(Error::NotFound)?;
    let region = change.change.region.flatten();
    app.gallery.works.placed(&stored.work, known.image.as_deref(), region).await?;
    let moved = Tag { region, kept_id: None, ..known.clone() }.id();
    match stored.tags.iter().find(|other| other.id() == moved && moved != change.tag) {
        Some(other) => Err(Error::exists(other)),
        None => Ok(()),
    }
}

/// Adds the good lines, and reports the others.
async fn add(app: &App, body: &[u8], actor: String) -> Result<Response, Error> {
    let (mut batch, mut refused) = (TagBatch::default(), Vec::new());
    for (number, text) in (1..).zip(body.split(|byte| *byte == b'\n')) {
        if text.trim_ascii().is_empty() {
            continue;
        }
        match line(number, text, false) {
            Ok(line) => batch.tags.push(line),
            Err(bad) => refused.push(refused_line(number, &bad)),
        }
    }
    if batch.tags.is_empty() && refused.is_empty() {
        let reason = "is empty: send one JSON object per line, as in {\"work\": \"KMS1\", \"scheme\": \"motif\", \
            \"label\": {\"en\": \"dog\"}, \"source\": \"model:NAME@VERSION\", \"confidence\": 0.9}";
        return Err(Invalid::new("body", "", reason).into());
    }
    let tagging = app.live().tagging.clone();
    let TagsAdded { added, unchanged, decided, works, refused: more, .. } =
        app.gallery.works.add_tags(batch, &actor, &tagging, false).await?;
    refused.extend(more.into_iter().map(published));
    refused.sort_by_key(|refused| refused.line);
    Ok(json(&AddedTags { added, decided, refused, unchanged, works }))
}

fn refused_line(line: u64, invalid: &Invalid) -> RefusedTag {
    let parameter = Some(invalid.parameter.to_string());
    RefusedTag { line, parameter, reason: invalid.to_string(), work: None }
}

fn published(refused: RefusedLine) -> RefusedTag {
    let RefusedLine { line, work, parameter, reason } = refused;
    RefusedTag { line, parameter, reason, work }
}

fn json(value: &impl Serialize) -> Response {
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CACHE_CONTROL, "no-store")).content_type("application/json");
    response.body(as_json(value)).into()
}
