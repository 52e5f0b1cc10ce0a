//! Color spaces of responses.

use std::sync::{Arc, OnceLock};

use moxcms::ColorProfile;
use serde::{Deserialize, Serialize};

use super::affine::Affine;
use crate::identity::Identity;

/// The color space of converted images.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Output {
    /// sRGB.
    #[default]
    Srgb,
    /// Display P3, for wide-gamut screens.
    DisplayP3,
}

impl Identity for Output {
    fn write(&self, text: &mut String) {
        text.push_str(match self {
            Self::Srgb => "Srgb",
            Self::DisplayP3 => "DisplayP3",
        });
    }
}

impl Output {
    /// The ICC profile for color, or for gray with the same curve; its bytes are always the same.
    pub fn profile(self, gray: bool) -> Arc<[u8]> {
        static PROFILES: [OnceLock<Arc<[u8]>>; 3] = [const { OnceLock::new() }; 3];
        let place = match (self, gray) {
            (_, true) => 0,
            (Self::Srgb, false) => 1,
            (Self::DisplayP3, false) => 2,
        };
        let make = || {
            let profile = if gray { Self::gray() } else { self.color() };
            // moxcms can encode its own profiles.
            let mut icc = profile.encode().unwrap_or_default();
            // With the creation date (ICC.1:2010, §7.2.8), each start of the server would have a different profile.
            if let Some(date) = icc.get_mut(24..36) {
                date.copy_from_slice(&[0x07, 0xea, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0]);
            }
            icc.into()
        };
        PROFILES[place].get_or_init(make).clone()
    }

    pub(super) fn color(self) -> ColorProfile {
        match self {
            Self::Srgb => ColorProfile::new_srgb(),
            Self::DisplayP3 => ColorProfile::new_display_p3(),
        }
    }

    /// The matrix from the connection space (XYZ with D50) to its linear light.
    pub(super) fn light_of_xyz(self) -> Affine {
        Affine::new(self.color().colorant_matrix().inverse().v)
    }

    fn gray() -> ColorProfile {
        let mut profile = ColorProfile::new_gray_with_gamma(2.2);
        profile.gray_trc = ColorProfile::new_srgb().green_trc;
        profile
    }
}
