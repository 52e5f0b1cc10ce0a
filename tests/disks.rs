//! Disks that fill up: what fails says so, costs little meanwhile, and goes on by itself once there is room.

use std::time::Duration;

use serde_json::json;

use crate::support::command::tegl;
use crate::support::disk::MountedDisk;
use crate::support::eventually;
use crate::support::http::Response;
use crate::support::masters::{self, picture};
use crate::support::museum::{CURATOR, Museum, send, works};
use crate::support::server::Server;
use crate::support::weed::Weed;

const JSON: (&str, &str) = ("Content-Type", "application/json");

fn add(server: &Server, motif: &str) -> Response {
    let tag = json!({"scheme": "motif", "label": {"en": motif}}).to_string();
    send(server, "POST", "/api/v1/works/KMS1/tags", &[JSON], tag.as_bytes())
}

#[test]
fn catalogue_writes_resume_when_a_full_disk_has_room_again() {
    let museum = Museum::new(&works());
    let environment = [
        ("TEGL__CATALOGUE__URL", "DISK/catalogue.db"),
        ("TEGL__SEARCH__FOLDER", "none"),
        ("TEGL__API__TOKENS__CURATOR", CURATOR),
    ];
    let Some(small) = MountedDisk::serve(4096, &[&museum.path("masters")], &environment) else { return };
    let typed = ["ingest", &museum.path("masters"), "--records", &museum.path("records.jsonl")];
    let ran = small.tegl(&typed, &[environment[0], ("TEGL__PYRAMIDS__LOCATION", "none")]);
    assert!(ran.status.code().is_some_and(|code| code < 2), "{ran:?}");
    let server = &small.server;
    assert!(eventually(Duration::from_secs(5), || add(server, "before").status == 201));
    small.fill();
    let mut taken = 0;
    let refused = loop {
        let answer = add(server, &format!("motif {taken} {}", "long ".repeat(80)));
        match answer.status {
            201 => taken += 1,
            _ => break answer,
        }
    };
    assert_eq!(refused.status, 503, "{}", refused.text());
    assert!(refused.text().contains("disk is full"), "{}", refused.text());
    let tile = server.get("/iiif/3/a.tif/0,0,128,128/128,128/0/default.jpg");
    assert_eq!((tile.status, server.get("/api/v1/works/KMS1/tags").status), (200, 200), "reading goes on");
    small.free();
    let after = add(server, "after");
    assert_eq!(after.status, 201, "{}", after.text());
    let tags = server.get("/api/v1/works/KMS1/tags").json()["tags"].as_array().unwrap().len();
    assert_eq!(tags, 3 + 2 + taken, "all that was taken is there, and nothing else");
}

#[test]
fn an_index_on_a_full_disk_waits_for_room_and_reports_it() {
    let museum = Museum::new(&works());
    let catalogue = museum.path("catalogue.db");
    let environment = [("TEGL__CATALOGUE__URL", catalogue.as_str()), ("TEGL__SEARCH__FOLDER", "DISK/index")];
    let Some(small) = MountedDisk::serve(24, &[&museum.path("masters")], &environment) else { return };
    let server = &small.server;
    let full = || server.get("/api/v1/works").text().contains("disk of the search index is full");
    assert!(eventually(Duration::from_secs(20), full), "{}", server.get("/api/v1/works").text());
    assert_eq!(server.get("/api/v1/works").status, 503);
    let ready = server.get("/health/ready");
    assert!(
        ready.status == 503 && ready.text().contains("disk of the search index is full"),
        "{}",
        ready.text()
    );
    assert_eq!(server.get("/iiif/3/a.tif/info.json").status, 200, "images go on");
    small.grow(32 << 10);
    assert!(eventually(Duration::from_secs(60), || server.get("/api/v1/works?q=horse").status == 200));
    assert_eq!(server.get("/health/ready").status, 200);
    let logged = server.log().matches("works cannot be indexed").count();
    assert_eq!(logged, 1, "the cause is logged once: {}", server.log());
}

#[test]
fn images_are_served_without_pyramids_while_the_disk_is_full() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.jpg"), masters::plain_jpeg(&picture(2400, 1600))).unwrap();
    let environment = [("TEGL__PYRAMIDS__LOCATION", "DISK/pyramids"), ("TEGL__CATALOGUE__URL", "none")];
    let source = folder.path().to_str().unwrap();
    let Some(small) = MountedDisk::serve(512, &[source], &environment) else { return };
    small.fill();
    without_pyramids(&small, || {
        small.free();
        small.grow(64 << 10);
    });
}

#[test]
fn a_read_only_pyramid_store_is_no_obstacle() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("masters")).unwrap();
    let source = folder.path().join("masters");
    std::fs::write(source.join("a.jpg"), masters::plain_jpeg(&picture(2400, 1600))).unwrap();
    let shelf = folder.path().join("shelf").to_str().unwrap().to_owned();
    let location = ("TEGL__PYRAMIDS__LOCATION", "DISK/pyramids");
    let ran = tegl(&["ingest", source.to_str().unwrap()], &[("TEGL__PYRAMIDS__LOCATION", &shelf)]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    for on_demand in ["false", "true"] {
        let environment =
            [location, ("TEGL__PYRAMIDS__ON_DEMAND", on_demand), ("TEGL__CATALOGUE__URL", "none")];
        let Some(small) = MountedDisk::read_only(&shelf, &[source.to_str().unwrap()], &environment) else {
            return;
        };
        let info = small.server.get("/iiif/3/a.jpg/info.json");
        assert!(info.status == 200 && info.text().contains("scaleFactors"), "{}", info.text());
        // The line of the request comes after those of the start.
        let is_logged = || small.server.log().contains("/a.jpg/info.json");
        assert!(eventually(Duration::from_secs(10), is_logged), "{}", small.server.log());
        let warned = small.server.log().contains("no pyramids are built");
        assert_eq!(warned, on_demand == "true", "{}", small.server.log());
    }
}

#[test]
fn without_room_for_files_the_catalogue_takes_changes() {
    let museum = Museum::new(&works());
    let environment = [
        ("TEGL__CATALOGUE__URL", "DISK/catalogue.db"),
        ("TEGL__SEARCH__FOLDER", "none"),
        ("TEGL__API__TOKENS__CURATOR", CURATOR),
    ];
    let masters = museum.path("masters");
    let Some(small) = MountedDisk::serve_with_files(16, &[&masters], &environment) else { return };
    let typed = ["ingest", &masters, "--records", &museum.path("records.jsonl")];
    let ran = small.tegl(&typed, &[environment[0], ("TEGL__PYRAMIDS__LOCATION", "none")]);
    assert!(ran.status.code().is_some_and(|code| code < 2), "{ran:?}");
    small.fill_with_files();
    for motif in ["one", "two"] {
        let answer = add(&small.server, motif);
        assert_eq!(answer.status, 201, "{}", answer.text());
    }
    assert_eq!(small.server.get("/health/ready").status, 200);
    // Another process cannot keep a log of its own; it says why, and changes nothing.
    let ran = small.tegl(&typed, &[environment[0], ("TEGL__PYRAMIDS__LOCATION", "none")]);
    assert!(ran.status.code().is_some(), "{ran:?}");
    small.free_files();
    assert_eq!(add(&small.server, "three").status, 201);
    let tags = small.server.get("/api/v1/works/KMS1/tags").json()["tags"].as_array().unwrap().len();
    assert_eq!(tags, 3 + 3);
}

#[test]
fn an_index_without_room_for_files_waits_for_it_and_reports_it() {
    let museum = Museum::new(&works());
    let catalogue = museum.path("catalogue.db");
    let environment = [("TEGL__CATALOGUE__URL", catalogue.as_str()), ("TEGL__SEARCH__FOLDER", "DISK/index")];
    let Some(small) = MountedDisk::serve_with_files(4, &[&museum.path("masters")], &environment) else {
        return;
    };
    let server = &small.server;
    let full = || server.get("/api/v1/works").text().contains("disk of the search index is full");
    assert!(
        eventually(Duration::from_secs(20), full),
        "{} {}",
        server.get("/api/v1/works").text(),
        server.log()
    );
    let is_logged = || server.log().contains("no more files fit");
    assert!(eventually(Duration::from_secs(10), is_logged), "{}", server.log());
    assert_eq!(server.get("/iiif/3/a.tif/info.json").status, 200, "images go on");
    small.resize("nr_inodes=4096");
    assert!(eventually(Duration::from_secs(60), || server.get("/api/v1/works?q=horse").status == 200));
    assert_eq!(server.log().matches("works cannot be indexed").count(), 1, "{}", server.log());
}

#[test]
fn images_are_served_without_pyramids_while_no_files_fit() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.jpg"), masters::plain_jpeg(&picture(2400, 1600))).unwrap();
    let environment = [("TEGL__PYRAMIDS__LOCATION", "DISK/pyramids"), ("TEGL__CATALOGUE__URL", "none")];
    let source = folder.path().to_str().unwrap();
    let Some(small) = MountedDisk::serve_with_files(16, &[source], &environment) else { return };
    small.fill_with_files();
    without_pyramids(&small, || small.free_files());
}

/// Tiles are served although no pyramid can be stored, the cause is logged once, and pyramids are built after `mend`.
fn without_pyramids(disk: &MountedDisk, mend: impl FnOnce()) {
    let server = &disk.server;
    for column in 0..12 {
        let tile = server.get(&format!("/iiif/3/a.jpg/{},0,128,128/128,128/0/default.jpg", column * 128));
        assert_eq!(tile.status, 200, "{}", tile.text());
    }
    assert!(
        eventually(Duration::from_secs(10), || server.log().contains("pyramids cannot be kept")),
        "{}",
        server.log()
    );
    assert_eq!(server.log().matches("pyramids cannot be kept").count(), 1, "{}", server.log());
    let tried = || server.metric("tegl_pyramids_total") == 1.0;
    assert!(eventually(Duration::from_secs(10), tried), "it is not tried anew for each request");
    mend();
    let made = || {
        server.get("/iiif/3/a.jpg/0,0,200,200/100,/0/default.jpg");
        server.metric("tegl_pyramids_total{result=\"made\"}") == 1.0
    };
    assert!(eventually(Duration::from_secs(60), made), "{}", server.log());
}

/// Pyramids of buckets are written on a local disk first.
#[test]
fn a_full_temporary_folder_costs_only_pyramids() {
    let Some(weed) = Weed::start() else { return };
    weed.put(&[("a.jpg", masters::plain_jpeg(&picture(2400, 1600)))]);
    let mut environment = weed.environment().to_vec();
    environment.extend([
        ("TEGL__PYRAMIDS__LOCATION", "s3://masters/pyramids"),
        ("TEGL__CATALOGUE__URL", "none"),
        ("TMPDIR", "DISK"),
    ]);
    let Some(small) = MountedDisk::serve(256, &["s3://masters"], &environment) else { return };
    small.fill();
    without_pyramids(&small, || {
        small.free();
        small.grow(64 << 10);
    });
}

#[test]
fn a_read_only_catalogue_or_index_is_reported() {
    let museum = Museum::new(&works());
    let shelf = tempfile::tempdir().unwrap();
    let catalogue = museum.path("catalogue.db");
    let masters = museum.path("masters");
    let environment =
        [("TEGL__CATALOGUE__URL", catalogue.as_str()), ("TEGL__SEARCH__FOLDER", "DISK/pyramids")];
    let shelf = shelf.path().to_str().unwrap();
    let Some(mounted) = MountedDisk::read_only(shelf, &[&masters], &environment) else { return };
    let server = &mounted.server;
    let logged = || server.log().matches("works cannot be indexed").count() == 1;
    assert!(eventually(Duration::from_secs(20), logged), "{}", server.log());
    assert_eq!(server.get("/api/v1/works").status, 503);
    assert_eq!(server.get("/iiif/3/a.tif/info.json").status, 200);
    assert_eq!(server.get("/presentation/3/KMS1/manifest").status, 200);
    // A catalogue that cannot be opened for writing is a mistake of the configuration.
    std::fs::copy(&catalogue, std::path::Path::new(shelf).join("catalogue.db")).unwrap();
    let url = [("TEGL__CATALOGUE__URL", "DISK/pyramids/catalogue.db"), ("TEGL__SEARCH__FOLDER", "none")];
    let ran = mounted.tegl(&["ingest", &masters, "--records", &museum.path("records.jsonl")], &url);
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert_eq!(ran.status.code(), Some(1), "{said}");
    assert!(said.contains("catalogue.db"), "{said}");
}
