//! Encodes texts as vectors among those of pictures, by the second half of a pair of models such as CLIP.

use tokenizers::{PaddingParams, PaddingStrategy, Tokenizer, TruncationParams};

use super::engine::{Engine, Fault, Tensor, Values};
use super::settings::{Settings, TextEncoding};
use super::{Error, check, read_file};

/// An encoder of texts that is ready to run, by any number of threads at once.
pub(crate) struct TextEncoder {
    file: String,
    tokenizer: Tokenizer,
    engine: Engine,
    /// The places of the inputs and of the output.
    ids: usize,
    mask: Option<usize>,
    output: usize,
}

/// The most tokens of a text.
const MAX_TOKENS: usize = 4096;

impl TextEncoder {
    /// Loads an encoder and its tokenizer, and encodes a word by it.
    ///
    /// # Errors
    /// If a file cannot be read, is larger than permitted, is not what the declaration says or cannot be run.
    pub(crate) fn load(declaration: &TextEncoding, settings: &Settings) -> Result<Self, Error> {
        let file = declaration.file.as_str();
        if !(1..=MAX_TOKENS).contains(&declaration.tokens) {
            let reason = format!("is {}: it must be 1 to {MAX_TOKENS}", declaration.tokens);
            return Err(Error::setting(file, "text.tokens", reason));
        }
        let (bytes, _) = read_file::model(file, &declaration.sha256, settings.limit())?;
        let tokenizer = tokenizer(declaration)?;
        let fault = |fault: Fault| fault.of(file, "loaded");
        let engine = Engine::load(bytes, settings).map_err(fault)?;
        let (ids, mask) = inputs(file, &engine)?;
        let output = engine.output(&declaration.output).map_err(fault)?;
        let encoder = Self { file: file.to_owned(), tokenizer, engine, ids, mask, output };
        encoder.encode("a")?;
        Ok(encoder)
    }

    /// The vector of a text, on one thread; not normalized.
    ///
    /// # Errors
    /// If the text cannot be tokenized, or the model does not give a vector of finite numbers.
    pub(crate) fn encode(&self, text: &str) -> Result<Vec<f32>, Error> {
        let failed = |reason: String| Error::Engine { file: self.file.clone(), what: "run", reason };
        let tokens = self.tokenizer.encode(text, true).map_err(|error| failed(error.to_string()))?;
        let ids: Vec<_> = tokens.get_ids().iter().map(|id| *id as i32).collect();
        let mask: Vec<_> = tokens.get_attention_mask().iter().map(|counts| *counts as i32).collect();
        let mut tensors = self.run(&ids, &mask).map_err(|fault| fault.of(&self.file, "run"))?;
        let tensor = tensors.pop().ok_or_else(|| failed("it has no output".into()))?;
        check::finite(&self.file, &tensor)?;
        check::embedding(&self.file, &tensor.shape)?;
        Ok(tensor.values)
    }

    fn run(&self, ids: &[i32], mask: &[i32]) -> Result<Vec<Tensor>, Fault> {
        let shape = [1, ids.len()];
        let mut inputs = vec![(self.ids, Values::Integers(&shape, ids))];
        if let Some(input) = self.mask {
            inputs.push((input, Values::Integers(&shape, mask)));
        }
        self.engine.run(&inputs, &[self.output])
    }
}

/// Reads a tokenizer that gives every text the same number of tokens.
fn tokenizer(declaration: &TextEncoding) -> Result<Tokenizer, Error> {
    let file = declaration.tokenizer.as_str();
    let wrong = |error: tokenizers::Error| Error::unexpected(file, "a `tokenizer.json`", error.to_string());
    let mut tokenizer = Tokenizer::from_bytes(read_file::small(file)?).map_err(wrong)?;
    let own = tokenizer.get_padding().cloned();
    let own =
        own.unwrap_or_else(|| PaddingParams { pad_id: declaration.padding, ..PaddingParams::default() });
    tokenizer
        .with_padding(Some(PaddingParams { strategy: PaddingStrategy::Fixed(declaration.tokens), ..own }));
    let cut = TruncationParams { max_length: declaration.tokens, ..TruncationParams::default() };
    tokenizer.with_truncation(Some(cut)).map_err(wrong)?;
    Ok(tokenizer)
}

/// The inputs for tokens and, if there is one, for their mask.
fn inputs(file: &str, engine: &Engine) -> Result<(usize, Option<usize>), Error> {
    let inputs: Vec<_> = engine.inputs().collect();
    let named = |wanted: &str| inputs.iter().position(|name| *name == wanted);
    let mask = named("attention_mask");
    let ids = named("input_ids").or_else(|| (0..inputs.len()).find(|at| Some(*at) != mask));
    match ids {
        Some(ids) if inputs.len() == 1 + usize::from(mask.is_some()) => Ok((ids, mask)),
        _ => {
            let names: Vec<_> = inputs.iter().map(|name| format!("`{name}`")).collect();
            let expected = "an input for tokens and at most another, `attention_mask`";
            Err(Error::unexpected(file, expected, format!("{} ({})", names.len(), names.join(", "))))
        }
    }
}
