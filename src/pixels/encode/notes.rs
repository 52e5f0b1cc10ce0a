//! What an answer says of itself beside its pixels.

use std::sync::Arc;

use super::credit::{self, Credit};
use super::iptc;

/// What an answer says of itself; by default nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notes {
    /// The profile that the samples are in, attached as it is.
    pub icc: Option<Arc<[u8]>>,
    /// Whose the image is.
    pub credit: Option<Credit>,
}

impl Notes {
    /// Only a profile.
    pub fn icc(icc: &[u8]) -> Self {
        Self { icc: Some(icc.into()), credit: None }
    }

    /// The credit as an XMP packet, unless it says nothing.
    pub fn xmp(&self) -> Option<Vec<u8>> {
        self.worded().map(credit::xmp)
    }

    /// The credit as IPTC-IIM data sets, unless it says nothing.
    pub fn iptc(&self) -> Option<Vec<u8>> {
        self.worded().map(iptc::iptc)
    }

    /// The same as a JPEG carries them, in Photoshop's wrapping.
    pub fn photoshop(&self) -> Option<Vec<u8>> {
        self.iptc().map(|sets| iptc::resource(&sets))
    }

    fn worded(&self) -> Option<&Credit> {
        self.credit.as_ref().filter(|credit| **credit != Credit::default())
    }
}
