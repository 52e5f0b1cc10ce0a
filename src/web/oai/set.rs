//! Sets: facet values such as collections, creators and motifs, below a set for each scheme (OAI-PMH 2.0, §2.6).
//!
//! A set is written `scheme:value`. The parts of a `setSpec` may contain few characters, so the bytes of all others are
//! written `!XX` in hexadecimal digits: `creator:k!C3!B8bke`.
//!
//! A work that has left a set is a deleted record in harvests of this set, so that a harvester that keeps one set learns of
//! it. The protocol has no other way: a record is deleted or not, whatever its sets (§2.5.1). In harvests without a set, and
//! in `GetRecord`, the work is there. A harvester that keeps several sets must keep them apart, or ask for the record.

use percent_encoding::percent_decode_str;

use crate::record::Facet;

/// A set: all works with some value of a scheme, or those with one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SetSpec {
    pub scheme: String,
    pub value: Option<String>,
}

impl SetSpec {
    /// Parses a `setSpec`; `None` if no set is written like this.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (scheme, value) = match text.split_once(':') {
            Some((scheme, value)) => (scheme, Some(value)),
            None => (text, None),
        };
        let value = match value {
            Some(value) => Some(decoded(value)?),
            None => None,
        };
        Some(Self { scheme: decoded(scheme)?, value })
    }

    pub(super) fn of(scheme: &str, value: Option<&str>) -> Self {
        Self { scheme: scheme.to_owned(), value: value.map(str::to_owned) }
    }

    /// Whether a work with these facets is in the set.
    pub(super) fn contains(&self, facets: &[Facet]) -> bool {
        facets.iter().any(|facet| self.has(&facet.scheme, &facet.value))
    }

    /// Whether works with this facet value are in the set.
    pub(super) fn has(&self, scheme: &str, value: &str) -> bool {
        self.scheme == scheme && self.value.as_ref().is_none_or(|own| own == value)
    }
}

/// As a `setSpec`.
impl std::fmt::Display for SetSpec {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&encoded(&self.scheme))?;
        match &self.value {
            Some(value) => write!(formatter, ":{}", encoded(value)),
            None => Ok(()),
        }
    }
}

fn encoded(part: &str) -> String {
    let mut text = String::with_capacity(part.len());
    for byte in part.bytes() {
        match byte {
            b'-' | b'_' | b'.' | b'~' => text.push(byte.into()),
            byte if byte.is_ascii_alphanumeric() => text.push(byte.into()),
            byte => text.push_str(&format!("!{byte:02X}")),
        }
    }
    text
}

/// Only what [`encoded`] writes is read, so that each set has one name.
fn decoded(part: &str) -> Option<String> {
    let percent = part.replace('%', "%25").replace('!', "%");
    let value = percent_decode_str(&percent).decode_utf8().ok()?.into_owned();
    (!value.is_empty() && encoded(&value) == part).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_of_sets_have_legal_characters_only() {
        assert_eq!(SetSpec::of("creator", Some("købke")).to_string(), "creator:k!C3!B8bke");
        for bad in ["", ":", "a:", ":a", "a:b:c", "a!", "a!zz", "a%20b", "a!61", "a b", "a!ff"] {
            assert_eq!(SetSpec::parse(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn names_of_sets_are_read_as_they_are_written(scheme in ".{1,20}", value in ".{1,20}") {
            let set = SetSpec::of(&scheme, Some(&value));
            let written = set.to_string();
            prop_assert!(written.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.!~*'():".contains(&b)));
            prop_assert_eq!(SetSpec::parse(&written), Some(set));
        }
    }
}
