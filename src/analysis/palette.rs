//! The palette: few colors, with their shares, that stand for all pixels.
//!
//! Pixels are counted on a grid of cells with sides of 0.025 ([`Oklab::distance`]), about the smallest
//! difference that is seen. The
//! first colors are chosen among the cells' means one by one, each where most pixels are far from those chosen before
//! (k-means++ with the maximum in place of chance). Lloyd's iterations then move them to the means of their cells, and
//! colors nearer than [`MERGED`] become one. No random number is drawn, so equal pixels give equal palettes.

use serde::{Deserialize, Serialize};

use super::Oklab;
use super::oklab::CHROMA_WEIGHT;

/// Colors before similar ones are merged.
const CLUSTERS: usize = 24;
/// Lloyd's iterations; the colors rarely move after eight.
const ITERATIONS: usize = 8;
/// Colors nearer than this are one color of the palette.
const MERGED: f32 = 0.035;
/// The side of a cell.
const CELL: f32 = 0.025;
/// Cells along each side of the grid, which holds all of sRGB…
const SIDE: usize = 43;
/// …from these values of the axes.
const LEAST: [f32; 2] = [-0.24, -0.32];
/// Smaller shares are added to the nearest color.
const SMALLEST: f32 = 0.01;
/// Each unit of chroma counts as much more in the choice of the first colors, so that small accents are not lost.
const ACCENT: f32 = 4.0;

/// A color of a palette.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct PaletteColor {
    #[serde(flatten)]
    pub color: Oklab,
    /// Its share of all pixels, from 0 to 1.
    pub share: f32,
}

/// The palette of these pixels, the largest share first; empty if there are none.
pub(crate) fn palette(pixels: &[Oklab]) -> Vec<PaletteColor> {
    let cells = cells(pixels);
    let mut centers = first_centers(&cells);
    for _ in 0..ITERATIONS {
        let moved = means(&cells, &centers);
        let still = moved.iter().map(|found| found.color).eq(centers.iter().copied());
        centers = moved.into_iter().map(|found| found.color).collect();
        if still {
            break;
        }
    }
    let mut found = means(&cells, &centers);
    while let Some((keep, drop)) = nearest_pair(&found) {
        let merged = [found[keep], found[drop]];
        found[keep] = PaletteColor {
            color: Oklab::mean(merged.map(|entry| (entry.color, entry.share))).unwrap_or(merged[0].color),
            share: merged[0].share + merged[1].share,
        };
        found.remove(drop);
    }
    found.sort_by(|a, b| b.share.total_cmp(&a.share));
    found
}

/// The means of the occupied cells and the share of the pixels in each, in the order of the first pixels.
fn cells(pixels: &[Oklab]) -> Vec<PaletteColor> {
    // The place of each cell of the grid among those that are occupied, plus one.
    let mut places = vec![0u16; SIDE * SIDE * SIDE];
    let mut sums: Vec<(Oklab, u32)> = Vec::new();
    for pixel in pixels {
        let step = |part: f32, from: f32| (((part - from) / CELL) as usize).min(SIDE - 1);
        let lightness = step(pixel.lightness, 0.0);
        let a = step(CHROMA_WEIGHT * pixel.a, CHROMA_WEIGHT * LEAST[0]);
        let b = step(CHROMA_WEIGHT * pixel.b, CHROMA_WEIGHT * LEAST[1]);
        let place = &mut places[(lightness * SIDE + a) * SIDE + b];
        if *place == 0 {
            sums.push((Oklab::default(), 0));
            *place = sums.len() as u16;
        }
        let (sum, count) = &mut sums[usize::from(*place) - 1];
        *sum = *sum + *pixel;
        *count += 1;
    }
    let mean = |(sum, count): (Oklab, u32)| PaletteColor {
        color: sum * (1.0 / count as f32),
        share: count as f32 / pixels.len() as f32,
    };
    sums.into_iter().map(mean).collect()
}

fn first_centers(cells: &[PaletteColor]) -> Vec<Oklab> {
    let weight = |cell: &PaletteColor| cell.share * (1.0 + ACCENT * cell.color.chroma());
    let Some(first) = cells.iter().max_by(|a, b| weight(a).total_cmp(&weight(b))) else { return Vec::new() };
    let mut centers = vec![first.color];
    let mut apart: Vec<f32> = cells.iter().map(|cell| cell.color.distance_squared(first.color)).collect();
    while centers.len() < CLUSTERS {
        let gain = |at: usize| weight(&cells[at]) * apart[at];
        let best = (0..cells.len()).max_by(|&a, &b| gain(a).total_cmp(&gain(b)).then(b.cmp(&a)));
        let Some(best) = best.filter(|&best| gain(best) > 0.0) else { break };
        centers.push(cells[best].color);
        for (apart, cell) in apart.iter_mut().zip(cells) {
            *apart = apart.min(cell.color.distance_squared(cells[best].color));
        }
    }
    centers
}

/// The mean and the share of the cells nearest to each center; centers without cells are gone.
fn means(cells: &[PaletteColor], centers: &[Oklab]) -> Vec<PaletteColor> {
    let mut members: Vec<Vec<(Oklab, f32)>> = vec![Vec::new(); centers.len()];
    for cell in cells {
        let mut nearest = (0, f32::INFINITY);
        for (at, center) in centers.iter().enumerate() {
            let apart = cell.color.distance_squared(*center);
            if apart < nearest.1 {
                nearest = (at, apart);
            }
        }
        members[nearest.0].push((cell.color, cell.share));
    }
    let entry = |members: Vec<(Oklab, f32)>| {
        let share = members.iter().map(|(_, share)| share).sum();
        Oklab::mean(members).map(|color| PaletteColor { color, share })
    };
    members.into_iter().filter_map(entry).collect()
}

/// Two colors that are to become one, if any: the nearest, or a tiny one and its nearest.
fn nearest_pair(found: &[PaletteColor]) -> Option<(usize, usize)> {
    let pairs = (0..found.len()).flat_map(|a| (a + 1..found.len()).map(move |b| (a, b)));
    let distance = |(a, b): (usize, usize)| found[a].color.distance(found[b].color);
    let mergeable =
        |&(a, b): &(usize, usize)| distance((a, b)) < MERGED || found[a].share.min(found[b].share) < SMALLEST;
    pairs.filter(mergeable).min_by(|&a, &b| distance(a).total_cmp(&distance(b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_those_of_the_pixels_and_accents_are_found() {
        let mut pixels = vec![Oklab::of(0x1b1a19); 600];
        pixels.extend(vec![Oklab::of(0xe3c030); 370]);
        pixels.extend(vec![Oklab::of(0xc0322b); 30]);
        let found = palette(&pixels);
        let shares: Vec<f32> = found.iter().map(|entry| (1000.0 * entry.share).round()).collect();
        assert_eq!(shares, [600.0, 370.0, 30.0]);
        assert!(found[2].color.distance(Oklab::of(0xc0322b)) < 0.01);
    }

    #[test]
    fn shades_of_one_color_are_one() {
        let pixels: Vec<_> = (0..1000).map(|n| Oklab::of(0x808080 + 0x010101 * (n % 8))).collect();
        assert_eq!(palette(&pixels).len(), 1);
        assert!(palette(&[]).is_empty());
    }
}
