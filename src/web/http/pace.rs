//! Sends large responses in small pieces, and disconnects clients that read them too slowly.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::gallery::{Error, Gallery, Unsent};
use crate::web::http::connections::Connection;

/// Bodies up to this size are sent in one piece and not paced: connections may buffer as much.
const SMALL: u64 = 128 << 10;
/// Size of a piece in bytes; the connection copies each piece into its own buffer.
const PIECE: usize = 64 << 10;
/// Responses of up to this many bytes are one piece while [`BURSTS`] lasts: fewer writes, fewer wake-ups.
const BURST: usize = 1 << 20;
/// Total size of pieces larger than [`PIECE`] in all connections' buffers, in KiB.
const BURSTS: usize = 32 << 10;
/// How long a client may stay below the minimum rate. Connections buffer megabytes, and drain them in bursts.
const WINDOW: Duration = Duration::from_secs(60);

/// The clients that are reading large responses.
pub(crate) struct Pace {
    /// The minimum rate in bytes per second; 0 for none.
    floor: u64,
    window: Duration,
    readers: Mutex<Vec<Weak<Reader>>>,
    /// Free KiB of [`BURSTS`].
    bursts: Arc<Semaphore>,
}

/// A client that is reading a large response.
struct Reader {
    connection: Arc<Connection>,
    taken: AtomicU64,
    /// Whether the client is waiting for the server.
    waits: AtomicBool,
    progress: Mutex<Progress>,
}

#[derive(Default)]
struct Progress {
    taken: u64,
    /// How many bytes it is deficit the minimum rate.
    deficit: u64,
}

impl Pace {
    pub(crate) fn new(floor_kib_per_s: u32) -> Self {
        Self {
            floor: u64::from(floor_kib_per_s) << 10,
            window: WINDOW,
            readers: Mutex::default(),
            bursts: Arc::new(Semaphore::new(BURSTS)),
        }
    }

    /// The response with a body that is sent in pieces, if it is large. A finished body counts against the memory for
    /// unsent responses until it has been read.
    pub(crate) async fn pace(
        &self,
        gallery: &Gallery,
        request: &HttpRequest,
        response: HttpResponse,
    ) -> Result<HttpResponse, Error> {
        match response.body().size() {
            BodySize::None => return Ok(response),
            BodySize::Sized(length) if length <= SMALL || request.method() == Method::HEAD => {
                return Ok(response);
            }
            BodySize::Sized(_) | BodySize::Stream => {}
        }
        let (response, body) = response.into_parts();
        let (body, unsent) = match body.try_into_bytes() {
            Ok(bytes) => {
                let unsent = gallery.images.unsent(&bytes).await?;
                (BoxBody::new(bytes), unsent)
            }
            Err(body) => (body, Unsent::default()),
        };
        let watched = PacedBody {
            size: body.size(),
            body,
            rest: Bytes::new(),
            reader: self.reader(request),
            bursts: self.bursts.clone(),
            burst: None,
            _unsent: unsent,
        };
        Ok(response.set_body(watched.boxed()))
    }

    fn reader(&self, request: &HttpRequest) -> Option<Arc<Reader>> {
        let connection = request.conn_data::<Arc<Connection>>().filter(|_| self.floor > 0)?;
        Some(self.follow(connection.clone()))
    }

    fn follow(&self, connection: Arc<Connection>) -> Arc<Reader> {
        let (taken, waits, progress) = (AtomicU64::new(0), AtomicBool::new(false), Mutex::default());
        let reader = Arc::new(Reader { connection, taken, waits, progress });
        let mut readers = self.readers.lock();
        readers.push(Arc::downgrade(&reader));
        reader
    }

    /// Checks all readers every second.
    pub(crate) async fn run(&self) {
        let mut seconds = tokio::time::interval(Duration::from_secs(1));
        let mut before = Instant::now();
        loop {
            seconds.tick().await;
            let passed = before.elapsed().min(Duration::from_secs(2)); // Time that we stood still is not theirs.
            before = Instant::now();
            self.close_slow_readers(passed);
        }
    }

    fn close_slow_readers(&self, passed: Duration) {
        let due = self.floor * passed.as_millis() as u64 / 1000;
        let most = self.floor * self.window.as_secs();
        let mut readers = self.readers.lock();
        readers.retain(|reader| match reader.upgrade() {
            Some(reader) if reader.falls_behind(due, most) => {
                metrics::counter!("tegl_slow_readers_total").increment(1);
                reader.connection.close();
                false
            }
            reader => reader.is_some(),
        });
    }
}

impl Reader {
    fn falls_behind(&self, due: u64, most: u64) -> bool {
        let mut progress = self.progress.lock();
        let taken = self.taken.load(Ordering::Relaxed);
        let due = if self.waits.load(Ordering::Relaxed) { 0 } else { due };
        progress.deficit = (progress.deficit + due).saturating_sub(taken - progress.taken);
        progress.taken = taken;
        progress.deficit > most
    }
}

/// A body in small pieces, which are counted as they are read.
struct PacedBody {
    body: BoxBody,
    size: BodySize,
    /// What is left of the current piece.
    rest: Bytes,
    reader: Option<Arc<Reader>>,
    bursts: Arc<Semaphore>,
    /// Held until the connection has sent the large piece and polls for more.
    burst: Option<OwnedSemaphorePermit>,
    _unsent: Unsent,
}

impl PacedBody {
    /// Length of the next piece in bytes.
    fn piece(&mut self) -> usize {
        let rest = self.rest.len();
        if (PIECE + 1..=BURST).contains(&rest) {
            self.burst = self.bursts.clone().try_acquire_many_owned(rest.div_ceil(1024) as u32).ok();
        }
        if self.burst.is_some() { rest } else { rest.min(PIECE) }
    }
}

impl MessageBody for PacedBody {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.size
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        self.burst = None;
        if self.rest.is_empty() {
            let polled = Pin::new(&mut self.body).poll_next(context);
            if let Some(reader) = &self.reader {
                reader.waits.store(polled.is_pending(), Ordering::Relaxed);
            }
            match polled {
                Poll::Ready(Some(Ok(piece))) => self.rest = piece,
                other => return other,
            }
        }
        let piece = self.piece();
        let piece = self.rest.split_to(piece);
        if let Some(reader) = &self.reader {
            reader.taken.fetch_add(piece.len() as u64, Ordering::Relaxed);
        }
        Poll::Ready(Some(Ok(piece)))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::net::{TcpListener, TcpStream};
    use std::os::fd::AsRawFd;

    use super::*;
    use crate::web::http::connections::{Connections, Limits};

    /// A reader, and both ends of its connection, the client's first.
    fn reader(pace: &Pace) -> (Arc<Reader>, [TcpStream; 2]) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        client.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let (accepted, peer) = listener.accept().unwrap();
        let connections =
            Connections::new(Limits { all: 1, per_address: 1, exempt: Default::default() }, "test");
        let connection = connections.admit(peer.ip(), accepted.as_raw_fd()).unwrap();
        (pace.follow(connection), [client, accepted])
    }

    /// The length of the next piece of a body.
    fn next(body: &mut PacedBody) -> usize {
        let mut context = Context::from_waker(std::task::Waker::noop());
        let Poll::Ready(Some(Ok(piece))) = Pin::new(body).poll_next(&mut context) else { return 0 };
        piece.len()
    }

    #[test]
    fn large_pieces_are_bounded_over_all_connections() {
        let bursts = Arc::new(Semaphore::new(600));
        let [mut first, mut second] = [(); 2].map(|()| PacedBody {
            body: BoxBody::new(Bytes::from(vec![0; 500 << 10])),
            size: BodySize::Sized(500 << 10),
            rest: Bytes::new(),
            reader: None,
            bursts: bursts.clone(),
            burst: None,
            _unsent: Unsent::default(),
        });
        assert_eq!(next(&mut first), 500 << 10, "whole");
        assert_eq!(next(&mut second), PIECE, "another connection's buffer holds a whole answer");
        assert_eq!(next(&mut first), 0, "sent");
        assert_eq!(next(&mut second), (500 << 10) - PIECE, "the rest, whole");
    }

    #[test]
    fn clients_below_the_minimum_rate_over_the_window_are_disconnected() {
        let pace = Pace::new(32);
        let [(slow, [mut cut, _accepted]), (steady, _ends), (waiting, _others)] =
            [(); 3].map(|()| reader(&pace));
        waiting.waits.store(true, Ordering::Relaxed);
        let second = Duration::from_secs(1);
        for burst in 0..200 {
            // Connections buffer, so reads come in bursts.
            let taken = if burst % 40 == 39 { 1300 << 10 } else { 0 };
            steady.taken.fetch_add(taken, Ordering::Relaxed);
            slow.taken.fetch_add(16 << 10, Ordering::Relaxed);
            pace.close_slow_readers(second);
        }
        assert_eq!(cut.read(&mut [0]).unwrap(), 0, "its connection is closed");
        assert_eq!(pace.readers.lock().len(), 2, "the others go on");
        drop((steady, waiting));
        pace.close_slow_readers(second);
        assert!(pace.readers.lock().is_empty());
    }
}
