//! Finds each tile's parts in a codestream (ISO 15444-1, A.4.2 and A.7.1).

use std::ops::Range;

use super::bytes::Window;
use super::markers::Main;
use super::{Error, damaged};
use crate::pixels::ReadAt;

/// The bytes that are read for each header of a tile-part; there is rarely more than one in a block.
const BLOCK: usize = 512;
/// The most tile-parts that are read.
const PARTS: usize = 1 << 20;
/// The most tile-parts of one tile. The standard numbers them with 8 bits; some writers continue from 0.
const PARTS_OF_TILE: usize = 1 << 14;
/// The bytes of SOT and SOD.
const MIN_LENGTH: u64 = 14;

/// A tile-part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// The range from SOT on.
    pub range: Range<u64>,
    /// The index among all tile-parts of the codestream.
    pub number: usize,
}

/// The tile-parts of each tile.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parts {
    tiles: Vec<Vec<Part>>,
    count: usize,
}

/// The contents of a SOT segment.
struct Start {
    tile: u16,
    length: u32,
    index: u8,
}

impl Parts {
    /// A tile's parts in their order, at least one.
    pub(super) fn of(&self, tile: usize) -> Result<&[Part], Error> {
        match self.tiles.get(tile) {
            Some(parts) if !parts.is_empty() => Ok(parts),
            _ => Err(damaged(format_args!("tile {tile} is missing"))),
        }
    }

    /// The approximate size in memory, in bytes.
    pub(super) fn weight(&self) -> usize {
        self.tiles.len() * size_of::<Vec<Part>>() + self.count * 2 * size_of::<Part>()
    }

    fn empty(main: &Main) -> Self {
        let [across, down] = main.tiles();
        Self { tiles: vec![Vec::new(); (across * down) as usize], count: 0 }
    }

    fn add(&mut self, tile: u16, range: Range<u64>) -> Option<()> {
        self.tiles
            .get_mut(usize::from(tile))
            .filter(|parts| parts.len() < PARTS_OF_TILE)?
            .push(Part { range, number: self.count });
        self.count += 1;
        Some(())
    }

    /// Finds tile-parts by the main header's table (TLM), if it agrees with the codestream's length and last tile-part.
    pub(super) fn from_table(file: &dyn ReadAt, main: &Main) -> Option<Self> {
        let (last, _) = main.lengths.last()?;
        let mut window = Window::new(file, main.body.end, BLOCK);
        let (mut parts, mut at) = (Self::empty(main), main.body.start);
        for &(tile, length) in &main.lengths {
            let part = at..at + u64::from(length);
            at = part.end;
            parts.add(tile, part)?;
        }
        let fits = at == main.body.end || at + 2 == main.body.end;
        let last_part = &parts.tiles.get(usize::from(*last))?.last()?.range;
        let start = start(&mut window, last_part.start).ok()?;
        (fits && start.tile == *last && u64::from(start.length) == last_part.end - last_part.start)
            .then_some(parts)
    }

    /// Finds tile-parts by reading their headers one after the other.
    pub(super) fn from_headers(file: &dyn ReadAt, main: &Main) -> Result<Self, Error> {
        let mut window = Window::new(file, main.body.end, BLOCK);
        let (mut parts, mut at) = (Self::empty(main), main.body.start);
        for _ in 0..PARTS {
            // A codestream without EOC is complete if its last tile-part is.
            if at == main.body.end || window.array(at)? == [0xff, 0xd9] {
                return Ok(parts);
            }
            let Start { tile, length, index } = start(&mut window, at)?;
            let end = match length {
                0 => rest(&mut window, main.body.end)?,
                length => at + u64::from(length),
            };
            if end > main.body.end {
                return Err(damaged("it is truncated"));
            }
            // Some writers continue from 0 after 255.
            let known = parts.tiles.get(usize::from(tile)).map(Vec::len);
            if known.map(|known| known % 256) != Some(usize::from(index)) || end < at + MIN_LENGTH {
                return Err(damaged(format_args!("tile-part {index} of tile {tile} is out of place")));
            }
            if known >= Some(PARTS_OF_TILE) {
                let reason =
                    format!("more than {PARTS_OF_TILE} tile-parts of one tile; write the file with fewer");
                return Err(Error::Unsupported(reason));
            }
            parts.add(tile, at..end);
            at = end;
        }
        Err(Error::Unsupported(format!("more than {PARTS} tile-parts; write the file with fewer")))
    }
}

/// The end of the last tile-part if its header does not state a length.
fn rest(window: &mut Window<'_>, end: u64) -> Result<u64, Error> {
    let last: [u8; 2] = window.array(end - 2)?;
    Ok(if last == [0xff, 0xd9] { end - 2 } else { end })
}

fn start(window: &mut Window<'_>, at: u64) -> Result<Start, Error> {
    let sot: [u8; 12] = window.array(at)?;
    let [0xff, 0x90, 0, 10, high, low, a, b, c, d, index, _] = sot else {
        return Err(damaged("a tile-part is missing"));
    };
    Ok(Start { tile: u16::from_be_bytes([high, low]), length: u32::from_be_bytes([a, b, c, d]), index })
}
