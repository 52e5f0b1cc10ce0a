//! Loads the vectors page by page, and follows the catalogue: changed works, new results of analyzers, new versions.

use std::collections::HashSet;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use parking_lot::RwLock;

use super::LikenessService;
use super::collection::{Collection, Held};
use super::memory::{Candidate, fitting, too_large, versions};
use crate::catalogue::{WorkVectors, Written};
use crate::gallery::{Error, error_chain};

/// The interval between checks for changes.
const INTERVAL: Duration = Duration::from_millis(500);
/// The pause after a failure.
const PAUSE: Duration = Duration::from_secs(5);
/// Works per page.
const PAGE: usize = 1000;
/// The same of details, which take more memory meanwhile.
const PAGE_OF_DETAILS: usize = 128;
/// Pages from which a sample is taken, and works of each.
const SAMPLED: (u64, usize) = (8, 256);
/// Changes per query; more than this many of them, and all vectors are loaded again.
const CHANGES: usize = 2000;
const FAR: u64 = 50_000;

/// Up to where the catalogue has been followed.
#[derive(Default)]
struct Followed {
    /// By collection: what had been written before its works were read.
    written: Vec<(String, String, Written)>,
    /// What had been written at the last check, and whether that was so at the check before, too: a second write in the
    /// same millisecond looks the same.
    last: Option<Written>,
    is_settled: bool,
    left_out: Option<String>,
}

/// Runs for as long as the service is used.
pub(super) async fn run(service: Weak<LikenessService>) {
    let (mut followed, mut is_failing) = (Followed::default(), false);
    loop {
        let Some(service) = service.upgrade() else { return };
        let updated = service.update(&mut followed).await;
        drop(service);
        match updated {
            Ok(()) => {
                is_failing = false;
                tokio::time::sleep(INTERVAL).await;
            }
            Err(error) => {
                if !is_failing {
                    tracing::warn!(error = error_chain(&error), "similar works do not follow the catalogue");
                }
                is_failing = true;
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

impl Candidate {
    /// Works that are read at once.
    fn page(&self) -> usize {
        if self.is_of_details() { PAGE_OF_DETAILS } else { PAGE }
    }
}

impl LikenessService {
    async fn update(self: &Arc<Self>, followed: &mut Followed) -> Result<(), Error> {
        let now = self.works.query(|catalogue| async move { catalogue.last_written().await }).await?;
        let is_same = followed.last == Some(now);
        if is_same && followed.is_settled {
            return Ok(());
        }
        let (chosen, left_out) = fitting(self.candidates().await?, self.settings.memory_mib << 20);
        self.leave_out(followed, left_out.first().map(|one| too_large(one, &chosen)));
        self.drop_others(followed, &chosen);
        self.begin(chosen.iter().map(|one| one.version.vectors).sum());
        for candidate in &chosen {
            let (analyzer, version) = (&candidate.version.analyzer, &candidate.version.version);
            let known = followed.written.iter_mut().find(|(a, v, _)| a == analyzer && v == version);
            // A revision that went back means another catalogue.
            let written = match (self.held(analyzer, version), known) {
                (Some(held), Some((.., written)))
                    if now.revision.checked_sub(written.revision).is_some_and(|missed| missed <= FAR) =>
                {
                    self.catch_up(&held, candidate, written, now).await?;
                    continue;
                }
                _ => self.load(candidate).await?,
            };
            followed.written.retain(|(a, ..)| a != analyzer);
            followed.written.push((analyzer.clone(), version.clone(), written));
        }
        self.state.lock().is_loaded = true;
        (followed.last, followed.is_settled) = (Some(now), is_same);
        Ok(())
    }

    fn begin(&self, of: u64) {
        let mut state = self.state.lock();
        (state.done, state.of) = (0, of);
    }

    /// The versions that may be loaded.
    async fn candidates(&self) -> Result<Vec<Candidate>, Error> {
        let read = |catalogue: crate::catalogue::Catalogue| async move {
            let mut found = Vec::new();
            for version in versions(catalogue.vector_versions().await?) {
                let bytes = catalogue.vector_bytes(&version.analyzer, &version.version).await?;
                found.extend(Candidate::new(version, bytes.unwrap_or_default()));
            }
            Ok(found)
        };
        let found = self.works.work(read).await?;
        let is_wanted = |candidate: &Candidate| self.settings.details || !candidate.is_of_details();
        Ok(found.into_iter().filter(is_wanted).collect())
    }

    fn leave_out(&self, followed: &mut Followed, reason: Option<String>) {
        if let Some(reason) = &reason
            && followed.left_out.as_ref() != Some(reason)
        {
            tracing::warn!("similar works: {reason}");
        }
        followed.left_out.clone_from(&reason);
        self.state.lock().left_out = reason;
    }

    /// Drops collections that are not to be held any more. One that a newer version replaces stays until that is loaded,
    /// if there is memory for both.
    fn drop_others(&self, followed: &mut Followed, chosen: &[Candidate]) {
        let limit = self.settings.memory_mib << 20;
        let needed: u64 = chosen.iter().map(Candidate::bytes).sum();
        let is_kept = |analyzer: &str, version: &str, bytes: u64| {
            chosen.iter().any(|one| {
                one.version.analyzer == analyzer
                    && (one.version.version == version || needed + bytes <= limit)
            })
        };
        self.collections.write().retain(|held| {
            is_kept(&held.analyzer, &held.version, held.collection.read().vectors.bytes() as u64)
        });
        followed.written.retain(|(analyzer, version, _)| self.held(analyzer, version).is_some());
    }

    fn held(&self, analyzer: &str, version: &str) -> Option<Arc<Held>> {
        let all = self.collections.read();
        all.iter().find(|held| held.analyzer == analyzer && held.version == version).cloned()
    }

    /// Loads a collection, and puts it to use in place of an older version. Returns what had been written before.
    async fn load(&self, candidate: &Candidate) -> Result<Written, Error> {
        let began = Instant::now();
        let (analyzer, version) = (&candidate.version.analyzer, &candidate.version.version);
        let written = self.works.query(|catalogue| async move { catalogue.last_written().await }).await?;
        let sample = self.sample(candidate, written.seq).await?;
        let new = Collection::new(analyzer, candidate.dimension, self.threads, &sample);
        let mut collection =
            new.map_err(|error| Error::Fault(format!("vectors of `{analyzer}`: {error}")))?;
        drop(sample);
        let (mut after, mut unusable) = (0, 0);
        loop {
            let page = self.page(candidate, after, candidate.page()).await?;
            let Some(last) = page.last().map(|work| work.seq) else { break };
            after = last;
            self.state.lock().done += page.iter().map(|work| work.vectors.len() as u64).sum::<u64>();
            let (rights, dimension) = (self.rights.clone(), candidate.dimension);
            let put = move || {
                let unusable = collection.put(&page, dimension, &rights);
                (collection, unusable)
            };
            let (filled, failed) = self.blocking(put).await?;
            (collection, unusable) = (filled, unusable + failed);
        }
        let prepare = move || {
            collection.vectors.prepare();
            collection.measure();
            collection
        };
        let collection = self.blocking(prepare).await?;
        tracing::info!(
            analyzer,
            version,
            works = collection.vectors.len(),
            mib = collection.vectors.bytes() >> 20,
            ms = began.elapsed().as_millis() as u64,
            "vectors for similar works are loaded"
        );
        if unusable > 0 {
            tracing::warn!(
                analyzer,
                works = unusable,
                "vectors that have no direction or another length were left out"
            );
        }
        let mut all = self.collections.write();
        all.retain(|other| other.analyzer != *analyzer);
        let (analyzer, version) = (analyzer.clone(), version.clone());
        all.push(Arc::new(Held { analyzer, version, collection: RwLock::new(collection) }));
        Ok(written)
    }

    /// Works from all over the catalogue, for what embeddings have in common.
    async fn sample(&self, candidate: &Candidate, last_seq: u64) -> Result<Vec<WorkVectors>, Error> {
        let (pages, works) = SAMPLED;
        let works = works.min(candidate.page());
        let mut sample = Vec::new();
        for page in 0..pages {
            sample.extend(self.page(candidate, page * last_seq / pages, works).await?);
        }
        Ok(sample)
    }

    async fn page(&self, candidate: &Candidate, after: u64, limit: usize) -> Result<Vec<WorkVectors>, Error> {
        let (analyzer, version) = (candidate.version.analyzer.clone(), candidate.version.version.clone());
        let read = move |catalogue: crate::catalogue::Catalogue| async move {
            catalogue.works_with_vectors((&analyzer, &version), after, limit).await
        };
        self.works.work(read).await
    }

    /// Reads again what changed after `written`, which is then `now`.
    async fn catch_up(
        &self,
        held: &Arc<Held>,
        candidate: &Candidate,
        written: &mut Written,
        now: Written,
    ) -> Result<(), Error> {
        let from = *written;
        let (analyzer, version) = (candidate.version.analyzer.clone(), candidate.version.version.clone());
        let read = move |catalogue: crate::catalogue::Catalogue| async move {
            let mut seqs = HashSet::new();
            let mut revision = from.revision;
            loop {
                let changes = catalogue.changes(revision, CHANGES).await?;
                let Some(last) = changes.last() else { break };
                revision = last.revision;
                let numbers: HashSet<String> =
                    changes.into_iter().map(|change| change.object_number).collect();
                let numbers: Vec<String> = numbers.into_iter().collect();
                seqs.extend(catalogue.sequence_numbers(&numbers).await?);
            }
            seqs.extend(catalogue.works_analyzed_since((&analyzer, &version), from.at_ms).await?);
            let mut seqs: Vec<u64> = seqs.into_iter().collect();
            seqs.sort_unstable();
            Ok(seqs)
        };
        let seqs = self.works.work(read).await?;
        for seqs in seqs.chunks(candidate.page()) {
            let seqs = seqs.to_vec();
            let (analyzer, version) = (candidate.version.analyzer.clone(), candidate.version.version.clone());
            let read = move |catalogue: crate::catalogue::Catalogue| async move {
                catalogue.vectors_of_works((&analyzer, &version), &seqs).await
            };
            let works = self.works.work(read).await?;
            let (held, rights) = (held.clone(), self.rights.clone());
            let dimension = candidate.dimension;
            self.blocking(move || held.collection.write().put(&works, dimension, &rights)).await?;
        }
        let held = held.clone();
        let finish = move || {
            let mut collection = held.collection.write();
            if collection.vectors.is_preparation_due() {
                collection.vectors.prepare();
            }
            collection.measure();
        };
        self.blocking(finish).await?;
        *written = now;
        Ok(())
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        self.tasks.spawn_blocking(work).await.map_err(|error| Error::Fault(error.to_string()))
    }
}
