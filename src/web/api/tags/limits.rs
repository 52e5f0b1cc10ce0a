//! Limits of tags, shared by validation and the OpenAPI description.

/// Limits of texts, in characters.
pub(super) const MAX_CONCEPT: usize = 2000;
pub(super) const MAX_IMAGE: usize = 2000;
pub(super) const MAX_LABEL: usize = 500;
pub(super) const MAX_NAME: usize = 200;
pub(super) const MAX_NOTE: usize = 2000;
/// The most decisions of one request.
pub(super) const MAX_DECISIONS: usize = 1000;
/// The most concepts above that of a tag.
pub(super) const MAX_BROADER: usize = 20;
/// The largest integer that every JSON implementation represents exactly: 2⁵³ - 1.
pub(in crate::web::api) const MAX_REVISION: u64 = (1 << 53) - 1;

/// Schemes whose values come from fields of the record, and must not be mixed with tags.
pub(super) const RECORD_SCHEMES: [&str; 13] = [
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
    "role",
    "technique",
    "type",
];

/// Invisible characters: soft hyphens, zero-width characters, directional formatting (Unicode's `Bidi_Control`), line
/// separators. They make texts that look the same differ, or change the order in which a text is shown.
pub(super) const INVISIBLE: [(char, char); 6] = [
    ('\u{ad}', '\u{ad}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{2028}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{feff}', '\u{feff}'),
];
