//! Exchanges rows and columns.

use crate::iiif::Dimensions;

/// The side of a block that is transposed in registers.
const SIDE: usize = 16;

type Row = [u8; SIDE];

/// Writes the columns of an image of single bytes as rows of `to`.
///
/// # Panics
/// If a slice is shorter than the image.
pub(super) fn transpose(from: &[u8], image: Dimensions, to: &mut [u8]) {
    let (width, height) = (image.width as usize, image.height as usize);
    let (right, bottom) = (width / SIDE * SIDE, height / SIDE * SIDE);
    for y in (0..bottom).step_by(SIDE) {
        for x in (0..right).step_by(SIDE) {
            let mut rows = [Row::default(); SIDE];
            for (n, row) in rows.iter_mut().enumerate() {
                row.copy_from_slice(&from[(y + n) * width + x..][..SIDE]);
            }
            for (n, column) in columns(rows).iter().enumerate() {
                to[(x + n) * height + y..][..SIDE].copy_from_slice(column);
            }
        }
    }
    let mut copy = |x: usize, y: usize| to[x * height + y] = from[y * width + x];
    (0..bottom).for_each(|y| (right..width).for_each(|x| copy(x, y)));
    (bottom..height).for_each(|y| (0..width).for_each(|x| copy(x, y)));
}

/// The columns of a block, by four perfect shuffles of its rows. Processors have instructions for them, which the compiler
/// uses for these loops; a change needs a measurement.
#[inline(always)]
fn columns(mut rows: [Row; SIDE]) -> [Row; SIDE] {
    for _ in 0..SIDE.ilog2() {
        let mut shuffled = [Row::default(); SIDE];
        for n in 0..SIDE / 2 {
            [shuffled[2 * n], shuffled[2 * n + 1]] = interleaved(rows[n], rows[n + SIDE / 2]);
        }
        rows = shuffled;
    }
    rows
}

/// The bytes of two rows in turns.
#[inline(always)]
fn interleaved(a: Row, b: Row) -> [Row; 2] {
    let first = std::array::from_fn(|n| if n % 2 == 0 { a[n / 2] } else { b[n / 2] });
    let second = std::array::from_fn(|n| if n % 2 == 0 { a[(SIDE + n) / 2] } else { b[(SIDE + n) / 2] });
    [first, second]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn columns_become_rows(width in 1u32..70, height in 1u32..70) {
            let from: Vec<u8> = (0..width * height).map(|n| (n * 7 % 251) as u8).collect();
            let mut to = vec![0; from.len()];
            transpose(&from, Dimensions::new(width, height), &mut to);
            for (n, &sample) in from.iter().enumerate() {
                let (x, y) = (n as u32 % width, n as u32 / width);
                prop_assert_eq!(to[(x * height + y) as usize], sample);
            }
        }
    }
}
