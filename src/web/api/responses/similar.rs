//! Works that are similar.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

use super::lists::Spliced;
use super::work::PublishedWork;
use super::{Url, as_sent};
use crate::gallery::Reason;

/// Similar works, the most similar first.
#[derive(Serialize, JsonSchema)]
#[schemars(transform = as_sent)]
pub(in crate::web::api) struct Similar {
    /// What was compared: `color`, `form`, `both`, or the vectors of a model, `model:NAME`.
    pub by: String,
    /// Whether works are found by a similar detail (`likeness.details`). If not, a detail is compared with whole images.
    pub details: bool,
    /// How many there are in this list.
    pub total: u64,
    // The last field, for `spliced`.
    pub works: Spliced<PublishedSimilar>,
}

/// The detail of a work that is similar.
#[derive(Serialize, JsonSchema)]
#[schemars(transform = as_sent)]
pub(in crate::web::api) struct FoundDetail {
    /// The canvas that it is on, in the work's manifest.
    pub canvas: Url,
    /// The region in the canvas's pixels: x, y, width and height.
    pub xywh: String,
}

/// A work with its likeness, which are spliced together as JSON.
pub(in crate::web::api) struct PublishedSimilar;

impl JsonSchema for PublishedSimilar {
    fn schema_name() -> Cow<'static, str> {
        "SimilarWork".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let work = generator.subschema_for::<PublishedWork<'static>>();
        let mut reason = Reason::json_schema(generator);
        reason
            .insert("description".into(), "What makes it similar; `form` is also what a model sees.".into());
        let mut detail = FoundDetail::json_schema(generator);
        detail.insert(
            "description".into(),
            "The region that is similar, if details were compared with details (`likeness.details`).".into(),
        );
        json_schema!({
            "description": "A work that is similar.",
            "allOf": [work, {
                "type": "object",
                "required": ["likeness", "reason"],
                "properties": {
                    "likeness": {
                        "type": "number", "minimum": 0, "maximum": 1,
                        "description": "How similar it is: 1 for an equal picture.",
                    },
                    "reason": reason,
                    "detail": detail,
                },
            }],
        })
    }
}
