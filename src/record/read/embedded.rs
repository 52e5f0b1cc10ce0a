//! Works described by the embedded metadata of their masters, for masters that no record names.

use std::collections::HashSet;

use super::value::image::image;
use super::value::json::truth;
use super::value::year::span;
use crate::metadata::{Localized, Packets};
use crate::record::rights::joined;
use crate::record::{Creator, Production, Tag, Text, Title, Work};

/// The maximum number of values of one text.
const MAX_VALUES: usize = 100;

/// The work that a master's embedded metadata describes; `None` if the metadata is empty.
///
/// Its object number is the master's identifier.
pub fn from_master(identifier: &str, packets: &Packets) -> Option<Work> {
    let found = packets.describe();
    if found == Default::default() {
        return None;
    }
    let mut known = HashSet::new();
    let subjects = found
        .subjects
        .iter()
        .map(|(language, subject)| Text::of(language, subject))
        .filter(|subject| known.insert(subject.clone()));
    let tag = |subject| Tag { source: "import:embedded".into(), ..Tag::new("subject", subject) };
    let date = found.date.map(|date| {
        let (earliest, latest) = span(&date);
        Production { text: Text::plain(date.split('T').next().unwrap_or_default()), earliest, latest }
    });
    Some(Work {
        object_number: identifier.to_owned(),
        titles: Some(text(&found.title))
            .filter(|text| !text.is_empty())
            .map(|text| Title { text, kind: None })
            .into_iter()
            .collect(),
        creators: found.creators.into_iter().map(|name| Creator { name, ..Creator::default() }).collect(),
        production: date.into_iter().collect(),
        description: text(&found.description),
        credit_line: found.credit.map(|credit| Text::plain(&credit)).unwrap_or_default(),
        rights: rights(found.license.or(found.statement), found.rights),
        // XMP marks resources whose rights are managed, and marks those in the public domain as not managed (ISO
        // 16684-1, §8.5). An unreadable mark grants no permission.
        public_domain: found.marked.map(|marked| !truth(&marked.into()).unwrap_or(true)),
        tags: subjects.map(tag).collect(),
        images: vec![image(identifier.to_owned())],
        ..Work::default()
    })
}

/// The URI, otherwise the text of the statement; both if the text reserves all rights, whatever the URI grants.
fn rights(address: Option<String>, statement: Option<String>) -> Option<String> {
    let reserved =
        statement.clone().filter(|statement| statement.to_lowercase().contains("all rights reserved"));
    match address {
        Some(address) => joined([Some(address), reserved].into_iter().flatten()),
        None => statement,
    }
}

fn text(values: &Localized) -> Text {
    let mut text = Text::default();
    for (language, value) in values {
        add(&mut text, language, value);
    }
    text
}

/// Adds a value. XMP's default usually repeats one of the languages, so it is added only if it differs from all of
/// them.
fn add(text: &mut Text, language: &str, value: &str) {
    let is_known = text.iter().any(|(_, known)| known == value);
    if !is_known && text.iter().count() < MAX_VALUES {
        text.add(language, value);
    } else if is_known && language != "none" {
        let mut other = Text::of(language, value);
        for (own, known) in text.iter().filter(|(own, known)| !(*own == "none" && *known == value)) {
            other.add(own, known);
        }
        *text = other;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_are_read_from_every_place_and_kept_if_unclear() {
        let xmp = |properties: &str| {
            let xmp = format!(
                r#"<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:cc="http://creativecommons.org/ns#"
                xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:r="http://ns.adobe.com/xap/1.0/rights/">
                <rdf:Description>{properties}</rdf:Description></rdf:RDF>"#
            );
            let work =
                from_master("a.jpg", &Packets { xmp: Some(xmp.into()), ..Packets::default() }).unwrap();
            (work.rights, work.public_domain)
        };
        let some = |statement: &str| Some(statement.to_owned());
        for (properties, expected) in [
            (r#"<cc:license rdf:resource="http://l.org/by"/>"#, (some("http://l.org/by"), None)),
            (
                r#"<r:WebStatement>http://p.org</r:WebStatement><cc:license rdf:resource="http://l.org/by"/>"#,
                (some("http://l.org/by"), None),
            ),
            ("<r:UsageTerms>No use</r:UsageTerms>", (some("No use"), None)),
            ("<r:Marked>True</r:Marked>", (None, Some(false))),
            ("<r:Marked>1</r:Marked>", (None, Some(false))),
            ("<r:Marked>what</r:Marked>", (None, Some(false))),
            ("<r:Marked>False</r:Marked>", (None, Some(true))),
            (
                "<r:WebStatement>http://l.org/by</r:WebStatement><dc:rights>(c) A. All rights reserved.</dc:rights>",
                (some("http://l.org/by\n(c) A. All rights reserved."), None),
            ),
        ] {
            assert_eq!(xmp(properties), expected, "{properties}");
        }
    }
}
