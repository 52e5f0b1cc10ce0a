//! A profile's colour lookup table (ICC.1:2022, §10.10 to §10.12), interpolated.

/// A colour's coordinates, or what becomes of them; the last is padding for three of them.
pub(super) type Lanes = [f32; 4];

/// Nodes over one, three or four inputs, the last varying fastest.
pub(super) struct Grid {
    /// Nodes along each input, at least two.
    sides: Vec<usize>,
    steps: [usize; 4],
    nodes: Vec<Lanes>,
}

impl Grid {
    /// `None` where `nodes` are not as many as the sides say.
    pub(super) fn new(sides: Vec<usize>, nodes: Vec<Lanes>) -> Option<Self> {
        let sound = matches!(sides.len(), 1 | 3 | 4) && sides.iter().all(|&side| side >= 2);
        let count = sides.iter().try_fold(1usize, |count, &side| count.checked_mul(side));
        if !sound || count != Some(nodes.len()) {
            return None;
        }
        let mut steps = [0; 4];
        let mut step = 1;
        for (input, side) in sides.iter().enumerate().rev() {
            steps[input] = step;
            step *= side;
        }
        Some(Self { sides, steps, nodes })
    }

    pub(super) fn map(&mut self, with: impl Fn(Lanes) -> Lanes) {
        self.nodes.iter_mut().for_each(|node| *node = with(*node));
    }

    /// Interpolates every pixel's inputs, 0 to 1 each, in place.
    pub(super) fn apply(&self, pixels: &mut [Lanes]) {
        match self.sides.len() {
            1 => pixels.iter_mut().for_each(|pixel| {
                let (at, part) = self.place(0, pixel[0]);
                *pixel = mix(self.nodes[at], self.nodes[at + self.steps[0]], part);
            }),
            3 => pixels.iter_mut().for_each(|pixel| {
                let way = self.way(0, *pixel);
                *pixel = way.along(&self.nodes, way.start);
            }),
            _ => pixels.iter_mut().for_each(|pixel| {
                let (at, part) = self.place(0, pixel[0]);
                let way = self.way(1, [pixel[1], pixel[2], pixel[3], 0.0]);
                let near = way.along(&self.nodes, at + way.start);
                let far = way.along(&self.nodes, at + way.start + self.steps[0]);
                *pixel = mix(near, far, part);
            }),
        }
    }

    /// The node at or before a coordinate, and how far beyond it that is.
    fn place(&self, input: usize, x: f32) -> (usize, f32) {
        let last = self.sides[input] - 1;
        let position = x.max(0.0).min(1.0) * last as f32;
        let index = (position as usize).min(last - 1);
        (index * self.steps[input], position - index as f32)
    }

    /// Tetrahedral: from one node to that across the cell, along the inputs in order of their parts.
    fn way(&self, first: usize, x: Lanes) -> Way {
        let [a, b, c] = [0, 1, 2].map(|input| self.place(first + input, x[input]));
        let start = a.0 + b.0 + c.0;
        let [a, b, c] =
            [(a.1, self.steps[first]), (b.1, self.steps[first + 1]), (c.1, self.steps[first + 2])];
        let order = |a: (f32, usize), b: (f32, usize)| if a.0 >= b.0 { (a, b) } else { (b, a) };
        let (a, b) = order(a, b);
        let (b, c) = order(b, c);
        let (a, b) = order(a, b);
        Way { start, steps: [a.1, a.1 + b.1, a.1 + b.1 + c.1], parts: [a.0, b.0, c.0] }
    }
}

struct Way {
    start: usize,
    steps: [usize; 3],
    parts: [f32; 3],
}

impl Way {
    fn along(&self, nodes: &[Lanes], start: usize) -> Lanes {
        let corners =
            [start, start + self.steps[0], start + self.steps[1], start + self.steps[2]].map(|at| nodes[at]);
        let [a, b, c] = self.parts;
        let weights = [1.0 - a, a - b, b - c, c];
        std::array::from_fn(|lane| {
            corners[0][lane] * weights[0]
                + corners[1][lane] * weights[1]
                + (corners[2][lane] * weights[2] + corners[3][lane] * weights[3])
        })
    }
}

fn mix(near: Lanes, far: Lanes, part: f32) -> Lanes {
    std::array::from_fn(|lane| near[lane] + (far[lane] - near[lane]) * part)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nodes with the values of a function that is straight along every way.
    fn straight(sides: &[usize]) -> Grid {
        let count = sides.iter().product();
        let value = |mut index: usize| {
            let mut sum = 0.0;
            for (input, &side) in sides.iter().enumerate().rev() {
                sum += (input + 1) as f32 * (index % side) as f32 / (side - 1) as f32;
                index /= side;
            }
            [sum, -sum, 2.0 * sum, 1.0]
        };
        Grid::new(sides.to_vec(), (0..count).map(value).collect()).unwrap()
    }

    #[test]
    fn what_is_straight_stays_straight() {
        for sides in [&[5][..], &[2, 3, 4], &[4, 2, 3, 5]] {
            let grid = straight(sides);
            for corner in 0..81 {
                let x: Lanes = std::array::from_fn(|lane| {
                    let third = corner / 3i32.pow(lane as u32) % 3;
                    if lane < sides.len() { [0.0, 0.37, 1.0][third as usize] } else { 0.0 }
                });
                let expected: f32 = x.iter().zip(1u8..).map(|(x, weight)| x * f32::from(weight)).sum();
                let mut pixels = [x];
                grid.apply(&mut pixels);
                assert!((pixels[0][0] - expected).abs() < 1e-5, "{x:?}: {pixels:?}, not {expected}");
            }
        }
    }

    #[test]
    fn odd_coordinates_stay_within() {
        let grid = straight(&[3, 3, 3]);
        let mut pixels = [[f32::NAN, f32::INFINITY, -7.0, 0.0]];
        grid.apply(&mut pixels);
        assert_eq!(pixels[0][0], 2.0);
    }

    #[test]
    fn a_grid_is_as_large_as_it_says() {
        assert!(Grid::new(vec![2, 2, 2], vec![[0.0; 4]; 7]).is_none());
        assert!(Grid::new(vec![1, 2, 2], vec![[0.0; 4]; 4]).is_none());
        assert!(Grid::new(vec![2, 2], vec![[0.0; 4]; 4]).is_none());
        assert!(Grid::new(vec![usize::MAX; 4], vec![[0.0; 4]; 4]).is_none());
    }
}
