//! The rotation of a request, with mirroring.

use super::Invalid;
use super::number::{decimal, format};

/// The rotation parameter (Image API 3.0, §4.3): mirrored left to right first, then rotated clockwise by `degrees`,
/// 0 ≤ `degrees` < 360.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rotation {
    /// Whether the image is mirrored before it is rotated.
    pub mirror: bool,
    /// Clockwise; at least 0 and less than 360.
    pub degrees: f64,
}

impl Rotation {
    /// Neither mirrored nor rotated.
    pub const NONE: Rotation = Rotation { mirror: false, degrees: 0.0 };

    /// Parses a rotation (Image API 3, §4.3).
    ///
    /// # Errors
    /// If it is not a number from 0 to 360, with an optional leading `!`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let (mirror, rest) = text.strip_prefix('!').map_or((false, text), |rest| (true, rest));
        match decimal(rest) {
            Some(degrees) if degrees <= 360.0 => Ok(Self { mirror, degrees: canonical(degrees) % 360.0 }),
            Some(_) => Err(Invalid::new("rotation", text, "must not exceed 360 degrees")),
            None => Err(Invalid::new(
                "rotation",
                text,
                "must be a number from 0 to 360, with a leading `!` to mirror",
            )),
        }
    }

    /// The number of clockwise quarter turns, if it is an integer.
    pub fn quarter_turns(self) -> Option<u8> {
        (self.degrees % 90.0 == 0.0).then_some((self.degrees / 90.0) as u8)
    }
}

/// Rounds to the decimals of the canonical form, so that equal canonical forms mean equal rotations.
fn canonical(degrees: f64) -> f64 {
    if degrees.fract() == 0.0 {
        return degrees;
    }
    decimal(&format(degrees)).unwrap_or(degrees)
}

/// The canonical form (§4.8).
impl std::fmt::Display for Rotation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.mirror {
            f.write_str("!")?;
        }
        match self.degrees {
            0.0 => f.write_str("0"),
            degrees => f.write_str(&format(degrees)),
        }
    }
}

/// Degrees are finite and never negative, so equality is an equivalence.
impl Eq for Rotation {}

impl std::hash::Hash for Rotation {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (self.mirror, self.degrees.to_bits()).hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotations_are_written_in_canonical_form() {
        for (text, expected) in [
            ("0", "0"),
            ("360", "0"),
            ("90.0", "90"),
            ("!180", "!180"),
            ("22.50", "22.5"),
            (".5", "0.5"),
            ("!0", "!0"),
            ("0.00000000001", "0"),
            ("359.99999999999", "0"),
            ("0.5666666666666667", "0.5666666667"),
            ("361", "400"),
            ("360.1", "400"),
            ("-90", "400"),
            ("!!0", "400"),
            ("1e2", "400"),
            ("", "400"),
            ("!", "400"),
            ("NaN", "400"),
        ] {
            let found = Rotation::parse(text).map_or("400".into(), |rotation| rotation.to_string());
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn equal_canonical_forms_are_equal_rotations() {
        for (one, other) in
            [("0.00000000001", "0"), ("359.99999999999", "360"), ("0.5666666666666667", "0.5666666667")]
        {
            assert_eq!(Rotation::parse(one), Rotation::parse(other));
        }
    }
}
