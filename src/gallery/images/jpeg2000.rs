//! JPEG 2000 masters, which are decoded in part and at a reduced resolution.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use tokio::runtime::Handle;

use super::admission::Ticket;
use super::decoded_tiles::{DecodedTiles, Key};
use super::handle::{ImageHandle, WHOLE_TILE};
use super::pyramids::ReadAhead;
use super::renderer::Renderer;
use super::trim;
use crate::gallery::Error;
use crate::gallery::single_flight::Cancellation;
use crate::iiif::{Dimensions, Rect};
use crate::master::{Grid, TileIndex};
use crate::pixels::decode::jp2;
use crate::pixels::{Channels, Picture, Raster, ReadAt};
use crate::render::{self, ColorTransform, Frame, Plan};

/// The tiles that are kept decoded, in pixels of their resolution: those that viewers request. Code-blocks at their edges are
/// decoded twice, and smaller tiles would have more of them.
const TILE: Dimensions = Dimensions::new(WHOLE_TILE, WHOLE_TILE);

/// The part of a tile that a region has to contain for the whole tile to be decoded, as a divisor.
const LEAST_PART: u64 = 4;

/// The mean size of a codestream's tiles up to which it does not matter how often they are read, in bytes.
const MAX_TILE_BYTES: u64 = 4 << 20;

/// What a rendering decodes of a JPEG 2000.
struct Part {
    frame: Frame,
    /// The logarithm of the reduction.
    reduce: u32,
    /// The tiles that contain it; `None` if it is decoded as one piece, for this rendering alone.
    tiles: Option<Tiles>,
}

struct Tiles {
    grid: Grid,
    /// Each tile, and its samples if they were cached.
    found: Vec<(TileIndex, Option<Arc<Picture>>)>,
}

impl Renderer {
    /// Renders a region of a JPEG 2000.
    pub(super) async fn region(
        self: &Arc<Self>,
        handle: &Arc<ImageHandle>,
        plan: &Plan,
        reduce: u32,
        ticket: &Ticket,
        cancellation: Cancellation,
    ) -> Result<Bytes, Error> {
        let (framed, planned, decoded_tiles) = (handle.clone(), plan.clone(), self.decoded_tiles.clone());
        let part = move |codestream: &jp2::Codestream, file: &CancellableReader| {
            let reduce = reduce.ilog2().min(codestream.resolutions() - 1);
            let part = Part::new(&framed, &planned, codestream, reduce, &decoded_tiles);
            let costs = part.costs(&framed, codestream, file)?;
            Ok((part, costs))
        };
        let (codestream, file, (part, costs)) =
            self.codestream(handle, ticket, cancellation.clone(), part).await?;
        let besides = part.frame.cost(4).saturating_add(read_ahead(handle)).saturating_add(part.kept(handle));
        let decoding = |threads| costs.iter().map(|cost| cost.bytes(threads)).max().unwrap_or(0);
        let cost = |threads| decoding(threads).saturating_add(besides);
        let most = self.scheduler.most_threads(&handle.store, cost);
        let (cost, decoding) = (cost(most), decoding(most));
        let admitted = self.scheduler.admit_reader(ticket, cost, &handle.store).await?;
        let (handle, plan, settings) = (handle.clone(), plan.clone(), self.settings.clone());
        let decoded_tiles = self.decoded_tiles.clone();
        let work = move |threads| {
            cancellation.check()?;
            let picture = {
                let _trim = trim::Guard(decoding);
                part.decode(&handle, &codestream, &file, &decoded_tiles, threads)?
            };
            let place = (part.frame.window, part.frame.size);
            let color = handle.color.after_conversion();
            Ok(render::finish(&plan, &picture, place, handle.master.orientation, &color, &settings)?)
        };
        self.scheduler.run_in_parallel(admitted, most, work).await.map(Bytes::from)
    }

    /// Locates the tile-parts of a JPEG 2000, and calls `inspect` on it; no sample is decoded.
    pub(super) async fn codestream<T: Send + 'static>(
        &self,
        handle: &Arc<ImageHandle>,
        ticket: &Ticket,
        cancellation: Cancellation,
        inspect: impl FnOnce(&jp2::Codestream, &CancellableReader) -> Result<T, Error> + Send + 'static,
    ) -> Result<(Arc<jp2::Codestream>, CancellableReader, T), Error> {
        let file = ReadAhead::random_access(handle.clone(), Handle::current());
        let file = CancellableReader { file, cancellation };
        let known = self.codestreams.get(&handle.number);
        let is_known = known.is_some();
        let open = move || {
            let codestream = match known {
                Some(known) => known,
                None => Arc::new(file.checked(jp2::Codestream::open(&file))?),
            };
            let found = file.checked(inspect(&codestream, &file))?;
            Ok((codestream, file, found))
        };
        let admitted = self.scheduler.admit_reader(ticket, 4 << 20, &handle.store).await?;
        let found = self.scheduler.run_admitted(admitted, open).await?;
        if !is_known {
            self.codestreams.insert(handle.number, found.0.clone());
        }
        Ok(found)
    }
}

impl Part {
    fn new(
        handle: &ImageHandle,
        plan: &Plan,
        codestream: &jp2::Codestream,
        reduce: u32,
        decoded_tiles: &DecodedTiles,
    ) -> Self {
        let frame = Frame::of_region(plan, &handle.master, 1 << reduce);
        let level = handle.master.dimensions.reduced(1 << reduce);
        // Of HTJ2K, the codestream's tiles are decoded as a whole, and of any large one all packets may have to be read: that
        // is done once for a region, not for each of its tiles.
        let is_kept = codestream.starts_at_origin()
            && !codestream.is_ht()
            && codestream.mean_tile_bytes() <= MAX_TILE_BYTES
            && decoded_tiles.keeps_level(level, channels(handle).count() as u64);
        let tiles = is_kept.then(|| {
            let grid = Grid { image: level, tile: TILE };
            let find = |tile| (tile, decoded_tiles.get(&key(handle, reduce, tile)));
            Tiles { grid, found: grid.covering(covered(&frame)).map(find).collect() }
        });
        Self { frame, reduce, tiles }
    }

    /// The memory for each of its decodings, which follow each other.
    fn costs(
        &self,
        handle: &ImageHandle,
        codestream: &jp2::Codestream,
        file: &CancellableReader,
    ) -> Result<Vec<jp2::Cost>, Error> {
        let full = handle.master.dimensions;
        let cost = |source| Ok(codestream.cost(file, source, self.reduce)?);
        match &self.tiles {
            Some(tiles) => tiles.missing().map(|rect| cost(full_size(rect, self.reduce, full))).collect(),
            None => Ok(vec![cost(self.frame.source(full))?]),
        }
    }

    /// The bytes of the tiles that will be kept.
    fn kept(&self, handle: &ImageHandle) -> u64 {
        let pixels = self.tiles.iter().flat_map(Tiles::missing).map(|rect| rect.dimensions().area());
        pixels.sum::<u64>() * channels(handle).count() as u64
    }

    /// The canvas of the frame, in the colors of responses, decoded on at most `threads` threads.
    fn decode(
        &self,
        handle: &ImageHandle,
        codestream: &jp2::Codestream,
        file: &CancellableReader,
        decoded_tiles: &DecodedTiles,
        threads: usize,
    ) -> Result<Picture, Error> {
        let full = handle.master.dimensions;
        let decode = |source: Rect| {
            let raw = file.checked(codestream.decode(file, source, self.reduce, u64::MAX, threads))?;
            Ok(handle.color.apply(raw))
        };
        let Some(Tiles { grid, found }) = &self.tiles else {
            return Ok(Picture::Packed(completed(decode(self.frame.source(full))?, self.frame.canvas)));
        };
        let mut canvas = Raster::blank(self.frame.canvas, channels(handle));
        for (tile, samples) in found {
            let whole = grid.rect(*tile);
            let part = whole.intersection(covered(&self.frame));
            let kept = match samples {
                Some(kept) => Ok(Some(kept.clone())),
                // Whoever requests a corner does not wait for the tile.
                None if part.dimensions().area() * LEAST_PART < whole.dimensions().area() => Ok(None),
                None => {
                    let key = key(handle, self.reduce, *tile);
                    let decode = || decode(full_size(whole, self.reduce, full));
                    decoded_tiles.get_or_decode(key, &file.cancellation, decode).map(Some)
                }
            };
            let (decoded, rect) = match kept {
                Ok(Some(decoded)) => (decoded, whole),
                // Damage may be beside the part.
                Ok(None) | Err(Error::Damaged(_)) => {
                    let decoded = decode(full_size(part, self.reduce, full))?;
                    (Arc::new(Picture::Packed(decoded)), part)
                }
                Err(error) => return Err(error),
            };
            let (x, y) = self.frame.origin;
            let from = (x.saturating_sub(rect.x), y.saturating_sub(rect.y));
            let to = (rect.x.saturating_sub(x), rect.y.saturating_sub(y));
            canvas.copy_from(&decoded.packed(), (from, to));
        }
        Ok(Picture::Packed(canvas))
    }
}

impl Tiles {
    /// The tiles that were not cached, in pixels of their resolution.
    fn missing(&self) -> impl Iterator<Item = Rect> {
        self.found.iter().filter(|(_, samples)| samples.is_none()).map(|(tile, _)| self.grid.rect(*tile))
    }
}

/// The pixels of the canvas, in the image at the frame's reduction.
fn covered(frame: &Frame) -> Rect {
    let (x, y) = frame.origin;
    Rect { x, y, width: frame.canvas.width, height: frame.canvas.height }
}

fn key(handle: &ImageHandle, reduce: u32, tile: TileIndex) -> Key {
    (handle.number, reduce as usize, tile)
}

/// The channels of decoded samples.
fn channels(handle: &ImageHandle) -> Channels {
    handle.color.channels(handle.master.shape())
}

/// A rectangle of the image at `1/2^reduce` in pixels of the full size.
fn full_size(rect: Rect, reduce: u32, full: Dimensions) -> Rect {
    let (x, y) = (rect.x << reduce, rect.y << reduce);
    let width = (rect.width << reduce).min(full.width - x);
    Rect { x, y, width, height: (rect.height << reduce).min(full.height - y) }
}

/// All of a JPEG 2000 at `1 / base` of its size, in the colors of responses, decoded on at most `threads` threads.
pub(super) fn overview(
    codestream: &jp2::Codestream,
    file: &CancellableReader,
    base: u32,
    color: &ColorTransform,
    threads: usize,
) -> Result<Raster, Error> {
    let jp2::Header { dimensions, resolutions, .. } = codestream.header();
    let reduce = base.ilog2().min(resolutions - 1);
    let raw = codestream.decode(file, Rect::all(dimensions), reduce, 64 << 20, threads)?;
    let mut picture = Picture::Packed(completed(color.apply(raw), dimensions.reduced(1 << reduce)));
    // The file has fewer resolutions.
    for _ in reduce..base.ilog2() {
        picture = picture.halved();
    }
    Ok(picture.into_packed())
}

/// A raster of this size. An image that does not begin at a multiple of the reduction may have one column or row less at
/// that resolution, so the last one is repeated.
fn completed(raster: Raster, size: Dimensions) -> Raster {
    let Dimensions { width, height } = raster.dimensions;
    let missing = [size.width.abs_diff(width), size.height.abs_diff(height)];
    // More than that would be damage.
    if missing == [0, 0] || missing.iter().any(|&missing| missing > 1) {
        return raster;
    }
    let (right, bottom) = (width.saturating_sub(1), height.saturating_sub(1));
    let mut all = Raster::blank(size, raster.channels);
    for (from, to) in [
        ((0, 0), (0, 0)),
        ((right, 0), (width, 0)),
        ((0, bottom), (0, height)),
        ((right, bottom), (width, height)),
    ] {
        all.copy_from(&raster, (from, to));
    }
    all
}

/// The memory for prefetched parts of a remote master, in bytes.
pub(super) fn read_ahead(handle: &ImageHandle) -> u64 {
    if handle.store.is_local() { 0 } else { ReadAhead::MEMORY.min(handle.version.size) }
}

/// A master's bytes; reads fail once all callers have gone, because decoders cannot be cancelled otherwise.
pub(super) struct CancellableReader {
    pub file: ReadAhead,
    pub cancellation: Cancellation,
}

impl CancellableReader {
    /// A decoder's result, unless it was cancelled or the store failed meanwhile.
    pub(super) fn checked<T, E: Into<Error>>(&self, made: Result<T, E>) -> Result<T, Error> {
        self.cancellation.check()?;
        self.file.checked(made)
    }
}

impl ReadAt for CancellableReader {
    fn size(&self) -> u64 {
        self.file.size()
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        if self.cancellation.is_cancelled() {
            return Err(io::Error::other("the rendering was cancelled"));
        }
        self.file.read_at(offset, into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_column_and_row_repeat_the_last() {
        let (dimensions, channels) = (Dimensions::new(2, 1), Channels::Gray);
        let raster = || Raster { dimensions, channels, samples: vec![1, 2] };
        assert_eq!(completed(raster(), Dimensions::new(3, 2)).samples, [1, 2, 2, 1, 2, 2]);
        assert_eq!(completed(raster(), Dimensions::new(2, 2)).samples, [1, 2, 1, 2]);
        assert_eq!(completed(raster(), Dimensions::new(3, 1)).samples, [1, 2, 2]);
        assert_eq!(completed(raster(), dimensions), raster());
        assert_eq!(completed(raster(), Dimensions::new(4, 1)), raster(), "damage");
    }
}
