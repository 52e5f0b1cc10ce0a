//! Rotates vectors so that their values become alike in size, and bytes represent all of them well.
//!
//! Models have dimensions whose values are far larger than others'; a vector's largest value sets the step of its
//! bytes. A rotation keeps all cosines and spreads such values over all dimensions.

/// How often signs are changed and values mixed.
const ROUNDS: usize = 3;

/// A fixed rotation of vectors of one dimension: signs without pattern, then a Hadamard transform, several times. The
/// transform needs a power of two, so it takes the first and the last values by turns.
pub(super) struct Rotation {
    signs: Vec<f32>,
    dimension: usize,
    width: usize,
}

impl Rotation {
    pub(super) fn new(dimension: usize) -> Self {
        let width = 1 << dimension.ilog2();
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let sign = |_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            if state >> 63 == 0 { 1.0 } else { -1.0 }
        };
        Self { signs: (0..ROUNDS * dimension).map(sign).collect(), dimension, width }
    }

    pub(super) fn apply(&self, values: &mut [f32]) {
        for round in 0..ROUNDS {
            self.change_signs(values, round);
            hadamard(self.part(values, round));
        }
    }

    pub(super) fn undo(&self, values: &mut [f32]) {
        for round in (0..ROUNDS).rev() {
            hadamard(self.part(values, round));
            self.change_signs(values, round);
        }
    }

    fn change_signs(&self, values: &mut [f32], round: usize) {
        for (value, sign) in values.iter_mut().zip(&self.signs[round * self.dimension..]) {
            *value *= sign;
        }
    }

    fn part<'a>(&self, values: &'a mut [f32], round: usize) -> &'a mut [f32] {
        let start = if round.is_multiple_of(2) { 0 } else { self.dimension - self.width };
        &mut values[start..][..self.width]
    }
}

/// The transform of a power of two of values, at equal length; its own inverse.
fn hadamard(values: &mut [f32]) {
    let mut half = 1;
    while half < values.len() {
        for pair in values.chunks_exact_mut(2 * half) {
            let (left, right) = pair.split_at_mut(half);
            for (left, right) in left.iter_mut().zip(right) {
                (*left, *right) = (*left + *right, *left - *right);
            }
        }
        half *= 2;
    }
    let scale = 1.0 / (values.len() as f32).sqrt();
    values.iter_mut().for_each(|value| *value *= scale);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rotation_keeps_lengths_and_can_be_undone() {
        for dimension in [1, 2, 3, 96, 1280] {
            let rotation = Rotation::new(dimension);
            let values: Vec<f32> = (0..dimension).map(|i| (i as f32 * 0.7).sin() + 0.1).collect();
            let mut rotated = values.clone();
            rotation.apply(&mut rotated);
            let square = |values: &[f32]| values.iter().map(|value| value * value).sum::<f32>();
            assert!((square(&rotated) / square(&values) - 1.0).abs() < 1e-4);
            rotation.undo(&mut rotated);
            assert!(values.iter().zip(&rotated).all(|(a, b)| (a - b).abs() < 1e-4));
        }
    }

    #[test]
    fn one_large_value_is_spread_over_all() {
        for large in [0, 700, 1279] {
            let mut values = vec![0.0; 1280];
            values[large] = 1.0;
            Rotation::new(1280).apply(&mut values);
            assert!(values.iter().all(|value| value.abs() < 0.15));
        }
    }
}
