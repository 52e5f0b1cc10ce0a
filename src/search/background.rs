//! The plain background of a picture, by which works are filtered: the name of its color.

use super::colour::value_of;
use crate::analysis::{NAMES, Oklab, name_of};
use crate::record::slug;

/// The names of backgrounds that are asked for, as bits by their place in [`NAMES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Background(u128);

const _: () = assert!(NAMES.len() <= u128::BITS as usize);

impl Background {
    /// Parses the name of a color in English or Danish, in any case and with spaces or hyphens; that of a family, such as
    /// `gray`, stands for all its names. `None` if there is no such color.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (value, danish) = (value_of(text), slug(text));
        let is_own = |english: &str, own: &str| value == value_of(english) || danish == slug(own);
        let named = NAMES.iter().find(|named| is_own(named.english, named.danish));
        let name = named.map_or(value.clone(), |named| value_of(named.english));
        let is_asked = |(at, english, family): (usize, &str, &str)| {
            (name == value_of(english) || name == value_of(family)).then_some(1 << at)
        };
        let all = NAMES.iter().enumerate().map(|(at, named)| (at, named.english, named.family));
        let bits = all.filter_map(is_asked).fold(0, |bits, bit: u128| bits | bit);
        (bits != 0).then_some(Self(bits))
    }

    /// All names and families in English, as they are written in addresses.
    pub(crate) fn names() -> Vec<String> {
        let mut names: Vec<String> =
            NAMES.iter().flat_map(|named| [named.english, named.family]).map(value_of).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Whether it is one of these names, by its place.
    pub(super) const fn has(self, place: u64) -> bool {
        place < u128::BITS as u64 && self.0 >> place & 1 == 1
    }

    /// A text that is equal for equal ones.
    pub(super) fn identity(self) -> String {
        format!("{:x}", self.0)
    }
}

/// The place in [`NAMES`] of the name of a background of this color, six hexadecimal digits.
pub(super) fn place_of(color: &str) -> Option<u64> {
    let hex = color.trim_start_matches('#');
    let name = name_of(Oklab::of(u32::from_str_radix(hex, 16).ok()?));
    NAMES.iter().position(|named| named == name).map(|place| place as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_both_languages_and_families_stand_for_their_names() {
        let has = |text: &str, hex: &str| {
            Background::parse(text).is_some_and(|asked| asked.has(place_of(hex).unwrap()))
        };
        for (text, hex, expected) in [
            ("white", "f9f8f5", true),
            ("Hvid", "f9f8f5", true),
            ("white", "f5ebd1", true),
            ("cream", "f9f8f5", false),
            ("gray", "3c3d3f", true),
            ("grey", "3c3d3f", true),
            ("dark-gray", "5d5d5d", true),
            ("dark gray", "3c3d3f", false),
            ("mørkegrå", "5d5d5d", true),
            ("black", "5d5d5d", false),
        ] {
            assert_eq!(has(text, hex), expected, "{text} {hex}");
        }
        assert_eq!((Background::parse("smell"), Background::parse("")), (None, None));
        assert_eq!(place_of("none"), None);
        assert!(Background::names().iter().all(|name| Background::parse(name).is_some()));
    }
}
