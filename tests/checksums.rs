//! A store that damages bytes on the way, or has damaged ones: answers are right or errors, and nothing wrong is kept.

use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use tegl::master::{Master, PartialFile, TileIndex};

use crate::support::command::tegl;
use crate::support::http::Response;
use crate::support::masters::{self, noisy, picture};
use crate::support::origin::Origin;
use crate::support::proxy::{Fault, Proxy};
use crate::support::server::Server;
use crate::support::weed::Weed;
use crate::support::{Failures, eventually};

/// The private tags of checksums: of tiles and of the index.
const TAGS: [u16; 2] = [65290, 65291];
const DAMAGED: &str = "tegl_store_damaged_total";

/// A pyramid as it was written before there were checksums: its private tags have other numbers.
fn without_checksums(mut file: Vec<u8>) -> Vec<u8> {
    for tag in TAGS {
        let entry = [&tag.to_le_bytes()[..], &[4, 0]].concat();
        while let Some(at) = file.windows(4).position(|four| four == entry) {
            file[at..at + 2].copy_from_slice(&(tag + 10).to_le_bytes());
        }
    }
    file
}

/// Stored tiles of 64 pixels.
fn tiles(name: &str, across: u32, down: u32) -> impl Iterator<Item = String> {
    let tile = move |n: u32| (n % across * 64, n / across * 64);
    let path = move |(x, y)| format!("/iiif/3/{name}/{x},{y},64,64/64,64/0/default.jpg");
    (0..across * down).map(tile).map(path).collect::<Vec<_>>().into_iter()
}

/// Stored tiles, cropped ones and renderings of several tiles.
fn paths(name: &str) -> Vec<String> {
    let others =
        ["full/100,/0/default.jpg", "640,384,60,66/60,66/0/default.jpg", "30,10,500,300/250,/90/gray.png"];
    tiles(name, 10, 7).chain(others.map(|last| format!("/iiif/3/{name}/{last}"))).collect()
}

fn master() -> Vec<u8> {
    masters::jpeg_pyramid(&noisy(700, 450), 64)
}

/// A store behind a proxy, and the right answers.
fn beds(file: Vec<u8>) -> (Origin, Proxy, Vec<(String, Response)>) {
    let origin = Origin::start();
    origin.put("a.tif", file);
    let clean = Server::start(&origin.url());
    let answers = paths("a.tif").into_iter().map(|path| (path.clone(), clean.get(&path))).collect::<Vec<_>>();
    assert!(answers.iter().all(|(_, answer)| answer.status == 200));
    assert_eq!(clean.metric(DAMAGED), 0.0);
    let proxy = Proxy::start(origin.address);
    (origin, proxy, answers)
}

fn with_disk(source: &str, folder: &Path) -> Server {
    Server::with(&[source], &[("TEGL__CACHE__DISK__FOLDER", folder.to_str().unwrap())])
}

/// Whether the disk cache has written what it was given.
fn is_written(server: &Server) -> bool {
    eventually(Duration::from_secs(20), || server.metric("tegl_disk_cache_queued_bytes") == 0.0)
}

#[test]
fn damaged_answers_are_neither_sent_nor_kept() {
    let (_origin, proxy, clean) = beds(master());
    let mut failures = Failures::default();
    for share in [0.02, 0.2, 0.6] {
        let folder = tempfile::tempdir().unwrap();
        proxy.fail(&[(Fault::Corrupt, share)]);
        let server = with_disk(&proxy.url(), folder.path());
        let mut right = 0;
        for (path, expected) in &clean {
            let answer = server.get(path);
            let is_right = answer.status == 200 && answer.body == expected.body;
            right += u32::from(is_right);
            failures.check(is_right || [502, 503, 504].contains(&answer.status), || {
                format!("{share} {path}: {} with {} bytes", answer.status, answer.body.len())
            });
        }
        failures
            .check(share > 0.2 || right >= clean.len() as u32 - 1, || format!("{share}: {right} are right"));
        let is_damaged = server.metric(DAMAGED) > 0.0;
        // Of the smallest share there may be none.
        failures.check(is_damaged || share < 0.1, || format!("{share}: nothing was damaged"));
        proxy.fail(&[]);
        for (path, expected) in &clean {
            let answer = server.get(path);
            failures.check(answer.status == 200 && answer.body == expected.body, || {
                format!("{share} {path}, recovered: {}", answer.status)
            });
        }
        assert!(is_written(&server));
        let log = server.log();
        let logged = log.matches("the store sent damaged bytes").count();
        failures.check(logged == usize::from(is_damaged), || format!("{share}: {logged} lines"));
        drop(server);
        let restarted = with_disk(&proxy.url(), folder.path());
        for (path, expected) in &clean {
            failures
                .check(restarted.get(path).body == expected.body, || format!("{share} {path}, restarted"));
        }
    }
}

#[test]
fn thousands_of_tiles_of_a_store_that_damages_some_are_right() {
    let origin = Origin::start();
    let file = masters::jpeg_pyramid(&picture(60 * 64, 50 * 64), 64);
    origin.put("a.tif", file);
    let paths: Vec<String> = tiles("a.tif", 60, 50).collect();
    let clean = Server::start(&origin.url());
    let expected: Vec<Vec<u8>> = paths.iter().map(|path| clean.get(path).body).collect();
    // One by one, and in squares: then there are a hundred answers, and the damage may be between the tiles.
    for (answers_mib, share, damaged) in [("0", 0.02, 30.0), ("128", 0.15, 1.0)] {
        let (proxy, folder) = (Proxy::start(origin.address), tempfile::tempdir().unwrap());
        proxy.fail(&[(Fault::Corrupt, share)]);
        let environment = [
            ("TEGL__CACHE__DISK__FOLDER", folder.path().to_str().unwrap()),
            ("TEGL__CACHE__ANSWERS_MIB", answers_mib),
        ];
        let server = Server::with(&[&proxy.url()], &environment);
        let answers: Vec<Response> = paths.iter().map(|path| server.get(path)).collect();
        let wrong =
            answers.iter().zip(&expected).filter(|(answer, expected)| answer.body != **expected).count();
        let answered = answers.iter().filter(|answer| answer.status == 200).count();
        assert!(wrong == 0 && answered == paths.len(), "{wrong} are wrong, {answered} were answered");
        assert!(server.metric(DAMAGED) >= damaged, "{}", server.metric(DAMAGED));
    }
}

#[test]
fn pyramids_in_a_bucket_are_checked_and_not_discarded_for_damage_on_the_way() {
    let Some(weed) = Weed::start() else { return };
    let names = ["a.png", "b.png"];
    names.iter().for_each(|name| weed.put(&[(*name, masters::png(&noisy(700, 450)))]));
    let proxy = Proxy::start(weed.address());
    let url = proxy.url();
    let paths: Vec<String> = names
        .iter()
        .flat_map(|name| tiles(name, 10, 7).chain([format!("/iiif/3/{name}/full/300,/0/default.jpg")]))
        .collect();
    for compression in ["jpeg", "zstd"] {
        let location = format!("s3://masters/{compression}");
        let mut environment = weed.environment().to_vec();
        environment.extend([
            ("TEGL__PYRAMIDS__LOCATION", location.as_str()),
            ("TEGL__PYRAMIDS__FROM_MEGAPIXELS", "0.1"),
            ("TEGL__PYRAMIDS__COMPRESSION", compression),
            ("TEGL__PYRAMIDS__TILE_SIDE", "64"),
        ]);
        let ingested = tegl(&["ingest", "s3://masters"], &environment);
        assert_eq!(ingested.code, Some(0), "{}{}", ingested.out, ingested.err);
        let clean = Server::with(&["s3://masters"], &environment);
        let expected: Vec<Vec<u8>> = paths.iter().map(|path| clean.get(path).body).collect();
        assert_eq!(clean.metric("tegl_pyramids_total"), 0.0);
        environment[0].1 = url.trim_end_matches('/');
        proxy.fail(&[(Fault::Corrupt, 0.3)]);
        let server = Server::with(&["s3://masters"], &environment);
        let mut failures = Failures::default();
        for (path, expected) in paths.iter().zip(&expected) {
            let answer = server.get(path);
            failures.check(answer.body == *expected || answer.status == 502, || {
                format!("{compression} {path}: {}", answer.status)
            });
        }
        proxy.fail(&[]);
        for (path, expected) in paths.iter().zip(&expected) {
            failures.check(server.get(path).body == *expected, || format!("{compression} {path}, recovered"));
        }
        assert!(server.metric(DAMAGED) > 0.0);
        assert_eq!(server.metric("tegl_pyramids_total"), 0.0, "{}", server.log());
    }
}

const TILE: TileIndex = TileIndex { column: 3, row: 2 };
const PATH_OF_TILE: &str = "/iiif/3/a.tif/192,128,64,64/64,64/0/default.jpg";

fn index(file: &[u8]) -> Master {
    let file = PartialFile::new(file.len() as u64, Bytes::copy_from_slice(file));
    tegl::master::index(&file, 1).unwrap()
}

/// Where the tile is in a file.
fn place(file: &[u8]) -> Range<u64> {
    index(file).levels[0].range(TILE).unwrap()
}

/// Where the tiles of all levels are in a file.
fn all_tiles(file: &[u8]) -> Vec<Range<u64>> {
    let tiles = index(file).levels.into_iter().flat_map(|level| level.tiles);
    tiles.map(|(offset, length)| offset..offset + length).collect()
}

#[test]
fn a_tile_that_the_store_has_damaged_is_an_error_with_its_name() {
    let (origin, _proxy, clean) = beds(master());
    let path = PATH_OF_TILE;
    let mut file = master();
    let range = place(&file);
    file[(range.start + range.end) as usize / 2] ^= 0x10;
    origin.put("a.tif", file);
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        let server = with_disk(&origin.url(), folder.path());
        let mut failures = Failures::default();
        for (other, expected) in clean.iter().filter(|(other, _)| other.ends_with("default.jpg")) {
            let answer = server.get(other);
            let is_right = answer.status == 200 && answer.body == expected.body;
            failures.check(is_right || *other == path, || format!("{other}: {}", answer.text()));
        }
        origin.take_requests();
        let damaged = server.get(path);
        assert_eq!(damaged.status, 500, "{}", damaged.text());
        assert!(origin.take_requests().len() <= 3, "a damaged tile is not requested forever");
        let text = damaged.text();
        assert!(text.contains("a.tif") && text.contains("column 3, row 2"), "{text}");
        assert!(is_written(&server));
    }
}

#[test]
fn pyramids_without_checksums_are_served_as_before() {
    let (origin, proxy, clean) = beds(master());
    let file = without_checksums(master());
    assert_ne!(file, master());
    origin.put("a.tif", file);
    let server = Server::start(&origin.url());
    for (path, expected) in &clean {
        assert!(server.get(path).body == expected.body, "{path}");
    }
    assert_eq!(server.metric(DAMAGED), 0.0);
    // Without checksums some damage is noticed, and what was damaged is not served afterwards, either, where it was.
    proxy.fail(&[(Fault::Corrupt, 0.1)]);
    let mut server = Server::start(&proxy.url());
    clean.iter().for_each(|(path, _)| assert_ne!(server.get(path).status, 404));
    assert!(server.is_alive() && !server.log().contains("panicked"));
}

#[test]
fn tiles_that_never_had_an_end_marker_are_served_without_repeated_requests() {
    let (origin, _proxy, clean) = beds(master());
    let mut file = without_checksums(master());
    // Some writers omit the end marker.
    for range in all_tiles(&file) {
        file[range.end as usize - 2..range.end as usize].fill(0);
    }
    drop(clean);
    origin.put("a.tif", file);
    origin.take_requests();
    let server = Server::start(&origin.url());
    let paths: Vec<String> = tiles("a.tif", 10, 7).collect();
    paths.iter().for_each(|path| assert_eq!(server.get(path).status, 200, "{path}"));
    let requests = origin.take_requests().len();
    assert!(requests <= paths.len() + 4, "{requests} requests for {} tiles", paths.len());
}

#[test]
fn an_index_that_was_damaged_on_the_way_is_read_again() {
    for file in [master(), without_checksums(master())] {
        let (_origin, proxy, clean) = beds(file.clone());
        let (path, expected) = clean.iter().find(|(path, _)| path == PATH_OF_TILE).unwrap();
        let offset = place(&file).start.to_le_bytes();
        let entry = file.windows(8).position(|eight| eight == offset).unwrap() as u64 + 1;
        let folder = tempfile::tempdir().unwrap();
        proxy.fail(&[(Fault::CorruptAt(entry), 1.0)]);
        let server = with_disk(&proxy.url(), folder.path());
        assert_eq!(server.get("/iiif/3/a.tif/info.json").status, 200);
        proxy.fail(&[]);
        assert!(server.get(path).body == expected.body);
        for (path, expected) in &clean {
            let answer = server.get(path);
            assert!(answer.body == expected.body, "{path}: {}", answer.text());
        }
        assert!(is_written(&server));
        drop(server);
        let restarted = with_disk(&proxy.url(), folder.path());
        assert!(restarted.get(path).body == expected.body, "the damaged index is on the disk");
    }
}
