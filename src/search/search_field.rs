//! Where words are looked for.

use tantivy::schema::Field;

use super::schema::schema;

/// Where words are looked for, and how much they count there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SearchField {
    /// Titles, creators, object numbers.
    Name,
    /// Tags, types, techniques, materials.
    Subject,
    /// All else.
    Text,
    /// Titles alone.
    Titles,
    /// Creators alone.
    Creators,
}

impl SearchField {
    /// Everywhere.
    pub const ALL: [Self; 3] = [Self::Name, Self::Subject, Self::Text];

    pub fn field(self) -> Field {
        let fields = &schema().1;
        match self {
            Self::Name => fields.name,
            Self::Subject => fields.subject,
            Self::Text => fields.text,
            Self::Titles => fields.titles,
            Self::Creators => fields.creators,
        }
    }

    pub fn weight(self) -> f32 {
        match self {
            Self::Name | Self::Titles | Self::Creators => 3.0,
            Self::Subject => 1.6,
            Self::Text => 1.0,
        }
    }
}
