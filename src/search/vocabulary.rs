//! The vocabulary: numbers for all facet values, and their labels.

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;
use xxhash_rust::xxh3::xxh3_64;

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

/// All facet values since the server started. Their numbers never change; their labels are what works state now.
#[derive(Default)]
pub(crate) struct Vocabulary {
    numbers: HashMap<Box<str>, u32>,
    values: Vec<FacetValue>,
    /// A hash of what works have stated about each value, by its number.
    stated: Vec<Option<u64>>,
    /// The values about which works have stated different things.
    disputed: BTreeSet<u32>,
    schemes: HashMap<String, Vec<u32>>,
    /// Incremented with every new value or label.
    version: u64,
}

/// What works state about a facet value: its label and sort names.
struct Statement {
    label: Text,
    sort: String,
    inverted: Option<String>,
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
        self.stated.push(None);
        self.schemes.entry(scheme.to_owned()).or_default().push(number);
        self.numbers.insert(term.into(), number);
        self.version += 1;
        number
    }

    /// Takes in what works state: a term of `scheme`, `value`, sort key, label and sort name. If others state something
    /// else, the value is [disputed](Self::disputed).
    pub(crate) fn state(&mut self, term: &str) {
        let Some((name, statement)) = parsed(term) else { return };
        let number = self.number(&name);
        let hash = Some(xxh3_64(term.as_bytes()));
        match self.stated.get(number as usize).copied().flatten() {
            None => {
                self.set(number, statement);
                self.stated[number as usize] = hash;
            }
            before if before != hash => {
                self.disputed.insert(number);
            }
            _ => {}
        }
    }

    /// The values about which works state or stated different things: their numbers, and how all terms about them begin.
    pub(crate) fn disputed(&self) -> Vec<(u32, String)> {
        let value = |&number: &u32| Some((number, self.values.get(number as usize)?));
        let start =
            |(number, value): (u32, &FacetValue)| (number, joined(&[&value.scheme, &value.value, ""]));
        self.disputed.iter().filter_map(value).map(start).collect()
    }

    /// Labels a disputed value by the terms of the works in the index, the most frequent first. The first one decides; the
    /// others add languages and synonyms.
    pub(crate) fn settle(&mut self, number: u32, terms: &[&str]) {
        let mut statements = terms.iter().filter_map(|term| parsed(term)).map(|(_, statement)| statement);
        let Some(mut settled) = statements.next() else { return };
        for other in statements {
            settled.inverted = settled.inverted.or(other.inverted);
            for (language, name) in other.label.iter() {
                // `Blue` equals `blue`.
                let same = |(known, label): (&str, &str)| {
                    known == language && label.to_lowercase() == name.to_lowercase()
                };
                if !settled.label.iter().any(same) {
                    settled.label.add(language, name);
                }
            }
        }
        self.set(number, settled);
        if let ([term], Some(stated)) = (terms, self.stated.get_mut(number as usize)) {
            *stated = Some(xxh3_64(term.as_bytes()));
            self.disputed.remove(&number);
        }
    }

    fn set(&mut self, number: u32, statement: Statement) {
        let Some(value) = self.values.get_mut(number as usize) else { return };
        if value.label != statement.label {
            self.version += 1;
        }
        value.label = statement.label;
        value.sort = statement.sort;
        value.inverted = statement.inverted;
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

/// The name of a value, as [`Vocabulary::number`] knows it, and what a term states about it.
fn parsed(term: &str) -> Option<(String, Statement)> {
    let mut parts = term.splitn(5, SEPARATOR);
    let name = joined(&[parts.next()?, parts.next()?]);
    let sort = parts.next()?.to_owned();
    let label = serde_json::from_str(parts.next()?).ok()?;
    let inverted = parts.next().filter(|name| !name.is_empty()).map(str::to_owned);
    Some((name, Statement { label, sort, inverted }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn term(value: &str, label: &str) -> String {
        joined(&["motif", value, value, label])
    }

    #[test]
    fn a_value_keeps_its_number_and_collects_labels() {
        let mut vocabulary = Vocabulary::default();
        let dog = vocabulary.number(&joined(&["motif", "dog"]));
        let (english, danish) = (term("dog", r#"{"en":["dog"]}"#), term("dog", r#"{"da":["hund"]}"#));
        vocabulary.state(&english);
        vocabulary.state("nonsense");
        assert!(vocabulary.disputed().is_empty());
        vocabulary.state(&danish);
        assert_eq!(vocabulary.disputed(), [(dog, joined(&["motif", "dog", ""]))]);
        vocabulary.settle(dog, &[&danish, &english]);
        assert_eq!(vocabulary.find("motif", "dog"), Some(dog));
        let value = vocabulary.value(dog).unwrap();
        assert_eq!((value.label.best(&["da"]), value.label.best(&["en"])), (Some("hund"), Some("dog")));
        assert_eq!((vocabulary.numbers_of("motif"), vocabulary.schemes()), (&[dog][..], vec!["motif"]));
    }

    #[test]
    fn labels_that_no_work_states_any_more_go() {
        let mut vocabulary = Vocabulary::default();
        let (group, named) =
            (term("1", r#"{"da":["Gruppe 1"],"en":["Group 1"]}"#), term("1", r#"{"none":["Glow"]}"#));
        vocabulary.state(&group);
        vocabulary.state(&named);
        let number = vocabulary.find("motif", "1").unwrap();
        let version = vocabulary.version();
        vocabulary.settle(number, &[&named]);
        assert_eq!(vocabulary.value(number).unwrap().label, Text::plain("Glow"));
        assert!(vocabulary.disputed().is_empty() && vocabulary.version() > version);
        // No work has the value: the label stays, for the next one.
        vocabulary.state(&group);
        vocabulary.settle(number, &[]);
        assert_eq!(vocabulary.value(number).unwrap().label, Text::plain("Glow"));
    }
}
