//! Tegl's own format: the complete record, so that another Tegl has the same work when it imports it.
//!
//! | field | element |
//! |---|---|
//! | the record with its active tags | `tegl:record`, JSON of the schema that `tegl ingest --schema` prints |
//! | the original record, if the work does not hold all of it | `tegl:original`, text |
//!
//! Not in records, and moved by files of their own: authority records of creators (`tegl ingest --creators`) and vocabularies
//! (`tegl vocabulary import`). Annotations that clients wrote are moved by clients, too, by the protocol by which they were written.
//!
//! The order in which works arrived, which is that of collections, is each server's own: works that arrive together arrive in
//! the order of the list, which is that of their last changes.
//!
//! JSON is written with escapes for the characters that XML cannot contain, so that nothing is lost.

use std::borrow::Cow;

use serde::de::IgnoredAny;

use super::{ExchangedWork, Xml};
use crate::record::Work;

/// The namespace of the format.
pub(super) const NAMESPACE: &str = crate::record::read::TEGL_NAMESPACE;

/// The XML Schema of the format.
pub(crate) const SCHEMA: &str = concat!(
    r#"<?xml version="1.0" encoding="UTF-8"?>"#,
    r#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:x-tegl:record" "#,
    r#"elementFormDefault="qualified"><xs:element name="work"><xs:complexType><xs:sequence>"#,
    r#"<xs:element name="record" type="xs:string"/><xs:element name="original" type="xs:string" minOccurs="0"/>"#,
    r#"</xs:sequence></xs:complexType></xs:element></xs:schema>"#,
);

/// Writes a work as one `tegl:work`.
pub(super) fn write(record: &ExchangedWork<'_>, xml: &mut Xml) {
    let schema = format!("{NAMESPACE} {}", record.address.oai_schema());
    let root = [
        ("xmlns:tegl", NAMESPACE),
        ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
        ("xsi:schemaLocation", &*schema),
    ];
    xml.element("tegl:work", &root, |xml| {
        let work = Work { tags: record.tags.to_vec(), ..record.work.clone() };
        xml.text("tegl:record", &[], &escaped(&serde_json::to_string(&work).unwrap_or_default()));
        if let Some(original) = record.original {
            let is_json = serde_json::from_str::<IgnoredAny>(original).is_ok();
            let original = if is_json { escaped(original) } else { original.into() };
            xml.text("tegl:original", &[], &original);
        }
    });
}

/// JSON without the characters that XML cannot contain: within strings they may be escapes, and elsewhere they are not.
fn escaped(json: &str) -> Cow<'_, str> {
    if !json.contains(['\u{fffe}', '\u{ffff}']) {
        return json.into();
    }
    json.replace('\u{fffe}', "\\ufffe").replace('\u{ffff}', "\\uffff").into()
}

#[cfg(test)]
mod tests {
    use super::super::ExchangeFormat::Tegl;
    use super::super::tests::{contains, written};

    #[test]
    fn a_record_is_complete() {
        let record = written(Tegl, |work| work.location = crate::record::Text::plain("a\u{ffff}\u{1}b"));
        contains(
            &record,
            &[
                "&quot;object_number&quot;:&quot;KMS 1/æ&quot;",
                "&quot;location&quot;:{&quot;none&quot;:[&quot;a\\uffff\\u0001b&quot;]}",
                "<tegl:original>{&quot;a&quot;:&#13;\n&quot;\\ufffe&quot;}</tegl:original>",
                "&quot;concept&quot;:&quot;http://iconclass.org/91B&quot;",
            ],
        );
        assert!(super::SCHEMA.contains(super::NAMESPACE));
    }
}
