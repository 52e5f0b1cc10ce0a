//! A small collection for tests of search and the API: a catalogue of records, one of which has a master.

use std::time::Duration;

use serde_json::{Value, json};

use super::command::{CommandOutput, tegl};
use super::eventually;
use super::http::Response;
use super::masters::{self, picture};
use super::server::Server;

pub(crate) const TOKEN: &str = "a-secret-of-operators";
pub(crate) const CURATOR: &str = "a-secret-of-the-tests";

/// A catalogue of records, some of which have a master.
pub(crate) struct Museum {
    pub folder: tempfile::TempDir,
}

impl Museum {
    pub(crate) fn new(records: &[Value]) -> Self {
        let museum = Self::empty();
        let raster = picture(900, 600);
        std::fs::write(museum.path("masters/a.tif"), masters::jpeg_pyramid(&raster, 128)).unwrap();
        museum.ingest(records);
        museum
    }

    /// A folder for masters, and no records.
    pub(crate) fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("masters")).unwrap();
        Self { folder }
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    fn environment(&self) -> [(&'static str, String); 3] {
        [
            ("TEGL__CATALOGUE__URL", self.path("catalogue.db")),
            ("TEGL__OPERATIONS__TOKEN", TOKEN.to_owned()),
            ("TEGL__API__TOKENS__CURATOR", CURATOR.to_owned()),
        ]
    }

    pub(crate) fn ingest(&self, records: &[Value]) {
        let lines: Vec<String> = records.iter().map(Value::to_string).collect();
        std::fs::write(self.path("records.jsonl"), lines.join("\n")).unwrap();
        self.ingest_from(&self.path("records.jsonl"));
    }

    /// Imports the records of a file or URL.
    #[track_caller]
    pub(crate) fn ingest_from(&self, records: &str) -> CommandOutput {
        let output = self.run(&["ingest", &self.path("masters"), "--records", records]);
        assert!(output.code.is_some_and(|code| code < 2), "{}{}", output.out, output.err);
        output
    }

    /// Runs a command with the museum's catalogue.
    pub(crate) fn run(&self, typed: &[&str]) -> CommandOutput {
        let environment = self.environment();
        let environment: Vec<(&str, &str)> =
            environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
        tegl(typed, &environment)
    }

    pub(crate) fn serve(&self) -> Server {
        self.serve_with(&[])
    }

    pub(crate) fn serve_with(&self, more: &[(&str, &str)]) -> Server {
        let server = self.serve_unindexed(more);
        wait_until_indexed(&server);
        server
    }

    /// Starts a server, and does not wait for its index.
    pub(crate) fn serve_unindexed(&self, more: &[(&str, &str)]) -> Server {
        let environment = self.environment();
        let mut environment: Vec<(&str, &str)> =
            environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let index = self.path("index");
        environment.push(("TEGL__SEARCH__FOLDER", &index));
        environment.extend(more);
        Server::with(&[&self.path("masters")], &environment)
    }

    /// Starts a server with this configuration file.
    pub(crate) fn serve_configured(&self, toml: &str) -> Server {
        let file = self.path("tegl.toml");
        std::fs::write(&file, toml).unwrap();
        let (catalogue, index) = (self.path("catalogue.db"), self.path("index"));
        let environment = [("TEGL__CATALOGUE__URL", catalogue.as_str()), ("TEGL__SEARCH__FOLDER", &index)];
        let server = Server::with(&["--config", &file, &self.path("masters")], &environment);
        wait_until_indexed(&server);
        server
    }
}

/// Sends a request with a body, a curator's token and further headers.
pub(crate) fn send(
    server: &Server,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Response {
    let authorization = format!("Bearer {CURATOR}");
    send_without_token(server, method, path, &[headers, &[("Authorization", &authorization)]].concat(), body)
}

/// Sends a request with a body and headers.
pub(crate) fn send_without_token(
    server: &Server,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Response {
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n");
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    head += &format!("Content-Length: {}\r\n\r\n", body.len());
    server.raw(&[head.as_bytes(), body].concat()).unwrap()
}

/// Adds a tag to a work, with a curator's token.
#[track_caller]
pub(crate) fn tag(server: &Server, work: &str, tag: Value) {
    let tag = tag.to_string();
    let request = format!(
        "POST /api/v1/works/{work}/tags HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {CURATOR}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{tag}",
        tag.len()
    );
    assert_eq!(server.raw(request.as_bytes()).unwrap().status, 201);
}

/// Waits until `holds` is true; panics after `limit`.
#[track_caller]
pub(crate) fn wait(limit: Duration, holds: impl FnMut() -> bool) {
    assert!(eventually(limit, holds), "timed out");
}

/// Waits until works are indexed.
pub(crate) fn wait_until_indexed(server: &Server) {
    let found = || server.get("/api/v1/works?limit=0").status == 200;
    wait(Duration::from_secs(120), found);
}

pub(crate) fn works() -> Vec<Value> {
    let mut works = vec![
        json!({
            "object_number": "KMS1", "titles": {"da": "En hest på marken", "en": "A Horse in the Field"},
            "creators": [{"name": "Christen Købke", "nationality": "dansk"}],
            "production": {"text": "1834", "earliest": 1834, "latest": 1834}, "object_type": "Painting",
            "techniques": "Oil on canvas", "public_domain": true, "images": [{"file": "a.tif"}],
            "inscriptions": "Signeret C.K. forneden", "id": "a source's own",
            "tags": [
                {"scheme": "motif", "label": {"en": "horse", "da": "hest"}, "concept": "http://iconclass.org/46C13",
                 "broader": [{"label": {"en": "animals", "da": "dyr"}}]},
                {"scheme": "colour", "label": "#b02020"}, {"scheme": "colour", "label": "#202020"}
            ]
        }),
        json!({
            "object_number": "KMS2", "titles": {"da": "Åkander ved Aabenraa", "en": "Water Lilies"},
            "creators": [{"name": "Anna Ancher"}], "object_type": "Painting",
            "production": {"text": "ca. 1890-1910", "earliest": 1890, "latest": 1910},
            "tags": [{"scheme": "motif", "label": {"en": "flower", "da": "blomst"}}, {"scheme": "colour", "label": "#2040c0"}]
        }),
        json!({
            "object_number": "KKS1982-156/3", "titles": {"en": "Study of Dogs"}, "object_type": "Drawing",
            "creators": [{"name": "Anna Ancher"}], "image_width": 5000, "image_height": 3000,
            "tags": [{"scheme": "motif", "label": {"en": "dog", "da": "hund"}, "broader": [{"label": {"en": "animals", "da": "dyr"}}]}]
        }),
    ];
    for at in 0..40 {
        works.push(json!({
            "object_number": format!("X{at:02}"), "titles": {"en": format!("Landscape number {}", at % 7)},
            "production": {"earliest": 1700 + at, "latest": 1700 + at}, "object_type": "Print",
        }));
    }
    works
}

#[track_caller]
pub(crate) fn search(server: &Server, query: &str) -> Value {
    let response = server.get(&format!("/api/v1/works?{query}"));
    assert_eq!(response.status, 200, "{query}: {}", response.text());
    response.json()
}

#[track_caller]
pub(crate) fn object_numbers(found: &Value) -> Vec<String> {
    let works = found["works"].as_array().unwrap();
    works.iter().map(|work| work["object_number"].as_str().unwrap().to_owned()).collect()
}
