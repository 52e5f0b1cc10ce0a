//! Named colors: a color has the name of the nearest anchor in Oklab.
//!
//! The list covers sRGB evenly enough that no anchor is farther than about 0.1 from the colors that pictures are made
//! of. The names are those of painters and of everyday language, in English and Danish.

use super::Oklab;

/// A name with the color that it stands for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ColorName {
    pub english: &'static str,
    pub danish: &'static str,
    /// sRGB, `0xrrggbb`.
    pub anchor: u32,
}

const fn named(english: &'static str, danish: &'static str, anchor: u32) -> ColorName {
    ColorName { english, danish, anchor }
}

/// All names.
pub(crate) const NAMES: [ColorName; 60] = [
    named("black", "sort", 0x141313),
    named("charcoal", "koksgrå", 0x36393c),
    named("dark gray", "mørkegrå", 0x565655),
    named("gray", "grå", 0x828281),
    named("light gray", "lysegrå", 0xb4b4b2),
    named("silver", "sølvgrå", 0xd4d5d6),
    named("white", "hvid", 0xf8f7f4),
    named("cream", "flødehvid", 0xf3e9cf),
    named("ivory", "elfenbenshvid", 0xe4dcc3),
    named("beige", "beige", 0xd3c09a),
    named("sand", "sandfarvet", 0xb9a272),
    named("taupe", "gråbrun", 0x857868),
    named("dark taupe", "mørk gråbrun", 0x57493c),
    named("brown", "brun", 0x7a4d2a),
    named("light brown", "lysebrun", 0xa27850),
    named("dark brown", "mørkebrun", 0x3f2a1c),
    named("umber", "umbra", 0x5f4a2c),
    named("reddish brown", "rødbrun", 0x74352a),
    named("dark reddish brown", "mørk rødbrun", 0x401d19),
    named("sienna", "sienna", 0xa0522d),
    named("ochre", "okker", 0xc08a2e),
    named("dark ochre", "mørk okker", 0x8a6322),
    named("gold", "gylden", 0xd4ac45),
    named("yellow", "gul", 0xf1d02f),
    named("pale yellow", "lysegul", 0xf4e690),
    named("mustard", "sennepsgul", 0xa9932f),
    named("orange", "orange", 0xea8128),
    named("pale orange", "ferskenfarvet", 0xf2bf94),
    named("terracotta", "terrakotta", 0xc9674b),
    named("red", "rød", 0xc0322b),
    named("bright red", "knaldrød", 0xf02a22),
    named("dark red", "mørkerød", 0x7c1a1f),
    named("salmon", "laksefarvet", 0xe58d78),
    named("flesh", "hudfarvet", 0xd9a68a),
    named("dusty rose", "gammelrosa", 0xb7817a),
    named("pink", "lyserød", 0xeeb1c0),
    named("rose", "rosa", 0xdb6f92),
    named("magenta", "magenta", 0xc12a86),
    named("plum", "blommefarvet", 0x5f2a4a),
    named("purple", "lilla", 0x7d4699),
    named("lavender", "lavendel", 0xb7a6d6),
    named("violet", "violet", 0x5b3fb0),
    named("mauve", "støvet lilla", 0x8d7288),
    named("dark blue", "mørkeblå", 0x1b2a5c),
    named("midnight blue", "natblå", 0x141a2c),
    named("blue", "blå", 0x2f5fb3),
    named("bright blue", "klarblå", 0x2a7ff0),
    named("sky blue", "himmelblå", 0x8fbbe0),
    named("pale blue", "lyseblå", 0xc3d6e2),
    named("slate blue", "skiferblå", 0x58708c),
    named("gray blue", "gråblå", 0x8c9caa),
    named("turquoise", "turkis", 0x35a9a5),
    named("teal", "petroleumsblå", 0x1d5f66),
    named("sea green", "søgrøn", 0x86b8a2),
    named("dark green", "mørkegrøn", 0x243c28),
    named("green", "grøn", 0x3f8a41),
    named("bright green", "lysende grøn", 0x4fd04a),
    named("olive", "olivengrøn", 0x6b6a2e),
    named("dark olive", "mørk olivengrøn", 0x3a3a20),
    named("sage", "salviegrøn", 0x9aa583),
];

/// The name of the nearest anchor.
pub(crate) fn name_of(color: Oklab) -> &'static ColorName {
    let distance = |name: &ColorName| color.distance_squared(Oklab::of(name.anchor));
    NAMES.iter().min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap_or(&NAMES[0])
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
            for other in &NAMES[n + 1..] {
                let apart = Oklab::of(name.anchor).distance(Oklab::of(other.anchor));
                assert!(apart > 0.03, "{} and {}: {apart}", name.english, other.english);
            }
        }
    }

    #[test]
    fn no_color_is_far_from_a_name() {
        let mut worst = (0.0, 0);
        for rgb in (0..64 * 64 * 64).map(|n: u32| (n >> 12 & 63) << 18 | (n >> 6 & 63) << 10 | (n & 63) << 2)
        {
            let color = Oklab::of(rgb);
            let apart = color.distance(Oklab::of(name_of(color).anchor));
            // The vivid colors of screens are not those of pictures.
            if color.chroma() < 0.15 && apart > worst.0 {
                worst = (apart, rgb);
            }
        }
        assert!(worst.0 < 0.13, "{:.3} at {:06x}", worst.0, worst.1);
    }
}
