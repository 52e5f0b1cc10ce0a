//! Affine steps of a conversion: matrices and offsets.

use super::grid::Lanes;

/// A matrix, and an offset that is added.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Affine {
    pub(super) rows: [[f64; 3]; 3],
    pub(super) offset: [f64; 3],
}

/// An affine step by columns, for fast application.
#[derive(Clone, Copy)]
pub(super) struct Columns([Lanes; 4]);

impl Affine {
    pub(super) fn new(rows: [[f64; 3]; 3]) -> Self {
        Self { rows, offset: [0.0; 3] }
    }

    pub(super) fn scale(factors: [f64; 3]) -> Self {
        let [x, y, z] = factors;
        Self::new([[x, 0.0, 0.0], [0.0, y, 0.0], [0.0, 0.0, z]])
    }

    /// This step followed by the other.
    pub(super) fn then(&self, next: &Self) -> Self {
        let row = |row: [f64; 3]| {
            std::array::from_fn(|column| (0..3).map(|at| row[at] * self.rows[at][column]).sum())
        };
        Self { rows: next.rows.map(row), offset: next.apply(self.offset) }
    }

    pub(super) fn apply(&self, x: [f64; 3]) -> [f64; 3] {
        std::array::from_fn(|row| {
            let products: f64 = self.rows[row].iter().zip(x).map(|(factor, x)| factor * x).sum();
            products + self.offset[row]
        })
    }

    pub(super) fn columns(&self) -> Columns {
        let lanes = |values: [f64; 3]| [values[0] as f32, values[1] as f32, values[2] as f32, 0.0];
        let column = |column: usize| lanes(self.rows.map(|row| row[column]));
        Columns([column(0), column(1), column(2), lanes(self.offset)])
    }
}

impl Columns {
    #[inline]
    pub(super) fn apply(&self, x: Lanes) -> Lanes {
        let Self([first, second, third, offset]) = self;
        std::array::from_fn(|lane| {
            (first[lane] * x[0] + second[lane] * x[1]) + (third[lane] * x[2] + offset[lane])
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_steps_are_one() {
        let first =
            Affine { rows: [[1.0, 2.0, 3.0], [0.5, -1.0, 0.0], [0.0, 4.0, 1.0]], offset: [0.1, 0.2, 0.3] };
        let second =
            Affine { rows: [[0.0, 1.0, 2.0], [2.0, 0.0, 1.0], [1.0, 1.0, 1.0]], offset: [1.0, 0.0, -1.0] };
        let x = [0.3, 0.6, 0.9];
        let (one, two) = (first.then(&second).apply(x), second.apply(first.apply(x)));
        let fast = first.then(&second).columns().apply([0.3, 0.6, 0.9, 7.0]);
        for lane in 0..3 {
            assert!((one[lane] - two[lane]).abs() < 1e-12);
            assert!((f64::from(fast[lane]) - two[lane]).abs() < 1e-5);
        }
    }
}
