//! Builds a codestream of a single tile, with little more than the requested part.
//!
//! The tile keeps its place on the reference grid, so that it decodes as in the whole image. Packets that are not needed
//! become empty if their lengths are known (PLT) and their order is simple.

use std::ops::Range;

use super::bytes::{Bytes, Window};
use super::markers::{Area, Coding, Component, Main};
use super::packets::{Needed, PACKETS, Wanted, count, needed};
use super::parts::Part;
use super::{Error, damaged};

/// Bytes that OpenJPEG allocates for one tile before it decodes, at most.
const STRUCTURES: u64 = 1 << 30;
/// Bytes for a code-block, and for a precinct in its three bands; measured.
const BLOCK_COST: u64 = 700;
const PRECINCT_COST: u64 = 600;
/// OpenJPEG looks for every packet, even after the end of the data: no image has more packets than bytes, and this
/// many take less than a second.
const FREE_PACKETS: u64 = 1 << 22;

/// A tile-part's header is read as one block, with small resolutions after it.
const HEADS: usize = 8 << 10;

/// Bytes in memory or in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Bytes(Vec<u8>),
    File(Range<u64>),
}

impl Piece {
    /// The position of the last byte that is read from the file.
    pub(super) fn reach(pieces: &[Self]) -> u64 {
        let ends = pieces.iter().map(|piece| match piece {
            Self::Bytes(_) => 0,
            Self::File(range) => range.end,
        });
        ends.max().unwrap_or(0)
    }

    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File(range) => range.end - range.start,
        }
    }
}

/// A tile-part's header.
#[derive(Default)]
struct Head {
    /// Segments that change how the tile is coded.
    kept: Vec<u8>,
    codings: Vec<Coding>,
    /// Whether packets change their order or have their headers elsewhere.
    is_irregular: bool,
    /// Whether the progression changes between layers.
    is_late: bool,
    /// Packed packet headers (PPT or PPM) by index.
    packed: Vec<(u8, Vec<u8>)>,
    /// Lengths of the packets.
    packets: Vec<u32>,
    /// PLT segments so far.
    tables: u8,
    data: Range<u64>,
}

/// A tile's codestream, and what to decode of it; `window` reads the headers of its parts. Unless it `selects`, all
/// packets of the tile are in it.
pub(super) fn codestream(
    window: &mut Window<'_>,
    main: &Main,
    parts: &[Part],
    [column, row]: [u32; 2],
    wanted: Wanted,
    selects: bool,
) -> Result<(Vec<Piece>, Wanted), Error> {
    let tile = main.tile(column, row);
    let index = row * main.tiles()[0] + column;
    window.bounded(HEADS, main.body.end);
    let mut pieces = vec![Piece::Bytes(main_head(main, column, row))];
    let mut first = Head::read(window, main, index, &parts[0])?;
    let mut codings = vec![&main.coding];
    codings.extend(main.exceptions.iter().chain(&first.codings));
    affordable(main, tile, &codings)?;
    let bytes = parts.iter().map(|part| part.range.end - part.range.start).sum();
    plausible(main, tile, &codings, bytes)?;
    // OpenJPEG leaves parts of a tile empty if only some of its HT code-blocks are decoded.
    let is_ht = codings.iter().any(|coding| coding.is_ht);
    let wanted = if is_ht { Wanted { area: tile, ..wanted } } else { wanted };
    let is_simple = codings.len() == 1 && first.kept.is_empty() && !first.is_irregular && !main.is_irregular;
    let needed =
        if selects && is_simple { needed(&main.coding, &main.components, tile, wanted) } else { None };
    first.codings.clear();
    // Updated as headers are read, because there may be very many.
    let (mut counted, mut are_counted) = (first.packets.len(), first.is_counted());
    let mut heads = vec![first];
    for part in &parts[1..] {
        // Nothing after the last wanted packet matters.
        if needed.as_ref().is_some_and(|needed| needed.flags.len() <= counted) && are_counted {
            break;
        }
        let head = Head::read(window, main, index, part)?;
        counted += head.packets.len();
        are_counted &= head.is_counted();
        heads.push(head);
    }
    let is_all = heads.len() == parts.len();
    let needed = needed.filter(|needed| is_trusted(&heads, needed, is_all));
    match needed.and_then(|needed| chosen(main, &heads, &needed)) {
        Some(data) => part(&mut pieces, 0, 1, &[], data),
        None => {
            for part in &parts[heads.len()..] {
                heads.push(Head::read(window, main, index, part)?);
            }
            whole(&mut pieces, main, tile, heads)?;
        }
    }
    pieces.push(Piece::Bytes(vec![0xff, 0xd9]));
    Ok((pieces, wanted))
}

/// Adds all of a tile: as one tile-part if only the first has segments of its own, so that there may be more
/// of them than can be numbered.
fn whole(pieces: &mut Vec<Piece>, main: &Main, tile: Area, mut heads: Vec<Head>) -> Result<(), Error> {
    let (count, mut segments) = (heads.len(), 0);
    let end =
        if heads.iter().all(|head| head.packed.is_empty()) { end_markers(main, &heads, tile) } else { None };
    for head in &mut heads {
        let packed = head.packed()?;
        head.kept.extend(packed_headers(&packed, &mut segments)?);
    }
    if heads.iter().skip(1).all(|head| head.kept.is_empty()) {
        let kept = heads.first().map(|head| head.kept.clone()).unwrap_or_default();
        let data = heads.into_iter().map(|head| Piece::File(head.data)).chain(end).collect();
        part(pieces, 0, 1, &kept, data);
        return Ok(());
    }
    for (index, head) in heads.into_iter().enumerate() {
        part(pieces, index, count, &head.kept, vec![Piece::File(head.data)]);
    }
    Ok(())
}

/// Empty packets for after a tile whose progression changes: OpenJPEG then looks for packets that were there already,
/// and takes nothing for an empty one only where it needs no end marker. Where layers come late it would take them for
/// packets that are still missing.
fn end_markers(main: &Main, heads: &[Head], tile: Area) -> Option<Piece> {
    if main.is_late || heads.iter().any(|head| head.is_late) {
        return None;
    }
    let changes = main.is_irregular || heads.iter().any(|head| head.is_irregular);
    let count = count(&main.coding, &main.components, tile).filter(|&count| count <= PACKETS)?;
    (main.coding.has_ends && changes).then(|| Piece::Bytes([0, 0xff, 0x92].repeat(count as usize)))
}

/// SOC, and the main header, with this tile as the whole image.
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
    // Zero means up to the end, which is right for a tile-part of such length.
    let length = u32::try_from(length).unwrap_or(0).to_be_bytes();
    let number = [index as u8, u8::try_from(count).unwrap_or(0)];
    let head = [&[0xff, 0x90, 0, 10, 0, 0], length.as_slice(), &number, kept, &[0xff, 0x93]].concat();
    pieces.push(Piece::Bytes(head));
    pieces.extend(data);
}

/// Packed packet headers as PPT segments, numbered across all parts of the tile (A.7.5).
fn packed_headers(packed: &[u8], segments: &mut u32) -> Result<Vec<u8>, Error> {
    let mut kept = Vec::new();
    for bytes in packed.chunks(usize::from(u16::MAX) - 3) {
        let number = u8::try_from(*segments)
            .map_err(|_| Error::Unsupported("more than 16 MiB of packed packet headers in a tile".into()))?;
        kept.extend([0xff, 0x61]);
        kept.extend((bytes.len() as u16 + 3).to_be_bytes());
        kept.push(number);
        kept.extend_from_slice(bytes);
        *segments += 1;
    }
    Ok(kept)
}

impl Head {
    fn read(window: &mut Window<'_>, main: &Main, tile: u32, part: &Part) -> Result<Self, Error> {
        let mut head = Self::default();
        let (number, part) = (part.number, &part.range);
        let [ff, sot, _, _, high, low, ..]: [u8; 12] = window.array(part.start)?;
        let mut at = part.start + 12;
        if (ff, sot) != (0xff, 0x90) || u32::from(u16::from_be_bytes([high, low])) != tile {
            return Err(damaged("no tile-part where one must be"));
        }
        if let Some(packed) = main.packed_headers(number)? {
            head.packed.push((0, packed.to_vec()));
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
            0x5f => {
                self.is_late |= main.has_late_layers(segment);
                self.is_irregular = true;
            }
            0x61 => {
                self.is_irregular = true;
                self.packed.push((rest.u8()?, rest.0.to_vec()));
                return Ok(());
            }
            0x64 => return Ok(()),
            _ => {}
        }
        self.kept.extend_from_slice(segment);
        Ok(())
    }

    /// Lengths of packets, seven bits a byte (A.7.3).
    fn lengths(&mut self, mut rest: Bytes<'_>) -> Result<(), Error> {
        // If tables are out of order, packets would get the lengths of others.
        self.is_irregular |= rest.u8()? != self.tables;
        self.tables = self.tables.wrapping_add(1);
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

    /// Whether packets account for all of the data, and nothing else is special.
    fn is_counted(&self) -> bool {
        let sum: u64 = self.packets.iter().map(|&length| u64::from(length)).sum();
        sum == self.data.end - self.data.start && self.kept.is_empty() && !self.is_irregular
    }

    /// The packet headers that are not stored before their packets.
    fn packed(&mut self) -> Result<Vec<u8>, Error> {
        let mut packed = std::mem::take(&mut self.packed);
        packed.sort_by_key(|(index, _)| *index);
        if packed.windows(2).any(|two| two[0].0 == two[1].0) {
            return Err(damaged("two PPT segments of one number"));
        }
        Ok(packed.into_iter().flat_map(|(_, bytes)| bytes).collect())
    }
}

/// Whether the lengths of packets match the data and, if all tile-parts were read, the number of packets.
fn is_trusted(heads: &[Head], needed: &Needed, is_all: bool) -> bool {
    let counted: usize = heads.iter().map(|head| head.packets.len()).sum();
    heads.iter().all(Head::is_counted) && (!is_all || counted as u64 == needed.count())
}

/// The wanted packets' bytes; the others up to the last are empty. Those after it are left out, which a decoder reads
/// as empty, unless each must end with a marker. `None` if there are too few packets.
fn chosen(main: &Main, heads: &[Head], needed: &Needed) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let empty: &[u8] = if main.coding.has_ends { &[0, 0xff, 0x92] } else { &[0] };
    let rest = if main.coding.has_ends { needed.rest } else { 0 };
    let rest = usize::try_from(rest).ok().filter(|&rest| rest as u64 <= PACKETS)?;
    let rest = || Piece::Bytes(empty.repeat(rest));
    let mut flags = needed.flags.iter();
    for head in heads {
        let mut at = head.data.start;
        for &length in &head.packets {
            let Some(flag) = flags.next() else {
                pieces.push(rest());
                return Some(pieces);
            };
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
    pieces.push(rest());
    flags.next().is_none().then_some(pieces)
}

/// Refuses an image if its main header shows that no tile could be decoded; otherwise returns the bytes that OpenJPEG
/// allocates for one of its tiles before it decodes.
pub(super) fn affordable_all(main: &Main) -> Result<u64, Error> {
    let codings: Vec<&Coding> = std::iter::once(&main.coding).chain(&main.exceptions).collect();
    let [across, down] = main.tiles();
    let places = [(0, 0), (across / 2, down / 2), (across - 1, down - 1)];
    let costs = places.map(|(column, row)| affordable(main, main.tile(column, row), &codings));
    costs.into_iter().try_fold(0, |max, cost| Ok(max.max(cost?)))
}

/// Refuses a tile for which OpenJPEG would allocate too much, whatever its data is; otherwise returns how many bytes it
/// allocates.
fn affordable(main: &Main, tile: Area, codings: &[&Coding]) -> Result<u64, Error> {
    let cost = |coding: &&Coding| {
        let each = |component: &Component| structures(coding, tile.stepped(component.step));
        let blocks = main.components.iter().map(each).fold(0, u64::saturating_add);
        blocks.saturating_add(included(coding, &main.components, tile))
    };
    let cost = codings.iter().map(cost).max().unwrap_or(0);
    if cost > STRUCTURES {
        return Err(Error::Unsupported(format!(
            "a tile of {}x{} with small code-blocks or many layers; write the file with tiles of at max 4096x4096",
            tile.width(),
            tile.height()
        )));
    }
    Ok(cost)
}

/// Refuses a tile of far more packets than it has bytes: each takes at least one (B.9).
fn plausible(main: &Main, tile: Area, codings: &[&Coding], bytes: u64) -> Result<(), Error> {
    let max = codings.iter().map(|coding| count(coding, &main.components, tile).unwrap_or(u64::MAX)).max();
    match max {
        Some(packets) if packets > FREE_PACKETS.max(bytes) => {
            Err(damaged(format_args!("a tile of {packets} packets in {bytes} bytes")))
        }
        _ => Ok(()),
    }
}

/// Bytes for OpenJPEG's table of the packets that it has seen, as large for every resolution as for the largest.
fn included(coding: &Coding, components: &[Component], tile: Area) -> u64 {
    let precincts = components.iter().map(|component| {
        let exponents = coding.precincts.iter().enumerate().map(|(resolution, &exponents)| {
            let below = u32::from(coding.levels).saturating_sub(resolution as u32);
            tiled(tile.stepped(component.step).reduced(below), exponents)
        });
        exponents.max().unwrap_or(1)
    });
    let all = precincts.max().unwrap_or(1).saturating_mul(components.len() as u64);
    all.saturating_mul(u64::from(coding.levels) + 1)
        .saturating_mul(u64::from(coding.layers) + 1)
        .saturating_mul(2)
}

/// Bytes for the precincts and code-blocks of a component.
fn structures(coding: &Coding, samples: Area) -> u64 {
    let one = |resolution: u32| {
        let area = samples.reduced(u32::from(coding.levels) - resolution);
        let precinct = coding.precincts.get(resolution as usize).copied().unwrap_or([15, 15]);
        let block = [0, 1].map(|axis| coding.block[axis].min(precinct[axis].max(1) - 1));
        let blocks = tiled(area, block).saturating_mul(BLOCK_COST);
        blocks.saturating_add(tiled(area, precinct).saturating_mul(PRECINCT_COST))
    };
    (0..=u32::from(coding.levels)).map(one).fold(0, u64::saturating_add)
}

/// The most blocks with sides of these exponents that an area touches.
fn tiled(area: Area, exponents: [u8; 2]) -> u64 {
    let side = |side: u32, exponent: u8| (u64::from(side) >> exponent) + 2;
    side(area.width(), exponents[0]).saturating_mul(side(area.height(), exponents[1]))
}
