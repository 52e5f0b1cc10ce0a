//! Marbled paper and agate, from domain-warped noise.

use super::drawing::{Paint, Ramp, Spot, blend, each, fbm, grain, lit, noise, raise, rgb, smooth};

/// Marbled paper: colours floated on a bath, combed, and transferred.
pub(crate) fn marbled() -> Paint {
    let ramp = Ramp::new(&[
        (0.0, 0x16324f),
        (0.14, 0x1f4e79),
        (0.16, 0xf3e6cc),
        (0.2, 0xf3e6cc),
        (0.22, 0xb3392f),
        (0.4, 0xc9503c),
        (0.42, 0xf6dfb0),
        (0.46, 0xe8b04a),
        (0.6, 0xd98e32),
        (0.62, 0xf3e6cc),
        (0.66, 0x2b6a63),
        (0.84, 0x1d4f4d),
        (0.86, 0xf3e6cc),
        (0.89, 0x16324f),
        (1.0, 0x16324f),
    ]);
    each(move |spot| {
        let (x, y) = (spot.x * 5.0, spot.y * 5.0);
        // The strokes of the comb, alternately up and down.
        let comb = 0.55 * (x * 9.0 + 0.5 * noise(x, y, 3)).sin() * (0.7 + 0.3 * noise(x * 2.0, y, 4));
        let (wx, wy) = (fbm(x, y * 0.7, 3, 11), fbm(x + 5.2, y + 1.3, 3, 12));
        let stone = fbm(x * 0.8 + 1.8 * wx, y * 0.8 + 1.8 * wy + comb, 5, 13);
        let bands = 3.0 * stone + 0.55 * y + 0.5 * comb + 0.35 * wx;
        let veins = 0.02 * noise(spot.x * 260.0, spot.y * 260.0, 14);
        let color = ramp.around(bands + veins);
        raise(lit(color, 0.97 + 0.09 * wy), 1.2 * grain(spot, 15))
    })
}

/// An agate slice: thin bands around a hollow of crystals.
pub(crate) fn agate() -> Paint {
    let ramp = Ramp::new(&[
        (0.0, 0x2a1a3a),
        (0.2, 0x6d3b63),
        (0.4, 0xc7748a),
        (0.55, 0xf3d3c2),
        (0.7, 0xe7efe9),
        (0.85, 0x7ba7b5),
        (1.0, 0x2a1a3a),
    ]);
    each(move |spot| {
        let (x, y) = (spot.x - 0.47, spot.y - 0.36);
        let warp = fbm(spot.x * 3.0, spot.y * 3.0, 5, 31);
        let bend = fbm(spot.x * 9.0 + 2.0 * warp, spot.y * 9.0, 4, 32);
        let depth = (x * x * 0.8 + y * y * 1.5).sqrt() + 0.16 * warp + 0.018 * bend;
        let bands = depth * 4.2;
        let fine = 0.5 + 0.5 * (depth * 620.0 + 3.0 * bend).sin();
        let finest = noise(depth * 2600.0, bend * 4.0, 33);
        let color = lit(ramp.around(bands + 0.1 * bend), 0.9 + 0.08 * fine + 0.05 * finest);
        let hollow = smooth(0.075, 0.06, depth);
        raise(blend(color, crystal(spot), hollow), 0.6 * grain(spot, 34))
    })
}

/// Small facets that reflect light.
fn crystal(spot: Spot) -> super::drawing::Color {
    let facets = noise(spot.x * 140.0, spot.y * 140.0, 35).abs()
        + 0.5 * noise(spot.x * 420.0, spot.y * 420.0, 36).abs();
    blend(rgb(0x3a2148), rgb(0xf7eef6), smooth(0.05, 0.8, facets))
}
