//! What a training has learnt, for people who decide whether to use it.

use serde::{Deserialize, Serialize};

use crate::learning::Report;

/// What was learnt about a scheme.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct TrainingReport {
    /// The scheme.
    pub scheme: String,
    /// The model whose embeddings were used, `model:NAME@VERSION`.
    pub model: String,
    /// Works with an embedding.
    pub works: usize,
    /// Works that people have given tags of the scheme.
    pub tagged_works: usize,
    /// What each tag reaches; absent if there are too few works to train on.
    pub probe: Option<Report>,
    /// Why there is no probe.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_probe: Option<String>,
    /// Clusters of works; of styles only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clusters: Option<ClustersReport>,
}

/// The clusters of a run, compared with those of the run before.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct ClustersReport {
    /// Works that were divided.
    pub works: usize,
    /// Clusters that an earlier run had found.
    pub kept: usize,
    /// Clusters that it had not found.
    pub new: usize,
    /// Earlier clusters that were not found again.
    pub ended: usize,
    /// Of works that were in a cluster before, how many are in the same now.
    pub works_kept: usize,
    /// How many works were in a cluster before.
    pub works_before: usize,
    /// The clusters, the largest first.
    pub clusters: Vec<ClusterReport>,
}

/// A cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ClusterReport {
    /// Its number, which it keeps.
    pub id: u32,
    /// What it is called.
    pub label: String,
    /// How many works are in it.
    pub works: usize,
    /// Whether no earlier run has found it.
    pub is_new: bool,
    /// Whether it is not shown.
    pub is_hidden: bool,
    /// The cluster as a part of which it is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<u32>,
    /// Object numbers of some of its works.
    pub examples: Vec<String>,
}

impl ClustersReport {
    /// The comparison, in a sentence.
    pub(crate) fn summary(&self) -> String {
        let Self { works, kept, new, ended, works_kept, works_before, .. } = self;
        let count = self.clusters.len();
        match works_before {
            0 => format!("{works} works are divided into {count} clusters"),
            _ => format!(
                "{works} works are divided into {count} clusters: {kept} from before, {new} new, {ended} ended; \
                 {works_kept} of {works_before} works are in the same cluster as before"
            ),
        }
    }
}
