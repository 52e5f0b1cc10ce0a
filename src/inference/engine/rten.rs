//! Runs networks by rten, which is part of every build.

use std::sync::Arc;

use parking_lot::Mutex;
use rten::{Model, ModelOptions, NodeId, RunOptions, ThreadPool, Value, ValueOrView, ValueView};
use rten_tensor::prelude::*;

use super::network::{Dimension, Fault, Network, Port, Tensor, Values, guarded};

/// A network with the threads that run it.
pub(super) struct Rten {
    model: Model,
    inputs: Vec<Port>,
    outputs: Vec<Port>,
    /// Threads that no call uses now, in pools of one.
    idle: Mutex<Vec<Arc<ThreadPool>>>,
}

impl Rten {
    pub(super) fn load(bytes: Vec<u8>) -> Result<Self, Fault> {
        let model = guarded(|| ModelOptions::with_all_ops().load(bytes).map_err(Fault::engine))?;
        let ports = |ids: &[NodeId]| ids.iter().map(|id| port(&model, *id)).collect();
        let (inputs, outputs) = (ports(model.input_ids()), ports(model.output_ids()));
        Ok(Self { inputs, outputs, model, idle: Mutex::default() })
    }

    fn given<'a>(&self, at: usize, values: Values<'a>) -> Result<(NodeId, ValueOrView<'a>), Fault> {
        let view = match values {
            Values::Floats(shape, values) => ValueView::from_shape(shape, values).map_err(Fault::engine)?,
            Values::Integers(shape, values) => ValueView::from_shape(shape, values).map_err(Fault::engine)?,
        };
        Ok((self.model.input_ids()[at], view.into()))
    }
}

impl Network for Rten {
    fn inputs(&self) -> &[Port] {
        &self.inputs
    }

    fn outputs(&self) -> &[Port] {
        &self.outputs
    }

    fn run(&self, inputs: &[(usize, Values<'_>)], outputs: &[usize]) -> Result<Vec<Tensor>, Fault> {
        let given = |input: &(usize, _)| self.given(input.0, input.1);
        let inputs = inputs.iter().map(given).collect::<Result<_, Fault>>()?;
        let outputs: Vec<_> = outputs.iter().map(|at| self.model.output_ids()[*at]).collect();
        let thread = self.idle.lock().pop().unwrap_or_else(|| Arc::new(ThreadPool::with_num_threads(1)));
        let options = RunOptions::default().with_thread_pool(Some(thread.clone()));
        let computed = guarded(|| self.model.run(inputs, &outputs, Some(options)).map_err(Fault::engine));
        self.idle.lock().push(thread);
        computed?.into_iter().map(tensor).collect()
    }
}

fn port(model: &Model, id: NodeId) -> Port {
    let info = model.node_info(id);
    let name = info.as_ref().and_then(|info| info.name()).unwrap_or_default().to_owned();
    let dimension = |dimension: &rten::Dimension| match dimension {
        rten::Dimension::Fixed(length) => Dimension::Fixed(*length),
        rten::Dimension::Symbolic(name) => Dimension::Any(name.clone()),
    };
    let dimensions = info.and_then(|info| info.shape());
    Port { name, dimensions: dimensions.map(|all| all.iter().map(dimension).collect()) }
}

fn tensor(value: Value) -> Result<Tensor, Fault> {
    let dtype = value.dtype();
    let Some(view) = value.as_tensor_view::<f32>() else {
        return Err(Fault::unexpected("outputs of 32-bit floats", dtype.to_string()));
    };
    Ok(Tensor { shape: view.shape().to_vec(), values: view.to_vec() })
}
