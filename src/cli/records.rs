//! `tegl ingest --records`: imports records into the catalogue.

use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::json;

use super::import_reporter::{Reporter, bar};
use super::ingest_arguments::Arguments;
use super::left_out;
use super::output::{MAX_LISTED, count};
use crate::catalogue::DEFAULT_SOURCE;
use crate::config::Config;
use crate::gallery::{
    Gallery, Import, LeftOut, Masters, Pattern, Pruned, Reading, Redirects, Register, error_chain,
};
use crate::record::read::{Mapping, RecordFormat};

/// Imports all records given on the command line into the catalogue. Returns how many could not be read.
pub(super) async fn run(
    arguments: &Arguments,
    config: &Config,
    gallery: &Arc<Gallery>,
) -> Result<u64, String> {
    if !gallery.works.has_catalogue() {
        return Err(
            "there is no catalogue to import records into: `catalogue.url` is `none` or not writable; \
                    set it to a file, as in TEGL__CATALOGUE__URL=catalogue.db, or to postgres://…"
                .into(),
        );
    }
    let pattern: Option<Pattern> = arguments
        .pattern
        .as_deref()
        .map(str::parse)
        .transpose()
        .map_err(|reason| format!("--match {reason}"))?;
    let masters = Arc::new(masters(arguments, gallery).await?);
    let mut failed = 0;
    let source = arguments.name.clone().unwrap_or_else(|| DEFAULT_SOURCE.to_owned());
    let register = Arc::new(Mutex::new(Register::default()));
    let prefix =
        url::Url::parse(&config.web.base_url).map_or_else(|_| String::new(), |url| url.path().to_owned());
    let redirects = Arc::new(Mutex::new(Redirects::create(&arguments.redirects, &prefix)?));
    let keep = gallery.jobs.keep_collections(&source, register.clone(), redirects.clone(), arguments.dry_run);
    let reading = reading(arguments, config)?.keeping_collections(keep.map_err(|error| error_chain(&error))?);
    let left_out = Arc::new(Mutex::new(LeftOut::default()));
    for location in &arguments.records {
        register.lock().begin(location, &source);
        let watch = Arc::new(Reporter::new(arguments, location));
        let (reading, settings, at) = (reading.clone(), config.store.clone(), location.clone());
        let entries = tokio::task::spawn_blocking(move || reading.entries(&at, &settings));
        let entries =
            entries.await.map_err(|error| error.to_string())?.map_err(|error| error_chain(&error))?;
        let import = Import {
            source: source.clone(),
            entries,
            pattern: pattern.clone(),
            register: register.clone(),
            restore: arguments.restore,
            redirects: redirects.clone(),
            left_out: left_out.clone(),
            dry: arguments.dry_run,
        };
        let imported = tokio::select! {
            done = gallery.jobs.import(import, masters.clone(), watch.clone()) => done.map_err(|error| error_chain(&error))?,
            _ = tokio::signal::ctrl_c() => {
                return Err("interrupted; records imported so far are kept. Run the same command again to continue.".into());
            }
        };
        watch.summary(&imported);
        failed += imported.bad;
    }
    let collections = register.lock().collections().len();
    if collections > 0 && arguments.json {
        println!("{}", json!({ "collections": collections }));
    } else if collections > 0 {
        println!("{} kept", count(collections as u64, "collection"));
    }
    if !arguments.redirects.is_empty() {
        let none = Redirects::create(&[], "")?;
        let written = std::mem::replace(&mut *redirects.lock(), none).finish()?;
        if !arguments.json {
            println!("{} written", count(written as u64, "redirect"));
        }
    }
    report_refused_hosts(arguments, &reading);
    report_linked_pages(arguments, &reading);
    left_out::report(arguments, &left_out.lock());
    if let Some(mapping) = &reading.mapping {
        report_unused_columns(arguments, mapping, &register.lock());
    }
    if arguments.prune {
        let register = std::mem::take(&mut *register.lock());
        prune(arguments, gallery, &source, &register).await?;
    }
    Ok(failed)
}

/// Withdraws the works of the source that its records no longer contain.
async fn prune(
    arguments: &Arguments,
    gallery: &Gallery,
    source: &str,
    register: &Register,
) -> Result<(), String> {
    let (limit, reason) = (arguments.prune_limit, arguments.prune_reason.clone());
    let pruned = gallery.jobs.prune(source, register, limit, reason, arguments.dry_run).await;
    let Pruned { works, missing, refused } = pruned.map_err(|error| error_chain(&error))?;
    let withdrawn = if refused.is_some() || arguments.dry_run { 0 } else { missing.len() };
    if arguments.json {
        println!(
            "{}",
            json!({ "prune": { "source": source, "works": works, "missing": missing, "withdrawn": withdrawn,
                "dry_run": arguments.dry_run, "refused": refused } })
        );
    } else {
        let listed = if arguments.verbose || arguments.dry_run { missing.len() } else { MAX_LISTED };
        let verb = if withdrawn > 0 { "withdrawn" } else { "without a record" };
        missing.iter().take(listed).for_each(|number| eprintln!("{number}: {verb}"));
        let verb = if arguments.dry_run { "would be withdrawn" } else { "withdrawn" };
        if refused.is_none() {
            println!("{source}: {} of {works} works {verb}", missing.len());
        }
    }
    match refused {
        Some(reason) if arguments.dry_run => {
            eprintln!("{reason}");
            Ok(())
        }
        Some(reason) => Err(reason),
        None => Ok(()),
    }
}

/// Lists the disallowed hosts that records link to.
fn report_refused_hosts(arguments: &Arguments, reading: &Reading) {
    for (host, addresses) in reading.refused() {
        if arguments.json {
            println!("{}", json!({ "refused": { "host": host, "addresses": addresses } }));
        } else {
            eprintln!(
                "{host}: {addresses} addresses on this host were not requested; `--records-host {host}` or `records.hosts` allows them"
            );
        }
    }
}

/// Lists the annotation pages that could not be read.
fn report_linked_pages(arguments: &Arguments, reading: &Reading) {
    let linked = reading.linked_pages();
    if linked.count == 0 {
        return;
    }
    if arguments.json {
        let pages = linked.listed.iter().map(|(page, reason)| json!({ "page": page, "reason": reason }));
        let pages: Vec<_> = pages.collect();
        println!("{}", json!({ "annotation_pages": { "linked": linked.count, "pages": pages } }));
        return;
    }
    eprintln!("{} annotation pages could not be read; manifests link to them", linked.count);
    let listed = if arguments.verbose { linked.listed.len() } else { MAX_LISTED };
    linked.listed.iter().take(listed).for_each(|(page, reason)| eprintln!("  {page}: {reason}"));
}

/// Lists the columns of the mapping that are empty in all records.
fn report_unused_columns(arguments: &Arguments, mapping: &Mapping, register: &Register) {
    if register.count() == 0 {
        return;
    }
    let unused = mapping.unused();
    if unused.is_empty() {
        return;
    }
    if arguments.json {
        println!("{}", json!({ "mapping": { "without_values": unused } }));
    } else {
        for (field, column) in unused {
            eprintln!("mapping: no record has a value in `{column}`, which is mapped to `{field}`");
        }
    }
}

fn reading(arguments: &Arguments, config: &Config) -> Result<Reading, String> {
    let form: Option<RecordFormat> = arguments
        .form
        .as_deref()
        .map(str::parse)
        .transpose()
        .map_err(|reason| format!("--form: {reason}"))?;
    let mapping = arguments.mapping.as_deref().map(|path| {
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("cannot read `{}`: {error}", path.display()))?;
        text.parse::<Mapping>().map_err(|reason| format!("{}: {reason}", path.display()))
    });
    let settings = (&config.records, &config.store);
    let reading =
        Reading::new(form, mapping.transpose()?, &arguments.records, &arguments.records_host, settings)?;
    let Some(name) = &arguments.token_env else { return Ok(reading) };
    match std::env::var(name) {
        Ok(token) if !token.is_empty() => reading.with_token(&token, &arguments.records),
        _ => Err("there is no such environment variable, or it is empty".into()),
    }
    .map_err(|reason| format!("--token-env {name}: {reason}"))
}

async fn masters(arguments: &Arguments, gallery: &Gallery) -> Result<Masters, String> {
    let bar = bar(arguments.json, "{spinner} {pos} masters listed");
    let masters = gallery.jobs.masters(|listed| bar.set_position(listed as u64)).await;
    bar.finish_and_clear();
    masters.map_err(|error| error_chain(&error))
}
