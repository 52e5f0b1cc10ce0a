//! `tegl tag train`: learns a scheme from people's tags.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::output::count;
use super::{gallery, settings, training_page};
use crate::gallery::{ClusterReport, TrainReport, TrainRun, TrainingReport};
use crate::record::slug;

/// Learn the tags of a scheme from those that people have given, accepted and rejected
///
/// Uses the embeddings that `tegl tag` has stored by a model of the settings, and stores what it learns in the catalogue; the
/// next `tegl tag` proposes these tags. Prints for each tag how often it is right about works that it was not trained on
/// (cross-validation), and proposes only tags that reach the precision. For the scheme `style` it also divides all works
/// into clusters, which keep their numbers when the command is repeated; at /review curators name, merge and hide them.
#[derive(Args)]
pub(super) struct Arguments {
    /// The scheme, as in motif, style, subject or technique
    #[arg(value_name = "SCHEME")]
    scheme: String,
    /// The model whose embeddings are used, by its name in the settings [default: the one that has read most images]
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// The precision that a tag must reach to be proposed, above 0 and at most 1
    #[arg(long, value_name = "P", default_value_t = 0.9)]
    precision: f64,
    /// The fewest works that must have a tag, and that must lack it
    #[arg(long, value_name = "N", default_value_t = 5)]
    min_works: usize,
    /// Works lack a tag only if people have rejected it [default: also if people have given them other tags of the scheme]
    #[arg(long)]
    only_rejected: bool,
    /// Also write the report as a page
    #[arg(long, value_name = "FILE.html")]
    report: Option<PathBuf>,
    /// Forget what was learnt before, with the names that curators have given to groups
    #[arg(long)]
    anew: bool,
    /// Only report, and store nothing
    #[arg(long)]
    dry_run: bool,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
    /// Settings file in TOML [default: ./tegl.toml, else /etc/tegl/tegl.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), String> {
    if !(arguments.precision > 0.0 && arguments.precision <= 1.0) {
        return Err(format!("--precision {}: must be above 0 and at most 1", arguments.precision));
    }
    if slug(&arguments.scheme).is_empty() {
        return Err(format!(
            "`{}` is no scheme: name the one to learn, as in `motif` or `style`",
            arguments.scheme
        ));
    }
    let config = settings::load(arguments.config.as_deref())?;
    let gallery = gallery::open(&[], &config)?;
    let reporter = Arc::new(Reporter::new(arguments.json));
    let run = TrainRun {
        scheme: arguments.scheme.clone(),
        model: arguments.model.clone(),
        precision: arguments.precision,
        fewest: arguments.min_works.max(1),
        is_complete: !arguments.only_rejected,
        is_anew: arguments.anew,
        is_dry: arguments.dry_run,
        threads: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
    };
    let report = gallery::block_on(async {
        tokio::select! {
            done = gallery.jobs.train(run, reporter.as_ref()) => done.map_err(|error| crate::gallery::error_chain(&error)),
            _ = tokio::signal::ctrl_c() => Err("interrupted; nothing was changed".into()),
        }
    })?;
    reporter.bar.finish_and_clear();
    if let Some(path) = &arguments.report {
        std::fs::write(path, training_page::page(&report))
            .map_err(|error| format!("cannot write `{}`: {error}", path.display()))?;
    }
    match arguments.json {
        true => println!("{}", serde_json::json!(report)),
        false => print(&report, arguments),
    }
    Ok(())
}

fn print(report: &TrainingReport, arguments: &Arguments) {
    println!(
        "{} with embeddings by {}; people have given {} of them tags of the scheme `{}`",
        count(report.works as u64, "work"),
        report.model,
        report.tagged_works,
        report.scheme
    );
    if let Some(probe) = &report.probe {
        print!("{probe}");
    }
    if let Some(reason) = &report.no_probe {
        println!("no probe was trained: {reason}");
    }
    if let Some(clusters) = &report.clusters {
        println!("{}", clusters.summary());
        for cluster in &clusters.clusters {
            println!("{}", line(cluster));
        }
    }
    match arguments.dry_run {
        true => println!("nothing was stored"),
        false => println!("run `tegl tag --only {} SOURCE` to propose these tags", kind(&report.scheme)),
    }
}

/// The kind for `tegl tag --only` that includes a scheme.
fn kind(scheme: &str) -> &str {
    if scheme == "style" { "style" } else { "motif" }
}

fn line(cluster: &ClusterReport) -> String {
    let state = match (cluster.is_hidden, cluster.merged_into) {
        (true, _) => ", hidden".to_owned(),
        (false, Some(into)) => format!(", shown as a part of {into}"),
        (false, None) if cluster.is_new => ", new".to_owned(),
        (false, None) => String::new(),
    };
    let examples = cluster.examples.join(", ");
    format!(
        "  {:>3}  {}: {}{state}; {examples}",
        cluster.id,
        cluster.label,
        count(cluster.works as u64, "work")
    )
}

/// A bar on a terminal.
struct Reporter {
    bar: ProgressBar,
}

impl Reporter {
    fn new(json: bool) -> Self {
        let bar = if json { ProgressBar::hidden() } else { ProgressBar::new(0) };
        if let Ok(style) = ProgressStyle::with_template("{bar:24} {pos}/{len} embeddings  {msg}  {elapsed}") {
            bar.set_style(style);
        }
        Self { bar }
    }
}

impl TrainReport for Reporter {
    fn total(&self, embeddings: u64) {
        self.bar.set_length(embeddings);
    }

    fn read(&self, embeddings: u64) {
        self.bar.inc(embeddings);
    }

    fn training(&self, examples: usize) {
        self.bar.set_message(format!("training on {}", count(examples as u64, "work")));
        // The bar goes on counting seconds, as training takes some minutes with many works.
        self.bar.enable_steady_tick(std::time::Duration::from_millis(500));
    }
}
