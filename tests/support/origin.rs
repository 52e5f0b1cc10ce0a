//! A web server for masters that records its requests.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// A request, with the length of its response's body.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub method: String,
    #[expect(dead_code, reason = "printed by failed assertions")]
    pub path: String,
    pub range: String,
    pub authorization: String,
    pub bytes: u64,
}

/// How all requests fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The response is 503.
    Unavailable,
    /// There is no response until the fault is cleared.
    Silent,
}

/// The bytes of a file and its ETag.
type StoredFile = (Arc<Vec<u8>>, String);

#[derive(Default)]
struct Shared {
    files: Mutex<HashMap<String, StoredFile>>,
    requests: Mutex<Vec<Request>>,
    redirect_to: Mutex<Option<String>>,
    fault: Mutex<Option<Fault>>,
    delay_ms: AtomicU64,
    /// Whether requests wait before they are answered.
    held: Mutex<bool>,
    released: Condvar,
    /// Concurrent requests, now and at most.
    in_flight: AtomicUsize,
    max_in_flight: AtomicUsize,
    /// Requests that are refused from now on, because the server is busy.
    refusals: AtomicUsize,
    /// Ranges are answered with the whole file.
    ignores_ranges: AtomicBool,
    closed: AtomicBool,
}

pub(crate) struct Origin {
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

impl Origin {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, shared) = (listener.local_addr().unwrap(), Arc::new(Shared::default()));
        let state = shared.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if state.closed.load(Ordering::Relaxed) {
                    break;
                }
                let state = state.clone();
                std::thread::spawn(move || serve_connection(stream, &state));
            }
        });
        Self { address, shared }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Adds or replaces a file below `/`.
    pub(crate) fn put(&self, name: &str, bytes: Vec<u8>) {
        let sum = bytes.iter().fold(14_695_981_039_346_656_037u64, |hash, &byte| {
            (hash ^ u64::from(byte)).wrapping_mul(1_099_511_628_211)
        });
        let file = (Arc::new(bytes), format!("\"{sum:016x}\""));
        self.shared.files.lock().unwrap().insert(format!("/{name}"), file);
    }

    /// Returns the requests since the last call.
    pub(crate) fn take_requests(&self) -> Vec<Request> {
        std::mem::take(&mut *self.shared.requests.lock().unwrap())
    }

    /// The most concurrent requests so far.
    pub(crate) fn max_in_flight(&self) -> usize {
        self.shared.max_in_flight.load(Ordering::SeqCst)
    }

    /// The requests that have not been answered yet.
    pub(crate) fn in_flight(&self) -> usize {
        self.shared.in_flight.load(Ordering::SeqCst)
    }

    /// Sets how requests fail from now on, if they do.
    pub(crate) fn fail(&self, fault: Option<Fault>) {
        *self.shared.fault.lock().unwrap() = fault;
    }

    /// Answers the next requests with 503, and asks to repeat them at once.
    pub(crate) fn refuse(&self, requests: usize) {
        self.shared.refusals.store(requests, Ordering::SeqCst);
    }

    /// Redirects all requests to another server.
    pub(crate) fn redirect(&self, to: Option<String>) {
        *self.shared.redirect_to.lock().unwrap() = to;
    }

    /// Answers ranges with the whole file from now on.
    pub(crate) fn ignore_ranges(&self) {
        self.shared.ignores_ranges.store(true, Ordering::Relaxed);
    }

    /// Holds all requests until they are released.
    pub(crate) fn hold(&self) {
        *self.shared.held.lock().unwrap() = true;
    }

    pub(crate) fn release(&self) {
        *self.shared.held.lock().unwrap() = false;
        self.shared.released.notify_all();
    }

    pub(crate) fn delay(&self, ms: u64) {
        self.shared.delay_ms.store(ms, Ordering::Relaxed);
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        self.shared.closed.store(true, Ordering::Relaxed);
        self.release();
        let _ = TcpStream::connect(self.address);
    }
}

fn serve_connection(stream: TcpStream, shared: &Shared) -> Option<()> {
    stream.set_read_timeout(Some(Duration::from_secs(60))).ok()?;
    stream.set_nodelay(true).ok()?;
    let mut lines = BufReader::new(stream.try_clone().ok()?);
    let mut stream = stream;
    loop {
        let mut first = String::new();
        lines.read_line(&mut first).ok().filter(|&read| read > 0)?;
        let mut headers = HashMap::new();
        loop {
            let mut line = String::new();
            lines.read_line(&mut line).ok().filter(|&read| read > 0)?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
        let mut words = first.split(' ');
        let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
        let in_flight = shared.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
        shared.max_in_flight.fetch_max(in_flight, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(shared.delay_ms.load(Ordering::Relaxed)));
        drop(shared.released.wait_while(shared.held.lock().unwrap(), |held| *held));
        let response = respond(&method, &path, &headers, shared);
        if *shared.fault.lock().unwrap() == Some(Fault::Silent) {
            let request =
                Request { method, path, range: String::new(), authorization: String::new(), bytes: 0 };
            shared.requests.lock().unwrap().push(request);
            shared.in_flight.fetch_sub(1, Ordering::SeqCst);
            while *shared.fault.lock().unwrap() == Some(Fault::Silent)
                && !shared.closed.load(Ordering::Relaxed)
            {
                std::thread::sleep(Duration::from_millis(20));
            }
            return None;
        }
        shared.in_flight.fetch_sub(1, Ordering::SeqCst);
        let range = headers.remove("range").unwrap_or_default();
        let authorization = headers.remove("authorization").unwrap_or_default();
        let bytes = response.1.len() as u64;
        shared.requests.lock().unwrap().push(Request { method, path, range, authorization, bytes });
        stream.write_all(response.0.as_bytes()).ok()?;
        stream.write_all(&response.1).ok()?;
    }
}

fn respond(
    method: &str,
    path: &str,
    headers: &HashMap<String, String>,
    shared: &Shared,
) -> (String, Vec<u8>) {
    let empty = |status: &str, more: &str| {
        (format!("HTTP/1.1 {status}\r\n{more}Content-Length: 0\r\n\r\n"), Vec::new())
    };
    if *shared.fault.lock().unwrap() == Some(Fault::Unavailable) {
        return empty("503 Service Unavailable", "");
    }
    let one_less = |left: usize| left.checked_sub(1);
    if shared.refusals.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok() {
        return empty("503 Service Unavailable", "Retry-After: 0\r\n");
    }
    if let Some(redirect_to) = shared.redirect_to.lock().unwrap().as_ref() {
        return empty("302 Found", &format!("Location: {redirect_to}{path}\r\n"));
    }
    if method != "GET" && method != "HEAD" {
        return empty("405 Method Not Allowed", "");
    }
    let decoded = percent_encoding::percent_decode_str(path).decode_utf8_lossy().into_owned();
    let found = shared.files.lock().unwrap().get(&decoded).cloned();
    let Some((file, etag)) = found else { return empty("404 Not Found", "") };
    if headers.get("if-match").is_some_and(|wanted| *wanted != etag) {
        return empty("412 Precondition Failed", "");
    }
    let headers_of_file = format!(
        "ETag: {etag}\r\nLast-Modified: Tue, 01 Oct 2024 10:00:00 GMT\r\nAccept-Ranges: bytes\r\nContent-Type: application/octet-stream\r\n"
    );
    if method == "HEAD" {
        return (
            format!("HTTP/1.1 200 OK\r\n{headers_of_file}Content-Length: {}\r\n\r\n", file.len()),
            Vec::new(),
        );
    }
    let asked = headers.get("range").filter(|_| !shared.ignores_ranges.load(Ordering::Relaxed));
    let range = asked.and_then(|range| range.strip_prefix("bytes=")?.split_once('-'));
    let Some((from, to)) = range.and_then(|(a, b)| Some((a.parse().ok()?, b.parse::<usize>().ok()?))) else {
        return (
            format!("HTTP/1.1 200 OK\r\n{headers_of_file}Content-Length: {}\r\n\r\n", file.len()),
            file.to_vec(),
        );
    };
    let to = to.saturating_add(1).min(file.len());
    if from >= to {
        return empty("416 Range Not Satisfiable", "");
    }
    let head = format!(
        "HTTP/1.1 206 Partial Content\r\n{headers_of_file}Content-Range: bytes {from}-{}/{}\r\nContent-Length: {}\r\n\r\n",
        to - 1,
        file.len(),
        to - from
    );
    (head, file[from..to].to_vec())
}
