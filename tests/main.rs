//! Everything that is tested from outside, in one binary.

mod faults;
mod floors;
mod hostile;
mod image_api;
mod reads;
mod stampede;
mod stores;
mod support;
