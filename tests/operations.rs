//! What those who run a server see and change: its log, its settings, its metrics.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::support::http::{self, Response};
use crate::support::server::Server;
use crate::support::{eventually, masters};

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let master = masters::jpeg_pyramid(&masters::noisy(300, 200), 256);
    std::fs::write(folder.path().join("a.tif"), master).unwrap();
    folder
}

/// Requests an existing page, a missing one and another existing one, and returns the lines of the log about them.
fn logged(environment: &[(&str, &str)]) -> Vec<String> {
    let folder = folder();
    let server = Server::with(&[folder.path().to_str().unwrap()], environment);
    assert_eq!(server.get("/iiif/3/a.tif/info.json").status, 200);
    assert_eq!(server.get("/iiif/3/b.tif/info.json").status, 404);
    assert_eq!(server.get("/health/nothing").status, 404);
    // Lines are written in order, by one thread.
    let is_complete = || server.log().contains("/health/nothing");
    assert!(eventually(Duration::from_secs(10), is_complete), "{}", server.log());
    server.log().lines().filter(|line| line.contains("tegl::request")).map(str::to_owned).collect()
}

#[test]
fn the_log_of_requests_can_be_limited_to_those_that_fail_or_are_slow() {
    let paths = |lines: &[String]| {
        let shown =
            lines.iter().map(|line| ["a.tif", "b.tif", "nothing"].iter().find(|name| line.contains(*name)));
        shown.flatten().copied().collect::<Vec<_>>()
    };
    assert_eq!(paths(&logged(&[])), ["a.tif", "b.tif", "nothing"], "by default each request has a line");
    assert_eq!(paths(&logged(&[("TEGL__LOG__SAMPLE", "0")])), ["b.tif", "nothing"]);
    let all_are_slow = [("TEGL__LOG__SAMPLE", "0"), ("TEGL__LOG__SLOW_MS", "0")];
    assert_eq!(paths(&logged(&all_are_slow)), ["a.tif", "b.tif", "nothing"]);
}

const TOKEN: &str = "an-operator-of-this-test";

/// A server with a settings file that can be changed.
struct Reloadable {
    server: Server,
    file: std::path::PathBuf,
    _folder: tempfile::TempDir,
}

impl Reloadable {
    fn new(settings: &str) -> Self {
        let folder = folder();
        let file = folder.path().join("settings.toml");
        std::fs::write(&file, settings).unwrap();
        let sources = [folder.path().to_str().unwrap(), "--config", file.to_str().unwrap()];
        let environment = [("TEGL__OPERATIONS__TOKEN", TOKEN), ("TEGL__PYRAMIDS__LOCATION", "none")];
        Self { server: Server::with(&sources, &environment), file, _folder: folder }
    }

    /// Reloads with these settings by the API.
    fn reload(&self, settings: &str) -> Response {
        std::fs::write(&self.file, settings).unwrap();
        let authorization = format!("Bearer {TOKEN}");
        let headers = [("Authorization", authorization.as_str())];
        http::request(self.server.operations(), "POST", "/admin/reload", &headers).unwrap()
    }

    fn max_age(&self) -> String {
        self.server.get("/iiif/3/a.tif/info.json").header("cache-control").to_owned()
    }
}

#[test]
fn settings_that_can_change_are_changed_by_a_reload() {
    let running = Reloadable::new("[web]\ndocument_max_age_s = 10\n");
    assert_eq!(running.max_age(), "public, max-age=10");
    let tag = |token: &str| {
        let authorization = format!("Bearer {token}");
        running.server.request("POST", "/api/v1/tags", &[("Authorization", &authorization)]).status
    };
    assert_eq!(tag("a-token-of-a-curator"), 403, "the API is read-only");
    let reloaded = running.reload(
        "[web]\ndocument_max_age_s = 20\nhosts = [\"127.0.0.1\"]\n[api.tokens]\ncurator = \"a-token-of-a-curator\"\n",
    );
    assert_eq!(reloaded.status, 202, "{}", reloaded.text());
    assert_eq!(
        reloaded.json(),
        serde_json::json!({ "changed": ["api.tokens.curator", "web.document_max_age_s", "web.hosts"] })
    );
    assert_eq!(running.max_age(), "public, max-age=20");
    assert_eq!(tag("a-token-of-nobody-here"), 401);
    assert_ne!(tag("a-token-of-a-curator"), 401);
    let other = [("Host", "other.example")];
    assert_eq!(running.server.request("GET", "/iiif/3/a.tif/info.json", &other).status, 400);
    let authorization = format!("Bearer {TOKEN}");
    let headers = [("Authorization", authorization.as_str())];
    let shown =
        http::request(running.server.operations(), "GET", "/admin/settings", &headers).unwrap().json();
    assert_eq!(shown["web"]["document_max_age_s"], 20);
    assert_eq!(shown["api"]["tokens"]["curator"], "…");
    // The log follows, too: at `error` the line of a request is not written.
    assert_eq!(running.reload("[log]\nlevel = \"error\"\n").status, 202);
    assert_eq!(running.server.get("/iiif/3/a.tif/info.json?quiet").status, 200);
    assert_eq!(running.reload("").json()["changed"], serde_json::json!(["log.level"]));
    running.server.get("/iiif/3/a.tif/full/max/0/default.jpg");
    let is_written = || running.server.log().contains("full/max");
    assert!(eventually(Duration::from_secs(10), is_written), "{}", running.server.log());
    let log = running.server.log();
    let is_request = |line: &&str| line.contains("tegl::request") && line.contains("info.json");
    assert_eq!(log.lines().filter(is_request).count(), 3, "{}", running.server.log());
}

#[test]
fn a_reload_that_takes_a_restart_or_is_invalid_changes_nothing() {
    let running = Reloadable::new("[web]\ndocument_max_age_s = 10\n");
    let refused = running.reload("[web]\ndocument_max_age_s = 20\nthreads = 1\n[work]\nmemory_mib = 64\n");
    assert_eq!(refused.status, 422, "{}", refused.text());
    let detail = refused.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("restart the server to change `web.threads`, `work.memory_mib`"), "{detail}");
    assert!(!detail.contains("document_max_age_s") && detail.contains("nothing has changed"), "{detail}");
    assert_eq!(running.max_age(), "public, max-age=10");
    for (broken, expected) in [
        ("[web]\ndocument_max_age_s = -1\n", "line 2: `web.document_max_age_s` is -1"),
        ("[web\n", "line 1"),
        ("[api.tokens]\na = \"short\"\n", "`api.tokens.a` has 5 characters"),
        ("[log]\nlevel = \"loud\"\n", "`log.level` has `loud`"),
    ] {
        let refused = running.reload(broken);
        assert!(refused.status == 422 && refused.text().contains(expected), "{broken}: {}", refused.text());
    }
    std::fs::remove_file(&running.file).unwrap();
    let authorization = format!("Bearer {TOKEN}");
    let headers = [("Authorization", authorization.as_str())];
    let missing = http::request(running.server.operations(), "POST", "/admin/reload", &headers).unwrap();
    assert!(missing.status == 422 && missing.text().contains("cannot read"), "{}", missing.text());
    assert_eq!(running.max_age(), "public, max-age=10");
    let without_token = http::request(running.server.operations(), "POST", "/admin/reload", &[]).unwrap();
    assert_eq!(without_token.status, 401);
}

#[test]
fn a_hangup_reloads_and_does_not_end_the_server() {
    let mut running = Reloadable::new("[web]\ndocument_max_age_s = 10\n");
    std::fs::write(&running.file, "[web]\ndocument_max_age_s = 30\n").unwrap();
    let process = rustix::process::Pid::from_raw(running.server.id() as i32).unwrap();
    rustix::process::kill_process(process, rustix::process::Signal::HUP).unwrap();
    assert!(eventually(Duration::from_secs(10), || running.max_age() == "public, max-age=30"));
    std::fs::write(&running.file, "[work]\nthreads = 1\n").unwrap();
    rustix::process::kill_process(process, rustix::process::Signal::HUP).unwrap();
    let is_refused =
        || running.server.log().contains("restart the server to change `web.document_max_age_s`");
    let is_named = || running.server.log().contains("restart the server to change `work.threads`");
    assert!(eventually(Duration::from_secs(10), is_named), "{}", running.server.log());
    assert!(!is_refused() && running.server.is_alive());
    assert_eq!(running.max_age(), "public, max-age=30");
}

#[test]
fn times_of_requests_are_counted_by_class() {
    let folder = folder();
    let server = Server::with(&[folder.path().to_str().unwrap()], &[]);
    for path in [
        "/iiif/3/a.tif/0,0,256,200/256,200/0/default.jpg",
        "/iiif/3/a.tif/10,10,100,100/50,50/0/default.jpg",
        "/iiif/3/a.tif/10,10,100,100/50,50/0/default.jpg",
        "/iiif/3/a.tif/info.json",
        "/",
    ] {
        assert_eq!(server.get(path).status, 200, "{path}");
    }
    assert_eq!(server.get("/iiif/3/a.tif/full/9999,/0/default.jpg").status, 400);
    let metrics = http::get(server.operations(), "/metrics").unwrap().text();
    for (class, count) in [
        ("stored_tile", 1),
        ("rendered_tile", 1),
        ("cached_image", 1),
        ("unsent_image", 1),
        ("info", 1),
        ("page", 1),
    ] {
        let line = format!("tegl_request_seconds_count{{class=\"{class}\"}} {count}");
        assert!(metrics.lines().any(|found| found == line), "no `{line}` in:\n{metrics}");
    }
}

const DASHBOARD: &str = include_str!("../docker/grafana-dashboard.json");
const ALERTS: &str = include_str!("../docker/alerts.yaml");

/// The names of Tegl's metrics in a text.
fn metrics_in(text: &str) -> BTreeSet<&str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words = text.split(|c: char| !is_part(c));
    words.filter(|word| word.starts_with("tegl_")).collect()
}

#[test]
fn the_dashboard_and_the_alerts_name_metrics_that_are_exported() {
    let dashboard: serde_json::Value = serde_json::from_str(DASHBOARD).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let expressions: Vec<_> = panels
        .iter()
        .flat_map(|panel| panel["targets"].as_array().into_iter().flatten())
        .map(|target| target["expr"].as_str().unwrap())
        .collect();
    assert!(
        expressions.len() > 20 && expressions.iter().all(|expression| !metrics_in(expression).is_empty())
    );
    assert!(ALERTS.matches("- alert: ").count() > 8);
    let folder = folder();
    let picture = masters::picture(1700, 1300);
    std::fs::write(folder.path().join("b.tif"), masters::striped_tiff(&picture)).unwrap();
    let cache = folder.path().join("cache");
    let server = Server::with(
        &[folder.path().to_str().unwrap()],
        &[("TEGL__CACHE__DISK__FOLDER", cache.to_str().unwrap())],
    );
    for path in ["/iiif/3/a.tif/0,0,256,200/256,200/0/default.jpg", "/iiif/3/b.tif/full/300,/0/default.jpg"] {
        assert_eq!(server.get(path).status, 200, "{path}: {}", server.log());
    }
    assert!(
        eventually(Duration::from_secs(30), || server.metric("tegl_pyramid_seconds_count") > 0.0),
        "{}",
        server.log()
    );
    let exported = http::get(server.operations(), "/metrics").unwrap().text();
    let exported: BTreeSet<_> = exported
        .lines()
        .filter_map(|line| line.split([' ', '{']).next())
        .filter(|name| *name != "#")
        .collect();
    let expressions = expressions.join(" ");
    let named: BTreeSet<_> = metrics_in(&expressions).into_iter().chain(metrics_in(ALERTS)).collect();
    let missing: Vec<_> = named.difference(&exported).collect();
    assert!(missing.is_empty(), "{missing:?} are not among {exported:?}");
    for class in ["stored_tile", "search"] {
        assert!(ALERTS.contains(&format!("class=\"{class}\"")));
    }
}
