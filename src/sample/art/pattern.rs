//! Tilings, a function of complex numbers, a star chart and flow lines.

use super::drawing::{
    Paint, Ramp, blend, cover, each, fbm, grain, hash, lit, noise, raise, rgb, smooth, unit,
};

/// Quarter arcs in randomly rotated squares (Truchet tiles).
pub(crate) fn arcs() -> Paint {
    const ACROSS: f64 = 60.0;
    let sea =
        Ramp::new(&[(0.0, 0x0f2b46), (0.35, 0x1f5f7d), (0.6, 0x7fb6b0), (0.8, 0xf0dcae), (1.0, 0xd97742)]);
    each(move |spot| {
        let (x, y) = (spot.x * ACROSS, spot.y * ACROSS);
        let (column, row) = (x.floor() as i32, y.floor() as i32);
        let (mut u, v) = (x - x.floor(), y - y.floor());
        if hash(column, row, 41) & 1 == 1 {
            u = 1.0 - u;
        }
        let (near, far) = (u.hypot(v), (1.0 - u).hypot(1.0 - v));
        let from_path = (near - 0.5).abs().min((far - 0.5).abs());
        let pixel = spot.pixel * ACROSS;
        let tide = 0.5
            + 0.5 * noise(spot.x * 3.0, spot.y * 3.0, 42)
            + 0.18 * noise(spot.x * 17.0, spot.y * 17.0, 43);
        let ground = lit(sea.at(tide), 0.55 + 0.1 * noise(x * 6.0, y * 6.0, 44));
        let ribbon = lit(sea.at(1.0 - 0.8 * tide), 1.05 - 1.6 * from_path);
        let inlay = cover((from_path - 0.055).abs() - 0.012, pixel);
        let color = blend(ground, ribbon, cover(from_path - 0.17, pixel));
        let edge = cover((from_path - 0.17).abs() - 0.014, pixel);
        let color = blend(blend(color, rgb(0xfaf1dc), inlay), rgb(0x0b1a29), edge);
        raise(color, grain(spot, 45))
    })
}

/// Eight-pointed stars with kites between them, as in tiled courtyards.
pub(crate) fn stars_of_eight() -> Paint {
    const ACROSS: f64 = 14.0;
    let glaze = [rgb(0x14406b), rgb(0x1f7a7a), rgb(0xe9dfc7), rgb(0xb4552d), rgb(0x2e2a4f)];
    each(move |spot| {
        let (x, y) = (spot.x * ACROSS, spot.y * ACROSS);
        let (u, v) = (x - x.round(), y - y.round());
        let (a, b) = (u.abs(), v.abs());
        let square = a.max(b) - 0.34;
        let diamond = (a + b) * std::f64::consts::FRAC_1_SQRT_2 - 0.34;
        let star = square.min(diamond);
        let core = square.max(diamond) + 0.1;
        let (p, q) = (0.5 - a, 0.5 - b);
        let cross = (p - q).abs().min(p + q) - 0.045;
        let pixel = spot.pixel * ACROSS;
        let cell = hash(x.round() as i32, y.round() as i32, 51);
        let mut color = glaze[2];
        color = blend(color, glaze[1], cover(cross, pixel));
        color = blend(color, glaze[if cell & 3 == 0 { 3 } else { 0 }], cover(star, pixel));
        color = blend(color, glaze[4], cover(core, pixel));
        let rings = ((u.hypot(v)) * 60.0).sin();
        color = lit(color, 1.0 + 0.05 * rings * cover(core, pixel));
        let joint = cover(star.abs() - 0.012, pixel)
            .max(cover(core.abs() - 0.008, pixel))
            .max(cover(cross.abs() - 0.006, pixel));
        color = blend(color, rgb(0xf4ecd8), joint);
        // Each tile has its own shade and fine cracks.
        let fired = 0.9 + 0.16 * unit(cell) + 0.05 * fbm(x * 5.0, y * 5.0, 3, 52);
        let crack =
            smooth(0.012, 0.0, noise(x * 22.0, y * 22.0, 53).abs()) * smooth(0.1, 0.5, noise(x, y, 54));
        raise(blend(lit(color, fired), rgb(0x4a4238), 0.5 * crack), grain(spot, 55))
    })
}

/// A rational function of complex numbers: the hue is the argument, rings are powers of two.
pub(crate) fn argument() -> Paint {
    let hue = Ramp::new(&[
        (0.0, 0xff2d20),
        (0.17, 0xffb000),
        (0.34, 0x3dd60a),
        (0.5, 0x00d6b4),
        (0.67, 0x0a5cff),
        (0.84, 0xc400ff),
        (1.0, 0xff2d20),
    ]);
    let zeros = [(-0.9, 0.35), (0.55, 0.62), (1.05, -0.3), (-0.2, -0.7), (0.05, 0.15)];
    let poles = [(-0.45, -0.15), (0.5, 0.05), (-0.1, 0.75), (0.7, -0.75)];
    each(move |spot| {
        let (x, y) = ((spot.x - 0.5) * 3.0, (0.33 - spot.y) * 3.0);
        let (mut angle, mut size) = (0.0, 0.0);
        for (a, b) in zeros {
            angle += (y - b).atan2(x - a);
            size += ((x - a).hypot(y - b) + 1e-9).log2();
        }
        for (a, b) in poles {
            angle -= (y - b).atan2(x - a);
            size -= ((x - a).hypot(y - b) + 1e-9).log2();
        }
        let turn = angle / std::f64::consts::TAU;
        let rings = size * 4.0 - (size * 4.0).floor();
        let rays = turn * 24.0 - (turn * 24.0).floor();
        let fine = (size * 256.0).sin() * (turn * std::f64::consts::TAU * 96.0).sin();
        raise(lit(hue.around(turn), 0.62 + 0.26 * rings + 0.12 * rays + 0.05 * fine), 0.4 * grain(spot, 61))
    })
}

/// A star chart with the band of the galaxy and a coordinate grid.
pub(crate) fn chart() -> Paint {
    each(move |spot| {
        let band = 1.0
            - ((spot.y - 0.33) + 0.22 * (spot.x - 0.5) + 0.05 * fbm(spot.x * 4.0, spot.y * 4.0, 4, 71)).abs()
                * 6.0;
        let dust = fbm(spot.x * 12.0, spot.y * 12.0, 6, 72);
        let glow = smooth(-0.2, 1.1, band + 0.9 * dust) * 0.75;
        let mut color = blend(rgb(0x070b1c), rgb(0x6f7fae), glow);
        color = blend(color, rgb(0xe9c9a5), smooth(0.75, 1.5, band + 0.7 * dust) * 0.45);
        for (scale, seed, most) in [(40.0, 73, 0.10), (160.0, 74, 0.2), (700.0, 75, 0.34)] {
            let (x, y) = (spot.x * scale, spot.y * scale);
            let (column, row) = (x.floor() as i32, y.floor() as i32);
            let h = hash(column, row, seed);
            if unit(h) > most + 0.25 * glow {
                continue;
            }
            let (sx, sy) = (
                0.2 + 0.6 * unit(hash(column, row, seed + 10)),
                0.2 + 0.6 * unit(hash(column, row, seed + 20)),
            );
            let away = (x - x.floor() - sx).hypot(y - y.floor() - sy);
            let size = 0.02 + 0.1 * unit(h.rotate_left(7)).powi(4);
            let warmth = unit(h.rotate_left(13));
            let light = blend(rgb(0xbcd4ff), rgb(0xffd9a8), warmth);
            color = blend(
                color,
                light,
                cover(away - size, spot.pixel * scale).max(0.45 * smooth(size * 4.0, size, away)),
            );
        }
        let net = |at: f64, every: f64| ((at / every) - (at / every).round()).abs() * every;
        let line = net(spot.x, 1.0 / 12.0).min(net(spot.y, 1.0 / 12.0));
        let color = blend(color, rgb(0xd8b56a), 0.5 * cover(line - 0.00022, spot.pixel));
        raise(color, 0.5 * grain(spot, 76))
    })
}

/// Currents below a surface, drawn as thousands of threads.
pub(crate) fn currents() -> Paint {
    let silk =
        Ramp::new(&[(0.0, 0x10222b), (0.25, 0x215c5c), (0.5, 0xd9c48f), (0.75, 0xb2563f), (1.0, 0x3a1420)]);
    each(move |spot| {
        let (x, y) = (spot.x * 3.0, spot.y * 3.0);
        let bend = fbm(x, y, 4, 81);
        let flow = fbm(x + 1.4 * bend, y - 1.1 * bend, 5, 82);
        let threads = (flow * 900.0).sin();
        let strands = noise(flow * 700.0, bend * 30.0, 83);
        let color = silk.at(0.5 + 0.9 * flow + 0.15 * bend);
        raise(
            lit(color, 0.88 + 0.13 * threads * smooth(0.0012, 0.0002, spot.pixel) + 0.14 * strands),
            grain(spot, 84),
        )
    })
}
