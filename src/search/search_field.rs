//! The fields in which words are searched.

use tantivy::schema::Field;

use super::schema::schema;

/// A field in which words are searched, with its weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum SearchField {
    /// Titles, creators and object numbers.
    Name,
    /// Tags, types, techniques and materials.
    Subject,
    /// All other fields.
    Text,
    /// Titles only.
    Titles,
    /// Creators only.
    Creators,
}

impl SearchField {
    /// The default, which together covers all fields.
    pub(crate) const ALL: [Self; 3] = [Self::Name, Self::Subject, Self::Text];

    pub(crate) fn field(self) -> Field {
        let fields = &schema().1;
        match self {
            Self::Name => fields.name,
            Self::Subject => fields.subject,
            Self::Text => fields.text,
            Self::Titles => fields.titles,
            Self::Creators => fields.creators,
        }
    }

    pub(crate) fn weight(self) -> f32 {
        match self {
            Self::Name | Self::Titles | Self::Creators => 3.0,
            Self::Subject => 1.6,
            Self::Text => 1.0,
        }
    }
}
