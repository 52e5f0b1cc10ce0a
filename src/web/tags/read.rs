//! What may be said of a tag in a request's body, field by field.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::limits::{INVISIBLE, MAX_LABEL, MAX_NOTE, MAX_REVISION, RECORD_SCHEMES};
use crate::iiif::Invalid;
use crate::presentation::{ALL, FOUND, plain};
use crate::record::{Broader, Region, Status, Tag, Text};

/// Limits of further texts, in characters, and of lists.
const MAX_CONCEPT: usize = 2000;
const MAX_IMAGE: usize = 2000;
const MAX_VALUES: usize = 50;
const MAX_BROADER: usize = 20;

/// The fields of a new tag, and those of a change.
const NEW: [&str; 11] = [
    "scheme",
    "label",
    "concept",
    "broader",
    "source",
    "confidence",
    "image",
    "region",
    "status",
    "note",
    "revision",
];
const CHANGE: [&str; 4] = ["status", "region", "note", "revision"];

/// Joiners are letters' shapes in Persian and Indic scripts, and join emoji: they may stand within a text.
const JOINERS: [char; 2] = ['\u{200c}', '\u{200d}'];

/// A new tag.
pub struct Added {
    pub tag: Tag,
    /// Whether its status was given, and not only supposed.
    pub has_status: bool,
    pub note: Option<String>,
    pub revision: Option<u64>,
}

/// A change of a tag that is there.
pub struct Change {
    pub status: Option<Status>,
    /// `Some(None)` is the whole image.
    pub region: Option<Option<Region>>,
    pub note: Option<String>,
    pub revision: Option<u64>,
}

/// Reads a new tag.
pub fn added(body: &[u8]) -> Result<Added, Invalid> {
    let mut fields = Fields::read(body, &NEW)?;
    let scheme: String = fields.needed("scheme", "a string such as \"motif\"")?;
    let label = fields.take::<Value>("label", "")?.ok_or_else(|| missing("label"))?;
    let mut tag = Tag::new(&checked_scheme(scheme)?, text("label", label)?);
    tag.concept = fields.take("concept", "a string")?.map(|concept| uri("concept", concept)).transpose()?;
    tag.broader =
        broader(fields.take("broader", "a list of {\"label\": …, \"concept\": …}")?.unwrap_or_default())?;
    if let Some(source) = fields.take("source", "a string")? {
        tag.source = checked_source(source)?;
    }
    if let Some(confidence) = fields.take("confidence", "a number between 0 and 1")? {
        tag.confidence = confidence;
        if !(0.0..=1.0).contains(&confidence) {
            return Err(Invalid::new("confidence", &confidence.to_string(), "must be between 0 and 1"));
        }
    }
    tag.image = fields.take("image", "a string")?;
    if tag.image.as_ref().is_some_and(|image| image.chars().count() > MAX_IMAGE) {
        return Err(Invalid::new("image", "", format!("is longer than {MAX_IMAGE} characters")));
    }
    tag.region = fields.take::<String>("region", REGION)?.map(|text| region(&text)).transpose()?;
    let status = fields.status()?;
    tag.status = status.unwrap_or_default();
    Ok(Added { tag, has_status: status.is_some(), note: fields.note()?, revision: fields.revision()? })
}

/// Reads a change.
pub fn change(body: &[u8]) -> Result<Change, Invalid> {
    let mut fields = Fields::read(body, &CHANGE)?;
    let region = match fields.0.remove("region") {
        None => None,
        Some(Value::Null) => Some(None),
        Some(Value::String(text)) => Some(Some(region(&text)?)),
        Some(other) => {
            return Err(Invalid::new("region", &other.to_string(), format!("must be {REGION}, or null")));
        }
    };
    let status = fields.status()?;
    Ok(Change { status, region, note: fields.note()?, revision: fields.revision()? })
}

const REGION: &str =
    "a string `x,y,width,height` in whole pixels of the full image, such as \"100,80,400,300\"";

/// A JSON object whose fields are taken one by one.
struct Fields(Map<String, Value>);

impl Fields {
    fn read(body: &[u8], known: &[&'static str]) -> Result<Self, Invalid> {
        let value: Value = serde_json::from_slice(body)
            .map_err(|error| Invalid::new("body", "", format!("is no JSON: {error}")))?;
        let Value::Object(fields) = value else {
            return Err(Invalid::new(
                "body",
                "",
                "must be a JSON object such as {\"scheme\": \"motif\", \"label\": {\"en\": \"dog\"}}",
            ));
        };
        match fields.keys().find(|name| !known.contains(&name.as_str())) {
            None => Ok(Self(fields)),
            Some(unknown) => {
                let known: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
                let reason = format!("is no field here; there are {}", known.join(", "));
                Err(Invalid::new(unknown.chars().take(80).collect::<String>(), "", reason))
            }
        }
    }

    /// A field's value; null counts as none.
    fn take<T: DeserializeOwned>(&mut self, name: &'static str, form: &str) -> Result<Option<T>, Invalid> {
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => {
                let refuse = |_| Invalid::new(name, &value.to_string(), format!("must be {form}"));
                T::deserialize(&value).map(Some).map_err(refuse)
            }
        }
    }

    fn needed<T: DeserializeOwned>(&mut self, name: &'static str, form: &str) -> Result<T, Invalid> {
        self.take(name, form)?.ok_or_else(|| missing(name))
    }

    fn status(&mut self) -> Result<Option<Status>, Invalid> {
        self.take("status", "`proposed`, `accepted` or `rejected`")
    }

    fn revision(&mut self) -> Result<Option<u64>, Invalid> {
        let form = "the work's revision, an integer";
        let Some(number) = self.take::<serde_json::Number>("revision", form)? else { return Ok(None) };
        // `7.0` is an integer, too, to those who read JSON by its schema.
        let whole =
            || number.as_f64().filter(|one| one.fract() == 0.0 && (0.0..=MAX_REVISION as f64).contains(one));
        let revision = number.as_u64().or_else(|| whole().map(|one| one as u64));
        let revision = revision.filter(|revision| *revision <= MAX_REVISION);
        let refuse = || Invalid::new("revision", &number.to_string(), format!("must be {form}"));
        revision.map(Some).ok_or_else(refuse)
    }

    fn note(&mut self) -> Result<Option<String>, Invalid> {
        let note: Option<String> = self.take("note", "a string")?;
        let Some(note) = note else { return Ok(None) };
        if note.chars().count() > MAX_NOTE {
            return Err(Invalid::new("note", "", format!("is longer than {MAX_NOTE} characters")));
        }
        if note.chars().any(|c| !matches!(c, '\n' | '\r' | '\t') && is_hidden(c)) {
            return Err(Invalid::new("note", "", HIDDEN));
        }
        Ok(Some(note))
    }
}

const HIDDEN: &str =
    "has control characters or directional formatting in it: leave them out, as they show nothing";

fn missing(name: &'static str) -> Invalid {
    let example = if name == "label" { "{\"en\": \"dog\"}" } else { "\"motif\"" };
    Invalid::new(name, "", format!("is missing: write \"{name}\": {example}"))
}

fn checked_scheme(scheme: String) -> Result<String, Invalid> {
    let refuse = |reason: String| Err(Invalid::new("scheme", &scheme, reason));
    let named = scheme.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && scheme.starts_with(|c: char| c.is_ascii_lowercase());
    if !named || scheme.len() > 64 {
        return refuse(
            "is no word such as `motif` or `style`: at most 64 small letters, digits and hyphens".into(),
        );
    }
    if RECORD_SCHEMES.contains(&scheme.as_str()) {
        return refuse(
            "comes from the record itself: use a scheme such as `motif`, `subject`, `style` or `person`"
                .into(),
        );
    }
    if [ALL, FOUND].contains(&scheme.as_str()) {
        return refuse("stands for collections of other kinds: use a scheme such as `motif`".into());
    }
    Ok(scheme)
}

/// Who says it: only an import may claim to be one.
fn checked_source(source: String) -> Result<String, Invalid> {
    let part = |text: &str| {
        (1..=64).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'/' | b'-'))
    };
    let model = source.strip_prefix("model:").is_some_and(|model| match model.split_once('@') {
        Some((name, version)) => part(name) && part(version),
        None => part(model),
    });
    if source == "curator" || model {
        return Ok(source);
    }
    let reason = if source.starts_with("import:") {
        "is for what imports bring: write `curator` or `model:NAME@VERSION`"
    } else {
        "must be `curator` or `model:NAME@VERSION`"
    };
    Err(Invalid::new("source", &source, reason))
}

fn uri(field: &'static str, uri: String) -> Result<String, Invalid> {
    let refuse = |reason: &'static str| Err(Invalid::new(field, &uri, reason));
    if uri.chars().count() > MAX_CONCEPT {
        return refuse("is longer than 2000 characters");
    }
    let plain = !uri.chars().any(|c| c.is_whitespace() || is_hidden(c) || matches!(c, '<' | '>' | '"'));
    let parsed = url::Url::parse(&uri).ok().filter(|_| plain);
    match parsed.is_some_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host()) {
        true => Ok(uri),
        false => refuse("is no http or https URI: write for example `http://iconclass.org/34B11`"),
    }
}

fn broader(all: Vec<Value>) -> Result<Vec<Broader>, Invalid> {
    if all.len() > MAX_BROADER {
        return Err(Invalid::new("broader", "", format!("has more than {MAX_BROADER} concepts")));
    }
    let one = |value: Value| {
        let form = || {
            Invalid::new("broader", &value.to_string(), "must be a list of {\"label\": …, \"concept\": …}")
        };
        let mut fields = value.as_object().cloned().ok_or_else(form)?;
        let label = text("broader", fields.remove("label").unwrap_or_default())?;
        let concept = match fields.remove("concept") {
            None | Some(Value::Null) => None,
            Some(Value::String(concept)) => Some(uri("broader", concept)?),
            Some(_) => return Err(form()),
        };
        if fields.is_empty() { Ok(Broader { label, concept }) } else { Err(form()) }
    };
    all.into_iter().map(one).collect()
}

/// A text to be shown: every value of it has something to see.
fn text(field: &'static str, value: Value) -> Result<Text, Invalid> {
    let shown = value.to_string();
    let refuse = |reason: &str| Invalid::new(field, &shown, reason.to_owned());
    if let Value::Object(languages) = &value
        && let Some((language, _)) = languages.iter().find(|(language, _)| !is_language(language))
    {
        let reason = format!(
            "has `{}` for a language, which is no tag: write for example {{\"en\": \"dog\"}}",
            language.escape_debug()
        );
        return Err(Invalid::new(field, "", reason));
    }
    let text: Text = serde_json::from_value(value)
        .map_err(|_| refuse("is no text: write \"dog\" or {\"en\": \"dog\", \"da\": \"hund\"}"))?;
    if text.is_empty() {
        return Err(refuse("is empty: write {\"en\": \"dog\"}"));
    }
    let mut values = 0;
    for (_, value) in text.iter() {
        values += 1;
        if value.chars().count() > MAX_LABEL {
            return Err(Invalid::new(field, "", format!("is longer than {MAX_LABEL} characters")));
        }
        if value.chars().any(is_hidden) {
            return Err(refuse(HIDDEN));
        }
        let shown = plain(value);
        if !shown.chars().any(|c| !c.is_whitespace() && !JOINERS.contains(&c)) {
            return Err(refuse("is nothing but markup: write {\"en\": \"dog\"}"));
        }
    }
    if values > MAX_VALUES {
        return Err(Invalid::new(field, "", format!("has more than {MAX_VALUES} values")));
    }
    Ok(text)
}

/// Whether this is a language tag by its form (RFC 5646, §2.1), or `none`.
fn is_language(tag: &str) -> bool {
    tag == "none" || Text::of(tag, "x").iter().all(|(known, _)| known == tag)
}

fn is_hidden(c: char) -> bool {
    let invisible = INVISIBLE.iter().any(|(from, to)| (*from..=*to).contains(&c));
    c.is_control() || invisible && !JOINERS.contains(&c)
}

fn region(text: &str) -> Result<Region, Invalid> {
    let read = text.parse().map_err(|_: String| Invalid::new("region", text, format!("must be {REGION}")));
    // Its right and lower edges are numbers of pixels, too.
    read.and_then(|region: Region| {
        match region.x.checked_add(region.width).zip(region.y.checked_add(region.height)) {
            Some(_) => Ok(region),
            None => Err(Invalid::new("region", text, "ends beyond any image")),
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn refused(body: &Value, field: &str) {
        let refused = added(body.to_string().as_bytes()).err().unwrap_or_else(|| panic!("{body} is taken"));
        assert_eq!(refused.parameter, field, "{body}: {refused}");
    }

    /// A good tag with one field changed.
    fn with(field: &str, value: Value) -> Value {
        let mut tag = json!({"scheme": "motif", "label": {"en": "dog"}});
        tag[field] = value;
        tag
    }

    #[test]
    fn what_could_not_be_shown_or_found_is_refused() {
        for (field, values) in [
            (
                "scheme",
                vec![
                    json!(""),
                    json!("Motif"),
                    json!("a b"),
                    json!(7),
                    json!(null),
                    json!("creator"),
                    json!("type"),
                    json!("all"),
                    json!("x".repeat(65)),
                ],
            ),
            (
                "label",
                vec![
                    json!(""),
                    json!(" "),
                    json!("<b></b>"),
                    json!("<script>alert(1)</script>"),
                    json!("<img src=x>"),
                    json!({}),
                    json!([]),
                    json!(null),
                    json!(true),
                    json!({"en": "<p> </p>", "da": "hund"}),
                    json!("x".repeat(501)),
                    json!("a\u{0}b"),
                    json!("a\u{7f}"),
                    json!("a\nb"),
                    json!("\u{202e}god"),
                    json!("a\u{2066}b"),
                    json!("\u{200b}"),
                    json!("\u{200d}"),
                    json!({"not a language": "x"}),
                    json!({"e": "x"}),
                    json!({"en_GB": "x"}),
                    json!({"en": {"x": 1}}),
                    json!(
                        ["x"; 1]
                            .repeat(51)
                            .iter()
                            .enumerate()
                            .map(|(at, x)| format!("{x}{at}"))
                            .collect::<Vec<_>>()
                    ),
                ],
            ),
            (
                "concept",
                vec![
                    json!("javascript:alert(1)"),
                    json!("data:text/html,x"),
                    json!("dog"),
                    json!(""),
                    json!("http://"),
                    json!("http://a b"),
                    json!("http://a\nb"),
                    json!("ftp://a.b/c"),
                    json!(7),
                    json!(format!("http://a.b/{}", "x".repeat(2000))),
                ],
            ),
            (
                "source",
                vec![
                    json!("import:smk"),
                    json!(""),
                    json!("model:"),
                    json!("model:a@"),
                    json!("Somebody"),
                    json!("model:<b>@1"),
                ],
            ),
            ("confidence", vec![json!(-0.1), json!(1.1), json!(1e300), json!("0.5"), json!(true)]),
            (
                "region",
                vec![
                    json!("pct:0,0,10,10"),
                    json!("1,2,3"),
                    json!("0,0,0,5"),
                    json!("-1,0,5,5"),
                    json!("1.5,0,5,5"),
                    json!([1, 2, 3, 4]),
                    json!("4294967295,0,4294967295,1"),
                    json!("square"),
                    json!(""),
                ],
            ),
            ("status", vec![json!("deleted"), json!("Accepted"), json!(1)]),
            ("note", vec![json!("x".repeat(2001)), json!("a\u{0}"), json!("\u{202e}"), json!({})]),
            ("revision", vec![json!(-1), json!("1"), json!(1.5), json!(1e30)]),
            ("image", vec![json!(7), json!("x".repeat(2001))]),
            (
                "broader",
                vec![
                    json!("animals"),
                    json!([{"label": ""}]),
                    json!([{"label": "a", "x": 1}]),
                    json!([{"label": "a", "concept": "javascript:x"}]),
                ],
            ),
            ("colour", vec![json!("red")]),
            ("id", vec![json!("0123456789abcdef")]),
        ] {
            values.into_iter().for_each(|value| refused(&with(field, value), field));
        }
        refused(&json!([]), "body");
        assert_eq!(added(b"{").err().map(|refused| refused.parameter.into_owned()).as_deref(), Some("body"));
        assert_eq!(
            added(br#"{"scheme":"a","label":"b","confidence":NaN}"#)
                .err()
                .map(|one| one.parameter.into_owned())
                .as_deref(),
            Some("body")
        );
    }

    #[test]
    fn what_curators_and_models_say_is_taken() {
        for (field, value) in [
            ("label", json!("Æble & pære")),
            ("label", json!({"da": "hund", "zh-Hans": "狗", "none": "5 < 7"})),
            ("label", json!("<i>Rosa</i> canina")),
            ("label", json!("می\u{200c}خواهم")),
            ("concept", json!("https://www.wikidata.org/entity/Q144")),
            ("concept", json!("http://iconclass.org/25F23(LION)")),
            ("source", json!("model:siglip@2.1")),
            ("confidence", json!(0)),
            ("region", json!("xywh=10,20,30,40")),
            ("note", json!("two\nlines")),
            ("revision", json!(7.0)),
            ("status", json!("proposed")),
            ("broader", json!([{"label": {"en": "animals"}, "concept": null}])),
        ] {
            let read = added(with(field, value.clone()).to_string().as_bytes());
            assert!(
                read.is_ok(),
                "{field} {value}: {}",
                read.err().map_or(String::new(), |error| error.to_string())
            );
        }
    }

    #[test]
    fn changes_are_of_status_and_region() {
        let read = |body: Value| change(body.to_string().as_bytes());
        assert_eq!(read(json!({"region": null})).ok().and_then(|change| change.region), Some(None));
        let both = read(json!({"region": "1,2,3,4", "status": "accepted"})).unwrap();
        assert_eq!(both.region.flatten(), "1,2,3,4".parse().ok());
        assert_eq!(both.status, Some(Status::Accepted));
        for (bad, field) in [
            (json!({"label": "x"}), "label"),
            (json!({"region": "pct:1,1,1,1"}), "region"),
            (json!({"region": 5}), "region"),
            (json!({"status": "gone"}), "status"),
        ] {
            assert_eq!(
                read(bad.clone()).err().map(|error| error.parameter.into_owned()).as_deref(),
                Some(field),
                "{bad}"
            );
        }
    }
}
