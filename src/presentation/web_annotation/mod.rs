//! Annotations that clients write (Web Annotation Data Model), reduced to what this server publishes.
//!
//! | property | what becomes of it |
//! |---|---|
//! | `motivation` | those of the model and `supplementing`; `commenting` if there is none |
//! | `body`, `bodyValue` | textual bodies as text or as HTML with the elements of the Presentation API, §4.5; links |
//! | `target` | the canvas, or parts of it by `xywh`, a point or shapes in SVG; nothing else |
//! | `creator`, `generator`, `rights`, `canonical`, `via`, `audience`, `maeData` | kept, with markup removed from names |
//! | `id` | becomes `via`, because the server assigns the URI (Web Annotation Protocol, §5.1) |
//! | `created`, `modified` | set by the server |
//! | anything else | left out, because viewers could load what it names |

mod bodies;
mod published;
mod svg;
mod targets;

use serde_json::{Map, Value};

pub(crate) use published::{CONTEXT, Published};

use super::html;
use super::object::object;
use crate::iiif::{Dimensions, Invalid};

/// Maximum nesting of objects and lists.
const MAX_DEPTH: usize = 16;
/// Maximum number of bodies, and of targets.
const MAX_PARTS: usize = 20;
/// Maximum length of a name, an identifier or a language, in characters.
const MAX_NAME: usize = 500;
/// Maximum length of the words for searches, in characters.
const MAX_WORDS: usize = 1000;

/// The motivations of the model (§3.3.5), and the one of the Presentation API for transcriptions.
pub(super) const MOTIVATIONS: [&str; 14] = [
    "assessing",
    "bookmarking",
    "classifying",
    "commenting",
    "describing",
    "editing",
    "highlighting",
    "identifying",
    "linking",
    "moderating",
    "questioning",
    "replying",
    "supplementing",
    "tagging",
];

/// What the names of motivations begin with in other notations of the model.
const OA: [&str; 2] = ["oa:", "http://www.w3.org/ns/oa#"];

/// The canvas that an annotation must target.
pub(crate) struct TargetCanvas<'a> {
    /// Whether a URI without its fragment is the canvas's.
    pub is_canvas: &'a dyn Fn(&str) -> bool,
    pub dimensions: Dimensions,
}

/// An annotation as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Annotation {
    /// Its properties; the targets are without the canvas's URI, which depends on the server's address.
    pub properties: Map<String, Value>,
    /// The text of its bodies, shortened, for searches.
    pub words: String,
}

/// Why an annotation is not taken.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Refused {
    /// It is not JSON.
    Malformed(Invalid),
    /// It is JSON, but not an annotation that can be published here.
    Unusable(Invalid),
}

impl From<Invalid> for Refused {
    fn from(invalid: Invalid) -> Self {
        Self::Unusable(invalid)
    }
}

/// Reads an annotation of a canvas. If it replaces one, `own` is the URI of that, which its `id` must be if it has one.
///
/// # Errors
/// Names the property that cannot be taken, and what works.
pub(crate) fn read(json: &[u8], canvas: &TargetCanvas<'_>, own: Option<&str>) -> Result<Annotation, Refused> {
    let sent: Value = serde_json::from_slice(json)
        .map_err(|error| Refused::Malformed(Invalid::new("body", "", format!("is not JSON: {error}"))))?;
    if is_deeper(&sent, MAX_DEPTH) {
        let reason = format!("is nested more than {MAX_DEPTH} levels deep");
        return Err(Invalid::new("body", "", reason).into());
    }
    let Value::Object(mut sent) = sent else {
        return Err(Invalid::new("body", "", "must be one annotation, a JSON object").into());
    };
    check_type(&sent)?;
    check_context(sent.get("@context"))?;
    let mut take = |key: &str| sent.remove(key).filter(|value| !value.is_null());
    let mut properties = Map::new();
    let mut keep = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            properties.insert(key.to_owned(), value);
        }
    };
    keep("motivation", Some(motivation("motivation", take("motivation"))?));
    for key in ["creator", "generator"] {
        keep(key, take(key).map(|agents| agent(key, agents)).transpose()?);
    }
    let id = take("id");
    if let (Some(own), Some(id)) = (own, &id)
        && id != own
    {
        return Err(Invalid::new(
            "id",
            &shown(Some(id)),
            format!("must be the annotation's own URI, `{own}`"),
        )
        .into());
    }
    let via = list(take("via")).into_iter().chain(id.filter(|id| own.is_none() && is_iri(id)));
    keep("via", one_or_many(via.map(|via| iri("via", &via)).collect::<Result<_, _>>()?));
    for key in ["rights", "canonical"] {
        let iris = list(take(key)).iter().map(|value| iri(key, value)).collect::<Result<_, _>>()?;
        keep(key, one_or_many(iris));
    }
    keep("audience", take("audience").map(|audience| agent("audience", audience)).transpose()?);
    // Shapes and texts as Mirador's annotation editor reads them back; viewers do not show them.
    keep("maeData", take("maeData").map(|data| harmless("", data)));
    // A list of one stays one: Mirador's annotation editor reads nothing else.
    let body = take("body");
    let is_list = matches!(&body, Some(Value::Array(sent)) if !sent.is_empty());
    let (bodies, words) = bodies::read(body, take("bodyValue"))?;
    keep("body", if is_list { Some(Value::Array(bodies)) } else { one_or_many(bodies) });
    let targets = targets::read(take("target"), canvas)?;
    keep("target", Some(Value::Array(targets)));
    Ok(Annotation { properties, words: words.chars().take(MAX_WORDS).collect() })
}

fn check_type(sent: &Map<String, Value>) -> Result<(), Invalid> {
    let kinds = list(sent.get("type").or(sent.get("@type")).cloned());
    if kinds.iter().any(|kind| kind == "Annotation") {
        return Ok(());
    }
    Err(Invalid::new("type", &shown(sent.get("type")), "must be `Annotation`"))
}

/// Contexts that redefine terms would change what the annotation says.
fn check_context(context: Option<&Value>) -> Result<(), Invalid> {
    let known = [CONTEXT, super::context::CONTEXT_3, "https://www.w3.org/ns/anno.jsonld"];
    match list(context.cloned())
        .iter()
        .find(|context| !context.as_str().is_some_and(|text| known.contains(&text)))
    {
        Some(other) => Err(Invalid::new("@context", &shown(Some(other)), format!("must be `{CONTEXT}`"))),
        None => Ok(()),
    }
}

/// One or several motivations, or purposes of a body; `commenting` if there is none.
fn motivation(parameter: &'static str, sent: Option<Value>) -> Result<Value, Invalid> {
    let Some(sent) = sent else { return Ok("commenting".into()) };
    let mut found = Vec::new();
    for value in list(Some(sent)) {
        let name = value
            .as_str()
            .map(|name| OA.into_iter().find_map(|namespace| name.strip_prefix(namespace)).unwrap_or(name));
        match name.and_then(|name| MOTIVATIONS.into_iter().find(|known| *known == name)) {
            Some(known) if found.len() < MAX_PARTS => found.push(Value::from(known)),
            Some(_) => return Err(Invalid::new(parameter, "", "has too many values")),
            None => {
                let reason =
                    format!("must be one of {}", MOTIVATIONS.map(|known| format!("`{known}`")).join(", "));
                return Err(Invalid::new(parameter, &shown(Some(&value)), reason));
            }
        }
    }
    one_or_many(found).ok_or_else(|| Invalid::new(parameter, "", "is an empty list"))
}

/// People, organizations and software: their URI, type and name (§3.3.2).
fn agent(parameter: &'static str, sent: Value) -> Result<Value, Invalid> {
    let mut agents = Vec::new();
    for sent in list(Some(sent)) {
        if sent.is_string() {
            agents.push(iri(parameter, &sent)?);
            continue;
        }
        let Value::Object(sent) = sent else {
            return Err(Invalid::new(
                parameter,
                &shown(Some(&sent)),
                "must be a URI, or an object with a `name`",
            ));
        };
        let mut agent = Map::new();
        if let Some(id) = sent.get("id").filter(|id| is_iri(id)) {
            agent.insert("id".into(), iri(parameter, id)?);
        }
        let kinds = ["Person", "Organization", "Software", "Audience"];
        if let Some(kind) = kinds.into_iter().find(|kind| sent.get("type").is_some_and(|sent| sent == kind)) {
            agent.insert("type".into(), kind.into());
        }
        for key in ["name", "nickname"] {
            let names: Vec<Value> = list(sent.get(key).cloned())
                .iter()
                .filter_map(Value::as_str)
                .map(|name| html::plain_text(&name.chars().take(MAX_NAME).collect::<String>()))
                .filter(|name| !name.is_empty())
                .map(Value::from)
                .collect();
            if let Some(names) = one_or_many(names) {
                agent.insert(key.into(), names);
            }
        }
        if ["id", "name", "nickname"].iter().any(|key| agent.contains_key(*key)) {
            agents.push(Value::Object(agent));
        }
    }
    if agents.len() > MAX_PARTS {
        return Err(Invalid::new(parameter, "", "has too many values"));
    }
    one_or_many(agents).ok_or_else(|| Invalid::new(parameter, "", "must have a `name` or an `id`"))
}

/// An absolute URI that leads to no script.
fn iri(parameter: &'static str, sent: &Value) -> Result<Value, Invalid> {
    match sent.as_str().filter(|_| is_iri(sent)) {
        Some(text) => Ok(super::http_uri(text).unwrap_or_else(|| text.trim().to_owned()).into()),
        None => {
            let reason = "must be a URI that begins with `https:`, `http:`, `urn:`, `doi:` or `mailto:`";
            Err(Invalid::new(parameter, &shown(Some(sent)), reason))
        }
    }
}

fn is_iri(sent: &Value) -> bool {
    let Some(text) = sent.as_str() else { return false };
    let opaque = ["urn:", "doi:", "mailto:"].iter().any(|scheme| text.trim().starts_with(scheme));
    let is_plain = !text.chars().any(|c| c.is_whitespace() || c.is_control() || "<>\"\\^`{|}".contains(c));
    super::http_uri(text).is_some() || (opaque && is_plain && text.len() <= 2000)
}

/// A plugin's data with markup reduced as in bodies: the plugin puts it into its editor.
fn harmless(key: &str, data: Value) -> Value {
    match data {
        Value::String(text) if key == "svg" => svg::shapes(&text).map_or(Value::Null, Value::from),
        Value::String(text) if text.contains('<') => html::value(&text, "").into(),
        Value::Array(items) => items.into_iter().map(|item| harmless(key, item)).collect(),
        Value::Object(fields) => {
            let fields = fields.into_iter().map(|(key, field)| {
                let field = harmless(&key, field);
                (key, field)
            });
            Value::Object(fields.collect())
        }
        other => other,
    }
}

fn is_deeper(value: &Value, levels: usize) -> bool {
    match (value, levels) {
        (Value::Array(_) | Value::Object(_), 0) => true,
        (Value::Array(items), levels) => items.iter().any(|item| is_deeper(item, levels - 1)),
        (Value::Object(fields), levels) => fields.values().any(|field| is_deeper(field, levels - 1)),
        _ => false,
    }
}

/// A value, or the values of a list.
fn list(value: Option<Value>) -> Vec<Value> {
    match value {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(items)) => items,
        Some(one) => vec![one],
    }
}

fn one_or_many(mut values: Vec<Value>) -> Option<Value> {
    match values.len() {
        0 => None,
        1 => values.pop(),
        _ => Some(Value::Array(values)),
    }
}

/// A value for an error message.
fn shown(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Object(_)) => "{…}".into(),
        Some(Value::Array(_)) => "[…]".into(),
        Some(other) => other.to_string(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests;
