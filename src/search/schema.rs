//! The fields of the index.

use std::sync::OnceLock;

use tantivy::schema::{
    Field, INDEXED, IndexRecordOption, NumericOptions, STORED, STRING, Schema, TextFieldIndexing, TextOptions,
};

/// What stands between the parts of a term.
pub const SEPARATOR: char = '\u{1f}';

/// Prefix of a source's identifiers among the numbers of a work.
pub const SOURCE_ID_PREFIX: &str = "id:";
/// Prefix of colours as `#rrggbb`.
pub const COLOUR_PREFIX: &str = "colour:";
/// Prefix of identifiers of creators.
pub const CREATOR_ID_PREFIX: &str = "person:";
/// Prefix of names of fields that only the work's source knows.
pub const FIELD_NAME_PREFIX: &str = "field:";

/// The fields of a work in the index.
#[derive(Clone, Copy, Debug)]
pub struct Fields {
    /// The object number as it is.
    pub number: Field,
    /// In lower case.
    pub any_case: Field,
    /// Without case, spaces and signs: see [`super::object_numbers::key`].
    pub number_key: Field,
    /// Words of titles, creators and the object number.
    pub name: Field,
    /// Words of titles alone, and of creators.
    pub titles: Field,
    pub creators: Field,
    /// Words of tags, types, techniques, materials.
    pub subject: Field,
    /// Words of descriptions, inscriptions, credit lines and all that is said beside.
    pub text: Field,
    /// `scheme`, `value`: the shelves that the work stands on.
    pub facet: Field,
    /// `scheme`, `value`, sort key, label as JSON, and for people the name as it is sorted: how its shelves are called.
    pub called: Field,
    /// `scheme`, value of the broader, value of the narrower.
    pub edge: Field,
    /// Titles, without accents, as they begin.
    pub title: Field,
    /// Sort keys of the title to show and of the first creator.
    pub title_order: Field,
    pub creator: Field,
    pub earliest: Field,
    pub latest: Field,
    /// Bits: [`HAS_IMAGE`], [`PUBLIC_DOMAIN`], [`ON_DISPLAY`].
    pub flags: Field,
    /// Of the largest image, in pixels.
    pub width: Field,
    pub height: Field,
    /// Of the main image's file, as the record says.
    pub bytes: Field,
    /// `0xrrggbb` of colours, the most important first.
    pub colour: Field,
    pub hue: Field,
    pub revision: Field,
    /// When the source changed and made its record, in seconds since 1970.
    pub modified: Field,
    pub created: Field,
    /// The work as it is told: see [`super::indexed_work`]. As a text: the library reads bytes one by one.
    pub stored: Field,
}

pub const HAS_IMAGE: u64 = 1;
pub const PUBLIC_DOMAIN: u64 = 2;
pub const ON_DISPLAY: u64 = 4;

/// The schema and its fields.
pub fn schema() -> &'static (Schema, Fields) {
    static MADE: OnceLock<(Schema, Fields)> = OnceLock::new();
    MADE.get_or_init(|| {
        let mut builder = Schema::builder();
        let words = TextOptions::default().set_indexing_options(
            TextFieldIndexing::default()
                .set_tokenizer("raw")
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
            revision: builder.add_u64_field("revision", number() | INDEXED),
            modified: builder.add_i64_field("modified", number()),
            created: builder.add_i64_field("created", number()),
            stored: builder.add_text_field("stored", TextOptions::default().set_stored()),
        };
        (builder.build(), fields)
    })
}

/// A term of several parts.
pub fn joined(parts: &[&str]) -> String {
    let mut term = String::new();
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            term.push(SEPARATOR);
        }
        term.extend(part.chars().filter(|c| *c != SEPARATOR));
    }
    term
}
