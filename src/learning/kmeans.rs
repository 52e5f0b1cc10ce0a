//! Spherical k-means: groups of directions, with a fixed start.

use std::num::NonZeroUsize;
use std::thread;

use super::unit::dot;

/// Rounds after which little changes, if it has not settled before.
const ROUNDS: usize = 50;

/// Centres, and the centre of each point.
pub(super) struct Groups {
    pub(super) centers: Vec<Vec<f32>>,
    pub(super) nearest: Vec<usize>,
}

/// Groups points of length 1 around `count` centres: `start` first, then points that are far from all centres so far,
/// chosen as by k-means++ with fixed pseudorandom numbers. A centre that loses all points stays where it is.
pub(super) fn group(
    points: &[Vec<f32>],
    start: Vec<Vec<f32>>,
    count: usize,
    threads: NonZeroUsize,
) -> Groups {
    let mut centers = seeded(points, start, count);
    let mut nearest = assign(points, &centers, threads);
    for _ in 0..ROUNDS {
        centers = moved(points, &centers, &nearest);
        let next = assign(points, &centers, threads);
        if next == nearest {
            break;
        }
        nearest = next;
    }
    Groups { centers, nearest }
}

/// The centre nearest to a point; of equally near ones the first.
pub(super) fn nearest<'a>(
    point: &[f32],
    centers: impl Iterator<Item = &'a Vec<f32>>,
) -> Option<(usize, f32)> {
    centers.enumerate().fold(None, |best, (at, center)| {
        let cosine = dot(point, center);
        if best.is_none_or(|(_, nearest)| cosine > nearest) { Some((at, cosine)) } else { best }
    })
}

fn seeded(points: &[Vec<f32>], mut centers: Vec<Vec<f32>>, count: usize) -> Vec<Vec<f32>> {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let tries = 2 + count.max(1).ilog2();
    let mut distances: Vec<f64> = points
        .iter()
        .map(|point| nearest(point, centers.iter()).map_or(1.0, |(_, cosine)| distance(cosine)))
        .collect();
    while centers.len() < count {
        // Of several points the one that leaves all points nearest to a centre, or a group gets two centres too often.
        let tried = (0..tries).filter_map(|_| {
            let center = &points[random.weighted(&distances)?];
            let next: Vec<f64> = points
                .iter()
                .zip(&distances)
                .map(|(point, known)| known.min(distance(dot(point, center))))
                .collect();
            Some((next.iter().sum::<f64>(), next, center))
        });
        let Some((_, next, center)) = tried.min_by(|a, b| a.0.total_cmp(&b.0)) else { break };
        distances = next;
        centers.push(center.clone());
    }
    centers
}

struct Random(u64);

impl Random {
    /// An index, each as likely as its weight; none if there is no weight.
    fn weighted(&mut self, weights: &[f64]) -> Option<usize> {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mut left = weights.iter().sum::<f64>() * ((self.0 >> 11) as f64 / (1_u64 << 53) as f64);
        let chosen = weights.iter().position(|weight| {
            left -= weight;
            left < 0.0
        });
        // Rounding may leave a rest: the last one with a weight is then meant.
        chosen.or_else(|| weights.iter().rposition(|weight| *weight > 0.0))
    }
}

/// Half the squared distance of two points of length 1; none for what rounding keeps apart.
fn distance(cosine: f32) -> f64 {
    let distance = 1.0 - f64::from(cosine);
    if distance < 1e-6 { 0.0 } else { distance }
}

fn assign(points: &[Vec<f32>], centers: &[Vec<f32>], threads: NonZeroUsize) -> Vec<usize> {
    let own = |points: &[Vec<f32>]| -> Vec<usize> {
        points.iter().map(|point| nearest(point, centers.iter()).map_or(0, |(at, _)| at)).collect()
    };
    let share = points.len().div_ceil(threads.get()).max(1);
    thread::scope(|scope| {
        let workers: Vec<_> = points.chunks(share).map(|points| scope.spawn(move || own(points))).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("comparing does not panic")).collect()
    })
}

/// The directions of the groups' means.
fn moved(points: &[Vec<f32>], centers: &[Vec<f32>], nearest: &[usize]) -> Vec<Vec<f32>> {
    let mut sums = vec![vec![0.0_f32; points.first().map_or(0, Vec::len)]; centers.len()];
    for (point, group) in points.iter().zip(nearest) {
        sums[*group].iter_mut().zip(point).for_each(|(sum, value)| *sum += value);
    }
    for (sum, center) in sums.iter_mut().zip(centers) {
        let length = dot(sum, sum).sqrt();
        if length > 1e-6 {
            sum.iter_mut().for_each(|value| *value /= length);
        } else {
            sum.clone_from(center);
        }
    }
    sums
}
