//! Ridge regression of all tags at once on embeddings.
//!
//! A tag's target is 1/p for each of its p accepted works, -1/q for each of its q rejected ones and 0 for works without a
//! decision; its score is 0 halfway between the two groups. So rare tags weigh as much as common ones, and leaving a work
//! out does not move the scores towards the other group. With these targets the solution is Fisher's discriminant with a
//! regularised covariance.

use nalgebra::{Cholesky, DMatrix};

use super::labels::Labels;

/// The works' embeddings, one per row.
pub(super) struct Ridge {
    embeddings: DMatrix<f64>,
    /// Their products with one another, where these are fewer than products of dimensions: then all is computed from
    /// them.
    products: Option<DMatrix<f64>>,
}

/// Regressions on some of the works, to be solved for several strengths.
pub(super) struct Problem<'a> {
    ridge: &'a Ridge,
    rows: Vec<usize>,
    labels: &'a Labels,
    left: DMatrix<f64>,
    right: DMatrix<f64>,
    variance: f64,
}

/// What the scores of all tags are computed with.
pub(super) struct Solution<'a> {
    problem: &'a Problem<'a>,
    coefficients: DMatrix<f64>,
    offsets: Vec<f64>,
}

impl Ridge {
    /// `embeddings` have one length, and length 1.
    pub(super) fn new(embeddings: &[Vec<f32>]) -> Self {
        let dimension = embeddings.first().map_or(0, Vec::len);
        let embeddings =
            DMatrix::from_fn(embeddings.len(), dimension, |row, column| f64::from(embeddings[row][column]));
        let products = (embeddings.nrows() <= dimension).then(|| &embeddings * embeddings.transpose());
        Self { embeddings, products }
    }

    pub(super) fn problem<'a>(&'a self, rows: Vec<usize>, labels: &'a Labels) -> Problem<'a> {
        let targets = targets(&rows, labels);
        let count = rows.len() as f64;
        let (left, right) = match &self.products {
            Some(products) => {
                let mut left = products.select_rows(&rows).select_columns(&rows);
                center(&mut left);
                (left / count, targets)
            }
            None => {
                let mut own = self.embeddings.select_rows(&rows);
                let mean = own.row_mean();
                own.row_iter_mut().for_each(|mut row| row -= &mean);
                let transposed = own.transpose();
                (&transposed * &own / count, &transposed * targets)
            }
        };
        let variance = left.trace();
        Problem { ridge: self, rows, labels, left, right, variance }
    }
}

impl Problem<'_> {
    /// Solves with a penalty of `strength` times the embeddings' variance.
    pub(super) fn solve(&self, strength: f64) -> Solution<'_> {
        let mut left = self.left.clone();
        // Never zero, even if all embeddings are equal.
        let penalty = (strength * self.variance).max(1e-9);
        for at in 0..left.nrows() {
            left[(at, at)] += penalty;
        }
        let factor = Cholesky::new(left).expect("a covariance with a penalty is positive definite");
        let coefficients = factor.solve(&self.right);
        let mut solution = Solution { problem: self, coefficients, offsets: vec![0.0; self.labels.tags()] };
        let scores = solution.scores(&self.rows);
        solution.offsets = (0..self.labels.tags())
            .map(|tag| {
                let mean = |wanted: bool| {
                    let own = self
                        .rows
                        .iter()
                        .enumerate()
                        .filter(|(_, row)| self.labels.get(tag, **row) == Some(wanted));
                    let (sum, count) =
                        own.fold((0.0, 0.0), |(sum, count), (at, _)| (sum + scores[(at, tag)], count + 1.0));
                    if count > 0.0 { sum / count } else { 0.0 }
                };
                f64::midpoint(mean(true), mean(false))
            })
            .collect();
        solution
    }
}

impl Solution<'_> {
    /// The scores of works, one per row, for each tag.
    pub(super) fn scores(&self, of: &[usize]) -> DMatrix<f64> {
        let ridge = self.problem.ridge;
        let basis = match &ridge.products {
            Some(products) => products.select_rows(of).select_columns(&self.problem.rows),
            None => ridge.embeddings.select_rows(of),
        };
        let mut scores = basis * &self.coefficients;
        for (mut column, offset) in scores.column_iter_mut().zip(&self.offsets) {
            column.add_scalar_mut(-offset);
        }
        scores
    }

    /// The weights of a tag, and what is taken from their product with an embedding.
    pub(super) fn weights(&self, tag: usize) -> (Vec<f64>, f64) {
        let coefficients = self.coefficients.column(tag);
        let weights: Vec<f64> = if self.problem.ridge.products.is_some() {
            // Coefficients add up to 0, so it does not matter that the embeddings are not centred here.
            let own = self.problem.ridge.embeddings.select_rows(&self.problem.rows);
            own.tr_mul(&coefficients).iter().copied().collect()
        } else {
            coefficients.iter().copied().collect()
        };
        (weights, self.offsets[tag])
    }
}

fn targets(rows: &[usize], labels: &Labels) -> DMatrix<f64> {
    let mut targets = DMatrix::zeros(rows.len(), labels.tags());
    for tag in 0..labels.tags() {
        let count = |wanted| rows.iter().filter(|row| labels.get(tag, **row) == Some(wanted)).count() as f64;
        let (accepted, rejected) = (count(true), count(false));
        if accepted == 0.0 || rejected == 0.0 {
            continue;
        }
        for (at, row) in rows.iter().enumerate() {
            targets[(at, tag)] = match labels.get(tag, *row) {
                Some(true) => 1.0 / accepted,
                Some(false) => -1.0 / rejected,
                None => 0.0,
            };
        }
    }
    targets
}

/// The products of the same vectors relative to their mean.
fn center(products: &mut DMatrix<f64>) {
    let means = products.row_mean();
    let mean = means.mean();
    for row in 0..products.nrows() {
        for column in 0..products.ncols() {
            products[(row, column)] += mean - means[row] - means[column];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn embeddings(count: usize, dimension: usize) -> Vec<Vec<f32>> {
        (0..count)
            .map(|row| {
                (0..dimension)
                    .map(|column| ((row * 31 + column * 17 + row * column) % 23) as f32 / 23.0)
                    .collect()
            })
            .collect()
    }

    #[test]
    fn products_of_works_and_of_dimensions_give_the_same_scores() {
        let few = embeddings(20, 24);
        let labels = Labels::new(vec![(0..20).map(|row| (row != 3).then_some(row % 4 == 0)).collect()]);
        let (by_works, mut by_dimensions) = (Ridge::new(&few), Ridge::new(&few));
        by_dimensions.products = None;
        let rows: Vec<usize> = (0..15).collect();
        let (first, second) = (by_works.problem(rows.clone(), &labels), by_dimensions.problem(rows, &labels));
        let (first, second) = (first.solve(0.1), second.solve(0.1));
        let all: Vec<usize> = (0..20).collect();
        assert!((first.scores(&all) - second.scores(&all)).amax() < 1e-9);
        let ((a, offset), (b, _)) = (first.weights(0), second.weights(0));
        assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-9));
        let score: f64 = a.iter().zip(&few[17]).map(|(a, b)| a * f64::from(*b)).sum();
        assert!((score - offset - first.scores(&[17])[0]).abs() < 1e-9);
    }

    #[test]
    fn equal_embeddings_and_tags_without_rejections_score_zero() {
        let labels = Labels::new(vec![vec![Some(true); 8], (0..8).map(|row| Some(row < 4)).collect()]);
        let ridge = Ridge::new(&vec![vec![1.0, 0.0, 0.0]; 8]);
        let problem = ridge.problem((0..8).collect(), &labels);
        assert!(problem.solve(0.1).scores(&[0, 5]).amax() < 1e-9);
    }
}
