//! How good scores are: average precision, and the interval in which a share lies.

use serde::{Deserialize, Serialize};

/// A share with the limits within which it lies by 95 % (Wilson).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Share {
    /// How many were right.
    pub(crate) right: usize,
    /// Of how many.
    pub(crate) of: usize,
    /// The share itself; absent if there was nothing.
    pub(crate) value: Option<f64>,
    /// The lower limit.
    pub(crate) low: f64,
    /// The upper limit.
    pub(crate) high: f64,
}

impl Share {
    pub(super) fn new(right: usize, of: usize) -> Self {
        let value = (of > 0).then(|| right as f64 / of as f64);
        let (low, high) = wilson(right, of, 1.96);
        Self { right, of, value, low, high }
    }
}

/// The limits of a share, at `z` standard deviations (Wilson's score interval).
pub(super) fn wilson(right: usize, of: usize, z: f64) -> (f64, f64) {
    if of == 0 {
        return (0.0, 1.0);
    }
    let (count, share) = (of as f64, right as f64 / of as f64);
    let middle = share + z * z / (2.0 * count);
    let reach = z * (share * (1.0 - share) / count + z * z / (4.0 * count * count)).sqrt();
    let scale = 1.0 + z * z / count;
    (((middle - reach) / scale).max(0.0), ((middle + reach) / scale).min(1.0))
}

/// The mean, over all right works, of the precision down to that work. Works of equal score count against it.
pub(super) fn average_precision(scored: &[(f64, bool)]) -> f64 {
    let mut scored = scored.to_vec();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let (mut right, mut sum) = (0.0, 0.0);
    for (rank, (_, is_right)) in scored.iter().enumerate() {
        if *is_right {
            right += 1.0;
            sum += right / (rank + 1) as f64;
        }
    }
    if right > 0.0 { sum / right } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_wilsons() {
        let share = Share::new(9, 10);
        assert!((share.low - 0.5958).abs() < 1e-3 && (share.high - 0.9821).abs() < 1e-3, "{share:?}");
        assert_eq!(Share::new(0, 0).value, None);
        assert_eq!(wilson(0, 0, 1.96), (0.0, 1.0));
    }

    #[test]
    fn average_precision_is_that_of_the_ranking() {
        assert_eq!(
            average_precision(&[(0.9, true), (0.5, false), (0.4, true)]),
            f64::midpoint(1.0, 2.0 / 3.0)
        );
        assert_eq!(average_precision(&[(0.5, true), (0.5, false)]), 0.5);
        assert_eq!(average_precision(&[(0.5, false)]), 0.0);
    }
}
