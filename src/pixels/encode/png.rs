//! Encodes PNG, for speed rather than size.

use std::borrow::Cow;
use std::io::Write;

use png::text_metadata::ITXtChunk;
use png::{BitDepth, ColorType, Compression, Encoder, EncodingError, Info};

use super::{EmbeddedMetadata, Error, refused};
use crate::iiif::Dimensions;
use crate::pixels::{Channels, Raster};

/// The keyword of the text chunk that contains an XMP packet (ISO 16684-3, §1.1.5).
const XMP: &str = "XML:com.adobe.xmp";

/// Writes a PNG with alpha, profile and credit.
///
/// # Errors
/// If the encoder fails.
pub fn png(raster: &Raster, metadata: &EmbeddedMetadata) -> Result<Vec<u8>, Error> {
    let mut file = Vec::with_capacity(raster.samples.len() / 2);
    encoder(&mut file, raster.dimensions, raster.channels, metadata)
        .and_then(|encoder| {
            let mut writer = encoder.write_header()?;
            writer.write_image_data(&raster.samples)?;
            writer.finish()
        })
        .map_err(|error| refused("png", error))?;
    Ok(file)
}

/// Creates a configured encoder that writes to `sink`.
pub(super) fn encoder<W: Write>(
    sink: W,
    dimensions: Dimensions,
    channels: Channels,
    metadata: &EmbeddedMetadata,
) -> Result<Encoder<'_, W>, EncodingError> {
    let mut info = Info::with_size(dimensions.width, dimensions.height);
    info.bit_depth = BitDepth::Eight;
    info.color_type = match channels {
        Channels::Gray => ColorType::Grayscale,
        Channels::Rgb => ColorType::Rgb,
        Channels::Rgba => ColorType::Rgba,
    };
    info.icc_profile = metadata.icc.as_deref().map(Cow::Borrowed);
    let packet = metadata.xmp().map(|packet| String::from_utf8_lossy(&packet).into_owned());
    info.utf8_text = packet.into_iter().map(|packet| ITXtChunk::new(XMP, packet)).collect();
    let mut encoder = Encoder::with_info(sink, info)?;
    encoder.set_compression(Compression::Fast);
    Ok(encoder)
}

#[cfg(test)]
mod tests {
    use super::super::samples::{gradient, read_png};
    use super::*;
    use crate::metadata::sample_credit as credit;

    #[test]
    fn written_files_are_read_back() {
        for channels in [Channels::Gray, Channels::Rgb, Channels::Rgba] {
            let raster = gradient(37, 21, channels);
            let (read, icc) = read_png(&png(&raster, &EmbeddedMetadata::icc(b"a profile")).unwrap());
            assert_eq!(read, raster);
            assert_eq!(icc.as_deref(), Some(&b"a profile"[..]));
        }
    }

    #[test]
    fn the_credit_is_an_xmp_text_chunk() {
        let metadata = EmbeddedMetadata { icc: None, credit: Some(credit()) };
        let file = png(&gradient(5, 5, Channels::Gray), &metadata).unwrap();
        let reader = ::png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
        let [text] = &reader.info().utf8_text[..] else { panic!("not one text") };
        assert_eq!((text.keyword.as_str(), text.compressed), (XMP, false));
        assert_eq!(text.get_text().unwrap().as_bytes(), metadata.xmp().unwrap());
    }
}
