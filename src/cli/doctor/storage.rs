//! Checks of the places where images, pyramids, caches, models and the index are.

use std::path::{Path, PathBuf};

use super::{Finding, fail, gallery, ok, warn};
use crate::config::Config;
use crate::store::Store;

pub(super) fn findings(config: &Config, sources: &[String]) -> Vec<Finding> {
    let mut found = Vec::new();
    let named = config.sources.iter().map(|(name, source)| (format!("source `{name}`"), &source.location));
    let all: Vec<_> = sources.iter().map(|source| ("source".to_owned(), source)).chain(named).collect();
    if all.is_empty() {
        found.push(fail("sources", "none; name a folder or a bucket, here or in `[sources.NAME]`"));
    }
    found.extend(all.into_iter().map(|(what, location)| source(what, location, config)));
    found.push(pyramids(config));
    if let Some(folder) = gallery::disk_cache_folder(&config.cache.disk) {
        found.push(match writable(&folder) {
            Ok(()) => ok("disk cache", folder.display().to_string()),
            Err(reason) => {
                warn("disk cache", format!("{reason}; set `cache.disk.folder` to a writable folder"))
            }
        });
    }
    for (name, model) in &config.models {
        found.push(match std::fs::File::open(&model.file) {
            Ok(_) => ok(format!("model `{name}`"), &model.file),
            Err(error) => fail(
                format!("model `{name}`"),
                format!("cannot read `{}`: {error}; check `models.{name}.file`", model.file),
            ),
        });
    }
    found
}

fn source(what: String, location: &str, config: &Config) -> Finding {
    let store = match Store::open(location, &config.store) {
        Ok(store) => store,
        Err(error) => return fail(what, format!("{error}; check the path or the address")),
    };
    match wait(store.diagnose()) {
        None => ok(what, store.describe()),
        Some(problem) => fail(what, problem.text),
    }
}

fn pyramids(config: &Config) -> Finding {
    let what = "pyramids";
    let location = match config.pyramids.location.as_str() {
        "none" => return ok(what, "none are kept, as `pyramids.location` is `none`"),
        "" => gallery::default_pyramids().to_string_lossy().into_owned(),
        location => location.to_owned(),
    };
    let remedy = "set `pyramids.location` to a writable folder or bucket, or to `none`";
    if !location.contains("://")
        && let Err(reason) = writable(Path::new(&location))
    {
        let found = format!("{reason}; {remedy}");
        // Without the default folder the server runs, and builds none.
        return if config.pyramids.location.is_empty() { warn(what, found) } else { fail(what, found) };
    }
    // The folder is not made for a check.
    if !location.contains("://") && !Path::new(&location).exists() {
        return ok(what, format!("{location}, which does not exist yet and can be made"));
    }
    let store = match Store::open_writable(&location, &config.store) {
        Ok(store) => store,
        Err(error) => return fail(what, format!("{error}; {remedy}")),
    };
    match wait(store.probe_writing()) {
        Ok(true) => ok(what, location),
        Ok(false) => warn(
            what,
            format!(
                "{location}: the store overwrites objects in spite of `If-None-Match: *`; use a store, or a version of it, that \
                 supports conditional writes"
            ),
        ),
        Err(error) => fail(what, format!("{location}: {}", store.cause(&error))),
    }
}

/// Whether files can be written to this folder, or to the nearest one above it that exists.
pub(super) fn writable(folder: &Path) -> Result<(), String> {
    let existing =
        folder.ancestors().find(|at| at.exists()).map_or_else(|| PathBuf::from("."), Path::to_owned);
    let existing = if existing.as_os_str().is_empty() { PathBuf::from(".") } else { existing };
    match tempfile::Builder::new().prefix(".tegl-doctor-").tempfile_in(&existing) {
        Ok(_) => Ok(()),
        Err(error) => Err(format!(
            "`{}` cannot be written to by this user (uid {}): {}",
            existing.display(),
            rustix::process::geteuid().as_raw(),
            cause(&error)
        )),
    }
}

/// The system's own message, without the path that `tempfile` adds.
fn cause(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" at path ").next().unwrap_or_default().to_owned()
}

fn wait<T>(work: impl Future<Output = T>) -> T {
    futures::executor::block_on(work)
}
