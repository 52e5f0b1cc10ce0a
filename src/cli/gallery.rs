//! The gallery that commands and the server work with, made of what was typed and what is set.

use std::path::PathBuf;

use crate::catalogue;
use crate::config::Config;
use crate::gallery::{Gallery, PyramidStore, Settings, Source};
use crate::store::Store;

/// Opens the sources and the pyramid store.
pub fn open(paths: &[String], config: &Config) -> Result<Gallery, String> {
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
    let gallery = Gallery::new(sources, shelf(config)?, &settings).map_err(|error| error.to_string())?;
    with_catalogue(gallery, config)
}

/// The gallery with an index of its works, for those who are to be asked for them.
pub fn with_index(gallery: Gallery, config: &Config) -> Gallery {
    let folder = match config.search.folder.as_str() {
        "none" => return gallery,
        "" => usual_cache().join("index"),
        folder => PathBuf::from(folder),
    };
    match std::fs::create_dir_all(&folder) {
        Ok(()) => gallery.with_index(folder, &config.search),
        Err(reason) => {
            eprintln!(
                "there is no search, as its index cannot be kept in `{}`: {reason}; set search.folder to a place that works",
                folder.display()
            );
            gallery
        }
    }
}

/// Refuses to go on where a source cannot be read, or where pyramids cannot be kept.
pub fn reach(gallery: &Gallery) -> Result<(), String> {
    let troubles = block_on(async {
        let (sources, pyramids) =
            futures::future::join(gallery.sources.troubles(), gallery.images.pyramids_trouble()).await;
        Ok(sources.into_iter().chain(pyramids).map(|trouble| trouble.text).collect::<Vec<_>>())
    })?;
    match troubles.is_empty() {
        true => Ok(()),
        false => Err(troubles.join("\ntegl: ")),
    }
}

/// Refuses to serve what cannot be read before the configuration is changed; what may pass is logged, and keeps the
/// server from being ready.
pub fn reach_for_serving(gallery: &Gallery) -> Result<(), String> {
    let (sources, pyramids) = block_on(async {
        Ok(futures::future::join(gallery.sources.troubles(), gallery.images.pyramids_trouble()).await)
    })?;
    if let Some(trouble) = pyramids {
        tracing::warn!("pyramids are neither found nor made: {}", trouble.text);
    }
    let for_good: Vec<_> =
        sources.into_iter().filter(|trouble| trouble.is_configuration).map(|trouble| trouble.text).collect();
    match for_good.is_empty() {
        true => Ok(()),
        false => Err(for_good.join("\ntegl: ")),
    }
}

/// Refuses to go on without any source.
pub fn need_source(paths: &[String], config: &Config) -> Result<(), String> {
    match paths.is_empty() && config.sources.is_empty() {
        true => Err(
            "no source is named: name a folder, a file or a bucket, as in `masters` or `s3://bucket/prefix`"
                .into(),
        ),
        false => Ok(()),
    }
}

/// The gallery with its catalogue, unless there is to be none.
fn with_catalogue(gallery: Gallery, config: &Config) -> Result<Gallery, String> {
    let settings = &config.catalogue;
    let opened = |gallery: Gallery, settings: &catalogue::Settings| {
        gallery.with_catalogue(settings).map_err(|error| crate::gallery::error_chain(&error))
    };
    match settings.url.as_str() {
        "none" => Ok(gallery),
        // Nobody asked for this place: without it files are served as they are.
        "" => {
            let place = usual_catalogue();
            let made = place.parent().map_or(Ok(()), std::fs::create_dir_all);
            let writable =
                made.and_then(|()| std::fs::OpenOptions::new().append(true).create(true).open(&place));
            match writable {
                Ok(_) => opened(
                    gallery,
                    &catalogue::Settings { url: place.to_string_lossy().into(), ..settings.clone() },
                ),
                Err(reason) => {
                    eprintln!(
                        "there are no records, as they cannot be kept in `{}`: {reason}; set catalogue.url to a place that works",
                        place.display()
                    );
                    Ok(gallery)
                }
            }
        }
        _ => opened(gallery, settings)
            .map_err(|reason| format!(
                "the catalogue that `catalogue.url` names cannot be used: {reason}; name a file in a folder that exists, or \
                 a PostgreSQL server that is running"
            )),
    }
}

/// A file in the state folder that the system's service manager names, or in the user's own.
fn usual_catalogue() -> PathBuf {
    let state = named("STATE_DIRECTORY")
        .or_else(|| named("XDG_DATA_HOME").map(|data| data.join("tegl")))
        .or_else(|| named("HOME").map(|home| home.join(".local/share/tegl")))
        .unwrap_or_else(|| std::env::temp_dir().join("tegl"));
    state.join("catalogue.db")
}

/// A folder that the environment names.
fn named(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// The pyramid store, unless there is to be none.
fn shelf(config: &Config) -> Result<Option<PyramidStore>, String> {
    let open = |location: &str| {
        let store = Store::open_writable(location, &config.store).map_err(|error| error.to_string())?;
        PyramidStore::new(store).map_err(|error| format!("`{location}`: {error}"))
    };
    // What lies there can be used where nothing can be added, as on a disk that is mounted to be read only.
    let open = |location: &str| {
        open(location).or_else(|reason| {
            let store = Store::open(location, &config.store).map_err(|_| reason.clone())?;
            if config.pyramids.on_demand {
                eprintln!(
                    "no pyramids are made, only those that there are used: {reason}; set pyramids.location to a place that \
                     can be written to, or pyramids.on_demand to false"
                );
            }
            Ok(PyramidStore::read_only(store, format!("pyramids cannot be made: {reason}")))
        })
    };
    match config.pyramids.location.as_str() {
        "none" => Ok(None),
        // Nobody asked for this place: without it the server does what it can.
        "" => Ok(open(&usual_cache().join("pyramids").to_string_lossy())
            .inspect_err(|reason| {
                eprintln!("no pyramids are made, as they cannot be kept in the usual place: {reason}; set `pyramids.location` to a folder that can be written to");
            })
            .ok()),
        location => open(location).map(Some).map_err(|reason: String| {
            format!("pyramids cannot be kept where pyramids.location says: {reason}")
        }),
    }
}

/// The cache folder that the system's service manager names, or the user's own.
fn usual_cache() -> PathBuf {
    named("CACHE_DIRECTORY")
        .or_else(|| named("XDG_CACHE_HOME").map(|cache| cache.join("tegl")))
        .or_else(|| named("HOME").map(|home| home.join(".cache/tegl")))
        .unwrap_or_else(|| std::env::temp_dir().join("tegl"))
}

/// Runs a command's work to its end.
pub fn block_on<T>(work: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| error.to_string())?.block_on(work)
}
