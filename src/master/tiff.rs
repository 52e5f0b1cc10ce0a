//! Finds a TIFF's pages, pyramid levels and tiles without reading a pixel.

use std::sync::Arc;

use super::bytes::{Held, Stop};
use super::ifd::{Directory, Layout};
use super::level::{Codec, Format, Grid, Level, Photometric, Predictor};
use super::{Kind, Master, Orientation, Refused};
use crate::iiif::Dimensions;
use crate::pixels::Alpha;

const SUBFILE: u16 = 254;
const WIDTH: u16 = 256;
const HEIGHT: u16 = 257;
const BITS: u16 = 258;
const COMPRESSION: u16 = 259;
const PHOTOMETRIC: u16 = 262;
const FILL_ORDER: u16 = 266;
const STRIP_OFFSETS: u16 = 273;
const ORIENTATION: u16 = 274;
const SAMPLES: u16 = 277;
const ROWS_PER_STRIP: u16 = 278;
const STRIP_LENGTHS: u16 = 279;
const PLANAR: u16 = 284;
const PREDICTOR: u16 = 317;
const PALETTE: u16 = 320;
const TILE_WIDTH: u16 = 322;
const TILE_HEIGHT: u16 = 323;
const OFFSETS: u16 = 324;
const LENGTHS: u16 = 325;
const SUB_IFDS: u16 = 330;
const INK_SET: u16 = 332;
const EXTRA_SAMPLES: u16 = 338;
const SAMPLE_FORMAT: u16 = 339;
const JPEG_TABLES: u16 = 347;
const ICC: u16 = 34675;

/// No sound pyramid or book of scans in one file has more directories.
const MOST_DIRECTORIES: usize = 4096;
const MOST_TILES: u64 = 4_000_000;
const MOST_ICC: u64 = 4 << 20;

/// The master that page `page` (1 is the first) of this TIFF is.
///
/// Reduced pages that follow a page, or hang below it as SubIFDs, are its levels.
pub fn index(held: &Held, page: u32) -> Result<Master, Stop> {
    let (layout, mut offset) =
        Layout::of(held.start()).ok_or_else(|| Refused::damaged("it has no TIFF header"))?;
    let (mut seen, mut pages, mut found): (Vec<u64>, u32, Option<Pyramid>) = (Vec::new(), 0, None);
    while offset != 0 {
        if seen.contains(&offset) || seen.len() >= MOST_DIRECTORIES {
            break; // A chain that loops: what it led to before counts.
        }
        seen.push(offset);
        let directory = match Directory::read(held, layout, offset) {
            Err(Stop::Refused(_)) if found.is_some() => break, // A torn tail behind a sound page.
            other => other.map_err(|stop| sure(stop, held))?,
        };
        offset = directory.next;
        let reduced = directory.number(held, SUBFILE)?.unwrap_or(0) & 1 == 1;
        let level = match &found {
            Some(pyramid) => reduced || pyramid.continues(&directory, held)?,
            None => false,
        };
        if !level {
            if found.is_some() {
                break;
            }
            pages += u32::from(!reduced);
            if pages == page && !reduced {
                found = Some(Pyramid::open(held, layout, &directory)?);
            }
        } else if let Some(pyramid) = &mut found {
            pyramid.add(held, layout, &directory)?;
        }
    }
    let no_page = || Stop::from(Refused::NoPage { page, pages });
    found.ok_or_else(no_page)?.finish(held)
}

/// Directories lie in a row more often than not: one generous read finds the rest of them.
fn sure(stop: Stop, held: &Held) -> Stop {
    match stop {
        Stop::Missing { range, .. } => {
            let rest = held.size() - range.start;
            Stop::Missing { range, likely: rest.min(256 << 10) }
        }
        other => other,
    }
}

struct Pyramid {
    full: Dimensions,
    levels: Vec<Level>,
    /// Why the full size cannot be cut into tiles, if it cannot.
    uncut: Option<String>,
    orientation: Orientation,
    icc: Option<Arc<[u8]>>,
    has_reduced_flag: bool,
}

impl Pyramid {
    fn open(held: &Held, layout: Layout, directory: &Directory) -> Result<Self, Stop> {
        let full = dimensions(held, directory)?;
        let icc = match directory.bytes(held, ICC, MOST_ICC) {
            Err(Stop::Refused(_)) => None, // A broken profile is no profile.
            other => other?.filter(|icc| icc.len() > 128).map(Arc::from),
        };
        let orientation = directory.number(held, ORIENTATION)?.unwrap_or(1);
        let mut pyramid = Self {
            full,
            levels: Vec::new(),
            uncut: None,
            orientation: Orientation::new(orientation),
            icc,
            has_reduced_flag: false,
        };
        let level = level(held, layout, directory)?;
        pyramid.uncut = level.uncut();
        pyramid.levels.push(level);
        for offset in directory.numbers(held, SUB_IFDS, 64)? {
            pyramid.add(
                held,
                layout,
                &Directory::read(held, layout, offset).map_err(|stop| sure(stop, held))?,
            )?;
        }
        Ok(pyramid)
    }

    /// Whether a directory without the flag of a reduced image is a level all the same: some
    /// writers leave the flag out, so a halved, tiled page right behind counts.
    fn continues(&self, directory: &Directory, held: &Held) -> Result<bool, Stop> {
        let (Some(last), true) = (self.levels.last(), directory.has(TILE_WIDTH)) else { return Ok(false) };
        let next = dimensions(held, directory)?;
        let halved = |from: u32, to: u32| to == from / 2 || to == from.div_ceil(2);
        let smaller = next.width < last.dimensions.width;
        Ok(smaller
            && !self.has_reduced_flag
            && halved(last.dimensions.width, next.width)
            && halved(last.dimensions.height, next.height))
    }

    fn add(&mut self, held: &Held, layout: Layout, directory: &Directory) -> Result<(), Stop> {
        self.has_reduced_flag |= directory.number(held, SUBFILE)?.unwrap_or(0) & 1 == 1;
        // Masks (bit 2) and levels that cannot be cut are passed over: others serve.
        if directory.number(held, SUBFILE)?.unwrap_or(0) & 4 != 0 {
            return Ok(());
        }
        match level(held, layout, directory) {
            Ok(level) if level.reduces(self.full) && level.uncut().is_none() => self.levels.push(level),
            Err(Stop::Missing { range, likely }) => return Err(Stop::Missing { range, likely }),
            _ => {}
        }
        Ok(())
    }

    fn finish(mut self, held: &Held) -> Result<Master, Stop> {
        // Levels of another kind than the full size's could not be told from it by a viewer.
        if self.uncut.is_some() {
            self.levels.truncate(1);
        }
        self.levels.sort_by_key(|level| std::cmp::Reverse(level.dimensions.area()));
        self.levels.dedup_by_key(|level| level.dimensions);
        let kind = match self.uncut {
            None => Kind::Tiled,
            Some(reason) => {
                let sheet = self.levels.remove(0);
                let shape = sheet.shape();
                let bytes = held.size();
                Kind::Whole { codec: super::Whole::Tiff, bytes, reason, shape, sheet: Some(Arc::new(sheet)) }
            }
        };
        Ok(Master {
            dimensions: self.full,
            orientation: self.orientation,
            icc: self.icc,
            levels: self.levels,
            kind,
        })
    }
}

fn dimensions(held: &Held, directory: &Directory) -> Result<Dimensions, Stop> {
    let side = |tag| -> Result<u32, Stop> {
        let length = directory.number(held, tag)?.unwrap_or(0);
        u32::try_from(length)
            .ok()
            .filter(|length| (1..=1 << 24).contains(length))
            .ok_or_else(|| Refused::damaged(format!("a side is {length} pixels long")).into())
    };
    Ok(Dimensions::new(side(WIDTH)?, side(HEIGHT)?))
}

/// One directory as an image whose samples can be read; `Unsupported` says why they cannot.
fn level(held: &Held, layout: Layout, directory: &Directory) -> Result<Level, Stop> {
    let number = |tag, default| directory.number(held, tag).map(|found| found.unwrap_or(default));
    let dimensions = dimensions(held, directory)?;
    let in_strips = !directory.has(TILE_WIDTH);
    let tile = match in_strips {
        true => {
            let rows = number(ROWS_PER_STRIP, u64::from(u32::MAX))?.clamp(1, u64::from(dimensions.height));
            Dimensions::new(dimensions.width, rows as u32)
        }
        false => Dimensions::new(tile_side(number(TILE_WIDTH, 0)?)?, tile_side(number(TILE_HEIGHT, 0)?)?),
    };
    let grid = Grid { image: dimensions, tile };
    let samples = number(SAMPLES, 1)?;
    let separate = number(PLANAR, 1)? != 1 && samples > 1;
    let bits = directory.numbers(held, BITS, 64)?;
    let bits = if bits.is_empty() { vec![1] } else { bits };
    let format = match number(SAMPLE_FORMAT, 1)? {
        1 | 4 => Format::Unsigned,
        2 => Format::Signed,
        3 => Format::Float,
        other => return Err(cannot(format!("its samples are of kind {other}"))),
    };
    let sound = match format {
        Format::Float => matches!(bits[0], 16 | 24 | 32 | 64),
        _ => matches!(bits[0], 1..=16 | 24 | 32),
    };
    if !sound || bits.iter().any(|&b| b != bits[0]) {
        return Err(cannot(format!(
            "its samples have {} bits; 1 to 16, 24 and 32, all alike, are read",
            bits[0]
        )));
    }
    let photometric = match (number(PHOTOMETRIC, 1)?, samples) {
        (0, 1..) => Photometric::WhiteIsZero,
        (1, 1..) => Photometric::BlackIsZero,
        (2, 3..) => Photometric::Rgb,
        (3, 1..) if bits[0] <= 16 => Photometric::Palette(palette(held, directory, bits[0])?),
        (5, 4..) if number(INK_SET, 1)? == 1 => Photometric::Cmyk,
        (6, 3) => Photometric::YCbCr,
        (8, 3..) => Photometric::CieLab,
        (9, 3..) => Photometric::IccLab,
        (other, _) => return Err(cannot(format!("its colours are of kind {other} with {samples} samples"))),
    };
    let codec = match number(COMPRESSION, 1)? {
        1 => Codec::None,
        5 => Codec::Lzw,
        7 => Codec::Jpeg,
        8 | 32946 => Codec::Deflate,
        32773 => Codec::PackBits,
        50000 => Codec::Zstd,
        50001 => Codec::Webp,
        fax @ 2..=4 => Codec::Foreign(fax as u16),
        other => {
            let name = match other {
                6 => "old JPEG",
                34661 => "JBIG",
                34676 | 34677 => "SGI LogLuv",
                34712 | 33003..=33005 => "JPEG 2000",
                34925 => "LZMA",
                34887 => "LERC",
                50002 => "JPEG XL",
                _ => "a kind that is not known",
            };
            return Err(cannot(format!(
                "its compression is {name} ({other}); none, LZW, Deflate, PackBits, JPEG, WebP, Zstandard and fax are \
                 read, and `vips tiffsave IN OUT.tif --compression deflate` may make one of them of it"
            )));
        }
    };
    if codec == Codec::Jpeg && (bits[0] != 8 || !matches!(samples, 1 | 3 | 4)) {
        return Err(cannot(format!("its JPEG tiles have {samples} samples of {} bits", bits[0])));
    }
    let predictor = match (number(PREDICTOR, 1)?, codec) {
        (2, Codec::Lzw | Codec::Deflate | Codec::Zstd) if matches!(bits[0], 8 | 16 | 32) => {
            Predictor::Horizontal
        }
        (3, Codec::Lzw | Codec::Deflate | Codec::Zstd) if format == Format::Float => Predictor::Float,
        (other @ 2.., Codec::Lzw | Codec::Deflate | Codec::Zstd) => {
            return Err(cannot(format!("its predictor is of kind {other} for samples of {} bits", bits[0])));
        }
        _ => Predictor::None,
    };
    let tables = match directory.bytes(held, JPEG_TABLES, 64 << 10)? {
        Some(tables) if codec == Codec::Jpeg => Some(Arc::from(tables)),
        _ => None,
    };
    let mut level = Level {
        dimensions,
        grid,
        codec,
        bits: bits[0] as u8,
        format,
        photometric,
        samples: samples.min(64) as u8,
        alpha: Alpha::None,
        predictor,
        big_endian: layout.big_endian,
        lowest_first: number(FILL_ORDER, 1)? == 2,
        separate,
        in_strips,
        tables,
        tiles: Vec::new(),
    };
    let extra = directory.numbers(held, EXTRA_SAMPLES, 64)?;
    if samples as usize > level.model().count() && codec != Codec::Jpeg {
        level.alpha = match extra.first() {
            Some(1) => Alpha::Associated,
            Some(2) => Alpha::Straight,
            _ => Alpha::None,
        };
    }
    // Arrays come last: a missing one is asked for together with all that follows.
    let (offsets, lengths) = if in_strips { (STRIP_OFFSETS, STRIP_LENGTHS) } else { (OFFSETS, LENGTHS) };
    let count = grid.count() * if separate { samples } else { 1 };
    let offsets = array(held, directory, offsets, count)?;
    let lengths = match directory.has(lengths) || codec != Codec::None {
        true => array(held, directory, lengths, count)?,
        // Old writers left it out where it can be reckoned.
        false => vec![held.size(); offsets.len()],
    };
    level.tiles = offsets.into_iter().zip(lengths).collect();
    Ok(level)
}

fn cannot(reason: String) -> Stop {
    Refused::Unsupported(reason).into()
}

fn tile_side(length: u64) -> Result<u32, Stop> {
    match length {
        1..=16384 => Ok(length as u32),
        _ => Err(Refused::damaged(format!("its tiles have a side of {length} pixels")).into()),
    }
}

fn palette(held: &Held, directory: &Directory, bits: u64) -> Result<Arc<[u16]>, Stop> {
    let wanted = 3 << bits;
    let colors: Vec<u16> = directory.numbers(held, PALETTE, wanted)?.into_iter().map(|v| v as u16).collect();
    if colors.len() as u64 != wanted {
        return Err(Refused::damaged(format!("its palette has {} of {wanted} values", colors.len())).into());
    }
    // Some writers fill bytes only.
    let narrow = colors.iter().all(|&value| value < 256);
    Ok(colors.into_iter().map(|value| if narrow { value * 257 } else { value }).collect())
}

fn array(held: &Held, directory: &Directory, tag: u16, count: u64) -> Result<Vec<u64>, Stop> {
    if count > MOST_TILES {
        return Err(Refused::damaged(format!("it claims {} tiles", count)).into());
    }
    let found = directory.numbers(held, tag, count + 16).map_err(|stop| match stop {
        // The other array and the next directories lie near.
        Stop::Missing { range, .. } => {
            let likely = (count * 48 + (64 << 10)).min(held.size() - range.start);
            Stop::Missing { range, likely }
        }
        other => other,
    })?;
    if (found.len() as u64) < count {
        let reason = format!("its index lists {} of {} tiles", found.len(), count);
        return Err(Refused::damaged(reason).into());
    }
    Ok(found)
}
