//! Encodes AVIF with rav1e: 4:2:0, tuned for speed, gray as a single plane.

use avif_serialize::Aviffy;
use avif_serialize::constants::MatrixCoefficients as Matrix;
use rav1e::prelude::*;

use super::{EmbeddedMetadata, Error, check_size, refused};
use crate::container::tiff::{self, Field, Offsets, tags};
use crate::iiif::Dimensions;
use crate::metadata::{Credit, clipped};
use crate::pixels::{Channels, Raster};

/// The quantizer, 0 to 255: a 512² tile of a painting takes 42 ms and three quarters of a WebP's bytes.
const QUANTIZER: u8 = 121;
/// The encoder's fastest preset; further settings disable features that cost time and do not help stills.
const PRESET: u8 = 10;
/// The longest side in pixels.
const MAX_SIDE: u32 = 65_535;
/// The most pixels, which take about six seconds.
const MAX_PIXELS: u64 = 32_000_000;

/// Writes an AVIF with alpha. Samples must be sRGB, because no profile is written; the credit is in Exif, because the
/// container's writer does not support XMP.
///
/// # Errors
/// If the encoder fails.
pub fn avif(raster: &Raster, metadata: &EmbeddedMetadata) -> Result<Vec<u8>, Error> {
    let dimensions = raster.dimensions;
    check_size("avif", dimensions, MAX_SIDE, MAX_PIXELS)?;
    let gray = raster.channels == Channels::Gray;
    let color = if gray { encode(dimensions, &[&raster.samples]) } else { encode_color(raster) }?;
    let alpha = alpha(raster).map(|plane| encode(dimensions, &[&plane])).transpose()?;
    let mut container = Aviffy::new();
    container.set_matrix_coefficients(Matrix::Bt601).set_full_color_range(true);
    container.set_monochrome(gray).set_chroma_subsampling((true, true)).set_seq_profile(0);
    if let Some(credit) = &metadata.credit
        && let Some(exif) = exif(credit)
    {
        container.set_exif(exif);
    }
    let mut file = Vec::new();
    container
        .write(&mut file, &color, alpha.as_deref(), dimensions.width, dimensions.height, 8)
        .map_err(|error| refused("avif", error))?;
    Ok(file)
}

/// Title, creators and rights as Exif (Exif 3.0, §4.6.5), unless the credit has none.
fn exif(credit: &Credit) -> Option<Vec<u8>> {
    let creators = Some(credit.creator.join("; ")).filter(|names| !names.is_empty());
    let texts =
        [(tags::DESCRIPTION, &credit.title), (tags::ARTIST, &creators), (tags::COPYRIGHT, &credit.rights)];
    let fields = texts.iter().filter_map(|(tag, text)| Some(Field::text(*tag, &clipped(text.as_deref()?))));
    let fields: Vec<Field> = fields.collect();
    (!fields.is_empty()).then(|| tiff::file(&fields, Offsets::Short))
}

/// The alpha of each pixel, unless all are opaque.
fn alpha(raster: &Raster) -> Option<Vec<u8>> {
    let alpha = || raster.samples.iter().skip(3).step_by(4).copied();
    (raster.channels == Channels::Rgba && alpha().any(|alpha| alpha < u8::MAX)).then(|| alpha().collect())
}

fn encode_color(raster: &Raster) -> Result<Vec<u8>, Error> {
    let [red, green, blue] = [0, 1, 2];
    let count = raster.channels.count();
    let luma = raster.samples.chunks_exact(count);
    let luma: Vec<u8> = luma.map(|pixel| ycbcr([pixel[red], pixel[green], pixel[blue]])[0]).collect();
    let quarter = raster.dimensions.reduced(2).area() as usize;
    let (mut cb, mut cr) = (Vec::with_capacity(quarter), Vec::with_capacity(quarter));
    for rows in raster.samples.chunks(raster.stride() * 2) {
        // The last row is repeated if their number is odd, and so is the last column.
        let (upper, lower) = rows.split_at(raster.stride());
        let lower = if lower.is_empty() { upper } else { lower };
        for (upper, lower) in upper.chunks(count * 2).zip(lower.chunks(count * 2)) {
            let right = upper.len() - count;
            let mean = |channel: usize| {
                let four = [upper[channel], upper[right + channel], lower[channel], lower[right + channel]];
                ((four.into_iter().map(u16::from).sum::<u16>() + 2) / 4) as u8
            };
            // The chroma of the mean is the mean of the chroma.
            let [_, mean_cb, mean_cr] = ycbcr([mean(red), mean(green), mean(blue)]);
            cb.push(mean_cb);
            cr.push(mean_cr);
        }
    }
    encode(raster.dimensions, &[&luma, &cb, &cr])
}

/// Encodes one plane, or luma and two planes of half its sides.
fn encode(dimensions: Dimensions, planes: &[&[u8]]) -> Result<Vec<u8>, Error> {
    let config = Config::new().with_threads(1).with_encoder_config(settings(dimensions, planes.len() == 1));
    let mut context: Context<u8> = config.new_context().map_err(|error| refused("avif", error))?;
    let mut frame = context.new_frame();
    let strides = [dimensions.width, dimensions.reduced(2).width, dimensions.reduced(2).width];
    for ((plane, samples), stride) in frame.planes.iter_mut().zip(planes).zip(strides) {
        plane.copy_from_raw_u8(samples, stride as usize, 1);
    }
    context.send_frame(frame).map_err(|status| refused("avif", status))?;
    context.flush();
    let mut stream = Vec::new();
    loop {
        match context.receive_packet() {
            Ok(mut packet) => stream.append(&mut packet.data),
            Err(EncoderStatus::Encoded) => {}
            Err(EncoderStatus::LimitReached) => return Ok(stream),
            Err(status) => return Err(refused("avif", status)),
        }
    }
}

fn settings(dimensions: Dimensions, one_plane: bool) -> EncoderConfig {
    EncoderConfig {
        width: dimensions.width as usize,
        height: dimensions.height as usize,
        bit_depth: 8,
        chroma_sampling: if one_plane { ChromaSampling::Cs400 } else { ChromaSampling::Cs420 },
        pixel_range: PixelRange::Full,
        color_description: (!one_plane).then_some(ColorDescription {
            color_primaries: ColorPrimaries::BT709,
            transfer_characteristics: TransferCharacteristics::SRGB,
            matrix_coefficients: MatrixCoefficients::BT601,
        }),
        still_picture: true,
        low_latency: false,
        quantizer: usize::from(QUANTIZER),
        min_quantizer: QUANTIZER,
        bitrate: 0,
        tune: Tune::Psychovisual,
        speed_settings: speed(),
        ..EncoderConfig::default()
    }
}

fn speed() -> SpeedSettings {
    let mut speed = SpeedSettings::from_preset(PRESET);
    speed.multiref = false;
    speed.rdo_lookahead_frames = 1;
    speed.scene_detection_mode = SceneDetectionSpeed::None;
    speed.fast_deblock = true;
    speed.cdef = false;
    speed.lrf = false;
    speed.transform.reduced_tx_set = true;
    speed.transform.tx_domain_rate = true;
    speed.transform.rdo_tx_decision = false;
    speed.prediction.fine_directional_intra = false;
    speed.prediction.prediction_modes = PredictionModesSetting::Simple;
    // A single block size: a choice of two takes twice as long, and 64 is too coarse for brush strokes.
    speed.partition.partition_range = PartitionRange::new(BlockSize::BLOCK_32X32, BlockSize::BLOCK_32X32);
    speed
}

/// Converts RGB to YCbCr as JPEG does (Rec. 601, full range), in 16.16 fixed point.
fn ycbcr(color: [u8; 3]) -> [u8; 3] {
    let [red, green, blue] = color.map(i32::from);
    let luma = 19_595 * red + 38_470 * green + 7_471 * blue;
    let cb = -11_058 * red - 21_710 * green + 32_768 * blue + (128 << 16);
    let cr = 32_768 * red - 27_439 * green - 5_329 * blue + (128 << 16);
    [luma, cb, cr].map(|value| ((value + (1 << 15)) >> 16).clamp(0, 255) as u8)
}

#[cfg(test)]
mod tests {
    use super::super::samples::gradient;
    use super::*;
    use crate::metadata::sample_credit as credit;

    #[test]
    fn any_size_becomes_a_file() {
        for (width, height) in [(1, 1), (1, 70), (65, 47), (64, 64), (130, 3)] {
            for channels in [Channels::Gray, Channels::Rgb, Channels::Rgba] {
                let file = avif(&gradient(width, height, channels), &EmbeddedMetadata::default()).unwrap();
                assert_eq!(&file[4..12], b"ftypavif", "{width}x{height}");
            }
        }
    }

    #[test]
    fn the_credit_is_read_back() {
        let metadata = EmbeddedMetadata { credit: Some(credit()), ..EmbeddedMetadata::default() };
        let file = avif(&gradient(33, 20, Channels::Rgba), &metadata).unwrap();
        let exif = ::exif::Reader::new().read_from_container(&mut std::io::Cursor::new(file)).unwrap();
        for (tag, expected) in [
            (::exif::Tag::ImageDescription, credit().title.unwrap()),
            (::exif::Tag::Artist, credit().creator.join("; ")),
            (::exif::Tag::Copyright, credit().rights.unwrap()),
        ] {
            let field = exif.get_field(tag, ::exif::In::PRIMARY).unwrap();
            let ::exif::Value::Ascii(texts) = &field.value else { panic!("not text") };
            assert_eq!(texts[0], expected.as_bytes());
        }
    }

    #[test]
    fn opaque_images_have_no_alpha_plane() {
        let mut raster = gradient(32, 32, Channels::Rgba);
        assert!(alpha(&raster).is_some());
        raster.samples.iter_mut().skip(3).step_by(4).for_each(|alpha| *alpha = 255);
        assert!(alpha(&raster).is_none());
    }

    #[test]
    fn colors_are_converted_as_in_jpeg() {
        assert_eq!(ycbcr([255, 255, 255]), [255, 128, 128]);
        assert_eq!(ycbcr([0, 0, 0]), [0, 128, 128]);
        assert_eq!(ycbcr([255, 0, 0]), [76, 85, 255]);
        assert_eq!(ycbcr([0, 0, 255]), [29, 255, 107]);
    }

    #[test]
    fn too_large_images_are_refused() {
        let raster = Raster::blank(Dimensions::new(8000, 4001), Channels::Gray);
        assert!(matches!(avif(&raster, &EmbeddedMetadata::default()), Err(Error::Unsupported(_))));
    }
}
