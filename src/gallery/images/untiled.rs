//! Masters without tiles: decoded whole or in part, and kept while there is room.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::sync::Mutex;

use super::budget::Reserve;
use super::handle::ImageHandle;
use super::mips::Mips;
use super::pyramids::ReadAhead;
use super::renderer::Renderer;
use super::trim;
use crate::gallery::Error;
use crate::gallery::single_flight::Cancellation;
use crate::iiif::{Dimensions, Rect};
use crate::master::{self, Kind, SourceFormat};
use crate::pixels::decode::jp2;
use crate::pixels::{Depth, Model, Picture, Raster, ReadAt, Rows, Shape, ShrunkRows, jpeg};
use crate::render::{self, ColorTransform, Frame, Plan};

/// The least that any answer takes besides its decoder.
const LEAST_DECODED: u64 = 8 << 20;

impl Renderer {
    /// Whether a rendering at `1 / reduce` can be had from the master itself, and soon.
    pub(super) fn decodes(&self, handle: &ImageHandle, reduce: u32) -> bool {
        let small = |pixels: u64| pixels <= self.whole_pixels;
        match &handle.master.kind {
            Kind::Tiled => handle.master.levels.last().is_some_and(|level| small(level.dimensions.area())),
            // Its decoder takes as much memory for a part as for the whole.
            Kind::Untiled { format: SourceFormat::Jp2, memory, .. } => {
                self.scheduler.check(*memory + LEAST_DECODED).is_ok()
            }
            Kind::Untiled { .. } => {
                let base = self.base(handle, reduce);
                small(handle.master.dimensions.area()) || (base > 1 && handle.reads_by_row())
            }
        }
    }

    /// At which fraction of its size a master without tiles is decoded for a rendering at `1 / reduce`: small
    /// ones whole, of large ones as little as serves.
    pub(super) fn base(&self, handle: &ImageHandle, reduce: u32) -> u32 {
        if let Kind::Untiled { format: SourceFormat::Jp2, .. } = handle.master.kind {
            return reduce;
        }
        let small = handle.master.dimensions.area() <= self.whole_pixels / 4;
        if small || reduce < 8 { 1 } else { reduce / 2 }
    }

    /// From a format that decodes parts of itself at fractions of its size.
    pub(super) async fn region(
        self: &Arc<Self>,
        handle: &Arc<ImageHandle>,
        plan: &Plan,
        reduce: u32,
        cancellation: Cancellation,
    ) -> Result<Bytes, Error> {
        let (framed, planned) = (handle.clone(), plan.clone());
        let frame = move |codestream: &jp2::Codestream, file: &WhileKept| {
            let reduce = reduce.ilog2().min(codestream.header().resolutions - 1);
            let frame = Frame::of_region(&planned, &framed.master, 1 << reduce);
            let cost = codestream.cost(file, frame.source(framed.master.dimensions), reduce)?;
            Ok((frame, reduce, cost))
        };
        let (codestream, file, (frame, reduce, cost)) =
            self.codestream(handle, cancellation.clone(), frame).await?;
        let cost = cost.saturating_add(frame.cost(4)).saturating_add(read_ahead(handle));
        let admitted = self.scheduler.admit_reader(cost, &handle.store).await?;
        let (handle, plan, settings) = (handle.clone(), plan.clone(), self.settings.clone());
        let work = move || {
            cancellation.check()?;
            let source = frame.source(handle.master.dimensions);
            let raw = codestream.decode(&file, source, reduce, u64::MAX);
            trim::after(cost);
            let raw = file.checked(raw)?;
            let picture = Picture::Packed(handle.color.apply(raw));
            let place = (frame.window, frame.size);
            let color = handle.color.after_conversion();
            Ok(render::finish(&plan, &picture, place, handle.master.orientation, &color, &settings)?)
        };
        self.scheduler.run_admitted(admitted, work).await.map(Bytes::from)
    }

    /// A JPEG 2000 whose tile-parts are known, and the result of `inspect` on it; no sample is decoded.
    async fn codestream<T: Send + 'static>(
        &self,
        handle: &Arc<ImageHandle>,
        cancellation: Cancellation,
        inspect: impl FnOnce(&jp2::Codestream, &WhileKept) -> Result<T, Error> + Send + 'static,
    ) -> Result<(Arc<jp2::Codestream>, WhileKept, T), Error> {
        let file = ReadAhead::here_and_there(handle.clone(), Handle::current());
        let file = WhileKept { file, cancellation };
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
        let admitted = self.scheduler.admit_reader(4 << 20, &handle.store).await?;
        let found = self.scheduler.run_admitted(admitted, open).await?;
        if !is_known {
            self.codestreams.insert(handle.number, found.0.clone());
        }
        Ok(found)
    }

    pub(super) async fn whole(
        self: &Arc<Self>,
        handle: &Arc<ImageHandle>,
        plan: &Plan,
        reduce: u32,
    ) -> Result<Bytes, Error> {
        let base = self.base(handle, reduce);
        let name = (handle.number, base);
        // What has been decoded at full size serves all.
        let there = self.decoded.get(&(handle.number, 1)).or_else(|| self.decoded.get(&name));
        let (mips, reserve) = match there {
            Some(mips) => (mips, None),
            None => {
                let (renderer, master) = (self.clone(), handle.clone());
                let decode =
                    move |cancellation| async move { renderer.decode(master, base, cancellation).await };
                let (mips, reserve) = self.decodings.join(name, decode).await?;
                (mips, Some(reserve))
            }
        };
        let (handle, plan, settings) = (handle.clone(), plan.clone(), self.settings.clone());
        let mip = ((reduce / mips.base).max(1).ilog2() as usize).min(mips.pictures.len() - 1);
        let picture = &mips.pictures[mip];
        let frame = Frame::of_whole(&plan, &handle.master, picture.dimensions(), mips.base << mip);
        let work = move || {
            let (place, orientation) = ((frame.window, frame.size), handle.master.orientation);
            let picture = &mips.pictures[mip];
            // Packed samples were coloured when they were decoded.
            let done = handle.color.after_conversion();
            let color = if matches!(picture, Picture::Packed(_)) { &done } else { &handle.color };
            Ok(render::finish(&plan, picture, place, orientation, color, &settings)?)
        };
        let cost = finishing_cost(frame.size);
        match reserve {
            // What holds memory and waits for more would wait for ever for others that do the same.
            Some(reserve) if cost <= reserve.finishing => {
                let _turn = reserve.turn.lock().await;
                self.scheduler.run_within(reserve.memory.clone(), work).await
            }
            reserve => {
                drop(reserve);
                self.scheduler.run(cost, work).await
            }
        }
        .map(Bytes::from)
    }

    fn decodes_in_planes(&self, format: SourceFormat, shape: &Shape, length: u64) -> bool {
        let narrow = shape.model != Model::Cmyk && shape.depth == Depth::U8;
        format == SourceFormat::Jpeg && narrow && length <= self.whole_bytes
    }

    /// Bytes of memory that decoding all of a master at `1 / base` takes.
    pub(super) fn decoding_cost(&self, handle: &ImageHandle, base: u32) -> u64 {
        let master = &handle.master;
        let size = master.dimensions.reduced(base);
        let reading = match &master.kind {
            Kind::Untiled { format, bytes, shape, memory, .. }
                if self.decodes_in_planes(*format, shape, *bytes) =>
            {
                *bytes + size.area() + memory
            }
            _ => master::rows_memory(master),
        };
        (size.area() * 6).saturating_add(reading)
    }

    /// Decodes all of a master at `1 / base` and halves it again and again.
    async fn decode(
        self: Arc<Self>,
        handle: Arc<ImageHandle>,
        base: u32,
        cancellation: Cancellation,
    ) -> Result<(Arc<Mips>, Arc<Reserve>), Error> {
        let master = &handle.master;
        let Kind::Untiled { format, bytes: length, shape, .. } = &master.kind else {
            return Err(Error::Fault("a master in tiles is not decoded whole".into()));
        };
        let in_planes = self.decodes_in_planes(*format, shape, *length);
        let mut cost = self.decoding_cost(&handle, base);
        let jp2 = match format {
            SourceFormat::Jp2 => {
                let inspect = move |codestream: &jp2::Codestream, file: &WhileKept| {
                    let jp2::Header { dimensions, resolutions, .. } = codestream.header();
                    let reduce = base.ilog2().min(resolutions - 1);
                    let factor = (1u64 << reduce).pow(2);
                    let decoded = codestream.cost(file, Rect::all(dimensions), reduce)?;
                    // In the colors of responses, with its halves.
                    Ok(decoded.saturating_add(dimensions.area().div_ceil(factor).saturating_mul(6)))
                };
                let (codestream, _, needed) = self.codestream(&handle, cancellation.clone(), inspect).await?;
                cost = cost.max(needed);
                Some(codestream)
            }
            _ => None,
        };
        let decoded = master.dimensions.reduced(base);
        let finishing = finishing_cost(decoded);
        let cost = cost.saturating_add(read_ahead(&handle));
        let cost = cost.max(self.scheduler.budget.at_most(decoded.area() * 4 + finishing));
        let reading = master::rows_memory(master);
        let mut admitted = match in_planes {
            true => self.scheduler.admit(cost, Some(&handle.store)).await?,
            false => self.scheduler.admit_reader(cost, &handle.store).await?,
        };
        let reserve = Reserve { memory: admitted.share(), finishing, turn: Mutex::default() };
        let file = match in_planes {
            true => Some(self.all(&handle, *length).await?),
            false => None,
        };
        admitted.has_read();
        let (limit, number) = (self.whole_pixels, handle.number);
        let source = match jp2 {
            Some(_) => ReadAhead::here_and_there(handle.clone(), Handle::current()),
            None => ReadAhead::in_order(handle.clone(), Handle::current()),
        };
        let source = Arc::new(WhileKept { file: source, cancellation: cancellation.clone() });
        let kept = self.decoded.clone();
        let work = move || {
            cancellation.check()?;
            let _trim = trim::Guard(cost);
            let first = match (file, jp2) {
                (Some(file), _) => match jpeg::decode(&file, base.min(8), limit)? {
                    // Planes are coloured when they are shown.
                    Picture::Packed(raster) => Picture::Packed(handle.color.apply_packed(raster)),
                    planar => planar,
                },
                (None, Some(jp2)) => {
                    Picture::Packed(source.checked(overview(&jp2, &source, base, &handle.color))?)
                }
                (None, None) => {
                    let rows = source.checked(master::rows(&handle.master, source.clone(), reading))?;
                    Picture::Packed(source.checked(gathered(rows, base, &handle.color, &cancellation))?)
                }
            };
            let base = if in_planes { base.min(8) } else { base };
            if first.dimensions() != handle.master.dimensions.reduced(base) {
                return Err(Error::Damaged("its pixels are not as many as its header says".into()));
            }
            let mut pictures = vec![first];
            while let Some(last) =
                pictures.last().filter(|last| last.dimensions().width.max(last.dimensions().height) > 256)
            {
                let half = last.halved();
                pictures.push(half);
            }
            let mips = Arc::new(Mips { base, pictures });
            // Kept from here, so that a decoding is not lost when its asker leaves at the last moment.
            kept.insert((number, mips.base), mips.clone());
            kept.run_pending_tasks(); // What it displaces is large: it goes at once.
            Ok(mips)
        };
        Ok((self.scheduler.run_admitted(admitted, work).await?, Arc::new(reserve)))
    }

    /// The file, piece by piece.
    async fn all(&self, handle: &ImageHandle, length: u64) -> Result<Vec<u8>, Error> {
        let mut file = Vec::with_capacity(length as usize);
        for start in (0..length).step_by(8 << 20) {
            let range = start..(start + (8 << 20)).min(length);
            file.extend_from_slice(&handle.store.read(&handle.key, &handle.version, range, &[]).await?);
        }
        Ok(file)
    }
}

/// Bytes of memory that an answer of this size takes beside the picture that it is made of.
fn finishing_cost(size: Dimensions) -> u64 {
    size.area() * 6 + (1 << 20)
}

/// Bytes of a remote master that are kept while it is read.
fn read_ahead(handle: &ImageHandle) -> u64 {
    if handle.store.is_local() { 0 } else { ReadAhead::MEMORY.min(handle.version.size) }
}

/// A master's bytes as long as somebody waits for what is made of them: decoders have no other end.
struct WhileKept {
    file: ReadAhead,
    cancellation: Cancellation,
}

impl WhileKept {
    /// What a decoder made of the bytes, unless they did not come.
    fn checked<T, E: Into<Error>>(&self, made: Result<T, E>) -> Result<T, Error> {
        self.cancellation.check()?;
        self.file.checked(made)
    }
}

impl ReadAt for WhileKept {
    fn size(&self) -> u64 {
        self.file.size()
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        if self.cancellation.is_cancelled() {
            return Err(io::Error::other("nobody waits for it any more"));
        }
        self.file.read_at(offset, into)
    }
}

/// All of a JPEG 2000 at `1 / base` of its size, in the colors of responses.
fn overview(
    codestream: &jp2::Codestream,
    file: &WhileKept,
    base: u32,
    color: &ColorTransform,
) -> Result<Raster, Error> {
    let jp2::Header { dimensions, resolutions, .. } = codestream.header();
    let reduce = base.ilog2().min(resolutions - 1);
    let raw = codestream.decode(file, Rect::all(dimensions), reduce, 64 << 20)?;
    let mut picture = Picture::Packed(color.apply(raw));
    // Resolutions that the file lacks.
    for _ in reduce..base.ilog2() {
        picture = picture.halved();
    }
    Ok(picture.into_packed())
}

/// All rows, shrunk as they come, in the colors of responses. Little of the file may be very many rows, so that reading it
/// does not notice in time that nobody waits any more.
fn gathered(
    rows: Box<dyn Rows>,
    base: u32,
    color: &ColorTransform,
    cancellation: &Cancellation,
) -> Result<Raster, Error> {
    let mut rows: Box<dyn Rows> = if base > 1 { Box::new(ShrunkRows::new(rows, base)) } else { rows };
    let shape = rows.shape();
    let mut all =
        Raster { dimensions: shape.dimensions, channels: color.channels(shape), samples: Vec::new() };
    all.samples.reserve_exact(shape.dimensions.area() as usize * all.channels.count());
    while let Some(raw) = rows.next(64)? {
        cancellation.check()?;
        all.samples.extend_from_slice(&color.apply(raw).samples);
    }
    if all.samples.len() != shape.dimensions.area() as usize * all.channels.count() {
        return Err(Error::Damaged("its rows are fewer than its header says".into()));
    }
    Ok(all)
}
