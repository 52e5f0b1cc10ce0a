//! Clients that open connections and hold them, send bodies that nobody asked for, and guess tokens.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::support::eventually;
use crate::support::http::{self, Response};
use crate::support::museum::{CURATOR, Museum, TOKEN, send, works};
use crate::support::server::Server;

const TAGS: &str = "/api/v1/works/KMS1/tags";
const LIMIT: Duration = Duration::from_secs(10);

/// Opens a connection, sends this, and holds it.
fn hold(address: SocketAddr, sent: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    let _closed_already = stream.write_all(sent.as_bytes());
    stream
}

/// All that comes until the server closes; an error where it does not close.
fn rest(mut stream: TcpStream) -> std::io::Result<String> {
    let mut all = Vec::new();
    match stream.read_to_end(&mut all) {
        Err(error) if error.kind() != std::io::ErrorKind::ConnectionReset => Err(error),
        _ => Ok(String::from_utf8_lossy(&all).into_owned()),
    }
}

fn status(answer: &str) -> &str {
    answer
        .lines()
        .rfind(|line| line.starts_with("HTTP/1.1 ") && !line.contains(" 100 "))
        .map_or("", |line| &line[9..12])
}

#[test]
fn refused_requests_do_not_wait_for_their_body() {
    let museum = Museum::new(&works());
    let server = museum.serve();
    for (start, headers, expected) in [
        (format!("POST {TAGS}"), "Content-Length: 10", "401"),
        (format!("POST {TAGS}"), "Transfer-Encoding: chunked", "401"),
        (format!("POST {TAGS}"), "Content-Length: 10\r\nExpect: 100-continue", "401"),
        (
            format!("POST {TAGS}"),
            "Content-Length: 10\r\nAuthorization: Bearer wrong-wrong-wrong-wrong",
            "401",
        ),
        (format!("PATCH {TAGS}/x"), "Content-Length: 10", "401"),
        ("DELETE /api/v1/works/KMS1".into(), "Content-Length: 10", "401"),
        ("POST /".into(), "Content-Length: 10", "405"),
        ("PUT /".into(), "Content-Length: 10", "405"),
        ("GET /".into(), "Content-Length: 10", "400"),
        ("OPTIONS /".into(), "Content-Length: 10", "204"),
        ("OPTIONS /".into(), "Transfer-Encoding: chunked", "204"),
        ("DELETE /api/v1/works/KMS1".into(), "Transfer-Encoding: chunked", "401"),
    ] {
        let body = if headers.contains("chunked") { "1\r\n{\r\n" } else { "{" };
        let held = hold(server.address, &format!("{start} HTTP/1.1\r\nHost: x\r\n{headers}\r\n\r\n{body}"));
        let answer = rest(held).unwrap_or_else(|error| panic!("{start} {headers}: {error}"));
        assert_eq!(status(&answer), expected, "{start} {headers}: {answer}");
    }
    let held =
        hold(server.operations(), "POST /admin/reindex HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{");
    assert_eq!(status(&rest(held).unwrap()), "401");
    let authorized =
        format!("Host: x\r\nAuthorization: Bearer {CURATOR}\r\nContent-Length: 99999999\r\n\r\n{{");
    let long = hold(server.address, &format!("POST {TAGS} HTTP/1.1\r\n{authorized}"));
    assert_eq!(status(&rest(long).unwrap()), "413", "what is too long is known before it comes");
}

#[test]
fn slow_request_bodies_time_out() {
    let museum = Museum::new(&works());
    let server = museum.serve_with(&[("TEGL__WEB__BODY_S", "1")]);
    for (headers, drop) in [("Content-Length: 1000", " "), ("Transfer-Encoding: chunked", "1\r\n \r\n")] {
        let head = format!(
            "POST {TAGS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {CURATOR}\r\n{headers}\r\n\r\n"
        );
        let mut held = hold(server.address, &head);
        let mut dripping = held.try_clone().unwrap();
        let ended = eventually(LIMIT, || dripping.write_all(drop.as_bytes()).is_err());
        assert!(ended, "{headers}: it is still taken");
        let mut answer = [0; 12];
        // Bytes that came after the end may have thrown the answer away.
        if held.read_exact(&mut answer).is_ok() {
            assert_eq!(&answer, b"HTTP/1.1 408", "{headers}");
        }
    }
}

#[test]
fn new_clients_are_served_while_many_connections_hang() {
    let museum = Museum::new(&works());
    let server = museum.serve_with(&[("TEGL__WEB__CONNECTIONS", "64"), ("TEGL__WEB__BODY_S", "3600")]);
    let body = format!(
        "POST {TAGS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {CURATOR}\r\nContent-Length: 10\r\n\r\n{{"
    );
    let mut held = Vec::new();
    for sent in ["", "GET / HTTP/1.1\r\nHost: x\r\nX", "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n", &body]
    {
        for _ in 0..150 {
            held.push(hold(server.address, sent));
        }
        // Threads take what came before a newcomer after it, too, which may be more than so low a limit has room for.
        let answered = || http::get(server.address, "/health/live").is_ok_and(|answer| answer.status == 200);
        assert!(eventually(LIMIT, answered), "{sent}");
    }
    let open = || server.metric("tegl_connections{listener=\"public\"}");
    assert!(eventually(LIMIT, || (1.0..=64.0).contains(&open())), "{}", open());
    assert!(server.metric("tegl_connections_closed_total") > 400.0);
    for _ in 0..600 {
        held.push(hold(server.operations(), ""));
    }
    let answered = || http::get(server.operations(), "/health/live").is_ok_and(|answer| answer.status == 200);
    assert!(eventually(LIMIT, answered));
}

#[test]
fn active_connections_are_not_closed() {
    let museum = Museum::new(&works());
    let server =
        museum.serve_with(&[("TEGL__WEB__CONNECTIONS", "4"), ("TEGL__WEB__CONNECTIONS_PER_ADDRESS", "4")]);
    let busy: Vec<_> = (0..3)
        .map(|_| {
            hold(
                server.address,
                "GET /api/v1/dump/works.jsonl HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
            )
        })
        .collect();
    let _idle: Vec<_> = (0..20).map(|_| hold(server.address, "")).collect();
    for held in busy {
        let answer = rest(held).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200") || answer.is_empty(), "{answer}");
        assert!(answer.is_empty() || answer.contains("KMS1"), "{answer}");
    }
}

/// What is shown with this token, on either listener.
fn shown(server: &Server, operations: bool, token: &str) -> Response {
    let bearer = format!("Bearer {token}");
    let headers = [("Authorization", bearer.as_str())];
    match operations {
        true => http::request(server.operations(), "GET", "/admin/state", &headers).unwrap(),
        false => http::request(server.address, "POST", TAGS, &headers).unwrap(),
    }
}

#[test]
fn token_guesses_slow_down() {
    let museum = Museum::new(&works());
    let server = museum.serve();
    assert_eq!(shown(&server, true, TOKEN).status, 200);
    for (operations, right, taken) in [(false, CURATOR, 400), (true, TOKEN, 200)] {
        assert_eq!(shown(&server, operations, right).status, taken);
        let guesses: Vec<_> =
            (0..40).map(|guess| shown(&server, operations, &format!("guess {guess}"))).collect();
        let refused: Vec<_> = guesses.iter().filter(|answer| answer.status == 429).collect();
        assert!(guesses.iter().all(|answer| [401, 429].contains(&answer.status)));
        assert!(refused.len() > 5 && refused.iter().all(|answer| answer.header("retry-after") == "1"));
        assert_eq!(shown(&server, operations, right).status, taken, "its owner is not shut out");
    }
}

#[test]
fn invalid_and_unknown_hosts_do_not_appear_in_responses() {
    let museum = Museum::new(&works());
    let server = museum.serve_with(&[("TEGL__WEB__HOSTS", "museum.example,127.0.0.1")]);
    let info = |host: &str| server.request("GET", "/iiif/3/a.tif/info.json", &[("Host", host)]);
    let known = info("museum.example:81");
    assert_eq!(known.json()["id"], "http://museum.example:81/iiif/3/a.tif");
    let vary: Vec<_> =
        known.headers.iter().filter(|(name, _)| name == "vary").map(|(_, value)| value.as_str()).collect();
    assert!(vary.contains(&"Host"), "{vary:?}");
    for bad in
        ["evil.example", "museum.example.evil", "a b", "museum.example/x", "museum.example:x", "<x>", ""]
    {
        let refused = info(bad);
        assert!(refused.status == 400 && refused.text().contains("Host"), "{bad}: {}", refused.text());
    }
    let twice = b"GET /health/live HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n";
    assert_eq!(server.raw(twice).unwrap().status, 400);
    assert_eq!(server.request("GET", "/health/live", &[("Host", "10.0.0.7:8182")]).status, 200);
}

#[test]
fn pages_restrict_framing_and_all_responses_forbid_sniffing() {
    let museum = Museum::new(&works());
    let server = museum.serve();
    let browser = ("Accept", "text/html");
    for path in ["/", "/nothing", "/view/mirador/a.tif", "/works/KMS1"] {
        let page = server.request("GET", path, &[browser]);
        assert!(page.header("content-security-policy").ends_with("; frame-ancestors 'self'"), "{path}");
        assert_eq!(page.header("referrer-policy"), "strict-origin-when-cross-origin", "{path}");
    }
    for path in
        ["/", "/nothing", "/iiif/3/a.tif/info.json", "/iiif/3/x/info.json", "/assets/x", "/health/live"]
    {
        assert_eq!(server.get(path).header("x-content-type-options"), "nosniff", "{path}");
    }
    for path in ["/metrics", "/admin", "/nothing"] {
        let answer = http::get(server.operations(), path).unwrap();
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
    }
    let framed = museum.serve_with(&[("TEGL__WEB__FRAME_ANCESTORS", "'self',https://museum.example")]);
    let policy = framed.get("/").header("content-security-policy").to_owned();
    assert!(policy.ends_with("frame-ancestors 'self' https://museum.example"), "{policy}");
    let written = send(&server, "POST", TAGS, &[], b"{\"scheme\":\"motif\",\"label\":\"cat\"}");
    assert_eq!(written.status, 201, "{}", written.text());
}
