//! A work's metadata as pairs of label and value (Presentation API 3.0, §3.1).

use serde_json::Value;

use super::labels::{self, Label};
use super::object::object;
use super::{Publisher, View, language_map, rights};
use crate::record::{Creator, Measure, Production, Related, Text, Work};

/// The metadata of a work, including the record's rights statement unless it is a URI for `rights`.
pub(super) fn metadata(view: &View<'_>) -> Vec<Value> {
    let mut facts = facts(view, &view.work.inscriptions, &view.work.related);
    facts.rights(view.work);
    facts.pairs
}

/// The metadata that the manifest which a work was read from has no pairs for: the object number and the rights
/// statement.
pub(super) fn not_from_source(view: &View<'_>) -> Vec<Value> {
    let mut facts = Facts { base: view.address.base(), publisher: view.publisher, pairs: Vec::new() };
    facts.add(OBJECT_NUMBER, &[Text::plain(&view.work.object_number)]);
    facts.rights(view.work);
    facts.pairs
}

const OBJECT_NUMBER: Label = Label::new("Object number", "Inventarnummer");

/// The metadata of a work without its rights, inscriptions and related works.
pub(super) fn plain_facts(view: &View<'_>) -> Vec<Value> {
    facts(view, &[], &[]).pairs
}

fn facts<'a>(view: &View<'a>, inscriptions: &[Text], related: &[Related]) -> Facts<'a> {
    let work = view.work;
    let mut facts =
        Facts { base: view.address.base(), publisher: view.publisher, pairs: Vec::with_capacity(16) };
    let titles: Vec<Text> =
        work.titles.iter().map(|title| title.text.clone()).filter(|text| !text.is_empty()).collect();
    facts.add(Label::new("Other titles", "Andre titler"), titles.get(1..).unwrap_or_default());
    let creators: Vec<Text> =
        work.creators.iter().map(|creator| creator_text(creator, facts.publisher)).collect();
    facts.add(Label::new("Creator", "Kunstner"), &creators);
    let dates: Vec<Text> = work.production.iter().map(|made| date(made, facts.publisher)).collect();
    facts.add(Label::new("Date", "Datering"), &dates);
    facts.add(Label::new("Type", "Værktype"), &work.object_type);
    facts.add(Label::new("Technique", "Teknik"), &work.techniques);
    facts.add(Label::new("Materials", "Materialer"), &work.materials);
    facts.add(Label::new("Dimensions", "Mål"), &measures(&work.dimensions, facts.publisher));
    facts.add(Label::new("Inscription", "Påskrift"), inscriptions);
    facts.add(Label::new("Collection", "Samling"), &work.collections);
    facts.add(Label::new("Department", "Afdeling"), std::slice::from_ref(&work.department));
    facts.add(Label::new("Location", "Placering"), std::slice::from_ref(&work.location));
    facts.add(OBJECT_NUMBER, &[Text::plain(&work.object_number)]);
    // The manifest that the work was imported from is not a related work; it goes in `seeAlso`.
    let others = related.iter().filter(|other| other.kind.as_deref() != Some("manifest"));
    let related: Vec<Text> = others.map(|other| named(&other.label, &other.id)).collect();
    facts.add(Label::new("Related works", "Relaterede værker"), &related);
    for fact in &work.extra_metadata {
        facts.pair(&fact.label, std::slice::from_ref(&fact.value));
    }
    facts
}

struct Facts<'a> {
    /// The base URL of this server.
    base: &'a str,
    publisher: &'a Publisher,
    pairs: Vec<Value>,
}

impl Facts<'_> {
    /// Viewers display the values of one language only, so values in another set of languages get a pair of their own.
    fn add(&mut self, label: Label, values: &[Text]) {
        self.pair(&self.publisher.label(label), values);
    }

    fn rights(&mut self, work: &Work) {
        let statement = work.rights.as_deref().filter(|text| rights::normalize(text).is_none());
        let label = Label::new("Rights", "Rettigheder");
        match (statement, &work.rights, work.public_domain) {
            (Some(statement), ..) => {
                let statements: Vec<Text> = statement.lines().map(Text::plain).collect();
                self.add(label, &statements);
            }
            (None, None, Some(true)) => {
                self.add(label, &[self.publisher.label(labels::PUBLIC_DOMAIN)]);
            }
            _ => {}
        }
    }

    fn pair(&mut self, label: &Text, values: &[Text]) {
        let mut groups: Vec<Text> = Vec::new();
        for value in values.iter().filter(|value| !value.is_empty()) {
            let known =
                |text: &Text| text.languages().map(|(language, _)| language.to_owned()).collect::<Vec<_>>();
            match groups.iter_mut().find(|group| known(group) == known(value)) {
                Some(group) => group.merge(value),
                None => groups.push(value.clone()),
            }
        }
        for group in groups {
            let value = language_map::value(&group, self.base);
            if !language_map::is_empty(&value) {
                let label = language_map::label(label);
                self.pairs.push(object! { "label": label, "value": value });
            }
        }
    }
}

fn named(label: &Text, id: &str) -> Text {
    if label.is_empty() { Text::plain(id) } else { label.clone() }
}

/// `Anna Ancher (Danish, 1859–1935), printmaker`.
fn creator_text(creator: &Creator, publisher: &Publisher) -> Text {
    if creator.name.trim().is_empty() {
        return Text::default();
    }
    let with_life = |life: &str| {
        let about = creator.nationality.as_deref().into_iter().chain([life]).filter(|part| !part.is_empty());
        let about: Vec<&str> = about.collect();
        let name = creator.name.trim();
        if about.is_empty() { name.to_owned() } else { format!("{name} ({})", about.join(", ")) }
    };
    let is_before = [creator.birth, creator.death].iter().flatten().any(|year| *year < 0);
    let role = creator.role.as_deref().filter(|role| !role.trim().is_empty());
    match (role, role.and_then(labels::term)) {
        (Some(_), Some(role)) => in_each_language(role, publisher, |word, language| {
            let era = publisher.word(ERA, language);
            format!("{}, {word}", with_life(&life(creator, era)))
        }),
        (role, _) => {
            let role = role.map(|role| format!(", {role}")).unwrap_or_default();
            if is_before {
                return in_each_language(ERA, publisher, |era, _| {
                    format!("{}{role}", with_life(&life(creator, era)))
                });
            }
            Text::plain(&format!("{}{role}", with_life(&life(creator, ""))))
        }
    }
}

const ERA: Label = Label::new("BC", "f.Kr.");

/// `1859–1935`, `384–322 BC`, `43 BC – 17`.
fn life(creator: &Creator, era: &str) -> String {
    let year = |year: i32| if year < 0 { format!("{} {era}", year.unsigned_abs()) } else { year.to_string() };
    match (creator.birth, creator.death) {
        (Some(birth), Some(death)) if birth < 0 && death < 0 => {
            format!("{}–{} {era}", birth.unsigned_abs(), death.unsigned_abs())
        }
        (Some(birth), Some(death)) if birth < 0 => format!("{} – {death}", year(birth)),
        (Some(birth), Some(death)) => format!("{birth}–{death}"),
        (Some(birth), None) => format!("*{}", year(birth)),
        (None, Some(death)) => format!("†{}", year(death)),
        (None, None) => String::new(),
    }
}

fn in_each_language(label: Label, publisher: &Publisher, format: impl Fn(&str, &str) -> String) -> Text {
    publisher.in_each_language(|language| {
        let format = || format(publisher.word(label, language), language);
        publisher.has_word(label, language).then(format)
    })
}

/// The date as worded in the record, or else its years.
pub(super) fn date(made: &Production, publisher: &Publisher) -> Text {
    if !made.text.is_empty() {
        return made.text.clone();
    }
    let (Some(earliest), Some(latest)) = (made.earliest.or(made.latest), made.latest.or(made.earliest))
    else {
        return Text::default();
    };
    if earliest > 0 {
        return Text::plain(&if earliest == latest {
            earliest.to_string()
        } else {
            format!("{earliest}–{latest}")
        });
    }
    in_each_language(ERA, publisher, |era, _| {
        let year = |year: i32| {
            if year > 0 { year.to_string() } else { format!("{} {era}", year.unsigned_abs().max(1)) }
        };
        if earliest == latest { year(earliest) } else { format!("{} – {}", year(earliest), year(latest)) }
    })
}

/// Measures by part: `sheet: 30.5 × 20 cm`.
pub(super) fn measures(all: &[Measure], publisher: &Publisher) -> Vec<Text> {
    let mut parts: Vec<&str> = Vec::new();
    for measure in all {
        let part = measure.part.as_deref().unwrap_or_default();
        if !parts.contains(&part) {
            parts.push(part);
        }
    }
    let of =
        |part: &str| all.iter().filter(|m| m.part.as_deref().unwrap_or_default() == part).collect::<Vec<_>>();
    parts.into_iter().take(50).map(|part| measured(part, &of(part), publisher)).collect()
}

fn measured(part: &str, measures: &[&Measure], publisher: &Publisher) -> Text {
    let mut texts: Vec<&str> = measures.iter().filter_map(|measure| measure.text.as_deref()).collect();
    texts.dedup();
    if !texts.is_empty() {
        // Some sources repeat the part name before the measurement.
        let bare = |text: &str| {
            let own = text.get(..part.len()).filter(|own| own.eq_ignore_ascii_case(part));
            let rest = own.and_then(|_| text[part.len()..].trim_start().strip_prefix(':'));
            rest.map_or(text, str::trim).to_owned()
        };
        let texts = texts.into_iter().map(bare).collect::<Vec<_>>().join(", ");
        return Text::plain(&if part.is_empty() { texts } else { format!("{part}: {texts}") });
    }
    let named = measures.iter().filter_map(|measure| measure.kind.as_deref()).chain([part]);
    let terms: Vec<Label> = named.filter_map(labels::term).collect();
    publisher.in_each_language(|language| {
        // Without its words, a language has no text of its own.
        if !terms.iter().all(|term| publisher.has_word(*term, language)) {
            return None;
        }
        let term = |name: &str| {
            labels::term(name).map_or(name.to_owned(), |term| publisher.word(term, language).to_owned())
        };
        let sides =
            ["height", "width", "depth"].map(|kind| measures.iter().find(|measure| is(measure, kind)));
        let unit = sides[0].and_then(|height| height.unit.as_deref()).unwrap_or_default();
        let flat = sides[0].is_some() && sides[1].is_some();
        let joined: Vec<&&Measure> = sides
            .into_iter()
            .flatten()
            .filter(|side| flat && side.unit.as_deref().unwrap_or_default() == unit)
            .collect();
        let mut parts = Vec::new();
        if !joined.is_empty() {
            let numbers: Vec<String> = joined.iter().map(|side| number(side.value, language)).collect();
            parts.push(format!("{} {unit}", numbers.join(" × ")).trim_end().to_owned());
        }
        for measure in measures.iter().filter(|one| !joined.iter().any(|side| std::ptr::eq(**side, **one))) {
            let kind = measure.kind.as_deref().map(term).unwrap_or_default();
            let value = format!(
                "{kind} {} {}",
                number(measure.value, language),
                measure.unit.as_deref().unwrap_or_default()
            );
            parts.extend((measure.value.is_some()).then(|| value.trim().to_owned()));
        }
        match (part, parts.is_empty()) {
            (_, true) => None,
            ("", false) => Some(parts.join(", ")),
            (part, false) => Some(format!("{}: {}", term(part), parts.join(", "))),
        }
    })
}

fn is(measure: &Measure, kind: &str) -> bool {
    measure.value.is_some() && measure.kind.as_deref().is_some_and(|known| known.eq_ignore_ascii_case(kind))
}

fn number(value: Option<f64>, language: &str) -> String {
    let Some(value) = value.filter(|value| value.is_finite()) else { return String::new() };
    let text = ((value * 1000.0).round() / 1000.0).to_string();
    if language == "da" { text.replace('.', ",") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(json: &str) -> Text {
        serde_json::from_str(json).unwrap()
    }

    #[track_caller]
    fn measures_are(json: &str, expected: &[&str]) {
        let all: Vec<Measure> = serde_json::from_str(json).unwrap();
        let found: Vec<Text> = measures(&all, &Publisher::default());
        assert_eq!(found, expected.iter().map(|json| text(json)).collect::<Vec<_>>());
    }

    #[test]
    fn measures_are_joined_by_part() {
        measures_are(
            r#"[{"part":"sheet","kind":"width","value":20,"unit":"cm"},{"part":"sheet","kind":"height","value":30.5,"unit":"cm"},
                {"part":"frame","kind":"weight","value":2,"unit":"kg"}]"#,
            &[
                r#"{"en":"sheet: 30.5 × 20 cm","da":"ark: 30,5 × 20 cm"}"#,
                r#"{"en":"frame: weight 2 kg","da":"ramme: vægt 2 kg"}"#,
            ],
        );
        measures_are(
            r#"[{"part":"support","text":"support: 311 x 213 mm"},{"part":"frame","text":"Frame : 2 m"},{"part":"plate","text":"3 m"}]"#,
            &[r#""support: 311 x 213 mm""#, r#""frame: 2 m""#, r#""plate: 3 m""#],
        );
        measures_are(r#"[{"text":"ca. 2 m"}]"#, &[r#""ca. 2 m""#]);
        measures_are(
            r#"[{"kind":"diameter","value":5,"unit":"mm"}]"#,
            &[r#"{"en":"diameter 5 mm","da":"diameter 5 mm"}"#],
        );
    }

    #[test]
    fn dates_are_text_or_years() {
        let date = |earliest, latest| {
            date(&Production { earliest, latest, ..Production::default() }, &Publisher::default())
        };
        assert_eq!(date(Some(1850), Some(1859)), Text::plain("1850–1859"));
        assert_eq!(date(None, Some(1850)), Text::plain("1850"));
        assert_eq!(date(Some(-50), Some(20)), text(r#"{"en":"50 BC – 20","da":"50 f.Kr. – 20"}"#));
        assert_eq!(date(None, None), Text::default());
    }

    #[test]
    fn bc_years_are_labelled() {
        for (birth, death, english) in [
            (Some(-384), Some(-322), "Aristotle (384–322 BC)"),
            (Some(-43), Some(17), "Aristotle (43 BC – 17)"),
            (None, Some(-322), "Aristotle (†322 BC)"),
        ] {
            let creator = Creator { name: "Aristotle".into(), birth, death, ..Creator::default() };
            let text = creator_text(&creator, &Publisher::default());
            assert_eq!(text.best(&["en"]), Some(english));
            assert_eq!(text.best(&["da"]), Some(&*english.replace("BC", "f.Kr.")));
        }
    }

    #[test]
    fn creators_have_life_dates_and_role() {
        let creator: Creator =
            serde_json::from_str(r#"{"name":"Anna Ancher","birth":1859,"death":1935,"role":"artist"}"#)
                .unwrap();
        let expected = r#"{"en":"Anna Ancher (1859–1935), artist","da":"Anna Ancher (1859–1935), kunstner"}"#;
        assert_eq!(creator_text(&creator, &Publisher::default()), text(expected));
    }
}
