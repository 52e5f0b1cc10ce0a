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
mod entry;
mod error;
mod expansion;
mod find;
mod holders;
mod identity;
mod index;
mod labels;
mod lexicon;
mod numbers;
mod order;
mod page;
mod parser;
mod period;
mod place;
mod question;
mod schema;
mod settings;
mod snapshot;
mod spelling;
mod stored;
mod suggest;
mod terms;
mod text_query;
mod tree;
mod vocabulary;

pub use colour::{Colour, names as colour_names};
pub use entry::Entry;
pub use error::Error;
pub use holders::Holders;
pub use index::Index;
pub use lexicon::meanings;
pub use order::{Cursor, Order, SORTS, Sort};
pub use parser::LONGEST;
pub use place::Place;
pub use question::{Filter, Found, Search};
pub use schema::{COLOUR_KEY, ID, PERSON};
pub use settings::Settings;
pub use snapshot::{Snapshot, Walk};
pub use stored::{Shown, Stored, in_language};
pub use suggest::Suggestion;
pub use tree::Branch;
pub use vocabulary::{Term, Vocabulary};
