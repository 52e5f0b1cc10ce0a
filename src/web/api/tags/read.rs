//! Reads request bodies about tags, with errors that name the field and what works.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, IntoDeserializer, MapAccess};
use serde_json::{Map, Value, map};

use super::bodies::{Judgement, NewBroader, NewTag};
use super::check;
use super::limits::MAX_BROADER;
use crate::iiif::Invalid;
use crate::record::{Broader, Region, Status, Tag};

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
    let new: NewTag = Fields::of(body)?.read()?;
    let scheme = check::scheme(new.scheme.ok_or_else(|| missing("scheme", "\"motif\""))?)?;
    let label = new.label.ok_or_else(|| missing("label", "{\"en\": \"dog\"}"))?;
    let usual = Tag::new(&scheme, check::text("label", label)?);
    let tag = Tag {
        concept: new.concept.map(|concept| check::uri("concept", concept)).transpose()?,
        broader: broader(new.broader.unwrap_or_default())?,
        source: new.source.map_or(Ok(usual.source), check::source)?,
        confidence: new.confidence.map_or(Ok(usual.confidence), check::confidence)?,
        image: new.image.map(check::image).transpose()?,
        region: new.region.as_deref().map(check::region).transpose()?,
        status: new.status.unwrap_or_default(),
        ..usual
    };
    let note = new.note.map(check::note).transpose()?;
    let revision = new.revision.map(check::revision).transpose()?;
    Ok(Added { tag, has_status: new.status.is_some(), note, revision })
}

/// Reads a change.
pub(super) fn change(body: &[u8]) -> Result<Change, Invalid> {
    let change: Judgement = Fields::of(body)?.read()?;
    let moved = |region: Option<String>| region.as_deref().map(check::region).transpose();
    Ok(Change {
        status: change.status,
        region: change.region.map(moved).transpose()?,
        note: change.note.map(check::note).transpose()?,
        revision: change.revision.map(check::revision).transpose()?,
    })
}

fn broader(all: Vec<Map<String, Value>>) -> Result<Vec<Broader>, Invalid> {
    if all.len() > MAX_BROADER {
        return Err(Invalid::new("broader", "", format!("has more than {MAX_BROADER} concepts")));
    }
    let one = |fields: Map<String, Value>| {
        let shown = Value::Object(fields.clone()).to_string();
        let refuse = |_| Invalid::new("broader", &shown, format!("must be {}", form("broader")));
        let NewBroader { label, concept } = Fields::from(fields).read().map_err(refuse)?;
        let concept = concept.map(|concept| check::uri("broader", concept)).transpose()?;
        Ok(Broader { label: check::text("broader", label.unwrap_or_default())?, concept })
    };
    all.into_iter().map(one).collect()
}

fn missing(name: &'static str, example: &str) -> Invalid {
    Invalid::new(name, "", format!("is missing: write \"{name}\": {example}"))
}

/// How a field is written.
fn form(field: &str) -> String {
    let form = match field {
        "scheme" => "a string such as \"motif\"",
        "broader" => "a list of {\"label\": …, \"concept\": …}",
        "confidence" => "a number between 0 and 1",
        "region" => return format!("{}, or null", check::REGION),
        "status" => "`proposed`, `accepted` or `rejected`",
        "revision" => check::REVISION,
        _ => "a string",
    };
    form.to_owned()
}

/// The fields of a JSON object, one by one.
struct Fields {
    rest: map::IntoIter,
    value: Option<(String, Value)>,
}

impl From<Map<String, Value>> for Fields {
    fn from(fields: Map<String, Value>) -> Self {
        Self { rest: fields.into_iter(), value: None }
    }
}

impl Fields {
    fn of(body: &[u8]) -> Result<Self, Invalid> {
        let value = serde_json::from_slice(body)
            .map_err(|error| Invalid::new("body", "", format!("is not valid JSON: {error}")))?;
        let Value::Object(fields) = value else {
            return Err(Invalid::new(
                "body",
                "",
                "must be a JSON object such as {\"scheme\": \"motif\", \"label\": {\"en\": \"dog\"}}",
            ));
        };
        Ok(fields.into())
    }

    fn read<T: DeserializeOwned>(self) -> Result<T, Invalid> {
        T::deserialize(MapAccessDeserializer::new(self)).map_err(|refused| refused.0)
    }
}

impl<'de> MapAccess<'de> for Fields {
    type Error = Refused;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Refused> {
        let Some((name, value)) = self.rest.next() else { return Ok(None) };
        self.value = Some((name.clone(), value));
        seed.deserialize(name.into_deserializer()).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Refused> {
        let (name, value) = self.value.take().unwrap_or_default();
        let shown = value.to_string();
        let reason = format!("must be {}", form(&name));
        seed.deserialize(value).map_err(|_| Refused(Invalid::new(name, &shown, reason)))
    }
}

/// Why a body is refused.
#[derive(Debug)]
struct Refused(Invalid);

impl serde::de::Error for Refused {
    fn custom<T: fmt::Display>(reason: T) -> Self {
        Self(Invalid::new("body", "", reason.to_string()))
    }

    fn unknown_field(field: &str, known: &'static [&'static str]) -> Self {
        let known: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
        let reason = format!("is not a known field; known fields are {}", known.join(", "));
        Self(Invalid::new(field.chars().take(80).collect::<String>(), "", reason))
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Refused {}
