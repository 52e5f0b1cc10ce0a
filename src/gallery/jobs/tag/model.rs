//! Models of the settings as analyzers: embeddings for likeness, scores and boxes for motifs.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::analyzer::{Analyzer, Finding, ImageOfWork, Statements};
use crate::catalogue::Producer;
use crate::iiif::Dimensions;
use crate::inference::{Detection, Label, Model, Part};
use crate::pixels::Raster;
use crate::record::{Region, Tag, Text};

/// The scheme of what pictures show.
const MOTIF: &str = "motif";

/// A model that reads renditions.
pub(super) struct ModelAnalyzer {
    /// `model:NAME`, of results and as the source of tags.
    name: String,
    model: Arc<Model>,
    /// Whether its tags are proposed.
    states_motifs: bool,
}

/// What a model found on one image.
#[derive(Default, Serialize, Deserialize)]
struct Found {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    things: Vec<Thing>,
}

/// Something that the image shows.
#[derive(Serialize, Deserialize)]
struct Thing {
    tag: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    da: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    concept: Option<String>,
    score: f32,
    /// Left, upper, width and height as parts of the image; the whole image if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    part: Option<[f32; 4]>,
}

impl ModelAnalyzer {
    pub(super) fn new(name: &str, model: Arc<Model>, states_motifs: bool) -> Self {
        Self { name: format!("model:{name}"), model, states_motifs }
    }

    fn tag(&self, thing: Thing, image: &ImageOfWork<'_>) -> Tag {
        let mut label = Text::of("en", &thing.tag);
        if let Some(danish) = &thing.da {
            label.add("da", danish);
        }
        let region = thing.part.map(|part| pixels(part, image.size));
        Tag {
            concept: thing.concept,
            source: format!("{}@{}", self.name, self.model.version()),
            confidence: (f64::from(thing.score) * 1e4).round() / 1e4,
            image: region.map(|_| image.file.to_owned()),
            region,
            ..Tag::new(MOTIF, label)
        }
    }
}

impl Analyzer for ModelAnalyzer {
    fn name(&self) -> &str {
        &self.name
    }

    fn version(&self) -> &str {
        self.model.version()
    }

    fn producers(&self) -> Vec<Producer> {
        match self.states_motifs {
            true => vec![Producer { name: self.name.clone(), scheme: MOTIF.into() }],
            false => Vec::new(),
        }
    }

    fn analyze(&self, rendition: &Raster) -> Result<Finding, String> {
        let outcome = self.model.run(rendition).map_err(|error| error.to_string())?;
        let scores = outcome.scores.iter().map(|(label, score)| thing(label, *score, None));
        let boxes = outcome
            .boxes
            .iter()
            .map(|Detection { label, score, region }| thing(label, *score, Some(*region)));
        let found = Found { things: scores.chain(boxes).collect() };
        let result = serde_json::to_string(&found).map_err(|error| error.to_string())?;
        Ok(Finding { result, vectors: outcome.embedding.into_iter().collect() })
    }

    fn statements(&self, result: &str, image: &ImageOfWork<'_>) -> Result<Statements, serde_json::Error> {
        let found: Found = serde_json::from_str(result)?;
        let is_stated = |thing: &Thing| self.states_motifs && (image.is_first || thing.part.is_some());
        let things = found.things.into_iter().filter(is_stated);
        Ok(Statements { tags: things.map(|thing| self.tag(thing, image)).collect(), picture: None })
    }
}

fn thing(label: &Label, score: f32, part: Option<Part>) -> Thing {
    Thing {
        tag: label.tag.clone(),
        da: label.da.clone(),
        concept: label.concept.clone(),
        score,
        part: part.map(|part| [part.x, part.y, part.width, part.height]),
    }
}

/// The pixels that a part covers, at least one, within the image.
fn pixels([x, y, width, height]: [f32; 4], size: Dimensions) -> Region {
    let span = |start: f32, length: f32, all: u32| {
        let at = |part: f32| (f64::from(part.clamp(0.0, 1.0)) * f64::from(all)).round() as u32;
        let start_at = at(start).min(all.saturating_sub(1));
        (start_at, at(start + length).clamp(start_at + 1, all.max(start_at + 1)) - start_at)
    };
    let ((x, width), (y, height)) = (span(x, width, size.width), span(y, height, size.height));
    Region { x, y, width, height }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_pixels_within_the_image() {
        let size = Dimensions::new(1000, 500);
        let region = |part| pixels(part, size).to_string();
        assert_eq!(region([0.25, 0.5, 0.5, 0.25]), "250,250,500,125");
        assert_eq!(region([-0.1, 0.0, 2.0, 1.0]), "0,0,1000,500");
        assert_eq!(region([1.0, 1.0, 0.0, 0.0]), "999,499,1,1");
        assert_eq!(pixels([0.3, 0.3, 0.1, 0.1], Dimensions::new(1, 1)).to_string(), "0,0,1,1");
    }
}
