//! Reads request bodies about tags, with errors that name the field and what works.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, IntoDeserializer, MapAccess};
use serde_json::{Map, Number, Value, map};

use super::bodies::{ClusterJudgement, Judgement, Judgements, NewBroader, NewTag, WorkJudgement};
use super::check;
use super::limits::{MAX_BROADER, MAX_DECISIONS, MAX_NAME};
use crate::gallery::{ClusterChange, TagLine};
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

/// A change of a tag of one work.
pub(super) struct WorkChange {
    pub work: String,
    pub tag: String,
    pub change: Change,
}

/// Reads a new tag.
pub(super) fn added(body: &[u8]) -> Result<Added, Invalid> {
    added_of(object(body)?, check::source)
}

fn added_of(
    fields: Map<String, Value>,
    source: fn(String) -> Result<String, Invalid>,
) -> Result<Added, Invalid> {
    let new: NewTag = Fields::from(fields).read()?;
    let scheme = check::scheme(new.scheme.ok_or_else(|| missing("scheme", "\"motif\""))?)?;
    let label = new.label.ok_or_else(|| missing("label", "{\"en\": \"dog\"}"))?;
    let usual = Tag::new(&scheme, check::text("label", label)?);
    let tag = Tag {
        concept: new.concept.map(|concept| check::uri("concept", concept)).transpose()?,
        broader: broader(new.broader.unwrap_or_default())?,
        source: new.source.map_or(Ok(usual.source), source)?,
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

/// Reads a line of a batch: a new tag with its work. Lines of imports may have the source `import:NAME`, too.
///
/// # Errors
/// Names the field that is not valid, and what works.
pub(crate) fn line(number: u64, text: &[u8], is_import: bool) -> Result<TagLine, Invalid> {
    let mut fields = object(text)?;
    let object_number = match fields.remove("work") {
        Some(Value::String(work)) if !work.is_empty() => work,
        None => return Err(missing("work", "\"KMS1\"")),
        Some(other) => {
            let reason = "must be the object number of a work, a string";
            return Err(Invalid::new("work", &other.to_string(), reason));
        }
    };
    let source = if is_import { check::source_of_import } else { check::source };
    let Added { tag, has_status, note, revision } = added_of(fields, source)?;
    if tag.source != "curator" {
        let is_decided = has_status && tag.status != Status::Proposed && tag.source.starts_with("model:");
        let refused = [(is_decided, "status"), (note.is_some(), "note"), (revision.is_some(), "revision")];
        if let Some((_, field)) = refused.iter().find(|(is_refused, _)| *is_refused) {
            let reason = "is for curators' decisions: leave it out, as tags of other sources are proposed";
            return Err(Invalid::new(*field, "", reason));
        }
    }
    Ok(TagLine { line: number, object_number, tag, has_status, note, revision })
}

/// Reads a change.
pub(super) fn change(body: &[u8]) -> Result<Change, Invalid> {
    let Judgement { status, region, note, revision } = Fields::from(object(body)?).read()?;
    change_of(status, region, note, revision)
}

/// Reads many changes; an error about one has its number, from 0.
pub(super) fn changes(body: &[u8]) -> Result<Vec<WorkChange>, (Option<usize>, Invalid)> {
    let read: Judgements =
        object(body).and_then(|fields| Fields::from(fields).read()).map_err(|bad| (None, bad))?;
    let decisions = read.decisions.unwrap_or_default();
    if decisions.is_empty() || decisions.len() > MAX_DECISIONS {
        let reason = format!("must be a list of 1 to {MAX_DECISIONS} decisions; it has {}", decisions.len());
        return Err((None, Invalid::new("decisions", "", reason)));
    }
    let numbered = decisions.into_iter().enumerate();
    numbered.map(|(number, fields)| work_change(fields).map_err(|bad| (Some(number), bad))).collect()
}

fn work_change(fields: Map<String, Value>) -> Result<WorkChange, Invalid> {
    let WorkJudgement { work, tag, status, region, note, revision } = Fields::from(fields).read()?;
    let change = change_of(status, region, note, revision)?;
    let work = work.ok_or_else(|| missing("work", "\"KMS1\""))?;
    let tag = tag.ok_or_else(|| missing("tag", "\"0123456789abcdef\""))?;
    Ok(WorkChange { work, tag, change })
}

fn change_of(
    status: Option<Status>,
    region: Option<Option<String>>,
    note: Option<String>,
    revision: Option<Number>,
) -> Result<Change, Invalid> {
    let moved = |region: Option<String>| region.as_deref().map(check::region).transpose();
    Ok(Change {
        status,
        region: region.map(moved).transpose()?,
        note: note.map(check::note).transpose()?,
        revision: revision.map(check::revision).transpose()?,
    })
}

/// Reads a change of a cluster.
///
/// # Errors
/// Names the field that is not valid, and what works.
pub(super) fn cluster_change(body: &[u8]) -> Result<ClusterChange, Invalid> {
    let ClusterJudgement { name, hidden, merged_into } = Fields::from(object(body)?).read()?;
    let merged_into =
        merged_into.map(|number| number.as_ref().map(check::cluster).transpose()).transpose()?;
    let change = ClusterChange { name: name.map(cluster_name).transpose()?, is_hidden: hidden, merged_into };
    if change == ClusterChange::default() {
        return Err(Invalid::new("body", "", "changes nothing: give `name`, `hidden` or `merged_into`"));
    }
    Ok(change)
}

fn cluster_name(name: Option<String>) -> Result<Option<String>, Invalid> {
    let Some(name) = name else { return Ok(None) };
    let trimmed = name.trim();
    if trimmed.is_empty() || name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
        let reason = format!("must have 1 to {MAX_NAME} characters in one line, or be null");
        return Err(Invalid::new("name", &name, reason));
    }
    Ok(Some(trimmed.to_owned()))
}

/// Why a change without a status and a region is refused.
pub(super) const NO_CHANGE: &str = "changes nothing: give `status`, `region` or both";

impl Change {
    pub(super) fn is_empty(&self) -> bool {
        self.status.is_none() && self.region.is_none()
    }
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
        "hidden" => "`true` or `false`",
        "merged_into" => check::CLUSTER,
        "name" => "a string, or null",
        "decisions" => "a list of {\"work\": …, \"tag\": …, \"status\": …}",
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

/// The JSON object that a text is. A byte order mark before it is skipped (RFC 8259, section 8.1).
fn object(text: &[u8]) -> Result<Map<String, Value>, Invalid> {
    let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
    let value = serde_json::from_slice(text)
        .map_err(|error| Invalid::new("body", "", format!("is not valid JSON: {error}")))?;
    match value {
        Value::Object(fields) => Ok(fields),
        _ => Err(Invalid::new(
            "body",
            "",
            "must be a JSON object such as {\"scheme\": \"motif\", \"label\": {\"en\": \"dog\"}}",
        )),
    }
}

impl Fields {
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
