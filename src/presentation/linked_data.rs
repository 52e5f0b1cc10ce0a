//! The vocabularies in which a work is JSON-LD.

/// A vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LinkedDataFormat {
    /// schema.org.
    SchemaOrg,
    /// Linked Art 1.0.
    LinkedArt,
}

impl LinkedDataFormat {
    /// All vocabularies, the usual one first.
    pub(crate) const ALL: [Self; 2] = [Self::SchemaOrg, Self::LinkedArt];

    /// The last part of its addresses.
    pub(crate) fn suffix(self) -> &'static str {
        match self {
            Self::SchemaOrg => "schema-org.jsonld",
            Self::LinkedArt => "linked-art.jsonld",
        }
    }

    /// The vocabulary with this last part.
    pub(crate) fn with_suffix(suffix: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.suffix() == suffix)
    }

    /// The profile by which clients ask for it (RFC 6906).
    pub(crate) fn profile(self) -> &'static str {
        match self {
            Self::SchemaOrg => "https://schema.org",
            Self::LinkedArt => super::linked_art::CONTEXT,
        }
    }

    /// The media type with the profile.
    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::SchemaOrg => "application/ld+json;profile=\"https://schema.org\"",
            Self::LinkedArt => "application/ld+json;profile=\"https://linked.art/ns/v1/linked-art.json\"",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types_name_their_profiles() {
        for format in LinkedDataFormat::ALL {
            let expected = format!("application/ld+json;profile=\"{}\"", format.profile());
            assert_eq!(format.media_type(), expected);
            assert_eq!(LinkedDataFormat::with_suffix(format.suffix()), Some(format));
        }
    }
}
