//! Sources that refuse the server itself: operators read the cause and the remedy, the public a server's fault.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use crate::support::Failures;
use crate::support::command::tegl;
use crate::support::server::Server;
use crate::support::weed::Weed;
use crate::support::{eventually, masters, origin::Origin};

const SECRET: &str = "wJalr-not-to-be-shown";

/// A store that answers everything alike.
fn answering(status: &'static str, document: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || converse(stream, status, document));
        }
    });
    address
}

fn converse(mut stream: TcpStream, status: &str, document: &str) -> Option<()> {
    let mut lines = BufReader::new(stream.try_clone().ok()?);
    loop {
        let (mut line, mut first) = (String::new(), String::new());
        while line != "\r\n" {
            line.clear();
            lines.read_line(&mut line).ok().filter(|&read| read > 0)?;
            if first.is_empty() {
                first.clone_from(&line);
            }
        }
        let body = if first.starts_with("HEAD") { "" } else { document };
        let (status, fields) = status.split_once('|').unwrap_or((status, ""));
        let length = if status.starts_with("204") { 0 } else { body.len() };
        write!(stream, "HTTP/1.1 {status}\r\n{fields}Content-Length: {length}\r\n\r\n{body}").ok()?;
    }
}

type Environment = Vec<(&'static str, String)>;

fn s3(address: impl std::fmt::Display) -> Environment {
    vec![
        ("AWS_ENDPOINT_URL", format!("http://{address}")),
        ("AWS_ALLOW_HTTP", "true".into()),
        ("AWS_ACCESS_KEY_ID", "AKIATEST".into()),
        ("AWS_SECRET_ACCESS_KEY", SECRET.into()),
    ]
}

fn unsigned(address: impl std::fmt::Display) -> Environment {
    s3(address).into_iter().take(2).collect()
}

fn azure(address: impl std::fmt::Display) -> Environment {
    vec![
        ("AZURE_STORAGE_ENDPOINT", format!("http://{address}/museum")),
        ("AZURE_ALLOW_HTTP", "true".into()),
        ("AZURE_STORAGE_ACCOUNT_NAME", "museum".into()),
        ("AZURE_STORAGE_ACCOUNT_KEY", "c2VjcmV0".into()),
    ]
}

fn borrowed<'a>(environment: &'a [(&'static str, String)]) -> Vec<(&'a str, &'a str)> {
    environment.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

/// Runs a command that may not come to an end by itself; its exit code and what it said.
#[track_caller]
fn check(failures: &mut Failures, source: &str, environment: &Environment, expected: &str) {
    for verb in ["check", "ingest"] {
        let ran = tegl(&[verb, source], &borrowed(environment));
        failures.check(ran.code == Some(1) && ran.err.contains(expected), || {
            format!("{verb} {source}: {:?} {}", ran.code, ran.err)
        });
        failures.check(!ran.err.contains(SECRET), || format!("{verb} {source} shows a secret: {}", ran.err));
    }
}

/// The same, and `serve` does not start.
#[track_caller]
fn check_refused(failures: &mut Failures, source: &str, environment: &Environment, expected: &str) {
    check(failures, source, environment, expected);
    let ran = tegl(&["serve", "--listen", "127.0.0.1:0", source], &with_operations(environment));
    failures.check(ran.code == Some(1) && ran.err.contains(expected), || {
        format!("serve {source}: {:?} {}", ran.code, ran.err)
    });
}

fn with_operations(environment: &Environment) -> Vec<(&str, &str)> {
    let mut all = borrowed(environment);
    all.push(("TEGL__OPERATIONS__LISTEN", ""));
    all
}

/// The same, and `serve` starts, is not ready, and tells the public of a fault of its own.
#[track_caller]
fn check_unready(failures: &mut Failures, source: &str, environment: &Environment, expected: &str) {
    check(failures, source, environment, expected);
    let server = Server::with(&[source], &borrowed(environment));
    let (ready, live) = (server.get("/health/ready"), server.get("/health/live"));
    failures.check(ready.status == 503 && ready.text().contains(expected) && live.status == 200, || {
        format!("{source}: ready {} {}", ready.status, ready.text())
    });
    failures.check(!ready.text().contains(SECRET), || format!("{source} shows a secret: {}", ready.text()));
    let info = server.get("/iiif/3/a.tif/info.json");
    failures.check([502, 503, 504].contains(&info.status) && !info.text().contains(expected), || {
        format!("{source}: info.json {} {}", info.status, info.text())
    });
    // The line of the last request comes after the others.
    let is_logged = || server.log().contains("/iiif/3/a.tif/info.json");
    failures.check(eventually(Duration::from_secs(10), is_logged), || format!("{source}: {}", server.log()));
    let times = server.log().matches(&format!("not ready: {source}")).count();
    failures.check(times == 1, || format!("{source}: {times} times in the log: {}", server.log()));
}

const MASTERS: &str = "s3://masters";

#[test]
fn permanent_store_failures_stop_the_server_with_cause_and_remedy() {
    let mut failures = Failures::default();
    for (status, document, expected) in [
        (
            "403 Forbidden",
            "<Error><Code>SignatureDoesNotMatch</Code><StringToSign>wJalr-not-to-be-shown</StringToSign></Error>",
            "s3://masters: the credentials were rejected (403 SignatureDoesNotMatch); check AWS_SECRET_ACCESS_KEY",
        ),
        (
            "403 Forbidden",
            "<Error><Code>InvalidAccessKeyId</Code></Error>",
            "the credentials were rejected (403 InvalidAccessKeyId); check AWS_ACCESS_KEY_ID",
        ),
        (
            "400 Bad Request",
            "<Error><Code>ExpiredToken</Code></Error>",
            "(400 ExpiredToken); renew AWS_SESSION_TOKEN",
        ),
        (
            "404 Not Found",
            "<Error><Code>NoSuchBucket</Code></Error>",
            "there is no such bucket (404 NoSuchBucket); check the spelling of the bucket",
        ),
        (
            "301 Moved Permanently|x-amz-bucket-region: eu-north-1\r\n",
            "<Error><Code>PermanentRedirect</Code></Error>",
            "the bucket is in another region (eu-north-1); set AWS_REGION",
        ),
        (
            "400 Bad Request",
            "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-north-1</Region></Error>",
            "the bucket is in another region (400 AuthorizationHeaderMalformed); set AWS_REGION",
        ),
    ] {
        check_refused(&mut failures, MASTERS, &s3(answering(status, document)), expected);
    }
    for (status, document, expected) in [
        ("403 Forbidden", "<Error><Code>AuthenticationFailed</Code></Error>", "AZURE_STORAGE_ACCOUNT_KEY"),
        (
            "404 Not Found|x-ms-error-code: ContainerNotFound\r\n",
            "",
            "there is no such bucket (404 ContainerNotFound); check the spelling of the container",
        ),
    ] {
        check_refused(&mut failures, "az://masters", &azure(answering(status, document)), expected);
    }
}

#[test]
fn temporary_store_failures_are_reported_and_retried() {
    let mut failures = Failures::default();
    let denied = "<Error><Code>AccessDenied</Code></Error>";
    let granted =
        "access was denied (403 AccessDenied); grant these credentials s3:GetObject and s3:ListBucket";
    check_unready(&mut failures, MASTERS, &s3(answering("403 Forbidden", denied)), granted);
    let none = "access was denied (403 AccessDenied); requests are not signed, as no credentials are set: set \
                AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
    check_unready(&mut failures, MASTERS, &unsigned(answering("403 Forbidden", denied)), none);
    let skewed = "<Error><Code>RequestTimeTooSkewed</Code></Error>";
    check_unready(
        &mut failures,
        MASTERS,
        &s3(answering("403 Forbidden", skewed)),
        "set this machine's clock",
    );
    check_unready(
        &mut failures,
        MASTERS,
        &s3(answering("503 Slow Down", "<Error><Code>SlowDown</Code></Error>")),
        "the store fails (503 ",
    );
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nobody = "no connection can be made (Connection refused";
    check_unready(&mut failures, MASTERS, &s3(closed), nobody);
    check_unready(&mut failures, MASTERS, &s3("no-such-host.invalid"), "the host name cannot be resolved");
    let mut encrypted = s3(answering("200 OK", ""));
    encrypted[0].1 = encrypted[0].1.replace("http://", "https://");
    check_unready(&mut failures, MASTERS, &encrypted, "no encrypted connection can be made");
}

#[test]
fn a_refusing_web_server_is_reported_with_cause_and_remedy() {
    let mut failures = Failures::default();
    let none = Environment::new();
    for (status, expected) in [
        (
            "401 Unauthorized",
            "access was denied (401 Unauthorized); web sources are read without credentials",
        ),
        ("403 Forbidden", "access was denied (403 Forbidden); web sources are read without credentials"),
        ("500 Internal Server Error", "the store fails (500 Internal Server Error)"),
        (
            "301 Moved|Location: https://images.example/tegl-health-probe\r\n",
            "redirects to another address (https://images",
        ),
    ] {
        let source = format!("http://{}/", answering(status, ""));
        let server = Server::with(&[&source], &[]);
        let ready = server.get("/health/ready");
        failures.check(ready.status == 503 && ready.text().contains(expected), || {
            format!("{status}: ready {} {}", ready.status, ready.text())
        });
        let info = server.get("/iiif/3/tegl-health-probe/info.json");
        failures.check([502, 503].contains(&info.status), || format!("{status}: info.json {}", info.status));
        check(&mut failures, &source, &none, expected);
    }
    let origin = Origin::start();
    let server = Server::start(&origin.url());
    assert_eq!(server.get("/health/ready").status, 200, "that nothing is there is an answer, too");
    assert_eq!(server.get("/iiif/3/a.tif/info.json").status, 404);
}

#[test]
fn wrong_store_credentials_are_reported() {
    let Some(weed) = Weed::start() else { return };
    weed.put(&[("a.tif", masters::jpeg_pyramid(&masters::noisy(300, 200), 256))]);
    let right = weed.environment().map(|(name, value)| (name, value.to_owned())).to_vec();
    let with = |name: &str, value: Option<&str>| -> Environment {
        let owned = |(known, own): &(&str, String)| match (*known == name, value) {
            (true, None) => None,
            (true, Some(value)) => Some(value.to_owned()),
            (false, _) => Some(own.clone()),
        };
        let names =
            ["AWS_ENDPOINT", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ALLOW_HTTP"];
        names.into_iter().zip(&right).filter_map(|(name, known)| Some((name, owned(known)?))).collect()
    };
    let mut failures = Failures::default();
    let wrong = with("AWS_SECRET_ACCESS_KEY", Some("wrong"));
    check_refused(&mut failures, MASTERS, &wrong, "SignatureDoesNotMatch); check AWS_SECRET_ACCESS_KEY");
    let unknown = with("AWS_ACCESS_KEY_ID", Some("nobody"));
    check_refused(&mut failures, MASTERS, &unknown, "InvalidAccessKeyId); check AWS_ACCESS_KEY_ID");
    check_refused(&mut failures, "s3://elsewhere", &with("", None), "there is no such bucket");
    let nobody: Environment = with("", None).into_iter().filter(|(name, _)| !name.contains("KEY")).collect();
    check_unready(&mut failures, MASTERS, &nobody, "no credentials are set");
    let server = Server::with(&[MASTERS], &borrowed(&with("", None)));
    assert_eq!(server.get("/health/ready").status, 200);
    assert_eq!(server.get("/iiif/3/a.tif/info.json").status, 200);
    assert_eq!(server.get("/iiif/3/b.tif/info.json").status, 404);
}

#[test]
fn an_unusable_pyramid_store_is_reported_before_any_build() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.tif"), masters::jpeg_pyramid(&masters::noisy(300, 200), 256))
        .unwrap();
    let environment = s3(answering("403 Forbidden", "<Error><Code>SignatureDoesNotMatch</Code></Error>"));
    let source = folder.path().to_str().unwrap();
    let ran = tegl(&["ingest", source, "--store", "s3://pyramids"], &borrowed(&environment));
    assert!(
        ran.code == Some(1) && ran.err.contains("s3://pyramids: the credentials were rejected"),
        "{}",
        ran.err
    );
}
