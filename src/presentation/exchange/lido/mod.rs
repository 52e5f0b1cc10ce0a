//! LIDO 1.1 (Lightweight Information Describing Objects).
//!
//! | field | element |
//! |---|---|
//! | the record's URI | `lidoRecID` |
//! | the work's page | `objectPublishedID` |
//! | `object_type` | `objectWorkType`; `human-made object` if there is none |
//! | `collections`, `department` | `classification` |
//! | `titles` | `titleSet`, the first one preferred; the object number if there is none |
//! | `inscriptions` | `inscriptionTranscription` |
//! | the museum, `object_number`, `location` | `repositorySet`: the name, `workID`, `repositoryLocation` |
//! | `description` | `objectDescriptionSet` |
//! | `dimensions` | `objectMeasurementsSet` |
//! | `creators` | `eventActor` of the production, with names, nationality, years of life, gender and role |
//! | `production` | `eventDate` of the production |
//! | `techniques`, `materials` | `eventMaterialsTech` of the production |
//! | `tags` | `subjectConcept`, with the concept's URI |
//! | `related` | `relatedWorkSet` |
//! | `rights`, `public_domain`, `credit_line` | `rightsWorkSet` |
//! | the record | `recordWrap`: number, type, museum, licence of the data, links, time of the last change |
//! | images | `resourceSet`: the picture, the thumbnail and the IIIF service |

mod administrative;
mod descriptive;

use super::{ExchangedWork, Xml};
use crate::presentation::http_uri;

/// The namespace of LIDO.
pub(super) const NAMESPACE: &str = "http://www.lido-schema.org";

/// LIDO's terms: https://terminology.lido-schema.org
const LOCAL: &str = "http://terminology.lido-schema.org/lido00100";
const URI: &str = "http://terminology.lido-schema.org/lido00099";

/// Writes a work as one `lido:lido`.
pub(super) fn write(record: &ExchangedWork<'_>, xml: &mut Xml) {
    let root = [
        ("xmlns:lido", NAMESPACE),
        ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
        ("xmlns:skos", "http://www.w3.org/2004/02/skos/core#"),
        (
            "xsi:schemaLocation",
            "http://www.lido-schema.org http://www.lido-schema.org/schema/v1.1/lido-v1.1.xsd",
        ),
    ];
    let language = record.publisher.languages.first().map_or("en", String::as_str);
    xml.element("lido:lido", &root, |xml| {
        let id = record.address.record(record.number());
        xml.text("lido:lidoRecID", &[("lido:type", URI), ("lido:source", &record.museum())], &id);
        xml.text("lido:objectPublishedID", &[("lido:type", URI)], &record.page());
        xml.element("lido:category", &[], |xml| {
            concept(xml, "http://www.cidoc-crm.org/cidoc-crm/E22_Human-Made_Object");
            xml.text("lido:term", &[("xml:lang", "en")], "Human-Made Object");
        });
        xml.element("lido:descriptiveMetadata", &[("xml:lang", language)], |xml| {
            descriptive::write(record, xml);
        });
        xml.element("lido:administrativeMetadata", &[("xml:lang", language)], |xml| {
            administrative::write(record, xml);
        });
    });
}

fn museum(record: &ExchangedWork<'_>, xml: &mut Xml) {
    xml.element("lido:legalBodyName", &[], |xml| {
        xml.text("lido:appellationValue", &[], &record.museum());
    });
    if let Some(homepage) = http_uri(&record.publisher.homepage) {
        xml.text("lido:legalBodyWeblink", &[], &homepage);
    }
}

/// A concept of another vocabulary, by its URI.
fn concept(xml: &mut Xml, uri: &str) {
    xml.text("lido:conceptID", &[("lido:type", URI)], uri);
}

#[cfg(test)]
mod tests {
    use super::super::ExchangeFormat::Lido;
    use super::super::tests::{contains, written};
    use crate::record::Work;

    #[test]
    fn a_work_has_its_elements() {
        contains(
            &written(Lido, |_| {}),
            &[
                ">https://museum.example/p/api/v1/works/KMS%201%2F%C3%A6</lido:lidoRecID>",
                "<lido:objectWorkType><lido:term xml:lang=\"da\">maleri</lido:term>",
                "<lido:appellationValue xml:lang=\"en\">The fall of the Titans</lido:appellationValue>",
                ">KMS 1/æ</lido:workID>",
                "<lido:measurementsSet><lido:measurementType><lido:term>",
                "<lido:measurementValue>307.5</lido:measurementValue>",
                ">http://terminology.lido-schema.org/lido00007</lido:conceptID>",
                ">Cornelis Cornelisz. van Haarlem</lido:appellationValue>",
                "<lido:vitalDatesActor><lido:earliestDate>1562</lido:earliestDate><lido:latestDate>1638</lido:latestDate>",
                "<lido:earliestDate>1588</lido:earliestDate><lido:latestDate>1590</lido:latestDate>",
                "<lido:term>canvas</lido:term>",
                ">http://iconclass.org/91B</lido:conceptID><lido:term xml:lang=\"da\">Titaner</lido:term>",
                ">http://creativecommons.org/publicdomain/zero/1.0/</lido:conceptID>",
                "<lido:recordMetadataDate>2026-11-29T10:00:00Z</lido:recordMetadataDate>",
                ">https://museum.example/p/iiif/3/kms%2Ffront.tif/info.json</lido:linkResource>",
                "<lido:objectWebResource>https://museum.example/p/works/KMS2</lido:objectWebResource>",
            ],
        );
    }

    #[test]
    fn the_shortest_record_has_the_mandatory_elements_too() {
        let record = written(Lido, |work| *work = Work { object_number: "K1".into(), ..Work::default() });
        contains(
            &record,
            &[
                "<lido:objectWorkType><lido:term xml:lang=\"en\">human-made object</lido:term></lido:objectWorkType>",
                "<lido:titleSet><lido:appellationValue>K1</lido:appellationValue></lido:titleSet>",
                "<lido:recordID lido:type=\"http://terminology.lido-schema.org/lido00100\">K1</lido:recordID>",
                "<lido:recordType>",
                "<lido:recordSource>",
            ],
        );
    }
}
