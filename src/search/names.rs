//! Names of creators that sound or are written almost like a query's words: `van dyke` is near `Van Dyck`.

use std::collections::HashMap;

use super::edit_distance::max_distance;
use super::vocabulary::Vocabulary;
use crate::record::fold::fold;
use crate::record::words::words;

/// The maximum number of words of a name, and of names.
const MAX_WORDS: usize = 8;
const MAX_NAMES: usize = 300_000;
/// The minimum number of letters of a name without vowels and spaces.
const MIN_LETTERS: usize = 4;

/// The names of all creators from each of their words to the end, by their consonants.
pub(super) struct Names {
    names: HashMap<Box<str>, Vec<Name>>,
    /// The version of the vocabulary from which they were read.
    version: u64,
}

/// A name, or its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    /// Its words, folded and separated by spaces.
    pub words: Box<str>,
    /// Its [`sound`].
    sound: Box<str>,
    /// The number of the creator.
    pub number: u32,
}

impl Names {
    pub(super) fn new(vocabulary: &Vocabulary) -> Self {
        let mut names: HashMap<Box<str>, Vec<Name>> = HashMap::new();
        let mut count = 0;
        for &number in vocabulary.numbers_of("creator") {
            let Some(value) = vocabulary.value(number) else { continue };
            for (_, label) in value.label.iter() {
                let own = words(&in_order(label));
                let own: Vec<String> = own.iter().take(MAX_WORDS).map(|word| word.folded()).collect();
                for from in 0..own.len() {
                    let end = own[from..].join(" ");
                    let sound = sound(&end);
                    if sound.len() < MIN_LETTERS || count >= MAX_NAMES {
                        break;
                    }
                    let same = names.entry(consonants(&sound).into()).or_default();
                    if !same.iter().any(|name| *name.words == *end && name.number == number) {
                        same.push(Name { words: end.into(), sound: sound.into(), number });
                        count += 1;
                    }
                }
            }
        }
        Self { names, version: vocabulary.version() }
    }

    /// Whether the vocabulary is unchanged.
    pub(super) fn is_current(&self, vocabulary: &Vocabulary) -> bool {
        self.version == vocabulary.version()
    }

    /// Whether a name ends with these words.
    pub(super) fn has(&self, typed: &str) -> bool {
        let key = consonants(&sound(typed));
        self.names.get(key.as_str()).into_iter().flatten().any(|name| *name.words == *typed)
    }

    /// The name that is nearest to these words among those that are near enough; of several, that of the creator with
    /// most works. With `strict`, only names that sound alike.
    pub(super) fn near(&self, typed: &str, strict: bool, works: impl Fn(u32) -> u64) -> Option<&Name> {
        let typed = sound(typed);
        let most = if strict { 0 } else { max_distance(typed.chars().count()) };
        let near = self.names.get(consonants(&typed).as_str()).into_iter().flatten().filter_map(|name| {
            let distance = strsim::osa_distance(&typed, &name.sound);
            let works = works(name.number);
            (distance <= usize::from(most) && works > 0).then_some((distance, std::cmp::Reverse(works), name))
        });
        near.min_by_key(|&(distance, works, _)| (distance, works)).map(|(.., name)| name)
    }
}

/// Converts `Ancher, Anna` to `Anna Ancher`.
fn in_order(name: &str) -> String {
    match name.split_once(", ") {
        Some((last, first)) if !first.contains(',') => format!("{first} {last}"),
        _ => name.to_owned(),
    }
}

/// The letters of a name, spelled in one way where spellings of the same sound differ.
fn sound(name: &str) -> String {
    let folded = fold(name);
    let letters: Vec<char> = folded.chars().filter(|c| c.is_alphabetic()).collect();
    let mut sound = String::with_capacity(letters.len());
    let mut at = 0;
    while let Some(&letter) = letters.get(at) {
        let next = letters.get(at + 1).copied();
        let before = sound.chars().next_back();
        let (spelled, length) = match (letter, next) {
            // `Gainsborow`, `Lowry`
            ('w', next) if before.is_some_and(is_vowel) && !next.is_some_and(is_vowel) => ("u", 1),
            // `Goch`
            ('c', Some('h')) if before.is_some_and(is_vowel) && letters.len() == at + 2 => ("g", 2),
            ('p', Some('h')) => ("f", 2),
            ('c', Some('k')) => ("k", 2),
            ('c', Some('h')) => ("k", 2),
            ('c', Some('e' | 'i' | 'y')) => ("s", 1),
            ('d', Some('t')) | ('t', Some('h')) => ("t", 2),
            ('g', Some('h')) => ("g", 2),
            ('a', Some('e')) => ("e", 2),
            ('c' | 'q', _) => ("k", 1),
            ('x', _) => ("ks", 1),
            ('z', _) => ("s", 1),
            ('w', _) => ("v", 1),
            ('y' | 'j', _) => ("i", 1),
            _ => ("", 1),
        };
        at += length;
        if !spelled.is_empty() {
            if !(spelled.len() == 1 && before == spelled.chars().next()) {
                sound.push_str(spelled);
            }
        } else if before != Some(letter) && (letter != 'h' || before.is_none_or(is_vowel)) {
            sound.push(letter);
        }
    }
    if sound.len() > MIN_LETTERS && sound.ends_with('e') {
        sound.pop();
    }
    sound
}

fn is_vowel(c: char) -> bool {
    matches!(c, 'a' | 'e' | 'i' | 'o' | 'u')
}

/// A sound without vowels, except at its beginning, and without letters that are often silent at its end.
fn consonants(sound: &str) -> String {
    let first = sound.chars().next().filter(|c| is_vowel(*c)).map(|_| 'a');
    let rest = sound.chars().filter(|c| !is_vowel(*c) && *c != 'h');
    // `Gogh` is also spelled `Gok`.
    let alike = rest.map(|c| if c == 'k' { 'g' } else { c });
    let mut consonants: String = first.into_iter().chain(alike).collect();
    if consonants.len() > 3 && consonants.ends_with('g') {
        consonants.pop();
    }
    let mut single: Vec<char> = consonants.chars().collect();
    single.dedup();
    single.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::schema::joined;

    #[test]
    fn spellings_of_a_name_are_near() {
        let mut vocabulary = Vocabulary::default();
        for (value, label) in [
            ("1", "Sir Anthony Van Dyck"),
            ("2", "John Singer Sargent"),
            ("3", "Thomas Gainsborough"),
            ("4", "Pieter Bruegel"),
            ("5", "Købke, Christen"),
            ("6", "Georgia O’Keeffe"),
            ("7", "Ford Madox Brown"),
            ("8", "Vincent van Gogh"),
        ] {
            let label = serde_json::json!({"none": [label]}).to_string();
            vocabulary.state(&joined(&["creator", value, value, &label]));
        }
        let names = Names::new(&vocabulary);
        let near =
            |typed: &str, strict: bool| names.near(typed, strict, |_| 1).map(|name| name.words.to_string());
        for (typed, expected) in [
            ("van dyke", "van dyck"),
            ("vandyck", "van dyck"),
            ("anthony vandyke", "anthony van dyck"),
            ("john singer sergeant", "john singer sargent"),
            ("gainsboro", "gainsborough"),
            ("gainsborow", "gainsborough"),
            ("van gouch", "van gogh"),
            ("van goch", "van gogh"),
            ("van gok", "van gogh"),
            ("brueghel", "bruegel"),
            ("breugel", "bruegel"),
            ("christen kobke", "christen kobke"),
            ("okeeffe", "o keeffe"),
            ("ford maddox brown", "ford madox brown"),
        ] {
            assert_eq!(near(typed, false).as_deref(), Some(expected), "{typed}");
        }
        assert_eq!(near("van dyke", true).as_deref(), Some("van dyck"));
        for typed in ["red house", "horse", "van", "brown dog", ""] {
            assert_eq!(near(typed, false), None, "{typed}");
        }
    }
}
