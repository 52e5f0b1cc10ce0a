//! Harvesting with OAI-PMH: the protocol as harvesters see it, and the move of a collection into a second Tegl.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::museum::{Museum, send, tag, wait_until_indexed, works};
use crate::support::server::Server;

/// The texts of all elements with this name.
fn all(xml: &str, name: &str) -> Vec<String> {
    let (open, close) = (format!("<{name}"), format!("</{name}>"));
    let parts = xml.split(open.as_str()).skip(1).filter(|part| part.starts_with(['>', ' ', '/']));
    let text = parts.filter_map(|part| {
        let (attributes, rest) = part.split_once('>')?;
        if attributes.ends_with('/') {
            Some(String::new())
        } else {
            Some(rest.split(&close).next()?.to_owned())
        }
    });
    text.collect()
}

fn oai(server: &Server, query: &str) -> String {
    let response = server.get(&format!("/oai?{query}"));
    assert_eq!(
        (response.status, response.header("content-type")),
        (200, "text/xml; charset=utf-8"),
        "{query}"
    );
    response.text()
}

#[track_caller]
fn error(server: &Server, query: &str, code: &str) {
    let text = oai(server, query);
    assert!(text.contains(&format!("<error code=\"{code}\">")), "{query}: {text}");
}

/// The identifiers of all pages of a list, with whether each is deleted, by a token after a token.
fn harvest(server: &Server, query: &str) -> BTreeMap<String, bool> {
    let mut found = BTreeMap::new();
    let mut next = query.to_owned();
    loop {
        let page = oai(server, &next);
        let headers = page.split("<header").skip(1);
        for header in headers {
            let identifier = all(header, "identifier").remove(0);
            found.insert(identifier, header.starts_with(" status=\"deleted\""));
        }
        match all(&page, "resumptionToken").pop().filter(|token| !token.is_empty()) {
            Some(token) => {
                let verb = query.split('&').next().unwrap();
                next = format!("{verb}&resumptionToken={token}");
            }
            None => return found,
        }
    }
}

#[test]
fn every_verb_answers_and_wrong_requests_are_errors_of_the_protocol() {
    let museum = Museum::new(&works());
    let server = museum.serve_with(&[("TEGL__OAI__PAGE", "2")]);
    let identify = oai(&server, "verb=Identify");
    assert_eq!(all(&identify, "protocolVersion"), ["2.0"]);
    assert_eq!(all(&identify, "deletedRecord"), ["persistent"]);
    assert_eq!(all(&identify, "granularity"), ["YYYY-MM-DDThh:mm:ssZ"]);
    assert_eq!(all(&identify, "baseURL"), [format!("http://{}/oai", server.address)]);
    let formats =
        all(&oai(&server, "verb=ListMetadataFormats&identifier=oai:127.0.0.1:KMS1"), "metadataPrefix");
    assert_eq!(formats, ["oai_dc", "edm", "lido", "tegl"]);
    let record = oai(&server, "verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:127.0.0.1:KMS1");
    assert!(record.contains("<dc:title xml:lang=\"da\">En hest på marken</dc:title>"), "{record}");
    assert!(all(&record, "setSpec").contains(&"creator:christen-k!C3!B8bke".to_owned()), "{record}");
    for (query, code) in [
        ("", "badVerb"),
        ("verb=ListRecords", "badArgument"),
        ("verb=ListRecords&metadataPrefix=mods", "cannotDisseminateFormat"),
        ("verb=ListRecords&resumptionToken=abc", "badResumptionToken"),
        ("verb=GetRecord&metadataPrefix=edm&identifier=oai:127.0.0.1:none", "idDoesNotExist"),
        ("verb=GetRecord&metadataPrefix=edm&identifier=%FF", "idDoesNotExist"),
        ("verb=ListMetadataFormats&identifier=x", "idDoesNotExist"),
        ("verb=ListRecords&metadataPrefix=edm&from=2999-01-01", "noRecordsMatch"),
        ("verb=ListRecords&metadataPrefix=edm&until=1999-01-01", "noRecordsMatch"),
        ("verb=ListRecords&metadataPrefix=edm&set=creator:nobody", "noRecordsMatch"),
        ("verb=ListRecords&metadataPrefix=edm&from=1999-01-01&until=1999-01-01T00:00:00Z", "badArgument"),
    ] {
        error(&server, query, code);
    }
    let posted = b"verb=ListIdentifiers&metadataPrefix=oai_dc";
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let posted = send(&server, "POST", "/oai", &form, posted);
    assert_eq!((posted.status, all(&posted.text(), "header").len()), (200, 2));
    assert_eq!(send(&server, "POST", "/oai", &form, &vec![b'a'; 20 << 10]).status, 413);
    assert_eq!(server.get("/oai/tegl.xsd").status, 200);

    let mut sets = Vec::new();
    let mut query = "verb=ListSets".to_owned();
    loop {
        let page = oai(&server, &query);
        sets.extend(all(&page, "setSpec"));
        match all(&page, "resumptionToken").pop().filter(|token| !token.is_empty()) {
            Some(token) => query = format!("verb=ListSets&resumptionToken={token}"),
            None => break,
        }
    }
    assert!(sets.contains(&"creator".to_owned()) && sets.contains(&"creator:christen-k!C3!B8bke".to_owned()));
    let distinct: std::collections::BTreeSet<_> = sets.iter().collect();
    assert_eq!(distinct.len(), sets.len(), "{sets:?}");
    let everything = harvest(&server, "verb=ListRecords&metadataPrefix=lido");
    assert_eq!(everything.len(), works().len());
    for set in ["creator", "creator:christen-k!C3!B8bke"] {
        let some = harvest(&server, &format!("verb=ListIdentifiers&metadataPrefix=oai_dc&set={set}"));
        assert!(
            !some.is_empty() && some.keys().all(|identifier| everything.contains_key(identifier)),
            "{set}"
        );
    }
}

#[test]
fn a_harvest_is_complete_while_works_change_and_a_server_restarts() {
    let museum = Museum::new(&works());
    let server = museum.serve_with(&[("TEGL__OAI__PAGE", "1")]);
    let first = oai(&server, "verb=ListRecords&metadataPrefix=tegl");
    let token = all(&first, "resumptionToken").remove(0);
    let number = all(&first, "identifier").remove(0);
    // The record that was given changes, another one is withdrawn, and a work is new.
    let changed = number.rsplit(':').next().unwrap().to_owned();
    tag(&server, &changed, json!({ "scheme": "motif", "label": { "en": "changed meanwhile" } }));
    let withdrawn = works().last().unwrap()["object_number"].as_str().unwrap().to_owned();
    assert_eq!(send(&server, "DELETE", &format!("/api/v1/works/{withdrawn}"), &[], b"").status, 204);
    museum.ingest(&[json!({ "object_number": "NEW1", "titles": "Quite new" })]);
    drop(server);
    let server = museum.serve_with(&[("TEGL__OAI__PAGE", "1")]);
    let mut rest = harvest(&server, &format!("verb=ListRecords&resumptionToken={token}"));
    assert_eq!(
        rest.remove(&format!("oai:127.0.0.1:{changed}")),
        Some(false),
        "the changed work appears again"
    );
    assert_eq!(
        rest.remove(&format!("oai:127.0.0.1:{withdrawn}")),
        Some(true),
        "the withdrawn work is deleted"
    );
    assert_eq!(rest.remove("oai:127.0.0.1:NEW1"), Some(false));
    assert_eq!(rest.len(), works().len() - 2);
    let gone =
        oai(&server, &format!("verb=GetRecord&metadataPrefix=edm&identifier=oai:127.0.0.1:{withdrawn}"));
    assert!(gone.contains("<header status=\"deleted\">") && !gone.contains("<metadata>"), "{gone}");
}

/// A work's record without what differs between servers.
fn comparable(server: &Server, number: &str) -> Value {
    let mut record = server.get(&format!("/api/v1/works/{number}")).json();
    let own = format!("http://{}", server.address);
    let record = record.as_object_mut().unwrap();
    for name in ["changed", "revision", "content_state"] {
        record.remove(name);
    }
    for tag in record["tags"].as_array_mut().unwrap() {
        tag.as_object_mut().unwrap().remove("content_state");
    }
    serde_json::from_str(&Value::Object(record.clone()).to_string().replace(&own, "http://server")).unwrap()
}

#[test]
fn a_collection_moves_into_a_second_tegl_and_loses_nothing() {
    let first = Museum::new(&works());
    let server = first.serve_with(&[("TEGL__OAI__PAGE", "3")]);
    tag(&server, "KMS1", json!({ "scheme": "motif", "label": { "en": "a curator's", "da": "en kurators" } }));
    let second = Museum::new(&[json!({ "object_number": "OTHER", "titles": "Its own" })]);
    let address = format!("http://{}/oai?verb=ListRecords&metadataPrefix=tegl", server.address);
    let ingest = || {
        let typed = ["ingest", &second.path("masters"), "--name", "harvest", "--records", &address];
        let output = second.run(&typed);
        assert_eq!(output.code, Some(0), "{}{}", output.out, output.err);
        output.out
    };
    ingest();
    {
        let copy = second.serve();
        for work in works() {
            let number = work["object_number"].as_str().unwrap();
            assert_eq!(comparable(&copy, number), comparable(&server, number), "{number}");
        }
    }
    let unchanged = ingest();
    assert!(unchanged.contains("0 works new, 0 changed"), "{unchanged}");
    // Works that are withdrawn are withdrawn in the second one, too; its own works stay.
    let number = works()[1]["object_number"].as_str().unwrap().to_owned();
    assert_eq!(send(&server, "DELETE", &format!("/api/v1/works/{number}"), &[], b"").status, 204);
    assert!(ingest().contains("1 work withdrawn by their records"));
    let copy = second.serve();
    wait_until_indexed(&copy);
    assert_eq!(copy.get(&format!("/api/v1/works/{number}")).status, 410);
    assert_eq!(copy.get("/api/v1/works/OTHER").status, 200);
}
