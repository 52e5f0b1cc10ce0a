//! What a work is, how it was made and what it is related to: LIDO's descriptive metadata.

use super::super::{ExchangedWork, Xml, measure_text, texts, year, years};
use super::{LOCAL, URI, concept, museum};
use crate::presentation::http_uri;
use crate::record::{Creator, Measure, Text};

/// Terms of LIDO.
const PRODUCTION: &str = "http://terminology.lido-schema.org/lido00007";
const PREFERRED: &str = "http://terminology.lido-schema.org/lido00169";
const ALTERNATIVE: &str = "http://terminology.lido-schema.org/lido00170";
const MATERIAL: &str = "http://terminology.lido-schema.org/lido00132";
const TECHNIQUE: &str = "http://terminology.lido-schema.org/lido00131";

/// The elements of `descriptiveMetadata`.
pub(super) fn write(record: &ExchangedWork<'_>, xml: &mut Xml) {
    classification(record, xml);
    identification(record, xml);
    xml.element("lido:eventWrap", &[], |xml| production(record, xml));
    relations(record, xml);
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
