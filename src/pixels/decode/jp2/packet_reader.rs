//! Reads a tile-part's header: the lengths of its packets (PLT), and packet headers that are stored apart from their packets
//! (PPM, PPT; ISO 15444-1, A.7.3 to A.7.5). OpenJPEG reads those within packets.

use std::ops::Range;

use super::bytes::{Bytes, Window};
use super::markers::{Coding, Main};
use super::tile_parts::Part;
use super::{Error, damaged};

/// A tile-part's header.
#[derive(Default)]
pub(super) struct TilePartHeader {
    /// Segments that change how the tile is coded.
    pub kept: Vec<u8>,
    pub codings: Vec<Coding>,
    /// Whether packets change their order or have their headers elsewhere.
    pub is_irregular: bool,
    /// Whether the progression changes between layers.
    pub is_late: bool,
    /// Packed packet headers (PPT or PPM) by index.
    pub packed: Vec<(u8, Vec<u8>)>,
    /// Lengths of the packets.
    pub packets: Vec<u32>,
    /// PLT segments so far.
    tables: u8,
    pub data: Range<u64>,
}

impl TilePartHeader {
    pub(super) fn read(window: &mut Window<'_>, main: &Main, tile: u32, part: &Part) -> Result<Self, Error> {
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
    pub(super) fn is_counted(&self) -> bool {
        let sum: u64 = self.packets.iter().map(|&length| u64::from(length)).sum();
        sum == self.data.end - self.data.start && self.kept.is_empty() && !self.is_irregular
    }

    /// The packet headers that are not stored before their packets.
    pub(super) fn packed(&mut self) -> Result<Vec<u8>, Error> {
        let mut packed = std::mem::take(&mut self.packed);
        packed.sort_by_key(|(index, _)| *index);
        if packed.windows(2).any(|two| two[0].0 == two[1].0) {
            return Err(damaged("two PPT segments of one number"));
        }
        Ok(packed.into_iter().flat_map(|(_, bytes)| bytes).collect())
    }
}
