//! From a master's samples to the colors of answers: one policy for every tile, level and path.
//!
//! # The policy
//!
//! | master | answers |
//! |---|---|
//! | 8-bit gray or RGB, untagged or with a profile that cannot be told from sRGB | its values, in sRGB |
//! | 8-bit gray or RGB with a compact profile | its values, with its profile attached; sRGB where the answer cannot carry it |
//! | any other gray or RGB | converted to the [`Output`]; sRGB is assumed where no profile is |
//! | CMYK | converted by its profile, or else by r = (1 - c)(1 - k) and so on, in sRGB |
//! | L*a*b* | converted by CIE's formulas; a profile would add nothing |
//! | a profile that is broken, or of other samples | as if there were none |
//!
//! Conversions are relative colorimetric, without black point compensation. [`classify`] tells the first two
//! rows from the third; [`Conversion`] does the rest, from 8 or 16 bits to 8 in one go. Opacity is set straight
//! before, and stays as it is. Gray stays gray, with sRGB's curve, in either output.
//!
//! # Profiles are read by `moxcms`, and evaluated here
//!
//! Its transforms sample a profile's tables once more, on a coarse grid of the output's encoded values, which
//! moves colors wherever a gamut ends, and they differ between processors. Here a profile's own tables are
//! interpolated and its own formulas evaluated: the same bytes everywhere, in a similar time.

mod affine;
mod alpha;
mod conversion;
mod curve;
mod grid;
mod output;
mod pipeline;
mod plain;
mod policy;
mod profile;
mod sample;
mod stages;

#[cfg(test)]
mod oracle;
#[cfg(test)]
mod speed;

pub use conversion::Conversion;
pub use output::Output;
pub use policy::{Policy, classify};
pub use profile::description;
