//! Learns a scheme from the catalogue: what `tegl tag train` does.

use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroUsize;

use tokio::runtime::Handle;

use super::STYLE;
use super::collect::{Collected, collect, embeddings};
use super::document::{Document, Statement, load, store, version};
use super::report::{ClusterReport, ClustersReport, TrainingReport};
use super::tagger::label;
use crate::gallery::Error;
use crate::gallery::catalogue_client::CatalogueClient;
use crate::learning::{Clusters, Invalid, Members, Probe, Report, Settings};
use crate::record::slug;

/// What to learn.
#[derive(Clone, Debug)]
pub(crate) struct TrainRun {
    /// The scheme of the tags.
    pub scheme: String,
    /// The model of the settings whose embeddings are used; the one that has read most pictures if `None`.
    pub model: Option<String>,
    /// The precision from which a tag is published.
    pub precision: f64,
    /// How many works a tag needs.
    pub fewest: usize,
    /// Whether a work that people have given other tags of the scheme counts as one without the tag.
    pub is_complete: bool,
    /// Whether what was learnt before, with the names of clusters, is forgotten.
    pub is_anew: bool,
    /// Only report, and store nothing.
    pub is_dry: bool,
    pub threads: NonZeroUsize,
}

/// Receives progress.
pub(crate) trait TrainReport: Send + Sync {
    /// The number of embeddings to read.
    fn total(&self, embeddings: u64);
    /// This many more were read.
    fn read(&self, embeddings: u64);
    /// All were read; training begins.
    fn training(&self, examples: usize);
}

/// Trains a probe on people's tags of the scheme, and finds clusters if the scheme is `style`; keeps both in the catalogue.
///
/// # Errors
/// Returns an error if no picture has an embedding, if there are neither tags nor clusters to learn, or if the catalogue
/// does not respond or what was learnt was changed meanwhile.
pub(crate) async fn train(
    catalogue: &CatalogueClient,
    tasks: &Handle,
    run: TrainRun,
    progress: &dyn TrainReport,
) -> Result<TrainingReport, Error> {
    let scheme = slug(&run.scheme);
    let embeddings = embeddings(catalogue, run.model.as_deref()).await?;
    let (revision, earlier) = load(catalogue, &scheme).await?;
    if revision > 0 && earlier.is_none() && !run.is_anew {
        return Err(Error::Exists(format!(
            "what was learnt about `{scheme}` was written by another version of Tegl and cannot be read: train with that \
             version, or with `--anew`, which forgets the names that curators have given to groups"
        )));
    }
    let earlier = earlier.filter(|_| !run.is_anew);
    progress.total(embeddings.vectors);
    let has_clusters = scheme == STYLE;
    let collected =
        collect(catalogue, &embeddings, &scheme, has_clusters, &|embeddings| progress.read(embeddings))
            .await?;
    progress.training(collected.examples.len());
    let model = format!("{}@{}", embeddings.analyzer, embeddings.version);
    let learn = {
        let run = run.clone();
        move || learn(&run, scheme, model, collected, earlier)
    };
    let learnt = tasks.spawn_blocking(learn).await;
    let document = learnt.map_err(|error| Error::Fault(error.to_string()))??;
    let report = document.report.clone();
    if !run.is_dry && !store(catalogue, revision, &document).await? {
        return Err(Error::Exists(
            "another command or a curator has changed what was learnt about this scheme meanwhile; run the command again"
                .into(),
        ));
    }
    Ok(report)
}

fn learn(
    run: &TrainRun,
    scheme: String,
    model: String,
    collected: Collected,
    earlier: Option<Document>,
) -> Result<Document, Error> {
    let settings = Settings {
        precision: run.precision,
        fewest: run.fewest,
        is_complete: run.is_complete,
        threads: run.threads,
        ..Settings::new(model.as_str())
    };
    let (probe, mut no_probe) = match Probe::train(&collected.examples, &settings) {
        Ok(trained) => (Some(trained), None),
        Err(error @ Invalid::TooFew { .. }) => (None, Some(too_few(&scheme, &error, collected.tagged))),
        Err(error) => return Err(Error::Untagged(error.to_string())),
    };
    let (earlier, members) =
        earlier.map_or_else(Default::default, |earlier| (earlier.clusters, earlier.members));
    let earlier = earlier.map(|(_, clusters)| clusters);
    let found = match scheme == STYLE {
        true => Some(find_clusters(&model, &collected, earlier.as_ref(), &members, run.threads)?),
        false => None,
    };
    if found.is_none()
        && let Some(reason) = no_probe.take_if(|_| probe.is_none())
    {
        return Err(Error::Untagged(reason));
    }
    let (probe, report) = probe.map_or((None, None), |(probe, report)| {
        let is_used = report.tags.iter().any(|tag| tag.threshold.is_some());
        (is_used.then_some(probe), Some(named(report, &collected.labels)))
    });
    let (clusters, members, cluster_report) = match found {
        Some((clusters, members, report)) => (Some(clusters), members, Some(report)),
        None => (None, Members::new(), None),
    };
    Ok(Document {
        probe: probe.map(|probe| Ok::<_, Error>((version(&probe)?, probe))).transpose()?,
        clusters: clusters
            .map(|clusters| {
                let version = version(&clusters.content())?;
                Ok::<_, Error>((version, clusters))
            })
            .transpose()?,
        report: TrainingReport {
            scheme: scheme.clone(),
            model: model.clone(),
            works: collected.embedded,
            tagged_works: collected.tagged,
            probe: report,
            no_probe,
            clusters: cluster_report,
        },
        labels: collected.labels,
        members,
        model,
        scheme,
    })
}

fn too_few(scheme: &str, error: &Invalid, found: usize) -> String {
    let Invalid::TooFew { fewest, .. } = error else { return error.to_string() };
    format!(
        "{found} works have an embedding and tags of the scheme `{scheme}` by people, {fewest} are needed: accept or \
         reject tags at /review, import them by `tegl ingest --tags`, or ask for fewer with --min-works"
    )
}

/// A report that calls tags what people call them.
fn named(mut report: Report, labels: &BTreeMap<String, Statement>) -> Report {
    for tag in &mut report.tags {
        if let Some(label) = labels.get(&tag.tag).and_then(|statement| statement.label.best(&["en", "da"])) {
            label.clone_into(&mut tag.tag);
        }
    }
    report
}

fn find_clusters(
    model: &str,
    collected: &Collected,
    earlier: Option<&Clusters>,
    members: &Members,
    threads: NonZeroUsize,
) -> Result<(Clusters, Members, ClustersReport), Error> {
    let found = match earlier {
        Some(earlier) => earlier.again(model, &collected.works, members, threads),
        None => Clusters::find(model, &collected.works, threads),
    };
    let (clusters, now) = found.map_err(|error| Error::Untagged(error.to_string()))?;
    let earlier_ids: Vec<u32> = earlier.map_or_else(Vec::new, |earlier| {
        earlier.all().iter().filter(|cluster| cluster.works > 0).map(|cluster| cluster.id).collect()
    });
    let mut examples: HashMap<u32, Vec<String>> = HashMap::new();
    for (seq, _) in &collected.works {
        let of = examples.entry(now[seq]).or_default();
        if of.len() < EXAMPLES {
            of.extend(collected.numbers.get(seq).cloned());
        }
    }
    let report = |cluster: &crate::learning::Cluster| ClusterReport {
        id: cluster.id,
        label: label(cluster).best(&["en"]).unwrap_or_default().to_owned(),
        works: cluster.works,
        is_new: !earlier_ids.contains(&cluster.id),
        is_hidden: cluster.is_hidden,
        merged_into: cluster.merged_into,
        examples: examples.remove(&cluster.id).unwrap_or_default(),
    };
    let live = clusters.all().iter().filter(|cluster| cluster.works > 0);
    let mut reports: Vec<ClusterReport> = live.map(report).collect();
    reports.sort_by_key(|cluster| (std::cmp::Reverse(cluster.works), cluster.id));
    let before = || members.iter().filter_map(|(seq, id)| Some((now.get(seq)?, id)));
    let new = reports.iter().filter(|cluster| cluster.is_new).count();
    let kept = reports.len() - new;
    let summary = ClustersReport {
        works: collected.works.len(),
        kept,
        new,
        ended: earlier_ids.len() - kept,
        works_kept: before().filter(|(now, id)| now == id).count(),
        works_before: before().count(),
        clusters: reports,
    };
    Ok((clusters, now, summary))
}

/// Works that a report names for each cluster.
const EXAMPLES: usize = 5;
