//! Collects what there is to learn from: embeddings of works, and people's tags about them.

use std::collections::{BTreeMap, HashMap};

use super::document::{Statement, key};
use super::even::EvenSample;
use crate::catalogue::{Catalogue, HumanTags, VectorVersion, WorkVectors};
use crate::gallery::Error;
use crate::gallery::catalogue_client::CatalogueClient;
use crate::gallery::likeness::embedding_of;
use crate::learning::Example;
use crate::record::{Tag, slug};

/// Works of one query.
const BATCH: usize = 500;
/// The most works with people's tags that a probe learns from: training holds several copies of their embeddings, 10 KiB
/// each.
const MAX_EXAMPLES: usize = 10_000;
/// The most works that clusters are found in; the others are assigned to them.
const MAX_WORKS: usize = 20_000;

/// What there is to learn from.
pub(super) struct Collected {
    /// The works with people's tags in the scheme, at most [`MAX_EXAMPLES`], in the order of their arrival.
    pub examples: Vec<Example>,
    /// How many works have people's tags in the scheme, and an embedding.
    pub tagged: usize,
    /// What each tag of the examples is called.
    pub labels: BTreeMap<String, Statement>,
    /// Sequence numbers and embeddings of works with or without tags, at most [`MAX_WORKS`].
    pub works: Vec<(u64, Vec<f32>)>,
    /// The object numbers of these.
    pub numbers: HashMap<u64, String>,
    /// How many works have an embedding.
    pub embedded: usize,
}

/// The embeddings of the given model, or of the one that has read most pictures.
pub(super) async fn embeddings(
    catalogue: &CatalogueClient,
    model: Option<&str>,
) -> Result<VectorVersion, Error> {
    let all = catalogue.work(|catalogue| async move { catalogue.vector_versions().await }).await?;
    let all: Vec<_> = all.into_iter().filter(|known| known.analyzer.starts_with("model:")).collect();
    let is_wanted = |known: &&VectorVersion| {
        model.is_none_or(|model| known.analyzer.strip_prefix("model:") == Some(model))
    };
    // Of two versions of a model the one that was in use last.
    let best = all.iter().filter(is_wanted).max_by_key(|known| match model {
        Some(_) => (0, known.newest_ms),
        None => (known.vectors, known.newest_ms),
    });
    best.cloned().ok_or_else(|| {
        let names: Vec<_> = all.iter().map(|known| known.analyzer.trim_start_matches("model:")).collect();
        Error::Untagged(match (model, names.is_empty()) {
            (Some(model), false) => {
                format!("no picture has been read by a model `{model}`; pictures were read by {}", names.join(", "))
            }
            _ => "there are no embeddings to learn from: declare a model with `outputs = { embedding = 0 }` under \
                  `[models.NAME]` in the settings, and run `tegl tag --only likeness SOURCE`"
                .to_owned(),
        })
    })
}

/// Reads all works with embeddings, and keeps an even sample if there are too many. Calls `progress` with the number of
/// embeddings of each batch.
pub(super) async fn collect(
    catalogue: &CatalogueClient,
    version: &VectorVersion,
    scheme: &str,
    has_clusters: bool,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Collected, Error> {
    let scheme = slug(scheme);
    let (mut examples, mut works) = (EvenSample::new(MAX_EXAMPLES), EvenSample::new(MAX_WORKS));
    let (mut labels, mut embedded, mut after) = (BTreeMap::new(), 0, 0);
    loop {
        let (found, tags) = batch(catalogue, version, after).await?;
        let Some(last) = found.last() else { break };
        after = last.seq;
        let mut tags: HashMap<u64, HumanTags> = tags.into_iter().map(|tags| (tags.seq, tags)).collect();
        for work in &found {
            let Some(embedding) = embedding_of(&work.vectors) else { continue };
            embedded += 1;
            if has_clusters {
                works.push(|| (work.seq, work.object_number.clone(), embedding.clone()));
            }
            let Some(tags) = tags.remove(&work.seq) else { continue };
            let keys = |tags: Vec<Tag>, labels: &mut BTreeMap<String, Statement>| -> Vec<String> {
                let own = tags.into_iter().filter(|tag| slug(&tag.scheme) == scheme);
                own.map(|tag| named(tag, labels)).filter(|key| !key.is_empty()).collect()
            };
            let (accepted, rejected) = (keys(tags.accepted, &mut labels), keys(tags.rejected, &mut labels));
            if !accepted.is_empty() || !rejected.is_empty() {
                examples.push(|| Example { embedding, accepted, rejected });
            }
        }
        progress(found.iter().map(|work| work.vectors.len() as u64).sum());
    }
    let tagged = examples.seen();
    let (mut numbers, mut embeddings) = (HashMap::new(), Vec::new());
    for (seq, number, embedding) in works.into_items() {
        numbers.insert(seq, number);
        embeddings.push((seq, embedding));
    }
    Ok(Collected { examples: examples.into_items(), tagged, labels, works: embeddings, numbers, embedded })
}

async fn batch(
    catalogue: &CatalogueClient,
    version: &VectorVersion,
    after: u64,
) -> Result<(Vec<WorkVectors>, Vec<HumanTags>), Error> {
    let (analyzer, version) = (version.analyzer.clone(), version.version.clone());
    let read = move |catalogue: Catalogue| async move {
        let works = catalogue.works_with_vectors((&analyzer, &version), after, BATCH).await?;
        let seqs: Vec<u64> = works.iter().map(|work| work.seq).collect();
        let tags = catalogue.human_tags(&seqs).await?;
        Ok((works, tags))
    };
    catalogue.work(read).await
}

/// The tag's key. Its label is kept, and completed by the languages of others.
fn named(tag: Tag, labels: &mut BTreeMap<String, Statement>) -> String {
    let key = key(&tag);
    let new = || Statement { label: tag.label.clone(), concept: tag.concept.clone() };
    let statement = labels.entry(key.clone()).or_insert_with(new);
    for (language, text) in tag.label.iter() {
        if !statement.label.languages().any(|(known, _)| known == language) {
            statement.label.add(language, text);
        }
    }
    key
}
