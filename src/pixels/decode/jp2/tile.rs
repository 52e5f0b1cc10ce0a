//! One tile as a codestream of its own that holds little more than what is wanted of it.
//!
//! The tile keeps its place on the reference grid, so that it decodes as it would among the others. Packets that are
//! not wanted become empty, where their lengths are known (PLT) and their order is simple.

use std::ops::Range;

use super::bytes::{Bytes, Window};
use super::markers::{Area, Coding, Main};
use super::packets::{Wanted, needed};
use super::{Error, damaged};

/// What OpenJPEG allocates for one tile before it decodes, at most.
const STRUCTURES: u64 = 512 << 20;
/// For a code-block, and for a precinct in its three bands; measured roughly.
const BLOCK_COST: u64 = 500;
const PRECINCT_COST: u64 = 600;

/// A tile-part's head, and small resolutions with it, are read as one block.
const HEADS: usize = 8 << 10;

/// Bytes at hand or in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    Bytes(Vec<u8>),
    File(Range<u64>),
}

impl Piece {
    /// Where the last byte that is read from the file lies.
    pub fn reach(pieces: &[Self]) -> u64 {
        let ends = pieces.iter().map(|piece| match piece {
            Self::Bytes(_) => 0,
            Self::File(range) => range.end,
        });
        ends.max().unwrap_or(0)
    }

    pub fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File(range) => range.end - range.start,
        }
    }
}

/// A tile-part's head.
#[derive(Default)]
struct Head {
    /// Segments that change how the tile is coded.
    kept: Vec<u8>,
    codings: Vec<Coding>,
    /// Packets change their order or have their heads elsewhere.
    is_irregular: bool,
    /// Lengths of the packets.
    packets: Vec<u32>,
    data: Range<u64>,
}

/// A tile's codestream, and what is to be decoded of it; `window` reads its parts' heads.
pub fn codestream(
    window: &mut Window<'_>,
    main: &Main,
    parts: &[Range<u64>],
    column: u32,
    row: u32,
    wanted: Wanted,
) -> Result<(Vec<Piece>, Wanted), Error> {
    let tile = main.tile(column, row);
    window.bounded(HEADS, main.body.end);
    let mut pieces = vec![Piece::Bytes(main_head(main, column, row))];
    let mut first = Head::read(window, main, &parts[0])?;
    let mut codings = vec![&main.coding];
    codings.extend(main.exceptions.iter().chain(&first.codings));
    affordable(main, tile, &codings)?;
    // OpenJPEG leaves parts of a tile empty where only some of its HT code-blocks are decoded.
    let is_ht = codings.iter().any(|coding| coding.is_ht);
    let wanted = if is_ht { Wanted { area: tile, ..wanted } } else { wanted };
    let is_simple = codings.len() == 1 && first.kept.is_empty() && !first.is_irregular && !main.is_irregular;
    let flags = if is_simple { needed(&main.coding, &main.components, tile, wanted) } else { None };
    first.codings.clear();
    let mut heads = vec![first];
    for part in &parts[1..] {
        let counted: usize = heads.iter().map(|head| head.packets.len()).sum();
        // Nothing behind the last packet that is wanted matters.
        if flags.as_ref().is_some_and(|flags| flags.len() <= counted) && heads.iter().all(Head::is_counted) {
            break;
        }
        heads.push(Head::read(window, main, part)?);
    }
    let data =
        flags.filter(|_| heads.iter().all(Head::is_counted)).and_then(|flags| chosen(main, &heads, &flags));
    match data {
        Some(data) => part(&mut pieces, 0, 1, &[], data),
        None => {
            let count = heads.len();
            for (index, head) in heads.into_iter().enumerate() {
                part(&mut pieces, index, count, &head.kept, vec![Piece::File(head.data)]);
            }
        }
    }
    pieces.push(Piece::Bytes(vec![0xff, 0xd9]));
    Ok((pieces, wanted))
}

/// SOC, and the main header with this tile as the whole image.
fn main_head(main: &Main, column: u32, row: u32) -> Vec<u8> {
    let tile = main.tile(column, row);
    let mut head = [&[0xff, 0x4f], main.kept.as_slice()].concat();
    let mut set = |at: usize, value: u32| head[at..at + 4].copy_from_slice(&value.to_be_bytes());
    set(8, tile.x[1]);
    set(12, tile.y[1]);
    set(16, tile.x[0]);
    set(20, tile.y[0]);
    set(32, main.origin[0] + column * main.tile[0]);
    set(36, main.origin[1] + row * main.tile[1]);
    head
}

/// Adds a tile-part of the only tile.
fn part(pieces: &mut Vec<Piece>, index: usize, count: usize, kept: &[u8], data: Vec<Piece>) {
    let length = 14 + kept.len() as u64 + data.iter().map(Piece::len).sum::<u64>();
    // Zero means up to the end, which is where it is should it be that long.
    let length = u32::try_from(length).unwrap_or(0).to_be_bytes();
    let number = [index as u8, u8::try_from(count).unwrap_or(0)];
    let head = [&[0xff, 0x90, 0, 10, 0, 0], length.as_slice(), &number, kept, &[0xff, 0x93]].concat();
    pieces.push(Piece::Bytes(head));
    pieces.extend(data);
}

impl Head {
    fn read(window: &mut Window<'_>, main: &Main, part: &Range<u64>) -> Result<Self, Error> {
        let mut head = Self::default();
        let [ff, sot, ..]: [u8; 12] = window.array(part.start)?;
        let mut at = part.start + 12;
        if (ff, sot) != (0xff, 0x90) {
            return Err(damaged("no tile-part where one must be"));
        }
        loop {
            let [ff, marker] = window.array(at)?;
            if (ff, marker) == (0xff, 0x93) {
                break;
            }
            let length = u16::from_be_bytes(window.array(at + 2)?);
            if ff != 0xff || length < 2 || at + 2 + u64::from(length) > part.end {
                return Err(damaged("no marker where one must be"));
            }
            let segment = window.bytes(at, usize::from(length) + 2)?;
            head.segment(main, marker, &segment)?;
            at += segment.len() as u64;
        }
        head.data = at + 2..part.end;
        if head.data.end < head.data.start {
            return Err(damaged("a tile-part without data"));
        }
        Ok(head)
    }

    fn segment(&mut self, main: &Main, marker: u8, segment: &[u8]) -> Result<(), Error> {
        let mut rest = Bytes(&segment[4..]);
        match marker {
            0x52 => self.codings.push(Coding::cod(rest)?),
            0x53 => {
                rest.u8()?;
                self.codings.push(main.coding.coc(rest)?);
            }
            0x58 => return self.lengths(rest),
            0x5f | 0x61 => self.is_irregular = true,
            0x64 => return Ok(()),
            _ => {}
        }
        self.kept.extend_from_slice(segment);
        Ok(())
    }

    /// Lengths of packets, seven bits a byte (A.7.3).
    fn lengths(&mut self, mut rest: Bytes<'_>) -> Result<(), Error> {
        rest.u8()?;
        let mut length = 0_u32;
        while !rest.is_empty() {
            let byte = rest.u8()?;
            length = length.checked_mul(128).ok_or_else(|| damaged("a packet without end"))?
                | u32::from(byte & 0x7f);
            if byte & 0x80 == 0 {
                self.packets.push(std::mem::take(&mut length));
            }
        }
        Ok(())
    }

    /// All of the data is accounted for by packets, and nothing else is special.
    fn is_counted(&self) -> bool {
        let sum: u64 = self.packets.iter().map(|&length| u64::from(length)).sum();
        sum == self.data.end - self.data.start && self.kept.is_empty() && !self.is_irregular
    }
}

/// The wanted packets' bytes; the others up to the last are empty, those behind it are left out, which a decoder reads
/// as empty. None where there are fewer packets than there must be.
fn chosen(main: &Main, heads: &[Head], flags: &[bool]) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let empty: &[u8] = if main.coding.has_ends { &[0, 0xff, 0x92] } else { &[0] };
    let mut flags = flags.iter();
    for head in heads {
        let mut at = head.data.start;
        for &length in &head.packets {
            let Some(flag) = flags.next() else { return Some(pieces) };
            let next = at + u64::from(length);
            match (pieces.last_mut(), flag) {
                (Some(Piece::File(range)), true) if range.end == at => range.end = next,
                (_, true) => pieces.push(Piece::File(at..next)),
                (Some(Piece::Bytes(bytes)), false) => bytes.extend_from_slice(empty),
                (_, false) => pieces.push(Piece::Bytes(empty.to_vec())),
            }
            at = next;
        }
    }
    flags.next().is_none().then_some(pieces)
}

/// Refuses a tile for which OpenJPEG would allocate too much, whatever its data is.
fn affordable(main: &Main, tile: Area, codings: &[&Coding]) -> Result<(), Error> {
    let cost = |coding: &&Coding| {
        main.components.iter().map(|component| structures(coding, tile.stepped(component.step))).sum::<u64>()
    };
    match codings.iter().map(cost).max() {
        Some(cost) if cost > STRUCTURES => Err(Error::Unsupported(format!(
            "a tile of {}x{} with small code-blocks; write the file with tiles of at most 4096x4096",
            tile.width(),
            tile.height()
        ))),
        _ => Ok(()),
    }
}

/// Bytes for the precincts and code-blocks of a component.
fn structures(coding: &Coding, samples: Area) -> u64 {
    let one = |resolution: u32| {
        let area = samples.reduced(u32::from(coding.levels) - resolution);
        let precinct = coding.precincts.get(resolution as usize).copied().unwrap_or([15, 15]);
        let count = |exponents: [u8; 2]| {
            let side = |side: u32, exponent: u8| (u64::from(side) >> exponent) + 2;
            side(area.width(), exponents[0]).saturating_mul(side(area.height(), exponents[1]))
        };
        let block = [0, 1].map(|axis| coding.block[axis].min(precinct[axis].max(1) - 1));
        count(block).saturating_mul(BLOCK_COST).saturating_add(count(precinct).saturating_mul(PRECINCT_COST))
    };
    (0..=u32::from(coding.levels)).map(one).fold(0, u64::saturating_add)
}
