//! The Europeana Data Model (EDM), with the elements that Europeana requires.
//!
//! | field | element |
//! |---|---|
//! | `titles` | `dc:title`, and `dcterms:alternative` for those after the first |
//! | `creators` | `dc:creator`, an `edm:Agent` with name, years of life and the authority's URI |
//! | `production` | `dcterms:created`, an `edm:TimeSpan` with begin and end, or the text |
//! | `object_type` | `dc:type`; `PhysicalObject` of the DCMI Type Vocabulary if there is none |
//! | `tags` with a concept's URI | `dc:subject`, a `skos:Concept` with labels and broader concepts |
//! | other `tags` | `dc:subject`, texts |
//! | `description` | `dc:description` |
//! | `inscriptions` | `dc:description` |
//! | `techniques`, `materials` | `dcterms:medium` |
//! | `dimensions` | `dcterms:extent` |
//! | `collections`, `department` | `dcterms:isPartOf` |
//! | `credit_line` | `dcterms:provenance` |
//! | `object_number` | `dc:identifier` |
//! | `location` | not exported: Europeana's `edm:currentLocation` is a place |
//! | the museum | `edm:dataProvider`; `edm:provider` is the aggregator of the settings, or the museum |
//! | the work's page | `edm:isShownAt`, an `edm:WebResource` |
//! | the first image | `edm:isShownBy` and `edm:object`; the others `edm:hasView`: `edm:WebResource`s with a `svcs:Service` |
//! | `rights`, `public_domain` | `edm:rights`; Copyright Not Evaluated if no licence or statement with a URI is known |
//! | sound and video | further `edm:hasView`, with their media types; without images the first is `edm:isShownBy` |
//! | — | `edm:type` is `IMAGE`, or of works without images `SOUND` or `VIDEO` as the first file is |
//!
//! Mandatory are (Europeana Publishing Guide): `dc:title` or `dc:description`, `dc:type`, `dc:subject`, `dcterms:temporal`
//! or `dcterms:spatial`, `edm:type`, `edm:aggregatedCHO`, `edm:dataProvider`, `edm:provider`, `edm:isShownAt` or
//! `edm:isShownBy`, and `edm:rights`. The order of elements is that of the published schema.

use std::collections::BTreeSet;

use super::{ExchangedImage, ExchangedWork, Xml, measure_text, texts, year, years};
use crate::iiif::Version;
use crate::presentation::http_uri;
use crate::record::{MediaKind, Text};

/// The namespace of EDM.
pub(super) const NAMESPACE: &str = "http://www.europeana.eu/schemas/edm/";

const NAMESPACES: [(&str, &str); 13] = [
    ("xmlns:rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"),
    ("xmlns:edm", NAMESPACE),
    ("xmlns:dc", "http://purl.org/dc/elements/1.1/"),
    ("xmlns:dcterms", "http://purl.org/dc/terms/"),
    ("xmlns:ore", "http://www.openarchives.org/ore/terms/"),
    ("xmlns:skos", "http://www.w3.org/2004/02/skos/core#"),
    ("xmlns:owl", "http://www.w3.org/2002/07/owl#"),
    ("xmlns:rdaGr2", "http://rdvocab.info/ElementsGr2/"),
    ("xmlns:svcs", "http://rdfs.org/sioc/services#"),
    ("xmlns:doap", "http://usefulinc.com/ns/doap#"),
    ("xmlns:foaf", "http://xmlns.com/foaf/0.1/"),
    ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
    (
        "xsi:schemaLocation",
        "http://www.w3.org/1999/02/22-rdf-syntax-ns# http://www.europeana.eu/schemas/edm/EDM.xsd",
    ),
];

/// Writes a work as one `rdf:RDF`.
pub(super) fn write(record: &ExchangedWork<'_>, xml: &mut Xml) {
    xml.element("rdf:RDF", &NAMESPACES, |xml| {
        provided_cho(record, xml);
        aggregation(record, xml);
        web_resources(record, xml);
        agents(record, xml);
        concepts(record, xml);
        time_spans(record, xml);
    });
}

/// The work itself.
fn provided_cho(record: &ExchangedWork<'_>, xml: &mut Xml) {
    let work = record.work;
    xml.element("edm:ProvidedCHO", &[("rdf:about", &fragment(record, "work"))], |xml| {
        for (number, _) in work.creators.iter().enumerate().filter(|(_, one)| !one.name.trim().is_empty()) {
            resource(xml, "dc:creator", &agent(record, number));
        }
        texts(xml, "dc:description", &work.description);
        work.inscriptions.iter().for_each(|text| texts(xml, "dc:description", text));
        xml.text("dc:identifier", &[], record.number());
        for tag in record.tags {
            match tag.concept.as_deref().and_then(http_uri) {
                Some(concept) => resource(xml, "dc:subject", &concept),
                None => texts(xml, "dc:subject", &tag.label),
            }
        }
        let mut titles = work.titles.iter().map(|title| &title.text).filter(|text| !text.is_empty());
        match titles.next() {
            Some(first) => texts(xml, "dc:title", first),
            None => xml.text("dc:title", &[], record.number()),
        }
        let typed = work.object_type.iter().filter(|text| !text.is_empty());
        match typed.clone().next() {
            Some(_) => typed.for_each(|text| texts(xml, "dc:type", text)),
            None => resource(xml, "dc:type", "http://purl.org/dc/dcmitype/PhysicalObject"),
        }
        titles.for_each(|text| texts(xml, "dcterms:alternative", text));
        for (number, made) in work.production.iter().enumerate() {
            match years(made) {
                Some(_) => resource(xml, "dcterms:created", &fragment(record, &format!("time-{number}"))),
                None => texts(xml, "dcterms:created", &made.text),
            }
        }
        for text in work.dimensions.iter().filter_map(measure_text) {
            xml.text("dcterms:extent", &[], &text);
        }
        work.collections.iter().for_each(|text| texts(xml, "dcterms:isPartOf", text));
        texts(xml, "dcterms:isPartOf", &work.department);
        work.techniques.iter().chain(&work.materials).for_each(|text| texts(xml, "dcterms:medium", text));
        texts(xml, "dcterms:provenance", &work.credit_line);
        let kind = record.media.first().filter(|_| record.images.is_empty()).and_then(|media| media.kind());
        let kind = match kind {
            Some(MediaKind::Sound) => "SOUND",
            Some(MediaKind::Video) => "VIDEO",
            None => "IMAGE",
        };
        xml.text("edm:type", &[], kind);
    });
}

/// How the museum provides it.
fn aggregation(record: &ExchangedWork<'_>, xml: &mut Xml) {
    let museum = record.museum();
    xml.element("ore:Aggregation", &[("rdf:about", &fragment(record, "aggregation"))], |xml| {
        resource(xml, "edm:aggregatedCHO", &fragment(record, "work"));
        xml.text("edm:dataProvider", &[], &museum);
        let (pictures, media) = (record.images.iter(), record.media.iter());
        let views = pictures.map(|image| record.picture(image));
        let views: Vec<String> = views.chain(media.map(|media| record.address.media(&media.file))).collect();
        views.iter().skip(1).for_each(|view| resource(xml, "edm:hasView", view));
        resource(xml, "edm:isShownAt", &record.page());
        if let Some(first) = views.first() {
            resource(xml, "edm:isShownBy", first);
        }
        if let Some(first) = record.images.first() {
            resource(xml, "edm:object", &record.picture(first));
        }
        let aggregator = if record.aggregator.is_empty() { &museum } else { record.aggregator };
        xml.text("edm:provider", &[], aggregator);
        record.rights_texts().for_each(|text| xml.text("dc:rights", &[], text));
        resource(xml, "edm:rights", &record.any_rights_uri());
    });
}

/// The page and the images, with their IIIF services.
fn web_resources(record: &ExchangedWork<'_>, xml: &mut Xml) {
    let rights = record.any_rights_uri();
    xml.element("edm:WebResource", &[("rdf:about", &record.page())], |xml| {
        xml.text("dc:format", &[], "text/html");
    });
    for image in &record.images {
        xml.element("edm:WebResource", &[("rdf:about", &record.picture(image))], |xml| {
            texts(xml, "dc:description", image.label);
            xml.text("dc:format", &[], "image/jpeg");
            resource(xml, "dcterms:isReferencedBy", &record.manifest());
            resource(xml, "edm:rights", &rights);
            resource(xml, "svcs:has_service", &record.service(image));
        });
    }
    for media in &record.media {
        xml.element("edm:WebResource", &[("rdf:about", &record.address.media(&media.file))], |xml| {
            texts(xml, "dc:description", &media.label);
            if let Some(media_type) = media.media_type() {
                xml.text("dc:format", &[], media_type);
            }
            resource(xml, "dcterms:isReferencedBy", &record.manifest());
            resource(xml, "edm:rights", &rights);
        });
    }
    record.images.iter().for_each(|image| service(record, image, xml));
}

fn service(record: &ExchangedWork<'_>, image: &ExchangedImage<'_>, xml: &mut Xml) {
    xml.element("svcs:Service", &[("rdf:about", &record.service(image))], |xml| {
        resource(xml, "dcterms:conformsTo", "http://iiif.io/api/image");
        let level = format!("http://iiif.io/api/image/{}/level2.json", Version::V3.number());
        resource(xml, "doap:implements", &level);
    });
}

fn agents(record: &ExchangedWork<'_>, xml: &mut Xml) {
    let mut known = BTreeSet::new();
    for (number, creator) in record.work.creators.iter().enumerate() {
        let about = agent(record, number);
        if creator.name.trim().is_empty() || !known.insert(about.clone()) {
            continue;
        }
        xml.element("edm:Agent", &[("rdf:about", &about)], |xml| {
            xml.text("skos:prefLabel", &[], &creator.name);
            if let Some(sorted) = creator.sort_name.as_deref().filter(|sorted| *sorted != creator.name) {
                xml.text("skos:altLabel", &[], sorted);
            }
            for (name, at) in [("rdaGr2:dateOfBirth", creator.birth), ("rdaGr2:dateOfDeath", creator.death)] {
                at.into_iter().for_each(|at| xml.text(name, &[], &year(at)));
            }
            if let Some(role) = &creator.role {
                xml.text("rdaGr2:professionOrOccupation", &[], role);
            }
        });
    }
}

fn concepts(record: &ExchangedWork<'_>, xml: &mut Xml) {
    let mut known = BTreeSet::new();
    for tag in record.tags {
        let broader = tag.broader.iter().map(|broader| (broader.concept.as_deref(), &broader.label));
        let chain: Vec<_> = broader.chain([(tag.concept.as_deref(), &tag.label)]).collect();
        let mut above: Option<String> = None;
        for (concept, label) in chain {
            let Some(concept) = concept.and_then(http_uri) else { continue };
            if known.insert(concept.clone()) {
                xml.element("skos:Concept", &[("rdf:about", &concept)], |xml| {
                    labels(xml, label);
                    above.iter().for_each(|above| resource(xml, "skos:broader", above));
                });
            }
            above = Some(concept);
        }
    }
}

/// One preferred label per language; the others are alternatives (SKOS, S14).
fn labels(xml: &mut Xml, label: &Text) {
    for name in ["skos:prefLabel", "skos:altLabel"] {
        for (language, values) in label.languages() {
            let values = if name == "skos:prefLabel" { values.get(..1) } else { values.get(1..) };
            for value in values.into_iter().flatten() {
                texts(xml, name, &Text::of(language, value));
            }
        }
    }
}

fn time_spans(record: &ExchangedWork<'_>, xml: &mut Xml) {
    for (number, made) in record.work.production.iter().enumerate() {
        let Some((first, last)) = years(made) else { continue };
        let about = fragment(record, &format!("time-{number}"));
        xml.element("edm:TimeSpan", &[("rdf:about", &about)], |xml| {
            labels(xml, &made.text);
            xml.text("edm:begin", &[], &year(first));
            xml.text("edm:end", &[], &year(last));
        });
    }
}

/// The URI of a creator: the authority's, or one below the work's page.
fn agent(record: &ExchangedWork<'_>, number: usize) -> String {
    let own = record.work.creators.get(number).and_then(|creator| creator.id.as_deref()).and_then(http_uri);
    own.unwrap_or_else(|| fragment(record, &format!("creator-{number}")))
}

fn fragment(record: &ExchangedWork<'_>, name: &str) -> String {
    format!("{}#{name}", record.page())
}

fn resource(xml: &mut Xml, name: &str, uri: &str) {
    xml.empty(name, &[("rdf:resource", uri)]);
}

#[cfg(test)]
mod tests {
    use super::super::ExchangeFormat::Edm;
    use super::super::tests::{contains, written};
    use crate::record::{Media, Work};

    const WORK: &str = "https://museum.example/p/works/KMS%201%2F%C3%A6";

    #[test]
    fn every_mandatory_element_is_there() {
        let record = written(Edm, |_| {});
        contains(
            &record,
            &[
                &format!("<edm:ProvidedCHO rdf:about=\"{WORK}#work\">"),
                "<dc:title xml:lang=\"en\">The fall of the Titans</dc:title>",
                "<dc:type xml:lang=\"en\">painting</dc:type>",
                "<dc:subject rdf:resource=\"http://iconclass.org/91B\"/>",
                "<edm:type>IMAGE</edm:type>",
                &format!("<ore:Aggregation rdf:about=\"{WORK}#aggregation\">"),
                &format!("<edm:aggregatedCHO rdf:resource=\"{WORK}#work\"/>"),
                "<edm:dataProvider>The &lt;Museum&gt;</edm:dataProvider>",
                "<edm:provider>The &lt;Museum&gt;</edm:provider>",
                &format!("<edm:isShownAt rdf:resource=\"{WORK}\"/>"),
                "<edm:isShownBy rdf:resource=\"https://museum.example/p/iiif/3/kms%2Ffront.tif/full/max/0/default.jpg\"/>",
                "<edm:rights rdf:resource=\"http://creativecommons.org/publicdomain/zero/1.0/\"/>",
            ],
        );
    }

    #[test]
    fn sound_and_video_are_further_views() {
        let media = || Media { file: "a b.mp3".into(), ..Media::default() };
        let record = written(Edm, |work| work.media_files = vec![media()]);
        contains(
            &record,
            &[
                "<edm:hasView rdf:resource=\"https://museum.example/p/media/a%20b.mp3\"/>",
                "<edm:WebResource rdf:about=\"https://museum.example/p/media/a%20b.mp3\"><dc:format>audio/mpeg</dc:format>",
                "<edm:type>IMAGE</edm:type>",
            ],
        );
    }

    #[test]
    fn contextual_classes_are_resources() {
        let record = written(Edm, |_| {});
        contains(
            &record,
            &[
                &format!("<dc:creator rdf:resource=\"{WORK}#creator-0\"/>"),
                &format!(
                    "<edm:Agent rdf:about=\"{WORK}#creator-0\"><skos:prefLabel>Cornelis Cornelisz. van Haarlem</skos:prefLabel>\
                     <rdaGr2:dateOfBirth>1562</rdaGr2:dateOfBirth><rdaGr2:dateOfDeath>1638</rdaGr2:dateOfDeath>"
                ),
                "<skos:Concept rdf:about=\"http://iconclass.org/91B\"><skos:prefLabel xml:lang=\"da\">Titaner</skos:prefLabel>",
                &format!("<dcterms:created rdf:resource=\"{WORK}#time-0\"/>"),
                "<edm:begin>1588</edm:begin><edm:end>1590</edm:end>",
                "<svcs:has_service rdf:resource=\"https://museum.example/p/iiif/3/kms%2Ffront.tif\"/>",
                "<svcs:Service rdf:about=\"https://museum.example/p/iiif/3/kms%2Ffront.tif\">\
                 <dcterms:conformsTo rdf:resource=\"http://iiif.io/api/image\"/>\
                 <doap:implements rdf:resource=\"http://iiif.io/api/image/3/level2.json\"/></svcs:Service>",
            ],
        );
    }

    #[test]
    fn the_shortest_record_has_the_mandatory_elements_too() {
        let record = written(Edm, |work| *work = Work { object_number: "K1".into(), ..Work::default() });
        contains(
            &record,
            &[
                "<dc:title>K1</dc:title>",
                "<dc:type rdf:resource=\"http://purl.org/dc/dcmitype/PhysicalObject\"/>",
                "<edm:isShownAt rdf:resource=\"https://museum.example/p/works/K1\"/>",
                "<edm:rights rdf:resource=\"http://rightsstatements.org/vocab/CNE/1.0/\"/>",
            ],
        );
    }
}
