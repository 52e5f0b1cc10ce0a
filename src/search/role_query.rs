//! Roles in queries: `engraved by Smith`, `efter Denner`.

use tantivy::Term;
use tantivy::query::{BooleanQuery, ConstScoreQuery, Query};

use super::Error;
use super::expansion::{Expander, Weighted};
use super::part::Part;
use super::roles::{CREATOR, role_term};
use super::schema::schema;
use super::search_field::SearchField;
use crate::record::words::{Word, words};

/// The score of works whose creator has the role.
const IN_ROLE: f32 = 40.0;
/// The maximum number of words of a creator's name, and of creators with one name.
const MAX_NAME: usize = 5;
const MAX_CREATORS: usize = 200;
/// The maximum number of run-together initials.
const MAX_INITIALS: usize = 4;

impl Expander<'_> {
    /// Finds words that say a role before the name of a creator who has it in some work. Works may match without these words,
    /// which become optional, but not without the role; returns what matches each role.
    pub(super) fn creator_roles(&self, parts: &mut [Part]) -> Result<Vec<Vec<Weighted>>, Error> {
        let mut roles = Vec::new();
        if !self.fields.contains(&SearchField::Name) {
            return Ok(roles);
        }
        let folded: Vec<String> = parts.iter().map(folded).collect();
        let folded: Vec<&str> = folded.iter().map(String::as_str).collect();
        let mut at = 0;
        while at < parts.len() {
            let leading = self.snapshot.role_phrases.leading(&folded[at..]);
            let found = match leading {
                None => None,
                Some((count, values)) => {
                    let named = &parts[at + count..];
                    self.in_role(values, named)?.map(|(names, terms)| (count, names, terms))
                }
            };
            let Some((count, names, terms)) = found else {
                at += 1;
                continue;
            };
            let any = BooleanQuery::new_multiterms_query(terms);
            let any: Box<dyn Query> = Box::new(ConstScoreQuery::new(Box::new(any), 1.0));
            let mut ways = vec![(any, IN_ROLE)];
            // Titles and inscriptions may say it in these words.
            let said = parts[at..at + count + names].iter().flat_map(|part| &part.words).enumerate();
            let said: Vec<Word> =
                said.map(|(position, word)| Word { written: word.written.clone(), position }).collect();
            self.phrase(&said, &mut ways)?;
            roles.push(ways);
            parts[at..at + count].iter_mut().for_each(|part| part.optional = true);
            at += count + names;
        }
        Ok(roles)
    }

    /// How many of the first parts, the most possible, name a creator who has one of these roles, and the terms of their
    /// works.
    fn in_role(&self, roles: &[Box<str>], parts: &[Part]) -> Result<Option<(usize, Vec<Term>)>, Error> {
        let may_name = |part: &&Part| {
            part.creator.is_some() || part.quoted && !part.without || part.is_single() && !part.exact
        };
        let longest = parts.iter().take(MAX_NAME).take_while(may_name).count();
        for count in (1..=longest).rev() {
            let name: Vec<String> = parts[..count].iter().flat_map(name_of).collect();
            let mut terms = Vec::new();
            for creator in self.creators_named(&name) {
                for role in roles {
                    let term = Term::from_field_text(schema().1.any_case, &role_term(&creator, role));
                    if self.snapshot.searcher.doc_freq(&term)? > 0 {
                        terms.push(term);
                    }
                }
            }
            if !terms.is_empty() {
                return Ok(Some((count, terms)));
            }
        }
        Ok(None)
    }

    /// The creators, as facet values, whose names have all these folded words or initials.
    fn creators_named(&self, name: &[String]) -> Vec<String> {
        let Some(longest) = name.iter().max_by_key(|word| word.chars().count()) else { return Vec::new() };
        if longest.chars().count() < 2 || Word::new(longest).is_stop_word() {
            return Vec::new();
        }
        let numbers = self.snapshot.labels.values_starting_with(longest);
        let vocabulary = self.snapshot.vocabulary();
        let has_name = |label: &str| {
            let own: Vec<String> = words(label).iter().map(|word| word.folded()).collect();
            let has_initial = |letter: char| own.iter().any(|known| known.starts_with(letter));
            own.contains(longest)
                && name.iter().all(|word| {
                    let is_short = word.chars().count() <= MAX_INITIALS;
                    own.contains(word) || is_short && word != longest && word.chars().all(has_initial)
                })
        };
        let values = numbers.into_iter().filter_map(|number| vocabulary.value(number));
        let creators = values
            .filter(|value| value.scheme == CREATOR && value.label.iter().any(|(_, label)| has_name(label)));
        creators.take(MAX_CREATORS).map(|value| value.value.clone()).collect()
    }
}

/// The word of a part, if it can be part of a phrase.
fn folded(part: &Part) -> String {
    match part.words.as_slice() {
        [word] if part.is_single() => word.folded(),
        _ => String::new(),
    }
}

/// The words of a name, as corrected.
fn name_of(part: &Part) -> Vec<String> {
    match &part.creator {
        Some(name) => name.split(' ').map(str::to_owned).collect(),
        None => part.words.iter().map(Word::folded).collect(),
    }
}
