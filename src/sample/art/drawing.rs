//! Noise, color ramps and soft edges for the sample images; all deterministic.

/// Red, green and blue from 0 to 1, gamma-encoded.
pub(crate) type Color = [f32; 3];

/// A position on a sheet of width 1, and the pixel size there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spot {
    pub x: f64,
    pub y: f64,
    pub pixel: f64,
}

/// Paints a row of pixels from the position of its left edge.
pub(crate) type Paint = Box<dyn Fn(Spot, &mut [Color]) + Send + Sync>;

/// Creates a picture that is painted pixel by pixel.
pub(crate) fn each(paint: impl Fn(Spot) -> Color + Send + Sync + 'static) -> Paint {
    Box::new(move |start, row| {
        for (n, color) in row.iter_mut().enumerate() {
            *color = paint(Spot { x: start.x + n as f64 * start.pixel, ..start });
        }
    })
}

/// Hashes a grid position to 32 bits.
pub(crate) fn hash(x: i32, y: i32, seed: u32) -> u32 {
    let mut h = (x as u32).wrapping_mul(0x9e37_79b1) ^ (y as u32).wrapping_mul(0x85eb_ca77) ^ seed;
    h = (h ^ (h >> 15)).wrapping_mul(0x2c1b_3c6d);
    h = (h ^ (h >> 12)).wrapping_mul(0x297a_2d39);
    h ^ (h >> 15)
}

/// Scales a hash to the range from 0 up to 1.
pub(crate) fn unit(hash: u32) -> f64 {
    f64::from(hash >> 8) / f64::from(1 << 24)
}

/// Gradient noise from about -1 to 1, with one bump per unit.
pub(crate) fn noise(x: f64, y: f64, seed: u32) -> f64 {
    let (floor_x, floor_y) = (x.floor(), y.floor());
    let (fx, fy) = ((x - floor_x) as f32, (y - floor_y) as f32);
    let (cell_x, cell_y) = (floor_x as i32, floor_y as i32);
    let corner = |dx: i32, dy: i32| {
        let h = hash(cell_x.wrapping_add(dx), cell_y.wrapping_add(dy), seed);
        let gx = (h & 0xffff) as f32 / 32768.0 - 1.0;
        let gy = (h >> 16) as f32 / 32768.0 - 1.0;
        gx * (fx - dx as f32) + gy * (fy - dy as f32)
    };
    let (u, v) = (fade(fx), fade(fy));
    let top = corner(0, 0) * (1.0 - u) + corner(1, 0) * u;
    let bottom = corner(0, 1) * (1.0 - u) + corner(1, 1) * u;
    f64::from(1.4 * (top * (1.0 - v) + bottom * v))
}

fn fade(t: f32) -> f32 {
    t * t * t * (t * (t * 6.0 - 15.0) + 10.0)
}

/// Fractal noise: octaves, each finer and half as strong.
pub(crate) fn fbm(mut x: f64, mut y: f64, octaves: u32, seed: u32) -> f64 {
    let (mut sum, mut weight) = (0.0, 0.5);
    for octave in 0..octaves {
        sum += weight * noise(x, y, seed.wrapping_add(octave * 101));
        // Rotated slightly, so that the grid is not visible.
        (x, y) = (1.6 * x + 1.2 * y, 1.6 * y - 1.2 * x);
        weight *= 0.5;
    }
    sum
}

/// Smoothstep: 0 below `from`, 1 above `to`.
pub(crate) fn smooth(from: f64, to: f64, x: f64) -> f64 {
    let t = ((x - from) / (to - from)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// The share of a pixel covered by a shape whose edge is `distance` away (negative inside).
pub(crate) fn cover(distance: f64, pixel: f64) -> f64 {
    (0.5 - distance / pixel).clamp(0.0, 1.0)
}

pub(crate) fn mix(from: f64, to: f64, t: f64) -> f64 {
    from + (to - from) * t
}

pub(crate) fn blend(from: Color, to: Color, t: f64) -> Color {
    let t = t as f32;
    std::array::from_fn(|n| from[n] + (to[n] - from[n]) * t)
}

/// Scales the brightness of a color.
pub(crate) fn lit(color: Color, factor: f64) -> Color {
    color.map(|sample| sample * factor as f32)
}

/// Adds a value to all three channels.
pub(crate) fn raise(color: Color, by: f64) -> Color {
    color.map(|sample| sample + by as f32)
}

pub(crate) const fn rgb(hex: u32) -> Color {
    [((hex >> 16) & 255) as f32 / 255.0, ((hex >> 8) & 255) as f32 / 255.0, (hex & 255) as f32 / 255.0]
}

/// The grain of paper around 0: fibres and fine texture.
pub(crate) fn grain(spot: Spot, seed: u32) -> f64 {
    let tooth = unit(hash((spot.x / spot.pixel) as i32, (spot.y / spot.pixel) as i32, seed)) - 0.5;
    let fibres = noise(spot.x * 900.0, spot.y * 1400.0, seed ^ 77);
    0.018 * fibres + 0.022 * tooth
}

/// A color ramp with even steps from 0 to 1, blended in Oklab.
pub(crate) struct Ramp(Vec<Color>);

const STEPS: usize = 2048;

impl Ramp {
    pub(crate) fn new(stops: &[(f64, u32)]) -> Self {
        let color = |n: usize| {
            let at = n as f64 / (STEPS - 1) as f64;
            let after = stops.iter().position(|stop| stop.0 >= at).unwrap_or(stops.len() - 1);
            let (low, high) = (stops[after.max(1) - 1], stops[after.max(1)]);
            let t = ((at - low.0) / (high.0 - low.0)).clamp(0.0, 1.0);
            let (from, to) = (oklab(rgb(low.1)), oklab(rgb(high.1)));
            from_oklab(std::array::from_fn(|n| mix(from[n], to[n], t)))
        };
        Self((0..STEPS).map(color).collect())
    }

    /// The color at `t`, clamped to 0 to 1.
    pub(crate) fn at(&self, t: f64) -> Color {
        let place = t.clamp(0.0, 1.0) * (STEPS - 2) as f64;
        let low = place as usize;
        blend(self.0[low], self.0[low + 1], place - low as f64)
    }

    /// The color at the fractional part of `t`; the ramp should end with its first color.
    pub(crate) fn around(&self, t: f64) -> Color {
        self.at(t - t.floor())
    }
}

pub(crate) fn oklab(color: Color) -> [f64; 3] {
    let [r, g, b] = color.map(|sample| linear(f64::from(sample)));
    let l = (0.412_221_47 * r + 0.536_332_54 * g + 0.051_445_99 * b).cbrt();
    let m = (0.211_903_5 * r + 0.680_699_55 * g + 0.107_396_96 * b).cbrt();
    let s = (0.088_302_46 * r + 0.281_718_84 * g + 0.629_978_7 * b).cbrt();
    [
        0.210_454_26 * l + 0.793_617_79 * m - 0.004_072_05 * s,
        1.977_998_5 * l - 2.428_592_2 * m + 0.450_593_7 * s,
        0.025_904_04 * l + 0.782_771_77 * m - 0.808_675_77 * s,
    ]
}

pub(crate) fn from_oklab([lightness, a, b]: [f64; 3]) -> Color {
    let l = (lightness + 0.396_337_78 * a + 0.215_803_76 * b).powi(3);
    let m = (lightness - 0.105_561_35 * a - 0.063_854_17 * b).powi(3);
    let s = (lightness - 0.089_484_18 * a - 1.291_485_5 * b).powi(3);
    let linear = [
        4.076_741_7 * l - 3.307_711_6 * m + 0.230_969_94 * s,
        -1.268_438 * l + 2.609_757_4 * m - 0.341_319_38 * s,
        -0.004_196_09 * l - 0.703_418_6 * m + 1.707_614_7 * s,
    ];
    linear.map(|sample| stored(sample.max(0.0)) as f32)
}

fn linear(sample: f64) -> f64 {
    if sample <= 0.040_45 { sample / 12.92 } else { ((sample + 0.055) / 1.055).powf(2.4) }
}

fn stored(sample: f64) -> f64 {
    if sample <= 0.003_130_8 { sample * 12.92 } else { 1.055 * sample.powf(1.0 / 2.4) - 0.055 }
}
