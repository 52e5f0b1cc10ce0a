//! Queries that curators and visitors ask of a real collection: those of `queries.tsv` with the works that a curator would
//! expect, and those of `queries_typed.tsv`, as people type, with what an expected work has.

use serde_json::Value;

use crate::support::command::tegl;
use crate::support::museum::{object_numbers, search, wait_until_indexed};
use crate::support::server::Server;
use crate::support::shared;

#[test]
fn expected_works_are_among_the_first_five() {
    let what = "queries on a real collection";
    let Some(tate) = shared(what, "tate/artworks.ndjson.gz") else { return };
    let Some(smk) = shared(what, "smk/records.ndjson") else { return };
    let folder = tempfile::tempdir().unwrap();
    let catalogue = folder.path().join("c.db").to_str().unwrap().to_owned();
    let environment = [("TEGL__CATALOGUE__URL", catalogue.as_str())];
    let masters = folder.path().join("masters");
    std::fs::create_dir_all(&masters).unwrap();
    let masters = masters.to_str().unwrap();
    for records in [tate, smk] {
        let ran = tegl(&["ingest", masters, "--records", records.to_str().unwrap()], &environment);
        assert!(ran.code.is_some_and(|code| code < 2), "{}{}", ran.out, ran.err);
    }
    let server = Server::with(&[masters], &environment);
    wait_until_indexed(&server);
    let (mut missed, mut asked) = (Vec::new(), 0);
    for line in lines(include_str!("queries.tsv")) {
        let [q, filters, expected, ..] = line.as_slice() else { panic!("{line:?}") };
        let found = search(&server, &query(q, filters));
        let numbers = object_numbers(&found);
        asked += 1;
        if !expected.split('|').any(|expected| numbers.iter().any(|number| number == expected)) {
            missed.push(format!("{q} [{filters}]: {numbers:?} and not {expected}"));
        }
    }
    eprintln!("{} of {asked} queries were answered as expected; missed: {missed:#?}", asked - missed.len());
    assert!(asked >= 100 && missed.len() * 100 <= asked, "{missed:#?}");

    let (mut missed, mut asked) = (Vec::new(), 0);
    for line in lines(include_str!("queries_typed.tsv")) {
        let [q, expected, _] = line.as_slice() else { panic!("{line:?}") };
        let found = search(&server, &query(q, ""));
        asked += 1;
        if !found["works"].as_array().unwrap().iter().any(|work| is_expected(work, expected)) {
            missed.push(format!("{q}: {:?} and not {expected}", object_numbers(&found)));
        }
    }
    eprintln!(
        "{} of {asked} typed queries were answered as expected; missed: {missed:#?}",
        asked - missed.len()
    );
    assert!(asked >= 150 && missed.len() * 20 <= asked, "{missed:#?}");
}

/// The columns of the lines after the first.
fn lines(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    text.lines().skip(1).filter(|line| !line.is_empty()).map(|line| line.split('\t').collect())
}

fn query(q: &str, filters: &str) -> String {
    let encoded = |text: &str| {
        percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
    };
    let mut query = format!("limit=5&q={}", encoded(q));
    for (name, value) in filters.split('&').filter_map(|filter| filter.split_once('=')) {
        match name {
            "years" | "sort" | "has_image" => query += &format!("&{name}={}", encoded(value)),
            scheme => query += &format!("&any={scheme}:{}", encoded(value)),
        }
    }
    query
}

/// Whether a work is one of those expected: object numbers and conditions, separated by `|`; conditions that a work must
/// meet together are separated by `&`.
fn is_expected(work: &Value, expected: &str) -> bool {
    expected.split('|').any(|one| match one.contains(':') {
        false => work["object_number"] == one,
        true => one.split('&').all(|condition| meets(work, condition)),
    })
}

fn meets(work: &Value, condition: &str) -> bool {
    let contains =
        |value: &Value, text: &str| value.to_string().to_lowercase().contains(&text.to_lowercase());
    let each = |field: &str| work[field].as_array().cloned().unwrap_or_default();
    match condition.split_once(':').unwrap() {
        ("creator", name) => each("creators").iter().any(|creator| contains(&creator["name"], name)),
        ("title", text) => contains(&work["titles"], text),
        ("has", text) => {
            let fields =
                ["titles", "tags", "techniques", "object_type", "materials", "description", "creators"];
            fields.iter().any(|field| contains(&work[*field], text))
        }
        ("years", years) => {
            let (from, to) = years.split_once('/').unwrap();
            let (from, to): (i64, i64) = (from.parse().unwrap(), to.parse().unwrap());
            each("production").iter().any(|made| {
                let earliest = made["earliest"].as_i64().or(made["latest"].as_i64());
                let latest = made["latest"].as_i64().or(made["earliest"].as_i64());
                earliest.is_some_and(|year| year <= to) && latest.is_some_and(|year| year >= from)
            })
        }
        _ => panic!("{condition}"),
    }
}
