//! `tegl sample`: writes the sample collection.

use std::io::IsTerminal;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};

use super::Sample as Typed;
use super::output::count;
use crate::sample::{self, Extent, Options, Progress};

pub fn run(typed: &Typed) -> Result<(), String> {
    let extent = match (typed.full, typed.max_megapixels) {
        (true, _) => Extent::Full,
        (false, None) => Extent::Quick,
        (false, Some(megapixels)) if megapixels.is_finite() && megapixels > 0.0 => Extent::AtMost(megapixels),
        (false, Some(other)) => {
            return Err(format!(
                "--max-megapixels `{other}`: it must be more than 0, as in `--max-megapixels 2`"
            ));
        }
    };
    let bar = bar(typed.json)?;
    let report = |progress: Progress<'_>| {
        bar.set_position((progress.share * STEPS) as u64);
        bar.set_message(progress.file.to_owned());
    };
    let began = Instant::now();
    let written = sample::write(&typed.folder, Options { extent, force: typed.force }, &report);
    bar.finish_and_clear();
    let summary = written.map_err(|error| error.to_string())?;
    if typed.json {
        println!("{}", serde_json::json!(summary));
        return Ok(());
    }
    println!(
        "{} in {}: {} written ({:.0} megapixels in {:.0} s), {} there already",
        count(summary.works as u64, "work"),
        typed.folder.display(),
        count(summary.written as u64, "file"),
        summary.megapixels,
        began.elapsed().as_secs_f64(),
        summary.kept
    );
    println!("serve them with: tegl serve {}", typed.folder.display());
    Ok(())
}

/// Steps of the bar.
const STEPS: f64 = 1000.0;

/// Nothing is shown where no person looks.
fn bar(json: bool) -> Result<ProgressBar, String> {
    if json || !std::io::stderr().is_terminal() {
        return Ok(ProgressBar::hidden());
    }
    let bar = ProgressBar::new(STEPS as u64);
    let style = ProgressStyle::with_template("{bar:24} {percent:>3} % {eta:>4} left  {msg}");
    bar.set_style(style.map_err(|error| error.to_string())?);
    Ok(bar)
}
