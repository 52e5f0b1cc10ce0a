//! Reads the lengths and sizes of sound and video that records do not state from the files, as ranges.

use std::io::{self, Read, Seek, SeekFrom};

use bytes::Bytes;
use tokio::runtime::Handle;

use crate::gallery::images::ImageService;
use crate::gallery::{Error, error_chain};
use crate::metadata::Recording;
use crate::record::{Media, MediaKind, Work, media_type};
use crate::store::{Key, Store, Version};

/// The number of bytes per read.
const PIECE: u64 = 64 << 10;
/// The most bytes that are read of a file.
const MOST: u64 = 16 << 20;

/// Completes what the record does not say of its files. Blocks.
pub(super) fn measure(work: &mut Work, images: &ImageService, tasks: &Handle) {
    let is_wanting = |media: &&mut Media| {
        let is_video = media.kind() == Some(MediaKind::Video);
        media.matched && (media.duration.is_none() || is_video && media.width.is_none())
    };
    for media in work.media_files.iter_mut().filter(is_wanting) {
        match recording(&media.file, images, tasks) {
            Ok(Recording { duration, size }) => {
                media.duration = media.duration.or(duration);
                if media.width.is_none() && media.height.is_none() {
                    (media.width, media.height) = size.unzip();
                }
            }
            Err(error) => {
                let error = error_chain(&error);
                tracing::warn!(file = media.file, error, "the length of sound or video cannot be read");
            }
        }
    }
}

fn recording(file: &str, images: &ImageService, tasks: &Handle) -> Result<Recording, Error> {
    let Some(media_type) = media_type(file) else { return Ok(Recording::default()) };
    let (store, key, version) = tasks.block_on(images.media_file(file))?;
    let reader = FileReader {
        store,
        key,
        version,
        tasks: tasks.clone(),
        at: 0,
        start: 0,
        piece: Bytes::new(),
        left: MOST,
    };
    Recording::read(reader, media_type).map_err(|error| Error::Fault(error.to_string()))
}

/// A file of a store as a blocking reader.
struct FileReader {
    store: Store,
    key: Key,
    version: Version,
    tasks: Handle,
    at: u64,
    /// Where the last piece begins.
    start: u64,
    piece: Bytes,
    /// The number of bytes that may still be read.
    left: u64,
}

impl Read for FileReader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.version.size {
            return Ok(0);
        }
        let end = self.start + self.piece.len() as u64;
        if !(self.start..end).contains(&self.at) {
            let range = self.at..(self.at + PIECE).min(self.version.size);
            let length = range.end - range.start;
            self.left =
                self.left.checked_sub(length).ok_or_else(|| io::Error::other("its headers are too long"))?;
            let read = self.store.read(&self.key, &self.version, range, &[]);
            self.piece = self.tasks.block_on(read).map_err(io::Error::other)?;
            self.start = self.at;
        }
        let known = &self.piece[(self.at - self.start) as usize..];
        let length = known.len().min(into.len());
        into[..length].copy_from_slice(&known[..length]);
        self.at += length as u64;
        Ok(length)
    }
}

impl Seek for FileReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.version.size.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "before the start"))?;
        Ok(self.at)
    }
}
