//! Requests in curl, Python and JavaScript.

use maud::{Markup, html};
use serde_json::Value;

/// A request that examples make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub method: String,
    pub url: String,
    pub needs_token: bool,
    pub body: Option<Body>,
}

/// The body of a request: a file of this media type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Body {
    media_type: String,
}

impl Body {
    /// The body that a description asks for.
    pub(super) fn of(request_body: &Value) -> Option<Self> {
        let media_type = request_body["content"].as_object()?.keys().next()?;
        Some(Self { media_type: media_type.clone() })
    }

    fn file(&self) -> &'static str {
        match self.media_type.as_str() {
            "application/x-ndjson" => "lines.jsonl",
            "application/json" => "body.json",
            _ => "picture.jpg",
        }
    }

    fn media_type(&self) -> &str {
        if self.media_type.contains('*') { "image/jpeg" } else { &self.media_type }
    }
}

impl Request {
    /// The request in three languages.
    pub(super) fn examples(&self) -> Markup {
        html! {
            div.examples {
                @for (name, text) in [("curl", self.curl()), ("Python", self.python()), ("JavaScript", self.javascript())] {
                    details open[name == "curl"] {
                        summary { (name) }
                        pre tabindex="0" aria-label=(name) { code { (text) } }
                    }
                }
            }
        }
    }

    fn curl(&self) -> String {
        let mut parts = vec!["curl".to_owned()];
        if self.method != "GET" && !(self.method == "POST" && self.body.is_some()) {
            parts.push(format!("-X {}", self.method));
        }
        if self.needs_token {
            parts.push("-H \"Authorization: Bearer $TOKEN\"".to_owned());
        }
        if let Some(body) = &self.body {
            parts.push(format!("-H {}", quoted(&format!("Content-Type: {}", body.media_type()))));
            parts.push(format!("--data-binary @{}", body.file()));
        }
        parts.push(quoted(&self.url));
        parts.join(" ")
    }

    fn python(&self) -> String {
        let url = Value::from(self.url.as_str());
        if self.method == "GET" && !self.needs_token {
            let read = if self.is_text() {
                "print(response.read(2000).decode())"
            } else {
                "print(json.load(response))"
            };
            return format!(
                "import json\nfrom urllib.request import urlopen\n\nwith urlopen({url}) as response:\n    {read}"
            );
        }
        let mut arguments = vec![url.to_string(), format!("method=\"{}\"", self.method)];
        let mut headers = Vec::new();
        if self.needs_token {
            headers.push("\"Authorization\": f\"Bearer {token}\"".to_owned());
        }
        if let Some(body) = &self.body {
            headers.push(format!("\"Content-Type\": \"{}\"", body.media_type()));
            arguments.push(format!("data=open(\"{}\", \"rb\").read()", body.file()));
        }
        arguments.push(format!("headers={{{}}}", headers.join(", ")));
        format!(
            "import json\nfrom urllib.request import Request, urlopen\n\nrequest = Request({})\nwith urlopen(request) as response:\n    print(response.read().decode())",
            arguments.join(", ")
        )
    }

    fn javascript(&self) -> String {
        let url = Value::from(self.url.as_str());
        let mut options = Vec::new();
        if self.method != "GET" {
            options.push(format!("method: \"{}\"", self.method));
        }
        let mut headers = Vec::new();
        if self.needs_token {
            headers.push("Authorization: `Bearer ${token}`".to_owned());
        }
        if let Some(body) = &self.body {
            headers.push(format!("\"Content-Type\": \"{}\"", body.media_type()));
            options.push("body".to_owned());
        }
        if !headers.is_empty() {
            options.insert(0, format!("headers: {{ {} }}", headers.join(", ")));
        }
        let options =
            if options.is_empty() { String::new() } else { format!(", {{ {} }}", options.join(", ")) };
        let read = if self.is_text() { "text" } else { "json" };
        format!("const response = await fetch({url}{options});\nconsole.log(await response.{read}());")
    }

    /// Whether the response is no single JSON document.
    fn is_text(&self) -> bool {
        self.url.contains("/dump/")
    }
}

/// A text in single quotes for a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_written_in_three_languages() {
        let get =
            Request { method: "GET".into(), url: "https://h/a?q='\"".into(), needs_token: false, body: None };
        assert_eq!(get.curl(), r#"curl 'https://h/a?q='\''"'"#);
        assert!(get.python().contains(r#"urlopen("https://h/a?q='\"")"#));
        assert!(get.javascript().starts_with(r#"const response = await fetch("https://h/a?q='\"");"#));
        let body = Body::of(&serde_json::json!({ "content": { "application/json": {} } }));
        let post = Request { method: "POST".into(), url: "https://h/a".into(), needs_token: true, body };
        assert_eq!(
            post.curl(),
            "curl -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' --data-binary @body.json 'https://h/a'"
        );
        assert!(post.javascript().contains("method: \"POST\", body }"), "{}", post.javascript());
        assert!(post.python().contains("method=\"POST\""));
    }
}
