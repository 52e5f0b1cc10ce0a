//! `tegl ingest --records`: records into the catalogue.

use std::io::IsTerminal;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::Ingest as Typed;
use crate::config::Config;
use crate::gallery::{Gallery, Import, Imported, Masters, Pattern, Reading, Watch, told};
use crate::record::read::{Bad, Form, Mapping};

/// How many faults are named one by one.
const NAMED: usize = 20;

/// Puts all records named on the command line into the catalogue; the number of those that could not be read.
pub async fn run(typed: &Typed, config: &Config, gallery: &Arc<Gallery>) -> Result<u64, String> {
    if gallery.works().is_none() {
        return Err("there is no catalogue to put records into: `catalogue.url` is `none`, or its place cannot be written; \
                    set it to a file, as in TEGL__CATALOGUE__URL=catalogue.db, or to postgres://…".into());
    }
    let reading = reading(typed)?;
    let pattern: Option<Pattern> =
        typed.pattern.as_deref().map(str::parse).transpose().map_err(|reason| format!("--match {reason}"))?;
    let masters = Arc::new(masters(typed, gallery).await?);
    let mut failed = 0;
    for location in &typed.records {
        let source = typed.name.clone().unwrap_or_else(|| name(location, reading.form));
        let watch = Arc::new(Told::new(typed.json, typed.verbose, location));
        let (reading, settings, at) = (reading.clone(), config.store.clone(), location.clone());
        let entries = tokio::task::spawn_blocking(move || reading.entries(&at, &settings));
        let entries = entries.await.map_err(|error| error.to_string())?.map_err(|error| told(&error))?;
        let import = Import { source, entries, pattern: pattern.clone() };
        let imported = tokio::select! {
            done = gallery.import(import, masters.clone(), watch.clone()) => done.map_err(|error| told(&error))?,
            _ = tokio::signal::ctrl_c() => {
                return Err("stopped; the records so far are kept, and the same command goes on from there".into());
            }
        };
        watch.summary(&imported);
        failed += imported.bad;
    }
    Ok(failed)
}

fn reading(typed: &Typed) -> Result<Reading, String> {
    let form: Option<Form> =
        typed.form.as_deref().map(str::parse).transpose().map_err(|reason| format!("--form: {reason}"))?;
    let mapping = typed.mapping.as_deref().map(|path| {
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("cannot read `{}`: {error}", path.display()))?;
        text.parse::<Mapping>().map_err(|reason| format!("{}: {reason}", path.display()))
    });
    Ok(Reading::new(form, mapping.transpose()?))
}

async fn masters(typed: &Typed, gallery: &Gallery) -> Result<Masters, String> {
    let bar = bar(typed.json, "{spinner} {pos} masters listed");
    let masters = gallery.masters(|listed| bar.set_position(listed as u64)).await;
    bar.finish_and_clear();
    masters.map_err(|error| told(&error))
}

/// What a source is called where nobody says: its form, or its file's name.
fn name(location: &str, form: Option<Form>) -> String {
    if let Some(form) = form.filter(|form| matches!(form, Form::Smk | Form::Tate)) {
        return form.to_string();
    }
    let path = location.split(['?', '#']).next().unwrap_or(location);
    let stem =
        Path::new(path).file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    stem.split('.').next().filter(|stem| !stem.is_empty()).unwrap_or("records").to_owned()
}

fn bar(json: bool, template: &str) -> ProgressBar {
    let bar = if json || !std::io::stderr().is_terminal() {
        ProgressBar::hidden()
    } else {
        ProgressBar::new_spinner()
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(std::time::Duration::from_millis(200));
    bar
}

/// Shows what happens: a bar on a terminal, faults as lines, JSON for programs.
struct Told {
    bar: ProgressBar,
    json: bool,
    verbose: bool,
    location: String,
    unnamed: Mutex<Unnamed>,
}

#[derive(Default)]
struct Unnamed {
    bad: usize,
    missing: usize,
}

impl Told {
    fn new(json: bool, verbose: bool, location: &str) -> Self {
        let bar = bar(json, "{spinner} {msg}");
        Self { bar, json, verbose, location: location.to_owned(), unnamed: Mutex::default() }
    }

    fn say(&self, line: &str) {
        self.bar.suspend(|| eprintln!("{line}"));
    }

    fn summary(&self, imported: &Imported) {
        self.bar.finish_and_clear();
        if self.json {
            println!("{}", json!({ "records": self.location, "summary": imported }));
            return;
        }
        let Imported { read, created, updated, unchanged, bad, without_master, missing, seconds } = imported;
        let rate = *read as f64 / seconds.max(0.001);
        println!(
            "{}: {read} records read in {seconds:.1} s ({rate:.0} a second): {created} works new, {updated} changed, \
             {unchanged} as they were, {bad} could not be read",
            self.location
        );
        if *without_master > 0 || *missing > 0 {
            println!(
                "{without_master} works have no master here; {missing} images that records name have none"
            );
        }
    }
}

impl Watch for Told {
    fn done(&self, so_far: &Imported) {
        let rate = so_far.read as f64 / so_far.seconds.max(0.001);
        let Imported { read, created, updated, unchanged, bad, .. } = so_far;
        self.bar.set_message(format!(
            "{read} records ({rate:.0} a second): {created} new, {updated} changed, {unchanged} as they were, {bad} bad"
        ));
    }

    fn bad(&self, bad: &Bad) {
        if self.json {
            println!(
                "{}",
                json!({ "bad": { "line": bad.line, "object_number": bad.object_number, "reason": bad.reason } })
            );
            return;
        }
        let mut unnamed = self.unnamed.lock().unwrap_or_else(PoisonError::into_inner);
        unnamed.bad += 1;
        match unnamed.bad {
            few if few <= NAMED || self.verbose => {
                let number =
                    bad.object_number.as_ref().map(|number| format!(" ({number})")).unwrap_or_default();
                self.say(&format!("{}, line {}{number}: {}", self.location, bad.line, bad.reason));
            }
            many if many == NAMED + 1 => self.say("more records could not be read; --verbose names them all"),
            _ => {}
        }
    }

    fn missing(&self, object_number: &str, files: &[&str]) {
        if self.json {
            println!("{}", json!({ "without_master": { "object_number": object_number, "files": files } }));
            return;
        }
        let mut unnamed = self.unnamed.lock().unwrap_or_else(PoisonError::into_inner);
        unnamed.missing += 1;
        match unnamed.missing {
            few if few <= NAMED || self.verbose => self.say(&match files {
                [] => format!("{object_number}: no master of this number"),
                files => format!("{object_number}: no master for {}", files.join(", ")),
            }),
            many if many == NAMED + 1 => self.say("more works have no master; --verbose names them all"),
            _ => {}
        }
    }
}
