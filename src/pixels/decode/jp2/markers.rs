//! Reads the main header of a codestream (ISO 15444-1, annex A).

use std::ops::Range;

use super::bytes::{Bytes, Window};
use super::{Error, damaged};
use crate::pixels::ReadAt;

/// The longest side of an image; positions of tiles then stay well within 31 bits.
const SIDE: u32 = 1 << 24;
/// The most components.
const COMPONENTS: u16 = 64;
/// The most tiles: they are numbered with 16 bits (A.4.2).
const TILES: u64 = 65_535;
/// The most bytes of a main header, most of which are comments and lengths of tile-parts.
const HEADER_BYTES: u64 = 4 << 20;

/// A rectangle of the reference grid, or of a level of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Area {
    pub x: [u32; 2],
    pub y: [u32; 2],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Component {
    pub bits: u8,
    pub is_signed: bool,
    /// Reference grid points per sample, across and down.
    pub step: [u32; 2],
}

/// The coding parameters of a tile that are used here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Coding {
    /// 0 LRCP, 1 RLCP, 2 RPCL, 3 PCRL, 4 CPRL.
    pub progression: u8,
    pub layers: u16,
    /// The number of decomposition levels.
    pub levels: u8,
    /// The exponents of a code-block's sides.
    pub block: [u8; 2],
    /// The exponents of a precinct's sides, from the smallest resolution on.
    pub precincts: Vec<[u8; 2]>,
    /// Whether each packet header ends with a marker (EPH).
    pub has_ends: bool,
    /// Whether three components are transformed together.
    pub is_mixed: bool,
    /// Whether code-blocks are coded by ISO 15444-15 (HTJ2K).
    pub is_ht: bool,
}

/// A codestream's main header.
#[derive(Debug)]
pub(super) struct Main {
    pub area: Area,
    /// The origin of the tile grid.
    pub origin: [u32; 2],
    /// The size of a tile.
    pub tile: [u32; 2],
    pub components: Vec<Component>,
    pub coding: Coding,
    /// The coding parameters of components that have their own.
    pub exceptions: Vec<Coding>,
    /// Whether the order of packets changes or their headers are stored elsewhere.
    pub is_irregular: bool,
    /// Whether the progression changes between layers.
    pub is_late: bool,
    /// The bytes of the header from SIZ on, without segments about the whole codestream.
    pub kept: Vec<u8>,
    /// The tiles and lengths of all tile-parts, if the header states them.
    pub lengths: Vec<(u16, u32)>,
    /// PPM segments by their index.
    packed: Vec<(u8, Vec<u8>)>,
    /// Packed packet headers of each tile-part, in the order of the codestream; empty without PPM.
    packed_parts: Vec<Vec<u8>>,
    /// The range from the first tile-part on.
    pub body: Range<u64>,
}

impl Area {
    pub(super) const fn width(&self) -> u32 {
        self.x[1].saturating_sub(self.x[0])
    }

    pub(super) const fn height(&self) -> u32 {
        self.y[1].saturating_sub(self.y[0])
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.width() == 0 || self.height() == 0
    }

    pub(super) fn intersection(&self, other: &Self) -> Self {
        let common = |a: [u32; 2], b: [u32; 2]| [a[0].max(b[0]), a[1].min(b[1])];
        Self { x: common(self.x, other.x), y: common(self.y, other.y) }
    }

    /// The samples of a component within it (B-12).
    pub(super) fn stepped(&self, step: [u32; 2]) -> Self {
        Self { x: self.x.map(|x| x.div_ceil(step[0])), y: self.y.map(|y| y.div_ceil(step[1])) }
    }

    /// The area at `1/2^reduce` (B-14).
    pub(super) fn reduced(&self, reduce: u32) -> Self {
        let half = |at: u32| u64::from(at).div_ceil(1 << reduce.min(32)) as u32;
        Self { x: self.x.map(half), y: self.y.map(half) }
    }
}

impl Main {
    pub(super) fn read(file: &dyn ReadAt, codestream: Range<u64>) -> Result<Self, Error> {
        let mut window = Window::new(file, codestream.end, 4 << 10);
        let mut at = codestream.start + 2;
        let mut main: Option<Self> = None;
        let mut has_coding = false;
        while at - codestream.start < HEADER_BYTES {
            let [ff, marker, high, low] = window.array(at)?;
            if (ff, marker) == (0xff, 0x90) {
                break;
            }
            let length = usize::from(u16::from_be_bytes([high, low]));
            if ff != 0xff || marker < 0x4f || length < 2 {
                return Err(damaged("a marker is missing"));
            }
            let segment = window.bytes(at, length + 2)?;
            match (&mut main, marker) {
                (None, 0x51) => main = Some(Self::siz(&segment[4..])?),
                (None, _) | (_, 0x51) => {
                    return Err(damaged("SIZ is not the first segment, or occurs twice"));
                }
                (Some(main), _) => has_coding |= main.segment(marker, &segment)?,
            }
            at += segment.len() as u64;
        }
        let mut main = main.filter(|_| has_coding).ok_or_else(|| damaged("SIZ or COD is missing"))?;
        if at - codestream.start >= HEADER_BYTES {
            return Err(Error::Unsupported(format!("a main header of more than {HEADER_BYTES} bytes")));
        }
        main.unpack()?;
        main.body = at..codestream.end.min(file.size());
        Ok(main)
    }

    fn siz(segment: &[u8]) -> Result<Self, Error> {
        let mut rest = Bytes(segment);
        let kept = [&[0xff, 0x51], &(segment.len() as u16 + 2).to_be_bytes(), segment].concat();
        rest.u16()?;
        let mut pair = || Ok([rest.u32()?, rest.u32()?]);
        let [end, start, tile, origin] = [pair()?, pair()?, pair()?, pair()?];
        let count = rest.u16()?;
        let area = Area { x: [start[0], end[0]], y: [start[1], end[1]] };
        if area.is_empty()
            || area.width() > SIDE
            || area.height() > SIDE
            || end.iter().any(|&at| at > SIDE * 64)
        {
            return Err(damaged(format_args!("its size is {}x{}", area.width(), area.height())));
        }
        let is_outside = |axis: usize| {
            origin[axis] > start[axis] || origin[axis].saturating_add(tile[axis]) <= start[axis]
        };
        // Larger tiles are useless, and decoders count in 31 bits.
        if tile.iter().any(|&side| side == 0 || side > i32::MAX as u32) || is_outside(0) || is_outside(1) {
            return Err(damaged("its tiles do not cover the image"));
        }
        if count == 0 || count > COMPONENTS {
            return Err(Error::Unsupported(format!("{count} components; 1 to {COMPONENTS} are supported")));
        }
        let components = (0..count).map(|_| component(&mut rest)).collect::<Result<_, _>>()?;
        let coding = Coding::default();
        let main = Self {
            area,
            origin,
            tile,
            components,
            coding,
            exceptions: Vec::new(),
            is_irregular: false,
            is_late: false,
            kept,
            lengths: Vec::new(),
            packed: Vec::new(),
            packed_parts: Vec::new(),
            body: 0..0,
        };
        let [across, down] = main.tiles().map(u64::from);
        if across * down > TILES {
            return Err(damaged(format_args!("it has {across}x{down} tiles")));
        }
        Ok(main)
    }

    /// Whether a POC segment (A.6.6) changes the progression between layers.
    pub(super) fn has_late_layers(&self, segment: &[u8]) -> bool {
        let (entry, layers) = if self.components.len() < 257 { (7, 2) } else { (9, 3) };
        let end = |entry: &[u8]| u16::from_be_bytes([entry[layers], entry[layers + 1]]);
        segment[4..].chunks_exact(entry).any(|entry| end(entry) < self.coding.layers)
    }

    /// Reads a segment after SIZ; returns whether it is COD.
    fn segment(&mut self, marker: u8, segment: &[u8]) -> Result<bool, Error> {
        let mut rest = Bytes(&segment[4..]);
        match marker {
            0x52 => self.coding = Coding::cod(rest)?,
            0x53 => {
                rest.u8()?;
                self.exceptions.push(self.coding.coc(rest)?);
            }
            0x55 => self.tlm(rest)?,
            0x5f => {
                self.is_late |= self.has_late_layers(segment);
                self.is_irregular = true;
            }
            0x60 => {
                self.is_irregular = true;
                self.packed.push((rest.u8()?, rest.0.to_vec()));
                return Ok(false);
            }
            0x70..=0x73 | 0x76 | 0x79 => {
                return Err(Error::Unsupported(format!(
                    "JPEG 2000 with extensions of ISO 15444-2 (marker ff{marker:02x}); save it as a plain JP2"
                )));
            }
            _ => {}
        }
        // TLM, PLM and COM describe the whole codestream, or nothing.
        if !matches!(marker, 0x55 | 0x57 | 0x64) {
            self.kept.extend_from_slice(segment);
        }
        Ok(marker == 0x52)
    }

    /// Splits the PPM segments' data into the headers of each tile-part (A.7.4).
    fn unpack(&mut self) -> Result<(), Error> {
        let mut packed = std::mem::take(&mut self.packed);
        packed.sort_by_key(|(index, _)| *index);
        let all: Vec<u8> = packed.into_iter().flat_map(|(_, bytes)| bytes).collect();
        let mut rest = Bytes(&all);
        while !rest.is_empty() {
            let length = rest.u32()? as usize;
            self.packed_parts.push(rest.take(length)?.to_vec());
        }
        Ok(())
    }

    /// The packet headers of this tile-part in the main header; `None` if it contains none at all.
    pub(super) fn packed_headers(&self, number: usize) -> Result<Option<&[u8]>, Error> {
        if self.packed_parts.is_empty() {
            return Ok(None);
        }
        let part =
            self.packed_parts.get(number).ok_or_else(|| damaged("a tile-part has no packet headers"))?;
        Ok(Some(part))
    }

    /// Reads the lengths of tile-parts from a TLM segment (A.7.1).
    fn tlm(&mut self, mut rest: Bytes<'_>) -> Result<(), Error> {
        rest.u8()?;
        let style = rest.u8()?;
        while !rest.is_empty() {
            let tile = match style >> 4 & 3 {
                0 => self.lengths.len() as u16,
                1 => u16::from(rest.u8()?),
                _ => rest.u16()?,
            };
            let length = if style & 0x40 == 0 { u32::from(rest.u16()?) } else { rest.u32()? };
            self.lengths.push((tile, length));
        }
        Ok(())
    }

    /// The approximate size in memory, in bytes.
    pub(super) fn weight(&self) -> usize {
        let packed: usize = self.packed_parts.iter().map(|part| part.len() + 24).sum();
        self.kept.len() + self.lengths.len() * size_of::<(u16, u32)>() + packed
    }

    /// The numbers of tiles across and down.
    pub(super) fn tiles(&self) -> [u32; 2] {
        [
            (self.area.x[1] - self.origin[0]).div_ceil(self.tile[0]),
            (self.area.y[1] - self.origin[1]).div_ceil(self.tile[1]),
        ]
    }

    /// The part of the image that a tile covers.
    pub(super) fn tile(&self, column: u32, row: u32) -> Area {
        let side = |axis: usize, index: u32| {
            let from = self.origin[axis].saturating_add(index.saturating_mul(self.tile[axis]));
            [from, from.saturating_add(self.tile[axis])]
        };
        Area { x: side(0, column), y: side(1, row) }.intersection(&self.area)
    }

    /// The number of resolutions that every component has.
    pub(super) fn resolutions(&self) -> u32 {
        let levels = self.exceptions.iter().map(|coding| coding.levels).min();
        u32::from(self.coding.levels.min(levels.unwrap_or(u8::MAX))) + 1
    }
}

fn component(rest: &mut Bytes<'_>) -> Result<Component, Error> {
    let (depth, across, down) = (rest.u8()?, rest.u8()?, rest.u8()?);
    if across == 0 || down == 0 {
        return Err(damaged("a component has no samples"));
    }
    Ok(Component {
        bits: (depth & 0x7f) + 1,
        is_signed: depth & 0x80 != 0,
        step: [u32::from(across), u32::from(down)],
    })
}

impl Default for Coding {
    fn default() -> Self {
        Self {
            progression: 0,
            layers: 1,
            levels: 0,
            block: [6, 6],
            precincts: Vec::new(),
            has_ends: false,
            is_mixed: false,
            is_ht: false,
        }
    }
}

impl Coding {
    /// A COD segment (A.6.1).
    pub(super) fn cod(mut rest: Bytes<'_>) -> Result<Self, Error> {
        let style = rest.u8()?;
        let (progression, layers, mixed) = (rest.u8()?, rest.u16()?, rest.u8()?);
        let common =
            Self { progression, layers, has_ends: style & 4 != 0, is_mixed: mixed == 1, ..Self::default() };
        common.parameters(style, rest)
    }

    /// A COC segment after its component (A.6.2).
    pub(super) fn coc(&self, mut rest: Bytes<'_>) -> Result<Self, Error> {
        let style = rest.u8()?;
        self.clone().parameters(style, rest)
    }

    fn parameters(self, style: u8, mut rest: Bytes<'_>) -> Result<Self, Error> {
        let (levels, width, height) = (rest.u8()?, rest.u8()?, rest.u8()?);
        let (blocks, transform) = (rest.u8()?, rest.u8()?);
        if levels > 32 || width > 8 || height > 8 || width + height > 8 || self.layers == 0 {
            return Err(damaged("its coding parameters (COD) are invalid"));
        }
        if transform > 1 || blocks & 0x80 != 0 {
            let what = if transform > 1 { "wavelets of ISO 15444-2" } else { "mixed HT code-blocks" };
            return Err(Error::Unsupported(format!(
                "JPEG 2000 with {what}; the 5/3 and 9/7 wavelets and plain or HT code-blocks are supported"
            )));
        }
        let precincts = match style & 1 {
            0 => vec![[15, 15]; usize::from(levels) + 1],
            _ => rest.take(usize::from(levels) + 1)?.iter().map(|both| [both & 15, both >> 4]).collect(),
        };
        // Only the smallest resolution may have precincts of one sample (A.6.1, table A.21).
        if precincts.iter().skip(1).any(|exponents: &[u8; 2]| exponents.contains(&0)) {
            return Err(damaged("its coding parameters (COD) are invalid"));
        }
        Ok(Self { levels, block: [width + 2, height + 2], precincts, is_ht: blocks & 0x40 != 0, ..self })
    }
}
