//! The vocabulary: numbers for all facet values, and their labels.

use std::collections::HashMap;

use serde::Serialize;

use super::schema::{SEPARATOR, joined};
use crate::record::Text;

/// A facet value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct FacetValue {
    /// `creator`, `subject`, `period`…
    pub scheme: String,
    /// The value in filters and URLs.
    pub value: String,
    /// The label, by language.
    pub label: Text,
    /// The sort key.
    #[serde(skip)]
    pub sort: String,
    /// The sort name of a person: `Ancher, Anna`.
    #[serde(skip)]
    pub inverted: Option<String>,
}

/// All facet values since the server started. Their numbers never change.
#[derive(Default)]
pub(crate) struct Vocabulary {
    numbers: HashMap<Box<str>, u32>,
    values: Vec<FacetValue>,
    schemes: HashMap<String, Vec<u32>>,
    /// Incremented with every new value or label.
    version: u64,
}

impl Vocabulary {
    /// The number of a facet value, by its index term; assigns one if it has none.
    pub(crate) fn number(&mut self, term: &str) -> u32 {
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

    /// Adds a label from a term of `scheme`, `value`, sort key, label and sort name.
    pub(crate) fn add_label(&mut self, label_term: &str) {
        let mut parts = label_term.splitn(5, SEPARATOR);
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
        // A value without a label is its own label.
        match term.label == Text::plain(value) {
            true => {
                term.label = label;
                term.sort = sort.to_owned();
            }
            false => {
                for (language, name) in label.iter() {
                    // `Blue` equals `blue`.
                    let same = |(known, label): (&str, &str)| {
                        known == language && label.to_lowercase() == name.to_lowercase()
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

    /// Changes with every new value or label.
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    /// The number of a value.
    pub(crate) fn find(&self, scheme: &str, value: &str) -> Option<u32> {
        self.numbers.get(joined(&[scheme, value]).as_str()).copied()
    }

    pub(crate) fn value(&self, number: u32) -> Option<&FacetValue> {
        self.values.get(number as usize)
    }

    pub(crate) fn values(&self) -> &[FacetValue] {
        &self.values
    }

    /// The numbers of a scheme's values.
    pub(crate) fn numbers_of(&self, scheme: &str) -> &[u32] {
        self.schemes.get(scheme).map_or(&[], Vec::as_slice)
    }

    /// All schemes, in alphabetical order.
    pub(crate) fn schemes(&self) -> Vec<&str> {
        let mut schemes: Vec<&str> = self.schemes.keys().map(String::as_str).collect();
        schemes.sort_unstable();
        schemes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_keeps_its_number_and_collects_labels() {
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
