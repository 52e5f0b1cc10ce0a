//! Limits of tags, shared by validation and the OpenAPI description.

/// Limits of texts, in characters.
pub(crate) const MAX_LABEL: usize = 500;
pub(crate) const MAX_NOTE: usize = 2000;
/// The largest integer that every JSON implementation represents exactly: 2⁵³ - 1.
pub(crate) const MAX_REVISION: u64 = (1 << 53) - 1;

/// Schemes whose values come from fields of the record, and must not be mixed with tags.
pub(crate) const RECORD_SCHEMES: [&str; 12] = [
    "collection",
    "creator",
    "department",
    "exhibition",
    "gender",
    "location",
    "material",
    "nationality",
    "period",
    "rights",
    "technique",
    "type",
];

/// Invisible characters: soft hyphens, zero-width characters, directional formatting (Unicode's `Bidi_Control`), line
/// separators. They make texts that look the same differ, or change the order in which a text is shown.
pub(crate) const INVISIBLE: [(char, char); 6] = [
    ('\u{ad}', '\u{ad}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{2028}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{feff}', '\u{feff}'),
];
