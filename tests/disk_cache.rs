//! The disk cache: warm after a restart, never wrong, and nothing that a server depends on.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::support::command::tegl;
use crate::support::disk::MountedDisk;
use crate::support::eventually;
use crate::support::http;
use crate::support::masters::{self, noisy, picture};
use crate::support::origin::Origin;
use crate::support::proxy::Proxy;
use crate::support::server::Server;
use crate::support::weed::Weed;

const TOKEN: &str = "operations-operations";
const PATIENCE: Duration = Duration::from_secs(20);

/// Stored tiles of a master with tiles of 64 pixels, then two renderings.
fn paths(name: &str, across: u32, down: u32) -> Vec<String> {
    let tile = |n: u32| (n % across * 64, n / across * 64);
    let tiles = (0..across * down).map(tile);
    let tiles =
        tiles.map(|(x, y)| format!("/iiif/3/{name}/{x},{y},64,64/64,64/0/default.jpg")).collect::<Vec<_>>();
    let rendered = ["full/100,/0/default.jpg", "10,20,100,60/50,/0/gray.png"];
    tiles.into_iter().chain(rendered.map(|last| format!("/iiif/3/{name}/{last}"))).collect()
}

fn master(width: u32, height: u32) -> Vec<u8> {
    masters::jpeg_pyramid(&noisy(width, height), 64)
}

/// A server with a disk cache in this folder.
fn serve(source: &str, folder: &Path, more: &[(&str, &str)]) -> Server {
    let mut environment =
        vec![("TEGL__CACHE__DISK__FOLDER", folder.to_str().unwrap()), ("TEGL__OPERATIONS__TOKEN", TOKEN)];
    environment.extend(more);
    Server::with(&[source], &environment)
}

fn bodies(server: &Server, paths: &[String]) -> Vec<Vec<u8>> {
    let get = |path: &String| {
        let response = server.get(path);
        assert_eq!(response.status, 200, "{path}: {}", response.text());
        response.body
    };
    paths.iter().map(get).collect()
}

/// Waits until all that is to be kept has been written.
#[track_caller]
fn written(server: &Server, at_least: usize) {
    let kept = || {
        let entries = server.metric("tegl_cache_entries{cache=\"disk\"}");
        server.metric("tegl_disk_cache_queued_bytes") == 0.0 && entries >= at_least as f64
    };
    assert!(eventually(PATIENCE, kept), "{}", http::get(server.operations(), "/metrics").unwrap().text());
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        match entry.file_type().unwrap().is_dir() {
            true => found.extend(files(&entry.path())),
            false if entry.file_name() != "lock" => found.push(entry.path()),
            false => {}
        }
    }
    found
}

fn gets(origin: &Origin) -> usize {
    origin.take_requests().iter().filter(|request| request.method == "GET").count()
}

fn purge(server: &Server, what: &str) {
    let authorization = format!("Bearer {TOKEN}");
    let headers = [("Authorization", authorization.as_str()), ("Content-Length", "0")];
    let purged = http::request(server.operations(), "POST", &format!("/admin/purge?{what}"), &headers);
    let purged = purged.unwrap();
    assert_eq!(purged.status, 202, "{}", purged.text());
}

#[test]
fn a_restarted_server_does_not_ask_the_bucket_again() {
    let Some(weed) = Weed::start() else { return };
    weed.put(&[("a.tif", masters::jpeg_pyramid(&picture(50 * 64, 40 * 64), 64))]);
    let (proxy, folder) = (Proxy::start(weed.address()), tempfile::tempdir().unwrap());
    let url = proxy.url();
    let mut environment = weed.environment().to_vec();
    environment[0].1 = url.trim_end_matches('/');
    let paths = paths("a.tif", 50, 40);
    assert!(paths.len() > 2000);
    let first = serve("s3://masters", folder.path(), &environment);
    let expected = bodies(&first, &paths);
    written(&first, paths.len());
    // Squares of tiles are read together.
    assert!((35..2000).contains(&proxy.requests("GET")), "{}", proxy.requests("GET"));
    drop(first);

    let again = serve("s3://masters", folder.path(), &environment);
    let before = [proxy.requests("GET"), proxy.requests("HEAD")];
    let found = bodies(&again, &paths);
    let [gets, heads] = [proxy.requests("GET") - before[0], proxy.requests("HEAD") - before[1]];
    assert_eq!(gets, 0, "{heads} {}", http::get(again.operations(), "/metrics").unwrap().text());
    assert!(heads <= 2, "{heads} HEADs of one master");
    let differ = found.iter().zip(&expected).filter(|(found, expected)| found != expected).count();
    assert_eq!(differ, 0);
    assert!(again.metric("tegl_disk_cache_total{kind=\"tile\",result=\"hit\"}") >= 2000.0);
    assert_eq!(again.metric("tegl_work_threads_busy"), 0.0);
}

#[test]
fn pyramids_in_a_bucket_survive_a_restart_and_are_purged_with_their_masters() {
    let Some(weed) = Weed::start() else { return };
    weed.put(&[("a.png", masters::png(&picture(1100, 900)))]);
    let (proxy, folder) = (Proxy::start(weed.address()), tempfile::tempdir().unwrap());
    let url = proxy.url();
    let mut environment = weed.environment().to_vec();
    environment.push(("TEGL__PYRAMIDS__LOCATION", "s3://masters/pyramids"));
    environment.push(("TEGL__PYRAMIDS__FROM_MEGAPIXELS", "0.1"));
    let ingested = tegl(&["ingest", "s3://masters"], &environment);
    assert_eq!(ingested.code, Some(0), "{}{}", ingested.out, ingested.err);
    environment[0].1 = url.trim_end_matches('/');
    let regions = ["0,0,512,512/512,512", "512,0,512,512/512,512", "0,0,1024,900/512,", "full/300,"];
    let paths = regions.map(|region| format!("/iiif/3/a.png/{region}/0/default.jpg"));

    let first = serve("s3://masters", folder.path(), &environment);
    let expected = bodies(&first, &paths);
    written(&first, paths.len());
    drop(first);
    let again = serve("s3://masters", folder.path(), &environment);
    let before = proxy.requests("GET");
    assert!(bodies(&again, &paths) == expected);
    assert_eq!(proxy.requests("GET"), before);
    purge(&again, "image=a.png");
    assert!(files(folder.path()).is_empty(), "{:?}", files(folder.path()));
    assert!(bodies(&again, &paths) == expected);
}

#[test]
fn a_replaced_master_is_not_served_from_the_disk() {
    let (origin, folder) = (Origin::start(), tempfile::tempdir().unwrap());
    let seen = paths("a.tif", 6, 5);
    // Nothing else reads tiles of the third level.
    let unseen = ["/iiif/3/a.tif/0,0,256,256/64,64/0/default.jpg".to_owned()];
    let paths = [&seen[..], &unseen].concat();
    let second = masters::jpeg_pyramid(&picture(6 * 64, 5 * 64), 64);
    origin.put("a.tif", second.clone());
    let expected = bodies(&Server::start(&origin.url()), &paths);
    origin.put("a.tif", master(6 * 64, 5 * 64));

    // Revalidated before it is served.
    let first = serve(&origin.url(), folder.path(), &[]);
    let old = bodies(&first, &seen);
    assert!(old.iter().zip(&expected).all(|(old, new)| old != new));
    written(&first, seen.len());
    drop(first);
    origin.put("a.tif", second.clone());
    let always = [("TEGL__MASTERS__REVALIDATE_S", "0"), ("TEGL__MASTERS__STALE_WHILE_REVALIDATE_S", "0")];
    let server = serve(&origin.url(), folder.path(), &always);
    assert!(bodies(&server, &paths) == expected);
    drop(server);

    // Within the time that a master counts as fresh, the old one may be served, and is no more when the new one is seen.
    purge(&serve(&origin.url(), folder.path(), &[]), "all=true");
    origin.put("a.tif", master(6 * 64, 5 * 64));
    let first = serve(&origin.url(), folder.path(), &[]);
    assert!(bodies(&first, &seen) == old);
    written(&first, seen.len());
    drop(first);
    origin.put("a.tif", second);
    let server = serve(&origin.url(), folder.path(), &[]);
    origin.take_requests();
    assert!(bodies(&server, &seen) == old);
    assert_eq!(gets(&origin), 0);
    assert!(bodies(&server, &unseen) == expected[seen.len()..]);
    assert!(bodies(&server, &seen) == expected[..seen.len()]);
}

#[test]
fn without_its_store_a_restarted_server_serves_as_long_as_one_that_runs() {
    let (origin, folder) = (Origin::start(), tempfile::tempdir().unwrap());
    origin.put("a.tif", master(128, 128));
    let paths = paths("a.tif", 2, 2);
    let first = serve(&origin.url(), folder.path(), &[]);
    let expected = bodies(&first, &paths);
    written(&first, paths.len());
    drop(first);
    let due = [("TEGL__MASTERS__REVALIDATE_S", "0"), ("TEGL__MASTERS__STALE_WHILE_REVALIDATE_S", "0")];
    for (outage_s, status) in [("86400", 200), ("0", 503)] {
        let more = [&due[..], &[("TEGL__MASTERS__STALE_IF_ERROR_S", outage_s)]].concat();
        let server = serve(&origin.url(), folder.path(), &more);
        origin.fail(Some(crate::support::origin::Fault::Unavailable));
        let response = server.get(&paths[0]);
        assert_eq!(response.status, status, "{}", response.text());
        assert_eq!(response.body == expected[0], status == 200);
        origin.fail(None);
    }
}

#[test]
fn damaged_entries_are_read_again_and_never_served() {
    let (origin, folder) = (Origin::start(), tempfile::tempdir().unwrap());
    origin.put("a.tif", master(6 * 64, 5 * 64));
    let paths = paths("a.tif", 6, 5);
    let first = serve(&origin.url(), folder.path(), &[]);
    let expected = bodies(&first, &paths);
    written(&first, paths.len());
    drop(first);
    let kept = files(folder.path());
    assert!(kept.len() >= paths.len(), "{}", kept.len());
    for (number, path) in kept.iter().enumerate() {
        let mut bytes = std::fs::read(path).unwrap();
        let at = number * 37 % bytes.len();
        match number % 4 {
            0 => bytes.truncate(at),
            1 => bytes.clear(),
            _ => bytes[at] ^= 1 << (number % 8),
        }
        std::fs::write(path, bytes).unwrap();
    }
    let server = serve(&origin.url(), folder.path(), &[]);
    origin.take_requests();
    assert!(bodies(&server, &paths) == expected);
    assert!(gets(&origin) > 0);
    assert!(server.metric("tegl_disk_cache_damaged_total") >= 30.0);
    assert_eq!(server.log().matches("an entry was damaged").count(), 1, "{}", server.log());
    written(&server, paths.len());
    drop(server);
    // They were replaced.
    let server = serve(&origin.url(), folder.path(), &[]);
    origin.take_requests();
    assert!(bodies(&server, &paths) == expected);
    let asked = origin.take_requests();
    assert!(asked.iter().all(|request| request.method != "GET"), "{asked:?} {}", server.log());
}

#[test]
fn a_full_disk_costs_nothing_but_the_cache() {
    costs_only_the_cache(
        |source, environment| MountedDisk::serve(2048, source, environment),
        |disk| {
            disk.fill();
            MountedDisk::free
        },
    );
}

#[test]
fn a_disk_without_room_for_files_costs_nothing_but_the_cache() {
    // The cache has 256 folders.
    costs_only_the_cache(
        |source, environment| MountedDisk::serve_with_files(1024, source, environment),
        |disk| {
            disk.fill_with_files();
            MountedDisk::free_files
        },
    );
}

/// What fills a disk returns what frees it again.
fn costs_only_the_cache(
    serve: impl Fn(&[&str], &[(&str, &str)]) -> Option<MountedDisk>,
    fill: impl Fn(&MountedDisk) -> fn(&MountedDisk),
) {
    let origin = Origin::start();
    origin.put("a.tif", master(12 * 64, 10 * 64));
    let paths = paths("a.tif", 12, 10);
    let expected = bodies(&Server::start(&origin.url()), &paths);
    let environment = [
        ("TEGL__CACHE__DISK__FOLDER", "DISK/cache"),
        ("TEGL__CACHE__ANSWERS_MIB", "0"),
        ("TEGL__CATALOGUE__URL", "none"),
        ("TEGL__PYRAMIDS__LOCATION", "none"),
    ];
    let Some(small) = serve(&[&origin.url()], &environment) else { return };
    let server = &small.server;
    let free = fill(&small);
    for _ in 0..2 {
        assert!(bodies(server, &paths) == expected);
    }
    assert!(eventually(PATIENCE, || server.metric("tegl_disk_cache_queued_bytes") == 0.0));
    assert_eq!(server.log().matches("cannot be written to").count(), 1, "{}", server.log());
    free(&small);
    let again = || {
        bodies(server, &paths[..4]);
        server.log().contains("is written to again")
    };
    assert!(eventually(PATIENCE, again), "{}", server.log());
    assert!(bodies(server, &paths) == expected);
}

#[test]
fn a_read_only_folder_costs_nothing_but_the_cache() {
    let (origin, folder) = (Origin::start(), tempfile::tempdir().unwrap());
    origin.put("a.tif", master(128, 128));
    let paths = paths("a.tif", 2, 2);
    let environment = [
        ("TEGL__CACHE__DISK__FOLDER", "DISK/pyramids"),
        ("TEGL__CATALOGUE__URL", "none"),
        ("TEGL__PYRAMIDS__LOCATION", "none"),
    ];
    let mounted = MountedDisk::read_only(folder.path().to_str().unwrap(), &[&origin.url()], &environment);
    let Some(mounted) = mounted else { return };
    bodies(&mounted.server, &paths);
    let logged = || mounted.server.log().matches("there is no disk cache").count() == 1;
    assert!(eventually(PATIENCE, logged), "{}", mounted.server.log());
}

#[test]
fn images_are_purged_one_by_one_or_all() {
    let (origin, folder) = (Origin::start(), tempfile::tempdir().unwrap());
    origin.put("a.tif", master(128, 128));
    origin.put("b.tif", master(192, 128));
    let (a, b) = (paths("a.tif", 2, 2), paths("b.tif", 3, 2));
    let count = |server: &Server, paths: &[String]| {
        origin.take_requests();
        bodies(server, paths);
        gets(&origin)
    };
    let server = serve(&origin.url(), folder.path(), &[("TEGL__CACHE__ANSWERS_MIB", "0")]);
    assert!(count(&server, &a) > 0 && count(&server, &b) > 0);
    written(&server, a.len() + b.len());
    assert_eq!((count(&server, &a), count(&server, &b)), (0, 0));
    purge(&server, "image=a.tif");
    assert!(count(&server, &a) >= a.len() - 2);
    assert_eq!(count(&server, &b), 0);
    written(&server, a.len() + b.len());
    purge(&server, "all=true");
    assert!(files(folder.path()).is_empty());
    assert!(count(&server, &b) > 0);
}

#[test]
fn rights_are_checked_before_the_disk_is_asked() {
    let (origin, folder) = (Origin::start(), tempfile::tempdir().unwrap());
    origin.put("a.tif", master(256, 256));
    let paths = paths("a.tif", 4, 4);
    let first = serve(&origin.url(), folder.path(), &[]);
    bodies(&first, &paths);
    written(&first, paths.len());
    drop(first);
    let settings = folder.path().join("tegl.toml");
    std::fs::write(&settings, "[rights]\nwithout_record = { largest = 0, original = false }\n").unwrap();
    let environment = [("TEGL__CACHE__DISK__FOLDER", folder.path().to_str().unwrap())];
    let server = Server::with(&["--config", settings.to_str().unwrap(), &origin.url()], &environment);
    for path in &paths {
        assert_eq!(server.get(path).status, 403, "{path}");
    }
}

#[test]
fn two_servers_do_not_share_a_folder() {
    let (origin, folder) = (Origin::start(), tempfile::tempdir().unwrap());
    origin.put("a.tif", master(128, 128));
    let paths = paths("a.tif", 2, 2);
    let first = serve(&origin.url(), folder.path(), &[]);
    let expected = bodies(&first, &paths);
    let second = serve(&origin.url(), folder.path(), &[]);
    assert!(eventually(PATIENCE, || second.log().contains("another process uses")), "{}", second.log());
    assert!(bodies(&second, &paths) == expected);
    assert_eq!(second.metric("tegl_disk_cache_writes_total"), 0.0);
}
