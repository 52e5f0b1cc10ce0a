//! Tags that wait for a curator's decision: `/api/v1/review/…`, for holders of a token.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use percent_encoding::percent_decode_str;
use serde::Serialize;
use serde_json::json;

use super::parameters::{OF_WAITING_ANNOTATIONS, OF_WAITING_TAGS, OF_WAITING_WORKS};
use super::query::ApiQuery;
use super::responses::review::{
    PublishedValue, PublishedWaitingAnnotation, PublishedWaitingTag, WaitingScheme, WaitingWork,
};
use super::responses::{
    PublishedTag, Url, WaitingAnnotations, WaitingSchemes, WaitingTags, WaitingValues, WaitingWorks,
};
use super::tags::allowed;
use crate::catalogue::{WaitingAnnotation, WaitingTag, WaitingValue};
use crate::gallery::Error;
use crate::presentation::Address;
use crate::web::App;
use crate::web::http::error as http;
use crate::web::http::response::Response;

/// The side of the square that a picture fits in, in pixels.
const PICTURE: u32 = 400;

/// `GET /api/v1/review`, with the rest of the path: `/schemes`, `/schemes/{scheme}`, `/schemes/{scheme}/{value}`, `/works`,
/// `/annotations`.
pub(crate) async fn answer(app: &App, request: &HttpRequest, rest: &str) -> Result<Response, http::Error> {
    let decoded = |part: &str| percent_decode_str(part).decode_utf8_lossy().into_owned();
    let parts: Vec<String> = rest.trim_matches('/').split('/').map(decoded).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let is_known =
        matches!(parts[..], ["annotations" | "schemes" | "works"] | ["schemes", _] | ["schemes", _, _]);
    if !is_known {
        return Err(Error::NotFound.into());
    }
    allowed(request, app)?;
    let works = &app.gallery.works;
    let response = match parts[..] {
        ["schemes", scheme, value] => {
            let query = ApiQuery::read(&OF_WAITING_TAGS, request.query_string())?;
            let (start, limit) = (query.integer("start").unwrap_or(0), limit(&query, 60));
            let waiting = works.waiting_tags(scheme, value, start, limit).await?;
            json_of(&WaitingTags { tags: published(app, request, waiting)? })
        }
        ["schemes", scheme] => {
            ApiQuery::read(&[], request.query_string())?;
            let values = works.waiting_values(scheme).await?;
            let value = |WaitingValue { value, label, tags }| PublishedValue { label, tags, value };
            json_of(&WaitingValues { values: values.into_iter().map(value).collect() })
        }
        ["annotations"] => {
            let query = ApiQuery::read(&OF_WAITING_ANNOTATIONS, request.query_string())?;
            let (after, limit) = (query.integer("after").unwrap_or(0), limit(&query, 50));
            let waiting = works.waiting_annotations(after, limit).await?;
            let address = Address::new(&app.base.of(request)?);
            json_of(&WaitingAnnotations {
                annotations: waiting.into_iter().map(|waiting| annotation(&address, waiting)).collect(),
            })
        }
        ["schemes"] => {
            ApiQuery::read(&[], request.query_string())?;
            let schemes = works.waiting_schemes().await?;
            let label = |scheme: &str| app.publisher.scheme_label(scheme);
            let one = |(scheme, tags): (String, u64)| WaitingScheme { label: label(&scheme), scheme, tags };
            json_of(&WaitingSchemes { schemes: schemes.into_iter().map(one).collect() })
        }
        _ => {
            let query = ApiQuery::read(&OF_WAITING_WORKS, request.query_string())?;
            let after = query.text("after").map(str::to_owned);
            let waiting = works.waiting_works(after, limit(&query, 10)).await?;
            let work = |tags: Vec<WaitingTag>| {
                let work = tags.first().map(|tag| tag.object_number.clone()).unwrap_or_default();
                Ok(WaitingWork { tags: published(app, request, tags)?, work })
            };
            json_of(&WaitingWorks { works: waiting.into_iter().map(work).collect::<Result<_, Error>>()? })
        }
    };
    Ok(response)
}

fn annotation(address: &Address, waiting: WaitingAnnotation) -> PublishedWaitingAnnotation {
    let WaitingAnnotation { object_number: work, label, annotation } = waiting;
    let state = annotation.state;
    PublishedWaitingAnnotation {
        creator: state.creator,
        id: Url(address.annotation(&work, &state.id)),
        label,
        made: state.made,
        page: Url(address.work_page(&work)),
        revision: state.revision,
        text: state.words,
        work,
    }
}

fn limit(query: &ApiQuery<'_>, default: u64) -> usize {
    query.integer("limit").unwrap_or(default) as usize
}

fn published(
    app: &App,
    request: &HttpRequest,
    tags: Vec<WaitingTag>,
) -> Result<Vec<PublishedWaitingTag>, Error> {
    let base = app.base.of(request)?;
    let address = Address::new(&base);
    let one = |waiting: WaitingTag| PublishedWaitingTag {
        page: Url(address.work_page(&waiting.object_number)),
        picture: picture(&base, &waiting).map(Url),
        label: waiting.label,
        revision: waiting.revision,
        tag: PublishedTag::from(&waiting.tag),
        work: waiting.object_number,
    };
    Ok(tags.into_iter().map(one).collect())
}

/// The URL of the part of the image that the tag is about, never enlarged.
fn picture(base: &str, waiting: &WaitingTag) -> Option<String> {
    let file = waiting.tag.image.as_ref().or(waiting.thumbnail.as_ref())?;
    let file = percent_encoding::utf8_percent_encode(file, percent_encoding::NON_ALPHANUMERIC);
    let (part, size) = match waiting.tag.region {
        None => ("full".to_owned(), format!("!{PICTURE},{PICTURE}")),
        Some(region) if region.width.max(region.height) <= PICTURE => (region.to_string(), "max".to_owned()),
        Some(region) => (region.to_string(), format!("!{PICTURE},{PICTURE}")),
    };
    Some(format!("{base}/iiif/3/{file}/{part}/{size}/0/default.jpg"))
}

/// A response that no cache keeps.
pub(in crate::web) fn json_of(value: &impl Serialize) -> Response {
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CACHE_CONTROL, "no-store")).content_type("application/json");
    // A tag begins with the fields of its record: by way of a `Value` all fields are in alphabetical order.
    response.body(json!(value).to_string()).into()
}
