//! The values of all facets, by number: what is counted, and what it is called.

use std::collections::HashMap;
use std::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

use serde::Serialize;

use super::schema::{SEPARATOR, joined};
use crate::record::Text;

/// A value of a facet: a shelf that works stand on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FacetValue {
    /// `creator`, `subject`, `period`…
    pub scheme: String,
    /// Its name in filters and addresses.
    pub value: String,
    /// Its words by language.
    pub label: Text,
    /// What its neighbours are sorted by.
    #[serde(skip)]
    pub sort: String,
    /// A person's name as it is sorted: `Ancher, Anna`.
    #[serde(skip)]
    pub inverted: Option<String>,
}

/// All values that have been met; their numbers stay as long as the server runs.
#[derive(Default)]
pub struct Vocabulary {
    numbers: HashMap<Box<str>, u32>,
    values: Vec<FacetValue>,
    schemes: HashMap<String, Vec<u32>>,
    /// Counts up with everything that is new.
    version: u64,
}

impl Vocabulary {
    /// The number of a value by its term in the index, a new one if it has none yet.
    pub fn number(&mut self, term: &str) -> u32 {
        if let Some(&number) = self.numbers.get(term) {
            return number;
        }
        let number = self.values.len() as u32;
        let (scheme, value) = term.split_once(SEPARATOR).unwrap_or((term, ""));
        let label = Text::plain(value);
        self.values.push(FacetValue {
            scheme: scheme.into(),
            value: value.into(),
            label,
            sort: value.into(),
            inverted: None,
        });
        self.schemes.entry(scheme.to_owned()).or_default().push(number);
        self.numbers.insert(term.into(), number);
        self.version += 1;
        number
    }

    /// Learns what a value is called, from `scheme`, `value`, sort key, label and sorted name.
    pub fn add_label(&mut self, called: &str) {
        let mut parts = called.splitn(5, SEPARATOR);
        let (Some(scheme), Some(value), Some(sort), Some(label)) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return;
        };
        let inverted = parts.next().filter(|name| !name.is_empty()).map(str::to_owned);
        let Ok(label) = serde_json::from_str::<Text>(label) else { return };
        let number = self.number(&joined(&[scheme, value]));
        let Some(term) = self.values.get_mut(number as usize) else { return };
        term.inverted = term.inverted.take().or(inverted);
        let before = term.label.clone();
        // Before it was called anything, it was called by its value.
        match term.label == Text::plain(value) {
            true => {
                term.label = label;
                term.sort = sort.to_owned();
            }
            false => {
                for (language, name) in label.iter() {
                    // `Blue` is `blue`.
                    let same = |(known, told): (&str, &str)| {
                        known == language && told.to_lowercase() == name.to_lowercase()
                    };
                    if !term.label.iter().any(same) {
                        term.label.add(language, name);
                    }
                }
            }
        }
        if term.label != before {
            self.version += 1;
        }
    }

    /// Changes whenever a value or a name is new.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The value of this name.
    pub fn find(&self, scheme: &str, value: &str) -> Option<u32> {
        self.numbers.get(joined(&[scheme, value]).as_str()).copied()
    }

    pub fn value(&self, number: u32) -> Option<&FacetValue> {
        self.values.get(number as usize)
    }

    pub fn values(&self) -> &[FacetValue] {
        &self.values
    }

    /// The numbers of a scheme's values.
    pub fn numbers_of(&self, scheme: &str) -> &[u32] {
        self.schemes.get(scheme).map_or(&[], Vec::as_slice)
    }

    /// The schemes that there are, in alphabetical order.
    pub fn schemes(&self) -> Vec<&str> {
        let mut schemes: Vec<&str> = self.schemes.keys().map(String::as_str).collect();
        schemes.sort_unstable();
        schemes
    }
}

/// To be read; what a thread that failed left locked is whole, as every change is.
pub fn read(vocabulary: &RwLock<Vocabulary>) -> RwLockReadGuard<'_, Vocabulary> {
    vocabulary.read().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// To be taught.
pub fn written(vocabulary: &RwLock<Vocabulary>) -> RwLockWriteGuard<'_, Vocabulary> {
    vocabulary.write().unwrap_or_else(|poisoned| poisoned.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_keeps_its_number_and_learns_its_names() {
        let mut vocabulary = Vocabulary::default();
        let dog = vocabulary.number(&joined(&["motif", "dog"]));
        vocabulary.add_label(&joined(&["motif", "dog", "dog", r#"{"en":["dog"]}"#]));
        vocabulary.add_label(&joined(&["motif", "dog", "dog", r#"{"da":["hund"]}"#]));
        vocabulary.add_label("nonsense");
        assert_eq!(vocabulary.find("motif", "dog"), Some(dog));
        let term = vocabulary.value(dog).unwrap();
        assert_eq!((term.label.best(&["da"]), term.label.best(&["en"])), (Some("hund"), Some("dog")));
        assert_eq!((vocabulary.numbers_of("motif"), vocabulary.schemes()), (&[dog][..], vec!["motif"]));
    }
}
