//! Builds one pyramid: reads rows, converts colours, cuts and compresses tiles. Memory does not grow with the height.

use std::io::{ErrorKind, Seek};
use std::sync::{Arc, mpsc};

use tempfile::NamedTempFile;
use tokio::runtime::Handle;

use super::read_ahead::ReadAhead;
use crate::gallery::images::handle::ImageHandle;
use crate::gallery::images::trim;
use crate::gallery::{Error, settings};
use crate::master;
use crate::master::write::{self, Compression, Recipe, Reduced, Writer};
use crate::pixels::color::Output;
use crate::pixels::{Channels, Raster, Rows, Subsampling};
use crate::render::ColorTransform;
use crate::store;

/// Receives the progress, from 0 to 1.
pub(crate) type Progress = Arc<dyn Fn(f64) + Send + Sync>;

/// Increment this when the same master and settings give different pixels: all pyramids are then rebuilt.
pub(super) const VERSION: u32 = 2;

/// How often a master is read again because its bytes were damaged on their way.
const ATTEMPTS: usize = 3;
/// Bytes of samples that are read at a time.
const BAND: u64 = 1 << 20;
/// Bands in the queue between reading and compressing.
const WAITING: usize = 2;

/// All inputs of a build.
pub(super) struct Job {
    pub master: Arc<ImageHandle>,
    pub settings: settings::Pyramids,
    pub output: Output,
    pub threads: usize,
    pub tasks: Handle,
    pub progress: Progress,
}

impl Job {
    /// Writes the pyramid into `file`.
    pub(super) fn run(self, mut file: NamedTempFile) -> Result<NamedTempFile, Error> {
        let (master, limit) = (&self.master.master, self.settings.max_megapixels * 1_000_000);
        if master.dimensions.area() > limit {
            return Err(Error::Unsupported(format!(
                "it has {} megapixels, and pyramids are built of at most {} (pyramids.max_megapixels)",
                master.dimensions.area() / 1_000_000,
                self.settings.max_megapixels
            )));
        }
        let mut attempts = 0;
        loop {
            let source = Arc::new(ReadAhead::sequential(self.master.clone(), self.tasks.clone()));
            let made = self.write(source.clone(), &mut file);
            match source.checked(made) {
                // The master was damaged on its way, or it is damaged.
                Err(Error::Store(store::Error::BadResponse(_))) if attempts < ATTEMPTS => attempts += 1,
                Err(Error::Damaged(_)) if attempts < 1 && !self.master.store.is_local() => attempts += 1,
                made => return made.map(|()| file),
            }
            file.as_file_mut().set_len(0).and_then(|()| file.rewind()).map_err(full)?;
        }
    }

    fn write(&self, source: Arc<ReadAhead>, file: &mut NamedTempFile) -> Result<(), Error> {
        let master = &self.master.master;
        let memory = self.settings.memory_mib << 20;
        let _trim = trim::Guard(master::rows_memory(master));
        let mut rows = master::rows(master, source, memory)?;
        let shape = rows.shape();
        let color = ColorTransform::new(master.icc.as_ref(), shape, self.output);
        let recipe = self.recipe(&color, color.channels(shape));
        let spool = tempfile::tempfile_in(file.path().parent().unwrap_or(".".as_ref())).map_err(full)?;
        let mut writer = Writer::new(recipe, spool).map_err(error_of)?;
        let band = (BAND / shape.stride().max(1)).clamp(1, 1024) as u32;
        let (sender, receiver) = mpsc::sync_channel::<Result<Raster, Error>>(WAITING);
        let (give_back, spare) = mpsc::channel();
        std::thread::scope(|scope| {
            scope.spawn(move || read((rows.as_mut(), &spare), band, &color, &sender));
            let mut done = 0;
            for raster in receiver {
                let raster = raster?;
                let unneeded = writer.push(raster.samples).map_err(error_of)?;
                // The reader may have come to its end.
                unneeded.into_iter().for_each(|samples| drop(give_back.send(samples)));
                done += raster.dimensions.height;
                (self.progress)(f64::from(done) / f64::from(shape.dimensions.height));
            }
            Ok::<_, Error>(())
        })?;
        writer.finish(file.as_file_mut()).map_err(error_of)?;
        Ok(())
    }

    fn recipe(&self, color: &ColorTransform, channels: Channels) -> Recipe {
        let (master, settings) = (&self.master.master, &self.settings);
        let lossless = match settings.compression {
            settings::Compression::Zstd => Compression::Zstd,
            _ => Compression::Deflate,
        };
        let compression = match settings.compression {
            settings::Compression::Jpeg if channels != Channels::Rgba => Compression::Jpeg {
                quality: settings.jpeg_quality,
                subsampling: if settings.full_color { Subsampling::S444 } else { Subsampling::S420 },
            },
            _ => lossless,
        };
        Recipe {
            dimensions: master.dimensions,
            orientation: master.orientation,
            channels,
            tile_side: settings.tile_side,
            compression,
            reduced: Reduced::Pages,
            icc: color.profile.as_deref().map(<[u8]>::to_vec),
            threads: self.threads,
        }
    }
}

/// Reads bands and converts their colours until the end, an error, or a closed receiver; `spare` is memory for them.
fn read(
    (rows, spare): (&mut dyn Rows, &mpsc::Receiver<Vec<u8>>),
    band: u32,
    color: &ColorTransform,
    sender: &mpsc::SyncSender<Result<Raster, Error>>,
) {
    let mut next = || {
        spare.try_iter().for_each(|samples| rows.recycle(samples));
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| rows.next(band)))
            .unwrap_or_else(|_| Err(crate::pixels::Error::damaged("image", "its decoder panicked")))
    };
    loop {
        let next = match next() {
            Ok(None) => return,
            Ok(Some(raw)) => Ok(color.apply(raw)),
            Err(error) => Err(Error::from(error)),
        };
        let failed = next.is_err();
        if sender.send(next).is_err() || failed {
            return;
        }
    }
}

fn error_of(error: write::Error) -> Error {
    match error {
        write::Error::Pixels(error) => error.into(),
        write::Error::Io(error) => full(error),
        // The image has fewer rows than its header states.
        write::Error::Recipe(reason) => Error::Damaged(reason),
    }
}

/// Disk errors are for the operator.
fn full(error: std::io::Error) -> Error {
    Error::Store(match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => store::Error::Full,
        _ => store::Error::unavailable(error),
    })
}
