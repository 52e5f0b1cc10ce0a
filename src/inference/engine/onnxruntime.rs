//! Runs networks by ONNX Runtime, a library that is loaded when the first network is.
//!
//! Only its own provider for processors is used, which allows a session to run on any number of threads at once. Sessions
//! have no threads of their own. Each has an arena, which keeps the memory of as many runs as there were at once: without
//! it, what the system's allocator keeps for each thread is several times as much.

use std::error::Error;
use std::ffi::{CString, c_char};
use std::path::{Path, PathBuf};
use std::ptr::{self, NonNull};

use ort::environment::Environment;
use ort::ep::CPU;
use ort::logging::LogLevel;
use ort::session::{Session, SessionInputValue};
use ort::value::{DynValue, Outlet, Tensor as OwnTensor, TensorElementType, TensorRef, ValueType};
use ort::{AsPointer, LoadDynamicError};
use parking_lot::Mutex;

use super::network::{Dimension, Fault, Network, Port, Tensor, Values, guarded};

/// A network that ONNX Runtime has loaded.
pub(super) struct OnnxRuntime {
    session: Session,
    inputs: Vec<Port>,
    outputs: Vec<Port>,
    input_names: Vec<CString>,
    output_names: Vec<CString>,
}

impl OnnxRuntime {
    /// Loads a network by the library of this path, or by that of this name among the system's.
    pub(super) fn load(library: &str, bytes: &[u8]) -> Result<Self, Fault> {
        let environment = environment(library)?;
        let session = guarded(|| session(&environment, bytes).map_err(Fault::engine))?;
        let ports = |outlets: &[Outlet]| outlets.iter().map(port).collect::<Vec<_>>();
        let (inputs, outputs) = (ports(session.inputs()), ports(session.outputs()));
        Ok(Self { input_names: names(&inputs)?, output_names: names(&outputs)?, inputs, outputs, session })
    }

    /// Computes outputs.
    fn compute(
        &self,
        inputs: &[(usize, Values<'_>)],
        outputs: &[usize],
    ) -> Result<Vec<DynValue>, ort::Error> {
        let given = inputs.iter().map(|(at, values)| given(*values, self.session.inputs()[*at].dtype()));
        let given = given.collect::<Result<Vec<_>, _>>()?;
        let values: Vec<_> = given.iter().map(|value| value.ptr()).collect();
        let input_names: Vec<_> = inputs.iter().map(|(at, _)| self.input_names[*at].as_ptr()).collect();
        let output_names: Vec<_> = outputs.iter().map(|at| self.output_names[*at].as_ptr()).collect();
        self.call(&input_names, &values, &output_names)
    }

    /// As [`Session::run`] does, which wants the session for itself: some providers of ONNX Runtime need that.
    fn call(
        &self,
        input_names: &[*const c_char],
        inputs: &[*const ort::sys::OrtValue],
        output_names: &[*const c_char],
    ) -> Result<Vec<DynValue>, ort::Error> {
        assert_eq!(input_names.len(), inputs.len(), "each input has a name");
        let mut outputs = vec![ptr::null_mut(); output_names.len()];
        // SAFETY: the session, the names and the values live until the call returns, and there are as many as is said;
        // no options are the default ones. ONNX Runtime lets threads run a session at once: it promises so for itself,
        // and for its provider for processors, the only one that `session` registers.
        unsafe {
            let status = (ort::api().Run)(
                self.session.ptr().cast_mut(),
                ptr::null(),
                input_names.as_ptr(),
                inputs.as_ptr(),
                inputs.len(),
                output_names.as_ptr(),
                output_names.len(),
                outputs.as_mut_ptr(),
            );
            ort::Error::result_from_status(status)?;
        }
        let owned = |value: *mut ort::sys::OrtValue| {
            let value = NonNull::new(value).ok_or_else(|| ort::Error::new("an output is missing"))?;
            // SAFETY: the run has made this value for the caller alone, in memory of the session's allocator.
            Ok(unsafe { DynValue::from_ptr(value, Some(self.session.allocator())) })
        };
        outputs.into_iter().map(owned).collect()
    }
}

impl Network for OnnxRuntime {
    fn inputs(&self) -> &[Port] {
        &self.inputs
    }

    fn outputs(&self) -> &[Port] {
        &self.outputs
    }

    fn run(&self, inputs: &[(usize, Values<'_>)], outputs: &[usize]) -> Result<Vec<Tensor>, Fault> {
        guarded(|| {
            let computed = self.compute(inputs, outputs).map_err(Fault::engine)?;
            computed.iter().map(tensor).collect()
        })
    }
}

/// The library and its environment, of which a process has one.
fn environment(library: &str) -> Result<Environment, Fault> {
    static LOADED: Mutex<Option<(PathBuf, Environment)>> = Mutex::new(None);
    let path = match library.contains('/') {
        true => std::path::absolute(library).map_err(Fault::engine)?,
        false => library.into(),
    };
    let mut loaded = LOADED.lock();
    match &*loaded {
        Some((before, environment)) if *before == path => return Ok(environment.clone()),
        Some((before, _)) => {
            let reason = format!("ONNX Runtime is already loaded, from `{}`", before.display());
            return Err(unusable(library, &reason));
        }
        None => {}
    }
    let environment = guarded(|| started(&path)).map_err(|fault| match fault {
        Fault::Engine(reason) => unusable(library, &reason),
        other => other,
    })?;
    *loaded = Some((path, environment.clone()));
    Ok(environment)
}

fn started(library: &Path) -> Result<Environment, Fault> {
    let builder = ort::init_from(library).map_err(|error| Fault::Engine(dlopen_reason(&error)))?;
    let environment = builder.with_name("tegl").with_telemetry(false).build().map_err(Fault::engine)?;
    // Its errors are returned; otherwise they would be on standard error, too.
    environment.set_log_level(LogLevel::Fatal);
    Ok(environment)
}

/// Why the system does not load a library, which the error's own text does not say.
fn dlopen_reason(error: &LoadDynamicError) -> String {
    match error {
        LoadDynamicError::Dlopen { error: cause, .. } => {
            cause.source().map_or_else(|| error.to_string(), ToString::to_string)
        }
        _ => error.to_string(),
    }
}

fn unusable(library: &str, reason: &str) -> Fault {
    let oldest = ort::MINOR_VERSION;
    Fault::Engine(format!(
        "`inference.onnxruntime` is `{library}`: it must be the library of ONNX Runtime 1.{oldest} or newer: {reason}"
    ))
}

fn session(environment: &Environment, bytes: &[u8]) -> Result<Session, ort::Error> {
    let provider = CPU::default().with_arena_allocator(true).build().error_on_failure();
    Session::builder(environment)?
        .with_log_level(LogLevel::Fatal)?
        .with_intra_threads(1)?
        .with_inter_threads(1)?
        .with_execution_providers([provider])?
        // One block for each run would leave gaps in the arena.
        .with_memory_pattern(false)?
        .commit_from_memory(bytes)
}

fn names(ports: &[Port]) -> Result<Vec<CString>, Fault> {
    ports.iter().map(|port| CString::new(port.name.as_str()).map_err(Fault::engine)).collect()
}

fn port(outlet: &Outlet) -> Port {
    let dimensions = match outlet.dtype() {
        ValueType::Tensor { shape, dimension_symbols, .. } => {
            let named = shape.iter().zip(dimension_symbols.iter());
            let dimension = |(length, name): (&i64, &String)| {
                usize::try_from(*length).map_or_else(|_| Dimension::Any(name.clone()), Dimension::Fixed)
            };
            Some(named.map(dimension).collect())
        }
        _ => None,
    };
    Port { name: outlet.name().to_owned(), dimensions }
}

/// Numbers as the input of this type.
fn given<'a>(values: Values<'a>, wanted: &ValueType) -> Result<SessionInputValue<'a>, ort::Error> {
    let is_long = matches!(wanted, ValueType::Tensor { ty: TensorElementType::Int64, .. });
    Ok(match values {
        Values::Floats(shape, values) => TensorRef::from_array_view((shape, values))?.into(),
        Values::Integers(shape, values) if is_long => {
            let long: Vec<_> = values.iter().map(|value| i64::from(*value)).collect();
            OwnTensor::from_array((shape, long))?.into()
        }
        Values::Integers(shape, values) => TensorRef::from_array_view((shape, values))?.into(),
    })
}

fn tensor(value: &DynValue) -> Result<Tensor, Fault> {
    let Ok((shape, values)) = value.try_extract_tensor::<f32>() else {
        return Err(Fault::unexpected("outputs of 32-bit floats", value.dtype().to_string()));
    };
    let shape = shape.iter().map(|length| usize::try_from(*length).unwrap_or_default()).collect();
    Ok(Tensor { shape, values: values.to_vec() })
}
