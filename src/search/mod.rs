//! Search: an index of words and facet values that each server derives from the catalogue and can rebuild at any time.
//!
//! Words are in three fields of an inverted index, as written and as Danish and English stems, without accents. Values
//! that are counted, compared or filtered for many works are in columns in memory, with facet values as numbers of one
//! vocabulary. A broad search with facets scans these columns once.

mod background;
mod colour;
mod columns;
mod compound_query;
mod compounds;
mod concepts;
mod conditions;
mod creators;
mod decades;
mod document;
mod edit_distance;
mod error;
mod expansion;
mod facet_counts;
mod find;
mod hits;
mod identity;
mod index;
mod indexed_work;
mod kind_query;
mod kinds;
mod labels;
mod lexicon;
mod movements;
mod names;
mod object_numbers;
mod order;
mod page;
mod parser;
mod part;
mod period;
mod periods;
mod prepositions;
mod request;
mod role_query;
mod roles;
mod schema;
mod search_field;
mod settings;
mod snapshot;
mod spelling;
mod stated_creators;
mod suggest;
mod synonyms;
mod terms;
mod text_query;
mod tree;
mod visual_measure;
mod vocabulary;
mod works_with_value;

pub(crate) use background::Background;
pub(crate) use colour::{Colour, WeightedColour, swatch_names, swatch_of};
pub(crate) use concepts::{Concepts, ConceptsBuilder, KnownConcept};
pub(crate) use document::IndexableWork;
pub(crate) use error::Error;
pub(crate) use find::number_hash;
pub(crate) use index::Index;
pub(crate) use indexed_work::{IndexedImage, IndexedWork, Known, in_language};
pub(crate) use lexicon::translations;
pub(crate) use order::{Cursor, Order, SORTS, Sort};
pub(crate) use parser::MAX_QUERY_CHARS;
pub(crate) use request::{FacetMode, Filter, Search, SearchResults};
pub(crate) use schema::{COLOUR_PREFIX, CREATOR_ID_PREFIX, SOURCE_ID_PREFIX};
pub(crate) use search_field::SearchField;
pub(crate) use settings::Settings;
pub(crate) use snapshot::{ScanPosition, Snapshot};
pub(crate) use suggest::Suggestion;
pub(crate) use tantivy::DocAddress;
pub(crate) use tree::TreeNode;
pub(crate) use visual_measure::VisualMeasure;
pub(crate) use vocabulary::FacetValue;
pub(crate) use works_with_value::WorksWithValue;
