//! `tegl ingest`: imports records, then builds missing pyramids.

use std::collections::HashMap;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use parking_lot::Mutex;

use super::output::count;
use super::{gallery, records, settings};
use crate::gallery::{Ingested, Outcome, Report, Shard};

/// Import records, and build missing pyramids ahead of time
///
/// Records (--records) become works: their images are matched to those of the SOURCEs by path, by --match, by file name
/// or by object number. Unchanged records are skipped, so the command can be repeated after an interruption or with a
/// newer export. Without --records, titles and creators embedded in images (XMP, IPTC, EXIF) become the records of
/// images that no record names.
///
/// Images that are slow to serve get a pyramid; the others are left alone. Existing pyramids are kept, so the command can
/// be repeated when images were added or replaced. Several machines can share the work by --shard 1/4, 2/4 and so on, and
/// one pyramid store (--store s3://…).
///
/// Tags from elsewhere (--tags) are added to the works of the catalogue. Each line is a JSON object such as
/// {"work": "KMS1", "scheme": "motif", "label": {"en": "dog"}, "source": "model:detector@1", "confidence": 0.9}: the work's
/// object number and the fields of a tag of the API. Tags of models are proposed, unless `tagging.accept_from` accepts
/// them; curators' decisions stay. Lines that cannot be stored are listed, and the others are stored.
#[derive(Args)]
#[command(group = clap::ArgGroup::new("imported").args(["records", "tags", "creators"]))]
pub(super) struct Arguments {
    /// Images, as for `tegl serve`
    #[arg(value_name = "SOURCE")]
    pub(super) sources: Vec<String>,
    /// Records: a file or URL of JSON Lines, a JSON list or CSV (each also as .gz), pages of the SMK API, or IIIF manifests
    /// and collections. May be given several times
    #[arg(long, value_name = "FILE_OR_URL")]
    pub(super) records: Vec<String>,
    /// An additional host that redirects, further pages and collections may lead to: museum.org, museum.org:8080,
    /// *.museum.org, or * for all that are not on a private network. May be given several times
    #[arg(long, value_name = "HOST", requires = "records")]
    pub(super) records_host: Vec<String>,
    /// The environment variable with a bearer token for the servers of --records, and for no other: another Tegl then gives
    /// its records whole (its setting oai.whole_records)
    #[arg(long, value_name = "NAME", requires = "records")]
    pub(super) token_env: Option<String>,
    /// Tags from elsewhere: a file or URL of JSON Lines, also as .gz. May be given several times
    #[arg(long, value_name = "FILE_OR_URL")]
    pub(super) tags: Vec<String>,
    /// Authority records of creators: a file or URL of JSON Lines, also as .gz, in Tegl's own format or that of Tate's
    /// artists. They are joined with the creators of works by identifier, or else by name. May be given several times
    #[arg(long, value_name = "FILE_OR_URL", conflicts_with_all = ["records", "tags", "form"])]
    pub(super) creators: Vec<String>,
    /// The format of the records: lines (Tegl's own), smk, tate, csv, iiif [default: detected]; or of the tags: lines
    /// [default], enrichment (answers of SMK's enrichment service)
    #[arg(long, value_name = "FORM", requires = "imported")]
    pub(super) form: Option<String>,
    /// A TOML file that maps columns or fields of the records to fields of a work; see config/mapping.toml
    #[arg(long, value_name = "FILE", requires = "records")]
    pub(super) mapping: Option<PathBuf>,
    /// The files that are a work's images, as in `scans/{object_number}*.tif`
    #[arg(long = "match", value_name = "PATTERN", requires = "records")]
    pub(super) pattern: Option<String>,
    /// The name of this source of records, whatever its files are called; its works belong to it [default: works stay with
    /// the source that they have]
    #[arg(long, value_name = "NAME", requires = "records")]
    pub(super) name: Option<String>,
    /// Write the addresses that manifests and canvases had on another server with those on this one: as JSON if FILE ends in
    /// .json, otherwise as a map for nginx, to include beside
    /// `if ($tegl_address) { return 301 $tegl_address; }`. May be given several times
    #[arg(long, value_name = "FILE", requires = "records")]
    pub(super) redirects: Vec<PathBuf>,
    /// Withdraw the works of this source (--name) that its records no longer contain; several --records are one export
    #[arg(long, requires = "records", requires = "name")]
    pub(super) prune: bool,
    /// Refuse to withdraw more than N works [default: a tenth of the source's works]
    #[arg(long, value_name = "N", requires = "prune")]
    pub(super) prune_limit: Option<u64>,
    /// Why works are withdrawn, in words for the public
    #[arg(long, value_name = "TEXT", requires = "prune", value_parser = super::withdraw::reason)]
    pub(super) prune_reason: Option<String>,
    /// Also restore works that the museum has withdrawn (`tegl withdraw`, or the API)
    #[arg(long, requires = "records")]
    pub(super) restore: bool,
    /// Change nothing: report what the import would change and which works would be withdrawn
    #[arg(long, requires = "imported")]
    pub(super) dry_run: bool,
    /// Print the JSON Schema of Tegl's own record format and exit
    #[arg(long)]
    pub(super) schema: bool,
    /// Where pyramids are kept: a folder, s3://…, az://… or gs://… [default: the setting pyramids.location]
    #[arg(long, value_name = "URL")]
    pub(super) store: Option<String>,
    /// Process part I of N of the collection
    #[arg(long, value_name = "I/N")]
    pub(super) shard: Option<String>,
    /// Images to process at the same time; each one is compressed on all processors [default: 2]
    #[arg(long, value_name = "N")]
    pub(super) jobs: Option<usize>,
    /// Print one JSON object per image, and a summary
    #[arg(long)]
    pub(super) json: bool,
    /// List every pyramid that is built and every problem with the records
    #[arg(long, short)]
    pub(super) verbose: bool,
    /// Settings file in TOML [default: ./tegl.toml, else /etc/tegl/tegl.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), String> {
    if arguments.schema {
        println!("{:#}", crate::record::read::schema());
        return Ok(());
    }
    let mut config = settings::load(arguments.config.as_deref())?;
    if let Some(store) = &arguments.store {
        config.pyramids.location = store.clone();
    }
    let shard = Shard::of_argument(arguments.shard.as_deref())?;
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
