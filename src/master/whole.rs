//! Masters that can only be decoded as a whole: what their headers say.

use super::bytes::{Held, Stop};
use super::ifd::Layout;
use super::{Kind, Master, Orientation, Refused};
use crate::iiif::Dimensions;
use crate::pixels::{self, jpeg};

/// The formats of masters without tiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Whole {
    Tiff,
    Jpeg,
    Png,
    Webp,
}

impl Whole {
    /// By the file's first bytes, whatever it is called.
    pub fn recognize(start: &[u8]) -> Option<Self> {
        match start {
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Some(Self::Png),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::Webp),
            _ => Layout::of(start).map(|_| Self::Tiff),
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Tiff => "TIFF",
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::Webp => "WebP",
        }
    }
}

/// What to say of a file that is none of these.
pub fn unknown(start: &[u8]) -> String {
    let name = match start {
        [0, 0, 0, 12, b'j', b'P', ..] | [0xff, 0x4f, 0xff, 0x51, ..] => "JPEG 2000",
        [b'G', b'I', b'F', b'8', ..] => "GIF",
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => "AVIF, HEIC or another ISO media file",
        [b'%', b'P', b'D', b'F', ..] => "PDF",
        [b'8', b'B', b'P', b'S', ..] => "Photoshop",
        [] => return "the file is empty".into(),
        _ => "a kind that is not known",
    };
    format!("the file is {name}; TIFF, JPEG, PNG and WebP are served")
}

/// The master that this file is, by its header alone.
pub fn index(held: &Held, codec: Whole) -> Result<Master, Stop> {
    let (dimensions, orientation, icc) = match codec {
        Whole::Jpeg => jpeg_header(held)?,
        Whole::Png => (png_size(held)?, Orientation::UPRIGHT, None),
        Whole::Webp => (webp_size(held)?, Orientation::UPRIGHT, None),
        Whole::Tiff => return Err(Refused::damaged("a TIFF has directories").into()),
    };
    let reason = format!("a {} has no tiles", codec.name());
    let kind = Kind::Whole { codec, bytes: held.size(), reason };
    Ok(Master { dimensions, orientation, icc, levels: Vec::new(), kind })
}

type Said = (Dimensions, Orientation, Option<std::sync::Arc<[u8]>>);

fn jpeg_header(held: &Held) -> Result<Said, Stop> {
    const MOST: u64 = 32 << 20;
    let mut length = held.start().len() as u64;
    loop {
        match jpeg::header(held.get(0, length)?).map_err(refused)? {
            Ok(header) if header.components == 4 => {
                let reason = "the file is a CMYK JPEG, which is not read; convert it to sRGB, as with `vips icc_transform`";
                return Err(Refused::Unsupported(reason.into()).into());
            }
            Ok(header) => {
                return Ok((
                    header.dimensions,
                    Orientation::new(header.orientation.into()),
                    header.icc.map(Into::into),
                ));
            }
            Err(_) if length >= held.size().min(MOST) => {
                return Err(Refused::damaged("it ends before its frame header").into());
            }
            Err(needed) => length = (needed as u64 + (64 << 10)).min(held.size()),
        }
    }
}

fn refused(error: pixels::Error) -> Stop {
    match error {
        pixels::Error::Damaged { reason, .. } => Refused::Damaged(reason).into(),
        other => Refused::Unsupported(other.to_string()).into(),
    }
}

/// IHDR comes first (PNG, §11.2.1).
fn png_size(held: &Held) -> Result<Dimensions, Stop> {
    let header = held.get(0, 24)?;
    let number = |at: usize| u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    sound(&header[12..16] == b"IHDR", Dimensions::new(number(16), number(20)))
}

/// The first chunk says the size, each kind in its own way (WebP container specification).
fn webp_size(held: &Held) -> Result<Dimensions, Stop> {
    let b = held.get(0, 30)?;
    let low = |at: usize| u32::from(b[at]) | u32::from(b[at + 1]) << 8;
    match &b[12..16] {
        b"VP8X" => {
            let (w, h) = (low(24) | u32::from(b[26]) << 16, low(27) | u32::from(b[29]) << 16);
            sound(true, Dimensions::new(w + 1, h + 1))
        }
        b"VP8L" => {
            let bits = low(21) | low(23) << 16;
            sound(b[20] == 0x2f, Dimensions::new((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
        }
        b"VP8 " => {
            sound(b[23..26] == [0x9d, 0x01, 0x2a], Dimensions::new(low(26) & 0x3fff, low(28) & 0x3fff))
        }
        _ => Err(Refused::damaged("its first chunk is none that WebP knows").into()),
    }
}

fn sound(well_formed: bool, size: Dimensions) -> Result<Dimensions, Stop> {
    if well_formed && size.area() > 0 && size.width < 1 << 24 && size.height < 1 << 24 {
        return Ok(size);
    }
    Err(Refused::damaged("its header does not state a size").into())
}
