//! Prepositions of a query, which say what the words after them name: `drawings of Rome by Turner`.

use super::part::{Part, Role};

/// Prepositions before creators; what follows an article is no creator: `house by the sea`.
const CREATOR: [&str; 4] = ["by", "af", "after", "efter"];
const SUBJECT: [&str; 7] = ["of", "about", "over", "depicting", "showing", "forestillende", "forestiller"];
const OTHER: [&str; 18] = [
    "at", "during", "for", "fra", "from", "hos", "i", "in", "into", "med", "mellem", "near", "on", "pa",
    "paa", "to", "ved", "with",
];
const ARTICLES: [&str; 7] = ["a", "an", "de", "den", "det", "en", "et"];
const ENGLISH_ARTICLE: &str = "the";

/// The maximum number of words of a creator after a preposition.
const MAX_NAME: usize = 4;

/// Gives the parts their roles. Prepositions between other words are optional: works may match without them.
pub(super) fn assign_roles(parts: &mut [Part]) {
    let mut role = Role::Any;
    let mut named = 0;
    let last = parts.len().saturating_sub(1);
    for (at, part) in parts.iter_mut().enumerate() {
        let word = match part.words.as_slice() {
            [word] if part.is_single() => word.folded(),
            _ => String::new(),
        };
        let word = word.as_str();
        let before = role;
        if CREATOR.contains(&word) {
            role = Role::Creator;
        } else if SUBJECT.contains(&word) {
            role = Role::Subject;
        } else if OTHER.contains(&word) {
            role = Role::Any;
        } else {
            let is_article = named == 0 && (ARTICLES.contains(&word) || word == ENGLISH_ARTICLE);
            if role == Role::Creator && (is_article && word != "de" || named == MAX_NAME) {
                role = Role::Any;
            }
            part.role = role;
            named += 1;
            continue;
        }
        named = 0;
        part.optional = at > 0 && at < last;
        if !part.optional {
            // `after dinner` begins with what it names; `passing by` ends with it.
            role = if at == 0 { role } else { before };
        }
    }
}
