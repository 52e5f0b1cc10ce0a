//! The URIs that works, their canvases and their images had in the manifests that they were read from.

use std::collections::HashMap;

use sqlx::Row;
use xxhash_rust::xxh3::xxh3_128;

use super::facets::number;
use super::sql::{Value, fetch_rows};
use super::{Catalogue, Error, WorkSummary};
use crate::presentation::http_uri;
use crate::record::Work;
use crate::record::read::resource_ids;

/// What a URI of another server's manifest named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourcePart {
    /// The manifest of a work.
    Manifest,
    /// A canvas, by its number from 1.
    Canvas(u32),
    /// An image on a canvas.
    Image {
        /// The canvas's number from 1.
        canvas: u32,
        /// The identifier of the image's master, if it has one.
        file: Option<String>,
    },
}

/// A work with a part that had a URI on another server.
#[derive(Clone, Debug, PartialEq)]
pub struct SourcePlace {
    /// The work, withdrawn or not.
    pub work: WorkSummary,
    /// The part.
    pub part: SourcePart,
    /// The URI or the words of the work's rights statement.
    pub rights: Option<String>,
    /// Whether the work is in the public domain; `None` if unknown.
    pub public_domain: Option<bool>,
    /// Whether the work is not shown.
    pub removed: bool,
}

/// The key of a URI: a hash of it without its scheme, because servers moved from `http` to `https`. `None` if it is no
/// HTTP URI.
pub(super) fn key(uri: &str) -> Option<String> {
    let uri = http_uri(uri)?;
    let (_, rest) = uri.split_once("://")?;
    Some(format!("{:032x}", xxh3_128(rest.as_bytes())))
}

/// The keys of the URIs in the manifest that a work was read from, with what they name.
pub(super) fn keys(work: &Work, original: Option<&str>) -> Vec<(String, SourcePart)> {
    if work.canvases.is_none() {
        return Vec::new();
    }
    let Some(ids) = original.and_then(resource_ids) else { return Vec::new() };
    let mut found = vec![(ids.manifest.as_str(), SourcePart::Manifest)];
    found.extend(ids.canvases.iter().zip(1..).map(|(id, number)| (id.as_str(), SourcePart::Canvas(number))));
    for (canvas, name, image) in ids.with_images(work) {
        found.push((name, SourcePart::Image { canvas, file: image.map(|image| image.file.clone()) }));
    }
    found.into_iter().filter_map(|(uri, part)| Some((key(uri)?, part))).collect()
}

/// The row of a URI.
pub(super) fn row((key, part): (String, SourcePart), seq: i64) -> Vec<Value> {
    let (kind, canvas, file) = match part {
        SourcePart::Manifest => (0, 0, None),
        SourcePart::Canvas(number) => (1, number, None),
        SourcePart::Image { canvas, file } => (2, canvas, file),
    };
    vec![key.into(), seq.into(), kind.into(), i64::from(canvas).into(), file.into()]
}

pub(super) const SOURCE_URIS: &str = "INSERT INTO source_uris (uri, seq, kind, canvas, file) VALUES";

impl Catalogue {
    /// The works that these URIs belonged to on the servers that they were read from, withdrawn or not, in order of arrival.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn places_of_source_uris(
        &self,
        uris: &[String],
    ) -> Result<HashMap<String, Vec<SourcePlace>>, Error> {
        let mut wanted: HashMap<String, Vec<&String>> = HashMap::new();
        for uri in uris {
            if let Some(key) = key(uri) {
                wanted.entry(key).or_default().push(uri);
            }
        }
        let keys = wanted.keys().map(|key| vec![Value::from(key.as_str())]).collect();
        let select = "SELECT uri, kind, canvas, file, object_number, label, thumbnail, revision, rights, public_domain, \
            removed FROM source_uris JOIN works ON works.seq = source_uris.seq WHERE uri IN (VALUES";
        let mut reader = self.0.pools.readers.acquire().await?;
        let rows = fetch_rows(&mut reader, select, keys, ") ORDER BY works.seq").await?;
        let mut found: HashMap<String, Vec<SourcePlace>> = HashMap::new();
        for row in &rows {
            let place = place(row)?;
            for uri in wanted.get(row.try_get::<&str, _>("uri")?).into_iter().flatten() {
                found.entry((*uri).clone()).or_default().push(place.clone());
            }
        }
        Ok(found)
    }
}

fn place(row: &sqlx::any::AnyRow) -> Result<SourcePlace, Error> {
    let canvas = u32::try_from(row.try_get::<i64, _>("canvas")?).unwrap_or(0);
    let part = match row.try_get::<i64, _>("kind")? {
        1 => SourcePart::Canvas(canvas),
        2 => SourcePart::Image { canvas, file: row.try_get("file")? },
        _ => SourcePart::Manifest,
    };
    let work = WorkSummary {
        object_number: row.try_get("object_number")?,
        label: serde_json::from_str(row.try_get("label")?)?,
        thumbnail: row.try_get("thumbnail")?,
        revision: number(row.try_get("revision")?),
    };
    Ok(SourcePlace {
        work,
        part,
        rights: row.try_get("rights")?,
        public_domain: row.try_get::<Option<i64>, _>("public_domain")?.map(|known| known != 0),
        removed: row.try_get::<i64, _>("removed")? != 0,
    })
}
