//! Parses request bodies about tags, field by field.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::check::{self, REGION};
use super::limits::MAX_REVISION;
use crate::iiif::Invalid;
use crate::record::{Region, Status, Tag};

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

/// A new tag.
pub(super) struct Added {
    pub tag: Tag,
    /// Whether the request set the status explicitly.
    pub has_status: bool,
    pub note: Option<String>,
    pub revision: Option<u64>,
}

/// A change of an existing tag.
pub(super) struct Change {
    pub status: Option<Status>,
    /// `Some(None)` is the whole image.
    pub region: Option<Option<Region>>,
    pub note: Option<String>,
    pub revision: Option<u64>,
}

/// Reads a new tag.
pub(super) fn added(body: &[u8]) -> Result<Added, Invalid> {
    let mut fields = Fields::read(body, &NEW)?;
    let scheme: String = fields.needed("scheme", "a string such as \"motif\"")?;
    let label = fields.take::<Value>("label", "")?.ok_or_else(|| missing("label"))?;
    let mut tag = Tag::new(&check::scheme(scheme)?, check::text("label", label)?);
    tag.concept =
        fields.take("concept", "a string")?.map(|concept| check::uri("concept", concept)).transpose()?;
    tag.broader = check::broader(
        fields.take("broader", "a list of {\"label\": …, \"concept\": …}")?.unwrap_or_default(),
    )?;
    if let Some(source) = fields.take("source", "a string")? {
        tag.source = check::source(source)?;
    }
    if let Some(confidence) = fields.take("confidence", "a number between 0 and 1")? {
        tag.confidence = confidence;
        if !(0.0..=1.0).contains(&confidence) {
            return Err(Invalid::new("confidence", &confidence.to_string(), "must be between 0 and 1"));
        }
    }
    tag.image = fields.take("image", "a string")?.map(check::image).transpose()?;
    tag.region = fields.take::<String>("region", REGION)?.map(|text| check::region(&text)).transpose()?;
    let status = fields.status()?;
    tag.status = status.unwrap_or_default();
    Ok(Added { tag, has_status: status.is_some(), note: fields.note()?, revision: fields.revision()? })
}

/// Reads a change.
pub(super) fn change(body: &[u8]) -> Result<Change, Invalid> {
    let mut fields = Fields::read(body, &CHANGE)?;
    let region = match fields.0.remove("region") {
        None => None,
        Some(Value::Null) => Some(None),
        Some(Value::String(text)) => Some(Some(check::region(&text)?)),
        Some(other) => {
            return Err(Invalid::new("region", &other.to_string(), format!("must be {REGION}, or null")));
        }
    };
    let status = fields.status()?;
    Ok(Change { status, region, note: fields.note()?, revision: fields.revision()? })
}

/// A JSON object whose fields are removed one by one.
struct Fields(Map<String, Value>);

impl Fields {
    fn read(body: &[u8], known: &[&'static str]) -> Result<Self, Invalid> {
        let value: Value = serde_json::from_slice(body)
            .map_err(|error| Invalid::new("body", "", format!("is not valid JSON: {error}")))?;
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
                let reason = format!("is not a known field; known fields are {}", known.join(", "));
                Err(Invalid::new(unknown.chars().take(80).collect::<String>(), "", reason))
            }
        }
    }

    /// A field's value; null counts as missing.
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
        // `7.0` is an integer in JSON Schema, too.
        let whole =
            || number.as_f64().filter(|one| one.fract() == 0.0 && (0.0..=MAX_REVISION as f64).contains(one));
        let revision = number.as_u64().or_else(|| whole().map(|one| one as u64));
        let revision = revision.filter(|revision| *revision <= MAX_REVISION);
        let refuse = || Invalid::new("revision", &number.to_string(), format!("must be {form}"));
        revision.map(Some).ok_or_else(refuse)
    }

    fn note(&mut self) -> Result<Option<String>, Invalid> {
        self.take("note", "a string")?.map(check::note).transpose()
    }
}

fn missing(name: &'static str) -> Invalid {
    let example = if name == "label" { "{\"en\": \"dog\"}" } else { "\"motif\"" };
    Invalid::new(name, "", format!("is missing: write \"{name}\": {example}"))
}
