//! Says what a probe has learnt: as text, as JSON and as rows.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::measures::Share;
use super::training::{Counted, Settings};

/// What was trained on, and what each tag reaches for works that were not trained on. Its JSON is that of `serde`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Report {
    /// The version of the model that made the embeddings.
    pub(crate) model: String,
    /// The number of works.
    pub(crate) works: usize,
    /// Whether each work was left out by itself; otherwise a fifth of the works at a time.
    pub(crate) is_leave_one_out: bool,
    /// Whether tags that works do not have counted as rejected.
    pub(crate) is_complete: bool,
    /// The precision from which a tag is published.
    pub(crate) precision: f64,
    /// The penalty that was chosen, as a share of the embeddings' variance.
    pub(crate) strength: f64,
    /// The mean of the trained tags' average precisions.
    pub(crate) mean_average_precision: Option<f64>,
    /// What scores without any meaning would reach: the mean share of accepted works.
    pub(crate) chance: Option<f64>,
    /// The tags: published ones first, then by average precision.
    pub(crate) tags: Vec<TagReport>,
}

/// What a tag reaches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct TagReport {
    /// The tag.
    pub(crate) tag: String,
    /// Works that have it.
    pub(crate) accepted: usize,
    /// Works for which it was rejected.
    pub(crate) rejected: usize,
    /// Whether it is published.
    pub(crate) outcome: Outcome,
    /// The average precision; absent if it was not trained.
    pub(crate) average_precision: Option<f64>,
    /// The probability from which it is published.
    pub(crate) threshold: Option<f64>,
    /// Right proposals among all, at thresholds that were chosen without the work.
    pub(crate) precision: Share,
    /// Right proposals among the works that have the tag.
    pub(crate) recall: Share,
}

/// Whether a tag is published, and why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// It is.
    Published,
    /// It was trained and does not reach the precision.
    NotPreciseEnough,
    /// Too few works have it.
    TooFewAccepted,
    /// It was rejected for too few works, and tagging is not complete.
    TooFewRejected,
}

impl Outcome {
    fn sentence(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::NotPreciseEnough => "not published: the precision is not reached",
            Self::TooFewAccepted => "not trained: too few works have it",
            Self::TooFewRejected => "not trained: rejected for too few works",
        }
    }
}

impl TagReport {
    pub(super) fn left_out(counted: &Counted, fewest: usize) -> Self {
        let few_accepted = counted.accepted < fewest;
        Self {
            tag: counted.tag.clone(),
            accepted: counted.accepted,
            rejected: counted.rejected,
            outcome: if few_accepted { Outcome::TooFewAccepted } else { Outcome::TooFewRejected },
            average_precision: None,
            threshold: None,
            precision: Share::new(0, 0),
            recall: Share::new(0, 0),
        }
    }
}

impl Report {
    /// What the rows say.
    pub(crate) const HEADINGS: [&str; 8] =
        ["tag", "accepted", "rejected", "average precision", "threshold", "precision", "recall", "outcome"];

    pub(super) fn new(
        settings: &Settings,
        works: usize,
        is_leave_one_out: bool,
        strength: f64,
        mut tags: Vec<TagReport>,
    ) -> Self {
        tags.sort_by(|a, b| {
            let precision = |tag: &TagReport| tag.average_precision.unwrap_or(-1.0);
            a.outcome
                .cmp(&b.outcome)
                .then(precision(b).total_cmp(&precision(a)))
                .then(b.accepted.cmp(&a.accepted))
        });
        let trained: Vec<_> = tags.iter().filter(|tag| tag.average_precision.is_some()).collect();
        let mean = |value: &dyn Fn(&TagReport) -> f64| {
            (!trained.is_empty())
                .then(|| trained.iter().map(|tag| value(tag)).sum::<f64>() / trained.len() as f64)
        };
        Self {
            model: settings.model.clone(),
            works,
            is_leave_one_out,
            is_complete: settings.is_complete,
            precision: settings.precision,
            strength,
            mean_average_precision: mean(&|tag| tag.average_precision.unwrap_or(0.0)),
            chance: mean(&|tag| tag.accepted as f64 / (tag.accepted + tag.rejected) as f64),
            tags,
        }
    }

    /// A row for each tag, under [`Report::HEADINGS`].
    pub(crate) fn rows(&self) -> impl Iterator<Item = [String; 8]> + '_ {
        self.tags.iter().map(TagReport::cells)
    }

    /// What was measured and how, as sentences.
    pub(crate) fn summary(&self) -> Vec<String> {
        let folds = if self.is_leave_one_out {
            "each work left out once"
        } else {
            "a fifth of the works left out at a time"
        };
        let negatives = if self.is_complete {
            "works without a tag count as rejected"
        } else {
            "only rejected works count as rejected"
        };
        let published = self.tags.iter().filter(|tag| tag.outcome == Outcome::Published).count();
        vec![
            format!("{} works, {folds}; {negatives}; model {}", self.works, self.model),
            format!(
                "mean average precision {} (by chance {}); {published} of {} tags are published, at a precision of {} at least",
                number(self.mean_average_precision),
                number(self.chance),
                self.tags.len(),
                self.precision
            ),
            "precision and recall are of works that were not trained on, with thresholds chosen without them; in brackets the limits of the 95 % interval".to_owned(),
        ]
    }
}

impl TagReport {
    fn cells(&self) -> [String; 8] {
        [
            self.tag.clone(),
            self.accepted.to_string(),
            self.rejected.to_string(),
            number(self.average_precision),
            number(self.threshold),
            share(self.precision),
            share(self.recall),
            self.outcome.sentence().to_owned(),
        ]
    }
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.2}"))
}

fn share(share: Share) -> String {
    match share.value {
        Some(value) => {
            format!("{value:.2}, {} of {} ({:.2}-{:.2})", share.right, share.of, share.low, share.high)
        }
        None => "-".to_owned(),
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in self.summary() {
            writeln!(f, "{line}")?;
        }
        let trained = self.tags.iter().filter(|tag| tag.average_precision.is_some());
        let rows: Vec<_> =
            std::iter::once(Self::HEADINGS.map(str::to_owned)).chain(trained.map(TagReport::cells)).collect();
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: [usize; 8] = std::array::from_fn(width);
        for row in rows {
            let cells: Vec<_> =
                row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
            writeln!(f, "{}", cells.join("  ").trim_end())?;
        }
        let of = |outcome| self.tags.iter().filter(move |tag| tag.outcome == outcome);
        let accepted = of(Outcome::TooFewAccepted).map(|tag| format!("{} {}", tag.tag, tag.accepted));
        let rejected = of(Outcome::TooFewRejected).map(|tag| format!("{} {}", tag.tag, tag.rejected));
        for (outcome, tags) in [
            (Outcome::TooFewAccepted, accepted.collect::<Vec<_>>()),
            (Outcome::TooFewRejected, rejected.collect()),
        ] {
            if !tags.is_empty() {
                writeln!(f, "{}: {}", outcome.sentence(), tags.join(", "))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let counted = Counted { tag: "<b>".into(), accepted: 2, rejected: 40 };
        let woman = TagReport {
            tag: "woman".into(),
            accepted: 13,
            rejected: 32,
            outcome: Outcome::Published,
            average_precision: Some(0.8),
            threshold: Some(0.7),
            precision: Share::new(9, 10),
            recall: Share::new(9, 13),
        };
        Report::new(&Settings::new("m"), 45, true, 0.3, vec![TagReport::left_out(&counted, 5), woman])
    }

    #[test]
    fn the_text_says_what_is_published_and_why_not() {
        let text = report().to_string();
        let lines: Vec<_> = text.lines().collect();
        assert!(lines[1].starts_with("mean average precision 0.80 (by chance 0.29); 1 of 2 tags"), "{text}");
        assert!(lines[4].starts_with("woman"), "{text}");
        assert!(lines[4].contains("0.90, 9 of 10 (0.60-0.98)"), "{text}");
        assert_eq!(lines[5], "not trained: too few works have it: <b> 2");
    }

    #[test]
    fn the_json_reads_back() {
        let report = report();
        let json = serde_json::to_string(&report).unwrap();
        assert!(json.contains(r#""outcome":"too_few_accepted""#));
        assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), report);
    }
}
