//! An image request: four parameters and a format.

use super::{Format, Invalid, Quality, Region, Rotation, Size, Version};

/// The parameters after the identifier (Image API 3.0, §2.1), parsed but not yet checked against an image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ImageRequest {
    /// The version of the API that the request was made in.
    pub version: Version,
    /// The part of the full image.
    pub region: Region,
    /// The size of the result.
    pub size: Size,
    /// The rotation, applied after scaling (§4.3).
    pub rotation: Rotation,
    /// Its colors.
    pub quality: Quality,
    /// The format of the response (§4.5).
    pub format: Format,
}

impl ImageRequest {
    /// Parses the four segments after the identifier, each percent-decoded once.
    ///
    /// # Errors
    /// If a segment does not match its grammar; whether the image allows the request is checked later.
    pub fn parse(version: Version, segments: [&str; 4]) -> Result<Self, Invalid> {
        let [region, size, rotation, last] = segments;
        let (quality, suffix) = last.rsplit_once('.').ok_or_else(|| {
            Invalid::new("quality and format", last, "must be separated by `.`, as in `default.jpg`")
        })?;
        Ok(Self {
            version,
            region: Region::parse(region)?,
            size: Size::parse(size, version)?,
            rotation: Rotation::parse(rotation)?,
            quality: Quality::parse(quality)?,
            format: Format::parse(suffix).ok_or_else(|| {
                let known: Vec<_> = Format::ALL.into_iter().map(Format::suffix).collect();
                Invalid::new("format", suffix, format!("must be one of `{}`", known.join("`, `")))
            })?,
        })
    }
}
