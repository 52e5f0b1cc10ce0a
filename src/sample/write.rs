//! Paints pictures band by band and writes them in their formats.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use tiff::encoder::{TiffEncoder, colortype};

use super::art::drawing::{Color, Paint, Spot};
use super::pictures::{Format, Picture};
use crate::iiif::Dimensions;
use crate::master::write::{self, Compression, Recipe, Reduced, Writer};
use crate::master::{self, Orientation, PartialFile};
use crate::metadata::EmbeddedMetadata;
use crate::pixels::{self, Channels, Raster, Subsampling, encode, jpeg};

/// Why a file of the collection cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write `{path}`: {reason}")]
pub(crate) struct Error {
    path: String,
    reason: String,
}

impl Error {
    fn new(path: &Path, reason: impl std::fmt::Display) -> Self {
        Self { path: path.display().to_string(), reason: reason.to_string() }
    }
}

const JPEG: Compression = Compression::Jpeg { quality: 87, subsampling: Subsampling::S420 };

/// The number of rows in a band, which all processors paint together.
const BAND: u32 = 64;

/// Writes a picture atomically.
pub(super) fn write(
    picture: &Picture,
    target: &Path,
    size: Dimensions,
    report: &dyn Fn(f64),
) -> Result<(), Error> {
    publish(target, |out| match picture.format {
        Format::Pyramid { side } => pyramid(picture, size, side, JPEG, Reduced::Pages, None, out, report),
        Format::WidePyramid => {
            let profile = moxcms::ColorProfile::new_display_p3().encode();
            let mut profile = profile.map_err(|error| error.to_string())?;
            // The creation date in the profile (ICC.1, §7.2.8) would make the files of every run differ.
            if let Some(date) = profile.get_mut(24..36) {
                date.copy_from_slice(&[0x07, 0xea, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0]);
            }
            pyramid(picture, size, 256, JPEG, Reduced::Pages, Some(profile), out, report)
        }
        Format::Deflate => {
            pyramid(picture, size, 256, Compression::Deflate, Reduced::Pages, None, out, report)
        }
        Format::ZstdSubIfds => {
            pyramid(picture, size, 256, Compression::Zstd, Reduced::SubIfds, None, out, report)
        }
        Format::Jpeg | Format::Png | Format::Webp | Format::Strips => untiled(picture, size, out, report),
    })
    .map_err(|reason| Error::new(target, reason))
}

/// Writes a text atomically, unless the file already has this content.
pub(super) fn text(target: &Path, text: &str) -> Result<(), Error> {
    if fs::read_to_string(target).is_ok_and(|existing| existing == text) {
        return Ok(());
    }
    publish(target, |out| out.write_all(text.as_bytes()).map_err(|error| error.to_string()))
        .map_err(|reason| Error::new(target, reason))
}

fn publish(
    target: &Path,
    fill: impl FnOnce(&mut BufWriter<File>) -> Result<(), String>,
) -> Result<(), String> {
    let failed = |error: std::io::Error| error.to_string();
    let folder = target.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(failed)?;
    let name = target.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let part = folder.join(format!(".{name}.part"));
    let mut out = BufWriter::new(File::create(&part).map_err(failed)?);
    let filled = fill(&mut out).and_then(|()| out.flush().map_err(failed));
    match filled {
        Ok(()) => fs::rename(&part, target).map_err(failed),
        Err(reason) => {
            let _ = fs::remove_file(&part); // The first error is the one to report.
            Err(reason)
        }
    }
}

/// The dimensions of the picture in a file; `None` if it contains none.
pub(super) fn size(file: &Path) -> Option<Dimensions> {
    let bytes = fs::read(file).ok()?;
    let held = PartialFile::new(bytes.len() as u64, bytes.into());
    master::index(&held, 1).ok().map(|master| master.dimensions)
}

/// The dimensions reduced to at most this many megapixels.
pub(super) fn scaled(full: Dimensions, max_megapixels: Option<f64>) -> Dimensions {
    let factor = max_megapixels.map_or(1.0, |most| (most * 1e6 / full.area() as f64).sqrt().min(1.0));
    let side = |length: u32| ((f64::from(length) * factor) as u32).max(16);
    Dimensions::new(side(full.width), side(full.height))
}

#[allow(clippy::too_many_arguments)]
fn pyramid(
    picture: &Picture,
    size: Dimensions,
    tile_side: u32,
    compression: Compression,
    reduced: Reduced,
    icc: Option<Vec<u8>>,
    out: &mut BufWriter<File>,
    report: &dyn Fn(f64),
) -> Result<(), String> {
    let message = |error: write::Error| error.to_string();
    let channels = channels(picture);
    let recipe = Recipe {
        dimensions: size,
        orientation: Orientation::UPRIGHT,
        channels,
        tile_side,
        compression,
        reduced,
        icc,
        threads: std::thread::available_parallelism().map_or(2, usize::from),
    };
    let spool = tempfile::tempfile().map_err(|error| error.to_string())?;
    let mut writer = Writer::new(recipe, spool).map_err(message)?;
    paint(picture, size, report, &mut |rows| writer.push(rows.to_vec()).map(drop).map_err(message))?;
    writer.finish(out).map(drop).map_err(message)
}

fn untiled(
    picture: &Picture,
    size: Dimensions,
    out: &mut BufWriter<File>,
    report: &dyn Fn(f64),
) -> Result<(), String> {
    let message = |error: pixels::Error| error.to_string();
    let mut samples = Vec::with_capacity(size.area() as usize * 3);
    paint(picture, size, report, &mut |rows| {
        samples.extend_from_slice(rows);
        Ok(())
    })?;
    let raster = Raster { dimensions: size, channels: channels(picture), samples };
    let bytes = match picture.format {
        Format::Jpeg => {
            jpeg::encode(&raster, 90, Subsampling::S420, &EmbeddedMetadata::default()).map_err(message)?
        }
        Format::Png => encode::png(&raster, &EmbeddedMetadata::default()).map_err(message)?,
        Format::Webp => encode::webp(&raster, &EmbeddedMetadata::default()).map_err(message)?,
        _ => strips(&raster).map_err(|error| error.to_string())?,
    };
    out.write_all(&bytes).map_err(|error| error.to_string())
}

fn strips(raster: &Raster) -> tiff::TiffResult<Vec<u8>> {
    let mut file = std::io::Cursor::new(Vec::new());
    let Dimensions { width, height } = raster.dimensions;
    TiffEncoder::new(&mut file)?.write_image::<colortype::RGB8>(width, height, &raster.samples)?;
    Ok(file.into_inner())
}

fn channels(picture: &Picture) -> Channels {
    if picture.gray { Channels::Gray } else { Channels::Rgb }
}

/// Paints band by band from the top, each on all processors, and passes the samples to `take`.
fn paint(
    picture: &Picture,
    size: Dimensions,
    report: &dyn Fn(f64),
    take: &mut dyn FnMut(&[u8]) -> Result<(), String>,
) -> Result<(), String> {
    let painter = (picture.paint)();
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let stride = size.width as usize * channels(picture).count();
    for top in (0..size.height).step_by(BAND as usize) {
        let rows = BAND.min(size.height - top) as usize;
        let mut band = vec![0u8; rows * stride];
        std::thread::scope(|scope| {
            let share = rows.div_ceil(threads);
            for (n, part) in band.chunks_mut(share * stride).enumerate() {
                let (painter, first) = (&painter, top as usize + n * share);
                scope.spawn(move || {
                    let mut colors = vec![[0.0; 3]; size.width as usize];
                    for (row, samples) in part.chunks_exact_mut(stride).enumerate() {
                        paint_row(painter, size, first + row, &mut colors, samples, picture.gray);
                    }
                });
            }
        });
        take(&band)?;
        report(f64::from(top + rows as u32) / f64::from(size.height));
    }
    Ok(())
}

fn paint_row(
    paint: &Paint,
    size: Dimensions,
    row: usize,
    colors: &mut [Color],
    samples: &mut [u8],
    gray: bool,
) {
    let pixel = 1.0 / f64::from(size.width);
    paint(Spot { x: 0.5 * pixel, y: (row as f64 + 0.5) * pixel, pixel }, colors);
    let byte = |sample: f32| (sample.clamp(0.0, 1.0) * 255.0 + 0.5) as u8;
    if gray {
        let luma = |c: &Color| byte(0.299 * c[0] + 0.587 * c[1] + 0.114 * c[2]);
        samples.iter_mut().zip(colors.iter()).for_each(|(sample, color)| *sample = luma(color));
    } else {
        for (pixel, color) in samples.chunks_exact_mut(3).zip(colors.iter()) {
            pixel.copy_from_slice(&color.map(byte));
        }
    }
}
