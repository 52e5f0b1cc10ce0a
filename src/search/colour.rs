//! Perceptual colours: distances, families and hues (Ottosson 2020, Oklab).

use std::collections::HashMap;
use std::sync::LazyLock;

use moxcms::{Oklab, Rgb};

use crate::analysis;
use crate::record::{Tag, Text, slug};

/// A colour in Oklab: its lightness and two axes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Colour {
    pub lightness: f32,
    pub a: f32,
    pub b: f32,
}

/// The colour families as facet values: value, English and Danish name, representative colour. Other values are the names
/// that machines give, [`analysis::NAMES`].
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

/// A colour as a facet value: its names, and a colour that represents it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Swatch {
    pub english: &'static str,
    pub danish: &'static str,
    /// `#rrggbb`.
    pub hex: String,
}

/// The names of colours that have other facet values than their own: those of the families that they name.
const ALIASES: [(&str, &str); 2] = [("gray", "grey"), ("turquoise", "cyan")];

static SWATCHES: LazyLock<HashMap<String, Swatch>> = LazyLock::new(|| {
    let named = analysis::NAMES.iter().map(|name| {
        let hex = format!("#{:06x}", name.anchor);
        (value_of(name.english), Swatch { english: name.english, danish: name.danish, hex })
    });
    let families = FAMILIES.iter().map(|&(value, english, danish, hex)| {
        (value.to_owned(), Swatch { english, danish, hex: hex.to_owned() })
    });
    // Of names that are those of families, too, families prevail.
    named.chain(families).collect()
});

/// The swatch of a facet value: of a family or a named colour.
pub(crate) fn swatch_of(value: &str) -> Option<&'static Swatch> {
    SWATCHES.get(value)
}

/// The English and Danish names of all swatches, in the order of their values.
pub(crate) fn swatch_names() -> Vec<(&'static str, &'static str)> {
    let mut swatches: Vec<_> = SWATCHES.iter().collect();
    swatches.sort_unstable_by_key(|(value, _)| *value);
    swatches.into_iter().map(|(_, swatch)| (swatch.english, swatch.danish)).collect()
}

/// The names of a facet value, if it has a swatch.
pub(super) fn label_of(value: &str) -> Option<Text> {
    let swatch = swatch_of(value)?;
    let mut label = Text::of("en", swatch.english);
    let aliases = ALIASES.iter().filter(|(alias, family)| *family == value && *alias != slug(swatch.english));
    aliases.for_each(|(alias, _)| label.add("en", alias));
    label.add("da", swatch.danish);
    Some(label)
}

/// The facet value of a colour with this name.
pub(super) fn value_of(name: &str) -> String {
    let value = slug(name);
    let alias = ALIASES.iter().find(|(alias, _)| *alias == value);
    alias.map_or(value, |(_, family)| (*family).to_owned())
}

/// The facet value of the family of a named colour, which says more than its measured mean.
pub(super) fn family_of_name(name: &str) -> Option<String> {
    let named = analysis::NAMES.iter().find(|named| named.english == name)?;
    Some(value_of(named.family))
}

/// The colour of a tag as `0xrrggbb`: what was measured, or else its label.
pub(super) fn of_tag(tag: &Tag) -> Option<u32> {
    let labels = tag.label.iter().map(|(_, label)| label);
    let hex = tag.color.as_deref().into_iter().chain(labels).find(|text| Colour::parse(text).is_some())?;
    u32::from_str_radix(hex.trim().trim_start_matches('#'), 16).ok()
}

/// A colour and its share of the picture as one number: the share in 255ths in bits 24 to 31, 0 if unknown.
pub(super) fn packed(rgb: u32, share: Option<f64>) -> u64 {
    let share = share
        .filter(|share| share.is_finite())
        .map_or(0, |share| (share * 255.0).round().clamp(1.0, 255.0) as u64);
    share << 24 | u64::from(rgb)
}

/// The parts of [`packed`].
pub(super) fn unpacked(packed: u64) -> (Colour, u8) {
    (Colour::of(packed as u32 & 0xff_ffff), (packed >> 24) as u8)
}

/// A colour that works are searched by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct WeightedColour {
    pub colour: Colour,
    /// The share of the picture that it should cover, in percent; `None` for any.
    pub weight: Option<u8>,
}

impl WeightedColour {
    /// `#rrggbb` or `#rrggbb:70`, with or without the sign.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (colour, weight) = match text.split_once(':') {
            None => (text, None),
            Some((colour, weight)) => (colour, Some(percent(weight)?)),
        };
        Some(Self { colour: Colour::parse(colour)?, weight })
    }

    /// An arbitrary total order, for canonical lists.
    pub(super) fn compare(&self, other: &Self) -> std::cmp::Ordering {
        self.colour.compare(&other.colour).then(self.weight.cmp(&other.weight))
    }
}

impl From<Colour> for WeightedColour {
    fn from(colour: Colour) -> Self {
        Self { colour, weight: None }
    }
}

/// An integer from 1 to 100, without leading zeros.
fn percent(text: &str) -> Option<u8> {
    let is_plain = text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
    text.parse().ok().filter(|percent| is_plain && (1..=100).contains(percent))
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
            assert!(swatch_of(family).is_some());
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

    #[test]
    fn named_colours_are_values_beside_families() {
        let (dark, grey) = (swatch_of("dark-red").unwrap(), swatch_of("grey").unwrap());
        assert_eq!((dark.english, dark.danish, &*dark.hex), ("dark red", "mørkerød", "#7c1d1e"));
        assert_eq!((grey.english, value_of("gray").as_str()), ("Grey", "grey"));
        assert_eq!(family_of_name("dark olive").as_deref(), Some("green"));
        assert_eq!(family_of_name("teal").as_deref(), Some("cyan"));
        for name in &analysis::NAMES {
            let family = family_of_name(name.english).unwrap();
            assert!(swatch_of(&value_of(name.english)).is_some() && swatch_of(&family).is_some(), "{name:?}");
        }
        let label = label_of("grey").unwrap();
        assert_eq!(label.iter().map(|(_, name)| name).collect::<Vec<_>>(), ["Grå", "Grey", "gray"]);
        assert_eq!((swatch_of("gray"), family_of_name("blueish")), (None, None));
    }

    #[test]
    fn a_share_is_kept_beside_its_colour() {
        let share = |share| unpacked(packed(0x102030, share)).1;
        assert_eq!(unpacked(packed(0x102030, Some(0.5))), (Colour::of(0x102030), 128));
        assert_eq!((share(None), share(Some(0.0)), share(Some(1.0)), share(Some(7.0))), (0, 1, 255, 255));
        assert_eq!(share(Some(f64::NAN)), 0);
    }

    #[test]
    fn a_measured_colour_precedes_the_label() {
        let tag = Tag::new("colour", Text::of("en", "#ff0000"));
        assert_eq!(of_tag(&tag), Some(0xff0000));
        assert_eq!(of_tag(&Tag { color: Some("#00ff00".into()), ..tag }), Some(0x00ff00));
        assert_eq!(of_tag(&Tag::new("colour", Text::of("en", "red"))), None);
    }

    #[test]
    fn weights_are_whole_percents() {
        let weight = |text| WeightedColour::parse(text).map(|colour| colour.weight);
        assert_eq!((weight("#3f6fb5"), weight("3f6fb5:70")), (Some(None), Some(Some(70))));
        for text in ["3f6fb5:", "3f6fb5:0", "3f6fb5:101", "3f6fb5:+7", "3f6fb5:07", "3f6fb5:7.5", ":70"] {
            assert_eq!(weight(text), None, "{text}");
        }
    }
}
