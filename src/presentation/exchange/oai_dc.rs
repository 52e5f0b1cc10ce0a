//! Simple Dublin Core.
//!
//! | field | element |
//! |---|---|
//! | `titles` | `dc:title`, one per language; the object number if there is none |
//! | `creators` | `dc:creator`, name and years of life |
//! | `tags`, accepted or proposed | `dc:subject` |
//! | `description`, `inscriptions` | `dc:description` |
//! | the museum | `dc:publisher` |
//! | `production` | `dc:date`, the text and the years |
//! | `object_type` | `dc:type`, and `PhysicalObject` of the DCMI Type Vocabulary |
//! | `techniques`, `materials`, `dimensions` | `dc:format` |
//! | `object_number`, page, manifest, thumbnail | `dc:identifier` |
//! | `homepage`, `credit_line` | `dc:source` |
//! | `collections`, `department`, `related` | `dc:relation` |
//! | `rights`, `public_domain` | `dc:rights` |

use super::{ExchangedWork, Xml, measure_text, texts, year, years};
use crate::presentation::http_uri;

/// The namespace of the container; its elements are those of Dublin Core.
pub(super) const NAMESPACE: &str = "http://www.openarchives.org/OAI/2.0/oai_dc/";

/// Writes a work as one `oai_dc:dc`.
pub(super) fn write(record: &ExchangedWork<'_>, xml: &mut Xml) {
    let root = [
        ("xmlns:oai_dc", NAMESPACE),
        ("xmlns:dc", "http://purl.org/dc/elements/1.1/"),
        ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
        (
            "xsi:schemaLocation",
            "http://www.openarchives.org/OAI/2.0/oai_dc/ http://www.openarchives.org/OAI/2.0/oai_dc.xsd",
        ),
    ];
    xml.element("oai_dc:dc", &root, |xml| elements(record, xml));
}

fn elements(record: &ExchangedWork<'_>, xml: &mut Xml) {
    let work = record.work;
    if work.titles.iter().all(|title| title.text.is_empty()) {
        texts(xml, "dc:title", &work.label());
    }
    work.titles.iter().for_each(|title| texts(xml, "dc:title", &title.text));
    for creator in work.creators.iter().filter(|creator| !creator.name.trim().is_empty()) {
        let year = |year: Option<i32>| year.map(|year| year.to_string()).unwrap_or_default();
        let name = match (creator.birth, creator.death) {
            (None, None) => creator.name.clone(),
            (birth, death) => format!("{} ({}–{})", creator.name, year(birth), year(death)),
        };
        xml.text("dc:creator", &[], &name);
    }
    record.tags.iter().for_each(|tag| texts(xml, "dc:subject", &tag.label));
    texts(xml, "dc:description", &work.description);
    work.inscriptions.iter().for_each(|text| texts(xml, "dc:description", text));
    xml.text("dc:publisher", &[], &record.museum());
    for made in &work.production {
        texts(xml, "dc:date", &made.text);
        match years(made) {
            Some((first, last)) if first == last => xml.text("dc:date", &[], &year(first)),
            Some((first, last)) => xml.text("dc:date", &[], &format!("{}/{}", year(first), year(last))),
            None => {}
        }
    }
    work.object_type.iter().for_each(|text| texts(xml, "dc:type", text));
    xml.text("dc:type", &[], "PhysicalObject");
    work.techniques.iter().chain(&work.materials).for_each(|text| texts(xml, "dc:format", text));
    for text in work.dimensions.iter().filter_map(measure_text) {
        xml.text("dc:format", &[], &text);
    }
    xml.text("dc:identifier", &[], record.number());
    xml.text("dc:identifier", &[], &record.page());
    xml.text("dc:identifier", &[], &record.manifest());
    if let Some(first) = record.images.first() {
        xml.text("dc:identifier", &[], &record.thumbnail(first));
    }
    if let Some(homepage) = record.homepage() {
        xml.text("dc:source", &[], &homepage);
    }
    texts(xml, "dc:source", &work.credit_line);
    work.collections.iter().for_each(|text| texts(xml, "dc:relation", text));
    texts(xml, "dc:relation", &work.department);
    for related in &work.related {
        let uri = http_uri(&related.id).unwrap_or_else(|| record.address.work_page(&related.id));
        xml.text("dc:relation", &[], &uri);
    }
    for statement in work.rights.iter().flat_map(|rights| rights.lines()) {
        xml.text(
            "dc:rights",
            &[],
            &super::rights::normalize(statement).unwrap_or_else(|| statement.to_owned()),
        );
    }
    if work.rights.is_none() {
        xml.text("dc:rights", &[], &record.any_rights_uri());
    }
}

#[cfg(test)]
mod tests {
    use super::super::ExchangeFormat::OaiDc;
    use super::super::tests::{contains, written};

    #[test]
    fn a_work_has_its_elements() {
        let record = written(OaiDc, |_| {});
        contains(
            &record,
            &[
                "<dc:title xml:lang=\"da\">Titanernes fald</dc:title>",
                "<dc:creator>Cornelis Cornelisz. van Haarlem (1562–1638)</dc:creator>",
                "<dc:subject xml:lang=\"en\">Titans</dc:subject>",
                "<dc:date>1588/1590</dc:date>",
                "<dc:type xml:lang=\"en\">painting</dc:type>",
                "<dc:format>width 307.5 cm</dc:format>",
                "<dc:identifier>KMS 1/æ</dc:identifier>",
                "<dc:identifier>https://museum.example/p/presentation/3/KMS%201%2F%C3%A6/manifest</dc:identifier>",
                "<dc:publisher>The &lt;Museum&gt;</dc:publisher>",
                "<dc:rights>http://creativecommons.org/publicdomain/zero/1.0/</dc:rights>",
                "<dc:relation>https://museum.example/p/works/KMS2</dc:relation>",
            ],
        );
        assert!(!record.contains("alert(") && !record.contains("javascript"), "{record}");
    }
}
