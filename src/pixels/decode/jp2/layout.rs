//! Maps components to samples, by palette, channel definitions and color specification.

use super::boxes::{Boxes, Definition};
use super::color::{Color, Space};
use super::markers::Main;
use super::{Error, damaged};
use crate::pixels::{Alpha, Depth, Model};

/// A channel of the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Channel {
    pub component: usize,
    /// The palette column in which the component is looked up.
    pub column: Option<usize>,
    pub bits: u8,
}

/// The channels of the result, colors first.
#[derive(Debug, PartialEq)]
pub(super) struct Layout {
    pub channels: Vec<Channel>,
    pub space: Space,
    pub alpha: Alpha,
    pub depth: Depth,
    pub icc: Option<Vec<u8>>,
}

impl Layout {
    pub(super) fn new(boxes: &Boxes, main: &Main) -> Result<Self, Error> {
        let all = all(boxes, main)?;
        let definitions = boxes.definitions.as_deref().unwrap_or_default();
        let kind =
            |index: usize| definitions.iter().find(|definition| usize::from(definition.channel) == index);
        let colors: Vec<usize> =
            (0..all.len()).filter(|&index| kind(index).is_none_or(|is| is.kind == 0)).collect();
        let Color { space, icc } = color(boxes, main, colors.len())?;
        let model = space.model().ok_or_else(|| damaged("its color space is unknown"))?;
        let numbered = |number: usize| {
            let is =
                |definition: &&Definition| definition.kind == 0 && usize::from(definition.of) == number + 1;
            definitions
                .iter()
                .find(is)
                .map_or_else(|| colors.get(number).copied(), |found| Some(found.channel.into()))
        };
        let opacity =
            definitions.iter().find(|definition| matches!(definition.kind, 1 | 2) && definition.of == 0);
        let alpha = match opacity {
            Some(Definition { kind: 1, .. }) => Alpha::Straight,
            Some(_) => Alpha::Associated,
            None => Alpha::None,
        };
        let indices = (0..model.count()).map(numbered).chain(opacity.map(|found| Some(found.channel.into())));
        let channels = indices
            .map(|index| {
                index
                    .and_then(|index| all.get(index).copied())
                    .ok_or_else(|| damaged("it has too few channels"))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let bits = channels.iter().map(|channel| {
            channel.bits.max(main.components[channel.component].bits * u8::from(channel.column.is_none()))
        });
        match bits.max() {
            Some(bits) if bits > 16 => {
                Err(Error::Unsupported(format!("samples of {bits} bits; up to 16 are supported")))
            }
            bits => {
                let depth = if bits > Some(8) { Depth::U16 } else { Depth::U8 };
                Ok(Self { channels, space, alpha, depth, icc })
            }
        }
    }
}

/// All channels of the file.
fn all(boxes: &Boxes, main: &Main) -> Result<Vec<Channel>, Error> {
    if boxes.palette.is_empty() {
        let channel = |(component, of): (usize, &super::markers::Component)| Channel {
            component,
            column: None,
            bits: of.bits,
        };
        return Ok(main.components.iter().enumerate().map(channel).collect());
    }
    let channel = |&(component, column): &(usize, Option<usize>)| {
        let of = main.components.get(component)?;
        // A component is looked up by at most 16 bits.
        let bits = match column {
            Some(_) if of.bits > 16 => None,
            Some(column) => boxes.palette.get(column).map(|column| column.bits),
            None => Some(of.bits),
        };
        Some(Channel { component, column, bits: bits? })
    };
    boxes
        .mapping
        .iter()
        .map(|entry| channel(entry).ok_or_else(|| damaged("its palette mapping is invalid")))
        .collect()
}

/// The first color specification that is supported and fits.
fn color(boxes: &Boxes, main: &Main, channels: usize) -> Result<Color, Error> {
    // Three channels that are declared gray are read as colors, as other decoders do.
    let fits = |color: &&Color| {
        let model = color.space.model();
        model.is_some_and(|model| model.count() <= channels && (model != Model::Gray || channels < 3))
    };
    let found = boxes.colors.iter().find(fits).cloned();
    let unknown = boxes.colors.iter().find_map(|color| match color.space {
        Space::Other(number) => Some(number),
        _ => None,
    });
    match (found, unknown) {
        (Some(color), _) => Ok(color),
        (None, Some(number)) => Err(Error::Unsupported(format!(
            "JPEG 2000's color space {number}; sRGB, gray, sYCC, CMYK, CIELab and profiles of RGB, gray and CMYK are supported"
        ))),
        (None, None) => Ok(Color { space: guessed(main, channels), icc: None }),
    }
}

/// Guesses the color space of a raw codestream, or of one whose color specification does not fit.
fn guessed(main: &Main, channels: usize) -> Space {
    let step = |index: usize| main.components.get(index).map(|component| component.step);
    match channels {
        0..=2 => Space::Gray,
        3 if !main.coding.is_mixed && step(0) == Some([1, 1]) && step(1) != step(0) => Space::Ycc,
        _ => Space::Rgb,
    }
}
