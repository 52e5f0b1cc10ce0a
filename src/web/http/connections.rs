//! The open connections of a listener: limits in total and per address, and which connections are closed for new ones.
//!
//! New connections replace waiting ones: first idle connections and requests with an incomplete head, then incomplete
//! bodies, then responses that the client does not read; within each kind the oldest first. Connections that have just
//! begun to wait come last, because a newer connection has no better claim. A request in progress is never cut off.

use std::collections::HashMap;
use std::net::IpAddr;
use std::os::fd::{BorrowedFd, RawFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::Instant;

use crate::web::http::network::Network;
use arc_swap::ArcSwap;
use parking_lot::{Mutex, MutexGuard};

/// A connection whose client has read nothing for this long may be closed, in milliseconds.
const STALLED_MS: u64 = 2000;
/// A connection counts as idle after waiting this long, in milliseconds.
const IDLE_MS: u64 = 1000;
/// One in this many connections is closed at a time, because finding the oldest scans all of them.
const CLOSED_SHARE: usize = 64;

/// Limits on the number of connections.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    pub all: usize,
    pub per_address: usize,
    /// Trusted proxies, which connect on behalf of many clients.
    pub exempt: Arc<ArcSwap<Vec<IpAddr>>>,
}

/// All connections of a listener.
pub(crate) struct Connections {
    limits: Limits,
    began: Instant,
    open: Mutex<Open>,
    gauge: metrics::Gauge,
}

#[derive(Default)]
struct Open {
    count: usize,
    last_id: u64,
    by_network: HashMap<Network, HashMap<u64, Arc<Connection>>>,
}

/// What a connection is doing.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Between two requests, or receiving the head of one.
    Waiting,
    /// Receiving the body of a request.
    Receiving,
    Answering,
}

/// One open connection.
pub(crate) struct Connection {
    id: u64,
    network: Network,
    began: Instant,
    state: AtomicU8,
    /// When it entered this state, in milliseconds.
    since: AtomicU64,
    /// When the client stopped reading, in milliseconds; 0 while it reads.
    stalled: AtomicU64,
    /// Its descriptor while it is open.
    socket: Mutex<Option<RawFd>>,
}

/// Guard of a request in progress: when it is dropped, the connection is waiting again.
pub(crate) struct ActiveRequest(Arc<Connection>);

/// Order of closing, lowest first: the kind, then since when.
type Rank = (u8, u64);

impl Connections {
    /// `listener` labels the metrics.
    pub(crate) fn new(limits: Limits, listener: &'static str) -> Self {
        let gauge = metrics::gauge!("tegl_connections", "listener" => listener);
        Self { limits, began: Instant::now(), open: Mutex::default(), gauge }
    }

    /// Registers a new connection and closes others if a limit is reached; `None` if none of them can be closed.
    /// [`Self::remove`] must be called before the descriptor is closed.
    pub(crate) fn admit(&self, address: IpAddr, socket: RawFd) -> Option<Arc<Connection>> {
        let network = Network::from(address);
        let mut open = self.open();
        let exempt = self.limits.exempt.load().contains(&address.to_canonical());
        let own = open.by_network.get(&network).map_or(0, HashMap::len);
        if !exempt && own >= self.limits.per_address {
            let rivals = open.by_network.get(&network).into_iter().flat_map(HashMap::values);
            let chosen = self.chosen(rivals, self.limits.per_address);
            open.close(&chosen, "address").then_some(())?;
        }
        if open.count >= self.limits.all {
            let chosen = self.chosen(open.by_network.values().flat_map(HashMap::values), self.limits.all);
            open.close(&chosen, "all").then_some(())?;
        }
        open.last_id += 1;
        let connection = Arc::new(Connection {
            id: open.last_id,
            network,
            began: self.began,
            state: AtomicU8::new(State::Waiting as u8),
            since: AtomicU64::new(self.now()),
            stalled: AtomicU64::new(0),
            socket: Mutex::new(Some(socket)),
        });
        open.by_network.entry(network).or_default().insert(connection.id, connection.clone());
        open.count += 1;
        self.gauge.set(open.count as f64);
        Some(connection)
    }

    /// Unregisters a connection whose descriptor is about to be closed.
    pub(crate) fn remove(&self, connection: &Connection) {
        *connection.socket() = None;
        let mut open = self.open();
        open.forget(connection);
        self.gauge.set(open.count as f64);
    }

    /// The connections to close: the oldest of those that can be closed.
    fn chosen<'a>(
        &self,
        rivals: impl Iterator<Item = &'a Arc<Connection>>,
        limit: usize,
    ) -> Vec<Arc<Connection>> {
        let now = self.now();
        let mut ranked: Vec<(Rank, &Arc<Connection>)> =
            rivals.filter_map(|rival| Some((rival.rank(now)?, rival))).collect();
        let most = (limit / CLOSED_SHARE).max(1);
        if ranked.len() > most {
            ranked.select_nth_unstable_by_key(most, |(rank, _)| *rank);
            ranked.truncate(most);
        }
        ranked.into_iter().map(|(_, rival)| rival.clone()).collect()
    }

    fn now(&self) -> u64 {
        elapsed(self.began)
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock()
    }
}

impl Open {
    /// Closes these connections; returns whether there were any.
    fn close(&mut self, chosen: &[Arc<Connection>], limit: &'static str) -> bool {
        for connection in chosen {
            connection.close();
            self.forget(connection);
        }
        metrics::counter!("tegl_connections_closed_total", "limit" => limit).increment(chosen.len() as u64);
        !chosen.is_empty()
    }

    fn forget(&mut self, connection: &Connection) {
        let Some(own) = self.by_network.get_mut(&connection.network) else { return };
        if own.remove(&connection.id).is_some() {
            self.count -= 1;
        }
        if own.is_empty() {
            self.by_network.remove(&connection.network);
        }
    }
}

impl Connection {
    /// Marks the start of a request.
    pub(crate) fn begin(self: &Arc<Self>) -> ActiveRequest {
        self.enter(State::Answering);
        ActiveRequest(self.clone())
    }

    /// Marks that the request body is being received.
    pub(crate) fn receiving(&self) {
        self.enter(State::Receiving);
    }

    pub(crate) fn answering(&self) {
        self.enter(State::Answering);
    }

    /// Records whether the client reads what is sent.
    pub(crate) fn sending(&self, is_taken: bool) {
        let stalled = self.stalled.load(Ordering::Relaxed);
        match is_taken {
            true if stalled != 0 => self.stalled.store(0, Ordering::Relaxed),
            false if stalled == 0 => self.stalled.store(elapsed(self.began).max(1), Ordering::Relaxed),
            _ => {}
        }
    }

    fn enter(&self, state: State) {
        self.state.store(state as u8, Ordering::Relaxed);
        self.since.store(elapsed(self.began), Ordering::Relaxed);
    }

    fn rank(&self, now: u64) -> Option<Rank> {
        let since = self.since.load(Ordering::Relaxed);
        let stalled = self.stalled.load(Ordering::Relaxed);
        let state = self.state.load(Ordering::Relaxed);
        if stalled != 0 {
            return (now.saturating_sub(stalled) >= STALLED_MS).then_some((2, stalled));
        }
        let is_young = now.saturating_sub(since) < IDLE_MS;
        match state {
            state if state == State::Answering as u8 => None,
            _ if is_young => Some((3, since)),
            state => Some((u8::from(state == State::Receiving as u8), since)),
        }
    }

    /// Shuts the connection down, from any thread; the socket's task notices.
    pub(crate) fn close(&self) {
        if let Some(socket) = *self.socket() {
            // SAFETY: the descriptor is open: it is removed, under the same lock, before it is closed.
            let socket = unsafe { BorrowedFd::borrow_raw(socket) };
            let _gone = rustix::net::shutdown(socket, rustix::net::Shutdown::Both);
        }
    }

    fn socket(&self) -> MutexGuard<'_, Option<RawFd>> {
        self.socket.lock()
    }
}

impl Drop for ActiveRequest {
    fn drop(&mut self) {
        self.0.enter(State::Waiting);
    }
}

fn elapsed(began: Instant) -> u64 {
    began.elapsed().as_millis() as u64
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::net::{TcpListener, TcpStream};
    use std::os::fd::AsRawFd;
    use std::time::Duration;

    use super::*;

    struct Bed {
        connections: Connections,
        listener: TcpListener,
    }

    /// Both ends of a connection, and its registration.
    struct Client {
        near: TcpStream,
        _far: TcpStream,
        connection: Arc<Connection>,
    }

    impl Bed {
        fn new(all: usize, per_address: usize) -> Self {
            let exempt = Arc::new(ArcSwap::from_pointee(vec!["192.0.2.9".parse().unwrap()]));
            let mut connections = Connections::new(Limits { all, per_address, exempt }, "test");
            connections.began -= Duration::from_secs(60);
            Self { connections, listener: TcpListener::bind("127.0.0.1:0").unwrap() }
        }

        fn connect(&self, from: &str, since: u64) -> Option<Client> {
            let near = TcpStream::connect(self.listener.local_addr().unwrap()).unwrap();
            near.set_nonblocking(true).unwrap();
            let (_far, _) = self.listener.accept().unwrap();
            let connection = self.connections.admit(from.parse().unwrap(), _far.as_raw_fd())?;
            connection.since.store(since, Ordering::Relaxed);
            Some(Client { near, _far, connection })
        }
    }

    impl Client {
        fn is_closed(&self) -> bool {
            matches!((&self.near).read(&mut [0]), Ok(0))
        }
    }

    #[test]
    fn the_oldest_idle_connection_is_closed_first() {
        let bed = Bed::new(4, 4);
        let [busy, old, young, body] =
            [1, 2, 3, 0].map(|since| bed.connect("192.0.2.1", since).expect("there is room"));
        let turn = busy.connection.begin();
        let _receiving = body.connection.begin();
        body.connection.receiving();
        body.connection.since.store(0, Ordering::Relaxed);
        let newest = bed.connect("192.0.2.2", 4).expect("another gives way");
        assert!(old.is_closed() && !young.is_closed() && !busy.is_closed() && !body.is_closed());
        let _second = newest.connection.begin();
        let third = bed.connect("192.0.2.3", 5).expect("another gives way");
        assert!(young.is_closed() && !body.is_closed());
        let _third = third.connection.begin();
        let fourth = bed.connect("192.0.2.4", 6).expect("a body gives way");
        assert!(body.is_closed() && !busy.is_closed());
        let _fourth = fourth.connection.begin();
        assert!(bed.connect("192.0.2.5", 7).is_none(), "all are being answered");
        drop(turn);
        assert!(bed.connect("192.0.2.5", 8).is_some() && busy.is_closed());
    }

    #[test]
    fn new_connections_take_precedence_over_slow_bodies() {
        let bed = Bed::new(3, 3);
        let [old, newer] = [1, 2].map(|since| bed.connect("192.0.2.1", since).expect("there is room"));
        let _turns = [&old, &newer].map(|client| client.connection.begin());
        for (client, since) in [(&old, 1), (&newer, 2)] {
            client.connection.receiving();
            client.connection.since.store(since, Ordering::Relaxed);
        }
        let newcomers: Vec<_> = (0..2).map(|_| bed.connect("192.0.2.1", bed.connections.now())).collect();
        assert!(old.is_closed() && !newer.is_closed());
        assert!(newcomers.iter().flatten().all(|client| !client.is_closed()) && newcomers.len() == 2);
    }

    #[test]
    fn an_address_over_its_share_closes_its_own_connections() {
        let bed = Bed::new(100, 2);
        let [first, second] = [1, 2].map(|since| bed.connect("2001:db8::1", since).expect("there is room"));
        let other = bed.connect("192.0.2.1", 0).expect("there is room");
        let third = bed.connect("2001:db8::2", 3).expect("its oldest gives way");
        assert!(first.is_closed() && !second.is_closed() && !other.is_closed() && !third.is_closed());
        let proxied: Vec<_> = (0..5).map(|since| bed.connect("192.0.2.9", since)).collect();
        assert!(proxied.iter().flatten().all(|client| !client.is_closed()) && proxied.len() == 5);
        assert_eq!(bed.connections.open().count, 8);
        bed.connections.remove(&second.connection);
        bed.connections.remove(&first.connection);
        assert_eq!(bed.connections.open().count, 7, "none is counted twice");
    }

    #[test]
    fn an_unread_response_is_closed_after_a_while() {
        let bed = Bed::new(1, 1);
        let stalled = bed.connect("192.0.2.1", 0).expect("there is room");
        let _turn = stalled.connection.begin();
        stalled.connection.sending(false);
        let now = bed.connections.now();
        assert_eq!(stalled.connection.rank(now), None);
        assert!(stalled.connection.rank(now + STALLED_MS).is_some());
        stalled.connection.sending(true);
        assert_eq!(stalled.connection.rank(now + STALLED_MS), None);
    }
}
