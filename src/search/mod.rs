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
pub use document::IndexableWork;
pub use error::Error;
pub use index::Index;
pub use indexed_work::{IndexedImage, IndexedWork, in_language};
pub use lexicon::translations;
pub use order::{Cursor, Order, SORTS, Sort};
pub use parser::MAX_QUERY_CHARS;
pub use request::{Filter, Search, SearchResults};
pub use schema::{COLOUR_PREFIX, CREATOR_ID_PREFIX, SOURCE_ID_PREFIX};
pub use search_field::SearchField;
pub use settings::Settings;
pub use snapshot::{ScanPosition, Snapshot};
pub use suggest::Suggestion;
pub use tree::TreeNode;
pub use vocabulary::{FacetValue, Vocabulary};
pub use works_with_value::WorksWithValue;
