//! Keys: names of objects below a source.

use std::fmt;
use std::sync::Arc;

/// The maximum length in bytes of a key that S3, Azure and GCS all accept.
const MAX_BYTES: usize = 1024;
/// The folder below a local source that holds unfinished files.
pub(super) const UNFINISHED: &str = ".tegl-unfinished";

/// The decoded path of one object below its source; it cannot lead outside.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(Arc<str>);

impl Key {
    /// Accepts a decoded path unchanged or rejects it. Nothing is stripped or normalized, so that every object has one
    /// name.
    ///
    /// # Errors
    /// Returns [`BadKey`] if it is empty, longer than 1024 bytes, begins with a drive letter, contains a control character or a
    /// backslash, or has an empty, `.` or `..` segment.
    pub fn parse(decoded: &str) -> Result<Key, BadKey> {
        if decoded.is_empty() {
            return Err(BadKey::Empty);
        }
        if decoded.len() > MAX_BYTES {
            return Err(BadKey::TooLong);
        }
        if decoded.chars().any(char::is_control) {
            return Err(BadKey::Control);
        }
        if decoded.contains('\\') {
            return Err(BadKey::Backslash);
        }
        if matches!(decoded.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic()) {
            return Err(BadKey::Drive);
        }
        for segment in decoded.split('/') {
            match segment {
                "" => return Err(BadKey::EmptySegment),
                "." | ".." => return Err(BadKey::Dots),
                _ => {}
            }
        }
        Ok(Key(decoded.into()))
    }

    /// The key as it is written in the store.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the name is that of an unfinished file: in Tegl's folder for them, or as `object_store` names them.
    pub(super) fn is_unfinished(&self) -> bool {
        if self.0.split('/').next() == Some(UNFINISHED) {
            return true;
        }
        let digits = self.0.rsplit('#').next().filter(|digits| digits.len() < self.0.len());
        digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit()))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({:?})", &*self.0)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a path cannot name an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadKey {
    /// It is empty.
    #[error("identifier is empty")]
    Empty,
    /// It is longer than object stores accept.
    #[error("identifier is longer than {MAX_BYTES} bytes")]
    TooLong,
    /// A NUL, a line break or another control character.
    #[error("identifier contains a control character")]
    Control,
    /// A separator on some systems, a letter on others.
    #[error("identifier contains a backslash; separate folders by `/`")]
    Backslash,
    /// The start of an absolute path on some systems.
    #[error("identifier begins with a drive letter")]
    Drive,
    /// A leading, trailing or doubled `/`.
    #[error("identifier has an empty segment; a leading, trailing or doubled `/` is not allowed")]
    EmptySegment,
    /// `.` or `..`
    #[error("identifier has the segment `.` or `..`")]
    Dots,
    /// `name#1`, or below `.tegl-unfinished`: the names of unfinished files.
    #[error("identifier ends in `#` and digits or begins with `{UNFINISHED}`, as unfinished files do")]
    Unfinished,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::path::{Component, Path};

    #[track_caller]
    fn check(refused: BadKey, decoded: &[&str]) {
        for decoded in decoded {
            assert_eq!(Key::parse(decoded), Err(refused), "{decoded:?}");
        }
    }

    #[test]
    fn keys_that_could_leave_the_source_are_refused() {
        check(BadKey::Empty, &[""]);
        check(BadKey::TooLong, &[&"a".repeat(1025), &"é".repeat(513)]);
        check(
            BadKey::Dots,
            &[".", "..", "../a", "a/..", "a/../b", "./a", "a/.", "a/./b", "a/b/../../../c", "..//"],
        );
        check(
            BadKey::EmptySegment,
            &[
                "/",
                "//",
                "/a",
                "a/",
                "a//b",
                "//a",
                "a//",
                "/etc/passwd",
                "a/b//",
                "///",
                "/../a",
                "file:///etc",
            ],
        );
        check(
            BadKey::Control,
            &[
                "\0",
                "a\0",
                "a\0.tif",
                "a\n",
                "a\r\nb",
                "\u{7f}",
                "a\tb",
                "\u{1b}[0m",
                "a/\0/b",
                "\u{85}",
                "../\0",
            ],
        );
        check(
            BadKey::Backslash,
            &["\\", "..\\a", "a\\b", "\\\\host\\share", "..\\..\\..\\etc", "a/..\\b", "C:\\a"],
        );
        check(BadKey::Drive, &["C:", "c:/a", "C:a", "z:tif", "A:/../b"]);
    }

    #[test]
    fn unusual_names_are_accepted_unchanged() {
        let names = [
            "é.tif",
            "e\u{301}.tif",
            "KMS 1 (recto).tif",
            "%2e%2e%2f",
            "%252e",
            "..;",
            "...",
            "a..b",
            ".a",
            "a.",
            "a ",
            "ark:/12148/btv1b",
            "a%2Fb",
            "a?b",
            "a#b",
            "a+b",
            "a&b",
            "~",
            "~root",
            "$HOME",
            "`id`",
            "日本",
            "%c0%ae",
            "%u002e",
            "..%2f..%2fetc",
            "\u{ff0e}\u{ff0e}/a",
            "\u{2215}etc",
            "-rf",
            "CON",
            "aa:b",
            "a*b",
        ];
        for name in names {
            assert_eq!(Key::parse(name).unwrap().as_str(), name);
        }
    }

    #[test]
    fn names_of_unfinished_files_are_recognised() {
        for (name, unfinished) in [
            ("a.tif#1", true),
            ("b/a#12", true),
            ("a#", false),
            ("a#1.tif", false),
            ("12", false),
            ("#1", true),
            (".tegl-unfinished", true),
            (".tegl-unfinished/a/b.tif", true),
            (".tegl-unfinished.tif", false),
            ("a/.tegl-unfinished/b", false),
        ] {
            assert_eq!(Key::parse(name).unwrap().is_unfinished(), unfinished, "{name}");
        }
    }

    proptest! {
        #[test]
        fn no_key_leaves_its_source(decoded in "([./\\\\a:%~ ]|\\PC|\\x00){0,12}") {
            if let Ok(key) = Key::parse(&decoded) {
                prop_assert_eq!(key.as_str(), &decoded);
                prop_assert!(Path::new(&decoded).components().all(|part| matches!(part, Component::Normal(_))));
                let path = object_store::path::Path::parse(&decoded).unwrap();
                prop_assert_eq!(path.as_ref(), &decoded);
            }
        }
    }
}
