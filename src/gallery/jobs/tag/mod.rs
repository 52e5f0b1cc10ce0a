//! Tags whole collections: reads a small rendition of each image, as the server delivers it, and proposes tags.
//!
//! Results are kept for each image, analyzer, version and master, so that a run does only what is missing. Tags are made
//! from the results of all images of a work and proposed in batches: a work gets one revision in a run.

mod analyzer;
mod choose;
mod details;
mod learned;
mod model;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Instant;

use futures::StreamExt;
use serde::Serialize;

use super::{JobService, Shard};
use crate::catalogue::{Analysis, ProposalSummary, Proposals, StoredWork};
use crate::gallery::images::RENDITION_SIDE;
use crate::gallery::learned::Tagger;
use crate::gallery::tagging::Tagging;
use crate::gallery::{Error, error_chain};
use crate::iiif::{Dimensions, Region};
use crate::inference::Model;
use crate::nearest::packed;
use crate::pixels::Raster;
use crate::record::Tag;
use crate::search::number_hash;
pub(crate) use analyzer::Kind;
use analyzer::{Analyzer, ImageOfWork};
use choose::analyzers;

/// What a run does.
#[derive(Clone)]
pub(crate) struct TagRun {
    pub kinds: Vec<Kind>,
    pub tagging: Tagging,
    /// The models of the settings, by their names.
    pub models: Vec<(String, Arc<Model>)>,
    pub shard: Shard,
    /// Only works with these object numbers, as [`number_hash`].
    pub among: Option<Arc<HashSet<u64>>>,
    /// Whether likeness includes details of images.
    pub details: bool,
    /// How many works are read at the same time.
    pub jobs: usize,
    /// Write nothing, and report the renditions of this many works.
    pub sample: Option<usize>,
}

impl TagRun {
    fn takes(&self, object_number: &str) -> bool {
        self.shard.takes(object_number)
            && self.among.as_ref().is_none_or(|among| among.contains(&number_hash(object_number)))
    }
}

/// The result for one work.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct TaggedWork {
    pub object_number: String,
    /// Images that were read.
    pub read: u64,
    /// Images whose results are up to date.
    pub known: u64,
    /// Images that are not in these sources, or may not be shown.
    pub left_out: u64,
    /// Files that failed, with the reason.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<(String, String)>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
    /// The work's label and its first image, for a contact sheet.
    #[serde(skip)]
    pub shown: Option<(String, Raster)>,
}

/// The totals of a run.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct TagSummary {
    pub works: u64,
    pub read: u64,
    pub known: u64,
    pub left_out: u64,
    pub failed: u64,
    pub changed: u64,
    pub tags_added: u64,
    pub tags_removed: u64,
    pub already_decided: u64,
    pub seconds: f64,
    /// What was not done, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// Receives progress and results.
pub(crate) trait TagReport: Sync + Send {
    /// The number of works in the catalogue, or of those that are to be read.
    fn total(&self, works: u64);
    fn done(&self, tagged: &TaggedWork);
}

/// What all works of a run are tagged with.
struct Context<'a> {
    analyzers: Arc<[Box<dyn Analyzer>]>,
    taggers: Vec<Tagger>,
    tagging: &'a Tagging,
    /// Whether pictures are reported.
    is_shown: bool,
}

/// What analyzers read from one image.
struct Reading {
    /// The rendition.
    raster: Raster,
    found: Vec<Analysis>,
    /// Why analyzers failed.
    failures: Vec<String>,
}

/// Works of one transaction.
const BATCH: usize = 200;
/// The most images of a work that are read.
const MAX_IMAGES: usize = 32;

impl JobService {
    /// Proposes tags for all works of the catalogue that have images in these sources. It can be repeated at any time.
    ///
    /// # Errors
    /// Returns an error if there is no catalogue, or if the catalogue does not respond. Images that fail are reported.
    pub(crate) async fn tag(&self, run: TagRun, report: Arc<dyn TagReport>) -> Result<TagSummary, Error> {
        let began = Instant::now();
        let catalogue = self.catalogue.as_ref().ok_or(Error::NotFound)?;
        let analyzers: Arc<[Box<dyn Analyzer>]> = analyzers(&run.kinds, &run.models, run.details).into();
        report.total(match &run.among {
            Some(among) => among.len() as u64,
            None => catalogue.query(|catalogue| async move { catalogue.count().await }).await?,
        });
        let (taggers, notes) = self.taggers(&run).await?;
        let (mut summary, mut after) = (TagSummary { notes, ..TagSummary::default() }, 0);
        let context = Context { analyzers, taggers, tagging: &run.tagging, is_shown: run.sample.is_some() };
        loop {
            let works =
                catalogue.work(move |catalogue| async move { catalogue.scan(after, BATCH).await }).await?;
            let Some((last, _)) = works.last() else { break };
            after = *last;
            let own = works.into_iter().map(|(_, work)| work);
            let own = own.filter(|stored| run.takes(&stored.work.object_number));
            let tagged = own.map(|stored| self.tag_work(stored, &context));
            let mut tagged = futures::stream::iter(tagged).buffer_unordered(run.jobs.max(1));
            let mut proposals = Vec::new();
            while let Some(one) = tagged.next().await {
                let (done, proposed) = one?;
                summary.count(&done);
                report.done(&done);
                proposals.extend(proposed);
            }
            match run.sample {
                Some(sample) if summary.works >= sample as u64 => break,
                Some(_) => {}
                None => {
                    let put =
                        catalogue.work(|catalogue| async move { catalogue.propose(proposals).await }).await?;
                    summary.add(put);
                }
            }
        }
        summary.seconds = began.elapsed().as_secs_f64();
        Ok(summary)
    }

    /// Reads what is missing of a work's images, and makes its proposals; `None` if there is nothing to propose.
    async fn tag_work(
        &self,
        stored: StoredWork,
        Context { analyzers, taggers, tagging, is_shown }: &Context<'_>,
    ) -> Result<(TaggedWork, Option<Proposals>), Error> {
        let work = &stored.work;
        let mut done = TaggedWork {
            object_number: work.object_number.clone(),
            read: 0,
            known: 0,
            left_out: 0,
            failures: Vec::new(),
            tags: Vec::new(),
            shown: None,
        };
        let files: Vec<String> = work
            .images
            .iter()
            .filter(|image| image.matched)
            .map(|image| image.file.clone())
            .take(MAX_IMAGES)
            .collect();
        let mut sizes = HashMap::new();
        let mut results = self.earlier(&files, analyzers).await?;
        let earlier: HashSet<(String, String)> = results.keys().cloned().collect();
        let mut proposals = Proposals { object_number: work.object_number.clone(), ..Proposals::default() };
        for file in &files {
            let missing = match self.missing(file, &mut results, analyzers).await {
                Ok((missing, size)) => {
                    sizes.insert(file.clone(), size);
                    missing
                }
                Err(Error::NotFound | Error::Forbidden) => {
                    done.left_out += 1;
                    continue;
                }
                Err(error) => {
                    done.failures.push((file.clone(), error_chain(&error)));
                    continue;
                }
            };
            let shows = *is_shown && done.shown.is_none();
            if missing.is_empty() && !shows {
                done.known += 1;
                continue;
            }
            match self.analyze(file, missing, analyzers.clone()).await {
                Ok(Reading { raster, found, failures }) => {
                    done.read += u64::from(failures.is_empty() || !found.is_empty());
                    done.failures.extend(failures.into_iter().map(|reason| (file.clone(), reason)));
                    if shows {
                        let label = work.label().best(&["en", "da"]).unwrap_or_default().to_owned();
                        done.shown = Some((label, raster));
                    }
                    for analysis in found {
                        results.insert((file.clone(), analysis.analyzer.clone()), analysis.clone());
                        proposals.analyses.push(analysis);
                    }
                }
                Err(error) => done.failures.push((file.clone(), error_chain(&error))),
            }
        }
        // Earlier results on images that are not in these sources or not shown any more do not count.
        results.retain(|(file, _), _| sizes.contains_key(file));
        // Tags about an image that could be read before, and cannot be now, remain.
        let is_lost = |file: &str, analyzer: &str| {
            let name = (file.to_owned(), analyzer.to_owned());
            earlier.contains(&name) && !results.contains_key(&name)
        };
        let is_complete =
            |analyzer: &&dyn Analyzer| !done.failures.iter().any(|(file, _)| is_lost(file, analyzer.name()));
        let complete: Vec<&dyn Analyzer> = analyzers.iter().map(AsRef::as_ref).filter(is_complete).collect();
        state(&files, &sizes, &results, &complete, &mut proposals);
        let has_all = |tagger: &&Tagger| complete.iter().any(|known| known.name() == tagger.model().0);
        let taggers: Vec<&Tagger> = taggers.iter().filter(has_all).collect();
        self.state_learned(&taggers, &stored.tags, &results, &mut proposals).await?;
        proposals.tags.iter_mut().for_each(|tag| tag.status = tagging.status(tag));
        done.tags.clone_from(&proposals.tags);
        let is_empty = proposals.replaces.is_empty() && proposals.analyses.is_empty();
        Ok((done, (!is_empty).then_some(proposals)))
    }

    /// The results of earlier runs, by file and analyzer.
    async fn earlier(
        &self,
        files: &[String],
        analyzers: &[Box<dyn Analyzer>],
    ) -> Result<HashMap<(String, String), Analysis>, Error> {
        let Some(catalogue) = self.catalogue.as_ref().filter(|_| !files.is_empty()) else {
            return Ok(HashMap::new());
        };
        let names: Vec<String> = analyzers.iter().map(|analyzer| analyzer.name().to_owned()).collect();
        let files = files.to_vec();
        let query = |catalogue: crate::catalogue::Catalogue| async move {
            let mut all = Vec::new();
            for name in names {
                all.extend(catalogue.analyses(&name, &files).await?);
            }
            Ok(all)
        };
        let found = catalogue.work(query).await?;
        Ok(found.into_iter().map(|one| ((one.file.clone(), one.analyzer.clone()), one)).collect())
    }

    /// Which analyzers have not read this image as it is now, and the image's size. Results on an earlier master are removed.
    async fn missing(
        &self,
        file: &str,
        results: &mut HashMap<(String, String), Analysis>,
        analyzers: &[Box<dyn Analyzer>],
    ) -> Result<(Vec<usize>, Dimensions), Error> {
        let image = self.images.open(file).await?;
        let etag = image.master_version();
        let mut missing = Vec::new();
        for (number, analyzer) in analyzers.iter().enumerate() {
            let name = (file.to_owned(), analyzer.name().to_owned());
            if !results.get(&name).is_some_and(|known| known.is_current(analyzer.version(), &etag)) {
                results.remove(&name);
                missing.push(number);
            }
        }
        Ok((missing, image.master.upright()))
    }

    /// Runs analyzers on a rendition of the image. One that fails costs only its own result.
    async fn analyze(
        &self,
        file: &str,
        missing: Vec<usize>,
        analyzers: Arc<[Box<dyn Analyzer>]>,
    ) -> Result<Reading, Error> {
        let image = self.images.open(file).await?;
        let etag = image.master_version();
        let largest = image.largest();
        let side = RENDITION_SIDE.min(largest.width.max(largest.height));
        let raster = self.images.rendition(file, Region::Full, side).await?;
        let file = file.to_owned();
        let work = move || {
            let (mut found, mut failures) = (Vec::with_capacity(missing.len()), Vec::new());
            for analyzer in missing.into_iter().map(|number| &analyzers[number]) {
                let finding = match analyzer.analyze(&raster) {
                    Ok(finding) => finding,
                    Err(reason) => {
                        failures.push(reason);
                        continue;
                    }
                };
                found.push(Analysis {
                    file: file.clone(),
                    analyzer: analyzer.name().to_owned(),
                    version: analyzer.version().to_owned(),
                    etag: etag.clone(),
                    result: finding.result,
                    vector: bytes_of(&finding.vectors),
                });
            }
            Reading { raster, found, failures }
        };
        // Models need memory while they run.
        let _permit = self.analyses.acquire().await;
        self.tasks.spawn_blocking(work).await.map_err(|error| Error::Fault(error.to_string()))
    }
}

/// Vectors as the catalogue keeps them: that of a whole image exactly, those of details in a quarter of the space.
fn bytes_of(vectors: &[Vec<f32>]) -> Option<Vec<u8>> {
    match vectors {
        [] => None,
        [whole] => Some(whole.iter().flat_map(|value| value.to_le_bytes()).collect()),
        details => Some(packed(details)),
    }
}

/// Makes the proposals of a work from the results on its images.
fn state(
    files: &[String],
    sizes: &HashMap<String, Dimensions>,
    results: &HashMap<(String, String), Analysis>,
    analyzers: &[&dyn Analyzer],
    proposals: &mut Proposals,
) {
    for analyzer in analyzers {
        let mut is_first = true;
        for file in files {
            let result = results.get(&(file.clone(), analyzer.name().to_owned()));
            let (Some(analysis), Some(size)) = (result, sizes.get(file)) else { continue };
            let image = ImageOfWork { file, size: *size, is_first };
            let Ok(stated) = analyzer.statements(&analysis.result, &image) else { continue };
            let of = (files.len() > 1).then(|| file.clone());
            let tags = stated.tags.into_iter();
            proposals.tags.extend(tags.map(|tag| Tag { image: tag.image.clone().or(of.clone()), ..tag }));
            proposals.picture = stated.picture.or(proposals.picture.take());
            is_first = false;
        }
        if !is_first {
            proposals.replaces.extend(analyzer.producers());
        }
    }
}

impl TagSummary {
    fn count(&mut self, done: &TaggedWork) {
        self.works += 1;
        self.read += done.read;
        self.known += done.known;
        self.left_out += done.left_out;
        self.failed += done.failures.len() as u64;
    }

    fn add(&mut self, put: ProposalSummary) {
        self.changed += put.changed;
        self.tags_added += put.added;
        self.tags_removed += put.removed;
        self.already_decided += put.decided;
    }
}
