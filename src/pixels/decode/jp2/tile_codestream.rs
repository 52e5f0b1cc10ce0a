//! Assembles a codestream of a single tile with little more than the requested part.
//!
//! The tile keeps its position on the reference grid, so that it decodes as in the whole image. Packets that are not needed
//! are replaced by empty ones if their lengths are known (PLT) and their order is simple.

use std::ops::Range;

use super::Error;
use super::bytes::Window;
use super::markers::{Area, Main};
use super::packet_selection::{Needed, PACKETS, Wanted, count, needed};
use super::tile_cost::{affordable, plausible};
use super::tile_part_header::TilePartHeader;
use super::tile_parts::Part;

/// The bytes of a tile-part that are read at once: its header, and small resolutions after it.
const HEADER_READ: usize = 8 << 10;

/// Bytes in memory or in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Bytes(Vec<u8>),
    File(Range<u64>),
}

impl Piece {
    /// The end of the last range that is read from the file.
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

/// Assembles a tile's codestream, and returns it with the part to decode; `window` reads the headers of its parts. Unless it `selects`, all
/// packets of the tile are included.
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
    window.set_bounds(HEADER_READ, main.body.end);
    let mut pieces = vec![Piece::Bytes(main_header(main, column, row))];
    let mut first = TilePartHeader::read(window, main, index, &parts[0])?;
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
        // Packets after the last needed one are not read.
        if needed.as_ref().is_some_and(|needed| needed.flags.len() <= counted) && are_counted {
            break;
        }
        let head = TilePartHeader::read(window, main, index, part)?;
        counted += head.packets.len();
        are_counted &= head.is_counted();
        heads.push(head);
    }
    let is_all = heads.len() == parts.len();
    let needed = needed.filter(|needed| is_trusted(&heads, needed, is_all));
    match needed.and_then(|needed| select(main, &heads, &needed)) {
        Some(data) => part(&mut pieces, 0, 1, &[], data),
        None => {
            for part in &parts[heads.len()..] {
                heads.push(TilePartHeader::read(window, main, index, part)?);
            }
            add_all(&mut pieces, main, tile, heads)?;
        }
    }
    pieces.push(Piece::Bytes(vec![0xff, 0xd9]));
    Ok((pieces, wanted))
}

/// Adds a complete tile: as one tile-part if only the first has segments of its own, so that there may be more
/// parts than can be numbered.
fn add_all(
    pieces: &mut Vec<Piece>,
    main: &Main,
    tile: Area,
    mut heads: Vec<TilePartHeader>,
) -> Result<(), Error> {
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

/// Empty packets to append to a tile whose progression changes: OpenJPEG then looks again for packets that it has already
/// read, and treats missing packets as empty only if they need no end marker. If layers come late, it would mistake these
/// for packets that are still missing.
fn end_markers(main: &Main, heads: &[TilePartHeader], tile: Area) -> Option<Piece> {
    if main.is_late || heads.iter().any(|head| head.is_late) {
        return None;
    }
    let changes = main.is_irregular || heads.iter().any(|head| head.is_irregular);
    let count = count(&main.coding, &main.components, tile).filter(|&count| count <= PACKETS)?;
    (main.coding.has_ends && changes).then(|| Piece::Bytes([0, 0xff, 0x92].repeat(count as usize)))
}

/// SOC, and the main header, with this tile as the whole image.
fn main_header(main: &Main, column: u32, row: u32) -> Vec<u8> {
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
    // Zero means up to the end, which is correct for a tile-part of this length.
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

/// Whether the lengths of packets match the data and, if all tile-parts were read, the number of packets.
fn is_trusted(heads: &[TilePartHeader], needed: &Needed, is_all: bool) -> bool {
    let counted: usize = heads.iter().map(|head| head.packets.len()).sum();
    heads.iter().all(TilePartHeader::is_counted) && (!is_all || counted as u64 == needed.count())
}

/// The bytes of the needed packets; the others up to the last needed one are empty. Those after it are omitted, which a decoder reads
/// as empty, unless each must end with a marker. `None` if there are too few packets.
fn select(main: &Main, heads: &[TilePartHeader], needed: &Needed) -> Option<Vec<Piece>> {
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
