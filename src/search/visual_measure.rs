//! Visual measures of pictures, which works are filtered and sorted by.

use crate::record::Picture;

/// A number that is measured on the pictures of works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum VisualMeasure {
    Brightness,
    Contrast,
    Saturation,
    Temperature,
    Entropy,
}

impl VisualMeasure {
    pub(crate) const ALL: [Self; 5] =
        [Self::Brightness, Self::Contrast, Self::Saturation, Self::Temperature, Self::Entropy];

    /// Its name in the index, in parameters and in records.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Brightness => "brightness",
            Self::Contrast => "contrast",
            Self::Saturation => "saturation",
            Self::Temperature => "temperature",
            Self::Entropy => "entropy",
        }
    }

    pub(super) fn of(self, picture: &Picture) -> f64 {
        match self {
            Self::Brightness => picture.brightness,
            Self::Contrast => picture.contrast,
            Self::Saturation => picture.saturation,
            Self::Temperature => picture.temperature,
            Self::Entropy => picture.entropy,
        }
    }
}

/// A range of each measure, both ends included; `None` where any value will do, known or not.
pub(crate) type VisualRanges = [Option<(f64, f64)>; VisualMeasure::ALL.len()];
