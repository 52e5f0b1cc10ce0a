//! Learns the directions along which vectors differ most, and reduces vectors to them.

use nalgebra::{DMatrix, DVector};

/// How often the directions are refined; each pass separates strong directions from weak ones further.
const PASSES: usize = 3;

/// An orthonormal basis of the subspace that keeps most of the vectors' products.
pub(super) struct Axes {
    /// One axis per row: the library multiplies matrices fast only where neither is transposed.
    basis: DMatrix<f32>,
    /// Where the sample's mean lies; stored vectors are kept relative to it, since a common part has no influence on
    /// their order, and would take most of the bytes' range.
    center: DVector<f32>,
}

impl Axes {
    /// Learns `count` axes from a sample, one vector per column, by subspace iteration with a fixed start.
    pub(super) fn learn(sample: &DMatrix<f32>, count: usize) -> Self {
        let transposed = sample.transpose();
        let mut axes = orthonormal(start(sample.nrows(), count));
        for _ in 0..PASSES {
            axes = orthonormal(sample * (&transposed * &axes));
        }
        let basis = axes.transpose();
        let center = &basis * sample.column_mean();
        Self { basis, center }
    }

    /// A query, whose products with reduced vectors have the order of the full products, nearly.
    pub(super) fn project(&self, values: &[f32]) -> Vec<f32> {
        (&self.basis * DVector::from_column_slice(values)).as_slice().to_vec()
    }

    /// Vectors to store, one per column.
    pub(super) fn reduce(&self, columns: &DMatrix<f32>) -> DMatrix<f32> {
        let mut reduced = &self.basis * columns;
        for mut column in reduced.column_iter_mut() {
            column -= &self.center;
        }
        reduced
    }
}

fn orthonormal(columns: DMatrix<f32>) -> DMatrix<f32> {
    columns.qr().q()
}

/// Fixed values without pattern.
fn start(rows: usize, columns: usize) -> DMatrix<f32> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    DMatrix::from_fn(rows, columns, |_, _| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1 << 24) as f32 - 0.5
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axes_span_the_directions_of_the_sample() {
        let sample =
            DMatrix::from_fn(
                24,
                50,
                |row, column| if row < 4 { ((column * 7 + row * row * 3) % 11) as f32 } else { 0.0 },
            );
        let axes = Axes::learn(&sample, 4);
        let vector: Vec<f32> = (0..24).map(|i| if i < 4 { i as f32 + 1.0 } else { 0.0 }).collect();
        let kept: f32 = axes.project(&vector).iter().map(|value| value * value).sum();
        assert!((kept - 30.0).abs() < 0.01, "{kept}");
    }
}
