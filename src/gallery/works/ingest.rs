//! Records into the catalogue: read, matched with masters, put in batches.

use std::sync::Arc;
use std::time::Instant;

use serde::Serialize;

use super::super::{Error, Gallery};
use super::{Masters, Pattern};
use crate::catalogue::{Batch, New};
use crate::record::read::{Bad, Entry};

/// Where records come from.
pub struct Import {
    /// The source's name, as in `smk`; tags and works are said to come from it.
    pub source: String,
    /// Read on a thread of its own.
    pub entries: Box<dyn Iterator<Item = Result<Entry, Bad>> + Send>,
    pub pattern: Option<Pattern>,
}

/// What became of the records.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Imported {
    pub read: u64,
    pub created: u64,
    pub updated: u64,
    pub unchanged: u64,
    /// Records that could not be read.
    pub bad: u64,
    /// Works without any master.
    pub without_master: u64,
    /// Images that records name and that have no master.
    pub missing: u64,
    pub seconds: f64,
}

/// Who watches an import.
pub trait Watch: Send + Sync {
    /// So many records have been put, or found unchanged.
    fn done(&self, so_far: &Imported);
    fn bad(&self, bad: &Bad);
    /// These images of a work have no master.
    fn missing(&self, object_number: &str, files: &[&str]);
}

/// Records that are put together.
const BATCH: usize = 1000;

impl Gallery {
    /// Puts records into the catalogue. Each batch is whole or not there; records that are there already stay as they
    /// are, so that a second run goes on where a first one was stopped.
    pub async fn import(
        &self,
        import: Import,
        masters: Arc<Masters>,
        watch: Arc<dyn Watch>,
    ) -> Result<Imported, Error> {
        let began = Instant::now();
        let works = self.works().ok_or(Error::NotFound)?.clone();
        let (sender, mut batches) = tokio::sync::mpsc::channel::<Result<(Batch, Imported), Error>>(2);
        let told = watch.clone();
        let reader = self.tasks.spawn_blocking(move || {
            let mut reader = Reader { import, masters, watch: told };
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
            imported.missing += seen.missing;
            imported.without_master += seen.without_master;
            let put = works.work(|catalogue| async move { catalogue.put(batch).await }).await?;
            imported.created += put.created;
            imported.updated += put.updated;
            imported.unchanged += put.unchanged;
            imported.seconds = began.elapsed().as_secs_f64();
            watch.done(&imported);
        }
        reader.await.map_err(|error| Error::Fault(error.to_string()))?;
        self.forget_superseded().await?;
        imported.seconds = began.elapsed().as_secs_f64();
        Ok(imported)
    }

    /// The names of all masters, to match records with.
    pub async fn masters(&self, mut progress: impl FnMut(usize)) -> Result<Masters, Error> {
        let mut masters = Masters::default();
        let mut after = None;
        loop {
            let listing = self.list(after.as_deref(), 1000).await?;
            for entry in listing.entries {
                masters.add(entry.identifier);
            }
            progress(masters.count());
            match listing.next {
                Some(next) => after = Some(next),
                None => return Ok(masters),
            }
        }
    }
}

/// Reads and matches records, on a thread that may wait.
struct Reader {
    import: Import,
    masters: Arc<Masters>,
    watch: Arc<dyn Watch>,
}

impl Reader {
    /// The next batch, and what was seen in it; `None` at the end.
    fn batch(&mut self) -> Option<Result<(Batch, Imported), Error>> {
        let mut seen = Imported::default();
        let mut news = Vec::with_capacity(BATCH);
        while news.len() < BATCH {
            match self.import.entries.next() {
                None => break,
                Some(Ok(entry)) => news.push(self.matched(entry, &mut seen)),
                Some(Err(bad)) => {
                    seen.bad += 1;
                    self.watch.bad(&bad);
                }
            }
            seen.read += 1;
        }
        (seen.read > 0).then(|| Ok((Batch::new(news)?, seen)))
    }

    fn matched(&self, entry: Entry, seen: &mut Imported) -> New {
        let Entry { mut work, original, .. } = entry;
        self.masters.find(&mut work, self.import.pattern.as_ref());
        let missing: Vec<&str> =
            work.images.iter().filter(|image| !image.matched).map(|image| image.file.as_str()).collect();
        seen.missing += missing.len() as u64;
        if missing.len() == work.images.len() {
            seen.without_master += 1;
        }
        if !missing.is_empty() || work.images.is_empty() {
            self.watch.missing(&work.object_number, &missing);
        }
        New { work, original, source: self.import.source.clone() }
    }
}
