//! Mappings: which columns of a table, or which fields of JSON records, mean what.

pub(in crate::record::read) mod apply;
mod cells;
mod fields;
mod rules;
pub(in crate::record::read) mod table;

pub use rules::Mapping;
