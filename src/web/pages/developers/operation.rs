//! Operations of the description, each with its parameters and examples.

use maud::{Markup, html};
use serde_json::Value;

use super::super::context::Context;
use super::super::labels;
use super::examples::{Body, Request};

/// An operation of the description.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Operation {
    /// In lower case.
    pub method: String,
    pub path: String,
    id: String,
    summary: String,
    pub needs_token: bool,
    parameters: Vec<Parameter>,
    request: Request,
}

#[derive(Clone, Debug, PartialEq)]
struct Parameter {
    name: String,
    place: String,
    is_required: bool,
    kind: String,
    about: String,
    example: Option<String>,
}

/// Methods in the order of the page.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// All operations of a description.
pub(super) fn operations(description: &Value) -> Vec<Operation> {
    let server = description["servers"][0]["url"].as_str().unwrap_or_default();
    let known = typed(description);
    let paths = description["paths"].as_object().into_iter().flatten();
    let all = paths.flat_map(|(path, item)| {
        METHODS.into_iter().filter_map(move |method| Some((path, method, item.get(method)?)))
    });
    all.map(|(path, method, operation)| read(server, path, method, operation, &known)).collect()
}

/// The beginning of an existing value, which suggestions complete.
fn typed(description: &Value) -> String {
    let parameters = &description["paths"]["/api/v1/works"]["get"]["parameters"];
    let mut examples = parameters.as_array().into_iter().flatten();
    let any =
        examples.find(|parameter| parameter["name"] == "any").and_then(|any| any["example"][0].as_str());
    let value = any.and_then(|filter| filter.split_once(':')).map_or("a", |(_, value)| value);
    value.chars().take(3).collect()
}

fn read(server: &str, path: &str, method: &str, operation: &Value, known: &str) -> Operation {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let parameters: Vec<Parameter> = operation["parameters"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|parameter| Parameter {
            name: text(&parameter["name"]),
            place: text(&parameter["in"]),
            is_required: parameter["required"] == true,
            kind: kind(&parameter["schema"]),
            about: text(&parameter["description"]),
            example: parameter.get("example").map(shown),
        })
        .collect();
    let needs_token = operation.get("security").is_some();
    let request = Request {
        method: method.to_uppercase(),
        url: format!("{server}{}{}", filled(path, &parameters), query(operation, method, &parameters, known)),
        needs_token,
        body: Body::of(&operation["requestBody"]),
    };
    Operation {
        method: method.to_owned(),
        path: path.to_owned(),
        id: text(&operation["operationId"]),
        summary: text(&operation["summary"]),
        needs_token,
        parameters,
        request,
    }
}

/// The path with examples in place of its parameters.
fn filled(path: &str, parameters: &[Parameter]) -> String {
    parameters.iter().filter(|parameter| parameter.place == "path").fold(
        path.to_owned(),
        |path, parameter| {
            path.replace(
                &format!("{{{}}}", parameter.name),
                &encoded(parameter.example.as_deref().unwrap_or("x")),
            )
        },
    )
}

/// A few parameters that show what the operation does, and a short response.
fn query(operation: &Value, method: &str, parameters: &[Parameter], known: &str) -> String {
    let has =
        |name: &str| parameters.iter().find(|parameter| parameter.place == "query" && parameter.name == name);
    let mut pairs: Vec<(&str, String)> = Vec::new();
    match operation["operationId"].as_str() {
        Some("suggest") => pairs.push(("q", known.to_owned())),
        Some("findWorks") => {
            pairs.extend(has("any").and_then(|any| Some(("any", any.example.clone()?))));
            pairs.extend(has("facet").and_then(|facet| Some(("facet", facet.example.clone()?))));
        }
        Some("similarToDetail") => {
            pairs.extend([("canvas", "CANVAS-URI".to_owned()), ("xywh", "percent:10,10,30,30".to_owned())]);
        }
        _ => {}
    }
    if has("limit").is_some() && method == "get" {
        pairs.push(("limit", "3".to_owned()));
    }
    let texts: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    if texts.is_empty() { String::new() } else { format!("?{}", texts.join("&")) }
}

/// A text in a URL; colons and commas stay readable.
fn encoded(text: &str) -> String {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
    const KEPT: &AsciiSet =
        &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b':').remove(b',');
    utf8_percent_encode(text, KEPT).to_string()
}

/// An example as it is typed.
fn shown(example: &Value) -> String {
    match example {
        Value::String(text) => text.clone(),
        Value::Array(all) => all.first().map(shown).unwrap_or_default(),
        other => other.to_string(),
    }
}

/// What a parameter may be, as in `integer, 0 to 100`, `true or false`, `date, title …`.
fn kind(schema: &Value) -> String {
    if schema["type"] == "array" {
        return format!("{}, up to {} times", kind(&schema["items"]), schema["maxItems"]);
    }
    if let Some(choices) = schema["enum"].as_array() {
        const MAX_CHOICES: usize = 24;
        let names: Vec<&str> = choices.iter().filter_map(Value::as_str).take(MAX_CHOICES).collect();
        let more = if choices.len() > MAX_CHOICES { " …" } else { "" };
        return format!("{}{more}", names.join(", "));
    }
    let name = schema["type"].as_str().unwrap_or("text");
    let name = if name == "string" { "text" } else { name };
    match (&schema["minimum"], &schema["maximum"]) {
        (Value::Number(least), Value::Number(most)) => format!("{name}, {least} to {most}"),
        _ if name == "boolean" => "true or false".to_owned(),
        _ => name.to_owned(),
    }
}

/// An operation as a section that opens.
pub(super) fn section(context: &Context, operation: &Operation) -> Markup {
    let runs =
        operation.method == "get" && !operation.needs_token && !operation.request.url.contains("CANVAS-URI");
    html! {
        details.operation id=(operation.id) open[operation.id == "findWorks"] {
            summary {
                span.method { (operation.method.to_uppercase()) } " "
                code { (operation.path) } " "
                span.summary lang="en" { (prose(&operation.summary)) }
            }
            (parameters(context, operation))
            h3 { (context.text(labels::EXAMPLE)) }
            @if runs {
                form.run action=(operation.request.url) hidden {
                    input.input name="url" type="text" value=(operation.request.url) spellcheck="false" autocomplete="off"
                        aria-label=(context.text(labels::ADDRESS));
                    button.button.primary type="submit" { (context.text(labels::RUN)) }
                }
                p.plain-link { a href=(operation.request.url) { (operation.request.url) } }
            }
            (operation.request.examples())
            @if runs {
                p.status role="status" {}
                pre.response tabindex="0" hidden aria-label=(context.text(labels::RESOURCE)) {}
            }
        }
    }
}

/// A text whose parts in backticks are code.
fn prose(text: &str) -> Markup {
    html! {
        @for (at, part) in text.split('`').enumerate() {
            @if at % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

fn parameters(context: &Context, operation: &Operation) -> Markup {
    html! {
        @if !operation.parameters.is_empty() {
            h3 { (context.text(labels::PARAMETERS)) }
            dl.parameters lang="en" {
                @for parameter in &operation.parameters {
                    div {
                        dt {
                            code { (parameter.name) }
                            @if parameter.is_required {
                                " " span.note lang=(context.language) { (context.text(labels::REQUIRED)) }
                            }
                        }
                        dd {
                            @if !parameter.about.is_empty() { (prose(&parameter.about)) " " }
                            span.note { (parameter.kind) }
                            @if let Some(example) = &parameter.example { " " code { (example) } }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn description() -> Value {
        json!({
            "servers": [{ "url": "https://host/m" }],
            "paths": {
                "/api/v1/works": { "get": {
                    "operationId": "findWorks", "summary": "Search works",
                    "parameters": [
                        { "name": "any", "in": "query", "schema": { "type": "array", "items": { "type": "string" }, "maxItems": 20 },
                          "example": ["creator:anna-ancher"] },
                        { "name": "limit", "in": "query", "schema": { "type": "integer", "minimum": 0, "maximum": 100 } },
                    ],
                } },
                "/api/v1/suggest": { "get": { "operationId": "suggest" } },
                "/api/v1/works/{work}/tags": { "post": {
                    "operationId": "addTag", "security": [{ "token": [] }],
                    "parameters": [{ "name": "work", "in": "path", "required": true, "example": "KMS 1/2" }],
                    "requestBody": { "content": { "application/json": {} } },
                } },
            },
        })
    }

    #[test]
    fn operations_have_examples_with_values_of_the_description() {
        let all = operations(&description());
        let urls: Vec<(&str, &str)> =
            all.iter().map(|one| (one.request.method.as_str(), one.request.url.as_str())).collect();
        assert_eq!(
            urls,
            [
                ("GET", "https://host/m/api/v1/suggest?q=ann"),
                ("GET", "https://host/m/api/v1/works?any=creator:anna-ancher&limit=3"),
                ("POST", "https://host/m/api/v1/works/KMS%201%2F2/tags"),
            ]
        );
        assert!(all[2].needs_token && !all[1].needs_token);
        assert_eq!(all[1].parameters[0].kind, "text, up to 20 times");
        assert_eq!(all[1].parameters[1].kind, "integer, 0 to 100");
    }

    #[test]
    fn only_what_needs_no_token_runs_in_the_page() {
        let page = |at: usize| section(&Context::default(), &operations(&description())[at]).into_string();
        assert!(page(1).contains("class=\"run\"") && page(1).contains("curl"), "{}", page(1));
        assert!(!page(2).contains("class=\"run\""), "{}", page(2));
    }
}
