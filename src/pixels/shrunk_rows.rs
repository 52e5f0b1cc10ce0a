//! Reduces rows by averaging while they are read, for overviews of large images.

use super::{Error, Raw, Rows, Samples, Shape};
use crate::iiif::Dimensions;

/// The most rows that are read at once.
const MAX_ROWS: u32 = 32;

/// The rows of another image, reduced by averaging blocks of `factor` by `factor` pixels, which may be smaller at edges.
pub struct ShrunkRows {
    rows: Box<dyn Rows>,
    factor: u32,
}

impl ShrunkRows {
    /// Rows averaged over squares of `factor` pixels.
    pub fn new(rows: Box<dyn Rows>, factor: u32) -> Self {
        Self { rows, factor: factor.max(1) }
    }
}

impl Rows for ShrunkRows {
    fn shape(&self) -> Shape {
        let shape = self.rows.shape();
        Shape { dimensions: shape.dimensions.reduced(self.factor), ..shape }
    }

    fn next(&mut self, _max: u32) -> Result<Option<Raw>, Error> {
        let shape = self.shape();
        let (count, width) = (shape.count(), shape.dimensions.width as usize);
        let mut sums = vec![0u64; width * count];
        let mut added = 0;
        let mut full = 0;
        while added < self.factor {
            let Some(raw) = self.rows.next((self.factor - added).min(MAX_ROWS))? else { break };
            added += raw.dimensions.height;
            full = raw.dimensions.width;
            let (row, factor) = (full as usize * count, self.factor as usize);
            match &raw.samples {
                Samples::U8(samples) => {
                    samples.chunks_exact(row).for_each(|row| add(row, factor, count, &mut sums))
                }
                Samples::U16(samples) => {
                    samples.chunks_exact(row).for_each(|row| add(row, factor, count, &mut sums))
                }
            }
        }
        if added == 0 {
            return Ok(None);
        }
        let weight =
            |x: usize| u64::from((full - x as u32 * self.factor).min(self.factor)) * u64::from(added);
        let mean = |(n, sum): (usize, &u64)| {
            let weight = weight(n / count);
            (sum + weight / 2) / weight
        };
        let means = sums.iter().enumerate().map(mean);
        let samples = match shape.depth {
            super::Depth::U8 => Samples::U8(means.map(|mean| mean as u8).collect()),
            super::Depth::U16 => Samples::U16(means.map(|mean| mean as u16).collect()),
        };
        let dimensions = Dimensions::new(shape.dimensions.width, 1);
        Ok(Some(Raw { dimensions, model: shape.model, alpha: shape.alpha, samples }))
    }
}

fn add<T: Copy + Into<u32>>(row: &[T], factor: usize, count: usize, sums: &mut [u64]) {
    for (block, sums) in row.chunks(factor * count).zip(sums.chunks_exact_mut(count)) {
        match sums {
            [gray] => *gray += u64::from(block.iter().map(|&sample| sample.into()).sum::<u32>()),
            [red, green, blue] => {
                let mut sum = [0u32; 3];
                for pixel in block.chunks_exact(3) {
                    sum = [sum[0] + pixel[0].into(), sum[1] + pixel[1].into(), sum[2] + pixel[2].into()];
                }
                *red += u64::from(sum[0]);
                *green += u64::from(sum[1]);
                *blue += u64::from(sum[2]);
            }
            sums => {
                for pixel in block.chunks_exact(count) {
                    sums.iter_mut().zip(pixel).for_each(|(sum, &sample)| *sum += u64::from(sample.into()));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixels::{Alpha, Model};

    struct Once(Option<Raw>, Shape);

    impl Rows for Once {
        fn shape(&self) -> Shape {
            self.1
        }

        fn next(&mut self, _: u32) -> Result<Option<Raw>, Error> {
            Ok(self.0.take())
        }
    }

    #[test]
    fn each_block_becomes_its_mean_also_at_edges() {
        let samples = Samples::U16(vec![0, 2, 9, 4, 6, 11]);
        let raw = Raw { dimensions: Dimensions::new(3, 2), model: Model::Gray, alpha: Alpha::None, samples };
        let shape = raw.shape();
        let mut shrunk = ShrunkRows::new(Box::new(Once(Some(raw), shape)), 2);
        assert_eq!(shrunk.shape().dimensions, Dimensions::new(2, 1));
        assert_eq!(shrunk.next(1).unwrap().unwrap().samples, Samples::U16(vec![3, 10]));
        assert_eq!(shrunk.next(1).unwrap(), None);
    }
}
