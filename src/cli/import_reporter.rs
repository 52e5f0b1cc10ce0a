//! What `tegl ingest --records` reports while it imports: a bar and lines on a terminal, JSON for programs.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use parking_lot::Mutex;
use serde_json::{Value, json};

use super::ingest_arguments::Arguments;
use super::output::{MAX_LISTED, count};
use crate::catalogue::Renamed;
use crate::gallery::{Earlier, Imported, MediaProblem, Watch};
use crate::record::read::BadRecord;

/// Reports the import of one location.
pub(super) struct Reporter {
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

/// A bar without a known end; hidden for programs.
pub(super) fn bar(json: bool, template: &str) -> ProgressBar {
    let bar = if json || !std::io::stderr().is_terminal() {
        ProgressBar::hidden()
    } else {
        ProgressBar::new_spinner()
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

impl Reporter {
    pub(super) fn new(arguments: &Arguments, location: &str) -> Self {
        let bar = bar(arguments.json, "{spinner} {msg}");
        let (json, verbose, dry) = (arguments.json, arguments.verbose, arguments.dry_run);
        Self { bar, json, verbose, dry, location: location.to_owned(), counts: Mutex::default() }
    }

    /// Reports a problem: `object` to programs, `line` to people as long as there are few of its kind; then `more`, once.
    fn problem(
        &self,
        object: impl FnOnce() -> Value,
        kind: fn(&mut Counts) -> &mut usize,
        line: impl FnOnce() -> String,
        more: &str,
    ) {
        if self.json {
            println!("{}", object());
            return;
        }
        let number = {
            let mut counts = self.counts.lock();
            let number = kind(&mut counts);
            *number += 1;
            *number
        };
        if number <= MAX_LISTED || self.verbose {
            self.print_line(&line());
        } else if number == MAX_LISTED + 1 {
            self.print_line(more);
        }
    }

    fn print_line(&self, line: &str) {
        self.bar.suspend(|| eprintln!("{line}"));
    }

    pub(super) fn summary(&self, imported: &Imported) {
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
        let BadRecord { line, object_number, reason } = bad;
        self.problem(
            || json!({ "bad": { "line": line, "object_number": object_number, "reason": reason } }),
            |counts| &mut counts.bad,
            || {
                let number = object_number.as_ref().map(|number| format!(" ({number})")).unwrap_or_default();
                format!("{}, line {line}{number}: {reason}", self.location)
            },
            "more records could not be read; --verbose lists them all",
        );
    }

    fn missing(&self, object_number: &str, files: &[&str]) {
        self.problem(
            || json!({ "without_master": { "object_number": object_number, "files": files } }),
            |counts| &mut counts.missing,
            || match files {
                [] => format!("{object_number}: no master matches this object number"),
                files => format!("{object_number}: no master for {}", files.join(", ")),
            },
            "more works have no master; --verbose lists them all",
        );
    }

    fn media(&self, object_number: &str, file: &str, problem: &MediaProblem) {
        let reason = problem.to_string();
        self.problem(
            || json!({ "media": { "object_number": object_number, "file": file, "reason": reason } }),
            |counts| &mut counts.media,
            || format!("{object_number}: `{file}`: {reason}"),
            "more files of sound and video have problems; --verbose lists them all",
        );
    }

    fn elsewhere(&self, object_number: &str, targets: &[String]) {
        self.problem(
            || json!({ "annotated_elsewhere": { "object_number": object_number, "targets": targets } }),
            |counts| &mut counts.elsewhere,
            || {
                let targets: Vec<_> = targets.iter().take(MAX_LISTED).map(String::as_str).collect();
                let targets = targets.join(", ");
                format!("{object_number}: annotations are about resources of other servers, and stay so: {targets}")
            },
            "more works have annotations of other servers; --verbose lists them all",
        );
    }

    fn duplicate(&self, object_number: &str, line: u64, earlier: &Earlier) {
        let Earlier { location, line: first, .. } = earlier;
        self.problem(
            || {
                let first = json!({ "records": location, "line": first });
                json!({ "duplicate": { "object_number": object_number, "line": line, "first": first } })
            },
            |counts| &mut counts.duplicates,
            || {
                let here = &self.location;
                let place = if *location == *here { String::new() } else { format!("{location}, ") };
                format!(
                    "{here}, line {line}: `{object_number}` is also in {place}line {first}: that record is used, this one is skipped"
                )
            },
            "more records were skipped; --verbose lists them all",
        );
    }

    fn renamed(&self, renamed: &Renamed) {
        let Renamed { requested, assigned } = renamed;
        self.problem(
            || json!({ "renamed": { "object_number": requested, "given": assigned } }),
            |counts| &mut counts.renamed,
            || {
                format!(
                    "{requested}: a work of another source has this object number; this one became `{assigned}`"
                )
            },
            "more works were renumbered; --verbose lists them all",
        );
    }
}
