//! `tegl ingest`: imports records, then builds missing pyramids.

use std::collections::HashMap;
use std::io::IsTerminal;
use std::sync::Arc;

use indicatif::{ProgressBar, ProgressStyle};
use parking_lot::Mutex;

use super::ingest_arguments::Arguments;
use super::output::count;
use super::{gallery, records, settings};
use crate::gallery::{Ingested, Outcome, Report, Shard};

pub(super) fn run(arguments: &Arguments) -> Result<(), String> {
    if arguments.schema {
        println!("{:#}", crate::record::read::schema());
        return Ok(());
    }
    let mut config = settings::load(arguments.config.as_deref())?;
    if let Some(store) = &arguments.store {
        config.pyramids.location = store.clone();
    }
    let shard = Shard::of_argument(arguments.shard.as_deref(), |name| std::env::var(name).ok())?;
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    // Each build compresses on all cores; a second one can read in the meantime.
    let jobs = arguments.jobs.unwrap_or(2).clamp(1, 4 * cores);
    config.pyramids.at_once = jobs;
    if !arguments.creators.is_empty() {
        let gallery = gallery::open(&arguments.sources, &config)?;
        return gallery::block_on(super::creators::run(arguments, &config, &gallery));
    }
    if arguments.records.is_empty() && arguments.tags.is_empty() {
        gallery::require_source(&arguments.sources, &config)?;
    }
    let gallery = Arc::new(gallery::open(&arguments.sources, &config)?);
    gallery::check_stores(&gallery)?;
    if !arguments.tags.is_empty() {
        return gallery::block_on(super::tags::run(arguments, &config, &gallery));
    }
    let bad = match arguments.records.is_empty() {
        true => 0,
        false => gallery::block_on(records::run(arguments, &config, &gallery))?,
    };
    if arguments.dry_run || gallery.sources.all().is_empty() {
        return fail_on_bad_records(bad);
    }
    if gallery.images.pyramids_location().is_none() && config.pyramids.location != "none" {
        return Err("no pyramid store: set a writable one with --store or `pyramids.location`".into());
    }
    let reporter = Arc::new(Reporter::new(arguments.json, arguments.verbose));
    let summary = gallery::block_on(async {
        tokio::select! {
            done = gallery.jobs.ingest(shard, jobs, reporter.clone()) => done.map_err(|error| crate::gallery::error_chain(&error)),
            _ = tokio::signal::ctrl_c() => Err("interrupted; finished pyramids are kept. Run the same command again to continue.".into()),
        }
    })?;
    reporter.bar.finish_and_clear();
    if arguments.json {
        println!("{}", serde_json::json!({ "summary": summary }));
    } else {
        let rate = summary.megapixels / summary.seconds.max(0.001);
        println!(
            "{} built ({:.0} megapixels in {:.1} s, {rate:.0} per second), {} already there, {} not needed, {} failed",
            count(summary.built, "pyramid"),
            summary.megapixels,
            summary.seconds,
            summary.existing,
            summary.not_needed,
            summary.failed
        );
        reporter.failures();
    }
    match summary.failed {
        0 => fail_on_bad_records(bad),
        1 => Err("one master failed".into()),
        failed => Err(format!("{failed} masters failed")),
    }
}

fn fail_on_bad_records(records: u64) -> Result<(), String> {
    match records {
        0 => Ok(()),
        1 => Err("one record could not be read; the others were imported".into()),
        bad => Err(format!("{bad} records could not be read; the others were imported")),
    }
}

/// Reports progress: a bar on a terminal, lines elsewhere, JSON for programs.
struct Reporter {
    bar: ProgressBar,
    json: bool,
    verbose: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    done: u64,
    shares: HashMap<String, f64>,
    failures: Vec<(String, String)>,
}

/// Steps of the progress bar per master.
const STEPS: f64 = 100.0;

impl Reporter {
    fn new(json: bool, verbose: bool) -> Self {
        let bar = if json { ProgressBar::hidden() } else { ProgressBar::new(0) };
        let style = ProgressStyle::with_template("{bar:24} {percent:>3} % {msg}  {eta} left");
        if let Ok(style) = style {
            bar.set_style(style);
        }
        Self { bar, json, verbose, state: Mutex::default() }
    }

    fn show(&self, state: &State) {
        let shares: f64 = state.shares.values().sum();
        self.bar.set_position(((state.done as f64 + shares) * STEPS) as u64);
        let total = self.bar.length().unwrap_or(0) / STEPS as u64;
        let failed = match state.failures.len() {
            0 => String::new(),
            failed => format!(", {failed} failed"),
        };
        let current = state.shares.keys().min().map_or(String::new(), |name| format!("  {name}"));
        self.bar.set_message(format!("{}/{total}{failed}{current}", state.done));
    }

    fn failures(&self) {
        let state = self.state.lock();
        for (identifier, reason) in state.failures.iter().take(200) {
            eprintln!("failed: {identifier}: {reason}");
        }
        if state.failures.len() > 200 {
            eprintln!("failed: {} more", state.failures.len() - 200);
        }
    }
}

impl Report for Reporter {
    fn total(&self, masters: u64, _more: bool) {
        self.bar.set_length((masters as f64 * STEPS) as u64);
    }

    fn progress(&self, identifier: &str, share: f64) {
        let mut state = self.state.lock();
        state.shares.insert(identifier.to_owned(), share);
        self.show(&state);
    }

    fn done(&self, ingested: &Ingested) {
        let mut state = self.state.lock();
        state.done += 1;
        state.shares.remove(&ingested.identifier);
        if self.json {
            println!("{}", serde_json::json!(ingested));
        } else if let Outcome::Failed { reason } = &ingested.outcome {
            state.failures.push((ingested.identifier.clone(), reason.clone()));
        } else if (self.verbose || !std::io::stderr().is_terminal())
            && matches!(ingested.outcome, Outcome::Built)
        {
            eprintln!("built {} ({:.1} s)", ingested.identifier, ingested.seconds);
        }
        self.show(&state);
    }
}
