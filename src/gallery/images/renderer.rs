//! Serves plans: stored tiles byte for byte, everything else rendered, each once for concurrent callers.

use std::sync::Arc;

use bytes::Bytes;
use foldhash::fast::RandomState;
use metrics::Counter;
use moka::sync::Cache;
use tokio::runtime::Handle;
use xxhash_rust::xxh3::xxh3_64;

use super::admission::{Class, Client, Ticket};
use super::budget::Reserve;
use super::decoded_tiles::DecodedTiles;
use super::handle::ImageHandle;
use super::kept_answers::KeptAnswers;
use super::mips::Mips;
use super::read_tiles::{is_whole, read_now, stored_bytes, stored_tile, tile_range, tiles, within_file};
use super::recent_keys::RecentKeys;
use super::scheduler::RenderScheduler;
use super::tiles_ahead::TilesAhead;
use super::unsent::{Sending, Unsent};
use crate::gallery::Error;
use crate::gallery::settings::Settings;
use crate::gallery::single_flight::{Cancellation, SingleFlight};
use crate::identity::Identity;
use crate::iiif::Dimensions;
use crate::master::{Kind, SourceFormat, TileIndex, complete_jpeg};
use crate::pixels::decode::jp2;
use crate::pixels::{Picture, jpeg};
use crate::render::{self, DrawError, Frame, Plan, Source, Tile};
use crate::store::DiskCache;
use crate::store::disk::Lookup;

/// A JPEG 2000 that has at most this many pixels at some reduction is decoded completely at that reduction, and cached:
/// overviews touch many tiles and are requested repeatedly.
const OVERVIEW: u64 = 1 << 20;

/// The capacity of the cache of JPEG 2000 headers and tile-part offsets, in bytes.
const CODESTREAMS: u64 = 32 << 20;

/// The part of the memory for decoded images that is for decoded tiles, as a divisor.
const TILES_SHARE: u64 = 2;

/// Increment this when equal plans give different bytes: it invalidates what clients have cached.
const RENDERING: u32 = 2;

/// Where the bytes of a response come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Cache,
    /// A stored tile.
    Stored,
    Rendered,
}

type ResponseKey = (u64, Plan);

/// Renders plans, and caches the results.
pub(super) struct Renderer {
    responses: Cache<ResponseKey, Bytes, RandomState>,
    /// What was requested lately.
    requested: RecentKeys,
    kept: KeptAnswers,
    tiles_ahead: Arc<TilesAhead>,
    renderings: SingleFlight<ResponseKey, Bytes>,
    pub(super) decoded: Cache<(u64, u32), Arc<Mips>>,
    pub(super) decoded_tiles: DecodedTiles,
    /// JPEG 2000s whose tile-parts have been located.
    pub(super) codestreams: Cache<u64, Arc<jp2::Codestream>>,
    pub(super) decodings: SingleFlight<(u64, u32), (Arc<Mips>, Arc<Reserve>)>,
    pub(super) scheduler: RenderScheduler,
    sending: Sending,
    pub(super) tasks: Handle,
    pub(super) settings: render::Settings,
    recipe: u64,
    pub(super) whole_pixels: u64,
    pub(super) whole_bytes: u64,
    counters: Counters,
}

struct Counters {
    stored: Counter,
    rendered: Counter,
    hits: Counter,
    misses: Counter,
}

impl Renderer {
    pub(super) fn new(
        settings: &Settings,
        scheduler: RenderScheduler,
        disk: Option<Arc<DiskCache>>,
        tasks: Handle,
    ) -> Self {
        let response_bytes = settings.cache.answers_mib << 20;
        let responses = Cache::builder()
            .max_capacity(response_bytes - TilesAhead::share(response_bytes))
            .weigher(|_: &ResponseKey, bytes: &Bytes| (bytes.len() + 256) as u32);
        let decoded_bytes = settings.cache.decoded_mib << 20;
        let of_tiles = decoded_bytes / TILES_SHARE;
        let decoded = Cache::builder().max_capacity(decoded_bytes - of_tiles).weigher(
            |_: &(u64, u32), mips: &Arc<Mips>| mips.pictures.iter().map(Picture::bytes).sum::<u64>() as u32,
        );
        Self {
            responses: responses.build_with_hasher(RandomState::default()),
            requested: RecentKeys::new(),
            kept: KeptAnswers::new(disk, xxh3_64(recipe(settings).as_bytes())),
            tiles_ahead: Arc::new(TilesAhead::new(response_bytes, tasks.clone())),
            renderings: SingleFlight::cancelling(tasks.clone()),
            decoded: decoded.build(),
            decoded_tiles: DecodedTiles::new(of_tiles),
            codestreams: Cache::builder()
                .max_capacity(CODESTREAMS)
                .weigher(|_: &u64, codestream: &Arc<jp2::Codestream>| codestream.weight())
                .build(),
            decodings: SingleFlight::cancelling(tasks.clone()),
            tasks,
            scheduler,
            sending: Sending::default(),
            settings: settings.render.clone(),
            recipe: xxh3_64(recipe(settings).as_bytes()),
            whole_pixels: settings.masters.whole_megapixels * 1_000_000,
            whole_bytes: settings.masters.whole_mib << 20,
            counters: Counters {
                stored: metrics::counter!("tegl_answers_total", "source" => "stored"),
                rendered: metrics::counter!("tegl_answers_total", "source" => "rendered"),
                hits: metrics::counter!("tegl_answer_cache_total", "result" => "hit"),
                misses: metrics::counter!("tegl_answer_cache_total", "result" => "miss"),
            },
        }
    }

    pub(super) fn recipe(&self) -> u64 {
        self.recipe
    }

    /// The bytes of a plan, computed once for concurrent callers.
    pub(super) async fn deliver(
        self: &Arc<Self>,
        handle: &Arc<ImageHandle>,
        plan: &Plan,
        client: Option<Client>,
    ) -> Result<(Bytes, Origin), Error> {
        let origin = match plan.source {
            Source::Stored { .. } => Origin::Stored,
            Source::Rendered { .. } => Origin::Rendered,
        };
        let name = (handle.number, plan.clone());
        if let Some(bytes) = self.responses.get(&name) {
            self.count(origin, &self.counters.hits);
            return Ok((bytes, Origin::Cache));
        }
        if let Some(bytes) = read_now(handle, plan) {
            self.count(origin, &self.counters.misses);
            // The system's page cache has the tiles of local files: only those that are requested again are kept here, too.
            if !handle.store.is_local() || self.requested.insert(&name) {
                self.responses.insert(name, bytes.clone());
            }
            return Ok((bytes, origin));
        }
        self.count(origin, &self.counters.misses);
        let kept = self.kept.name(handle, plan);
        let lookup = kept.as_ref().map_or(Lookup::Missing, |kept| self.kept.get_now(kept));
        if let Lookup::Found(bytes) = lookup {
            self.responses.insert(name, bytes.clone());
            return Ok((bytes, Origin::Cache));
        }
        let is_kept = matches!(lookup, Lookup::Cold);
        let (renderer, handle, plan) = (self.clone(), handle.clone(), plan.clone());
        let make = move |cancellation| {
            // Refused before a task is started. A response on disk does not wait for threads.
            let ticket = match is_kept {
                true => None,
                false => renderer.ticket(&handle, &plan, client)?,
            };
            Ok(async move {
                let rendered = match renderer.kept.get(kept.as_ref()).await {
                    Some(bytes) => bytes,
                    None => {
                        let ticket = if is_kept { renderer.ticket(&handle, &plan, client)? } else { ticket };
                        let made = renderer.make(&handle, &plan, ticket, cancellation).await;
                        let made = made.inspect_err(|error| handle.record_failure(error))?;
                        renderer.kept.put(kept.as_ref(), &made);
                        made
                    }
                };
                // Samples are large, and read once.
                if !plan.is_raw {
                    renderer.responses.insert((handle.number, plan), rendered.clone());
                }
                Ok(rendered)
            })
        };
        let bytes = Box::pin(self.renderings.join_unless_refused(name, make)).await?;
        Ok((bytes, origin))
    }

    fn count(&self, origin: Origin, cache: &Counter) {
        cache.increment(1);
        match origin {
            Origin::Stored => self.counters.stored.increment(1),
            _ => self.counters.rendered.increment(1),
        }
    }

    /// The admission of a plan; `None` for a stored tile, which takes a thread only if it is cropped.
    fn ticket(
        &self,
        handle: &ImageHandle,
        plan: &Plan,
        client: Option<Client>,
    ) -> Result<Option<Ticket>, Error> {
        match self.class(handle, plan) {
            Class::Stored => Ok(None),
            class => self.scheduler.ticket(class, client, Some(&handle.store)).map(Some),
        }
    }

    async fn make(
        self: &Arc<Self>,
        handle: &Arc<ImageHandle>,
        plan: &Plan,
        ticket: Option<Ticket>,
        cancellation: Cancellation,
    ) -> Result<Bytes, Error> {
        let (level, reduce) = match plan.source {
            Source::Stored { level, tile } => return self.stored(handle, level, tile, plan.size).await,
            Source::Rendered { level, reduce } => (level, reduce),
        };
        let ticket = ticket.ok_or_else(|| Error::Fault("a rendering is not admitted".into()))?;
        match &handle.master.kind {
            Kind::Tiled => {
                let rendered = self.tiled(handle, plan, (level, reduce), &ticket, cancellation.clone()).await;
                match (rendered, handle.master.larger_level(level, reduce)) {
                    // A damaged level does not damage the image: a larger one may be intact.
                    (Err(error @ Error::Damaged(_)), Some((level, reduce))) => {
                        handle.record_failure(&error);
                        self.tiled(handle, plan, (level, reduce), &ticket, cancellation).await
                    }
                    (rendered, _) => rendered,
                }
            }
            Kind::Untiled { format: SourceFormat::Jp2, .. }
                if handle.master.dimensions.reduced(reduce).area() > OVERVIEW =>
            {
                self.region(handle, plan, reduce, &ticket, cancellation).await
            }
            Kind::Untiled { .. } => self.whole(handle, plan, reduce, &ticket).await,
        }
    }

    async fn stored(
        &self,
        handle: &Arc<ImageHandle>,
        level: usize,
        tile: TileIndex,
        size: Dimensions,
    ) -> Result<Bytes, Error> {
        let range =
            tile_range(handle, level, tile).ok_or_else(|| Error::Damaged("a tile is not stored".into()))?;
        within_file(handle, &range)?;
        let ahead = self.tiles_ahead.tile(handle, level, tile).await?;
        let read = async |range| match &ahead {
            Some(bytes) => Ok(bytes.clone()),
            None => stored_tile(handle, level, tile, range).await,
        };
        if is_whole(handle, level, size) {
            let bytes = read(range.clone()).await?;
            // The size in the tile's own header counts, even if the TIFF's grid differs.
            if jpeg::stated_size(&bytes, handle.heads[level].len()) == Some(size) {
                return Ok(bytes);
            }
        }
        let cost = (range.end - range.start) * 2 + handle.master.levels[level].grid.tile.area() * 6;
        let ticket = self.scheduler.ticket(Class::Stored, None, Some(&handle.store))?;
        let mut admitted = self.scheduler.admit(&ticket, cost, Some(&handle.store)).await?;
        let bytes = read(range).await?;
        admitted.has_read();
        let handle = handle.clone();
        let cut = move || Ok(complete_jpeg::crop(bytes.into(), &handle.master.levels[level], tile, size)?);
        self.scheduler.run_admitted(admitted, cut).await.map(Bytes::from)
    }

    async fn tiled(
        &self,
        handle: &Arc<ImageHandle>,
        plan: &Plan,
        (level, reduce): (usize, u32),
        ticket: &Ticket,
        cancellation: Cancellation,
    ) -> Result<Bytes, Error> {
        let (handle, plan) = (handle.clone(), plan.clone());
        let master = &handle.master;
        let frame = Frame::of_tiles(&plan, master, &master.levels[level], reduce);
        let drawn = frame.cost(render::bytes_per_pixel(&master.levels[level]));
        let decoded = self.decoded_tiles.cost(&master.levels[level], &frame);
        let cost = stored_bytes(&handle, level, &frame.tiles)?.saturating_add(drawn).saturating_add(decoded);
        let mut admitted = self.scheduler.admit(ticket, cost, Some(&handle.store)).await?;
        let known = self.decoded_tiles.find(&handle, level, &frame);
        let missing: Vec<TileIndex> = frame
            .tiles
            .iter()
            .zip(&known)
            .filter(|(_, known)| known.is_none())
            .map(|(&tile, _)| tile)
            .collect();
        let mut read = ticket.before_deadline(tiles(&handle, level, &missing)).await?.into_iter();
        admitted.has_read();
        let tile = |known: Option<Arc<Picture>>| match known {
            Some(decoded) => Tile::Decoded(decoded),
            None => read.next().flatten().into(),
        };
        let tiles: Vec<Tile> = known.into_iter().map(tile).collect();
        let (settings, decoded_tiles) = (self.settings.clone(), self.decoded_tiles.clone());
        let work = move || {
            let master = &handle.master;
            let tiles = decoded_tiles.decode(&handle, level, &frame, tiles, &cancellation);
            let drawn = render::draw(&frame, &master.levels[level], &tiles, &|| cancellation.is_cancelled());
            let picture = drawn.map_err(stopped)?;
            drop(tiles);
            cancellation.check()?;
            let place = (frame.window, frame.size);
            let rendered =
                render::finish(&plan, &picture, place, master.orientation, &handle.color, &settings)?;
            picture.recycle();
            Ok(rendered)
        };
        self.scheduler.run_admitted(admitted, work).await.map(Bytes::from)
    }

    /// Memory for a finished response while it is being sent.
    pub(super) async fn unsent(&self, bytes: &Bytes) -> Result<Unsent, Error> {
        self.sending.count(bytes, &self.scheduler).await
    }

    /// Memory for `bytes` that are read ahead of a client.
    pub(super) async fn unsent_pieces(&self, bytes: u64) -> Result<Unsent, Error> {
        Ok(Unsent::of(self.scheduler.unsent(bytes).await?))
    }

    /// The disk cache, if there is one.
    pub(super) fn disk(&self) -> Option<&DiskCache> {
        self.kept.disk()
    }

    /// Clears the caches of responses and of tiles.
    pub(super) fn forget(&self) {
        self.decoded_tiles.forget();
        self.tiles_ahead.forget();
        self.responses.invalidate_all();
    }

    pub(super) fn observe(&self) {
        self.kept.observe();
        self.scheduler.observe();
        let [busy, threads, waiting] = self.scheduler.load();
        metrics::gauge!("tegl_work_threads_busy").set(busy as f64);
        metrics::gauge!("tegl_work_threads").set(threads as f64);
        metrics::gauge!("tegl_work_waiting").set(waiting as f64);
        metrics::gauge!("tegl_work_memory_bytes").set((self.scheduler.taken_kib() << 10) as f64);
        let answers = self.responses.weighted_size() + self.tiles_ahead.bytes();
        metrics::gauge!("tegl_cache_bytes", "cache" => "answers").set(answers as f64);
        metrics::gauge!("tegl_cache_entries", "cache" => "answers").set(self.responses.entry_count() as f64);
        let decoded = self.decoded.weighted_size() + self.decoded_tiles.bytes();
        metrics::gauge!("tegl_cache_bytes", "cache" => "decoded").set(decoded as f64);
    }
}

/// Everything but plan and master that determines a response's bytes.
fn recipe(settings: &Settings) -> String {
    let (render, credit) = (settings.render.identity(), settings.credit.identity());
    format!("{RENDERING} {render} {credit} {}", settings.base_url)
}

/// The error of a drawing that failed or was cancelled.
pub(super) fn stopped(stopped: DrawError) -> Error {
    match stopped {
        DrawError::Cancelled => Error::Abandoned,
        DrawError::Pixels(error) => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gallery::settings::Credit;
    use crate::pixels::color::Output;

    #[track_caller]
    fn check(settings: &Settings, expected: &str, hashed: u64) {
        assert_eq!(recipe(settings), expected);
        assert_eq!(xxh3_64(expected.as_bytes()), hashed);
    }

    /// Entity tags contain a hash of the recipe: another text would invalidate everything that clients have cached.
    #[test]
    fn recipes_are_stable() {
        let mut settings = Settings::default();
        check(
            &settings,
            "2 Settings { jpeg_quality: 85, jpeg_full_color: false, output: Srgb } Credit { line: \"\", rights: \"\" } ",
            5_464_543_993_135_527_509,
        );
        settings.render =
            render::Settings { jpeg_quality: 100, jpeg_full_color: true, output: Output::DisplayP3 };
        settings.credit = Credit {
            line: "Foto: \u{201c}SMK\u{201d} \"J\u{f8}rgensen\"\tO'Neil\r\n\\ e\u{301} \u{200b}".into(),
            rights: "http://creativecommons.org/publicdomain/zero/1.0/".into(),
        };
        settings.base_url = "https://images.example.org".into();
        check(
            &settings,
            "2 Settings { jpeg_quality: 100, jpeg_full_color: true, output: DisplayP3 } \
             Credit { line: \"Foto: \u{201c}SMK\u{201d} \\\"J\u{f8}rgensen\\\"\\tO'Neil\\r\\n\\\\ e\\u{301} \\u{200b}\", \
             rights: \"http://creativecommons.org/publicdomain/zero/1.0/\" } https://images.example.org",
            13_932_148_469_111_556_575,
        );
    }
}
