//! What reads the rendition of an image and finds tags, measures or a vector.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::analysis::{self, ColorAnalysis};
use crate::catalogue::Producer;
use crate::iiif::Dimensions;
use crate::pixels::scale::{self, Window};
use crate::pixels::{Error, Raster};
use crate::record::{Picture, Status, Swatch, Tag, Text};

/// Which tags a run makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// Palette, color names and visual measures.
    Color,
    /// Vectors for similar works.
    Likeness,
}

impl Kind {
    pub(crate) const ALL: [Kind; 2] = [Kind::Color, Kind::Likeness];

    /// `color` or `likeness`, as on the command line.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        match name {
            "color" | "colour" => Some(Self::Color),
            "likeness" => Some(Self::Likeness),
            _ => None,
        }
    }
}

/// What an analyzer found on one image.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Finding {
    /// As JSON, from which its tags can be made again.
    pub result: String,
    pub vector: Option<Vec<f32>>,
}

/// What becomes of a finding.
#[derive(Clone, Debug, Default)]
pub(super) struct Statements {
    pub tags: Vec<Tag>,
    pub picture: Option<Picture>,
}

/// Reads renditions.
pub(super) trait Analyzer: Send + Sync {
    /// As results are kept under it: `color`, `descriptor`.
    fn name(&self) -> &str;
    /// Changes when equal pixels give another result.
    fn version(&self) -> &str;
    /// Whose earlier tags its tags replace.
    fn producers(&self) -> Vec<Producer>;
    /// Reads a rendition whose longer side is at most [`RENDITION_SIDE`].
    ///
    /// # Errors
    /// Returns an error if the rendition cannot be scaled, or the analyzer finds no numbers.
    fn analyze(&self, rendition: &Raster) -> Result<Finding, Error>;
    /// The tags that a finding states about the first image of a work, without image and status.
    ///
    /// # Errors
    /// Returns an error if the result is of another form.
    fn statements(&self, result: &str) -> Result<Statements, serde_json::Error>;
}

/// The longer side, in pixels, of the renditions that analyzers read.
pub(super) const RENDITION_SIDE: u32 = 512;

/// The analyzers of these kinds.
pub(super) fn analyzers(kinds: &[Kind]) -> Vec<Box<dyn Analyzer>> {
    kinds
        .iter()
        .map(|kind| match kind {
            Kind::Color => Box::new(Color) as Box<dyn Analyzer>,
            Kind::Likeness => Box::new(Descriptor),
        })
        .collect()
}

/// Measured colors.
struct Color;

/// The scheme of color tags.
const COLOR: &str = "colour";
/// The producer of color tags; the version follows it.
const COLOR_SOURCE: &str = "model:tegl-color";

impl Analyzer for Color {
    fn name(&self) -> &str {
        "color"
    }

    fn version(&self) -> &str {
        analysis::VERSION
    }

    fn producers(&self) -> Vec<Producer> {
        vec![Producer { name: COLOR_SOURCE.into(), scheme: COLOR.into() }]
    }

    fn analyze(&self, rendition: &Raster) -> Result<Finding, Error> {
        let small = fitted(rendition, analysis::RENDITION_SIDE)?;
        Ok(Finding { result: json(&ColorAnalysis::of(&small)), vector: None })
    }

    fn statements(&self, result: &str) -> Result<Statements, serde_json::Error> {
        let found: ColorAnalysis = parsed(result)?;
        let source = format!("{COLOR_SOURCE}@{}", analysis::VERSION);
        let tag = |named: analysis::NamedShare| {
            let has_name =
                |entry: &&analysis::PaletteColor| std::ptr::eq(analysis::name_of(entry.color), named.name);
            let color = found.palette.iter().find(has_name).map(|entry| entry.color).unwrap_or_default();
            let mut label = Text::of("en", named.name.english);
            label.add("da", named.name.danish);
            Tag {
                source: source.clone(),
                confidence: rounded(
                    (1.0 - 4.0 * color.distance(analysis::Oklab::of(named.name.anchor))).clamp(0.5, 1.0),
                ),
                color: Some(color.hex()),
                share: Some(rounded(named.share)),
                status: Status::Proposed,
                ..Tag::new(COLOR, label)
            }
        };
        let swatch =
            |entry: &analysis::PaletteColor| Swatch { color: entry.color.hex(), share: rounded(entry.share) };
        let measures = found.measures;
        let picture = Picture {
            source: source.clone(),
            palette: found.palette.iter().map(swatch).collect(),
            background: found.background.map(|color| color.hex()),
            brightness: rounded(measures.brightness),
            contrast: rounded(measures.contrast),
            saturation: rounded(measures.saturation),
            temperature: rounded(measures.temperature),
            entropy: rounded(measures.entropy),
        };
        Ok(Statements { tags: found.names().into_iter().map(tag).collect(), picture: Some(picture) })
    }
}

/// The descriptor of color and composition.
struct Descriptor;

impl Analyzer for Descriptor {
    fn name(&self) -> &str {
        "descriptor"
    }

    fn version(&self) -> &str {
        analysis::VERSION
    }

    fn producers(&self) -> Vec<Producer> {
        Vec::new()
    }

    fn analyze(&self, rendition: &Raster) -> Result<Finding, Error> {
        let small = fitted(rendition, analysis::RENDITION_SIDE)?;
        Ok(Finding { result: "{}".into(), vector: Some(analysis::descriptor_of(&small)) })
    }

    fn statements(&self, _result: &str) -> Result<Statements, serde_json::Error> {
        Ok(Statements::default())
    }
}

/// Scaled so that the longer side is at most `side`.
fn fitted(raster: &Raster, side: u32) -> Result<Raster, Error> {
    let Dimensions { width, height } = raster.dimensions;
    let longer = width.max(height);
    if longer <= side {
        return Ok(raster.clone());
    }
    let scaled = |length: u32| (u64::from(length) * u64::from(side)).div_ceil(longer.into()).max(1) as u32;
    let window = Window { x: 0.0, y: 0.0, width: f64::from(width), height: f64::from(height) };
    scale::raster(raster, window, Dimensions::new(scaled(width), scaled(height)))
}

/// Four digits after the point are more than is measured, and make short documents.
fn rounded(value: f32) -> f64 {
    (f64::from(value) * 1e4).round() / 1e4
}

fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn parsed<T: DeserializeOwned>(result: &str) -> Result<T, serde_json::Error> {
    serde_json::from_str(result)
}
