//! One operation of the description.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use super::schemas::reference;

/// Statuses of problems with requests for lists and documents.
pub(super) const USUAL: &[u16] = &[400, 403, 404, 503];
/// With searches, whose parameters may exclude each other.
pub(super) const OF_SEARCH: &[u16] = &[400, 403, 404, 422, 503];
/// With requests for a work, which may have been withdrawn.
pub(super) const OF_WORK: &[u16] = &[400, 403, 404, 410, 503];
/// Problems of requests for similar works, which a model may not be able to answer.
pub(super) const OF_SIMILAR: &[u16] = &[400, 403, 404, 410, 422, 503];
/// With changes of a work's tags.
pub(super) const OF_CHANGE: &[u16] = &[400, 401, 403, 404, 409, 410, 412, 413, 415, 422, 503];
/// With a picture that is sent.
pub(super) const OF_PICTURE: &[u16] = &[400, 403, 404, 408, 413, 415, 422, 503];
/// With many changes of tags of several works.
pub(super) const OF_CHANGES: &[u16] = &[400, 401, 403, 404, 409, 412, 413, 415, 422, 503];
/// With a batch of new tags.
pub(super) const OF_BATCH: &[u16] = &[400, 401, 403, 404, 413, 415, 503];
/// With lists for curators.
pub(super) const OF_REVIEW: &[u16] = &[400, 401, 403, 404, 503];
/// With changes of a cluster.
pub(super) const OF_CLUSTER: &[u16] = &[400, 401, 403, 404, 408, 412, 413, 415, 422, 503];
/// With the withdrawal of a work.
pub(super) const OF_WITHDRAWAL: &[u16] = &[400, 401, 403, 404, 408, 410, 412, 413, 415, 422, 503];
/// With the restoration of a work.
pub(super) const OF_RESTORATION: &[u16] = &[400, 401, 403, 404, 412, 503];

/// An operation, with its responses by status.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Operation {
    operation_id: String,
    parameters: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_body: Option<Value>,
    responses: BTreeMap<u16, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    security: Option<Value>,
    summary: &'static str,
}

impl Operation {
    pub(super) fn new(id: impl Into<String>, summary: &'static str, problems: &[u16]) -> Self {
        Self {
            operation_id: id.into(),
            parameters: Vec::new(),
            request_body: None,
            responses: problems.iter().map(|status| (*status, problem(*status))).collect(),
            security: None,
            summary,
        }
    }

    pub(super) fn parameters(mut self, parameters: impl IntoIterator<Item = Value>) -> Self {
        self.parameters.extend(parameters);
        self
    }

    pub(super) fn response(mut self, status: u16, response: Value) -> Self {
        self.responses.insert(status, response);
        self
    }

    /// Responds with this schema.
    pub(super) fn returns(self, schema: &str) -> Self {
        let response = json_of(self.summary, schema);
        self.response(200, response)
    }

    pub(super) fn body(mut self, schema: &str) -> Self {
        self.request_body = Some(json!({ "required": true, "content": content(schema) }));
        self
    }

    /// Takes a body with this schema, or none.
    pub(super) fn optional_body(mut self, schema: &str) -> Self {
        self.request_body = Some(json!({ "required": false, "content": content(schema) }));
        self
    }

    /// Takes any file of these kinds as its body.
    pub(super) fn picture(mut self, media_type: &str) -> Self {
        let schema = json!({ "type": "string", "format": "binary" });
        self.request_body =
            Some(json!({ "required": true, "content": { media_type: { "schema": schema } } }));
        self
    }

    /// Takes lines of JSON, of which this is one.
    pub(super) fn lines(mut self, description: &str, example: &str) -> Self {
        let schema = json!({ "type": "string", "description": description, "examples": [example] });
        let content = json!({ "application/x-ndjson": { "schema": schema, "example": example } });
        self.request_body = Some(json!({ "required": true, "content": content }));
        self
    }

    pub(super) fn with_token(mut self) -> Self {
        self.security = Some(json!([{ "token": [] }]));
        self
    }
}

/// A response in JSON.
pub(super) fn json_of(description: &str, schema: &str) -> Value {
    json!({ "description": description, "content": content(schema) })
}

fn content(schema: &str) -> Value {
    json!({ "application/json": { "schema": reference(schema) } })
}

fn problem(status: u16) -> Value {
    json!({
        "description": meaning(status),
        "content": { "application/problem+json": { "schema": reference("Problem") } },
    })
}

fn meaning(status: u16) -> &'static str {
    match status {
        400 => "A parameter is not valid; the response names it, and what works.",
        401 => "A token is required.",
        403 => "Access is disabled or not permitted.",
        404 => "Not found.",
        408 => "The body did not arrive in time.",
        409 => "The work already has this tag; the response names it.",
        410 => "The work was withdrawn.",
        412 => "It has been changed since: `If-Match` does not have the current ETag.",
        413 => "The body is too long.",
        415 => "The body is of another type than the one that works here.",
        422 => {
            "A field is valid but does not fit the work: an image that it does not have, a region outside its image, a change of nothing. The response names the field, and what works."
        }
        _ => "Try again later: `Retry-After` says when.",
    }
}
