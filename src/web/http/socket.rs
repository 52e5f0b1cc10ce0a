//! A client's socket, which counts as an open connection while it exists.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::AsRawFd;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_web::rt::net::TcpStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::web::http::connections::{Connection, Connections};

/// The response when no connection is free.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\n\
    Content-Type: text/plain; charset=utf-8\r\nContent-Length: 46\r\n\r\n\
    too many connections are open: try again soon\n";

/// Bytes per connection that the kernel buffers before sending. Without a limit these are megabytes, copied at once:
/// when many slow clients start together, all other clients would wait for the copies.
#[cfg(target_os = "linux")]
const UNSENT: libc::c_int = 256 << 10;

/// Limits the kernel's buffer of unsent bytes for all connections that this listener accepts.
pub(crate) fn limit_unsent(listener: &TcpListener) {
    #[cfg(target_os = "linux")]
    {
        let (value, length) = (UNSENT, size_of::<libc::c_int>() as libc::socklen_t);
        let (level, name) = (libc::IPPROTO_TCP, libc::TCP_NOTSENT_LOWAT);
        // SAFETY: the descriptor is open, and the option's value is an integer of this length (tcp(7)).
        let failed =
            unsafe { libc::setsockopt(listener.as_raw_fd(), level, name, (&raw const value).cast(), length) };
        if failed != 0 {
            tracing::debug!(error = %io::Error::last_os_error(), "TCP_NOTSENT_LOWAT");
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = listener;
}

pub(crate) struct Socket {
    stream: TcpStream,
    pub connection: Arc<Connection>,
    connections: Arc<Connections>,
}

impl Socket {
    /// # Errors
    /// Sends a 503 and fails if no connection is free.
    pub(crate) fn new(
        stream: TcpStream,
        address: SocketAddr,
        connections: &Arc<Connections>,
    ) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        match connections.admit(address.ip(), stream.as_raw_fd()) {
            Some(connection) => Ok(Self { stream, connection, connections: connections.clone() }),
            None => {
                use rustix::net::{SendFlags, Shutdown, send, shutdown};
                metrics::counter!("tegl_connections_refused_total").increment(1);
                let _told = send(&stream, FULL, SendFlags::DONTWAIT | SendFlags::NOSIGNAL);
                let _ended = shutdown(&stream, Shutdown::Write);
                Err(io::ErrorKind::ConnectionRefused.into())
            }
        }
    }

    pub(crate) fn stream(&self) -> &TcpStream {
        &self.stream
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // Before the descriptor is closed and its number can be reused.
        self.connections.remove(&self.connection);
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.connection.sending(written.is_ready());
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::io::Write;
    use std::net::TcpStream;

    use super::*;

    #[test]
    fn a_client_that_reads_nothing_fills_no_large_buffer() {
        let filled = |limited: bool| {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            if limited {
                limit_unsent(&listener);
            }
            let _client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let (mut accepted, _) = listener.accept().unwrap();
            accepted.set_nonblocking(true).unwrap();
            let (piece, mut taken) = (vec![0; 64 << 10], 0);
            while let Ok(length) = accepted.write(&piece) {
                taken += length;
            }
            taken
        };
        let (limited, unlimited) = (filled(true), filled(false));
        assert!(limited < 1 << 20 && limited < unlimited, "{limited} of {unlimited} bytes");
    }
}
