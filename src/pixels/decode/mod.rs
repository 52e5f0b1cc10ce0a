//! Files → rasters, whole and within limits; JPEG has a floor of its own.

pub mod jp2;
mod png;
mod webp;

pub use png::{png, png_header};
pub use webp::{webp, webp_header};

use super::{Channels, Error, Raster};
use crate::iiif::Dimensions;

/// A profile beyond this is left where it is.
const PROFILE_BYTES: usize = 4 << 20;

/// What a file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    pub raster: Raster,
    /// The profile as it lies in the file, neither parsed nor believed.
    pub icc: Option<Vec<u8>>,
    /// EXIF's orientation, 1 to 8; 1 where the file says nothing sensible.
    pub orientation: u8,
}

/// What a file's first bytes tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    pub dimensions: Dimensions,
    /// What a raster decoded from it will have, as far as the bytes handed in tell.
    pub channels: Channels,
    /// Bits of a sample in the file.
    pub bits: u8,
}

impl Header {
    /// Refuses what would become more pixels than `limit`.
    fn within(self, limit: u64) -> Result<Self, Error> {
        match self.dimensions.area() {
            pixels if pixels > limit => Err(Error::TooLarge { pixels, limit }),
            _ => Ok(self),
        }
    }
}

/// The orientation in a block of EXIF, which begins with TIFF's own header.
fn orientation(exif: &[u8]) -> u8 {
    let exif = exif.strip_prefix(b"Exif\0\0").unwrap_or(exif);
    // The tag lies near the start; a larger block is a maker's note or a thumbnail.
    let reader = exif::Reader::new().read_raw(exif.get(..PROFILE_BYTES).unwrap_or(exif).to_vec());
    let value = reader
        .ok()
        .and_then(|exif| exif.get_field(exif::Tag::Orientation, exif::In::PRIMARY)?.value.get_uint(0));
    value.and_then(|value| u8::try_from(value).ok()).filter(|value| (1..=8).contains(value)).unwrap_or(1)
}

#[cfg(test)]
mod torture {
    use std::fs;
    use std::path::Path;

    /// A file of the torture set, or none, loudly, where the set is missing.
    pub fn file(name: &str) -> Option<Vec<u8>> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/torture").join(name);
        let file = fs::read(&path);
        if file.is_err() {
            eprintln!("SKIPPED: {} is missing", path.display());
        }
        file.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::orientation;

    #[test]
    fn an_orientation_is_read_or_upright() {
        let exif = |value: u8| {
            let mut block = b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\0\0\0\0\0\0\0".to_vec();
            block[19] = value;
            block
        };
        assert_eq!(orientation(&exif(6)), 6);
        assert_eq!(orientation(&[b"Exif\0\0".as_slice(), &exif(3)].concat()), 3);
        for broken in [exif(0), exif(9), Vec::new(), b"MM\0\x2a\xff\xff\xff\xff".to_vec()] {
            assert_eq!(orientation(&broken), 1);
        }
    }
}
