//! Reads the boxes of JP2 and JPX: the range of the codestream and the meaning of its components (ISO 15444-1, annex I).

use std::ops::Range;

use super::bytes::{Bytes, Window};
use super::color::{self, Color};
use super::{Error, damaged};
use crate::container::jp2::{self, JpxBox};
use crate::metadata::exif::orientation_or_upright as orientation;
use crate::pixels::ReadAt;
use crate::pixels::decode::PROFILE_BYTES;

const SIGNATURE: [u8; 12] = *b"\0\0\0\x0cjP  \r\n\x87\n";
/// A codestream starts with SOC and SIZ.
const CODESTREAM: [u8; 4] = [0xff, 0x4f, 0xff, 0x51];
/// The most boxes at the top level.
const BOXES: usize = 1000;
/// The most bytes of EXIF that are read; the orientation is near its start.
const EXIF_BYTES: u64 = 64 << 10;
/// The most entries of a `pclr` box (I.5.3.4).
const ENTRIES: u16 = 1024;

/// The contents of a file's boxes; empty for a raw codestream.
pub(super) struct Boxes {
    pub codestream: Range<u64>,
    pub colors: Vec<Color>,
    /// Columns of the `pclr` box.
    pub palette: Vec<Column>,
    /// The `cmap` box: each channel's component and, if it uses the palette, column.
    pub mapping: Vec<(usize, Option<usize>)>,
    /// The `cdef` box.
    pub definitions: Option<Vec<Definition>>,
    pub orientation: u8,
}

/// A column of a palette.
pub(super) struct Column {
    pub bits: u8,
    /// Signed entries are offset so that none is negative.
    pub values: Vec<u16>,
}

/// The purpose of a channel (I.5.3.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Definition {
    pub channel: u16,
    /// 0 color, 1 alpha, 2 premultiplied alpha.
    pub kind: u16,
    /// 0 for the whole image, otherwise the color's number from 1.
    pub of: u16,
}

impl Boxes {
    pub(super) fn read(file: &dyn ReadAt) -> Result<Self, Error> {
        let mut window = Window::new(file, u64::MAX, 4 << 10);
        let mut boxes = Self {
            codestream: 0..file.size(),
            colors: Vec::new(),
            palette: Vec::new(),
            mapping: Vec::new(),
            definitions: None,
            orientation: 1,
        };
        let start: [u8; 12] = window.array(0)?;
        if start.starts_with(&CODESTREAM) {
            return Ok(boxes);
        }
        if start != SIGNATURE {
            return Err(damaged("it is neither JP2 nor a codestream"));
        }
        boxes.read_boxes(&mut window, file.size())?;
        Ok(boxes)
    }

    fn read_boxes(&mut self, window: &mut Window<'_>, size: u64) -> Result<(), Error> {
        let (mut at, mut found, mut has_header) = (SIGNATURE.len() as u64, false, false);
        for _ in 0..BOXES {
            let next = match next(window, at, size) {
                Ok(next) => next,
                // Damage after the codestream affects at most the orientation.
                Err(_) if found => break,
                Err(error) => return Err(error),
            };
            match &next.name {
                b"jp2c" if !found => (self.codestream, found) = (next.body.clone(), true),
                b"jp2h" if !has_header => {
                    self.header(&content(window, &next.body, 2 * PROFILE_BYTES)?)?;
                    has_header = true;
                }
                b"uuid" => self.uuid(window, next.body.clone()),
                _ => {}
            }
            at = next.body.end;
        }
        if !(found && has_header) {
            return Err(damaged("it has no codestream, or no header box"));
        }
        Ok(())
    }

    /// Reads the orientation from EXIF; errors are ignored.
    fn uuid(&mut self, window: &mut Window<'_>, body: Range<u64>) {
        let length = (body.end - body.start).min(EXIF_BYTES) as usize;
        if window.array(body.start).is_ok_and(|identifier: [u8; 16]| identifier == jp2::EXIF)
            && let Ok(block) = window.bytes(body.start + 16, length.saturating_sub(16))
        {
            self.orientation = orientation(&block);
        }
    }

    fn header(&mut self, content: &[u8]) -> Result<(), Error> {
        let mut rest = Bytes(content);
        while !rest.is_empty() {
            let (length, name) = (rest.u32()? as usize, rest.take(4)?);
            let length = if length == 0 { rest.0.len() } else { length.saturating_sub(8) };
            let body = Bytes(rest.take(length)?);
            match name {
                b"colr" => self.colors.extend(color::parse(body)?),
                b"pclr" => self.palette = palette(body)?,
                b"cmap" => self.mapping = mapping(body)?,
                b"cdef" => self.definitions = Some(definitions(body)?),
                _ => {}
            }
        }
        if self.mapping.is_empty() {
            // Without the required `cmap` box, a palette belongs to the first component.
            self.mapping = (0..self.palette.len()).map(|column| (0, Some(column))).collect();
        }
        Ok(())
    }
}

/// Reads the box at `at`. A truncated box ends with the file; a truncated codestream is detected when it is read.
fn next(window: &mut Window<'_>, at: u64, size: u64) -> Result<JpxBox, Error> {
    let JpxBox { name, body } = jp2::box_at(at, size, |at| window.array(at))?.map_err(damaged)?;
    Ok(JpxBox { name, body: body.start..body.end.min(size) })
}

fn content(window: &mut Window<'_>, body: &Range<u64>, max: usize) -> Result<Vec<u8>, Error> {
    match usize::try_from(body.end.saturating_sub(body.start)) {
        Ok(length) if length <= max => window.bytes(body.start, length),
        _ => Err(damaged(format_args!("its header box has more than {max} bytes"))),
    }
}

fn palette(mut body: Bytes<'_>) -> Result<Vec<Column>, Error> {
    let (entries, count) = (body.u16()?, body.u8()?);
    if entries == 0 || entries > ENTRIES || count == 0 {
        return Err(damaged("its palette has no entries, or too many"));
    }
    let depths = body.take(usize::from(count))?.to_vec();
    let column = |depth: u8| Column { bits: (depth & 0x7f) + 1, values: Vec::new() };
    let mut columns: Vec<Column> = depths.iter().map(|&depth| column(depth)).collect();
    if columns.iter().any(|column| column.bits > 16) {
        return Err(Error::Unsupported("a palette of more than 16 bits; up to 16 are supported".into()));
    }
    for _ in 0..entries {
        for (column, depth) in columns.iter_mut().zip(&depths) {
            let value = if column.bits > 8 { body.u16()? } else { u16::from(body.u8()?) };
            let (half, mask) = (1 << (column.bits - 1), u16::MAX >> (16 - column.bits));
            column.values.push((if depth & 0x80 == 0 { value } else { value ^ half }) & mask);
        }
    }
    Ok(columns)
}

fn mapping(mut body: Bytes<'_>) -> Result<Vec<(usize, Option<usize>)>, Error> {
    let mut channels = Vec::new();
    while !body.is_empty() {
        let (component, kind, column) = (body.u16()?, body.u8()?, body.u8()?);
        channels.push((usize::from(component), (kind == 1).then_some(usize::from(column))));
    }
    Ok(channels)
}

fn definitions(mut body: Bytes<'_>) -> Result<Vec<Definition>, Error> {
    let count = body.u16()?;
    (0..count).map(|_| Ok(Definition { channel: body.u16()?, kind: body.u16()?, of: body.u16()? })).collect()
}
