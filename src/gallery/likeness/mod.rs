//! Similar works: the vectors of all works in memory, which follow the catalogue, and the searches among them.
//!
//! Analyzers keep a vector per image in the catalogue (`tegl tag`). A work's vector is the mean of its images'; there is a
//! collection of vectors for each analyzer.

mod collection;
mod follow;
mod memory;
mod models;
mod query;
mod reason;
mod settings;
mod text;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Mutex, RwLock};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Error;
use super::catalogue_client::CatalogueClient;
use super::rights::Rights;
use crate::inference::{self, Declaration};
use collection::Held;
pub(super) use collection::embedding_of;
pub(in crate::gallery) use memory::{details_of, details_version};
use models::Models;
pub(crate) use query::{By, Found, SimilarWork, Wanted};
pub(crate) use reason::Reason;
pub(crate) use settings::Settings;

/// How long a search waits for a thread, and for vectors that are being changed.
const PATIENCE: Duration = Duration::from_secs(2);
/// Pictures that are received at the same time.
const UPLOADS: usize = 8;

/// The vectors of all works, and the searches among them.
pub(crate) struct LikenessService {
    settings: Settings,
    models: Models,
    works: Arc<CatalogueClient>,
    rights: Rights,
    tasks: Handle,
    threads: NonZeroUsize,
    collections: RwLock<Vec<Arc<Held>>>,
    state: Mutex<State>,
    /// For threads that search.
    permits: Arc<Semaphore>,
    uploads: Arc<Semaphore>,
}

/// How far the vectors are loaded.
#[derive(Debug, Default)]
struct State {
    /// Whether all that fits has been loaded once.
    is_loaded: bool,
    /// How many images have been read, and how many there are.
    done: u64,
    of: u64,
    /// Why vectors are left out.
    left_out: Option<String>,
}

impl LikenessService {
    /// Loads the vectors in the background, and follows the catalogue for as long as the service is used.
    pub(crate) fn start(
        settings: Settings,
        (models, inference): (&BTreeMap<String, Declaration>, &inference::Settings),
        works: Arc<CatalogueClient>,
        rights: Rights,
        tasks: Handle,
    ) -> Arc<Self> {
        let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let models = Models::new(models, inference, settings.models_mib << 20, tasks.clone());
        let service = Arc::new(Self {
            settings,
            models,
            works,
            rights,
            tasks,
            threads,
            collections: RwLock::default(),
            state: Mutex::default(),
            permits: Arc::new(Semaphore::new(threads.get())),
            uploads: Arc::new(Semaphore::new(UPLOADS)),
        });
        if service.settings.memory_mib > 0 {
            service.tasks.spawn(follow::run(Arc::downgrade(&service)));
        }
        service
    }

    /// Whether there are vectors to search among; does no I/O.
    pub(crate) fn is_there(&self) -> bool {
        self.state.lock().is_loaded && !self.collections.read().is_empty()
    }

    /// Whether there are vectors of details to search among; does no I/O.
    pub(crate) fn has_details(&self) -> bool {
        self.is_there() && self.collections.read().iter().any(|held| held.is_of_details())
    }

    /// The largest picture that may be sent, in bytes.
    ///
    /// # Errors
    /// If none may be sent.
    pub(crate) fn largest_upload(&self) -> Result<usize, Error> {
        match self.settings.upload_mib {
            0 => Err(Error::Closed("pictures cannot be sent here: likeness.upload_mib is 0".into())),
            mib => Ok(usize::try_from(mib << 20).unwrap_or(usize::MAX)),
        }
    }

    /// A permit to receive a picture, which bounds the memory for all of them.
    ///
    /// # Errors
    /// If too many are being received.
    pub(crate) fn upload_permit(&self) -> Result<OwnedSemaphorePermit, Error> {
        self.uploads.clone().try_acquire_owned().map_err(|_| Error::Busy { retry_after_s: 2 })
    }

    /// Why there is nothing to search among.
    fn nothing(&self) -> Error {
        let state = self.state.lock();
        if self.settings.memory_mib == 0 {
            let off = "similar works are off here: set likeness.memory_mib to the memory that they may take";
            return Error::Closed(off.into());
        }
        if !state.is_loaded {
            let percent = (100 * state.done / state.of.max(1)).min(99) as u8;
            return Error::Comparing { percent, retry_after_s: 5 };
        }
        match &state.left_out {
            Some(reason) => Error::Closed(format!("there are no similar works: {reason}")),
            None => Error::Untagged(
                "no pictures have been compared yet: run `tegl tag` with this server's sources and settings"
                    .into(),
            ),
        }
    }
}
