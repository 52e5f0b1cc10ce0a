//! What was measured on a work's pictures.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Colors and visual measures of a work's pictures: the mean over its images, weighted equally.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Picture")]
pub struct Picture {
    /// What measured it, `model:NAME@VERSION`.
    pub source: String,
    /// The colors of the content, the largest share first.
    pub palette: Vec<Swatch>,
    /// The color around the content, `#rrggbb`, if it is plain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub background: Option<String>,
    /// The mean lightness, 0 (black) to 100 (white).
    pub brightness: f64,
    /// The standard deviation of the lightness, 0 (even) to 50 (half black, half white).
    pub contrast: f64,
    /// The mean chroma, 0 (gray) to 100 (the most colorful sRGB color everywhere).
    pub saturation: f64,
    /// -100 (all blue) to 100 (all orange).
    pub temperature: f64,
    /// The Shannon entropy of the lightness in 64 steps, 0 (one tone) to 6 bits.
    pub entropy: f64,
}

/// A color with its share of the content.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Swatch")]
pub struct Swatch {
    /// `#rrggbb`.
    pub color: String,
    /// From 0 to 1.
    pub share: f64,
}
