//! What somebody who is still typing may mean: values of facets, titles, object numbers.

use tantivy::Term;
use tantivy::columnar::StrColumn;
use tantivy::{DocAddress, DocSet};

use super::Error;
use super::entry::beginning;
use super::schema::schema;
use super::snapshot::Snapshot;
use super::spelling::{forgiven, near};
use super::vocabulary::Vocabulary;
use crate::record::Text;
use crate::record::fold::fold;

/// Nobody types these.
const UNSPOKEN: [&str; 1] = ["period"];
/// A beginning that so many values share is told by the first of them.
const MOST_LOOKED_AT: usize = 20_000;

/// The words of all values' labels, in alphabetical order from each word's beginning on.
pub struct Suggestions {
    /// Folded labels with their values' numbers.
    labels: Vec<(Box<str>, u32)>,
    /// Places in labels where a word begins: the label's, the byte's.
    starts: Vec<(u32, u16)>,
    /// How many values it was made of.
    known: usize,
}

/// A completion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Suggestion {
    /// A value of a facet, by its number, and how many works have it.
    Value { number: u32, works: u64 },
    /// A work, by its object number and title.
    Work { object_number: String, title: Text },
}

impl Suggestions {
    pub(super) fn new(vocabulary: &Vocabulary) -> Self {
        let mut labels: Vec<(Box<str>, u32)> = Vec::new();
        let mut starts = Vec::new();
        for (number, term) in vocabulary.terms().iter().enumerate() {
            let mut own: Vec<String> = term.label.iter().map(|(_, label)| plain(label)).collect();
            own.sort_unstable();
            own.dedup();
            for label in own {
                let at = labels.len() as u32;
                let mut begins = true;
                for (byte, c) in label.char_indices() {
                    if begins && c != ' ' && byte < 500 {
                        starts.push((at, byte as u16));
                    }
                    begins = c == ' ';
                }
                labels.push((label.into_boxed_str(), number as u32));
            }
        }
        let text =
            |&(label, byte): &(u32, u16)| labels[label as usize].0.get(usize::from(byte)..).unwrap_or("");
        starts.sort_unstable_by(|a, b| text(a).cmp(text(b)));
        Self { labels, starts, known: vocabulary.terms().len() }
    }

    /// Whether it was made of this many values.
    pub(super) fn knows(&self, values: usize) -> bool {
        self.known == values
    }

    fn text(&self, (label, byte): (u32, u16)) -> &str {
        self.labels.get(label as usize).and_then(|(label, _)| label.get(usize::from(byte)..)).unwrap_or("")
    }

    /// The places where this beginning is found.
    fn begin(&self, typed: &str) -> &[(u32, u16)] {
        let from = self.starts.partition_point(|&start| self.text(start) < typed);
        let count = self.starts[from..].partition_point(|&start| self.text(start).starts_with(typed));
        &self.starts[from..from + count.min(MOST_LOOKED_AT)]
    }

    /// The values that have a word which begins so.
    pub(super) fn beginning(&self, typed: &str) -> Vec<u32> {
        let found = self.begin(&plain(typed)).iter();
        let mut numbers: Vec<u32> =
            found.filter_map(|&(at, _)| self.labels.get(at as usize).map(|(_, number)| *number)).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    /// The values that are called just so.
    pub(super) fn called(&self, label: &str) -> Vec<u32> {
        let label = plain(label);
        let found = self.begin(&label).iter().filter(|&&start| start.1 == 0 && self.text(start) == label);
        found.filter_map(|&(at, _)| self.labels.get(at as usize).map(|(_, number)| *number)).collect()
    }
}

/// A label without accents and signs, its words apart by single spaces.
fn plain(label: &str) -> String {
    let folded = fold(label);
    let words: Vec<&str> =
        folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

impl Snapshot {
    /// What may be meant by a beginning, the most frequent first; of each kind some.
    pub fn suggest(&self, typed: &str, limit: usize) -> Result<Vec<Suggestion>, Error> {
        let beginning = plain(typed);
        if beginning.is_empty() {
            return Ok(Vec::new());
        }
        let mut found = self.values(&beginning, limit);
        if found.is_empty() {
            // The last word may hold a slip.
            let (before, last) = beginning.rsplit_once(' ').unwrap_or(("", &beginning));
            for near in near(self, last, forgiven(last.chars().count()).min(1), true)?.iter().take(3) {
                let meant = format!("{before} {}", near.word);
                found.extend(self.values(meant.trim(), limit));
            }
        }
        // Some of the room is for works, whatever else there is.
        let room = (limit / 3).max(limit.saturating_sub(found.len()));
        let works = self.beginning_works(typed, room)?;
        found.truncate(limit - works.len());
        found.extend(works);
        Ok(found)
    }

    fn values(&self, beginning: &str, limit: usize) -> Vec<Suggestion> {
        let vocabulary = self.vocabulary();
        let mut numbers: Vec<(u64, bool, u32)> = Vec::new();
        for &(label, byte) in self.suggestions.begin(beginning) {
            let Some((_, number)) = self.suggestions.labels.get(label as usize) else { continue };
            let works = self.total(*number);
            if works > 0 {
                numbers.push((works, byte == 0, *number));
            }
        }
        // What begins like it comes before what has a word that does, among equally frequent ones. A value may begin so
        // in several words and languages.
        let enough = 8 * limit.max(1);
        if numbers.len() > enough {
            numbers.select_nth_unstable_by(enough, |a, b| b.cmp(a));
            numbers.truncate(enough);
        }
        numbers.sort_unstable_by(|a, b| b.cmp(a));
        let spoken = |number: u32| {
            vocabulary.term(number).is_some_and(|term| !UNSPOKEN.contains(&term.scheme.as_str()))
        };
        let mut seen = std::collections::HashSet::new();
        let kept = numbers.into_iter().filter(|&(.., number)| spoken(number) && seen.insert(number));
        kept.take(limit).map(|(works, _, number)| Suggestion::Value { number, works }).collect()
    }

    /// Works whose object number or title begins so.
    fn beginning_works(&self, typed: &str, limit: usize) -> Result<Vec<Suggestion>, Error> {
        let mut found: Vec<(String, DocAddress)> = Vec::new();
        let fields = &schema().1;
        let title = beginning(typed);
        let numbers = [typed.trim().to_owned(), typed.trim().to_uppercase()];
        for (at, reader, columns) in self.segments() {
            let mut looked_up: Vec<(&StrColumn, _, &str)> = Vec::new();
            if typed.chars().any(|c| c.is_ascii_digit()) {
                looked_up
                    .extend(numbers.iter().map(|number| (&columns.number, fields.number, number.as_str())));
            }
            if title.chars().count() > 1 {
                looked_up.extend(columns.title.as_ref().map(|column| (column, fields.title, title.as_str())));
            }
            for (column, field, beginning) in looked_up {
                let mut stream = column.dictionary().prefix_range(beginning).into_stream()?;
                let mut left = limit;
                while left > 0 && stream.advance() {
                    left -= 1;
                    let Ok(key) = std::str::from_utf8(stream.key()) else { continue };
                    let inverted = reader.inverted_index(field)?;
                    let term = Term::from_field_text(field, key);
                    let basic = tantivy::schema::IndexRecordOption::Basic;
                    let Some(mut postings) = inverted.read_postings(&term, basic)? else { continue };
                    while postings.doc() != tantivy::TERMINATED && reader.is_deleted(postings.doc()) {
                        postings.advance();
                    }
                    if postings.doc() != tantivy::TERMINATED {
                        found.push((key.to_owned(), DocAddress::new(at, postings.doc())));
                    }
                }
            }
        }
        found.sort_unstable();
        found.dedup_by(|a, b| a.0 == b.0);
        found.truncate(limit);
        let mut works = Vec::new();
        let mut seen = std::collections::HashSet::new();
        for (_, place) in found.into_iter().filter(|(_, place)| seen.insert(*place)) {
            let stored = self.stored(place)?;
            if let Some(work) = stored.work() {
                works.push(Suggestion::Work { title: work.label(), object_number: work.object_number });
            }
        }
        Ok(works)
    }
}
