//! Turns scores into probabilities, and chooses the score from which a tag is published.

use serde::{Deserialize, Serialize};

use super::measures::wilson;

/// One-sided 80 %: seven right of seven are the fewest that show a precision of 0.9.
const CONFIDENCE: f64 = 0.8416;
/// Newton's method converges within ten steps or so.
const STEPS: usize = 100;

/// A probability as a logistic function of the score (Platt's scaling).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Calibration {
    slope: f64,
    intercept: f64,
    /// Scores are divided by it.
    scale: f64,
}

impl Calibration {
    /// The most likely function for scores of works that were not trained on. Targets are moved from 0 and 1 by what the
    /// counts leave uncertain, as Platt proposed; where higher scores do not mean more right works, the probability is
    /// their share.
    pub(super) fn fit(scored: &[(f64, bool)]) -> Self {
        let accepted = scored.iter().filter(|(_, right)| *right).count() as f64;
        let rejected = scored.len() as f64 - accepted;
        let scale =
            (scored.iter().map(|(score, _)| score * score).sum::<f64>() / scored.len().max(1) as f64).sqrt();
        let scale = if scale > 0.0 { scale } else { 1.0 };
        let (high, low) = ((accepted + 1.0) / (accepted + 2.0), 1.0 / (rejected + 2.0));
        let points: Vec<_> =
            scored.iter().map(|(score, right)| (score / scale, if *right { high } else { low })).collect();
        let prior = ((accepted + 1.0) / (rejected + 1.0)).ln();
        let (slope, intercept) = newton(&points, prior);
        if slope > 0.0 {
            Self { slope, intercept, scale }
        } else {
            Self { slope: 0.0, intercept: prior, scale }
        }
    }

    pub(super) fn probability(self, score: f64) -> f64 {
        logistic(self.slope * score / self.scale + self.intercept)
    }
}

/// Maximises the likelihood of slope and intercept; the function is concave, and a step that does not raise it is halved.
fn newton(points: &[(f64, f64)], prior: f64) -> (f64, f64) {
    let loss = |slope: f64, intercept: f64| -> f64 {
        points
            .iter()
            .map(|(x, target)| {
                let z = slope * x + intercept;
                // ln(1 + e^z) - target * z, without overflow.
                z.max(0.0) + (-z.abs()).exp().ln_1p() - target * z
            })
            .sum()
    };
    let (mut slope, mut intercept) = (0.0, prior);
    let mut current = loss(slope, intercept);
    for _ in 0..STEPS {
        let (mut g, mut h) = ([0.0; 2], [1e-9, 0.0, 1e-9]);
        for (x, target) in points {
            let p = logistic(slope * x + intercept);
            let weight = p * (1.0 - p);
            g = [g[0] + (p - target) * x, g[1] + p - target];
            h = [h[0] + weight * x * x, h[1] + weight * x, h[2] + weight];
        }
        let determinant = h[0] * h[2] - h[1] * h[1];
        let step = [(h[2] * g[0] - h[1] * g[1]) / determinant, (h[0] * g[1] - h[1] * g[0]) / determinant];
        let mut length = 1.0;
        let next = loop {
            let next = (slope - length * step[0], intercept - length * step[1]);
            if loss(next.0, next.1) < current || length < 1e-6 {
                break next;
            }
            length /= 2.0;
        };
        let lower = loss(next.0, next.1);
        if lower.is_nan() || current - lower <= 1e-12 {
            break;
        }
        (slope, intercept, current) = (next.0, next.1, lower);
    }
    (slope, intercept)
}

/// The lowest score at and above which the lower limit of the precision (one-sided, 80 %) reaches `precision`. Scores
/// just below a wrong one are where a threshold would flatter itself; the limit leaves room for that.
pub(super) fn threshold(scored: &[(f64, bool)], precision: f64) -> Option<f64> {
    let mut scored = scored.to_vec();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut right, mut found) = (0, None);
    for (rank, (score, is_right)) in scored.iter().enumerate() {
        right += usize::from(*is_right);
        // A threshold takes all works of equal score.
        let is_last_of_score = scored.get(rank + 1).is_none_or(|next| next.0 < *score);
        if is_last_of_score && wilson(right, rank + 1, CONFIDENCE).0 >= precision {
            found = Some(*score);
        }
    }
    found
}

fn logistic(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_agree_with_shares() {
        // The share that is right is the logistic function of the score.
        let scored: Vec<_> = (0..2000)
            .map(|i| {
                let score = f64::from(i % 40) / 10.0 - 2.0;
                (score, f64::from(i / 40) / 50.0 < logistic(2.0 * score - 1.0))
            })
            .collect();
        let calibration = Calibration::fit(&scored);
        for score in [-1.0, 0.0, 0.5, 1.5] {
            let expected = logistic(2.0 * score - 1.0);
            let found = calibration.probability(score);
            assert!((found - expected).abs() < 0.03, "{score}: {found} instead of {expected}");
        }
    }

    #[test]
    fn scores_without_meaning_give_the_share() {
        let scored: Vec<_> = (0..40).map(|i| (f64::from(i), i < 10)).collect();
        let probability = Calibration::fit(&scored).probability(39.0);
        assert!((probability - 11.0 / 42.0).abs() < 0.01, "{probability}");
        assert!(Calibration::fit(&[]).probability(1.0).is_finite());
        assert!(Calibration::fit(&[(0.0, true), (0.0, false)]).probability(0.0).is_finite());
    }

    #[test]
    fn separated_scores_stay_finite() {
        let scored: Vec<_> = (0..40).map(|i| (f64::from(i), i >= 30)).collect();
        let calibration = Calibration::fit(&scored);
        assert!(calibration.probability(39.0) > 0.9 && calibration.probability(0.0) < 0.1);
    }

    #[test]
    fn a_threshold_needs_enough_works_that_are_right() {
        let ranked = |right: &str| -> Vec<_> {
            right.chars().enumerate().map(|(rank, c)| (-(rank as f64), c == '+')).collect()
        };
        assert_eq!(threshold(&ranked("++++++."), 0.9), None);
        assert_eq!(threshold(&ranked("+++++++."), 0.9), Some(-6.0));
        assert_eq!(threshold(&ranked(".++++++++"), 0.9), None);
        assert_eq!(
            threshold(
                &[(1.0, true); 6].iter().copied().chain([(1.0, false), (1.0, true)]).collect::<Vec<_>>(),
                0.9
            ),
            None
        );
    }
}
