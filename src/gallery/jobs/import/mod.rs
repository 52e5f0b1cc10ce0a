//! Imports records into the catalogue: reads them, matches them with masters, and stores them in batches.

mod collections;
mod left_out;
mod matching;
mod measure;
mod media;
mod prune;
mod read;
mod redirects;
mod register;

use std::sync::Arc;
use std::time::Instant;

use parking_lot::{Mutex, MutexGuard};
use serde::Serialize;

use crate::gallery::Error;
use crate::gallery::jobs::JobService;
pub(crate) use collections::KeepCollections;
pub(crate) use left_out::LeftOut;
pub(crate) use matching::{Masters, Pattern};
pub(crate) use media::MediaProblem;
pub(crate) use prune::Pruned;
pub(crate) use read::Reading;
pub(crate) use redirects::Redirects;
use register::Precedence;
pub(crate) use register::{Earlier, Register};

use crate::catalogue::{Batch, NewWork, Renamed};
use crate::gallery::catalogue_client::CatalogueClient;
use crate::gallery::images::ImageService;
use crate::presentation::{http_uri, own_image};
use crate::record::Work;
use crate::record::read::{BadRecord, ParsedRecord, outside_targets, resource_ids};

/// The input of an import.
pub(crate) struct Import {
    /// The source's name, as in `smk`; works belong to it.
    pub source: String,
    /// Read on a blocking thread.
    pub entries: Box<dyn Iterator<Item = Result<ParsedRecord, BadRecord>> + Send>,
    pub pattern: Option<Pattern>,
    /// The records so far in the same run.
    pub register: Arc<Mutex<Register>>,
    /// Whether records restore works that the museum withdrew.
    pub restore: bool,
    /// Where the addresses that manifests had on another server are written.
    pub redirects: Arc<Mutex<Redirects>>,
    /// What of manifests is in the source only.
    pub left_out: Arc<Mutex<LeftOut>>,
    /// Only report what would change.
    pub dry: bool,
}

/// The outcome of an import.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Imported {
    pub read: u64,
    pub created: u64,
    pub updated: u64,
    pub unchanged: u64,
    /// Works that were withdrawn because their records say so.
    pub withdrawn: u64,
    /// Records of works that the museum has withdrawn, which stay withdrawn.
    pub withheld: u64,
    /// Records that could not be read.
    pub bad: u64,
    /// Records skipped because an earlier record describes the same work.
    pub duplicates: u64,
    /// Works that got another number because theirs was taken.
    pub renamed: u64,
    /// Changed works that belonged to another source before.
    pub taken_over: u64,
    /// Works without a master.
    pub without_master: u64,
    /// Images in records that have no master.
    pub missing: u64,
    /// Files of sound and video in records that no source has.
    pub missing_media: u64,
    pub seconds: f64,
}

/// Receives the progress of an import.
pub(crate) trait Watch: Send + Sync {
    /// Called after each batch.
    fn done(&self, so_far: &Imported);
    fn bad(&self, bad: &BadRecord);
    /// These images of a work have no master.
    fn missing(&self, object_number: &str, files: &[&str]);
    /// Something is wrong with a file of sound or video of a work.
    fn media(&self, object_number: &str, file: &str, problem: &MediaProblem);
    /// Annotations of a work's manifest target these resources of other servers, which stay where they are.
    fn elsewhere(&self, object_number: &str, targets: &[String]);
    /// A record was skipped, because an earlier record of the same work differs.
    fn duplicate(&self, object_number: &str, line: u64, earlier: &Earlier);
    fn renamed(&self, renamed: &Renamed);
}

/// Records per batch.
const BATCH: usize = 1000;

impl JobService {
    /// Stores records in the catalogue. Batches are atomic and unchanged records are skipped, so that a second run
    /// continues where an interrupted one stopped.
    pub(crate) async fn import(
        &self,
        import: Import,
        masters: Arc<Masters>,
        watch: Arc<dyn Watch>,
    ) -> Result<Imported, Error> {
        let began = Instant::now();
        let works = self.catalogue.as_ref().ok_or(Error::NotFound)?.clone();
        let dry = import.dry;
        let (sender, mut batches) = tokio::sync::mpsc::channel::<Result<(Batch, Imported), Error>>(2);
        let progress = watch.clone();
        let (tasks, named, images) = (self.tasks.clone(), works.clone(), self.images.clone());
        let reader = self.tasks.spawn_blocking(move || {
            let mut reader = Reader { import, masters, watch: progress, tasks, works: named, images };
            while let Some(batch) = reader.batch() {
                if sender.blocking_send(batch).is_err() {
                    return;
                }
            }
        });
        let mut imported = Imported::default();
        while let Some(batch) = batches.recv().await {
            let (batch, seen) = batch?;
            imported.read += seen.read;
            imported.bad += seen.bad;
            imported.duplicates += seen.duplicates;
            imported.renamed += seen.renamed;
            imported.missing += seen.missing;
            imported.missing_media += seen.missing_media;
            imported.without_master += seen.without_master;
            let put = works.work(|catalogue| async move {
                if dry { catalogue.compare(&batch).await } else { catalogue.put(batch).await }
            });
            let put = put.await?;
            imported.taken_over += put.taken_over;
            imported.created += put.created;
            imported.updated += put.updated;
            imported.unchanged += put.unchanged;
            imported.withdrawn += put.withdrawn;
            imported.withheld += put.withheld;
            imported.seconds = began.elapsed().as_secs_f64();
            watch.done(&imported);
        }
        reader.await.map_err(|error| Error::Fault(error.to_string()))?;
        if !dry {
            self.forget_superseded().await?;
        }
        imported.seconds = began.elapsed().as_secs_f64();
        Ok(imported)
    }

    /// The identifiers of all masters, for matching with records.
    pub(crate) async fn masters(&self, mut progress: impl FnMut(usize)) -> Result<Masters, Error> {
        let mut masters = Masters::default();
        let mut after = None;
        loop {
            let listing = self.sources.list(after.as_deref(), 1000).await?;
            for entry in listing.entries {
                masters.add(entry.identifier);
            }
            listing.media.into_iter().for_each(|entry| masters.add_media(entry.identifier));
            progress(masters.count());
            match listing.next {
                Some(next) => after = Some(next),
                None => return Ok(masters),
            }
        }
    }
}

/// Reads and matches records, on a thread that may block.
struct Reader {
    import: Import,
    masters: Arc<Masters>,
    watch: Arc<dyn Watch>,
    tasks: tokio::runtime::Handle,
    works: Arc<CatalogueClient>,
    /// Knows the rules of rights.
    images: Arc<ImageService>,
}

impl Reader {
    /// The next batch, with its counts; `None` at the end.
    fn batch(&mut self) -> Option<Result<(Batch, Imported), Error>> {
        let mut seen = Imported::default();
        let mut entries = Vec::with_capacity(BATCH);
        while entries.len() < BATCH {
            match self.import.entries.next() {
                None => break,
                Some(Ok(entry)) => entries.push(entry),
                Some(Err(bad)) => {
                    seen.bad += 1;
                    self.watch.bad(&bad);
                    self.register().bad();
                }
            }
            seen.read += 1;
        }
        if seen.read == 0 {
            return None;
        }
        if let Err(error) = self.assign_numbers(&mut entries, &mut seen) {
            return Some(Err(error));
        }
        entries.retain(|entry| self.is_first(entry, &mut seen));
        let news = entries.into_iter().map(|entry| self.matched(entry, &mut seen)).collect();
        let restored = |batch: Batch| if self.import.restore { batch.restoring() } else { batch };
        Some(Batch::new(news).map(|batch| (restored(batch), seen)).map_err(Error::from))
    }

    fn register(&self) -> MutexGuard<'_, Register> {
        self.import.register.lock()
    }

    /// Assigns each work a unique number.
    fn assign_numbers(&self, entries: &mut [ParsedRecord], seen: &mut Imported) -> Result<(), Error> {
        let mut assigned = std::mem::take(&mut self.register().assigned);
        let mut works: Vec<_> = entries.iter_mut().map(|entry| std::mem::take(&mut entry.work)).collect();
        let source = self.import.source.clone();
        let naming = self.works.work(|catalogue| async move {
            let mut named: Vec<_> = works.iter_mut().collect();
            let renamed = catalogue.assign_numbers(&mut named, &source, &mut assigned).await?;
            Ok((works, renamed, assigned))
        });
        let (works, renamed, assigned) = self.tasks.block_on(naming)?;
        self.register().assigned = assigned;
        for (entry, work) in entries.iter_mut().zip(works) {
            entry.work = work;
        }
        seen.renamed += renamed.len() as u64;
        renamed.iter().for_each(|renamed| self.watch.renamed(renamed));
        Ok(())
    }

    /// Whether this record counts: the first one of its work, or one that replaces earlier ones.
    fn is_first(&self, entry: &ParsedRecord, seen: &mut Imported) -> bool {
        let number = &entry.work.object_number;
        let record = entry.original.as_deref().unwrap_or_default();
        let standing = self.register().enter(number, entry.line, record);
        if entry.replaces {
            return true;
        }
        if let Precedence::Other(earlier) = &standing {
            seen.duplicates += 1;
            self.watch.duplicate(number, entry.line, earlier);
        }
        standing == Precedence::New
    }

    fn matched(&self, entry: ParsedRecord, seen: &mut Imported) -> NewWork {
        let ParsedRecord { mut work, original, .. } = entry;
        self.masters.find(&mut work, self.import.pattern.as_ref());
        measure::measure(&mut work, &self.images, &self.tasks);
        self.import.redirects.lock().add(&work, original.as_deref());
        let is_limited =
            self.images.rights().of_record(work.rights.as_deref(), work.public_domain).is_limited();
        self.import.left_out.lock().add(&work, original.as_deref(), is_limited);
        let elsewhere = elsewhere(&work, original.as_deref());
        if !elsewhere.is_empty() {
            self.watch.elsewhere(&work.object_number, &elsewhere);
        }
        for (file, problem) in media::problems(&work) {
            seen.missing_media += u64::from(problem != MediaProblem::Duration);
            self.watch.media(&work.object_number, file, &problem);
        }
        let missing: Vec<&str> =
            work.images.iter().filter(|image| !image.matched).map(|image| image.file.as_str()).collect();
        seen.missing += missing.len() as u64;
        let has_media = work.media_files.iter().any(|media| media.matched);
        if missing.len() == work.images.len() && !has_media {
            seen.without_master += 1;
        }
        if !missing.is_empty() || work.images.is_empty() && !has_media {
            self.watch.missing(&work.object_number, &missing);
        }
        NewWork { work, original, source: self.import.source.clone() }
    }
}

/// What annotations of a work's manifest target that is neither a part of it nor an image of this server.
fn elsewhere(work: &Work, original: Option<&str>) -> Vec<String> {
    let Some(manifest) = original.filter(|_| work.canvases.is_some()) else { return Vec::new() };
    let mut targets = outside_targets(manifest).unwrap_or_default();
    if !targets.is_empty() {
        let ids = resource_ids(manifest);
        let images = ids.iter().flat_map(|ids| ids.with_images(work));
        let own =
            images.filter_map(|(_, name, image)| Some((http_uri(name)?, image?.file.clone()))).collect();
        targets.retain(|target| own_image(&own, target).is_none());
    }
    targets
}
