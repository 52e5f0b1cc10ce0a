//! Runs networks: the only part that knows the engine.
//!
//! Of the engines in pure Rust, rten takes about as long as tract, half of its memory and a fifth of its time to build:
//! SqueezeNet 1.1, SSD MobileNetV2 and EfficientNet-Lite0 take 17, 100 and 46 ms of one thread, with tract 16, 85 and 30,
//! both with overflow checks, and 11, 77 and 37 ms without, as `Cargo.toml` builds it.
//!
//! Each call computes on one thread: pictures are faster side by side than the parts of one picture. The caller bounds the
//! threads by the calls that it makes at once.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use parking_lot::Mutex;
use rten::{Dimension, ModelOptions, NodeId, RunOptions, ThreadPool, Value, ValueView};
use rten_tensor::prelude::*;

use super::Error;
use super::settings::Output;

/// A network that is ready to run.
pub(super) struct Engine {
    network: rten::Model,
    /// Threads that no call uses now, in pools of one.
    idle: Mutex<Vec<Arc<ThreadPool>>>,
}

/// An output of a network.
#[derive(Debug)]
pub(super) struct Tensor {
    /// The length of each dimension.
    pub shape: Vec<usize>,
    /// The product of the dimensions, the last one the fastest.
    pub values: Vec<f32>,
}

/// What was expected of a network, and what there is; or what the engine says.
#[derive(Debug)]
pub(super) enum Fault {
    /// The network is not what its declaration says.
    Unexpected { expected: String, found: String },
    /// The engine fails.
    Engine(String),
}

impl Engine {
    /// Loads a network.
    pub(super) fn load(bytes: Vec<u8>) -> Result<Self, Fault> {
        let network = guarded(|| ModelOptions::with_all_ops().load(bytes))?;
        Ok(Self { network, idle: Mutex::new(Vec::new()) })
    }

    /// The only input, which takes the given dimensions.
    pub(super) fn picture_input(&self, shape: [usize; 4]) -> Result<NodeId, Fault> {
        let &[input] = self.network.input_ids() else {
            let names: Vec<_> = self.inputs().iter().map(|(_, name)| name.clone()).collect();
            return Err(Fault::unexpected("one input", format!("{} ({})", names.len(), names.join(", "))));
        };
        let Some(dimensions) = self.network.node_info(input).and_then(|info| info.shape()) else {
            return Ok(input);
        };
        let fits = |(dimension, length): (&Dimension, usize)| match dimension {
            Dimension::Fixed(fixed) => *fixed == length,
            Dimension::Symbolic(_) => true,
        };
        if dimensions.len() != 4 || !dimensions.iter().zip(shape).all(fits) {
            return Err(Fault::unexpected(format!("an input of {shape:?}"), shown(&dimensions)));
        }
        Ok(input)
    }

    /// All inputs with their names.
    pub(super) fn inputs(&self) -> Vec<(NodeId, String)> {
        let name = |id: NodeId| self.network.node_info(id).and_then(|info| info.name()).unwrap_or_default();
        self.network.input_ids().iter().map(|id| (*id, name(*id).to_owned())).collect()
    }

    /// Finds an output.
    pub(super) fn output(&self, wanted: &Output) -> Result<NodeId, Fault> {
        let outputs = self.network.output_ids();
        let name = |id: &NodeId| self.network.node_info(*id).and_then(|info| info.name()).unwrap_or_default();
        let found = match wanted {
            Output::Index(at) => outputs.get(*at).copied(),
            Output::Name(wanted) => outputs.iter().find(|id| name(id) == wanted).copied(),
        };
        found.ok_or_else(|| {
            let expected = match wanted {
                Output::Index(at) => format!("an output {at}"),
                Output::Name(wanted) => format!("an output `{wanted}`"),
            };
            let names: Vec<_> = outputs.iter().map(|id| format!("`{}`", name(id))).collect();
            Fault::unexpected(expected, format!("{} outputs: {}", names.len(), names.join(", ")))
        })
    }

    /// Computes outputs on one thread.
    pub(super) fn run(
        &self,
        inputs: &[(NodeId, ValueView<'_>)],
        outputs: &[NodeId],
    ) -> Result<Vec<Tensor>, Fault> {
        let thread = self.idle.lock().pop().unwrap_or_else(|| Arc::new(ThreadPool::with_num_threads(1)));
        let options = RunOptions::default().with_thread_pool(Some(thread.clone()));
        let inputs = inputs.iter().map(|(id, values)| (*id, values.clone().into())).collect();
        let computed = guarded(|| self.network.run(inputs, outputs, Some(options)));
        self.idle.lock().push(thread);
        computed?.into_iter().map(tensor).collect()
    }
}

/// Floats of the given dimensions as an input.
pub(super) fn floats<'a>(shape: &[usize], values: &'a [f32]) -> Result<ValueView<'a>, Fault> {
    ValueView::from_shape(shape, values).map_err(|error| Fault::Engine(error.to_string()))
}

/// Numbers of the given dimensions as an input, which the network may call 64-bit.
pub(super) fn integers<'a>(shape: &[usize], values: &'a [i32]) -> Result<ValueView<'a>, Fault> {
    ValueView::from_shape(shape, values).map_err(|error| Fault::Engine(error.to_string()))
}

/// Runs what may panic on a damaged network: that says no more than an error does.
fn guarded<T, E: std::fmt::Display>(work: impl FnOnce() -> Result<T, E>) -> Result<T, Fault> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(done) => done.map_err(|error| Fault::Engine(error.to_string())),
        Err(panic) => Err(Fault::Engine(message(&*panic))),
    }
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text =
        panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    format!("the engine gave up: {}", text.unwrap_or("no reason given"))
}

fn tensor(value: Value) -> Result<Tensor, Fault> {
    let dtype = value.dtype();
    let Some(view) = value.as_tensor_view::<f32>() else {
        return Err(Fault::unexpected("outputs of 32-bit floats", dtype.to_string()));
    };
    Ok(Tensor { shape: view.shape().to_vec(), values: view.to_vec() })
}

fn shown(dimensions: &[Dimension]) -> String {
    let shown: Vec<_> = dimensions
        .iter()
        .map(|dimension| match dimension {
            Dimension::Fixed(length) => length.to_string(),
            Dimension::Symbolic(name) => name.clone(),
        })
        .collect();
    format!("[{}]", shown.join(", "))
}

impl Fault {
    fn unexpected(expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self::Unexpected { expected: expected.into(), found: found.into() }
    }

    /// With the name of the model's file.
    pub(super) fn of(self, file: &str, what: &'static str) -> Error {
        match self {
            Self::Unexpected { expected, found } => Error::unexpected(file, expected, found),
            Self::Engine(reason) => Error::Engine { file: file.to_owned(), what, reason },
        }
    }
}
