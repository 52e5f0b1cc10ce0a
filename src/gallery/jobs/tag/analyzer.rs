//! What reads the rendition of an image and finds tags, measures or a vector.

use crate::analysis::{self, ColorAnalysis, NamedShare, PaletteColor};
use crate::catalogue::Producer;
use crate::iiif::Dimensions;
use crate::pixels::Raster;
use crate::record::{Picture, Swatch, Tag, Text};

/// Which tags a run makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// Palette, color names and visual measures.
    Color,
    /// What pictures show, by models with scores or boxes.
    Motif,
    /// Styles and movements, by what was learnt from the record's own and from curators.
    Style,
    /// Vectors for similar works.
    Likeness,
}

impl Kind {
    pub(crate) const ALL: [Kind; 4] = [Kind::Color, Kind::Motif, Kind::Style, Kind::Likeness];

    /// `color`, `motif`, `style` or `likeness`, as on the command line.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        match name {
            "color" | "colour" => Some(Self::Color),
            "motif" => Some(Self::Motif),
            "style" => Some(Self::Style),
            "likeness" => Some(Self::Likeness),
            _ => None,
        }
    }
}

/// An image of a work.
pub(super) struct ImageOfWork<'a> {
    pub file: &'a str,
    /// Of the whole image, upright.
    pub size: Dimensions,
    /// Whether it is the first image of the work that could be read.
    pub is_first: bool,
}

/// What an analyzer found on one image.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Finding {
    /// As JSON, from which its tags can be made again.
    pub result: String,
    /// One of the whole image, or one for each region of the grid; none if the analyzer makes no vectors.
    pub vectors: Vec<Vec<f32>>,
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
    /// Reads a rendition whose longer side is at most [`RENDITION_SIDE`](crate::gallery::images::RENDITION_SIDE).
    ///
    /// # Errors
    /// Returns a sentence if a model cannot read the rendition, or finds no numbers.
    fn analyze(&self, rendition: &Raster) -> Result<Finding, String>;
    /// The tags that a finding states about an image, and what was measured on it. Tags without a region have neither
    /// image nor status yet.
    ///
    /// # Errors
    /// Returns an error if the result is of another form.
    fn statements(&self, result: &str, image: &ImageOfWork<'_>) -> Result<Statements, serde_json::Error>;
}

/// Colors and visual measures, and a vector of color and composition; they need no model.
pub(super) struct Measures {
    /// Whether its tags are proposed.
    pub(super) states_colors: bool,
}

/// The scheme of color tags.
const COLOR: &str = "colour";
/// The producer of color tags; the version follows it.
const COLOR_SOURCE: &str = "model:tegl-color";

impl Analyzer for Measures {
    fn name(&self) -> &str {
        "measures"
    }

    fn version(&self) -> &str {
        analysis::VERSION
    }

    fn producers(&self) -> Vec<Producer> {
        match self.states_colors {
            true => vec![Producer { name: COLOR_SOURCE.into(), scheme: COLOR.into() }],
            false => Vec::new(),
        }
    }

    fn analyze(&self, rendition: &Raster) -> Result<Finding, String> {
        let analysis::Analysis { colors, descriptor } = analysis::Analysis::of(rendition);
        Ok(Finding { result: serde_json::to_string(&colors).unwrap_or_default(), vectors: vec![descriptor] })
    }

    fn statements(&self, result: &str, image: &ImageOfWork<'_>) -> Result<Statements, serde_json::Error> {
        let found: ColorAnalysis = serde_json::from_str(result)?;
        if !self.states_colors || !image.is_first {
            return Ok(Statements::default());
        }
        let source = format!("{COLOR_SOURCE}@{}", analysis::VERSION);
        let tags = found.names().into_iter().map(|named| color_tag(&found, named, &source)).collect();
        Ok(Statements { tags, picture: Some(picture(&found, source)) })
    }
}

fn color_tag(found: &ColorAnalysis, named: NamedShare, source: &str) -> Tag {
    let has_name = |entry: &&PaletteColor| analysis::name_of(entry.color) == named.name;
    let color = found.palette.iter().find(has_name).map(|entry| entry.color).unwrap_or_default();
    let mut label = Text::of("en", named.name.english);
    label.add("da", named.name.danish);
    Tag {
        source: source.to_owned(),
        confidence: rounded(analysis::confidence(color)),
        color: Some(color.hex()),
        share: Some(rounded(named.share)),
        ..Tag::new(COLOR, label)
    }
}

fn picture(found: &ColorAnalysis, source: String) -> Picture {
    let swatch = |entry: &PaletteColor| Swatch { color: entry.color.hex(), share: rounded(entry.share) };
    let measures = found.measures;
    Picture {
        source,
        palette: found.palette.iter().map(swatch).collect(),
        background: found.background.map(|color| color.hex()),
        brightness: rounded(measures.brightness),
        contrast: rounded(measures.contrast),
        saturation: rounded(measures.saturation),
        temperature: rounded(measures.temperature),
        entropy: rounded(measures.entropy),
    }
}

/// Four digits after the point are more than is measured, and make short documents.
fn rounded(value: f32) -> f64 {
    (f64::from(value) * 1e4).round() / 1e4
}
