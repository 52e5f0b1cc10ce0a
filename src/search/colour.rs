//! Perceptual colours: distances, families and hues (Ottosson 2020, Oklab).

use moxcms::{Oklab, Rgb};

/// A colour in Oklab: its lightness and two axes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Colour {
    pub lightness: f32,
    pub a: f32,
    pub b: f32,
}

/// The colour families as facet values: value, English and Danish name, representative colour.
const FAMILIES: [(&str, &str, &str, &str); 12] = [
    ("red", "Red", "Rød", "#c0322b"),
    ("orange", "Orange", "Orange", "#dd7a22"),
    ("yellow", "Yellow", "Gul", "#e3c030"),
    ("green", "Green", "Grøn", "#4c8c3f"),
    ("cyan", "Turquoise", "Turkis", "#3fa6a6"),
    ("blue", "Blue", "Blå", "#3361b0"),
    ("purple", "Purple", "Lilla", "#7d4699"),
    ("pink", "Pink", "Lyserød", "#e293b3"),
    ("brown", "Brown", "Brun", "#7a4d2a"),
    ("white", "White", "Hvid", "#f4f2ec"),
    ("grey", "Grey", "Grå", "#8b8b88"),
    ("black", "Black", "Sort", "#1b1a19"),
];

impl Colour {
    /// Parses `#rrggbb`; the `#` is optional.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let digits = text.trim().trim_start_matches('#');
        if digits.len() != 6 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        u32::from_str_radix(digits, 16).ok().map(Self::of)
    }

    /// Converts sRGB, given as `0xrrggbb`.
    pub(crate) fn of(rgb: u32) -> Self {
        let linear = |shift: u32| {
            let encoded = (rgb >> shift & 0xff) as f32 / 255.0;
            if encoded <= 0.04045 { encoded / 12.92 } else { ((encoded + 0.055) / 1.055).powf(2.4) }
        };
        let lab = Oklab::from_linear_rgb(Rgb::new(linear(16), linear(8), linear(0)));
        Self { lightness: lab.l, a: lab.a, b: lab.b }
    }

    /// The perceptual difference of two colours: 0 for equal colours, about 100 for black and white.
    pub(crate) fn distance(self, other: Self) -> f32 {
        let square = |x: f32| x * x;
        let apart =
            square(self.lightness - other.lightness) + square(self.a - other.a) + square(self.b - other.b);
        100.0 * apart.sqrt()
    }

    /// Compares in an arbitrary total order, for canonical lists.
    pub(crate) fn compare(&self, other: &Self) -> std::cmp::Ordering {
        let parts = |colour: &Self| [colour.lightness, colour.a, colour.b];
        let pairs = parts(self).into_iter().zip(parts(other));
        pairs
            .map(|(own, other)| own.total_cmp(&other))
            .find(|order| order.is_ne())
            .unwrap_or(std::cmp::Ordering::Equal)
    }

    fn chroma(self) -> f32 {
        self.a.hypot(self.b)
    }

    /// The hue in thousandths of the colour circle, from red through yellow, green and blue. Greys come last, from
    /// light to dark.
    pub(crate) fn hue(self) -> u64 {
        if self.chroma() < 0.035 {
            return 1000 + ((1.0 - self.lightness.clamp(0.0, 1.0)) * 1000.0) as u64;
        }
        // Red is at about 20 degrees in Oklab.
        let turned = (self.b.atan2(self.a).to_degrees() - 20.0).rem_euclid(360.0);
        (turned / 360.0 * 1000.0) as u64 % 1000
    }

    /// The colour family, as a facet value.
    pub(crate) fn family(self) -> &'static str {
        let chroma = self.chroma();
        if chroma < 0.035 {
            return match self.lightness {
                dark if dark < 0.32 => "black",
                light if light > 0.88 => "white",
                _ => "grey",
            };
        }
        let degrees = self.b.atan2(self.a).to_degrees().rem_euclid(360.0);
        match degrees {
            _ if self.lightness < 0.2 => "black",
            hue if !(12.0..350.0).contains(&hue) && self.lightness > 0.68 => "pink",
            hue if hue < 36.0 && self.lightness < 0.4 && chroma < 0.1 => "brown",
            hue if hue < 36.0 => "red",
            hue if hue < 75.0 && self.lightness < 0.58 => "brown",
            hue if hue < 75.0 => "orange",
            hue if hue < 112.0 && self.lightness < 0.52 => "brown",
            hue if hue < 112.0 => "yellow",
            hue if hue < 168.0 => "green",
            hue if hue < 220.0 => "cyan",
            hue if hue < 285.0 => "blue",
            hue if hue < 330.0 => "purple",
            hue if hue < 350.0 => "pink",
            _ => "red",
        }
    }
}

/// The names of a family in English and Danish, and its representative colour.
pub(crate) fn names(family: &str) -> Option<(&'static str, &'static str, &'static str)> {
    FAMILIES
        .iter()
        .find(|(name, ..)| *name == family)
        .map(|&(_, english, danish, colour)| (english, danish, colour))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn similar_colours_have_a_small_distance() {
        let colour = |text| Colour::parse(text).unwrap();
        assert_eq!(colour("#ff0000").distance(colour("FF0000")), 0.0);
        assert!((colour("#000000").distance(colour("#ffffff")) - 100.0).abs() < 0.5);
        assert!(
            colour("#b02020").distance(colour("#c03028")) < colour("#b02020").distance(colour("#2020b0"))
        );
    }

    #[test]
    fn colours_belong_to_the_family_that_people_would_name() {
        for (hex, family) in [
            ("#d01c1c", "red"),
            ("#1d1d1d", "black"),
            ("#f5f5f0", "white"),
            ("#808080", "grey"),
            ("#e8c93c", "yellow"),
            ("#2f7d32", "green"),
            ("#2244aa", "blue"),
            ("#6b4423", "brown"),
            ("#e07a1f", "orange"),
            ("#7b3fa0", "purple"),
            ("#f4a6c0", "pink"),
            ("#30a0a8", "cyan"),
        ] {
            assert_eq!(Colour::parse(hex).unwrap().family(), family, "{hex}");
            assert!(names(family).is_some());
        }
    }

    #[test]
    fn hues_follow_the_circle_and_greys_come_last() {
        let hue = |text| Colour::parse(text).unwrap().hue();
        assert!(hue("#ff0000") < hue("#ffff00") && hue("#ffff00") < hue("#00ff00"));
        assert!(hue("#00ff00") < hue("#0000ff") && hue("#0000ff") < 1000);
        assert!(hue("#ffffff") < hue("#000000") && hue("#ffffff") >= 1000);
    }

    #[test]
    fn invalid_colours_are_refused() {
        for text in ["", "#fff", "red", "#12345g", "#1234567", "+12345"] {
            assert_eq!(Colour::parse(text), None, "{text}");
        }
    }
}
