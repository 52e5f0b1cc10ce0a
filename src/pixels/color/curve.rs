//! A profile's one-dimensional curves (ICC.1:2022, §10.6 and §10.18), evaluated and tabulated.

use std::sync::Arc;

use moxcms::ToneReprCurve;

use super::grid::{ROUNDING, clip};
use super::sample::Sample;

/// The number of steps of a tabulated curve; each covers 16 values of 16-bit samples.
pub(super) const STEPS: usize = 4096;
/// The largest magnitude of curve values; valid curves stay far below.
const MAX_VALUE: f64 = 16.0;

/// A curve over 0 to 1.
///
/// Its values may exceed that range: §10.18 requires clipping, but some profiles, such as XYB's, depend on unclipped
/// values, and littleCMS does not clip either.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Curve {
    Identity,
    Gamma(f64),
    /// g, a, b, c, d, e, f: (a x + b)^g + e from d on, c x + f below.
    Parametric([f64; 7]),
    /// Evenly spaced values, at least two.
    Table(Vec<f32>),
}

/// A curve's values as a table.
#[derive(Clone)]
pub(super) struct CurveTable {
    eight: Arc<[f32; 256]>,
    /// At every 16th value of 16-bit samples, and one after the last.
    sixteen: Arc<[f32; STEPS + 1]>,
}

impl Curve {
    pub(super) fn of(curve: &ToneReprCurve) -> Self {
        match curve {
            ToneReprCurve::Lut(values) => match values[..] {
                [] => Self::Identity,
                // As u8Fixed8Number.
                [gamma] => Self::Gamma(f64::from(gamma) / 256.0),
                _ => Self::Table(values.iter().map(|&value| f32::from(value) / 65_535.0).collect()),
            },
            ToneReprCurve::Parametric(values) => Self::parametric(values),
        }
    }

    /// A parametric curve; the function types of §10.18 differ in their number of parameters.
    fn parametric(values: &[f32]) -> Self {
        let at = |index: usize| values.get(index).copied().map_or(0.0, f64::from);
        let [g, a, b] = [at(0), at(1), at(2)];
        let start = if a == 0.0 { 0.0 } else { -b / a };
        match values.len() {
            0 => Self::Identity,
            1 => Self::Gamma(g),
            2 | 3 => Self::Parametric([g, a, b, 0.0, start, 0.0, 0.0]),
            4 => Self::Parametric([g, a, b, 0.0, start, at(3), at(3)]),
            5 | 6 => Self::Parametric([g, a, b, at(3), at(4), 0.0, 0.0]),
            _ => Self::Parametric([g, a, b, at(3), at(4), at(5), at(6)]),
        }
    }

    pub(super) fn at(&self, x: f64) -> f64 {
        let value = match self {
            Self::Identity => x,
            Self::Gamma(gamma) => x.powf(*gamma),
            Self::Parametric([g, a, b, c, d, e, f]) => {
                if x < *d {
                    c * x + f
                } else {
                    (a * x + b).max(0.0).powf(*g) + e
                }
            }
            Self::Table(values) => interpolate(values, x),
        };
        if value.is_finite() { value.clamp(-MAX_VALUE, MAX_VALUE) } else { 0.0 }
    }

    /// Whether it is the identity within the precision of 16 bits.
    pub(super) fn is_identity(&self) -> bool {
        let same = |step: u32| {
            let x = f64::from(step) / 1024.0;
            (self.at(x) - x).abs() < 0.5 / 65_535.0
        };
        *self == Self::Identity || (0..=1024).all(same)
    }

    pub(super) fn tabulated(&self) -> CurveTable {
        let value = |x: f64| self.at(x) as f32;
        let mut sixteen = std::array::from_fn(|step| value((step * 16).min(65_535) as f64 / 65_535.0));
        // The last step ends one value after the last sample.
        sixteen[STEPS] = sixteen[STEPS - 1] + (sixteen[STEPS] - sixteen[STEPS - 1]) * (16.0 / 15.0);
        CurveTable {
            eight: Arc::new(std::array::from_fn(|sample| value(sample as f64 / 255.0))),
            sixteen: Arc::new(sixteen),
        }
    }
}

fn interpolate(values: &[f32], x: f64) -> f64 {
    let Some(last) = values.len().checked_sub(2) else { return x };
    let position = x * (last + 1) as f64;
    let index = (position as usize).min(last);
    let (low, high) = (f64::from(values[index]), f64::from(values[index + 1]));
    low + (high - low) * (position - index as f64)
}

impl CurveTable {
    pub(super) fn sample<S: Sample>(&self, sample: S) -> f32 {
        let sample = sample.wide();
        if S::MAX == 255 {
            return self.eight[sample as usize & 255];
        }
        let index = sample as usize >> 4 & (STEPS - 1);
        let (low, high) = (self.sixteen[index], self.sixteen[index + 1]);
        low + (high - low) * ((sample & 15) as f32 * (1.0 / 16.0))
    }

    pub(super) fn value(&self, x: f32) -> f32 {
        let position = clip(x, 1.0) * (65_535.0 / 16.0);
        let start = clip(position - 0.5, STEPS as f32) + ROUNDING;
        let index = start.to_bits() as usize & (STEPS - 1);
        let (low, high) = (self.sixteen[index], self.sixteen[index + 1]);
        low + (high - low) * (position - (start - ROUNDING))
    }
}

/// Tabulates three or four curves; equal ones share their table.
pub(super) fn tabulated(curves: &[Curve]) -> Vec<CurveTable> {
    let mut all: Vec<CurveTable> = Vec::with_capacity(curves.len());
    for (index, curve) in curves.iter().enumerate() {
        let earlier = curves[..index].iter().position(|earlier| earlier == curve);
        all.push(earlier.map_or_else(|| curve.tabulated(), |earlier| all[earlier].clone()));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(curve: ToneReprCurve, x: f64, expected: f64) {
        let got = Curve::of(&curve).at(x);
        assert!((got - expected).abs() < 1e-6, "{curve:?} at {x}: {got}, not {expected}");
    }

    #[test]
    fn each_kind_of_curve_is_evaluated() {
        let parametric = |values: &[f32]| ToneReprCurve::Parametric(values.to_vec());
        let table = |values: &[u16]| ToneReprCurve::Lut(values.to_vec());
        check(table(&[]), 0.3, 0.3);
        check(table(&[512]), 0.5, 0.25);
        check(table(&[0, 65_535]), 0.3, 0.3);
        check(table(&[0, 0, 65_535]), 0.75, 0.5);
        check(parametric(&[2.0]), 0.5, 0.25);
        check(parametric(&[2.0, 2.0, -1.0]), 0.25, 0.0);
        check(parametric(&[2.0, 2.0, -1.0]), 0.75, 0.25);
        check(parametric(&[2.0, 2.0, -1.0, 0.1]), 0.25, 0.1);
        check(parametric(&[2.0, 2.0, -1.0, 0.1]), 0.75, 0.35);
        check(parametric(&[2.0, 1.0, 0.0, 0.5, 0.4]), 0.2, 0.1);
        check(parametric(&[2.0, 1.0, 0.0, 0.5, 0.4]), 0.5, 0.25);
        check(parametric(&[2.0, 1.0, 0.0, 0.5, 0.4, 0.1, 0.2]), 0.2, 0.3);
        check(parametric(&[2.0, 1.0, 0.0, 0.5, 0.4, 0.1, 0.2]), 0.5, 0.35);
    }

    #[test]
    fn curve_values_are_finite_and_bounded() {
        let odd = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -32_768.0, 0.0, 32_767.0];
        for length in [1, 3, 4, 5, 7] {
            for first in odd {
                for rest in odd {
                    let mut values = vec![rest; length];
                    values[0] = first;
                    let curve = Curve::of(&ToneReprCurve::Parametric(values));
                    for x in [0.0, 0.5, 1.0] {
                        assert!(curve.at(x).abs() <= MAX_VALUE, "{curve:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn tables_follow_their_curve() {
        let curve = Curve::Gamma(2.2);
        let table = curve.tabulated();
        for sample in (0..=u16::MAX).step_by(7).chain([u16::MAX]) {
            let exact = curve.at(f64::from(sample) / 65_535.0) as f32;
            assert!((table.sample(sample) - exact).abs() < 1e-6);
            assert!((table.value(f32::from(sample) / 65_535.0) - exact).abs() < 1e-6);
        }
        assert_eq!(table.sample(255u8), 1.0);
        assert_eq!(table.value(f32::NAN), 0.0);
    }
}
