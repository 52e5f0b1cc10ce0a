//! A proxy between the server and its store that injects faults, the same for the same requests in every run.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The response is 503, without a request to the store.
    Error,
    /// The connection is closed without a response.
    Refuse,
    /// The connection is reset without a response.
    Reset,
    /// The connection is reset within the body.
    ResetInBody,
    /// The connection is closed within the body.
    Truncate,
    /// The body pauses for longer than the server's time limit.
    Stall,
    /// There is no response for longer than the server's time limit.
    Hang,
    /// The body and its `Content-Length` are halved.
    Short,
    /// The ETag is that of another version of the object.
    StaleTag,
    /// The body is empty, and so says its `Content-Length`.
    Empty,
    /// The response is a web page with status 200, as of a gateway.
    Page,
    /// The store gets the request, but the connection is closed without its response.
    Lost,
    /// One byte of the body is inverted, another one each time.
    Corrupt,
    /// The byte at this offset of the object is inverted, if the response contains it.
    CorruptAt(u64),
    /// The response is late but correct.
    Slow,
}

/// Longer than any server in the tests waits for its store.
const HANG: Duration = Duration::from_secs(5);

#[derive(Default)]
struct State {
    /// Faults, and the share of requests that each affects.
    faults: Vec<(Fault, f64)>,
    /// The method of the requests that fail; empty for all.
    method: &'static str,
    /// Counts changes of the faults; each change ends the waits of hanging requests.
    change: usize,
    /// How often each request was received.
    received: HashMap<String, usize>,
    closed: bool,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

pub(crate) struct Proxy {
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

impl Proxy {
    /// Starts in front of `upstream`, without faults.
    pub(crate) fn start(upstream: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = Self { address: listener.local_addr().unwrap(), shared: Arc::default() };
        let shared = proxy.shared.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if shared.state.lock().unwrap().closed {
                    break;
                }
                let shared = shared.clone();
                std::thread::spawn(move || while shared.forward(&stream, upstream).is_some() {});
            }
        });
        proxy
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// The number of requests with this method so far.
    pub(crate) fn requests(&self, method: &str) -> usize {
        let state = self.shared.state.lock().unwrap();
        let of_method = state.received.iter().filter(|(request, _)| request.starts_with(method));
        of_method.map(|(_, times)| times).sum()
    }

    /// Sets the faults, each with the share of requests that it affects.
    pub(crate) fn fail(&self, faults: &[(Fault, f64)]) {
        self.fail_only("", faults);
    }

    /// Sets the faults of requests with this method, each with the share of them that it affects.
    pub(crate) fn fail_only(&self, method: &'static str, faults: &[(Fault, f64)]) {
        let mut state = self.shared.state.lock().unwrap();
        (state.faults, state.method) = (faults.to_vec(), method);
        state.change += 1;
        self.shared.changed.notify_all();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.state.lock().unwrap().closed = true;
        self.shared.changed.notify_all();
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    /// Forwards a request and its response; `None` if the connection ends.
    fn forward(&self, client: &TcpStream, upstream: SocketAddr) -> Option<()> {
        let mut from_client = BufReader::new(client);
        let (request, head) = read_head(&mut from_client)?;
        let length = field(&head, "content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
        let mut sent = vec![0; length];
        from_client.read_exact(&mut sent).ok()?;
        let mut client = client;
        let (fault, drawn) = self.draw(&request, &head);
        match fault {
            Some(Fault::Refuse) => return None,
            Some(Fault::Reset) => return reset(client),
            Some(Fault::Hang) => {
                self.hang(HANG);
                return None;
            }
            Some(Fault::Error) => {
                return client.write_all(b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\n\r\n").ok();
            }
            Some(Fault::Page) => {
                let page =
                    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 15\r\n\r\n<p>Bad gateway.";
                return client.write_all(page.as_bytes()).ok();
            }
            Some(Fault::Slow) => self.hang(Duration::from_millis(100)),
            _ => {}
        }
        let mut store = TcpStream::connect(upstream).ok()?;
        store.write_all(format!("{request}{head}").as_bytes()).ok()?;
        store.write_all(&sent).ok()?;
        let mut response = BufReader::new(store);
        let (first_byte, _) = field(&head, "range").and_then(range).unwrap_or_default();
        let (status, mut head) = read_head(&mut response)?;
        let length = field(&head, "content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
        let mut body = vec![0; if request.starts_with("HEAD") { 0 } else { length }];
        response.read_exact(&mut body).ok()?;
        match fault {
            Some(Fault::Lost) => return None,
            Some(Fault::Short | Fault::Empty) => {
                body.truncate(if fault == Some(Fault::Empty) { 0 } else { body.len() / 2 });
                head = head.replace(&format!("ength: {length}\r"), &format!("ength: {}\r", body.len()));
            }
            Some(Fault::Corrupt) if !body.is_empty() => {
                let at = (drawn % body.len() as u64) as usize;
                body[at] ^= 0xff;
            }
            Some(Fault::CorruptAt(offset)) => {
                let at = offset.checked_sub(first_byte).and_then(|at| body.get_mut(at as usize));
                at.into_iter().for_each(|byte| *byte ^= 0xff);
            }
            Some(Fault::StaleTag) => {
                let tag = field(&head, "etag").unwrap_or_default().to_owned();
                head = head.replace(&tag, "\"of-another-state\"");
            }
            _ => {}
        }
        client.write_all(format!("{status}{head}").as_bytes()).ok()?;
        let (first, rest) = body.split_at(body.len() / 2);
        client.write_all(first).ok()?;
        match fault {
            Some(Fault::ResetInBody) => return reset(client),
            Some(Fault::Truncate) => return None,
            Some(Fault::Stall) => self.hang(HANG),
            _ => {}
        }
        client.write_all(rest).ok()
    }

    /// Selects the fault of a request by its target, range and number of repetitions, regardless of concurrent requests. Also
    /// returns the number that was drawn.
    fn draw(&self, request: &str, head: &str) -> (Option<Fault>, u64) {
        let mut state = self.state.lock().unwrap();
        let key = format!("{request}{}", field(head, "range").unwrap_or_default());
        let times = state.received.entry(key.clone()).or_default();
        *times += 1;
        let mut hasher = DefaultHasher::new();
        (key, *times).hash(&mut hasher);
        let number = hasher.finish();
        let mut drawn = (number >> 11) as f64 / (1u64 << 53) as f64;
        let fails = request.starts_with(state.method);
        let fault = state.faults.iter().filter(|_| fails).find_map(|&(fault, share)| {
            drawn -= share;
            (drawn < 0.0).then_some(fault)
        });
        (fault, number)
    }

    /// Waits for `limit`, or until the faults change.
    fn hang(&self, limit: Duration) {
        let state = self.state.lock().unwrap();
        let before = state.change;
        let waiting = |state: &mut State| state.change == before && !state.closed;
        drop(self.changed.wait_timeout_while(state, limit, waiting));
    }
}

/// Reads the first line, and the header fields up to the empty line.
fn read_head(from: &mut impl BufRead) -> Option<(String, String)> {
    let (mut first, mut fields) = (String::new(), String::new());
    from.read_line(&mut first).ok().filter(|&read| read > 0)?;
    while !fields.ends_with("\r\n\r\n") && fields != "\r\n" {
        from.read_line(&mut fields).ok().filter(|&read| read > 0)?;
    }
    Some((first, fields))
}

fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let fields = head.lines().filter_map(|line| line.split_once(':'));
    fields.into_iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

/// The first byte of a range, and its last.
fn range(text: &str) -> Option<(u64, u64)> {
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    Some((first.parse().ok()?, last.parse().ok()?))
}

/// Resets the connection; unsent data is discarded.
fn reset(client: &TcpStream) -> Option<()> {
    let _ = rustix::net::sockopt::set_socket_linger(client, Some(Duration::ZERO));
    None
}
