//! Named colors: a color has the name of the nearest anchor ([`name_of`]).
//!
//! The names are those of painters and of everyday language, in English and Danish, each within one of 13 families that
//! everybody tells apart. Anchors are closer to each other among the dull browns, grays and greens that most paintings are
//! made of, and far apart among the vivid colors of screens.

use std::sync::LazyLock;

use super::Oklab;

/// A name with the color that it stands for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ColorName {
    pub english: &'static str,
    pub danish: &'static str,
    /// The English name of the family: `blue` for `slate blue`.
    pub family: &'static str,
    /// sRGB, `0xrrggbb`.
    pub anchor: u32,
}

const fn named(english: &'static str, danish: &'static str, family: &'static str, anchor: u32) -> ColorName {
    ColorName { english, danish, family, anchor }
}

/// All names.
pub(crate) const NAMES: [ColorName; 82] = [
    named("black", "sort", "black", 0x0f0f0f),
    named("charcoal", "koksgrå", "gray", 0x3c3d3f),
    named("dark gray", "mørkegrå", "gray", 0x5d5d5d),
    named("gray", "grå", "gray", 0x838383),
    named("light gray", "lysegrå", "gray", 0xb1b1b1),
    named("silver", "sølvgrå", "gray", 0xcecfd1),
    named("white", "hvid", "white", 0xf9f8f5),
    named("cream", "flødehvid", "white", 0xf5ebd1),
    named("ivory", "elfenben", "beige", 0xddd4ba),
    named("beige", "beige", "beige", 0xd3be98),
    named("gray beige", "gråbeige", "beige", 0xb1a693),
    named("sand", "sandfarvet", "beige", 0xb59f70),
    named("khaki", "kakifarvet", "brown", 0x8e8455),
    named("taupe", "gråbrun", "brown", 0x847562),
    named("dark taupe", "mørk gråbrun", "brown", 0x594a3c),
    named("umber", "umbra", "brown", 0x5e4928),
    named("brown", "brun", "brown", 0x7a4b26),
    named("light brown", "lysebrun", "brown", 0xa37952),
    named("dark brown", "mørkebrun", "brown", 0x402b1a),
    named("reddish brown", "rødbrun", "brown", 0x743528),
    named("dark reddish brown", "mørk rødbrun", "brown", 0x3d1b16),
    named("sienna", "sienna", "brown", 0xa1532e),
    named("ochre", "okker", "yellow", 0xc08a2e),
    named("dark ochre", "mørk okker", "brown", 0x8a6423),
    named("gold", "gylden", "yellow", 0xd4ab44),
    named("mustard", "sennepsgul", "yellow", 0xa08c2c),
    named("straw", "strågul", "yellow", 0xdec98a),
    named("yellow", "gul", "yellow", 0xf0d030),
    named("pale yellow", "lysegul", "yellow", 0xf5eaa8),
    named("orange", "orange", "orange", 0xeb822a),
    named("peach", "ferskenfarvet", "beige", 0xf4c398),
    named("rose beige", "rosabeige", "beige", 0xd4a58c),
    named("terracotta", "terrakotta", "orange", 0xc46446),
    named("red", "rød", "red", 0xc1332c),
    named("bright red", "knaldrød", "red", 0xf22b21),
    named("dark red", "mørkerød", "red", 0x7c1d1e),
    named("burgundy", "vinrød", "red", 0x531a25),
    named("salmon", "laksefarvet", "pink", 0xe8907b),
    named("dusty rose", "gammelrosa", "pink", 0xb57f7e),
    named("pink", "lyserød", "pink", 0xefb0bf),
    named("pale pink", "sart rosa", "pink", 0xf5d5d4),
    named("rose", "rosa", "pink", 0xdc7093),
    named("magenta", "magenta", "pink", 0xbf2884),
    named("plum", "blommefarvet", "purple", 0x612d4f),
    named("aubergine", "auberginefarvet", "purple", 0x3c2340),
    named("mauve", "støvet lilla", "purple", 0x8a6883),
    named("gray violet", "gråviolet", "purple", 0x988ca7),
    named("lavender", "lavendel", "purple", 0xbbaada),
    named("amethyst", "ametystfarvet", "purple", 0x645287),
    named("purple", "lilla", "purple", 0x7e479a),
    named("violet", "violet", "purple", 0x593eaf),
    named("midnight blue", "natblå", "blue", 0x17203c),
    named("dark blue", "mørkeblå", "blue", 0x1d2e63),
    named("dark gray blue", "mørk gråblå", "blue", 0x425162),
    named("gray blue", "gråblå", "blue", 0x6a7d8f),
    named("slate blue", "skiferblå", "blue", 0x516a8e),
    named("light gray blue", "lys gråblå", "blue", 0x95abbc),
    named("steel blue", "stålblå", "blue", 0x5d8eba),
    named("blue", "blå", "blue", 0x305fb4),
    named("bright blue", "klarblå", "blue", 0x2b80ef),
    named("cornflower blue", "kornblomstblå", "blue", 0x7c8dd6),
    named("sky blue", "himmelblå", "blue", 0x8bbbdd),
    named("pale blue", "lyseblå", "blue", 0xc4dbea),
    named("pale turquoise", "lys turkis", "turquoise", 0xa0dadb),
    named("turquoise", "turkis", "turquoise", 0x34a9a5),
    named("verdigris", "irgrøn", "turquoise", 0x5e918c),
    named("teal", "petroleumsblå", "turquoise", 0x215f6b),
    named("dark teal", "mørk petroleum", "turquoise", 0x143c40),
    named("sea green", "søgrøn", "green", 0x86b8a1),
    named("mint", "mintgrøn", "green", 0xc6e8d3),
    named("light green", "lysegrøn", "green", 0xa7d392),
    named("bright green", "lysende grøn", "green", 0x4dd14c),
    named("green", "grøn", "green", 0x408b41),
    named("forest green", "skovgrøn", "green", 0x2c5c2f),
    named("bottle green", "flaskegrøn", "green", 0x255143),
    named("dark green", "mørkegrøn", "green", 0x223a21),
    named("gray green", "grågrøn", "green", 0x637863),
    named("sage", "salviegrøn", "green", 0x9dab89),
    named("moss green", "mosgrøn", "green", 0x526228),
    named("olive", "olivengrøn", "green", 0x696630),
    named("dark olive", "mørk olivengrøn", "green", 0x37371d),
    named("yellow green", "gulgrøn", "green", 0xb3c344),
];

/// The anchors of [`NAMES`].
static ANCHORS: LazyLock<[Oklab; NAMES.len()]> =
    LazyLock::new(|| std::array::from_fn(|at| Oklab::of(NAMES[at].anchor)));

/// Anything darker is black: Oklab exaggerates the chroma of the darkest colors.
const BLACK: f32 = 0.2;
/// A name spans more of lightness than of hue and chroma: light and dark blue are blue, but bluish gray is not gray.
const LIGHTNESS_WEIGHT: f32 = 0.6;

/// The name of the nearest anchor, where lightness counts [`LIGHTNESS_WEIGHT`].
pub(crate) fn name_of(color: Oklab) -> &'static ColorName {
    if color.lightness < BLACK { &NAMES[0] } else { nearest(color).1 }
}

/// How sure the name of a color is: 1 on its anchor, 0.5 midway between two anchors.
pub(crate) fn confidence(color: Oklab) -> f32 {
    if color.lightness < BLACK {
        return 1.0;
    }
    let own = nearest(color);
    let distances = ANCHORS.iter().map(|anchor| distance(color, *anchor)).zip(&NAMES);
    let other = distances.filter(|(_, name)| *name != own.1).map(|(distance, _)| distance);
    let second = other.min_by(f32::total_cmp).unwrap_or(1.0);
    if second > 0.0 { second / (own.0 + second) } else { 0.5 }
}

/// The distance of two colors, where lightness counts [`LIGHTNESS_WEIGHT`].
fn distance(color: Oklab, other: Oklab) -> f32 {
    let weighted = |color: Oklab| Oklab { lightness: LIGHTNESS_WEIGHT * color.lightness, ..color };
    weighted(color).distance(weighted(other))
}

/// The nearest anchor's distance and name.
fn nearest(color: Oklab) -> (f32, &'static ColorName) {
    let distances = ANCHORS.iter().map(|anchor| distance(color, *anchor));
    let nearest = distances.zip(&NAMES).min_by(|(one, _), (other, _)| one.total_cmp(other));
    nearest.unwrap_or((0.0, &NAMES[0]))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_and_anchors_are_apart() {
        let english: HashSet<_> = NAMES.iter().map(|name| name.english).collect();
        let danish: HashSet<_> = NAMES.iter().map(|name| name.danish).collect();
        assert_eq!((english.len(), danish.len()), (NAMES.len(), NAMES.len()));
        for (n, name) in NAMES.iter().enumerate() {
            assert_eq!(name_of(Oklab::of(name.anchor)), name);
            assert!(english.contains(name.family) || name.family == "brown", "{}", name.family);
            for other in &NAMES[n + 1..] {
                let apart = Oklab::of(name.anchor).distance(Oklab::of(other.anchor));
                assert!(apart > 0.04, "{} and {}: {apart}", name.english, other.english);
            }
        }
    }

    #[test]
    fn no_color_of_pictures_is_far_from_a_name() {
        let mut worst = (0.0, 0);
        for rgb in (0..64 * 64 * 64).map(|n: u32| (n >> 12 & 63) << 18 | (n >> 6 & 63) << 10 | (n & 63) << 2)
        {
            let color = Oklab::of(rgb);
            // Paints are hardly more vivid than that; the vivid colors of screens need only their family.
            if color.chroma() < 0.1 && color.lightness > BLACK && nearest(color).0 > worst.0 {
                worst = (nearest(color).0, rgb);
            }
        }
        assert!(worst.0 < 0.12, "{:.3} at {:06x}", worst.0, worst.1);
    }

    #[test]
    fn colors_have_the_family_that_people_would_name() {
        for (rgb, family) in [
            (0x000000, "black"),
            (0x1d1d1d, "black"),
            (0x17120f, "black"),
            (0xffffff, "white"),
            (0xf5f5f0, "white"),
            (0x808080, "gray"),
            // A toned photograph.
            (0x827f7a, "gray"),
            (0xb8b4ac, "gray"),
            (0xd01c1c, "red"),
            (0xff0000, "red"),
            (0x6f1418, "red"),
            (0xe07a1f, "orange"),
            (0xe8c93c, "yellow"),
            (0xffff00, "yellow"),
            (0xc9a24b, "yellow"),
            (0x2f7d32, "green"),
            (0x00ff00, "green"),
            (0x3c4a2a, "green"),
            (0x00ffff, "turquoise"),
            (0x30a0a8, "turquoise"),
            (0x2244aa, "blue"),
            (0x0000ff, "blue"),
            (0x9fb6d0, "blue"),
            (0x7b3fa0, "purple"),
            (0xff00ff, "pink"),
            (0xf4a6c0, "pink"),
            (0x6b4423, "brown"),
            (0x3b2717, "brown"),
            // Sepia.
            (0x8a7357, "brown"),
            (0xd8c8a4, "beige"),
            // Light and dark skin is not orange.
            (0xe0b496, "beige"),
            (0xc68e6b, "beige"),
            (0x8d5a3c, "brown"),
            (0x4a2c1d, "brown"),
        ] {
            let name = name_of(Oklab::of(rgb));
            assert_eq!(name.family, family, "{rgb:06x} is {}", name.english);
        }
    }
}
