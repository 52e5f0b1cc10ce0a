//! What remote sources promise, tried on small servers that misbehave.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use futures::executor::block_on;
use proptest::prelude::*;

use crate::store::counts::Counters;
use crate::store::remote::{Clients, Connector, retries};
use crate::store::remote::{Listing, Remote};
use crate::store::{Error, Key, Settings, Store, Version, remote, runtime};

pub(super) const OBJECT: &[u8] = b"0123456789abcdefghij";
pub(super) const ETAG: &str = "\"v1\"";

/// A web server that answers each request by a function of its head, and remembers the heads.
pub(super) struct Server {
    address: String,
    heads: Arc<Mutex<Vec<String>>>,
}

type Answer = dyn Fn(&str, &mut TcpStream) + Send + Sync;

impl Server {
    pub(super) fn new(answer: impl Fn(&str, &mut TcpStream) + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let heads = Arc::new(Mutex::new(Vec::new()));
        let (answer, seen): (Arc<Answer>, _) = (Arc::new(answer), heads.clone());
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let (answer, seen) = (answer.clone(), seen.clone());
                std::thread::spawn(move || converse(connection, &*answer, &seen));
            }
        });
        Server { address, heads }
    }

    pub(super) fn store(&self) -> Store {
        let settings = Settings { timeout_ms: 400, deadline_ms: 1500, ..Settings::default() };
        Store::open(&self.address, &settings).unwrap()
    }

    pub(super) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

fn converse(mut connection: TcpStream, answer: &Answer, seen: &Mutex<Vec<String>>) {
    let mut head = Vec::new();
    let mut byte = [0];
    while matches!(connection.read(&mut byte), Ok(1)) {
        head.push(byte[0]);
        if head.ends_with(b"\r\n\r\n") {
            let text = String::from_utf8_lossy(&head).into_owned();
            seen.lock().unwrap().push(text.clone());
            answer(&text, &mut connection);
            head.clear();
        }
    }
}

fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .find_map(|line| line.split_once(": ").filter(|(field, _)| field.eq_ignore_ascii_case(name)))
        .map(|(_, value)| value)
}

fn range(head: &str) -> Option<(usize, usize)> {
    let (start, last) = field(head, "range")?.strip_prefix("bytes=")?.split_once('-')?;
    Some((start.parse().ok()?, last.parse().ok()?))
}

fn send(connection: &mut TcpStream, status: &str, fields: &str, body: &[u8]) {
    let _ = connection.write_all(format!("HTTP/1.1 {status}\r\n{fields}\r\n").as_bytes());
    let _ = connection.write_all(body);
}

/// Answers as a good server does, with these fields naming the version.
pub(super) fn serve(head: &str, connection: &mut TcpStream, object: &[u8], fields: &str) {
    if head.starts_with("HEAD") {
        return send(connection, "200 OK", &format!("{fields}Content-Length: {}\r\n", object.len()), b"");
    }
    match range(head) {
        Some((start, _)) if start >= object.len() => {
            send(connection, "416 Range Not Satisfiable", "Content-Length: 0\r\n", b"");
        }
        Some((start, last)) => {
            let body = &object[start..object.len().min(last + 1)];
            send(connection, "206 Partial Content", &partial(start, body.len(), object.len(), fields), body);
        }
        None => send(connection, "200 OK", &format!("{fields}Content-Length: {}\r\n", object.len()), object),
    }
}

fn partial(start: usize, len: usize, size: usize, fields: &str) -> String {
    let last = start + len - 1;
    format!("{fields}Content-Length: {len}\r\nContent-Range: bytes {start}-{last}/{size}\r\n")
}

fn tagged(etag: &str) -> String {
    format!("ETag: {etag}\r\n")
}

fn key(key: &str) -> Key {
    Key::parse(key).unwrap()
}

fn known() -> Version {
    Version { etag: ETAG.into(), size: OBJECT.len() as u64 }
}

fn read(store: &Store) -> Result<bytes::Bytes, Error> {
    block_on(store.read(&key("a.tif"), &known(), 4..12, b""))
}

#[test]
fn one_request_reads_the_start_and_the_version() {
    let server = Server::new(|head, connection| serve(head, connection, OBJECT, &tagged(ETAG)));
    let store = server.store();
    let (version, bytes) = block_on(store.read_start(&key("a.tif"), 6)).unwrap();
    assert_eq!((version, &bytes[..]), (known(), &b"012345"[..]));
    assert_eq!(server.heads().len(), 1);
    assert_eq!(&block_on(store.read_start(&key("a.tif"), 600)).unwrap().1[..], OBJECT);
    assert_eq!(
        &block_on(store.read(&key("a.tif"), &known(), 4..12, b"head:")).unwrap()[..],
        b"head:456789ab"
    );
    assert_eq!(field(&server.heads()[2], "if-match"), Some(ETAG));
    assert_eq!(block_on(store.head(&key("a.tif"))).unwrap(), known());
    assert!(store.read_if_cached(&key("a.tif"), &known(), 4..12, b"").is_none());
    let counts = store.counts();
    assert_eq!((counts.ranges, counts.heads, counts.bytes), (3, 1, 6 + 20 + 8));
}

#[test]
fn neighbours_travel_together() {
    let object = vec![7; 200_000];
    let server = Server::new(move |head, connection| serve(head, connection, &object, &tagged(ETAG)));
    let store = server.store();
    let version = Version { etag: ETAG.into(), size: 200_000 };
    let ranges = [100_000..100_010, 0..10, 5_000..5_010, 3..3];
    let bytes = block_on(store.read_many(&key("a.tif"), &version, &ranges)).unwrap();
    assert_eq!(bytes.iter().map(|bytes| bytes.len()).collect::<Vec<_>>(), [10, 10, 10, 0]);
    assert_eq!(server.heads().len(), 2);
    assert_eq!(store.counts().ranges, 2);
}

#[test]
fn long_reads_are_complete() {
    let object: Vec<u8> = (0..40u32 << 20).map(|at| (at / 1000) as u8).collect();
    let expected = object[7..].to_vec();
    let server = Server::new(move |head, connection| serve(head, connection, &object, &tagged(ETAG)));
    let version = Version { etag: ETAG.into(), size: 40 << 20 };
    let bytes = block_on(server.store().read(&key("a.tif"), &version, 7..40 << 20, b"head")).unwrap();
    assert!(bytes[..4] == *b"head" && bytes[4..] == expected[..]);
    assert_eq!(server.heads().len(), 5);
}

#[test]
fn an_empty_object_has_an_empty_start() {
    let server = Server::new(|head, connection| serve(head, connection, b"", &tagged(ETAG)));
    let (version, bytes) = block_on(server.store().read_start(&key("a.tif"), 6)).unwrap();
    assert_eq!((version.size, bytes.len()), (0, 0));
}

#[test]
fn another_version_is_never_mistaken_for_this_one() {
    let refuses = Server::new(|_, connection| {
        send(connection, "412 Precondition Failed", "Content-Length: 0\r\n", b"")
    });
    assert!(matches!(read(&refuses.store()), Err(Error::Changed)));
    let ignores = Server::new(|head, connection| serve(head, connection, OBJECT, &tagged("\"v2\"")));
    assert!(matches!(read(&ignores.store()), Err(Error::Changed)));
    let longer =
        Server::new(|head, connection| serve(head, connection, &[OBJECT, OBJECT].concat(), &tagged(ETAG)));
    assert!(matches!(read(&longer.store()), Err(Error::Changed)));
    let shorter = Server::new(|head, connection| serve(head, connection, &OBJECT[..3], &tagged(ETAG)));
    assert!(matches!(read(&shorter.store()), Err(Error::Changed)));
}

#[test]
fn servers_without_strong_tags_are_read_by_weak_versions() {
    for fields in ["ETag: W/\"v1\"\r\n", "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n", ""] {
        let server = Server::new(move |head, connection| serve(head, connection, OBJECT, fields));
        let store = server.store();
        let (version, _) = block_on(store.read_start(&key("a.tif"), 6)).unwrap();
        assert_eq!(&block_on(store.read(&key("a.tif"), &version, 4..8, b"")).unwrap()[..], b"4567");
        assert!(server.heads().iter().all(|head| field(head, "if-match").is_none()));
        assert!(matches!(read(&store), Err(Error::Changed)));
    }
}

#[test]
fn short_responses_are_errors() {
    let short = Server::new(|_, connection| {
        let fields = "ETag: \"v1\"\r\nContent-Length: 3\r\nContent-Range: bytes 4-11/20\r\n";
        send(connection, "206 Partial Content", fields, b"456");
    });
    let store = short.store();
    assert!(matches!(read(&store), Err(Error::Short { requested: 8, got: 3 })));
    let many = block_on(store.read_many(&key("a.tif"), &known(), &[4..8, 8..12]));
    assert!(matches!(many, Err(Error::Short { .. })), "{many:?}");
    let cut = Server::new(|_, connection| {
        send(connection, "206 Partial Content", &partial(4, 8, 20, &tagged(ETAG)), b"456");
        let _ = connection.shutdown(std::net::Shutdown::Both);
    });
    assert!(matches!(read(&cut.store()), Err(Error::BadResponse(_) | Error::TimedOut)));
    let long = Server::new(|_, connection| {
        let fields = "ETag: \"v1\"\r\nContent-Length: 9\r\nContent-Range: bytes 4-11/20\r\n";
        send(connection, "206 Partial Content", fields, b"456789abc");
    });
    assert!(matches!(read(&long.store()), Err(Error::BadResponse(_))));
    let elsewhere = Server::new(|_, connection| {
        send(connection, "206 Partial Content", &partial(5, 8, 20, &tagged(ETAG)), b"56789abc");
    });
    assert!(matches!(read(&elsewhere.store()), Err(Error::BadResponse(_))));
}

#[test]
fn a_short_response_is_requested_once_more() {
    let requests = Mutex::new(0);
    let server = Server::new(move |head, connection| {
        let mut requests = requests.lock().unwrap();
        *requests += 1;
        match *requests % 2 {
            1 => {
                let fields = "ETag: \"v1\"\r\nContent-Length: 3\r\nContent-Range: bytes 4-6/20\r\n";
                send(connection, "206 Partial Content", fields, b"456");
            }
            _ => serve(head, connection, OBJECT, &tagged(ETAG)),
        }
    });
    let store = server.store();
    assert_eq!(&read(&store).unwrap()[..], b"456789ab");
    assert_eq!(server.heads().len(), 2);
    assert!(block_on(store.read_start(&key("a.tif"), 20)).is_ok());
    assert_eq!(server.heads().len(), 4);
}

#[test]
fn an_outage_costs_the_store_few_requests() {
    let server = Server::new(|_, connection| {
        send(connection, "503 Slow Down", "Content-Length: 0\r\n", b"");
    });
    let store = server.store();
    for object in 0..20 {
        let failed = block_on(store.head(&key(&format!("{object}.tif"))));
        assert!(matches!(failed, Err(Error::Unavailable(_))), "{failed:?}");
    }
    assert!(store.is_failing());
    // At first some are repeated.
    assert!(server.heads().len() <= 20 + 14, "{} requests", server.heads().len());
}

/// A store whose first answer breaks off after three bytes.
fn breaking_off(object: Vec<u8>) -> (Server, Version) {
    let (cut, size) = (Mutex::new(0), object.len());
    let server = Server::new(move |head, connection| {
        let mut cut = cut.lock().unwrap();
        *cut += 1;
        match (*cut, range(head)) {
            (1, Some((start, last))) => {
                let fields = partial(start, last + 1 - start, size, &tagged(ETAG));
                send(connection, "206 Partial Content", &fields, &object[start..start + 3]);
                let _ = connection.shutdown(std::net::Shutdown::Both);
            }
            _ => serve(head, connection, &object, &tagged(ETAG)),
        }
    });
    (server, Version { etag: ETAG.into(), size: size as u64 })
}

#[test]
fn a_response_that_breaks_off_is_requested_again_or_continued() {
    for (size, end, expected) in [(20, 12, "bytes=4-11"), (1_000_000, 900_000, "bytes=7-899999")] {
        let object: Vec<u8> = (0..size).map(|n: u32| (n / 7) as u8).collect();
        let (server, version) = breaking_off(object.clone());
        let read = block_on(server.store().read(&key("a.tif"), &version, 4..end, b"")).unwrap();
        assert!(read[..] == object[4..end as usize]);
        assert_eq!(field(&server.heads()[1], "range"), Some(expected));
    }
}

#[test]
fn no_redirect_is_followed() {
    let target =
        Server::new(|head, connection| serve(head, connection, b"canary canary canary", &tagged(ETAG)));
    for status in ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent", "300 Choices"]
    {
        let fields = format!("Location: {}/a.tif\r\nContent-Length: 0\r\n", target.address);
        let server = Server::new(move |_, connection| send(connection, status, &fields, b""));
        let store = server.store();
        // The same path on another host: the whole source has moved.
        assert!(matches!(read(&store), Err(Error::Refused(_))), "{status}");
        assert!(matches!(block_on(store.head(&key("a.tif"))), Err(Error::Refused(_))));
        assert!(matches!(block_on(store.read_start(&key("a.tif"), 9)), Err(Error::Refused(_))));
    }
    let one = Server::new(|_, connection| {
        send(connection, "302 Found", "Location: http://x/404.html\r\nContent-Length: 0\r\n", b"");
    });
    assert!(matches!(read(&one.store()), Err(Error::Unsupported(_))));
    assert_eq!(target.heads(), [""; 0]);
    let folder = Server::new(|_, connection| {
        send(connection, "301 Moved", "Location: http://x/sub/\r\nContent-Length: 0\r\n", b"");
    });
    assert!(matches!(block_on(folder.store().head(&key("sub"))), Err(Error::NotFound)));
}

#[test]
fn a_server_without_ranges_is_recognised() {
    let server = Server::new(|_, connection| {
        send(connection, "200 OK", "ETag: \"v1\"\r\nContent-Length: 20\r\n", OBJECT)
    });
    let whole = block_on(server.store().read_start(&key("a.tif"), 6));
    assert!(matches!(&whole, Err(Error::WithoutRanges)), "{whole:?}");
    assert_eq!(server.heads().len(), 1);
    let listed =
        Server::new(|_, connection| send(connection, "405 Not Allowed", "Content-Length: 0\r\n", b""));
    assert!(matches!(block_on(listed.store().list(None, 10)), Err(Error::Unsupported(_))));
}

#[test]
fn failures_are_repeated_and_reported_without_the_stores_words() {
    let server = Server::new(|_, connection| {
        send(connection, "503 Slow Down", "Content-Length: 6\r\n", b"secret");
    });
    let error = read(&server.store()).unwrap_err();
    assert!(matches!(error, Error::Unavailable(_)));
    assert!(!error.to_string().contains("secret"));
    assert_eq!(server.heads().len(), 4);
    for (status, expected) in
        [("403 Forbidden", "Denied"), ("401 Unauthorized", "Denied"), ("404 No", "NotFound")]
    {
        let server = Server::new(move |_, connection| send(connection, status, "Content-Length: 0\r\n", b""));
        assert!(format!("{:?}", read(&server.store()).unwrap_err()).contains(expected), "{status}");
        assert_eq!(server.heads().len(), 1);
    }
}

#[test]
fn silence_and_dripping_end_within_the_deadline() {
    let hole = Server::new(|_, _| std::thread::sleep(Duration::from_secs(10)));
    let started = Instant::now();
    assert!(matches!(read(&hole.store()), Err(Error::TimedOut)));
    assert!(started.elapsed() < Duration::from_millis(2500), "{:?}", started.elapsed());
    let drip = Server::new(|_, connection| {
        send(connection, "206 Partial Content", &partial(4, 8, 20, &tagged(ETAG)), b"");
        for byte in b"456789ab" {
            std::thread::sleep(Duration::from_millis(300));
            let _ = connection.write_all(&[*byte]);
        }
    });
    let started = Instant::now();
    assert!(matches!(read(&drip.store()), Err(Error::TimedOut)));
    assert!(started.elapsed() < Duration::from_millis(2500), "{:?}", started.elapsed());
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let store = Store::open(&format!("http://{closed}"), &Settings::default()).unwrap();
    assert!(matches!(read(&store), Err(Error::Unavailable(_))));
}

#[test]
fn dropping_the_future_ends_the_request() {
    let (requested, is_requested) = mpsc::channel();
    let (ended, has_ended) = mpsc::channel();
    let server = Server::new(move |_, connection| {
        let _ = requested.send(());
        let left = connection.read(&mut [0]);
        let _ = ended.send(matches!(left, Ok(0) | Err(_)));
    });
    let settings = Settings { timeout_ms: 20_000, deadline_ms: 20_000, ..Settings::default() };
    let store = Store::open(&server.address, &settings).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let name = key("a.tif");
        let arrives = tokio::task::spawn_blocking(move || is_requested.recv_timeout(Duration::from_secs(10)));
        tokio::select! {
            answered = store.head(&name) => panic!("{answered:?}"),
            arrived = arrives => arrived.unwrap().unwrap(),
        }
    });
    assert_eq!(has_ended.recv_timeout(Duration::from_secs(10)), Ok(true));
}

#[test]
fn the_machines_own_identity_is_used_only_if_allowed() {
    use object_store::aws::AmazonS3Builder;
    for allowed in [false, true] {
        let identity = Server::new(|_, connection| send(connection, "404 No", "Content-Length: 0\r\n", b""));
        let fields = "ETag: \"v1\"\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
        let bucket = Server::new(move |head, connection| serve(head, connection, OBJECT, fields));
        let settings = Settings { instance_credentials: allowed, ..Settings::default() };
        let builder = AmazonS3Builder::new()
            .with_bucket_name("masters")
            .with_endpoint(&bucket.address)
            .with_allow_http(true)
            .with_metadata_endpoint(&identity.address)
            .with_retry(retries(&settings))
            .with_http_connector(Connector::new(&settings));
        let store = remote::s3(builder, &settings, "s3://masters").0.build().unwrap();
        let store: Arc<dyn object_store::ObjectStore> = Arc::new(store);
        let remote = Remote::new(
            Clients { retrying: store.clone(), without_retries: store },
            Listing::Paged,
            "in/".to_owned(),
            &settings,
            Arc::new(Counters::new("s3")),
        );
        let head =
            block_on(runtime::run(Duration::from_secs(5), async move { remote.head(&key("a.tif")).await }));
        assert_eq!(head.is_ok(), !allowed, "{head:?}");
        assert_eq!(identity.heads().is_empty(), !allowed);
        assert!(
            bucket
                .heads()
                .iter()
                .all(|head| head.contains("/masters/in/a.tif") && field(head, "authorization").is_none())
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn a_key_is_one_path_whatever_it_holds(name in "[ -~é日]{1,20}(/[ -~é]{1,9})?") {
        static SERVER: std::sync::OnceLock<(Server, Store)> = std::sync::OnceLock::new();
        let (server, store) = SERVER.get_or_init(|| {
            let server = Server::new(|head, connection| serve(head, connection, OBJECT, &tagged(ETAG)));
            let store = Store::open(&format!("{}/base/", server.address), &Settings::default()).unwrap();
            (server, store)
        });
        if let Ok(key) = Key::parse(&name) {
            block_on(store.head(&key)).unwrap();
            let heads = server.heads();
            let target = heads.last().unwrap().split(' ').nth(1).unwrap();
            prop_assert!(!target.contains(['?', '#']));
            let decoded = percent_encoding::percent_decode_str(target).decode_utf8().unwrap();
            prop_assert_eq!(decoded, format!("/base/{name}"));
        }
    }
}
