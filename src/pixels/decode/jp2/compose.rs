//! Converts planes of components to interleaved samples of full range.

use super::boxes::{Boxes, Column};
use super::codec::Decoded;
use super::color::{LabRange, Space};
use super::layout::{Channel, Layout};
use super::markers::{Area, Component, Main};
use super::{Error, damaged};
use crate::iiif::Dimensions;
use crate::pixels::{Depth, Model, Raw, Samples};

/// A component's codes, offset to be unsigned, on its own grid at the requested resolution.
pub(super) struct Plane {
    area: Area,
    bits: u8,
    is_signed: bool,
    codes: Vec<u16>,
}

/// A channel that can be read row by row.
struct Source<'a> {
    plane: &'a Plane,
    step: [u32; 2],
    /// Maps codes to samples; `None` if they are equal.
    table: Option<Vec<u16>>,
}

impl Plane {
    pub(super) fn new(component: &Component, area: Area) -> Self {
        let codes = vec![0; area.width() as usize * area.height() as usize];
        Self { area, bits: component.bits, is_signed: component.is_signed, codes }
    }

    /// Copies the part of a tile that intersects this plane.
    pub(super) fn put(&mut self, decoded: &Decoded<'_>) -> Result<(), Error> {
        let common = decoded.area.intersection(&self.area);
        if common.is_empty() {
            return Ok(());
        }
        let (shift, max) =
            (if self.is_signed { 1 << (self.bits - 1) } else { 0 }, i32::from(u16::MAX >> (16 - self.bits)));
        for y in common.y[0]..common.y[1] {
            let range = |of: &Area| {
                let from = (y - of.y[0]) as usize * of.width() as usize + (common.x[0] - of.x[0]) as usize;
                from..from + common.width() as usize
            };
            let source =
                decoded.samples.get(range(&decoded.area)).ok_or_else(|| damaged("a tile is too small"))?;
            for (code, &sample) in self.codes[range(&self.area)].iter_mut().zip(source) {
                *code = sample.saturating_add(shift).clamp(0, max) as u16;
            }
        }
        Ok(())
    }

    /// The row at `y`, or the nearest one.
    fn row(&self, y: u32) -> &[u16] {
        let width = self.area.width() as usize;
        let y = y.clamp(self.area.y[0], self.area.y[1] - 1) - self.area.y[0];
        &self.codes[y as usize * width..][..width]
    }
}

impl Source<'_> {
    /// Computes the codes of the output's row `y` from `x[0]` to `x[1]`, interpolated between samples.
    fn row(&self, y: u32, x: [u32; 2], into: &mut Vec<u16>) {
        into.clear();
        let [across, down] = self.step;
        let left = self.plane.area.x[0];
        let above = self.plane.row(y / down);
        if across == 1 && down == 1 {
            into.extend_from_slice(&above[(x[0] - left) as usize..(x[1] - left) as usize]);
            return;
        }
        let below = self.plane.row(y / down + 1);
        let last = above.len() as u32 - 1;
        let (fy, whole) = (u64::from(y % down), u64::from(across) * u64::from(down));
        into.extend((x[0]..x[1]).map(|x| {
            let at = (x / across).saturating_sub(left).min(last) as usize;
            let (fx, next) = (u64::from(x % across), (at + 1).min(last as usize));
            let mix = |row: &[u16]| u64::from(row[at]) * (u64::from(across) - fx) + u64::from(row[next]) * fx;
            ((mix(above) * (u64::from(down) - fy) + mix(below) * fy + whole / 2) / whole) as u16
        }));
    }
}

/// Interleaves the samples of `area`, which every plane covers.
pub(super) fn compose(
    boxes: &Boxes,
    main: &Main,
    layout: &Layout,
    planes: &[Option<Plane>],
    area: Area,
) -> Result<Raw, Error> {
    let model = layout.space.model().ok_or_else(|| damaged("its color space is unknown"))?;
    let sources = layout
        .channels
        .iter()
        .map(|channel| {
            let plane =
                planes.get(channel.component).and_then(Option::as_ref).filter(|plane| !plane.area.is_empty());
            let table = table(boxes, main, layout.depth, channel);
            let step = main.components[channel.component].step;
            Ok(Source {
                plane: plane.ok_or_else(|| damaged("a component has no samples in this region"))?,
                step,
                table,
            })
        })
        .collect::<Result<Vec<_>, Error>>()?;
    let count = sources.len();
    let mut pixels = Pixels::new(layout.depth, area.width() as usize * area.height() as usize * count);
    let (mut codes, mut row) = (Vec::new(), vec![0; area.width() as usize * count]);
    for y in area.y[0]..area.y[1] {
        for (index, source) in sources.iter().enumerate() {
            source.row(y, area.x, &mut codes);
            let samples = row[index..].iter_mut().step_by(count).zip(&codes);
            match &source.table {
                None => samples.for_each(|(sample, &code)| *sample = code),
                Some(table) => samples.for_each(|(sample, &code)| *sample = table[usize::from(code)]),
            }
        }
        convert_colors(layout, main, &mut row, count);
        pixels.extend(&row);
    }
    let dimensions = Dimensions::new(area.width(), area.height());
    debug_assert!(model.count() <= count);
    Ok(Raw { dimensions, model, alpha: layout.alpha, samples: pixels.0 })
}

struct Pixels(Samples);

impl Pixels {
    fn new(depth: Depth, length: usize) -> Self {
        Self(match depth {
            Depth::U8 => Samples::U8(Vec::with_capacity(length)),
            Depth::U16 => Samples::U16(Vec::with_capacity(length)),
        })
    }

    fn extend(&mut self, row: &[u16]) {
        match &mut self.0 {
            Samples::U8(samples) => samples.extend(row.iter().map(|&sample| sample as u8)),
            Samples::U16(samples) => samples.extend_from_slice(row),
        }
    }
}

const fn max(depth: Depth) -> u32 {
    match depth {
        Depth::U8 => 255,
        Depth::U16 => 65_535,
    }
}

/// The table from a channel's codes to samples; `None` if they are equal.
fn table(boxes: &Boxes, main: &Main, depth: Depth, channel: &Channel) -> Option<Vec<u16>> {
    let whole = |bits: u8| u32::from(u16::MAX >> (16 - bits));
    let scaled = |value: u32, bits: u8| ((value * max(depth) + whole(bits) / 2) / whole(bits)) as u16;
    let codes = 0..=whole(main.components[channel.component].bits);
    match channel.column.and_then(|column| boxes.palette.get(column)) {
        Some(Column { bits, values }) => {
            let last = values.len() as u32 - 1;
            Some(codes.map(|code| scaled(u32::from(values[code.min(last) as usize]), *bits)).collect())
        }
        None if whole(channel.bits) == max(depth) => None,
        None => Some(codes.map(|code| scaled(code, channel.bits)).collect()),
    }
}

/// Converts a row's colors to those of its model.
fn convert_colors(layout: &Layout, main: &Main, row: &mut [u16], count: usize) {
    let whole = max(layout.depth) as f32;
    match layout.space {
        Space::Ycc => {
            let middle = f32::midpoint(whole, 1.0).floor();
            for_each_color(row, count, whole, |[y, cb, cr]| {
                let (cb, cr) = (cb - middle, cr - middle);
                [y + 1.402 * cr, y - 0.344_136 * cb - 0.714_136 * cr, y + 1.772 * cb]
            });
        }
        Space::Lab(range) => {
            let bits = layout.channels.first().map_or(8, |channel| main.components[channel.component].bits);
            let [l, a, b] = lab(range, bits);
            for_each_color(row, count, whole, |codes| {
                let value = |index: usize, (scale, zero): (f32, f32)| codes[index] / whole * scale - zero;
                let chroma = |value: f32| (value + 128.0) / 255.0 * whole;
                [value(0, l) / 100.0 * whole, chroma(value(1, a)), chroma(value(2, b))]
            });
        }
        Space::Gray | Space::Rgb | Space::Cmyk | Space::Other(_) => {}
    }
}

/// The ranges of L*, a* and b*, and the part of each that is below zero.
fn lab(LabRange { ranges, zeros }: LabRange, bits: u8) -> [(f32, f32); 3] {
    let half = 1_u32 << (bits - 1);
    let zeros = zeros.unwrap_or([0, half, half / 2 + half / 4]);
    let whole = (f64::from(bits)).exp2() - 1.0;
    [0, 1, 2].map(|index| {
        let range = f64::from(ranges[index]);
        (range as f32, (f64::from(zeros[index]) / whole * range) as f32)
    })
}

fn for_each_color(row: &mut [u16], count: usize, whole: f32, change: impl Fn([f32; 3]) -> [f32; 3]) {
    debug_assert!(count >= Model::Rgb.count());
    for pixel in row.chunks_exact_mut(count) {
        let changed = change([pixel[0], pixel[1], pixel[2]].map(f32::from));
        pixel[..3].copy_from_slice(&changed.map(|sample| (sample + 0.5).clamp(0.0, whole) as u16));
    }
}
