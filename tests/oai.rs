//! Harvesting with OAI-PMH: the protocol as harvesters see it, and the move of a collection into a second Tegl.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::command::tegl;
use crate::support::museum::{Museum, send, send_without_token, tag, wait_until_indexed, works};
use crate::support::not_proven;
use crate::support::postgres::Postgres;
use crate::support::server::Server;

/// The texts of all elements with this name.
pub(crate) fn all(xml: &str, name: &str) -> Vec<String> {
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

pub(crate) fn oai(server: &Server, query: &str) -> String {
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
pub(crate) fn harvest(server: &Server, query: &str) -> BTreeMap<String, bool> {
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

/// All sets, by a token after a token.
#[track_caller]
fn list_sets(server: &Server) -> Vec<String> {
    let (mut sets, mut query) = (Vec::new(), "verb=ListSets".to_owned());
    loop {
        let page = oai(server, &query);
        let found = all(&page, "setSpec");
        assert!(!found.is_empty(), "{page}");
        sets.extend(found);
        match all(&page, "resumptionToken").pop().filter(|token| !token.is_empty()) {
            Some(token) => query = format!("verb=ListSets&resumptionToken={token}"),
            None => return sets,
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
    let posted = send_without_token(&server, "POST", "/oai", &form, posted);
    assert_eq!((posted.status, all(&posted.text(), "header").len()), (200, 2));
    assert_eq!(send_without_token(&server, "POST", "/oai", &form, &vec![b'a'; 20 << 10]).status, 413);
    assert_eq!(server.get("/oai/tegl.xsd").status, 200);

    let sets = list_sets(&server);
    assert!(sets.contains(&"creator".to_owned()) && sets.contains(&"creator:christen-k!C3!B8bke".to_owned()));
    // The same list, whatever the size of its pages: also if its last page is full.
    for page in [sets.len() / 2, sets.len() - 1, sets.len(), sets.len() + 1] {
        let other = museum.serve_with(&[("TEGL__OAI__PAGE", &page.to_string())]);
        assert_eq!(list_sets(&other), sets, "{page} sets in a page");
    }
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

/// The attributes of a page's resumption token, and whether it has a token.
fn resumption(page: &str) -> Option<(String, bool)> {
    let (attributes, rest) = page.split_once("<resumptionToken ")?.1.split_once('>')?;
    Some((attributes.trim_end_matches('/').to_owned(), rest.contains("</resumptionToken>")))
}

#[test]
fn lists_tell_their_sizes_and_only_the_last_page_has_an_empty_token() {
    let museum = Museum::new(&works());
    let server = museum.serve_with(&[("TEGL__OAI__PAGE", "20")]);
    let of_all = works().len();
    for (list, size) in [("", of_all), ("&from=1999-01-01", of_all), ("&set=type:print", 40)] {
        let mut query = format!("verb=ListIdentifiers&metadataPrefix=oai_dc{list}");
        let mut cursors = Vec::new();
        loop {
            let page = oai(&server, &query);
            let (attributes, has_more) = resumption(&page).unwrap();
            assert_eq!(attributes, format!("completeListSize=\"{size}\" cursor=\"{}\"", cursors.len() * 20));
            cursors.push(all(&page, "header").len());
            if !has_more {
                break;
            }
            query = format!("verb=ListIdentifiers&resumptionToken={}", all(&page, "resumptionToken")[0]);
            // A token can be used again (§3.5.1).
            assert_eq!(all(&oai(&server, &query), "identifier"), all(&oai(&server, &query), "identifier"));
        }
        assert_eq!(cursors.iter().sum::<usize>(), size, "{list}: {cursors:?}");
    }
    let whole = oai(&server, "verb=ListIdentifiers&metadataPrefix=oai_dc&set=type:painting");
    assert_eq!((all(&whole, "header").len(), resumption(&whole)), (2, None), "{whole}");
    let sets = oai(&server, "verb=ListSets");
    let size = list_sets(&server).len();
    assert_eq!(resumption(&sets), Some((format!("completeListSize=\"{size}\" cursor=\"0\""), true)));
}

#[test]
fn a_work_that_leaves_a_set_is_deleted_in_the_set_only() {
    let museum = Museum::new(&works());
    let server = museum.serve();
    let is_deleted = |set: &str| {
        let query = format!("verb=ListRecords&metadataPrefix=oai_dc{set}");
        harvest(&server, &query).get("oai:127.0.0.1:KMS2").copied()
    };
    let before = is_deleted("&set=type:painting");
    assert_eq!((before, is_deleted("&set=type:print")), (Some(false), None));
    let mut changed = works().remove(1);
    changed["object_type"] = json!("Print");
    museum.ingest(&[changed]);
    for (set, expected) in
        [("&set=type:painting", true), ("&set=type:print", false), ("&set=type", false), ("", false)]
    {
        assert_eq!(is_deleted(set), Some(expected), "{set}");
    }
    let page = oai(&server, "verb=ListRecords&metadataPrefix=oai_dc&set=type:painting");
    let gone = page.split("<record>").find(|record| record.contains(":KMS2<")).unwrap();
    assert_eq!(all(gone, "setSpec"), ["type:painting"], "{gone}");
    assert!(!gone.contains("<metadata>"), "{gone}");
    let alone = oai(&server, "verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:127.0.0.1:KMS2");
    assert!(alone.contains("<metadata>") && !alone.contains("status="), "{alone}");
    // It returns.
    museum.ingest(&[works().remove(1)]);
    assert_eq!((is_deleted("&set=type:painting"), is_deleted("&set=type:print")), (Some(false), Some(true)));
    assert_eq!(is_deleted("&set=type:print&from=2999-01-01"), None);
}

#[test]
fn postgresql_lists_the_same_records() {
    let Some(postgres) = Postgres::shared() else {
        return not_proven("harvesting from PostgreSQL", "PostgreSQL is not installed");
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let url = runtime.block_on(postgres.database());
    let museum = Museum::new(&works());
    let catalogue = [("TEGL__CATALOGUE__URL", url.as_str())];
    let import = || {
        let typed = ["ingest", &museum.path("masters"), "--records", &museum.path("records.jsonl")];
        let imported = tegl(&typed, &catalogue);
        assert_eq!(imported.code, Some(0), "{}{}", imported.out, imported.err);
    };
    import();
    let mut changed = works().remove(1);
    changed["techniques"] = json!("Fresco");
    for changed in [changed, works().remove(1)] {
        museum.ingest(&[changed]);
        import();
    }
    let (here, index) = (museum.serve_with(&[("TEGL__OAI__PAGE", "3")]), museum.path("index-2"));
    let there =
        museum.serve_with(&[catalogue[0], ("TEGL__OAI__PAGE", "3"), ("TEGL__SEARCH__FOLDER", &index)]);
    for server in [&here, &there] {
        assert_eq!(send(server, "DELETE", "/api/v1/works/KMS1", &[], b"").status, 204);
    }
    assert_eq!(list_sets(&there), list_sets(&here));
    for query in [
        "verb=ListRecords&metadataPrefix=tegl",
        "verb=ListIdentifiers&metadataPrefix=edm&set=creator:christen-k!C3!B8bke",
        "verb=ListIdentifiers&metadataPrefix=edm&set=technique&from=2001-01-01&until=2999-01-01",
        "verb=ListIdentifiers&metadataPrefix=edm&set=technique:fresco",
    ] {
        let found = harvest(&there, query);
        assert!(found.values().any(|is_deleted| *is_deleted), "{query}: {found:?}");
        assert_eq!(found, harvest(&here, query), "{query}");
    }
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
