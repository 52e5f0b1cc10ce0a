//! The credit line of an image and the terms of its use.

use std::borrow::Cow;

/// The credit of an image, and the terms of its use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Credit {
    /// The title of the work.
    pub title: Option<String>,
    /// The creators of the work, the most important first.
    pub creator: Vec<String>,
    /// The line to print next to the image.
    pub credit_line: Option<String>,
    /// The URI of a license or a rights statement, or its text.
    pub rights: Option<String>,
    /// The image's URI.
    pub source: Option<String>,
}

/// The largest length of a field in an XMP packet, in bytes; all fields together fit into one JPEG segment.
pub(super) const MAX_FIELD: usize = 8_000;

pub(super) fn is_uri(text: &str) -> bool {
    let lower = text.get(..8).unwrap_or(text).to_ascii_lowercase();
    (lower.starts_with("http://") || lower.starts_with("https://")) && !text.contains(char::is_whitespace)
}

/// Removes characters that XML 1.0 does not allow (§2.2), and truncates the text to [`MAX_FIELD`] bytes of escaped XML.
pub fn clipped(text: &str) -> Cow<'_, str> {
    if text.len() * "&quot;".len() <= MAX_FIELD && text.chars().all(is_xml) {
        return Cow::Borrowed(text);
    }
    let mut length = 0;
    let fits = |character: &char| {
        length += xml_length(*character);
        length <= MAX_FIELD
    };
    Cow::Owned(text.chars().filter(|character| is_xml(*character)).take_while(fits).collect())
}

const fn is_xml(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

/// Bytes of a character in XML, escaped where necessary.
pub(super) const fn xml_length(character: char) -> usize {
    match character {
        '<' | '>' => 4,
        '&' => 5,
        '\'' | '"' => 6,
        _ => character.len_utf8(),
    }
}
