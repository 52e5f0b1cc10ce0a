//! From a master's samples to the colours of answers: one policy for every tile, level and path.
//!
//! Bytes of grey or RGB that are sRGB, untagged, or have a compact matrix profile are shown as they are; a
//! compact profile travels with every answer ([`classify`]). Everything else (16 bits, CMYK, L*a*b*, tables)
//! is converted to the [`Output`], relative colorimetric, without black point compensation; 16-bit samples stay
//! so until they are the output's. Opacity is set straight before, and stays as it is.

mod conversion;
mod lab;
mod output;
mod policy;
mod profile;

#[cfg(test)]
mod oracle;

pub use conversion::Conversion;
pub use output::Output;
pub use policy::{Policy, classify};
pub use profile::description;
