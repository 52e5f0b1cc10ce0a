//! A picture that a visitor sends: decoded as masters are, small, and only so that it can be analyzed.

use std::sync::Arc;

use bytes::Bytes;

use super::ImageService;
use crate::gallery::Error;
use crate::iiif::{Dimensions, Invalid};
use crate::master::{self, Kind, Master, PartialFile, SourceFormat, Stop};
use crate::pixels::color::Output;
use crate::pixels::rotate::upright;
use crate::pixels::{self, Raster, Raw, Rows, Samples, Shape, ShrunkRows};
use crate::render::ColorTransform;

/// The most pixels of a picture.
const MAX_PIXELS: u64 = 50_000_000;
/// The most pixels that are kept of it, up to four times as many: analyzers read fewer.
const ENOUGH: u64 = 512 * 512;
/// Bytes that a decoder takes besides, at least.
const BESIDES: u64 = 4 << 20;
/// Bytes for bands of a JPEG 2000, for small and for large ones.
const LEAST_BANDS: u64 = 4 << 20;
const MOST_BANDS: u64 = 96 << 20;
/// Rows that are read at once.
const ROWS: u32 = 64;

impl ImageService {
    /// Reads a picture, reduced to what analyzers need, on a render thread. Its header is checked before any pixel is
    /// decoded.
    ///
    /// # Errors
    /// If it is damaged, too large, or of a kind that is not supported; or if the server is busy.
    pub(crate) async fn read_picture<T: Send + 'static>(
        &self,
        file: Bytes,
        analyze: impl FnOnce(&Raster) -> T + Send + 'static,
    ) -> Result<T, Error> {
        let master = match master::index(&PartialFile::new(file.len() as u64, file.clone()), 1) {
            Ok(master) => master,
            Err(Stop::Refused(refused)) => return Err(of_sender(refused.into())),
            Err(Stop::NeedBytes { .. }) => {
                return Err(of_sender(Error::Damaged("the file ends early".into())));
            }
        };
        let pixels = master.dimensions.area();
        if pixels > MAX_PIXELS {
            let reason = format!(
                "has {} megapixels, and at most {} are read; send a smaller copy: 1000 pixels are enough",
                pixels.div_ceil(1_000_000),
                MAX_PIXELS / 1_000_000
            );
            return Err(refused(reason));
        }
        let reading = reading_memory(&master);
        let factor = reduction(master.dimensions);
        let kept = master.dimensions.reduced(factor).area() * 16;
        let bytes = reading.saturating_add(kept).saturating_add(file.len() as u64).saturating_add(BESIDES);
        let work = move || {
            let color = ColorTransform::new(master.icc.as_ref(), master.shape(), Output::Srgb);
            let rows = master::rows(&master, Arc::new(file), reading)?;
            let rows = SplitRows { rows, band: None };
            let raster = read(ShrunkRows::new(Box::new(rows), factor), &color)?;
            Ok(analyze(&upright(raster, master.orientation)))
        };
        self.renderer.scheduler.run_aside(bytes, work).await.map_err(of_sender)
    }
}

/// The memory for reading all rows. A JPEG 2000 is read in bands as high as memory allows.
fn reading_memory(master: &Master) -> u64 {
    let bands = match &master.kind {
        Kind::Untiled { format: SourceFormat::Jp2, .. } => {
            LEAST_BANDS + (master.dimensions.area() * 16).min(MOST_BANDS)
        }
        _ => 0,
    };
    master::rows_memory(master).saturating_add(bands)
}

/// By which whole number a picture is reduced.
fn reduction(size: Dimensions) -> u32 {
    (1..=size.width.max(size.height))
        .take_while(|&factor| size.reduced(factor).area() >= ENOUGH)
        .last()
        .unwrap_or(1)
}

fn read(mut rows: ShrunkRows, color: &ColorTransform) -> Result<Raster, Error> {
    let shape = rows.shape();
    let mut all =
        Raster { dimensions: shape.dimensions, channels: color.channels(shape), samples: Vec::new() };
    while let Some(raw) = rows.next(ROWS)? {
        all.samples.extend_from_slice(&color.apply(raw).samples);
    }
    match all.samples.len() == shape.dimensions.area() as usize * all.channels.count() {
        true => Ok(all),
        false => Err(Error::Damaged("it has fewer rows than its header states".into())),
    }
}

/// Rows that come in bands, as many at a time as are wanted: some decoders give more.
struct SplitRows {
    rows: Box<dyn Rows>,
    /// A band, and how many of its rows have been given.
    band: Option<(Raw, u32)>,
}

impl Rows for SplitRows {
    fn shape(&self) -> Shape {
        self.rows.shape()
    }

    fn next(&mut self, most: u32) -> Result<Option<Raw>, pixels::Error> {
        let (band, given) = match self.band.take() {
            Some(held) => held,
            None => match self.rows.next(most)? {
                Some(band) => (band, 0),
                None => return Ok(None),
            },
        };
        let (width, height) = (band.dimensions.width, band.dimensions.height);
        let count = most.max(1).min(height - given);
        if given == 0 && count == height {
            return Ok(Some(band));
        }
        let row = self.shape().count() * width as usize;
        let place = given as usize * row..(given + count) as usize * row;
        let short = || pixels::Error::damaged("picture", "it has fewer samples than its header states");
        let samples = match &band.samples {
            Samples::U8(samples) => Samples::U8(samples.get(place).ok_or_else(short)?.to_vec()),
            Samples::U16(samples) => Samples::U16(samples.get(place).ok_or_else(short)?.to_vec()),
        };
        let piece =
            Raw { dimensions: Dimensions::new(width, count), model: band.model, alpha: band.alpha, samples };
        self.band = (given + count < height).then_some((band, given + count));
        Ok(Some(piece))
    }
}

/// What is wrong with a picture is for its sender to fix, unlike with a master.
fn of_sender(error: Error) -> Error {
    match error {
        Error::Damaged(reason) => refused(format!("is not a picture that can be read: {reason}")),
        Error::Invalid(invalid) => refused(format!("{} {}", invalid.parameter, invalid.reason)),
        other => other,
    }
}

fn refused(reason: String) -> Error {
    Error::Unprocessable(Invalid::new("body", "", reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_reduced_to_what_analyzers_need() {
        for ((width, height), factor) in [
            ((1, 1), 1),
            ((512, 512), 1),
            ((1000, 1000), 1),
            ((1024, 1024), 2),
            ((7000, 7000), 13),
            ((16_000_000, 1), 61),
        ] {
            let size = Dimensions::new(width, height);
            assert_eq!(reduction(size), factor, "{width} x {height}");
        }
    }
}
