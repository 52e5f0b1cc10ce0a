//! The OpenAPI 3.1 description, generated from the parameter tables and the record types.

mod operation;
mod paths;
mod sample;
pub(super) mod schemas;

use actix_web::HttpRequest;
use serde_json::{Value, json};

use self::sample::Sample;
use super::dump::NAMES;
use super::query::ApiQuery;
use super::responses::{Start, Url, as_json};
use super::works::json_response;
use crate::gallery::Error;
use crate::web::App;
use crate::web::http::response::Response;

/// `GET /api/v1`: links to all endpoints.
pub(super) async fn start(app: &App, request: &HttpRequest) -> Result<Response, Error> {
    ApiQuery::read(&[], request.query_string())?;
    let base = format!("{}/api/v1", app.base.of(request)?);
    let place = |path: &str| Url(format!("{base}/{path}"));
    let start = Start {
        concepts: place("concepts"),
        creators: place("creators"),
        dumps: NAMES.iter().map(|(name, _)| (*name, place(&format!("dump/{name}")))).collect(),
        openapi: place("openapi.json"),
        random: place("random"),
        suggest: place("suggest"),
        tags: place("tags"),
        works: place("works"),
    };
    Ok(json_response(request, as_json(&start)).await.into())
}

/// `GET /api/v1/openapi.json`.
pub(super) async fn answer(app: &App, request: &HttpRequest) -> Result<Response, Error> {
    ApiQuery::read(&[], request.query_string())?;
    Ok(json_response(request, described(app, &app.base.of(request)?).to_string()).await.into())
}

/// The description of the API of a server at this base URL.
pub(crate) fn described(app: &App, base: &str) -> Value {
    let sample = Sample::of(app);
    let name = app.publisher.name.best(&app.publisher.preferred_languages()).unwrap_or("Tegl");
    let mut info = json!({
        "title": format!("{name}: works"),
        "version": "1",
        "description": "Search works, follow their changes, download all of them. Responses have ETags: send them back as `If-None-Match`. All URLs may be requested from any origin.",
    });
    let licence = &app.publisher.data_licence;
    if !licence.is_empty() {
        let name = app.publisher.rights_name(licence);
        let name = name.as_ref().and_then(|name| name.best(&["en"])).unwrap_or(licence);
        info["license"] = json!({ "name": name, "url": licence });
    }
    json!({
        "openapi": "3.1.0",
        "info": info,
        "servers": [{ "url": base }],
        "paths": paths::paths(&sample),
        "components": {
            "schemas": schemas::schemas(),
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
        },
    })
}
