//! `tegl sample`: writes the sample collection.

use std::cell::RefCell;
use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressStyle};

use super::Sample as Typed;
use crate::gallery::sample::{self, Options, Progress};

pub fn run(typed: &Typed) -> Result<(), String> {
    let bar = ProgressBar::new(1000);
    let style = ProgressStyle::with_template("{bar:24} {percent:>3} % {eta:>4} {msg}");
    bar.set_style(style.map_err(|error| error.to_string())?);
    let told = RefCell::new(usize::MAX);
    let report = |progress: Progress<'_>| {
        let share = (progress.done as f64 + progress.fraction) / progress.total as f64;
        bar.set_position((share * 1000.0) as u64);
        bar.set_message(progress.file.to_owned());
        // Where no terminal shows the bar, one line a file does.
        if !std::io::stderr().is_terminal() && told.replace(progress.done) != progress.done {
            eprintln!("{}/{} {}", progress.done + 1, progress.total, progress.file);
        }
    };
    let options = Options { max_megapixels: typed.max_megapixels, force: typed.force };
    let summary = sample::write(&typed.folder, options, &report).map_err(|error| error.to_string())?;
    bar.finish_and_clear();
    println!(
        "{} works in {}: {} files written, {} there already",
        summary.works,
        typed.folder.display(),
        summary.written,
        summary.kept
    );
    println!("serve them with: tegl serve {}", typed.folder.display());
    Ok(())
}
