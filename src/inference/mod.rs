//! Runs ONNX models on pictures: embeddings, scores of classes, boxes of a detector.
//!
//! A model is described by its declaration alone ([`settings::Declaration`]); what the settings do not say is not guessed.
//! [`Model::load`] reads and checks all its files, [`Model::run`] computes on one thread, in as many threads at once as
//! call it. A model's version is the beginning of its file's SHA-256. Models are as trusted as programs: a damaged or
//! unfit one is an error, but one that was made to use all memory may do so, which `sha256` in the settings rules out.

mod activation;
mod anchors;
mod boxes;
mod check;
mod engine;
mod error;
mod labels;
mod model;
mod prepare;
mod read_file;
pub(crate) mod settings;
#[cfg(test)]
mod tests;
mod text;

pub(crate) use boxes::{Detection, Part};
pub(crate) use error::Error;
pub(crate) use labels::Label;
pub(crate) use model::Model;
pub(crate) use settings::{Declaration, Settings};
pub(crate) use text::TextEncoder;
