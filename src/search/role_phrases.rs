//! Words by which queries say the role of a creator: `engraved by`, `efter`.

use std::collections::HashMap;

use super::schema::ROLE;
use super::vocabulary::Vocabulary;
use crate::presentation::creator_roles::CreatorRole;
use crate::record::slug;
use crate::record::words::words;

/// The maximum number of words of a role in a query.
const MAX_WORDS: usize = 4;

/// What queries say before the names of creators, and the roles that they mean.
pub(super) struct RolePhrases {
    /// Facet values by phrases in folded words.
    phrases: HashMap<String, Vec<Box<str>>>,
    /// The version of the vocabulary from which they were read.
    version: u64,
}

impl RolePhrases {
    /// The phrases for the roles in the vocabulary: those of the table, and labels of several words.
    pub(super) fn new(vocabulary: &Vocabulary) -> Self {
        let mut phrases: HashMap<String, Vec<Box<str>>> = HashMap::new();
        let used = || vocabulary.numbers_of(ROLE).iter().filter_map(|&number| vocabulary.value(number));
        let mut add = |phrase: &str, value: &str| {
            let values = phrases.entry(key(phrase)).or_default();
            if !values.iter().any(|known| **known == *value) {
                values.push(value.into());
            }
        };
        for role in used() {
            for (_, label) in role.label.iter() {
                let own = words(label);
                if (2..=MAX_WORDS).contains(&own.len())
                    && own.first().is_some_and(|word| !word.is_stop_word())
                {
                    add(label, &role.value);
                }
            }
        }
        for known in CreatorRole::all().iter().filter(|known| !known.phrases.is_empty()) {
            // `prints after` is also said as `after`.
            let names: Vec<String> = known.names.iter().map(|name| key(name)).collect();
            let names: Vec<&str> =
                names.iter().map(String::as_str).filter(|name| !name.contains(' ')).collect();
            for role in used() {
                let is_named = role.value == slug(known.label.en)
                    || role.label.iter().any(|(_, label)| {
                        words(label).iter().any(|word| names.contains(&word.folded().as_str()))
                    });
                if is_named {
                    known.phrases.iter().for_each(|phrase| add(phrase, &role.value));
                }
            }
        }
        Self { phrases, version: vocabulary.version() }
    }

    /// Whether the vocabulary is unchanged.
    pub(super) fn is_current(&self, vocabulary: &Vocabulary) -> bool {
        self.version == vocabulary.version()
    }

    /// How many of the first words, the most possible, say a role, and the facet values of that role.
    pub(super) fn leading(&self, folded: &[&str]) -> Option<(usize, &[Box<str>])> {
        let longest = folded.len().min(MAX_WORDS);
        (1..=longest).rev().find_map(|count| {
            let roles = self.phrases.get(&folded[..count].join(" "))?;
            Some((count, roles.as_slice()))
        })
    }
}

fn key(phrase: &str) -> String {
    let words: Vec<String> = words(phrase).iter().map(|word| word.folded()).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::schema::joined;

    #[test]
    fn phrases_mean_the_roles_of_the_vocabulary() {
        let mut vocabulary = Vocabulary::default();
        for (value, label) in [
            ("after", r#"{"en":["after"],"da":["efter"]}"#),
            ("prints-after", r#"{"none":["prints after"]}"#),
            ("manner-of", r#"{"none":["manner of"]}"#),
            ("with", r#"{"none":["with"]}"#),
            ("and-a-pupil", r#"{"none":["and a pupil"]}"#),
            ("engraver-and-printer", r#"{"none":["engraver and printer"]}"#),
        ] {
            vocabulary.state(&joined(&[ROLE, value, value, label]));
        }
        let phrases = RolePhrases::new(&vocabulary);
        for (typed, expected) in [
            ("after turner", Some((1, vec!["after", "prints-after"]))),
            ("efter turner", Some((1, vec!["after", "prints-after"]))),
            ("prints after turner", Some((2, vec!["prints-after"]))),
            ("manner of cozens", Some((2, vec!["manner-of"]))),
            ("engraved by smith", Some((2, vec!["engraver-and-printer"]))),
            ("trykt af smith", Some((2, vec!["engraver-and-printer"]))),
            ("published by smith", None),
            ("with turner", None),
            ("and a pupil", None),
        ] {
            let typed: Vec<&str> = typed.split(' ').collect();
            let found = phrases.leading(&typed);
            let found =
                found.map(|(count, roles)| (count, roles.iter().map(|role| &**role).collect::<Vec<_>>()));
            assert_eq!(found, expected, "{typed:?}");
        }
    }
}
