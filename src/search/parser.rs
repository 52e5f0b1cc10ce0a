//! Parses what was typed: words, phrases in quotation marks, exclusions, beginnings of words, periods.

use super::analysis::{Word, words};
use super::period::{self, Years};
use crate::iiif::Invalid;

/// The longest text that is searched for, in characters.
pub const MAX_QUERY_CHARS: usize = 512;
/// Words of one query that are looked for, at most.
const MAX_WORDS: usize = 32;

/// A word that stands for its continuations has at least this many letters.
const MIN_PREFIX: usize = 2;
/// Words of one query that stand for their continuations, at most.
const MAX_PREFIXES: usize = 3;
/// An object number is typed as at most this many words between spaces; those before its digits are short.
const NUMBER_WORDS: usize = 4;
const NUMBER_LETTERS: usize = 4;

/// A part of what was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// Several words are a phrase.
    pub words: Vec<Word>,
    /// Works that have it are left out.
    pub without: bool,
    /// Words that begin like it count, too.
    pub begins: bool,
    /// Its words stand side by side.
    pub quoted: bool,
    /// Which of the words between spaces it comes from.
    pub token: usize,
    /// Whether that has digits in it: no part of a number or a date is a misspelled word.
    pub exact: bool,
    /// The key of object numbers that it may be the whole or the beginning of.
    pub number: Option<String>,
    /// The years that it means.
    pub years: Option<Years>,
}

impl Part {
    /// Whether it is a word like others, which may mean something together with its neighbours.
    pub fn is_single(&self) -> bool {
        !self.quoted && !self.without && !self.begins && self.years.is_none() && self.number.is_none()
    }

    pub fn written(&self) -> String {
        let words: Vec<&str> = self.words.iter().map(|word| word.written.as_str()).collect();
        match self.quoted {
            false => words.join(" "),
            true => format!("\"{}\"", words.join(" ")),
        }
    }
}

/// Words, phrases in quotation marks, `-` before what is not wanted, `*` behind a beginning.
pub fn parts(q: &str) -> Result<Vec<Part>, Invalid> {
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
        let mut said = piece.split_whitespace().peekable();
        while let Some(token) = said.next() {
            tokens += 1;
            let century = said.peek().and_then(|next| period::words(token, next)).is_some();
            let next = said.next_if(|_| century);
            parts.extend(unquoted(token, next, tokens));
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
    Ok(parts)
}

/// The parts of what stands between two spaces, together with the next where both are a period such as `18th century`.
/// A word with signs in it is several words, as it is in the index.
fn unquoted(token: &str, next: Option<&str>, number: usize) -> Vec<Part> {
    let without = token.starts_with('-') && token.len() > 1;
    let plain = token.trim_start_matches('-');
    let hyphened = || plain.split_once('-').and_then(|(first, second)| period::words(first, second));
    let years = match next {
        Some(next) => period::words(plain, next),
        None => period::word(plain).or_else(hyphened),
    };
    let part = Part { without, years, token: number, ..Part::default() };
    if years.is_some() {
        let mut words = words(token);
        words.extend(next.into_iter().flat_map(super::analysis::words));
        return vec![Part { words, exact: true, ..part }];
    }
    let exact = token.chars().any(char::is_numeric);
    let mut several = words(token);
    // The ending of `90'erne` says nothing of its own.
    let digits = |word: &Word| word.written.bytes().all(|b| b.is_ascii_digit());
    if let [number, ending] = several.as_slice()
        && digits(number)
        && period::is_ending(&ending.written)
    {
        several.truncate(1);
    }
    let last = several.len();
    let each = several.into_iter().enumerate().map(|(at, mut word)| {
        word.place = 0;
        let begins = at + 1 == last && token.ends_with('*');
        Part { words: vec![word], begins, exact, ..part.clone() }
    });
    each.collect()
}

/// «Head of a girl» is a head and a girl; «of» alone is a word like others.
pub fn meaningful(mut parts: Vec<Part>) -> Vec<Part> {
    let says = |part: &Part| part.quoted || part.exact || !part.words.iter().all(Word::is_common);
    if parts.iter().any(|part| says(part) && !part.without) {
        parts.retain(says);
    }
    parts
}

/// How many of the first parts may be an object number together, the most first: whole words between spaces, with a digit
/// in the last of them.
pub fn candidates(parts: &[Part]) -> Vec<usize> {
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

    fn written(q: &str) -> Vec<String> {
        let sign = |part: &Part| match (part.without, part.begins) {
            (true, _) => "-",
            (_, true) => "*",
            _ => "",
        };
        meaningful(parts(q).unwrap()).iter().map(|part| format!("{}{}", sign(part), part.written())).collect()
    }

    #[test]
    fn what_is_typed_is_taken_apart() {
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
            ("90'erne", vec!["90"]),
            ("18th century horse", vec!["18th century", "horse"]),
            ("det 18. århundrede", vec!["18 århundrede"]),
            ("18th-century horse", vec!["18th century", "horse"]),
            ("-1790s horse", vec!["-1790s", "horse"]),
        ] {
            assert_eq!(written(typed), expected, "{typed}");
        }
    }

    #[test]
    fn numbers_are_whole_words_with_a_digit_at_the_end() {
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
            assert_eq!(candidates(&parts(typed).unwrap()), expected, "{typed}");
        }
    }

    #[test]
    fn too_much_is_refused() {
        assert!(parts(&"a".repeat(MAX_QUERY_CHARS + 1)).is_err());
        assert!(parts(&"ø".repeat(MAX_QUERY_CHARS)).is_ok());
        assert_eq!(parts(&"xy ".repeat(MAX_WORDS + 9)).unwrap().len(), MAX_WORDS);
    }
}
