//! Parses queries: words, quoted phrases, exclusions, prefixes, periods.

use super::part::Part;
use super::period;
use super::periods::Periods;
use super::prepositions::assign_roles;
use crate::iiif::Invalid;
use crate::record::words::{Word, words};

/// The maximum length of a query in characters.
pub(crate) const MAX_QUERY_CHARS: usize = 512;
/// The maximum number of words in a query; others are ignored.
const MAX_WORDS: usize = 32;

/// The minimum number of letters in a prefix.
const MIN_PREFIX: usize = 2;
/// The maximum number of prefixes in a query.
const MAX_PREFIXES: usize = 3;
/// The maximum number of words in an object number, and of letters in those of its words that have no digits.
const NUMBER_WORDS: usize = 4;
const NUMBER_LETTERS: usize = 4;

/// Splits a query into words, quoted phrases, exclusions (`-word`) and prefixes (`land*`).
///
/// # Errors
///
/// Returns an error if the query is longer than [`MAX_QUERY_CHARS`].
pub(super) fn parts(q: &str, periods: &Periods) -> Result<Vec<Part>, Invalid> {
    if q.chars().count() > MAX_QUERY_CHARS {
        return Err(Invalid::new("q", "", format!("is longer than {MAX_QUERY_CHARS} characters")));
    }
    let mut parts = Vec::new();
    let mut without = false;
    let mut tokens = 0;
    for (at, piece) in q.split(['"', '“', '”', '„', '«', '»']).enumerate() {
        if at % 2 == 1 {
            let words = words(piece);
            if !words.is_empty() {
                parts.push(Part { words, without, quoted: true, ..Part::default() });
            }
            without = false;
            continue;
        }
        let split: Vec<&str> = piece.split_whitespace().collect();
        let mut remaining = split.as_slice();
        while let Some(token) = remaining.first() {
            tokens += 1;
            let plain = token.trim_start_matches('-');
            let typed: Vec<&str> = [plain].into_iter().chain(remaining[1..].iter().copied()).collect();
            let count = match periods.leading(&typed) {
                Some((count, years)) => {
                    let without = token.starts_with('-');
                    let words = words(&typed[..count].join(" "));
                    let years = Some(years);
                    parts.push(Part { words, without, years, token: tokens, exact: true, ..Part::default() });
                    count
                }
                None => {
                    parts.extend(unquoted(token, tokens));
                    1
                }
            };
            remaining = &remaining[count..];
        }
        without = piece.ends_with('-');
    }
    let mut beginnings = 0;
    for part in parts.iter_mut().filter(|part| part.begins) {
        beginnings += 1;
        let letters = part.words.iter().map(|word| word.written.chars().count()).sum::<usize>();
        part.begins = beginnings <= MAX_PREFIXES && letters >= MIN_PREFIX;
    }
    let mut count = 0;
    parts.retain(|part: &Part| {
        count += part.words.len();
        count <= MAX_WORDS
    });
    assign_roles(&mut parts);
    Ok(parts)
}

/// The parts of a token. A token with punctuation is several words, as in the index.
fn unquoted(token: &str, number: usize) -> Vec<Part> {
    let without = token.starts_with('-') && token.len() > 1;
    let part = Part { without, token: number, ..Part::default() };
    let exact = token.chars().any(char::is_numeric);
    let mut several = words(token);
    // The ending of `90'erne` is not a word.
    let digits = |word: &Word| word.written.bytes().all(|b| b.is_ascii_digit());
    if let [number, ending] = several.as_slice()
        && digits(number)
        && period::is_ending(&ending.written)
    {
        several.truncate(1);
    }
    let last = several.len();
    let each = several.into_iter().enumerate().map(|(at, mut word)| {
        word.position = 0;
        let begins = at + 1 == last && token.ends_with('*');
        Part { words: vec![word], begins, exact, ..part.clone() }
    });
    each.collect()
}

/// Removes stop words, unless there are only stop words.
pub(super) fn without_stop_words(mut parts: Vec<Part>) -> Vec<Part> {
    let is_significant = |part: &Part| {
        part.quoted || part.exact || part.creator.is_some() || !part.words.iter().all(Word::is_stop_word)
    };
    if parts.iter().any(|part| is_significant(part) && !part.without) {
        parts.retain(is_significant);
    }
    parts
}

/// How many of the first parts may form an object number, the largest count first: whole tokens, the last with a
/// digit.
pub(super) fn candidates(parts: &[Part]) -> Vec<usize> {
    let mut counts = Vec::new();
    let mut tokens = 0;
    let run = parts.iter().take(MAX_WORDS).take_while(|part| part.is_single());
    let run: Vec<&Part> = run.collect();
    for (at, part) in run.iter().enumerate() {
        let ends = parts.get(at + 1).is_none_or(|next| next.token != part.token);
        if !ends {
            continue;
        }
        tokens += 1;
        if part.exact && part.words.iter().all(|word| word.written.chars().count() <= 40) {
            counts.push(at + 1);
        }
        let letters = part.words.iter().map(|word| word.written.chars().count()).sum::<usize>();
        if tokens == NUMBER_WORDS || !part.exact && letters > NUMBER_LETTERS {
            break;
        }
    }
    counts.reverse();
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn periods() -> Periods {
        Periods::new(&std::collections::BTreeMap::new())
    }

    fn written(q: &str) -> Vec<String> {
        let sign = |part: &Part| match (part.without, part.begins) {
            (true, _) => "-",
            (_, true) => "*",
            _ => "",
        };
        without_stop_words(parts(q, &periods()).unwrap())
            .iter()
            .map(|part| format!("{}{}", sign(part), part.written()))
            .collect()
    }

    #[test]
    fn queries_are_split_into_parts() {
        for (typed, expected) in [
            ("Head of a Girl", vec!["head", "girl"]),
            ("\"Head of a Girl\" red", vec!["\"head of a girl\"", "red"]),
            ("horse -rider", vec!["horse", "-rider"]),
            ("land*", vec!["*land"]),
            ("x* ab* cd* ef* gh*", vec!["x", "*ab", "*cd", "ef", "gh"]),
            ("KKS1982-156", vec!["kks1982", "156"]),
            ("of the", vec!["of", "the"]),
            ("  ", vec![]),
            ("\"", vec![]),
            ("-", vec![]),
            ("«blå hest»", vec!["\"blå hest\""]),
            ("1790'erne hest", vec!["1790 erne", "hest"]),
            ("90'erne", vec!["90 erne"]),
            ("18th century horse", vec!["18th century", "horse"]),
            ("det 18. århundrede", vec!["18 århundrede"]),
            ("18th-century horse", vec!["18th century", "horse"]),
            ("maleri fra guldalderen", vec!["maleri", "guldalderen"]),
            ("late 18th century -1790s", vec!["late 18th century", "-1790s"]),
            ("-1790s horse", vec!["-1790s", "horse"]),
        ] {
            assert_eq!(written(typed), expected, "{typed}");
        }
    }

    #[test]
    fn object_numbers_are_whole_tokens_and_end_with_digits() {
        for (typed, expected) in [
            ("N 00530", vec![2]),
            ("KKS1982-156/3", vec![3]),
            ("KMS1 verso", vec![1]),
            ("KKS 1982 156/3", vec![4, 2]),
            ("turner 1834", vec![]),
            ("horse", vec![]),
            ("1790s", vec![]),
            ("a 1 \"b 2\"", vec![2]),
        ] {
            assert_eq!(candidates(&parts(typed, &periods()).unwrap()), expected, "{typed}");
        }
    }

    #[test]
    fn long_queries_are_refused_and_many_words_ignored() {
        assert!(parts(&"a".repeat(MAX_QUERY_CHARS + 1), &periods()).is_err());
        assert!(parts(&"ø".repeat(MAX_QUERY_CHARS), &periods()).is_ok());
        assert_eq!(parts(&"xy ".repeat(MAX_WORDS + 9), &periods()).unwrap().len(), MAX_WORDS);
    }
}
