//! Why two works are alike: what they have in common more than other works do.

use serde::Serialize;

use crate::analysis::Part;

/// What makes works alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Reason {
    /// Their colors, and where these are.
    Color,
    /// Their forms, or what a model sees.
    Form,
    /// Both.
    Both,
}

/// The mean cosine of two works, and its standard deviation.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Spread {
    mean: f32,
    deviation: f32,
}

/// How alike two works of a collection usually are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Usual {
    color: Spread,
    form: Spread,
    whole: Spread,
}

/// Few works say little about what is usual: these are the figures of paintings.
impl Default for Usual {
    fn default() -> Self {
        Self {
            color: Spread { mean: 0.75, deviation: 0.12 },
            form: Spread { mean: 0.85, deviation: 0.05 },
            whole: Spread { mean: 0.0, deviation: 0.15 },
        }
    }
}

impl Usual {
    /// How many works are compared with each other.
    pub(super) const SAMPLE: usize = 64;
    /// With fewer works, nothing is usual.
    const LEAST: usize = 12;

    /// What is usual among these vectors.
    pub(super) fn of(sample: &[Vec<f32>], are_descriptors: bool) -> Self {
        if sample.len() < Self::LEAST {
            return Self::default();
        }
        let pairs = || {
            let rest = |at: usize| sample.get(at + 1..).unwrap_or_default();
            sample.iter().enumerate().flat_map(move |(at, a)| rest(at).iter().map(move |b| (a, b)))
        };
        let whole = Spread::of(pairs().map(|(a, b)| a.iter().zip(b).map(|(a, b)| a * b).sum()));
        if !are_descriptors {
            return Self { whole, ..Self::default() };
        }
        let part = |part: Part| Spread::of(pairs().map(|(a, b)| part.cosine(a, b)));
        Self { color: part(Part::Color), form: part(Part::Form), whole }
    }

    /// How far the colors and forms of two descriptors are above what is usual, in standard deviations.
    pub(super) fn above(&self, a: &[f32], b: &[f32]) -> (f32, f32) {
        (self.color.above(Part::Color.cosine(a, b)), self.form.above(Part::Form.cosine(a, b)))
    }

    /// How far a model's cosine is above what is usual.
    pub(super) fn whole_above(&self, cosine: f32) -> f32 {
        self.whole.above(cosine)
    }
}

impl Spread {
    fn of(values: impl Iterator<Item = f32> + Clone) -> Self {
        let count = values.clone().count().max(1) as f32;
        let mean = values.clone().sum::<f32>() / count;
        let variance = values.map(|value| (value - mean).powi(2)).sum::<f32>() / count;
        Self { mean, deviation: variance.sqrt().max(0.01) }
    }

    fn above(&self, value: f32) -> f32 {
        (value - self.mean) / self.deviation
    }
}

/// Each that is a standard deviation above what is usual is a reason, and in any case the higher one.
pub(super) fn reason((color, form): (f32, f32)) -> Reason {
    match (color >= 1.0 || color > form, form >= 1.0 || form > color) {
        (true, true) => Reason::Both,
        (true, false) => Reason::Color,
        _ => Reason::Form,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_what_is_above_the_usual() {
        for (above, expected) in [
            ((4.0, 1.0), Reason::Both),
            ((0.9, 5.0), Reason::Form),
            ((1.5, 0.0), Reason::Color),
            ((0.5, 0.0), Reason::Color),
            ((-2.0, -1.0), Reason::Form),
            ((f32::NAN, 0.0), Reason::Form),
        ] {
            assert_eq!(reason(above), expected, "{above:?}");
        }
    }

    #[test]
    fn few_works_say_nothing_about_what_is_usual() {
        assert_eq!(Usual::of(&vec![vec![1.0]; 3], true), Usual::default());
        let measured = Usual::of(&vec![vec![1.0, 0.0]; 20], false);
        assert!((measured.whole.mean - 1.0).abs() < 1e-4 && measured.whole_above(1.0).abs() < 0.1);
    }
}
