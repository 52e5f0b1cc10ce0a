//! Values of records: JSON in many shapes, texts by language, measures, years.

pub(in crate::record::read) mod image;
pub(in crate::record::read) mod json;
pub(in crate::record::read) mod language_map;
pub(in crate::record::read) mod language_order;
pub(in crate::record::read) mod measure;
pub(in crate::record::read) mod year;
