//! The OpenAPI 3.1 description, generated from the parameter tables and the record types.

use actix_web::HttpRequest;
use serde_json::{Map, Value, json};

use super::dump::NAMES;
use super::fields;
use super::parameters::{OF_ONE, of_random, of_suggest, of_terms, of_works};
use super::query::{ApiQuery, Kind, Parameter};
use super::responses::{Start, Url, as_json};
use super::schemas::{reference, schemas};
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
    let base = app.base.of(request)?;
    let sample = Sample::of(app);
    let name = app.publisher.name.best(&app.publisher.preferred_languages()).unwrap_or("Tegl");
    let document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": format!("{name}: works"),
            "version": "1",
            "description": "Search works, follow their changes, download all of them. Responses have ETags: send them back as `If-None-Match`. All URLs may be requested from any origin.",
        },
        "servers": [{ "url": base }],
        "paths": paths(&sample),
        "components": {
            "schemas": schemas(),
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
        },
    });
    Ok(json_response(request, document.to_string()).await.into())
}

/// Existing values for the examples.
struct Sample {
    schemes: Vec<String>,
    fields: Vec<String>,
    filter: String,
    work: String,
    scheme: String,
}

impl Sample {
    fn of(app: &App) -> Self {
        let usual = Self {
            schemes: Vec::new(),
            fields: Vec::new(),
            filter: "creator:anna-ancher".into(),
            work: "KMS1".into(),
            scheme: "creator".into(),
        };
        let Ok(snapshot) = app.gallery.search().and_then(|finder| finder.snapshot()) else { return usual };
        let numbers = snapshot.numbers(0, 1).unwrap_or_default();
        let vocabulary = snapshot.vocabulary();
        let most = (0..vocabulary.values().len() as u32).max_by_key(|&number| snapshot.work_count(number));
        let term = most.and_then(|number| vocabulary.value(number));
        Self {
            schemes: snapshot.schemes().to_vec(),
            fields: fields::all(&snapshot),
            filter: term.map_or(usual.filter, |term| format!("{}:{}", term.scheme, term.value)),
            scheme: term.map_or(usual.scheme, |term| term.scheme.clone()),
            work: numbers.into_iter().next().map_or(usual.work, |(number, _)| number),
        }
    }

    fn parameter(&self, parameter: &Parameter) -> Value {
        let own = parameter.kind.schema(&self.schemes, &self.fields);
        let repeats = parameter.times > 1;
        let schema = match repeats {
            true => json!({"type": "array", "items": own, "maxItems": parameter.times}),
            false => own,
        };
        let example = match parameter.kind {
            Kind::Filter => json!(self.filter),
            Kind::Scheme => json!(self.scheme),
            Kind::Integer(..) | Kind::Decimal(..) | Kind::Flag => {
                serde_json::from_str(parameter.example).unwrap_or_default()
            }
            _ => json!(parameter.example),
        };
        let mut operation = json!({
            "name": parameter.name, "in": "query", "description": parameter.about, "schema": schema,
        });
        if example != json!("") {
            operation["example"] = if repeats { json!([example]) } else { example };
        }
        if repeats {
            operation["style"] = json!("form");
            operation["explode"] = json!(true);
        }
        operation
    }
}

fn problems(statuses: &[u16]) -> Map<String, Value> {
    let about = |status: u16| match status {
        400 => "A parameter cannot be followed; the answer names it, and what would work.",
        401 => "This takes a token.",
        403 => "Access is disabled or not permitted.",
        404 => "Not found.",
        405 => "The address knows other methods; `Allow` lists them.",
        409 => "The work has this tag already; the answer names it.",
        410 => "The work was withdrawn.",
        412 => "Somebody else changed the work meanwhile: no tag of `If-Match` is its ETag now.",
        413 => "The body is too long.",
        415 => "The body is not sent as `application/json`.",
        422 => {
            "A field is well-formed, and does not fit the work: an image that it does not have, a region outside its image, a change of nothing. The answer names the field, and what would work."
        }
        _ => "Come back later: `Retry-After` says when.",
    };
    let one = |status: u16| {
        let problem = json!({
            "description": about(status),
            "content": { "application/problem+json": { "schema": reference("Problem") } },
        });
        (status.to_string(), problem)
    };
    statuses.iter().map(|status| one(*status)).collect()
}

fn operation(id: &str, about: &str, parameters: Vec<Value>, schema: Value, statuses: &[u16]) -> Value {
    let mut responses = problems(statuses);
    let success = if id.starts_with("add") { "201" } else { "200" };
    responses.insert(
        success.into(),
        json!({ "description": about, "content": { "application/json": { "schema": schema } } }),
    );
    json!({ "operationId": id, "summary": about, "parameters": parameters, "responses": responses })
}

/// `*`, or entity tags separated by commas (RFC 9110, §8.8.3).
const IF_MATCH: &str = "^(\\*|(W/)?\"[!#-~]*\"( *, *(W/)?\"[!#-~]*\")*)$";

const USUAL: [u16; 4] = [400, 403, 404, 503];
/// The same for an operation on a work, which may have been withdrawn.
const OF_WORK: [u16; 5] = [400, 403, 404, 410, 503];

fn paths(sample: &Sample) -> Value {
    let query = |table: &[Parameter]| -> Vec<Value> {
        table.iter().map(|parameter| sample.parameter(parameter)).collect()
    };
    let place = |name: &str, example: &str| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string", "minLength": 1 }, "example": example });
    let work = || place("work", &sample.work);
    let mut paths = Map::new();
    let mut get = |path: &str, operation: Value| {
        paths.insert(path.to_owned(), json!({ "get": operation }));
    };
    get("/api/v1", operation("start", "Where what is", vec![], reference("Start"), &USUAL));
    get(
        "/api/v1/works",
        operation(
            "findWorks",
            "Works that a search finds, page by page, with counts of facets and periods",
            query(&of_works()),
            reference("Works"),
            &USUAL,
        ),
    );
    get(
        "/api/v1/random",
        operation(
            "randomWorks",
            "Works by chance among those that a search finds",
            query(&of_random()),
            reference("Works"),
            &USUAL,
        ),
    );
    get(
        "/api/v1/suggest",
        operation(
            "suggest",
            "Suggestions while typing",
            query(&of_suggest()),
            reference("Suggestions"),
            &USUAL,
        ),
    );
    get(
        "/api/v1/creators",
        operation(
            "creators",
            "Creators in alphabetical order, with how many works they made",
            query(&of_terms(false)),
            reference("Creators"),
            &USUAL,
        ),
    );
    get(
        "/api/v1/tags",
        operation(
            "schemes",
            "Schemes of tags and other values of works",
            vec![],
            reference("Schemes"),
            &USUAL,
        ),
    );
    let mut below = query(&of_terms(true));
    below.insert(0, place("scheme", &sample.scheme));
    get(
        "/api/v1/tags/{scheme}",
        operation(
            "values",
            "A scheme's values as a tree, level by level, with how many works have them",
            below,
            reference("Values"),
            &USUAL,
        ),
    );
    get(
        "/api/v1/works/{work}",
        operation(
            "work",
            "All that is known of a work, with the record as its source gave it",
            [vec![work()], query(&OF_ONE)].concat(),
            reference("Work"),
            &OF_WORK,
        ),
    );
    for (name, media_type) in NAMES {
        let media_type = media_type.split(';').next().unwrap_or(media_type);
        let mut dump = operation(
            &format!("dump_{}", name.replace('.', "_")),
            "All works at once, sent while it is made; can be gone on with by `Range` and `If-Range`",
            vec![],
            json!({}),
            &USUAL,
        );
        dump["responses"]["200"]["content"] = json!({ media_type: { "schema": { "type": "string" } } });
        get(&format!("/api/v1/dump/{name}"), dump);
    }
    let writes = [400, 401, 403, 404, 409, 410, 412, 413, 415, 422, 503];
    let if_match = || {
        json!({
            "name": "If-Match", "in": "header", "required": false,
            "description": "Write only if the work has not changed: the ETag of the work's tags or of one tag, a list of these, or `*` for any (RFC 9110, §13.1.1).",
            "schema": { "type": "string", "pattern": IF_MATCH },
        })
    };
    let body = |name: &str| json!({ "required": true, "content": { "application/json": { "schema": reference(name) } } });
    let mut add = operation("addTag", "Add a tag", vec![work(), if_match()], reference("Tag"), &writes);
    add["requestBody"] = body("NewTag");
    let mut again = add["responses"]["201"].clone();
    again["description"] = json!("The work already has this tag, with its status as decided");
    add["responses"]["200"] = again;
    add["responses"]["201"]["headers"] =
        json!({ "Location": { "description": "The tag's address.", "schema": { "type": "string" } } });
    let mut judge = operation(
        "judgeTag",
        "Accept, propose or reject a tag, or change its region",
        vec![work(), place("tag", "0123456789abcdef"), if_match()],
        reference("Tag"),
        &writes,
    );
    judge["requestBody"] = body("Judgement");
    for written in [&mut add, &mut judge] {
        written["security"] = json!([{ "token": [] }]);
    }
    let mut withdraw = operation(
        "withdrawWork",
        "Withdraw a work: its addresses answer 410 until its record comes again",
        vec![work(), if_match()],
        json!({}),
        &[400, 401, 403, 404, 410, 412, 503],
    );
    withdraw["responses"]["204"] = json!({ "description": "Withdrawn" });
    if let Some(responses) = withdraw["responses"].as_object_mut() {
        responses.remove("200");
    }
    withdraw["security"] = json!([{ "token": [] }]);
    paths["/api/v1/works/{work}"]["delete"] = withdraw;
    let tags = operation(
        "tags",
        "A work's tags, those that were rejected among them",
        vec![work()],
        reference("Tags"),
        &OF_WORK,
    );
    paths.insert("/api/v1/works/{work}/tags".into(), json!({ "get": tags, "post": add }));
    let tag = operation(
        "tag",
        "One tag",
        vec![work(), place("tag", "0123456789abcdef")],
        reference("Tag"),
        &OF_WORK,
    );
    paths.insert("/api/v1/works/{work}/tags/{tag}".into(), json!({ "get": tag, "patch": judge }));
    let history = operation(
        "tagHistory",
        "What happened to a tag",
        vec![work(), place("tag", "0123456789abcdef")],
        reference("History"),
        &OF_WORK,
    );
    paths.insert("/api/v1/works/{work}/tags/{tag}/history".into(), json!({ "get": history }));
    Value::Object(paths)
}
