//! Reads color specifications from `colr` boxes (ISO 15444-1, I.5.3.3; ISO 15444-2, M.11.7.3).

use super::bytes::Bytes;
use super::{Error, damaged};
use crate::pixels::Model;
use crate::pixels::decode::PROFILE_BYTES;

/// A color specification.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Color {
    pub space: Space,
    pub icc: Option<Vec<u8>>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Space {
    Gray,
    Rgb,
    /// sYCC (IEC 61966-2-1, annex F), with full range and centered chroma.
    Ycc,
    Cmyk,
    Lab(LabRange),
    /// The number of an unsupported color space.
    Other(u32),
}

/// The ranges of L*, a* and b*, and the codes of their zeros (15444-2, M.11.7.4.1).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct LabRange {
    pub ranges: [u32; 3],
    /// `None` if they follow from the depth.
    pub zeros: Option<[u32; 3]>,
}

impl Space {
    /// The model of the decoded samples.
    pub(super) const fn model(self) -> Option<Model> {
        match self {
            Self::Gray => Some(Model::Gray),
            Self::Rgb | Self::Ycc => Some(Model::Rgb),
            Self::Cmyk => Some(Model::Cmyk),
            Self::Lab(_) => Some(Model::Lab),
            Self::Other(_) => None,
        }
    }
}

/// Parses a `colr` box; `None` if its method is unknown.
pub(super) fn parse(mut body: Bytes<'_>) -> Result<Option<Color>, Error> {
    let method = body.u8()?;
    body.take(2)?;
    Ok(match method {
        1 => Some(Color { space: enumerated(body)?, icc: None }),
        2 | 3 => profile(body.0),
        _ => None,
    })
}

fn enumerated(mut body: Bytes<'_>) -> Result<Space, Error> {
    Ok(match body.u32()? {
        12 => Space::Cmyk,
        14 => Space::Lab(lab(body)?),
        16 => Space::Rgb,
        15 | 17 => Space::Gray,
        // e-sYCC is sYCC with more of its codes used.
        18 | 24 => Space::Ycc,
        other => Space::Other(other),
    })
}

/// Parses the ranges of L*a*b*; the illuminant is ignored, so white stays white.
fn lab(mut body: Bytes<'_>) -> Result<LabRange, Error> {
    if body.is_empty() {
        return Ok(LabRange { ranges: [100, 170, 200], zeros: None });
    }
    let mut pair = || Ok((body.u32()?, body.u32()?));
    let [l, a, b] = [pair()?, pair()?, pair()?];
    if [l, a, b].iter().any(|(range, zero)| *range == 0 || *range > 1000 || *zero > 0xffff) {
        return Err(damaged("its ranges of L*a*b* are invalid"));
    }
    Ok(LabRange { ranges: [l.0, a.0, b.0], zeros: Some([l.1, a.1, b.1]) })
}

/// Reads a profile's color space from its header (ICC.1:2010, §7.2.6).
fn profile(icc: &[u8]) -> Option<Color> {
    let space = match icc.get(16..20)? {
        b"GRAY" => Space::Gray,
        b"RGB " => Space::Rgb,
        b"CMYK" => Space::Cmyk,
        _ => return None,
    };
    Some(Color { space, icc: (icc.len() <= PROFILE_BYTES).then(|| icc.to_vec()) })
}
