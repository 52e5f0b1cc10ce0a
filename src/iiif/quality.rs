//! The quality of a request: color, gray, or black and white.

use super::Invalid;

/// The quality parameter (Image API 3.0, §4.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quality {
    /// The master's own colors or grays.
    Default,
    /// In color.
    Color,
    /// In shades of gray.
    Gray,
    /// In black and white.
    Bitonal,
}

impl Quality {
    /// Its name in requests.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Color => "color",
            Self::Gray => "gray",
            Self::Bitonal => "bitonal",
        }
    }

    /// Both versions have the same four qualities; those of version 1, `native` and `grey`, are refused.
    ///
    /// # Errors
    /// If it is none of them.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        [Self::Default, Self::Color, Self::Gray, Self::Bitonal]
            .into_iter()
            .find(|quality| quality.name() == text)
            .ok_or_else(|| Invalid::new("quality", text, "must be `default`, `color`, `gray` or `bitonal`"))
    }
}
