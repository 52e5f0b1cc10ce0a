//! Opens the gallery from the command's arguments and the settings.

use std::path::PathBuf;
use std::sync::Arc;

use crate::catalogue;
use crate::config::Config;
use crate::gallery::{Gallery, PyramidStore, Settings, Source};
use crate::store::disk::{DiskCache, DiskSettings, Unusable};
use crate::store::{Diagnosis, Store};

/// Opens the sources, the pyramid store and the catalogue, for a command.
pub(super) fn open(paths: &[String], config: &Config) -> Result<Gallery, String> {
    open_with(paths, config, None)
}

/// Opens the same for the server, which also has a disk cache.
pub(super) fn open_for_serving(paths: &[String], config: &Config) -> Result<Gallery, String> {
    open_with(paths, config, disk_cache(&config.cache.disk)?)
}

fn open_with(paths: &[String], config: &Config, disk: Option<Arc<DiskCache>>) -> Result<Gallery, String> {
    let open = |location: &str| {
        let store = Store::open(location, &config.store).map_err(|error| error.to_string())?;
        Ok::<_, String>(with_disk(store, disk.as_ref()))
    };
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
    let gallery = Gallery::new(sources, pyramid_store(config, disk.as_ref())?, disk, &settings)
        .map_err(|error| error.to_string())?;
    with_catalogue(gallery, config)
}

fn with_disk(store: Store, disk: Option<&Arc<DiskCache>>) -> Store {
    match disk {
        Some(disk) => store.with_disk(disk),
        None => store,
    }
}

/// Opens the disk cache, if one is configured. Without one that another process uses, or that cannot be written to, the
/// server only asks its stores more often.
fn disk_cache(settings: &DiskSettings) -> Result<Option<Arc<DiskCache>>, String> {
    let Some(folder) = disk_cache_folder(settings) else { return Ok(None) };
    match DiskCache::open(&folder, settings) {
        Ok(disk) => Ok(Some(disk)),
        Err(Unusable::Misconfigured(reason)) => Err(format!("`cache.disk.folder`: {reason}")),
        Err(Unusable::Unavailable(reason)) => {
            tracing::warn!("there is no disk cache: {reason}; the server asks its stores more often");
            Ok(None)
        }
    }
}

/// The folder of the disk cache, if there is to be one.
pub(super) fn disk_cache_folder(settings: &DiskSettings) -> Option<PathBuf> {
    match settings.folder.as_str() {
        "none" => None,
        "" => folder_of("CACHE_DIRECTORY").map(|cache| cache.join("images")),
        folder => Some(PathBuf::from(folder)),
    }
}

/// The folder of the search index; `None` if `search.folder` is `none`.
pub(super) fn index_folder(config: &Config) -> Option<PathBuf> {
    match config.search.folder.as_str() {
        "none" => None,
        "" => Some(default_cache().join("index")),
        folder => Some(PathBuf::from(folder)),
    }
}

/// Adds the search index, unless `search.folder` is `none` or the folder cannot be created.
pub(super) fn with_index(gallery: Gallery, config: &Config) -> Gallery {
    let Some(folder) = index_folder(config) else { return gallery };
    match std::fs::create_dir_all(&folder) {
        Ok(()) => gallery.with_index(folder, &config.search),
        Err(reason) => {
            eprintln!(
                "search is off: its index cannot be kept in `{}`: {reason}; set `search.folder` to a writable folder",
                folder.display()
            );
            gallery
        }
    }
}

/// Fails if a source cannot be read or the pyramid store cannot be used.
pub(super) fn check_stores(gallery: &Gallery) -> Result<(), String> {
    let problems = block_on(async {
        let (sources, pyramids) =
            futures::future::join(gallery.sources.problems(), pyramids_problem(gallery)).await;
        Ok(sources.into_iter().chain(pyramids).map(|problem| problem.text).collect::<Vec<_>>())
    })?;
    match problems.is_empty() {
        true => Ok(()),
        false => Err(problems.join("\ntegl: ")),
    }
}

/// Fails if a source cannot be read because of its configuration. Other failures may be temporary: they are logged, and the
/// server is not ready meanwhile.
pub(super) fn check_stores_for_serving(gallery: &Gallery) -> Result<(), String> {
    let (sources, pyramids) = block_on(async {
        Ok(futures::future::join(gallery.sources.problems(), pyramids_problem(gallery)).await)
    })?;
    if let Some(problem) = pyramids {
        tracing::warn!("pyramids are neither read nor built: {}", problem.text);
    }
    let permanent: Vec<_> =
        sources.into_iter().filter(|problem| problem.is_configuration).map(|problem| problem.text).collect();
    match permanent.is_empty() {
        true => Ok(()),
        false => Err(permanent.join("\ntegl: ")),
    }
}

/// The problem of the pyramid store, if it has one. A working one is asked what it can do.
async fn pyramids_problem(gallery: &Gallery) -> Option<Diagnosis> {
    let problem = gallery.images.pyramids_problem().await;
    if problem.is_none() {
        gallery.images.probe_pyramid_turns().await;
    }
    problem
}

/// Fails if neither the arguments nor the settings name a source.
pub(super) fn require_source(paths: &[String], config: &Config) -> Result<(), String> {
    match paths.is_empty() && config.sources.is_empty() {
        true => Err(
            "no source was given: name a folder, a file or a bucket, as in `images` or `s3://bucket/prefix`, or set `sources.NAME.location`"
                .into(),
        ),
        false => Ok(()),
    }
}

/// Adds the catalogue, unless `catalogue.url` is `none`.
fn with_catalogue(gallery: Gallery, config: &Config) -> Result<Gallery, String> {
    let settings = &config.catalogue;
    let opened = |gallery: Gallery, settings: &catalogue::Settings| {
        gallery.with_catalogue(settings).map_err(|error| crate::gallery::error_chain(&error))
    };
    match settings.url.as_str() {
        "none" => Ok(gallery),
        // The default file is optional: without it, images are served without records.
        "" => {
            let path = default_catalogue();
            let created = path.parent().map_or(Ok(()), std::fs::create_dir_all);
            let writable =
                created.and_then(|()| std::fs::OpenOptions::new().append(true).create(true).open(&path));
            match writable {
                Ok(_) => opened(
                    gallery,
                    &catalogue::Settings { url: path.to_string_lossy().into(), ..settings.clone() },
                ),
                Err(reason) => {
                    eprintln!(
                        "there are no records: they cannot be kept in `{}`: {reason}; set `catalogue.url` to a writable file or a database",
                        path.display()
                    );
                    Ok(gallery)
                }
            }
        }
        _ => opened(gallery, settings).map_err(|reason| {
            format!(
                "`catalogue.url`: {reason}; name a file in an existing folder, or \
                 a running PostgreSQL server"
            )
        }),
    }
}

/// The default catalogue: in the service manager's state folder, or in the user's data folder.
pub(super) fn default_catalogue() -> PathBuf {
    let state = folder_of("STATE_DIRECTORY")
        .or_else(|| folder_of("XDG_DATA_HOME").map(|data| data.join("tegl")))
        .or_else(|| folder_of("HOME").map(|home| home.join(".local/share/tegl")))
        .unwrap_or_else(|| std::env::temp_dir().join("tegl"));
    state.join("catalogue.db")
}

/// The folder named by an environment variable, if it is set and not empty.
fn folder_of(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// Opens the pyramid store, unless `pyramids.location` is `none`.
fn pyramid_store(config: &Config, disk: Option<&Arc<DiskCache>>) -> Result<Option<PyramidStore>, String> {
    let open = |location: &str| {
        let store = Store::open_writable(location, &config.store).map_err(|error| error.to_string())?;
        PyramidStore::new(with_disk(store, disk)).map_err(|error| format!("`{location}`: {error}"))
    };
    // Existing pyramids can also be used from a read-only folder.
    let open = |location: &str| {
        open(location).or_else(|reason| {
            let store = Store::open(location, &config.store).map_err(|_| reason.clone())?;
            if config.pyramids.on_demand {
                eprintln!(
                    "no pyramids are built, only existing ones are used: {reason}; set `pyramids.location` to a writable \
                     folder or bucket, or `pyramids.on_demand` to false"
                );
            }
            Ok(PyramidStore::read_only(with_disk(store, disk), format!("pyramids cannot be built: {reason}")))
        })
    };
    match config.pyramids.location.as_str() {
        "none" => Ok(None),
        // The default folder is optional: without it, images are served without pyramids.
        "" => Ok(open(&default_pyramids().to_string_lossy())
            .inspect_err(|reason| {
                eprintln!("no pyramids are built: they cannot be kept in the default folder: {reason}; set `pyramids.location` to a writable folder");
            })
            .ok()),
        location => open(location).map(Some).map_err(|reason: String| {
            format!("the pyramids of `pyramids.location` cannot be opened: {reason}")
        }),
    }
}

/// The default folder of pyramids.
pub(super) fn default_pyramids() -> PathBuf {
    default_cache().join("pyramids")
}

/// The default folder for caches: the service manager's, or in the user's cache folder.
fn default_cache() -> PathBuf {
    folder_of("CACHE_DIRECTORY")
        .or_else(|| folder_of("XDG_CACHE_HOME").map(|cache| cache.join("tegl")))
        .or_else(|| folder_of("HOME").map(|home| home.join(".cache/tegl")))
        .unwrap_or_else(|| std::env::temp_dir().join("tegl"))
}

/// Runs a future to completion on a runtime of its own.
pub(super) fn block_on<T>(work: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| error.to_string())?.block_on(work)
}
