//! Reads records of Tate's collection.

use std::collections::HashSet;

use serde_json::Value;

use crate::record::read::value::json::{field, many, number, text_in, text_of};
use crate::record::read::value::measure;
use crate::record::read::value::year::{last_year, span, year};
use crate::record::rights::statement;
use crate::record::{Broader, Creator, Measure, Production, Related, Tag, Text, Title, Work};

const SOURCE: &str = "import:tate";

/// Converts a record to a work. Fails only if the record has no number.
pub(in crate::record::read) fn work(record: &Value) -> Result<Work, String> {
    let number = text_in(record, &["acno", "id"]);
    let number = number.ok_or("`acno` is missing, and `id` too: a record needs one of them")?.into_owned();
    let text = |name: &str| text_in(record, &[name]).map(|text| Text::of("en", &text));
    let list = |name: &str| text(name).into_iter().collect();
    Ok(Work {
        object_number: number,
        titles: titles(record),
        creators: many(record.get("contributors")).iter().filter_map(creator).collect(),
        production: production(record).into_iter().collect(),
        object_type: list("classification"),
        techniques: list("medium"),
        dimensions: dimensions(record),
        inscriptions: text_in(record, &["inscription"]).map(|text| Text::plain(&text)).into_iter().collect(),
        credit_line: text("creditLine").unwrap_or_default(),
        rights: record.get("thumbnailCopyright").and_then(statement),
        homepage: text_in(record, &["url"]).map(|text| text.into_owned()),
        related: group(record).into_iter().collect(),
        tags: tags(record),
        ..Work::default()
    })
}

fn titles(record: &Value) -> Vec<Title> {
    let title = text_in(record, &["title"]).map(|text| Title { text: Text::plain(&text), kind: None });
    let foreign = text_in(record, &["foreignTitle"]);
    let foreign = foreign.map(|text| Title { text: Text::plain(&text), kind: Some("foreign".into()) });
    title.into_iter().chain(foreign).collect()
}

fn creator(made: &Value) -> Option<Creator> {
    let sort_name = text_in(made, &["mda"]).map(|name| name.into_owned());
    let display_name = text_of(made, &["fc"]).map(|name| name.into_owned());
    let name = display_name.or_else(|| sort_name.as_deref().map(super::smk::display_name))?;
    let lifespan = text_in(made, &["date"]);
    let lifespan = lifespan.as_deref().map_or((None, None), |lifespan| {
        if lifespan.contains(['–', '-']) { span(lifespan) } else { (None, None) }
    });
    let birth = field(made, &["birthYear"]).and_then(year).or(lifespan.0);
    Some(Creator {
        sort_name: sort_name.filter(|sorted| *sorted != name),
        name,
        role: text_in(made, &["role"]).map(|role| role.into_owned()),
        birth,
        death: lifespan.1.filter(|died| birth != Some(*died)),
        nationality: None,
        gender: text_in(made, &["gender"]).map(|gender| gender.into_owned()),
        id: text_in(made, &["id"]).map(|id| format!("tate:artist:{id}")),
    })
}

fn production(record: &Value) -> Option<Production> {
    let range = record.get("dateRange").unwrap_or(&Value::Null);
    let text = text_in(record, &["dateText"]).or_else(|| text_of(range, &["text"])).unwrap_or_default();
    let earliest = field(range, &["startYear"]).and_then(year);
    let latest = field(range, &["endYear"]).and_then(last_year);
    let found = Production { text: Text::of("en", &text), earliest, latest };
    (found != Production::default()).then_some(found)
}

/// Measures from the line of dimensions, whose numbers are height, width and depth; the separate fields confuse them.
fn dimensions(record: &Value) -> Vec<Measure> {
    if let Some(line) = text_in(record, &["dimensions"]) {
        return measure::measures(&line);
    }
    let unit = text_in(record, &["units"]).map(|unit| unit.into_owned());
    let of = |kind: &str| {
        let value = field(record, &[kind]).and_then(number)?;
        Some(Measure {
            kind: Some(kind.into()),
            value: Some(value),
            unit: unit.clone(),
            ..Measure::default()
        })
    };
    ["height", "width", "depth"].into_iter().filter_map(of).collect()
}

/// The series or sketchbook that the work belongs to.
fn group(record: &Value) -> Option<Related> {
    let label = text_in(record, &["groupTitle"])?;
    let id = record.get("catalogueGroup").and_then(|group| text_in(group, &["id"]));
    let id = id.map_or_else(|| label.to_string(), |id| format!("tate:group:{id}"));
    Some(Related { id, label: Text::of("en", &label), kind: Some("part-of".into()) })
}

/// Movements as styles, and the leaves of the subject tree with the subjects above them.
///
/// Tate publishes no URIs for its subjects, and some names are ambiguous: `figure` means four things. Each subject
/// therefore gets a URI made of its number, `tate:subject:451`, which does not resolve.
fn tags(record: &Value) -> Vec<Tag> {
    let mut tags = Vec::new();
    for movement in many(record.get("movements")) {
        let era = movement.get("era").and_then(|era| concept("era", era)).into_iter().collect();
        tags.extend(concept("movement", movement).map(|own| tag("style", own, era)));
    }
    for child in children(record.get("subjects")) {
        leaves(child, &mut Vec::new(), &mut tags);
    }
    let mut known = HashSet::new();
    tags.retain(|tag| match &tag.concept {
        Some(concept) => known.insert(concept.clone()),
        None => true,
    });
    tags
}

/// Collects the leaves below a subject. Trees nested deeper than JSON allows have none.
fn leaves(node: &Value, above: &mut Vec<Broader>, tags: &mut Vec<Tag>) {
    let Some(own) = concept("subject", node) else { return };
    let below = children(Some(node));
    if below.is_empty() {
        tags.push(tag("subject", own, above.clone()));
        return;
    }
    above.push(own);
    below.iter().for_each(|child| leaves(child, above, tags));
    above.pop();
}

fn tag(scheme: &str, own: Broader, broader: Vec<Broader>) -> Tag {
    Tag { concept: own.concept, broader, source: SOURCE.to_owned(), ..Tag::new(scheme, own.label) }
}

fn children(node: Option<&Value>) -> &[Value] {
    many(node.and_then(|node| node.get("children")))
}

fn concept(kind: &str, node: &Value) -> Option<Broader> {
    let label = Text::of("en", &text_of(node, &["name"])?);
    let id = text_in(node, &["id"]).map(|id| format!("tate:{kind}:{id}"));
    Some(Broader { label, concept: id })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_leaf_is_a_tag_below_its_two_levels() {
        let subjects = json!({"id": 1, "name": "subject", "children": [{"id": 91, "name": "people", "children": [
            {"id": 95, "name": "adults", "children": [{"id": 451, "name": "figure"}, {"id": 794, "name": "figure"}]}]}]});
        let movements = json!([{"id": 363, "name": "Pre-Raphaelite Brotherhood", "era": {"id": 350, "name": "19th century"}}]);
        let work = work(&json!({"acno": "A1", "subjects": subjects, "movements": movements})).unwrap();
        assert_eq!(work.tags.len(), 3);
        assert_eq!((work.tags[0].scheme.as_str(), work.tags[0].broader.len()), ("style", 1));
        let figure = &work.tags[2];
        assert_eq!(
            figure.broader.iter().filter_map(|above| above.label.best(&[])).collect::<Vec<_>>(),
            ["people", "adults"]
        );
        assert_eq!(
            (figure.concept.as_deref(), figure.source.as_str()),
            (Some("tate:subject:794"), "import:tate")
        );
        assert_ne!(figure.id(), work.tags[1].id());
    }

    #[test]
    fn creators_dates_and_groups_are_read() {
        let work = work(&json!({"acno": "A1", "title": "B", "foreignTitle": "C", "dateText": "?c.1785",
            "dateRange": {"startYear": "1785", "endYear": 1790}, "groupTitle": "Sketchbook", "catalogueGroup": {"id": 7},
            "contributors": [{"fc": "Robert Blake", "mda": "Blake, Robert", "birthYear": 1762, "date": "1762–1787",
            "role": "artist", "id": 38}, {"mda": "Turner, J.M.W.", "date": "born 1775"}]}))
        .unwrap();
        let [blake, turner] = &work.creators[..] else { panic!() };
        assert_eq!(
            (blake.birth, blake.death, blake.sort_name.as_deref()),
            (Some(1762), Some(1787), Some("Blake, Robert"))
        );
        assert_eq!((turner.name.as_str(), turner.birth, turner.death), ("J.M.W. Turner", None, None));
        assert_eq!((work.years(), work.titles.len()), ((Some(1785), Some(1790)), 2));
        assert_eq!(
            (work.related[0].id.as_str(), work.related[0].kind.as_deref()),
            ("tate:group:7", Some("part-of"))
        );
    }
}
