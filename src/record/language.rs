//! Language tags.

/// A language tag that is well-formed by BCP 47 (RFC 5646, §2.1): subtags of one to eight letters or digits, the first
/// of two to eight letters. Subtags are not checked against the registry, because registries grow and records outlive
/// them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LanguageTag<'a>(&'a str);

impl<'a> LanguageTag<'a> {
    /// Parses a tag; `None` if it is not well-formed.
    pub fn parse(tag: &'a str) -> Option<Self> {
        let is_subtag =
            |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric());
        let primary = Self(tag).primary();
        let is_primary = primary.len() >= 2 && primary.bytes().all(|b| b.is_ascii_alphabetic());
        (is_primary && tag.split('-').all(is_subtag)).then_some(Self(tag))
    }

    /// The subtags, the language first.
    pub fn subtags(self) -> impl Iterator<Item = &'a str> {
        self.0.split('-')
    }

    /// The language without script, region and variants: `da` of `da-DK`.
    pub fn primary(self) -> &'a str {
        self.0.split('-').next().unwrap_or_default()
    }

    /// Whether the language is an ISO 639 code. No longer primary subtag was ever registered (RFC 5646, §2.2.1).
    pub fn has_iso_code(self) -> bool {
        self.primary().len() <= 3
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_well_formed() {
        for tag in ["da", "da-DK", "es-419", "zh-Hant-TW", "sl-rozaj-biske-1994", "de-x-museum", "none"] {
            assert_eq!(LanguageTag::parse(tag), Some(LanguageTag(tag)));
        }
        for bad in
            ["", "d", "d1", "da_DK", "da-", "-DK", "not a language", "da-abcdefghi", "dansk-æ", "abcdefghi"]
        {
            assert_eq!(LanguageTag::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn language_codes_are_distinguished_from_words() {
        let has_code = |tag| LanguageTag::parse(tag).is_some_and(LanguageTag::has_iso_code);
        assert!(has_code("da-DK") && has_code("kal"));
        assert!(!has_code("titel") && !has_code("none"));
    }
}
