//! Embeddings for tests and benches: with the structure that those of pictures have, and without any.

/// What the vectors are like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Structure {
    /// A common part, clusters, and differences within them, whose variance decays from axis to axis.
    Clusters,
    /// Independent values: all directions are alike, and the nearest vector is hardly nearer than any other.
    Noise,
}

/// Makes one vector after another; the same ones for the same seed.
pub(crate) struct Source {
    structure: Structure,
    dimension: usize,
    state: u64,
    centers: Vec<Vec<f32>>,
    mirrors: Vec<Vec<f32>>,
}

impl Source {
    /// A source of vectors around `clusters` centres.
    pub(crate) fn new(structure: Structure, dimension: usize, clusters: usize, seed: u64) -> Self {
        let mut source = Self {
            structure,
            dimension,
            state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
            centers: Vec::new(),
            mirrors: Vec::new(),
        };
        source.centers = (0..clusters).map(|_| source.decaying(0.5)).collect();
        source.mirrors = (0..3).map(|_| (0..dimension).map(|_| source.normal()).collect()).collect();
        source
    }

    /// The next vector; not of length 1.
    pub(crate) fn next(&mut self) -> Vec<f32> {
        if self.structure == Structure::Noise {
            return (0..self.dimension).map(|_| self.normal()).collect();
        }
        let center = (self.random() % self.centers.len() as u64) as usize;
        let mut vector = self.decaying(0.35);
        for (value, center) in vector.iter_mut().zip(&self.centers[center]) {
            *value += center;
        }
        vector[0] += 0.7;
        for mirror in &self.mirrors {
            reflect(&mut vector, mirror);
        }
        vector
    }

    /// Values of decreasing variance, of about this length together.
    fn decaying(&mut self, length: f32) -> Vec<f32> {
        let total: f32 = (1..=self.dimension).map(|axis| 1.0 / axis as f32).sum();
        (1..=self.dimension).map(|axis| self.normal() * length / (axis as f32 * total).sqrt()).collect()
    }

    /// Nearly normally distributed, with variance 1.
    fn normal(&mut self) -> f32 {
        let bits = self.random();
        let sum: u64 = (0..4).map(|part| (bits >> (16 * part)) & 0xffff).sum();
        (sum as f32 / 65_536.0 - 2.0) * 3.0_f32.sqrt()
    }

    fn random(&mut self) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
}

/// Mirrors a vector, so that no axis of the spectrum is an axis of the values.
fn reflect(vector: &mut [f32], mirror: &[f32]) {
    let dot: f32 = vector.iter().zip(mirror).map(|(a, b)| a * b).sum();
    let square: f32 = mirror.iter().map(|value| value * value).sum();
    for (value, mirror) in vector.iter_mut().zip(mirror) {
        *value -= 2.0 * dot / square * mirror;
    }
}
