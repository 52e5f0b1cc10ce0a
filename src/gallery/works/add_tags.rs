//! Tags from elsewhere, in batches: machines' tags are proposed, curators' are decisions.
//!
//! A batch may contain what cannot be stored: such lines are reported, and the others are stored. All machines' tags of a
//! batch go in by one transaction and curators' by another; both can be sent again without changing anything.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use super::WorkService;
use crate::catalogue::{Analysis, Decision, Proposals, Refused, StoredWork, WorkDecision};
use crate::gallery::Error;
use crate::gallery::tagging::Tagging;
use crate::iiif::Invalid;
use crate::record::Tag;

/// A tag from elsewhere, read and valid on its own.
#[derive(Clone, Debug)]
pub(crate) struct TagLine {
    /// Where it was, from 1.
    pub line: u64,
    /// The work that it is about.
    pub object_number: String,
    pub tag: Tag,
    /// Whether its status is given, and not the usual one.
    pub has_status: bool,
    /// Why; only with a curator's tag.
    pub note: Option<String>,
    /// The revision that the work must have; only with a curator's tag.
    pub revision: Option<u64>,
}

/// Measures from elsewhere about a work's first image.
#[derive(Clone, Debug)]
pub(crate) struct MeasuresLine {
    pub object_number: String,
    /// What measured, with its version.
    pub measured_by: (String, String),
    /// A JSON object.
    pub measures: String,
}

/// A batch of what was read elsewhere.
#[derive(Default)]
pub(crate) struct TagBatch {
    pub tags: Vec<TagLine>,
    pub measures: Vec<MeasuresLine>,
}

/// A line that was not stored.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct RefusedLine {
    pub line: u64,
    /// The work that it is about, if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub work: Option<String>,
    /// The field that is to be corrected, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    pub reason: String,
}

/// What became of a batch.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct TagsAdded {
    /// Tags that were added or changed.
    pub added: u64,
    /// Tags that the catalogue has already.
    pub unchanged: u64,
    /// Machines' tags that were left out because a curator or the record has decided about them.
    pub decided: u64,
    /// Works that were changed.
    pub works: u64,
    /// Lines about works that do not exist or were withdrawn; they are among those refused.
    pub unknown: u64,
    pub refused: Vec<RefusedLine>,
}

const NO_WORK: &str = "is not the object number of a work in the catalogue";

/// A line and the decision that it makes.
type DecidedLine = (u64, WorkDecision);

impl TagLine {
    fn is_curators(&self) -> bool {
        self.tag.source == "curator"
    }

    fn needs_work(&self) -> bool {
        self.is_curators() || self.tag.image.is_some() || self.tag.region.is_some()
    }

    pub(crate) fn refused(&self, error: &Error) -> RefusedLine {
        let parameter = match error {
            Error::Invalid(invalid) | Error::Unprocessable(invalid) => Some(invalid.parameter.to_string()),
            _ => None,
        };
        let work = Some(self.object_number.clone());
        RefusedLine { line: self.line, work, parameter, reason: error.to_string() }
    }
}

impl WorkService {
    /// Stores a batch of tags; with `is_dry`, only counts what would be refused.
    ///
    /// # Errors
    /// Returns an error if there is no catalogue, or if the catalogue or a store does not respond. Lines that cannot be
    /// stored are in the result.
    pub(crate) async fn add_tags(
        &self,
        batch: TagBatch,
        actor: &str,
        tagging: &Tagging,
        is_dry: bool,
    ) -> Result<TagsAdded, Error> {
        let mut result = TagsAdded::default();
        let works = self.works_of(&batch).await?;
        let (mut proposals, mut decisions) = (Vec::new(), Vec::new());
        for line in batch.tags {
            let checked = match works.is_present(&line.object_number) {
                true => self.check(&line, works.read.get(&line.object_number)).await,
                false => {
                    result.unknown += 1;
                    Err(Error::Unprocessable(Invalid::new("work", &line.object_number, NO_WORK)))
                }
            };
            match checked {
                Ok(Some(decision)) => decisions.push((line.line, decision)),
                Ok(None) => {
                    let TagLine { object_number, mut tag, .. } = line;
                    if tag.source.starts_with("model:") {
                        tag.status = tagging.status(&tag);
                    }
                    proposals.push(Proposals { object_number, tags: vec![tag], ..Proposals::default() });
                }
                Err(error @ (Error::Store(_) | Error::Catalogue(_) | Error::Busy { .. })) => {
                    return Err(error);
                }
                Err(error) => result.refused.push(line.refused(&error)),
            }
        }
        let revisions = works.read.iter().map(|(number, stored)| (number.clone(), stored.revision)).collect();
        let measured = batch.measures.into_iter().filter_map(|line| works.analysis(line));
        if is_dry {
            result.added = (proposals.len() + decisions.len()) as u64;
            return Ok(result);
        }
        let tags = proposals.len() as u64;
        proposals.extend(measured);
        self.propose(proposals, tags, &mut result).await?;
        self.decide_lines(decisions, revisions, actor, &mut result).await?;
        result.refused.sort_by_key(|refused| refused.line);
        Ok(result)
    }

    /// The works that a batch is about: read where a line needs its record.
    async fn works_of(&self, batch: &TagBatch) -> Result<Works, Error> {
        let numbers = |lines: HashSet<&String>| lines.into_iter().cloned().collect::<Vec<String>>();
        let measured = batch.measures.iter().map(|line| &line.object_number);
        let needed = batch.tags.iter().filter(|line| line.needs_work()).map(|line| &line.object_number);
        let needed = numbers(needed.chain(measured).collect());
        let named = numbers(batch.tags.iter().map(|line| &line.object_number).collect());
        let works = |catalogue: crate::catalogue::Catalogue| async move {
            Ok(Works { read: catalogue.get_all(&needed).await?, present: catalogue.present(&named).await? })
        };
        self.client()?.work(works).await
    }

    /// Checks a line against its work; the decision that it is, if it is a curator's.
    async fn check(
        &self,
        line: &TagLine,
        stored: Option<&StoredWork>,
    ) -> Result<Option<WorkDecision>, Error> {
        let Some(stored) = stored else { return Ok(None) };
        self.placed(&stored.work, line.tag.image.as_deref(), line.tag.region).await?;
        if !line.is_curators() {
            return Ok(None);
        }
        if line.revision.is_some_and(|revision| revision != stored.revision) {
            return Err(Error::Conflict { current: stored.revision });
        }
        let id = line.tag.id();
        let tag = match stored.tags.iter().find(|known| known.id() == id) {
            Some(known) if line.has_status && known.status != line.tag.status => {
                return Err(Error::exists(known));
            }
            Some(known) => {
                let (status, region, kept_id) = (known.status, known.region, known.kept_id.clone());
                Tag { status, region, kept_id, ..line.tag.clone() }
            }
            None => line.tag.clone(),
        };
        Ok(Some(WorkDecision {
            object_number: line.object_number.clone(),
            expected: line.revision,
            decision: Decision::Add(Box::new(tag)),
            note: line.note.clone(),
        }))
    }

    async fn propose(
        &self,
        proposals: Vec<Proposals>,
        tags: u64,
        result: &mut TagsAdded,
    ) -> Result<(), Error> {
        if proposals.is_empty() {
            return Ok(());
        }
        let client = self.client()?;
        let put = client.work(|catalogue| async move { catalogue.propose(proposals).await }).await?;
        result.added += put.added;
        result.decided += put.decided;
        result.works += put.changed;
        result.unchanged += tags.saturating_sub(put.added + put.decided);
        client.follow_all_own([]).await;
        Ok(())
    }

    /// Makes curators' decisions; those that another writer has made impossible meanwhile are refused.
    async fn decide_lines(
        &self,
        mut lines: Vec<DecidedLine>,
        mut known: HashMap<String, u64>,
        actor: &str,
        result: &mut TagsAdded,
    ) -> Result<(), Error> {
        while !lines.is_empty() {
            let decisions: Vec<WorkDecision> = lines.iter().map(|(_, decision)| decision.clone()).collect();
            match self.decide_all(decisions, actor.to_owned()).await? {
                Ok(decided) => {
                    let mut changed = HashSet::new();
                    for stored in &decided {
                        let number = &stored.work.object_number;
                        match known.insert(number.clone(), stored.revision) == Some(stored.revision) {
                            true => result.unchanged += 1,
                            false => {
                                result.added += 1;
                                changed.insert(number.as_str());
                            }
                        }
                    }
                    result.works += changed.len() as u64;
                    return Ok(());
                }
                Err(Refused { number, error }) => {
                    let (line, decision) = lines.remove(number);
                    let reason = Error::from(error).to_string();
                    let work = Some(decision.object_number);
                    result.refused.push(RefusedLine { line, work, parameter: None, reason });
                }
            }
        }
        Ok(())
    }
}

/// Works that a batch is about.
struct Works {
    /// Those whose record is needed.
    read: HashMap<String, StoredWork>,
    /// The numbers of all that exist.
    present: HashSet<String>,
}

impl Works {
    fn is_present(&self, object_number: &str) -> bool {
        self.present.contains(object_number)
    }

    /// What was measured, as the result on the work's first image with a master.
    fn analysis(&self, line: MeasuresLine) -> Option<Proposals> {
        let MeasuresLine { object_number, measured_by: (analyzer, version), measures } = line;
        let work = &self.read.get(&object_number)?.work;
        let file = work.images.iter().find(|image| image.matched)?.file.clone();
        let analysis =
            Analysis { file, analyzer, version, etag: String::new(), result: measures, vector: None };
        Some(Proposals { object_number, analyses: vec![analysis], ..Proposals::default() })
    }
}
