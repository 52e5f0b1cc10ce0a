//! The parts of a query: words and phrases, with what they name.

use super::kinds::Kind;
use super::object_numbers::NumberKey;
use super::period::Years;
use crate::record::words::Word;

/// What the words after a preposition name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Role {
    /// Anything.
    #[default]
    Any,
    /// A creator, if there is one of this name: Danish `af` is both `by` and `of`.
    Creator,
    /// What a work shows: not its creator.
    Subject,
}

/// A part of a query.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Part {
    /// Its words; several words are a phrase.
    pub words: Vec<Word>,
    /// Whether works that contain it are excluded.
    pub without: bool,
    /// Whether it also matches words with this prefix.
    pub begins: bool,
    /// Whether its words must be adjacent.
    pub quoted: bool,
    /// The index of the whitespace-separated token from which it comes.
    pub token: usize,
    /// Whether the token contains digits: numbers and dates are never corrected.
    pub exact: bool,
    /// The key of an object number, or of its prefix.
    pub number: Option<NumberKey>,
    /// The years of a period.
    pub years: Option<Years>,
    /// What it names, by the preposition before it.
    pub role: Role,
    /// Whether works may match without it.
    pub optional: bool,
    /// The name of a creator that is near its words, if no creator has these.
    pub creator: Option<String>,
}

impl Part {
    /// Whether it is a plain word, which can be part of a phrase or an object number.
    pub(super) fn is_single(&self) -> bool {
        let is_special = self.years.is_some() || self.number.is_some() || self.creator.is_some();
        !self.quoted && !self.without && !self.begins && !is_special
    }

    /// The kind of work that it names.
    pub(super) fn kind(&self) -> Option<&'static Kind> {
        match self.words.as_slice() {
            [word] if self.is_single() => Kind::of(word),
            _ => None,
        }
    }

    /// Whether works may match without it, as it is a preposition, or names any work.
    pub(super) fn is_optional(&self) -> bool {
        self.optional || self.kind().is_some_and(Kind::is_any)
    }

    pub(super) fn written(&self) -> String {
        let words: Vec<&str> = self.words.iter().map(|word| word.written.as_str()).collect();
        match self.quoted {
            false => words.join(" "),
            true => format!("\"{}\"", words.join(" ")),
        }
    }
}
