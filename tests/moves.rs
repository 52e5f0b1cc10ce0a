//! A collection that moves from one Tegl into a second, by OAI-PMH and by its manifests: the two differ in nothing but their
//! addresses.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::time::Duration;

use base64::Engine;
use serde_json::{Value, json};

use crate::support::museum::{Museum, search, tag, wait};
use crate::support::server::Server;
use crate::support::shared;

/// Works of Tate's that move.
const OF_TATE: usize = 1000;

/// Searches whose results and counts are compared.
const SEARCHES: [&str; 12] = [
    "facet=creator&facet=type&facet=technique&facet=motif&facet=period&facet=collection&histogram=50",
    "q=turner",
    "q=drawings of rome by turner&facet=creator",
    "q=portr%C3%A6t&lang=da",
    "q=landscape&sort=-date",
    "q=hest&lang=da&facet=motif",
    "sort=title&limit=100",
    "sort=-date&limit=100",
    "q=water&facet_mode=multiple&facet=creator&facet=type&any=type:on-paper%2C-unique",
    "years=1800/1850&sort=creator&limit=100",
    "q=blake -etching",
    "q=turnr",
];

/// The sample collection, and whatever of the others is there.
fn collection() -> Museum {
    let museum = Museum::empty();
    let masters = museum.path("masters");
    let sample = museum.run(&["sample", &masters, "--max-megapixels", "0.02"]);
    assert_eq!(sample.code, Some(0), "{}", sample.err);
    museum.ingest_from(&museum.path("masters/records.json"));
    let what = "moving a real collection";
    if let Some(records) = shared(what, "smk/records.ndjson") {
        museum.ingest_from(records.to_str().unwrap());
    }
    if let Some(records) = shared(what, "tate/artworks.ndjson.gz") {
        let lines = BufReader::new(flate2::read::MultiGzDecoder::new(std::fs::File::open(records).unwrap()));
        let lines: Vec<String> = lines.lines().take(OF_TATE).map(Result::unwrap).collect();
        std::fs::write(museum.path("tate.ndjson"), lines.join("\n")).unwrap();
        museum.ingest_from(&museum.path("tate.ndjson"));
    }
    museum
}

/// An empty collection with the same masters.
fn another(first: &Museum) -> Museum {
    let museum = Museum::empty();
    std::fs::remove_dir(museum.path("masters")).unwrap();
    std::os::unix::fs::symlink(first.path("masters"), museum.path("masters")).unwrap();
    museum
}

fn object_numbers(server: &Server) -> Vec<String> {
    let (mut found, mut query) = (Vec::new(), "/api/v1/works?limit=100".to_owned());
    loop {
        let page = server.get(&query).json();
        let works = page["works"].as_array().unwrap();
        found.extend(works.iter().map(|work| work["object_number"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => query = path_of(server, next),
            None => break,
        }
    }
    found.sort();
    found
}

fn path_of(server: &Server, uri: &str) -> String {
    uri.strip_prefix(&format!("http://{}", server.address)).unwrap_or(uri).to_owned()
}

fn segment(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// A document without what belongs to one server: its address, the times and numbers of changes, and where its index continues.
fn comparable(server: &Server, value: &mut Value) {
    let own = server.address.to_string();
    match value {
        Value::String(text) => {
            if let Some((before, state)) = text.split_once("iiif-content=")
                && let Some(state) = content_state(state)
            {
                *text = format!("{before}iiif-content={state}");
            }
            *text = text.replace(&own, "server").replace(&own.replace(':', "%3A"), "server");
        }
        Value::Array(all) => all.iter_mut().for_each(|one| comparable(server, one)),
        Value::Object(fields) => {
            for name in ["changed", "revision", "cursor", "next"] {
                fields.remove(name);
            }
            fields.values_mut().for_each(|one| comparable(server, one));
        }
        _ => {}
    }
}

/// The JSON of an encoded Content State (Content State API 1.0, §6).
fn content_state(text: &str) -> Option<String> {
    let decoded = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).ok()?;
    let decoded = percent_encoding::percent_decode(&decoded).decode_utf8().ok()?.into_owned();
    serde_json::from_str::<Value>(&decoded).ok().filter(Value::is_object).map(|_| decoded)
}

/// The differences of two values, by their paths.
fn differences(first: &Value, second: &Value, path: &str, found: &mut Vec<String>) {
    match (first, second) {
        (Value::Object(one), Value::Object(other)) => {
            for name in one.keys().chain(other.keys()).collect::<BTreeSet<_>>() {
                differences(&first[name.as_str()], &second[name.as_str()], &format!("{path}/{name}"), found);
            }
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            for (at, (one, other)) in one.iter().zip(other).enumerate() {
                differences(one, other, &format!("{path}/{at}"), found);
            }
        }
        (one, other) if one == other => {}
        (one, other) => found.push(format!("{path}: {one} and not {other}").chars().take(300).collect()),
    }
}

/// The documents at these paths, comparable.
#[track_caller]
fn documents(server: &Server, paths: &[String]) -> Vec<Value> {
    let get = |path: &String| {
        let answer = server.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        let mut document = answer.json();
        comparable(server, &mut document);
        document
    };
    let parts = paths.chunks(paths.len().div_ceil(2).max(1));
    std::thread::scope(|scope| {
        let threads: Vec<_> = parts.map(|part| scope.spawn(|| part.iter().map(get).collect())).collect();
        threads.into_iter().flat_map(|thread| -> Vec<Value> { thread.join().unwrap() }).collect()
    })
}

/// The collections below the top one, with all their pages; every tenth also in version 2.
fn collections(server: &Server) -> Vec<String> {
    let (mut known, mut next) = (Vec::new(), vec!["/presentation/3/collections".to_owned()]);
    while let Some(path) = next.pop() {
        let collection = server.get(&path).json();
        let inner =
            collection["items"].as_array().into_iter().flatten().filter_map(|item| item["id"].as_str());
        next.extend(inner.filter(|id| id.contains("/collections")).map(|id| path_of(server, id)));
        known.push(path);
    }
    known.sort();
    let second = known.iter().step_by(10).map(|path| path.replace("/presentation/3/", "/presentation/2/"));
    known.iter().cloned().chain(second).collect()
}

fn addresses_of(numbers: &[String], names: &[&str]) -> Vec<String> {
    let each = |number: &String| {
        let number = segment(number);
        names.iter().map(move |name| name.replace("{}", &number)).collect::<Vec<_>>()
    };
    numbers.iter().flat_map(each).collect()
}

/// The documents of a collection, and its searches, by their paths.
fn paths(server: &Server, numbers: &[String]) -> Vec<String> {
    let of_works = [
        "/api/v1/works/{}",
        "/presentation/3/{}/manifest",
        "/presentation/2/{}/manifest",
        "/works/{}/schema-org.jsonld",
        "/works/{}/linked-art.jsonld",
    ];
    let searches = SEARCHES.map(|query| format!("/api/v1/works?{}", query.replace(' ', "%20")));
    let collections = collections(server);
    assert!(collections.len() > 100, "{collections:?}");
    [addresses_of(numbers, &of_works), collections, searches.to_vec()].concat()
}

/// Fails unless a server has these documents at these paths.
#[track_caller]
fn has_the_same(server: &Server, paths: &[String], expected: &[Value]) {
    let mut found = Vec::new();
    for ((path, one), other) in paths.iter().zip(expected).zip(documents(server, paths)) {
        differences(one, &other, path, &mut found);
    }
    let first = &found[..found.len().min(40)];
    assert!(found.is_empty(), "{} differences, as\n{}", found.len(), first.join("\n"));
}

#[test]
fn a_harvest_by_oai_pmh_or_by_manifests_loses_nothing() {
    let here = collection();
    let quiet = [("TEGL__LOG__LEVEL", "warn")];
    let first = here.serve_with(&quiet);
    let numbers = object_numbers(&first);
    let there = another(&here);
    let address = format!("http://{}/oai?verb=ListRecords&metadataPrefix=tegl", first.address);
    there.ingest_from(&address);
    // The second harvest has what has changed since. Changed works stay where they are in collections.
    let today = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
    for number in numbers.iter().step_by(numbers.len() / 5) {
        let label = json!({ "en": "a curator's", "da": "en kurators" });
        tag(&first, &segment(number), json!({ "scheme": "motif", "label": label }));
    }
    let again = there.ingest_from(&format!("{address}&from={today}"));
    assert!(again.out.contains("0 works new, 6 changed"), "{}", again.out);
    wait(Duration::from_secs(30), || search(&first, "q=kurators&limit=0")["total"] == 6);
    let paths = paths(&first, &numbers);
    let expected = documents(&first, &paths);
    let second = there.serve_with(&quiet);
    assert_eq!(object_numbers(&second), numbers);
    has_the_same(&second, &paths, &expected);
    drop(second);

    // By the manifests of a collection, whose order is that of arrival; they lead to the complete records.
    let there = another(&here);
    there.ingest_from(&format!("http://{}/presentation/3/collections/all/all", first.address));
    let second = there.serve_with(&quiet);
    assert_eq!(object_numbers(&second), numbers);
    has_the_same(&second, &paths, &expected);
    drop(second);
    let there = another(&here);
    there.ingest_from(&format!("http://{}/presentation/2/collections/all/all", first.address));
    let records: Vec<_> =
        paths.iter().zip(expected).filter(|(path, _)| path.starts_with("/api/v1/works/")).collect();
    let (paths, expected): (Vec<String>, Vec<Value>) =
        records.into_iter().map(|(path, one)| (path.clone(), one)).unzip();
    assert_eq!(paths.len(), numbers.len());
    has_the_same(&there.serve_with(&quiet), &paths, &expected);
}
