//! `tegl withdraw` and `tegl restore`.

use super::{Restore, Withdraw, gallery, settings};
use crate::gallery::{Error, Gallery, error_chain};
use crate::record::withdrawal_reason;

/// Withdraws the works; all that exist, even if some do not.
pub(super) fn run(arguments: &Withdraw) -> Result<(), String> {
    let Withdraw { works, reason, by, config } = arguments;
    let gallery = gallery::open(&[], &settings::load(config.as_deref())?)?;
    gallery::block_on(async {
        let mut results = Vec::with_capacity(works.len());
        for number in works {
            let done = gallery.works.withdraw(number, None, reason.clone(), by.clone()).await;
            results.push(match done {
                Ok(()) => Ok("withdrawn"),
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
            results.push(match gallery.works.restore(number, by.clone()).await {
                Ok(true) => Ok("restored"),
                Ok(false) => Ok("was not withdrawn"),
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
