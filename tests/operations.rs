//! What those who run a server see and change: its log, its settings, its metrics.

use crate::support::masters;
use crate::support::server::Server;

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
    assert!(crate::support::eventually(std::time::Duration::from_secs(10), is_complete), "{}", server.log());
    server.log().lines().filter(|line| line.contains("tegl::request")).map(str::to_owned).collect()
}

#[test]
fn the_log_of_requests_can_be_limited_to_those_that_fail_or_are_slow() {
    let paths = |lines: &[String]| {
        let shown = lines.iter().map(|line| ["a.tif", "b.tif", "nothing"].iter().find(|name| line.contains(*name)));
        shown.flatten().copied().collect::<Vec<_>>()
    };
    assert_eq!(paths(&logged(&[])), ["a.tif", "b.tif", "nothing"], "by default each request has a line");
    assert_eq!(paths(&logged(&[("TEGL__LOG__SAMPLE", "0")])), ["b.tif", "nothing"]);
    let all_are_slow = [("TEGL__LOG__SAMPLE", "0"), ("TEGL__LOG__SLOW_MS", "0")];
    assert_eq!(paths(&logged(&all_are_slow)), ["a.tif", "b.tif", "nothing"]);
}
