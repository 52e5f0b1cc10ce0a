//! Mirrors and rotates by quarter turns, without changing pixels.

use super::by_blocks;
use crate::metadata::Orientation;
use crate::pixels::{Channels, Raster};

/// Mirrors left to right.
pub fn mirror(raster: &Raster) -> Raster {
    match raster.channels {
        Channels::Gray => mirror_as::<1>(raster),
        Channels::Rgb => mirror_as::<3>(raster),
        Channels::Rgba => mirror_as::<4>(raster),
    }
}

/// Rotates clockwise by `turns` times 90 degrees.
pub fn quarter_turns(raster: &Raster, turns: u8) -> Raster {
    match raster.channels {
        Channels::Gray => quarter_turns_as::<1>(raster, turns),
        Channels::Rgb => quarter_turns_as::<3>(raster, turns),
        Channels::Rgba => quarter_turns_as::<4>(raster, turns),
    }
}

/// Makes a stored raster upright.
pub fn upright(raster: Raster, orientation: Orientation) -> Raster {
    let (mirrored, turns) = orientation.to_upright();
    let raster = if mirrored { mirror(&raster) } else { raster };
    if turns > 0 { quarter_turns(&raster, turns) } else { raster }
}

fn mirror_as<const N: usize>(raster: &Raster) -> Raster {
    let mut turned = Raster::blank(raster.dimensions, raster.channels);
    let rows = turned.samples.chunks_exact_mut(raster.stride());
    for (row, source) in rows.zip(raster.samples.chunks_exact(raster.stride())) {
        reverse::<N>(row, source);
    }
    turned
}

fn reverse<const N: usize>(target: &mut [u8], source: &[u8]) {
    let (target, source) = (target.as_chunks_mut::<N>().0, source.as_chunks::<N>().0);
    for (pixel, source) in target.iter_mut().zip(source.iter().rev()) {
        *pixel = *source;
    }
}

fn quarter_turns_as<const N: usize>(raster: &Raster, turns: u8) -> Raster {
    let turns = turns % 4;
    if turns == 0 {
        return raster.clone();
    }
    if turns == 2 {
        let mut turned = Raster::blank(raster.dimensions, raster.channels);
        reverse::<N>(&mut turned.samples, &raster.samples);
        return turned;
    }
    let mut turned = Raster::blank(raster.dimensions.transposed(), raster.channels);
    let (target, source) = (turned.samples.as_chunks_mut::<N>().0, raster.samples.as_chunks::<N>().0);
    // The target's sides.
    let [width, height] = [raster.dimensions.height, raster.dimensions.width].map(|side| side as usize);
    if turns == 1 {
        by_blocks(width, height, |x, y| target[y * width + x] = source[(width - 1 - x) * height + y]);
    } else {
        by_blocks(width, height, |x, y| target[y * width + x] = source[x * height + height - 1 - y]);
    }
    turned
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::iiif::Dimensions;

    fn raster(width: u32, rows: &[&[u8]]) -> Raster {
        Raster {
            dimensions: Dimensions::new(width, rows.len() as u32),
            channels: Channels::Gray,
            samples: rows.concat(),
        }
    }

    #[test]
    fn turns_are_clockwise() {
        let upright = raster(3, &[&[1, 2, 3], &[4, 5, 6]]);
        assert_eq!(mirror(&upright), raster(3, &[&[3, 2, 1], &[6, 5, 4]]));
        assert_eq!(quarter_turns(&upright, 1), raster(2, &[&[4, 1], &[5, 2], &[6, 3]]));
        assert_eq!(quarter_turns(&upright, 2), raster(3, &[&[6, 5, 4], &[3, 2, 1]]));
        assert_eq!(quarter_turns(&upright, 3), raster(2, &[&[3, 6], &[2, 5], &[1, 4]]));
    }

    #[test]
    fn orientations_are_those_of_exif() {
        // How each is stored: the displayed place of its first row and first column.
        let displayed = raster(3, &[&[1, 2, 3], &[4, 5, 6]]);
        let stored: [(u64, Raster); 8] = [
            (1, displayed.clone()),
            (2, raster(3, &[&[3, 2, 1], &[6, 5, 4]])),
            (3, raster(3, &[&[6, 5, 4], &[3, 2, 1]])),
            (4, raster(3, &[&[4, 5, 6], &[1, 2, 3]])),
            (5, raster(2, &[&[1, 4], &[2, 5], &[3, 6]])),
            (6, raster(2, &[&[3, 6], &[2, 5], &[1, 4]])),
            (7, raster(2, &[&[6, 3], &[5, 2], &[4, 1]])),
            (8, raster(2, &[&[4, 1], &[5, 2], &[6, 3]])),
        ];
        for (orientation, stored) in stored {
            assert_eq!(upright(stored, Orientation::new(orientation)), displayed, "{orientation}");
        }
    }

    proptest! {
        #[test]
        fn four_turns_or_two_mirrors_change_nothing(width in 1..80u32, height in 1..80u32, kind in 0..3usize) {
            let channels = [Channels::Gray, Channels::Rgb, Channels::Rgba][kind];
            let mut raster = Raster::blank(Dimensions::new(width, height), channels);
            raster.samples.iter_mut().zip(0u32..).for_each(|(sample, at)| *sample = (at * 7 % 251) as u8);
            prop_assert_eq!(&mirror(&mirror(&raster)), &raster);
            let once = quarter_turns(&raster, 1);
            prop_assert_eq!(&quarter_turns(&once, 1), &quarter_turns(&raster, 2));
            prop_assert_eq!(&quarter_turns(&once, 2), &quarter_turns(&raster, 7));
            prop_assert_eq!(&quarter_turns(&once, 3), &raster);
        }
    }
}
