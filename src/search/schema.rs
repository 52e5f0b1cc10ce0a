//! The fields of the index.

use std::sync::OnceLock;

use tantivy::schema::{
    Field, INDEXED, IndexRecordOption, NumericOptions, STORED, STRING, Schema, TextFieldIndexing, TextOptions,
};

use super::visual_measure::VisualMeasure;

/// The tokenizer of words: [`super::terms::PositionedTerms`].
pub(super) const POSITIONED_TERMS: &str = "positioned_terms";

/// The separator between the parts of a term.
pub(super) const SEPARATOR: char = '\u{1f}';

/// The prefix in `any_case` of the source's own identifier of a work.
pub(crate) const SOURCE_ID_PREFIX: &str = "id:";
/// The prefix in `any_case` of colours as `#rrggbb`.
pub(crate) const COLOUR_PREFIX: &str = "colour:";
/// The prefix in `any_case` of identifiers of creators.
pub(crate) const CREATOR_ID_PREFIX: &str = "person:";
/// The scheme of roles.
pub(super) const ROLE: &str = "role";
/// The prefix in `any_case` of creators with their roles: see [`super::roles`].
pub(super) const ROLE_PREFIX: &str = "role:";
/// The prefix in `any_case` of kinds of works that techniques and materials name: see [`super::kinds`].
pub(super) const KIND_PREFIX: &str = "kind:";
/// The prefix in `any_case` of names of the source's own fields.
pub(super) const FIELD_NAME_PREFIX: &str = "field:";
/// The prefix in `any_case` of facet values that only machines have proposed.
pub(super) const PROPOSED_PREFIX: &str = "proposed:";

/// The fields of a work in the index.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields {
    /// The object number.
    pub number: Field,
    /// The object number in lower case, and other exact keys with prefixes.
    pub any_case: Field,
    /// The object number in lower case, without spaces and punctuation, and without leading zeros: see
    /// [`super::object_numbers`].
    pub number_key: Field,
    /// Words of titles, creators and the object number.
    pub name: Field,
    /// Words of titles alone, and of creators.
    pub titles: Field,
    pub creators: Field,
    /// Words of tags, types, techniques, materials.
    pub subject: Field,
    /// Words of descriptions, inscriptions, credit lines and everything else.
    pub text: Field,
    /// Facet values: `scheme`, `value`.
    pub facet: Field,
    /// Labels of facet values: `scheme`, `value`, sort key, label as JSON, and the sort name of people.
    pub called: Field,
    /// What works state about their creators: see [`super::creators`].
    pub person: Field,
    /// Edges of vocabularies: `scheme`, broader value, narrower value.
    pub edge: Field,
    /// Beginnings of titles, without accents.
    pub title: Field,
    /// Sort keys of the preferred title and of the first creator.
    pub title_order: Field,
    pub creator: Field,
    pub earliest: Field,
    pub latest: Field,
    /// Bits: [`HAS_IMAGE`], [`PUBLIC_DOMAIN`], [`ON_DISPLAY`].
    pub flags: Field,
    /// The dimensions of the largest image, in pixels.
    pub width: Field,
    pub height: Field,
    /// The file size of the main image, from the record.
    pub bytes: Field,
    /// Colours as `0xrrggbb`, the most important first; bits 24 to 31 are the share of the picture, see
    /// [`super::colour::packed`].
    pub colour: Field,
    pub hue: Field,
    /// The name of the plain background's color: see [`super::background::place_of`].
    pub background: Field,
    /// What was measured on its pictures.
    pub visual_measures: [Field; VisualMeasure::ALL.len()],
    pub revision: Field,
    /// When the source changed and created its record, in seconds since 1970.
    pub modified: Field,
    pub created: Field,
    /// The work's record: see [`super::indexed_work`]. It is stored as text because tantivy reads byte values one by
    /// one.
    pub stored: Field,
}

pub(super) const HAS_IMAGE: u64 = 1;
pub(super) const PUBLIC_DOMAIN: u64 = 2;
pub(super) const ON_DISPLAY: u64 = 4;

/// The schema and its fields.
pub(super) fn schema() -> &'static (Schema, Fields) {
    static SCHEMA: OnceLock<(Schema, Fields)> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        let mut builder = Schema::builder();
        let words = TextOptions::default().set_indexing_options(
            TextFieldIndexing::default()
                .set_tokenizer(POSITIONED_TERMS)
                .set_index_option(IndexRecordOption::WithFreqsAndPositions),
        );
        let sorted = || TextOptions::default().set_fast("raw");
        let number = || NumericOptions::default().set_fast();
        let fields = Fields {
            number: builder.add_text_field("number", STRING | STORED | sorted()),
            any_case: builder.add_text_field("any_case", STRING),
            number_key: builder.add_text_field("number_key", STRING),
            name: builder.add_text_field("name", words.clone()),
            titles: builder.add_text_field("titles", words.clone()),
            creators: builder.add_text_field("creators", words.clone()),
            subject: builder.add_text_field("subject", words.clone()),
            text: builder.add_text_field("text", words),
            facet: builder.add_text_field("facet", STRING | sorted()),
            called: builder.add_text_field("called", STRING),
            person: builder.add_text_field("person", STRING),
            edge: builder.add_text_field("edge", STRING),
            title: builder.add_text_field("title", STRING | sorted()),
            title_order: builder.add_text_field("title_order", sorted()),
            creator: builder.add_text_field("creator", sorted()),
            earliest: builder.add_i64_field("earliest", number()),
            latest: builder.add_i64_field("latest", number()),
            flags: builder.add_u64_field("flags", number()),
            width: builder.add_u64_field("width", number()),
            height: builder.add_u64_field("height", number()),
            bytes: builder.add_u64_field("bytes", number()),
            colour: builder.add_u64_field("colour", number()),
            hue: builder.add_u64_field("hue", number()),
            background: builder.add_u64_field("background", number()),
            visual_measures: VisualMeasure::ALL
                .map(|measure| builder.add_f64_field(measure.name(), number())),
            revision: builder.add_u64_field("revision", number() | INDEXED),
            modified: builder.add_i64_field("modified", number()),
            created: builder.add_i64_field("created", number()),
            stored: builder.add_text_field("stored", TextOptions::default().set_stored()),
        };
        (builder.build(), fields)
    })
}

/// Joins parts into one term.
pub(super) fn joined(parts: &[&str]) -> String {
    let mut term = String::new();
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            term.push(SEPARATOR);
        }
        term.extend(part.chars().filter(|c| *c != SEPARATOR));
    }
    term
}
