//! The metadata to embed in an encoded image.

use std::sync::Arc;

use super::{Credit, iptc, photoshop, xmp};

/// The metadata to embed in an encoded image; none by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EmbeddedMetadata {
    /// The ICC profile of the samples, embedded unchanged.
    pub icc: Option<Arc<[u8]>>,
    /// The credit to write into responses.
    pub credit: Option<Credit>,
}

impl EmbeddedMetadata {
    /// Only a profile.
    pub fn icc(icc: &[u8]) -> Self {
        Self { icc: Some(icc.into()), credit: None }
    }

    /// The credit as an XMP packet, unless it is empty.
    pub fn xmp(&self) -> Option<Vec<u8>> {
        self.credit().map(xmp::write)
    }

    /// The credit as IPTC data sets, unless it is empty.
    pub fn iptc(&self) -> Option<Vec<u8>> {
        self.credit().map(iptc::write)
    }

    /// The same data sets as the body of a JPEG's APP13 segment.
    pub fn photoshop(&self) -> Option<Vec<u8>> {
        self.iptc().map(|sets| photoshop::wrap(&sets))
    }

    fn credit(&self) -> Option<&Credit> {
        self.credit.as_ref().filter(|credit| **credit != Credit::default())
    }
}
