//! Reads the headers of masters in formats without tiles.

use super::header::{Header, checked_dimensions, decoder_memory};
use super::{Integrity, Kind, Master, Orientation, PartialFile, Refused, SourceFormat, Stop, gif, png, webp};
use crate::container::jpeg::next_length;
use crate::pixels::decode::jp2;
use crate::pixels::{self, Alpha, Depth, Model, ReadAt, Shape, jpeg};
use parking_lot::Mutex;

/// The most pixels per byte of a JPEG 2000: even an image of a single color has a few bytes of code-blocks in each tile.
const MAX_PIXELS_PER_BYTE: u64 = 1 << 20;

/// Bytes of a JPEG 2000 that are fetched at once: its decoder reads small parts, and parses its header again each time.
const AHEAD: u64 = 64 << 10;

/// The reason for refusing a file in an unsupported format.
pub(super) fn unsupported(start: &[u8]) -> String {
    let name = match start {
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => "AVIF, HEIC or another ISO media file",
        [b'%', b'P', b'D', b'F', ..] => "PDF",
        [b'8', b'B', b'P', b'S', ..] => "Photoshop",
        [] => return "the file is empty".into(),
        _ => "in an unknown format",
    };
    format!(
        "the file is {name}; TIFF, JPEG, JPEG 2000, PNG, WebP and GIF are supported; `vips copy IN OUT.tif` may convert it"
    )
}

/// Indexes a master by its header.
pub(super) fn index(file: &PartialFile, format: SourceFormat) -> Result<Master, Stop> {
    let header = match format {
        SourceFormat::Jpeg => jpeg_header(file)?,
        SourceFormat::Png => png::header(file)?,
        SourceFormat::Webp => webp::header(file)?,
        SourceFormat::Gif => gif::header(file)?,
        SourceFormat::Jp2 => jp2_header(file)?,
        SourceFormat::Tiff => return Err(Refused::damaged("a TIFF has directories").into()),
    };
    let reason = match format {
        SourceFormat::Jp2 => "JPEG 2000 is expensive to decode".into(),
        _ => format!("a {} has no tiles", format.name()),
    };
    let kind = Kind::Untiled {
        format,
        bytes: file.size(),
        reason,
        shape: header.shape,
        memory: header.memory,
        tiff: None,
    };
    let Header { shape, orientation, icc, .. } = header;
    Ok(Master {
        dimensions: shape.dimensions,
        orientation,
        icc,
        levels: Vec::new(),
        kind,
        integrity: Integrity::Unknown,
    })
}

fn jpeg_header(file: &PartialFile) -> Result<Header, Stop> {
    const MAX: u64 = 32 << 20;
    let mut length = file.start().len() as u64;
    loop {
        match jpeg::header(file.get(0, length)?).map_err(refused)? {
            Ok(header) => {
                let model = match header.components {
                    1 => Model::Gray,
                    4 => Model::Cmyk,
                    _ => Model::Rgb,
                };
                let depth = if header.bits <= 8 { Depth::U8 } else { Depth::U16 };
                let shape = Shape { dimensions: header.dimensions, model, alpha: Alpha::None, depth };
                let orientation = Orientation::new(header.orientation.into());
                let memory = decoder_memory(header.coefficient_bytes, shape);
                return Ok(Header { shape, orientation, icc: header.icc.map(Into::into), memory });
            }
            Err(_) if length >= file.size().min(MAX) => {
                return Err(Refused::damaged("it ends before its first scan").into());
            }
            Err(needed) => length = next_length(length, needed, file.size(), MAX),
        }
    }
}

/// Reads the header of a JPEG 2000 with its decoder, which reads from arbitrary offsets.
fn jp2_header(file: &PartialFile) -> Result<Header, Stop> {
    let reader = PartialReader { file, missing: Mutex::new(None) };
    let header = jp2::header(&reader);
    let missing = reader.missing.into_inner();
    if let Some(missing) = missing {
        return Err(missing);
    }
    let header = header.map_err(refused)?;
    let jp2::Header { dimensions, model, alpha, depth, fixed_bytes: memory, .. } = header;
    checked_dimensions(true, dimensions)?;
    if dimensions.area() / file.size().max(1) > MAX_PIXELS_PER_BYTE {
        return Err(
            Refused::damaged(format!("it states {dimensions} pixels in {} bytes", file.size())).into()
        );
    }
    let orientation = Orientation::new(header.orientation.into());
    Ok(Header {
        shape: Shape { dimensions, model, alpha, depth },
        orientation,
        icc: header.icc.map(Into::into),
        memory,
    })
}

/// Implements [`ReadAt`] for a partial file, and records the first bytes that were missing.
struct PartialReader<'a> {
    file: &'a PartialFile,
    missing: Mutex<Option<Stop>>,
}

impl ReadAt for PartialReader<'_> {
    fn size(&self) -> u64 {
        self.file.size()
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> std::io::Result<()> {
        match self.file.get(offset, into.len() as u64) {
            Ok(bytes) => into.copy_from_slice(bytes),
            Err(stop) => {
                if let Stop::NeedBytes { range, likely } = stop {
                    let mut missing = self.missing.lock();
                    missing.get_or_insert(Stop::NeedBytes { range, likely: likely.max(AHEAD) });
                }
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(())
    }
}

fn refused(error: pixels::Error) -> Stop {
    match error {
        pixels::Error::Damaged { reason, .. } => Refused::Damaged(reason).into(),
        other => Refused::Unsupported(other.to_string()).into(),
    }
}
