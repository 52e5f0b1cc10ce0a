//! Models as a whole: tiny ones, damaged ones, and real ones on paintings.

mod hostile;
mod made;
mod onnxruntime;
mod paintings;
mod text;
mod tiny;

use std::cell::RefCell;

use super::settings::{Declaration, Input, Output, Outputs, PerChannel, Settings};
use super::{Error, Model};
use crate::iiif::Dimensions;
use crate::pixels::{Channels, Raster};
use crate::proof;

thread_local! {
    /// The library of ONNX Runtime; if empty, rten runs the models that a test loads.
    static ONNXRUNTIME: RefCell<String> = const { RefCell::new(String::new()) };
}

/// The settings of the engine that is tested.
fn settings() -> Settings {
    Settings { onnxruntime: ONNXRUNTIME.with_borrow(Clone::clone), ..Settings::default() }
}

/// A file of `tests/fixtures/models`.
fn fixture(name: &str) -> String {
    proof::fixture("models").join(name).to_str().expect("a path in UTF-8").to_owned()
}

/// A tiny model with an input of 4 x 4 pixels, samples from 0 to 1.
fn declaration(name: &str) -> Declaration {
    let scale = PerChannel::All(255.0);
    Declaration {
        file: fixture(name),
        input: Input { width: 4, height: 4, scale, ..Input::default() },
        outputs: Outputs { embedding: Some(output("embedding")), ..Outputs::default() },
        ..Declaration::default()
    }
}

fn output(name: &str) -> Output {
    Output::Name(name.into())
}

fn load(declaration: &Declaration) -> Result<Model, Error> {
    Model::load(declaration, &settings())
}

/// The message of a model that cannot be loaded.
#[track_caller]
fn refusal(declaration: &Declaration) -> String {
    load(declaration).map(|_| ()).unwrap_err().to_string()
}

/// A picture of one color.
fn plain(color: [u8; 3]) -> Raster {
    Raster { dimensions: Dimensions::new(6, 5), channels: Channels::Rgb, samples: color.repeat(30) }
}
