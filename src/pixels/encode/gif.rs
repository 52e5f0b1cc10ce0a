//! Encodes GIF: 256 colors, with pixels either opaque or transparent.

use gif::{Encoder, Frame};

use super::{EmbeddedMetadata, Error, check_size, refused};
use crate::pixels::{Channels, Raster};

/// The approximate number of pixels that NeuQuant samples, one of 1 (best) to 30 (fastest): fewer give a poor palette.
const SAMPLED_PIXELS: usize = 50_000;
/// The longest side in pixels.
const MAX_SIDE: u32 = 65_535;
/// The most pixels, whose quantization takes about two seconds.
const MAX_PIXELS: u64 = 16_000_000;
/// The least alpha that counts as opaque.
const MIN_OPAQUE: u8 = 128;

/// Writes a GIF with the credit; gray is exact, colors are quantized, alpha becomes one bit. Samples must
/// be sRGB, because no profile is written: hardly any reader supports profiles in GIF.
///
/// # Errors
/// If the raster is too large for the format.
pub fn gif(raster: &Raster, metadata: &EmbeddedMetadata) -> Result<Vec<u8>, Error> {
    check_size("gif", raster.dimensions, MAX_SIDE, MAX_PIXELS)?;
    let [width, height] = [raster.dimensions.width, raster.dimensions.height].map(|side| side as u16);
    let frame = match raster.channels {
        Channels::Gray => {
            let palette: Vec<u8> = (0..=255).flat_map(|gray| [gray; 3]).collect();
            Frame::from_palette_pixels(width, height, raster.samples.as_slice(), palette, None)
        }
        Channels::Rgb => {
            Frame::from_rgb_speed(width, height, &raster.samples, speed(raster.samples.len() / 3))
        }
        Channels::Rgba => with_transparency(width, height, &raster.samples),
    };
    let mut file = Vec::new();
    Encoder::new(&mut file, width, height, &[])
        .and_then(|mut encoder| {
            write_xmp(metadata, &mut encoder);
            encoder.write_frame(&frame)
        })
        .map_err(|error| refused("gif", error))?;
    Ok(file)
}

/// Writes an application extension with the XMP packet as a whole (ISO 16684-3, §1.1.2).
fn write_xmp(metadata: &EmbeddedMetadata, encoder: &mut Encoder<&mut Vec<u8>>) {
    if let Some(xmp) = metadata.xmp() {
        // For readers that interpret the packet as sub-blocks, every byte of the trailer leads to its end.
        let trailer: Vec<u8> = [1].into_iter().chain((0..=255).rev()).chain([0]).collect();
        let parts = [&b"\x21\xff\x0bXMP DataXMP"[..], &xmp, &trailer];
        encoder.get_mut().extend_from_slice(&parts.concat());
    }
}

fn speed(pixels: usize) -> i32 {
    (pixels / SAMPLED_PIXELS).clamp(1, 30) as i32
}

/// A frame whose transparent pixels have their own palette entry.
fn with_transparency(width: u16, height: u16, samples: &[u8]) -> Frame<'static> {
    let is_transparent = |pixel: &[u8]| pixel[3] < MIN_OPAQUE;
    // Transparent pixels repeat the last visible one, so that they use no color of the palette.
    let mut visible = [0; 3];
    let mut opaque = Vec::with_capacity(samples.len() / 4 * 3);
    for pixel in samples.chunks_exact(4) {
        if !is_transparent(pixel) {
            visible.copy_from_slice(&pixel[..3]);
        }
        opaque.extend_from_slice(&visible);
    }
    let mut frame = Frame::from_rgb_speed(width, height, &opaque, speed(opaque.len() / 3));
    if !samples.chunks_exact(4).any(is_transparent) {
        return frame;
    }
    let transparent = free_entry(&mut frame);
    for (index, pixel) in frame.buffer.to_mut().iter_mut().zip(samples.chunks_exact(4)) {
        if is_transparent(pixel) {
            *index = transparent;
        }
    }
    frame.transparent = Some(transparent);
    frame
}

/// Adds an entry to the palette; if it is full, replaces its rarest color by the nearest one and returns its entry.
fn free_entry(frame: &mut Frame<'_>) -> u8 {
    let palette = frame.palette.get_or_insert_default();
    let entries = palette.len() / 3;
    if entries < 256 {
        palette.extend([0; 3]);
        return entries as u8;
    }
    let mut uses = [0u32; 256];
    for &index in frame.buffer.iter() {
        uses[usize::from(index)] += 1;
    }
    let rarest = (0..=255).min_by_key(|&index: &u8| uses[usize::from(index)]).unwrap_or(0);
    let color = |index: u8| &palette[usize::from(index) * 3..][..3];
    let distance = |index: &u8| -> u32 {
        let pairs = color(rarest).iter().zip(color(*index));
        pairs.map(|(one, other)| u32::from(one.abs_diff(*other)).pow(2)).sum()
    };
    let nearest = (0..=255).filter(|&index| index != rarest).min_by_key(distance).unwrap_or(0);
    for index in frame.buffer.to_mut().iter_mut().filter(|index| **index == rarest) {
        *index = nearest;
    }
    rarest
}

#[cfg(test)]
mod tests {
    use super::super::samples::gradient;
    use super::*;
    use crate::iiif::Dimensions;
    use crate::metadata::sample_credit as credit;

    fn read(file: &[u8]) -> (Dimensions, Vec<u8>) {
        let mut options = ::gif::DecodeOptions::new();
        options.set_color_output(::gif::ColorOutput::RGBA);
        let mut decoder = options.read_info(file).unwrap();
        let frame = decoder.read_next_frame().unwrap().unwrap();
        (Dimensions::new(frame.width.into(), frame.height.into()), frame.buffer.to_vec())
    }

    #[test]
    fn gray_is_exact() {
        let raster = gradient(300, 40, Channels::Gray);
        let (dimensions, samples) = read(&gif(&raster, &EmbeddedMetadata::default()).unwrap());
        assert_eq!(dimensions, raster.dimensions);
        let grays: Vec<u8> = samples.chunks_exact(4).map(|pixel| pixel[0]).collect();
        assert_eq!(grays, raster.samples);
    }

    #[test]
    fn colors_stay_near() {
        let raster = gradient(64, 64, Channels::Rgb);
        let (_, samples) = read(&gif(&raster, &EmbeddedMetadata::default()).unwrap());
        let pairs = samples.chunks_exact(4).zip(raster.samples.chunks_exact(3));
        let away: u32 = pairs
            .flat_map(|(got, wanted)| (0..3).map(|channel| u32::from(got[channel].abs_diff(wanted[channel]))))
            .sum();
        assert!(away / raster.samples.len() as u32 <= 8, "{away}");
    }

    #[test]
    fn pixels_are_transparent_only_where_alpha_is_low() {
        for side in [4, 64] {
            let raster = gradient(side, side, Channels::Rgba);
            let (_, samples) = read(&gif(&raster, &EmbeddedMetadata::default()).unwrap());
            for (got, wanted) in samples.chunks_exact(4).zip(raster.samples.chunks_exact(4)) {
                assert_eq!(got[3] == 0, wanted[3] < MIN_OPAQUE);
            }
        }
    }

    #[test]
    fn the_credit_is_read_back_and_no_profile_is_written() {
        let metadata = EmbeddedMetadata { credit: Some(credit()), ..EmbeddedMetadata::icc(&[9; 700]) };
        let raster = gradient(30, 40, Channels::Gray);
        let file = gif(&raster, &metadata).unwrap();
        assert_eq!(read(&file), read(&gif(&raster, &EmbeddedMetadata::default()).unwrap()));
        let mut decoder = ::gif::DecodeOptions::new().read_info(&file[..]).unwrap();
        decoder.next_frame_info().unwrap().unwrap();
        assert_eq!(decoder.icc_profile(), None);
        assert_eq!(decoder.xmp_metadata(), metadata.xmp().as_deref());
    }

    #[test]
    fn too_large_images_are_refused() {
        for (width, height) in [(65_536, 1), (4001, 4001)] {
            let raster = Raster::blank(Dimensions::new(width, height), Channels::Gray);
            assert!(matches!(gif(&raster, &EmbeddedMetadata::default()), Err(Error::Unsupported(_))));
        }
    }
}
