//! L*a*b* and inks without a profile.

use super::Output;

/// Encoded samples of the output for linear light, by table.
pub struct Encoder {
    curve: Vec<u8>,
    /// From XYZ (D50) to linear RGB.
    matrix: [[f32; 3]; 3],
}

const STEPS: f32 = 16_384.0;
/// D50 as ICC.1:2010 (§7.2.16) has it.
const WHITE: [f32; 3] = [0.964_2, 1.0, 0.824_9];

impl Encoder {
    pub fn new(output: Output) -> Self {
        // Roots, as most of what the eye tells apart lies in the dark.
        let encode = |n: u32| {
            let linear = (n as f32 / STEPS).powi(2);
            let value =
                if linear <= 0.003_130_8 { linear * 12.92 } else { 1.055 * linear.powf(1.0 / 2.4) - 0.055 };
            (value * 255.0 + 0.5) as u8
        };
        let matrix = match output {
            // Bradford-adapted to D50, inverted (IEC 61966-2-1; SMPTE EG 432-1).
            Output::Srgb => [
                [3.133_856, -1.616_867, -0.490_614_6],
                [-0.978_768_4, 1.916_141_5, 0.033_454_0],
                [0.071_945_3, -0.228_991_4, 1.405_242_7],
            ],
            Output::DisplayP3 => [
                [2.403_984_5, -0.989_906_9, -0.397_641_5],
                [-0.842_279_9, 1.798_854_7, 0.016_046_8],
                [0.048_203_9, -0.097_434_7, 1.274_008_6],
            ],
        };
        Self { curve: (0..=STEPS as u32).map(encode).collect(), matrix }
    }

    /// From L* (0 to 100), a* and b*.
    pub fn colour(&self, [l, a, b]: [f32; 3]) -> [u8; 3] {
        let y = (l + 16.0) / 116.0;
        let decode = |t: f32| if t > 6.0 / 29.0 { t * t * t } else { (t - 4.0 / 29.0) * 108.0 / 841.0 };
        let xyz = [decode(y + a / 500.0) * WHITE[0], decode(y), decode(y - b / 200.0) * WHITE[2]];
        self.matrix.map(|row| {
            let linear = row[0] * xyz[0] + row[1] * xyz[1] + row[2] * xyz[2];
            self.curve[(linear.clamp(0.0, 1.0).sqrt() * STEPS + 0.5) as usize]
        })
    }
}

/// Inks of 0 (none) to 1, each of which takes its share of light away.
pub fn plain_inks([cyan, magenta, yellow, black]: [f32; 4]) -> [u8; 3] {
    [cyan, magenta, yellow].map(|ink| ((1.0 - ink) * (1.0 - black) * 255.0 + 0.5) as u8)
}
