//! The HTTP listeners, and their graceful shutdown.

use std::io::ErrorKind;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use actix_http::HttpService;
use actix_service::{ServiceFactoryExt, fn_service, map_config};
use actix_web::dev::{AppConfig, Server, ServerHandle};
use actix_web::http::KeepAlive;
use actix_web::rt::net::TcpStream;
use actix_web::{HttpRequest, HttpResponse, web};
use metrics_exporter_prometheus::PrometheusHandle;

use crate::web::App;
use crate::web::http::body::{active_request, with_unread};
use crate::web::http::connections::{Connections, Limits};
use crate::web::http::socket::{Socket, limit_unsent};
use crate::web::ops::{admin, health as operations};
use crate::web::settings::{Operations, Settings};

/// Time limit for receiving the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// Maximum number of concurrent connections to the operations listener.
const MAX_OPERATOR_CONNECTIONS: usize = 512;
/// Connections accepted above the limit while others are being closed: about a quarter of the limit, and at most
/// this many.
const MAX_CLOSING: usize = 1024;

/// Maximum number of connections that wait to be accepted.
const BACKLOG: i32 = 4096;

/// A running server.
pub(crate) struct Running {
    pub app: Arc<App>,
    /// Address of the public listener, with port 0 resolved.
    pub address: std::net::SocketAddr,
    /// Address of the operations listener.
    pub operations: Option<std::net::SocketAddr>,
    handles: Vec<ServerHandle>,
    drain: Duration,
}

/// Starts both listeners on the current actix system.
pub(crate) fn start(
    app: App,
    settings: &Settings,
    operators: &Operations,
    metrics: PrometheusHandle,
) -> std::io::Result<Running> {
    crate::web::ops::metrics::register();
    let app = Arc::new(app);
    let listener = listen(&settings.listen, "`web.listen` or --listen")?;
    let address = listener.local_addr()?;
    let pace = app.clone();
    actix_web::rt::spawn(async move { pace.pace.run().await });
    let shared = app.clone();
    let server = run(listener, Listener::public(settings, &app), move |request, body| {
        let app = shared.clone();
        async move { app.handle(request, body).await }
    })?;
    let mut handles = vec![server.handle()];
    actix_web::rt::spawn(server);
    let operations = match operators.listen.as_str() {
        "" => None,
        at => {
            let listener = listen(at, "`operations.listen`")?;
            let address = listener.local_addr()?;
            let app = app.clone();
            let server = run(listener, Listener::operators(settings, &app), move |request, body| {
                let (app, metrics) = (app.clone(), metrics.clone());
                async move {
                    let response = operate(&app, &request, &metrics).await;
                    with_unread(&request, response, body)
                }
            })?;
            handles.push(server.handle());
            actix_web::rt::spawn(server);
            Some(address)
        }
    };
    Ok(Running { app, address, operations, handles, drain: Duration::from_secs(settings.drain_s) })
}

async fn operate(app: &Arc<App>, request: &HttpRequest, metrics: &PrometheusHandle) -> HttpResponse {
    let _turn = active_request(request);
    let mut response = match request.uri().path() {
        path if path == "/admin" || path.starts_with("/admin/") => admin::answer(app, request).await,
        _ => operations::serve(app, request, metrics),
    };
    crate::web::http::headers::private(response.headers_mut());
    response
}

/// Limits and time-outs of a listener.
struct Listener {
    threads: usize,
    connections: Arc<Connections>,
    most: usize,
    keep_alive: Duration,
    slow_reader_ms: u32,
    shutdown_s: u64,
}

impl Listener {
    fn public(settings: &Settings, app: &App) -> Self {
        let threads = match settings.threads {
            0 => std::thread::available_parallelism().map_or(2, usize::from),
            threads => threads,
        };
        let all = settings.connections;
        let per_address = match settings.connections_per_address {
            0 => all.div_ceil(2),
            own => own,
        };
        Self {
            threads,
            shutdown_s: settings.shutdown_s,
            ..Self::new(settings, app, "public", (all, per_address))
        }
    }

    fn operators(settings: &Settings, app: &App) -> Self {
        Self::new(settings, app, "operations", (MAX_OPERATOR_CONNECTIONS, MAX_OPERATOR_CONNECTIONS / 2))
    }

    fn new(settings: &Settings, app: &App, name: &'static str, (all, per_address): (usize, usize)) -> Self {
        let exempt = app.base.trusted().clone();
        Self {
            threads: 1,
            connections: Arc::new(Connections::new(Limits { all, per_address, exempt }, name)),
            most: all + MAX_CLOSING.min(all / 4 + 16),
            keep_alive: Duration::from_secs(settings.keep_alive_s),
            slow_reader_ms: settings.slow_reader_s.saturating_mul(1000),
            shutdown_s: 1,
        }
    }
}

/// Serves HTTP/1.1. Sockets are wrapped, so that connections are counted exactly as long as they are open.
fn run<H, F>(listener: TcpListener, how: Listener, handler: H) -> std::io::Result<Server>
where
    H: Fn(HttpRequest, web::Payload) -> F + Clone + Send + 'static,
    F: Future<Output = HttpResponse> + 'static,
{
    let builder = Server::build()
        .workers(how.threads)
        .max_concurrent_connections(how.most.div_ceil(how.threads))
        .shutdown_timeout(how.shutdown_s)
        .disable_signals();
    let stopping = builder.graceful_shutdown_signal();
    let service = move || {
        let (connections, stopping, handler) = (how.connections.clone(), stopping.clone(), handler.clone());
        let slow_reader_ms = how.slow_reader_ms;
        let app = actix_web::App::new().default_service(web::to(handler));
        let http = HttpService::build()
            .keep_alive(KeepAlive::from(how.keep_alive))
            .client_request_timeout(HEAD_TIMEOUT)
            .client_disconnect_timeout(Duration::from_secs(1))
            .h1_allow_half_closed(false)
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            .on_connect_ext(move |socket: &Socket, data| {
                limit_slow_reader(socket.stream(), slow_reader_ms);
                data.insert(socket.connection.clone());
            })
            .finish(map_config(app, |_| AppConfig::default()));
        let counted = move |stream: TcpStream| {
            let socket = stream.peer_addr().and_then(|peer| {
                Ok((Socket::new(stream, peer, &connections)?, actix_http::Protocol::Http1, Some(peer)))
            });
            std::future::ready(socket.map_err(actix_http::error::DispatchError::Io))
        };
        fn_service(counted).and_then(http)
    };
    Ok(builder.listen("http", listener, service)?.run())
}

impl Running {
    /// Reports not ready, waits for load balancers to notice, then finishes the requests in progress.
    pub(crate) async fn stop(self) {
        self.app.draining.store(true, Ordering::Relaxed);
        tokio::time::sleep(self.drain).await;
        for handle in self.handles {
            handle.stop(true).await;
        }
    }
}

fn listen(at: &str, key: &str) -> std::io::Result<TcpListener> {
    let listener = TcpListener::bind(at).and_then(|listener| {
        // The standard library's accept queue is short, and clients whose first packet
        // finds it full retry only after a second.
        rustix::net::listen(&listener, BACKLOG)?;
        limit_unsent(&listener);
        Ok(listener)
    });
    listener.map_err(|error| {
        let remedy = match error.kind() {
            ErrorKind::AddrInUse => format!("another program listens there; choose another port with {key}"),
            ErrorKind::PermissionDenied => {
                format!("ports below 1024 need privileges; choose another with {key}")
            }
            ErrorKind::AddrNotAvailable => {
                format!("this machine does not have this address; choose one with {key}")
            }
            _ => format!("{key} takes an address and a port, as in `127.0.0.1:8182`"),
        };
        std::io::Error::new(error.kind(), format!("cannot listen on `{at}`: {error}; {remedy}"))
    })
}

/// Disconnects clients that acknowledge nothing, which no other time-out notices.
fn limit_slow_reader(stream: &TcpStream, milliseconds: u32) {
    if let Err(error) = rustix::net::sockopt::set_tcp_user_timeout(stream, milliseconds) {
        tracing::debug!(%error, "TCP_USER_TIMEOUT");
    }
}
