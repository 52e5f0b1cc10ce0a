//! Works in the order of their nearness to a text.

use actix_web::HttpRequest;

use super::query::ApiQuery;
use super::responses::{Works, spliced};
use super::similar::{indexed, wanted};
use super::works::{facets, histogram, json_response, search_of, serializer};
use crate::gallery::Error;
use crate::iiif::Invalid;
use crate::presentation::Address;
use crate::search::Search;
use crate::web::App;
use crate::web::http::response::Response;

/// `GET /api/v1/works?like=text:…`: the works nearest to a text among those that the other parameters select.
pub(super) async fn list(app: &App, request: &HttpRequest, query: &ApiQuery<'_>) -> Result<Response, Error> {
    let text = text(query)?;
    let search_service = app.gallery.search()?;
    let wanted = wanted(app, query).await?;
    let limit = wanted.limit;
    let found = app.gallery.likeness()?.similar_to_text(text, wanted).await?;
    let works = indexed(app, found.works).await?;
    // Facets count all works that the other parameters select.
    let counted = match query.text("facet").or(query.text("histogram")) {
        Some(_) => {
            let search = search_of(query, &*search_service.snapshot()?)?;
            Some(search_service.find(Search { limit: 0, ..search }).await?)
        }
        None => None,
    };
    let address = Address::new(&app.base.of(request)?);
    let serializer = serializer(app, &address, query)?;
    let has = |name: &str| query.text(name).is_some();
    let page = Works {
        facets: counted.as_ref().filter(|_| has("facet")).map(|hits| facets(hits, query.text("lang"))),
        histogram: counted.as_ref().filter(|_| has("histogram")).map(histogram),
        limit: Some(limit),
        total: works.len() as u64,
        ..Works::default()
    };
    let body = spliced(&page, works.iter().map(|(_, work)| Ok::<_, Error>(serializer.work(work))))?;
    Ok(json_response(request, body).await.into())
}

/// The words of `like`, which excludes other orders and pages.
fn text<'a>(query: &'a ApiQuery<'_>) -> Result<&'a str, Error> {
    for name in ["sort", "cursor"] {
        if let Some(value) = query.text(name).filter(|value| !value.is_empty()) {
            let reason = "cannot be combined with `like`, which orders works by their nearness: use `limit`";
            return Err(Error::Unprocessable(Invalid::new(name, value, reason)));
        }
    }
    let like = query.text("like").unwrap_or_default();
    match like.strip_prefix("text:").map(str::trim).filter(|text| !text.is_empty()) {
        Some(text) => Ok(text),
        None => {
            let reason = "must be `text:` and words, as in `text:a ship at sea`";
            Err(Error::Unprocessable(Invalid::new("like", like, reason)))
        }
    }
}
