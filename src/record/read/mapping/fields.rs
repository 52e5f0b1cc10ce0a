//! Writes the values of columns to the fields of a work.

use super::rules::Rule;
use crate::record::read::value::json::number;
use crate::record::read::value::measure;
use crate::record::read::value::year::year;
use crate::record::{Creator, Image, Measure, Role, Text, Work};

pub(in crate::record::read) fn texts<'a>(work: &'a mut Work, field: &str) -> &'a mut Vec<Text> {
    match field {
        "object_type" => &mut work.object_type,
        "techniques" => &mut work.techniques,
        "materials" => &mut work.materials,
        "inscriptions" => &mut work.inscriptions,
        _ => &mut work.collections,
    }
}

pub(in crate::record::read) fn text<'a>(work: &'a mut Work, field: &str) -> &'a mut Text {
    match field {
        "description" => &mut work.description,
        "department" => &mut work.department,
        "credit_line" => &mut work.credit_line,
        _ => &mut work.location,
    }
}

pub(in crate::record::read) fn creator(creator: &mut Creator, field: &str, word: &str) {
    let value = Some(word.to_owned());
    match field {
        "sort_name" => creator.sort_name = value,
        "role" => creator.role = value,
        "birth" => creator.birth = year(&word.into()),
        "death" => creator.death = year(&word.into()),
        "nationality" => creator.nationality = value,
        "gender" => creator.gender = value,
        "id" => creator.id = value,
        _ => creator.name = word.to_owned(),
    }
}

pub(in crate::record::read) fn picture(image: &mut Image, field: &str, word: &str) {
    image.matched = true;
    match field {
        "role" => image.role = role_of(word),
        "label" => image.label.add("none", word),
        "view" => image.view = Some(word.to_owned()),
        _ => image.file = word.to_owned(),
    }
}

pub(in crate::record::read) fn role_of(word: &str) -> Role {
    serde_json::from_value(word.to_lowercase().into()).unwrap_or_default()
}

pub(in crate::record::read) fn measures(rule: &Rule, kind: Option<&str>, word: &str) -> Vec<Measure> {
    let mut found = match number(&word.into()) {
        Some(value) => vec![Measure { value: Some(value), ..Measure::default() }],
        None => measure::measures(word),
    };
    for measure in &mut found {
        measure.kind = kind.map(measure::kind).or(measure.kind.take());
        measure.part = rule.part.clone().or(measure.part.take());
        if measure.value.is_some() {
            measure.unit = measure.unit.take().or(rule.unit.clone());
        }
    }
    found
}
