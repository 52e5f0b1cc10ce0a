//! Traces by OTLP: one per request, with the spans that it consists of, sent to a collector in this process.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;

use crate::support::http;
use crate::support::server::Server;
use crate::support::{eventually, masters};

/// A collector that keeps the spans that it gets.
struct Collector {
    endpoint: String,
    spans: Arc<Mutex<Vec<Span>>>,
}

impl Collector {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}/v1/traces", listener.local_addr().unwrap());
        let spans = Arc::new(Mutex::new(Vec::new()));
        let kept = spans.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let kept = kept.clone();
                std::thread::spawn(move || collect(&stream, &kept));
            }
        });
        Self { endpoint, spans }
    }

    /// The spans of a trace, once it has all of these names.
    fn trace(&self, server: &Server, trace: &str, names: &[&str]) -> Vec<Span> {
        let of_trace = || {
            let spans = self.spans.lock().unwrap();
            spans.iter().filter(|span| hex(&span.trace_id) == trace).cloned().collect::<Vec<_>>()
        };
        let has = |spans: &[Span]| names.iter().all(|name| spans.iter().any(|span| span.name == *name));
        let complete = eventually(Duration::from_secs(20), || has(&of_trace()));
        let spans = of_trace();
        let found: Vec<_> = spans.iter().map(|span| span.name.as_str()).collect();
        assert!(complete, "{trace} has only {found:?}\n{}", server.log());
        spans
    }
}

fn collect(stream: &TcpStream, kept: &Mutex<Vec<Span>>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let (mut head, mut length) = (String::new(), 0);
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).ok()? == 0 {
                return None;
            }
        }
        for line in head.lines() {
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().ok()?;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        assert!(head.starts_with("POST /v1/traces "), "{head}");
        let request = ExportTraceServiceRequest::decode(body.as_slice()).expect("OTLP in protobuf");
        let scopes = request.resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
        kept.lock().unwrap().extend(scopes.flat_map(|scope| scope.spans));
        let mut stream = stream;
        write!(
            stream,
            "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n"
        )
        .ok()?;
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let master = masters::jpeg_pyramid(&masters::noisy(900, 700), 256);
    std::fs::write(folder.path().join("a.tif"), master).unwrap();
    folder
}

fn serve(folder: &tempfile::TempDir, collector: &Collector, more: &[(&str, &str)]) -> Server {
    let environment = [
        ("TEGL__TRACES__ENDPOINT", collector.endpoint.as_str()),
        ("TEGL__TRACES__SAMPLE", "1"),
        ("TEGL__LOG__FORMAT", "json"),
        ("OTEL_BSP_SCHEDULE_DELAY", "50"),
    ];
    Server::with(&[folder.path().to_str().unwrap()], &[&environment, more].concat())
}

/// The trace that the line of a request names.
fn logged_trace(server: &Server, path: &str) -> String {
    let find = || {
        let log = server.log();
        let mut objects = log.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        let line = objects.find(|line| line["path"] == path && line["target"] == "tegl::request")?;
        line["trace_id"].as_str().map(str::to_owned)
    };
    assert!(eventually(Duration::from_secs(10), || find().is_some()), "{path}: {}", server.log());
    find().unwrap()
}

const RENDERED: &str = "/iiif/3/a.tif/10,10,500,500/300,/0/default.jpg";

#[test]
fn a_rendering_is_one_trace_with_its_five_spans() {
    let (folder, collector) = (folder(), Collector::start());
    let server = serve(&folder, &collector, &[]);
    assert_eq!(server.get(RENDERED).status, 200);
    let trace = logged_trace(&server, RENDERED);
    let spans = collector.trace(&server, &trace, &["door", "plan", "read", "render", "encode"]);
    let span = |name: &str| spans.iter().find(|span| span.name == name).unwrap();
    let door = span("door");
    assert!(door.parent_span_id.is_empty(), "{door:?}");
    for name in ["plan", "read", "render"] {
        assert_eq!(span(name).parent_span_id, door.span_id, "{name}");
    }
    assert_eq!(span("encode").parent_span_id, span("render").span_id);
    for span in &spans {
        assert!(span.start_time_unix_nano >= door.start_time_unix_nano, "{}", span.name);
        assert!(span.end_time_unix_nano >= span.start_time_unix_nano, "{}", span.name);
    }
    let attributes = format!("{:?}", door.attributes);
    for expected in ["http.response.status_code", "IntValue(200)", "url.path", "rendered_tile"] {
        assert!(attributes.contains(expected), "no {expected} in {attributes}");
    }
    // What a cache has is neither read nor rendered.
    let before = collector.spans.lock().unwrap().len();
    assert_eq!(server.get(RENDERED).status, 200);
    let is_sent = || collector.spans.lock().unwrap().len() >= before + 2;
    assert!(eventually(Duration::from_secs(20), is_sent));
    let names: BTreeSet<_> =
        collector.spans.lock().unwrap()[before..].iter().map(|span| span.name.clone()).collect();
    assert_eq!(names, BTreeSet::from(["door".to_owned(), "plan".to_owned()]));
}

#[test]
fn metrics_have_the_trace_of_a_request_as_exemplar() {
    let (folder, collector) = (folder(), Collector::start());
    let server = serve(&folder, &collector, &[]);
    assert_eq!(server.get(RENDERED).status, 200);
    let trace = logged_trace(&server, RENDERED);
    let accept = [("Accept", "application/openmetrics-text; version=1.0.0")];
    let metrics = http::request(server.operations(), "GET", "/metrics", &accept).unwrap();
    assert!(metrics.header("content-type").starts_with("application/openmetrics-text; version=1.0.0"));
    let text = metrics.text();
    let exemplar = format!("# {{trace_id=\"{trace}\"}} ");
    let line = text.lines().find(|line| line.contains(&exemplar)).unwrap_or_else(|| panic!("{text}"));
    assert!(line.starts_with("tegl_request_seconds_bucket{class=\"rendered_tile\",le="), "{line}");
    assert!(text.ends_with("\n# EOF\n") && text.contains("# TYPE tegl_requests counter\n"), "{text}");
    assert!(!http::get(server.operations(), "/metrics").unwrap().text().contains("trace_id"));
}

#[test]
fn problem_documents_and_logs_name_the_trace() {
    let (folder, collector) = (folder(), Collector::start());
    let server = serve(&folder, &collector, &[]);
    let problem = server.get("/api/v1/works/none");
    let trace =
        problem.json()["trace_id"].as_str().unwrap_or_else(|| panic!("{}", problem.text())).to_owned();
    assert_eq!(trace.len(), 32);
    assert_eq!(logged_trace(&server, "/api/v1/works/none"), trace);
    collector.trace(&server, &trace, &["door"]);
}

#[test]
fn traces_of_trusted_clients_are_continued() {
    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
    let parent = format!("00-{TRACE}-b7ad6b7169203331-01");
    let headers = [("traceparent", parent.as_str())];
    let info = "/iiif/3/a.tif/info.json";
    for (more, is_continued) in [
        (&[][..], false),
        (&[("TEGL__WEB__TRUSTED_PROXIES", "127.0.0.1")][..], true),
        (&[("TEGL__TRACES__PARENTS", "all")][..], true),
        (&[("TEGL__TRACES__PARENTS", "none"), ("TEGL__WEB__TRUSTED_PROXIES", "127.0.0.1")][..], false),
    ] {
        let (folder, collector) = (folder(), Collector::start());
        let server = serve(&folder, &collector, more);
        assert_eq!(server.request("GET", info, &headers).status, 200);
        let trace = logged_trace(&server, info);
        assert_eq!(trace == TRACE, is_continued, "{more:?}");
        let spans = collector.trace(&server, &trace, &["door"]);
        let door = spans.iter().find(|span| span.name == "door").unwrap();
        assert_eq!(hex(&door.parent_span_id) == "b7ad6b7169203331", is_continued, "{more:?}");
    }
}

#[test]
fn without_a_collector_nothing_is_traced_and_a_lost_one_costs_only_traces() {
    let folder = folder();
    let server = Server::with(&[folder.path().to_str().unwrap()], &[]);
    assert!(!server.get("/api/v1/works/none").text().contains("trace_id"));
    let gone = Collector { endpoint: "http://127.0.0.1:1/v1/traces".into(), spans: Arc::default() };
    let server = serve(&folder, &gone, &[]);
    for _ in 0..20 {
        assert_eq!(server.get(RENDERED).status, 200);
    }
    // The share of requests that is traced is chosen by their traces; none is.
    let collector = Collector::start();
    let server = serve(&folder, &collector, &[("TEGL__TRACES__SAMPLE", "0")]);
    assert_eq!(server.get(RENDERED).status, 200);
    logged_trace(&server, RENDERED);
    drop(server);
    assert!(collector.spans.lock().unwrap().is_empty());
}
