//! A master's samples → 8-bit colours of the output.

use super::pipeline::Pipeline;
use super::sample::Sample;
use super::{Output, alpha, plain, profile, stages};
use crate::pixels::{Alpha, Channels, Error, Model, Raster, Raw, Samples};

/// A way from samples of one model to the output; costly to build, shared between threads.
pub struct Conversion {
    model: Model,
    output: Output,
    way: Way,
    ignored: Option<String>,
}

enum Way {
    /// 8 bits as they are, 16 bits rounded.
    AsItIs,
    /// Grey stays grey: one value for each of 8 bits, and of 16.
    Gray {
        narrow: Box<[u8]>,
        wide: Box<[u8]>,
    },
    Colour(Pipeline),
    /// Inks on paper give sRGB; and from there to another output.
    Inks(Option<Pipeline>),
}

impl Conversion {
    /// For samples of `model` with this profile. Without one, or with one that is broken or for other samples, grey
    /// and RGB count as sRGB, and inks take away light as they are mixed on paper; L*a*b* needs none.
    pub fn new(icc: Option<&[u8]>, model: Model, output: Output) -> Self {
        let lab = (model == Model::Lab).then(|| stages::by_lab(output)).flatten().map(Way::Colour);
        let made = icc.filter(|_| lab.is_none()).map(|icc| by_profile(icc, model, output)).transpose();
        let ignored = made.as_ref().err().map(Error::to_string);
        let way = lab.or(made.ok().flatten()).unwrap_or_else(|| without(model, output));
        Self { model, output, way, ignored }
    }

    /// About how many bytes of memory this takes.
    pub fn weight(&self) -> usize {
        match &self.way {
            Way::AsItIs | Way::Inks(None) => 0,
            Way::Gray { narrow, wide } => narrow.len() + wide.len(),
            Way::Colour(pipeline) | Way::Inks(Some(pipeline)) => pipeline.weight(),
        }
    }

    /// What the samples are that it is made for.
    pub const fn model(&self) -> Model {
        self.model
    }

    /// Why the profile was not used, if it was not; L*a*b* needs none, and says nothing of one.
    pub fn ignored(&self) -> Option<&str> {
        self.ignored.as_deref()
    }

    /// What converted samples are.
    pub const fn channels(model: Model, alpha: Alpha) -> Channels {
        match (model, alpha) {
            (Model::Gray, Alpha::None) => Channels::Gray,
            (_, Alpha::None) => Channels::Rgb,
            _ => Channels::Rgba,
        }
    }

    /// Converts samples; those of another model than the conversion was made for as if they had no profile.
    pub fn convert(&self, raw: Raw) -> Raster {
        if raw.model != self.model {
            return Self::new(None, raw.model, self.output).convert(raw);
        }
        let Raw { dimensions, model, alpha, samples } = raw;
        let channels = Self::channels(model, alpha);
        let samples = match samples {
            // Nothing to do for what comes most.
            Samples::U8(samples)
                if matches!(self.way, Way::AsItIs)
                    && (alpha, model.count()) == (Alpha::None, channels.count()) =>
            {
                samples
            }
            Samples::U8(samples) => self.converted(samples, alpha, channels),
            Samples::U16(samples) => self.converted(samples, alpha, channels),
        };
        Raster { dimensions, channels, samples }
    }

    fn converted<S: Sample>(&self, mut samples: Vec<S>, opacity: Alpha, channels: Channels) -> Vec<u8> {
        let has_opacity = opacity != Alpha::None;
        let count = self.model.count() + usize::from(has_opacity);
        if opacity == Alpha::Associated {
            alpha::straighten(&mut samples, count);
        }
        let mut target = vec![0; samples.len() / count * channels.count()];
        match &self.way {
            Way::Gray { narrow, wide } => {
                let table = if S::MOST == 255 { narrow } else { wide };
                let value = |sample: S| table[sample.wide() as usize];
                plain::grays(&samples, value, has_opacity, &mut target);
            }
            Way::AsItIs if self.model == Model::Gray => {
                plain::grays(&samples, S::narrow, has_opacity, &mut target);
            }
            Way::AsItIs => plain::narrow(&samples, &mut target),
            Way::Colour(pipeline) => pipeline.run(&samples, has_opacity, &mut target),
            Way::Inks(then) => {
                plain::inks(&samples, has_opacity, &mut target);
                if let Some(pipeline) = then {
                    let srgb = target.clone();
                    pipeline.run(&srgb, has_opacity, &mut target);
                }
            }
        }
        target
    }
}

fn by_profile(icc: &[u8], model: Model, output: Output) -> Result<Way, Error> {
    let profile = profile::parse(icc, model)?;
    let pipeline = stages::by_profile(&profile, model, output)?;
    if model != Model::Gray {
        return Ok(Way::Colour(pipeline));
    }
    let narrow: Vec<u8> = (0..=u8::MAX).collect();
    let wide: Vec<u16> = (0..=u16::MAX).collect();
    Ok(Way::Gray { narrow: grays(&pipeline, &narrow), wide: grays(&pipeline, &wide) })
}

/// What becomes of each grey: the output's green, which is nearest to lightness.
fn grays<S: Sample>(pipeline: &Pipeline, values: &[S]) -> Box<[u8]> {
    let mut colours = vec![0; values.len() * 3];
    pipeline.run(values, false, &mut colours);
    colours.as_chunks::<3>().0.iter().map(|colour| colour[1]).collect()
}

fn without(model: Model, output: Output) -> Way {
    let from_srgb = || stages::by_profile(&Output::Srgb.colour(), Model::Rgb, output).ok();
    match (model, output) {
        (Model::Cmyk, Output::Srgb) => Way::Inks(None),
        (Model::Cmyk, Output::DisplayP3) => Way::Inks(from_srgb()),
        (Model::Rgb, Output::DisplayP3) => from_srgb().map_or(Way::AsItIs, Way::Colour),
        _ => Way::AsItIs,
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

    #[test]
    fn a_profile_that_is_not_used_says_why() {
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
