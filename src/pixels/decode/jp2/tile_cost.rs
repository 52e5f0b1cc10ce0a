//! Refuses tiles for which OpenJPEG would need too much memory or time.

use super::markers::{Area, Coding, Component, Main};
use super::packet_selection::count;
use super::{Error, damaged};

/// The most bytes that OpenJPEG may allocate for one tile before it decodes.
const STRUCTURES: u64 = 1 << 30;
/// Measured bytes for a code-block, and for a precinct in its three bands.
const BLOCK_COST: u64 = 700;
const PRECINCT_COST: u64 = 600;
/// OpenJPEG looks for every packet, even after the end of the data: no image has more packets than bytes, and this
/// many take less than a second.
const FREE_PACKETS: u64 = 1 << 22;

/// Refuses an image if its main header shows that no tile could be decoded; otherwise returns the bytes that OpenJPEG
/// allocates for one of its tiles before it decodes.
pub(super) fn affordable_all(main: &Main) -> Result<u64, Error> {
    let codings: Vec<&Coding> = std::iter::once(&main.coding).chain(&main.exceptions).collect();
    let [across, down] = main.tiles();
    let places = [(0, 0), (across / 2, down / 2), (across - 1, down - 1)];
    let costs = places.map(|(column, row)| affordable(main, main.tile(column, row), &codings));
    costs.into_iter().try_fold(0, |max, cost| Ok(max.max(cost?)))
}

/// Refuses a tile for which OpenJPEG would allocate too much, regardless of its data; otherwise returns the number of bytes that it
/// allocates.
pub(super) fn affordable(main: &Main, tile: Area, codings: &[&Coding]) -> Result<u64, Error> {
    let cost = |coding: &&Coding| {
        let each = |component: &Component| structures(coding, tile.stepped(component.step));
        let blocks = main.components.iter().map(each).fold(0, u64::saturating_add);
        blocks.saturating_add(included(coding, &main.components, tile))
    };
    let cost = codings.iter().map(cost).max().unwrap_or(0);
    if cost > STRUCTURES {
        return Err(Error::Unsupported(format!(
            "a tile of {}x{} with small code-blocks or many layers; write the file with tiles of at most 4096x4096",
            tile.width(),
            tile.height()
        )));
    }
    Ok(cost)
}

/// Refuses a tile of far more packets than it has bytes: each takes at least one (B.9).
pub(super) fn plausible(main: &Main, tile: Area, codings: &[&Coding], bytes: u64) -> Result<(), Error> {
    let max = codings.iter().map(|coding| count(coding, &main.components, tile).unwrap_or(u64::MAX)).max();
    match max {
        Some(packets) if packets > FREE_PACKETS.max(bytes) => {
            Err(damaged(format_args!("a tile has {packets} packets in {bytes} bytes")))
        }
        _ => Ok(()),
    }
}

/// Bytes for OpenJPEG's table of the packets that it has read, which is as large for every resolution as for the largest.
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
