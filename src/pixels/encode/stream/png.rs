//! Streams PNG row by row.

use std::io::{self, Write};
use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};
use png::StreamWriter;

use super::super::png::encoder;
use super::{Channels, Dimensions, EmbeddedMetadata, Error, refused};

/// Bytes of an IDAT chunk.
const CHUNK: usize = 1 << 16;

/// A PNG that is being streamed.
pub(super) struct Png {
    writer: StreamWriter<'static, Sink>,
    written: Sink,
}

impl Png {
    pub(super) fn new(
        dimensions: Dimensions,
        channels: Channels,
        metadata: &EmbeddedMetadata,
    ) -> Result<Self, Error> {
        let written = Sink::default();
        let writer = encoder(written.clone(), dimensions, channels, metadata)
            .and_then(|encoder| encoder.write_header()?.into_stream_writer_with_size(CHUNK))
            .map_err(|error| refused("png", error))?;
        Ok(Self { writer, written })
    }

    pub(super) fn push(&mut self, samples: &[u8]) -> Result<Vec<u8>, Error> {
        self.writer.write_all(samples).map_err(|error| refused("png", error))?;
        Ok(self.written.take())
    }

    pub(super) fn finish(self) -> Result<Vec<u8>, Error> {
        self.writer.finish().map_err(|error| refused("png", error))?;
        Ok(self.written.take())
    }
}

/// The bytes written and not yet taken; the writer keeps one handle and does not share it.
#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Sink {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock()
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::samples::{gradient, read_png};
    use super::super::samples::streamed;
    use super::super::stream;
    use super::*;
    use crate::iiif::Format;
    use crate::pixels::Subsampling;

    #[test]
    fn streamed_files_are_read_back() {
        for channels in [Channels::Gray, Channels::Rgb, Channels::Rgba] {
            for heights in [&[1][..], &[7, 2], &[500]] {
                let (raster, metadata) = (gradient(137, 205, channels), EmbeddedMetadata::icc(b"a profile"));
                let begun = stream(Format::Png, raster.dimensions, channels, &metadata, 0, Subsampling::S420);
                let file = streamed(begun.unwrap(), &raster, heights);
                let (read, icc) = read_png(&file);
                assert!(read == raster);
                assert_eq!(icc.as_deref(), Some(&b"a profile"[..]));
                assert!(file.ends_with(b"IEND\xae\x42\x60\x82"));
            }
        }
    }
}
