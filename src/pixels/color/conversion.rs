//! Converts a master's samples to 8-bit colors of the output.

use super::pipeline::Pipeline;
use super::sample::Sample;
use super::{Output, alpha, plain, profile, stages};
use crate::pixels::{Alpha, Channels, Error, Model, Raster, Raw, Samples};

/// A conversion from samples of one model to the output; expensive to build, shared between threads.
pub struct Conversion {
    model: Model,
    output: Output,
    method: Method,
    ignored: Option<String>,
}

enum Method {
    /// Keeps 8-bit samples, and rounds 16-bit samples.
    Identity,
    /// Maps gray to gray by a table for 8 bits and one for 16.
    Gray {
        narrow: Box<[u8]>,
        wide: Box<[u8]>,
    },
    Color(Pipeline),
    /// Converts CMYK to sRGB by the simple formula, and from there to another output.
    Cmyk(Option<Pipeline>),
}

impl Conversion {
    /// Creates the conversion for samples of `model` with this profile. If the profile is missing, damaged or for other samples, gray
    /// and RGB count as sRGB, and CMYK is converted by the simple formula; L*a*b* needs no profile.
    pub fn new(icc: Option<&[u8]>, model: Model, output: Output) -> Self {
        let lab = (model == Model::Lab).then(|| stages::by_lab(output)).flatten().map(Method::Color);
        let by_icc = icc.filter(|_| lab.is_none()).map(|icc| by_profile(icc, model, output)).transpose();
        let ignored = by_icc.as_ref().err().map(Error::to_string);
        let method = lab.or(by_icc.ok().flatten()).unwrap_or_else(|| without_profile(model, output));
        Self { model, output, method, ignored }
    }

    /// The approximate size in memory, in bytes.
    pub fn weight(&self) -> usize {
        match &self.method {
            Method::Identity | Method::Cmyk(None) => 0,
            Method::Gray { narrow, wide } => narrow.len() + wide.len(),
            Method::Color(pipeline) | Method::Cmyk(Some(pipeline)) => pipeline.weight(),
        }
    }

    /// The model of its input.
    pub const fn model(&self) -> Model {
        self.model
    }

    /// Why the profile was not used, if it was not; always `None` for L*a*b*, which needs no profile.
    pub fn ignored(&self) -> Option<&str> {
        self.ignored.as_deref()
    }

    /// The channels of converted samples.
    pub const fn channels(model: Model, alpha: Alpha) -> Channels {
        match (model, alpha) {
            (Model::Gray, Alpha::None) => Channels::Gray,
            (_, Alpha::None) => Channels::Rgb,
            _ => Channels::Rgba,
        }
    }

    /// Converts samples; samples of another model are converted as if they had no profile.
    pub fn convert(&self, raw: Raw) -> Raster {
        if raw.model != self.model {
            return Self::new(None, raw.model, self.output).convert(raw);
        }
        let Raw { dimensions, model, alpha, samples } = raw;
        let channels = Self::channels(model, alpha);
        let samples = match samples {
            // The most common case needs no conversion.
            Samples::U8(samples)
                if matches!(self.method, Method::Identity)
                    && (alpha, model.count()) == (Alpha::None, channels.count()) =>
            {
                samples
            }
            Samples::U8(samples) => self.converted(samples, alpha, channels),
            Samples::U16(samples) => self.converted(samples, alpha, channels),
        };
        Raster { dimensions, channels, samples }
    }

    fn converted<S: Sample>(&self, mut samples: Vec<S>, alpha_kind: Alpha, channels: Channels) -> Vec<u8> {
        let has_alpha = alpha_kind != Alpha::None;
        let count = self.model.count() + usize::from(has_alpha);
        if alpha_kind == Alpha::Associated {
            alpha::straighten(&mut samples, count);
        }
        let mut target = vec![0; samples.len() / count * channels.count()];
        match &self.method {
            Method::Gray { narrow, wide } => {
                let table = if S::MAX == 255 { narrow } else { wide };
                let value = |sample: S| table[sample.wide() as usize];
                plain::grays(&samples, value, has_alpha, &mut target);
            }
            Method::Identity if self.model == Model::Gray => {
                plain::grays(&samples, S::narrow, has_alpha, &mut target);
            }
            Method::Identity => plain::narrow(&samples, &mut target),
            Method::Color(pipeline) => pipeline.run(&samples, has_alpha, &mut target),
            Method::Cmyk(after) => {
                plain::cmyk(&samples, has_alpha, &mut target);
                if let Some(pipeline) = after {
                    let srgb = target.clone();
                    pipeline.run(&srgb, has_alpha, &mut target);
                }
            }
        }
        target
    }
}

fn by_profile(icc: &[u8], model: Model, output: Output) -> Result<Method, Error> {
    let profile = profile::parse(icc, model)?;
    let pipeline = stages::by_profile(&profile, model, output)?;
    if model != Model::Gray {
        return Ok(Method::Color(pipeline));
    }
    let narrow: Vec<u8> = (0..=u8::MAX).collect();
    let wide: Vec<u16> = (0..=u16::MAX).collect();
    Ok(Method::Gray { narrow: grays(&pipeline, &narrow), wide: grays(&pipeline, &wide) })
}

/// A table of output grays: the output's green, which is closest to lightness.
fn grays<S: Sample>(pipeline: &Pipeline, values: &[S]) -> Box<[u8]> {
    let mut colors = vec![0; values.len() * 3];
    pipeline.run(values, false, &mut colors);
    colors.as_chunks::<3>().0.iter().map(|color| color[1]).collect()
}

fn without_profile(model: Model, output: Output) -> Method {
    let from_srgb = || stages::by_profile(&Output::Srgb.color(), Model::Rgb, output).ok();
    match (model, output) {
        (Model::Cmyk, Output::Srgb) => Method::Cmyk(None),
        (Model::Cmyk, Output::DisplayP3) => Method::Cmyk(from_srgb()),
        (Model::Rgb, Output::DisplayP3) => from_srgb().map_or(Method::Identity, Method::Color),
        _ => Method::Identity,
    }
}

#[cfg(test)]
mod tests {
    use moxcms::ColorProfile;

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
    fn colors_are_converted_by_their_profile() {
        // Adobe RGB's (128, 200, 100) is sRGB's (77, 201, 92) by its specification's own matrices.
        let icc = ColorProfile::new_adobe_rgb().encode().unwrap();
        let bytes = Samples::U8(vec![128, 200, 100, 77]);
        near(&convert(Some(&icc), Model::Rgb, Alpha::Straight, bytes), &[77, 201, 92, 77]);
        let wide = Samples::U16(vec![128 * 257, 200 * 257, 100 * 257]);
        near(&convert(Some(&icc), Model::Rgb, Alpha::None, wide), &[77, 201, 92]);
    }

    #[test]
    fn gray_stays_gray() {
        let icc = ColorProfile::new_gray_with_gamma(1.0).encode().unwrap();
        near(&convert(Some(&icc), Model::Gray, Alpha::None, Samples::U8(vec![55])), &[128]);
        near(&convert(Some(&icc), Model::Gray, Alpha::None, Samples::U16(vec![55 * 257])), &[128]);
        let pair = Samples::U8(vec![55, 9]);
        near(&convert(Some(&icc), Model::Gray, Alpha::Straight, pair), &[128, 128, 128, 9]);
    }

    #[test]
    fn samples_without_a_profile_have_a_default_meaning() {
        near(&convert(None, Model::Rgb, Alpha::None, Samples::U16(vec![0, 0x8080, 0xffff])), &[0, 128, 255]);
        let inks = Samples::U8(vec![255, 0, 128, 0]);
        near(&convert(None, Model::Cmyk, Alpha::None, inks), &[0, 255, 127]);
        let white = Samples::U8(vec![255, 128, 128]);
        near(&convert(None, Model::Lab, Alpha::None, white), &[255, 255, 255]);
        near(&convert(Some(b"broken"), Model::Rgb, Alpha::None, Samples::U8(vec![1, 2, 3])), &[1, 2, 3]);
    }

    #[test]
    fn premultiplied_colors_are_made_straight_first() {
        let half = Samples::U8(vec![100, 50, 0, 128]);
        near(&convert(None, Model::Rgb, Alpha::Associated, half), &[199, 99, 0, 128]);
    }

    #[test]
    fn an_unused_profile_is_reported_with_the_reason() {
        let gray = ColorProfile::new_gray_with_gamma(1.8).encode().unwrap();
        let ignored = |icc: Option<&[u8]>, model| {
            Conversion::new(icc, model, Output::Srgb).ignored().map(str::to_owned)
        };
        assert!(ignored(Some(&gray), Model::Rgb).unwrap().contains("cannot describe"));
        assert!(ignored(Some(b"broken"), Model::Cmyk).is_some());
        assert_eq!(ignored(Some(&gray), Model::Gray), None);
        assert_eq!(ignored(None, Model::Cmyk), None);
    }

    proptest::proptest! {
        #[test]
        fn damaged_tables_never_panic(flips in proptest::collection::vec((0..1500usize, 0u8..), 1..6), wide: bool) {
            use crate::pixels::decode::difficult::file;
            for (name, model) in [("cmyk-icc.jpg", Model::Cmyk), ("jpeg-xyb-icc.jpg", Model::Rgb), ("jpeg-cmyk-icc.jpg", Model::Cmyk)] {
                let Some(jpeg) = file(name) else { continue };
                let mut icc = crate::pixels::jpeg::header(&jpeg).unwrap().unwrap().icc.unwrap().to_vec();
                let length = icc.len();
                flips.iter().for_each(|(at, value)| icc[at % length] = *value);
                let samples = vec![200; 8 * model.count()];
                let samples = if wide { Samples::U16(samples) } else { Samples::U8(vec![77; samples.len()]) };
                let raw = Raw { dimensions: Dimensions::new(8, 1), model, alpha: Alpha::None, samples };
                let raster = Conversion::new(Some(&icc), model, Output::DisplayP3).convert(raw);
                proptest::prop_assert_eq!(raster.samples.len(), 24);
            }
        }
    }
}
