//! What tests need beyond this repository, and the list of all that was not proven without it.
//!
//! `TEGL_REQUIRE=all` turns every skip into a failure. `TEGL_NOT_PROVEN` names a file that lists the skips.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Reports that something is not proven, and why: loudly, once, or as a failure.
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
    // `eprintln!` would be captured: cargo shows it for tests that fail only.
    let _ = writeln!(std::io::stderr(), "\n!!! NOT PROVEN: {line}\n");
    if let Some(list) = std::env::var_os("TEGL_NOT_PROVEN") {
        let list = OpenOptions::new().create(true).append(true).open(list);
        // One write: lines of tests in other threads and processes do not mix with it.
        let _ = list.and_then(|mut list| list.write_all(format!("{line}\n").as_bytes()));
    }
}

/// A file or folder of the collections that lie beside the repository, or in `TEGL_SHARED`.
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

/// A file or folder of `tests/fixtures`, which is always there.
pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}
