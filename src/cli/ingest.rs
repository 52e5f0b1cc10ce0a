//! `tegl ingest`: pyramids ahead of time.

use std::collections::HashMap;
use std::io::IsTerminal;
use std::sync::{Arc, Mutex, PoisonError};

use indicatif::{ProgressBar, ProgressStyle};

use super::output::count;
use super::{Ingest as Typed, gallery, records, settings};
use crate::gallery::{Ingested, Outcome, Report, Shard};

pub fn run(typed: &Typed) -> Result<(), String> {
    if typed.schema {
        println!("{:#}", crate::record::read::schema());
        return Ok(());
    }
    let mut config = settings::load(typed.config.as_deref())?;
    if let Some(store) = &typed.store {
        config.pyramids.location = store.clone();
    }
    let shard = match &typed.shard {
        None => Shard::ALL,
        Some(text) => Shard::parse(text).ok_or_else(|| {
            format!("--shard `{text}`: say which of how many, counted from 1, as in `--shard 2/8`")
        })?,
    };
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    // Each making compresses on all processors; a second one reads while the first does.
    let jobs = typed.jobs.unwrap_or(2).clamp(1, 4 * cores);
    config.pyramids.at_once = jobs;
    if typed.records.is_empty() {
        gallery::need_source(&typed.sources, &config)?;
    }
    let gallery = Arc::new(gallery::open(&typed.sources, &config)?);
    gallery::reach(&gallery)?;
    let bad = match typed.records.is_empty() {
        true => 0,
        false => gallery::block_on(records::run(typed, &config, &gallery))?,
    };
    if typed.dry_run || gallery.sources.all().is_empty() {
        return unread(bad);
    }
    if gallery.images.pyramids_location().is_none() && config.pyramids.location != "none" {
        return Err(
            "pyramids have no place: name one that can be written to, by --store or `pyramids.location`"
                .into(),
        );
    }
    let told = Arc::new(Told::new(typed.json, typed.verbose));
    let summary = gallery::block_on(async {
        tokio::select! {
            done = gallery.jobs.ingest(shard, jobs, told.clone()) => done.map_err(|error| crate::gallery::error_chain(&error)),
            _ = tokio::signal::ctrl_c() => Err("stopped; what is made is kept, and the same command goes on from there".into()),
        }
    })?;
    told.bar.finish_and_clear();
    if typed.json {
        println!("{}", serde_json::json!({ "summary": summary }));
    } else {
        let rate = summary.megapixels / summary.seconds.max(0.001);
        println!(
            "{} made ({:.0} megapixels in {:.1} s, {rate:.0} a second), {} there already, {} served as they lie, {} failed",
            count(summary.made, "pyramid"),
            summary.megapixels,
            summary.seconds,
            summary.there,
            summary.as_it_lies,
            summary.failed
        );
        told.failures();
    }
    match summary.failed {
        0 => unread(bad),
        1 => Err("one master failed".into()),
        failed => Err(format!("{failed} masters failed")),
    }
}

fn unread(records: u64) -> Result<(), String> {
    match records {
        0 => Ok(()),
        1 => Err("one record could not be read; the others are in the catalogue".into()),
        bad => Err(format!("{bad} records could not be read; the others are in the catalogue")),
    }
}

/// Shows what happens: a bar on a terminal, lines elsewhere, JSON for programs.
struct Told {
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

/// Steps of the bar that one master makes.
const STEPS: f64 = 100.0;

impl Told {
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
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        for (identifier, reason) in state.failures.iter().take(200) {
            eprintln!("failed: {identifier}: {reason}");
        }
        if state.failures.len() > 200 {
            eprintln!("failed: {} more", state.failures.len() - 200);
        }
    }
}

impl Report for Told {
    fn total(&self, masters: u64, _more: bool) {
        self.bar.set_length((masters as f64 * STEPS) as u64);
    }

    fn progress(&self, identifier: &str, share: f64) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.shares.insert(identifier.to_owned(), share);
        self.show(&state);
    }

    fn done(&self, ingested: &Ingested) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.done += 1;
        state.shares.remove(&ingested.identifier);
        if self.json {
            println!("{}", serde_json::json!(ingested));
        } else if let Outcome::Failed { reason } = &ingested.outcome {
            state.failures.push((ingested.identifier.clone(), reason.clone()));
        } else if (self.verbose || !std::io::stderr().is_terminal())
            && matches!(ingested.outcome, Outcome::Made)
        {
            eprintln!("made {} ({:.1} s)", ingested.identifier, ingested.seconds);
        }
        self.show(&state);
    }
}
