//! `tegl check`: reports the format of each master, its cost to serve, and how to reduce it.

use std::path::PathBuf;

use clap::Args;

use super::output::count;
use super::{gallery, settings};
use crate::config::Config;
use crate::gallery::{Check, error_chain};

/// Report for each image what it is, what it costs to serve, and how to make it faster
///
/// Exits with 0 if all images are fast to serve, and with 1 if some are slow or unreadable.
#[derive(Args)]
pub(super) struct Arguments {
    /// Files, folders or buckets of images
    #[arg(value_name = "SOURCE", required = true)]
    sources: Vec<String>,
    /// Print one JSON object per image
    #[arg(long)]
    json: bool,
    /// Count images that have a pyramid as fast
    #[arg(long)]
    pyramids: bool,
    /// Settings file in TOML [default: ./tegl.toml, else /etc/tegl/tegl.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), String> {
    let mut config = settings::load(arguments.config.as_deref())?;
    if !arguments.pyramids && config.pyramids.location.is_empty() {
        // Without --pyramids, a check does not create the default pyramid folder.
        config.pyramids.location = "none".into();
    }
    let (mut slow, mut failed, mut masters) = (0u64, 0u64, 0u64);
    let mut report = |checked: Result<Check, (String, String)>| {
        masters += 1;
        match &checked {
            Ok(check) => slow += u64::from(check.remedy.is_some()),
            Err(_) => failed += 1,
        }
        match (arguments.json, checked) {
            (true, Ok(check)) => println!("{}", serde_json::json!(check)),
            (true, Err((identifier, error))) => {
                println!("{}", serde_json::json!({ "identifier": identifier, "error": error }));
            }
            (false, Ok(check)) => print(&check),
            (false, Err((identifier, error))) => println!("{identifier}\n  FAILED  {error}"),
        }
    };
    for source in &arguments.sources {
        let gallery = gallery::open(
            std::slice::from_ref(source),
            &Config { sources: Default::default(), ..config.clone() },
        )?;
        gallery::check_stores(&gallery)?;
        gallery::block_on(async {
            let mut after = None;
            loop {
                let listing =
                    gallery.sources.list(after.as_deref(), 500).await.map_err(|error| error_chain(&error))?;
                for unreadable in listing.unreadable {
                    report(Err(unreadable));
                }
                for entry in listing.entries {
                    let checked = gallery.jobs.check(&entry.identifier, source).await;
                    report(checked.map_err(|error| (entry.identifier, error_chain(&error))));
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
    }
    if !arguments.json {
        let need = if slow == 1 { "needs" } else { "need" };
        println!("{}: {slow} {need} a pyramid, {failed} cannot be read", count(masters, "master"));
    }
    match (failed, slow) {
        (0, 0) => Ok(()),
        (0, 1) => Err(format!("1 of {} is slow to serve", count(masters, "master"))),
        (0, slow) => Err(format!("{slow} of {} are slow to serve", count(masters, "master"))),
        (failed, _) => Err(format!("{failed} of {} cannot be read", count(masters, "master"))),
    }
}

fn print(check: &Check) {
    let levels = match check.levels.len() {
        0 => "no levels".into(),
        1 => "1 level".into(),
        levels => format!("{levels} levels"),
    };
    let tiles = check.tile.as_ref().map_or("no tiles".into(), |tile| format!("tiles of {tile}"));
    let orientation =
        if check.orientation == 1 { String::new() } else { format!(", orientation {}", check.orientation) };
    println!("{}", check.identifier);
    println!(
        "  {} {}x{}, {}, {levels}, {tiles}, {}{orientation}",
        check.kind, check.width, check.height, check.codec, check.color
    );
    let cost =
        |cost: crate::gallery::Cost| format!("{} KiB read, {:.1} ms", cost.bytes.div_ceil(1024), cost.cpu_ms);
    println!("  a tile: {}; a thumbnail: {}", cost(check.tile_cost), cost(check.thumbnail_cost));
    match (&check.because, check.has_pyramid, &check.remedy) {
        (None, ..) if check.fast => println!("  fast: stored tiles are served byte for byte"),
        (None, ..) => println!("  good: it has tiles and levels, and each tile is re-encoded"),
        (Some(because), true, _) => println!("  fast: {because}, but it has a pyramid"),
        (Some(because), false, Some(remedy)) => println!("  SLOW: {because}; fix it with: {remedy}"),
        (Some(because), false, None) => println!("  {because}, but small enough to be decoded whole"),
    }
}
