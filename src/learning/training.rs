//! Trains a probe, and measures it on works that each part of the training has not seen.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::thread;

use nalgebra::DMatrix;

use super::Invalid;
use super::folds;
use super::labels::Labels;
use super::measures::average_precision;
use super::ridge::Ridge;
use super::unit::unit;

/// The penalties that are tried, as shares of the embeddings' variance, the strongest first: of equally good ones it is
/// taken.
const STRENGTHS: [f64; 6] = [1.0, 0.3, 0.1, 0.03, 0.01, 0.001];

/// A work to learn from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Example {
    /// Its embedding, of any length but zero.
    pub(crate) embedding: Vec<f32>,
    /// The tags that people have given or accepted.
    pub(crate) accepted: Vec<String>,
    /// The tags that people have rejected.
    pub(crate) rejected: Vec<String>,
}

/// What to train.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Settings {
    /// The version of the model that made the embeddings; the probe belongs to it.
    pub(crate) model: String,
    /// The precision from which a tag is published.
    pub(crate) precision: f64,
    /// How many accepted works a tag needs, and how many rejected ones.
    pub(crate) fewest: usize,
    /// Whether works have all tags that fit. Then tags that a work does not have count as rejected; otherwise only those
    /// do that people have rejected.
    pub(crate) is_complete: bool,
    /// How many threads work at once; it has no influence on the result.
    pub(crate) threads: NonZeroUsize,
}

impl Settings {
    /// The usual ones: precision 0.9, five works.
    pub(crate) fn new(model: impl Into<String>) -> Self {
        Self {
            model: model.into(),
            precision: 0.9,
            fewest: 5,
            is_complete: false,
            threads: NonZeroUsize::MIN,
        }
    }
}

/// A tag with the number of works that were accepted and rejected.
pub(super) struct Counted {
    pub(super) tag: String,
    pub(super) accepted: usize,
    pub(super) rejected: usize,
}

/// What cross-validation has found best.
pub(super) struct Chosen {
    pub(super) strength: f64,
    /// For each tag the usual size of its scores for works that were left out: scores of different strengths are
    /// comparable in this unit.
    pub(super) scales: Vec<f64>,
}

/// Examples in the form in which they are computed with.
pub(super) struct Prepared {
    pub(super) dimension: usize,
    pub(super) ridge: Ridge,
    /// Of the trained tags only.
    pub(super) labels: Labels,
    pub(super) trained: Vec<Counted>,
    pub(super) left_out: Vec<Counted>,
    pub(super) rows: Vec<usize>,
}

impl Prepared {
    pub(super) fn new(examples: &[Example], settings: &Settings) -> Result<Self, Invalid> {
        let fewest = 2 * settings.fewest.max(1);
        if examples.len() < fewest {
            return Err(Invalid::TooFew { fewest, found: examples.len() });
        }
        let dimension = examples[0].embedding.len();
        let embeddings = examples
            .iter()
            .map(|example| unit(&example.embedding, dimension))
            .collect::<Result<Vec<_>, _>>()?;
        let (mut trained, mut left_out, mut labels) = (Vec::new(), Vec::new(), Vec::new());
        for (tag, decided) in decisions(examples) {
            let accepted = decided.values().filter(|is_accepted| **is_accepted).count();
            let counted_works = if settings.is_complete { examples.len() } else { decided.len() };
            let counted = Counted { tag: tag.to_owned(), accepted, rejected: counted_works - accepted };
            if counted.accepted.min(counted.rejected) < settings.fewest.max(1) {
                left_out.push(counted);
                continue;
            }
            let mut of_works = vec![settings.is_complete.then_some(false); examples.len()];
            decided.into_iter().for_each(|(row, is_accepted)| of_works[row] = Some(is_accepted));
            trained.push(counted);
            labels.push(of_works);
        }
        Ok(Self {
            dimension,
            ridge: Ridge::new(&embeddings),
            labels: Labels::new(labels),
            trained,
            left_out,
            rows: (0..examples.len()).collect(),
        })
    }

    /// For each work the scores of all tags, by training without the work's fold. The strength is chosen anew for each
    /// fold, without it: so the scores owe nothing to the work.
    pub(super) fn unseen_scores(&self, folds: &[usize], threads: NonZeroUsize) -> DMatrix<f64> {
        let count = folds.iter().max().map_or(0, |last| last + 1);
        let score = |fold: usize| {
            let (held_out, kept): (Vec<_>, Vec<_>) = self.rows.iter().partition(|row| folds[**row] == fold);
            let chosen = self.choose_strength(&kept);
            let mut scores = self.ridge.problem(kept, &self.labels).solve(chosen.strength).scores(&held_out);
            scores.column_iter_mut().zip(&chosen.scales).for_each(|(mut column, scale)| column /= *scale);
            (held_out, scores)
        };
        let score = &score;
        let mut all = DMatrix::zeros(self.rows.len(), self.labels.tags());
        let step = threads.get().min(count.max(1));
        thread::scope(|scope| {
            let workers: Vec<_> = (0..step)
                .map(|first| scope.spawn(move || (first..count).step_by(step).map(score).collect::<Vec<_>>()))
                .collect();
            for worker in workers {
                for (held_out, scores) in worker.join().expect("training does not panic") {
                    for (at, row) in held_out.into_iter().enumerate() {
                        all.row_mut(row).copy_from(&scores.row(at));
                    }
                }
            }
        });
        all
    }

    /// The strength with the best mean average precision in cross-validation among `rows`.
    pub(super) fn choose_strength(&self, rows: &[usize]) -> Chosen {
        let folds = folds::inner(rows, &self.labels);
        let parts: Vec<_> = (0..=folds.iter().copied().max().unwrap_or(0))
            .map(|fold| {
                let (held_out, kept): (Vec<usize>, Vec<usize>) =
                    (0..rows.len()).partition(|at| folds[*at] == fold);
                let problem = self.ridge.problem(kept.iter().map(|at| rows[*at]).collect(), &self.labels);
                (held_out, problem)
            })
            .collect();
        let mut best = (f64::NEG_INFINITY, Chosen { strength: STRENGTHS[0], scales: Vec::new() });
        // One strength after the other: the scores of all works for all tags are the largest thing in memory.
        let mut scores = DMatrix::zeros(rows.len(), self.labels.tags());
        for strength in STRENGTHS {
            for (held_out, problem) in &parts {
                let of: Vec<usize> = held_out.iter().map(|at| rows[*at]).collect();
                let found = problem.solve(strength).scores(&of);
                for (at, row) in held_out.iter().enumerate() {
                    scores.row_mut(*row).copy_from(&found.row(at));
                }
            }
            let (mut sum, mut scales) = (0.0, Vec::with_capacity(self.labels.tags()));
            for tag in 0..self.labels.tags() {
                let scored = self.scored(tag, rows, &scores);
                sum += average_precision(&scored);
                scales.push(size(&scored));
            }
            if sum > best.0 + 1e-9 {
                best = (sum, Chosen { strength, scales });
            }
        }
        best.1
    }

    /// The scores of the works with a decision; `scores` has a row for each of `rows`.
    pub(super) fn scored(&self, tag: usize, rows: &[usize], scores: &DMatrix<f64>) -> Vec<(f64, bool)> {
        let scored = rows
            .iter()
            .enumerate()
            .filter_map(|(at, row)| Some((scores[(at, tag)], self.labels.get(tag, *row)?)));
        scored.collect()
    }
}

/// The usual size of scores; never 0.
fn size(scored: &[(f64, bool)]) -> f64 {
    let square: f64 = scored.iter().map(|(score, _)| score * score).sum();
    let size = (square / scored.len().max(1) as f64).sqrt();
    if size > 0.0 { size } else { 1.0 }
}

/// For each tag, in alphabetical order, the works about which it was decided; most tags of a collection have few. A tag
/// that is both accepted and rejected counts as accepted.
fn decisions(examples: &[Example]) -> BTreeMap<&str, BTreeMap<usize, bool>> {
    let mut decisions: BTreeMap<&str, BTreeMap<usize, bool>> = BTreeMap::new();
    for (row, example) in examples.iter().enumerate() {
        let rejected = example.rejected.iter().map(|tag| (tag, false));
        for (tag, is_accepted) in rejected.chain(example.accepted.iter().map(|tag| (tag, true))) {
            decisions.entry(tag).or_default().insert(row, is_accepted);
        }
    }
    decisions
}
