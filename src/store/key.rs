//! Which identifiers may name an object.

use std::sync::Arc;

/// A path below a source: what it may be is said here once, and refused, never cleaned.
///
/// Segments are parted by `/`; none is empty, `.` or `..`; no control character, no `\`, no
/// drive letter; at most 1024 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(Arc<str>);

/// Why a text is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadKey {
    #[error("is empty")]
    Empty,
    #[error("is longer than 1024 bytes")]
    TooLong,
    #[error("has an empty segment, or `/` at an end")]
    EmptySegment,
    #[error("has a segment `.` or `..`")]
    Dots,
    #[error("has a control character, `\\` or a drive letter")]
    Character,
    #[error("ends in `#` and digits, which the store keeps for itself")]
    Staging,
}

/// No path of a sound collection is longer.
const MOST_BYTES: usize = 1024;

impl Key {
    pub fn parse(text: &str) -> Result<Self, BadKey> {
        if text.is_empty() {
            return Err(BadKey::Empty);
        }
        if text.len() > MOST_BYTES {
            return Err(BadKey::TooLong);
        }
        let drive = text.len() >= 2 && text.as_bytes()[1] == b':' && text.as_bytes()[0].is_ascii_alphabetic();
        if drive || text.chars().any(|c| c.is_control() || c == '\\' || c == '\u{2028}' || c == '\u{2029}') {
            return Err(BadKey::Character);
        }
        for segment in text.split('/') {
            match segment {
                "" => return Err(BadKey::EmptySegment),
                "." | ".." => return Err(BadKey::Dots),
                _ => {}
            }
        }
        let staged = text
            .rsplit_once('#')
            .is_some_and(|(_, n)| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
        if staged { Err(BadKey::Staging) } else { Ok(Self(text.into())) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hostile_texts_are_refused() {
        for text in [
            "",
            "/",
            "/etc/passwd",
            "a/",
            "a//b",
            ".",
            "..",
            "../x",
            "a/../b",
            "a/..",
            "./a",
            "a/./b",
            "a\0b",
            "a\nb",
            "a\\b",
            "..\\x",
            "C:/x",
            "c:x",
            "a\u{7f}b",
            "a\u{85}b",
            "a.tif#12",
            "\u{2028}",
        ] {
            assert!(Key::parse(text).is_err(), "{text:?}");
        }
        assert!(Key::parse(&"a".repeat(1025)).is_err());
    }

    #[test]
    fn odd_but_honest_texts_are_keys() {
        for text in [
            "a",
            "a/b.tif",
            "Ø sø/æ é.tif",
            "ark:/12025/654".trim_start_matches("x"),
            "...",
            "..;",
            "a#b",
            "%2e%2e",
            "~",
            "-",
        ] {
            assert!(Key::parse(text).is_ok(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn a_key_never_climbs(text in "[./a\\\\:\u{0}]{0,12}") {
            if let Ok(key) = Key::parse(&text) {
                prop_assert!(key.as_str().split('/').all(|s| !s.is_empty() && s != "." && s != ".."));
            }
        }
    }
}
