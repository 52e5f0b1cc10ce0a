//! `tegl vocabulary`: imports, lists and removes vocabularies.

use std::io::IsTerminal;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::output::count;
use super::{gallery, settings};
use crate::config::Config;
use crate::gallery::{Gallery, Reading, error_chain};
use crate::record::skos::{self, SkosVocabulary, Syntax};

/// Import vocabularies, so that searches find narrower terms and other languages
///
/// A search for a term of a vocabulary also finds works with its synonyms, its labels in other languages and narrower
/// terms. Terms of works are linked to concepts by URI, otherwise by their labels. Running servers follow.
#[derive(Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// Settings file in TOML [default: ./tegl.toml, else /etc/tegl/tegl.toml, if there is one]
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    Import(Import),
    /// List the imported vocabularies
    List,
    /// Remove a vocabulary
    Remove {
        /// The name of the vocabulary
        #[arg(value_name = "NAME")]
        name: String,
    },
}

/// Import vocabularies in SKOS: RDF/XML, Turtle, N-Triples or JSON-LD, also as .gz
///
/// A vocabulary replaces the one that was imported with the same name. Several vocabularies may describe the same
/// concepts, as when a museum adds Danish labels to the AAT; their labels are joined.
#[derive(Args)]
struct Import {
    /// Files or URLs
    #[arg(value_name = "FILE_OR_URL", required = true)]
    files: Vec<String>,
    /// The name of the vocabulary [default: the name of the file]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The syntax: rdfxml, turtle, ntriples, jsonld [default: detected, or else by the file's name]
    #[arg(long, value_name = "SYNTAX")]
    syntax: Option<String>,
    /// The URL that relative addresses in the file refer to [default: that of the file]
    #[arg(long, value_name = "URL")]
    base: Option<String>,
    /// Only labels in these languages, as in da,en [default: all]
    #[arg(long, value_name = "LANGUAGES", value_delimiter = ',')]
    languages: Vec<String>,
    /// Memory for reading a vocabulary, in MiB
    #[arg(long, value_name = "N", default_value_t = 1024)]
    memory_mib: u64,
    /// Change nothing: report what would be imported
    #[arg(long)]
    dry_run: bool,
    /// Print one JSON object per vocabulary
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), String> {
    let config = settings::load(arguments.config.as_deref())?;
    let gallery = gallery::open(&[], &config)?;
    if !gallery.works.has_catalogue() {
        return Err("there is no catalogue for vocabularies: `catalogue.url` is `none` or not writable; set it to a file, \
            as in TEGL__CATALOGUE__URL=catalogue.db, or to postgres://…"
            .into());
    }
    gallery::block_on(async {
        match &arguments.command {
            Command::Import(import) => {
                tokio::select! {
                    done = run_import(import, &config, &gallery) => done,
                    _ = tokio::signal::ctrl_c() => Err("interrupted; run the same command again to import all of it".into()),
                }
            }
            Command::List => list(&gallery).await,
            Command::Remove { name } => match gallery.works.remove_vocabulary(name).await {
                Ok(true) => Ok(()),
                Ok(false) => {
                    Err(format!("there is no vocabulary with the name `{name}`: see `tegl vocabulary list`"))
                }
                Err(error) => Err(error_chain(&error)),
            },
        }
    })
}

async fn list(gallery: &Gallery) -> Result<(), String> {
    for vocabulary in gallery.works.vocabularies().await.map_err(|error| error_chain(&error))? {
        println!(
            "{}: {}, imported {}",
            vocabulary.name,
            count(vocabulary.concepts, "concept"),
            crate::record::timestamp(vocabulary.at_ms)
        );
    }
    Ok(())
}

async fn run_import(import: &Import, config: &Config, gallery: &Gallery) -> Result<(), String> {
    if import.name.is_some() && import.files.len() > 1 {
        return Err("--name: names one vocabulary, but several files are given".into());
    }
    let syntax = match import.syntax.as_deref() {
        None => None,
        Some(name) => Some(Syntax::named(name).ok_or_else(|| {
            format!("--syntax `{name}`: must be `rdfxml`, `turtle`, `ntriples` or `jsonld`")
        })?),
    };
    for location in &import.files {
        let name = import.name.clone().unwrap_or_else(|| name_of(location));
        if name.trim().is_empty() || name.len() > 200 || name.contains('\0') {
            return Err(format!("`{location}`: name the vocabulary with --name, in at most 200 bytes"));
        }
        let bar = bar();
        let read = read(location, syntax, import, config, &bar)
            .await
            .map_err(|reason| format!("{location}: {reason}"))?;
        let SkosVocabulary { concepts, triples, left_out } = read;
        let total = concepts.len() as u64;
        if !import.dry_run {
            let stored = gallery.works.put_vocabulary(&name, concepts, |stored| {
                bar.set_message(format!("{name}: {stored} of {total} concepts stored"));
            });
            stored.await.map_err(|error| error_chain(&error))?;
        }
        bar.finish_and_clear();
        if import.json {
            let summary = json!({ "concepts": total, "triples": triples, "left_out": left_out, "dry_run": import.dry_run });
            println!("{}", json!({ "vocabulary": name, "summary": summary }));
            continue;
        }
        println!(
            "{name}: {} from {} {}",
            count(total, "concept"),
            count(triples, "statement"),
            if import.dry_run { "could be imported" } else { "imported" }
        );
        if left_out > 0 {
            println!("{} left out, which have no URI or are deprecated", count(left_out, "concept"));
        }
    }
    Ok(())
}

/// Reads a file on a thread of its own.
async fn read(
    location: &str,
    syntax: Option<Syntax>,
    import: &Import,
    config: &Config,
    bar: &ProgressBar,
) -> Result<SkosVocabulary, String> {
    let reading = Reading::new(
        None,
        None,
        std::slice::from_ref(&location.to_owned()),
        &[],
        (&config.records, &config.store),
    )?;
    let is_web = location.starts_with("http://") || location.starts_with("https://");
    let how = skos::Reading {
        syntax,
        usual: Syntax::of_file(location),
        base: import.base.clone().or_else(|| is_web.then(|| location.to_owned())),
        languages: import.languages.iter().map(|language| language.to_ascii_lowercase()).collect(),
        max_mib: import.memory_mib,
    };
    let (at, store, bar) = (location.to_owned(), config.store.clone(), bar.clone());
    let task = tokio::task::spawn_blocking(move || {
        let input = reading.document(&at, &store).map_err(|error| error_chain(&error))?;
        let progress = |triples: u64| bar.set_message(format!("{at}: {triples} statements read"));
        skos::read(input, &how, progress).map_err(|error| error.to_string())
    });
    task.await.map_err(|error| error.to_string())?
}

/// The name of a file without folders and endings.
fn name_of(location: &str) -> String {
    let name = location.trim_end_matches('/').rsplit('/').next().unwrap_or(location);
    let name = name.strip_suffix(".gz").unwrap_or(name);
    name.rsplit_once('.').map_or(name, |(name, _)| name).to_owned()
}

fn bar() -> ProgressBar {
    let bar =
        if std::io::stderr().is_terminal() { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(std::time::Duration::from_millis(200));
    bar
}
