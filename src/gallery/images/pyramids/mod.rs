//! Pyramids of masters without servable tiles: found in their store, and built on demand.

mod build;
mod pyramid_store;
mod read_ahead;
mod turns;

use std::sync::Arc;
use std::time::{Duration, Instant};

use moka::sync::Cache;
use parking_lot::{Mutex, MutexGuard};
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, oneshot};

pub(super) use build::Progress;
pub(crate) use pyramid_store::PyramidStore;
pub(super) use read_ahead::ReadAhead;
use turns::Turns;

use crate::gallery::backoff::Backoff;
use crate::gallery::images::handle::ImageHandle;
use crate::gallery::images::index_reader::Start;
use crate::gallery::images::opened_images::OpenedImages;
use crate::gallery::images::priority::give_way;
use crate::gallery::single_flight::SingleFlight;
use crate::gallery::{Error, error_chain, settings};
use crate::identity::Identity;
use crate::master::{self, Integrity, Kind, SourceFormat};
use crate::pixels::color::Output;
use crate::store::{self, Diagnosis, Version};

/// Finds pyramids, and builds each once.
pub(super) struct Pyramids {
    store: PyramidStore,
    /// An image is dropped from here when its pyramid has been built.
    opened: OpenedImages,
    settings: settings::Pyramids,
    output: Output,
    builds: SingleFlight<String, bool>,
    /// Masters whose build failed, with the error; they are not retried immediately.
    failed: Cache<String, Error>,
    /// Damaged pyramids: treated as missing.
    damaged: Cache<String, Version>,
    at_once: Arc<Semaphore>,
    threads: usize,
    /// Failed writes to the store, and the time of the last one.
    written: Mutex<(Backoff, Instant)>,
    turns: Turns,
}

fn unprepared() -> Error {
    Error::Unprepared { cause: "the pyramid store cannot be written to; it may be full".into() }
}

/// How much builds give way to renderings and requests, on the scale of `nice`.
const NICE: i32 = 15;
/// The time for which a failure is remembered.
const FAILED: Duration = Duration::from_secs(60);

impl Pyramids {
    pub(super) fn new(
        store: PyramidStore,
        settings: &settings::Pyramids,
        output: Output,
        threads: usize,
        (tasks, opened): (Handle, OpenedImages),
    ) -> Self {
        Self {
            store,
            opened,
            settings: settings.clone(),
            output,
            builds: SingleFlight::new(tasks),
            failed: Cache::builder().max_capacity(10_000).time_to_live(FAILED).build(),
            damaged: Cache::new(10_000),
            at_once: Arc::new(Semaphore::new(settings.at_once.max(1))),
            threads,
            written: Mutex::new((Backoff::default(), Instant::now())),
            turns: Turns::default(),
        }
    }

    /// The location of the pyramid store.
    pub(super) fn location(&self) -> String {
        self.store.objects().describe()
    }

    /// Why the store cannot be read, if it cannot.
    pub(super) async fn problem(&self) -> Option<Diagnosis> {
        self.store.objects().diagnose().await
    }

    /// Whether servers that share the store agree on who builds a pyramid. Says so in the log if they cannot.
    pub(super) async fn servers_take_turns(&self) -> bool {
        self.turns.are_kept(&self.store).await
    }

    /// Whether missing pyramids are built when their image is requested.
    pub(super) fn on_demand(&self) -> bool {
        self.settings.on_demand && self.store.reason_read_only().is_none()
    }

    /// Whether a pyramid may be built of this master, judging by its header.
    pub(super) fn accepts(&self, master: &ImageHandle) -> bool {
        let memory = self.settings.memory_mib << 20;
        let area = master.master.dimensions.area();
        // A PNG is read row by row unless it is interlaced. Decoders need little memory besides the pixels.
        let is_png = matches!(master.master.kind, Kind::Untiled { format: SourceFormat::Png, .. });
        area <= self.settings.max_megapixels * 1_000_000
            && (is_png || master::rows_memory(&master.master) <= memory + (4 << 20))
    }

    /// The time that a request waits for a build before it is refused with `Retry-After`.
    pub(super) fn patience(&self) -> Duration {
        Duration::from_secs(self.settings.wait_s)
    }

    /// The master's pyramid, if it has been built.
    pub(super) async fn find(&self, master: &ImageHandle) -> Result<Option<ImageHandle>, Error> {
        let key = self.store.key(master, &self.recipe())?;
        let name = key.as_str().to_owned();
        let store = self.store.objects_of(master);
        match ImageHandle::open(store, key, 1, self.output, Start::Recalled).await {
            Ok(pyramid) if self.damaged.get(&name).is_some_and(|known| known == pyramid.version) => Ok(None),
            Ok(pyramid) if pyramid.master.integrity == Integrity::Differs => {
                tracing::warn!(pyramid = name, "a pyramid with a damaged index is not used");
                Ok(None)
            }
            Ok(pyramid) if is_whole(&pyramid) => Ok(Some(pyramid)),
            Ok(_) => {
                tracing::warn!(pyramid = name, "a truncated pyramid is not used");
                Ok(None)
            }
            Err(Error::NotFound) => Ok(None),
            Err(error @ (Error::Damaged(_) | Error::Unsupported(_))) => {
                tracing::warn!(pyramid = name, %error, "an unreadable pyramid is not used");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Rebuilds a damaged pyramid at the next request for its master, but not immediately if it is soon damaged again.
    pub(super) fn mark_damaged(&self, pyramid: &ImageHandle) {
        let name = pyramid.key.as_str().to_owned();
        match self.damaged.get(&name) {
            Some(known) if known == pyramid.version => {}
            Some(_) => {
                let again = Error::Damaged("its pyramid was damaged again after a rebuild".into());
                self.failed.insert(name.clone(), again);
                self.damaged.insert(name, pyramid.version.clone());
            }
            None => self.damaged.insert(name, pyramid.version.clone()),
        }
    }

    /// Builds the master's pyramid, drops its image from memory, and returns whether it was built here; concurrent callers
    /// share one build, also those on other servers with the same store.
    pub(super) async fn build(
        self: &Arc<Self>,
        master: Arc<ImageHandle>,
        progress: Progress,
    ) -> Result<bool, Error> {
        let name = self.store.key(&master, &self.recipe())?.as_str().to_owned();
        if let Some(error) = self.failed.get(&name) {
            return Err(error);
        }
        if let Some(reason) = self.store.reason_read_only() {
            return Err(Error::Unwritable(reason.to_owned()));
        }
        let (pyramids, key, identifier) = (self.clone(), name.clone(), master.identifier.clone());
        let build = move |_| async move {
            let made = pyramids.build_once(&master, progress).await;
            if let Err(error) = &made
                && matches!(error, Error::Damaged(_) | Error::Unsupported(_) | Error::Fault(_))
            {
                pyramids.failed.insert(key, error.clone());
            }
            made
        };
        let built = self.builds.join(name, build).await;
        if built.is_ok() {
            // This caller may have another identifier than the one that started the build.
            self.opened.invalidate(&identifier);
        }
        built
    }

    /// Builds like [`Pyramids::build`] for a request, but not while the store cannot be written to.
    pub(super) async fn build_on_demand(self: &Arc<Self>, master: Arc<ImageHandle>) -> Result<(), Error> {
        if !self.is_due() {
            return Err(unprepared());
        }
        let silent: Progress = Arc::new(|_| {});
        let built = self.build(master, silent).await;
        built.map(drop).map_err(|error| if self.is_due() { error } else { unprepared() })
    }

    async fn build_once(&self, master: &Arc<ImageHandle>, progress: Progress) -> Result<bool, Error> {
        let mut turn = self.turns.of(&self.store, master).await;
        let (_slot, claim) = loop {
            let closed = |_| Error::Fault("the server is stopping".into());
            let slot = self.at_once.clone().acquire_owned().await.map_err(closed)?;
            let claim = turn.take().await;
            // Another server or an earlier request may have built it.
            if let Ok(Some(_)) = self.find(master).await {
                claim.release().await;
                return Ok(false);
            }
            if claim.is_mine() {
                break (slot, claim);
            }
            drop(slot);
            tokio::time::sleep(turns::POLL).await;
        };
        let began = Instant::now();
        metrics::gauge!("tegl_pyramids_under_way").increment(1.0);
        let made = self.build_and_store(master, progress).await;
        claim.release().await;
        if made.is_ok() {
            // Before the build is counted: requests from then on find the pyramid.
            self.opened.invalidate(&master.identifier);
        }
        metrics::gauge!("tegl_pyramids_under_way").decrement(1.0);
        let result = if made.is_ok() { "made" } else { "failed" };
        metrics::counter!("tegl_pyramids_total", "result" => result).increment(1);
        metrics::histogram!("tegl_pyramid_seconds").record(began.elapsed().as_secs_f64());
        match &made {
            Ok(bytes) => {
                let seconds = began.elapsed().as_secs_f32();
                tracing::info!(master = master.key.as_str(), bytes, seconds, "pyramid built");
            }
            Err(error) => {
                tracing::warn!(master = master.key.as_str(), %error, "a pyramid could not be built")
            }
        }
        made.map(|_bytes| true)
    }

    async fn build_and_store(&self, master: &Arc<ImageHandle>, progress: Progress) -> Result<u64, Error> {
        let key = self.store.key(master, &self.recipe())?;
        let unfinished = self.store.unfinished().map_err(|error| self.record_write_failure(error))?;
        let pyramid_store::Unfinished { file: spool, workspace: _kept } = unfinished;
        let job = build::Job {
            master: master.clone(),
            settings: self.settings.clone(),
            output: self.output,
            threads: self.threads,
            tasks: Handle::current(),
            progress,
        };
        let (sender, built) = oneshot::channel();
        // Its threads give way to renderings. A thread cannot raise its priority again, so it is not one of a pool.
        let work = move || {
            give_way(NICE);
            let _gone = sender.send(job.run(spool));
        };
        let thread = std::thread::Builder::new().name("pyramid".into()).spawn(work);
        thread.map_err(|error| Error::Fault(error.to_string()))?;
        let file = match built.await.map_err(|_| Error::Fault("a build panicked".into()))? {
            Err(error @ Error::Store(store::Error::Full)) => return Err(self.record_write_failure(error)),
            made => made?,
        };
        let bytes = file.as_file().metadata().map_or(0, |data| data.len());
        self.store.put(master, &key, file).await.map_err(|error| self.record_write_failure(error))?;
        if self.written().0.succeeded() {
            tracing::info!("pyramids are stored again");
        }
        Ok(bytes)
    }

    fn written(&self) -> MutexGuard<'_, (Backoff, Instant)> {
        self.written.lock()
    }

    /// Whether builds may start, after writes failed.
    fn is_due(&self) -> bool {
        let (backoff, failed) = *self.written();
        backoff.is_due(failed.elapsed(), || self.store.room())
    }

    /// Records a failed write to the store, and logs its cause once.
    fn record_write_failure(&self, error: Error) -> Error {
        let room = self.store.room();
        let is_first = {
            let mut written = self.written();
            written.1 = Instant::now();
            written.0.failed(room)
        };
        if is_first {
            let (location, error) = (self.location(), error_chain(&error));
            tracing::error!(location, error, "pyramids cannot be kept; the server retries");
        }
        error
    }

    fn recipe(&self) -> String {
        recipe(&self.settings, self.output)
    }
}

/// Everything but the master that determines a pyramid's bytes.
fn recipe(settings: &settings::Pyramids, output: Output) -> String {
    let settings::Pyramids { tile_side, jpeg_quality, full_color, compression, .. } = settings;
    let (version, compression, output) = (build::VERSION, compression.identity(), output.identity());
    format!("{version} {tile_side} {compression} {jpeg_quality} {full_color} {output}")
}

/// Whether all tiles of a pyramid are within its file.
fn is_whole(pyramid: &ImageHandle) -> bool {
    let mut tiles = pyramid.master.levels.iter().flat_map(|level| &level.tiles);
    tiles.all(|(offset, length)| offset.saturating_add(*length) <= pyramid.version.size)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gallery::settings::Compression;

    /// Keys of stored pyramids contain a hash of the recipe: another text would rebuild all of them.
    #[test]
    fn recipes_are_stable() {
        let usual = settings::Pyramids::default();
        assert_eq!(recipe(&usual, Output::Srgb), "2 512 Jpeg 88 false Srgb");
        let lossless = |compression| settings::Pyramids { compression, tile_side: 256, ..usual.clone() };
        assert_eq!(
            recipe(&lossless(Compression::Deflate), Output::DisplayP3),
            "2 256 Deflate 88 false DisplayP3"
        );
        assert_eq!(recipe(&lossless(Compression::Zstd), Output::Srgb), "2 256 Zstd 88 false Srgb");
        let fine = settings::Pyramids { jpeg_quality: 100, full_color: true, tile_side: 1024, ..usual };
        assert_eq!(recipe(&fine, Output::Srgb), "2 1024 Jpeg 100 true Srgb");
    }
}
