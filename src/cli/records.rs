//! `tegl ingest --records`: records into the catalogue.

use std::io::IsTerminal;
use std::sync::{Arc, Mutex, PoisonError};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::Ingest as Typed;
use crate::catalogue::{DEFAULT_SOURCE, Renamed};
use crate::config::Config;
use crate::gallery::{
    Earlier, Gallery, Import, Imported, Masters, Pattern, Pruned, Reading, Register, Watch, error_chain,
};
use crate::record::read::{Bad, Form, Mapping};

/// How many faults are named one by one.
const NAMED: usize = 20;

/// Puts all records named on the command line into the catalogue; the number of those that could not be read.
pub async fn run(typed: &Typed, config: &Config, gallery: &Arc<Gallery>) -> Result<u64, String> {
    if !gallery.works.has_catalogue() {
        return Err("there is no catalogue to put records into: `catalogue.url` is `none`, or its place cannot be written; \
                    set it to a file, as in TEGL__CATALOGUE__URL=catalogue.db, or to postgres://…".into());
    }
    let reading = reading(typed, config)?;
    let pattern: Option<Pattern> =
        typed.pattern.as_deref().map(str::parse).transpose().map_err(|reason| format!("--match {reason}"))?;
    let masters = Arc::new(masters(typed, gallery).await?);
    let mut failed = 0;
    let source = typed.name.clone().unwrap_or_else(|| DEFAULT_SOURCE.to_owned());
    let register = Arc::new(Mutex::new(Register::default()));
    for location in &typed.records {
        register.lock().unwrap_or_else(PoisonError::into_inner).begin(location, &source);
        let watch = Arc::new(Told::new(typed, location));
        let (reading, settings, at) = (reading.clone(), config.store.clone(), location.clone());
        let entries = tokio::task::spawn_blocking(move || reading.entries(&at, &settings));
        let entries =
            entries.await.map_err(|error| error.to_string())?.map_err(|error| error_chain(&error))?;
        let import = Import {
            source: source.clone(),
            entries,
            pattern: pattern.clone(),
            register: register.clone(),
            dry: typed.dry_run,
        };
        let imported = tokio::select! {
            done = gallery.jobs.import(import, masters.clone(), watch.clone()) => done.map_err(|error| error_chain(&error))?,
            _ = tokio::signal::ctrl_c() => {
                return Err("stopped; the records so far are kept, and the same command goes on from there".into());
            }
        };
        watch.summary(&imported);
        failed += imported.bad;
    }
    refused(typed, &reading);
    if let Some(mapping) = &reading.mapping {
        unused(typed, mapping, &register.lock().unwrap_or_else(PoisonError::into_inner));
    }
    if typed.prune {
        let register = std::mem::take(&mut *register.lock().unwrap_or_else(PoisonError::into_inner));
        prune(typed, gallery, &source, &register).await?;
    }
    Ok(failed)
}

/// Withdraws the works of the source that none of the records is about.
async fn prune(typed: &Typed, gallery: &Gallery, source: &str, register: &Register) -> Result<(), String> {
    let pruned = gallery.jobs.prune(source, register, typed.prune_limit, typed.dry_run).await;
    let Pruned { works, missing, refused } = pruned.map_err(|error| error_chain(&error))?;
    let withdrawn = if refused.is_some() || typed.dry_run { 0 } else { missing.len() };
    if typed.json {
        println!(
            "{}",
            json!({ "prune": { "source": source, "works": works, "missing": missing, "withdrawn": withdrawn,
                "dry_run": typed.dry_run, "refused": refused } })
        );
    } else {
        let shown = if typed.verbose || typed.dry_run { missing.len() } else { NAMED };
        let verb = if withdrawn > 0 { "withdrawn" } else { "without a record" };
        missing.iter().take(shown).for_each(|number| eprintln!("{number}: {verb}"));
        let verb = if typed.dry_run { "would be withdrawn" } else { "withdrawn" };
        if refused.is_none() {
            println!("{source}: {} of {works} works {verb}", missing.len());
        }
    }
    match refused {
        Some(reason) if typed.dry_run => {
            eprintln!("{reason}");
            Ok(())
        }
        Some(reason) => Err(reason),
        None => Ok(()),
    }
}

/// Names the hosts that records led to and that were not asked.
fn refused(typed: &Typed, reading: &Reading) {
    for (host, addresses) in reading.refused() {
        if typed.json {
            println!("{}", json!({ "refused": { "host": host, "addresses": addresses } }));
        } else {
            eprintln!(
                "{host}: {addresses} addresses on this host were not asked; `--records-host {host}` or `records.hosts` allows them"
            );
        }
    }
}

/// Names what the mapping maps and no record has.
fn unused(typed: &Typed, mapping: &Mapping, register: &Register) {
    if register.count() == 0 {
        return;
    }
    let unused = mapping.unused();
    if unused.is_empty() {
        return;
    }
    if typed.json {
        println!("{}", json!({ "mapping": { "without_values": unused } }));
    } else {
        for (field, column) in unused {
            eprintln!("mapping: no record has anything in `{column}`, which is to be `{field}`");
        }
    }
}

fn reading(typed: &Typed, config: &Config) -> Result<Reading, String> {
    let form: Option<Form> =
        typed.form.as_deref().map(str::parse).transpose().map_err(|reason| format!("--form: {reason}"))?;
    let mapping = typed.mapping.as_deref().map(|path| {
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("cannot read `{}`: {error}", path.display()))?;
        text.parse::<Mapping>().map_err(|reason| format!("{}: {reason}", path.display()))
    });
    let settings = (&config.records, &config.store);
    Reading::new(form, mapping.transpose()?, &typed.records, &typed.records_host, settings)
}

async fn masters(typed: &Typed, gallery: &Gallery) -> Result<Masters, String> {
    let bar = bar(typed.json, "{spinner} {pos} masters listed");
    let masters = gallery.jobs.masters(|listed| bar.set_position(listed as u64)).await;
    bar.finish_and_clear();
    masters.map_err(|error| error_chain(&error))
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
    dry: bool,
    location: String,
    unnamed: Mutex<Unnamed>,
}

#[derive(Default)]
struct Unnamed {
    bad: usize,
    missing: usize,
    duplicates: usize,
    renamed: usize,
}

impl Told {
    fn new(typed: &Typed, location: &str) -> Self {
        let bar = bar(typed.json, "{spinner} {msg}");
        let (json, verbose, dry) = (typed.json, typed.verbose, typed.dry_run);
        Self { bar, json, verbose, dry, location: location.to_owned(), unnamed: Mutex::default() }
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
        let Imported { read, created, updated, unchanged, bad, without_master, missing, seconds, .. } =
            imported;
        let rate = *read as f64 / seconds.max(0.001);
        println!(
            "{}: {read} records read in {seconds:.1} s ({rate:.0} a second): {created} works new, {updated} changed, \
             {unchanged} as they were, {bad} could not be read{}",
            self.location,
            if self.dry { "; nothing was written" } else { "" }
        );
        if imported.duplicates > 0 {
            println!(
                "{} records left out because another one of the same object number came before them",
                imported.duplicates
            );
        }
        if imported.renamed > 0 {
            println!("{} works have a name of their own because another work has theirs", imported.renamed);
        }
        if imported.taken_over > 0 {
            println!("{} works changed that another source had given until now", imported.taken_over);
        }
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

    fn duplicate(&self, object_number: &str, line: u64, earlier: &Earlier) {
        if self.json {
            let first = json!({ "records": earlier.location, "line": earlier.line });
            println!(
                "{}",
                json!({ "duplicate": { "object_number": object_number, "line": line, "first": first } })
            );
            return;
        }
        let mut unnamed = self.unnamed.lock().unwrap_or_else(PoisonError::into_inner);
        unnamed.duplicates += 1;
        match unnamed.duplicates {
            few if few <= NAMED || self.verbose => {
                let place = if earlier.location == self.location { "" } else { &*earlier.location };
                let place =
                    format!("{place}{}line {}", if place.is_empty() { "" } else { ", " }, earlier.line);
                self.say(&format!(
                    "{}, line {line}: `{object_number}` is also in {place}: that record counts, this one is left out",
                    self.location
                ));
            }
            many if many == NAMED + 1 => self.say("more records are left out; --verbose names them all"),
            _ => {}
        }
    }

    fn renamed(&self, renamed: &Renamed) {
        let Renamed { requested, assigned } = renamed;
        if self.json {
            println!("{}", json!({ "renamed": { "object_number": requested, "given": assigned } }));
            return;
        }
        let mut unnamed = self.unnamed.lock().unwrap_or_else(PoisonError::into_inner);
        unnamed.renamed += 1;
        match unnamed.renamed {
            few if few <= NAMED || self.verbose => self.say(&format!(
                "{requested}: a work of another source has this object number; this one became `{assigned}`"
            )),
            many if many == NAMED + 1 => self.say("more works are renamed; --verbose names them all"),
            _ => {}
        }
    }
}
