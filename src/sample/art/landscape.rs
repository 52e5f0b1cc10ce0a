//! A range of hills as an engraving, a painting, and an infrared image of the painting.

use super::drawing::{Color, Paint, Spot, blend, each, fbm, grain, lit, mix, noise, raise, rgb, smooth};

/// The hills at a position: the nearest range that covers it (0 is the farthest), the distance below its crest, and
/// its light. `None` for the sky.
fn hills(spot: Spot) -> Option<(usize, f64, f64)> {
    const RANGES: usize = 6;
    for range in (0..RANGES).rev() {
        let (depth, seed) = (range as f64 / (RANGES - 1) as f64, 90 + range as u32);
        let scale = mix(7.0, 2.2, depth);
        let rough = fbm(spot.x * scale + 3.7 * depth, 0.37 + depth, 7, seed);
        let crest = mix(0.26, 0.60, depth) - mix(0.05, 0.11, depth) * (1.0 + rough * 1.6);
        if spot.y > crest {
            let below = spot.y - crest;
            let slope = fbm(spot.x * scale * 2.0, below * 6.0 + depth, 5, seed ^ 7);
            return Some((range, below, 0.55 + 0.6 * slope));
        }
    }
    None
}

/// An engraving: tone is the width of lines, crosshatched where it is dark.
pub(crate) fn engraving() -> Paint {
    each(move |spot| {
        let (tone, angle) = match hills(spot) {
            None => {
                let cloud = fbm(spot.x * 3.0, spot.y * 7.0, 5, 101);
                (mix(0.98, 0.72, smooth(-0.1, 0.5, cloud)), 0.04 * noise(spot.x * 3.0, spot.y * 3.0, 102))
            }
            Some((range, below, light)) => {
                let near = range as f64 / 5.0;
                (mix(0.86, 0.30, near) * light + 0.5 * below, 0.7 + 0.5 * near + 0.6 * light)
            }
        };
        let tone = tone.clamp(0.05, 1.0);
        let lines = |turn: f64| {
            let across = spot.x * turn.sin() + spot.y * turn.cos();
            let wave = across * 520.0 + 0.6 * noise(spot.x * 60.0, spot.y * 60.0, 103);
            (wave - wave.round()).abs() * 2.0
        };
        let soft = (spot.pixel * 520.0 * 2.0).max(0.04);
        let ink = |width: f64, at: f64| smooth(width + soft, width - soft, at);
        let first = ink(1.0 - tone, lines(angle));
        let second = ink((0.55 - tone).max(-0.2), lines(angle + 1.2));
        let ink = first.max(second);
        raise(blend(rgb(0xf1ece0), rgb(0x16130f), ink), grain(spot, 104))
    })
}

/// The same hills as an oil painting.
pub(crate) fn painting() -> Paint {
    each(|spot| {
        let stroke =
            noise(spot.x * 190.0 + 2.0 * noise(spot.x * 20.0, spot.y * 20.0, 111), spot.y * 620.0, 112);
        let canvas =
            0.5 * ((spot.x * 2600.0).sin() + (spot.y * 2600.0).sin()) * smooth(0.0012, 0.0003, spot.pixel);
        let color = match hills(spot) {
            None => sky(spot),
            Some((range, below, light)) => {
                let near = range as f64 / 5.0;
                let far = blend(rgb(0x8fa3b5), rgb(0xc9b7a6), 0.5 + 0.5 * light);
                let close = blend(rgb(0x1e2f22), rgb(0xa98a3c), (light * 1.1 - 0.2 + below).clamp(0.0, 1.0));
                lit(blend(far, close, near), 0.75 + 0.45 * light)
            }
        };
        raise(lit(color, 1.0 + 0.09 * stroke + 0.025 * canvas), grain(spot, 113))
    })
}

fn sky(spot: Spot) -> Color {
    let cloud = fbm(spot.x * 2.6, spot.y * 6.0 + 0.3 * noise(spot.x * 2.0, spot.y * 2.0, 114), 6, 115);
    let clear = blend(rgb(0x5f86a8), rgb(0xf2d6ae), smooth(0.0, 0.42, spot.y));
    blend(clear, rgb(0xfbf3e6), smooth(-0.05, 0.45, cloud))
}

/// The infrared image: the underdrawing, with a house that was painted over.
pub(crate) fn infrared() -> Paint {
    each(|spot| {
        let (tone, crest) = match hills(spot) {
            None => (0.82, 1.0),
            Some((range, below, light)) => (mix(0.74, 0.52, range as f64 / 5.0) + 0.12 * light, below),
        };
        let shake = 0.0012 * noise(spot.x * 90.0, spot.y * 90.0, 121);
        let chalk = smooth(0.0022, 0.0004, (crest - 0.004 + shake).abs());
        let hatch = spot.x * 210.0 + spot.y * 240.0 + 0.8 * noise(spot.x * 9.0, spot.y * 9.0, 122);
        let hatch = smooth(0.09, 0.02, (hatch - hatch.round()).abs()) * smooth(0.66, 0.5, tone);
        let (x, y) = (spot.x - 0.63 + shake, spot.y - 0.44 + shake);
        let wall = (x.abs() - 0.05).max(y.abs() - 0.03);
        let roof = (y + 0.03 + 0.9 * (0.06 - x.abs())).abs();
        let gable = if x.abs() < 0.06 && y < -0.03 { roof } else { 1.0 };
        let door = ((x - 0.015).abs() - 0.008).max((y - 0.012).abs() - 0.018);
        let drawn = wall.abs().min(gable).min(door.abs());
        let house = smooth(0.0014, 0.0003, drawn);
        let tone = tone + 0.05 * fbm(spot.x * 40.0, spot.y * 40.0, 4, 123);
        let tone = mix(tone, 0.16, (0.85 * chalk).max(house).max(0.35 * hatch));
        raise([tone as f32; 3], 1.5 * grain(spot, 124))
    })
}

/// The back of a sheet: browned paper, a stamp, and show-through.
pub(crate) fn verso() -> Paint {
    each(|spot| {
        let age = fbm(spot.x * 3.0, spot.y * 3.0, 6, 131);
        let mut color = blend(rgb(0xe6d6b4), rgb(0xb28e5a), smooth(-0.35, 0.7, age));
        let edge = spot.x.min(1.0 - spot.x).min(spot.y).min(2.0 / 3.0 - spot.y);
        color = lit(color, 0.8 + 0.2 * smooth(0.0, 0.05, edge));
        let (x, y) = (spot.x - 0.8, spot.y - 0.53);
        let ring = (x.hypot(y) - 0.05).abs().min((x.hypot(y) - 0.043).abs());
        let worn = smooth(-0.3, 0.25, noise(spot.x * 130.0, spot.y * 130.0, 132));
        color = blend(color, rgb(0x7a2230), 0.75 * worn * smooth(0.0016, 0.0006, ring));
        let bars = ((y * 320.0).sin().abs() < 0.35 && x.hypot(y) < 0.036) as u8 as f64;
        color = blend(color, rgb(0x7a2230), 0.6 * worn * bars);
        let spots = noise(spot.x * 36.0, spot.y * 36.0, 133);
        color = blend(color, rgb(0x8d6436), 0.5 * smooth(0.55, 0.75, spots));
        raise(color, 1.8 * grain(spot, 134))
    })
}
