//! The arguments of `tegl ingest`, which its kinds of imports read.

use std::path::PathBuf;

use clap::Args;

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
pub(super) struct Arguments {
    /// Images, as for `tegl serve`
    #[arg(value_name = "SOURCE")]
    pub(super) sources: Vec<String>,
    /// Records: a file or URL of JSON Lines, a JSON list or CSV (each also as .gz), pages of the SMK API, or IIIF manifests
    /// and collections. May be given several times
    #[arg(long, value_name = "FILE_OR_URL")]
    pub(super) records: Vec<String>,
    /// An additional host that redirects, further pages and collections may lead to: museum.org, museum.org:8080,
    /// *.museum.org, or * for all that are not on a private network. May be given several times
    #[arg(long, value_name = "HOST", requires = "records")]
    pub(super) records_host: Vec<String>,
    /// The environment variable with a bearer token for the servers of --records, and for no other: another Tegl then gives
    /// its records whole (its setting oai.whole_records)
    #[arg(long, value_name = "NAME", requires = "records")]
    pub(super) token_env: Option<String>,
    /// Tags from elsewhere: a file or URL of JSON Lines, also as .gz. May be given several times
    #[arg(long, value_name = "FILE_OR_URL")]
    pub(super) tags: Vec<String>,
    /// Authority records of creators: a file or URL of JSON Lines, also as .gz, in Tegl's own format or that of Tate's
    /// artists. They are joined with the creators of works by identifier, or else by name. May be given several times
    #[arg(long, value_name = "FILE_OR_URL", conflicts_with_all = ["records", "tags", "form"])]
    pub(super) creators: Vec<String>,
    /// The format of the records: lines (Tegl's own), smk, tate, csv, iiif [default: detected]; or of the tags: lines
    /// [default], enrichment (answers of SMK's enrichment service)
    #[arg(long, value_name = "FORM", requires = "imported")]
    pub(super) form: Option<String>,
    /// A TOML file that maps columns or fields of the records to fields of a work; see config/mapping.toml
    #[arg(long, value_name = "FILE", requires = "records")]
    pub(super) mapping: Option<PathBuf>,
    /// The files that are a work's images, as in `scans/{object_number}*.tif`
    #[arg(long = "match", value_name = "PATTERN", requires = "records")]
    pub(super) pattern: Option<String>,
    /// The name of this source of records, whatever its files are called; its works belong to it [default: works stay with
    /// the source that they have]
    #[arg(long, value_name = "NAME", requires = "records")]
    pub(super) name: Option<String>,
    /// Write the addresses that manifests and canvases had on another server with those on this one: as JSON if FILE ends in
    /// .json, otherwise as a map for nginx, to include beside
    /// `if ($tegl_address) { return 301 $tegl_address; }`. May be given several times
    #[arg(long, value_name = "FILE", requires = "records")]
    pub(super) redirects: Vec<PathBuf>,
    /// Withdraw the works of this source (--name) that its records no longer contain; several --records are one export
    #[arg(long, requires = "records", requires = "name")]
    pub(super) prune: bool,
    /// Refuse to withdraw more than N works [default: a tenth of the source's works]
    #[arg(long, value_name = "N", requires = "prune")]
    pub(super) prune_limit: Option<u64>,
    /// Why works are withdrawn, in words for the public
    #[arg(long, value_name = "TEXT", requires = "prune", value_parser = super::withdraw::reason)]
    pub(super) prune_reason: Option<String>,
    /// Also restore works that the museum has withdrawn (`tegl withdraw`, or the API)
    #[arg(long, requires = "records")]
    pub(super) restore: bool,
    /// Change nothing: report what the import would change and which works would be withdrawn
    #[arg(long, requires = "imported")]
    pub(super) dry_run: bool,
    /// Print the JSON Schema of Tegl's own record format and exit
    #[arg(long)]
    pub(super) schema: bool,
    /// Where pyramids are kept: a folder, s3://…, az://… or gs://… [default: the setting pyramids.location]
    #[arg(long, value_name = "URL")]
    pub(super) store: Option<String>,
    /// Process part I of N of the collection. auto/N takes I from the number of a job of an array: Kubernetes, AWS Batch and
    /// Slurm (with numbers from 1 on)
    #[arg(long, value_name = "I/N")]
    pub(super) shard: Option<String>,
    /// Images to process at the same time; each one is compressed on all processors [default: 2]
    #[arg(long, value_name = "N")]
    pub(super) jobs: Option<usize>,
    /// Print one JSON object per image, and a summary
    #[arg(long)]
    pub(super) json: bool,
    /// List every pyramid that is built and every problem with the records
    #[arg(long, short)]
    pub(super) verbose: bool,
    /// Settings file in TOML [default: ./tegl.toml, else /etc/tegl/tegl.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
}
