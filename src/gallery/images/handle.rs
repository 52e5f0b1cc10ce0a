//! An opened master: its index, its colour transform, the headers of its tiles.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;

use super::freshness::Freshness;
use super::index_reader::{IndexBytes, ReadIndex, Start};
use crate::gallery::Error;
use crate::iiif::{Dimensions, Info, Limits, Rect, Tiles};
use crate::master::{Integrity, Kind, Master, SourceFormat, complete_jpeg};
use crate::pixels::color::Output;
use crate::render::ColorTransform;
use crate::store::{Key, Store, Version};

/// An opened master, cached until its version changes.
pub(crate) struct ImageHandle {
    /// Unique per opened master in this process.
    pub number: u64,
    pub store: Store,
    pub key: Key,
    pub page: u32,
    pub version: Version,
    pub master: Master,
    pub color: ColorTransform,
    /// The identifier that it was opened by; empty for a pyramid.
    pub identifier: String,
    /// All identifiers of its file, without a page: rights of one apply to all.
    pub names: Vec<String>,
    /// Whether a pyramid would serve viewers better than this master: it is not small, and it has no tiles, its tiles
    /// cannot be served byte for byte, or its smallest level is too large for an overview. Set when a master is opened
    /// for the cache.
    pub needs_pyramid: bool,
    /// The master, if this is its pyramid.
    pub pyramid_of: Option<Arc<ImageHandle>>,
    /// For each level of JPEG tiles, the header that precedes a tile.
    pub heads: Vec<Bytes>,
    /// Whether this has turned out to be a damaged pyramid.
    discarded: AtomicBool,
    /// The bytes that the index was read from.
    index: IndexBytes,
    /// Whether the store has tiles whose markers do not fit together, so that they say nothing about damage on the way.
    is_irregular: AtomicBool,
    /// Whether the index was read again after a tile had turned out to be damaged.
    was_reread: AtomicBool,
    /// When its version was last confirmed by the store.
    pub freshness: Freshness,
    /// Whether its version comes from the disk cache.
    pub is_recalled: bool,
}

/// The advertised tile side of a master without tiles.
pub(super) const WHOLE_TILE: u32 = 512;

impl ImageHandle {
    /// Reads a master's index. With [`Start::Recalled`] the disk cache may know the version and the bytes; the version may
    /// then be outdated.
    pub(crate) async fn open(
        store: Store,
        key: Key,
        page: u32,
        output: Output,
        start: Start,
    ) -> Result<Self, Error> {
        let ReadIndex { master, version, age, bytes } = ReadIndex::read(&store, &key, page, start).await?;
        let mut handle = Self::new(store, key, page, version, (master, bytes), output);
        if let Some(age) = age {
            handle.freshness = Freshness::confirmed(age);
            handle.is_recalled = true;
        }
        Ok(handle)
    }

    fn new(
        store: Store,
        key: Key,
        page: u32,
        version: Version,
        (master, index): (Master, IndexBytes),
        output: Output,
    ) -> Self {
        static NUMBERS: AtomicU64 = AtomicU64::new(1);
        let color = ColorTransform::new(master.icc.as_ref(), master.shape(), output);
        let head = |level| Bytes::from(complete_jpeg::head(level, color.profile.as_deref()));
        let heads = master.levels.iter().map(head).collect();
        let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
        let (freshness, discarded) = (Freshness::confirmed(Duration::ZERO), AtomicBool::new(false));
        let (pyramid_of, identifier, names) = (None, String::new(), Vec::new());
        Self {
            number,
            store,
            key,
            page,
            version,
            master,
            color,
            identifier,
            names,
            needs_pyramid: false,
            pyramid_of,
            heads,
            discarded,
            index,
            is_irregular: AtomicBool::new(false),
            was_reread: AtomicBool::new(false),
            freshness,
            is_recalled: false,
        }
    }

    /// Store, key and version of the master itself, even if pixels are read from its pyramid.
    pub(crate) fn origin(&self) -> (&Store, &Key, &Version) {
        match &self.pyramid_of {
            Some(master) => (&master.store, &master.key, &master.version),
            None => (&self.store, &self.key, &self.version),
        }
    }

    /// Records a failed rendering. A pyramid that is damaged is not served any more, and is rebuilt.
    pub(crate) fn record_failure(&self, error: &Error) {
        if matches!(error, Error::Damaged(_))
            && self.pyramid_of.is_some()
            && !self.discarded.swap(true, Ordering::Relaxed)
        {
            tracing::warn!(pyramid = self.key.as_str(), %error, "a damaged pyramid is discarded");
        }
    }

    /// Whether a damaged tile is due to an index that was damaged on its way from the store, and not kept there. The index is
    /// read again once to find out, if it has no checksum.
    pub(super) async fn has_damaged_index(&self) -> bool {
        let is_known = self.store.is_local() || self.master.integrity == Integrity::Verified;
        if is_known || self.was_reread.swap(true, Ordering::Relaxed) {
            return false;
        }
        // A failing store says nothing.
        self.index.are_outdated(&self.store, &self.key, &self.version, self.page).await.unwrap_or(false)
    }

    /// Whether the markers of JPEG tiles say something about damage on the way.
    pub(super) fn has_regular_tiles(&self) -> bool {
        !self.is_irregular.load(Ordering::Relaxed)
    }

    /// Records that the store has a tile whose markers do not fit together.
    pub(super) fn record_irregular_tile(&self) {
        self.is_irregular.store(true, Ordering::Relaxed);
    }

    /// Whether this is a damaged pyramid.
    pub(crate) fn is_discarded(&self) -> bool {
        self.discarded.load(Ordering::Relaxed)
    }

    /// The approximate memory of this value in bytes.
    pub(crate) fn weight(&self) -> usize {
        self.master.weight() + self.color.weight() + self.heads.iter().map(Bytes::len).sum::<usize>() + 1024
    }

    /// The advertised sizes and tiles: the stored levels where their scale factors are integers, otherwise halvings down
    /// to one tile; both within the limits.
    pub(crate) fn info(&self, id: String, limits: Limits) -> Info {
        let (side, factors) = self.factors();
        self.info_of(id, limits, side, &factors)
    }

    /// The same with all sizes rounded up, regardless of the sizes of stored levels.
    ///
    /// Some viewers compute the sizes of tiles from `sizes`, others round up. The server accepts either, and advertises the
    /// sizes of its levels so that stored tiles can be served byte for byte; static files have one URL per tile.
    pub(crate) fn static_info(&self, id: String, limits: Limits) -> Info {
        let (side, mut factors) = self.factors();
        factors.iter_mut().for_each(|(factor, size)| *size = self.master.upright().reduced(*factor));
        self.info_of(id, limits, side, &factors)
    }

    fn info_of(&self, id: String, limits: Limits, side: Dimensions, factors: &[(u32, Dimensions)]) -> Info {
        let sizes = factors.iter().rev().map(|(_, size)| *size).filter(|size| limits.allow(*size)).collect();
        let detail = factors.iter().filter(|(_, size)| !limits.restrict(*size));
        let scale_factors = detail.map(|(factor, _)| *factor).collect();
        let dimensions = self.master.upright();
        Info { id, dimensions, limits, sizes, tiles: Tiles { side, scale_factors } }
    }

    /// The tile size, and all scale factors with the image's size at each.
    fn factors(&self) -> (Dimensions, Vec<(u32, Dimensions)>) {
        let full = self.master.upright();
        let upright = self.master.orientation.is_upright();
        let grid = self.master.levels.first().map(|level| level.grid.tile);
        let side = grid.filter(|_| upright).unwrap_or(Dimensions::new(WHOLE_TILE, WHOLE_TILE));
        let mut factors: Vec<(u32, Dimensions)> = Vec::new();
        let fits_tile = |factor: u32| {
            let size = full.reduced(factor);
            size.width <= side.width && size.height <= side.height
        };
        let mut factor = 1;
        loop {
            factors.push((factor, full.reduced(factor)));
            if fits_tile(factor) || factor >= 1 << 16 {
                break;
            }
            factor *= 2;
        }
        if upright {
            for level in self.master.levels.iter().filter(|level| level.grid.tile == side) {
                let Some(factor) = level.factor(full) else { continue };
                match factors.binary_search_by_key(&factor, |(factor, _)| *factor) {
                    Ok(known) => factors[known].1 = level.dimensions,
                    Err(place) if factor < factors[factors.len() - 1].0 => {
                        factors.insert(place, (factor, level.dimensions))
                    }
                    Err(_) => {}
                }
            }
        }
        (side, factors)
    }

    /// The version, for hashing.
    pub(crate) fn version_bytes(&self) -> Vec<u8> {
        [&self.version.size.to_le_bytes()[..], self.version.etag.as_bytes()].concat()
    }

    /// Whether it can be read row by row, in memory that does not grow with its height.
    pub(crate) fn reads_by_row(&self) -> bool {
        match &self.master.kind {
            Kind::Tiled => true,
            Kind::Untiled { format, .. } => matches!(format, SourceFormat::Tiff | SourceFormat::Png),
        }
    }

    /// Why no stored tile of this master can be served byte for byte, if none can.
    pub(crate) fn slow_because(&self) -> Option<String> {
        match &self.master.kind {
            Kind::Untiled { reason, .. } => Some(reason.clone()),
            Kind::Tiled
                if self
                    .master
                    .levels
                    .last()
                    .is_some_and(|level| level.dimensions.area() > LARGEST_OVERVIEW) =>
            {
                Some("it has no smaller levels for overviews".into())
            }
            Kind::Tiled if !self.color.is_passthrough() => Some("its colours have to be converted".into()),
            Kind::Tiled if !self.master.orientation.is_upright() => Some("it is not upright".into()),
            Kind::Tiled => None,
        }
    }

    /// The whole image, in its own pixels.
    pub(crate) fn all(&self) -> Rect {
        Rect::all(self.master.upright())
    }
}

/// The largest number of pixels of a smallest level that serves as an overview.
const LARGEST_OVERVIEW: u64 = 4 << 20;
