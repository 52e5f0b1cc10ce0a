use super::*;
use crate::search::schema::joined;

fn concept(uri: &str, labels: &[(&str, &str)], broader: &[&str]) -> Concept {
    let mut pref_label = Text::default();
    labels.iter().for_each(|(language, label)| pref_label.add(language, label));
    let broader = broader.iter().map(|uri| format!("http://v.example/{uri}")).collect();
    Concept { uri: format!("http://v.example/{uri}"), pref_label, broader, ..Concept::default() }
}

fn animals() -> Concepts {
    let mut builder = ConceptsBuilder::new(1 << 20);
    for concept in [
        concept("animal", &[("en", "animals"), ("da", "dyr")], &["dog"]),
        concept("pet", &[("en", "pets (animals)")], &["animal", "nowhere"]),
        concept("dog", &[("en", "dogs")], &["pet", "animal"]),
        concept("boat", &[("en", "boats")], &[]),
    ] {
        assert!(builder.add("v", concept));
    }
    // Another vocabulary adds a language.
    assert!(builder.add("own", concept("dog", &[("da", "hunde")], &[])));
    builder.finish(1)
}

#[test]
fn labels_are_found_in_any_language_and_with_other_endings() {
    let concepts = animals();
    let means = |label: &str| {
        let found = concepts.meaning(label, "");
        found.iter().filter_map(|&place| concepts.get(place)?.uri.rsplit('/').next()).collect::<Vec<_>>()
    };
    assert_eq!((means("Dogs"), means("dog"), means("hund")), (vec!["dog"], vec!["dog"], vec!["dog"]));
    assert_eq!((means("pet"), means("DYR")), (vec!["pet"], vec!["animal"]));
    assert!(means("ship").is_empty());
    assert_eq!(
        concepts.concept_uri("motif", "http-v-example-boat", &Text::plain("x")),
        Some("http://v.example/boat")
    );
    assert_eq!(concepts.concept_uri("motif", "hund", &Text::of("da", "hund")), Some("http://v.example/dog"));
}

#[test]
fn values_are_linked_with_all_concepts_above_them() {
    let concepts = animals();
    let mut vocabulary = Vocabulary::default();
    for (scheme, value, label) in [
        ("motif", "hund", r#"{"da":["hund"]}"#),
        ("motif", "http-v-example-pet", r#"{"none":["kæledyr"]}"#),
        ("creator", "dog", r#"{"none":["Dog"]}"#),
    ] {
        vocabulary.state(&joined(&[scheme, value, value, label]));
    }
    let links = ConceptLinks::new(&concepts, &vocabulary);
    let values = |uri: &str| {
        let place = concepts.find(&format!("http://v.example/{uri}")).unwrap();
        links.values(place).to_vec()
    };
    // Dogs and animals are above each other, and so is everything between them.
    assert_eq!((values("animal"), values("pet"), values("dog")), (vec![0, 1], vec![0, 1], vec![0, 1]));
    assert!(values("boat").is_empty());
}

#[test]
fn memory_is_limited() {
    let mut builder = ConceptsBuilder::new(1000);
    assert!(builder.add("v", concept("a", &[("en", "a")], &[])));
    assert!(!builder.add("v", concept("b", &[("en", "b")], &[])));
    assert_eq!(builder.finish(1).all().len(), 1);
}
