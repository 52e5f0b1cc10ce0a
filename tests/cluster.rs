//! Several servers on one catalogue and one bucket, behind nginx: they are restarted and killed under load, and agree.

use std::net::{SocketAddr, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::json;

use crate::support::command::tegl;
use crate::support::museum::{CURATOR, tag, wait};
use crate::support::nginx::Nginx;
use crate::support::postgres::Postgres;
use crate::support::server::Server;
use crate::support::weed::Weed;
use crate::support::{eventually, http, masters, not_proven};

const PATIENCE: Duration = Duration::from_secs(60);
const PATHS: [&str; 5] = [
    "/iiif/3/a.tif/info.json",
    "/iiif/3/a.tif/0,0,128,128/128,128/0/default.jpg",
    "/iiif/3/a.tif/100,100,300,200/150,/0/default.jpg",
    "/presentation/3/KMS1/manifest",
    "/api/v1/works?q=horse",
];

/// A catalogue in PostgreSQL, a bucket, and the folders that servers have to themselves.
struct Bed {
    weed: Weed,
    catalogue: String,
    own: tempfile::TempDir,
}

impl Bed {
    fn new() -> Option<Self> {
        let Some(postgres) = Postgres::shared() else {
            not_proven("several servers", "PostgreSQL is not installed");
            return None;
        };
        let weed = Weed::start()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let bed = Self {
            weed,
            catalogue: runtime.block_on(postgres.database()),
            own: tempfile::tempdir().unwrap(),
        };
        bed.weed.put(&[("a.tif", masters::jpeg_pyramid(&masters::picture(900, 600), 128))]);
        let record = json!({"object_number": "KMS1", "titles": {"en": "A Horse"}, "public_domain": true,
            "images": [{"file": "a.tif"}]});
        let file = bed.own.path().join("records.jsonl");
        std::fs::write(&file, record.to_string()).unwrap();
        let ran =
            tegl(&["ingest", "s3://masters", "--records", file.to_str().unwrap()], &bed.environment(&[]));
        assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
        Some(bed)
    }

    fn environment<'a>(&'a self, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        let mut environment = self.weed.environment().to_vec();
        environment.extend([
            ("TEGL__CATALOGUE__URL", self.catalogue.as_str()),
            ("TEGL__PYRAMIDS__LOCATION", "s3://masters/pyramids"),
            ("TEGL__API__TOKENS__CURATOR", CURATOR),
            ("TEGL__WEB__BASE_URL", "https://museum.example"),
        ]);
        environment.extend(more);
        environment
    }

    /// Starts the server of this number, at its address if it had one before, and waits until it is ready.
    fn serve(&self, number: usize, address: Option<SocketAddr>) -> Server {
        let index = self.own.path().join(format!("index-{number}"));
        let more = [
            ("TEGL__SEARCH__FOLDER", index.to_str().unwrap()),
            ("TEGL__WEB__DRAIN_S", "1"),
            // Pyramids take their time, and large masters wait for them.
            ("TEGL__PYRAMIDS__COMPRESSION", "deflate"),
            ("TEGL__MASTERS__WHOLE_MEGAPIXELS", "4"),
        ];
        let environment = self.environment(&more);
        let server = match address {
            Some(address) => Server::at(address, &["s3://masters"], &environment),
            None => Server::with(&["s3://masters"], &environment),
        };
        let is_ready =
            || server.get("/health/ready").status == 200 && server.get("/api/v1/works").status == 200;
        wait(PATIENCE, is_ready);
        server
    }
}

/// Sends 200 requests per second while `work` runs; returns how many were answered, and the failures.
fn under_load(address: SocketAddr, work: impl FnOnce()) -> (usize, Vec<String>) {
    const CLIENTS: usize = 8;
    /// Between two requests of one client.
    const INTERVAL: Duration = Duration::from_millis(5 * CLIENTS as u64);
    let (over, answered, failed) = (AtomicBool::new(false), AtomicUsize::new(0), Mutex::new(Vec::new()));
    let began = Instant::now();
    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (over, answered, failed) = (&over, &answered, &failed);
            scope.spawn(move || {
                for (number, turn) in (client..).zip(1..) {
                    if over.load(Ordering::Relaxed) {
                        return;
                    }
                    let path = PATHS[number % PATHS.len()];
                    match http::get(address, path) {
                        Ok(answer) if answer.status == 200 => drop(answered.fetch_add(1, Ordering::Relaxed)),
                        Ok(answer) => failed.lock().unwrap().push(format!(
                            "{path}: {} {}",
                            answer.status,
                            answer.text()
                        )),
                        Err(error) => failed.lock().unwrap().push(format!("{path}: {error}")),
                    }
                    std::thread::sleep((INTERVAL * turn).saturating_sub(began.elapsed()));
                }
            });
        }
        // They end, too, if the work panics.
        let _end = End(&over);
        work();
    });
    let (answered, seconds) = (answered.into_inner(), began.elapsed().as_secs_f64());
    eprintln!("{answered} requests in {seconds:.1} s: {:.0} per second", answered as f64 / seconds);
    (answered, failed.into_inner().unwrap())
}

struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Waits until nginx sends this server requests.
fn wait_until_asked(server: &Server) {
    let answers = || server.metric("tegl_requests_total");
    let before = answers();
    wait(PATIENCE, || answers() > before);
}

#[test]
fn servers_are_restarted_one_by_one_and_killed_without_a_failed_request() {
    let Some(bed) = Bed::new() else { return };
    let mut servers: Vec<_> = (0..3).map(|number| bed.serve(number, None)).collect();
    let addresses: Vec<_> = servers.iter().map(|server| server.address).collect();
    let Some(nginx) = Nginx::start(&addresses) else { return };
    let (answered, failed) = under_load(nginx.address, || {
        for (number, &address) in addresses.iter().enumerate() {
            servers.remove(0).stop();
            let again = bed.serve(number, Some(address));
            wait_until_asked(&again);
            servers.push(again);
        }
    });
    assert!(failed.is_empty(), "{} of {answered} failed: {failed:?} {}", failed.len(), nginx.log());
    assert!(answered > 100, "{answered}");
    let (answered, failed) = under_load(nginx.address, || {
        servers.iter().for_each(wait_until_asked);
        drop(servers.remove(0));
        servers.iter().for_each(wait_until_asked);
        let again = bed.serve(0, Some(addresses[0]));
        wait_until_asked(&again);
        servers.push(again);
    });
    assert!(failed.is_empty(), "{} of {answered} failed: {failed:?} {}", failed.len(), nginx.log());
}

#[test]
fn a_change_is_seen_on_every_server_and_responses_have_equal_etags() {
    let Some(bed) = Bed::new() else { return };
    let servers: Vec<_> = (0..3).map(|number| bed.serve(number, None)).collect();
    let began = Instant::now();
    tag(&servers[0], "KMS1", json!({"scheme": "motif", "label": {"en": "windmill"}}));
    for server in &servers {
        for (path, shown) in [
            ("/api/v1/works/KMS1/tags", "windmill"),
            ("/presentation/3/KMS1/manifest", "windmill"),
            ("/api/v1/works?any=motif:windmill", "\"KMS1\""),
        ] {
            let is_shown = || server.get(path).text().contains(shown);
            assert!(eventually(Duration::from_secs(10), is_shown), "{path}: {}", server.get(path).text());
        }
    }
    eprintln!("a change was seen on three servers after {:?}", began.elapsed());
    for path in PATHS.into_iter().chain(["/presentation/2/KMS1/manifest", "/api/v1/works/KMS1"]) {
        let tags: Vec<_> = servers.iter().map(|server| server.get(path).header("etag").to_owned()).collect();
        assert!(!tags[0].is_empty() && tags.iter().all(|tag| *tag == tags[0]), "{path}: {tags:?}");
        for server in &servers {
            assert_eq!(server.request("GET", path, &[("If-None-Match", &tags[0])]).status, 304, "{path}");
        }
    }
}

fn made(server: &Server) -> f64 {
    server.metric("tegl_pyramids_total{result=\"made\"}")
}

fn is_building(server: &Server) -> bool {
    server.metric("tegl_pyramids_under_way") == 1.0
}

const TILE: &str = "/0,0,512,512/512,512/0/default.jpg";

/// Asks all servers for an image without a pyramid, and returns the number of the one that builds it, and the open requests.
fn builder(servers: &[Server], name: &str) -> (usize, Vec<TcpStream>) {
    let path = format!("/iiif/3/{name}{TILE}");
    let asking = servers.iter().map(|server| http::open(server.address, &path).unwrap()).collect();
    let mut building = None;
    let begins = || {
        building = servers.iter().position(is_building);
        building.is_some()
    };
    assert!(eventually(PATIENCE, begins), "nobody builds {name}");
    (building.unwrap(), asking)
}

/// Waits until the pyramid of `b.tif` is built and found by all servers, which have built one in all.
#[track_caller]
fn assert_built_once(servers: &[Server]) {
    let total = || servers.iter().map(made).sum::<f64>();
    assert!(
        eventually(PATIENCE, || total() >= 1.0 && !servers.iter().any(is_building)),
        "no pyramid is built"
    );
    // Those that waited have found it.
    for server in servers {
        let found = || server.get("/iiif/3/b.tif/1024,1024,512,512/512,512/0/default.jpg").status == 200;
        assert!(eventually(PATIENCE, found), "{}", server.log());
    }
    assert_eq!(total(), 1.0, "{}", servers.iter().map(Server::log).collect::<String>());
}

#[test]
fn servers_with_one_bucket_build_a_pyramid_once_and_take_over_from_one_that_was_killed() {
    let Some(bed) = Bed::new() else { return };
    let large = masters::striped_tiff(&masters::noisy(4000, 3000));
    bed.weed.put(&[("b.tif", large.clone()), ("c.tif", large)]);
    let mut servers: Vec<_> = (0..3).map(|number| bed.serve(number, None)).collect();
    let _asking = builder(&servers, "b.tif");
    assert_built_once(&servers);

    let (building, _asking) = builder(&servers, "c.tif");
    servers.remove(building).signal(Signal::KILL);
    let before = servers.iter().map(made).sum::<f64>();
    let began = Instant::now();
    let taken_over = || servers.iter().map(made).sum::<f64>() == before + 1.0;
    assert!(eventually(PATIENCE, taken_over), "{}", servers.iter().map(Server::log).collect::<String>());
    eprintln!("another server had built the pyramid after {:?}", began.elapsed());
}

#[test]
fn servers_with_one_folder_build_a_pyramid_once() {
    let [source, store] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    std::fs::write(source.path().join("b.tif"), masters::striped_tiff(&masters::noisy(3000, 2000))).unwrap();
    let environment = [
        ("TEGL__PYRAMIDS__LOCATION", store.path().to_str().unwrap()),
        ("TEGL__CATALOGUE__URL", "none"),
        ("TEGL__PYRAMIDS__COMPRESSION", "deflate"),
        ("TEGL__MASTERS__WHOLE_MEGAPIXELS", "4"),
    ];
    let servers = [(); 2].map(|()| Server::with(&[source.path().to_str().unwrap()], &environment));
    let _asking = builder(&servers, "b.tif");
    assert_built_once(&servers);
    let left = std::fs::read_dir(store.path().join(".tegl-unfinished")).unwrap().flatten();
    let left: Vec<_> = left.map(|entry| entry.file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().starts_with("claim-")), "{left:?}");
}

#[test]
fn a_store_without_conditional_writes_is_named_and_used() {
    let Some(weed) = Weed::start() else { return };
    weed.put(&[("b.tif", masters::striped_tiff(&masters::noisy(1800, 1200)))]);
    let mut environment = weed.environment().to_vec();
    environment.extend([
        ("TEGL__PYRAMIDS__LOCATION", "s3://masters/pyramids"),
        ("TEGL__CATALOGUE__URL", "none"),
        ("AWS_CONDITIONAL_PUT", "disabled"),
    ]);
    let server = Server::with(&["s3://masters"], &environment);
    let is_named = || server.log().contains("ignores conditional writes");
    assert!(eventually(PATIENCE, is_named), "{}", server.log());
    assert_eq!(server.get(&format!("/iiif/3/b.tif{TILE}")).status, 200);
    assert!(eventually(PATIENCE, || made(&server) == 1.0), "{}", server.log());
    drop(server);
    environment.pop();
    let server = Server::with(&["s3://masters"], &environment);
    assert!(!server.log().contains("ignores conditional writes"), "{}", server.log());
}
