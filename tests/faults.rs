//! A store that fails, and clients that leave: answers are right, or they say that they are not.

use std::io::Write;
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

use crate::support::command::tegl;
use crate::support::http::Response;
use crate::support::origin::Origin;
use crate::support::proxy::{Fault, Proxy};
use crate::support::server::Server;
use crate::support::weed::Weed;
use crate::support::{Failures, eventually, masters};

const HASTY: [(&str, &str); 2] = [("TEGL__STORE__TIMEOUT_MS", "400"), ("TEGL__STORE__DEADLINE_MS", "1500")];

fn paths() -> Vec<String> {
    let mut paths = Vec::new();
    for (x, y) in (0..4).flat_map(|y| (0..5).map(move |x| (x * 256, y * 256))) {
        paths.push(format!("/iiif/3/a.tif/{x},{y},256,256/256,256/0/default.jpg"));
    }
    for last in ["full/200,/0/default.jpg", "300,100,700,600/350,/90/gray.png", "full/max/0/default.webp"] {
        paths.push(format!("/iiif/3/a.tif/{last}"));
    }
    paths
}

fn a_master() -> Vec<u8> {
    masters::jpeg_pyramid(&masters::noisy(1300, 1050), 256)
}

/// A store behind a proxy, and what a server gives when nothing fails.
type Beds = (Origin, Proxy, Vec<(String, Response)>);

fn beds() -> Beds {
    let origin = Origin::start();
    origin.put("a.tif", a_master());
    let proxy = Proxy::start(origin.address);
    let clean = Server::start(&origin.url());
    let answers = paths().into_iter().map(|path| (path.clone(), clean.get(&path))).collect::<Vec<_>>();
    assert!(answers.iter().all(|(_, answer)| answer.status == 200));
    (origin, proxy, answers)
}

fn is_honest(answer: &Response) -> bool {
    let text = answer.header("content-type").starts_with("text/plain");
    let retry = answer.header("retry-after").parse::<u32>().is_ok_and(|seconds| (1..=60).contains(&seconds));
    [502, 503, 504].contains(&answer.status) && text && retry
}

#[test]
fn under_every_failure_a_response_is_correct_or_an_error() {
    use Fault::{
        Empty, Error, Hang, Page, Refuse, Reset, ResetInBody, Short, Slow, StaleTag, Stall, Truncate,
    };
    let (_origin, proxy, clean) = beds();
    let mut failures = Failures::default();
    for faults in [
        &[(Error, 0.05), (Reset, 0.02), (ResetInBody, 0.02), (Truncate, 0.02), (Slow, 0.3)][..],
        &[(Error, 0.4)],
        &[(Truncate, 0.25), (ResetInBody, 0.25)],
        &[(Short, 0.4)],
        &[(StaleTag, 0.3)],
        &[(Reset, 0.2), (Refuse, 0.2)],
        &[(Hang, 0.05), (Stall, 0.05)],
        // Gateways answer with pages, and with nothing: cantaloupe-project/cantaloupe#225 and #529.
        &[(Page, 0.3)],
        &[(Empty, 0.3)],
    ] {
        proxy.fail(&[]);
        let mut server = Server::with(&[&proxy.url()], &HASTY);
        proxy.fail(faults);
        let mut right = 0;
        for (path, expected) in &clean {
            let began = Instant::now();
            let answer = server.get(path);
            let same = answer.status == 200 && answer.body == expected.body;
            right += u32::from(same);
            failures.check(same || is_honest(&answer), || {
                let length = answer.body.len();
                format!("{faults:?} {path}: {} with {length} bytes {:?}", answer.status, answer.headers)
            });
            failures
                .check(began.elapsed() < Duration::from_secs(8), || format!("{faults:?} {path}: too late"));
        }
        failures.check(right > 0, || format!("{faults:?}: nothing at all was answered"));
        proxy.fail(&[]);
        for (path, expected) in &clean {
            let answer = server.get(path);
            failures.check(answer.status == 200 && answer.body == expected.body, || {
                format!("after {faults:?} {path}: {} {}", answer.status, answer.header("content-type"))
            });
        }
        failures.check(server.is_alive() && !server.log().contains("panicked"), || {
            format!("{faults:?}: a panic")
        });
    }
}

#[test]
fn cached_images_survive_an_outage() {
    let (_origin, proxy, clean) = beds();
    let environment = [HASTY[0], HASTY[1], ("TEGL__MASTERS__REVALIDATE_S", "0")];
    let server = Server::with(&[&proxy.url()], &environment);
    // Tiles that do not touch, so that none is read ahead.
    let is_apart = |path: &str| {
        let column_and_row = path.trim_start_matches("/iiif/3/a.tif/").split(',').take(2);
        column_and_row.filter(|at| at.parse::<u32>().is_ok_and(|at| at % 512 == 0)).count() == 2
    };
    let (held, cold): (Vec<_>, Vec<_>) = clean.iter().partition(|(path, _)| is_apart(path));
    assert_eq!((held.len(), cold.len()), (6, 17));
    held.iter().for_each(|(path, _)| assert_eq!(server.get(path).status, 200));
    assert_eq!(server.get("/health/ready").status, 200);
    for outage in [Fault::Error, Fault::Refuse] {
        proxy.fail(&[(outage, 1.0)]);
        for (path, expected) in &held {
            let answer = server.get(path);
            assert!(
                answer.status == 200 && answer.body == expected.body,
                "{path} was held: {}",
                answer.status
            );
        }
        for (path, _) in &cold {
            let answer = server.get(path);
            assert!(is_honest(&answer), "{path} in an outage: {} {:?}", answer.status, answer.headers);
        }
        assert!(is_honest(&server.get("/iiif/3/other.tif/info.json")));
        assert_eq!((server.get("/health/ready").status, server.get("/health/live").status), (503, 200));
    }
    proxy.fail(&[]);
    for (path, expected) in cold {
        let answer = server.get(path);
        assert!(answer.status == 200 && answer.body == expected.body, "{path} afterwards: {}", answer.status);
    }
    assert_eq!(server.get("/health/ready").status, 200);
}

#[test]
fn an_outage_costs_few_requests_and_ends_soon_after_its_end() {
    let (origin, proxy, clean) = beds();
    let names: Vec<String> = (0..8).map(|n| format!("{n}.tif")).collect();
    names.iter().for_each(|name| origin.put(name, a_master()));
    let tiles: Vec<&str> = clean.iter().map(|(path, _)| path.as_str()).take(20).collect();
    for (fault, masters) in [(Fault::Error, 8), (Fault::Error, 1), (Fault::Hang, 8)] {
        let server = Server::with(&[&proxy.url()], &HASTY);
        let paths = |tiles: &[&str]| -> Vec<String> {
            let each = names.iter().take(masters);
            each.flat_map(|name| tiles.iter().map(|tile| tile.replace("a.tif", name)).collect::<Vec<_>>())
                .collect()
        };
        let (held, cold) = (paths(&tiles[..1]), paths(&tiles[1..]));
        held.iter().for_each(|path| assert_eq!(server.get(path).status, 200));
        let sent = || proxy.requests("GET") + proxy.requests("HEAD");
        let before = sent();
        proxy.fail(&[(fault, 1.0)]);
        // One tile of each master after another, so that the store is known to fail after a few.
        let misses = (0..19).flat_map(|n| (0..masters).map(move |master| master * 19 + n));
        let statuses: Vec<(u16, Duration)> = misses
            .map(|n| {
                let began = Instant::now();
                (server.get(&cold[n]).status, began.elapsed())
            })
            .collect();
        let per_miss = (sent() - before) as f64 / statuses.len() as f64;
        assert!(per_miss <= 2.2, "{fault:?}, {masters} masters: {per_miss} requests per miss");
        assert!(statuses.iter().all(|(status, _)| [503, 504].contains(status)), "{fault:?}: {statuses:?}");
        if masters > 1 {
            let last = &statuses[statuses.len() / 2..];
            let slow =
                last.iter().filter(|(status, took)| *status != 503 || *took > Duration::from_millis(250));
            // Some requests probe whether the store responds.
            assert!(slow.count() <= 1 + last.len() / 10, "{fault:?}: {last:?}");
        }
        held.iter().for_each(|path| assert_eq!(server.get(path).status, 200, "{path} was held"));
        proxy.fail(&[]);
        let ended = Instant::now();
        assert!(eventually(Duration::from_secs(5), || server.get(&cold[0]).status == 200), "{fault:?}");
        println!("{fault:?}, {masters} masters: {per_miss:.2} requests per miss, {:?}", ended.elapsed());
    }
}

#[test]
fn a_hanging_store_costs_no_more_than_the_deadline() {
    let (_origin, proxy, clean) = beds();
    let server = Server::with(&[&proxy.url()], &HASTY);
    assert_eq!(server.get("/iiif/3/a.tif/info.json").status, 200);
    proxy.fail(&[(Fault::Hang, 1.0)]);
    std::thread::scope(|scope| {
        for (path, _) in &clean {
            let server = &server;
            scope.spawn(move || {
                let began = Instant::now();
                let answer = server.get(path);
                let took = began.elapsed();
                assert!(is_honest(&answer), "{path}: {} {:?}", answer.status, answer.headers);
                assert!(took < Duration::from_millis(3000), "{path}: {took:?}");
            });
        }
    });
    let began = Instant::now();
    assert_eq!(server.get("/health/live").status, 200);
    assert!(began.elapsed() < Duration::from_millis(500), "a dead store slows what needs none");
    let gauges = ["tegl_work_threads_busy", "tegl_work_waiting", "tegl_work_memory_bytes"];
    let calm = eventually(Duration::from_secs(6), || gauges.iter().all(|gauge| server.metric(gauge) == 0.0));
    assert!(calm, "{:?}", gauges.map(|gauge| server.metric(gauge)));
}

#[test]
fn hits_are_fast_while_misses_wait_for_a_slow_store() {
    let (origin, proxy, clean) = beds();
    let names: Vec<String> = (0..8).map(|n| format!("{n}.tif")).collect();
    names.iter().for_each(|name| origin.put(name, a_master()));
    let server = Server::with(&[&proxy.url()], &HASTY);
    let held: Vec<&str> = clean.iter().map(|(path, _)| path.as_str()).take(20).collect();
    held.iter().for_each(|path| assert_eq!(server.get(path).status, 200));
    names.iter().for_each(|name| {
        assert_eq!(server.get(&format!("/iiif/3/{name}/info.json")).status, 200);
    });
    let took = |path: &str| {
        let began = Instant::now();
        assert_eq!(server.get(path).status, 200, "{path}");
        began.elapsed()
    };
    let last_percent = |mut times: Vec<Duration>| {
        times.sort_unstable();
        times[times.len() * 99 / 100]
    };
    let calm = last_percent((0..20).flat_map(|_| &held).map(|path| took(path)).collect());
    proxy.fail(&[(Fault::Error, 0.3), (Fault::Stall, 0.2), (Fault::Hang, 0.1), (Fault::Slow, 0.4)]);
    let misses: Vec<String> =
        names.iter().flat_map(|name| held.iter().map(|path| path.replace("a.tif", name))).collect();
    let times = std::thread::scope(|scope| {
        let server = &server;
        let clients: Vec<_> = misses
            .chunks(misses.len() / 40)
            .map(|some| {
                scope.spawn(move || {
                    some.iter().all(|path| [200, 502, 503, 504].contains(&server.get(path).status))
                })
            })
            .collect();
        let mut times = Vec::new();
        while times.len() < 200 || !clients.iter().all(|client| client.is_finished()) {
            times.extend(held.iter().map(|path| took(path)));
        }
        assert!(clients.into_iter().all(|client| client.join().unwrap()));
        times
    });
    let slow = last_percent(times);
    assert!(slow <= 2 * calm + Duration::from_millis(50), "{slow:?}, without misses {calm:?}");
}

#[test]
fn incomplete_answers_are_not_kept_on_the_disk() {
    use Fault::{Empty, Page, Refuse, ResetInBody, Short, Truncate};
    let (_origin, proxy, clean) = beds();
    for fault in [Short, Truncate, ResetInBody, Empty, Page] {
        proxy.fail(&[]);
        let folder = tempfile::tempdir().unwrap();
        let environment =
            [HASTY[0], HASTY[1], ("TEGL__CACHE__DISK__FOLDER", folder.path().to_str().unwrap())];
        let server = Server::with(&[&proxy.url()], &environment);
        assert_eq!(server.get("/iiif/3/a.tif/info.json").status, 200);
        proxy.fail(&[(fault, 0.6)]);
        clean.iter().for_each(|(path, _)| drop(server.get(path)));
        assert!(eventually(Duration::from_secs(20), || server.metric("tegl_disk_cache_queued_bytes") == 0.0));
        drop(server);
        proxy.fail(&[(Refuse, 1.0)]);
        let restarted = Server::with(&[&proxy.url()], &environment);
        let answers: Vec<Response> = clean.iter().map(|(path, _)| restarted.get(path)).collect();
        let mut failures = Failures::default();
        for (answer, (path, expected)) in answers.iter().zip(&clean) {
            let is_right = answer.status == 200 && answer.body == expected.body;
            failures.check(is_right || is_honest(answer), || {
                format!("{fault:?} {path}: {} with {} bytes", answer.status, answer.body.len())
            });
        }
        let right = answers.iter().filter(|answer| answer.status == 200).count();
        failures.check(right > 0, || format!("{fault:?}: nothing was kept"));
    }
}

#[test]
fn a_pyramid_is_whole_when_the_answer_to_its_write_is_lost() {
    let Some(weed) = Weed::start() else { return };
    weed.put(&[("a.png", masters::png(&masters::noisy(700, 450)))]);
    let proxy = Proxy::start(weed.address());
    let url = proxy.url();
    let paths: Vec<String> = (0..70)
        .map(|n| (n % 10 * 64, n / 10 * 64))
        .map(|(x, y)| format!("/iiif/3/a.png/{x},{y},{},64/max/0/default.jpg", 64.min(700 - x)))
        .collect();
    let bed = |location: &'static str, endpoint: &'static str| {
        let mut environment = weed.environment().to_vec();
        if !endpoint.is_empty() {
            environment[0].1 = url.trim_end_matches('/');
        }
        environment.extend([
            ("TEGL__PYRAMIDS__LOCATION", location),
            ("TEGL__PYRAMIDS__FROM_MEGAPIXELS", "0.1"),
            ("TEGL__PYRAMIDS__TILE_SIDE", "64"),
            ("TEGL__CACHE__ANSWERS_MIB", "0"),
        ]);
        environment
    };
    let ingested = tegl(&["ingest", "s3://masters"], &bed("s3://masters/clean", ""));
    assert_eq!(ingested.code, Some(0), "{}{}", ingested.out, ingested.err);
    let clean = Server::with(&["s3://masters"], &bed("s3://masters/clean", ""));
    let expected: Vec<Vec<u8>> = paths.iter().map(|path| clean.get(path).body).collect();
    for (location, share) in [("s3://masters/some", 0.5), ("s3://masters/all", 1.0)] {
        let environment = bed(location, "through the proxy");
        let server = Server::with(&["s3://masters"], &environment);
        proxy.fail_only("PUT", &[(Fault::Lost, share)]);
        // From the master, or from its pyramid.
        for path in &paths {
            let answer = server.get(path);
            assert!([200, 503].contains(&answer.status), "{path}: {} {}", answer.status, answer.text());
        }
        proxy.fail(&[]);
        let mut failures = Failures::default();
        for (path, expected) in paths.iter().zip(&expected) {
            let is_right = eventually(Duration::from_secs(20), || server.get(path).body == *expected);
            failures.check(is_right, || format!("{location} {path}"));
        }
        drop(failures);
        let again = Server::with(&["s3://masters"], &environment);
        assert!(paths.iter().zip(&expected).all(|(path, expected)| again.get(path).body == *expected));
        assert_eq!(again.metric("tegl_pyramids_total"), 0.0, "the pyramid was there");
    }
}

#[test]
#[ignore = "long: make soak"]
fn soak_ten_thousand_tiles_of_a_flaky_store_are_right() {
    use Fault::{Corrupt, Error, Reset, ResetInBody, Slow, Truncate};
    let origin = Origin::start();
    origin.put("a.tif", masters::jpeg_pyramid(&masters::picture(100 * 64, 100 * 64), 64));
    let paths: Vec<String> = (0..10_000)
        .map(|n| (n % 100 * 64, n / 100 * 64))
        .map(|(x, y)| format!("/iiif/3/a.tif/{x},{y},64,64/64,64/0/default.jpg"))
        .collect();
    let clean = Server::start(&origin.url());
    let expected: Vec<Vec<u8>> = paths.iter().map(|path| clean.get(path).body).collect();
    let proxy = Proxy::start(origin.address);
    let folder = tempfile::tempdir().unwrap();
    let environment = [("TEGL__CACHE__DISK__FOLDER", folder.path().to_str().unwrap())];
    let server = Server::with(&[&proxy.url()], &environment);
    let flaky = [(Error, 0.05), (Reset, 0.02), (ResetInBody, 0.02), (Truncate, 0.02), (Slow, 0.2)];
    for faults in [flaky.to_vec(), [&flaky[..], &[(Corrupt, 0.02)]].concat()] {
        proxy.fail(&faults);
        let server = if faults.len() == flaky.len() { &server } else { &Server::start(&proxy.url()) };
        let (wrong, missing) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for client in 0..16 {
                let (paths, expected, wrong, missing) = (&paths, &expected, &wrong, &missing);
                scope.spawn(move || {
                    for n in (client..paths.len()).step_by(16) {
                        let answer = server.get(&paths[n]);
                        let is_right = answer.status == 200 && answer.body == expected[n];
                        missing.fetch_add(usize::from(!is_right && is_honest(&answer)), SeqCst);
                        wrong.fetch_add(usize::from(!is_right && !is_honest(&answer)), SeqCst);
                    }
                });
            }
        });
        let (wrong, missing) = (wrong.into_inner(), missing.into_inner());
        println!("{faults:?}: {wrong} wrong, {missing} without an image");
        assert_eq!(wrong, 0);
        assert!(missing <= 10, "{missing} of 10,000 were not answered with an image");
    }
    proxy.fail(&[]);
    let right = paths.iter().zip(&expected).filter(|(path, expected)| server.get(path).body == **expected);
    assert_eq!(right.count(), paths.len(), "afterwards");
}

#[test]
fn two_versions_of_a_master_are_never_mixed() {
    let origin = Origin::start();
    let states = [masters::noisy(1300, 1050), masters::picture(1300, 1050)];
    let states = states.map(|raster| masters::jpeg_pyramid(&raster, 256));
    let path = "/iiif/3/a.tif/0,0,1300,1050/1299,1049/0/default.jpg";
    let clean = states.clone().map(|state| {
        origin.put("a.tif", state);
        Server::start(&origin.url()).get(path).body
    });
    let environment = [
        ("TEGL__CACHE__ANSWERS_MIB", "0"),
        ("TEGL__CACHE__DECODED_MIB", "0"),
        ("TEGL__STORE__COALESCE_GAP_KIB", "0"),
    ];
    let server = Server::with(&[&origin.url()], &environment);
    origin.delay(3);
    let mut seen = [0; 2];
    for round in 0..24 {
        std::thread::scope(|scope| {
            let answer = scope.spawn(|| server.get(path));
            // At another stage of the answer every time.
            let mut asked = 0;
            while asked < round as usize % 12 && !answer.is_finished() {
                asked += origin.take_requests().len();
                std::thread::yield_now();
            }
            origin.put("a.tif", states[round as usize % 2].clone());
            let answer = answer.join().unwrap();
            match clean.iter().position(|body| *body == answer.body) {
                Some(state) => seen[state] += 1,
                None => assert!(is_honest(&answer), "round {round}: {} is of neither state", answer.status),
            }
        });
    }
    assert!(seen.iter().all(|&times| times > 0), "{seen:?}");
}

#[test]
fn redirects_of_a_store_to_another_host_are_not_followed() {
    let (origin, elsewhere) = (Origin::start(), Origin::start());
    elsewhere.put("a.tif", a_master());
    origin.redirect(Some(elsewhere.url().trim_end_matches('/').to_owned()));
    let server = Server::start(&origin.url());
    for path in ["/iiif/3/a.tif/info.json", "/iiif/3/a.tif/full/max/0/default.jpg", "/view/mirador/a.tif"] {
        let answer = server.get(path);
        assert!(answer.status >= 400, "{path}: {}", answer.status);
        assert!(!answer.text().contains(&elsewhere.address.to_string()), "{path} says where");
    }
    assert!(elsewhere.take_requests().is_empty(), "another host was asked");
}

#[test]
fn disconnected_clients_do_not_keep_the_server_busy() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.tif"), masters::jpeg_pyramid(&masters::noisy(3000, 2000), 256))
        .unwrap();
    let server = Server::start(folder.path().to_str().unwrap());
    assert_eq!(server.get("/iiif/3/a.tif/info.json").status, 200);
    for n in 0..60 {
        let mut stream = TcpStream::connect(server.address).unwrap();
        let request =
            format!("GET /iiif/3/a.tif/{n},0,2900,2000/max/0/default.png HTTP/1.1\r\nHost: x\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        // Some leave at once, some after others were answered.
        (0..n % 5).for_each(|_| assert_eq!(server.get("/health/live").status, 200));
    }
    let began = Instant::now();
    assert_eq!(server.get("/iiif/3/a.tif/0,0,256,256/256,256/0/default.jpg").status, 200);
    assert!(began.elapsed() < Duration::from_secs(1), "a tile waited for {:?}", began.elapsed());
    let gauges = ["tegl_work_threads_busy", "tegl_work_waiting", "tegl_work_memory_bytes"];
    let calm = eventually(Duration::from_secs(6), || gauges.iter().all(|gauge| server.metric(gauge) == 0.0));
    assert!(calm, "{:?}", gauges.map(|gauge| server.metric(gauge)));
}
