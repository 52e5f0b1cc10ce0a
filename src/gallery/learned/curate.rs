//! Curators' changes of clusters: they name, merge and hide them.

use std::collections::{BTreeSet, HashMap};

use super::document::{load, store};
use super::tagger::{Tagger, concept, label, related};
use crate::catalogue::{Catalogue, Proposals, StoredWork, WorkVectors};
use crate::gallery::Error;
use crate::gallery::catalogue_client::CatalogueClient;
use crate::gallery::likeness::embedding_of;
use crate::gallery::tagging::Tagging;
use crate::iiif::Invalid;
use crate::learning::{Cluster, Clusters};
use crate::record::{Text, slug};

/// A change of a cluster; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ClusterChange {
    /// Its name from now on; `Some(None)` takes the name away.
    pub name: Option<Option<String>>,
    /// Whether it is not shown.
    pub is_hidden: Option<bool>,
    /// The cluster as a part of which it is shown; `Some(None)` shows it by itself.
    pub merged_into: Option<Option<u32>>,
}

/// A cluster as it is now.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ClusterState {
    pub id: u32,
    pub label: Text,
    pub name: Option<String>,
    /// How many of the works that clusters were last found in belong to it.
    pub works: u64,
    pub is_hidden: bool,
    pub merged_into: Option<u32>,
    /// The concept of its tags.
    pub concept: String,
}

/// Works of one transaction.
const BATCH: usize = 200;
/// Attempts to store a change while other changes come first.
const TRIES: usize = 5;

/// The clusters of a scheme, in the order of their numbers; none if nothing was learnt about it.
///
/// # Errors
/// Returns an error if the catalogue does not respond.
pub(in crate::gallery) async fn clusters(
    catalogue: &CatalogueClient,
    scheme: &str,
) -> Result<Vec<ClusterState>, Error> {
    let Some(document) = load(catalogue, scheme).await?.1 else { return Ok(Vec::new()) };
    let Some((_, clusters)) = &document.clusters else { return Ok(Vec::new()) };
    Ok(clusters.all().iter().map(|cluster| state(&document.scheme, cluster)).collect())
}

/// Changes a cluster, if it still is as `expected`, and the tags of the works that it concerns.
///
/// # Errors
/// Returns [`Error::NoPage`] if there is no such cluster, [`Error::ClusterChanged`] if it is not as expected,
/// [`Error::Unprocessable`] if it cannot be merged as requested, and [`Error::Busy`] if other changes come first again and again; also if the catalogue does not respond.
pub(in crate::gallery) async fn change_cluster(
    catalogue: &CatalogueClient,
    tagging: &Tagging,
    scheme: &str,
    id: u32,
    change: &ClusterChange,
    expected: Option<&ClusterState>,
) -> Result<ClusterState, Error> {
    for _ in 0..TRIES {
        let (revision, document) = load(catalogue, scheme).await?;
        let mut document = document.ok_or_else(|| no_cluster(id))?;
        let (_, clusters) = document.clusters.as_mut().ok_or_else(|| no_cluster(id))?;
        let is_expected = |expected: &ClusterState| {
            clusters.all().iter().any(|cluster| state(&document.scheme, cluster) == *expected)
        };
        if !expected.is_none_or(is_expected) {
            return Err(Error::ClusterChanged);
        }
        let was_hidden = clusters.shown(id).is_none();
        let mut concerned: BTreeSet<u32> = related(clusters, id).into_iter().collect();
        apply(clusters, id, change)?;
        concerned.extend(related(clusters, id));
        let changed = clusters.all().iter().find(|cluster| cluster.id == id).ok_or_else(|| no_cluster(id))?;
        let state = state(&document.scheme, changed);
        if store(catalogue, revision, &document).await? {
            retag(catalogue, tagging, &Tagger::new(document), &concerned, was_hidden).await?;
            return Ok(state);
        }
    }
    Err(Error::Busy { retry_after_s: 2 })
}

fn apply(clusters: &mut Clusters, id: u32, change: &ClusterChange) -> Result<(), Error> {
    if !clusters.all().iter().any(|cluster| cluster.id == id) {
        return Err(no_cluster(id));
    }
    if let Some(name) = &change.name {
        clusters.name(id, name.clone());
    }
    if let Some(is_hidden) = change.is_hidden {
        clusters.hide(id, is_hidden);
    }
    if let Some(into) = change.merged_into
        && !clusters.merge(id, into)
    {
        let given = into.map_or_else(String::new, |into| into.to_string());
        let reason = "must be the number of another cluster of the scheme that is not part of this one";
        return Err(Error::Unprocessable(Invalid::new("merged_into", &given, reason)));
    }
    Ok(())
}

/// The scheme has no cluster of this number.
pub(crate) fn no_cluster(id: u32) -> Error {
    let reason = "is no cluster of this scheme; `/api/v1/review/clusters/{scheme}` lists them";
    Error::NoPage(Invalid::new("cluster", &id.to_string(), reason))
}

fn state(scheme: &str, cluster: &Cluster) -> ClusterState {
    ClusterState {
        id: cluster.id,
        label: label(cluster),
        name: cluster.name.clone(),
        works: cluster.works as u64,
        is_hidden: cluster.is_hidden,
        merged_into: cluster.merged_into,
        concept: concept(scheme, cluster.id),
    }
}

/// Updates the tags of the works in these clusters. The works are found by their tags; those of a cluster that was hidden
/// have none, so all works of the catalogue are read.
async fn retag(
    catalogue: &CatalogueClient,
    tagging: &Tagging,
    tagger: &Tagger,
    concerned: &BTreeSet<u32>,
    was_hidden: bool,
) -> Result<(), Error> {
    let (analyzer, version) = tagger.model();
    let model = (analyzer.to_owned(), version.to_owned());
    let mut candidates = match was_hidden {
        true => Candidates::All { after: 0 },
        false => Candidates::Some(tagged(catalogue, tagger.scheme(), concerned).await?),
    };
    loop {
        let (works, stored) = candidates.next(catalogue, model.clone()).await?;
        if works.is_empty() {
            break;
        }
        let proposal = |work: &WorkVectors| {
            let (stored, embedding) = (stored.get(&work.object_number)?, embedding_of(&work.vectors)?);
            tagger.cluster(&embedding).filter(|id| concerned.contains(id))?;
            let mut tags = tagger.tags(&stored.tags, &embedding);
            tags.iter_mut().for_each(|tag| tag.status = tagging.status(tag));
            let object_number = work.object_number.clone();
            Some(Proposals { object_number, replaces: tagger.producers(), tags, ..Proposals::default() })
        };
        let proposals = works.iter().filter_map(proposal).collect();
        catalogue.work(|catalogue| async move { catalogue.propose(proposals).await }).await?;
    }
    catalogue.follow_all_own([]).await;
    Ok(())
}

/// The works with tags of these clusters.
async fn tagged(
    catalogue: &CatalogueClient,
    scheme: &str,
    concerned: &BTreeSet<u32>,
) -> Result<Vec<u64>, Error> {
    let mut all = BTreeSet::new();
    for id in concerned {
        let (scheme, value) = (slug(scheme), slug(&concept(scheme, *id)));
        let read = |catalogue: Catalogue| async move { catalogue.works_with_tag(&scheme, &value).await };
        all.extend(catalogue.work(read).await?);
    }
    // They are taken from the end.
    Ok(all.into_iter().rev().collect())
}

/// Works whose tags may change.
enum Candidates {
    All { after: u64 },
    Some(Vec<u64>),
}

impl Candidates {
    /// The next works, with the vectors of this version of a model; none at the end.
    async fn next(
        &mut self,
        catalogue: &CatalogueClient,
        (analyzer, version): (String, String),
    ) -> Result<(Vec<WorkVectors>, HashMap<String, StoredWork>), Error> {
        let (after, seqs) = match self {
            Self::All { after } => (Some(*after), Vec::new()),
            Self::Some(seqs) => (None, seqs.split_off(seqs.len().saturating_sub(BATCH))),
        };
        let read = move |catalogue: Catalogue| async move {
            let works = match after {
                Some(after) => catalogue.works_with_vectors((&analyzer, &version), after, BATCH).await?,
                None => catalogue.vectors_of_works((&analyzer, &version), &seqs).await?,
            };
            let numbers: Vec<String> = works.iter().map(|work| work.object_number.clone()).collect();
            Ok((works, catalogue.get_all(&numbers).await?))
        };
        let (works, stored) = catalogue.work(read).await?;
        if let (Self::All { after }, Some(last)) = (self, works.last()) {
            *after = last.seq;
        }
        Ok((works, stored))
    }
}
