//! The palette: few colors, with their shares, that stand for all pixels.
//!
//! Pixels are counted on a grid of cells with sides of 0.02 in Oklab, about the smallest difference that is seen. The
//! first colors are chosen among the cells' means one by one, each where most pixels are far from those chosen before
//! (k-means++ with the maximum in place of chance). Lloyd's iterations then move them to the means of their cells, and
//! colors nearer than [`MERGED`] become one. No random number is drawn, so equal pixels give equal palettes.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::Oklab;

/// Colors before similar ones are merged.
const CLUSTERS: usize = 16;
/// Lloyd's iterations; the colors rarely move after eight.
const ITERATIONS: usize = 12;
/// Colors nearer than this are one color of the palette.
const MERGED: f32 = 0.06;
/// The side of a cell.
const CELL: f32 = 0.02;
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

/// The means of the occupied cells and the share of the pixels in each, in a fixed order.
fn cells(pixels: &[Oklab]) -> Vec<PaletteColor> {
    let mut sums: HashMap<[i16; 3], ([f32; 3], u32)> = HashMap::new();
    for pixel in pixels {
        let parts = [pixel.lightness, pixel.a, pixel.b];
        let (sum, count) = sums.entry(parts.map(|part| (part / CELL).floor() as i16)).or_default();
        for (sum, part) in sum.iter_mut().zip(parts) {
            *sum += part;
        }
        *count += 1;
    }
    let mut cells: Vec<_> = sums.into_iter().collect();
    cells.sort_unstable_by_key(|(cell, _)| *cell);
    let mean = |(_, (sum, count)): ([i16; 3], ([f32; 3], u32))| {
        let [lightness, a, b] = sum.map(|sum| sum / count as f32);
        PaletteColor { color: Oklab { lightness, a, b }, share: count as f32 / pixels.len() as f32 }
    };
    cells.into_iter().map(mean).collect()
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
        let nearest = centers.iter().enumerate().min_by(|(_, a), (_, b)| {
            cell.color.distance_squared(**a).total_cmp(&cell.color.distance_squared(**b))
        });
        if let Some((nearest, _)) = nearest {
            members[nearest].push((cell.color, cell.share));
        }
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
