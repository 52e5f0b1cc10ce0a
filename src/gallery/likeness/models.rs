//! The models of the settings, which read what visitors send as `tegl tag` has read the pictures of works.
//!
//! A model is loaded when it is first needed. Its vectors are compared with those of the same version only.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore};

use super::PATIENCE;
use crate::gallery::Error;
use crate::iiif::Invalid;
use crate::inference::{self, Declaration, Model, TextEncoder};

/// How long a model that failed is not tried again.
const FAILED: Duration = Duration::from_secs(60);

/// The declared models, and those of them that are loaded.
pub(super) struct Models {
    declared: BTreeMap<String, Declaration>,
    settings: inference::Settings,
    /// The most bytes of model files that are loaded at the same time.
    limit: u64,
    pictures: Loaded<Model>,
    texts: Loaded<TextEncoder>,
    /// Models that run at the same time: each takes one thread, and memory of its own.
    permits: Arc<Semaphore>,
    tasks: Handle,
}

/// Models by their names, each in the version that the vectors in use have.
type Loaded<T> = Mutex<HashMap<String, Slot<T>>>;
type Outcome<T> = Result<Arc<T>, String>;

struct Slot<T> {
    version: String,
    begun: Instant,
    bytes: u64,
    cell: Arc<OnceCell<Outcome<T>>>,
}

/// A model to load.
struct LoadRequest<'a> {
    name: &'a str,
    version: &'a str,
    bytes: u64,
    /// Bytes of the files of all other models that are loaded.
    others: u64,
}

/// Why a model cannot be used.
pub(super) enum Unusable {
    /// It is being loaded, or other models run.
    Busy,
    /// For the operator to fix.
    Because(String),
}

impl Unusable {
    /// As an error about the parameter that asks for the model.
    pub(super) fn of_parameter(self, parameter: &'static str, value: &str) -> Error {
        match self {
            Self::Busy => Error::Busy { retry_after_s: 5 },
            Self::Because(reason) => Error::Unprocessable(Invalid::new(parameter, value, reason)),
        }
    }
}

impl Models {
    pub(super) fn new(
        declared: &BTreeMap<String, Declaration>,
        settings: &inference::Settings,
        limit: u64,
        tasks: Handle,
    ) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            declared: declared.iter().map(|(name, one)| (format!("model:{name}"), one.clone())).collect(),
            settings: settings.clone(),
            limit,
            pictures: Mutex::default(),
            texts: Mutex::default(),
            permits: Arc::new(Semaphore::new((processors / 2).max(1))),
            tasks,
        }
    }

    /// The models with encoders of texts, as in `model:NAME`.
    pub(super) fn with_texts(&self) -> impl Iterator<Item = &str> {
        self.declared.iter().filter(|(_, one)| one.text.is_some()).map(|(name, _)| name.as_str())
    }

    /// A permit to run a model.
    ///
    /// # Errors
    /// If others run for too long.
    pub(super) async fn permit(&self) -> Result<OwnedSemaphorePermit, Error> {
        match tokio::time::timeout(PATIENCE, self.permits.clone().acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(Error::Busy { retry_after_s: 2 }),
        }
    }

    /// The model whose vectors of pictures have this version.
    pub(super) async fn of_pictures(&self, name: &str, version: &str) -> Result<Arc<Model>, Unusable> {
        let declared = self.declared(name)?.clone();
        let others = bytes_besides(&self.pictures, Some(name)) + bytes_besides(&self.texts, None);
        let wanted = LoadRequest { name, version, bytes: length(&declared.file), others };
        let (settings, expected) = (self.settings.clone(), version.to_owned());
        let load = move || {
            let model = Model::load(&declared, &settings).map_err(|error| error.to_string())?;
            same_version(model.version(), &expected).map(|()| model)
        };
        self.loaded(&self.pictures, wanted, load).await
    }

    /// The encoder of texts that belongs to the model whose vectors of pictures have this version.
    pub(super) async fn of_texts(&self, name: &str, version: &str) -> Result<Arc<TextEncoder>, Unusable> {
        let declared = self.declared(name)?.clone();
        let Some(text) = declared.text.clone() else {
            let reason =
                format!("the model `{name}` has no encoder of texts: declare its `text` in the settings");
            return Err(Unusable::Because(reason));
        };
        let others = bytes_besides(&self.pictures, None) + bytes_besides(&self.texts, Some(name));
        let wanted = LoadRequest { name, version, bytes: length(&text.file), others };
        let (settings, expected) = (self.settings.clone(), version.to_owned());
        let load = move || {
            let found = Model::version_of(&declared, &settings).map_err(|error| error.to_string())?;
            same_version(&found, &expected)?;
            TextEncoder::load(&text, &settings).map_err(|error| error.to_string())
        };
        self.loaded(&self.texts, wanted, load).await
    }

    fn declared(&self, name: &str) -> Result<&Declaration, Unusable> {
        self.declared.get(name).ok_or_else(|| {
            let declaration = name.trim_start_matches("model:");
            Unusable::Because(format!(
                "the model `{name}`, whose vectors are loaded, is not among the settings: declare it under \
                 `[models.{declaration}]`"
            ))
        })
    }

    /// A model that is loaded, or will be within a moment. Loading goes on when the caller stops waiting.
    async fn loaded<T: Send + Sync + 'static>(
        &self,
        all: &Loaded<T>,
        wanted: LoadRequest<'_>,
        load: impl FnOnce() -> Result<T, String> + Send + 'static,
    ) -> Result<Arc<T>, Unusable> {
        self.check_memory(&wanted)?;
        let cell = slot(all, &wanted);
        if cell.get().is_none() {
            let (cell, tasks, name) = (cell.clone(), self.tasks.clone(), wanted.name.to_owned());
            let work = async move {
                let outcome = async {
                    let outcome =
                        tasks.spawn_blocking(load).await.unwrap_or_else(|error| Err(error.to_string()));
                    match &outcome {
                        Ok(_) => {
                            tracing::info!(model = name, "a model is loaded that reads what visitors send")
                        }
                        Err(reason) => {
                            tracing::warn!(model = name, reason, "a model cannot be used for searches")
                        }
                    }
                    outcome.map(Arc::new)
                };
                cell.get_or_init(|| outcome).await;
            };
            // What is abandoned here is completed by the task.
            let _ = tokio::time::timeout(PATIENCE, self.tasks.spawn(work)).await;
        }
        match cell.get() {
            None => Err(Unusable::Busy),
            Some(Ok(model)) => Ok(model.clone()),
            Some(Err(reason)) => Err(Unusable::Because(reason.clone())),
        }
    }

    fn check_memory(&self, wanted: &LoadRequest<'_>) -> Result<(), Unusable> {
        let needed = wanted.others + wanted.bytes;
        match needed <= self.limit {
            true => Ok(()),
            false => Err(Unusable::Because(format!(
                "the model `{}` does not fit in memory: set likeness.models_mib to {} or more",
                wanted.name,
                needed.div_ceil(1 << 20)
            ))),
        }
    }
}

/// Bytes of the files of the models that are loaded or being loaded, without the one of this name.
fn bytes_besides<T>(all: &Loaded<T>, name: Option<&str>) -> u64 {
    let has_failed = |slot: &Slot<T>| slot.cell.get().is_some_and(Result::is_err);
    let all = all.lock();
    let others = all.iter().filter(|(other, slot)| Some(other.as_str()) != name && !has_failed(slot));
    others.map(|(_, slot)| slot.bytes).sum()
}

/// The slot of a model; a new one if it has another version, or failed long ago.
fn slot<T>(all: &Loaded<T>, wanted: &LoadRequest<'_>) -> Arc<OnceCell<Outcome<T>>> {
    let mut all = all.lock();
    let is_usable = |slot: &Slot<T>| {
        let has_failed = slot.cell.get().is_some_and(Result::is_err);
        slot.version == wanted.version && !(has_failed && slot.begun.elapsed() > FAILED)
    };
    if let Some(slot) = all.get(wanted.name).filter(|slot| is_usable(slot)) {
        return slot.cell.clone();
    }
    let cell = Arc::new(OnceCell::new());
    let (version, bytes) = (wanted.version.to_owned(), wanted.bytes);
    let slot = Slot { version, begun: Instant::now(), bytes, cell: cell.clone() };
    all.insert(wanted.name.to_owned(), slot);
    cell
}

fn same_version(found: &str, expected: &str) -> Result<(), String> {
    match found == expected {
        true => Ok(()),
        false => Err(format!(
            "the model's file has the version {found}, but the vectors of works have {expected}: run `tegl tag` again"
        )),
    }
}

/// The length of a file; loading reports one that cannot be read.
fn length(file: &str) -> u64 {
    std::fs::metadata(file).map_or(0, |file| file.len())
}
