//! Selects the packets of a tile that a region needs, in codestream order (ISO 15444-1, B.6 and B.12).

use super::markers::{Area, Coding, Component};

/// The most packets of a tile that are selected from; all are kept if there are more.
pub(super) const PACKETS: u64 = 1 << 22;
/// The distance in samples within which a sample may depend on another of its resolution: the 9/7 filter
/// reaches 4, the resolutions below add as much again.
const REACH: u32 = 16;

/// The requested part of a tile.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    /// On the reference grid, within the tile.
    pub area: Area,
    pub reduce: u32,
}

/// The packets of a tile that are needed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Needed {
    /// Whether each packet is needed, up to the last one that may be.
    pub flags: Vec<bool>,
    /// The number of packets after those.
    pub rest: u64,
}

impl Needed {
    /// The number of packets of the tile.
    pub(super) fn count(&self) -> u64 {
        self.flags.len() as u64 + self.rest
    }
}

/// The precincts of a component's resolution.
struct Precincts {
    across: u32,
    down: u32,
    /// The columns that are needed.
    x: [u32; 2],
    y: [u32; 2],
}

impl Precincts {
    fn of(coding: &Coding, component: &Component, tile: Area, wanted: Wanted, resolution: u32) -> Self {
        let below = u32::from(coding.levels) - resolution;
        let samples = tile.stepped(component.step).reduced(below);
        let exponent = coding.precincts.get(resolution as usize).copied().unwrap_or([15, 15]);
        if samples.is_empty() {
            return Self { across: 0, down: 0, x: [0, 0], y: [0, 0] };
        }
        let near = wanted.area.stepped(component.step).reduced(below);
        let side = |from: [u32; 2], near: [u32; 2], exponent: u8| {
            let first = from[0] >> exponent;
            let index = |at: u32| (at >> exponent).saturating_sub(first);
            let count = index(from[1] - 1) + 1;
            (
                count,
                [
                    index(near[0].saturating_sub(REACH)),
                    index(near[1].saturating_add(REACH)).min(count - 1) + 1,
                ],
            )
        };
        let (across, x) = side(samples.x, near.x, exponent[0]);
        let (down, y) = side(samples.y, near.y, exponent[1]);
        if resolution + wanted.reduce > u32::from(coding.levels) {
            return Self { across, down, x: [0, 0], y: [0, 0] };
        }
        Self { across, down, x, y }
    }

    const fn count(&self) -> u64 {
        self.across as u64 * self.down as u64
    }

    fn flags(&self) -> impl Iterator<Item = bool> {
        let ([left, right], [top, bottom]) = (self.x, self.y);
        (0..self.down).flat_map(move |y| {
            (0..self.across).map(move |x| (left..right).contains(&x) && (top..bottom).contains(&y))
        })
    }
}

/// The number of packets of a tile.
pub(super) fn count(coding: &Coding, components: &[Component], tile: Area) -> Option<u64> {
    let all = Wanted { area: tile, reduce: 0 };
    let of = |resolution| {
        let precincts = components
            .iter()
            .map(move |component| Precincts::of(coding, component, tile, all, resolution).count());
        precincts.sum::<u64>()
    };
    (0..=u32::from(coding.levels)).map(of).sum::<u64>().checked_mul(u64::from(coding.layers))
}

/// The packets of the tile that are needed; `None` if the order is not supported here.
pub(super) fn needed(
    coding: &Coding,
    components: &[Component],
    tile: Area,
    wanted: Wanted,
) -> Option<Needed> {
    let keep = u32::from(coding.levels).checked_sub(wanted.reduce)? + 1;
    // If layers come first, each contains all resolutions.
    let all_resolutions = u32::from(coding.levels) + 1;
    let resolutions = if coding.progression == 0 { all_resolutions } else { keep };
    let precincts = |resolution| -> Vec<Precincts> {
        let of = |component| Precincts::of(coding, component, tile, wanted, resolution);
        components.iter().map(of).collect()
    };
    let count = |precincts: &[Precincts]| precincts.iter().map(Precincts::count).sum::<u64>();
    let grid: Vec<Vec<Precincts>> = (0..resolutions).map(precincts).collect();
    let flagged: u64 = grid.iter().map(|precincts| count(precincts)).sum();
    let rest: u64 = (resolutions..all_resolutions).map(|resolution| count(&precincts(resolution))).sum();
    let rest = rest.checked_mul(u64::from(coding.layers))?;
    if flagged.checked_mul(u64::from(coding.layers)).is_none_or(|count| count > PACKETS) {
        return None;
    }
    let layers = 0..coding.layers;
    let all = |resolution: &Vec<Precincts>| resolution.iter().flat_map(Precincts::flags).collect::<Vec<_>>();
    let flags = match coding.progression {
        0 => {
            let one: Vec<bool> = grid.iter().flat_map(all).collect();
            layers.flat_map(|_| one.iter().copied()).collect()
        }
        1 => grid.iter().flat_map(|resolution| layers.clone().flat_map(|_| all(resolution))).collect(),
        2 if components.iter().all(|component| component.step == components[0].step) => {
            let flags = grid.iter().flat_map(|resolution| {
                let precincts = resolution.first().into_iter().flat_map(Precincts::flags);
                let times = resolution.len() * usize::from(coding.layers);
                precincts.flat_map(move |flag| std::iter::repeat_n(flag, times))
            });
            flags.collect()
        }
        _ => return None,
    };
    Some(Needed { flags, rest })
}
