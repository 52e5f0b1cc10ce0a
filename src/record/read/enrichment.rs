//! Answers of SMK's enrichment service: what programs and Wikidata say about a work, each under a source of its own.
//!
//! An answer is a list of entries, one for each program. Read are
//! - `colorextractor`: the palette, as tags with the colors' shares;
//! - `msvisioncomponent`: tags in English and Danish with the confidences of the unfiltered answer. What the service has
//!   filtered out has a source of its own (`…-unfiltered`), so that a rule or a curator can treat it differently;
//! - `hypernymcomponent`: terms above the nouns of the title, filtered and unfiltered, without confidences;
//! - `wikidata`: what the work depicts, in each language (their lists are in different orders);
//! - `visualsextractor`, `visual_extraction`: measures, on scales of the service.
//!
//! Other entries are counted. A source that states no confidence has 0, so that no rule accepts its tags.

use serde_json::{Map, Value};

use crate::record::{Status, Tag, Text};

/// What one entry says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Enrichment {
    /// The museum's number of the work.
    pub object_number: String,
    /// The program, as in `colorextractor`.
    pub kind: String,
    /// Whether this kind is read.
    pub is_known: bool,
    /// Its tags.
    pub tags: Vec<Tag>,
    /// Its version of this entry and its measures, as a JSON object.
    pub measures: Option<(String, String)>,
}

/// The most tags of one list that are read.
const MAX_TAGS: usize = 500;

/// All entries within an answer, or within a list of answers.
pub fn entries(answer: Value) -> Vec<Value> {
    match answer {
        Value::Array(all) => all.into_iter().flat_map(entries).collect(),
        one => vec![one],
    }
}

/// Reads one entry.
///
/// # Errors
/// Says what an entry must have.
pub fn enrichment(entry: &Value) -> Result<Enrichment, String> {
    let text = |name: &str| entry.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let (Some(id), Some(kind), Some(Value::Object(data))) = (text("id"), text("type"), entry.get("data"))
    else {
        return Err("an entry must be an object with `id`, `type` and `data`".into());
    };
    let mut read =
        Enrichment { object_number: id.into(), kind: kind.into(), is_known: true, ..Enrichment::default() };
    match kind {
        "colorextractor" => read.tags = palette(data),
        "msvisioncomponent" => read.tags = vision(data),
        "hypernymcomponent" => read.tags = hypernyms(data),
        "wikidata" => read.tags = depicted(data),
        "visualsextractor" | "visual_extraction" => read.measures = measures(data),
        _ => read.is_known = false,
    }
    Ok(read)
}

fn machine(kind: &str, scheme: &str, label: Text, confidence: f64) -> Tag {
    Tag { source: format!("model:{kind}"), confidence, status: Status::Proposed, ..Tag::new(scheme, label) }
}

/// Each color is repeated as often as its weight says.
fn palette(data: &Map<String, Value>) -> Vec<Tag> {
    let weighted = data.get("colors_palette_weighted_s").and_then(Value::as_str).unwrap_or_default();
    let mut counts: Vec<(String, u32)> = Vec::new();
    for color in weighted.split_whitespace().map(str::to_ascii_lowercase) {
        match counts.iter().position(|(known, _)| *known == color) {
            Some(place) => counts[place].1 += 1,
            None if is_color(&color) && counts.len() < MAX_TAGS => counts.push((color, 1)),
            None => {}
        }
    }
    let all = f64::from(counts.iter().map(|(_, count)| count).sum::<u32>());
    let tag = |(color, count): (String, u32)| Tag {
        color: Some(color.clone()),
        share: Some((f64::from(count) / all * 1e4).round() / 1e4),
        ..machine("colorextractor", "colour", Text::plain(&color), 0.0)
    };
    counts.into_iter().map(tag).collect()
}

fn is_color(text: &str) -> bool {
    text.strip_prefix('#').is_some_and(|hex| hex.len() == 6 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn vision(data: &Map<String, Value>) -> Vec<Tag> {
    let kept = texts(data, "tags_en");
    let (english, danish) = (texts(data, "unfiltered_tags_en"), texts(data, "unfiltered_tags_da"));
    let raw = confidences(data.get("tags_raw_s").and_then(Value::as_str).unwrap_or_default());
    let named: Vec<&str> = raw.iter().map(|(name, _)| name.as_str()).collect();
    let unscored = english.iter().chain(&kept).filter(|name| !named.contains(*name));
    let all = raw.iter().cloned().chain(unscored.map(|name| ((*name).to_owned(), 0.0)));
    let mut tags: Vec<Tag> = Vec::new();
    for (name, confidence) in all {
        let mut label = Text::of("en", &name);
        // The two lists have the same order, if they have the same length.
        if english.len() == danish.len()
            && let Some(place) = english.iter().position(|known| *known == name)
        {
            label.add("da", danish[place]);
        }
        let source =
            if kept.contains(&&*name) { "msvisioncomponent" } else { "msvisioncomponent-unfiltered" };
        let tag = machine(source, "motif", label, confidence.clamp(0.0, 1.0));
        if !tags.iter().any(|known| known.id() == tag.id()) {
            tags.push(tag);
        }
    }
    tags
}

/// The names and confidences of a dictionary as Python prints it: `{'name': 'art', 'confidence': 0.97}`.
fn confidences(printed: &str) -> Vec<(String, f64)> {
    let entries = printed.split("{'name': ").skip(1).take(MAX_TAGS);
    let entry = |entry: &str| {
        let quote = entry.chars().next().filter(|quote| matches!(quote, '\'' | '"'))?;
        let (name, rest) = entry[1..].split_once(&format!("{quote}, 'confidence': "))?;
        let number = rest.split(['}', ',']).next()?.trim();
        let confidence = number.parse().ok().filter(|number: &f64| number.is_finite())?;
        (!name.trim().is_empty()).then(|| (name.to_owned(), confidence))
    };
    entries.filter_map(entry).collect()
}

fn hypernyms(data: &Map<String, Value>) -> Vec<Tag> {
    let kept = texts(data, "tags_da");
    let others = texts(data, "unfiltered_tags_da").into_iter().filter(|term| !kept.contains(term));
    let tag = |source: &'static str| move |term: &str| machine(source, "motif", Text::of("da", term), 0.0);
    let filtered: Vec<Tag> = others.map(tag("hypernymcomponent-unfiltered")).collect();
    kept.into_iter().map(tag("hypernymcomponent")).chain(filtered).collect()
}

/// People's statements: proposed, as nobody of the museum has seen them.
fn depicted(data: &Map<String, Value>) -> Vec<Tag> {
    let english = texts(data, "depicts_en");
    // Concepts without a Danish label have the English one.
    let danish = texts(data, "depicts_da").into_iter().filter(|term| !english.contains(term));
    let tag = |language: &'static str| {
        move |term: &str| Tag {
            source: "import:wikidata".into(),
            status: Status::Proposed,
            ..Tag::new("motif", Text::of(language, term))
        }
    };
    let danish: Vec<Tag> = danish.map(tag("da")).collect();
    english.iter().copied().map(tag("en")).chain(danish).collect()
}

fn measures(data: &Map<String, Value>) -> Option<(String, String)> {
    let numbers = data.iter().filter(|(name, value)| name.ends_with("_f") && value.is_number());
    let numbers: Map<String, Value> = numbers.map(|(name, value)| (name.clone(), value.clone())).collect();
    let version = data.get("_version_").map(Value::to_string).unwrap_or_default();
    (!numbers.is_empty()).then(|| (version, Value::Object(numbers).to_string()))
}

/// The different texts of a list, in their order.
fn texts<'a>(data: &'a Map<String, Value>, name: &str) -> Vec<&'a str> {
    let mut texts = Vec::new();
    let list = data.get(name).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    for text in list.iter().filter_map(Value::as_str).map(str::trim).take(MAX_TAGS) {
        if !text.is_empty() && !texts.contains(&text) {
            texts.push(text);
        }
    }
    texts
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(kind: &str, data: Value) -> Enrichment {
        enrichment(&json!({"id": "A1", "type": kind, "data": data})).unwrap()
    }

    #[test]
    fn what_the_service_filtered_out_has_a_source_of_its_own() {
        let printed = "{'tags': [{'name': 'boat', 'confidence': 0.9}, {'name': \"fisherman's hut\", 'confidence': 0.25}], \
            'description': {'captions': [{'text': 'a boat', 'confidence': 0.5}]}}";
        let read = read(
            "msvisioncomponent",
            json!({"tags_en": ["boat"], "unfiltered_tags_en": ["boat", "fisherman's hut"],
                "unfiltered_tags_da": ["båd", "fiskerhytte"], "tags_raw_s": printed}),
        );
        let shown: Vec<_> =
            read.tags.iter().map(|tag| (&*tag.source, tag.label.best(&["da"]), tag.confidence)).collect();
        assert_eq!(
            shown,
            [
                ("model:msvisioncomponent", Some("båd"), 0.9),
                ("model:msvisioncomponent-unfiltered", Some("fiskerhytte"), 0.25)
            ]
        );
    }

    #[test]
    fn colors_have_the_shares_of_their_weights() {
        let read = read(
            "colorextractor",
            json!({"colors_palette_weighted_s": "#102030 #102030 #102030 #FFEEDD red"}),
        );
        let shown: Vec<_> = read.tags.iter().map(|tag| (tag.color.as_deref(), tag.share)).collect();
        assert_eq!(shown, [(Some("#102030"), Some(0.75)), (Some("#ffeedd"), Some(0.25))]);
    }

    #[test]
    fn terms_in_two_languages_are_told_once_where_they_are_the_same() {
        let read =
            read("wikidata", json!({"depicts_en": ["boat", "Skagen"], "depicts_da": ["Skagen", "båd"]}));
        let shown: Vec<_> = read.tags.iter().map(|tag| tag.label.best(&[]).unwrap()).collect();
        assert_eq!(shown, ["boat", "Skagen", "båd"]);
    }

    #[test]
    fn measures_keep_their_scales_and_version() {
        let measured = read("visualsextractor", json!({"contrast_f": 3.1, "id": "A1", "_version_": 17}));
        assert_eq!(measured.measures, Some(("17".into(), "{\"contrast_f\":3.1}".into())));
        assert!(!read("similarimages", json!({})).is_known);
        assert!(enrichment(&json!({"id": "A1"})).is_err());
    }
}
