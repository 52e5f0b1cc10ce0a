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

use super::{ExchangedImage, ExchangedWork, Xml, measure_text, texts, year, years};
use crate::presentation::{http_uri, plain_text};
use crate::record::{Creator, Measure, Text};

pub(super) const NAMESPACE: &str = "http://www.lido-schema.org";

/// LIDO's terms: https://terminology.lido-schema.org
const LOCAL: &str = "http://terminology.lido-schema.org/lido00100";
const URI: &str = "http://terminology.lido-schema.org/lido00099";
const PRODUCTION: &str = "http://terminology.lido-schema.org/lido00007";
const ITEM_RECORD: &str = "http://terminology.lido-schema.org/lido00141";
const PREFERRED: &str = "http://terminology.lido-schema.org/lido00169";
const ALTERNATIVE: &str = "http://terminology.lido-schema.org/lido00170";
const MATERIAL: &str = "http://terminology.lido-schema.org/lido00132";
const TECHNIQUE: &str = "http://terminology.lido-schema.org/lido00131";
const THUMBNAIL: &str = "http://terminology.lido-schema.org/lido00451";
const PICTURE: &str = "http://terminology.lido-schema.org/lido00464";

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
            classification(record, xml);
            identification(record, xml);
            xml.element("lido:eventWrap", &[], |xml| production(record, xml));
            relations(record, xml);
        });
        xml.element("lido:administrativeMetadata", &[("xml:lang", language)], |xml| {
            rights_of_work(record, xml);
            about_record(record, xml);
            resources(record, xml);
        });
    });
}

fn classification(record: &ExchangedWork<'_>, xml: &mut Xml) {
    let work = record.work;
    xml.element("lido:objectClassificationWrap", &[], |xml| {
        xml.element("lido:objectWorkTypeWrap", &[], |xml| {
            for kind in work.object_type.iter().filter(|text| !text.is_empty()) {
                xml.element("lido:objectWorkType", &[], |xml| texts(xml, "lido:term", kind));
            }
            if work.object_type.iter().all(Text::is_empty) {
                xml.element("lido:objectWorkType", &[], |xml| {
                    xml.text("lido:term", &[("xml:lang", "en")], "human-made object");
                });
            }
        });
        let all: Vec<(&str, &Text)> = work.collections.iter().map(|text| ("collection", text)).collect();
        let all = all.into_iter().chain([("department", &work.department)]);
        let all: Vec<_> = all.filter(|(_, text)| !text.is_empty()).collect();
        if !all.is_empty() {
            xml.element("lido:classificationWrap", &[], |xml| {
                for (kind, text) in all {
                    xml.element("lido:classification", &[("lido:type", kind)], |xml| {
                        texts(xml, "lido:term", text);
                    });
                }
            });
        }
    });
}

fn identification(record: &ExchangedWork<'_>, xml: &mut Xml) {
    let work = record.work;
    xml.element("lido:objectIdentificationWrap", &[], |xml| {
        xml.element("lido:titleWrap", &[], |xml| {
            let titles = work.titles.iter().map(|title| &title.text).filter(|text| !text.is_empty());
            for (at, title) in titles.clone().enumerate() {
                let kind = if at == 0 { PREFERRED } else { ALTERNATIVE };
                xml.element("lido:titleSet", &[("lido:type", kind)], |xml| {
                    texts(xml, "lido:appellationValue", title);
                });
            }
            if titles.count() == 0 {
                xml.element("lido:titleSet", &[], |xml| {
                    xml.text("lido:appellationValue", &[], record.number());
                });
            }
        });
        if !work.inscriptions.is_empty() {
            xml.element("lido:inscriptionsWrap", &[], |xml| {
                for text in work.inscriptions.iter().filter(|text| !text.is_empty()) {
                    xml.element("lido:inscriptions", &[], |xml| {
                        texts(xml, "lido:inscriptionTranscription", text);
                    });
                }
            });
        }
        xml.element("lido:repositoryWrap", &[], |xml| {
            xml.element("lido:repositorySet", &[], |xml| {
                xml.element("lido:repositoryName", &[], |xml| museum(record, xml));
                xml.text("lido:workID", &[("lido:type", LOCAL)], record.number());
                if !work.location.is_empty() {
                    xml.element("lido:repositoryLocation", &[], |xml| {
                        xml.element("lido:namePlaceSet", &[], |xml| {
                            texts(xml, "lido:appellationValue", &work.location);
                        });
                    });
                }
            });
        });
        if !work.description.is_empty() {
            xml.element("lido:objectDescriptionWrap", &[], |xml| {
                xml.element("lido:objectDescriptionSet", &[], |xml| {
                    texts(xml, "lido:descriptiveNoteValue", &work.description);
                });
            });
        }
        let measures: Vec<_> = work.dimensions.iter().filter(|one| measure_text(one).is_some()).collect();
        if !measures.is_empty() {
            xml.element("lido:objectMeasurementsWrap", &[], |xml| {
                measures.into_iter().for_each(|one| measurement(one, xml));
            });
        }
    });
}

fn measurement(measure: &Measure, xml: &mut Xml) {
    xml.element("lido:objectMeasurementsSet", &[], |xml| {
        if let Some(text) = measure_text(measure) {
            xml.text("lido:displayObjectMeasurements", &[], &text);
        }
        let (kind, unit) = (measure.kind.as_deref(), measure.unit.as_deref());
        let value = measure.value.filter(|value| value.is_finite());
        if let (Some(kind), Some(unit), Some(value)) = (kind, unit, value) {
            xml.element("lido:objectMeasurements", &[], |xml| {
                xml.element("lido:measurementsSet", &[], |xml| {
                    xml.element("lido:measurementType", &[], |xml| xml.text("lido:term", &[], kind));
                    xml.element("lido:measurementUnit", &[], |xml| xml.text("lido:term", &[], unit));
                    xml.text("lido:measurementValue", &[], &value.to_string());
                });
                if let Some(part) = &measure.part {
                    xml.element("lido:extentMeasurements", &[], |xml| xml.text("lido:term", &[], part));
                }
            });
        }
    });
}

fn production(record: &ExchangedWork<'_>, xml: &mut Xml) {
    let work = record.work;
    xml.element("lido:eventSet", &[], |xml| {
        xml.element("lido:event", &[], |xml| {
            xml.element("lido:eventType", &[], |xml| {
                concept(xml, PRODUCTION);
                xml.text("lido:term", &[("xml:lang", "en")], "Production");
            });
            let creators = work.creators.iter().filter(|creator| !creator.name.trim().is_empty());
            creators.for_each(|creator| actor(creator, xml));
            // An event has one date: the text of all, and the years that they span.
            let span = work.production.iter().filter_map(years);
            let span = span.reduce(|all, one| (all.0.min(one.0), all.1.max(one.1)));
            if span.is_some() || work.production.iter().any(|made| !made.text.is_empty()) {
                xml.element("lido:eventDate", &[], |xml| {
                    work.production.iter().for_each(|made| texts(xml, "lido:displayDate", &made.text));
                    if let Some((first, last)) = span {
                        xml.element("lido:date", &[], |xml| {
                            xml.text("lido:earliestDate", &[], &year(first));
                            xml.text("lido:latestDate", &[], &year(last));
                        });
                    }
                });
            }
            for (kind, all) in [(TECHNIQUE, &work.techniques), (MATERIAL, &work.materials)] {
                for text in all.iter().filter(|text| !text.is_empty()) {
                    xml.element("lido:eventMaterialsTech", &[], |xml| {
                        xml.element("lido:materialsTech", &[], |xml| {
                            xml.element("lido:termMaterialsTech", &[("lido:type", kind)], |xml| {
                                texts(xml, "lido:term", text);
                            });
                        });
                    });
                }
            }
        });
    });
}

fn actor(creator: &Creator, xml: &mut Xml) {
    xml.element("lido:eventActor", &[], |xml| {
        xml.element("lido:actorInRole", &[], |xml| {
            xml.element("lido:actor", &[], |xml| {
                if let Some(id) = &creator.id {
                    let kind = if http_uri(id).is_some() { URI } else { LOCAL };
                    xml.text("lido:actorID", &[("lido:type", kind)], id);
                }
                xml.element("lido:nameActorSet", &[], |xml| {
                    xml.text("lido:appellationValue", &[("lido:pref", PREFERRED)], &creator.name);
                    if let Some(sorted) =
                        creator.sort_name.as_deref().filter(|sorted| *sorted != creator.name)
                    {
                        xml.text("lido:appellationValue", &[("lido:pref", ALTERNATIVE)], sorted);
                    }
                });
                if let Some(nationality) = &creator.nationality {
                    xml.element("lido:nationalityActor", &[], |xml| xml.text("lido:term", &[], nationality));
                }
                if creator.birth.is_some() || creator.death.is_some() {
                    xml.element("lido:vitalDatesActor", &[], |xml| {
                        let dates =
                            [("lido:earliestDate", creator.birth), ("lido:latestDate", creator.death)];
                        for (name, at) in dates {
                            at.into_iter().for_each(|at| xml.text(name, &[], &year(at)));
                        }
                    });
                }
                creator.gender.iter().for_each(|gender| xml.text("lido:genderActor", &[], gender));
            });
            if let Some(role) = &creator.role {
                xml.element("lido:roleActor", &[], |xml| xml.text("lido:term", &[], role));
            }
        });
    });
}

fn relations(record: &ExchangedWork<'_>, xml: &mut Xml) {
    let related = &record.work.related;
    if record.tags.is_empty() && related.is_empty() {
        return;
    }
    xml.element("lido:objectRelationWrap", &[], |xml| {
        if !record.tags.is_empty() {
            xml.element("lido:subjectWrap", &[], |xml| {
                for tag in record.tags {
                    xml.element("lido:subjectSet", &[], |xml| {
                        xml.element("lido:subject", &[], |xml| {
                            xml.element("lido:subjectConcept", &[], |xml| {
                                let uri = tag.concept.as_deref().and_then(http_uri);
                                uri.iter().for_each(|uri| concept(xml, uri));
                                texts(xml, "lido:term", &tag.label);
                            });
                        });
                    });
                }
            });
        }
        if !related.is_empty() {
            xml.element("lido:relatedWorksWrap", &[], |xml| {
                for one in related {
                    xml.element("lido:relatedWorkSet", &[], |xml| {
                        xml.element("lido:relatedWork", &[], |xml| {
                            texts(xml, "lido:displayObject", &one.label);
                            let uri = http_uri(&one.id).unwrap_or_else(|| record.address.work_page(&one.id));
                            xml.element("lido:object", &[], |xml| {
                                xml.text("lido:objectWebResource", &[], &uri);
                            });
                        });
                        if let Some(kind) = &one.kind {
                            xml.element("lido:relatedWorkRelType", &[], |xml| {
                                xml.text("lido:term", &[], kind);
                            });
                        }
                    });
                }
            });
        }
    });
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
