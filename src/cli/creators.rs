//! `tegl ingest --creators`: imports authority records of creators.

use serde_json::json;
use tokio::sync::mpsc::Sender;

use super::ingest_arguments::Arguments;
use super::lines::each_line;
use super::output::count;
use crate::config::Config;
use crate::gallery::{Gallery, Reading, error_chain};
use crate::record::AuthorityRecord;

/// Records of a transaction.
const BATCH: usize = 1000;
/// Batches that are read ahead.
const READ_AHEAD: usize = 2;
/// How many lines that cannot be read are listed without --verbose.
const MAX_LISTED: u64 = 20;

/// Some records, and the lines that cannot be read, with reasons.
#[derive(Default)]
struct ReadBatch {
    people: Vec<AuthorityRecord>,
    bad: Vec<(u64, String)>,
}

/// Imports all authority records given on the command line.
pub(super) async fn run(arguments: &Arguments, config: &Config, gallery: &Gallery) -> Result<(), String> {
    if !gallery.works.has_catalogue() {
        return Err("there is no catalogue to import creators into: `catalogue.url` is `none` or not writable; set it to \
            a file, as in TEGL__CATALOGUE__URL=catalogue.db, or to postgres://…"
            .into());
    }
    let reading = Reading::new(None, None, &arguments.creators, &[], (&config.records, &config.store))?;
    let mut refused = 0;
    for location in &arguments.creators {
        refused += import(location, &reading, arguments, config, gallery).await?;
    }
    match refused {
        0 => Ok(()),
        refused => Err(format!("{} could not be read; the others were imported", count(refused, "creator"))),
    }
}

/// Reads on a thread of its own, while the batch before is stored. Returns how many lines could not be read.
async fn import(
    location: &str,
    reading: &Reading,
    arguments: &Arguments,
    config: &Config,
    gallery: &Gallery,
) -> Result<u64, String> {
    let (sender, mut batches) = tokio::sync::mpsc::channel(READ_AHEAD);
    let (reading, at, settings) = (reading.clone(), location.to_owned(), config.store.clone());
    let reader = tokio::task::spawn_blocking(move || {
        read(reading.document(&at, &settings)?, &sender);
        Ok(())
    });
    let (mut imported, mut refused) = (0, 0);
    while let Some(ReadBatch { people, bad }) = batches.recv().await {
        for (line, reason) in bad {
            refused += 1;
            if arguments.json {
                println!("{}", json!({ "refused": { "line": line, "reason": reason } }));
            } else if refused <= MAX_LISTED || arguments.verbose {
                eprintln!("{location}, line {line}: {reason}");
            }
        }
        imported += people.len() as u64;
        if !arguments.dry_run {
            gallery.works.put_people(people).await.map_err(|error| error_chain(&error))?;
        }
    }
    let read = reader.await.map_err(|error| error.to_string())?;
    read.map_err(|error: crate::gallery::Error| error_chain(&error))?;
    match arguments.json {
        true => println!(
            "{}",
            json!({ "creators": location, "summary": { "imported": imported, "refused": refused, "dry_run": arguments.dry_run } })
        ),
        false => println!(
            "{location}: {} {}",
            count(imported, "creator"),
            if arguments.dry_run { "could be imported" } else { "imported" }
        ),
    }
    Ok(refused)
}

/// Sends all batches; stops when nobody receives them. Blocks.
fn read(input: impl std::io::Read, batches: &Sender<ReadBatch>) {
    let mut current = ReadBatch::default();
    each_line(input, |number, line| {
        let parsed = line
            .and_then(|text| serde_json::from_slice(text).map_err(|error| format!("is not JSON: {error}")));
        match parsed.and_then(AuthorityRecord::read) {
            Ok(person) => current.people.push(person),
            Err(reason) => current.bad.push((number, reason)),
        }
        current.people.len() + current.bad.len() < BATCH
            || batches.blocking_send(std::mem::take(&mut current)).is_ok()
    });
    if !(current.people.is_empty() && current.bad.is_empty()) {
        // Nobody receives it if the import has failed.
        let _ = batches.blocking_send(current);
    }
}
