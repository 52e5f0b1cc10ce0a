//! Masters without tiles, decoded whole and cached.

use std::sync::Arc;

use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::sync::Mutex;

use super::admission::Ticket;
use super::budget::Reserve;
use super::handle::ImageHandle;
use super::jpeg2000::{CancellableReader, overview, read_ahead};
use super::mips::Mips;
use super::pyramids::ReadAhead;
use super::renderer::Renderer;
use super::trim;
use crate::gallery::Error;
use crate::gallery::single_flight::Cancellation;
use crate::iiif::{Dimensions, Rect};
use crate::master::{self, Kind, SourceFormat};
use crate::pixels::decode::jp2;
use crate::pixels::{Depth, Model, Picture, Raster, Rows, Shape, ShrunkRows, jpeg};
use crate::render::{self, ColorTransform, Frame, Plan};

/// The minimum memory of a rendering besides its decoder, in bytes.
const LEAST_DECODED: u64 = 8 << 20;

impl Renderer {
    /// Whether the master itself can be decoded for a rendering at `1 / reduce`, within the limits of memory and time.
    pub(super) fn decodes(&self, handle: &ImageHandle, reduce: u32) -> bool {
        let small = |pixels: u64| pixels <= self.whole_pixels;
        match &handle.master.kind {
            Kind::Tiled => handle.master.levels.last().is_some_and(|level| small(level.dimensions.area())),
            // Its decoder needs as much memory for a region as for the whole image.
            Kind::Untiled { format: SourceFormat::Jp2, memory, .. } => {
                self.scheduler.check(*memory + LEAST_DECODED).is_ok()
            }
            Kind::Untiled { .. } => {
                let base = self.base(handle, reduce);
                small(handle.master.dimensions.area()) || (base > 1 && handle.reads_by_row())
            }
        }
    }

    /// The reduction at which a master without tiles is decoded for a rendering at `1 / reduce`: small masters at full size,
    /// large ones at up to twice the requested resolution.
    pub(super) fn base(&self, handle: &ImageHandle, reduce: u32) -> u32 {
        if let Kind::Untiled { format: SourceFormat::Jp2, .. } = handle.master.kind {
            return reduce;
        }
        let small = handle.master.dimensions.area() <= self.whole_pixels / 4;
        if small || reduce < 8 { 1 } else { reduce / 2 }
    }

    pub(super) async fn whole(
        self: &Arc<Self>,
        handle: &Arc<ImageHandle>,
        plan: &Plan,
        reduce: u32,
        ticket: &Ticket,
    ) -> Result<Bytes, Error> {
        let base = self.base(handle, reduce);
        let name = (handle.number, base);
        // A master decoded at full size serves all reductions.
        let there = self.decoded.get(&(handle.number, 1)).or_else(|| self.decoded.get(&name));
        let (mips, reserve) = match there {
            Some(mips) => (mips, None),
            None => {
                let (renderer, master, class) = (self.clone(), handle.clone(), ticket.class());
                let decode = move |cancellation| async move {
                    let ticket = renderer.scheduler.ticket(class, None, None)?;
                    renderer.decode(master, base, &ticket, cancellation).await
                };
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
            // Packed samples were converted when they were decoded.
            let done = handle.color.after_conversion();
            let color = if matches!(picture, Picture::Packed(_)) { &done } else { &handle.color };
            Ok(render::finish(&plan, picture, place, orientation, color, &settings)?)
        };
        let cost = finishing_cost(frame.size);
        match reserve {
            // Waiting for more memory while holding some could deadlock with other renderings.
            Some(reserve) if cost <= reserve.finishing => {
                let _turn = reserve.turn.lock().await;
                self.scheduler
                    .run_within(reserve.memory.clone(), (ticket.class(), ticket.spent()), work)
                    .await
            }
            reserve => {
                drop(reserve);
                self.scheduler.run(ticket, cost, work).await
            }
        }
        .map(Bytes::from)
    }

    fn decodes_in_planes(&self, format: SourceFormat, shape: &Shape, length: u64) -> bool {
        let narrow = shape.model != Model::Cmyk && shape.depth == Depth::U8;
        format == SourceFormat::Jpeg && narrow && length <= self.whole_bytes
    }

    /// The memory for decoding a whole master at `1 / base`, in bytes.
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

    /// Decodes a whole master at `1 / base`, and halves it until it fits 256 pixels.
    async fn decode(
        self: Arc<Self>,
        handle: Arc<ImageHandle>,
        base: u32,
        ticket: &Ticket,
        cancellation: Cancellation,
    ) -> Result<(Arc<Mips>, Arc<Reserve>), Error> {
        let master = &handle.master;
        let Kind::Untiled { format, bytes: length, shape, .. } = &master.kind else {
            return Err(Error::Fault("a tiled master is not decoded whole".into()));
        };
        let in_planes = self.decodes_in_planes(*format, shape, *length);
        let jp2 = match format {
            SourceFormat::Jp2 => {
                let inspect = move |codestream: &jp2::Codestream, file: &CancellableReader| {
                    let jp2::Header { dimensions, resolutions, .. } = codestream.header();
                    let reduce = base.ilog2().min(resolutions - 1);
                    let factor = (1u64 << reduce).pow(2);
                    let decoding = codestream.cost(file, Rect::all(dimensions), reduce)?;
                    // After color conversion, with all halvings.
                    Ok((decoding, dimensions.area().div_ceil(factor).saturating_mul(6)))
                };
                let (codestream, _, costs) =
                    self.codestream(&handle, ticket, cancellation.clone(), inspect).await?;
                Some((codestream, costs))
            }
            _ => None,
        };
        let decoded = master.dimensions.reduced(base);
        let finishing = finishing_cost(decoded);
        let (known, least) = (self.decoding_cost(&handle, base), decoded.area() * 4 + finishing);
        let cost = |threads| {
            let needed =
                |(decoding, converted): &(jp2::Cost, u64)| decoding.bytes(threads).saturating_add(*converted);
            let needed = jp2.as_ref().map_or(0, |(_, costs)| needed(costs));
            let cost = known.max(needed).saturating_add(read_ahead(&handle));
            cost.max(self.scheduler.budget.at_most(least))
        };
        let most = if jp2.is_some() { self.scheduler.most_threads(&handle.store, cost) } else { 1 };
        let cost = cost(most);
        let reading = master::rows_memory(master);
        let mut admitted = match in_planes {
            true => self.scheduler.admit(ticket, cost, Some(&handle.store)).await?,
            false => self.scheduler.admit_reader(ticket, cost, &handle.store).await?,
        };
        let reserve = Reserve { memory: admitted.share(), finishing, turn: Mutex::default() };
        let file = match in_planes {
            true => Some(handle.store.read_whole(&handle.key, &handle.version).await?),
            false => None,
        };
        admitted.has_read();
        let (limit, number) = (self.whole_pixels, handle.number);
        let source = match jp2 {
            Some(_) => ReadAhead::random_access(handle.clone(), Handle::current()),
            None => ReadAhead::sequential(handle.clone(), Handle::current()),
        };
        let source = Arc::new(CancellableReader { file: source, cancellation: cancellation.clone() });
        let kept = self.decoded.clone();
        let work = move |threads| {
            cancellation.check()?;
            let _trim = trim::Guard(cost);
            let first = match (file, jp2) {
                (Some(file), _) => match jpeg::decode(&file, base.min(8), limit)? {
                    // Planes are converted when they are rendered.
                    Picture::Packed(raster) => Picture::Packed(handle.color.apply_packed(raster)),
                    planar => planar,
                },
                (None, Some((jp2, _))) => {
                    Picture::Packed(source.checked(overview(&jp2, &source, base, &handle.color, threads))?)
                }
                (None, None) => {
                    let rows = source.checked(master::rows(&handle.master, source.clone(), reading))?;
                    Picture::Packed(source.checked(read_all_rows(
                        rows,
                        base,
                        &handle.color,
                        &cancellation,
                    ))?)
                }
            };
            let base = if in_planes { base.min(8) } else { base };
            if first.dimensions() != handle.master.dimensions.reduced(base) {
                return Err(Error::Damaged("its size differs from that in its header".into()));
            }
            let mut pictures = vec![first];
            while let Some(last) =
                pictures.last().filter(|last| last.dimensions().width.max(last.dimensions().height) > 256)
            {
                let half = last.halved();
                pictures.push(half);
            }
            let mips = Arc::new(Mips { base, pictures });
            // Cached here, so that the result is not lost if the callers leave meanwhile.
            kept.insert((number, mips.base), mips.clone());
            kept.run_pending_tasks(); // Evicted entries are large: free them immediately.
            Ok(mips)
        };
        Ok((self.scheduler.run_in_parallel(admitted, most, work).await?, Arc::new(reserve)))
    }
}

/// The memory for finishing a response of this size, besides its decoded picture, in bytes.
fn finishing_cost(size: Dimensions) -> u64 {
    size.area() * 6 + (1 << 20)
}

/// All rows, shrunk while they are read, in the colors of responses. A few bytes may decode to very many rows, so that
/// cancellation has to be checked here as well as when reading.
fn read_all_rows(
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
        return Err(Error::Damaged("it has fewer rows than its header states".into()));
    }
    Ok(all)
}
