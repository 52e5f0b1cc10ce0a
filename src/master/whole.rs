//! Masters that can only be decoded as a whole: what their headers say.

use std::sync::{Arc, Mutex, PoisonError};

use super::bytes::{Held, Stop};
use super::ifd::Layout;
use super::{Kind, Master, Orientation, Refused, gif, png};
use crate::iiif::Dimensions;
use crate::pixels::decode::{jp2, webp_is_sound};
use crate::pixels::jpeg::exif_orientation;
use crate::pixels::{self, Alpha, Depth, Model, ReadAt, Shape, jpeg};

/// No honest header has more chunks before its pixels.
pub(super) const MOST_CHUNKS: usize = 256;
/// No profile or EXIF of use is larger, in bytes.
pub(super) const MOST_PROFILE: u64 = 4 << 20;

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

/// What a header says.
pub(super) struct Said {
    pub(super) shape: Shape,
    pub(super) orientation: Orientation,
    pub(super) icc: Option<Arc<[u8]>>,
    /// Bytes of memory that its decoder takes.
    pub(super) memory: u64,
}

/// Rows that are read at one time, at most.
const ROWS: u64 = 64;
/// What any decoder takes, in bytes, whatever the size: buffers and tables.
const LEAST_MEMORY: u64 = 2 << 20;

/// Bytes of memory of a decoder that keeps `kept` bytes, and hands out rows.
pub(super) fn memory(kept: u64, shape: Shape) -> u64 {
    let rows = shape.stride().saturating_mul(2 * ROWS.min(u64::from(shape.dimensions.height)));
    kept.saturating_add(rows).saturating_add(LEAST_MEMORY)
}

/// The master that this file is, by its header alone.
pub fn index(held: &Held, codec: Whole) -> Result<Master, Stop> {
    let said = match codec {
        Whole::Jpeg => jpeg_header(held)?,
        Whole::Png => png::header(held)?,
        Whole::Webp => webp_header(held)?,
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
        shape: said.shape,
        memory: said.memory,
        sheet: None,
    };
    let Said { shape, orientation, icc, .. } = said;
    Ok(Master { dimensions: shape.dimensions, orientation, icc, levels: Vec::new(), kind })
}

fn jpeg_header(held: &Held) -> Result<Said, Stop> {
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
                let memory = memory(header.coefficient_bytes, shape);
                return Ok(Said { shape, orientation, icc: header.icc.map(Into::into), memory });
            }
            Err(_) if length >= held.size().min(MOST) => {
                return Err(Refused::damaged("it ends before its first scan").into());
            }
            Err(needed) => length = (needed as u64 + (64 << 10)).min(held.size()),
        }
    }
}

/// JPEG 2000's boxes are read by its decoder, which asks for bytes as it goes.
fn jp2_header(held: &Held) -> Result<Said, Stop> {
    let asked = Asked { held, missing: Mutex::new(None) };
    let header = jp2::header(&asked);
    let missing = asked.missing.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some(missing) = missing {
        return Err(missing);
    }
    let header = header.map_err(refused)?;
    let jp2::Header { dimensions, model, alpha, depth, fixed_bytes: memory, .. } = header;
    sound(true, dimensions)?;
    if dimensions.area() / held.size().max(1) > MOST_PIXELS_A_BYTE {
        return Err(
            Refused::damaged(format!("it states {dimensions} pixels in {} bytes", held.size())).into()
        );
    }
    let orientation = Orientation::new(header.orientation.into());
    Ok(Said {
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

/// The first chunk says the size, each kind in its own way (WebP container specification).
fn webp_header(held: &Held) -> Result<Said, Stop> {
    let b = held.get(0, 30)?;
    let low = |at: usize| u32::from(b[at]) | u32::from(b[at + 1]) << 8;
    let moves = &b[12..16] == b"VP8X" && b[20] & 2 != 0;
    if !moves && u64::from(low(4) | low(6) << 16) + 8 > held.size() {
        return Err(Refused::damaged("it is cut off").into());
    }
    // Its decoder wants to see metadata that may stand before the picture.
    let has_all = held.start().len() as u64 == held.size() || &b[12..16] != b"VP8X";
    if has_all && !webp_is_sound(held.start()) {
        return Err(Refused::damaged("it has no sound WebP header").into());
    }
    let (dimensions, alpha) = match &b[12..16] {
        b"VP8X" => {
            let (w, h) = (low(24) | u32::from(b[26]) << 16, low(27) | u32::from(b[29]) << 16);
            (sound(true, Dimensions::new(w + 1, h + 1))?, b[20] & 0x12 != 0)
        }
        b"VP8L" => {
            let bits = low(21) | low(23) << 16;
            let size = Dimensions::new((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1);
            (sound(b[20] == 0x2f, size)?, bits >> 28 & 1 == 1)
        }
        b"VP8 " => {
            let size = Dimensions::new(low(26) & 0x3fff, low(28) & 0x3fff);
            (sound(b[23..26] == [0x9d, 0x01, 0x2a], size)?, false)
        }
        _ => return Err(Refused::damaged("its first chunk is none that WebP knows").into()),
    };
    let alpha = if alpha { Alpha::Straight } else { Alpha::None };
    let shape = Shape { dimensions, model: Model::Rgb, alpha, depth: Depth::U8 };
    let (mut orientation, mut icc, mut at) = (None, None, 12);
    let is_extended = &b[12..16] == b"VP8X";
    // Lossless pictures and opacity are unpacked to 4 bytes a pixel besides the picture; frames hold either.
    let mut is_lossless = &b[12..16] == b"VP8L" || moves || is_extended && b[20] & 0x10 != 0;
    let more = is_extended && b[20] & 0x28 != 0;
    if is_extended && !more && held.size() >= 34 {
        is_lossless |= held.get(30, 4)? != b"VP8 ";
    }
    for _ in 0..if more { MOST_CHUNKS } else { 0 } {
        if at + 8 > held.size() {
            break;
        }
        let chunk = held.get(at, 8)?;
        let length = u64::from(u32::from_le_bytes([chunk[4], chunk[5], chunk[6], chunk[7]]));
        if length <= MOST_PROFILE && at + 8 + length <= held.size() {
            match &chunk[..4] {
                b"VP8L" => is_lossless = true,
                b"ICCP" if icc.is_none() => {
                    icc = Some(held.get(at + 8, length)?).filter(|icc| icc.len() > 128).map(Arc::from)
                }
                // Of two the first counts.
                b"EXIF" if orientation.is_none() => {
                    let exif = held.get(at + 8, length)?;
                    orientation = Some(Orientation::new(exif_orientation(exif).into()));
                }
                _ => {}
            }
        }
        at += 8 + length + length % 2;
    }
    let samples = dimensions.area().saturating_mul(shape.count() as u64);
    let decoded = samples.saturating_mul(if moves { 2 } else { 1 });
    let unpacked = if is_lossless { dimensions.area().saturating_mul(4) } else { 0 };
    let kept = decoded.saturating_add(unpacked).saturating_add(held.size().saturating_mul(if moves {
        2
    } else {
        1
    }));
    let orientation = orientation.unwrap_or(Orientation::UPRIGHT);
    Ok(Said { shape, orientation, icc, memory: memory(kept, shape) })
}

pub(super) fn sound(well_formed: bool, size: Dimensions) -> Result<Dimensions, Stop> {
    if well_formed && size.area() > 0 && size.width < 1 << 24 && size.height < 1 << 24 {
        return Ok(size);
    }
    Err(Refused::damaged("its header does not state a size").into())
}
