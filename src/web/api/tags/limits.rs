//! What tags may hold, as requests are read and as the API is described.

/// Limits of texts, in characters.
pub const MAX_LABEL: usize = 500;
pub const MAX_NOTE: usize = 2000;
/// The largest revision that every program can write as a number: 2⁵³ - 1.
pub const MAX_REVISION: u64 = (1 << 53) - 1;

/// Schemes whose values come from fields of the record; a tag would mix with them.
pub const RECORD_SCHEMES: [&str; 12] = [
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

/// Characters that nobody sees: soft hyphens, zero-width signs, directional formatting (Unicode's `Bidi_Control`), line
/// separators. They make texts that look alike differ, or show a text in another order than it has.
pub const INVISIBLE: [(char, char); 6] = [
    ('\u{ad}', '\u{ad}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{2028}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{feff}', '\u{feff}'),
];
