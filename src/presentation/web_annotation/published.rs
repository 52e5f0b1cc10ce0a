//! Stored annotations as documents.

use serde_json::{Map, Value};

use super::{object, one_or_many, targets};
use crate::record::timestamp;

/// The JSON-LD context of annotations.
pub(crate) const CONTEXT: &str = "http://www.w3.org/ns/anno.jsonld";

/// A stored annotation, with what a document adds.
pub(crate) struct Published<'a> {
    /// Its URI.
    pub id: &'a str,
    /// The URI of its canvas.
    pub canvas: &'a str,
    /// The owner of the token that created it, if it names no creator itself.
    pub creator: &'a str,
    /// In milliseconds since 1970.
    pub created_ms: i64,
    /// In milliseconds since 1970.
    pub changed_ms: i64,
    /// The stored properties.
    pub properties: Map<String, Value>,
}

impl Published<'_> {
    /// The annotation without a context, as it is part of a page.
    pub(crate) fn item(mut self) -> Value {
        let mut item = object! { "id": self.id, "type": "Annotation" };
        let stored = std::mem::take(&mut self.properties);
        item["motivation"] = stored.get("motivation").cloned().unwrap_or_else(|| "commenting".into());
        item["created"] = Value::from(timestamp(self.created_ms));
        if self.changed_ms != self.created_ms {
            item["modified"] = Value::from(timestamp(self.changed_ms));
        }
        if !stored.contains_key("creator") && !self.creator.is_empty() {
            item["creator"] = object! { "type": "Person", "name": self.creator };
        }
        for (key, value) in stored {
            match key.as_str() {
                "motivation" => {}
                "target" => {
                    let targets = value.as_array().into_iter().flatten();
                    let targets = targets.map(|target| targets::published(target, self.canvas)).collect();
                    item["target"] = one_or_many(targets).unwrap_or_else(|| self.canvas.into());
                }
                _ => item[key] = value,
            }
        }
        item
    }

    /// The annotation as a document.
    pub(crate) fn document(self) -> Value {
        let mut document = object! { "@context": CONTEXT };
        if let (Value::Object(document), Value::Object(item)) = (&mut document, self.item()) {
            document.extend(item);
        }
        document
    }
}
