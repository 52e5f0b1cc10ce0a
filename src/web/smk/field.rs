//! The fields of SMK's records that can be queried, and their meaning in Tegl.

use std::sync::LazyLock;

use crate::iiif::Invalid;
use crate::record::read::{SMK_FIELDS, SmkField};
use crate::search::SearchField;

/// A field, by its name in SMK's API.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Field {
    /// Its name in SMK's records; several names may be synonyms.
    pub name: &'static str,
    pub known: Known,
}

/// The meaning of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Known {
    /// The values of this scheme.
    Facet(&'static str),
    Flag(Flag),
    /// The licence or rights statement.
    Rights,
    /// The object number.
    Number,
    /// The source's own identifier.
    Id,
    /// The years of its making, as `1880-1920`.
    Period,
    Title,
    Measure(Measure),
}

/// Boolean properties of a work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Flag {
    HasImage,
    PublicDomain,
    OnDisplay,
}

/// Values with ranges, and their units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Measure {
    /// The first year of its making.
    Earliest,
    /// The last year of its making.
    Latest,
    /// When the source made the record, in seconds since 1970.
    Created,
    /// When the source last changed the record, in seconds since 1970.
    Modified,
    /// The main image's width in pixels.
    Width,
    /// The main image's height in pixels.
    Height,
    /// The main image's size in bytes.
    Bytes,
}

/// Every field that is known, the usual name of a thing before its other names.
pub(super) static FIELDS: LazyLock<Vec<Field>> = LazyLock::new(|| {
    SMK_FIELDS.iter().filter_map(known).map(|(name, known)| Field { name, known }).collect()
});

fn known(field: &SmkField) -> Option<(&'static str, Known)> {
    let known = match (field.facet, field.name) {
        (Some(scheme), _) => Known::Facet(scheme),
        (None, "has_image") => Known::Flag(Flag::HasImage),
        (None, "public_domain") => Known::Flag(Flag::PublicDomain),
        (None, "on_display") => Known::Flag(Flag::OnDisplay),
        (None, "rights") => Known::Rights,
        (None, "object_number") => Known::Number,
        (None, "id") => Known::Id,
        (None, "titles" | "title") => Known::Title,
        (None, "production_dates_period") => Known::Period,
        (None, "production_dates_start") => Known::Measure(Measure::Earliest),
        (None, "production_dates_end") => Known::Measure(Measure::Latest),
        (None, "created") => Known::Measure(Measure::Created),
        (None, "modified") => Known::Measure(Measure::Modified),
        (None, "image_width") => Known::Measure(Measure::Width),
        (None, "image_height") => Known::Measure(Measure::Height),
        (None, "image_size") => Known::Measure(Measure::Bytes),
        _ => return None,
    };
    Some((field.name, known))
}

impl Known {
    pub(super) fn can_be_filtered(self) -> bool {
        !matches!(self, Self::Title | Self::Measure(_))
    }

    pub(super) fn can_be_counted(self) -> bool {
        matches!(self, Self::Facet(_) | Self::Flag(_) | Self::Rights)
    }

    pub(super) fn can_be_sorted_by(self) -> bool {
        matches!(self, Self::Facet("creator") | Self::Title | Self::Number | Self::Id | Self::Measure(_))
    }

    pub(super) fn can_be_spanned(self) -> bool {
        matches!(self, Self::Measure(_))
    }
}

/// The field of this name, case-insensitive, if `fits` accepts it.
pub(super) fn field(
    parameter: &'static str,
    name: &str,
    fits: fn(Known) -> bool,
) -> Result<&'static Field, Invalid> {
    let mut fitting = FIELDS.iter().filter(|field| fits(field.known));
    let found = fitting.clone().find(|field| field.name.eq_ignore_ascii_case(name.trim()));
    found.ok_or_else(|| {
        let first = fitting.next().map_or("", |field| field.name);
        let names = fitting.fold(first.to_owned(), |names, field| names + ", " + field.name);
        Invalid::new(parameter, name.trim(), format!("is not supported here; supported fields are {names}"))
    })
}

/// Fields of SMK's records that are searched as general text.
const TEXTS: [&str; 15] = [
    "labels",
    "content_description",
    "inscriptions",
    "credit_line",
    "collection",
    "responsible_department",
    "current_location_name",
    "exhibitions",
    "production_date",
    "production_dates_notes",
    "notes",
    "related_objects",
    "documentation",
    "object_history_note",
    "distinguishing_features",
];

/// The search field for a field of SMK's API.
pub(super) fn place(field: &str) -> Result<SearchField, Invalid> {
    Ok(match field {
        "titles" | "title" => SearchField::Titles,
        "creator" | "artist" | "production" => SearchField::Creators,
        "object_number" | "id" => SearchField::Name,
        "techniques" | "materials" | "medium" | "object_names" | "geo_location" => SearchField::Subject,
        name if TEXTS.contains(&name) => SearchField::Text,
        name if name.starts_with("content_") => SearchField::Subject,
        name if name.starts_with("creator_") => SearchField::Text,
        _ => {
            let known =
                "titles, creator, object_number, techniques, materials, object_names, content_subject";
            let reason = format!("is not a text field; text fields are {known}, {}", TEXTS.join(", "));
            return Err(Invalid::new("qfields", field, reason));
        }
    })
}

/// Possible names of a value in this index: SMK writes people by family name, `Ancher, Anna`; the index has the given
/// name first.
pub(crate) fn names(scheme: &str, value: &str) -> Vec<String> {
    let mut names = vec![value.to_owned()];
    if let ("creator" | "person", Some((family, given))) = (scheme, family_and_given(value)) {
        names.insert(0, format!("{given} {family}"));
    }
    names
}

/// The parts of a name such as `Ancher, Anna`.
pub(super) fn family_and_given(name: &str) -> Option<(&str, &str)> {
    let (family, given) = name.split_once(',').map(|(family, given)| (family.trim(), given.trim()))?;
    (!family.is_empty() && !given.is_empty() && !given.contains(',')).then_some((family, given))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_by_their_use() {
        let found = |name, fits: fn(Known) -> bool| field("filters", name, fits).map(|field| field.known);
        assert_eq!(found("artist", Known::can_be_filtered), Ok(Known::Facet("creator")));
        assert_eq!(found(" Medium ", Known::can_be_counted), Ok(Known::Facet("material")));
        assert_eq!(found("titles", Known::can_be_sorted_by), Ok(Known::Title));
        assert_eq!(found("modified", Known::can_be_spanned), Ok(Known::Measure(Measure::Modified)));
        assert!(found("titles", Known::can_be_filtered).is_err());
        assert!(found("object_number", Known::can_be_counted).is_err());
        let refused = found("creater", Known::can_be_counted).unwrap_err().to_string();
        assert!(
            refused.starts_with(
                "filters `creater` is not supported here; supported fields are creator, artist, "
            )
        );
        assert!(refused.ends_with(", on_display, rights"), "{refused}");
    }

    #[test]
    fn names_are_unique() {
        let mut names: Vec<_> = FIELDS.iter().map(|field| field.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), FIELDS.len());
        assert_eq!(names.len(), 37);
    }

    #[test]
    fn people_are_looked_up_by_the_upright_name_first() {
        assert_eq!(names("creator", "Ancher, Anna"), ["Anna Ancher", "Ancher, Anna"]);
        assert_eq!(names("creator", "Ubekendt"), ["Ubekendt"]);
        assert_eq!(names("creator", "a, b, c"), ["a, b, c"]);
        assert_eq!(names("technique", "olie, lærred"), ["olie, lærred"]);
    }
}
