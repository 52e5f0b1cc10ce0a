//! Encodes TIFF in deflated strips with a horizontal predictor: half the bytes of the streamed, uncompressed one.

use std::borrow::Cow;
use std::io::{Cursor, Seek, Write};

use tiff::TiffResult;
use tiff::encoder::colortype::{ColorType, Gray8, RGB8, RGBA8};
use tiff::encoder::{Compression, DeflateLevel, Predictor, TiffEncoder, TiffKind, TiffValue};
use tiff::tags::{Tag, Type};

use super::{EmbeddedMetadata, Error, refused};
use crate::pixels::{Channels, Raster};

/// Classic TIFF has 32-bit offsets; images with more raw bytes are written as BigTIFF.
const CLASSIC: usize = 3_900_000_000;
/// `ExtraSamples`: straight, not premultiplied alpha.
const STRAIGHT_ALPHA: u16 = 2;
/// A packet (ISO 16684-3, §1.1.4).
const XMP: Tag = Tag::Unknown(700);
/// IPTC data sets, declared as 32-bit numbers as libtiff expects.
const IPTC: Tag = Tag::Unknown(33723);

/// Writes a TIFF with alpha, profile and credit.
///
/// # Errors
/// If the raster is too large for the format.
pub fn tif(raster: &Raster, metadata: &EmbeddedMetadata) -> Result<Vec<u8>, Error> {
    let mut file = Cursor::new(Vec::new());
    let written = if raster.samples.len() < CLASSIC {
        TiffEncoder::new(&mut file).and_then(|encoder| write(encoder, raster, metadata))
    } else {
        TiffEncoder::new_big(&mut file).and_then(|encoder| write(encoder, raster, metadata))
    };
    written.map_err(|error| refused("tif", error))?;
    Ok(file.into_inner())
}

fn write<W: Write + Seek, K: TiffKind>(
    encoder: TiffEncoder<W, K>,
    raster: &Raster,
    metadata: &EmbeddedMetadata,
) -> TiffResult<()> {
    let encoder = encoder
        .with_compression(Compression::Deflate(DeflateLevel::Fast))
        .with_predictor(Predictor::Horizontal);
    match raster.channels {
        Channels::Gray => write_as::<_, _, Gray8>(encoder, raster, metadata),
        Channels::Rgb => write_as::<_, _, RGB8>(encoder, raster, metadata),
        Channels::Rgba => write_as::<_, _, RGBA8>(encoder, raster, metadata),
    }
}

fn write_as<W: Write + Seek, K: TiffKind, C: ColorType<Inner = u8>>(
    mut encoder: TiffEncoder<W, K>,
    raster: &Raster,
    metadata: &EmbeddedMetadata,
) -> TiffResult<()> {
    let mut image = encoder.new_image::<C>(raster.dimensions.width, raster.dimensions.height)?;
    if raster.channels == Channels::Rgba {
        image.encoder().write_tag(Tag::ExtraSamples, STRAIGHT_ALPHA)?;
    }
    if let Some(xmp) = metadata.xmp() {
        image.encoder().write_tag(XMP, &xmp[..])?;
    }
    if let Some(iptc) = metadata.iptc() {
        image.encoder().write_tag(IPTC, &longs(&iptc)[..])?;
    }
    if let Some(icc) = &metadata.icc {
        image.encoder().write_tag(Tag::IccProfile, Undefined(icc))?;
    }
    image.write_data(&raster.samples)
}

/// Bytes as 32-bit numbers, padded with zeros; the encoder writes in native byte order.
fn longs(bytes: &[u8]) -> Vec<u32> {
    let long = |four: &[u8]| {
        let mut filled = [0; 4];
        filled[..four.len()].copy_from_slice(four);
        u32::from_ne_bytes(filled)
    };
    bytes.chunks(4).map(long).collect()
}

/// Bytes of type 7, as the profile's tag requires; a plain slice would have type 1.
struct Undefined<'a>(&'a [u8]);

impl TiffValue for Undefined<'_> {
    const BYTE_LEN: u8 = 1;
    const FIELD_TYPE: Type = Type::UNDEFINED;

    fn count(&self) -> usize {
        self.0.len()
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(self.0)
    }
}

#[cfg(test)]
mod tests {
    use tiff::decoder::{Decoder, DecodingResult};

    use super::super::samples::gradient;
    use super::*;
    use crate::metadata::sample_credit as credit;

    #[test]
    fn written_files_are_read_back() {
        for channels in [Channels::Gray, Channels::Rgb, Channels::Rgba] {
            let raster = gradient(61, 43, channels);
            let metadata = EmbeddedMetadata { credit: Some(credit()), ..EmbeddedMetadata::icc(b"a profile") };
            let file = tif(&raster, &metadata).unwrap();
            let mut decoder = Decoder::new(Cursor::new(file)).unwrap();
            assert_eq!(decoder.dimensions().unwrap(), (61, 43));
            assert_eq!(decoder.get_tag_u8_vec(Tag::IccProfile).unwrap(), b"a profile");
            assert_eq!(decoder.get_tag_u8_vec(XMP).unwrap(), metadata.xmp().unwrap());
            let iptc = decoder.get_tag_u32_vec(IPTC).unwrap();
            assert_eq!(iptc, longs(&metadata.iptc().unwrap()));
            let DecodingResult::U8(samples) = decoder.read_image().unwrap() else { panic!("not bytes") };
            assert_eq!(samples, raster.samples);
        }
    }
}
