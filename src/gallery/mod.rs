//! The verbs: open, plan, deliver, list. Serving, commands and tests all go through them.

mod banded;
mod budget;
mod check;
mod decoded;
mod deliver;
mod download;
mod error;
mod export;
mod finder;
mod flights;
mod freshness;
mod health;
mod identifier;
mod ingest;
mod lanes;
mod listing;
mod mips;
mod opened;
pub mod pyramids;
mod queue;
mod retry;
mod revalidate;
pub mod rights;
pub mod settings;
mod trim;
mod unsent;
mod works;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use moka::sync::Cache;
use tokio::task::JoinHandle;

pub use check::{Check, Cost};
pub use deliver::{Answer, Cached};
pub use download::Original;
pub use error::{Error, told};
pub use export::{Exported, Layout};
pub use finder::{Finder, Hits, IndexState};
pub use ingest::{Ingested, Outcome, Report, Shard, Summary};
pub use listing::{Entry, Listing};
pub use opened::{Opened, Shared};
pub use rights::{Grant, Granted};
pub use unsent::Unsent;
pub use works::{
    Described, Earlier, Import, Imported, Masters, Pattern, Preview, Pruned, Reading, Register, SOON, Shown,
    Sketch, Watch, Works,
};

pub use banded::Streamed;
use deliver::Kitchen;
use flights::Flights;
use health::Health;
pub use identifier::Identifier;
use lanes::Lanes;
use pyramids::Pyramids;

pub use pyramids::Shelf;

use crate::catalogue::{self, Catalogue};
use crate::iiif::{ImageRequest, Limits};
use crate::master::Kind;
use crate::pixels::colour::Output;
use crate::pixels::encode::Credit;
use crate::render::{self, Plan};
use crate::store::{self, Store};

/// One place of masters, and the name that identifiers may say it by.
pub struct Source {
    pub name: Option<String>,
    pub store: Store,
}

/// All that is served: sources, caches, and the lanes that bound the work.
pub struct Gallery {
    sources: Arc<[Source]>,
    /// What is known to be wrong with each source.
    troubles: Mutex<Vec<Option<String>>>,
    limits: Limits,
    output: Output,
    checks: revalidate::Checks,
    masters: Cache<String, Shared>,
    openings: Flights<String, Shared>,
    health: Arc<Health>,
    kitchen: Arc<Kitchen>,
    pyramids: Option<Arc<Pyramids>>,
    credit: settings::Credit,
    rights: rights::Rights,
    works: Option<Arc<Works>>,
    finder: Option<Arc<Finder>>,
    digests: download::Digests,
    digesters: Arc<tokio::sync::Semaphore>,
    base_url: String,
    from_megapixels: f64,
    tasks: tokio::runtime::Handle,
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
    pub pyramids: settings::Pyramids,
    pub credit: settings::Credit,
    pub rights: rights::Rights,
    /// Where images are found, without a closing slash; empty where nobody said so.
    pub base_url: String,
}

/// What is wrong besides the sources.
#[derive(Clone, Debug, Default)]
pub struct Failures {
    /// The catalogue does not answer.
    pub catalogue: Option<String>,
    /// There is no index of works, and none can be made.
    pub search: Option<String>,
    /// The index of works shows an older state, and cannot be brought up to date.
    pub stale: Option<String>,
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

impl Gallery {
    /// Serves `sources`; pyramids of what cannot be cut are kept in `shelf`, if there is one.
    pub fn new(sources: Vec<Source>, shelf: Option<Shelf>, settings: &Settings) -> std::io::Result<Self> {
        let threads = lanes::threads(&settings.work);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(threads.min(4))
            .max_blocking_threads(16)
            .thread_name("gallery")
            .enable_all()
            .build()?;
        let tasks = runtime.handle().clone();
        let masters = &settings.masters;
        let limits = Limits {
            max_width: masters.max_side,
            max_height: masters.max_side,
            max_area: masters.max_area,
            ..Limits::NONE
        };
        let indexes = Cache::builder()
            .max_capacity(settings.cache.indexes_mib << 20)
            .weigher(|identifier: &String, opened: &Shared| (identifier.len() + opened.weight()) as u32)
            .time_to_idle(Duration::from_secs(3600));
        Ok(Self {
            troubles: Mutex::new(vec![None; sources.len()]),
            sources: sources.into(),
            limits,
            output: settings.render.output,
            checks: revalidate::Checks::new(masters, tasks.clone()),
            masters: indexes.build(),
            openings: Flights::new(tasks.clone()),
            health: Arc::default(),
            pyramids: shelf.map(|shelf| {
                let (output, tasks) = (settings.render.output, tasks.clone());
                Arc::new(Pyramids::new(shelf, &settings.pyramids, output, threads, tasks))
            }),
            credit: settings.credit.clone(),
            rights: settings.rights.clone(),
            works: None,
            finder: None,
            digests: Cache::new(10_000),
            digesters: Arc::new(tokio::sync::Semaphore::new(download::DIGESTERS)),
            base_url: settings.base_url.trim_end_matches('/').to_owned(),
            from_megapixels: settings.pyramids.from_megapixels,
            kitchen: Arc::new(Kitchen::new(settings, Lanes::new(&settings.work)?, tasks)),
            tasks: runtime.handle().clone(),
            _runtime: Background(Some(runtime)),
        })
    }

    /// Serves the works of a catalogue beside, and follows its changes.
    pub fn with_catalogue(mut self, settings: &catalogue::Settings) -> Result<Self, Error> {
        let catalogue = self.tasks.block_on(Catalogue::open(settings)).map_err(|error| match error {
            // That is about the place, and not about a record.
            catalogue::Error::Invalid(reason) => Error::Unwritable(reason),
            other => other.into(),
        })?;
        let works = Arc::new(Works::new(catalogue, self.tasks.clone(), self.rights.clone(), settings));
        self.tasks.block_on(works.follow())?;
        self.tasks.spawn(works::follow(Arc::downgrade(&works)));
        self.works = Some(works);
        Ok(self)
    }

    /// Forgets all that was kept in memory.
    pub fn forget_all(&self) {
        self.masters.invalidate_all();
        self.kitchen.forget();
        if let Some(finder) = &self.finder {
            finder.forget();
        }
    }

    /// What records' rights grant here.
    pub fn rights(&self) -> &rights::Rights {
        &self.rights
    }

    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// Where pyramids are kept, if they are.
    pub fn pyramids_at(&self) -> Option<String> {
        self.pyramids.as_ref().map(|pyramids| pyramids.location())
    }

    /// The image of this identifier, decoded once, as it is now, and what its rights allow.
    pub async fn open(&self, identifier: &str) -> Result<Granted, Error> {
        let opened = self.opened(identifier).await?;
        self.granted(opened).await
    }

    /// An opened image with what its rights allow.
    async fn granted(&self, opened: Shared) -> Result<Granted, Error> {
        let grant = self.grant(&opened).await?;
        if grant.largest == 0 {
            return Err(Error::Forbidden);
        }
        let can_be_made = |pyramids: &Pyramids| {
            pyramids.on_demand() && opened.wants_pyramid(self.from_megapixels) && pyramids.accepts(&opened)
        };
        if !self.pyramids.as_deref().is_some_and(can_be_made) {
            self.kitchen.serves(&opened)?;
        }
        Ok(Granted { opened, limits: self.limits.at_most(grant.largest), grant })
    }

    /// What the rights of the works that show this image allow; the strictest where there are several.
    async fn grant(&self, opened: &Opened) -> Result<Grant, Error> {
        let of_works = match &self.works {
            Some(works) => works.grant(&opened.names).await?,
            None => None,
        };
        Ok(of_works.unwrap_or_else(|| self.rights.without_record.into()))
    }

    /// The image as it is now, whoever may see it.
    async fn opened(&self, identifier: &str) -> Result<Shared, Error> {
        if let Some(opened) = self.kept(identifier).await? {
            return Ok(opened);
        }
        self.open_anew(identifier).await
    }

    async fn open_anew(&self, identifier: &str) -> Result<Shared, Error> {
        let known = self.sources.iter().map(|source| source.name.as_deref());
        let parts = Identifier::parse(identifier, known)?;
        let stores: Vec<Store> = match parts.source {
            Some(at) => vec![self.sources[at].store.clone()],
            None => self
                .sources
                .iter()
                .filter(|source| source.name.is_none())
                .map(|source| source.store.clone())
                .collect(),
        };
        let (masters, output) = (self.masters.clone(), self.output);
        let owned = identifier.to_owned();
        let (pyramids, from) = (self.pyramids.clone(), self.from_megapixels);
        let sources = self.sources.clone();
        let credit = self.credit(identifier).map(Arc::new);
        let health = self.health.clone();
        let open = move |_| async move {
            let mut failed = Error::NotFound;
            for store in stores {
                match Opened::open(store, parts.key.clone(), parts.page, output).await {
                    Ok(mut opened) => {
                        opened.look.credit = credit.clone();
                        opened.identifier = owned.clone();
                        opened.names = names(&sources, &opened.store, &opened.key).await?;
                        let opened = with_pyramid(Arc::new(opened), pyramids.as_deref(), from).await;
                        masters.insert(owned, opened.clone());
                        health.answered();
                        return Ok(opened);
                    }
                    Err(Error::NotFound) => {}
                    Err(error) => failed = error,
                }
            }
            if matches!(failed, Error::Store(_)) {
                health.failed();
            }
            Err(failed)
        };
        self.openings.join(identifier.to_owned(), open).await
    }

    /// What rendered answers say of this image, if there is anything to say.
    fn credit(&self, identifier: &str) -> Option<Credit> {
        let said = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let encoded = percent_encoding::utf8_percent_encode(identifier, percent_encoding::NON_ALPHANUMERIC);
        let credit = Credit {
            credit_line: said(&self.credit.line),
            rights: said(&self.credit.rights),
            source: said(&self.base_url).map(|base| format!("{base}/iiif/3/{encoded}")),
            ..Credit::default()
        };
        (credit != Credit::default()).then_some(credit)
    }

    /// What the request means for the image of this identifier; no pixel is read.
    ///
    /// Where the image needs a pyramid that is missing, its building is awaited, unless the master serves meanwhile.
    pub async fn plan(&self, identifier: &str, request: &ImageRequest) -> Result<(Granted, Plan), Error> {
        self.plan_within(identifier, request, |granted| granted.limits).await
    }

    /// The largest answers, whatever the image.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// The same with limits of its own.
    async fn plan_within(
        &self,
        identifier: &str,
        request: &ImageRequest,
        limits: impl Fn(&Granted) -> Limits,
    ) -> Result<(Granted, Plan), Error> {
        let granted = self.open(identifier).await?;
        let plan = self::plan(&granted, request, limits(&granted))?;
        let opened = &granted.opened;
        let Some(pyramids) = self.missing_pyramid(opened) else {
            self.kitchen.check(opened, &plan)?;
            return Ok((granted, plan));
        };
        if plan.rendering().is_none_or(|(_, reduce)| self.kitchen.decodes(opened, reduce)) {
            self.kitchen.check(opened, &plan)?;
            if matches!(opened.master.kind, Kind::Tiled) {
                drop(self.build(pyramids, opened));
            }
            return Ok((granted, plan));
        }
        let patience = pyramids.patience();
        match tokio::time::timeout(patience, self.build(pyramids, opened)).await {
            Ok(Ok(built)) => built?,
            Ok(Err(error)) => return Err(Error::Fault(error.to_string())),
            Err(_) => return Err(Error::Preparing { retry_after_s: 5 }),
        }
        let granted = self.open(identifier).await?;
        let plan = self::plan(&granted, request, limits(&granted))?;
        self.kitchen.check(&granted.opened, &plan)?;
        Ok((granted, plan))
    }

    /// Where the master's pyramid is made, if it is missing and made on demand.
    fn missing_pyramid(&self, opened: &Opened) -> Option<&Arc<Pyramids>> {
        let pyramids = self.pyramids.as_ref().filter(|pyramids| pyramids.on_demand())?;
        opened.wants_pyramid(self.from_megapixels).then_some(pyramids)
    }

    /// Builds a pyramid in the background.
    fn build(&self, pyramids: &Arc<Pyramids>, master: &Shared) -> JoinHandle<Result<(), Error>> {
        self.tasks.spawn(build(pyramids.clone(), master.clone(), self.masters.clone()))
    }

    /// The bytes that the plan names, made once for all who ask.
    ///
    /// The pyramid of a master without tiles is begun once it has been decoded: building it meanwhile would slow the
    /// answer down, and cost much more than a request that is refused.
    pub async fn deliver(&self, opened: &Shared, plan: Plan) -> Result<Answer, Error> {
        let delivered = self.kitchen.deliver(opened, plan).await;
        if delivered.is_ok() {
            self.begin_pyramid(opened);
        }
        delivered.map_err(|error| unless_discarded(opened, error))
    }

    /// Whether the answer is one of those that are too large to be made as a whole.
    pub fn is_banded(&self, opened: &Shared, plan: &Plan) -> bool {
        self.kitchen.is_banded(opened, plan)
    }

    /// The length of such an answer in bytes, where it is known ahead.
    pub fn banded_length(&self, opened: &Shared, plan: &Plan) -> Result<Option<u64>, Error> {
        self.kitchen.banded_length(opened, plan)
    }

    /// Such an answer, admitted and begun.
    pub async fn banded(&self, opened: &Shared, plan: &Plan) -> Result<Streamed, Error> {
        self.kitchen.banded(opened, plan).await.map_err(|error| unless_discarded(opened, error))
    }

    /// Memory for a finished answer while it is being sent.
    pub async fn unsent(&self, bytes: &Bytes) -> Result<Unsent, Error> {
        self.kitchen.unsent(bytes).await
    }

    /// The same where it takes no waiting.
    pub fn deliver_now(&self, opened: &Shared, plan: &Plan) -> Option<Answer> {
        let answer = self.kitchen.deliver_now(opened, plan)?;
        self.begin_pyramid(opened);
        Some(answer)
    }

    /// Begins the pyramid of a master without tiles that has been decoded, if it is missing.
    fn begin_pyramid(&self, opened: &Shared) {
        if matches!(opened.master.kind, Kind::Whole { .. })
            && let Some(pyramids) = self.missing_pyramid(opened)
        {
            drop(self.build(pyramids, opened));
        }
    }

    /// Looks the image up anew when it is asked for next.
    pub fn forget(&self, identifier: &str) {
        self.masters.invalidate(identifier);
    }

    /// Whether a store failed when a master was opened just now; nothing is asked.
    pub fn has_failing_store(&self) -> bool {
        self.health.is_failing() || self.is_troubled()
    }

    /// The sources that cannot be read, each with cause and remedy; what changed since the last call is logged.
    pub async fn troubles(&self) -> Vec<store::Diagnosis> {
        let probed = self.sources.iter().map(|source| source.store.diagnose());
        let probed = futures::future::join_all(probed).await;
        let mut known = self.troubles.lock().unwrap_or_else(PoisonError::into_inner);
        for ((source, now), before) in self.sources.iter().zip(&probed).zip(known.iter_mut()) {
            let now = now.as_ref().map(|trouble| trouble.text.clone());
            match &now {
                Some(text) if before.as_ref() != Some(text) => tracing::error!("not ready: {text}"),
                None if before.is_some() => tracing::info!("{} can be read again", source.store.describe()),
                _ => {}
            }
            *before = now;
        }
        probed.into_iter().flatten().collect()
    }

    /// What besides the sources keeps the server from answering as it should, in words for anybody; nothing is asked.
    pub fn failures(&self) -> Failures {
        let catalogue = self.works.as_ref().filter(|works| works.is_silent()).map(|_| {
            "the catalogue does not answer: images whose rights are known are shown, works and tags are not".to_owned()
        });
        let index = self.finder.as_ref().and_then(|finder| Some((finder.is_there(), finder.failure()?)));
        Failures {
            catalogue,
            search: index
                .clone()
                .filter(|(is_there, _)| !is_there)
                .map(|(_, cause)| format!("there is no search: {cause}")),
            stale: index
                .filter(|(is_there, _)| *is_there)
                .map(|(_, cause)| format!("the search does not follow changes: {cause}")),
        }
    }

    /// Whether a source could not be read when [`Gallery::troubles`] was last called.
    pub fn is_troubled(&self) -> bool {
        self.troubles.lock().unwrap_or_else(PoisonError::into_inner).iter().any(Option::is_some)
    }

    /// Why pyramids cannot be kept where they are to be kept.
    pub async fn pyramids_trouble(&self) -> Option<store::Diagnosis> {
        self.pyramids.as_ref()?.trouble().await
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

/// All identifiers, of any source, that the object has; without a page.
async fn names(sources: &[Source], store: &Store, key: &store::Key) -> Result<Vec<String>, Error> {
    let mut names = Vec::with_capacity(1);
    for place in store.locations(key).await? {
        for source in sources {
            if let Some(key) = source.store.key_at(&place) {
                let name = match &source.name {
                    Some(name) => format!("{name}:{}", key.as_str()),
                    None => key.as_str().to_owned(),
                };
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
    }
    Ok(names)
}

/// A damaged pyramid is no damaged image: whoever asks again gets another one.
fn unless_discarded(opened: &Opened, error: Error) -> Error {
    match opened.is_discarded() {
        true => Error::Store(store::Error::Changed),
        false => error,
    }
}

fn plan(granted: &Granted, request: &ImageRequest, limits: Limits) -> Result<Plan, Error> {
    Ok(Plan::new(request, &granted.master, limits, granted.look.lets_tiles_pass())?)
}

/// The master's pyramid where it has been made, else the master.
async fn with_pyramid(master: Shared, pyramids: Option<&Pyramids>, from_megapixels: f64) -> Shared {
    let Some(pyramids) = pyramids.filter(|_| master.wants_pyramid(from_megapixels)) else { return master };
    match pyramids.find(&master).await {
        Ok(Some(mut pyramid)) => {
            pyramid.look.credit = master.look.credit.clone();
            pyramid.names = master.names.clone();
            pyramid.pyramid_of = Some(master);
            Arc::new(pyramid)
        }
        Ok(None) => master,
        Err(error) => {
            tracing::warn!(master = master.key.as_str(), %error, "its pyramid cannot be opened");
            master
        }
    }
}

/// Makes a pyramid that is asked for, and has the image opened anew.
async fn build(pyramids: Arc<Pyramids>, master: Shared, masters: Cache<String, Shared>) -> Result<(), Error> {
    pyramids.build_on_demand(master.clone()).await?;
    masters.invalidate(&master.identifier);
    Ok(())
}
