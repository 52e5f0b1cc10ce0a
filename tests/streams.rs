//! Large answers: bounded in memory however slowly they are read, admitted before they begin, ended with their clients.

use std::net::TcpStream;
use std::time::Duration;

use serde_json::json;
use tegl::iiif::Dimensions;
use tegl::master::write::Compression;
use tegl::pixels::{Channels, Raster};

use crate::support::http::{self, Response};
use crate::support::masters;
use crate::support::museum::Museum;
use crate::support::origin::Origin;
use crate::support::server::Server;
use crate::support::{Failures, eventually};

/// More than twelve megapixels: answers of this size are made band by band.
const LARGE: (u32, u32) = (4096, 3200);
const LIMIT: Duration = Duration::from_secs(30);

/// A large master in tiles that take next to nothing.
fn large() -> Vec<u8> {
    let (width, height) = LARGE;
    let samples = masters::color_bands(width, height);
    let raster = Raster { dimensions: Dimensions::new(width, height), channels: Channels::Rgb, samples };
    masters::pyramid(&raster, 512, Compression::Zstd)
}

fn folder(masters: &[(&str, Vec<u8>)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in masters {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

/// Asks many at once.
fn all(server: &Server, paths: &[String]) -> Vec<Response> {
    std::thread::scope(|scope| {
        let asked: Vec<_> = paths.iter().map(|path| scope.spawn(|| server.get(path))).collect();
        asked.into_iter().map(|answer| answer.join().unwrap()).collect()
    })
}

/// The first line of what a server says, and nothing of the rest.
fn status(stream: &mut TcpStream) -> String {
    use std::io::Read;
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    let mut line = [0; 12];
    stream.read_exact(&mut line).unwrap();
    String::from_utf8_lossy(&line[9..]).into_owned()
}

fn is_idle(server: &Server) -> bool {
    let load = ["tegl_work_threads_busy", "tegl_work_waiting", "tegl_work_memory_bytes"];
    load.iter().all(|series| server.metric(series) == 0.0)
}

#[test]
fn stalled_readers_hold_bounded_memory() {
    let folder = folder(&[("a.tif", large())]);
    let work = [("TEGL__WORK__MEMORY_MIB", "200"), ("TEGL__WORK__QUEUE_MS", "500")];
    let server = Server::with(&[folder.path().to_str().unwrap()], &work);
    let path = "/iiif/3/a.tif/full/max/0/default.tif";
    let mut readers: Vec<_> = (0..24).map(|_| http::open(server.address, path).unwrap()).collect();
    let statuses: Vec<_> = readers.iter_mut().map(status).collect();
    let begun = statuses.iter().filter(|status| *status == "200").count();
    let mut failures = Failures::default();
    failures.check((1..=4).contains(&begun), || format!("{begun} of 24 have begun: {statuses:?}"));
    failures.check(statuses.iter().all(|status| ["200", "503"].contains(&status.as_str())), || {
        format!("{statuses:?}")
    });
    let refused = server.get(path);
    failures.check(refused.status == 503 && !refused.header("retry-after").is_empty(), || {
        format!("{} {}", refused.status, refused.text())
    });
    let small = server.get("/iiif/3/a.tif/0,0,512,512/100,/0/default.jpg");
    failures.check(small.status == 200, || format!("a small rendering waits: {}", small.text()));
    failures.check(server.get("/iiif/3/a.tif/info.json").status == 200, || "info.json waits".into());
    failures.check(server.peak_memory() < 400e6, || format!("{} MB", server.peak_memory() / 1e6));
    drop(readers);
    failures.check(eventually(LIMIT, || server.get(path).status == 200), || "the places stay taken".into());
}

#[test]
fn admitted_streams_complete_under_load() {
    let folder = folder(&[("a.tif", large())]);
    let work =
        [("TEGL__WORK__THREADS", "2"), ("TEGL__WORK__QUEUE_MS", "1500"), ("TEGL__WORK__DEADLINE_MS", "1500")];
    let server = Server::with(&[folder.path().to_str().unwrap()], &work);
    let path = "/iiif/3/a.tif/full/max/0/default.tif".to_owned();
    let length = server.request("HEAD", &path, &[]).header("content-length").parse::<usize>().unwrap();
    let answers = all(&server, &vec![path; 24]);
    let mut failures = Failures::default();
    let whole = answers.iter().filter(|answer| answer.status == 200 && answer.body.len() == length).count();
    let refused =
        answers.iter().filter(|answer| answer.status == 503 && !answer.header("retry-after").is_empty());
    let refused = refused.count();
    failures.check(whole > 0 && refused > 0 && whole + refused == 24, || {
        format!(
            "{whole} whole, {refused} refused: {:?}",
            answers.iter().map(|one| one.status).collect::<Vec<_>>()
        )
    });
}

#[test]
fn no_work_is_done_for_disconnected_clients() {
    let origin = Origin::start();
    origin.put("a.tif", large());
    let server = Server::with(&[&origin.url()], &[("TEGL__WORK__THREADS", "2")]);
    assert_eq!(server.get("/iiif/3/a.tif/info.json").status, 200);
    origin.take_requests();
    origin.delay(200);
    for format in ["jpg", "png", "tif"] {
        let path = format!("/iiif/3/a.tif/full/max/0/default.{format}");
        let askers: Vec<_> = (0..20).map(|_| http::open(server.address, &path).unwrap()).collect();
        assert!(eventually(LIMIT, || server.metric("tegl_work_waiting") >= 10.0));
        drop(askers);
        assert!(eventually(LIMIT, || is_idle(&server)), "{format}: {:?}", server.log());
        let asked = origin.take_requests().len();
        assert!(asked <= 12, "{format}: {asked} requests for those who have left");
    }
    origin.delay(0);
    assert_eq!(server.get("/iiif/3/a.tif/full/max/0/default.jpg").status, 200);
}

#[test]
fn renderings_are_admitted_before_reading_and_cancelled_without_callers() {
    let origin = Origin::start();
    origin.put("a.tif", masters::jpeg_pyramid(&masters::noisy(1500, 1100), 256));
    let work = [("TEGL__WORK__MEMORY_MIB", "16"), ("TEGL__WORK__THREADS", "2")];
    let server = Server::with(&[&origin.url()], &work);
    assert_eq!(server.get("/iiif/3/a.tif/info.json").status, 200);
    origin.take_requests();
    origin.delay(500);
    let paths: Vec<_> =
        (0..40).map(|at| format!("/iiif/3/a.tif/{at},{at},700,700/333,/0/default.jpg")).collect();
    let askers: Vec<_> = paths.iter().map(|path| http::open(server.address, path).unwrap()).collect();
    assert!(eventually(LIMIT, || server.metric("tegl_work_waiting") >= 30.0), "they wait before they read");
    // Counted before anybody leaves: the origin goes on with requests that were abandoned.
    let mut most = 0;
    let is_steady = || {
        let before = std::mem::replace(&mut most, origin.max_in_flight());
        most > 0 && most == before
    };
    assert!(eventually(LIMIT, is_steady));
    assert!(most <= 16, "{most} readings at a time");
    drop(askers);
    assert!(eventually(LIMIT, || is_idle(&server)));
    origin.delay(0);
    let asked = origin.take_requests().len();
    assert!(asked <= 24, "{asked} requests");
}

#[test]
fn slow_readers_of_one_response_share_its_memory() {
    let folder = folder(&[("a.tif", masters::jpeg_pyramid(&masters::noisy(2000, 1500), 256))]);
    let server = Server::start(folder.path().to_str().unwrap());
    let path = "/iiif/3/a.tif/full/max/0/default.tif";
    let length = server.get(path).body.len();
    assert!(length > 4 << 20, "{length}");
    let before = server.peak_memory();
    let mut readers: Vec<_> = (0..100).map(|_| http::open(server.address, path).unwrap()).collect();
    assert!(readers.iter_mut().all(|reader| status(reader) == "200"));
    assert_eq!(server.get("/iiif/3/a.tif/info.json").status, 200);
    let taken = server.peak_memory() - before;
    assert!(taken < 100e6, "{} MB for 100 readers of {length} bytes", taken / 1e6);
}

#[test]
fn an_archive_starts_with_its_first_file_and_ends_with_its_reader() {
    let museum = Museum::new(&[]);
    for name in ["b.tif", "c.tif"] {
        std::fs::write(museum.path(&format!("masters/{name}")), large()).unwrap();
    }
    museum.ingest(&[json!({
        "object_number": "K1", "titles": {"en": "Large"}, "images": [{"file": "b.tif"}, {"file": "c.tif"}],
    })]);
    let work = [("TEGL__WORK__MEMORY_MIB", "200"), ("TEGL__WORK__QUEUE_MS", "300")];
    let server = museum.serve_with(&work);
    let archive = "/download/work/K1.zip";
    let path = "/iiif/3/b.tif/full/max/0/default.tif";
    let mut reader = http::open(server.address, path).unwrap();
    assert_eq!(status(&mut reader), "200");
    let refused = server.get(archive);
    assert_eq!((refused.status, refused.header("retry-after")), (503, "1"), "{}", refused.text());
    drop(reader);
    assert!(eventually(LIMIT, || server.get(archive).status == 200));
    let mut archives: Vec<_> = (0..3).map(|_| http::open(server.address, archive).unwrap()).collect();
    let begun: Vec<_> = archives.iter_mut().map(status).collect();
    assert!(begun.contains(&"200".to_owned()), "{begun:?}");
    drop(archives);
    assert!(eventually(LIMIT, || is_idle(&server)), "{}", server.log());
}

#[test]
fn downloads_of_remote_originals_use_bounded_memory() {
    let origin = Origin::start();
    let plain = masters::pyramid(&masters::noisy(3000, 2000), 512, Compression::Zstd);
    assert!(plain.len() > 14 << 20, "{}", plain.len());
    origin.put("a.tif", plain);
    let work = [("TEGL__WORK__MEMORY_MIB", "16"), ("TEGL__WORK__QUEUE_MS", "200")];
    let server = Server::with(&[&origin.url()], &work);
    let mut readers: Vec<_> =
        (0..24).map(|_| http::open(server.address, "/download/a.tif").unwrap()).collect();
    let statuses: Vec<_> = readers.iter_mut().map(status).collect();
    let begun = statuses.iter().filter(|status| *status == "200").count();
    assert!((1..=8).contains(&begun) && statuses.contains(&"503".to_owned()), "{statuses:?}");
    drop(readers);
    assert!(eventually(LIMIT, || is_idle(&server)));
    assert_eq!(server.request("HEAD", "/download/a.tif", &[]).status, 200);
}

#[test]
fn head_of_a_large_image_renders_nothing() {
    let origin = Origin::start();
    origin.put("a.tif", large());
    let server = Server::start(&origin.url());
    assert_eq!(server.get("/iiif/3/a.tif/info.json").status, 200);
    origin.take_requests();
    for format in ["jpg", "tif"] {
        let head = server.request("HEAD", &format!("/iiif/3/a.tif/full/max/0/default.{format}"), &[]);
        assert_eq!((head.status, head.body.len()), (200, 0));
    }
    assert_eq!(origin.take_requests().len(), 0);
}

#[test]
fn decoding_and_rendering_share_one_reservation() {
    let folder = folder(&[("a.jpg", masters::plain_jpeg(&masters::picture(2000, 1500)))]);
    let environment = [("TEGL__WORK__MEMORY_MIB", "40"), ("TEGL__PYRAMIDS__ON_DEMAND", "false")];
    let server = Server::with(&[folder.path().to_str().unwrap()], &environment);
    let paths = ["full/max/0/default.png", "full/1900,/0/gray.jpg", "0,0,1800,1400/max/0/default.webp"];
    for answer in all(&server, &paths.map(|path| format!("/iiif/3/a.jpg/{path}"))) {
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    assert!(eventually(LIMIT, || is_idle(&server)));
}
