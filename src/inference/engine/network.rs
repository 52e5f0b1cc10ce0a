//! The interface of the engines: a loaded network with its inputs and outputs.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::inference::Error;

/// A network that is loaded, by one of the engines. Any number of threads may run it at once.
pub(super) trait Network: Send + Sync {
    /// What it takes, in its order.
    fn inputs(&self) -> &[Port];

    /// What it gives, in its order.
    fn outputs(&self) -> &[Port];

    /// Computes outputs on one thread; inputs and outputs are named by their places among all of them.
    fn run(&self, inputs: &[(usize, Values<'_>)], outputs: &[usize]) -> Result<Vec<Tensor>, Fault>;
}

/// An input or output of a network.
#[derive(Clone, Debug)]
pub(super) struct Port {
    pub name: String,
    /// Its dimensions, where the network says them.
    pub dimensions: Option<Vec<Dimension>>,
}

/// The length of a dimension.
#[derive(Clone, Debug)]
pub(super) enum Dimension {
    Fixed(usize),
    /// Any length, by the name that the network has for it.
    Any(String),
}

/// Numbers that a network is given, the last dimension the fastest.
#[derive(Clone, Copy, Debug)]
pub(in crate::inference) enum Values<'a> {
    Floats(&'a [usize], &'a [f32]),
    /// The network may call them 64-bit.
    Integers(&'a [usize], &'a [i32]),
}

/// An output of a network.
#[derive(Debug)]
pub(in crate::inference) struct Tensor {
    /// The length of each dimension.
    pub shape: Vec<usize>,
    /// The product of the dimensions, the last one the fastest.
    pub values: Vec<f32>,
}

/// Why a network cannot be loaded or run.
#[derive(Debug)]
pub(in crate::inference) enum Fault {
    /// The network is not what its declaration says.
    Unexpected { expected: String, found: String },
    /// The engine fails, with its reason.
    Engine(String),
}

impl Fault {
    pub(super) fn unexpected(expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self::Unexpected { expected: expected.into(), found: found.into() }
    }

    pub(super) fn engine(error: impl std::fmt::Display) -> Self {
        Self::Engine(error.to_string())
    }

    /// With the name of the model's file.
    pub(in crate::inference) fn of(self, file: &str, what: &'static str) -> Error {
        match self {
            Self::Unexpected { expected, found } => Error::unexpected(file, expected, found),
            Self::Engine(reason) => Error::Engine { file: file.to_owned(), what, reason },
        }
    }
}

/// Returns a panic, which a damaged network may cause, as an error.
pub(super) fn guarded<T>(work: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(Fault::Engine(message(&*panic))))
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text =
        panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    format!("the engine panicked: {}", text.unwrap_or("no reason given"))
}
