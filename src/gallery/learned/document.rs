//! What was learnt about one scheme, as the catalogue stores it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::report::TrainingReport;
use crate::catalogue::Catalogue;
use crate::gallery::Error;
use crate::gallery::catalogue_client::CatalogueClient;
use crate::learning::{Clusters, Members, Probe};
use crate::record::{Tag, Text, slug};

/// What was learnt about a scheme.
#[derive(Serialize, Deserialize)]
pub(super) struct Document {
    pub scheme: String,
    /// The model whose embeddings it understands, `model:NAME@VERSION`.
    pub model: String,
    /// The probe with its version; none if people have given too few tags.
    pub probe: Option<(String, Probe)>,
    /// What the probe's tags are called, by [`key`].
    pub labels: BTreeMap<String, Statement>,
    /// Clusters with their version, and which works were in them.
    pub clusters: Option<(String, Clusters)>,
    pub members: Members,
    pub report: TrainingReport,
}

/// What a tag says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Statement {
    pub label: Text,
    pub concept: Option<String>,
}

/// The key under which tags that say the same are counted together.
pub(super) fn key(tag: &Tag) -> String {
    slug(tag.concept.as_deref().or(tag.label.best(&[])).unwrap_or_default())
}

/// The version of something that was learnt: 12 hexadecimal digits of its content.
pub(super) fn version(content: &impl Serialize) -> Result<String, Error> {
    let json = serde_json::to_vec(content).map_err(|error| Error::Fault(error.to_string()))?;
    Ok(format!("{:016x}", xxhash_rust::xxh3::xxh3_64(&json))[..12].to_owned())
}

fn name(scheme: &str) -> String {
    format!("scheme:{}", slug(scheme))
}

/// What was learnt about a scheme, with its revision; 0 if there is nothing. A document of another version of Tegl, which
/// this one cannot read, has a revision only.
pub(super) async fn load(
    catalogue: &CatalogueClient,
    scheme: &str,
) -> Result<(u64, Option<Document>), Error> {
    let name = name(scheme);
    let load = |catalogue: Catalogue| async move { catalogue.learned(&name).await };
    let Some(learned) = catalogue.work(load).await? else { return Ok((0, None)) };
    let document = serde_json::from_str(&learned.body).map_err(|error| {
        tracing::warn!(scheme, %error, "what another version of Tegl has learnt cannot be read");
    });
    Ok((learned.version, document.ok()))
}

/// The schemes about which something was learnt.
pub(super) async fn schemes(catalogue: &CatalogueClient) -> Result<Vec<String>, Error> {
    let names = catalogue.work(|catalogue| async move { catalogue.learned_names().await }).await?;
    Ok(names.iter().filter_map(|name| name.strip_prefix("scheme:")).map(str::to_owned).collect())
}

/// Stores a document in place of the revision that was loaded; false if another one was stored meanwhile.
pub(super) async fn store(
    catalogue: &CatalogueClient,
    revision: u64,
    document: &Document,
) -> Result<bool, Error> {
    let body = serde_json::to_string(document).map_err(|error| Error::Fault(error.to_string()))?;
    let name = name(&document.scheme);
    catalogue.work(move |catalogue| async move { catalogue.put_learned(&name, revision, body).await }).await
}
