use super::*;

const TURTLE: &str = r#"
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xl: <http://www.w3.org/2008/05/skos-xl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix v: <http://v.example/> .

v:animals a skos:ConceptScheme ; skos:prefLabel "Animals"@en ; skos:hasTopConcept v:animal .
v:tools a skos:ConceptScheme .
v:animal a skos:Concept ; skos:prefLabel "animal"@en, "dyr"@DA ; skos:narrower v:dog .
v:pet skos:prefLabel "pet"@en ; skos:inScheme v:animals, v:tools ; skos:broader v:pet, v:animal .
v:dog skos:prefLabel "dog"@en-GB, "hund"@da ; skos:altLabel "hound"@en ; skos:broader v:pet ;
  skos:exactMatch <http://other.example/dog> ; skos:notation "34B11" ; skos:hiddenLabel "dgo"@en .
# A cycle.
v:animal skos:broader v:dog .
v:cat a skos:Concept ; xl:prefLabel v:label1 ; xl:altLabel [ xl:literalForm "kitty"@en ] ; skos:broader v:pet .
v:label1 xl:literalForm "cat"@en .
v:bird a skos:Concept ; rdfs:label "bird"@en ; skos:broader v:animal .
v:bare a skos:Concept ; skos:broader v:animal .
v:old a skos:Concept ; skos:prefLabel "old"@en ; owl:deprecated true .
[] a skos:Concept ; skos:prefLabel "nameless"@en .
v:group a skos:Collection ; skos:prefLabel "a group"@en ; skos:member v:dog .
v:dog <http://purl.org/dc/terms/creator> "somebody" .
"#;

fn read_all(text: &str, syntax: Option<Syntax>) -> Result<SkosVocabulary, SkosError> {
    read(text.as_bytes(), &Reading { syntax, max_mib: 16, ..Reading::default() }, |_| {})
}

fn concept<'a>(read: &'a SkosVocabulary, name: &str) -> &'a Concept {
    let is = |concept: &&Concept| concept.uri.ends_with(name);
    read.concepts.iter().find(is).unwrap_or_else(|| panic!("no {name} in {read:?}"))
}

#[test]
fn concepts_have_labels_and_relations() {
    let read = read_all(TURTLE, None).unwrap();
    let names: Vec<&str> =
        read.concepts.iter().filter_map(|concept| concept.uri.rsplit('/').next()).collect();
    assert_eq!(names, ["animal", "bare", "bird", "cat", "dog", "pet"]);
    assert_eq!(read.left_out, 2);
    let dog = concept(&read, "/dog");
    assert_eq!(dog.pref_label.best(&["da"]), Some("hund"));
    assert_eq!(dog.broader, ["http://v.example/animal", "http://v.example/pet"]);
    assert_eq!((dog.exact_match.len(), dog.notation.as_deref()), (1, Some("34B11")));
    assert_eq!(dog.labels().count(), 4);
    assert_eq!(concept(&read, "/animal").pref_label.best(&["da"]), Some("dyr"), "tags have no case");
    assert_eq!(concept(&read, "/pet").schemes, ["http://v.example/animals", "http://v.example/tools"]);
    assert_eq!(concept(&read, "/pet").broader, ["http://v.example/animal"], "nothing is above itself");
    let cat = concept(&read, "/cat");
    assert_eq!((cat.pref_label.best(&[]), cat.alt_label.best(&[])), (Some("cat"), Some("kitty")));
    assert_eq!(concept(&read, "/bird").pref_label.best(&[]), Some("bird"));
    assert_eq!(concept(&read, "/bare").pref_label.best(&[]), Some("bare"));
}

#[test]
fn all_syntaxes_say_the_same() {
    let xml = r#"<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:skos="http://www.w3.org/2004/02/skos/core#">
  <skos:Concept rdf:about="http://v.example/dog">
    <skos:prefLabel xml:lang="DA">hund</skos:prefLabel>
    <skos:broader><skos:Concept rdf:about="http://v.example/animal"><skos:prefLabel xml:lang="en">animal</skos:prefLabel></skos:Concept></skos:broader>
  </skos:Concept>
</rdf:RDF>"#;
    let turtle = r#"PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
<http://v.example/dog> a skos:Concept ; skos:prefLabel "hund"@da ; skos:broader <http://v.example/animal> .
<http://v.example/animal> a skos:Concept ; skos:prefLabel "animal"@en ."#;
    let triples = r#"<http://v.example/dog> <http://www.w3.org/2004/02/skos/core#prefLabel> "hund"@da .
<http://v.example/dog> <http://www.w3.org/2004/02/skos/core#broader> <http://v.example/animal> .
<http://v.example/animal> <http://www.w3.org/2004/02/skos/core#prefLabel> "animal"@en ."#;
    let json = r#"{"@context": {"skos": "http://www.w3.org/2004/02/skos/core#"}, "@graph": [
        {"@id": "http://v.example/dog", "@type": "skos:Concept", "skos:prefLabel": {"@language": "da", "@value": "hund"},
         "skos:broader": {"@id": "http://v.example/animal"}},
        {"@id": "http://v.example/animal", "@type": "skos:Concept", "skos:prefLabel": {"@language": "en", "@value": "animal"}}]}"#;
    let expected = read_all(turtle, None).unwrap().concepts;
    assert_eq!(expected.len(), 2);
    for (text, syntax) in [(xml, None), (triples, Some(Syntax::NTriples)), (triples, None), (json, None)] {
        assert_eq!(read_all(text, syntax).map(|read| read.concepts), Ok(expected.clone()), "{text}");
    }
    for (name, syntax) in [("a.RDF", Some(Syntax::RdfXml)), ("b.ttl.gz", Some(Syntax::Turtle)), ("c", None)] {
        assert_eq!(Syntax::of_file(name), syntax, "{name}");
    }
}

#[test]
fn broken_documents_are_refused_with_a_line() {
    for (text, syntax, expected) in [
        ("<http://a> <http://b> .\n<http://a> <http://b> <http://c> .\n<http://a> oops", None, "line 1"),
        ("<http://a.x/1> <http://b.x/> \"a\" .\nnonsense .\n", Some(Syntax::NTriples), "line 2"),
        (
            "<?xml version=\"1.0\"?>\n<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n<a>\n</b>\n</rdf:RDF>",
            None,
            "line 3",
        ),
        ("{\"@graph\": [\n{\"@id\": }]}", None, "2"),
        ("{\"@context\": \"https://elsewhere.example/context.json\"}", None, "context"),
        ("", None, "no concepts"),
    ] {
        let refused = read_all(text, syntax).unwrap_err().to_string();
        assert!(refused.contains(expected), "{text}: {refused}");
    }
}

#[test]
fn entities_and_large_documents_cannot_take_all_memory() {
    let mut entities =
        String::from("<?xml version=\"1.0\"?>\n<!DOCTYPE rdf:RDF [<!ENTITY a0 \"aaaaaaaaaa\">");
    for level in 1..12 {
        let before = format!("&a{};", level - 1).repeat(10);
        entities.push_str(&format!("<!ENTITY a{level} \"{before}\">"));
    }
    entities.push_str("]>\n<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns:skos=\"http://www.w3.org/2004/02/skos/core#\"><skos:Concept rdf:about=\"http://v.example/a\"><skos:prefLabel>&a11;</skos:prefLabel></skos:Concept></rdf:RDF>");
    let refused = read_all(&entities, None).unwrap_err().to_string();
    assert!(refused.contains("entity"), "{refused}");
    let namespaces = "<?xml version=\"1.0\"?><!DOCTYPE rdf:RDF [<!ENTITY s \"http://www.w3.org/2004/02/skos/core#\">]>\n\
        <rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns:s=\"&s;\">\
        <rdf:Description rdf:about=\"http://v.example/a\"><s:prefLabel>a</s:prefLabel></rdf:Description></rdf:RDF>";
    assert_eq!(read_all(namespaces, None).map(|read| read.concepts.len()), Ok(1));
    let mut large = String::from("@prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n");
    for number in 0..40_000 {
        large.push_str(&format!(
            "<http://v.example/{number}> skos:prefLabel \"term {number}\"@en, \"ord {number}\"@da .\n"
        ));
    }
    let limited = |languages: &[&str]| {
        let languages = languages.iter().map(|&language| language.to_owned()).collect();
        read(large.as_bytes(), &Reading { languages, max_mib: 7, ..Reading::default() }, |_| {})
    };
    assert_eq!(limited(&[]), Err(SkosError::TooLarge(7)));
    assert_eq!(limited(&["da"]).map(|read| read.concepts.len()), Ok(40_000));
}
