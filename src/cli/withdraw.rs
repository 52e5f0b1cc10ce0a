//! `tegl withdraw` and `tegl restore`.

use std::path::PathBuf;

use clap::Args;

use super::{gallery, settings};
use crate::gallery::{Error, Gallery, error_chain};
use crate::record::withdrawal_reason;

/// Withdraw works: their addresses, and those of images that no other work has, respond with 410
///
/// The response names the object number, the time and the reason, and nothing else. Later imports do not bring the works
/// back: `tegl restore` does, and `tegl ingest --restore`.
#[derive(Args)]
pub(super) struct Withdraw {
    /// Object numbers
    #[arg(value_name = "WORK", required = true)]
    works: Vec<String>,
    /// Why, in words for the public
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    reason: Option<String>,
    /// Who withdraws the works, for the catalogue's log
    #[arg(long, value_name = "NAME", default_value = "command")]
    by: String,
    /// Settings file in TOML [default: ./tegl.toml, else /etc/tegl/tegl.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Show withdrawn works again, with their last records and what curators decided about their tags
#[derive(Args)]
pub(super) struct Restore {
    /// Object numbers
    #[arg(value_name = "WORK", required = true)]
    works: Vec<String>,
    /// Who restores the works, for the catalogue's log
    #[arg(long, value_name = "NAME", default_value = "command")]
    by: String,
    /// Settings file in TOML [default: ./tegl.toml, else /etc/tegl/tegl.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Withdraws the works; all that exist, even if some do not.
pub(super) fn run(arguments: &Withdraw) -> Result<(), String> {
    let Withdraw { works, reason, by, config } = arguments;
    let gallery = gallery::open(&[], &settings::load(config.as_deref())?)?;
    gallery::block_on(async {
        let mut results = Vec::with_capacity(works.len());
        for number in works {
            let done = gallery.works.withdraw(number, None, reason.clone(), by.clone()).await;
            results.push(match done {
                Ok(_) => Ok("withdrawn"),
                Err(Error::Gone(_)) => Ok("was withdrawn before"),
                Err(error) => Err(described(&gallery, &error)),
            });
        }
        report(works, results)
    })
}

/// Restores the works; all that exist, even if some do not.
pub(super) fn restore(arguments: &Restore) -> Result<(), String> {
    let Restore { works, by, config } = arguments;
    let gallery = gallery::open(&[], &settings::load(config.as_deref())?)?;
    gallery::block_on(async {
        let mut results = Vec::with_capacity(works.len());
        for number in works {
            results.push(match gallery.works.restore(number, None, by.clone()).await {
                Ok(Some(_)) => Ok("restored"),
                Ok(None) => Ok("was not withdrawn"),
                Err(error) => Err(described(&gallery, &error)),
            });
        }
        report(works, results)
    })
}

/// A reason, as an option.
pub(super) fn reason(text: &str) -> Result<String, String> {
    withdrawal_reason(text)
}

fn report(works: &[String], results: Vec<Result<&'static str, String>>) -> Result<(), String> {
    let mut failed = 0;
    for (number, result) in works.iter().zip(results) {
        match result {
            Ok(done) => println!("{number}: {done}"),
            Err(reason) => {
                failed += 1;
                eprintln!("{number}: {reason}");
            }
        }
    }
    match failed {
        0 => Ok(()),
        1 => Err("one work was not changed".into()),
        failed => Err(format!("{failed} works were not changed")),
    }
}

fn described(gallery: &Gallery, error: &Error) -> String {
    match error {
        Error::NotFound if !gallery.works.has_catalogue() => {
            "there is no catalogue: `catalogue.url` is `none` or not writable".into()
        }
        Error::NotFound => "there is no work with this object number".into(),
        error => error_chain(error),
    }
}
