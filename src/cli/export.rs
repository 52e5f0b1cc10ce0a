//! `tegl export`: writes images as static files.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressStyle};

use super::output::count;
use super::{Export as Arguments, gallery, settings};
use crate::gallery::{Layout, error_chain};

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
