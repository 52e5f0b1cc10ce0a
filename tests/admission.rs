//! Overload: renderings are admitted before anything is read for them, and what needs no rendering does not wait.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::support::eventually;
use crate::support::http::{self, Response};
use crate::support::masters;
use crate::support::museum::{Museum, wait_until_indexed, works};
use crate::support::origin::Origin;
use crate::support::server::Server;

const LIMIT: Duration = Duration::from_secs(30);

/// A small rendering, different for each number; it is assumed to take 5 ms.
fn rendering(number: usize) -> String {
    format!("/iiif/3/far.tif/{number},{number},300,300/111,/0/default.jpg")
}

/// A server with one render thread and a queue of 50 ms in front of a store that holds requests.
struct Held {
    origin: Origin,
    server: Server,
    open: Vec<TcpStream>,
}

impl Held {
    fn start(environment: &[(&str, &str)]) -> Self {
        Self::serving(&[], environment)
    }

    fn serving(sources: &[&str], environment: &[(&str, &str)]) -> Self {
        let origin = Origin::start();
        origin.put("far.tif", masters::jpeg_pyramid(&masters::noisy(1000, 800), 256));
        let usual = [
            ("TEGL__WORK__THREADS", "1"),
            ("TEGL__WORK__QUEUE_MS", "100"),
            ("TEGL__STORE__TIMEOUT_MS", "60000"),
            ("TEGL__STORE__DEADLINE_MS", "60000"),
            ("TEGL__WORK__DEADLINE_MS", "60000"),
            // Each rendering reads its tiles.
            ("TEGL__CACHE__DECODED_MIB", "0"),
            ("TEGL__WEB__TRUSTED_PROXIES", "127.0.0.1"),
        ];
        let url = origin.url();
        let server = Server::with(&[sources, &[url.as_str()]].concat(), &[&usual[..], environment].concat());
        assert_eq!(server.get("/iiif/3/far.tif/info.json").status, 200);
        origin.take_requests();
        origin.hold();
        Self { origin, server, open: Vec::new() }
    }

    fn waiting(&self) -> usize {
        self.server.metric("tegl_work_waiting") as usize
    }

    /// Requests a rendering for a client; returns the response if it does not wait.
    fn request(&mut self, client: &str) -> Option<Response> {
        let (path, before) = (rendering(self.open.len()), self.waiting());
        let mut stream = TcpStream::connect(self.server.address).unwrap();
        let head = format!(
            "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Forwarded-For: {client}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.set_nonblocking(true).unwrap();
        let mut first = [0];
        let mut has_answer = || stream.peek(&mut first).is_ok();
        assert!(eventually(LIMIT, || has_answer() || self.waiting() > before));
        if self.waiting() > before {
            self.open.push(stream);
            return None;
        }
        Some(http::request(self.server.address, "GET", &path, &[("X-Forwarded-For", client)]).unwrap())
    }

    /// Requests renderings until one is refused; returns their number and the refusal.
    fn fill(&mut self, mut client: impl FnMut(usize) -> String) -> (usize, Response) {
        for number in 0..100 {
            if let Some(refused) = self.request(&client(number)) {
                return (number, refused);
            }
        }
        panic!("nothing is refused: {}", self.waiting());
    }

    #[track_caller]
    fn shed(&self, reason: &str) -> f64 {
        self.server.metric(&format!("tegl_shed_total{{class=\"tile\",reason=\"{reason}\"}}"))
    }

    /// The statuses of all requests that wait, after the store has been released.
    fn release(self) -> (Vec<String>, Origin, Server) {
        self.origin.release();
        let status = |mut stream: TcpStream| {
            stream.set_nonblocking(false).unwrap();
            stream.set_read_timeout(Some(LIMIT)).unwrap();
            let mut line = [0; 12];
            stream.read_exact(&mut line).unwrap();
            String::from_utf8_lossy(&line[9..]).into_owned()
        };
        (self.open.into_iter().map(status).collect(), self.origin, self.server)
    }
}

#[test]
fn one_client_cannot_own_the_queue_and_a_full_queue_refuses_before_it_reads() {
    let mut held = Held::start(&[]);
    let (own, refused) = held.fill(|_| "192.0.2.1".into());
    // A thread takes 10 ms for each: two thirds of 100 ms.
    assert_eq!(own, 7, "{}", refused.text());
    assert_eq!((refused.status, refused.header("retry-after")), (503, "1"));
    assert_eq!((held.shed("share"), held.shed("queue")), (2.0, 0.0));

    let (others, refused) = held.fill(|number| format!("192.0.2.{}", number + 2));
    assert_eq!((others, refused.status, refused.header("retry-after")), (4, 503, "1"));
    assert_eq!(held.shed("queue"), 2.0);
    let began = Instant::now();
    for number in 100..150 {
        assert_eq!(held.server.get(&rendering(number)).status, 503);
    }
    assert!(began.elapsed() < Duration::from_secs(5), "refusals take {:?}", began.elapsed() / 50);

    let (statuses, origin, server) = held.release();
    assert_eq!(statuses, vec!["200"; 11]);
    let reads = origin.take_requests().len();
    assert_eq!(server.get(&rendering(200)).status, 200);
    let alone = origin.take_requests().len();
    assert!(reads <= 11 * alone, "{reads} reads for 11 responses, and {alone} for one");
    assert!(eventually(LIMIT, || server.metric("tegl_work_waiting") == 0.0));
}

#[test]
fn what_is_not_rendered_is_answered_while_renderings_are_refused() {
    let museum = Museum::new(&works());
    let (catalogue, index) = (museum.path("catalogue.db"), museum.path("index"));
    let environment = [("TEGL__CATALOGUE__URL", catalogue.as_str()), ("TEGL__SEARCH__FOLDER", &index)];
    let mut held = Held::serving(&[&museum.path("masters")], &environment);
    wait_until_indexed(&held.server);
    held.fill(|number| format!("192.0.2.{number}"));
    let tile = "/iiif/3/a.tif/128,128,128,128/128,/0/default.jpg";
    for path in [
        tile,
        "/iiif/3/a.tif/info.json",
        "/iiif/3/far.tif/info.json",
        "/presentation/3/KMS1/manifest",
        "/api/v1/works?q=horse",
        // At the edge a stored tile is cropped, which takes a thread.
        "/iiif/3/a.tif/896,512,4,88/4,/0/default.jpg",
    ] {
        let response = held.server.get(path);
        assert_eq!(response.status, 200, "{path}: {}", response.text());
    }
    let tag = held.server.get(tile).header("etag").to_owned();
    let path = "/iiif/3/far.tif/1,1,300,300/99,/0/default.jpg";
    assert_eq!(held.server.get(path).status, 503);
    let unchanged = held.server.request("GET", tile, &[("If-None-Match", tag.as_str())]);
    assert_eq!(unchanged.status, 304);
}

#[test]
fn shadow_mode_refuses_nothing_and_counts() {
    for (mode, counts) in [("shadow", true), ("off", false)] {
        let mut held = Held::start(&[("TEGL__WORK__ADMISSION", mode)]);
        for _ in 0..16 {
            assert!(held.request("192.0.2.1").is_none(), "{mode}");
        }
        let would = held.server.metric("tegl_would_shed_total{class=\"tile\",reason=\"share\"}");
        assert_eq!(would > 0.0, counts, "{mode}: {would}");
        assert_eq!(held.server.log().contains("would be refused"), counts, "{mode}");
        assert_eq!(held.server.metric("tegl_shed_total"), 0.0);
        let (statuses, ..) = held.release();
        assert_eq!(statuses, vec!["200"; 16], "{mode}");
    }
}

#[test]
fn a_request_gives_up_its_reads_at_its_deadline() {
    let held = Held::start(&[("TEGL__WORK__DEADLINE_MS", "300")]);
    let late = held.server.get(&rendering(1));
    assert_eq!((late.status, late.header("retry-after")), (503, "1"), "{}", late.text());
    assert_eq!(held.shed("deadline"), 1.0);
    held.origin.release();
    assert_eq!(held.server.get(&rendering(1)).status, 200);
}

/// Renderings take no more memory than they reserve, and what each thread keeps for the next one.
#[test]
fn renderings_take_no_more_memory_than_they_reserve() {
    const MIB: f64 = (1 << 20) as f64;
    const THREADS: f64 = 4.0;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.tif"), masters::jpeg_pyramid(&masters::noisy(3000, 2400), 256))
        .unwrap();
    let environment = [
        ("TEGL__WORK__MEMORY_MIB", "16"),
        ("TEGL__WORK__THREADS", "4"),
        ("TEGL__WORK__ADMISSION", "off"),
        ("TEGL__WORK__DEADLINE_MS", "600000"),
        ("TEGL__CACHE__ANSWERS_MIB", "0"),
    ];
    let server = Server::with(&[folder.path().to_str().unwrap()], &environment);
    let path = |number: usize| format!("/iiif/3/a.tif/{number},0,900,800/850,/0/default.jpg");
    assert_eq!(server.get("/iiif/3/a.tif/0,0,300,300/200,/0/default.jpg").status, 200);
    let before = server.peak_memory();
    std::thread::scope(|scope| {
        for thread in 0..12 {
            let (server, path) = (&server, &path);
            scope.spawn(move || {
                assert_eq!(server.get(&path(thread)).status, 200);
            });
        }
    });
    let taken = (server.peak_memory() - before) / MIB;
    assert!(taken < 16.0 + THREADS * 8.0, "{taken:.0} MiB");
}
