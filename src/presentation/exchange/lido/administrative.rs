//! The rights of a work, its record and its images: LIDO's administrative metadata.

use super::super::{ExchangedImage, ExchangedWork, Xml, texts};
use super::{LOCAL, URI, concept, museum};
use crate::presentation::{http_uri, plain_text};

/// Terms of LIDO.
const ITEM_RECORD: &str = "http://terminology.lido-schema.org/lido00141";
const THUMBNAIL: &str = "http://terminology.lido-schema.org/lido00451";
const PICTURE: &str = "http://terminology.lido-schema.org/lido00464";

/// The elements of `administrativeMetadata`.
pub(super) fn write(record: &ExchangedWork<'_>, xml: &mut Xml) {
    rights_of_work(record, xml);
    about_record(record, xml);
    resources(record, xml);
}

fn rights_of_work(record: &ExchangedWork<'_>, xml: &mut Xml) {
    xml.element("lido:rightsWorkWrap", &[], |xml| {
        xml.element("lido:rightsWorkSet", &[], |xml| {
            rights_type(record, xml);
            texts(xml, "lido:creditLine", &record.work.credit_line);
        });
    });
}

/// The URI of the statement with its name, and statements that are texts.
fn rights_type(record: &ExchangedWork<'_>, xml: &mut Xml) {
    let uri = record.any_rights_uri();
    xml.element("lido:rightsType", &[], |xml| {
        concept(xml, &uri);
        if let Some(name) = record.publisher.rights_name(&uri) {
            texts(xml, "lido:term", &name);
        }
    });
    for text in record.rights_texts() {
        xml.element("lido:rightsType", &[], |xml| xml.text("lido:term", &[], &plain_text(text)));
    }
}

fn about_record(record: &ExchangedWork<'_>, xml: &mut Xml) {
    xml.element("lido:recordWrap", &[], |xml| {
        xml.text("lido:recordID", &[("lido:type", LOCAL)], record.number());
        xml.element("lido:recordType", &[], |xml| {
            concept(xml, ITEM_RECORD);
            xml.text("lido:term", &[("xml:lang", "en")], "Item-level record");
        });
        xml.element("lido:recordSource", &[], |xml| museum(record, xml));
        if let Some(licence) = http_uri(&record.publisher.data_licence) {
            xml.element("lido:recordRights", &[], |xml| {
                xml.element("lido:rightsType", &[], |xml| concept(xml, &licence));
            });
        }
        xml.element("lido:recordInfoSet", &[], |xml| {
            xml.text("lido:recordInfoLink", &[("lido:formatResource", "text/html")], &record.page());
            let manifest = record.manifest();
            xml.text("lido:recordInfoLink", &[("lido:formatResource", "application/ld+json")], &manifest);
            if let Some(homepage) = record.homepage() {
                xml.text("lido:recordInfoLink", &[("lido:formatResource", "text/html")], &homepage);
            }
            xml.text("lido:recordMetadataDate", &[], record.changed);
        });
    });
}

fn resources(record: &ExchangedWork<'_>, xml: &mut Xml) {
    if record.images.is_empty() {
        return;
    }
    xml.element("lido:resourceWrap", &[], |xml| {
        for image in &record.images {
            xml.element("lido:resourceSet", &[], |xml| resource(record, image, xml));
        }
    });
}

fn resource(record: &ExchangedWork<'_>, image: &ExchangedImage<'_>, xml: &mut Xml) {
    xml.text("lido:resourceID", &[("lido:type", URI)], &record.service(image));
    for (kind, link) in [(PICTURE, record.picture(image)), (THUMBNAIL, record.thumbnail(image))] {
        xml.element("lido:resourceRepresentation", &[("lido:type", kind)], |xml| {
            xml.text("lido:linkResource", &[("lido:formatResource", "image/jpeg")], &link);
        });
    }
    xml.element("lido:resourceRepresentation", &[("lido:type", "IIIF Image API")], |xml| {
        let info = format!("{}/info.json", record.service(image));
        xml.text("lido:linkResource", &[("lido:formatResource", "application/ld+json")], &info);
    });
    xml.element("lido:resourceType", &[], |xml| {
        xml.text("lido:term", &[("xml:lang", "en")], "digital image");
    });
    if !image.label.is_empty() {
        texts(xml, "lido:resourceDescription", image.label);
    }
    xml.element("lido:rightsResource", &[], |xml| {
        rights_type(record, xml);
        texts(xml, "lido:creditLine", &record.work.credit_line);
    });
}
