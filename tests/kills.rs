//! Processes that are killed at any moment of their work: nothing is torn, nothing that was accepted is lost, and what they
//! leave behind does not grow. `make soak` kills ten times as often.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::command::{command, tegl};
use crate::support::http;
use crate::support::masters::{self, noisy, picture};
use crate::support::museum::{self, CURATOR, Museum, TOKEN};
use crate::support::origin::Origin;
use crate::support::server::Server;
use crate::support::sqlite;
use crate::support::workspace::Workspace;
use crate::support::{Failures, Random, eventually};

const FEW: usize = 20;
const MANY: usize = 200;
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn killed_ingests_leave_only_whole_pyramids() {
    pyramids(FEW);
}

#[test]
fn killed_imports_leave_whole_works() {
    imports(FEW);
}

#[test]
fn killed_servers_keep_the_tags_that_they_accepted() {
    tags(FEW);
}

#[test]
fn killed_indexers_leave_an_index_that_equals_the_catalogue() {
    indexes(FEW);
}

#[test]
fn killed_servers_leave_neither_torn_cache_entries_nor_litter() {
    caches(FEW);
}

#[test]
#[ignore = "long: make soak"]
fn soak_pyramids() {
    pyramids(MANY);
}

#[test]
#[ignore = "long: make soak"]
fn soak_imports() {
    imports(MANY);
}

#[test]
#[ignore = "long: make soak"]
fn soak_tags() {
    tags(MANY);
}

#[test]
#[ignore = "long: make soak"]
fn soak_indexes() {
    indexes(MANY);
}

#[test]
#[ignore = "long: make soak"]
fn soak_caches() {
    caches(MANY);
}

/// Moments within some work: the same shares of its duration in every run.
struct Moments {
    random: Random,
    duration: Duration,
}

impl Moments {
    fn new(seed: u64, duration: Duration) -> Self {
        eprintln!("kills within {duration:?}, seed {seed}");
        Self { random: Random(seed), duration }
    }

    /// Waits until the next kill. The moment is the point of the test; nothing is ordered by it.
    fn wait_for_next(&mut self) {
        std::thread::sleep(Duration::from_micros(
            self.random.below(self.duration.as_micros() as usize) as u64
        ));
    }
}

fn kill(mut child: Child) {
    let _ended_already = child.kill();
    child.wait().unwrap();
}

fn spawn(home: &Path, typed: &[&str], environment: &[(&str, &str)]) -> Child {
    let mut command = command(home);
    command.args(typed).envs(environment.iter().copied()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => found.extend(files(&entry.path())),
            // A running server removes files meanwhile.
            Ok(_) if entry.file_name() != "lock" => found.push(entry.path()),
            _ => {}
        }
    }
    found
}

fn pyramids(rounds: usize) {
    let [source, store, clean, home] = [(); 4].map(|()| tempfile::tempdir().unwrap());
    for number in 0..4 {
        let raster = noisy(700 + 90 * number, 600);
        std::fs::write(source.path().join(format!("{number}.tif")), masters::striped_tiff(&raster)).unwrap();
    }
    let small = [("TEGL__PYRAMIDS__FROM_MEGAPIXELS", "0.01"), ("TEGL__CATALOGUE__URL", "none")];
    let text = |folder: &tempfile::TempDir| folder.path().to_str().unwrap().to_owned();
    let typed = |store: &str| ["ingest".to_owned(), text(&source), "--store".into(), store.to_owned()];
    let run = |store: &str| {
        let typed = typed(store);
        tegl(&typed.each_ref().map(String::as_str), &small)
    };
    let began = Instant::now();
    let ran = run(&text(&clean));
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    let mut moments = Moments::new(0x1dea, began.elapsed());
    let bytes = |folder: &tempfile::TempDir| -> BTreeMap<PathBuf, Vec<u8>> {
        let visible = files(folder.path()).into_iter().filter(|path| {
            let within = path.strip_prefix(folder.path()).unwrap();
            !within.starts_with(".tegl-unfinished")
        });
        visible
            .map(|path| (path.strip_prefix(folder.path()).unwrap().to_owned(), std::fs::read(&path).unwrap()))
            .collect()
    };
    let expected = bytes(&clean);
    assert_eq!(expected.len(), 4);
    let unfinished = || files(&store.path().join(".tegl-unfinished")).len();
    let mut failures = Failures::default();
    for round in 0..rounds {
        let typed = typed(&text(&store));
        let child = spawn(home.path(), &typed.each_ref().map(String::as_str), &small);
        moments.wait_for_next();
        kill(child);
        let found = bytes(&store);
        let whole = found.iter().all(|(name, bytes)| expected.get(name) == Some(bytes));
        failures.check(whole, || format!("round {round}: a torn pyramid among {:?}", found.keys()));
        // Of the last process only: a file and a claim for each of two builds, and the mark of each workspace.
        failures.check(unfinished() <= 6, || format!("round {round}: {} unfinished files", unfinished()));
        if found.len() == expected.len() {
            found.keys().for_each(|name| std::fs::remove_file(store.path().join(name)).unwrap());
        }
    }
    let ran = run(&text(&store));
    failures.check(ran.code == Some(0), || format!("{}{}", ran.out, ran.err));
    failures.check(bytes(&store) == expected, || "the last ingest is not whole".into());
    failures.check(unfinished() == 0, || format!("{} unfinished files are left", unfinished()));
}

/// Works whose title and motif name the same round.
fn export(round: usize) -> String {
    let record = |number: usize| {
        json!({"object_number": format!("W{number:04}"), "titles": {"en": format!("Work of round {round}.")},
            "tags": [{"scheme": "motif", "label": {"en": format!("round {round}.")}}]})
    };
    // More than one transaction.
    (0..1300).map(|number| record(number).to_string() + "\n").collect()
}

/// What SQL finds wrong with the works: titles and motifs of different rounds, counts that are not those of the works.
fn torn_works(file: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let integrity = sqlite::integrity(file);
    if integrity != "ok" {
        wrong.push(integrity);
    }
    let pairs = "SELECT w.label, t.label FROM works w JOIN shelves s ON s.seq = w.seq JOIN terms t ON t.id = s.term \
        WHERE t.scheme = 'motif'";
    let round = |text: &str| text.split("round ").nth(1)?.split('.').next()?.parse::<usize>().ok();
    for pair in sqlite::rows(file, pairs) {
        if round(&pair[0]).is_none() || round(&pair[0]) != round(&pair[1]) {
            wrong.push(format!("{pair:?}"));
        }
    }
    let counts = "SELECT t.value || ': ' || t.works FROM terms t \
        WHERE t.works <> (SELECT COUNT(*) FROM shelves s WHERE s.term = t.id)";
    wrong.extend(sqlite::rows(file, counts).into_iter().flatten());
    let late =
        "SELECT CAST(COUNT(*) AS TEXT) FROM revisions, counter WHERE revisions.revision > counter.revision";
    if sqlite::value(file, late) != "0" {
        wrong.push("revisions beyond the counter".into());
    }
    wrong
}

/// Works of the dump, which the index gives, by object number with their titles and the labels of their tags.
fn indexed(server: &Server) -> BTreeMap<String, (String, BTreeSet<String>)> {
    let dump = server.get("/api/v1/dump/works.jsonl");
    let lines = dump.text();
    let work = |line: &str| {
        let work: Value = serde_json::from_str(line).ok()?;
        let tags = work["tags"].as_array().into_iter().flatten();
        let labels = tags.map(|tag| tag["label"]["en"].to_string()).collect();
        Some((work["object_number"].as_str()?.to_owned(), (work["titles"].to_string(), labels)))
    };
    lines.lines().filter_map(work).collect()
}

fn imports(rounds: usize) {
    let museum = Workspace::new::<&str>(&[]);
    let home = tempfile::tempdir().unwrap();
    let catalogue = [("TEGL__CATALOGUE__URL", museum.catalogue.as_str())];
    let began = Instant::now();
    assert_eq!(museum.ingest("0.jsonl", &export(0), &[]).code, Some(0));
    let mut moments = Moments::new(0xca7, began.elapsed());
    let mut failures = Failures::default();
    for round in 1..=rounds {
        let file = museum.path("export.jsonl");
        std::fs::write(&file, export(round)).unwrap();
        let child = spawn(home.path(), &["ingest", "--records", &file], &catalogue);
        moments.wait_for_next();
        kill(child);
        let wrong = torn_works(&museum.catalogue);
        failures.check(wrong.is_empty(), || format!("round {round}: {wrong:?}"));
    }
    let last = export(rounds + 1);
    let ran = museum.ingest("last.jsonl", &last, &[]);
    failures.check(ran.code == Some(0), || format!("{}{}", ran.out, ran.err));
    let again = museum.ingest("last.jsonl", &last, &[]);
    failures.check(again.out.contains("0 works new, 0 changed"), || again.out.clone());
    let wrong = torn_works(&museum.catalogue);
    failures.check(wrong.is_empty(), || format!("{wrong:?}"));
    let server = museum.serve(&[]);
    let title = format!("round {}.", rounds + 1);
    let is_equal = || {
        let works = indexed(&server);
        works.len() == 1300
            && works.values().all(|(titles, tags)| {
                titles.contains(&title) && tags.len() == 1 && tags.iter().all(|label| label.contains(&title))
            })
    };
    failures.check(eventually(PATIENCE, is_equal), || "the index does not equal the catalogue".into());
    // Beside the catalogue there is nothing but its log.
    let beside = std::fs::read_dir(museum.folder.path()).unwrap().flatten().map(|entry| entry.file_name());
    let beside: Vec<_> = beside.filter(|name| name.to_string_lossy().starts_with("catalogue")).collect();
    failures.check(beside.len() <= 3, || format!("{beside:?}"));
}

/// Adds tags until the server is gone; those that it accepted go into `accepted`.
fn add_tags(server: &Server, named: &str, accepted: &Mutex<Vec<(String, String)>>, sent: &AtomicUsize) {
    for number in 0.. {
        let (work, label) = (format!("X{:02}", number % 40), format!("{named} {number}"));
        let tag = json!({"scheme": "motif", "label": {"en": label}}).to_string();
        let request = format!(
            "POST /api/v1/works/{work}/tags HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {CURATOR}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{tag}",
            tag.len()
        );
        sent.fetch_add(1, Ordering::Relaxed);
        match server.raw(request.as_bytes()) {
            Ok(answer) if answer.status == 201 => accepted.lock().unwrap().push((work, label)),
            Ok(answer) => panic!("{}: {}", answer.status, answer.text()),
            Err(_) => return,
        }
    }
}

fn tags(rounds: usize) {
    let museum = Museum::new(&museum::works());
    let catalogue = museum.path("catalogue.db");
    let mut moments = Moments::new(0x7a6, Duration::from_millis(300));
    let (accepted, sent) = (Mutex::default(), AtomicUsize::new(0));
    let mut failures = Failures::default();
    for round in 0..rounds {
        let server = museum.serve();
        std::thread::scope(|scope| {
            let writers = ["a", "b", "c"].map(|writer| {
                let (server, accepted, sent) = (&server, &accepted, &sent);
                scope.spawn(move || add_tags(server, &format!("tag {round} {writer}"), accepted, sent))
            });
            // Not before it writes.
            let before = accepted.lock().unwrap().len();
            let begun = eventually(PATIENCE, || accepted.lock().unwrap().len() > before);
            failures.check(begun, || format!("round {round}: nothing is accepted"));
            moments.wait_for_next();
            server.signal(rustix::process::Signal::KILL);
            writers.into_iter().for_each(|writer| writer.join().unwrap());
        });
        drop(server);
        let integrity = sqlite::integrity(&catalogue);
        failures.check(integrity == "ok", || format!("round {round}: {integrity}"));
        let kept = sqlite::rows(&catalogue, "SELECT body FROM tags").concat().concat();
        let accepted = accepted.lock().unwrap();
        let lost = accepted.iter().filter(|(_, label)| !kept.contains(&format!("\"{label}\""))).count();
        failures.check(lost == 0, || {
            format!("round {round}: {lost} of {} accepted tags are lost", accepted.len())
        });
    }
    let accepted = accepted.into_inner().unwrap();
    let written = "SELECT CAST(COUNT(*) AS TEXT) FROM tag_history WHERE actor = 'curator'";
    let written: usize = sqlite::value(&catalogue, written).parse().unwrap();
    failures.check((accepted.len()..=sent.load(Ordering::Relaxed)).contains(&written), || {
        format!("{written} tags are written, {} accepted", accepted.len())
    });
    let server = museum.serve();
    let mut by_work = BTreeMap::<String, BTreeSet<String>>::new();
    for number in 0..40 {
        let work = format!("X{number:02}");
        let tags = server.get(&format!("/api/v1/works/{work}/tags")).json();
        let labels =
            tags["tags"].as_array().unwrap().iter().map(|tag| tag["label"]["en"].to_string()).collect();
        by_work.insert(work, labels);
    }
    let total: usize = by_work.values().map(BTreeSet::len).sum();
    failures.check(total == written, || format!("{total} tags are shown, {written} written"));
    let is_equal = || {
        let index = indexed(&server);
        by_work.iter().all(|(work, labels)| index.get(work).is_some_and(|(_, indexed)| indexed == labels))
    };
    failures.check(eventually(PATIENCE, is_equal), || "the index does not equal the catalogue".into());
}

/// The index folders of a museum.
fn index_folders(museum: &Museum) -> usize {
    let catalogues = std::fs::read_dir(museum.path("index")).into_iter().flatten().flatten();
    let entries = catalogues.flat_map(|one| std::fs::read_dir(one.path()).into_iter().flatten().flatten());
    entries.filter(|entry| entry.path().is_dir()).count()
}

fn indexes(rounds: usize) {
    const WORKS: usize = 2000;
    let museum = Museum::empty();
    let record = |number: usize| json!({"object_number": format!("W{number:04}"), "titles": {"en": format!("Landscape {number}")}});
    museum.ingest(&(0..WORKS).map(record).collect::<Vec<_>>());
    let began = Instant::now();
    drop(museum.serve());
    let mut moments = Moments::new(0x1de8, began.elapsed());
    let bearer = format!("Bearer {TOKEN}");
    let reindex = [("Authorization", bearer.as_str()), ("Content-Length", "0")];
    let mut failures = Failures::default();
    for round in 0..rounds {
        if round % 5 == 0 {
            std::fs::remove_dir_all(museum.path("index")).unwrap();
        }
        let server = museum.serve_unindexed(&[]);
        let asked = http::request(server.operations(), "POST", "/admin/reindex", &reindex).unwrap();
        failures.check(asked.status == 202, || format!("round {round}: {}", asked.text()));
        let (address, over) = (server.address, AtomicBool::new(false));
        let wrong = std::thread::scope(|scope| {
            let asker = scope.spawn(|| {
                let mut wrong = Vec::new();
                while !over.load(Ordering::Relaxed) {
                    let Ok(answer) = http::get(address, "/api/v1/works?q=landscape&limit=1") else { break };
                    let total = (answer.status == 200).then(|| answer.json()["total"].as_u64());
                    if !(answer.status == 503 || total == Some(Some(WORKS as u64))) {
                        wrong.push(format!("{} {}", answer.status, answer.text()));
                    }
                }
                wrong
            });
            moments.wait_for_next();
            drop(server);
            over.store(true, Ordering::Relaxed);
            asker.join().unwrap()
        });
        failures.check(wrong.is_empty(), || format!("round {round}: {wrong:?}"));
        // One in use, and one that was being built or deleted.
        let left = index_folders(&museum);
        failures.check(left <= 2, || format!("round {round}: {left} indexes"));
    }
    let server = museum.serve();
    let is_equal = || {
        let index = indexed(&server);
        index.len() == WORKS && index.values().all(|(title, _)| title.contains("Landscape"))
    };
    failures.check(eventually(PATIENCE, is_equal), || "the index does not equal the catalogue".into());
    let one = eventually(PATIENCE, || index_folders(&museum) == 1);
    failures.check(one, || format!("{} indexes are left", index_folders(&museum)));
    failures
        .check(sqlite::integrity(&museum.path("catalogue.db")) == "ok", || "the catalogue is damaged".into());
}

fn caches(rounds: usize) {
    let (origin, folder) = (Origin::start(), tempfile::tempdir().unwrap());
    origin.put("a.tif", masters::jpeg_pyramid(&picture(8 * 64, 8 * 64), 64));
    let tiles = (0..64).map(|tile| (tile % 8 * 64, tile / 8 * 64));
    let tiles = tiles.map(|(x, y)| format!("{x},{y},64,64/64,64/0/default.jpg"));
    let rendered = ["full/100,/0/default.jpg", "10,20,100,60/50,/0/gray.png"].map(str::to_owned);
    let paths: Vec<_> = tiles.chain(rendered).map(|last| format!("/iiif/3/a.tif/{last}")).collect();
    let serve = || {
        let cache = folder.path().to_str().unwrap();
        Server::with(
            &[&origin.url()],
            &[("TEGL__CACHE__DISK__FOLDER", cache), ("TEGL__OPERATIONS__TOKEN", TOKEN)],
        )
    };
    let alone = Server::start(&origin.url());
    let expected: Vec<_> = paths.iter().map(|path| alone.get(path).body).collect();
    drop(alone);
    let bearer = format!("Bearer {TOKEN}");
    let purge = [("Authorization", bearer.as_str()), ("Content-Length", "0")];
    let mut moments = Moments::new(0xcac4e, Duration::from_millis(250));
    let mut failures = Failures::default();
    for round in 0..rounds {
        let server = serve();
        let address = server.address;
        // What the killed ones kept is right; then all is written again.
        let kept: Vec<_> = paths.iter().map(|path| server.get(path).body).collect();
        failures.check(kept == expected, || format!("round {round}: wrong images after a kill"));
        let damaged = server.metric("tegl_disk_cache_damaged_total");
        failures.check(damaged == 0.0, || format!("round {round}: {damaged} torn entries"));
        let purged = http::request(server.operations(), "POST", "/admin/purge?all=true", &purge).unwrap();
        failures.check(purged.status == 202, || purged.text());
        let wrong = std::thread::scope(|scope| {
            let asker = |asker: usize| {
                let mine = paths.iter().zip(&expected).skip(asker).step_by(4);
                let answers =
                    mine.map_while(|(path, expected)| Some((http::get(address, path).ok()?, expected)));
                answers.filter(|(answer, expected)| answer.status == 200 && answer.body != **expected).count()
            };
            let askers: Vec<_> = (0..4).map(|number| scope.spawn(move || asker(number))).collect();
            moments.wait_for_next();
            drop(server);
            askers.into_iter().map(|asker| asker.join().unwrap()).sum::<usize>()
        });
        failures.check(wrong == 0, || format!("round {round}: {wrong} wrong images"));
        // The entries, the version and the start of the master, and the ranges that renderings read.
        let kept = files(folder.path()).len();
        failures.check(kept < 2 * paths.len(), || format!("round {round}: {kept} files"));
    }
    let server = serve();
    let last: Vec<_> = paths.iter().map(|path| server.get(path).body).collect();
    failures.check(last == expected, || "wrong images at last".into());
    let is_written = || server.metric("tegl_disk_cache_queued_bytes") == 0.0;
    failures.check(eventually(PATIENCE, is_written), || "the cache is not written".into());
    let litter = files(folder.path()).iter().any(|path| path.ends_with("unfinished"));
    failures.check(!litter, || "litter".into());
}
