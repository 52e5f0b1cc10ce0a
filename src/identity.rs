//! Stable text forms of values that outlive the process: in ETags, cursors, recipes and storage keys.
//!
//! `Debug` produces nearly the same text, but it changes with every renaming in the code, which would rebuild all
//! pyramids and invalidate what clients have cached. Here names are written out, so that only a deliberate change alters
//! a text. If the meaning of a text changes, raise the version that goes with it: `RENDERING` of responses, `VERSION` of
//! pyramids, `FORM` of indexes.

use std::fmt::Write;
use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_128;

/// A value with a stable text form. Structs are destructured completely, so that a new field must be written or ignored explicitly.
pub(crate) trait Identity {
    fn write(&self, text: &mut String);

    fn identity(&self) -> String {
        let mut text = String::new();
        self.write(&mut text);
        text
    }
}

/// A hash for entity tags: of these parts and of Tegl's version, since responses may differ between versions.
pub(crate) fn fingerprint(parts: &[&[u8]]) -> u128 {
    // Hashed in one piece: for the few bytes of an entity tag the state of a hash costs more than a copy.
    let mut bytes = Vec::with_capacity(256);
    bytes.extend_from_slice(concat!("tegl ", env!("CARGO_PKG_VERSION")).as_bytes());
    for part in parts {
        bytes.extend_from_slice(&(part.len() as u64).to_le_bytes());
        bytes.extend_from_slice(part);
    }
    xxh3_128(&bytes)
}

/// `Name { field: value, … }`.
pub(crate) fn fields(text: &mut String, name: &str, fields: &[(&str, &dyn Identity)]) {
    text.push_str(name);
    for (at, (field, value)) in fields.iter().enumerate() {
        text.push_str(if at == 0 { " { " } else { ", " });
        text.push_str(field);
        text.push_str(": ");
        value.write(text);
    }
    text.push_str(" }");
}

/// `Name(value)`.
pub(crate) fn wrapped(text: &mut String, name: &str, value: &dyn Identity) {
    text.push_str(name);
    text.push('(');
    value.write(text);
    text.push(')');
}

fn list<T: Identity>(text: &mut String, values: &[T]) {
    text.push('[');
    for (at, value) in values.iter().enumerate() {
        if at > 0 {
            text.push_str(", ");
        }
        value.write(text);
    }
    text.push(']');
}

/// Implements [`Identity`] by `Display` for booleans and integers.
macro_rules! plain {
    ($($plain:ty),*) => {
        $(impl Identity for $plain {
            fn write(&self, text: &mut String) {
                let _ = write!(text, "{self}");
            }
        })*
    };
}

plain!(bool, u8, u32, u64, usize, i32, i64);

/// Implements [`Identity`] for numbers with a fraction.
macro_rules! fractional {
    ($($fractional:ty),*) => {
        $(impl Identity for $fractional {
            /// The shortest digits that parse to the same number, with a decimal point or an exponent, as `Debug` writes
            /// it.
            fn write(&self, text: &mut String) {
                let size = self.abs();
                let _ = match size == 0.0 || (1e-4..1e16).contains(&size) {
                    true if self.fract() == 0.0 => write!(text, "{self}.0"),
                    true => write!(text, "{self}"),
                    false => write!(text, "{self:e}"),
                };
            }
        })*
    };
}

fractional!(f32, f64);

impl Identity for str {
    /// In quotation marks; quotation marks, backslashes and unprintable characters are escaped.
    fn write(&self, text: &mut String) {
        text.push('"');
        for character in self.chars() {
            match character {
                '\'' => text.push(character),
                ' '..='~' if character != '"' && character != '\\' => text.push(character),
                _ => text.extend(character.escape_debug()),
            }
        }
        text.push('"');
    }
}

impl Identity for String {
    fn write(&self, text: &mut String) {
        self.as_str().write(text);
    }
}

impl<T: Identity + ?Sized> Identity for &T {
    fn write(&self, text: &mut String) {
        (*self).write(text);
    }
}

impl<T: Identity + ?Sized> Identity for Arc<T> {
    fn write(&self, text: &mut String) {
        (**self).write(text);
    }
}

impl<T: Identity> Identity for Option<T> {
    fn write(&self, text: &mut String) {
        match self {
            Some(value) => wrapped(text, "Some", value),
            None => text.push_str("None"),
        }
    }
}

impl<T: Identity> Identity for Vec<T> {
    fn write(&self, text: &mut String) {
        list(text, self);
    }
}

impl<A: Identity, B: Identity> Identity for (A, B) {
    fn write(&self, text: &mut String) {
        text.push('(');
        self.0.write(text);
        text.push_str(", ");
        self.1.write(text);
        text.push(')');
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_forms_of_values_are_stable() {
        let check = |value: &dyn Identity, expected: &str| assert_eq!(value.identity(), expected);
        check(&true, "true");
        check(&u64::MAX, "18446744073709551615");
        check(&i64::MIN, "-9223372036854775808");
        check(&String::new(), r#""""#);
        check(&"ø'\"\\\n\r\t\0\u{7f}".to_owned(), r#""ø'\"\\\n\r\t\0\u{7f}""#);
        check(&"e\u{301}\u{200b}\u{a0}\u{1f3a8}".to_owned(), "\"e\\u{301}\\u{200b}\\u{a0}\u{1f3a8}\"");
        check(&None::<bool>, "None");
        check(&Some(("a".to_owned(), -1)), r#"Some(("a", -1))"#);
        check(&vec![vec![1u8, 2], Vec::new()], "[[1, 2], []]");
    }

    #[test]
    fn text_forms_of_numbers_are_stable() {
        for (number, expected) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (12.0, "12.0"),
            (7.5, "7.5"),
            (0.1, "0.1"),
            (1e-4, "0.0001"),
            (1e-5, "1e-5"),
            (16_777_216.0, "16777216.0"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e16"),
            (-3.25e20, "-3.25e20"),
            (f32::INFINITY, "inf"),
            (f32::NAN, "NaN"),
        ] {
            assert_eq!(number.identity(), expected);
        }
    }

    #[test]
    fn fields_follow_the_name() {
        let mut text = String::new();
        fields(&mut text, "Credit", &[("line", &"a".to_owned()), ("rights", &None::<u8>)]);
        wrapped(&mut text, "Number", &7u64);
        assert_eq!(text, r#"Credit { line: "a", rights: None }Number(7)"#);
    }

    proptest! {
        // The texts equal those of `Debug` at the time when they were first stored.
        #[test]
        fn texts_and_numbers_equal_debug(text in any::<String>(), number in any::<f32>(), bits in any::<u32>()) {
            prop_assert_eq!(text.identity(), format!("{text:?}"));
            prop_assert_eq!(number.identity(), format!("{number:?}"));
            let number = f32::from_bits(bits);
            prop_assert_eq!(number.identity(), format!("{number:?}"));
        }
    }
}
