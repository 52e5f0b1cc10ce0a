//! Color, gray, or black and white.

use super::Invalid;

/// The quality parameter (Image API 3.0, §4.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quality {
    Default,
    Color,
    Gray,
    Bitonal,
}

impl Quality {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Color => "color",
            Self::Gray => "gray",
            Self::Bitonal => "bitonal",
        }
    }

    /// Both versions know the same four; what version 1 called `native` and `gray` is refused.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        [Self::Default, Self::Color, Self::Gray, Self::Bitonal]
            .into_iter()
            .find(|quality| quality.name() == text)
            .ok_or_else(|| {
                Invalid::new("quality", text, "is none of `default`, `color`, `gray` and `bitonal`")
            })
    }
}
