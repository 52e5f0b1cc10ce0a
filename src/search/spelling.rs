//! Spelling correction: words of the index within a small edit distance of the query's words.

use std::collections::HashMap;

use tantivy::Term;
use tantivy::query::FuzzyTermQuery;
use tantivy::schema::Field;

use super::Error;
use super::schema::schema;
use super::snapshot::Snapshot;
use crate::record::fold::fold;
use crate::record::words::EXACT;

/// A similar word of the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Near {
    pub word: String,
    /// The edit distance: insertions, deletions, substitutions and transpositions.
    pub distance: u8,
    /// The number of documents, summed over fields, that contain it.
    pub works: u64,
}

/// The fields whose words are candidates.
pub(super) fn word_fields() -> [Field; 3] {
    let fields = &schema().1;
    [fields.name, fields.subject, fields.text]
}

/// Spellings of one sound that differ between languages: `Ofelia` and `Ophelia`.
const SOUNDS: [(&str, &str); 9] = [
    ("f", "ph"),
    ("k", "c"),
    ("k", "ch"),
    ("kv", "qu"),
    ("ks", "x"),
    ("v", "w"),
    ("i", "y"),
    ("s", "z"),
    ("t", "th"),
];
/// Letters of other languages, and how they are spelled out: folded, as `ö`, `å` and `ø` are spelled out already.
const SPELLED_OUT: [(char, &str, &str); 2] = [('ü', "u", "ue"), ('ä', "a", "ae")];
/// The minimum number of letters of a word whose other spellings are looked up.
const MIN_SOUNDING: usize = 5;

/// A word with one of its sounds spelled in another way.
pub(super) fn sounding_alike(folded: &str) -> Vec<String> {
    if folded.len() < MIN_SOUNDING || folded.chars().any(char::is_numeric) {
        return Vec::new();
    }
    let both = SOUNDS.iter().flat_map(|&(one, other)| [(one, other), (other, one)]);
    both.filter(|(from, _)| folded.contains(from)).map(|(from, to)| folded.replace(from, to)).collect()
}

/// The other spellings of a name with umlauts, folded: `muller` for `mueller`, and `mueller` for `müller`.
pub(super) fn umlauts(written: &str) -> Vec<String> {
    let written = written.to_lowercase();
    let folded = fold(&written);
    let mut found: Vec<String> = Vec::new();
    for (letter, plain, spelled) in SPELLED_OUT {
        found.push(folded.replace(spelled, plain));
        found.push(fold(&written.replace(letter, spelled)));
    }
    found.sort_unstable();
    found.dedup();
    found.retain(|other| *other != folded);
    found
}

/// The words of the index within this edit distance, the nearest and most frequent first; with `begins`, words with
/// such a prefix. Words with digits are never corrected.
pub(super) fn near(
    snapshot: &Snapshot,
    folded: &str,
    distance: u8,
    begins: bool,
) -> Result<Vec<Near>, Error> {
    let has_digit = |word: &str| word.chars().any(char::is_numeric);
    // Unknown numbers, dates and object numbers are not misspellings: `1790s` is not `1970s`.
    if distance == 0 && !begins || distance > 0 && has_digit(folded) {
        return Ok(Vec::new());
    }
    let mut counts: HashMap<String, u64> = HashMap::new();
    for field in word_fields() {
        let term = Term::from_field_text(field, &format!("{EXACT}{folded}"));
        let query = match begins {
            true => FuzzyTermQuery::new_prefix(term, distance, true),
            false => FuzzyTermQuery::new(term, distance, true),
        };
        for (_, reader, _) in snapshot.segments() {
            let inverted = reader.inverted_index(field)?;
            let mut stream = inverted.terms().search(query.automaton()?).into_stream()?;
            while stream.advance() {
                let Some(word) =
                    std::str::from_utf8(stream.key()).ok().and_then(|key| key.strip_prefix(EXACT))
                else {
                    continue;
                };
                if distance > 0 && has_digit(word) {
                    continue;
                }
                let works = u64::from(stream.value().doc_freq);
                match counts.get_mut(word) {
                    Some(count) => *count += works,
                    None => drop(counts.insert(word.to_owned(), works)),
                }
            }
        }
    }
    let letters = folded.chars().count();
    let near = |(word, works): (String, u64)| {
        let cut: String = word.chars().take(if begins { letters } else { usize::MAX }).collect();
        let distance = strsim::osa_distance(folded, &cut).min(9) as u8;
        Near { word, distance, works }
    };
    let mut found: Vec<Near> = counts.into_iter().map(near).collect();
    // The first letter is rarely wrong.
    let first = |near: &Near| near.word.chars().next() != folded.chars().next();
    found.sort_by(|a, b| {
        let key = |near: &Near| (near.distance + u8::from(first(near)), std::cmp::Reverse(near.works));
        key(a).cmp(&key(b)).then_with(|| a.word.cmp(&b.word))
    });
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn umlauts_are_spelled_out() {
        for (word, expected) in [
            ("Mueller", &["muller"][..]),
            ("müller", &["mueller"]),
            ("Kaethe", &["kathe"]),
            ("jäger", &["jaeger"]),
            ("turner", &[]),
        ] {
            assert_eq!(umlauts(word), expected, "{word}");
        }
    }

    #[test]
    fn one_sound_is_spelled_in_another_way() {
        for (word, expected) in [("ofelia", "ophelia"), ("sfinks", "sfinx"), ("akvarium", "aquarium")] {
            assert!(sounding_alike(word).iter().any(|known| known == expected), "{word}");
        }
        assert!(sounding_alike("vin").is_empty() && sounding_alike("kms1970").is_empty());
    }
}
