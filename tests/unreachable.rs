//! Stores that do not answer: nobody waits for them who need not, they are asked little, and nothing outlives the outage.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::support::http::Response;
use crate::support::masters::{self, noisy, picture};
use crate::support::origin::{Fault, Origin};
use crate::support::server::Server;
use crate::support::{Failures, eventually};

const HASTY: [(&str, &str); 2] = [("TEGL__STORE__TIMEOUT_MS", "400"), ("TEGL__STORE__DEADLINE_MS", "1500")];
const PATIENT: [(&str, &str); 2] =
    [("TEGL__STORE__TIMEOUT_MS", "20000"), ("TEGL__STORE__DEADLINE_MS", "40000")];

fn tiles(name: &str) -> Vec<String> {
    let places = (0..4).flat_map(|y| (0..5).map(move |x| (x * 256, y * 256)));
    places.map(|(x, y)| format!("/iiif/3/{name}/{x},{y},256,256/256,256/0/default.jpg")).collect()
}

/// A store with one large master, and a server of it with these settings.
fn noisy_master(environment: &[(&str, &str)]) -> (Origin, Server) {
    let origin = Origin::start();
    origin.put("a.tif", masters::jpeg_pyramid(&noisy(1300, 1050), 256));
    let server = Server::with(&[&origin.url()], environment);
    assert_eq!(server.get("/iiif/3/a.tif/info.json").status, 200);
    (origin, server)
}

fn is_unreachable(answer: &Response) -> bool {
    [502, 503, 504].contains(&answer.status) && !answer.header("retry-after").is_empty()
}

#[test]
fn cached_images_are_served_immediately_while_the_store_hangs() {
    let (origin, server) = noisy_master(&[PATIENT[0], PATIENT[1], ("TEGL__MASTERS__REVALIDATE_S", "1")]);
    let tiles = tiles("a.tif");
    tiles.iter().for_each(|tile| assert_eq!(server.get(tile).status, 200));
    origin.take_requests();
    origin.fail(Some(Fault::Silent));
    let mut failures = Failures::default();
    let mut asked = 0;
    // Until the store is asked in the background, and for a while after that.
    let checked = eventually(Duration::from_secs(10), || {
        let began = Instant::now();
        let answer = server.get(&tiles[asked % tiles.len()]);
        failures.check(answer.status == 200, || format!("{}", answer.status));
        // The store is given up after 20 seconds: this is far from both.
        failures.check(began.elapsed() < Duration::from_secs(5), || format!("{:?}", began.elapsed()));
        asked += 1;
        origin.take_requests().iter().any(|one| one.method == "HEAD")
    });
    assert!(checked, "the store was not asked whether the master is the same");
    for tile in &tiles {
        let began = Instant::now();
        failures.check(server.get(tile).status == 200, || tile.clone());
        failures.check(began.elapsed() < Duration::from_secs(5), || format!("{:?}", began.elapsed()));
    }
    assert!(origin.take_requests().len() <= 1, "one master is asked for once");
}

#[test]
fn a_replaced_master_is_detected_in_the_background() {
    let origin = Origin::start();
    origin.put("a.tif", masters::jpeg_pyramid(&picture(300, 200), 64));
    let server = Server::with(&[&origin.url()], &[("TEGL__MASTERS__REVALIDATE_S", "1")]);
    let width = || server.get("/iiif/3/a.tif/info.json").json()["width"].as_u64();
    assert_eq!(width(), Some(300));
    // Too slow to be waited for.
    origin.delay(300);
    origin.put("a.tif", masters::jpeg_pyramid(&picture(400, 200), 64));
    assert!(eventually(Duration::from_secs(10), || width() == Some(400)));
}

#[test]
fn an_outage_costs_few_requests_and_recovery_is_quick() {
    let (origin, server) = noisy_master(&[HASTY[0], HASTY[1], ("TEGL__MASTERS__REVALIDATE_S", "0")]);
    let tiles = tiles("a.tif");
    for (fault, each) in [(Fault::Unavailable, &tiles[..16]), (Fault::Silent, &tiles[16..18])] {
        origin.take_requests();
        origin.fail(Some(fault));
        for tile in each {
            let answer = server.get(tile);
            assert!(is_unreachable(&answer), "{fault:?} {tile}: {}", answer.status);
        }
        let asked = origin.take_requests();
        assert!(asked.len() as f64 <= 2.2 * each.len() as f64, "{fault:?}: {asked:?}");
        origin.fail(None);
        let answered = |tile: &String| eventually(Duration::from_secs(5), || server.get(tile).status == 200);
        assert!(each.iter().all(answered), "{fault:?} outlives itself");
    }
}

#[test]
fn a_failing_store_does_not_mark_masters_as_damaged() {
    let origin = Origin::start();
    let raster = noisy(900, 700);
    let kinds = [
        ("a.jp2", masters::jp2(&raster)),
        ("a.jpg", masters::plain_jpeg(&raster)),
        ("a.png", masters::png(&raster)),
        ("a.webp", masters::webp(&raster)),
        ("strips.tif", masters::striped_tiff(&raster)),
    ];
    for (name, file) in &kinds {
        assert!(file.len() > 100_000, "{name} is read at its opening as a whole");
        origin.put(name, file.clone());
    }
    for pyramids in ["none", ""] {
        let environment = [
            HASTY[0],
            HASTY[1],
            ("TEGL__PYRAMIDS__LOCATION", pyramids),
            ("TEGL__PYRAMIDS__FROM_MEGAPIXELS", "0.1"),
            ("TEGL__CACHE__ANSWERS_MIB", "0"),
        ];
        let server = Server::with(&[&origin.url()], &environment);
        for (name, _) in &kinds {
            assert_eq!(server.get(&format!("/iiif/3/{name}/info.json")).status, 200, "{name}");
        }
        let paths: Vec<String> = kinds
            .iter()
            .map(|(name, _)| format!("/iiif/3/{name}/40,30,500,400/500,400/0/gray.jpg"))
            .collect();
        for fault in [Fault::Unavailable, Fault::Silent] {
            origin.fail(Some(fault));
            for path in &paths {
                let answer = server.get(path);
                assert!(is_unreachable(&answer), "{fault:?} {path}: {} {}", answer.status, answer.text());
            }
        }
        origin.fail(None);
        for path in &paths {
            let shown = eventually(Duration::from_secs(15), || server.get(path).status == 200);
            assert!(shown, "{path} afterwards: {}", server.get(path).text());
        }
    }
}

#[test]
fn concurrent_reads_are_limited_as_configured() {
    let (origin, server) = noisy_master(&[("TEGL__STORE__CONCURRENT_READS", "3")]);
    origin.delay(20);
    std::thread::scope(|scope| {
        for tile in tiles("a.tif") {
            let server = &server;
            scope.spawn(move || assert_eq!(server.get(&tile).status, 200));
        }
    });
    assert!(origin.max_in_flight() <= 3, "{} at once", origin.max_in_flight());
}

type Damage = fn(&mut Vec<u8>);

#[test]
fn a_pyramid_damaged_in_its_store_is_rebuilt() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.tif"), masters::striped_tiff(&noisy(900, 700))).unwrap();
    let path = |x: u32, y: u32| format!("/iiif/3/a.tif/{x},{y},128,128/128,128/0/default.jpg");
    let paths: Vec<String> = (0..5).flat_map(|y| (0..7).map(move |x| path(x * 128, y * 128))).collect();
    let kept = tempfile::tempdir().unwrap();
    let environment = [
        ("TEGL__PYRAMIDS__LOCATION", kept.path().to_str().unwrap()),
        ("TEGL__PYRAMIDS__FROM_MEGAPIXELS", "0.1"),
        ("TEGL__PYRAMIDS__TILE_SIDE", "128"),
    ];
    let start = || Server::with(&[folder.path().to_str().unwrap()], &environment);
    let server = start();
    assert!(eventually(Duration::from_secs(10), || server.get(&paths[0]).status == 200
        && pyramid(kept.path()).is_some()));
    // A tile that was wanted before the pyramid was there may have been made from the master, and be kept.
    drop(server);
    let server = start();
    let clean: Vec<_> = paths.iter().map(|path| server.get(path).body).collect();
    drop(server);
    let place = pyramid(kept.path()).expect("a pyramid");
    let sound = fs::read(&place).unwrap();
    let damages: [(&str, Damage); 4] = [
        ("cut", |file| file.truncate(file.len() / 2)),
        ("empty", Vec::clear),
        ("no header", |file| file[..200].fill(7)),
        ("no tiles", |file| {
            let half = file.len() / 2;
            file[half..].fill(0);
        }),
    ];
    for (damage, spoil) in damages {
        let mut file = sound.clone();
        spoil(&mut file);
        fs::write(&place, &file).unwrap();
        let server = start();
        for (path, expected) in paths.iter().zip(&clean) {
            let mut last = String::new();
            let right = eventually(Duration::from_secs(10), || {
                let answer = server.get(path);
                last = format!("{} {}", answer.status, answer.text());
                assert!([200, 503].contains(&answer.status), "{damage} {path}: {last}");
                answer.status == 200 && answer.body == *expected
            });
            assert!(right, "{damage} {path}: {last}");
        }
        assert_eq!(fs::read(&place).unwrap().len(), sound.len(), "{damage}: it is not made again");
    }
}

/// The only pyramid below this folder.
fn pyramid(folder: &Path) -> Option<PathBuf> {
    let mut entries = fs::read_dir(folder).ok()?.map_while(Result::ok).map(|entry| entry.path());
    entries.find_map(|path| match path.is_dir() {
        true => pyramid(&path),
        false => path.extension().is_some_and(|end| end == "tif").then_some(path),
    })
}
