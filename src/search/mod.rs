//! Finding works: an index of words and facets that each server derives from the catalogue, and throws away when it
//! likes.
//!
//! Words lie in three fields of an inverted index, as they are written and as Danish and English stems, without
//! accents. What is counted, compared and filtered for many works at a time lies in columns in memory, side by side,
//! with values of facets as numbers of one vocabulary: a broad search with facets walks through it once.

mod analysis;
mod colour;
mod columns;
mod conditions;
mod document;
mod error;
mod expansion;
mod find;
mod identity;
mod index;
mod indexed_work;
mod labels;
mod lexicon;
mod object_numbers;
mod order;
mod page;
mod parser;
mod period;
mod request;
mod schema;
mod search_field;
mod settings;
mod snapshot;
mod spelling;
mod suggest;
mod terms;
mod text_query;
mod tree;
mod vocabulary;
mod works_with_value;

pub use colour::{Colour, names as colour_names};
pub use document::Entry;
pub use error::Error;
pub use index::Index;
pub use indexed_work::{Shown, Stored, in_language};
pub use lexicon::meanings;
pub use order::{Cursor, Order, SORTS, Sort};
pub use parser::LONGEST;
pub use request::{Filter, Found, Search};
pub use schema::{COLOUR_KEY, ID, PERSON};
pub use search_field::Place;
pub use settings::Settings;
pub use snapshot::{Snapshot, Walk};
pub use suggest::Suggestion;
pub use tree::Branch;
pub use vocabulary::{Term, Vocabulary};
pub use works_with_value::Holders;
