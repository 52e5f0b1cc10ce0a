//! Thousands of clients at once: idle, slow, and gone. Memory and descriptors return, and others are served meanwhile.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::support::masters;
use crate::support::museum::wait;
use crate::support::origin::Origin;
use crate::support::server::Server;
use crate::support::{Failures, eventually, http};

const PATIENCE: Duration = Duration::from_secs(60);
/// Enough for ten thousand connections beside what other tests have open.
const DESCRIPTORS: u64 = 16_000;
const MIB: f64 = (1 << 20) as f64;

/// The size of a crowd: as wanted, or what the limit of descriptors leaves beside other tests.
fn crowd(wanted: usize) -> usize {
    let limit = getrlimit(Resource::Nofile);
    let most = Rlimit { current: limit.maximum, maximum: limit.maximum };
    let allowed = match setrlimit(Resource::Nofile, most) {
        Ok(()) => limit.maximum,
        Err(_) => limit.current,
    };
    let crowd = match allowed {
        Some(allowed) if allowed < DESCRIPTORS => wanted.min(allowed as usize / 4),
        _ => wanted,
    };
    if crowd < wanted {
        eprintln!("a process may open {allowed:?} files: {crowd} connections instead of {wanted}");
    }
    crowd
}

/// The public connections that a server counts.
fn connections(server: &Server) -> f64 {
    server.metric("tegl_connections{listener=\"public\"}")
}

fn has_no_work(server: &Server) -> bool {
    let load = ["tegl_work_threads_busy", "tegl_work_waiting", "tegl_work_memory_bytes"];
    load.iter().all(|series| server.metric(series) == 0.0)
}

/// A connection on which one request was answered, and which is kept.
fn idle(address: SocketAddr) -> TcpStream {
    let mut stream = http::open(address, "/health/live").unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let (mut answer, mut buffer) = (Vec::new(), [0; 1024]);
    while !answer.windows(4).any(|four| four == b"\r\n\r\n") {
        let read = stream.read(&mut buffer).unwrap();
        assert!(read > 0, "the connection is closed");
        answer.extend_from_slice(&buffer[..read]);
    }
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
    stream
}

#[test]
fn ten_thousand_idle_connections_cost_little_and_return() {
    let idle_ones = crowd(10_000);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.tif"), masters::jpeg_pyramid(&masters::picture(300, 200), 128))
        .unwrap();
    let limits = [
        ("TEGL__WEB__CONNECTIONS", "12000"),
        ("TEGL__WEB__CONNECTIONS_PER_ADDRESS", "12000"),
        ("TEGL__WEB__KEEP_ALIVE_S", "600"),
    ];
    let server = Server::with(&[folder.path().to_str().unwrap()], &limits);
    let mut failures = Failures::default();
    let mut peaks = Vec::new();
    let (at_first, descriptors) = server.memory_and_descriptors();
    for round in 0..2 {
        let held: Vec<_> = (0..idle_ones).map(|_| idle(server.address)).collect();
        let counted = connections(&server);
        failures.check(counted >= idle_ones as f64, || format!("round {round}: {counted} are connected"));
        let (memory, _) = server.memory_and_descriptors();
        peaks.push(memory);
        let each = (memory - at_first) / idle_ones as f64;
        eprintln!("round {round}: {:.1} KiB for each idle connection", each / 1024.0);
        failures.check(memory - at_first < idle_ones as f64 * 48.0 * 1024.0 + 32.0 * MIB, || {
            format!("round {round}: {each} bytes each")
        });
        let began = Instant::now();
        let answer = server.get("/iiif/3/a.tif/info.json");
        failures.check(answer.status == 200, || format!("round {round}: {}", answer.text()));
        failures.check(began.elapsed() < Duration::from_secs(5), || format!("{:?}", began.elapsed()));
        drop(held);
        let closed = || server.memory_and_descriptors().1 <= descriptors + 16;
        failures.check(eventually(PATIENCE, closed), || {
            format!("round {round}: {} descriptors, {descriptors} before", server.memory_and_descriptors().1)
        });
        failures.check(connections(&server) < 16.0, || format!("{} connections", connections(&server)));
    }
    // The second crowd gets the memory that the first one left.
    failures.check(peaks[1] < peaks[0] + 16.0 * MIB, || {
        let peaks: Vec<_> = peaks.iter().map(|bytes| bytes / MIB).collect();
        format!("memory grows with each crowd: {peaks:?} MiB")
    });
}

#[test]
fn two_thousand_slow_clients_hold_bounded_memory_and_leave_nothing() {
    let slow_ones = crowd(2000);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.tif"), masters::jpeg_pyramid(&masters::noisy(1500, 1100), 256))
        .unwrap();
    let settings = [
        ("TEGL__WEB__CONNECTIONS", "4000"),
        ("TEGL__WEB__CONNECTIONS_PER_ADDRESS", "4000"),
        ("TEGL__WEB__SLOW_READER_S", "4"),
        // Those who were refused are idle.
        ("TEGL__WEB__KEEP_ALIVE_S", "5"),
        ("TEGL__WORK__MEMORY_MIB", "128"),
    ];
    let server = Server::with(&[folder.path().to_str().unwrap()], &settings);
    // Some hundred kilobytes, and a tile for those who are not slow.
    let (large, tile) =
        ("/iiif/3/a.tif/full/max/0/default.png", "/iiif/3/a.tif/0,0,256,256/256,256/0/default.jpg");
    let whole = server.get(large);
    assert!(whole.status == 200 && whole.body.len() > 1 << 20, "{} bytes", whole.body.len());
    let (at_first, descriptors) = server.memory_and_descriptors();
    let mut failures = Failures::default();
    let mut after_each = Vec::new();
    for round in 0..2 {
        // Nobody reads a byte.
        let slow: Vec<_> = (0..slow_ones).map(|_| http::open(server.address, large).unwrap()).collect();
        for _ in 0..20 {
            let answer = server.get(tile);
            failures.check(answer.status == 200, || format!("round {round}: {}", answer.text()));
        }
        let (memory, _) = server.memory_and_descriptors();
        eprintln!("round {round}: {:.0} MiB more with {slow_ones} slow clients", (memory - at_first) / MIB);
        failures.check(memory < at_first + 400.0 * MIB, || format!("round {round}: {:.0} MiB", memory / MIB));
        // The server disconnects them by itself.
        let disconnected = eventually(PATIENCE, || connections(&server) < 16.0 && has_no_work(&server));
        failures
            .check(disconnected, || format!("round {round}: {} are still connected", connections(&server)));
        drop(slow);
        let closed = || server.memory_and_descriptors().1 <= descriptors + 16;
        failures.check(eventually(PATIENCE, closed), || {
            format!("round {round}: {} descriptors, {descriptors} before", server.memory_and_descriptors().1)
        });
        after_each.push(server.memory_and_descriptors().0);
    }
    // The allocator keeps some of it, and how much differs.
    failures.check(after_each.iter().all(|&memory| memory < at_first + 400.0 * MIB), || {
        let after_each: Vec<_> = after_each.iter().map(|bytes| bytes / MIB).collect();
        format!("memory stays taken: {after_each:?} MiB, {} before", at_first / MIB)
    });
}

#[test]
fn work_for_a_crowd_that_has_left_is_stopped() {
    const ASKING: usize = 1000;
    let origin = Origin::start();
    origin.put("a.tif", masters::jpeg_pyramid(&masters::noisy(1500, 1100), 256));
    let settings = [
        // Nothing ends the work but that nobody waits for it.
        ("TEGL__WORK__QUEUE_MS", "60000"),
        ("TEGL__STORE__TIMEOUT_MS", "60000"),
        ("TEGL__STORE__DEADLINE_MS", "120000"),
        ("TEGL__WEB__CONNECTIONS", "4000"),
        ("TEGL__WEB__CONNECTIONS_PER_ADDRESS", "4000"),
    ];
    let server = Server::with(&[&origin.url()], &settings);
    assert_eq!(server.get("/iiif/3/a.tif/info.json").status, 200);
    let (_, descriptors) = server.memory_and_descriptors();
    origin.delay(1000);
    origin.take_requests();
    // Each wants a region of its own.
    let region =
        |number: usize| format!("/iiif/3/a.tif/{},{},600,500/301,/0/default.jpg", number % 800, number / 2);
    let asking: Vec<_> = (0..ASKING)
        .map(|number| {
            let mut stream = TcpStream::connect(server.address).unwrap();
            let request = format!("GET {} HTTP/1.1\r\nHost: x\r\n\r\n", region(number));
            stream.write_all(request.as_bytes()).unwrap();
            stream
        })
        .collect();
    wait(PATIENCE, || server.metric("tegl_work_waiting") >= 100.0 || origin.max_in_flight() >= 16);
    // What is under way may end; the rest is not begun.
    origin.take_requests();
    drop(asking);
    wait(PATIENCE, || has_no_work(&server) && connections(&server) < 16.0 && origin.in_flight() == 0);
    let asked = origin.take_requests().len();
    eprintln!("{asked} requests to the store for {ASKING} clients that have left");
    assert!(asked < ASKING / 2, "{asked} requests");
    // The server may keep as many connections to the store as it reads from at once.
    assert!(eventually(PATIENCE, || server.memory_and_descriptors().1 <= descriptors + 64 + 16));
    origin.delay(0);
    assert_eq!(server.get(&region(1)).status, 200);
    // What nobody waits for is not asked of the store later either.
    let later = origin.take_requests().len();
    assert!(later < 16, "{later} requests");
}
