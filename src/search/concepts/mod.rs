//! Concepts of imported vocabularies, in memory: what terms mean the same, and which are broader.

mod expand;
mod links;

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::{Mutex, RwLock};
use xxhash_rust::xxh3::xxh3_64;

use super::labels::plain;
use super::vocabulary::Vocabulary;
use crate::record::skos::Concept;
use crate::record::words::words;
use crate::record::{NONE, Text, slug};
pub(super) use expand::Meaning;
use links::ConceptLinks;

/// An estimate of the memory of a concept and of a label besides their texts, in bytes.
const CONCEPT_BYTES: usize = 400;
const LABEL_BYTES: usize = 100;
/// The maximum number of concepts with the same label that a term means.
const MAX_MEANINGS: usize = 8;

/// A concept, with the places of others in [`Concepts`].
#[derive(Clone, Debug, Default)]
pub(crate) struct KnownConcept {
    pub uri: String,
    /// The names of the vocabularies that have it.
    pub vocabularies: Vec<String>,
    pub pref_label: Text,
    pub alt_label: Text,
    pub hidden_label: Text,
    pub notation: Option<String>,
    pub schemes: Vec<String>,
    /// URIs of the same concept, also of vocabularies that are not imported.
    pub exact_match: Vec<String>,
    pub broader: Vec<u32>,
    pub narrower: Vec<u32>,
    /// The same concept in other imported vocabularies.
    same: Vec<u32>,
}

impl KnownConcept {
    /// The concept in URLs of this server; facet values of tags with this concept have the same.
    pub(crate) fn id(&self) -> String {
        slug(&self.uri)
    }

    fn labels(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pref_label.iter().chain(self.alt_label.iter()).chain(self.hidden_label.iter())
    }
}

/// All concepts, by URI. Vocabularies that have the same URI are joined.
#[derive(Default)]
pub(crate) struct Concepts {
    concepts: Vec<KnownConcept>,
    uris: HashMap<String, u32>,
    ids: HashMap<String, u32>,
    /// The concepts with a label, by its hash: see [`exact_key`] and [`stem_keys`].
    labels: HashMap<u64, Vec<u32>>,
    /// Changes with the vocabularies.
    version: u64,
}

/// Collects concepts.
pub(crate) struct ConceptsBuilder {
    concepts: HashMap<String, (KnownConcept, Vec<String>)>,
    bytes: usize,
    max_bytes: usize,
}

impl ConceptsBuilder {
    pub(crate) fn new(max_bytes: usize) -> Self {
        Self { concepts: HashMap::new(), bytes: 0, max_bytes }
    }

    /// Adds a concept of a vocabulary; returns false if there is no room for it.
    pub(crate) fn add(&mut self, vocabulary: &str, concept: Concept) -> bool {
        let texts: usize = concept.labels().map(|(_, label)| 3 * label.len() + LABEL_BYTES).sum();
        self.bytes += texts + 4 * concept.uri.len() + CONCEPT_BYTES;
        if self.bytes > self.max_bytes {
            return false;
        }
        let (known, broader) = self.concepts.entry(concept.uri.clone()).or_default();
        known.uri = concept.uri;
        known.vocabularies.push(vocabulary.to_owned());
        known.pref_label.merge(&concept.pref_label);
        known.alt_label.merge(&concept.alt_label);
        known.hidden_label.merge(&concept.hidden_label);
        known.notation = known.notation.take().or(concept.notation);
        known.schemes.extend(concept.schemes);
        known.exact_match.extend(concept.exact_match);
        broader.extend(concept.broader);
        true
    }

    pub(crate) fn finish(self, version: u64) -> Concepts {
        let mut entries: Vec<(KnownConcept, Vec<String>)> = self.concepts.into_values().collect();
        entries.sort_unstable_by(|a, b| a.0.uri.cmp(&b.0.uri));
        let mut built = Concepts { version, ..Concepts::default() };
        for (place, (concept, _)) in entries.iter().enumerate() {
            built.uris.insert(concept.uri.clone(), place as u32);
            built.ids.entry(concept.id()).or_insert(place as u32);
        }
        let mut narrower: Vec<(u32, u32)> = Vec::new();
        let mut same: Vec<(u32, u32)> = Vec::new();
        for (place, (mut concept, broader)) in (0u32..).zip(entries) {
            let find = |uri: &String| built.uris.get(uri).copied().filter(|other| *other != place);
            concept.broader = unique(broader.iter().filter_map(find).collect());
            narrower.extend(concept.broader.iter().map(|&above| (above, place)));
            same.extend(
                concept
                    .exact_match
                    .iter()
                    .filter_map(find)
                    .flat_map(|other| [(place, other), (other, place)]),
            );
            let mut keys: Vec<u64> = Vec::new();
            for (language, label) in concept.labels() {
                keys.push(exact_key(label));
                keys.extend(stem_keys(label, language));
            }
            keys.sort_unstable();
            keys.dedup();
            keys.into_iter().for_each(|key| built.labels.entry(key).or_default().push(place));
            concept.schemes.sort_unstable();
            concept.schemes.dedup();
            built.concepts.push(concept);
        }
        for (above, below) in narrower {
            built.concepts[above as usize].narrower.push(below);
        }
        for (one, other) in same {
            built.concepts[one as usize].same.push(other);
        }
        built
    }
}

impl Concepts {
    /// Changes with the vocabularies.
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    /// All concepts, by URI.
    pub(crate) fn all(&self) -> &[KnownConcept] {
        &self.concepts
    }

    /// The concepts with a label in any language that has a word with this beginning, by URI.
    pub(crate) fn beginning_with(&self, typed: &str) -> Vec<u32> {
        let typed = plain(typed);
        let begins = |label: &str| {
            let label = plain(label);
            label.match_indices(&typed).any(|(at, _)| at == 0 || label.as_bytes().get(at - 1) == Some(&b' '))
        };
        let has =
            |concept: &KnownConcept| typed.is_empty() || concept.labels().any(|(_, label)| begins(label));
        (0u32..).zip(&self.concepts).filter(|(_, concept)| has(concept)).map(|(place, _)| place).collect()
    }

    /// A concept by its place.
    pub(crate) fn get(&self, place: u32) -> Option<&KnownConcept> {
        self.concepts.get(place as usize)
    }

    /// The place of a concept, given by its URI or its [identifier](KnownConcept::id).
    pub(crate) fn find(&self, name: &str) -> Option<u32> {
        self.uris.get(name).or_else(|| self.ids.get(name)).copied()
    }

    /// The concepts with this label in any language; without one, those that have it with other endings.
    fn meaning(&self, label: &str, language: &str) -> Vec<u32> {
        if self.concepts.is_empty() {
            return Vec::new();
        }
        let with = |key: u64| self.labels.get(&key).into_iter().flatten().copied();
        let mut found: Vec<u32> = with(exact_key(label)).collect();
        if found.is_empty() {
            found = unique(stem_keys(label, language).into_iter().flat_map(with).collect());
        }
        found.truncate(MAX_MEANINGS);
        found
    }

    /// The URI of the concept that a term of a scheme means: that of its value, otherwise the one that has its label.
    pub(crate) fn concept_uri(&self, scheme: &str, value: &str, label: &Text) -> Option<&str> {
        if links::NOT_TERMS.contains(&scheme) {
            return None;
        }
        let place = self.ids.get(value).copied();
        let place = place.or_else(|| {
            label.iter().find_map(|(language, label)| self.meaning(label, language).first().copied())
        });
        Some(&self.get(place?)?.uri)
    }
}

fn unique(mut places: Vec<u32>) -> Vec<u32> {
    places.sort_unstable();
    places.dedup();
    places
}

/// A label without a qualifier at its end: `drawing (technique)` is called `drawing`.
fn unqualified(label: &str) -> &str {
    match label.strip_suffix(')').and_then(|rest| rest.rsplit_once(" (")) {
        Some((label, _)) if !label.trim().is_empty() => label,
        _ => label,
    }
}

/// The key of a label, without accents, case and qualifier.
fn exact_key(label: &str) -> u64 {
    xxh3_64(format!("={}", plain(unqualified(label))).as_bytes())
}

/// The keys of a label by the stems of its words; in Danish and English if its language is neither.
fn stem_keys(label: &str, language: &str) -> Vec<u64> {
    let words = words(unqualified(label));
    let main = language.split('-').next().unwrap_or_default();
    let languages: &[&str] = match main {
        "da" => &["da"],
        "en" => &["en"],
        "" | NONE => &["da", "en"],
        _ => &[],
    };
    let key = |language: &&str| {
        let stems: Vec<String> = words
            .iter()
            .map(|word| word.terms(language).into_iter().nth(1).unwrap_or_else(|| word.folded()))
            .collect();
        (!stems.is_empty()).then(|| xxh3_64(format!("{language} {}", stems.join(" ")).as_bytes()))
    };
    languages.iter().filter_map(key).collect()
}

/// The concepts of an index, and their links with its vocabulary.
#[derive(Default)]
pub(super) struct ConceptStore {
    current: RwLock<Arc<Concepts>>,
    links: Mutex<Option<Arc<ConceptLinks>>>,
}

impl ConceptStore {
    pub(super) fn set(&self, concepts: Arc<Concepts>) {
        *self.current.write() = concepts;
    }

    pub(super) fn current(&self) -> Arc<Concepts> {
        self.current.read().clone()
    }

    /// The links of the concepts with the vocabulary's values; they are made again after either has changed.
    fn links(&self, vocabulary: &Vocabulary) -> Arc<ConceptLinks> {
        let concepts = self.current();
        let mut held = self.links.lock();
        match held.as_ref().filter(|links| links.is_current(&concepts, vocabulary)) {
            Some(links) => links.clone(),
            None => held.insert(Arc::new(ConceptLinks::new(&concepts, vocabulary))).clone(),
        }
    }
}

#[cfg(test)]
mod tests;
