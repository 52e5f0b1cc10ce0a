//! What was typed → one verb.

// Its macros are for all that follow.
#[macro_use]
mod output;

mod check;
mod config;
mod descriptors;
mod export;
mod gallery;
mod health;
mod ingest;
mod records;
mod sample;
mod serve;
mod settings;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

/// Serves masters of artworks by IIIF: tiles for deep-zoom viewers, sent as they lie.
#[derive(Parser)]
#[command(name = "tegl", version, arg_required_else_help = true, max_term_width = 100)]
struct Typed {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    Serve(Serve),
    Ingest(Ingest),
    Check(Check),
    Export(Export),
    Sample(Sample),
    Config(Config),
    Health(Health),
}

/// Serve masters from folders, files, buckets and web folders.
///
/// Identifiers are the paths below a PATH_OR_URL, as in
/// http://127.0.0.1:8182/iiif/3/folder%2Fimage.tif/info.json; open http://127.0.0.1:8182/ to see
/// what there is. Credentials and endpoints of buckets come from the usual environment variables
/// (AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL, AZURE_STORAGE_ACCOUNT_NAME, GOOGLE_APPLICATION_CREDENTIALS …).
#[derive(Args)]
pub struct Serve {
    /// Where masters lie: a folder, a file, s3://BUCKET/PREFIX, az://CONTAINER/PREFIX,
    /// gs://BUCKET/PREFIX or http(s)://HOST/PREFIX. Several are searched in this order.
    #[arg(value_name = "PATH_OR_URL")]
    sources: Vec<String>,
    /// Where to listen [default: 127.0.0.1:8182]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// Settings in TOML [default: ./tegl.toml, else /etc/tegl/tegl.toml, where there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Put records into the catalogue, and make pyramids of masters that cannot be cut, ahead of time.
///
/// Records (--records) become works: their images are matched with the masters of the SOURCEs by path, by --match, by
/// file name or by object number. Records that have not changed are left alone: run the command again after an
/// interruption or with a newer export, and it goes on from there. Without --records, titles and creators that are
/// embedded in masters (XMP, IPTC, EXIF) become records of those that have none.
///
/// Masters that serve well as they lie are left alone. What is made is kept: run the command again after an
/// interruption or when masters were added or replaced, and only what is missing is made. Several machines
/// share the work by --shard 1/4, 2/4 and so on, and one pyramid store (--store s3://…).
#[derive(Args)]
pub struct Ingest {
    /// Where masters lie, as for `tegl serve`
    #[arg(value_name = "SOURCE")]
    sources: Vec<String>,
    /// Records: a file or an address; JSON Lines, a JSON list, CSV, each with .gz or without, pages of the SMK API,
    /// IIIF manifests or collections of them. May be said several times
    #[arg(long, value_name = "FILE_OR_URL")]
    records: Vec<String>,
    /// Another host that redirects, further pages and collections may lead to: museum.org, museum.org:8080,
    /// *.museum.org, or * for all that are not on a private network. May be given several times
    #[arg(long, value_name = "HOST", requires = "records")]
    records_host: Vec<String>,
    /// What the records are: lines (Tegl's own form), smk, tate, csv, iiif [default: found out]
    #[arg(long, value_name = "FORM", requires = "records")]
    form: Option<String>,
    /// Which column or field of the records fills which field of a work, in TOML; see config/mapping.toml
    #[arg(long, value_name = "FILE", requires = "records")]
    mapping: Option<PathBuf>,
    /// Which files are a work's images, as in `scans/{object_number}*.tif`
    #[arg(long = "match", value_name = "PATTERN", requires = "records")]
    pattern: Option<String>,
    /// What this source of records is called, whatever its files are; works belong to it [default: works stay with the
    /// source that they have]
    #[arg(long, value_name = "NAME", requires = "records")]
    name: Option<String>,
    /// Withdraw the works of this source (--name) that its records no longer name; several --records are one export
    #[arg(long, requires = "records", requires = "name")]
    prune: bool,
    /// Withdraw at most N works [default: a tenth of the source's works]
    #[arg(long, value_name = "N", requires = "prune")]
    prune_limit: Option<u64>,
    /// Change nothing: say what the records would change and which works would be withdrawn
    #[arg(long, requires = "records")]
    dry_run: bool,
    /// Print the JSON Schema of Tegl's own form of a record, and do nothing else
    #[arg(long)]
    schema: bool,
    /// Where pyramids are kept: a folder, s3://…, az://… or gs://… [default: pyramids.location of the settings]
    #[arg(long, value_name = "URL")]
    store: Option<String>,
    /// Take the i-th of n parts of the collection
    #[arg(long, value_name = "I/N")]
    shard: Option<String>,
    /// Masters at the same time [default: 2; each is compressed on all processors]
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Print one JSON object a master, and a summary
    #[arg(long)]
    json: bool,
    /// Name every pyramid that is made
    #[arg(long, short)]
    verbose: bool,
    /// Settings in TOML [default: ./tegl.toml, else /etc/tegl/tegl.toml, where there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Say of each master what it is, what it costs to serve, why it is slow, and what mends it.
///
/// Ends with exit code 0 if all serve well, 1 if some are slow or cannot be read.
#[derive(Args)]
pub struct Check {
    /// Files, folders or buckets of masters
    #[arg(value_name = "SOURCE", required = true)]
    sources: Vec<String>,
    /// Print one JSON object a master
    #[arg(long)]
    json: bool,
    /// Count masters whose pyramid has been made as fast
    #[arg(long)]
    pyramids: bool,
    /// Settings in TOML [default: ./tegl.toml, else /etc/tegl/tegl.toml, where there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Write images as static files that any web server serves: IIIF level 0, or Deep Zoom.
#[derive(Args)]
pub struct Export {
    /// A file, a folder or a bucket of masters
    #[arg(value_name = "SOURCE")]
    source: String,
    /// Where to write
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The address that DIR will have; info.json has to name it
    #[arg(long, value_name = "URL", default_value = "http://localhost:8000")]
    base_url: String,
    /// Write Deep Zoom (.dzi) instead of IIIF Image API 3
    #[arg(long)]
    deep_zoom: bool,
    /// Settings in TOML [default: ./tegl.toml, else /etc/tegl/tegl.toml, where there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Write a sample collection: a dozen works of our own, with records.
///
/// Most works have 1.6 megapixels and one has 24, which takes less than a minute. With --full they have 20 to 200, which
/// takes some minutes and 250 MB.
#[derive(Args)]
pub struct Sample {
    /// Where to write; files that are there in the same size are left alone
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Make all works as large as they are described: 20 to 200 megapixels
    #[arg(long, conflicts_with = "max_megapixels")]
    full: bool,
    /// Make every work at most this large, in megapixels
    #[arg(long, value_name = "N")]
    max_megapixels: Option<f64>,
    /// Write all files again, also those that are there already
    #[arg(long)]
    force: bool,
    /// Print one JSON object and no progress
    #[arg(long)]
    json: bool,
}

/// Print the settings in force, or check a file.
#[derive(Args)]
pub struct Config {
    /// Settings in TOML [default: ./tegl.toml, else /etc/tegl/tegl.toml, where there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print every setting with its default and what it does
    #[arg(long)]
    defaults: bool,
    /// Print tokens and passwords, too, which are hidden otherwise
    #[arg(long)]
    show_secrets: bool,
}

/// Ask a running server whether it is ready; for containers.
#[derive(Args)]
pub struct Health {
    /// The server's address
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8182")]
    url: String,
}

/// Runs the verb that was typed; says on standard error why it could not.
pub fn run() -> ExitCode {
    let done = match Typed::parse().verb {
        Verb::Serve(typed) => serve::run(typed),
        Verb::Ingest(typed) => ingest::run(&typed),
        Verb::Check(typed) => check::run(&typed),
        Verb::Export(typed) => export::run(&typed),
        Verb::Sample(typed) => sample::run(&typed),
        Verb::Config(typed) => config::run(&typed),
        Verb::Health(typed) => health::run(&typed),
    };
    output::flush();
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("tegl: {reason}");
            ExitCode::FAILURE
        }
    }
}
