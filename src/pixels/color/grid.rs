//! Interpolates a profile's color lookup table (ICC.1:2022, §10.10 to §10.12).

/// The coordinates of a color; if there are three, the last is padding.
pub(super) type Lanes = [f32; 4];

/// Adding this to a small number leaves the rounded number in the lowest bits.
pub(super) const ROUNDING: f32 = 8_388_608.0;

/// Clips to 0..=`max`; NaN becomes 0. Two instructions, where `clamp` takes six.
#[inline(always)]
pub(super) fn clip(x: f32, max: f32) -> f32 {
    let x = if x > 0.0 { x } else { 0.0 };
    if x < max { x } else { max }
}

/// The nodes of a table of one, three or four inputs; the last input varies fastest.
pub(super) struct Grid {
    inputs: usize,
    /// The last node's index along each input.
    last_nodes: Lanes,
    /// The distance between adjacent nodes along each input.
    steps: [u32; 4],
    nodes: Vec<Lanes>,
}

impl Grid {
    /// Creates a grid; `None` if the number of `nodes` does not match the sides.
    pub(super) fn new(sides: &[u8], nodes: Vec<Lanes>) -> Option<Self> {
        let sound = matches!(sides.len(), 1 | 3 | 4) && sides.iter().all(|&side| side >= 2);
        // At most 255⁴: it fits.
        let count: u32 = sides.iter().map(|&side| u32::from(side)).product();
        if !sound || count as usize != nodes.len() {
            return None;
        }
        let (mut last_nodes, mut steps) = ([1.0; 4], [0; 4]);
        for (input, &side) in sides.iter().enumerate() {
            last_nodes[input] = f32::from(side - 1);
            steps[input] = sides[input + 1..].iter().map(|&side| u32::from(side)).product();
        }
        Some(Self { inputs: sides.len(), last_nodes, steps, nodes })
    }

    /// The approximate size in memory, in bytes.
    pub(super) const fn weight(&self) -> usize {
        self.nodes.len() * size_of::<Lanes>()
    }

    pub(super) fn map(&mut self, with: impl Fn(Lanes) -> Lanes) {
        self.nodes.iter_mut().for_each(|node| *node = with(*node));
    }

    /// Interpolates every pixel's inputs, 0 to 1 each, in place: tetrahedral over three inputs, and linear along the first
    /// of four, as littleCMS does.
    pub(super) fn apply(&self, pixels: &mut [Lanes]) {
        let [first, second, third, fourth] = self.steps;
        match self.inputs {
            1 => pixels.iter_mut().for_each(|pixel| {
                let ([at, ..], [part, ..]) = self.cell(*pixel);
                *pixel = mix(self.node(at), self.node(at.wrapping_add(first)), part);
            }),
            3 => pixels.iter_mut().for_each(|pixel| {
                let ([a, b, c, _], [x, y, z, _]) = self.cell(*pixel);
                let tetrahedron = Tetrahedron::new([(x, first), (y, second), (z, third)]);
                *pixel = self.interpolate(&tetrahedron, a.wrapping_add(b).wrapping_add(c));
            }),
            _ => pixels.iter_mut().for_each(|pixel| {
                let ([a, b, c, d], [w, x, y, z]) = self.cell(*pixel);
                let tetrahedron = Tetrahedron::new([(x, second), (y, third), (z, fourth)]);
                let near = a.wrapping_add(b).wrapping_add(c.wrapping_add(d));
                *pixel = mix(
                    self.interpolate(&tetrahedron, near),
                    self.interpolate(&tetrahedron, near.wrapping_add(first)),
                    w,
                );
            }),
        }
    }

    /// The first node of a color's cell, and the color's position within the cell.
    #[inline(always)]
    fn cell(&self, x: Lanes) -> ([u32; 4], Lanes) {
        let position: Lanes = std::array::from_fn(|lane| clip(x[lane], 1.0) * self.last_nodes[lane]);
        let start: Lanes =
            std::array::from_fn(|lane| clip(position[lane] - 0.5, self.last_nodes[lane] - 1.0) + ROUNDING);
        let nodes = std::array::from_fn(|lane| (start[lane].to_bits() & 255).wrapping_mul(self.steps[lane]));
        (nodes, std::array::from_fn(|lane| position[lane] - (start[lane] - ROUNDING)))
    }

    #[inline(always)]
    fn node(&self, at: u32) -> Lanes {
        self.nodes[at as usize]
    }

    #[inline(always)]
    fn interpolate(&self, tetrahedron: &Tetrahedron, from: u32) -> Lanes {
        // Not `map`, which is not inlined here.
        let node = |corner: usize| self.node(from.wrapping_add(tetrahedron.corners[corner]));
        let (a, b, c, d) = (node(0), node(1), node(2), node(3));
        let [wa, wb, wc, wd] = tetrahedron.weights;
        std::array::from_fn(|lane| (a[lane] * wa + b[lane] * wb) + (c[lane] * wc + d[lane] * wd))
    }
}

/// The tetrahedron that contains a color: its corners and their weights. The corners are on the path from a node to the
/// opposite node of its cell that follows the inputs in descending order of their fractions.
struct Tetrahedron {
    corners: [u32; 4],
    weights: [f32; 4],
}

impl Tetrahedron {
    #[inline(always)]
    fn new(inputs: [(f32, u32); 3]) -> Self {
        // Fractions are not negative, so their bits have the same order; sorted without branches.
        let key = |(part, step): (f32, u32)| u64::from(part.to_bits()) << 32 | u64::from(step);
        let (a, b, c) = (key(inputs[0]), key(inputs[1]), key(inputs[2]));
        let (high, low) = (a.max(b), a.min(b));
        let (greatest, rest) = (high.max(c), high.min(c));
        let (middle, least) = (rest.max(low), rest.min(low));
        let part = |key: u64| f32::from_bits((key >> 32) as u32);
        let (a, b, c) = (part(greatest), part(middle), part(least));
        let second = (greatest as u32).wrapping_add(middle as u32);
        Self {
            corners: [0, greatest as u32, second, second.wrapping_add(least as u32)],
            weights: [1.0 - a, a - b, b - c, c],
        }
    }
}

#[inline(always)]
fn mix(near: Lanes, far: Lanes, part: f32) -> Lanes {
    std::array::from_fn(|lane| near[lane] + (far[lane] - near[lane]) * part)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nodes with the values of a linear function.
    fn straight(sides: &[u8]) -> Grid {
        let count = sides.iter().map(|&side| usize::from(side)).product();
        let value = |mut index: usize| {
            let mut sum = 0.0;
            for (input, &side) in sides.iter().enumerate().rev() {
                sum += (input + 1) as f32 * (index % usize::from(side)) as f32 / f32::from(side - 1);
                index /= usize::from(side);
            }
            [sum, -sum, 2.0 * sum, 1.0]
        };
        Grid::new(sides, (0..count).map(value).collect()).unwrap()
    }

    #[test]
    fn linear_functions_stay_linear() {
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
    fn invalid_coordinates_are_clipped() {
        let grid = straight(&[3, 3, 3]);
        let mut pixels = [[f32::NAN, f32::INFINITY, -7.0, 0.0]];
        grid.apply(&mut pixels);
        assert_eq!(pixels[0][0], 2.0);
    }

    #[test]
    fn a_grid_of_the_wrong_size_is_refused() {
        assert!(Grid::new(&[2, 2, 2], vec![[0.0; 4]; 7]).is_none());
        assert!(Grid::new(&[1, 2, 2], vec![[0.0; 4]; 4]).is_none());
        assert!(Grid::new(&[2, 2], vec![[0.0; 4]; 4]).is_none());
        assert!(Grid::new(&[255; 4], vec![[0.0; 4]; 4]).is_none());
    }
}
