//! Proposes tags for embeddings, as it was trained to.

use serde::{Deserialize, Serialize};

use super::calibration::{Calibration, threshold};
use super::measures::{Share, average_precision};
use super::report::{Outcome, Report, TagReport};
use super::training::{Counted, Example, Prepared, Settings};
use super::unit::unit;
use super::{Invalid, folds};

/// A linear classifier for each tag of a scheme, for the embeddings of one version of a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Probe {
    model: String,
    dimension: usize,
    tags: Vec<Tag>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Tag {
    tag: String,
    weights: Vec<f32>,
    offset: f64,
    calibration: Calibration,
    /// The score from which the tag is published; absent for tags that are not precise enough.
    threshold: Option<f64>,
}

/// A tag that a work may have.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Prediction<'a> {
    /// The tag.
    pub(crate) tag: &'a str,
    /// How likely people are to accept it.
    pub(crate) probability: f64,
    /// Whether the tag can be published and reaches its threshold.
    pub(crate) is_published: bool,
}

impl Probe {
    /// Trains on examples, and reports how well that does for works that it has not seen. Equal examples in equal order
    /// give an equal probe. A tag is published if the rule for its threshold, applied to the other folds, is precise
    /// enough in each fold that it has not seen, all folds taken together.
    pub(crate) fn train(examples: &[Example], settings: &Settings) -> Result<(Self, Report), Invalid> {
        if !(settings.precision > 0.0 && settings.precision <= 1.0) {
            return Err(Invalid::Precision(settings.precision));
        }
        let prepared = Prepared::new(examples, settings)?;
        let folds = folds::outer(&prepared.rows, &prepared.labels);
        let scores = prepared.unseen_scores(&folds, settings.threads);
        let chosen = prepared.choose_strength(&prepared.rows);
        let problem = prepared.ridge.problem(prepared.rows.clone(), &prepared.labels);
        let solution = problem.solve(chosen.strength);

        let mut tags = Vec::new();
        let mut reports = Vec::new();
        for (at, counted) in prepared.trained.iter().enumerate() {
            let scored = prepared.scored(at, &prepared.rows, &scores);
            let decided = prepared.rows.iter().filter(|row| prepared.labels.get(at, **row).is_some());
            let folds: Vec<usize> = decided.map(|row| folds[*row]).collect();
            let calibration = Calibration::fit(&scored);
            let (report, threshold) = measure(counted, &scored, &folds, calibration, settings.precision);
            let (weights, offset) = solution.weights(at);
            let scale = chosen.scales[at];
            let weights = weights.into_iter().map(|weight| (weight / scale) as f32).collect();
            tags.push(Tag {
                tag: counted.tag.clone(),
                weights,
                offset: offset / scale,
                calibration,
                threshold,
            });
            reports.push(report);
        }
        reports.extend(prepared.left_out.iter().map(|counted| TagReport::left_out(counted, settings.fewest)));
        let is_leave_one_out = folds.iter().max().is_some_and(|last| last + 1 == folds.len());
        let report = Report::new(settings, examples.len(), is_leave_one_out, chosen.strength, reports);
        Ok((Self { model: settings.model.clone(), dimension: prepared.dimension, tags }, report))
    }

    /// All tags with their probabilities, the most probable first.
    pub(crate) fn predict(&self, embedding: &[f32]) -> Result<Vec<Prediction<'_>>, Invalid> {
        let embedding = unit(embedding, self.dimension)?;
        let predict = |tag: &'_ Tag| {
            let products = embedding.iter().zip(&tag.weights).map(|(a, b)| f64::from(*a) * f64::from(*b));
            let score = products.sum::<f64>() - tag.offset;
            let is_published = tag.threshold.is_some_and(|threshold| score >= threshold);
            (tag.calibration.probability(score), is_published)
        };
        let mut predictions: Vec<_> = self
            .tags
            .iter()
            .map(|tag| {
                let (probability, is_published) = predict(tag);
                Prediction { tag: &tag.tag, probability, is_published }
            })
            .collect();
        predictions.sort_by(|a, b| b.probability.total_cmp(&a.probability));
        Ok(predictions)
    }
}

/// What a tag reaches, and the score from which it is published. `folds` has the fold of each scored work.
fn measure(
    counted: &Counted,
    scored: &[(f64, bool)],
    folds: &[usize],
    calibration: Calibration,
    wanted: f64,
) -> (TagReport, Option<f64>) {
    let (mut chosen, mut right) = (0, 0);
    let mut distinct = folds.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    for fold in distinct {
        let (own, others): (Vec<_>, Vec<_>) = scored.iter().zip(folds).partition(|(_, own)| **own == fold);
        let others: Vec<_> = others.into_iter().map(|(scored, _)| *scored).collect();
        let Some(threshold) = threshold(&others, wanted) else { continue };
        for ((score, is_right), _) in own {
            chosen += usize::from(*score >= threshold);
            right += usize::from(*score >= threshold && *is_right);
        }
    }
    let precision = Share::new(right, chosen);
    let threshold =
        threshold(scored, wanted).filter(|_| precision.value.is_some_and(|value| value >= wanted));
    let report = TagReport {
        tag: counted.tag.clone(),
        accepted: counted.accepted,
        rejected: counted.rejected,
        outcome: if threshold.is_some() { Outcome::Published } else { Outcome::NotPreciseEnough },
        average_precision: Some(average_precision(scored)),
        threshold: threshold.map(|score| calibration.probability(score)),
        precision,
        recall: Share::new(right, counted.accepted),
    };
    (report, threshold)
}

#[cfg(test)]
mod tests {
    use super::super::report::Outcome;
    use super::*;

    /// Works in which the first value decides about `light`, the second, hardly visible, about `dim`.
    fn examples(count: usize) -> Vec<Example> {
        let mut state = 7_u64;
        let mut random = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as f32 / (1_u64 << 31) as f32 - 0.5
        };
        (0..count)
            .map(|row| {
                let (light, dim) = (row % 3 == 0, row % 4 == 0);
                let mut embedding: Vec<f32> = (0..24).map(|_| random() * 0.4).collect();
                embedding[0] += if light { 0.8 } else { -0.2 };
                embedding[1] += if dim { 0.05 } else { 0.0 };
                embedding[2] += 1.0;
                let tags = [("light", light), ("dim", dim), ("rare", row < 2)];
                let named =
                    |wanted| tags.iter().filter(|tag| tag.1 == wanted).map(|tag| tag.0.to_owned()).collect();
                Example { embedding, accepted: named(true), rejected: named(false) }
            })
            .collect()
    }

    fn outcome(report: &Report, tag: &str) -> Outcome {
        report.tags.iter().find(|found| found.tag == tag).unwrap().outcome
    }

    #[test]
    fn only_tags_that_reach_the_precision_are_published() {
        let (probe, report) = Probe::train(&examples(150), &Settings::new("model@1")).unwrap();
        assert_eq!(outcome(&report, "light"), Outcome::Published);
        assert_eq!(outcome(&report, "dim"), Outcome::NotPreciseEnough);
        assert_eq!(outcome(&report, "rare"), Outcome::TooFewAccepted);
        let mut light = vec![0.0; 24];
        (light[0], light[2]) = (0.8, 1.0);
        let predictions = probe.predict(&light).unwrap();
        assert_eq!((predictions[0].tag, predictions[0].is_published), ("light", true));
        assert!(predictions[0].probability > 0.9);
        assert!(!predictions[1].is_published);
    }

    #[test]
    fn equal_examples_give_an_equal_probe_with_any_number_of_threads() {
        let mut settings = Settings::new("model@1");
        let first = Probe::train(&examples(40), &settings).unwrap();
        settings.threads = std::num::NonZeroUsize::new(3).unwrap();
        assert_eq!(Probe::train(&examples(40), &settings).unwrap(), first);
        let json = serde_json::to_string(&first.0).unwrap();
        assert_eq!(serde_json::from_str::<Probe>(&json).unwrap(), first.0);
    }

    #[test]
    fn works_without_a_decision_are_rejected_only_if_tagging_is_complete() {
        let mut undecided = examples(150);
        undecided.iter_mut().for_each(|example| example.rejected.clear());
        let mut settings = Settings::new("model@1");
        let (probe, report) = Probe::train(&undecided, &settings).unwrap();
        assert_eq!(outcome(&report, "light"), Outcome::TooFewRejected);
        assert_eq!(probe.predict(&undecided[0].embedding).unwrap(), []);
        settings.is_complete = true;
        let (_, report) = Probe::train(&undecided, &settings).unwrap();
        assert_eq!(outcome(&report, "light"), Outcome::Published);
    }

    #[test]
    fn random_tags_are_not_published() {
        let mut works = examples(120);
        for (row, work) in works.iter_mut().enumerate() {
            work.rejected.clear();
            work.accepted = (0..30)
                .filter(|tag| (row * 7919 + tag * 104_729) % 101 < 25)
                .map(|tag| format!("tag {tag}"))
                .collect();
        }
        let mut settings = Settings::new("model@1");
        settings.is_complete = true;
        let (_, report) = Probe::train(&works, &settings).unwrap();
        assert!(report.tags.iter().all(|tag| tag.outcome == Outcome::NotPreciseEnough));
        assert!(report.mean_average_precision.unwrap() < report.chance.unwrap() + 0.1);
    }

    #[test]
    fn what_cannot_be_trained_on_is_refused() {
        let settings = Settings::new("model@1");
        let train = |examples: &[Example]| Probe::train(examples, &settings).map(|_| ());
        assert_eq!(train(&examples(9)), Err(Invalid::TooFew { fewest: 10, found: 9 }));
        let mut wrong = examples(20);
        wrong[4].embedding.pop();
        assert_eq!(train(&wrong), Err(Invalid::Length { expected: 24, found: 23 }));
        wrong[4].embedding = vec![f32::NAN; 24];
        assert_eq!(train(&wrong), Err(Invalid::Directionless));
        let impossible = Settings { precision: 1.5, ..Settings::new("model@1") };
        assert_eq!(Probe::train(&examples(20), &impossible).map(|_| ()), Err(Invalid::Precision(1.5)));
    }
}
