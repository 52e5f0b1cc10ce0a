//! Settings for rendering.

use serde::{Deserialize, Serialize};

use crate::identity::{Identity, fields};
use crate::pixels::Subsampling;
use crate::pixels::color::Output;

/// `[render]`: how images are encoded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Quality of rendered JPEGs, 1 to 100.
    pub jpeg_quality: u8,
    /// Whether rendered JPEGs have full chroma resolution (4:4:4) instead of half (4:2:0).
    pub jpeg_full_color: bool,
    /// The color space of converted images: `srgb`, or `display-p3` for wide-gamut screens.
    pub output: Output,
}

impl Default for Settings {
    fn default() -> Self {
        Self { jpeg_quality: 85, jpeg_full_color: false, output: Output::Srgb }
    }
}

impl Identity for Settings {
    fn write(&self, text: &mut String) {
        let Self { jpeg_quality, jpeg_full_color, output } = self;
        fields(
            text,
            "Settings",
            &[("jpeg_quality", jpeg_quality), ("jpeg_full_color", jpeg_full_color), ("output", output)],
        );
    }
}

impl Settings {
    pub(super) fn subsampling(&self) -> Subsampling {
        if self.jpeg_full_color { Subsampling::S444 } else { Subsampling::S420 }
    }
}
