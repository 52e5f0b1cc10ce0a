//! `tegl sample`: writes the sample collection.

use std::io::IsTerminal;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};

use super::Sample as Arguments;
use super::output::count;
use crate::sample::{self, Extent, Options, Progress};

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
