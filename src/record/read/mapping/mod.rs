//! Mappings from the columns of a table, or the fields of JSON records, to the fields of works.

pub(in crate::record::read) mod apply;
mod cells;
mod fields;
mod rules;
pub(in crate::record::read) mod table;

pub use rules::Mapping;
