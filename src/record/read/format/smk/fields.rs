//! The fields of SMK's records and search API, in one table for the reader, the detector and Tegl's SMK-compatible
//! API.

/// A field of SMK's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SmkField {
    /// The field's name in SMK's records.
    pub name: &'static str,
    /// The scheme of the facet that counts its values.
    pub facet: Option<&'static str>,
    /// What the reader does with it beyond filling fields of a work.
    pub(in crate::record::read) reading: Reading,
    /// Whether no other format has this field, so that its presence identifies the format.
    pub(in crate::record::read) is_distinctive: bool,
}

/// What the reader does with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::record::read) enum Reading {
    Usual,
    /// Each value becomes a tag in the field's facet.
    Tags,
    /// It is kept unchanged, because searches use it and no field of a work holds it.
    Kept,
}

impl SmkField {
    const fn new(name: &'static str) -> Self {
        Self { name, facet: None, reading: Reading::Usual, is_distinctive: false }
    }

    const fn facet(name: &'static str, scheme: &'static str) -> Self {
        Self { facet: Some(scheme), ..Self::new(name) }
    }

    const fn tags(name: &'static str, scheme: &'static str) -> Self {
        Self { reading: Reading::Tags, ..Self::facet(name, scheme) }
    }

    const fn kept(self) -> Self {
        Self { reading: Reading::Kept, ..self }
    }

    const fn distinctive(self) -> Self {
        Self { is_distinctive: true, ..self }
    }
}

/// All known fields: the usual name of a field before its other names, tags in the order of a work's tags.
pub static FIELDS: [SmkField; 45] = [
    SmkField::facet("creator", "creator"),
    SmkField::facet("artist", "creator"),
    SmkField::facet("creator_nationality", "nationality"),
    SmkField::facet("creator_gender", "gender"),
    SmkField::facet("techniques", "technique"),
    SmkField::facet("materials", "material"),
    SmkField::facet("medium", "material"),
    SmkField::facet("object_names", "type").distinctive(),
    SmkField::facet("collection", "collection"),
    SmkField::facet("responsible_department", "department").distinctive(),
    SmkField::tags("colors", "colour"),
    SmkField::tags("suggested_bg_color", "colour"),
    SmkField::tags("content_subject", "subject"),
    SmkField::tags("content_subjects", "subject"),
    SmkField::tags("content_person", "person"),
    SmkField::tags("content_persons", "person"),
    SmkField::tags("content_place", "place"),
    SmkField::tags("geo_location", "place"),
    SmkField::tags("content_motif", "motif"),
    SmkField::facet("current_location_name", "location").distinctive(),
    SmkField::facet("exhibitions", "exhibition").kept(),
    SmkField::new("has_image").distinctive(),
    SmkField::new("public_domain"),
    SmkField::new("on_display").kept(),
    SmkField::new("rights"),
    SmkField::new("object_number"),
    SmkField::new("id").kept(),
    SmkField::new("titles"),
    SmkField::new("title"),
    SmkField::new("production_dates_period"),
    SmkField::new("production_dates_start"),
    SmkField::new("production_dates_end"),
    SmkField::new("created").kept(),
    SmkField::new("modified"),
    SmkField::new("image_width").kept(),
    SmkField::new("image_height").kept(),
    SmkField::new("image_size").kept(),
    SmkField::new("production_date").distinctive(),
    SmkField::new("image_native").distinctive(),
    SmkField::new("image_iiif_id").distinctive(),
    SmkField::new("image_thumbnail").distinctive(),
    SmkField::new("number_of_parts").distinctive(),
    SmkField::new("acquisition_date_precision").distinctive(),
    SmkField::new("iiif_manifest").distinctive(),
    SmkField::new("content_description").distinctive(),
];

/// The fields that are read in this way.
pub(in crate::record::read) fn read_as(reading: Reading) -> impl Iterator<Item = &'static SmkField> {
    FIELDS.iter().filter(move |field| field.reading == reading)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_field_is_listed_twice() {
        let mut names: Vec<_> = FIELDS.iter().map(|field| field.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), FIELDS.len());
    }

    #[test]
    fn fields_of_tags_have_a_facet() {
        assert!(read_as(Reading::Tags).all(|field| field.facet.is_some()));
    }
}
