//! Mandelbrot and Julia sets with embossed shading.

use super::drawing::{Color, Paint, Ramp, Spot, blend, grain, lit, raise};

/// The number of pixels iterated in parallel.
const LANES: usize = 8;

/// The result of iterating a point.
#[derive(Clone, Copy)]
struct Escape {
    /// The number of steps, with a fraction; `None` if the point does not escape.
    steps: Option<f64>,
    /// The direction in which the potential decreases.
    slope: (f64, f64),
    /// The distance to the set in the plane.
    distance: f64,
}

/// The seahorse valley of the Mandelbrot set.
pub(crate) fn seahorses() -> Paint {
    let ramp = Ramp::new(&[
        (0.0, 0x0b1d33),
        (0.18, 0x14506b),
        (0.36, 0x6fb3a8),
        (0.5, 0xf4ead0),
        (0.64, 0xe09a4b),
        (0.82, 0x8c2f2b),
        (1.0, 0x0b1d33),
    ]);
    plane(0.0049, (-0.745_43, 0.113_01), 700, None, move |point| {
        let steps = point.steps.unwrap_or(0.0);
        ramp.around((steps + 8.0).ln() * 1.1 - 2.2)
    })
}

/// A Julia set with slow spirals.
pub(crate) fn spirals() -> Paint {
    let ramp = Ramp::new(&[
        (0.0, 0x1b1033),
        (0.25, 0x6a2c70),
        (0.45, 0xd95d67),
        (0.6, 0xf9c784),
        (0.72, 0xfcf3dc),
        (0.86, 0x4d6fa8),
        (1.0, 0x1b1033),
    ]);
    plane(2.5, (0.0, 0.0), 400, Some((-0.7269, 0.1889)), move |point| {
        ramp.around(0.16 * (point.steps.unwrap_or(0.0) + 1.0).sqrt() + 0.1)
    })
}

fn plane(
    width: f64,
    center: (f64, f64),
    most: u32,
    julia: Option<(f64, f64)>,
    color: impl Fn(Escape) -> Color + Send + Sync + 'static,
) -> Paint {
    Box::new(move |start: Spot, row: &mut [Color]| {
        let y = center.1 - (start.y - HALF_HEIGHT) * width;
        for (block, colors) in row.chunks_mut(LANES).enumerate() {
            let x = |lane: usize| start.x + (block * LANES + lane) as f64 * start.pixel;
            let xs = std::array::from_fn(|lane| center.0 + (x(lane) - 0.5) * width);
            let escapes = iterate(xs, y, julia, most);
            for (lane, (out, point)) in colors.iter_mut().zip(escapes).enumerate() {
                let spot = Spot { x: x(lane), ..start };
                *out = shade(point, color(point), start.pixel * width, spot);
            }
        }
    })
}

/// Both sheets are 3 wide and 2 high.
const HALF_HEIGHT: f64 = 1.0 / 3.0;

fn shade(point: Escape, color: Color, pixel: f64, spot: Spot) -> Color {
    if point.steps.is_none() {
        return raise([0.035, 0.04, 0.06], grain(spot, 5));
    }
    // Light from the upper left.
    let light = -0.707 * point.slope.0 + 0.707 * point.slope.1;
    let shaded = lit(color, 0.86 + 0.26 * light);
    // Near the set all detail is finer than a pixel, so it darkens smoothly.
    let near = (point.distance / (pixel * 2.2)).min(1.0).sqrt();
    raise(blend([0.03, 0.03, 0.06], shaded, near), 0.5 * grain(spot, 5))
}

fn iterate(xs: [f64; LANES], y: f64, julia: Option<(f64, f64)>, most: u32) -> [Escape; LANES] {
    const FAR: f64 = 1e4;
    let (mut zx, mut zy) = if julia.is_some() { (xs, [y; LANES]) } else { ([0.0; LANES], [0.0; LANES]) };
    let (cx, cy) = match julia {
        Some((x, y)) => ([x; LANES], y),
        None => (xs, y),
    };
    let (grow, begin) = if julia.is_some() { (0.0, 1.0) } else { (1.0, 0.0) };
    let (mut dx, mut dy) = ([begin; LANES], [0.0; LANES]);
    let mut steps = [0.0; LANES];
    for _ in 0..most {
        let mut any = false;
        for n in 0..LANES {
            let (x, y) = (zx[n], zy[n]);
            let inside = x * x + y * y < FAR;
            any |= inside;
            let (px, py) = (dx[n], dy[n]);
            // Lanes that have escaped keep their values.
            let keep = |new: f64, old: f64| if inside { new } else { old };
            dx[n] = keep(2.0 * (x * px - y * py) + grow, px);
            dy[n] = keep(2.0 * (x * py + y * px), py);
            zx[n] = keep(x * x - y * y + cx[n], x);
            zy[n] = keep(2.0 * x * y + cy, y);
            steps[n] += if inside { 1.0 } else { 0.0 };
        }
        if !any {
            break;
        }
    }
    std::array::from_fn(|n| {
        let size = zx[n] * zx[n] + zy[n] * zy[n];
        let derivative = (dx[n] * dx[n] + dy[n] * dy[n]).sqrt();
        let (x, y) = (zx[n] * dx[n] + zy[n] * dy[n], zy[n] * dx[n] - zx[n] * dy[n]);
        let length = x.hypot(y).max(1e-300);
        let magnitude = size.sqrt();
        Escape {
            steps: (size >= FAR).then(|| steps[n] + 1.0 - (0.5 * size.ln()).log2()),
            slope: (x / length, y / length),
            distance: magnitude * magnitude.ln() / derivative.max(1e-300),
        }
    })
}
