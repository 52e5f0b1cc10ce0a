//! `tegl serve`: starts the server, and stops it on a signal.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::signal::unix::{SignalKind, signal};

use super::{descriptors, gallery, log, reload};
use crate::config::Config;
use crate::gallery::Gallery;
use crate::web::theme::Theme;
use crate::web::{self, App, Running};

/// Serve images from folders, files, buckets and web servers
///
/// The identifier of an image is its path below its SOURCE, with slashes as %2F, as in
/// http://127.0.0.1:8182/iiif/3/folder%2Fimage.tif/info.json. Open http://127.0.0.1:8182/ for a list of everything.
///
/// Works appear with their records once `tegl ingest --records` has imported them. Credentials and endpoints of buckets
/// come from the usual environment variables: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT_URL;
/// AZURE_STORAGE_ACCOUNT_NAME, AZURE_STORAGE_ACCOUNT_KEY; GOOGLE_APPLICATION_CREDENTIALS.
#[derive(Args)]
pub(super) struct Arguments {
    /// Images: a folder, a file, s3://BUCKET/PREFIX, az://CONTAINER/PREFIX, gs://BUCKET/PREFIX or http(s)://HOST/PREFIX.
    /// Several are searched in the given order
    #[arg(value_name = "SOURCE")]
    sources: Vec<String>,
    /// Address and port to listen on [default: 127.0.0.1:8182]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// Settings file in TOML [default: ./tegl.toml, else /etc/tegl/tegl.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

pub(super) fn run(arguments: Arguments) -> Result<(), String> {
    let mut config = reload::load(arguments.config.as_deref(), arguments.listen.as_deref())?;
    let log = log::start(&config.log, &config.traces)?;
    let settings =
        reload::Settings::new(arguments.config, arguments.listen, log.level.clone(), config.clone());
    for lowered in descriptors::fit(&mut config, arguments.sources.len()) {
        tracing::warn!("{lowered}");
    }
    let metrics = PrometheusBuilder::new()
        .set_buckets(&web::BUCKETS)
        .map_err(|error| error.to_string())?
        .install_recorder()
        .map_err(|error| error.to_string())?;
    gallery::require_source(&arguments.sources, &config)?;
    let gallery = gallery::open_for_serving(&arguments.sources, &config)?;
    gallery::check_stores_for_serving(&gallery)?;
    let gallery = gallery::with_index(gallery, &config)
        .with_likeness(&config.likeness, (&config.models, &config.inference))
        .with_webhooks(&config.webhooks, &config.web.base_url)?;
    actix_web::rt::System::new().block_on(serve(gallery, &config, settings, metrics))
}

async fn serve(
    gallery: Gallery,
    config: &Config,
    settings: reload::Settings,
    metrics: PrometheusHandle,
) -> Result<(), String> {
    let gallery = Arc::new(gallery);
    let live = reload::changeable(config, config.redacted())?;
    let mut app = App::new(gallery.clone(), &config.web, live, &config.presentation)?;
    app.parents = config.traces.parents;
    app.theme = Theme::load(&config.site)?;
    app.publisher.own_labels = app.theme.labels;
    app.publisher.identifier_namespace = config.oai.namespace.clone();
    app.reloader = Some(Box::new(move |app: &App| settings.reload(app)));
    let upkeep = metrics.clone();
    actix_web::rt::spawn(async move {
        loop {
            tokio::time::sleep(std::time::Duration::from_secs(5)).await;
            upkeep.run_upkeep();
        }
    });
    let mut terminate = signal(SignalKind::terminate()).map_err(|error| error.to_string())?;
    let mut hangup = signal(SignalKind::hangup()).map_err(|error| error.to_string())?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(|error| error.to_string())?;
    let running =
        web::start(app, &config.web, &config.operations, metrics).map_err(|error| error.to_string())?;
    announce(&gallery, &running).await;
    if running.app.base.is_open() && !running.address.ip().is_loopback() {
        tracing::warn!(
            "neither `web.base_url` nor `web.hosts` is set: URLs in responses use whatever host a request names"
        );
    }
    loop {
        tokio::select! {
            _ = hangup.recv() => {
                let app = running.app.clone();
                // What came of it is logged.
                let _reloaded = tokio::task::spawn_blocking(move || app.reload()).await;
            }
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
        }
    }
    tracing::info!("stopping after open requests; a second signal stops at once");
    tokio::select! {
        () = running.stop() => {}
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// Prints what is served and the addresses to open.
async fn announce(gallery: &Gallery, running: &Running) {
    for source in gallery.sources.all() {
        let name = source.name.as_ref().map_or(String::new(), |name| format!(" as `{name}:…`"));
        eprintln!("serving {}{name}", source.store.describe());
    }
    if let Ok(Some(state)) = gallery.works.catalogue_state().await {
        eprintln!("{} in the catalogue {}", super::output::count(state.works, "work"), state.location);
    }
    if let Some(location) = gallery.images.pyramids_location() {
        eprintln!("keeping pyramids in {location}");
    }
    let base = format!("http://{}", running.address);
    eprintln!("  start page         {base}/");
    if !gallery.sources.has_problem()
        && let Ok(listing) = gallery.sources.list(None, 1).await
        && let Some(entry) = listing.entries.first()
    {
        let encoded =
            percent_encoding::utf8_percent_encode(&entry.identifier, percent_encoding::NON_ALPHANUMERIC);
        eprintln!("  first image        {base}/iiif/3/{encoded}/info.json");
        eprintln!("  in a viewer        {base}/view/openseadragon/{encoded}");
    }
    if let Some(operations) = running.operations {
        eprintln!("  metrics            http://{operations}/metrics");
    }
}
