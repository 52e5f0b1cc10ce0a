//! `tegl doctor`: checks what the server will need, and says what helps.

mod clock;
mod databases;
mod machine;
mod storage;

use std::path::PathBuf;

use clap::Args;

use super::output::count;
use super::{gallery, settings};
use crate::config::default_file;

/// Check settings, permissions, stores, databases, clock and memory before the server runs
///
/// Prints one line per check: `ok`, `warn` (the server runs, but not as intended) or `fail`, what was found, and what helps.
/// Stores are read and, where pyramids are kept, written to; databases are only read. Exits with 1 if something failed.
#[derive(Args)]
pub(super) struct Arguments {
    /// The sources that the server is to have, in addition to those of the settings
    #[arg(value_name = "SOURCE")]
    sources: Vec<String>,
    /// Print one JSON object per check
    #[arg(long)]
    json: bool,
    /// Settings file in TOML [default: ./tegl.toml, else /etc/tegl/tegl.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// The result of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Finding {
    level: Level,
    /// What was checked.
    what: String,
    /// What was found, and after a semicolon what helps.
    found: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Ok,
    Warn,
    Fail,
}

fn ok(what: impl Into<String>, found: impl Into<String>) -> Finding {
    Finding { level: Level::Ok, what: what.into(), found: found.into() }
}

fn warn(what: impl Into<String>, found: impl Into<String>) -> Finding {
    Finding { level: Level::Warn, what: what.into(), found: found.into() }
}

fn fail(what: impl Into<String>, found: impl Into<String>) -> Finding {
    Finding { level: Level::Fail, what: what.into(), found: found.into() }
}

impl Level {
    fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<(), String> {
    let (mut failed, mut checks) = (0, 0);
    let mut report = |finding: Finding| {
        let Finding { level, what, found } = finding;
        checks += 1;
        failed += u64::from(level == Level::Fail);
        match arguments.json {
            true => {
                println!("{}", serde_json::json!({ "level": level.name(), "what": what, "found": found }))
            }
            // A message may have line breaks, as those of the TOML parser.
            false => {
                println!(
                    "{:<4}  {what}: {}",
                    level.name(),
                    found.split_whitespace().collect::<Vec<_>>().join(" ")
                )
            }
        }
    };
    let file = arguments.config.clone().or_else(default_file);
    let from = file
        .map_or("no settings file; defaults and the environment".into(), |file| file.display().to_string());
    match settings::load(arguments.config.as_deref()) {
        // Without settings there is nothing else to check.
        Err(reason) => report(fail("settings", reason)),
        Ok(config) => {
            report(ok("settings", from));
            machine::findings(&config, &arguments.sources).into_iter().for_each(&mut report);
            storage::findings(&config, &arguments.sources).into_iter().for_each(&mut report);
            databases::findings(&config).into_iter().for_each(&mut report);
            clock::findings(&config, &arguments.sources).into_iter().for_each(&mut report);
        }
    }
    match failed {
        0 => Ok(()),
        failed => Err(format!("{failed} of {} failed", count(checks, "check"))),
    }
}
