//! `tegl export`: writes images as static files.

use std::io::IsTerminal;
use std::path::PathBuf;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::output::count;
use super::{gallery, settings};
use crate::gallery::{Layout, error_chain};

/// Write images as static files for any web server: IIIF level 0, or Deep Zoom
#[derive(Args)]
pub(super) struct Arguments {
    /// A file, a folder or a bucket of images
    #[arg(value_name = "SOURCE")]
    source: String,
    /// The folder to write to
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The URL that DIR will be served at; info.json contains it
    #[arg(long, value_name = "URL", default_value = "http://localhost:8000")]
    base_url: String,
    /// Write Deep Zoom (.dzi) instead of IIIF Image API 3
    #[arg(long)]
    deep_zoom: bool,
    /// Settings file in TOML [default: ./tegl.toml, else /etc/tegl/tegl.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), String> {
    let config = settings::load(arguments.config.as_deref())?;
    let gallery = gallery::open(std::slice::from_ref(&arguments.source), &config)?;
    gallery::check_stores(&gallery)?;
    let layout = if arguments.deep_zoom { Layout::DeepZoom } else { Layout::Iiif };
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{bar:24} {percent:>3} % {eta:>4} {msg}") {
        bar.set_style(style);
    }
    let (mut images, mut files, mut bytes, mut failures) = (0u64, 0, 0, Vec::new());
    gallery::block_on(async {
        let mut after = None;
        loop {
            let listing =
                gallery.sources.list(after.as_deref(), 500).await.map_err(|error| error_chain(&error))?;
            failures.extend(listing.unreadable);
            for entry in listing.entries {
                bar.set_message(entry.identifier.clone());
                if !std::io::stderr().is_terminal() {
                    eprintln!("{}", entry.identifier);
                }
                let progress = |done, total| {
                    bar.set_length(total);
                    bar.set_position(done);
                };
                let exported = gallery
                    .jobs
                    .export(&entry.identifier, &arguments.out, &arguments.base_url, layout, &progress)
                    .await;
                match exported {
                    Ok(exported) => {
                        images += 1;
                        files += exported.files;
                        bytes += exported.bytes;
                    }
                    Err(error) => failures.push((entry.identifier, error_chain(&error))),
                }
            }
            if let Some(problem) = listing.problems.first() {
                return Err(problem.clone());
            }
            match listing.next {
                Some(next) => after = Some(next),
                None => return Ok(()),
            }
        }
    })?;
    bar.finish_and_clear();
    println!(
        "{} in {}: {}, {:.1} MB",
        count(images, "image"),
        arguments.out.display(),
        count(files, "file"),
        bytes as f64 / 1e6
    );
    for (identifier, reason) in &failures {
        eprintln!("failed: {identifier}: {reason}");
    }
    match failures.len() {
        0 if images == 0 => Err("no image to export was found".into()),
        0 => Ok(()),
        failed => Err(format!("{} failed", count(failed as u64, "image"))),
    }
}
