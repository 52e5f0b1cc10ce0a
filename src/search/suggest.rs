//! Suggestions while typing: facet values, titles and object numbers.

use tantivy::Term;
use tantivy::columnar::StrColumn;
use tantivy::{DocAddress, DocSet};

use super::Error;
use super::document::beginning;
use super::edit_distance::max_distance;
use super::labels::plain;
use super::schema::schema;
use super::snapshot::Snapshot;
use super::spelling::near;
use crate::record::Text;

/// Schemes whose values are not suggested.
const NOT_SUGGESTED: [&str; 1] = ["period"];

/// A completion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Suggestion {
    /// A facet value, as its number in the vocabulary, and the number of its works.
    Value { number: u32, works: u64 },
    /// A work, by its object number and title.
    Work { object_number: String, title: Text },
}

impl Snapshot {
    /// Completes a prefix: facet values, the most frequent first, then works.
    pub(crate) fn suggest(&self, typed: &str, limit: usize) -> Result<Vec<Suggestion>, Error> {
        let beginning = plain(typed);
        if beginning.is_empty() {
            return Ok(Vec::new());
        }
        let mut found = self.values(&beginning, limit);
        if found.is_empty() {
            // The last word may be misspelled.
            let (before, last) = beginning.rsplit_once(' ').unwrap_or(("", &beginning));
            for near in near(self, last, max_distance(last.chars().count()).min(1), true)?.iter().take(3) {
                let corrected = format!("{before} {}", near.word);
                found.extend(self.values(corrected.trim(), limit));
            }
        }
        // At least a third is reserved for works.
        let remaining = (limit / 3).max(limit.saturating_sub(found.len()));
        let works = self.works_starting_with(typed, remaining)?;
        found.truncate(limit - works.len());
        found.extend(works);
        Ok(found)
    }

    fn values(&self, beginning: &str, limit: usize) -> Vec<Suggestion> {
        let vocabulary = self.vocabulary();
        let mut numbers: Vec<(u64, bool, u32)> = Vec::new();
        for &(label, byte) in self.labels.starts_with(beginning) {
            let Some((_, number)) = self.labels.label(label) else { continue };
            let works = self.work_count(*number);
            if works > 0 {
                numbers.push((works, byte == 0, *number));
            }
        }
        // Among equally frequent values, those whose labels begin with the prefix come first. A value may match
        // several words and languages.
        let enough = 8 * limit.max(1);
        if numbers.len() > enough {
            numbers.select_nth_unstable_by(enough, |a, b| b.cmp(a));
            numbers.truncate(enough);
        }
        numbers.sort_unstable_by(|a, b| b.cmp(a));
        let is_suggested = |number: u32| {
            vocabulary.value(number).is_some_and(|term| !NOT_SUGGESTED.contains(&term.scheme.as_str()))
        };
        let mut seen = std::collections::HashSet::new();
        let kept = numbers.into_iter().filter(|&(.., number)| is_suggested(number) && seen.insert(number));
        kept.take(limit).map(|(works, _, number)| Suggestion::Value { number, works }).collect()
    }

    /// Works whose object number or title has this prefix.
    fn works_starting_with(&self, typed: &str, limit: usize) -> Result<Vec<Suggestion>, Error> {
        let mut found: Vec<(String, DocAddress)> = Vec::new();
        let fields = &schema().1;
        let title = beginning(typed);
        let numbers = [typed.trim().to_owned(), typed.trim().to_uppercase()];
        for (at, reader, columns) in self.segments() {
            let mut looked_up: Vec<(&StrColumn, _, &str)> = Vec::new();
            if typed.trim().chars().count() > 1 {
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
        for (_, address) in found.into_iter().filter(|(_, address)| seen.insert(*address)) {
            let stored = self.stored(address)?;
            if let Some(work) = stored.work() {
                works.push(Suggestion::Work { title: work.label(), object_number: work.object_number });
            }
        }
        Ok(works)
    }
}
