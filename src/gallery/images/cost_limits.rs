//! Cost limits: refuses renderings that would take too much memory or time, before a byte is read.

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
