//! Danish compounds, such as `blomsterstilleben`: their parts, and the words that parts form.

use super::lexicon::is_danish;
use crate::record::words::Word;

/// The minimum number of letters of the first and the last part.
const MIN_FIRST: usize = 3;
const MIN_LAST: usize = 4;
/// As above, where the language of a text is unknown: English words would be split by chance.
const MIN_FIRST_UNKNOWN: usize = 4;
const MIN_LAST_UNKNOWN: usize = 5;

/// The minimum number of letters of the parts if one is short.
const MIN_SHORT: (usize, usize) = (2, 3);

/// Letters that link the parts: `landskab-s-maleri`, `blomst-er-stilleben`.
const LINKS: [&str; 4] = ["", "s", "e", "er"];
/// Endings of a last part that the lexicon has without ending.
const ENDINGS: [&str; 11] = ["", "er", "erne", "et", "en", "e", "ne", "r", "s", "ens", "ets"];

/// The first and the last part of a compound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Compound {
    pub first: String,
    pub last: String,
}

/// All splits of a word at which both parts are long enough; the first part with and without its link. Shorter first
/// parts come first.
pub(super) fn splits(written: &str, min_first: usize, min_last: usize) -> impl Iterator<Item = Compound> {
    let letters = written.chars().count();
    let from = min_first.min(letters);
    let to = letters.saturating_sub(min_last);
    let places = written.char_indices().map(|(at, _)| at).enumerate();
    let places = places.filter(move |(at, _)| (from..=to).contains(at));
    places.flat_map(move |(_, at)| {
        let (first, last) = written.split_at(at);
        let unlinked = LINKS.iter().filter_map(move |link| first.strip_suffix(link)).chain(undoubled(first));
        let long = unlinked.filter(move |first| first.chars().count() >= min_first);
        long.map(|first| Compound { first: first.to_owned(), last: last.to_owned() })
    })
}

/// A first part without its linking `e` and the consonant that is doubled before it: `pen` of `penne-tegning`.
fn undoubled(first: &str) -> Option<&str> {
    let stem = first.strip_suffix('e')?;
    let last = stem.chars().next_back()?;
    let single = stem.strip_suffix(last)?;
    let is_consonant = last.is_ascii_alphabetic() && !"aeiouy".contains(last);
    (is_consonant && single.ends_with(last)).then_some(single)
}

/// The split whose parts are both Danish words of the lexicon, if there is one; the longest last part is preferred.
pub(super) fn split(word: &Word) -> Option<Compound> {
    known_split(&word.written, MIN_FIRST, MIN_LAST)
}

/// The split whose parts are both Danish words of the lexicon and one is short: `søstykke`, `dansepar`. Only as a last
/// resort, since short words are in many others by chance.
pub(super) fn split_short(word: &Word) -> Option<Compound> {
    let is_whole = |last: &str| is_danish(&Word::new(last).folded());
    let splits = splits(&word.written, MIN_SHORT.0, MIN_SHORT.1);
    let mut splits = splits.filter(|compound| is_first(&compound.first) && is_whole(&compound.last));
    splits.next()
}

fn known_split(written: &str, min_first: usize, min_last: usize) -> Option<Compound> {
    splits(written, min_first, min_last).find(|compound| is_last(&compound.last) && is_first(&compound.first))
}

/// Whether the lexicon has a word as the first part of compounds.
pub(super) fn is_first(first: &str) -> bool {
    is_danish(&Word::new(first).folded())
}

/// Whether the lexicon has a word as the last part of compounds, whatever its ending.
pub(super) fn is_last(last: &str) -> bool {
    let folded = Word::new(last).folded();
    let stems = ENDINGS.iter().filter_map(|ending| folded.strip_suffix(ending));
    stems.filter(|stem| stem.len() >= 3).any(is_danish)
}

/// The index terms of the parts of a Danish compound: stems only, so that phrases as written do not match them.
pub(super) fn part_terms(word: &Word, language: &str) -> Vec<String> {
    let (min_first, min_last) = match language.split('-').next().unwrap_or_default() {
        "da" | "nb" | "no" | "nn" => (MIN_FIRST, MIN_LAST),
        "" | "none" => (MIN_FIRST_UNKNOWN, MIN_LAST_UNKNOWN),
        _ => return Vec::new(),
    };
    let Some(compound) = known_split(&word.written, min_first, min_last) else { return Vec::new() };
    let parts = [compound.first, compound.last];
    parts.iter().flat_map(|part| Word::new(part).terms("da").into_iter().skip(1)).collect()
}

/// The words that two words may form.
pub(super) fn joined(first: &str, last: &str) -> impl Iterator<Item = String> {
    LINKS.iter().map(move |link| format!("{first}{link}{last}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compounds_are_split_by_the_lexicon() {
        for (word, first, last) in [
            ("bronzeskulptur", "bronze", "skulptur"),
            ("blomsterstilleben", "blomster", "stilleben"),
            ("landskabsmalerier", "landskabs", "malerier"),
            ("familieportrættet", "familie", "portrættet"),
            ("skovlandskab", "skov", "landskab"),
            ("vinterhimlen", "vinter", "himlen"),
            ("pennetegning", "pen", "tegning"),
        ] {
            let split = split(&Word::new(word));
            let same = |part: &str, expected: &str| part.starts_with(expected.trim_end_matches('s'));
            assert!(
                split.as_ref().is_some_and(|split| same(&split.first, first) && split.last == last),
                "{word}: {split:?}"
            );
        }
        for word in ["rembrandt", "ophelia", "maleri", "hest", "constable", ""] {
            assert_eq!(split(&Word::new(word)), None, "{word}");
        }
    }

    #[test]
    fn short_parts_are_whole_words() {
        for (word, first, last) in [("dansepar", "dans", "par"), ("bykort", "by", "kort")] {
            let split = split_short(&Word::new(word)).unwrap_or_else(|| panic!("{word}"));
            assert!(split.first.starts_with(first) && split.last == last, "{word}: {split:?}");
        }
        for word in ["rembrandt", "ophelia", "constable", ""] {
            assert_eq!(split_short(&Word::new(word)), None, "{word}");
        }
    }

    #[test]
    fn parts_of_compounds_are_stems() {
        let terms = part_terms(&Word::new("blomsterstillebener"), "da");
        assert!(
            terms.iter().any(|term| term == "blomst") && terms.iter().any(|term| term == "stilleben"),
            "{terms:?}"
        );
        assert!(part_terms(&Word::new("blomsterstilleben"), "en").is_empty());
        assert!(part_terms(&Word::new("husband"), "").is_empty());
    }
}
