//! Everything that is tested from outside, in one binary.

mod catalogue;
mod commands;
mod connections;
mod export;
mod faults;
mod floors;
mod headers;
mod hostile;
mod image_api;
mod index;
mod ingest;
mod masters;
mod pages;
mod reads;
mod records;
mod refusals;
mod rights;
mod search;
mod stampede;
mod stores;
mod streams;
mod support;
mod tagging;
mod truth;
mod works;
