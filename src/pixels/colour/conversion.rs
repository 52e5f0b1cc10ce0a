//! A master's samples → 8-bit colours of the output.

use std::sync::Arc;

use moxcms::{
    BarycentricWeightScale, ColorProfile, InterpolationMethod, Layout, RenderingIntent,
    Transform8BitExecutor, Transform16BitExecutor, TransformOptions,
};

use super::Output;
use super::lab::{Encoder, plain_inks};
use super::profile::{self, unusable};
use crate::pixels::{Alpha, Channels, Error, Model, Raster, Raw, Samples};

/// A way from samples of one kind to the output; costly to build, shared between threads.
pub struct Conversion {
    narrow: Way<u8>,
    wide: Way<u16>,
}

enum Way<T> {
    /// 8 bits as they are, 16 bits rounded.
    AsItIs,
    /// Grey stays grey: one value for each.
    Gray(Box<[u8]>),
    Profile(Arc<dyn moxcms::TransformExecutor<T> + Send + Sync>),
    /// Bytes that are widened first: tables need it.
    Widened(Arc<Transform16BitExecutor>),
    Lab(Arc<Encoder>),
    PlainInks,
}

impl Conversion {
    /// For samples of `model` with this profile. Without one, or with one that is broken or for other samples, grey
    /// and RGB count as sRGB, and inks take away light as they are mixed on paper; L*a*b* needs none.
    pub fn new(icc: Option<&[u8]>, model: Model, output: Output) -> Self {
        let made = icc.and_then(|icc| profile::parse(icc, model).ok());
        let by_profile = |profile: &ColorProfile| Self::by_profile(profile, model, output).ok();
        match (made, model) {
            (_, Model::Lab) => {
                let encoder = Arc::new(Encoder::new(output));
                Self { narrow: Way::Lab(encoder.clone()), wide: Way::Lab(encoder) }
            }
            (Some(profile), _) => by_profile(&profile).unwrap_or_else(|| Self::without(model, output)),
            (None, _) => Self::without(model, output),
        }
    }

    fn without(model: Model, output: Output) -> Self {
        match (model, output) {
            (Model::Cmyk, _) => Self { narrow: Way::PlainInks, wide: Way::PlainInks },
            (Model::Rgb, Output::DisplayP3) => Self::by_profile(&ColorProfile::new_srgb(), model, output)
                .unwrap_or(Self { narrow: Way::AsItIs, wide: Way::AsItIs }),
            _ => Self { narrow: Way::AsItIs, wide: Way::AsItIs },
        }
    }

    fn by_profile(profile: &ColorProfile, model: Model, output: Output) -> Result<Self, Error> {
        let narrow = Bytes::new(profile, model, output)?.0;
        let to = output.colour();
        let way =
            profile.create_transform_16bit(layout(model), &to, Layout::Rgb, options()).map_err(unusable)?;
        let wide = match model {
            Model::Gray => {
                let grays: Vec<u16> = (0..=u16::MAX).collect();
                let mut colours = vec![0; 3 << 16];
                way.transform(&grays, &mut colours).map_err(unusable)?;
                Way::Gray(colours.chunks_exact(3).map(|colour| to_byte(colour[1])).collect())
            }
            _ => Way::Profile(way),
        };
        Ok(Self { narrow, wide })
    }

    /// What converted samples are.
    pub const fn channels(model: Model, alpha: Alpha) -> Channels {
        match (model, alpha) {
            (Model::Gray, Alpha::None) => Channels::Gray,
            (_, Alpha::None) => Channels::Rgb,
            _ => Channels::Rgba,
        }
    }

    /// Converts samples of the model that the conversion was made for.
    pub fn convert(&self, raw: Raw) -> Raster {
        let Raw { dimensions, model, alpha, samples } = raw;
        let channels = Self::channels(model, alpha);
        let samples = match (samples, alpha) {
            (Samples::U8(samples), Alpha::None) => self.narrow.convert(samples, model),
            (Samples::U16(samples), Alpha::None) => self.wide.convert(samples, model),
            (Samples::U8(samples), alpha) => {
                let (colours, opacities) = parted(&samples, model.count(), alpha, 255);
                joined(&self.narrow.convert(colours, model), &opacities, model)
            }
            (Samples::U16(samples), alpha) => {
                let (colours, opacities) = parted(&samples, model.count(), alpha, 65_535);
                let opacities: Vec<u8> = opacities.into_iter().map(to_byte).collect();
                joined(&self.wide.convert(colours, model), &opacities, model)
            }
        };
        Raster { dimensions, channels, samples }
    }
}

/// The conversion of bytes alone.
pub struct Bytes(Way<u8>);

impl Bytes {
    pub fn new(profile: &ColorProfile, model: Model, output: Output) -> Result<Self, Error> {
        let to = output.colour();
        let way: Arc<Transform8BitExecutor> =
            profile.create_transform_8bit(layout(model), &to, Layout::Rgb, options()).map_err(unusable)?;
        if model != Model::Gray {
            return Ok(Self(Way::Profile(way)));
        }
        let grays: Vec<u8> = (0..=255).collect();
        let mut colours = [0; 3 << 8];
        way.transform(&grays, &mut colours).map_err(unusable)?;
        Ok(Self(Way::Gray(colours.chunks_exact(3).map(|colour| colour[1]).collect())))
    }

    pub fn convert(&self, samples: &[u8]) -> Vec<u8> {
        let model = if matches!(self.0, Way::Gray(_)) { Model::Gray } else { Model::Rgb };
        self.0.convert(samples.to_vec(), model)
    }
}

fn layout(model: Model) -> Layout {
    match model {
        Model::Gray => Layout::Gray,
        Model::Rgb | Model::Lab => Layout::Rgb,
        Model::Cmyk => Layout::Rgba, // Any four.
    }
}

fn options() -> TransformOptions {
    TransformOptions {
        rendering_intent: RenderingIntent::RelativeColorimetric,
        interpolation_method: InterpolationMethod::Tetrahedral,
        barycentric_weight_scale: BarycentricWeightScale::High,
        ..TransformOptions::default()
    }
}

/// A sample's width, and what is done for each alone.
trait Sample: Copy + Default + Into<f32> + Into<usize> + Send + Sync {
    const MOST: f32;
    fn byte(self) -> u8;
    fn wide(self) -> u16;
    fn by_profile(
        way: &(dyn moxcms::TransformExecutor<Self> + Send + Sync + 'static),
        samples: &[Self],
        into: &mut Vec<u8>,
    );
}

impl Sample for u8 {
    const MOST: f32 = 255.0;

    fn byte(self) -> u8 {
        self
    }

    fn wide(self) -> u16 {
        u16::from(self) * 257
    }

    fn by_profile(way: &Transform8BitExecutor, samples: &[u8], into: &mut Vec<u8>) {
        way.transform(samples, into).expect("whole pixels, as many in as out");
    }
}

/// Pixels that are converted at once, within the cache.
const CHUNK: usize = 4096;

impl Sample for u16 {
    const MOST: f32 = 65_535.0;

    fn byte(self) -> u8 {
        to_byte(self)
    }

    fn wide(self) -> u16 {
        self
    }

    fn by_profile(way: &Transform16BitExecutor, samples: &[u16], into: &mut Vec<u8>) {
        let mut wide = [0u16; CHUNK * 3];
        let count = samples.len() / (into.len() / 3).max(1);
        for (samples, into) in samples.chunks(CHUNK * count).zip(into.chunks_mut(CHUNK * 3)) {
            let wide = &mut wide[..into.len()];
            way.transform(samples, wide).expect("whole pixels, as many in as out");
            into.iter_mut().zip(wide).for_each(|(byte, wide)| *byte = to_byte(*wide));
        }
    }
}

const fn to_byte(wide: u16) -> u8 {
    ((wide as u32 + 128) / 257) as u8
}

impl<T: Sample> Way<T> {
    fn convert(&self, samples: Vec<T>, model: Model) -> Vec<u8> {
        let pixels = samples.len() / model.count();
        let portion = |sample: T| -> f32 { Into::<f32>::into(sample) / T::MOST };
        match self {
            Self::AsItIs => samples.into_iter().map(T::byte).collect(),
            Self::Gray(table) => {
                samples.into_iter().map(|sample| table[Into::<usize>::into(sample)]).collect()
            }
            Self::Profile(way) => {
                let mut into = vec![0; pixels * 3];
                if pixels > 0 {
                    T::by_profile(&**way, &samples, &mut into);
                }
                into
            }
            Self::Widened(way) => {
                let wide: Vec<u16> = samples.iter().map(|&sample| sample.wide()).collect();
                let mut into = vec![0; pixels * 3];
                if pixels > 0 {
                    u16::by_profile(&**way, &wide, &mut into);
                }
                into
            }
            Self::Lab(encoder) => {
                let colour = |pixel: &[T]| {
                    let [l, a, b] = [pixel[0], pixel[1], pixel[2]].map(portion);
                    encoder.colour([l * 100.0, a * 255.0 - 128.0, b * 255.0 - 128.0])
                };
                samples.chunks_exact(3).flat_map(colour).collect()
            }
            Self::PlainInks => {
                let colour = |pixel: &[T]| plain_inks([pixel[0], pixel[1], pixel[2], pixel[3]].map(portion));
                samples.chunks_exact(4).flat_map(colour).collect()
            }
        }
    }
}

/// Colours, set straight, and opacities.
fn parted<T: Copy + Into<u64> + TryFrom<u64>>(
    samples: &[T],
    count: usize,
    alpha: Alpha,
    most: u64,
) -> (Vec<T>, Vec<T>) {
    let straight = |sample: T, opacity: T| match (alpha, opacity.into()) {
        (Alpha::Associated, opacity @ 1..) => {
            T::try_from((sample.into() * most / opacity).min(most)).unwrap_or(sample)
        }
        _ => sample,
    };
    let pixels = samples.chunks_exact(count + 1);
    let colours = pixels.clone().flat_map(|pixel| pixel[..count].iter().map(|&s| straight(s, pixel[count])));
    (colours.collect(), pixels.map(|pixel| pixel[count]).collect())
}

/// RGBA of colours or greys and opacities.
fn joined(colours: &[u8], opacities: &[u8], model: Model) -> Vec<u8> {
    let count = if model == Model::Gray { 1 } else { 3 };
    let pixel = |(colour, &opacity): (&[u8], &u8)| [colour[0], colour[1 % count], colour[2 % count], opacity];
    colours.chunks_exact(count).zip(opacities).flat_map(pixel).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iiif::Dimensions;

    fn convert(icc: Option<&[u8]>, model: Model, alpha: Alpha, samples: Samples) -> Vec<u8> {
        let dimensions = Dimensions::new(1, 1);
        Conversion::new(icc, model, Output::Srgb).convert(Raw { dimensions, model, alpha, samples }).samples
    }

    #[track_caller]
    fn near(found: &[u8], wanted: &[u8]) {
        assert_eq!(found.len(), wanted.len());
        assert!(found.iter().zip(wanted).all(|(found, wanted)| found.abs_diff(*wanted) <= 1), "{found:?}");
    }

    #[test]
    fn colours_move_as_they_should() {
        // Adobe RGB's (128, 200, 100) is sRGB's (77, 201, 92) by its specification's own matrices.
        let icc = ColorProfile::new_adobe_rgb().encode().unwrap();
        let bytes = Samples::U8(vec![128, 200, 100, 77]);
        near(&convert(Some(&icc), Model::Rgb, Alpha::Straight, bytes), &[77, 201, 92, 77]);
        let wide = Samples::U16(vec![128 * 257, 200 * 257, 100 * 257]);
        near(&convert(Some(&icc), Model::Rgb, Alpha::None, wide), &[77, 201, 92]);
    }

    #[test]
    fn greys_stay_grey() {
        let icc = ColorProfile::new_gray_with_gamma(1.0).encode().unwrap();
        near(&convert(Some(&icc), Model::Gray, Alpha::None, Samples::U8(vec![55])), &[128]);
        near(&convert(Some(&icc), Model::Gray, Alpha::None, Samples::U16(vec![55 * 257])), &[128]);
        let pair = Samples::U8(vec![55, 9]);
        near(&convert(Some(&icc), Model::Gray, Alpha::Straight, pair), &[128, 128, 128, 9]);
    }

    #[test]
    fn what_has_no_profile_is_taken_as_usual() {
        near(&convert(None, Model::Rgb, Alpha::None, Samples::U16(vec![0, 0x8080, 0xffff])), &[0, 128, 255]);
        let inks = Samples::U8(vec![255, 0, 128, 0]);
        near(&convert(None, Model::Cmyk, Alpha::None, inks), &[0, 255, 127]);
        let white = Samples::U8(vec![255, 128, 128]);
        near(&convert(None, Model::Lab, Alpha::None, white), &[255, 255, 255]);
        near(&convert(Some(b"broken"), Model::Rgb, Alpha::None, Samples::U8(vec![1, 2, 3])), &[1, 2, 3]);
    }

    #[test]
    fn multiplied_colours_are_set_straight_first() {
        let half = Samples::U8(vec![100, 50, 0, 128]);
        near(&convert(None, Model::Rgb, Alpha::Associated, half), &[199, 99, 0, 128]);
    }
}
