//! Masters that can only be decoded as a whole: what their headers say.

use std::sync::{Mutex, PoisonError};

use super::bytes::{Held, Stop};
use super::header::{Header, checked_dimensions, decoder_memory};
use super::ifd::Layout;
use super::{Kind, Master, Orientation, Refused, gif, png, webp};
use crate::pixels::decode::jp2;
use crate::pixels::{self, Alpha, Depth, Model, ReadAt, Shape, jpeg};

/// An empty picture of one colour has a few code-blocks of some bytes in each of its tiles.
const MOST_PIXELS_A_BYTE: u64 = 1 << 20;

/// The formats of masters without tiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Whole {
    Tiff,
    Jpeg,
    Png,
    Webp,
    Gif,
    /// JPEG 2000 and its high-throughput kind, in boxes or bare.
    Jp2,
}

impl Whole {
    /// By the file's first bytes, whatever it is called.
    pub fn recognize(start: &[u8]) -> Option<Self> {
        match start {
            [0xff, 0xd8, _, ..] => Some(Self::Jpeg),
            [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Some(Self::Png),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::Webp),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Self::Gif),
            [0, 0, 0, 12, b'j', b'P', b' ', b' ', ..] | [0xff, 0x4f, 0xff, 0x51, ..] => Some(Self::Jp2),
            _ => Layout::of(start).map(|_| Self::Tiff),
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Tiff => "TIFF",
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::Webp => "WebP",
            Self::Gif => "GIF",
            Self::Jp2 => "JPEG 2000",
        }
    }
}

/// What to say of a file that is none of these.
pub fn unknown(start: &[u8]) -> String {
    let name = match start {
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => "AVIF, HEIC or another ISO media file",
        [b'%', b'P', b'D', b'F', ..] => "PDF",
        [b'8', b'B', b'P', b'S', ..] => "Photoshop",
        [] => return "the file is empty".into(),
        _ => "a kind that is not known",
    };
    format!(
        "the file is {name}; TIFF, JPEG, JPEG 2000, PNG, WebP and GIF are served; `vips copy IN OUT.tif` may convert it"
    )
}

/// The master that this file is, by its header alone.
pub fn index(held: &Held, codec: Whole) -> Result<Master, Stop> {
    let header = match codec {
        Whole::Jpeg => jpeg_header(held)?,
        Whole::Png => png::header(held)?,
        Whole::Webp => webp::header(held)?,
        Whole::Gif => gif::header(held)?,
        Whole::Jp2 => jp2_header(held)?,
        Whole::Tiff => return Err(Refused::damaged("a TIFF has directories").into()),
    };
    let reason = match codec {
        Whole::Jp2 => "JPEG 2000 is costly to decode".into(),
        codec => format!("a {} has no tiles", codec.name()),
    };
    let kind = Kind::Whole {
        codec,
        bytes: held.size(),
        reason,
        shape: header.shape,
        memory: header.memory,
        sheet: None,
    };
    let Header { shape, orientation, icc, .. } = header;
    Ok(Master { dimensions: shape.dimensions, orientation, icc, levels: Vec::new(), kind })
}

fn jpeg_header(held: &Held) -> Result<Header, Stop> {
    const MOST: u64 = 32 << 20;
    let mut length = held.start().len() as u64;
    loop {
        match jpeg::header(held.get(0, length)?).map_err(refused)? {
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
            Err(_) if length >= held.size().min(MOST) => {
                return Err(Refused::damaged("it ends before its first scan").into());
            }
            Err(needed) => length = (needed as u64 + (64 << 10)).min(held.size()),
        }
    }
}

/// JPEG 2000's boxes are read by its decoder, which asks for bytes as it goes.
fn jp2_header(held: &Held) -> Result<Header, Stop> {
    let asked = Asked { held, missing: Mutex::new(None) };
    let header = jp2::header(&asked);
    let missing = asked.missing.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some(missing) = missing {
        return Err(missing);
    }
    let header = header.map_err(refused)?;
    let jp2::Header { dimensions, model, alpha, depth, fixed_bytes: memory, .. } = header;
    checked_dimensions(true, dimensions)?;
    if dimensions.area() / held.size().max(1) > MOST_PIXELS_A_BYTE {
        return Err(
            Refused::damaged(format!("it states {dimensions} pixels in {} bytes", held.size())).into()
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

/// What has been fetched of a file, as a reader sees it that knows nothing of fetching.
struct Asked<'a> {
    held: &'a Held,
    missing: Mutex<Option<Stop>>,
}

impl ReadAt for Asked<'_> {
    fn size(&self) -> u64 {
        self.held.size()
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> std::io::Result<()> {
        match self.held.get(offset, into.len() as u64) {
            Ok(bytes) => into.copy_from_slice(bytes),
            Err(stop) => {
                if matches!(stop, Stop::Missing { .. }) {
                    let mut missing = self.missing.lock().unwrap_or_else(PoisonError::into_inner);
                    missing.get_or_insert(stop);
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
