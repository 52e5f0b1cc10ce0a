//! The verbs: open, plan, deliver, list. Serving, commands and tests all go through them.

mod deliver;
mod error;
mod flights;
mod identifier;
mod lanes;
mod listing;
mod opened;
pub mod sample;
pub mod settings;

use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;

pub use deliver::{Answer, Cached};
pub use error::Error;
pub use listing::{Entry, Listing};
pub use opened::{Opened, Shared};

use deliver::Kitchen;
use flights::Flights;
pub use identifier::Identifier;
use lanes::Lanes;

use crate::iiif::{ImageRequest, Limits};
use crate::render::{self, Plan};
use crate::store::{self, Store};

/// One place of masters, and the name that identifiers may say it by.
pub struct Source {
    pub name: Option<String>,
    pub store: Store,
}

/// All that is served: sources, caches, and the lanes that bound the work.
pub struct Gallery {
    sources: Vec<Source>,
    limits: Limits,
    revalidate_ms: u64,
    masters: Cache<String, Shared>,
    openings: Flights<String, Shared>,
    kitchen: Arc<Kitchen>,
    /// Owns the threads; dropped last.
    _runtime: Background,
}

/// The settings of all that a gallery is made of.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    pub masters: settings::Masters,
    pub cache: settings::Cache,
    pub work: settings::Work,
    pub render: render::Settings,
}

/// A runtime that may be dropped from within another one.
struct Background(Option<tokio::runtime::Runtime>);

impl Drop for Background {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// Local masters are looked at again after this long.
const LOCAL_REVALIDATE_MS: u64 = 2000;

impl Gallery {
    pub fn new(sources: Vec<Source>, settings: &Settings) -> std::io::Result<Self> {
        let threads = lanes::threads(&settings.work);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(threads.min(4))
            .max_blocking_threads(16)
            .thread_name("gallery")
            .enable_all()
            .build()?;
        let tasks = runtime.handle().clone();
        let masters = &settings.masters;
        let limits =
            Limits { max_width: masters.max_side, max_height: masters.max_side, max_area: masters.max_area };
        let indexes = Cache::builder()
            .max_capacity(settings.cache.indexes_mib << 20)
            .weigher(|identifier: &String, opened: &Shared| (identifier.len() + opened.weight()) as u32)
            .time_to_idle(Duration::from_secs(3600));
        Ok(Self {
            sources,
            limits,
            revalidate_ms: masters.revalidate_s * 1000,
            masters: indexes.build(),
            openings: Flights::new(tasks.clone()),
            kitchen: Arc::new(Kitchen::new(settings, Lanes::new(&settings.work)?, tasks)),
            _runtime: Background(Some(runtime)),
        })
    }

    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// The image of this identifier, decoded once, as it is now.
    pub async fn open(&self, identifier: &str) -> Result<Shared, Error> {
        if let Some(opened) = self.masters.get(identifier) {
            let allowed = if opened.store.is_local() {
                LOCAL_REVALIDATE_MS.min(self.revalidate_ms)
            } else {
                self.revalidate_ms
            };
            if opened.unchecked_ms() <= allowed {
                return Ok(opened);
            }
            match opened.store.head(&opened.key).await {
                Ok(version) if version == opened.version => {
                    opened.checked();
                    return Ok(opened);
                }
                // An image that was there a moment ago is better than none while the store rests.
                Err(store::Error::Unavailable(_) | store::Error::TimedOut) => return Ok(opened),
                _ => self.masters.invalidate(identifier),
            }
        }
        self.open_anew(identifier).await
    }

    async fn open_anew(&self, identifier: &str) -> Result<Shared, Error> {
        let names = self.sources.iter().map(|source| source.name.as_deref());
        let parts = Identifier::parse(identifier, names)?;
        let stores: Vec<Store> = match parts.source {
            Some(at) => vec![self.sources[at].store.clone()],
            None => self
                .sources
                .iter()
                .filter(|source| source.name.is_none())
                .map(|source| source.store.clone())
                .collect(),
        };
        let (masters, limits) = (self.masters.clone(), self.limits);
        let owned = identifier.to_owned();
        let open = move |_| async move {
            let mut failed = Error::NotFound;
            for store in stores {
                match Opened::open(store, parts.key.clone(), parts.page, limits).await {
                    Ok(opened) => {
                        let opened = Arc::new(opened);
                        masters.insert(owned, opened.clone());
                        return Ok(opened);
                    }
                    Err(Error::NotFound) => {}
                    Err(error) => failed = error,
                }
            }
            Err(failed)
        };
        self.openings.join(identifier.to_owned(), open).await
    }

    /// What the request means for this image; no pixel is read.
    pub fn plan(&self, opened: &Opened, request: &ImageRequest) -> Result<Plan, Error> {
        let plan = Plan::new(request, &opened.master, opened.limits, opened.look.lets_tiles_pass())?;
        self.kitchen.check(opened, &plan)?;
        Ok(plan)
    }

    /// The bytes that the plan names, made once for all who ask.
    pub async fn deliver(&self, opened: &Shared, plan: Plan) -> Result<Answer, Error> {
        self.kitchen.deliver(opened, plan).await
    }

    /// The same where it takes no waiting.
    pub fn deliver_now(&self, opened: &Shared, plan: &Plan) -> Option<Answer> {
        self.kitchen.deliver_now(opened, plan)
    }

    /// Looks the image up anew when it is asked for next.
    pub fn forget(&self, identifier: &str) {
        self.masters.invalidate(identifier);
    }

    /// Whether every source answers.
    pub async fn is_reachable(&self) -> bool {
        let asked = self.sources.iter().map(|source| source.store.is_reachable());
        futures::future::join_all(asked).await.into_iter().all(|reached| reached)
    }

    /// What an answer's ETag is made of besides plan and master: how it is encoded.
    pub fn recipe(&self) -> u64 {
        self.kitchen.recipe()
    }

    /// Brings the gauges that only looking can tell up to date.
    pub fn observe(&self) {
        self.kitchen.observe();
        metrics::gauge!("tegl_cache_bytes", "cache" => "indexes").set(self.masters.weighted_size() as f64);
        metrics::gauge!("tegl_cache_entries", "cache" => "indexes").set(self.masters.entry_count() as f64);
    }
}
