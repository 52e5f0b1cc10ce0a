//! Cost limits: refuses renderings that would take too much memory or time, before a byte is read.

use super::admission::Class;
use super::handle::ImageHandle;
use super::renderer::Renderer;
use crate::gallery::Error;
use crate::master::{Kind, SourceFormat};
use crate::render::{self, Frame, Plan};

/// The reduction for the smallest responses.
const SMALLEST: u32 = 1 << 12;

impl Renderer {
    /// Refuses a rendering that would cost too much, before a byte is read.
    pub(super) fn check(&self, handle: &ImageHandle, plan: &Plan) -> Result<(), Error> {
        let Some((level, reduce)) = plan.rendering() else { return Ok(()) };
        match &handle.master.kind {
            Kind::Tiled if render::is_banded(plan, &handle.master) => {
                let rows = render::band_height(plan, &handle.master, level).min(plan.size.height);
                let band = Frame::of_band(plan, &handle.master, (level, reduce), 0, rows);
                self.scheduler.check(
                    band.map_or(0, |band| band.cost(4)) + render::band_bytes(plan, &handle.master, rows),
                )
            }
            Kind::Tiled => {
                let level = &handle.master.levels[level];
                let frame = Frame::of_tiles(plan, &handle.master, level, reduce);
                self.scheduler.check(frame.cost(render::bytes_per_pixel(level)))
            }
            Kind::Untiled { format: SourceFormat::Jp2, memory, reason, .. } => {
                if !self.decodes(handle, reduce) {
                    return Err(too_costly(reason));
                }
                self.scheduler
                    .check(Frame::of_region(plan, &handle.master, reduce).cost(8).saturating_add(*memory))
            }
            Kind::Untiled { reason, .. } => {
                if self.decodes(handle, reduce) {
                    let (master, base) = (&handle.master, self.base(handle, reduce));
                    let frame = Frame::of_whole(plan, master, master.dimensions.reduced(base), base);
                    return self.scheduler.check(frame.cost(3));
                }
                Err(self.too_large(handle, reason))
            }
        }
    }

    /// The class of a plan, by what is decoded for it.
    pub(super) fn class(&self, handle: &ImageHandle, plan: &Plan) -> Class {
        let Some((level, reduce)) = plan.rendering() else { return Class::Stored };
        let (size, master) = (plan.size.area(), &handle.master);
        let large = self.scheduler.large_bytes;
        let part = |of: u64| {
            let share = plan.region.dimensions().area() as f64 / master.dimensions.area().max(1) as f64;
            (of as f64 * share) as u64
        };
        match &master.kind {
            Kind::Tiled => {
                let level = &master.levels[level];
                let source = part(level.dimensions.area()) / u64::from(reduce).pow(2);
                Class::of(size, source, (source + 3 * size) * render::bytes_per_pixel(level), large)
            }
            Kind::Untiled { .. } if self.has_decoded(handle, reduce) => {
                Class::of(size, size, size * 6, large)
            }
            Kind::Untiled { .. } if !handle.store.is_local() => Class::Full,
            Kind::Untiled { format: SourceFormat::Jp2, .. } => {
                let source = part(master.dimensions.reduced(reduce).area());
                Class::of(size, source, (source + 3 * size) * 4, large)
            }
            Kind::Untiled { .. } => {
                let base = self.base(handle, reduce);
                Class::of(size, master.dimensions.area(), self.decoding_cost(handle, base), large)
            }
        }
    }

    /// Whether the master is in memory, decoded for a rendering at `1 / reduce`.
    fn has_decoded(&self, handle: &ImageHandle, reduce: u32) -> bool {
        let bases = [1, self.base(handle, reduce)];
        bases.iter().any(|&base| self.decoded.contains_key(&(handle.number, base)))
    }

    /// Refuses a master without a pyramid that cannot be rendered even at the smallest size.
    pub(super) fn serves(&self, handle: &ImageHandle) -> Result<(), Error> {
        let (format, reason) = match &handle.master.kind {
            Kind::Untiled { format, reason, .. } => (format, reason),
            Kind::Tiled => return Ok(()),
        };
        if *format == SourceFormat::Jp2 {
            return if self.decodes(handle, SMALLEST) { Ok(()) } else { Err(too_costly(reason)) };
        }
        // The smallest responses cost least.
        if !self.decodes(handle, SMALLEST) {
            return Err(self.too_large(handle, reason));
        }
        self.scheduler
            .check(self.decoding_cost(handle, self.base(handle, SMALLEST)))
            .map_err(|_| too_costly(reason))
    }

    fn too_large(&self, handle: &ImageHandle, reason: &str) -> Error {
        Error::Unsupported(format!(
            "{reason}, and at {} megapixels it is too large to be decoded for each visitor (the limit is {}, \
             masters.whole_megapixels); make its pyramid with `tegl ingest`, or let the server make them \
             (pyramids.on_demand)",
            handle.master.dimensions.area() / 1_000_000,
            self.whole_pixels / 1_000_000,
        ))
    }
}

fn too_costly(reason: &str) -> Error {
    Error::Unsupported(format!(
        "{reason}, and decoding it would take more memory than there is (work.memory_mib); make its pyramid with \
         `tegl ingest`, or let the server make them (pyramids.on_demand)"
    ))
}
