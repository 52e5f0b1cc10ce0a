//! stub
use crate::iiif::{Dimensions, Rect};
use crate::pixels::*;
pub struct Header {
    pub dimensions: Dimensions,
    pub tile: Dimensions,
    pub resolutions: u32,
    pub model: Model,
    pub alpha: Alpha,
    pub depth: Depth,
    pub icc: Option<Vec<u8>>,
    pub orientation: u8,
    pub is_ht: bool,
}
pub fn header(_: &dyn ReadAt) -> Result<Header, Error> {
    Err(Error::Unsupported("stub".into()))
}
pub fn decode(_: &dyn ReadAt, _: Rect, _: u32, _: u64) -> Result<Raw, Error> {
    Err(Error::Unsupported("stub".into()))
}
