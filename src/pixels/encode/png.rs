//! PNG, lossless and fast rather than smallest.

use std::borrow::Cow;

use png::{BitDepth, ColorType, Compression, Encoder, Info};

use super::{Error, refused};
use crate::pixels::{Channels, Raster};

/// Writes a PNG that keeps alpha, with `icc` attached as it is.
pub fn png(raster: &Raster, icc: Option<&[u8]>) -> Result<Vec<u8>, Error> {
    let mut file = Vec::with_capacity(raster.samples.len() / 2);
    write(raster, icc, &mut file).map_err(|error| refused("png", error))?;
    Ok(file)
}

fn write(raster: &Raster, icc: Option<&[u8]>, file: &mut Vec<u8>) -> Result<(), png::EncodingError> {
    let mut info = Info::with_size(raster.dimensions.width, raster.dimensions.height);
    info.bit_depth = BitDepth::Eight;
    info.color_type = match raster.channels {
        Channels::Gray => ColorType::Grayscale,
        Channels::Rgb => ColorType::Rgb,
        Channels::Rgba => ColorType::Rgba,
    };
    info.icc_profile = icc.map(Cow::Borrowed);
    let mut encoder = Encoder::with_info(file, info)?;
    encoder.set_compression(Compression::Fast);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&raster.samples)?;
    writer.finish()
}

#[cfg(test)]
mod tests {
    use super::super::samples::gradient;
    use super::*;
    use crate::pixels::decode;

    #[test]
    fn what_is_written_is_read_back() {
        for channels in [Channels::Gray, Channels::Rgb, Channels::Rgba] {
            let raster = gradient(37, 21, channels);
            let read = decode::png(&png(&raster, Some(b"a profile")).unwrap(), 1000).unwrap();
            assert_eq!(read.raster, raster);
            assert_eq!(read.icc.as_deref(), Some(&b"a profile"[..]));
        }
    }
}
