//! Works out of what is written in a master itself, where no record is.

mod exif;
mod iptc;
mod xmp;

use std::collections::HashSet;

use super::value::image::image;
use super::value::year::span;
use crate::record::rights::joined;
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
    /// The URI of the licence.
    licence: Option<String>,
    /// The address of the page about the licence or statement.
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
        let (earliest, latest) = span(&date);
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
        rights: rights(said.licence.or(said.statement), said.rights),
        // XMP marks what is managed by rights, and marks as not managed what is in the public domain (ISO 16684-1, §8.5).
        public_domain: said.marked.map(|marked| !marked),
        tags: subjects.map(tag).collect(),
        images: vec![image(identifier.to_owned())],
        ..Work::default()
    })
}

/// The address, else the words; both where the words reserve all rights, whatever the address grants.
fn rights(address: Option<String>, words: Option<String>) -> Option<String> {
    let reserved = words.clone().filter(|words| words.to_lowercase().contains("all rights reserved"));
    match address {
        Some(address) => joined([Some(address), reserved].into_iter().flatten()),
        None => words,
    }
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
        empty(&mut self.licence, other.licence);
        empty(&mut self.statement, other.statement);
        empty(&mut self.credit, other.credit);
        empty(&mut self.subjects, other.subjects);
        empty(&mut self.date, other.date);
        empty(&mut self.marked, other.marked);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_are_read_from_every_place_and_in_doubt_kept() {
        let xmp = |properties: &str| {
            let xmp = format!(
                r#"<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:cc="http://creativecommons.org/ns#"
                xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:r="http://ns.adobe.com/xap/1.0/rights/">
                <rdf:Description>{properties}</rdf:Description></rdf:RDF>"#
            );
            let work = from_master("a.jpg", Some(xmp.as_bytes()), None, None).unwrap();
            (work.rights, work.public_domain)
        };
        let said = |words: &str| Some(words.to_owned());
        for (properties, expected) in [
            (r#"<cc:license rdf:resource="http://l.org/by"/>"#, (said("http://l.org/by"), None)),
            (
                r#"<r:WebStatement>http://p.org</r:WebStatement><cc:license rdf:resource="http://l.org/by"/>"#,
                (said("http://l.org/by"), None),
            ),
            ("<r:UsageTerms>No use</r:UsageTerms>", (said("No use"), None)),
            ("<r:Marked>True</r:Marked>", (None, Some(false))),
            ("<r:Marked>1</r:Marked>", (None, Some(false))),
            ("<r:Marked>what</r:Marked>", (None, Some(false))),
            ("<r:Marked>False</r:Marked>", (None, Some(true))),
            (
                "<r:WebStatement>http://l.org/by</r:WebStatement><dc:rights>(c) A. All rights reserved.</dc:rights>",
                (said("http://l.org/by\n(c) A. All rights reserved."), None),
            ),
        ] {
            assert_eq!(xmp(properties), expected, "{properties}");
        }
    }
}
