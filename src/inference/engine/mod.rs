//! Runs networks: the only part that knows the engines.
//!
//! Of the engines in pure Rust, rten takes about as long as tract, half of its memory and a fifth of its time to build:
//! SqueezeNet 1.1, SSD MobileNetV2 and EfficientNet-Lite0 take 17, 100 and 46 ms of one thread, with tract 16, 85 and 30,
//! both with overflow checks, and 11, 77 and 37 ms without, as `Cargo.toml` builds it. ONNX Runtime takes 5, 35 and 9 ms,
//! but Tegl does not build it: with the feature `onnxruntime` its library is loaded at run time, if the settings name it.
//!
//! Each call computes on one thread: pictures are faster side by side than the parts of one picture. The caller bounds the
//! threads by the calls that it makes at once.

mod network;
#[cfg(feature = "onnxruntime")]
mod onnxruntime;
mod rten;

use network::{Dimension, Network, Port};

use super::settings::{Output, Settings};

pub(super) use network::{Fault, Tensor, Values};

/// A network that is ready to run.
pub(super) struct Engine(Box<dyn Network>);

impl Engine {
    /// Loads a network by the engine of the settings.
    pub(super) fn load(bytes: Vec<u8>, settings: &Settings) -> Result<Self, Fault> {
        settings.check().map_err(Fault::Engine)?;
        #[cfg(feature = "onnxruntime")]
        if !settings.onnxruntime.is_empty() {
            return Ok(Self(Box::new(onnxruntime::OnnxRuntime::load(&settings.onnxruntime, &bytes)?)));
        }
        Ok(Self(Box::new(rten::Rten::load(bytes)?)))
    }

    /// The only input, which takes the given dimensions.
    pub(super) fn picture_input(&self, shape: [usize; 4]) -> Result<usize, Fault> {
        let [input] = self.0.inputs() else {
            let names: Vec<_> = self.inputs().collect();
            return Err(Fault::unexpected("one input", format!("{} ({})", names.len(), names.join(", "))));
        };
        let Some(dimensions) = &input.dimensions else {
            return Ok(0);
        };
        let fits = |(dimension, length): (&Dimension, usize)| match dimension {
            Dimension::Fixed(fixed) => *fixed == length,
            Dimension::Any(_) => true,
        };
        if dimensions.len() != 4 || !dimensions.iter().zip(shape).all(fits) {
            return Err(Fault::unexpected(format!("an input of {shape:?}"), shown(dimensions)));
        }
        Ok(0)
    }

    /// The names of all inputs, in the order of their places.
    pub(super) fn inputs(&self) -> impl Iterator<Item = &str> {
        self.0.inputs().iter().map(|input| input.name.as_str())
    }

    /// Finds the place of an output.
    pub(super) fn output(&self, wanted: &Output) -> Result<usize, Fault> {
        let outputs = self.0.outputs();
        let found = match wanted {
            Output::Index(at) => Some(*at).filter(|at| *at < outputs.len()),
            Output::Name(wanted) => outputs.iter().position(|output| output.name == *wanted),
        };
        found.ok_or_else(|| {
            let expected = match wanted {
                Output::Index(at) => format!("an output {at}"),
                Output::Name(wanted) => format!("an output `{wanted}`"),
            };
            let names: Vec<_> = outputs.iter().map(|Port { name, .. }| format!("`{name}`")).collect();
            Fault::unexpected(expected, format!("{} outputs: {}", names.len(), names.join(", ")))
        })
    }

    /// Computes outputs on one thread; inputs and outputs are named by their places.
    pub(super) fn run(
        &self,
        inputs: &[(usize, Values<'_>)],
        outputs: &[usize],
    ) -> Result<Vec<Tensor>, Fault> {
        self.0.run(inputs, outputs)
    }
}

fn shown(dimensions: &[Dimension]) -> String {
    let shown: Vec<_> = dimensions
        .iter()
        .map(|dimension| match dimension {
            Dimension::Fixed(length) => length.to_string(),
            Dimension::Any(name) => name.clone(),
        })
        .collect();
    format!("[{}]", shown.join(", "))
}
