//! `tegl ingest --records`: imports records into the catalogue.

use std::io::IsTerminal;
use std::sync::Arc;

use indicatif::{ProgressBar, ProgressStyle};
use parking_lot::Mutex;
use serde_json::json;

use super::ingest_arguments::Arguments;
use super::left_out;
use super::output::{MAX_LISTED, count};
use crate::catalogue::{DEFAULT_SOURCE, Renamed};
use crate::config::Config;
use crate::gallery::{
    Earlier, Gallery, Import, Imported, LeftOut, Masters, MediaProblem, Pattern, Pruned, Reading, Redirects,
    Register, Watch, error_chain,
};
use crate::record::read::{BadRecord, Mapping, RecordFormat};

/// Imports all records given on the command line into the catalogue. Returns how many could not be read.
pub(super) async fn run(
    arguments: &Arguments,
    config: &Config,
    gallery: &Arc<Gallery>,
) -> Result<u64, String> {
    if !gallery.works.has_catalogue() {
        return Err(
            "there is no catalogue to import records into: `catalogue.url` is `none` or not writable; \
                    set it to a file, as in TEGL__CATALOGUE__URL=catalogue.db, or to postgres://…"
                .into(),
        );
    }
    let pattern: Option<Pattern> = arguments
        .pattern
        .as_deref()
        .map(str::parse)
        .transpose()
        .map_err(|reason| format!("--match {reason}"))?;
    let masters = Arc::new(masters(arguments, gallery).await?);
    let mut failed = 0;
    let source = arguments.name.clone().unwrap_or_else(|| DEFAULT_SOURCE.to_owned());
    let register = Arc::new(Mutex::new(Register::default()));
    let prefix =
        url::Url::parse(&config.web.base_url).map_or_else(|_| String::new(), |url| url.path().to_owned());
    let redirects = Arc::new(Mutex::new(Redirects::create(&arguments.redirects, &prefix)?));
    let keep = gallery.jobs.keep_collections(&source, register.clone(), redirects.clone(), arguments.dry_run);
    let reading = reading(arguments, config)?.keeping_collections(keep.map_err(|error| error_chain(&error))?);
    let left_out = Arc::new(Mutex::new(LeftOut::default()));
    for location in &arguments.records {
        register.lock().begin(location, &source);
        let watch = Arc::new(Reporter::new(arguments, location));
        let (reading, settings, at) = (reading.clone(), config.store.clone(), location.clone());
        let entries = tokio::task::spawn_blocking(move || reading.entries(&at, &settings));
        let entries =
            entries.await.map_err(|error| error.to_string())?.map_err(|error| error_chain(&error))?;
        let import = Import {
            source: source.clone(),
            entries,
            pattern: pattern.clone(),
            register: register.clone(),
            restore: arguments.restore,
            redirects: redirects.clone(),
            left_out: left_out.clone(),
            dry: arguments.dry_run,
        };
        let imported = tokio::select! {
            done = gallery.jobs.import(import, masters.clone(), watch.clone()) => done.map_err(|error| error_chain(&error))?,
            _ = tokio::signal::ctrl_c() => {
                return Err("interrupted; records imported so far are kept. Run the same command again to continue.".into());
            }
        };
        watch.summary(&imported);
        failed += imported.bad;
    }
    let collections = register.lock().collections().len();
    if collections > 0 && arguments.json {
        println!("{}", json!({ "collections": collections }));
    } else if collections > 0 {
        println!("{} kept", count(collections as u64, "collection"));
    }
    if !arguments.redirects.is_empty() {
        let none = Redirects::create(&[], "")?;
        let written = std::mem::replace(&mut *redirects.lock(), none).finish()?;
        if !arguments.json {
            println!("{} written", count(written as u64, "redirect"));
        }
    }
    report_refused_hosts(arguments, &reading);
    report_linked_pages(arguments, &reading);
    left_out::report(arguments, &left_out.lock());
    if let Some(mapping) = &reading.mapping {
        report_unused_columns(arguments, mapping, &register.lock());
    }
    if arguments.prune {
        let register = std::mem::take(&mut *register.lock());
        prune(arguments, gallery, &source, &register).await?;
    }
    Ok(failed)
}

/// Withdraws the works of the source that its records no longer contain.
async fn prune(
    arguments: &Arguments,
    gallery: &Gallery,
    source: &str,
    register: &Register,
) -> Result<(), String> {
    let (limit, reason) = (arguments.prune_limit, arguments.prune_reason.clone());
    let pruned = gallery.jobs.prune(source, register, limit, reason, arguments.dry_run).await;
    let Pruned { works, missing, refused } = pruned.map_err(|error| error_chain(&error))?;
    let withdrawn = if refused.is_some() || arguments.dry_run { 0 } else { missing.len() };
    if arguments.json {
        println!(
            "{}",
            json!({ "prune": { "source": source, "works": works, "missing": missing, "withdrawn": withdrawn,
                "dry_run": arguments.dry_run, "refused": refused } })
        );
    } else {
        let listed = if arguments.verbose || arguments.dry_run { missing.len() } else { MAX_LISTED };
        let verb = if withdrawn > 0 { "withdrawn" } else { "without a record" };
        missing.iter().take(listed).for_each(|number| eprintln!("{number}: {verb}"));
        let verb = if arguments.dry_run { "would be withdrawn" } else { "withdrawn" };
        if refused.is_none() {
            println!("{source}: {} of {works} works {verb}", missing.len());
        }
    }
    match refused {
        Some(reason) if arguments.dry_run => {
            eprintln!("{reason}");
            Ok(())
        }
        Some(reason) => Err(reason),
        None => Ok(()),
    }
}

/// Lists the disallowed hosts that records link to.
fn report_refused_hosts(arguments: &Arguments, reading: &Reading) {
    for (host, addresses) in reading.refused() {
        if arguments.json {
            println!("{}", json!({ "refused": { "host": host, "addresses": addresses } }));
        } else {
            eprintln!(
                "{host}: {addresses} addresses on this host were not requested; `--records-host {host}` or `records.hosts` allows them"
            );
        }
    }
}

/// Lists the annotation pages that could not be read.
fn report_linked_pages(arguments: &Arguments, reading: &Reading) {
    let linked = reading.linked_pages();
    if linked.count == 0 {
        return;
    }
    if arguments.json {
        let pages = linked.listed.iter().map(|(page, reason)| json!({ "page": page, "reason": reason }));
        let pages: Vec<_> = pages.collect();
        println!("{}", json!({ "annotation_pages": { "linked": linked.count, "pages": pages } }));
        return;
    }
    eprintln!("{} annotation pages could not be read; manifests link to them", linked.count);
    let listed = if arguments.verbose { linked.listed.len() } else { MAX_LISTED };
    linked.listed.iter().take(listed).for_each(|(page, reason)| eprintln!("  {page}: {reason}"));
}

/// Lists the columns of the mapping that are empty in all records.
fn report_unused_columns(arguments: &Arguments, mapping: &Mapping, register: &Register) {
    if register.count() == 0 {
        return;
    }
    let unused = mapping.unused();
    if unused.is_empty() {
        return;
    }
    if arguments.json {
        println!("{}", json!({ "mapping": { "without_values": unused } }));
    } else {
        for (field, column) in unused {
            eprintln!("mapping: no record has a value in `{column}`, which is mapped to `{field}`");
        }
    }
}

fn reading(arguments: &Arguments, config: &Config) -> Result<Reading, String> {
    let form: Option<RecordFormat> = arguments
        .form
        .as_deref()
        .map(str::parse)
        .transpose()
        .map_err(|reason| format!("--form: {reason}"))?;
    let mapping = arguments.mapping.as_deref().map(|path| {
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("cannot read `{}`: {error}", path.display()))?;
        text.parse::<Mapping>().map_err(|reason| format!("{}: {reason}", path.display()))
    });
    let settings = (&config.records, &config.store);
    let reading =
        Reading::new(form, mapping.transpose()?, &arguments.records, &arguments.records_host, settings)?;
    let Some(name) = &arguments.token_env else { return Ok(reading) };
    match std::env::var(name) {
        Ok(token) if !token.is_empty() => reading.with_token(&token, &arguments.records),
        _ => Err("there is no such environment variable, or it is empty".into()),
    }
    .map_err(|reason| format!("--token-env {name}: {reason}"))
}

async fn masters(arguments: &Arguments, gallery: &Gallery) -> Result<Masters, String> {
    let bar = bar(arguments.json, "{spinner} {pos} masters listed");
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

/// Reports progress and problems: a bar and lines on a terminal, JSON for programs.
struct Reporter {
    bar: ProgressBar,
    json: bool,
    verbose: bool,
    dry: bool,
    location: String,
    counts: Mutex<Counts>,
}

/// How many problems of each kind were found.
#[derive(Default)]
struct Counts {
    bad: usize,
    missing: usize,
    duplicates: usize,
    elsewhere: usize,
    media: usize,
    renamed: usize,
}

impl Reporter {
    fn new(arguments: &Arguments, location: &str) -> Self {
        let bar = bar(arguments.json, "{spinner} {msg}");
        let (json, verbose, dry) = (arguments.json, arguments.verbose, arguments.dry_run);
        Self { bar, json, verbose, dry, location: location.to_owned(), counts: Mutex::default() }
    }

    fn print_line(&self, line: &str) {
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
            "{}: {read} records read in {seconds:.1} s ({rate:.0} per second): {created} works new, {updated} changed, \
             {unchanged} unchanged, {bad} could not be read{}",
            self.location,
            if self.dry { "; nothing was written" } else { "" }
        );
        if imported.withdrawn > 0 {
            println!("{} withdrawn by their records", count(imported.withdrawn, "work"));
        }
        if imported.withheld > 0 {
            println!(
                "{} withdrawn by the museum stay so; `tegl restore` or --restore shows them again",
                count(imported.withheld, "work")
            );
        }
        if imported.duplicates > 0 {
            println!(
                "{} skipped because an earlier record has the same object number",
                count(imported.duplicates, "record")
            );
        }
        if imported.renamed > 0 {
            println!(
                "{} got a new object number because theirs is already in use",
                count(imported.renamed, "work")
            );
        }
        if imported.taken_over > 0 {
            println!("{} taken over from another source", count(imported.taken_over, "work"));
        }
        if imported.missing_media > 0 {
            println!(
                "{} of sound and video named in records not found",
                count(imported.missing_media, "file")
            );
        }
        if *without_master > 0 || *missing > 0 {
            println!(
                "{} without a master; {} named in records not found",
                count(*without_master, "work"),
                count(*missing, "image")
            );
        }
    }
}

impl Watch for Reporter {
    fn done(&self, so_far: &Imported) {
        let rate = so_far.read as f64 / so_far.seconds.max(0.001);
        let Imported { read, created, updated, unchanged, bad, .. } = so_far;
        self.bar.set_message(format!(
            "{read} records ({rate:.0} per second): {created} new, {updated} changed, {unchanged} unchanged, {bad} bad"
        ));
    }

    fn bad(&self, bad: &BadRecord) {
        if self.json {
            println!(
                "{}",
                json!({ "bad": { "line": bad.line, "object_number": bad.object_number, "reason": bad.reason } })
            );
            return;
        }
        let mut counts = self.counts.lock();
        counts.bad += 1;
        match counts.bad {
            few if few <= MAX_LISTED || self.verbose => {
                let number =
                    bad.object_number.as_ref().map(|number| format!(" ({number})")).unwrap_or_default();
                self.print_line(&format!("{}, line {}{number}: {}", self.location, bad.line, bad.reason));
            }
            many if many == MAX_LISTED + 1 => {
                self.print_line("more records could not be read; --verbose lists them all")
            }
            _ => {}
        }
    }

    fn missing(&self, object_number: &str, files: &[&str]) {
        if self.json {
            println!("{}", json!({ "without_master": { "object_number": object_number, "files": files } }));
            return;
        }
        let mut counts = self.counts.lock();
        counts.missing += 1;
        match counts.missing {
            few if few <= MAX_LISTED || self.verbose => self.print_line(&match files {
                [] => format!("{object_number}: no master matches this object number"),
                files => format!("{object_number}: no master for {}", files.join(", ")),
            }),
            many if many == MAX_LISTED + 1 => {
                self.print_line("more works have no master; --verbose lists them all")
            }
            _ => {}
        }
    }

    fn media(&self, object_number: &str, file: &str, problem: &MediaProblem) {
        if self.json {
            let reason = problem.to_string();
            println!(
                "{}",
                json!({ "media": { "object_number": object_number, "file": file, "reason": reason } })
            );
            return;
        }
        let mut counts = self.counts.lock();
        counts.media += 1;
        match counts.media {
            few if few <= MAX_LISTED || self.verbose => {
                self.print_line(&format!("{object_number}: `{file}`: {problem}"));
            }
            many if many == MAX_LISTED + 1 => {
                self.print_line("more files of sound and video have problems; --verbose lists them all")
            }
            _ => {}
        }
    }

    fn elsewhere(&self, object_number: &str, targets: &[String]) {
        if self.json {
            println!(
                "{}",
                json!({ "annotated_elsewhere": { "object_number": object_number, "targets": targets } })
            );
            return;
        }
        let mut counts = self.counts.lock();
        counts.elsewhere += 1;
        match counts.elsewhere {
            few if few <= MAX_LISTED || self.verbose => self.print_line(&format!(
                "{object_number}: annotations are about resources of other servers, and stay so: {}",
                targets.iter().take(MAX_LISTED).map(String::as_str).collect::<Vec<_>>().join(", ")
            )),
            many if many == MAX_LISTED + 1 => {
                self.print_line("more works have annotations of other servers; --verbose lists them all")
            }
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
        let mut counts = self.counts.lock();
        counts.duplicates += 1;
        match counts.duplicates {
            few if few <= MAX_LISTED || self.verbose => {
                let place = if earlier.location == self.location { "" } else { &*earlier.location };
                let place =
                    format!("{place}{}line {}", if place.is_empty() { "" } else { ", " }, earlier.line);
                self.print_line(&format!(
                    "{}, line {line}: `{object_number}` is also in {place}: that record is used, this one is skipped",
                    self.location
                ));
            }
            many if many == MAX_LISTED + 1 => {
                self.print_line("more records were skipped; --verbose lists them all")
            }
            _ => {}
        }
    }

    fn renamed(&self, renamed: &Renamed) {
        let Renamed { requested, assigned } = renamed;
        if self.json {
            println!("{}", json!({ "renamed": { "object_number": requested, "given": assigned } }));
            return;
        }
        let mut counts = self.counts.lock();
        counts.renamed += 1;
        match counts.renamed {
            few if few <= MAX_LISTED || self.verbose => self.print_line(&format!(
                "{requested}: a work of another source has this object number; this one became `{assigned}`"
            )),
            many if many == MAX_LISTED + 1 => {
                self.print_line("more works were renumbered; --verbose lists them all")
            }
            _ => {}
        }
    }
}
