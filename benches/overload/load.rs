//! Sends requests at a fixed rate, whatever the server does, and measures each from the time when it was to be sent.
//!
//!     load ADDRESS PATHS SECONDS RATE [CONNECTIONS [CLIENTS]]
//!     load ADDRESS PATHS SECONDS closed CONNECTIONS
//!     load serve PORT FOLDER DELAY_MS
//!
//! PATHS is a file with one path per line, in turn. With CLIENTS, requests name that many clients in X-Forwarded-For. With
//! `closed`, each connection sends its next request when it has its response: the capacity of the server. Prints one
//! line, of JSON. `serve` is a web server for masters that answers each request after DELAY_MS, and counts.
//!
//! Only the standard library is used: rustc -O load.rs

use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A response: the second in which it was to be sent, its status, milliseconds, and whether it has `Retry-After`.
type Sample = (usize, u16, f64, bool);

struct Load {
    address: String,
    paths: Vec<String>,
    seconds: f64,
    /// Requests per second; `None` for a closed loop.
    rate: Option<f64>,
    clients: usize,
    next: AtomicUsize,
    samples: Mutex<Vec<Sample>>,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == "serve") {
        return serve(&arguments[1], &arguments[2], arguments[3].parse().expect("DELAY_MS"));
    }
    let [address, paths, seconds, rate, rest @ ..] = &arguments[..] else {
        eprintln!("load ADDRESS PATHS SECONDS RATE|closed [CONNECTIONS [CLIENTS]]");
        std::process::exit(2);
    };
    let number = |at: usize, usual: usize| rest.get(at).map_or(usual, |text| text.parse().expect("a number"));
    let paths = std::fs::read_to_string(paths).expect("a file of paths");
    let load = Load {
        address: address.clone(),
        paths: paths.lines().map(str::to_owned).collect(),
        seconds: seconds.parse().expect("SECONDS"),
        rate: (rate != "closed").then(|| rate.parse().expect("RATE")),
        clients: number(1, 0),
        next: AtomicUsize::new(0),
        samples: Mutex::default(),
    };
    let began = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..number(0, 512) {
            let load = &load;
            let run = move || load.run(began);
            std::thread::Builder::new().stack_size(128 << 10).spawn_scoped(scope, run).expect("a thread");
        }
    });
    println!("{}", load.report(began.elapsed().as_secs_f64()));
}

impl Load {
    fn run(&self, began: Instant) {
        let (mut connection, mut samples, mut buffer) = (None, Vec::new(), vec![0; 256 << 10]);
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let due = match self.rate {
                Some(rate) => Duration::from_secs_f64(number as f64 / rate),
                None => began.elapsed(),
            };
            if due.as_secs_f64() >= self.seconds {
                break;
            }
            std::thread::sleep(due.saturating_sub(began.elapsed()));
            let path = &self.paths[number % self.paths.len()];
            let (status, is_later) = self.request(&mut connection, path, number, &mut buffer).unwrap_or((0, false));
            let ms = (began.elapsed().saturating_sub(due)).as_secs_f64() * 1000.0;
            samples.push((due.as_secs() as usize, status, ms, is_later));
        }
        self.samples.lock().expect("no thread panics").append(&mut samples);
    }

    fn request(
        &self,
        connection: &mut Option<BufReader<TcpStream>>,
        path: &str,
        number: usize,
        buffer: &mut [u8],
    ) -> Option<(u16, bool)> {
        let is_new = connection.is_none();
        let done = self.attempt(connection, path, number, buffer);
        if done.is_some() || is_new {
            return done;
        }
        // The server has closed an idle connection.
        self.attempt(connection, path, number, buffer)
    }

    fn attempt(
        &self,
        connection: &mut Option<BufReader<TcpStream>>,
        path: &str,
        number: usize,
        buffer: &mut [u8],
    ) -> Option<(u16, bool)> {
        let mut open = match connection.take() {
            Some(open) => open,
            None => {
                let stream = TcpStream::connect(&self.address).ok()?;
                stream.set_nodelay(true).ok()?;
                stream.set_read_timeout(Some(Duration::from_secs(60))).ok()?;
                BufReader::new(stream)
            }
        };
        let client = match self.clients {
            0 => String::new(),
            clients => format!("X-Forwarded-For: 10.{}.0.1\r\n", number % clients % 250 + 1),
        };
        let head = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n{client}\r\n", self.address);
        open.get_mut().write_all(head.as_bytes()).ok()?;
        let (mut line, mut status, mut length, mut is_later) = (String::new(), 0, None, false);
        let mut is_chunked = false;
        loop {
            line.clear();
            if open.read_line(&mut line).ok()? == 0 {
                return None;
            }
            let text = line.trim_end().to_ascii_lowercase();
            match text.split_once(':') {
                None if text.is_empty() => break,
                None => status = text.get(9..12)?.parse().ok()?,
                Some(("content-length", value)) => length = value.trim().parse::<usize>().ok(),
                Some(("transfer-encoding", _)) => is_chunked = true,
                Some(("retry-after", _)) => is_later = true,
                Some(_) => {}
            }
        }
        if is_chunked {
            loop {
                line.clear();
                open.read_line(&mut line).ok()?;
                let size = usize::from_str_radix(line.trim(), 16).ok()?;
                skip(&mut open, size + 2, buffer)?;
                if size == 0 {
                    break;
                }
            }
        } else if status != 304 {
            skip(&mut open, length?, buffer)?;
        }
        *connection = Some(open);
        Some((status, is_later))
    }

    fn report(&self, took: f64) -> String {
        let samples = self.samples.lock().expect("no thread panics");
        let of = |wanted: fn(&Sample) -> bool| {
            let mut times: Vec<f64> = samples.iter().filter(|one| wanted(one)).map(|one| one.2).collect();
            times.sort_by(f64::total_cmp);
            let at = |part: f64| times.get(((times.len() as f64 * part) as usize).min(times.len().saturating_sub(1)));
            let [p50, p99] = [0.5, 0.99].map(|part| at(part).copied().unwrap_or(0.0));
            format!("{{\"count\": {}, \"p50_ms\": {p50:.1}, \"p99_ms\": {p99:.1}}}", times.len())
        };
        let good = samples.iter().filter(|one| one.1 == 200 || one.1 == 304).count();
        let per_second = |second: usize| {
            samples.iter().filter(|one| one.0 == second && (one.1 == 200 || one.1 == 304)).count()
        };
        let seconds: Vec<usize> = (0..self.seconds.ceil() as usize).map(per_second).collect();
        format!(
            "{{\"sent\": {}, \"seconds\": {took:.2}, \"good_per_s\": {:.2}, \"good\": {}, \"refused\": {}, \
             \"untold\": {}, \"failed\": {}, \"good_by_second\": {seconds:?}}}",
            samples.len(),
            good as f64 / took.max(self.seconds),
            of(|one| one.1 == 200 || one.1 == 304),
            of(|one| one.1 == 503),
            samples.iter().filter(|one| one.1 == 503 && !one.3).count(),
            samples.iter().filter(|one| ![200, 304, 503].contains(&one.1)).count(),
        )
    }
}

fn skip(from: &mut BufReader<TcpStream>, mut length: usize, buffer: &mut [u8]) -> Option<()> {
    while length > 0 {
        let most = length.min(buffer.len());
        let read = from.read(&mut buffer[..most]).ok().filter(|&read| read > 0)?;
        length -= read;
    }
    Some(())
}

/// Serves the files of a folder by ranges; `/count` tells how many requests there were.
fn serve(port: &str, folder: &str, delay_ms: u64) {
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).expect("a free port");
    let (folder, count) = (folder.to_owned(), Arc::new(AtomicUsize::new(0)));
    for stream in listener.incoming().flatten() {
        let (folder, count) = (folder.clone(), count.clone());
        std::thread::spawn(move || answer(stream, &folder, delay_ms, &count));
    }
}

fn answer(stream: TcpStream, folder: &str, delay_ms: u64, count: &AtomicUsize) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let (mut lines, mut stream) = (BufReader::new(stream.try_clone().ok()?), stream);
    loop {
        let (mut first, mut range) = (String::new(), None);
        lines.read_line(&mut first).ok().filter(|&read| read > 0)?;
        loop {
            let mut line = String::new();
            lines.read_line(&mut line).ok().filter(|&read| read > 0)?;
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some((from, to)) = line.strip_prefix("range: bytes=").and_then(|range| range.split_once('-')) {
                range = Some((from.parse::<u64>().ok()?, to.parse::<u64>().ok()));
            }
        }
        let (method, path) = (first.split(' ').next()?, first.split(' ').nth(1)?);
        if path == "/count" {
            let text = count.load(Ordering::Relaxed).to_string();
            write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{text}", text.len()).ok()?;
            continue;
        }
        count.fetch_add(1, Ordering::Relaxed);
        std::thread::sleep(Duration::from_millis(delay_ms));
        let found = std::fs::File::open(format!("{folder}{path}")).ok();
        let found = found.filter(|file| file.metadata().is_ok_and(|data| data.is_file()) && !path.contains(".."));
        let Some(mut file) = found else {
            stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").ok()?;
            continue;
        };
        let size = file.metadata().ok()?.len();
        let (from, to) = range.map_or((0, size), |(from, to)| (from, to.map_or(size, |to| (to + 1).min(size))));
        let status = if range.is_some() { "206 Partial Content" } else { "200 OK" };
        let head = format!(
            "HTTP/1.1 {status}\r\nETag: \"{size:x}\"\r\nLast-Modified: Tue, 01 Oct 2024 10:00:00 GMT\r\n\
             Accept-Ranges: bytes\r\nContent-Length: {}\r\nContent-Range: bytes {from}-{}/{size}\r\n\r\n",
            to - from,
            to.saturating_sub(1)
        );
        stream.write_all(head.as_bytes()).ok()?;
        if method != "HEAD" {
            let mut body = vec![0; (to - from) as usize];
            file.seek(SeekFrom::Start(from)).ok()?;
            file.read_exact(&mut body).ok()?;
            stream.write_all(&body).ok()?;
        }
    }
}
