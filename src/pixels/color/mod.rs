//! Converts a master's samples to the colors of responses, with one policy for all tiles, levels and code paths.
//!
//! # The policy
//!
//! | master | responses |
//! |---|---|
//! | 8-bit gray or RGB, untagged or with a profile that is indistinguishable from sRGB | its values, in sRGB |
//! | 8-bit gray or RGB with a compact profile | its values, with its profile embedded; sRGB if the response cannot embed it |
//! | any other gray or RGB | converted to the [`Output`]; sRGB is assumed if there is no profile |
//! | CMYK | converted by its profile, or otherwise by r = (1 - c)(1 - k) and so on, to sRGB |
//! | L*a*b* | converted by CIE's formulas; a profile would add nothing |
//! | a profile that is damaged, or for other samples | as without a profile |
//!
//! Conversions are relative colorimetric, without black point compensation. [`classify`] distinguishes the first
//! three rows; [`Conversion`] converts from 8 or 16 bits to 8 in one step. Alpha is made straight first and does not
//! change. Gray stays gray, with sRGB's curve, in either output.
//!
//! # Profiles are parsed by `moxcms` and evaluated here
//!
//! Its transforms resample a profile's tables on a coarse grid of encoded output values, which shifts colors at the gamut's
//! boundary, and their results differ between processors. Here the profile's own tables are interpolated and its own
//! formulas evaluated: the same bytes everywhere, in a similar time.

mod affine;
mod alpha;
mod conversion;
mod curve;
mod grid;
mod icc_policy;
mod output;
mod pipeline;
mod plain;
mod profile;
mod sample;
mod stages;

#[cfg(test)]
mod oracle;
#[cfg(test)]
mod speed;

pub use alpha::to_rgba;
pub use conversion::Conversion;
pub use icc_policy::{Policy, classify};
pub use output::Output;
pub use profile::description;
