//! Listens, and stops in good order.

use std::any::Any;
use std::io::ErrorKind;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpRequest, HttpServer, web};
use metrics_exporter_prometheus::PrometheusHandle;

use super::pace::remember_socket;
use super::settings::{Operations, Settings};
use super::{Door, admin, operations};

/// A server that answers until it is told to stop.
pub struct Running {
    pub door: Arc<Door>,
    /// Where the public port is, port 0 resolved.
    pub address: std::net::SocketAddr,
    /// Where the operators' port is.
    pub operations: Option<std::net::SocketAddr>,
    handles: Vec<ServerHandle>,
    drain: Duration,
}

/// Starts both listeners on the current actix system.
pub fn start(
    door: Door,
    settings: &Settings,
    operators: &Operations,
    metrics: PrometheusHandle,
) -> std::io::Result<Running> {
    let door = Arc::new(door);
    let listener = listen(&settings.listen, "`web.listen` or --listen")?;
    let address = listener.local_addr()?;
    let slow_reader_ms = settings.slow_reader_s.saturating_mul(1000);
    let shared = door.clone();
    let pace = door.clone();
    actix_web::rt::spawn(async move { pace.pace.keep().await });
    let threads = match settings.threads {
        0 => std::thread::available_parallelism().map_or(2, usize::from),
        threads => threads,
    };
    let server = HttpServer::new(move || {
        let door = shared.clone();
        App::new().default_service(web::to(move |request: HttpRequest, body: web::Payload| {
            let door = door.clone();
            async move { door.enter(request, body).await }
        }))
    })
    .workers(threads)
    .max_connections(settings.connections.div_ceil(threads))
    .backlog(4096)
    .keep_alive(Duration::from_secs(settings.keep_alive_s))
    .client_request_timeout(Duration::from_secs(5))
    .tcp_nodelay(true)
    .h1_allow_half_closed(false)
    .shutdown_timeout(settings.shutdown_s)
    .disable_signals()
    .on_connect(move |connection, data| {
        limit_slow_reader(connection, slow_reader_ms);
        remember_socket(connection, data);
    })
    .listen(listener)?
    .run();
    let mut handles = vec![server.handle()];
    actix_web::rt::spawn(server);
    let operations = match operators.listen.as_str() {
        "" => None,
        at => {
            let listener = listen(at, "`operations.listen`")?;
            let address = listener.local_addr()?;
            let door = door.clone();
            let server = HttpServer::new(move || {
                let (door, metrics) = (door.clone(), metrics.clone());
                App::new().default_service(web::to(move |request: HttpRequest| {
                    let (door, metrics) = (door.clone(), metrics.clone());
                    async move {
                        match request.uri().path() {
                            path if path == "/admin" || path.starts_with("/admin/") => {
                                admin::answer(&door, &request).await
                            }
                            _ => operations::serve(&request, &door.gallery, &metrics),
                        }
                    }
                }))
            })
            .workers(1)
            .disable_signals()
            .shutdown_timeout(1)
            .listen(listener)?
            .run();
            handles.push(server.handle());
            actix_web::rt::spawn(server);
            Some(address)
        }
    };
    Ok(Running { door, address, operations, handles, drain: Duration::from_secs(settings.drain_s) })
}

impl Running {
    /// Says that it is not ready, waits for balancers to notice, then finishes what is under way.
    pub async fn stop(self) {
        self.door.draining.store(true, Ordering::Relaxed);
        tokio::time::sleep(self.drain).await;
        for handle in self.handles {
            handle.stop(true).await;
        }
    }
}

fn listen(at: &str, key: &str) -> std::io::Result<TcpListener> {
    TcpListener::bind(at).map_err(|error| {
        let remedy = match error.kind() {
            ErrorKind::AddrInUse => format!("another program listens there; choose another port by {key}"),
            ErrorKind::PermissionDenied => {
                format!("ports below 1024 are kept from most users; choose one by {key}")
            }
            ErrorKind::AddrNotAvailable => format!("this machine has no such address; choose one by {key}"),
            _ => format!("{key} takes an address and a port, as in `127.0.0.1:8182`"),
        };
        std::io::Error::new(error.kind(), format!("cannot listen on `{at}`: {error}; {remedy}"))
    })
}

/// A client that takes nothing of what was sent to it is cut off: no other time-out sees it.
fn limit_slow_reader(connection: &dyn Any, milliseconds: u32) {
    if let Some(stream) = connection.downcast_ref::<actix_web::rt::net::TcpStream>()
        && let Err(error) = rustix::net::sockopt::set_tcp_user_timeout(stream, milliseconds)
    {
        tracing::debug!(%error, "TCP_USER_TIMEOUT");
    }
}
