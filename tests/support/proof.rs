//! Finds test data outside this repository, and reports the tests that are skipped without it.
//!
//! `TEGL_REQUIRE=all` turns every skip into a failure. `TEGL_NOT_PROVEN` names a file to which skips are appended.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Reports once that `what` is not tested, and why; fails with `TEGL_REQUIRE=all`.
#[track_caller]
pub(crate) fn not_proven(what: &str, why: &str) {
    static REPORTED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let line = format!("{what}: {why}");
    assert!(
        std::env::var_os("TEGL_REQUIRE").is_none_or(|required| required != "all"),
        "not proven, and TEGL_REQUIRE=all: {line}"
    );
    if !REPORTED.lock().unwrap_or_else(PoisonError::into_inner).insert(line.clone()) {
        return;
    }
    // `eprintln!` is captured, and cargo prints it only for failed tests.
    let _ = writeln!(std::io::stderr(), "\n!!! NOT PROVEN: {line}\n");
    if let Some(list) = std::env::var_os("TEGL_NOT_PROVEN") {
        let list = OpenOptions::new().create(true).append(true).open(list);
        // A single write, so that lines of other threads and processes do not interleave.
        let _ = list.and_then(|mut list| list.write_all(format!("{line}\n").as_bytes()));
    }
}

/// A file or folder of the collections next to the repository, or in `TEGL_SHARED`.
#[track_caller]
pub(crate) fn shared(what: &str, name: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let path = std::env::var_os("TEGL_SHARED").map_or_else(beside, PathBuf::from).join("data").join(name);
    if !path.exists() {
        not_proven(
            what,
            &format!("there is no {name} in ../shared/data; TEGL_SHARED names another ../shared"),
        );
        return None;
    }
    Some(path)
}

/// A file or folder in `tests/fixtures`.
pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}
