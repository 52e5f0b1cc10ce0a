//! The list of all labels with identifiers for translators, and labels in other words.

use std::collections::{BTreeMap, HashMap};

use crate::record::slug;

/// The files that define labels. The list is read from them, so that no label is written twice.
const SOURCES: [&str; 4] = [
    include_str!("labels.rs"),
    include_str!("labels/work.rs"),
    include_str!("labels/developers.rs"),
    include_str!("../../presentation/labels.rs"),
];
/// The longest identifier.
const LONGEST: usize = 60;

/// A label that can be translated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListedLabel {
    /// Its English words as an identifier: `search-the-collection`.
    pub id: String,
    pub english: &'static str,
    pub danish: String,
}

/// Labels in other words or in another language, by the English ones.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Overrides(HashMap<&'static str, &'static str>);

impl Overrides {
    /// Sets a label. Texts live as long as the server.
    pub(crate) fn add(&mut self, english: &'static str, text: String) {
        self.0.insert(english, Box::leak(text.into_boxed_str()));
    }

    /// The words that replace a label.
    pub(super) fn get(&self, english: &str) -> Option<&'static str> {
        self.0.get(english).copied()
    }
}

/// All labels, by identifier.
pub(crate) fn label_list() -> Vec<ListedLabel> {
    let mut labels: BTreeMap<String, ListedLabel> = BTreeMap::new();
    for source in SOURCES {
        // Tests are at the end.
        let (source, _) = source.split_once("#[cfg(test)]").unwrap_or((source, ""));
        for call in source.split("Label::new(").skip(1) {
            let Some((english, rest)) = literal(call) else { continue };
            let Some((danish, _)) = rest.split_once(',').and_then(|(_, rest)| literal(rest)) else {
                continue;
            };
            if labels.values().any(|known| known.english == english) {
                continue;
            }
            let id = identifier(english);
            // Labels that differ in their capitals alone are numbered.
            let numbered = (2..).map(|number| format!("{id}-{number}"));
            let free = [id.clone()].into_iter().chain(numbered).find(|id| !labels.contains_key(id));
            let id = free.unwrap_or(id);
            labels.insert(id.clone(), ListedLabel { id, english, danish: danish.to_owned() });
        }
    }
    labels.into_values().collect()
}

/// A string literal without escapes at the beginning of a text, and what follows it.
fn literal(text: &'static str) -> Option<(&'static str, &'static str)> {
    text.trim_start().strip_prefix('"')?.split_once('"').filter(|(literal, _)| !literal.contains('\\'))
}

fn identifier(english: &str) -> String {
    match english {
        "“" => return "open-quote".into(),
        "”" => return "close-quote".into(),
        _ => {}
    }
    let mut id = String::new();
    for word in slug(english)
        .split('-')
        .filter(|word| word.bytes().all(|b| b.is_ascii_alphanumeric()) && !word.is_empty())
    {
        if !id.is_empty() && id.len() + word.len() >= LONGEST {
            break;
        }
        if !id.is_empty() {
            id.push('-');
        }
        id.push_str(word);
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_label_has_an_identifier_of_its_own() {
        let labels = label_list();
        assert!(labels.len() > 150, "{}", labels.len());
        for label in &labels {
            assert!(label.id.starts_with(|c: char| c.is_ascii_alphabetic()), "{label:?}");
            assert!(!label.danish.is_empty(), "{label:?}");
        }
        let find = |id: &str| labels.iter().find(|label| label.id == id).map(|label| label.danish.as_str());
        assert_eq!(find("search-the-collection"), Some("Søg i samlingen"));
        assert_eq!(find("shown-of-total-works"), Some("{shown} af {total} værker"));
        assert_eq!(find("creators"), Some("Kunstnere"));
    }

    #[test]
    fn every_label_is_listed() {
        let labels = label_list();
        for source in SOURCES {
            let (source, _) = source.split_once("#[cfg(test)]").unwrap_or((source, ""));
            for call in source.split("Label::new(").skip(1).filter(|call| call.trim_start().starts_with('"'))
            {
                let (english, _) = literal(call).unwrap();
                assert!(labels.iter().any(|label| label.english == english), "{english}");
            }
        }
        let find = |id: &str| labels.iter().find(|label| label.id == id).map(|label| label.english);
        assert_eq!(find("see-the-whole-collection"), Some("see the whole collection"));
        assert_eq!(find("see-the-whole-collection-2"), Some("See the whole collection"));
    }
}
