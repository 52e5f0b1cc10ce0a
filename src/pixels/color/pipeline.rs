//! Converts pixels from samples to bytes of the output, step by step.

use std::sync::OnceLock;

use super::affine::{Affine, Columns};
use super::curve::{Curve, CurveTable, STEPS, tabulated};
use super::grid::{Grid, Lanes, ROUNDING, clip};
use super::sample::Sample;

/// The number of pixels that are processed together in each step: few enough for the L1 cache.
const BATCH: usize = 128;
/// The integer that represents a linear light of 1.
pub(super) const LIGHT: f64 = 65_535.0;

/// A step of a conversion.
pub(super) enum Stage {
    Curves([Curve; 3]),
    Affine(Affine),
    Grid(Grid),
    /// From f(t) of CIE L*a*b* to t, for each coordinate.
    Cube,
}

/// A conversion: curves of the samples, steps to linear light of the output, and the output's curve.
pub(super) struct Pipeline {
    inputs: Vec<CurveTable>,
    steps: Vec<Step>,
}

enum Step {
    Curves([CurveTable; 3]),
    Affine(Columns),
    Grid(Grid),
    Cube,
}

impl Pipeline {
    /// Creates a pipeline of `stages` that result in linear light of the output, 0 to 1; `None` unless there are 1, 3 or 4 inputs.
    pub(super) fn new(inputs: &[Curve], mut stages: Vec<Stage>) -> Option<Self> {
        stages.push(Stage::Affine(Affine::scale([LIGHT; 3])));
        let mut merged: Vec<Stage> = Vec::with_capacity(stages.len());
        for stage in stages {
            match (merged.last_mut(), stage) {
                (_, Stage::Curves(curves)) if curves.iter().all(Curve::is_identity) => {}
                (Some(Stage::Affine(before)), Stage::Affine(next)) => *before = before.then(&next),
                // Affine steps commute with interpolation, so they are applied to the nodes.
                (Some(Stage::Grid(grid)), Stage::Affine(next)) => {
                    let columns = next.columns();
                    grid.map(|node| columns.apply(node));
                }
                (_, stage) => merged.push(stage),
            }
        }
        let step = |stage| match stage {
            Stage::Curves(curves) => {
                let [first, second, third] = <[CurveTable; 3]>::try_from(tabulated(&curves)).ok()?;
                Some(Step::Curves([first, second, third]))
            }
            Stage::Affine(affine) => Some(Step::Affine(affine.columns())),
            Stage::Grid(grid) => Some(Step::Grid(grid)),
            Stage::Cube => Some(Step::Cube),
        };
        let steps = merged.into_iter().map(step).collect::<Option<Vec<_>>>()?;
        matches!(inputs.len(), 1 | 3 | 4).then(|| Self { inputs: tabulated(inputs), steps })
    }

    /// The approximate size in memory, in bytes.
    pub(super) fn weight(&self) -> usize {
        let step = |step: &Step| match step {
            Step::Curves(_) => 3 * size_of::<[f32; STEPS]>(),
            Step::Grid(grid) => grid.weight(),
            Step::Affine(_) | Step::Cube => 256,
        };
        self.inputs.len() * size_of::<[f32; STEPS]>() + self.steps.iter().map(step).sum::<usize>()
    }

    /// Converts pixels, with alpha if there is any, to RGB or RGBA.
    pub(super) fn run<S: Sample>(&self, source: &[S], has_alpha: bool, target: &mut [u8]) {
        match (&self.inputs[..], has_alpha) {
            ([a], false) => self.pixels::<S, 1, 1, 3>([a], source, target),
            ([a], true) => self.pixels::<S, 1, 2, 4>([a], source, target),
            ([a, b, c], false) => self.pixels::<S, 3, 3, 3>([a, b, c], source, target),
            ([a, b, c], true) => self.pixels::<S, 3, 4, 4>([a, b, c], source, target),
            ([a, b, c, d], false) => self.pixels::<S, 4, 4, 3>([a, b, c, d], source, target),
            ([a, b, c, d], true) => self.pixels::<S, 4, 5, 4>([a, b, c, d], source, target),
            _ => {}
        }
    }

    fn pixels<S: Sample, const INPUTS: usize, const FROM: usize, const TO: usize>(
        &self,
        inputs: [&CurveTable; INPUTS],
        source: &[S],
        target: &mut [u8],
    ) {
        let encode = encoding();
        let mut lanes = [[0.0; 4]; BATCH];
        let (source, target) = (source.as_chunks::<FROM>().0, target.as_chunks_mut::<TO>().0);
        for (source, target) in source.chunks(BATCH).zip(target.chunks_mut(BATCH)) {
            let lanes = &mut lanes[..source.len()];
            // Most profiles consist of a single matrix.
            if let [Step::Affine(columns)] = &self.steps[..] {
                for (lanes, pixel) in lanes.iter_mut().zip(source) {
                    *lanes = index(columns.apply(apply_inputs(inputs, pixel)));
                }
            } else {
                lanes.iter_mut().zip(source).for_each(|(lanes, pixel)| *lanes = apply_inputs(inputs, pixel));
                self.steps.iter().for_each(|step| step.apply(lanes));
                lanes.iter_mut().for_each(|lanes| *lanes = index(*lanes));
            }
            for ((target, index), pixel) in target.iter_mut().zip(lanes).zip(source) {
                for lane in 0..3 {
                    target[lane] = encode[index[lane].to_bits() as usize & 0xffff];
                }
                if TO == 4 {
                    target[TO - 1] = pixel[FROM - 1].narrow();
                }
            }
        }
    }
}

#[inline(always)]
fn apply_inputs<S: Sample, const INPUTS: usize, const FROM: usize>(
    inputs: [&CurveTable; INPUTS],
    pixel: &[S; FROM],
) -> Lanes {
    let mut lanes = [0.0; 4];
    for input in 0..INPUTS {
        lanes[input] = inputs[input].sample(pixel[input]);
    }
    lanes
}

/// Linear light, clipped, with the index into the table of bytes in its lowest 16 bits.
#[inline(always)]
fn index(light: Lanes) -> Lanes {
    std::array::from_fn(|lane| clip(light[lane], LIGHT as f32) + ROUNDING)
}

impl Step {
    fn apply(&self, pixels: &mut [Lanes]) {
        match self {
            Self::Curves([first, second, third]) => pixels.iter_mut().for_each(|pixel| {
                let [x, y, z, _] = *pixel;
                *pixel = [first.value(x), second.value(y), third.value(z), 0.0];
            }),
            Self::Affine(columns) => pixels.iter_mut().for_each(|pixel| *pixel = columns.apply(*pixel)),
            Self::Grid(grid) => grid.apply(pixels),
            Self::Cube => {
                pixels.iter_mut().for_each(|pixel| *pixel = std::array::from_fn(|lane| cube(pixel[lane])))
            }
        }
    }
}

/// The inverse of f in CIE L*a*b* (CIE 015:2018, §8.2.1).
#[inline(always)]
fn cube(f: f32) -> f32 {
    let (curved, straight) = (f * f * f, (f - 4.0 / 29.0) * (108.0 / 841.0));
    if f > 6.0 / 29.0 { curved } else { straight }
}

/// The nearest byte of linear light by the curve of both outputs, which is sRGB's (IEC 61966-2-1).
fn encoding() -> &'static [u8; 1 << 16] {
    static BYTES: OnceLock<Box<[u8; 1 << 16]>> = OnceLock::new();
    let encode = |at: usize| {
        let light = at as f64 / LIGHT;
        let value = if light <= 0.003_130_8 { light * 12.92 } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 };
        (value * 255.0).round() as u8
    };
    BYTES.get_or_init(|| {
        let bytes: Box<[u8]> = (0..1 << 16).map(encode).collect();
        bytes.try_into().expect("the table has 65536 entries")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_number_of_pixels_is_converted() {
        let stages = vec![Stage::Affine(Affine::scale([1.0; 3]))];
        let pipeline = Pipeline::new(&[const { Curve::Identity }; 3], stages).unwrap();
        for pixels in [0, 1, 127, 128, 129, 1000] {
            let mut target = vec![0; pixels * 4];
            pipeline.run(&vec![u16::MAX; pixels * 4], true, &mut target);
            assert!(target.iter().all(|&byte| byte == 255));
        }
    }

    #[test]
    fn light_beyond_the_output_is_clipped() {
        let stages = vec![Stage::Affine(Affine { offset: [-3.0, 9.0, 0.0], ..Affine::scale([1.0; 3]) })];
        let pipeline = Pipeline::new(&[const { Curve::Identity }; 3], stages).unwrap();
        let mut target = [7; 3];
        pipeline.run(&[128u8; 3], false, &mut target);
        assert_eq!(target, [0, 255, 188]); // Half the light.
    }

    #[test]
    fn the_encoding_is_monotonic_from_0_to_255() {
        let encode = encoding();
        assert!(encode.is_sorted());
        assert_eq!((encode[0], encode[65_535]), (0, 255));
    }
}
