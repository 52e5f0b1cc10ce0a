//! The works of one import, with the position of each record.

use std::collections::{HashMap, HashSet};

use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use crate::catalogue::AssignedNumbers;

/// The records of one run, from any number of files.
#[derive(Default)]
pub(crate) struct Register {
    /// By a hash of the object number.
    places: HashMap<u128, Place>,
    files: Vec<String>,
    sources: HashSet<String>,
    /// The assigned object numbers.
    pub(super) given: AssignedNumbers,
    /// Records that could not be read: nobody knows which works they are about.
    bad: u64,
}

#[derive(Clone, Copy)]
struct Place {
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
pub(super) enum Standing {
    New,
    /// The same record again.
    Same,
    /// Another record of the same work.
    Other(Earlier),
}

impl Register {
    /// Starts the next file.
    pub(crate) fn begin(&mut self, location: &str, source: &str) {
        self.files.push(location.to_owned());
        self.sources.insert(source.to_owned());
    }

    pub(super) fn enter(&mut self, number: &str, line: u64, record: &str) -> Standing {
        let file = self.files.len().saturating_sub(1) as u32;
        let content = xxh3_64(record.as_bytes());
        match self.places.get(&xxh3_128(number.as_bytes())) {
            None => {
                self.places.insert(xxh3_128(number.as_bytes()), Place { file, line, content });
                Standing::New
            }
            Some(place) if place.content == content => Standing::Same,
            Some(place) => {
                let location = self.files.get(place.file as usize).cloned().unwrap_or_default();
                Standing::Other(Earlier { location, line: place.line })
            }
        }
    }

    pub(super) fn bad(&mut self) {
        self.bad += 1;
    }

    /// How many records could not be read.
    pub(crate) fn unread(&self) -> u64 {
        self.bad
    }

    /// The number of works.
    pub(crate) fn count(&self) -> usize {
        self.places.len()
    }

    /// Whether a record was about this work.
    pub(crate) fn has(&self, number: &str) -> bool {
        self.places.contains_key(&xxh3_128(number.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_work_stands_where_its_first_record_does() {
        let mut register = Register::default();
        register.begin("a.csv", "x");
        assert_eq!(register.enter("1", 2, "a"), Standing::New);
        assert_eq!(register.enter("1", 3, "a"), Standing::Same);
        register.begin("b.csv", "x");
        let earlier = Earlier { location: "a.csv".into(), line: 2 };
        assert_eq!(register.enter("1", 9, "b"), Standing::Other(earlier));
        assert!(register.has("1") && !register.has("2") && register.count() == 1);
    }
}
