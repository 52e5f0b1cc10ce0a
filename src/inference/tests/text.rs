//! A tiny pair of encoders: texts of color names and pictures of these colors have the same vectors.

use crate::inference::TextEncoder;
use crate::inference::settings::TextEncoding;

use super::*;

fn encoding(name: &str) -> TextEncoding {
    TextEncoding {
        file: fixture(name),
        tokenizer: fixture("color_names.json"),
        output: output("text_embeds"),
        tokens: 4,
        ..TextEncoding::default()
    }
}

#[track_caller]
fn check(declaration: &TextEncoding, expected: &str) {
    let refused = TextEncoder::load(declaration, &settings()).map(|_| ()).unwrap_err().to_string();
    assert!(refused.contains(expected), "{refused}");
}

#[test]
pub(super) fn a_text_is_encoded_among_pictures() {
    for name in ["color_names.onnx", "color_names_masked.onnx"] {
        let encoder = TextEncoder::load(&encoding(name), &settings()).unwrap();
        assert_eq!(encoder.encode("Red").unwrap(), [1.0, 0.0, 0.0], "{name}");
        assert_eq!(encoder.encode("red and blue").unwrap(), [1.0, 0.0, 1.0]);
        assert_eq!(encoder.encode("blue blue blue blue blue blue").unwrap(), [0.0, 0.0, 4.0], "cut to four");
        assert_eq!(encoder.encode("").unwrap(), [0.0; 3]);
        let pictures = load(&declaration("mean_color.onnx")).unwrap();
        let green = pictures.run(&plain([0, 255, 0])).unwrap().embedding.unwrap();
        assert_eq!(green, encoder.encode("GREEN").unwrap());
    }
}

#[test]
pub(super) fn files_that_do_not_fit_are_named() {
    let sound = encoding("color_names.onnx");
    check(
        &TextEncoding { tokenizer: fixture("make.py"), ..sound.clone() },
        "make.py`: expected a `tokenizer.json`",
    );
    check(&TextEncoding { tokenizer: "/no/file".into(), ..sound.clone() }, "cannot read `/no/file`");
    check(&TextEncoding { tokens: 0, ..sound.clone() }, "`text.tokens` of the model");
    check(&TextEncoding { tokens: 5, ..sound.clone() }, "color_names.onnx` cannot be run");
    check(&TextEncoding { sha256: "00".into(), ..sound.clone() }, "expected the SHA-256 00");
    check(&encoding("two_inputs.onnx"), "expected an input for tokens and at most another, `attention_mask`");
    check(&TextEncoding { output: output("other"), ..sound }, "expected an output `other`");
}
