//! ONNX Runtime as the engine of models: libraries that cannot be used, and one that can.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::command::CommandOutput;
use crate::support::museum::Museum;
use crate::support::{fixture, not_proven};
use crate::tag_runs::{MEAN_COLOR, declare, museum, tag, totals};

/// `tegl tag` with a model that this library runs.
fn by(museum: &Museum, library: &str) -> CommandOutput {
    let more = format!("{MEAN_COLOR}\n[inference]\nonnxruntime = '{library}'");
    let settings = declare(museum, &fixture("models/mean_color.onnx"), &more);
    tag(museum, &["--config", &settings])
}

/// A library that says that it is ONNX Runtime 1.16.
fn old_library(folder: &Path) -> Option<PathBuf> {
    let (source, library) = (folder.join("old.c"), folder.join("libold.so"));
    let text = "typedef struct { const void *(*api)(unsigned); const char *(*version)(void); } Base;
        static const void *api(unsigned version) { return 0; }
        static const char *version(void) { return \"1.16.3\"; }
        static const Base base = { api, version };
        const Base *OrtGetApiBase(void) { return &base; }";
    std::fs::write(&source, text).unwrap();
    let made = Command::new("cc").args(["-shared", "-fPIC", "-o"]).args([&library, &source]).status();
    made.is_ok_and(|status| status.success()).then_some(library)
}

#[test]
fn a_library_that_cannot_be_used_is_named_and_nothing_is_written() {
    let museum = museum(3);
    let text = museum.path("text.so");
    std::fs::write(&text, "a text that is longer than the header of a library would be, ".repeat(9)).unwrap();
    let old = old_library(museum.folder.path());
    let mut libraries = vec![
        ("/no/libonnxruntime.so".to_owned(), "No such file"),
        ("no_such_library.so".to_owned(), "No such file"),
        (museum.path("masters"), "masters"),
        (text, "invalid ELF header"),
        ("libm.so.6".to_owned(), "does not export `OrtGetApiBase`"),
    ];
    match old {
        Some(old) => libraries.push((old.to_str().unwrap().to_owned(), "1.16.3")),
        None => not_proven("an old ONNX Runtime", "there is no C compiler"),
    }
    for (library, says) in libraries {
        let ran = by(&museum, &library);
        let says =
            if cfg!(feature = "onnxruntime") { says } else { "build it with `--features onnxruntime`" };
        assert!(ran.code.is_some_and(|code| code > 0) && ran.out.is_empty(), "{}{}", ran.out, ran.err);
        let named = format!("`inference.onnxruntime` is `{library}`");
        assert!(ran.err.contains(&named) && ran.err.contains(says), "{says}: {}", ran.err);
    }
    let first = tag(&museum, &[]);
    assert_eq!((first.code, totals(&first)), (Some(0), [3, 0, 0]), "nothing was kept: {}", first.err);
}

#[cfg(feature = "onnxruntime")]
#[test]
fn works_are_tagged_by_onnx_runtime() {
    let Ok(library) = std::env::var("ORT_DYLIB_PATH") else {
        return not_proven("`tegl tag` by ONNX Runtime", "ORT_DYLIB_PATH does not name its library");
    };
    let museum = museum(5);
    let ran = by(&museum, &library);
    assert_eq!((ran.code, totals(&ran)), (Some(0), [5, 0, 0]), "{}", ran.err);
    assert_eq!(ran.err, "");
    let settings = declare(&museum, &fixture("models/mean_color.onnx"), MEAN_COLOR);
    let again = tag(&museum, &["--config", &settings]);
    assert_eq!(totals(&again), [0, 5, 0], "rten has nothing to add: {}", again.err);
}
