//! Refuses renderings that would cost too much, before a byte is read.

use super::handle::ImageHandle;
use super::renderer::Renderer;
use crate::gallery::Error;
use crate::master::{Kind, SourceFormat};
use crate::render::{self, Frame, Plan};

/// The reduction for the smallest responses.
const SMALLEST: u32 = 1 << 12;

impl Renderer {
    /// Refuses a rendering that would cost too much, before a byte is read.
    pub fn check(&self, opened: &ImageHandle, plan: &Plan) -> Result<(), Error> {
        let Some((level, reduce)) = plan.rendering() else { return Ok(()) };
        match &opened.master.kind {
            Kind::Tiled if render::is_banded(plan, &opened.master) => {
                let rows = render::band_height(plan, &opened.master, level).min(plan.size.height);
                let band = Frame::of_band(plan, &opened.master, (level, reduce), 0, rows);
                self.scheduler.check(
                    band.map_or(0, |band| band.cost(4)) + render::band_bytes(plan, &opened.master, rows),
                )
            }
            Kind::Tiled => {
                let level = &opened.master.levels[level];
                let frame = Frame::of_tiles(plan, &opened.master, level, reduce);
                self.scheduler.check(frame.cost(render::bytes_per_pixel(level)))
            }
            Kind::Untiled { format: SourceFormat::Jp2, memory, reason, .. } => {
                if !self.decodes(opened, reduce) {
                    return Err(too_costly(reason));
                }
                self.scheduler
                    .check(Frame::of_region(plan, &opened.master, reduce).cost(8).saturating_add(*memory))
            }
            Kind::Untiled { reason, .. } => {
                if self.decodes(opened, reduce) {
                    let (master, base) = (&opened.master, self.base(opened, reduce));
                    let frame = Frame::of_whole(plan, master, master.dimensions.reduced(base), base);
                    return self.scheduler.check(frame.cost(3));
                }
                Err(self.too_large(opened, reason))
            }
        }
    }

    /// Refuses a master without a pyramid that cannot be rendered even at the smallest size.
    pub fn serves(&self, opened: &ImageHandle) -> Result<(), Error> {
        let (format, reason) = match &opened.master.kind {
            Kind::Untiled { format, reason, .. } => (format, reason),
            Kind::Tiled => return Ok(()),
        };
        if *format == SourceFormat::Jp2 {
            return if self.decodes(opened, SMALLEST) { Ok(()) } else { Err(too_costly(reason)) };
        }
        // The smallest answers cost least.
        if !self.decodes(opened, SMALLEST) {
            return Err(self.too_large(opened, reason));
        }
        self.scheduler
            .check(self.decoding_cost(opened, self.base(opened, SMALLEST)))
            .map_err(|_| too_costly(reason))
    }

    fn too_large(&self, opened: &ImageHandle, reason: &str) -> Error {
        Error::Unsupported(format!(
            "{reason}, and at {} megapixels it is too large to be decoded for each visitor (the limit is {}, \
             masters.whole_megapixels); make its pyramid with `tegl ingest`, or let the server make them \
             (pyramids.on_demand)",
            opened.master.dimensions.area() / 1_000_000,
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
