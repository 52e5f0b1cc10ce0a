//! Validation of the fields of a tag.

use serde_json::{Number, Value};
use unicode_normalization::UnicodeNormalization;

use super::limits::{INVISIBLE, MAX_CONCEPT, MAX_IMAGE, MAX_LABEL, MAX_NOTE, MAX_REVISION, RECORD_SCHEMES};
use crate::iiif::Invalid;
use crate::presentation::{ALL_WORKS, SEARCH_SCHEME, plain_text};
use crate::record::{LanguageTag, Region, Text};

/// The most values that a text has.
const MAX_VALUES: usize = 50;

/// Joiners shape letters in Persian and Indic scripts and join emoji, so they are allowed within a text.
const JOINERS: [char; 2] = ['\u{200c}', '\u{200d}'];

const HIDDEN: &str =
    "contains control characters or directional formatting: remove these invisible characters";

pub(super) const REGION: &str =
    "a string `x,y,width,height` in whole pixels of the full image, such as \"100,80,400,300\"";

pub(super) const REVISION: &str = "the work's revision, an integer";
pub(super) const CLUSTER: &str = "the number of a cluster, or null";

pub(super) fn scheme(scheme: String) -> Result<String, Invalid> {
    let refuse = |reason: String| Err(Invalid::new("scheme", &scheme, reason));
    let named = scheme.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && scheme.starts_with(|c: char| c.is_ascii_lowercase());
    if !named || scheme.len() > 64 {
        return refuse(
            "must be a word such as `motif` or `style`: at most 64 lowercase letters, digits and hyphens"
                .into(),
        );
    }
    if RECORD_SCHEMES.contains(&scheme.as_str()) {
        return refuse(
            "comes from the record itself: use a scheme such as `motif`, `subject`, `style` or `person`"
                .into(),
        );
    }
    if [ALL_WORKS, SEARCH_SCHEME].contains(&scheme.as_str()) {
        return refuse("is reserved for other collections: use a scheme such as `motif`".into());
    }
    Ok(scheme)
}

/// A part of a source's name.
fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'/' | b'-'))
}

/// The source of an imported tag.
pub(super) fn source_of_import(named: String) -> Result<String, Invalid> {
    match named.strip_prefix("import:").is_some_and(is_name) {
        true => Ok(named),
        false if named.starts_with("import:") => {
            let reason = "must be `import:NAME`, as in `import:thesaurus`; a name has letters, digits, `.`, `_`, `/` and `-`";
            Err(Invalid::new("source", &named, reason))
        }
        false => source(named),
    }
}

/// The source of a tag. Only imports may use `import:`.
pub(super) fn source(source: String) -> Result<String, Invalid> {
    let model = source.strip_prefix("model:").is_some_and(|model| match model.split_once('@') {
        Some((name, version)) => is_name(name) && is_name(version),
        None => is_name(model),
    });
    if source == "curator" || model {
        return Ok(source);
    }
    let reason = if source.starts_with("import:") {
        "is reserved for imports: write `curator` or `model:NAME@VERSION`"
    } else {
        "must be `curator` or `model:NAME@VERSION`"
    };
    Err(Invalid::new("source", &source, reason))
}

pub(super) fn note(note: String) -> Result<String, Invalid> {
    if note.chars().count() > MAX_NOTE {
        return Err(Invalid::new("note", "", format!("is longer than {MAX_NOTE} characters")));
    }
    if note.chars().any(|c| !matches!(c, '\n' | '\r' | '\t') && is_hidden(c)) {
        return Err(Invalid::new("note", "", HIDDEN));
    }
    Ok(note)
}

pub(super) fn image(image: String) -> Result<String, Invalid> {
    match image.chars().count() > MAX_IMAGE {
        true => Err(Invalid::new("image", "", format!("is longer than {MAX_IMAGE} characters"))),
        false => Ok(image),
    }
}

pub(super) fn uri(field: &'static str, uri: String) -> Result<String, Invalid> {
    let refuse = |reason: &'static str| Err(Invalid::new(field, &uri, reason));
    if uri.chars().count() > MAX_CONCEPT {
        return Err(Invalid::new(field, &uri, format!("is longer than {MAX_CONCEPT} characters")));
    }
    let plain = !uri.chars().any(|c| c.is_whitespace() || is_hidden(c) || matches!(c, '<' | '>' | '"'));
    let parsed = url::Url::parse(&uri).ok().filter(|_| plain);
    match parsed.is_some_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host()) {
        true => Ok(uri),
        false => refuse("must be an http or https URI, as in `http://iconclass.org/34B11`"),
    }
}

pub(super) fn confidence(confidence: f64) -> Result<f64, Invalid> {
    match (0.0..=1.0).contains(&confidence) {
        true => Ok(confidence),
        false => Err(Invalid::new("confidence", &confidence.to_string(), "must be between 0 and 1")),
    }
}

/// An integer up to `max`. `7.0` is an integer in JSON Schema, too.
fn whole(number: &Number, max: u64) -> Option<u64> {
    let whole = || number.as_f64().filter(|one| one.fract() == 0.0 && (0.0..=max as f64).contains(one));
    number.as_u64().or_else(|| whole().map(|one| one as u64)).filter(|number| *number <= max)
}

/// The number of a cluster.
pub(super) fn cluster(number: &Number) -> Result<u32, Invalid> {
    let known = whole(number, u32::MAX.into()).and_then(|number| u32::try_from(number).ok());
    known.ok_or_else(|| Invalid::new("merged_into", &number.to_string(), format!("must be {CLUSTER}")))
}

pub(super) fn revision(number: Number) -> Result<u64, Invalid> {
    whole(&number, MAX_REVISION)
        .ok_or_else(|| Invalid::new("revision", &number.to_string(), format!("must be {REVISION}")))
}

/// The value with its texts in Unicode's form NFC: a label that was typed with combining accents is the same label.
fn composed(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(text.nfc().collect()),
        Value::Array(all) => all.into_iter().map(composed).collect(),
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, composed(value))).collect(),
        other => other,
    }
}

/// A text for display: every value must have a visible character.
pub(super) fn text(field: &'static str, value: Value) -> Result<Text, Invalid> {
    let shown = value.to_string();
    let refuse = |reason: &str| Invalid::new(field, &shown, reason.to_owned());
    if let Value::Object(languages) = &value
        && let Some((language, _)) =
            languages.iter().find(|(language, _)| LanguageTag::parse(language).is_none())
    {
        let reason = format!(
            "has `{}`, which is not a language tag: write for example {{\"en\": \"dog\"}}",
            language.escape_debug()
        );
        return Err(Invalid::new(field, "", reason));
    }
    let text: Text = serde_json::from_value(composed(value))
        .map_err(|_| refuse("must be a text such as \"dog\" or {\"en\": \"dog\", \"da\": \"hund\"}"))?;
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
        let shown = plain_text(value);
        if !shown.chars().any(|c| !c.is_whitespace() && !JOINERS.contains(&c)) {
            return Err(refuse("has no visible text besides markup: write {\"en\": \"dog\"}"));
        }
    }
    if values > MAX_VALUES {
        return Err(Invalid::new(field, "", format!("has more than {MAX_VALUES} values")));
    }
    Ok(text)
}

fn is_hidden(c: char) -> bool {
    let invisible = INVISIBLE.iter().any(|(from, to)| (*from..=*to).contains(&c));
    c.is_control() || invisible && !JOINERS.contains(&c)
}

pub(super) fn region(text: &str) -> Result<Region, Invalid> {
    let read = text.parse().map_err(|_: String| Invalid::new("region", text, format!("must be {REGION}")));
    // Its right and lower edges must not overflow.
    read.and_then(|region: Region| {
        match region.x.checked_add(region.width).zip(region.y.checked_add(region.height)) {
            Some(_) => Ok(region),
            None => Err(Invalid::new("region", text, "exceeds any image")),
        }
    })
}
