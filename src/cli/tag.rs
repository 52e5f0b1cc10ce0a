//! `tegl tag`: reads the images of works and proposes tags.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use parking_lot::Mutex;

use super::output::count;
use super::{contact_sheet, gallery, settings, train};
use crate::config::Config;
use crate::gallery::{Gallery, Shard, TagKind, TagReport, TagRun, TagSummary, TaggedWork};
use crate::inference::{Declaration, Model};

/// Propose tags for all works: colors measured on their images, and vectors for similar works
///
/// Reads a small rendition of each image of the works in the catalogue, beside a running server. Tags are stored as
/// `proposed`; curators accept or reject them, and their decisions outlive later runs. Only what is missing for this
/// version and this master is done, so the command can be repeated after an interruption or when works were added.
/// Several machines can share the work by --shard 1/4, 2/4 and so on.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Images, as for `tegl serve`
    #[arg(value_name = "SOURCE")]
    sources: Vec<String>,
    /// What to find: color, motif, style, likeness [default: all]; motifs and styles need a model in the settings
    /// (`[models.NAME]`), and those that `tegl tag train` has learnt are found too
    #[arg(long, value_name = "KINDS", value_delimiter = ',')]
    only: Vec<String>,
    /// Only works that this search finds: words, or parameters of the API's search, as in 'q=ship&any=type:painting'. The
    /// index of works is built first, unless it is in `search.folder`
    #[arg(long, value_name = "QUERY")]
    works: Option<String>,
    /// Change nothing: write a page with a sample of works and their proposed tags to this file
    #[arg(long, value_name = "FILE.html")]
    dry_run: Option<PathBuf>,
    /// Process part I of N of the works; auto/N as for `tegl ingest`
    #[arg(long, value_name = "I/N")]
    shard: Option<String>,
    /// Works to process at the same time [default: two per processor]
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Print one JSON object per work, and a summary
    #[arg(long)]
    json: bool,
    /// Settings file in TOML [default: ./tegl.toml, else /etc/tegl/tegl.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    Train(train::Arguments),
}

/// Works on a contact sheet.
const SAMPLE: usize = 60;

pub(super) fn run(arguments: &Arguments) -> Result<(), String> {
    if let Some(Command::Train(arguments)) = &arguments.command {
        return train::run(arguments);
    }
    let mut config = settings::load(arguments.config.as_deref())?;
    // Each image is read once.
    (config.cache.answers_mib, config.cache.decoded_mib) = (0, 0);
    gallery::require_source(&arguments.sources, &config)?;
    let kinds = match arguments.only.is_empty() {
        true => TagKind::ALL.to_vec(),
        false => arguments.only.iter().map(|name| kind(name)).collect::<Result<_, _>>()?,
    };
    let shard = Shard::of_argument(arguments.shard.as_deref(), |name| std::env::var(name).ok())?;
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let jobs = arguments.jobs.unwrap_or(2 * cores).clamp(1, 16 * cores);
    let sample = arguments.dry_run.is_some().then_some(SAMPLE);
    let gallery = gallery::open(&arguments.sources, &config)?;
    gallery::check_stores(&gallery)?;
    let (gallery, among) = select(gallery, &config, arguments.works.as_deref())?;
    let reporter = Arc::new(Reporter::new(arguments.json, arguments.dry_run.is_some()));
    let models = models(&config, &kinds)?;
    let (tagging, details) = (config.tagging, config.likeness.details);
    let run = TagRun { kinds, tagging, models, shard, among, details, jobs, sample };
    let summary = gallery::block_on(async {
        tokio::select! {
            done = gallery.jobs.tag(run, reporter.clone()) => done.map_err(|error| crate::gallery::error_chain(&error)),
            _ = tokio::signal::ctrl_c() => Err("interrupted; what was tagged is kept. Run the same command again to continue.".into()),
        }
    })?;
    reporter.bar.finish_and_clear();
    if let Some(path) = &arguments.dry_run {
        let page = contact_sheet::page(&reporter.state.lock().shown);
        std::fs::write(path, page).map_err(|error| format!("cannot write `{}`: {error}", path.display()))?;
    }
    reporter.print(&summary, arguments);
    match summary.failed {
        0 => Ok(()),
        1 => Err("one image failed; the others were tagged".into()),
        failed => Err(format!("{failed} images failed; the others were tagged")),
    }
}

/// Finds the works that a query selects, by the index of works, which is brought up to date first.
fn select(gallery: Gallery, config: &Config, query: Option<&str>) -> Result<(Gallery, Selection), String> {
    let Some(query) = query else { return Ok((gallery, None)) };
    let gallery = gallery::with_index(gallery, config);
    let selected = gallery::block_on(async {
        let selected = crate::web::selected_works(&gallery, query).await;
        selected.map_err(|error| format!("--works: {}", crate::gallery::error_chain(&error)))
    })?;
    match selected.is_empty() {
        true => Err(format!("--works `{query}`: no work is found by this search")),
        false => Ok((gallery, Some(selected))),
    }
}

/// The object numbers of the works to read, as [`crate::search::number_hash`]; all works if `None`.
type Selection = Option<Arc<HashSet<u64>>>;

/// Loads the models of the settings, if these kinds of tags need any.
fn models(config: &Config, kinds: &[TagKind]) -> Result<Vec<(String, Arc<Model>)>, String> {
    if kinds == [TagKind::Color] {
        return Ok(Vec::new());
    }
    let load =
        |(name, declaration): (&String, &Declaration)| match Model::load(declaration, &config.inference) {
            Ok(model) => Ok((name.clone(), Arc::new(model))),
            Err(error) => Err(format!("the model `{name}` of the settings: {error}")),
        };
    config.models.iter().map(load).collect()
}

fn kind(name: &str) -> Result<TagKind, String> {
    TagKind::parse(name).ok_or_else(|| {
        format!(
            "--only `{name}`: must be `color`, `motif`, `style` or `likeness`, or several separated by commas"
        )
    })
}

/// Reports progress: a bar on a terminal, JSON for programs.
struct Reporter {
    bar: ProgressBar,
    json: bool,
    is_sample: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    images: u64,
    failures: Vec<(String, String)>,
    shown: Vec<TaggedWork>,
}

impl Reporter {
    fn new(json: bool, is_sample: bool) -> Self {
        let bar = if json { ProgressBar::hidden() } else { ProgressBar::new(0) };
        let style = ProgressStyle::with_template("{bar:24} {pos}/{len} works  {per_sec}  {msg}  {eta} left");
        if let Ok(style) = style {
            bar.set_style(style);
        }
        Self { bar, json, is_sample, state: Mutex::default() }
    }

    fn print(&self, summary: &TagSummary, arguments: &Arguments) {
        if arguments.json {
            println!("{}", serde_json::json!({ "summary": summary }));
            return;
        }
        let rate = summary.read as f64 / summary.seconds.max(0.001);
        println!(
            "{}: {} read in {:.1} s ({rate:.0} per second), {} up to date, {} not in these sources or not shown, {} failed",
            count(summary.works, "work"),
            count(summary.read, "image"),
            summary.seconds,
            summary.known,
            summary.left_out,
            summary.failed
        );
        match &arguments.dry_run {
            Some(path) => println!("nothing was changed; the tags are shown in {}", path.display()),
            None => println!(
                "{} changed: {} added or changed, {} removed, {} left out because a curator or the record has decided about them",
                count(summary.changed, "work"),
                count(summary.tags_added, "tag"),
                summary.tags_removed,
                summary.already_decided
            ),
        }
        for note in &summary.notes {
            println!("{note}");
        }
        let state = self.state.lock();
        for (file, reason) in state.failures.iter().take(200) {
            eprintln!("failed: {file}: {reason}");
        }
        if state.failures.len() > 200 {
            eprintln!("failed: {} more", state.failures.len() - 200);
        }
    }
}

impl TagReport for Reporter {
    fn total(&self, works: u64) {
        self.bar.set_length(works);
    }

    fn done(&self, tagged: &TaggedWork) {
        let mut state = self.state.lock();
        state.images += tagged.read;
        if self.json {
            println!("{}", serde_json::json!(tagged));
        }
        state.failures.extend(tagged.failures.iter().cloned());
        if self.is_sample && tagged.shown.is_some() {
            state.shown.push(tagged.clone());
        }
        let failed = match state.failures.len() {
            0 => String::new(),
            failed => format!(", {failed} failed"),
        };
        self.bar.set_message(format!("{}{failed}", count(state.images, "image")));
        self.bar.inc(1);
    }
}
