//! Everything that is tested from outside, in one binary.

mod catalogue;
mod export;
mod faults;
mod floors;
mod hostile;
mod image_api;
mod index;
mod ingest;
mod masters;
mod reads;
mod records;
mod rights;
mod search;
mod stampede;
mod stores;
mod support;
mod works;
