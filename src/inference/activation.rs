//! Makes scores of 0 to 1 of a model's numbers.

use super::settings::Activation;

/// The scores of classes. The numbers must be finite.
pub(super) fn applied(mut values: Vec<f32>, activation: Activation) -> Vec<f32> {
    match activation {
        Activation::None => {}
        Activation::Sigmoid => values.iter_mut().for_each(|value| *value = 1.0 / (1.0 + (-*value).exp())),
        Activation::Softmax => {
            // The largest is subtracted, so that no power overflows.
            let largest = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            values.iter_mut().for_each(|value| *value = (*value - largest).exp());
            let sum: f32 = values.iter().sum();
            values.iter_mut().for_each(|value| *value /= sum);
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_between_zero_and_one_whatever_the_numbers() {
        let softmax = |values: &[f32]| applied(values.to_vec(), Activation::Softmax);
        assert_eq!(softmax(&[1.0, 1.0]), [0.5, 0.5]);
        assert_eq!(softmax(&[1e30, 0.0, -1e30]), [1.0, 0.0, 0.0]);
        let third = softmax(&[0.0, std::f32::consts::LN_2]);
        assert!((third[0] - 1.0 / 3.0).abs() < 1e-6, "{third:?}");
        assert_eq!(applied(vec![0.0, 1e30, -1e30], Activation::Sigmoid), [0.5, 1.0, 0.0]);
        assert_eq!(applied(vec![0.25], Activation::None), [0.25]);
    }
}
