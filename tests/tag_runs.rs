//! Runs of `tegl tag` that meet bad models, bad pictures, full disks, kills and each other.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use sqlx::{Connection, SqliteConnection};
use tegl::pixels::{Channels, Raster};

use crate::support::command::{CommandOutput, command};
use crate::support::disk::MountedDisk;
use crate::support::museum::{Museum, search, send, wait};
use crate::support::{fixture, masters};

/// Works in one transaction of a run.
const BATCH: u64 = 200;
/// Where embeddings of `mean_color.onnx` are declared.
pub(crate) const MEAN_COLOR: &str =
    "input = { width = 4, height = 4, scale = 255 }\noutputs.embedding = 'embedding'";

fn number(at: u64) -> String {
    format!("W{at:03}")
}

/// A small picture, whose color depends on `at`.
fn small(at: u64) -> Vec<u8> {
    let mut raster = Raster::blank(tegl::iiif::Dimensions::new(12, 9), Channels::Rgb);
    let color = [40 + (at % 5) * 40, 60 + (at % 7) * 20, 200 - (at % 3) * 70];
    for (n, sample) in raster.samples.iter_mut().enumerate() {
        *sample = color[n % 3] as u8 + (n % 4) as u8;
    }
    masters::png(&raster)
}

/// Works with a picture each.
pub(crate) fn museum(works: u64) -> Museum {
    let museum = Museum::new(&[]);
    let work = |at| {
        let file = format!("{}.png", number(at));
        std::fs::write(museum.folder.path().join("masters").join(&file), small(at)).unwrap();
        json!({"object_number": number(at), "titles": {"en": format!("Picture {at}")}, "images": [{"file": file}]})
    };
    museum.ingest(&(0..works).map(work).collect::<Vec<_>>());
    museum
}

/// Writes settings that declare this model.
pub(crate) fn declare(museum: &Museum, file: &Path, more: &str) -> String {
    let settings = museum.path("models.toml");
    std::fs::write(&settings, format!("[models.tiny]\nfile = '{}'\n{more}\n", file.display())).unwrap();
    settings
}

/// `tegl tag` for the museum's catalogue.
fn tagging(museum: &Museum, more: &[&str]) -> Command {
    let mut command = command(museum.folder.path());
    command.env("TEGL__CATALOGUE__URL", museum.path("catalogue.db")).args(["tag", "--json"]).args(more);
    command.arg(museum.path("masters"));
    command
}

pub(crate) fn tag(museum: &Museum, more: &[&str]) -> CommandOutput {
    museum.run(&[&["tag", "--json", &museum.path("masters")], more].concat())
}

/// The totals, on the last line.
#[track_caller]
fn summary(ran: &CommandOutput) -> Value {
    let lines = ran.objects();
    lines.last().unwrap_or_else(|| panic!("{}", ran.err))["summary"].clone()
}

#[track_caller]
pub(crate) fn totals(ran: &CommandOutput) -> [u64; 3] {
    let summary = summary(ran);
    ["read", "known", "failed"].map(|name| summary[name].as_u64().unwrap())
}

/// What SQLite says about a database file.
fn integrity(file: &str) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut connection = SqliteConnection::connect(&format!("sqlite:{file}")).await.unwrap();
        sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut connection).await.unwrap()
    })
}

/// Every work has its colors once, from one change after its import, and nothing is left to do.
#[track_caller]
fn sound(museum: &Museum, works: u64) {
    let again = tag(museum, &["--only", "color"]);
    assert_eq!((again.code, totals(&again)), (Some(0), [0, works, 0]), "{}", again.err);
    assert_eq!(summary(&again)["changed"], 0, "{}", again.out);
    assert_eq!(integrity(&museum.path("catalogue.db")), "ok");
    let server = museum.serve();
    wait(Duration::from_secs(20), || search(&server, "brightness=0/100&limit=0")["total"] == works);
    let dump = server.get("/api/v1/dump/works.jsonl").text();
    assert_eq!(dump.lines().count() as u64, works);
    for line in dump.lines() {
        let work: Value = serde_json::from_str(line).unwrap();
        let tags = work["tags"].as_array().unwrap();
        let mut labels: Vec<String> = tags.iter().map(|tag| tag["label"]["en"].to_string()).collect();
        labels.sort_unstable();
        let all = labels.len();
        labels.dedup();
        assert!(all > 0 && labels.len() == all && work["picture"].is_object(), "{work}");
    }
}

#[test]
fn bad_models_are_named_and_nothing_is_written() {
    let museum = museum(3);
    let whole = std::fs::read(fixture("models/mean_color.onnx")).unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = museum.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let cut = file("cut.onnx", &whole[..whole.len() / 2]);
    let text = file("text.onnx", b"<!doctype html><title>404</title>");
    let good = fixture("models/mean_color.onnx");
    let wrong = format!("sha256 = '{}'\n{MEAN_COLOR}", "0".repeat(64));
    let wide = MEAN_COLOR.replace("width = 4", "width = 5");
    let nameless = MEAN_COLOR.replace("'embedding'", "'features'");
    let boxes = "input = { width = 4, height = 4 }\noutputs.boxes = { boxes = 'embedding', scores = 'logits', labels = 'x' }";
    for (file, declared, says) in [
        (&cut, MEAN_COLOR, "cut.onnx` cannot be loaded"),
        (&text, MEAN_COLOR, "text.onnx` cannot be loaded"),
        (&file("empty.onnx", b""), MEAN_COLOR, "empty.onnx`"),
        (&museum.folder.path().join("gone.onnx"), MEAN_COLOR, "cannot read `"),
        (&good, &wrong, "expected the SHA-256 0000"),
        (&good, &wide, "expected an input of [1, 3, 4, 5], found [1, 3, 4, 4]"),
        (&good, &nameless, "expected an output `features`, found 2 outputs: `embedding`, `logits`"),
        (&good, boxes, "expected boxes of the shape `[1, boxes, 4]`"),
        (&fixture("models/not_a_number.onnx"), MEAN_COLOR, "expected outputs of finite numbers"),
    ] {
        let settings = declare(&museum, file, declared);
        let ran = tag(&museum, &["--config", &settings]);
        assert_eq!(ran.code, Some(1), "{}{}", ran.out, ran.err);
        assert!(
            ran.err.contains("the model `tiny` of the settings: ") && ran.err.contains(says),
            "{}",
            ran.err
        );
        assert_eq!(ran.out, "");
    }
    let first = tag(&museum, &[]);
    assert_eq!((first.code, totals(&first)), (Some(0), [3, 0, 0]), "nothing was kept: {}", first.err);
}

#[test]
fn a_model_that_fails_on_one_picture_costs_only_its_own_result() {
    let museum = museum(3);
    let black = Raster::blank(tegl::iiif::Dimensions::new(12, 9), Channels::Rgb);
    std::fs::write(museum.folder.path().join("masters/W001.png"), masters::png(&black)).unwrap();
    let settings = declare(&museum, &fixture("models/not_a_number_for_black.onnx"), MEAN_COLOR);
    let with_model = ["--config", settings.as_str()];
    let ran = tag(&museum, &with_model);
    assert_eq!((ran.code, summary(&ran)["failed"].as_u64()), (Some(1), Some(1)), "{}{}", ran.out, ran.err);
    let line = ran.objects().into_iter().find(|line| line["object_number"] == "W001").unwrap();
    let reason = line["failures"][0][1].as_str().unwrap();
    assert!(reason.contains("expected outputs of finite numbers, found NaN"), "{line}");
    assert!(line["tags"][0]["scheme"] == "colour", "its colors are kept: {line}");
    // Only what failed is tried again, and the colors are there for a run without the model.
    let again = tag(&museum, &with_model);
    assert_eq!((again.code, totals(&again)), (Some(1), [0, 2, 1]), "{}", again.out);
    sound(&museum, 3);
}

#[test]
fn a_bad_picture_is_reported_and_the_others_are_tagged() {
    let museum = museum(5);
    let master = |at| museum.folder.path().join("masters").join(format!("{}.png", number(at)));
    std::fs::write(master(1), &small(1)[..60]).unwrap();
    std::fs::write(master(2), b"not a picture").unwrap();
    std::fs::remove_file(master(3)).unwrap();
    let ran = tag(&museum, &["--only", "color"]);
    assert_eq!(ran.code, Some(1), "{}{}", ran.out, ran.err);
    assert_eq!((totals(&ran), summary(&ran)["left_out"].as_u64()), ([2, 0, 2], Some(1)), "{}", ran.out);
    let mut failed: Vec<String> = ran
        .objects()
        .iter()
        .filter_map(|line| line["failures"][0][0].as_str().map(ToOwned::to_owned))
        .collect();
    failed.sort_unstable();
    assert_eq!(failed, ["W001.png", "W002.png"], "{}", ran.out);
    assert!(ran.err.contains("2 images failed; the others were tagged"), "{}", ran.err);
    (1..4).for_each(|at| std::fs::write(master(at), small(at)).unwrap());
    let again = tag(&museum, &["--only", "color"]);
    assert_eq!((again.code, totals(&again)), (Some(0), [3, 2, 0]), "{}{}", again.out, again.err);
    sound(&museum, 5);
}

/// A work's tags about an image that cannot be read at the moment remain.
#[test]
fn tags_outlive_a_run_that_cannot_read_an_image() {
    let museum = Museum::new(&[]);
    for (file, at) in [("one.png", 1), ("two.png", 3)] {
        std::fs::write(museum.folder.path().join("masters").join(file), small(at)).unwrap();
    }
    museum.ingest(&[json!({"object_number": "W", "images": [{"file": "one.png"}, {"file": "two.png"}]})]);
    let first = tag(&museum, &["--only", "color"]);
    assert_eq!((first.code, totals(&first)), (Some(0), [2, 0, 0]), "{}{}", first.out, first.err);
    for damage in [b"damaged".as_slice(), &small(1)[..60]] {
        std::fs::write(museum.folder.path().join("masters/one.png"), damage).unwrap();
        let ran = tag(&museum, &["--only", "color"]);
        assert_eq!((ran.code, totals(&ran)), (Some(1), [0, 1, 1]), "{}{}", ran.out, ran.err);
        let changed = summary(&ran);
        assert_eq!((&changed["changed"], &changed["tags_removed"]), (&json!(0), &json!(0)), "{changed}");
    }
}

/// Starts a run, and kills it when it has reported this many works.
fn killed_after(museum: &Museum, works: u64) {
    let mut command = tagging(museum, &["--only", "color"]);
    let mut run: Child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(run.stdout.take().unwrap()).lines();
    assert_eq!(lines.map_while(Result::ok).take(works as usize).count() as u64, works);
    run.kill().unwrap();
    run.wait().unwrap();
}

#[test]
fn a_killed_run_goes_on_where_its_last_batch_ended() {
    const WORKS: u64 = 2 * BATCH + 20;
    let museum = museum(WORKS);
    killed_after(&museum, 1);
    killed_after(&museum, BATCH + 20);
    let rest = tag(&museum, &["--only", "color"]);
    let [read, known, failed] = totals(&rest);
    assert_eq!((rest.code, failed, read + known), (Some(0), 0, WORKS), "{}", rest.err);
    // Works of a batch are reported before it is stored, and those of the next one after that.
    assert!(known == BATCH || known == 2 * BATCH || known == WORKS, "{known} were kept");
    assert_eq!(summary(&rest)["changed"], read, "{}", summary(&rest));
    sound(&museum, WORKS);
}

#[test]
fn shards_work_at_the_same_time_beside_a_server_and_a_curator() {
    const WORKS: u64 = BATCH + 30;
    let museum = museum(WORKS);
    let server = museum.serve();
    let shard = |which| {
        let mut command = tagging(&museum, &["--only", "color", "--shard", which]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let mut shards = ["1/2", "2/2"].map(shard);
    let motif = json!({"scheme": "motif", "label": {"en": "boat"}}).to_string();
    let mut added = 0;
    while shards.iter_mut().any(|run| run.try_wait().unwrap().is_none()) {
        let path = format!("/api/v1/works/{}/tags", number(added % WORKS));
        let answer = send(&server, "POST", &path, &[("Content-Type", "application/json")], motif.as_bytes());
        assert!(answer.status == 201 || added >= WORKS, "{}", answer.text());
        assert_eq!(server.get(&format!("/iiif/3/{}.png/info.json", number(added % WORKS))).status, 200);
        added += 1;
    }
    let mut read = 0;
    for run in shards {
        let ran = run.wait_with_output().unwrap();
        let out = String::from_utf8(ran.stdout).unwrap();
        let last: Value = serde_json::from_str(out.lines().last().unwrap()).unwrap();
        assert!(ran.status.success() && last["summary"]["failed"] == 0, "{last}");
        read += last["summary"]["read"].as_u64().unwrap();
    }
    assert_eq!(read, WORKS);
    let count = |query: &str| search(&server, &format!("{query}&limit=0"))["total"].as_u64();
    let boats = Some(added.min(WORKS));
    wait(Duration::from_secs(20), || {
        count("any=motif:boat") == boats && count("brightness=0/100") == Some(WORKS)
    });
    drop(server);
    sound(&museum, WORKS);
}

#[test]
fn a_run_on_a_full_disk_says_so_and_goes_on_once_there_is_room() {
    const WORKS: u64 = 2 * BATCH + 50;
    /// In KiB.
    const DISK: u32 = 16384;
    let museum = museum(WORKS);
    let environment = [
        ("TEGL__CATALOGUE__URL", "DISK/catalogue.db"),
        ("TEGL__SEARCH__FOLDER", "none"),
        ("TEGL__PYRAMIDS__LOCATION", "none"),
    ];
    let Some(small) = MountedDisk::serve(DISK, &[&museum.path("masters")], &environment) else { return };
    let (masters, records) = (museum.path("masters"), museum.path("records.jsonl"));
    let ran = small.tegl(&["ingest", &masters, "--records", &records], &environment);
    assert!(ran.status.code().is_some_and(|code| code < 2), "{ran:?}");
    let tag = || {
        let ran = small.tegl(&["tag", "--json", "--only", "color", &masters], &environment);
        let text = |bytes| String::from_utf8(bytes).unwrap();
        CommandOutput { code: ran.status.code(), out: text(ran.stdout), err: text(ran.stderr) }
    };
    small.fill();
    let full = tag();
    assert_eq!(full.code, Some(1), "{}{}", full.out, full.err);
    assert!(full.err.contains("disk is full") && !full.err.contains("panicked"), "{}", full.err);
    let server = &small.server;
    assert_eq!(server.get("/iiif/3/W000.png/full/max/0/default.jpg").status, 200);
    assert_eq!(
        server.get("/api/v1/works/W000/tags").json()["tags"],
        json!([]),
        "nothing of a batch is there"
    );
    // With a little more room each time, a run keeps the batches that fit.
    let (mut kept, mut partly, mut room) = (0, false, DISK);
    let last = loop {
        room += 128;
        assert!(room < 2 * DISK, "{kept} works were kept");
        small.grow(room);
        let ran = tag();
        if ran.code == Some(0) {
            break ran;
        }
        assert!(ran.err.contains("disk is full") && !ran.err.contains("panicked"), "{}", ran.err);
        let known = ran.objects().iter().filter(|line| line["known"] == 1).count() as u64;
        assert!(known.is_multiple_of(BATCH) && known >= kept, "{known} after {kept}");
        (kept, partly) = (known, partly || known > 0);
    };
    let [read, known, failed] = totals(&last);
    assert_eq!((read + known, failed), (WORKS, 0), "{}", last.err);
    assert!((partly || known > 0) && known.is_multiple_of(BATCH) && known >= kept, "{known} after {kept}");
    assert_eq!(totals(&tag()), [0, WORKS, 0]);
    wait(Duration::from_secs(5), || {
        server.get("/api/v1/works/W000/tags").json()["tags"][0]["scheme"] == "colour"
    });
}
