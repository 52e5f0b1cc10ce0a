//! Sources of records at web addresses that lead elsewhere, say nothing, or never end.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::command::{CommandOutput, tegl};
use crate::support::origin::Origin;

const RECORDS: &[u8] = b"{\"object_number\":\"1\"}\n{\"object_number\":\"2\"}\n";

fn ingest_with(address: &str, more: &[&str], environment: &[(&str, &str)]) -> CommandOutput {
    let folder = tempfile::tempdir().unwrap();
    let catalogue = folder.path().join("catalogue.db");
    let typed = [&["ingest", "--records", address], more].concat();
    let environment = [&[("TEGL__CATALOGUE__URL", catalogue.to_str().unwrap())], environment].concat();
    tegl(&typed, &environment)
}

fn ingest(address: &str, more: &[&str]) -> CommandOutput {
    ingest_with(address, more, &[])
}

#[track_caller]
fn fails(ran: &CommandOutput, words: &[&str]) {
    assert_ne!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    let missing: Vec<_> = words.iter().filter(|word| !ran.err.contains(**word)).collect();
    assert!(missing.is_empty(), "{missing:?} in {}{}", ran.out, ran.err);
}

/// Answers every connection with these bytes, then with this one again and again until the client has gone.
fn endless(head: &'static str, again: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/records.json", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request);
                let _ = stream.write_all(head.as_bytes());
                while !again.is_empty() && stream.write_all(again).is_ok() {
                    std::thread::sleep(Duration::from_millis(20));
                }
                // What says nothing ends when the client does.
                let _ = stream.read(&mut request);
            });
        }
    });
    address
}

#[test]
fn redirects_to_other_hosts_are_not_followed_unless_named() {
    let (typed, other) = (Origin::start(), Origin::start());
    other.put("records.json", RECORDS.to_vec());
    typed.redirect(Some(format!("http://{}", other.address)));
    let address = format!("{}records.json", typed.url());
    let host = other.address.to_string();
    fails(&ingest(&address, &[]), &[&host, "--records-host"]);
    assert!(other.take_requests().is_empty());
    // All public hosts do not include this machine, and one may be named by the settings as well.
    fails(&ingest(&address, &["--records-host", "*"]), &[&host]);
    assert!(other.take_requests().is_empty());
    let named = ingest(&address, &["--records-host", &host]);
    assert!(named.code == Some(0) && named.out.contains("2 works new"), "{}{}", named.out, named.err);
    let hosts = format!("[\"{host}\"]");
    let set = ingest_with(&address, &[], &[("TEGL__RECORDS__HOSTS", &hosts)]);
    assert!(set.code == Some(0) || set.err.contains("records.hosts"), "{}{}", set.out, set.err);
    fails(&ingest(&address, &["--records-host", "http://x/"]), &["is not a host"]);
}

#[test]
fn other_url_schemes_and_disguised_addresses_are_refused() {
    let origin = Origin::start();
    let address = format!("{}records.json", origin.url());
    let port = origin.address.port();
    for target in ["file:///tmp", "ftp://127.0.0.1", "data:application/json,[]"] {
        origin.redirect(Some(target.to_owned()));
        fails(&ingest(&address, &[]), &["only addresses that begin with", target.split(':').next().unwrap()]);
    }
    for target in [
        format!("http://0.0.0.0:{port}"),
        format!("http://localhost:{port}"),
        format!("http://[::ffff:127.0.0.1]:{port}"),
        format!("http://127.0.0.1:{port}@169.254.169.254"),
        "http://2130706433:1".to_owned(),
    ] {
        origin.redirect(Some(target.clone()));
        fails(&ingest(&address, &[]), &["was not requested"]);
    }
}

/// A proxy resolves names itself, and may do so on a private network.
#[test]
fn no_proxy_is_used_for_hosts_that_must_be_public() {
    let (origin, proxy) = (Origin::start(), Origin::start());
    origin.redirect(Some("http://intern.invalid".to_owned()));
    let environment =
        [("HTTP_PROXY", format!("http://{}", proxy.address)), ("NO_PROXY", "127.0.0.1".to_owned())];
    let environment = environment.each_ref().map(|(name, value)| (*name, value.as_str()));
    let address = format!("{}records.json", origin.url());
    fails(&ingest_with(&address, &["--records-host", "*"], &environment), &["cannot be read"]);
    assert!(proxy.take_requests().is_empty());
    // One that was named itself is asked for as the operator's proxy says.
    ingest_with(&address, &["--records-host", "intern.invalid"], &environment);
    assert!(!proxy.take_requests().is_empty());
}

#[test]
fn collections_are_followed_to_allowed_hosts_only() {
    let (own, other) = (Origin::start(), Origin::start());
    let manifest = |id: &str| {
        json!({"@context": "http://iiif.io/api/presentation/3/context.json", "id": id, "type": "Manifest",
            "label": {"none": ["x"]}, "items": []})
    };
    let (here, there) = (format!("{}m1", own.url()), format!("{}m2", other.url()));
    own.put("m1", manifest(&here).to_string().into_bytes());
    other.put("m2", manifest(&there).to_string().into_bytes());
    let secret = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(secret.path(), manifest("https://a.org/secret").to_string()).unwrap();
    let file = secret.path().to_str().unwrap();
    let file_address = format!("file://{file}");
    let members: Vec<Value> = [here.as_str(), &there, &file_address, file, "s3://bucket/key", &here]
        .iter()
        .map(|id| json!({"id": id, "type": "Manifest"}))
        .collect();
    let collection = json!({"id": "x", "type": "Collection", "items": members});
    own.put("collection", collection.to_string().into_bytes());
    let address = format!("{}collection", own.url());
    let ran = ingest(&address, &[]);
    fails(&ran, &[&other.address.to_string(), "--records-host", "is not a web address"]);
    assert!(ran.out.contains("1 works new"), "{}{}", ran.out, ran.err);
    assert!(other.take_requests().is_empty());
    let ran = ingest(&address, &["--records-host", "127.0.0.1", "--json"]);
    let summary = ran.objects().into_iter().find_map(|object| object.get("summary").cloned()).unwrap();
    assert_eq!((&summary["created"], &summary["bad"]), (&json!(2), &json!(3)));
}

#[test]
fn circular_pages_of_records_end() {
    let origin = Origin::start();
    let page = |number: u32, next: &str| {
        json!({"items": [{"object_number": number.to_string()}], "next": next}).to_string().into_bytes()
    };
    origin.put("a", page(1, "b"));
    origin.put("b", page(2, "a"));
    let ran = ingest(&format!("{}a", origin.url()), &[]);
    let is_said = ran.err.contains("the list repeats itself");
    assert!(ran.code == Some(1) && ran.out.contains("2 works new") && is_said, "{}{}", ran.out, ran.err);
}

#[test]
fn a_record_source_without_a_response_is_an_error() {
    let origin = Origin::start();
    fails(&ingest(&format!("{}none.json", origin.url()), &[]), &["404"]);
    origin.put("empty.json", b" \n".to_vec());
    fails(&ingest(&format!("{}empty.json", origin.url()), &[]), &["the response is empty"]);
    for (head, reason) in [
        ("HTTP/1.1 204 No Content\r\n\r\n", "204"),
        ("HTTP/1.1 304 Not Modified\r\n\r\n", "304"),
        ("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", "without an address"),
    ] {
        fails(&ingest(&endless(head, b""), &[]), &[reason]);
    }
}

#[test]
fn silent_and_slow_record_sources_time_out() {
    let environment = [("TEGL__RECORDS__ANSWER_S", "1"), ("TEGL__RECORDS__SILENCE_S", "1")];
    let body = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n";
    for (head, again, setting) in [
        ("", &b""[..], "records.answer_s"),
        (body, b"", "records.silence_s"),
        (body, b" ", "records.slowest_kib_per_s"),
    ] {
        fails(&ingest_with(&endless(head, again), &[], &environment), &[setting]);
    }
}

#[test]
fn endless_record_sources_are_cut_off() {
    let body = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n";
    let spaces: &[u8] = &[b' '; 1 << 18];
    let environment = [("TEGL__RECORDS__SOURCE_MIB", "1")];
    fails(&ingest_with(&endless(body, spaces), &[], &environment), &["records.source_mib"]);
}

#[test]
fn local_files_have_the_same_limits() {
    let environment = [("TEGL__RECORDS__SOURCE_MIB", "1")];
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), RECORDS.repeat(40_000)).unwrap();
    let ran = ingest_with(file.path().to_str().unwrap(), &["--json"], &environment);
    assert!(ran.code != Some(0) && ran.out.contains("records.source_mib"), "{}{}", ran.out, ran.err);
    std::fs::write(file.path(), RECORDS).unwrap();
    assert_eq!(ingest_with(file.path().to_str().unwrap(), &[], &environment).code, Some(0));
}
