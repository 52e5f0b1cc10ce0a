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
    /// The lengths of packets (PLT).
    pub packets: Vec<u32>,
    /// The number of PLT segments so far.
    tables: u8,
    pub data: Range<u64>,
}

impl TilePartHeader {
    pub(super) fn read(window: &mut Window<'_>, main: &Main, tile: u32, part: &Part) -> Result<Self, Error> {
        let mut header = Self::default();
        let (number, part) = (part.number, &part.range);
        let [ff, sot, _, _, high, low, ..]: [u8; 12] = window.array(part.start)?;
        let mut at = part.start + 12;
        if (ff, sot) != (0xff, 0x90) || u32::from(u16::from_be_bytes([high, low])) != tile {
            return Err(damaged("a tile-part is missing"));
        }
        if let Some(packed) = main.packed_headers(number)? {
            header.packed.push((0, packed.to_vec()));
        }
        loop {
            let [ff, marker] = window.array(at)?;
            if (ff, marker) == (0xff, 0x93) {
                break;
            }
            let length = u16::from_be_bytes(window.array(at + 2)?);
            if ff != 0xff || length < 2 || at + 2 + u64::from(length) > part.end {
                return Err(damaged("a marker is missing"));
            }
            let segment = window.bytes(at, usize::from(length) + 2)?;
            header.segment(main, marker, &segment)?;
            at += segment.len() as u64;
        }
        header.data = at + 2..part.end;
        if header.data.end < header.data.start {
            return Err(damaged("a tile-part has no data"));
        }
        Ok(header)
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

    /// Reads the lengths of packets from a PLT segment, seven bits per byte (A.7.3).
    fn lengths(&mut self, mut rest: Bytes<'_>) -> Result<(), Error> {
        // If tables are out of order, packets would get the lengths of others.
        self.is_irregular |= rest.u8()? != self.tables;
        self.tables = self.tables.wrapping_add(1);
        let mut length = 0_u32;
        while !rest.is_empty() {
            let byte = rest.u8()?;
            length = length.checked_mul(128).ok_or_else(|| damaged("the length of a packet overflows"))?
                | u32::from(byte & 0x7f);
            if byte & 0x80 == 0 {
                self.packets.push(std::mem::take(&mut length));
            }
        }
        Ok(())
    }

    /// Whether the packets' lengths add up to the data, and the tile-part has no special segments.
    pub(super) fn is_counted(&self) -> bool {
        let sum: u64 = self.packets.iter().map(|&length| u64::from(length)).sum();
        sum == self.data.end - self.data.start && self.kept.is_empty() && !self.is_irregular
    }

    /// The packet headers that are not stored before their packets.
    pub(super) fn packed(&mut self) -> Result<Vec<u8>, Error> {
        let mut packed = std::mem::take(&mut self.packed);
        packed.sort_by_key(|(index, _)| *index);
        if packed.windows(2).any(|two| two[0].0 == two[1].0) {
            return Err(damaged("two PPT segments have the same number"));
        }
        Ok(packed.into_iter().flat_map(|(_, bytes)| bytes).collect())
    }
}
