//! Makes tags from a work's embedding, by what was learnt.

use super::document::{Document, load, schemes};
use super::{STYLE, STYLE_SCHEMES};
use crate::catalogue::Producer;
use crate::gallery::Error;
use crate::gallery::catalogue_client::CatalogueClient;
use crate::learning::{Cluster, Clusters};
use crate::record::{Status, Tag, Text, slug};

/// Makes a scheme's tags.
pub(in crate::gallery) struct Tagger(Document);

/// What was learnt about the schemes that are wanted.
pub(in crate::gallery) async fn taggers(
    catalogue: &CatalogueClient,
    is_wanted: impl Fn(&str) -> bool,
) -> Result<Vec<Tagger>, Error> {
    let mut taggers = Vec::new();
    for scheme in schemes(catalogue).await?.iter().filter(|scheme| is_wanted(scheme)) {
        taggers.extend(load(catalogue, scheme).await?.1.map(Tagger));
    }
    Ok(taggers)
}

impl Tagger {
    pub(super) fn new(document: Document) -> Self {
        Self(document)
    }

    /// The scheme of its tags.
    pub(in crate::gallery) fn scheme(&self) -> &str {
        &self.0.scheme
    }

    /// The model whose embeddings it understands, and its version.
    pub(in crate::gallery) fn model(&self) -> (&str, &str) {
        self.0.model.split_once('@').unwrap_or((&self.0.model, ""))
    }

    /// Whose earlier tags its tags replace.
    pub(in crate::gallery) fn producers(&self) -> Vec<Producer> {
        let scheme = || self.0.scheme.clone();
        [self.source("probe"), self.source("clusters")]
            .map(|name| Producer { name, scheme: scheme() })
            .to_vec()
    }

    /// The tags of a work with these tags and this embedding: none of style if the record or a curator states one, and a
    /// cluster only where the probe is not certain of a style.
    pub(in crate::gallery) fn tags(&self, known: &[Tag], embedding: &[f32]) -> Vec<Tag> {
        if self.0.scheme == STYLE && known.iter().any(states_style) {
            return Vec::new();
        }
        let tags = self.of_probe(embedding);
        if tags.is_empty() { self.of_cluster(embedding).into_iter().collect() } else { tags }
    }

    /// The cluster that a work belongs to, before merging.
    pub(super) fn cluster(&self, embedding: &[f32]) -> Option<u32> {
        let (_, clusters) = self.0.clusters.as_ref()?;
        clusters.assign(embedding).ok()?.map(|(id, _)| id)
    }

    fn of_probe(&self, embedding: &[f32]) -> Vec<Tag> {
        let Some((version, probe)) = &self.0.probe else { return Vec::new() };
        let predictions = probe.predict(embedding).unwrap_or_default();
        let published = predictions.into_iter().filter(|prediction| prediction.is_published);
        let tag = |prediction: crate::learning::Prediction<'_>| {
            let statement = self.0.labels.get(prediction.tag)?;
            Some(Tag {
                concept: statement.concept.clone(),
                source: format!("{}@{version}", self.source("probe")),
                confidence: rounded(prediction.probability),
                ..Tag::new(&self.0.scheme, statement.label.clone())
            })
        };
        published.filter_map(tag).collect()
    }

    fn of_cluster(&self, embedding: &[f32]) -> Option<Tag> {
        let (version, clusters) = self.0.clusters.as_ref()?;
        let (id, clarity) = clusters.assign(embedding).ok()??;
        let cluster = clusters.shown(id)?;
        Some(Tag {
            concept: Some(concept(&self.0.scheme, cluster.id)),
            source: format!("{}@{version}", self.source("clusters")),
            confidence: rounded(clarity),
            ..Tag::new(&self.0.scheme, label(cluster))
        })
    }

    /// `model:SCHEME-probe` or `model:SCHEME-clusters`.
    fn source(&self, kind: &str) -> String {
        format!("model:{}-{kind}", slug(&self.0.scheme))
    }
}

/// Whether this tag says, in a record or by a curator, what style a work has.
fn states_style(tag: &Tag) -> bool {
    let is_human = !tag.source.starts_with("model:") && tag.status != Status::Rejected;
    is_human && STYLE_SCHEMES.contains(&slug(&tag.scheme).as_str())
}

/// The concept of a cluster's tags: it stays when a curator renames the cluster.
pub(super) fn concept(scheme: &str, id: u32) -> String {
    format!("urn:tegl:cluster:{}:{id}", slug(scheme))
}

/// What a cluster is called: the curator's name, or its number.
pub(super) fn label(cluster: &Cluster) -> Text {
    match &cluster.name {
        Some(name) => Text::plain(name),
        None => {
            let mut label = Text::of("en", &format!("Group {}", cluster.id));
            label.add("da", &format!("Gruppe {}", cluster.id));
            label
        }
    }
}

/// A cluster, the one that it is merged into, and those that are merged into it: their tags change together.
pub(super) fn related(clusters: &Clusters, id: u32) -> Vec<u32> {
    let is_related = |other: &&Cluster| {
        other.id == id
            || clusters.shown(other.id).is_some_and(|shown| shown.id == id)
            || clusters.shown(id).is_some_and(|shown| shown.id == other.id)
    };
    clusters.all().iter().filter(is_related).map(|cluster| cluster.id).collect()
}

fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}
