//! The facet values that each concept has, with those of narrower concepts.

use std::collections::{HashMap, HashSet};

use super::Concepts;
use crate::search::vocabulary::{FacetValue, Vocabulary};

/// The schemes whose values are not terms.
pub(super) const NOT_TERMS: [&str; 10] = [
    "creator",
    "period",
    "collection",
    "department",
    "location",
    "exhibition",
    "rights",
    "role",
    "gender",
    "colour",
];
/// The maximum number of concepts above a value.
const MAX_ABOVE: usize = 1000;

/// The links of concepts with a vocabulary.
pub(super) struct ConceptLinks {
    /// The values of each concept and of those below it.
    values: HashMap<u32, Vec<u32>>,
    concepts: u64,
    vocabulary: u64,
}

impl ConceptLinks {
    pub(super) fn new(concepts: &Concepts, vocabulary: &Vocabulary) -> Self {
        let mut values: HashMap<u32, Vec<u32>> = HashMap::new();
        if !concepts.concepts.is_empty() {
            for (number, value) in (0u32..).zip(vocabulary.values()) {
                for concept in above(concepts, own(concepts, value)) {
                    values.entry(concept).or_default().push(number);
                }
            }
        }
        Self { values, concepts: concepts.version, vocabulary: vocabulary.version() }
    }

    pub(super) fn is_current(&self, concepts: &Concepts, vocabulary: &Vocabulary) -> bool {
        self.concepts == concepts.version && self.vocabulary == vocabulary.version()
    }

    /// The values of a concept and of those below it.
    pub(super) fn values(&self, concept: u32) -> &[u32] {
        self.values.get(&concept).map_or(&[], Vec::as_slice)
    }
}

/// The concepts of a value: the one whose URI it has, otherwise those with its labels.
fn own(concepts: &Concepts, value: &FacetValue) -> Vec<u32> {
    if NOT_TERMS.contains(&value.scheme.as_str()) {
        return Vec::new();
    }
    if let Some(&concept) = concepts.ids.get(&value.value) {
        return vec![concept];
    }
    value.label.iter().flat_map(|(language, label)| concepts.meaning(label, language)).collect()
}

/// These concepts and all above them. A concept counts once, so cycles end.
fn above(concepts: &Concepts, own: Vec<u32>) -> HashSet<u32> {
    let (mut found, mut waiting): (HashSet<u32>, Vec<u32>) = (HashSet::new(), own);
    while let Some(place) = waiting.pop() {
        if found.len() >= MAX_ABOVE || !found.insert(place) {
            continue;
        }
        if let Some(concept) = concepts.get(place) {
            waiting.extend(concept.broader.iter().chain(&concept.same));
        }
    }
    found
}
