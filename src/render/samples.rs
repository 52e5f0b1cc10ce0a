//! Renderings that are not encoded: the samples themselves, for analyzers within the server.

use crate::iiif::Dimensions;
use crate::pixels::{Channels, Raster};

/// Width, height and number of channels, before the samples.
const HEAD: usize = 9;

/// A raster as the bytes of a rendering.
pub(super) fn raw(raster: &Raster) -> Vec<u8> {
    let Raster { dimensions, channels, samples } = raster;
    let mut bytes = Vec::with_capacity(HEAD + samples.len());
    bytes.extend_from_slice(&dimensions.width.to_le_bytes());
    bytes.extend_from_slice(&dimensions.height.to_le_bytes());
    bytes.push(channels.count() as u8);
    bytes.extend_from_slice(samples);
    bytes
}

/// The raster of a rendering whose plan [is raw](super::Plan::is_raw); `None` if the bytes are something else.
pub fn samples(bytes: &[u8]) -> Option<Raster> {
    let (width, rest) = bytes.split_first_chunk()?;
    let (height, rest) = rest.split_first_chunk()?;
    let (&channels, samples) = rest.split_first()?;
    let dimensions = Dimensions::new(u32::from_le_bytes(*width), u32::from_le_bytes(*height));
    let all = [Channels::Gray, Channels::Rgb, Channels::Rgba];
    let channels = all.into_iter().find(|known| known.count() == usize::from(channels))?;
    let is_whole = dimensions.area().checked_mul(channels.count() as u64) == Some(samples.len() as u64);
    is_whole.then(|| Raster { dimensions, channels, samples: samples.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rasters_are_read_back_and_other_bytes_are_not() {
        for channels in [Channels::Gray, Channels::Rgb, Channels::Rgba] {
            let mut raster = Raster::blank(Dimensions::new(3, 2), channels);
            raster.samples.iter_mut().zip(0..).for_each(|(sample, value)| *sample = value);
            let bytes = raw(&raster);
            assert_eq!(samples(&bytes), Some(raster));
            assert_eq!(samples(&bytes[..bytes.len() - 1]), None);
        }
        assert_eq!(samples(b"\x89PNG\r\n\x1a\n"), None);
        assert_eq!(samples(&[0xff; 9]), None);
    }
}
