//! `tegl sample`: writes the sample collection.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::output::count;
use crate::sample::{self, Extent, Options, Progress};

/// Write a sample collection: twelve works of our own, with records
///
/// Most images have 1.6 megapixels and one has 24, which takes less than a minute. With --full they have 20 to 200
/// megapixels, which takes some minutes and 250 MB.
#[derive(Args)]
pub(super) struct Arguments {
    /// The folder to write to; existing files of the same size are kept
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Write all images at full size: 20 to 200 megapixels
    #[arg(long, conflicts_with = "max_megapixels")]
    full: bool,
    /// The largest size of an image, in megapixels
    #[arg(long, value_name = "N")]
    max_megapixels: Option<f64>,
    /// Overwrite existing files
    #[arg(long)]
    force: bool,
    /// Print one JSON object and no progress
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), String> {
    let extent = match (arguments.full, arguments.max_megapixels) {
        (true, _) => Extent::Full,
        (false, None) => Extent::Quick,
        (false, Some(megapixels)) if megapixels.is_finite() && megapixels > 0.0 => Extent::AtMost(megapixels),
        (false, Some(other)) => {
            return Err(format!(
                "--max-megapixels `{other}`: must be greater than 0, as in `--max-megapixels 2`"
            ));
        }
    };
    let bar = bar(arguments.json)?;
    let report = |progress: Progress<'_>| {
        bar.set_position((progress.share * STEPS) as u64);
        bar.set_message(progress.file.to_owned());
    };
    let began = Instant::now();
    let written = sample::write(&arguments.folder, Options { extent, force: arguments.force }, &report);
    bar.finish_and_clear();
    let summary = written.map_err(|error| error.to_string())?;
    if arguments.json {
        println!("{}", serde_json::json!(summary));
        return Ok(());
    }
    println!(
        "{} in {}: {} written ({:.0} megapixels in {:.0} s), {} already there",
        count(summary.works as u64, "work"),
        arguments.folder.display(),
        count(summary.written as u64, "file"),
        summary.megapixels,
        began.elapsed().as_secs_f64(),
        summary.kept
    );
    println!("serve them with: tegl serve {}", arguments.folder.display());
    Ok(())
}

/// Steps of the progress bar.
const STEPS: f64 = 1000.0;

/// The progress bar; hidden if standard error is not a terminal.
fn bar(json: bool) -> Result<ProgressBar, String> {
    if json || !std::io::stderr().is_terminal() {
        return Ok(ProgressBar::hidden());
    }
    let bar = ProgressBar::new(STEPS as u64);
    let style = ProgressStyle::with_template("{bar:24} {percent:>3} % {eta:>4} left  {msg}");
    bar.set_style(style.map_err(|error| error.to_string())?);
    Ok(bar)
}
