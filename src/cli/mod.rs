//! The command line: parses the arguments and runs one command.

// First, because its macros shadow the standard library's in all modules below.
#[macro_use]
mod output;

mod check;
mod config;
mod contact_sheet;
mod creators;
mod descriptors;
mod export;
mod gallery;
mod health;
mod ingest;
mod lines;
mod page;
mod records;
mod sample;
mod serve;
mod settings;
mod tag;
mod tag_lines;
mod tags;
mod train;
mod training_page;
mod vocabulary;
mod withdraw;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

/// Tegl, a IIIF server for museums: serves images to deep-zoom viewers, and works with their records.
///
/// Start with `tegl serve FOLDER`, or `tegl sample FOLDER` for something to serve.
#[derive(Parser)]
#[command(name = "tegl", version, arg_required_else_help = true, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Serve(Serve),
    Ingest(Ingest),
    Tag(Tag),
    Vocabulary(Vocabulary),
    Check(Check),
    Export(Export),
    Sample(Sample),
    Withdraw(Withdraw),
    Restore(Restore),
    Config(Config),
    Health(Health),
}

/// Serve images from folders, files, buckets and web servers
///
/// The identifier of an image is its path below its SOURCE, with slashes as %2F, as in
/// http://127.0.0.1:8182/iiif/3/folder%2Fimage.tif/info.json. Open http://127.0.0.1:8182/ for a list of everything.
///
/// Works appear with their records once `tegl ingest --records` has imported them. Credentials and endpoints of buckets
/// come from the usual environment variables: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT_URL;
/// AZURE_STORAGE_ACCOUNT_NAME, AZURE_STORAGE_ACCOUNT_KEY; GOOGLE_APPLICATION_CREDENTIALS.
#[derive(Args)]
pub struct Serve {
    /// Images: a folder, a file, s3://BUCKET/PREFIX, az://CONTAINER/PREFIX, gs://BUCKET/PREFIX or http(s)://HOST/PREFIX.
    /// Several are searched in the given order
    #[arg(value_name = "SOURCE")]
    sources: Vec<String>,
    /// Address and port to listen on [default: 127.0.0.1:8182]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// Settings file in TOML [default: ./tegl.toml, else /etc/tegl/tegl.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Import records, and build missing pyramids ahead of time
///
/// Records (--records) become works: their images are matched to those of the SOURCEs by path, by --match, by file name
/// or by object number. Unchanged records are skipped, so the command can be repeated after an interruption or with a
/// newer export. Without --records, titles and creators embedded in images (XMP, IPTC, EXIF) become the records of
/// images that no record names.
///
/// Images that are slow to serve get a pyramid; the others are left alone. Existing pyramids are kept, so the command can
/// be repeated when images were added or replaced. Several machines can share the work by --shard 1/4, 2/4 and so on, and
/// one pyramid store (--store s3://…).
///
/// Tags from elsewhere (--tags) are added to the works of the catalogue. Each line is a JSON object such as
/// {"work": "KMS1", "scheme": "motif", "label": {"en": "dog"}, "source": "model:detector@1", "confidence": 0.9}: the work's
/// object number and the fields of a tag of the API. Tags of models are proposed, unless `tagging.accept_from` accepts
/// them; curators' decisions stay. Lines that cannot be stored are listed, and the others are stored.
#[derive(Args)]
#[command(group = clap::ArgGroup::new("imported").args(["records", "tags", "creators"]))]
pub struct Ingest {
    /// Images, as for `tegl serve`
    #[arg(value_name = "SOURCE")]
    sources: Vec<String>,
    /// Records: a file or URL of JSON Lines, a JSON list or CSV (each also as .gz), pages of the SMK API, or IIIF manifests
    /// and collections. May be given several times
    #[arg(long, value_name = "FILE_OR_URL")]
    records: Vec<String>,
    /// An additional host that redirects, further pages and collections may lead to: museum.org, museum.org:8080,
    /// *.museum.org, or * for all that are not on a private network. May be given several times
    #[arg(long, value_name = "HOST", requires = "records")]
    records_host: Vec<String>,
    /// Tags from elsewhere: a file or URL of JSON Lines, also as .gz. May be given several times
    #[arg(long, value_name = "FILE_OR_URL")]
    tags: Vec<String>,
    /// Authority records of creators: a file or URL of JSON Lines, also as .gz, in Tegl's own format or that of Tate's
    /// artists. They are joined with the creators of works by identifier, or else by name. May be given several times
    #[arg(long, value_name = "FILE_OR_URL", conflicts_with_all = ["records", "tags", "form"])]
    creators: Vec<String>,
    /// The format of the records: lines (Tegl's own), smk, tate, csv, iiif [default: detected]; or of the tags: lines
    /// [default], enrichment (answers of SMK's enrichment service)
    #[arg(long, value_name = "FORM", requires = "imported")]
    form: Option<String>,
    /// A TOML file that maps columns or fields of the records to fields of a work; see config/mapping.toml
    #[arg(long, value_name = "FILE", requires = "records")]
    mapping: Option<PathBuf>,
    /// The files that are a work's images, as in `scans/{object_number}*.tif`
    #[arg(long = "match", value_name = "PATTERN", requires = "records")]
    pattern: Option<String>,
    /// The name of this source of records, whatever its files are called; its works belong to it [default: works stay with
    /// the source that they have]
    #[arg(long, value_name = "NAME", requires = "records")]
    name: Option<String>,
    /// Write the addresses that manifests and canvases had on another server with those on this one: as JSON if FILE ends in
    /// .json, otherwise as a map for nginx, to include beside
    /// `if ($tegl_address) { return 301 $tegl_address; }`. May be given several times
    #[arg(long, value_name = "FILE", requires = "records")]
    redirects: Vec<PathBuf>,
    /// Withdraw the works of this source (--name) that its records no longer contain; several --records are one export
    #[arg(long, requires = "records", requires = "name")]
    prune: bool,
    /// Refuse to withdraw more than N works [default: a tenth of the source's works]
    #[arg(long, value_name = "N", requires = "prune")]
    prune_limit: Option<u64>,
    /// Why works are withdrawn, in words for the public
    #[arg(long, value_name = "TEXT", requires = "prune", value_parser = withdraw::reason)]
    prune_reason: Option<String>,
    /// Also restore works that the museum has withdrawn (`tegl withdraw`, or the API)
    #[arg(long, requires = "records")]
    restore: bool,
    /// Change nothing: report what the import would change and which works would be withdrawn
    #[arg(long, requires = "imported")]
    dry_run: bool,
    /// Print the JSON Schema of Tegl's own record format and exit
    #[arg(long)]
    schema: bool,
    /// Where pyramids are kept: a folder, s3://…, az://… or gs://… [default: the setting pyramids.location]
    #[arg(long, value_name = "URL")]
    store: Option<String>,
    /// Process part I of N of the collection
    #[arg(long, value_name = "I/N")]
    shard: Option<String>,
    /// Images to process at the same time; each one is compressed on all processors [default: 2]
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Print one JSON object per image, and a summary
    #[arg(long)]
    json: bool,
    /// List every pyramid that is built and every problem with the records
    #[arg(long, short)]
    verbose: bool,
    /// Settings file in TOML [default: ./tegl.toml, else /etc/tegl/tegl.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Propose tags for all works: colors measured on their images, and vectors for similar works
///
/// Reads a small rendition of each image of the works in the catalogue, beside a running server. Tags are stored as
/// `proposed`; curators accept or reject them, and their decisions outlive later runs. Only what is missing for this
/// version and this master is done, so the command can be repeated after an interruption or when works were added.
/// Several machines can share the work by --shard 1/4, 2/4 and so on.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Tag {
    #[command(subcommand)]
    train: Option<TagCommand>,
    /// Images, as for `tegl serve`
    #[arg(value_name = "SOURCE")]
    sources: Vec<String>,
    /// What to find: color, motif, style, likeness [default: all]; motifs and styles need a model in the settings
    /// (`[models.NAME]`), and those that `tegl tag train` has learnt are found too
    #[arg(long, value_name = "KINDS", value_delimiter = ',')]
    only: Vec<String>,
    /// Only works that this search finds: words, or parameters of the API's search, as in 'q=ship&any=type:painting'. The
    /// index of works is built first, unless it is in `search.folder`
    #[arg(long, value_name = "QUERY")]
    works: Option<String>,
    /// Change nothing: write a page with a sample of works and their proposed tags to this file
    #[arg(long, value_name = "FILE.html")]
    dry_run: Option<PathBuf>,
    /// Process part I of N of the works
    #[arg(long, value_name = "I/N")]
    shard: Option<String>,
    /// Works to process at the same time [default: two per processor]
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Print one JSON object per work, and a summary
    #[arg(long)]
    json: bool,
    /// Settings file in TOML [default: ./tegl.toml, else /etc/tegl/tegl.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Subcommand)]
enum TagCommand {
    Train(Train),
}

/// Learn the tags of a scheme from those that people have given, accepted and rejected
///
/// Uses the embeddings that `tegl tag` has stored by a model of the settings, and stores what it learns in the catalogue; the
/// next `tegl tag` proposes these tags. Prints for each tag how often it is right about works that it was not trained on
/// (cross-validation), and proposes only tags that reach the precision. For the scheme `style` it also divides all works
/// into clusters, which keep their numbers when the command is repeated; at /review curators name, merge and hide them.
#[derive(Args)]
pub struct Train {
    /// The scheme, as in motif, style, subject or technique
    #[arg(value_name = "SCHEME")]
    scheme: String,
    /// The model whose embeddings are used, by its name in the settings [default: the one that has read most images]
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// The precision that a tag must reach to be proposed, above 0 and at most 1
    #[arg(long, value_name = "P", default_value_t = 0.9)]
    precision: f64,
    /// The fewest works that must have a tag, and that must lack it
    #[arg(long, value_name = "N", default_value_t = 5)]
    min_works: usize,
    /// Works lack a tag only if people have rejected it [default: also if people have given them other tags of the scheme]
    #[arg(long)]
    only_rejected: bool,
    /// Also write the report as a page
    #[arg(long, value_name = "FILE.html")]
    report: Option<PathBuf>,
    /// Forget what was learnt before, with the names that curators have given to groups
    #[arg(long)]
    anew: bool,
    /// Only report, and store nothing
    #[arg(long)]
    dry_run: bool,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
    /// Settings file in TOML [default: ./tegl.toml, else /etc/tegl/tegl.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Import vocabularies, so that searches find narrower terms and other languages
///
/// A search for a term of a vocabulary also finds works with its synonyms, its labels in other languages and narrower
/// terms. Terms of works are linked to concepts by URI, otherwise by their labels. Running servers follow.
#[derive(Args)]
pub struct Vocabulary {
    #[command(subcommand)]
    command: VocabularyCommand,
    /// Settings file in TOML [default: ./tegl.toml, else /etc/tegl/tegl.toml, if there is one]
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
}

#[derive(Subcommand)]
enum VocabularyCommand {
    Import(ImportVocabulary),
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
pub struct ImportVocabulary {
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

/// Report for each image what it is, what it costs to serve, and how to make it faster
///
/// Exits with 0 if all images are fast to serve, and with 1 if some are slow or unreadable.
#[derive(Args)]
pub struct Check {
    /// Files, folders or buckets of images
    #[arg(value_name = "SOURCE", required = true)]
    sources: Vec<String>,
    /// Print one JSON object per image
    #[arg(long)]
    json: bool,
    /// Count images that have a pyramid as fast
    #[arg(long)]
    pyramids: bool,
    /// Settings file in TOML [default: ./tegl.toml, else /etc/tegl/tegl.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Write images as static files for any web server: IIIF level 0, or Deep Zoom
#[derive(Args)]
pub struct Export {
    /// A file, a folder or a bucket of images
    #[arg(value_name = "SOURCE")]
    source: String,
    /// The folder to write to
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The URL that DIR will be served at; info.json contains it
    #[arg(long, value_name = "URL", default_value = "http://localhost:8000")]
    base_url: String,
    /// Write Deep Zoom (.dzi) instead of IIIF Image API 3
    #[arg(long)]
    deep_zoom: bool,
    /// Settings file in TOML [default: ./tegl.toml, else /etc/tegl/tegl.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Write a sample collection: twelve works of our own, with records
///
/// Most images have 1.6 megapixels and one has 24, which takes less than a minute. With --full they have 20 to 200
/// megapixels, which takes some minutes and 250 MB.
#[derive(Args)]
pub struct Sample {
    /// The folder to write to; existing files of the same size are kept
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Write all images at full size: 20 to 200 megapixels
    #[arg(long, conflicts_with = "max_megapixels")]
    full: bool,
    /// The largest size of an image, in megapixels
    #[arg(long, value_name = "N")]
    max_megapixels: Option<f64>,
    /// Overwrite existing files
    #[arg(long)]
    force: bool,
    /// Print one JSON object and no progress
    #[arg(long)]
    json: bool,
}

/// Withdraw works: their addresses, and those of images that no other work has, respond with 410
///
/// The response names the object number, the time and the reason, and nothing else. Later imports do not bring the works
/// back: `tegl restore` does, and `tegl ingest --restore`.
#[derive(Args)]
pub struct Withdraw {
    /// Object numbers
    #[arg(value_name = "WORK", required = true)]
    works: Vec<String>,
    /// Why, in words for the public
    #[arg(long, value_name = "TEXT", value_parser = withdraw::reason)]
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
pub struct Restore {
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

/// Check the settings and print those in force
///
/// Settings come from defaults, then the settings file, then environment variables such as
/// TEGL__WEB__BASE_URL=https://images.example.org. Secrets are hidden.
#[derive(Args)]
pub struct Config {
    /// Settings file in TOML [default: ./tegl.toml, else /etc/tegl/tegl.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print every setting with its default and its description instead
    #[arg(long)]
    defaults: bool,
    /// Also print tokens and passwords
    #[arg(long)]
    show_secrets: bool,
    /// Print the labels of the pages in English or Danish as a Fluent file, to be reworded or translated for `site.folder`
    #[arg(long, value_name = "LANGUAGE", num_args = 0..=1, default_missing_value = "en", value_parser = ["en", "da"])]
    labels: Option<String>,
}

/// Check whether a running server is ready, for container health checks
///
/// Exits with 0 if it is, and with 1 otherwise.
#[derive(Args)]
pub struct Health {
    /// The server's URL
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8182")]
    url: String,
}

/// Runs the command given on the command line. Failures are printed to standard error.
pub fn run() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Serve(arguments) => serve::run(arguments),
        Command::Ingest(arguments) => ingest::run(&arguments),
        Command::Tag(Tag { train: Some(TagCommand::Train(arguments)), .. }) => train::run(&arguments),
        Command::Tag(arguments) => tag::run(&arguments),
        Command::Vocabulary(arguments) => vocabulary::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Export(arguments) => export::run(&arguments),
        Command::Sample(arguments) => sample::run(&arguments),
        Command::Withdraw(arguments) => withdraw::run(&arguments),
        Command::Restore(arguments) => withdraw::restore(&arguments),
        Command::Config(arguments) => config::run(&arguments),
        Command::Health(arguments) => health::run(&arguments),
    };
    output::flush();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("tegl: {reason}");
            ExitCode::FAILURE
        }
    }
}
