//! The works of one import, with the position of each record.

use std::collections::{BTreeSet, HashMap, HashSet};

use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use crate::catalogue::AssignedNumbers;

/// The records of one run, from any number of files.
#[derive(Default)]
pub(crate) struct Register {
    /// By a hash of the object number.
    positions: HashMap<u128, Position>,
    files: Vec<String>,
    sources: HashSet<String>,
    /// The assigned object numbers.
    pub(super) assigned: AssignedNumbers,
    /// The names of the collections that were kept.
    collections: BTreeSet<String>,
    /// The number of records that could not be read; their works are unknown.
    bad: u64,
}

#[derive(Clone, Copy)]
struct Position {
    file: u32,
    line: u64,
    /// A hash of the record.
    content: u64,
}

/// The position of an earlier record of a work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Earlier {
    pub location: String,
    pub line: u64,
}

/// How a record relates to earlier ones.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Precedence {
    New,
    /// A repetition of the same record.
    Same,
    /// A different record of the same work.
    Other(Earlier),
}

impl Register {
    /// Starts the next file.
    pub(crate) fn begin(&mut self, location: &str, source: &str) {
        self.files.push(location.to_owned());
        self.sources.insert(source.to_owned());
    }

    pub(super) fn enter(&mut self, number: &str, line: u64, record: &str) -> Precedence {
        let file = self.files.len().saturating_sub(1) as u32;
        let content = xxh3_64(record.as_bytes());
        match self.positions.get(&xxh3_128(number.as_bytes())) {
            None => {
                self.positions.insert(xxh3_128(number.as_bytes()), Position { file, line, content });
                Precedence::New
            }
            Some(position) if position.content == content => Precedence::Same,
            Some(position) => {
                let location = self.files.get(position.file as usize).cloned().unwrap_or_default();
                Precedence::Other(Earlier { location, line: position.line })
            }
        }
    }

    pub(super) fn add_collection(&mut self, name: String) {
        self.collections.insert(name);
    }

    /// The names of the collections that were kept, in alphabetical order.
    pub(crate) fn collections(&self) -> impl ExactSizeIterator<Item = &String> {
        self.collections.iter()
    }

    pub(super) fn bad(&mut self) {
        self.bad += 1;
    }

    /// The number of records that could not be read.
    pub(crate) fn unread(&self) -> u64 {
        self.bad
    }

    /// The number of works.
    pub(crate) fn count(&self) -> usize {
        self.positions.len()
    }

    /// Whether a record was about this work.
    pub(crate) fn has(&self, number: &str) -> bool {
        self.positions.contains_key(&xxh3_128(number.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_records_of_a_work_refer_to_its_first() {
        let mut register = Register::default();
        register.begin("a.csv", "x");
        assert_eq!(register.enter("1", 2, "a"), Precedence::New);
        assert_eq!(register.enter("1", 3, "a"), Precedence::Same);
        register.begin("b.csv", "x");
        let earlier = Earlier { location: "a.csv".into(), line: 2 };
        assert_eq!(register.enter("1", 9, "b"), Precedence::Other(earlier));
        assert!(register.has("1") && !register.has("2") && register.count() == 1);
    }
}
