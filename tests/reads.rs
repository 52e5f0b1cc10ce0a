//! How often a store is asked, and for how much.

use crate::support::origin::{Origin, Request};
use crate::support::server::Server;
use crate::support::{eventually, masters};

fn range_reads(asked: &[Request]) -> usize {
    assert!(
        asked.iter().all(|one| one.method == "GET" && !one.range.is_empty()),
        "not only ranges: {asked:?}"
    );
    asked.len()
}

#[test]
fn pyramids_are_read_with_few_range_requests() {
    let origin = Origin::start();
    let file = masters::jpeg_pyramid(&masters::noisy(3000, 2000), 256);
    let length = file.len() as u64;
    assert!(length > 1 << 20, "{length} bytes are too few to tell");
    origin.put("Ø x.tif", file);
    let server = Server::start(&origin.url());
    origin.take_requests();
    let mut all = Vec::new();
    let mut read = |path: &str, headers: &[(&str, &str)], status: u16| {
        let answer = server.request("GET", &format!("/iiif/3/%C3%98%20x.tif/{path}"), headers);
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
        let asked = origin.take_requests();
        all.extend(asked.clone());
        (range_reads(&asked), answer.header("etag").to_owned())
    };

    let (first, tag) = read("info.json", &[], 200);
    assert!((1..=2).contains(&first), "the first touch took {first} reads");
    assert_eq!(read("info.json", &[], 200).0, 0, "info.json again");
    assert_eq!(read("info.json", &[("If-None-Match", &tag)], 304).0, 0, "info.json held");

    for tile in [
        "0,0,256,256/256,256",
        "256,512,256,256/256,256",
        "2816,1792,184,208/184,208",
        "512,0,512,512/256,256",
        "2560,1536,440,464/220,232",
        "0,0,2048,2000/256,250",
    ] {
        let path = format!("{tile}/0/default.jpg");
        let (cold, tag) = read(&path, &[], 200);
        assert_eq!(cold, 1, "{tile}, cold");
        assert_eq!(read(&path, &[], 200).0, 0, "{tile}, again");
        assert_eq!(read(&path, &[("If-None-Match", &tag)], 304).0, 0, "{tile}, held");
    }

    let bytes: u64 = all.iter().map(|one| one.bytes).sum();
    assert!(bytes * 4 < length, "{bytes} of {length} bytes were read");
    assert_eq!(server.metric("tegl_store_reads_total{kind=\"range\",store=\"http\"}"), all.len() as f64);
    assert_eq!(server.metric("tegl_store_reads_total{kind=\"head\",store=\"http\"}"), 0.0);
    assert_eq!(server.metric("tegl_store_read_bytes_total{store=\"http\"}"), bytes as f64);
}

/// A tile of 256 pixels at full size.
fn tile(column: u32, row: u32) -> String {
    format!("/iiif/3/a.tif/{},{},256,256/256,256/0/default.jpg", column * 256, row * 256)
}

#[test]
fn the_neighbours_of_neighbouring_tiles_are_read_ahead() {
    let (origin, folder) = (Origin::start(), tempfile::tempdir().unwrap());
    let file = masters::jpeg_pyramid(&masters::noisy(3000, 2000), 256);
    std::fs::write(folder.path().join("a.tif"), &file).unwrap();
    origin.put("a.tif", file);
    let (server, local) = (Server::start(&origin.url()), Server::start(folder.path().to_str().unwrap()));
    server.get("/iiif/3/a.tif/info.json");
    origin.take_requests();
    let reads = |column, row| {
        let path = tile(column, row);
        let (answer, expected) = (server.get(&path), local.get(&path));
        assert_eq!((answer.status, expected.status), (200, 200), "{path}");
        assert!(answer.body == expected.body, "{path}");
        range_reads(&origin.take_requests())
    };
    assert_eq!(reads(0, 0), 1);
    assert_eq!(reads(2, 2), 1, "they do not touch");
    // The rest of a square of four by four tiles, whose rows do not touch in the file; one of them is there already.
    assert!((1..=5).contains(&reads(1, 0)));
    for (column, row) in [(2, 0), (3, 0), (0, 1), (3, 1), (1, 2), (2, 2), (3, 3), (0, 0)] {
        assert_eq!(reads(column, row), 0, "{column}, {row}");
    }
    assert!((1..=4).contains(&reads(4, 1)), "the next square");
    assert_eq!(reads(7, 3), 0);
    assert_eq!(reads(10, 6), 1, "elsewhere");
}

#[test]
fn nothing_is_read_ahead_without_memory_for_responses() {
    let origin = Origin::start();
    origin.put("a.tif", masters::jpeg_pyramid(&masters::noisy(3000, 2000), 256));
    let server = Server::with(&[&origin.url()], &[("TEGL__CACHE__ANSWERS_MIB", "0")]);
    server.get("/iiif/3/a.tif/info.json");
    origin.take_requests();
    for (column, row) in [(0, 0), (1, 0), (2, 0), (1, 1)] {
        assert_eq!(server.get(&tile(column, row)).status, 200);
        assert_eq!(range_reads(&origin.take_requests()), 1, "{column}, {row}");
    }
}

#[test]
fn a_damaged_neighbour_does_not_matter() {
    let origin = Origin::start();
    let mut file = masters::jpeg_pyramid(&masters::noisy(3000, 2000), 256);
    // In the middle of the file are tiles of the full size.
    let middle = file.len() / 2;
    file[middle..middle + 200].fill(0xff);
    origin.put("a.tif", file);
    let server = Server::start(&origin.url());
    let damaged = (0..7).flat_map(|row| (0..11).map(move |column| (column, row)));
    let damaged = damaged.filter(|&(column, row)| server.get(&tile(column, row)).status != 200).count();
    assert!((1..=2).contains(&damaged), "{damaged}");
}

#[test]
fn another_server_confirms_an_etag_without_rendering() {
    let origin = Origin::start();
    origin.put("a.tif", masters::jpeg_pyramid(&masters::noisy(1000, 700), 256));
    let paths = ["0,0,256,256/256,256/0/default.jpg", "full/300,/90/gray.png"];
    let one = Server::start(&origin.url());
    let tags = paths.map(|path| one.get(&format!("/iiif/3/a.tif/{path}")).header("etag").to_owned());
    let other = Server::start(&origin.url());
    other.get("/iiif/3/a.tif/info.json");
    origin.take_requests();
    for (path, tag) in paths.iter().zip(&tags) {
        let answer = other.request("GET", &format!("/iiif/3/a.tif/{path}"), &[("If-None-Match", tag)]);
        assert_eq!((answer.status, origin.take_requests().len()), (304, 0), "{path}");
    }
}

#[test]
fn an_overview_reads_the_small_levels_only() {
    let origin = Origin::start();
    let file = masters::jpeg_pyramid(&masters::noisy(3000, 2000), 256);
    let length = file.len() as u64;
    origin.put("a.tif", file);
    let server = Server::start(&origin.url());
    origin.take_requests();
    for parameters in ["full/180,/0/default.jpg", "full/!200,200/0/gray.png", "square/100,/90/default.webp"] {
        assert_eq!(server.get(&format!("/iiif/3/a.tif/{parameters}")).status, 200);
    }
    let asked = origin.take_requests();
    let bytes: u64 = asked.iter().map(|one| one.bytes).sum();
    assert!(range_reads(&asked) <= 5 && bytes * 8 < length, "{} reads, {bytes} of {length}", asked.len());
}

const LIMIT: std::time::Duration = std::time::Duration::from_secs(10);

#[test]
fn masters_are_revalidated_when_they_are_stale() {
    let origin = Origin::start();
    origin.put("a.tif", masters::jpeg_pyramid(&masters::picture(300, 200), 64));
    let server = Server::with(&[&origin.url()], &[("TEGL__MASTERS__REVALIDATE_S", "0")]);
    let width = || server.get("/iiif/3/a.tif/info.json").json()["width"].as_u64();
    assert_eq!(width(), Some(300));
    origin.take_requests();
    // Freshness is counted in milliseconds: within the first one the master is as new as it can be.
    let looked = || {
        assert_eq!(width(), Some(300));
        let methods: Vec<_> = origin.take_requests().into_iter().map(|one| one.method).collect();
        assert!(methods.is_empty() || methods == ["HEAD"], "{methods:?}");
        !methods.is_empty()
    };
    assert!(eventually(LIMIT, looked));
    origin.put("a.tif", masters::jpeg_pyramid(&masters::picture(400, 200), 64));
    assert!(eventually(LIMIT, || width() == Some(400)));
}
