//! Crops JPEGs to their top left corner, in the DCT domain if possible.

use turbojpeg::{Transform, TransformCrop, Transformer};

use super::decode::{self, max_scans};
use super::encode::encode_strided;
use super::header::header;
use super::splice::insert_metadata;
use crate::iiif::Dimensions;
use crate::metadata::EmbeddedMetadata;
use crate::pixels::{Error, Subsampling};

/// The quality of tiles that are encoded again because they cannot be cropped without decoding.
const REENCODED_QUALITY: u8 = 95;

/// Crops a JPEG of at most `limit` pixels to its top left corner of `size`, in the DCT domain: pixels do not change.
///
/// # Errors
/// If the JPEG is damaged, too large, or smaller than `size`.
pub fn crop(jpeg: &[u8], size: Dimensions, limit: u64) -> Result<Vec<u8>, Error> {
    // Memory depends on the size that it claims.
    let found = match header(jpeg)? {
        Ok(header) => header.dimensions,
        Err(_) => return Err(Error::damaged("JPEG tile", "it ends before its scan")),
    };
    // The transform would extend it.
    if found.width < size.width || found.height < size.height {
        return Err(Error::damaged("JPEG tile", format!("it is {found} pixels, smaller than its tile")));
    }
    let pixels = found.area();
    if pixels > limit {
        return Err(Error::damaged("JPEG tile", format!("it has {pixels} pixels, far more than its tile")));
    }
    // Each scan may cover the whole image.
    let max = max_scans(pixels) as usize;
    if decode::scans(jpeg, max + 1) > max {
        return Err(Error::damaged("JPEG tile", "it has too many scans"));
    }
    let mut transform = Transform::default();
    transform.crop = Some(TransformCrop {
        x: 0,
        y: 0,
        width: Some(size.width as usize),
        height: Some(size.height as usize),
    });
    let cropped =
        Transformer::new().and_then(|mut transformer| transformer.transform_to_vec(&transform, jpeg));
    cropped.or_else(|error| crop_decoded(jpeg, size, limit).map_err(|_| Error::damaged("JPEG tile", error)))
}

/// Crops by decoding and encoding again, for JPEGs that decode but cannot be transformed.
fn crop_decoded(jpeg: &[u8], size: Dimensions, limit: u64) -> Result<Vec<u8>, Error> {
    let whole = decode::decode(jpeg, 1, limit)?.into_packed();
    let layout = (size, whole.channels);
    let cut = encode_strided(&whole.samples, whole.stride(), layout, REENCODED_QUALITY, Subsampling::S444)?;
    let icc = header(jpeg)?.ok().and_then(|header| header.icc).map(Into::into);
    Ok(insert_metadata(&cut, &EmbeddedMetadata { icc, credit: None }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixels::jpeg;
    use crate::pixels::{Channels, Raster};

    fn tile() -> Vec<u8> {
        let mut raster = Raster::blank(Dimensions::new(64, 64), Channels::Rgb);
        for (n, sample) in raster.samples.iter_mut().enumerate() {
            *sample = ((n * 7) ^ (n / 191)) as u8;
        }
        jpeg::encode(&raster, 90, Subsampling::S420, &EmbeddedMetadata::default()).unwrap()
    }

    fn rgb(jpeg: &[u8]) -> Raster {
        jpeg::decode(jpeg, 1, u64::MAX).unwrap().into_packed()
    }

    #[test]
    fn edges_are_cropped_without_loss() {
        let (whole, cut) = (tile(), Dimensions::new(40, 24));
        let (full, cropped) = (rgb(&whole), rgb(&crop(&whole, cut, 64 * 64).unwrap()));
        assert_eq!(cropped.dimensions, cut);
        for y in 0..22 {
            // The last column and rows may differ, because chroma is interpolated from outside the crop.
            let (a, b) = (y * full.stride(), y * cropped.stride());
            assert_eq!(full.samples[a..a + 38 * 3], cropped.samples[b..b + 38 * 3], "row {y}");
        }
    }

    #[test]
    fn a_jpeg_that_claims_to_be_enormous_is_refused() {
        let cropped = crop(&tile(), Dimensions::new(40, 24), 64 * 63);
        assert!(cropped.is_err_and(|error| error.to_string().contains("4096 pixels")));
    }

    #[test]
    fn a_jpeg_that_is_smaller_than_its_tile_is_refused() {
        for place in [Dimensions::new(65, 64), Dimensions::new(40, 80)] {
            let cropped = crop(&tile(), place, 1 << 20);
            assert!(
                cropped.is_err_and(|error| error.to_string().contains("64,64 pixels, smaller")),
                "{place}"
            );
        }
    }

    #[test]
    fn endless_scans_are_refused() {
        // The larger an image claims to be, the fewer scans it may have.
        for (side, scans) in [(64u16, 501), (8000, 60)] {
            let (mut whole, scan) =
                (tile(), [&[0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0][..]].repeat(scans).concat());
            whole.splice(whole.len() - 2..whole.len() - 2, scan);
            let frame = whole.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
            let [high, low] = side.to_be_bytes();
            whole[frame + 5..frame + 9].copy_from_slice(&[high, low, high, low]);
            let cropped = crop(&whole, Dimensions::new(40, 24), 1 << 26);
            assert!(cropped.is_err_and(|error| error.to_string().contains("scans")), "{side}");
        }
    }
}
