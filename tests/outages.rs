//! A catalogue that stops answering: images go on being shown as their rights allow, and no answer claims what is not known.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::command::tegl;
use crate::support::http::Response;
use crate::support::masters::{self, picture};
use crate::support::museum::{CURATOR, send};
use crate::support::postgres::{NORMAL_COMMITS, Postgres, SLOW_COMMITS};
use crate::support::server::Server;
use crate::support::{Failures, eventually, not_proven};

const JSON: (&str, &str) = ("Content-Type", "application/json");
const NAMES: [&str; 4] = ["a", "b", "c", "cold"];

/// Works on a PostgreSQL server that can be stopped, with a master each.
struct Bed {
    postgres: Postgres,
    url: String,
    folder: tempfile::TempDir,
}

impl Bed {
    fn new() -> Option<Self> {
        let Some(postgres) = Postgres::start() else {
            not_proven("an outage of the catalogue", "PostgreSQL is not installed");
            return None;
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let url = runtime.block_on(postgres.database());
        let folder = tempfile::tempdir().unwrap();
        let pyramid = masters::jpeg_pyramid(&picture(600, 400), 128);
        for name in NAMES {
            std::fs::write(folder.path().join(format!("{name}.tif")), &pyramid).unwrap();
        }
        let bed = Self { postgres, url, folder };
        bed.ingest(|_| true);
        Some(bed)
    }

    fn masters(&self) -> &str {
        self.folder.path().to_str().unwrap()
    }

    fn ingest(&self, is_free: impl Fn(&str) -> bool) {
        let record = |name: &&str| {
            json!({"object_number": name.to_uppercase(), "titles": "A work", "public_domain": is_free(name),
                "images": [{"file": format!("{name}.tif")}]})
            .to_string()
        };
        let records = tempfile::NamedTempFile::with_suffix(".jsonl").unwrap();
        std::fs::write(records.path(), NAMES.iter().map(record).collect::<Vec<_>>().join("\n")).unwrap();
        let typed = ["ingest", self.masters(), "--records", records.path().to_str().unwrap()];
        let ran = tegl(&typed, &[("TEGL__CATALOGUE__URL", &self.url)]);
        assert!(ran.code.is_some_and(|code| code < 2), "{}{}", ran.out, ran.err);
    }

    fn serve(&self, more: &[(&str, &str)]) -> Server {
        let mut environment =
            vec![("TEGL__CATALOGUE__URL", self.url.as_str()), ("TEGL__API__TOKENS__CURATOR", CURATOR)];
        environment.extend(more);
        let file = self.folder.path().join("tegl.toml");
        std::fs::write(&file, "[rights]\notherwise = { largest = 100, original = false }\n").unwrap();
        Server::with(&["--config", file.to_str().unwrap(), self.masters()], &environment)
    }

    fn execute(&self, sql: &'static str) {
        use sqlx::{Connection, Executor};
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut connection = sqlx::PgConnection::connect(&self.url).await.unwrap();
            connection.execute(sqlx::raw_sql(sql)).await.unwrap();
        });
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        self.postgres.resume();
    }
}

fn tiles(name: &str) -> impl Iterator<Item = String> {
    let tile = move |(x, y)| format!("/iiif/3/{name}.tif/{x},{y},128,128/128,128/0/default.jpg");
    (0..3).flat_map(|y| (0..4).map(move |x| (x * 128, y * 128))).map(tile).collect::<Vec<_>>().into_iter()
}

fn add(server: &Server, work: &str, motif: &str) -> Response {
    let tag = json!({"scheme": "motif", "label": {"en": motif}}).to_string();
    send(server, "POST", &format!("/api/v1/works/{work}/tags"), &[JSON], tag.as_bytes())
}

#[test]
fn images_with_known_rights_are_served_while_the_catalogue_hangs() {
    let Some(bed) = Bed::new() else { return };
    let server = bed.serve(&[]);
    let hot: Vec<String> = ["a", "b", "c"].into_iter().flat_map(tiles).collect();
    hot.iter().for_each(|path| assert_eq!(server.get(path).status, 200, "{path}"));
    assert_eq!(add(&server, "A", "dog").status, 201);
    bed.postgres.pause();
    let mut failures = Failures::default();
    let began = Instant::now();
    let not_ready = || server.get("/health/ready").status == 503;
    while !not_ready() && began.elapsed() < Duration::from_secs(20) {
        for path in &hot {
            let asked = Instant::now();
            let answer = server.get(path);
            failures.check(answer.status == 200, || format!("{path}: {}", answer.text()));
            failures
                .check(asked.elapsed() < Duration::from_secs(1), || format!("{path}: {:?}", asked.elapsed()));
        }
    }
    let ready = server.get("/health/ready");
    assert!(ready.status == 503 && ready.text().contains("catalogue"), "{}", ready.text());
    assert!(!ready.text().contains("postgres"), "{}", ready.text());
    let cold = server.get(&tiles("cold").next().unwrap());
    assert_eq!(cold.status, 503, "its rights are not known: {}", cold.text());
    let refused = add(&server, "B", "cat");
    assert!([503, 504].contains(&refused.status), "{}", refused.text());
    bed.postgres.resume();
    assert!(eventually(Duration::from_secs(10), || add(&server, "C", "bird").status == 201));
    assert!(eventually(Duration::from_secs(10), || server.get("/health/ready").status == 200));
    let tags = server.get("/api/v1/works/B/tags").text();
    failures
        .check(refused.status == 504 || !tags.contains("cat"), || format!("refused, yet written: {tags}"));
    failures.check(server.get(&tiles("cold").next().unwrap()).status == 200, || "cold afterwards".into());
}

#[test]
fn a_write_without_a_commit_response_is_reported_as_uncertain() {
    let Some(bed) = Bed::new() else { return };
    let server = bed.serve(&[]);
    bed.execute(SLOW_COMMITS);
    let uncertain = add(&server, "A", "cat");
    assert_eq!(uncertain.status, 504, "{}", uncertain.text());
    assert!(!uncertain.header("retry-after").is_empty());
    assert_eq!(uncertain.header("content-type"), "application/problem+json");
    let problem = uncertain.json();
    assert_eq!(problem["status"], 504);
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("may have been saved or not") && !detail.contains("COMMIT"), "{detail}");
    bed.execute(NORMAL_COMMITS);
    for _ in 0..2 {
        let again = add(&server, "A", "cat");
        assert!([200, 201].contains(&again.status), "{} {}", again.status, again.text());
    }
    let tags = server.get("/api/v1/works/A/tags").json();
    assert_eq!(tags["tags"].as_array().map(Vec::len), Some(1), "{tags}");
}

#[test]
fn what_is_in_memory_is_served_and_nothing_acknowledged_is_lost_when_the_catalogue_crashes() {
    let Some(bed) = Bed::new() else { return };
    let server = bed.serve(&[]);
    let hot: Vec<String> = tiles("a").chain(["/presentation/3/A/manifest".into()]).collect();
    hot.iter().for_each(|path| assert_eq!(server.get(path).status, 200, "{path}"));
    let (mut saved, mut refused) = (Vec::new(), 0);
    for round in 0..2 {
        let (sender, results) = channel();
        let crashed = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let (server, crashed) = (&server, &crashed);
            scope.spawn(move || {
                let mut is_refused = false;
                for n in 0.. {
                    let motif = format!("motif {round} {n}");
                    let answer = add(server, "B", &motif);
                    is_refused |= answer.status != 201;
                    let is_back = is_refused && answer.status == 201;
                    sender.send((motif, answer)).unwrap();
                    if is_back && crashed.load(SeqCst) {
                        break;
                    }
                }
            });
            let mut failures = Failures::default();
            let mut count = |(motif, answer): (String, Response)| match answer.status {
                201 => saved.push(motif),
                status => {
                    refused += 1;
                    let is_clean = [503, 504].contains(&status) && !answer.header("retry-after").is_empty();
                    failures.check(is_clean, || format!("{motif}: {status} {}", answer.text()));
                }
            };
            results.iter().take(5).for_each(&mut count);
            bed.postgres.crash();
            crashed.store(true, SeqCst);
            // Some are refused before the catalogue is back.
            results.iter().take(3).for_each(&mut count);
            for path in &hot {
                let answer = server.get(path);
                assert_eq!(answer.status, 200, "{path}: {}", answer.text());
            }
            bed.postgres.recover();
            results.iter().for_each(&mut count);
        });
    }
    assert!(refused > 0 && saved.len() >= 10, "{refused} refused, {} saved", saved.len());
    let tags = server.get("/api/v1/works/B/tags").text();
    let lost: Vec<&String> = saved.iter().filter(|motif| !tags.contains(&format!("\"{motif}\""))).collect();
    assert!(lost.is_empty(), "{lost:?} of {saved:?}");
    assert!(eventually(Duration::from_secs(10), || server.get("/health/ready").status == 200));
}

#[test]
fn changed_rights_apply_immediately() {
    let Some(bed) = Bed::new() else { return };
    let server = bed.serve(&[]);
    let paths: Vec<String> = NAMES.into_iter().map(|name| tiles(name).next().unwrap()).collect();
    paths.iter().for_each(|path| assert_eq!(server.get(path).status, 200, "{path}"));
    bed.ingest(|name| name != "b");
    assert!(
        eventually(Duration::from_secs(5), || server.get(&paths[1]).status != 200),
        "rights are not followed"
    );
    bed.postgres.pause();
    for (at, path) in paths.iter().enumerate() {
        let answer = server.get(path);
        assert_eq!(answer.status == 200, at != 1, "{path}: {}", answer.text());
    }
}

#[test]
fn cached_rights_expire_as_configured() {
    let Some(bed) = Bed::new() else { return };
    let server = bed.serve(&[("TEGL__CATALOGUE__STALE_RIGHTS_S", "1")]);
    let path = tiles("a").next().unwrap();
    assert_eq!(server.get(&path).status, 200);
    bed.postgres.pause();
    assert!(eventually(Duration::from_secs(20), || server.get(&path).status == 503));
    bed.postgres.resume();
    assert!(eventually(Duration::from_secs(10), || server.get(&path).status == 200));
}
