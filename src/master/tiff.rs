//! Finds a TIFF's pages, pyramid levels and tiles without reading a pixel.

use std::sync::Arc;

use super::bytes::{Held, Stop};
use super::ifd::{Directory, Layout};
use super::level::{Codec, Grid, Level, Photometric, Sample};
use super::{Kind, Master, Orientation, Refused};
use crate::iiif::Dimensions;

const SUBFILE: u16 = 254;
const WIDTH: u16 = 256;
const HEIGHT: u16 = 257;
const BITS: u16 = 258;
const COMPRESSION: u16 = 259;
const PHOTOMETRIC: u16 = 262;
const ORIENTATION: u16 = 274;
const SAMPLES: u16 = 277;
const PLANAR: u16 = 284;
const PREDICTOR: u16 = 317;
const TILE_WIDTH: u16 = 322;
const TILE_HEIGHT: u16 = 323;
const OFFSETS: u16 = 324;
const LENGTHS: u16 = 325;
const SUB_IFDS: u16 = 330;
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
        match level(held, layout, directory) {
            Err(Stop::Refused(Refused::Unsupported(reason))) => pyramid.uncut = Some(reason),
            other => pyramid.levels.push(other?),
        }
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
            Ok(level) if level.reduces(self.full) => self.levels.push(level),
            Err(Stop::Missing { range, likely }) => return Err(Stop::Missing { range, likely }),
            _ => {}
        }
        Ok(())
    }

    fn finish(mut self, held: &Held) -> Result<Master, Stop> {
        self.levels.sort_by_key(|level| std::cmp::Reverse(level.dimensions.area()));
        self.levels.dedup_by_key(|level| level.dimensions);
        let kind = match self.uncut {
            None => Kind::Tiled,
            Some(reason) => {
                self.levels.clear();
                Kind::Whole { codec: super::Whole::Tiff, bytes: held.size(), reason }
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

/// One directory as a level that can be cut; `Unsupported` says why it cannot.
fn level(held: &Held, layout: Layout, directory: &Directory) -> Result<Level, Stop> {
    let cannot = |reason: String| Stop::from(Refused::Unsupported(reason));
    let number = |tag, default| directory.number(held, tag).map(|found| found.unwrap_or(default));
    let dimensions = dimensions(held, directory)?;
    if !directory.has(TILE_WIDTH) {
        return Err(cannot("its pixels lie in strips, not in tiles".into()));
    }
    let (tile_width, tile_height) = (number(TILE_WIDTH, 0)?, number(TILE_HEIGHT, 0)?);
    if !(16..=8192).contains(&tile_width) || !(16..=8192).contains(&tile_height) {
        return Err(cannot(format!(
            "its tiles are {tile_width} x {tile_height} pixels; 16 to 8192 a side can be cut"
        )));
    }
    let grid = Grid { image: dimensions, tile: Dimensions::new(tile_width as u32, tile_height as u32) };
    let samples = number(SAMPLES, 1)?;
    if number(PLANAR, 1)? != 1 && samples > 1 {
        return Err(cannot("its colours lie in separate planes".into()));
    }
    let bits = directory.numbers(held, BITS, 16)?;
    let bits = if bits.is_empty() { vec![1] } else { bits };
    let format = number(SAMPLE_FORMAT, 1)?;
    let sample = match (bits[0], format) {
        (8, 1) => Sample::U8,
        (16, 1) => Sample::U16,
        (bits, 1) => return Err(cannot(format!("its samples have {bits} bits; 8 and 16 can be cut"))),
        _ => return Err(cannot("its samples are not unsigned whole numbers".into())),
    };
    if bits.iter().any(|&b| b != bits[0]) {
        return Err(cannot("its samples have different widths".into()));
    }
    let photometric = match (number(PHOTOMETRIC, 1)?, samples) {
        (0, 1..) => Photometric::WhiteIsZero,
        (1, 1..) => Photometric::BlackIsZero,
        (2, 3..) => Photometric::Rgb,
        (6, 3) => Photometric::YCbCr,
        (other, _) => return Err(cannot(format!("its colours are of kind {other} with {samples} samples"))),
    };
    let compression = number(COMPRESSION, 1)?;
    let predictor = number(PREDICTOR, 1)?;
    let codec = match compression {
        1 => Codec::None,
        5 => Codec::Lzw,
        7 => Codec::Jpeg,
        8 | 32946 => Codec::Deflate,
        32773 => Codec::PackBits,
        50000 => Codec::Zstd,
        50001 => Codec::Webp,
        other => return Err(cannot(format!("its compression is of kind {other}"))),
    };
    if codec != Codec::Jpeg && photometric == Photometric::YCbCr {
        return Err(cannot("it has YCbCr samples outside JPEG".into()));
    }
    if codec == Codec::Jpeg && (sample != Sample::U8 || samples > 3 || samples == 2) {
        return Err(cannot(format!("its JPEG tiles have {samples} samples of {} bits", bits[0])));
    }
    if matches!(codec, Codec::Lzw | Codec::Deflate | Codec::Zstd) && !(1..=2).contains(&predictor) {
        return Err(cannot(format!("its predictor is of kind {predictor}")));
    }
    let tables = match directory.bytes(held, JPEG_TABLES, 64 << 10)? {
        Some(tables) if codec == Codec::Jpeg => Some(Arc::from(tables)),
        _ => None,
    };
    // Arrays come last: a missing one is asked for together with all that follows.
    let offsets = array(held, directory, OFFSETS, grid)?;
    let lengths = array(held, directory, LENGTHS, grid)?;
    let tiles = offsets
        .into_iter()
        .zip(lengths)
        .map(|(offset, length)| (offset, length.min(u64::from(u32::MAX)) as u32));
    Ok(Level {
        dimensions,
        grid,
        codec,
        sample,
        photometric,
        samples: samples.min(64) as u8,
        associated_alpha: directory.numbers(held, EXTRA_SAMPLES, 64)?.first() == Some(&1),
        has_alpha: matches!(directory.numbers(held, EXTRA_SAMPLES, 64)?.first(), Some(1 | 2)),
        predictor: predictor == 2,
        big_endian: layout.big_endian,
        tables,
        tiles: tiles.collect(),
    })
}

fn array(held: &Held, directory: &Directory, tag: u16, grid: Grid) -> Result<Vec<u64>, Stop> {
    if grid.count() > MOST_TILES {
        return Err(Refused::damaged(format!("it claims {} tiles", grid.count())).into());
    }
    let found = directory.numbers(held, tag, grid.count() + 16).map_err(|stop| match stop {
        // The other array and the next directories lie near.
        Stop::Missing { range, .. } => {
            let likely = (grid.count() * 48 + (64 << 10)).min(held.size() - range.start);
            Stop::Missing { range, likely }
        }
        other => other,
    })?;
    if (found.len() as u64) < grid.count() {
        let reason = format!("its index lists {} of {} tiles", found.len(), grid.count());
        return Err(Refused::damaged(reason).into());
    }
    Ok(found)
}
