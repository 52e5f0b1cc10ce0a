//! The gallery that commands and the server work with, made of what was typed and what is set.

use std::path::PathBuf;

use crate::config::Config;
use crate::gallery::{Gallery, Settings, Shelf, Source};
use crate::store::Store;

/// Opens the sources and the pyramid store.
pub fn open(paths: &[String], config: &Config) -> Result<Gallery, String> {
    if paths.is_empty() && config.sources.is_empty() {
        return Err(
            "no source is named: name a folder, a file or a bucket, as in `masters` or `s3://bucket/prefix`"
                .into(),
        );
    }
    let open = |location: &str| Store::open(location, &config.store).map_err(|error| error.to_string());
    let mut sources = Vec::new();
    for path in paths {
        sources.push(Source { name: None, store: open(path)? });
    }
    for (name, source) in &config.sources {
        sources.push(Source { name: Some(name.clone()), store: open(&source.location)? });
    }
    let settings = Settings {
        masters: config.masters.clone(),
        cache: config.cache.clone(),
        work: config.work.clone(),
        render: config.render.clone(),
        pyramids: config.pyramids.clone(),
        credit: config.credit.clone(),
        rights: config.rights.clone(),
        base_url: config.web.base_url.clone(),
    };
    Gallery::new(sources, shelf(config)?, &settings).map_err(|error| error.to_string())
}

/// The pyramid store, unless there is to be none.
fn shelf(config: &Config) -> Result<Option<Shelf>, String> {
    let open = |location: &str| {
        let store = Store::open_writable(location, &config.store).map_err(|error| error.to_string())?;
        Shelf::new(store).map_err(|error| format!("`{location}`: {error}"))
    };
    match config.pyramids.location.as_str() {
        "none" => Ok(None),
        // Nobody asked for this place: without it the server does what it can.
        "" => Ok(open(&usual_place())
            .inspect_err(|reason| {
                eprintln!("no pyramids are made, as they cannot be kept: {reason}; set pyramids.location to a place that works");
            })
            .ok()),
        location => open(location).map(Some).map_err(|reason| {
            format!("pyramids cannot be kept where pyramids.location says: {reason}")
        }),
    }
}

/// The cache folder that the system's service manager names, or the user's own.
fn usual_place() -> String {
    let named = |name: &str| std::env::var_os(name).filter(|path| !path.is_empty()).map(PathBuf::from);
    let cache = named("CACHE_DIRECTORY")
        .or_else(|| named("XDG_CACHE_HOME").map(|cache| cache.join("tegl")))
        .or_else(|| named("HOME").map(|home| home.join(".cache/tegl")))
        .unwrap_or_else(|| std::env::temp_dir().join("tegl"));
    cache.join("pyramids").to_string_lossy().into_owned()
}

/// Runs a command's work to its end.
pub fn block_on<T>(work: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| error.to_string())?.block_on(work)
}
