//! `tegl ingest --tags`: adds tags from elsewhere to the works of the catalogue.

use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::ingest_arguments::Arguments;
use super::output::count;
use super::tag_lines::{ReadBatch, TagForm};
use crate::config::Config;
use crate::gallery::{Gallery, Reading, RefusedLine, TagsAdded, error_chain};

/// How many lines that cannot be stored are listed without --verbose.
const MAX_LISTED: usize = 20;

/// Batches that are read ahead.
const READ_AHEAD: usize = 2;

/// Who decides if the file has curators' tags.
const ACTOR: &str = "import";

/// Adds all tags given on the command line.
pub(super) async fn run(
    arguments: &Arguments,
    config: &Config,
    gallery: &Arc<Gallery>,
) -> Result<(), String> {
    if !gallery.works.has_catalogue() {
        return Err("there is no catalogue to add tags to: `catalogue.url` is `none` or not writable; set it to a file, \
            as in TEGL__CATALOGUE__URL=catalogue.db, or to postgres://…"
            .into());
    }
    let form = TagForm::parse(arguments.form.as_deref())?;
    let reading = Reading::new(None, None, &arguments.tags, &[], (&config.records, &config.store))?;
    let mut refused = 0;
    for location in &arguments.tags {
        let mut report = Report::new(arguments, location);
        let added = tokio::select! {
            added = add(location, form, &reading, config, gallery, &mut report) => added?,
            _ = tokio::signal::ctrl_c() => {
                return Err("interrupted; tags added so far are kept. Run the same command again to continue.".into());
            }
        };
        report.summary(&added);
        refused += report.refused;
    }
    match refused {
        0 => Ok(()),
        1 => Err("one line could not be stored; the others were".into()),
        refused => Err(format!("{refused} lines could not be stored; the others were")),
    }
}

/// Reads on a thread of its own, while the batch before is stored.
async fn add(
    location: &str,
    form: TagForm,
    reading: &Reading,
    config: &Config,
    gallery: &Gallery,
    report: &mut Report<'_>,
) -> Result<TagsAdded, String> {
    let (sender, mut batches) = tokio::sync::mpsc::channel(READ_AHEAD);
    let (reading, at, settings) = (reading.clone(), location.to_owned(), config.store.clone());
    let reader = tokio::task::spawn_blocking(move || {
        let input = reading.document(&at, &settings)?;
        form.read(input, &sender);
        Ok(())
    });
    let mut total = TagsAdded::default();
    while let Some(ReadBatch { batch, bad, lines, left_out }) = batches.recv().await {
        report.read(&bad, lines, left_out);
        let is_dry = report.arguments.dry_run;
        let added = gallery.works.add_tags(batch, ACTOR, &config.tagging, is_dry).await;
        let added = added.map_err(|error| error_chain(&error))?;
        report.stored(&added, &total);
        total.added += added.added;
        total.unchanged += added.unchanged;
        total.decided += added.decided;
        total.works += added.works;
        total.unknown += added.unknown;
    }
    let read = reader.await.map_err(|error| error.to_string())?;
    read.map_err(|error: crate::gallery::Error| error_chain(&error))?;
    Ok(total)
}

/// Reports progress and lines that are not stored: a bar and lines on a terminal, JSON for programs.
struct Report<'a> {
    arguments: &'a Arguments,
    location: &'a str,
    bar: ProgressBar,
    began: Instant,
    lines: u64,
    left_out: u64,
    refused: u64,
    listed: usize,
}

impl<'a> Report<'a> {
    fn new(arguments: &'a Arguments, location: &'a str) -> Self {
        let is_shown = !arguments.json && std::io::stderr().is_terminal();
        let bar = if is_shown { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(std::time::Duration::from_millis(200));
        let began = Instant::now();
        Self { arguments, location, bar, began, lines: 0, left_out: 0, refused: 0, listed: 0 }
    }

    fn read(&mut self, bad: &[RefusedLine], lines: u64, left_out: u64) {
        self.lines += lines;
        self.left_out += left_out;
        bad.iter().for_each(|bad| self.bad(bad));
    }

    fn stored(&mut self, added: &TagsAdded, before: &TagsAdded) {
        added.refused.iter().for_each(|refused| self.bad(refused));
        let rate = self.lines as f64 / self.began.elapsed().as_secs_f64().max(0.001);
        let tags = before.added + added.added;
        self.bar.set_message(format!(
            "{} lines ({rate:.0} per second): {tags} tags added or changed, {} lines not stored",
            self.lines, self.refused
        ));
    }

    fn bad(&mut self, bad: &RefusedLine) {
        self.refused += 1;
        self.listed += 1;
        if self.arguments.json {
            println!("{}", json!({ "refused": bad }));
            return;
        }
        match self.listed {
            few if few <= MAX_LISTED || self.arguments.verbose => {
                let work = bad.work.as_ref().map(|work| format!(" ({work})")).unwrap_or_default();
                self.bar.suspend(|| eprintln!("{}, line {}{work}: {}", self.location, bad.line, bad.reason));
            }
            many if many == MAX_LISTED + 1 => {
                self.bar.suspend(|| eprintln!("more lines cannot be stored; --verbose lists them all"));
            }
            _ => {}
        }
    }

    fn summary(&self, added: &TagsAdded) {
        self.bar.finish_and_clear();
        let seconds = self.began.elapsed().as_secs_f64();
        let TagsAdded { added, unchanged, decided, works, unknown, .. } = added;
        if self.arguments.json {
            let summary = json!({
                "lines": self.lines, "tags_added": added, "unchanged": unchanged, "already_decided": decided,
                "works_changed": works, "unknown_works": unknown, "refused": self.refused,
                "left_out": self.left_out, "seconds": seconds, "dry_run": self.arguments.dry_run,
            });
            println!("{}", json!({ "tags": self.location, "summary": summary }));
            return;
        }
        let rate = self.lines as f64 / seconds.max(0.001);
        let dry = self.arguments.dry_run;
        println!(
            "{}: {} lines read in {seconds:.1} s ({rate:.0} per second): {} {}, {unchanged} unchanged, {decided} left out \
             because a curator or the record has decided about them; {} lines not stored{}",
            self.location,
            self.lines,
            count(*added, "tag"),
            if dry { "would be added, changed or found unchanged" } else { "added or changed" },
            self.refused,
            if dry { "; nothing was written" } else { "" },
        );
        if *unknown > 0 {
            println!("{} about works that the catalogue does not have", count(*unknown, "line"));
        }
        if self.left_out > 0 {
            println!("{} entries of kinds that are not read", self.left_out);
        }
    }
}
