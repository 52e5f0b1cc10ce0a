//! Vocabularies as other programs write them, with the faults that their users report.

use super::*;

const PREFIXES: &str =
    "@prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n@prefix v: <http://v.example/> .\n";

fn read_as(text: &[u8], reading: &Reading) -> Result<Vec<Concept>, SkosError> {
    read(text, &Reading { max_mib: 16, ..reading.clone() }, |_| {}).map(|read| read.concepts)
}

#[track_caller]
fn turtle(body: &str) -> Vec<Concept> {
    read_as(format!("{PREFIXES}{body}").as_bytes(), &Reading::default()).unwrap()
}

fn labels(concept: &Concept) -> Vec<&str> {
    concept.labels().map(|(_, label)| label).collect()
}

#[test]
fn a_cycle_below_no_top_concept_is_read() {
    let read = turtle(
        "v:a a skos:Concept ; skos:prefLabel \"a\"@en ; skos:broader v:b . v:b skos:prefLabel \"b\"@en ; \
         skos:broader v:c . v:c skos:prefLabel \"c\"@en ; skos:broader v:a, v:c .",
    );
    let broader: Vec<&[String]> = read.iter().map(|concept| concept.broader.as_slice()).collect();
    assert_eq!(broader, [["http://v.example/b"], ["http://v.example/c"], ["http://v.example/a"]]);
}

#[test]
fn several_preferred_labels_of_a_language_are_all_kept() {
    let read = turtle("v:a skos:prefLabel \"glue\"@en, \"adhesive\"@en, \"lim\"@da ; skos:inScheme v:s .");
    assert_eq!(read.len(), 1);
    let mut all = labels(&read[0]);
    all.sort_unstable();
    assert_eq!(all, ["adhesive", "glue", "lim"]);
    assert_eq!(read[0].pref_label.best(&["da"]), Some("lim"));
}

#[test]
fn concepts_without_a_preferred_label_have_another_one() {
    for (body, expected) in [
        ("v:a a skos:Concept ; skos:altLabel \"only a synonym\"@it .", "only a synonym"),
        ("v:a a skos:Concept ; skos:notation \"25F23(LION)\" .", "25F23(LION)"),
        ("v:a a skos:Concept ; skos:notation \"48C\"^^v:code ; skos:prefLabel \"\"@en .", "48C"),
        ("v:a a skos:Concept ; skos:prefLabel \"no language\" .", "no language"),
        ("v:a a skos:Concept ; skos:prefLabel \" spaces \"@en .", "spaces"),
        ("v:words-in-the-uri a skos:Concept .", "words-in-the-uri"),
    ] {
        let read = turtle(body);
        assert_eq!(read[0].pref_label.best(&["en"]), Some(expected), "{body}");
    }
}

#[test]
fn collections_are_no_concepts_and_their_members_are() {
    let read = turtle(
        "v:list a skos:OrderedCollection ; skos:prefLabel \"by size\"@en ; skos:memberList ( v:small v:large ) . \
         v:small a skos:Concept ; skos:prefLabel \"small\"@en . v:large a skos:Concept ; skos:prefLabel \"large\"@en . \
         v:guide a skos:Collection ; skos:prefLabel \"<by form>\"@en ; skos:member v:list .",
    );
    let uris: Vec<&str> = read.iter().map(|concept| concept.uri.as_str()).collect();
    assert_eq!(uris, ["http://v.example/large", "http://v.example/small"]);
}

#[test]
fn concepts_may_be_within_relations() {
    let xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rdf:RDF \
        xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns:skos=\"http://www.w3.org/2004/02/skos/core#\">\
        <skos:Concept rdf:about=\"http://v.example/wall\"><skos:prefLabel xml:lang=\"en\">wall</skos:prefLabel>\
        <skos:narrower><skos:Concept rdf:about=\"http://v.example/brick\">\
        <skos:prefLabel xml:lang=\"en\">brick wall</skos:prefLabel></skos:Concept></skos:narrower>\
        </skos:Concept></rdf:RDF>";
    let read = read_as(xml.as_bytes(), &Reading::default()).unwrap();
    assert_eq!(read.len(), 2);
    assert_eq!(read[0].broader, ["http://v.example/wall"]);
}

#[test]
fn other_namespaces_for_skos_are_understood() {
    for namespace in ["https://www.w3.org/2004/02/skos/core#", "http://www.w3.org/2008/05/skos#"] {
        let text = format!(
            "@prefix s: <{namespace}> .\n<http://v.example/a> a s:Concept ; s:prefLabel \"a\"@en ; s:broader <http://v.example/b> ."
        );
        let read = read_as(text.as_bytes(), &Reading::default()).unwrap();
        assert_eq!((labels(&read[0]), read[0].broader.len()), (vec!["a"], 1), "{namespace}");
    }
}

#[test]
fn the_document_decides_about_the_syntax_and_not_its_name() {
    let body = "<http://v.example/a> a skos:Concept ; skos:prefLabel \"a\"@en .";
    let skos = "http://www.w3.org/2004/02/skos/core#";
    let xml = format!(
        "\u{feff}<?xml version=\"1.0\"?><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" \
         xmlns:skos=\"{skos}\"><skos:Concept rdf:about=\"http://v.example/a\"/></rdf:RDF>"
    );
    let json = format!("[\n {{\"@id\": \"http://v.example/a\", \"@type\": [\"{skos}Concept\"]}}]");
    for text in [
        format!("{PREFIXES}{body}"),
        format!("\u{feff}{PREFIXES}{body}"),
        format!("PREFIX skos: <{skos}>\n{body}"),
        xml,
        json,
        format!("<http://v.example/a> <{skos}prefLabel> \"a\"@en .\n"),
    ] {
        let is_plain = text.starts_with("<http");
        for usual in [Syntax::RdfXml, Syntax::Turtle, Syntax::NTriples, Syntax::JsonLd] {
            if is_plain && !matches!(usual, Syntax::Turtle | Syntax::NTriples) {
                continue;
            }
            let reading = Reading { usual: Some(usual), ..Reading::default() };
            let read = read_as(text.as_bytes(), &reading);
            assert_eq!(read.map(|read| read.len()), Ok(1), "{usual:?}: {text}");
        }
    }
}

#[test]
fn relative_addresses_need_a_base() {
    let text =
        "@prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n<#a> a skos:Concept ; skos:broader <b> .";
    assert!(matches!(read_as(text.as_bytes(), &Reading::default()), Err(SkosError::Syntax(_))));
    let reading = Reading { base: Some("http://v.example/list.ttl".into()), ..Reading::default() };
    let read = read_as(text.as_bytes(), &reading).unwrap();
    assert_eq!(read[0].uri, "http://v.example/list.ttl#a");
    assert_eq!(read[0].broader, ["http://v.example/b"]);
}

#[test]
fn descriptions_are_no_labels_and_other_encodings_are_named() {
    let read = turtle(&format!(
        "v:a a skos:Concept ; skos:prefLabel \"a\"@en, \"{}\"@en .",
        "long ".repeat(300_000)
    ));
    assert_eq!(labels(&read[0]), ["a"]);
    let wide: Vec<u8> = "\u{feff}@prefix".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let refused = read_as(&wide, &Reading::default()).unwrap_err().to_string();
    assert!(refused.contains("UTF-16"), "{refused}");
}

#[test]
fn contexts_on_the_web_are_not_fetched() {
    let text = "{\"@context\": \"https://w3id.example/skos.json\", \"@id\": \"http://v.example/a\", \"@type\": \"Concept\"}";
    let refused = read_as(text.as_bytes(), &Reading::default()).unwrap_err().to_string();
    assert!(refused.contains("context"), "{refused}");
    let inline = "{\"@context\": {\"skos\": \"http://www.w3.org/2004/02/skos/core#\", \"Concept\": \"skos:Concept\", \
        \"prefLabel\": {\"@id\": \"skos:prefLabel\", \"@container\": \"@language\"}}, \"@graph\": [{\"@id\": \
        \"http://v.example/a\", \"@type\": \"Concept\", \"prefLabel\": {\"en\": \"lion\", \"da\": \"løve\"}}]}";
    let read = read_as(inline.as_bytes(), &Reading::default()).unwrap();
    assert_eq!(read[0].pref_label.best(&["da"]), Some("løve"));
}

#[test]
fn deprecated_concepts_do_not_take_others_with_them() {
    let read = turtle(
        "@prefix owl: <http://www.w3.org/2002/07/owl#> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> . \
         v:old a skos:Concept ; skos:prefLabel \"old\"@en ; owl:deprecated \"true\"^^xsd:boolean . \
         v:kept a skos:Concept ; skos:prefLabel \"kept\"@en ; owl:deprecated false ; skos:broader v:old, v:top . \
         v:top a skos:Concept ; skos:prefLabel \"top\"@en .",
    );
    let uris: Vec<&str> = read.iter().map(|concept| concept.uri.as_str()).collect();
    assert_eq!(uris, ["http://v.example/kept", "http://v.example/top"]);
}
