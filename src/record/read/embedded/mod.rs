//! Works out of what is written in a master itself, where no record is.

mod exif;
mod iptc;
mod xmp;

use std::collections::HashSet;

use super::year::span;
use crate::record::{Creator, Production, Tag, Text, Title, Work};

/// The most bytes of one kind of metadata that are read.
const LARGEST: usize = 4 * 1024 * 1024;

/// The most values of one field.
const MOST: usize = 1000;

/// What one kind of metadata says.
#[derive(Debug, Default, PartialEq)]
struct Said {
    title: Text,
    creators: Vec<String>,
    description: Text,
    /// The words of the statement of rights.
    rights: Option<String>,
    /// The address of the licence or statement.
    statement: Option<String>,
    credit: Option<String>,
    subjects: Vec<Text>,
    date: Option<String>,
    marked: Option<bool>,
}

/// The work that a master's own metadata describe: XMP first, where that is silent IPTC (IIM), then EXIF.
///
/// Its number is the master's identifier. None where nothing is said.
pub fn from_master(
    identifier: &str,
    xmp: Option<&[u8]>,
    iptc: Option<&[u8]>,
    exif: Option<&[u8]>,
) -> Option<Work> {
    let within = |bytes: Option<&'_ [u8]>| bytes.filter(|bytes| bytes.len() <= LARGEST).map(<[u8]>::to_vec);
    let mut said = within(xmp).map(|xmp| xmp::read(&xmp)).unwrap_or_default();
    said.fill(within(iptc).map(|iptc| iptc::read(&iptc)).unwrap_or_default());
    said.fill(within(exif).map(exif::read).unwrap_or_default());
    if said == Said::default() {
        return None;
    }
    let mut known = HashSet::new();
    let subjects = said.subjects.into_iter().filter(|subject| known.insert(subject.clone()));
    let tag = |subject| Tag { source: "import:embedded".into(), ..Tag::new("subject", subject) };
    let date = said.date.map(|date| {
        let (earliest, latest) = span(date.get(..10).filter(|day| day.is_ascii()).unwrap_or(&date));
        Production { text: Text::plain(date.split('T').next().unwrap_or_default()), earliest, latest }
    });
    Some(Work {
        object_number: identifier.to_owned(),
        titles: Some(said.title)
            .filter(|text| !text.is_empty())
            .map(|text| Title { text, kind: None })
            .into_iter()
            .collect(),
        creators: said.creators.into_iter().map(|name| Creator { name, ..Creator::default() }).collect(),
        production: date.into_iter().collect(),
        description: said.description,
        credit_line: said.credit.map(|credit| Text::plain(&credit)).unwrap_or_default(),
        rights: said.statement.or(said.rights),
        public_domain: said.marked.filter(|marked| !marked).map(|_| true),
        tags: subjects.map(tag).collect(),
        images: vec![super::image(identifier.to_owned())],
        ..Work::default()
    })
}

impl Said {
    /// Takes from another what is not said yet.
    fn fill(&mut self, other: Self) {
        fn empty<T: Default + PartialEq>(own: &mut T, other: T) {
            if *own == T::default() {
                *own = other;
            }
        }
        empty(&mut self.title, other.title);
        empty(&mut self.creators, other.creators);
        empty(&mut self.description, other.description);
        empty(&mut self.rights, other.rights);
        empty(&mut self.statement, other.statement);
        empty(&mut self.credit, other.credit);
        empty(&mut self.subjects, other.subjects);
        empty(&mut self.date, other.date);
        empty(&mut self.marked, other.marked);
    }
}
