//! Files that are no models, damaged models, and models that do not fit their declaration.

use super::*;
use crate::inference::settings::Output;

#[track_caller]
fn check(declared: &Declaration, expected: &str) {
    let refused = refusal(declared);
    assert!(refused.contains(expected), "{refused}");
}

#[test]
pub(super) fn models_that_do_not_fit_their_declaration_are_refused_by_name() {
    let mut wide = declaration("mean_color.onnx");
    wide.input.width = 5;
    check(&wide, "mean_color.onnx`: expected an input of [1, 3, 4, 5], found [1, 3, 4, 4]");
    let mut nameless = declaration("mean_color.onnx");
    nameless.outputs.embedding = Some(output("features"));
    check(&nameless, "expected an output `features`, found 2 outputs: `embedding`, `logits`");
    nameless.outputs.embedding = Some(Output::Index(2));
    check(&nameless, "expected an output 2, found 2 outputs");
    check(&declaration("two_inputs.onnx"), "two_inputs.onnx`: expected one input, found 2 (image, other)");
    check(
        &declaration("not_a_number.onnx"),
        "not_a_number.onnx`: expected outputs of finite numbers, found inf",
    );
    let mut integers = declaration("integers.onnx");
    integers.outputs.embedding = Some(output("class"));
    check(&integers, "integers.onnx`: expected outputs of 32-bit floats, found");
    check(&declaration("bytes.onnx"), "bytes.onnx` cannot be");
}

#[test]
fn settings_that_cannot_be_used_are_named() {
    let change = |change: fn(&mut Declaration), expected: &str| {
        let mut declared = declaration("mean_color.onnx");
        change(&mut declared);
        check(&declared, expected);
    };
    change(|d| d.input.width = 0, "`input` of the model `");
    change(|d| d.input.height = 100_000, "is 4 x 100000: both must be 1 to 4096");
    change(|d| d.input.scale = PerChannel::All(0.0), "`input.scale` of the model");
    change(|d| d.input.mean = PerChannel::All(f64::NAN), "`input.mean` of the model");
    change(|d| d.outputs = Outputs::default(), "it must name `embedding`, `scores` or `boxes`");
    change(|d| d.file = "/no/model.onnx".into(), "cannot read `/no/model.onnx`");
    change(|d| d.file = "/".into(), "cannot read `/`");
}

#[test]
pub(super) fn a_file_above_the_limit_is_not_loaded() {
    let refused = Model::load(&declaration("mean_color.onnx"), &Settings { model_mib: 0, ..settings() });
    let refused = refused.map(|_| ()).unwrap_err().to_string();
    assert!(refused.contains("expected at most 0 bytes, found 295"), "{refused}");
}

#[test]
pub(super) fn a_picture_without_pixels_is_an_error() {
    let model = load(&declaration("mean_color.onnx")).expect("the model is whole");
    let empty = Raster { dimensions: Dimensions::new(0, 0), channels: Channels::Rgb, samples: Vec::new() };
    assert!(model.run(&empty).unwrap_err().to_string().contains("0 samples"));
}

/// Loads and runs a file with this content; only errors are permitted.
fn tried(content: &[u8], declared: &Declaration) -> Result<(), Error> {
    let file = tempfile::NamedTempFile::new().expect("a temporary file can be made");
    std::fs::write(file.path(), content).expect("the file can be written");
    let path = file.path().to_str().expect("the path is UTF-8");
    let declared = Declaration { file: path.into(), ..declared.clone() };
    load(&declared)?.run(&plain([1, 2, 3])).map(|_| ())
}

#[test]
pub(super) fn truncated_models_are_errors() {
    for name in ["mean_color.onnx", "quarters.onnx"] {
        let mut declared = declaration(name);
        if name == "quarters.onnx" {
            (declared.input.width, declared.input.height) = (8, 8);
            declared.outputs.embedding = Some(output("boxes"));
        }
        let whole = std::fs::read(&declared.file).expect("the model can be read");
        // A file that is cut between two fields may be whole for what is declared.
        let loaded = (0..whole.len()).filter(|length| tried(&whole[..*length], &declared).is_ok()).count();
        assert!(loaded < whole.len() / 8, "{name}: {loaded} of {} parts were loaded", whole.len());
    }
    check(&declaration("make.py"), "make.py` cannot be loaded");
}

#[test]
pub(super) fn models_with_flipped_bits_do_not_panic() {
    let declared = declaration("mean_color.onnx");
    let whole = std::fs::read(&declared.file).expect("the model can be read");
    let mut refused = 0;
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut damaged = whole.clone();
            damaged[at] ^= 1 << bit;
            refused += usize::from(tried(&damaged, &declared).is_err());
        }
    }
    assert!(refused > whole.len(), "only {refused} were refused");
}
