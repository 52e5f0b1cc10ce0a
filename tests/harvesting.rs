//! Harvests as others do them: harvesters and validators of others, what peers' servers and harvesters are known to get wrong,
//! and servers that answer a harvest of ours in their own way.

use std::collections::BTreeSet;
use std::io::Read;
use std::process::Command;

use serde_json::{Value, json};

use crate::oai::{all, harvest, oai};
use crate::support::command::CommandOutput;
use crate::support::museum::{Museum, send, send_without_token, works};
use crate::support::origin::Origin;
use crate::support::{require, shared};

#[test]
fn harvesters_read_the_repository() {
    // `tests/testbeds.sh` installs them at this path.
    let python = ["target/testbeds/harvesters/bin/python"];
    let Some(python) = require("harvesting with Sickle and pyoai", "TEGL_TEST_HARVESTERS", &python) else {
        return;
    };
    let museum = Museum::new(&works());
    let server = museum.serve_with(&[("TEGL__OAI__PAGE", "2")]);
    assert_eq!(send(&server, "DELETE", "/api/v1/works/KMS1", &[], b"").status, 204);
    let base = format!("http://{}/oai", server.address);
    let output = Command::new(python).args(["tests/harvesters/harvest.py", &base]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    let (sickle, present) = (&found["sickle"], works().len() - 1);
    assert_eq!((&sickle["protocolVersion"], &sickle["deletedRecord"]), (&json!("2.0"), &json!("persistent")));
    for format in ["oai_dc", "edm", "lido", "tegl"] {
        assert_eq!(sickle["formats"][format], json!([present, 1]), "{format}");
    }
    let identifiers: Vec<String> =
        harvest(&server, "verb=ListIdentifiers&metadataPrefix=oai_dc").into_keys().collect();
    assert_eq!(sickle["identifiers"], json!(identifiers));
    assert!(sickle["sets"].as_u64().unwrap() > 5, "{sickle}");
    assert_eq!(sickle["emptySets"], json!([]));
    assert_eq!(found["pyoai"]["titles"].as_array().unwrap().len(), present);
    assert_eq!(found["pyoai"]["deleted"], 1);
}

/// Works whose records have what is hard to say in XML and in URIs.
fn odd_works() -> Vec<Value> {
    vec![
        json!({ "object_number": "a b/c?d#e%20&<f>\"'", "titles": "]]> & <b>\u{1}\u{0}\u{1f600} \u{fffe}\r\n" }),
        json!({ "object_number": "\u{e6}\u{1f600}", "titles": [{ "text": { "da": "  ", "en": "\u{301}e\u{202e}" } }],
            "object_type": "a:b c", "rights": "\u{a9} The <Museum>\nAll rights & more",
            "creators": [{ "name": " " }, { "name": "a\u{b}b", "id": "not a uri <>", "birth": -44, "death": 10000 }],
            "production": { "text": { "x-none": "?" }, "earliest": -3500, "latest": 12 },
            "related": [{ "id": "javascript:alert(1)" }, { "id": "http://[" }, { "id": "a b" }],
            "homepage": "http://museum.example/a b|c\u{e6}",
            "tags": [{ "scheme": "a scheme!", "label": "!*'()", "concept": "http://iconclass.org/25F23(+1)" },
                { "scheme": "motif", "label": { "en": "a", "da-DK": "b" }, "concept": "urn:x y" }] }),
        json!({ "object_number": "E1" }),
    ]
}

#[test]
fn responses_are_valid() {
    // `tests/testbeds.sh` installs them at this path.
    let python = ["target/testbeds/validators/bin/python"];
    let what = "responses of OAI-PMH and oai_dc by their schemas, and EDM by edmlib";
    let Some(python) = require(what, "TEGL_TEST_VALIDATORS", &python) else { return };
    let museum = Museum::empty();
    let sample = museum.run(&["sample", &museum.path("masters"), "--max-megapixels", "0.02"]);
    assert_eq!(sample.code, Some(0), "{}", sample.err);
    museum.ingest_from(&museum.path("masters/records.json"));
    if let Some(records) = shared("validity of the model museum's records", "smk/records.ndjson") {
        museum.ingest_from(records.to_str().unwrap());
    }
    museum.ingest(&[works(), odd_works()].concat());
    let server = museum.serve_with(&[("TEGL__OAI__PAGE", "500")]);
    assert_eq!(send(&server, "DELETE", "/api/v1/works/KMS1", &[], b"").status, 204);
    let base = format!("http://{}/oai", server.address);
    let output = Command::new(python).args(["tests/harvesters/validate.py", &base]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    let present = harvest(&server, "verb=ListIdentifiers&metadataPrefix=edm");
    let present = present.values().filter(|is_deleted| !**is_deleted).count();
    // Those of the list, and one that is asked for.
    assert_eq!(found["edm"], present + 1, "{found}");
    assert_eq!(found["oai_dc"], present, "{found}");
}

/// A record in the format of Tegl, as another program might write it.
fn record(number: &str) -> String {
    format!(
        "<o:record>\n  <o:header><o:identifier>\n oai:peer.example:{number} </o:identifier></o:header>\n  <o:metadata>\
         <work xmlns=\"urn:x-tegl:record\"><record><![CDATA[{{\"object_number\":\"{number}\",\"titles\":\"a & b\"}}]]></record></work>\
         </o:metadata>\n</o:record>"
    )
}

fn page(inside: &str) -> String {
    format!(
        "\u{feff}<?xml version='1.0' encoding='utf-8'?>\n<?xml-stylesheet type='text/xsl' href='oai.xsl'?>\n<!-- a peer -->\n\
         <o:OAI-PMH xmlns:o=\"http://www.openarchives.org/OAI/2.0/\">\n<o:responseDate/>{inside}\n</o:OAI-PMH>\n"
    )
}

/// Serves a list of these pages, by their tokens, and imports it.
fn import(museum: &Museum, origin: &Origin, pages: &[(&str, &str)]) -> CommandOutput {
    for (token, inside) in pages {
        let query =
            if token.is_empty() { "metadataPrefix=tegl".into() } else { format!("resumptionToken={token}") };
        origin.put(&format!("oai?verb=ListRecords&{query}"), page(inside).into_bytes());
    }
    let address = format!("{}oai?verb=ListRecords&metadataPrefix=tegl", origin.url());
    museum.run(&[
        "ingest",
        &museum.path("masters"),
        "--name",
        "peer",
        "--prune",
        "--prune-limit",
        "9",
        "--records",
        &address,
    ])
}

fn list(records: &[&str], token: &str) -> String {
    let records: String = records.iter().map(|number| record(number)).collect();
    format!(
        "<o:ListRecords>{records}<o:resumptionToken cursor=\"0\">\n {token}\n</o:resumptionToken></o:ListRecords>"
    )
}

#[test]
fn lists_of_peers_are_read_to_their_ends() {
    let (museum, origin) = (Museum::empty(), Origin::start());
    let pages = [("", list(&["P1", "P2"], "a/b+c")), ("a%2Fb%2Bc", list(&["P3"], ""))];
    // The token is read as text, and sent percent-encoded.
    let served: Vec<_> =
        pages.iter().map(|(token, inside)| (token.replace("%2F", "/").replace("%2B", "+"), inside)).collect();
    let served: Vec<_> = served.iter().map(|(token, inside)| (token.as_str(), inside.as_str())).collect();
    // A busy server is asked again when it says so.
    origin.refuse(3);
    let ran = import(&museum, &origin, &served);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("3 works new"), "{}", ran.out);
    let nothing = "<o:error code=\"noRecordsMatch\">Nothing.</o:error>";
    let ran = import(&Museum::empty(), &origin, &[("", nothing)]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
}

#[test]
fn lists_that_end_too_early_are_errors_and_withdraw_nothing() {
    let museum = Museum::empty();
    let first = Origin::start();
    assert_eq!(import(&museum, &first, &[("", &list(&["P1", "P2", "P3"], ""))]).code, Some(0));
    let start = ("", &*list(&["P1"], "t"));
    for (next, reason) in [
        (list(&["P2"], "t"), "was read before"),
        (
            "<o:error code=\"badResumptionToken\">It has expired.</o:error>".into(),
            "badResumptionToken: It has expired.",
        ),
        ("</o:OAI-PMH>".into(), "not XML"),
        ("<o:ListRecords>".into(), "not XML"),
        ("<o:ListRecords>&bomb;</o:ListRecords>".into(), "`&bomb;` is unknown"),
    ] {
        let ran = import(&museum, &Origin::start(), &[start, ("t", &next)]);
        assert!(ran.code.is_some_and(|code| code > 0), "{reason}: {}{}", ran.out, ran.err);
        assert!(format!("{}{}", ran.out, ran.err).contains(reason), "{reason}: {}{}", ran.out, ran.err);
    }
    // A busy server that does not recover.
    let busy = Origin::start();
    busy.refuse(1000);
    let ran = import(&museum, &busy, &[start]);
    assert!(ran.code.is_some_and(|code| code > 0) && ran.err.contains("503"), "{}{}", ran.out, ran.err);
    let server = museum.serve();
    for number in ["P1", "P2", "P3"] {
        assert_eq!(server.get(&format!("/api/v1/works/{number}")).status, 200, "{number}");
    }
}

#[test]
fn dates_select_as_harvesters_expect() {
    let museum = Museum::new(&works());
    let server = museum.serve();
    let first = |name: &str, page: &str| all(page, name).remove(0);
    let earliest = first("earliestDatestamp", &oai(&server, "verb=Identify"));
    assert_eq!(
        first("earliestDatestamp", &oai(&server, "verb=Identify")),
        earliest,
        "it is not the current time"
    );
    let listed = oai(&server, "verb=ListIdentifiers&metadataPrefix=oai_dc");
    let mut stamps = all(&listed, "datestamp");
    assert!(stamps.iter().all(|stamp| *stamp >= earliest), "{earliest}: {stamps:?}");
    let one = stamps.pop().unwrap();
    let (identifier, day) = (all(&listed, "identifier").pop().unwrap(), &one[..10]);
    let found = |range: &str| harvest(&server, &format!("verb=ListIdentifiers&metadataPrefix=oai_dc{range}"));
    // Both ends are included, in days and in seconds.
    for range in
        [format!("&from={one}&until={one}"), format!("&until={one}"), format!("&from={day}&until={day}")]
    {
        assert!(found(&range).contains_key(&identifier), "{range}");
    }
    assert_eq!(found(&format!("&from={day}")).len(), works().len());
    assert!(
        oai(&server, "verb=ListRecords&metadataPrefix=oai_dc&until=1999-12-31").contains("noRecordsMatch")
    );
    for wrong in [
        "from=2026-11-29T20:00:00z",
        "from=2026-11-29T2000:00:00Z",
        "from=2026-11-29T20:00Z",
        "until=29-11-2026",
    ] {
        let refused = oai(&server, &format!("verb=ListRecords&metadataPrefix=oai_dc&{wrong}"));
        assert!(refused.contains("code=\"badArgument\""), "{wrong}: {refused}");
    }
}

#[test]
fn pages_are_documents_without_doubled_records() {
    let museum = Museum::new(&works());
    let server = museum.serve_with(&[("TEGL__OAI__PAGE", "7")]);
    let (mut identifiers, mut next) = (Vec::new(), "verb=ListRecords&metadataPrefix=lido".to_owned());
    loop {
        let page = oai(&server, &next);
        assert_eq!(page.matches("<?xml").count(), 1, "one declaration, before everything");
        assert!(page.starts_with("<?xml") && page.ends_with("</OAI-PMH>"), "{page}");
        assert_eq!(page.matches("<metadata>").count(), all(&page, "identifier").len());
        assert!(!page.contains("<metadata></metadata>"));
        identifiers.extend(all(&page, "identifier"));
        match all(&page, "resumptionToken").pop().filter(|token| !token.is_empty()) {
            Some(token) => next = format!("verb=ListRecords&resumptionToken={token}"),
            None => break,
        }
    }
    let distinct: BTreeSet<_> = identifiers.iter().collect();
    assert_eq!((identifiers.len(), distinct.len()), (works().len(), works().len()));
}

#[test]
fn requests_are_taken_as_harvesters_send_them() {
    let museum = Museum::new(&works());
    let server = museum.serve();
    // With and without escapes in the identifier, and at the address with a slash.
    for address in ["/oai?", "/oai/?"] {
        for identifier in ["oai:127.0.0.1:KKS1982-156/3", "oai%3A127.0.0.1%3AKKS1982-156%252F3"] {
            let path = format!("{address}verb=GetRecord&metadataPrefix=oai_dc&identifier={identifier}");
            assert!(server.get(&path).text().contains("Study of Dogs"), "{path}");
        }
    }
    let form = [("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")];
    let asked = b"metadataPrefix=oai_dc&set=creator%3Aanna-ancher&verb=ListRecords";
    let posted = send_without_token(&server, "POST", "/oai", &form, asked).text();
    assert!(posted.contains("Water Lilies"), "{posted}");
    assert_eq!(server.request("HEAD", "/oai?verb=Identify", &[]).status, 200);
    for (wrong, code) in [
        ("verb=Identify&_=1700000000", "badArgument"),
        ("verb=ListIdentifiers&metadataPrefix=oai_dc&set=creator%253Aanna-ancher", "badArgument"),
        ("verb=ListIdentifiers&metadataPrefix=OAI_DC", "cannotDisseminateFormat"),
        ("verb=listidentifiers&metadataPrefix=oai_dc", "badVerb"),
        ("verb=GetRecord&metadataPrefix=oai_dc&identifier=KMS2", "idDoesNotExist"),
        ("verb=ListIdentifiers&verb=ListIdentifiers&metadataPrefix=oai_dc", "badVerb"),
    ] {
        let refused = oai(&server, wrong);
        assert!(refused.contains(&format!("code=\"{code}\"")), "{wrong}: {refused}");
    }
    let plain = server.get("/oai?verb=ListRecords&metadataPrefix=edm");
    let packed =
        server.request("GET", "/oai?verb=ListRecords&metadataPrefix=edm", &[("Accept-Encoding", "gzip")]);
    assert_eq!((plain.header("content-encoding"), packed.header("content-encoding")), ("", "gzip"));
    let mut unpacked = String::new();
    flate2::read::GzDecoder::new(&packed.body[..]).read_to_string(&mut unpacked).unwrap();
    let without_date = |text: &str| text.split_once("</responseDate>").unwrap().1.to_owned();
    assert_eq!(without_date(&unpacked), without_date(&plain.text()));
}
