//! Builds the pyramids of whole collections in advance.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt;
use serde::Serialize;
use xxhash_rust::xxh3::xxh3_64;

use super::JobService;
use crate::catalogue::NewWork;
use crate::gallery::{Error, error_chain};

/// The variables in which jobs of an array find their number, and the number of the first job: Kubernetes' indexed jobs, AWS
/// Batch, Slurm.
const ARRAYS: [(&str, u32); 3] =
    [("JOB_COMPLETION_INDEX", 0), ("AWS_BATCH_JOB_ARRAY_INDEX", 0), ("SLURM_ARRAY_TASK_ID", 1)];

/// The share of a collection for one of several machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shard {
    /// The number of this share, from 1.
    pub number: u32,
    pub of: u32,
}

impl Shard {
    pub(crate) const ALL: Shard = Shard { number: 1, of: 1 };

    /// The share that `--shard` names; the whole without it. `auto/N` is the share of a job of an array, whose number
    /// `variable` looks up.
    ///
    /// # Errors
    /// Returns a sentence for the command's user if the text is not of the form `I/N`, or there is no number.
    pub(crate) fn of_argument(
        text: Option<&str>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, String> {
        let Some(text) = text else { return Ok(Self::ALL) };
        let Some(of) = text.strip_prefix("auto/") else {
            return Self::parse(text).ok_or_else(|| {
                format!("--shard `{text}`: must be I/N with I from 1 to N, as in `--shard 2/8`, or auto/N")
            });
        };
        let found = ARRAYS.iter().find_map(|(name, first)| Some((*name, variable(name)?, *first)));
        let Some((name, number, first)) = found else {
            let names = ARRAYS.map(|(name, _)| name).join(", ");
            return Err(format!(
                "--shard `{text}`: this is no job of an array, as none of {names} is set; name the share, as in `--shard 2/8`"
            ));
        };
        let from_one = number.parse::<u32>().ok().and_then(|number| (number + 1).checked_sub(first));
        from_one.and_then(|number| Self::parse(&format!("{number}/{of}"))).ok_or_else(|| {
            format!("--shard `{text}`: {name} is `{number}`, and an array of {of} jobs has numbers from {first} on")
        })
    }

    /// Parses `2/8`, the second of eight shares.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (number, of) = text.split_once('/')?;
        let (number, of) = (number.parse().ok()?, of.parse().ok()?);
        (1..=of).contains(&number).then_some(Self { number, of })
    }

    pub(super) fn takes(self, identifier: &str) -> bool {
        xxh3_64(identifier.as_bytes()) % u64::from(self.of) == u64::from(self.number - 1)
    }
}

/// The result for one master.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Ingested {
    pub identifier: String,
    #[serde(flatten)]
    pub outcome: Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pixels: Option<u64>,
    pub seconds: f64,
}

#[derive(Clone, Debug, Serialize)]
#[serde(tag = "result", rename_all = "kebab-case")]
pub(crate) enum Outcome {
    /// Its pyramid was built.
    #[serde(rename = "made")]
    Built,
    /// Its pyramid existed.
    #[serde(rename = "there")]
    Existing,
    /// It needs no pyramid.
    #[serde(rename = "as-it-lies")]
    NotNeeded,
    Failed {
        reason: String,
    },
}

/// The totals of a collection.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Summary {
    #[serde(rename = "made")]
    pub built: u64,
    #[serde(rename = "there")]
    pub existing: u64,
    #[serde(rename = "as_it_lies")]
    pub not_needed: u64,
    pub failed: u64,
    pub megapixels: f64,
    pub seconds: f64,
}

/// Receives progress and results.
pub(crate) trait Report: Sync + Send {
    /// The number of masters found so far; there may be more if `more`.
    fn total(&self, masters: u64, more: bool);
    /// The progress of one master's pyramid, from 0 to 1.
    fn progress(&self, identifier: &str, share: f64);
    fn done(&self, ingested: &Ingested);
}

impl JobService {
    /// Builds a missing pyramid for every master that needs one, `jobs` concurrently. It can be repeated at any time.
    pub(crate) async fn ingest(
        &self,
        shard: Shard,
        jobs: usize,
        report: Arc<dyn Report>,
    ) -> Result<Summary, Error> {
        let began = Instant::now();
        let mut summary = Summary::default();
        let (mut after, mut found) = (None, 0);
        loop {
            let listing = self.sources.list(after.as_deref(), 1000).await?;
            for notice in listing.problems {
                report.done(&Ingested {
                    identifier: String::new(),
                    outcome: Outcome::Failed { reason: format!("cannot be listed: {notice}") },
                    pixels: None,
                    seconds: 0.0,
                });
                summary.failed += 1;
            }
            for (identifier, reason) in listing.unreadable {
                let outcome = Outcome::Failed { reason };
                report.done(&Ingested { identifier, outcome, pixels: None, seconds: 0.0 });
                summary.failed += 1;
            }
            let own: Vec<_> = listing
                .entries
                .into_iter()
                .map(|entry| entry.identifier)
                .filter(|id| shard.takes(id))
                .collect();
            found += own.len() as u64;
            report.total(found, listing.next.is_some());
            let ingests = own.into_iter().map(|identifier| self.ingest_one(identifier, report.clone()));
            let mut running = futures::stream::iter(ingests).buffer_unordered(jobs.max(1));
            let mut records = Vec::new();
            while let Some((ingested, record)) = running.next().await {
                summary.count(&ingested);
                report.done(&ingested);
                records.extend(record);
            }
            self.put_embedded(records).await?;
            match listing.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        summary.seconds = began.elapsed().as_secs_f64();
        Ok(summary)
    }

    /// Builds the master's pyramid, and reads its embedded metadata if no record names it.
    async fn ingest_one(&self, identifier: String, report: Arc<dyn Report>) -> (Ingested, Option<NewWork>) {
        let began = Instant::now();
        let mut pixels = None;
        let done = self.pyramid(&identifier, &mut pixels, report).await;
        let outcome = done.unwrap_or_else(|error| Outcome::Failed { reason: error_chain(&error) });
        let seconds = (began.elapsed().max(Duration::from_micros(1))).as_secs_f64();
        let record = match outcome {
            Outcome::Failed { .. } => None,
            _ => self.embedded(&identifier).await.unwrap_or_else(|error| {
                tracing::warn!(
                    identifier,
                    error = error_chain(&error),
                    "its embedded metadata cannot be read"
                );
                None
            }),
        };
        (Ingested { identifier, outcome, pixels, seconds }, record)
    }

    async fn pyramid(
        &self,
        identifier: &str,
        pixels: &mut Option<u64>,
        report: Arc<dyn Report>,
    ) -> Result<Outcome, Error> {
        let opened = self.images.handle(identifier).await?;
        *pixels = Some(opened.master.dimensions.area());
        if self.images.pyramids_location().is_none() {
            return Err(Error::Unsupported(
                "there is no pyramid store: `pyramids.location` is `none`; set it, or use --store".into(),
            ));
        }
        if opened.pyramid_of.is_some() {
            return Ok(Outcome::Existing);
        }
        if !opened.needs_pyramid {
            return Ok(Outcome::NotNeeded);
        }
        let name = identifier.to_owned();
        let progress = Arc::new(move |share| report.progress(&name, share));
        Ok(match self.images.build_pyramid(opened, progress).await? {
            true => Outcome::Built,
            false => Outcome::Existing,
        })
    }
}

impl Summary {
    fn count(&mut self, ingested: &Ingested) {
        match ingested.outcome {
            Outcome::Built => {
                self.built += 1;
                self.megapixels += ingested.pixels.unwrap_or(0) as f64 / 1e6;
            }
            Outcome::Existing => self.existing += 1,
            Outcome::NotNeeded => self.not_needed += 1,
            Outcome::Failed { .. } => self.failed += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_of_an_array_find_their_share() {
        let share = |text: &str, set: &'static [(&str, &str)]| {
            let variable = |name: &str| {
                set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            };
            Shard::of_argument(Some(text), variable)
        };
        for (set, number) in [
            (&[("JOB_COMPLETION_INDEX", "0")][..], 1),
            (&[("AWS_BATCH_JOB_ARRAY_INDEX", "7")], 8),
            (&[("SLURM_ARRAY_TASK_ID", "3")], 3),
        ] {
            assert_eq!(share("auto/8", set), Ok(Shard { number, of: 8 }));
        }
        for (text, set, said) in [
            ("auto/8", &[][..], "no job of an array"),
            ("auto/8", &[("JOB_COMPLETION_INDEX", "8")], "an array of 8 jobs has numbers from 0 on"),
            ("auto/8", &[("SLURM_ARRAY_TASK_ID", "0")], "numbers from 1 on"),
            ("auto/8", &[("SLURM_ARRAY_TASK_ID", "a")], "is `a`"),
            ("auto", &[], "must be I/N"),
            ("9/8", &[], "must be I/N"),
        ] {
            let refused = share(text, set).unwrap_err();
            assert!(refused.contains(said), "{text}: {refused}");
        }
    }

    #[test]
    fn every_master_belongs_to_exactly_one_shard() {
        for text in ["0/3", "4/3", "3", "a/b", "1/0"] {
            assert_eq!(Shard::parse(text), None, "{text}");
        }
        let shards: Vec<_> = (1..=3).filter_map(|n| Shard::parse(&format!("{n}/3"))).collect();
        for n in 0..100 {
            let taken = shards.iter().filter(|shard| shard.takes(&format!("{n}.tif"))).count();
            assert_eq!(taken, 1);
        }
    }
}
