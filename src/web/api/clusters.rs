//! Clusters of works, for holders of a token: `/api/v1/review/clusters/{scheme}` and `…/{scheme}/{number}`.

use actix_web::HttpRequest;
use actix_web::http::header::{self, EntityTag, HeaderValue, IfMatch};
use actix_web::web::Payload;
use percent_encoding::percent_decode_str;
use serde_json::json;

use super::responses::{PublishedCluster, PublishedClusters};
use super::review::json_of;
use super::tags::{allowed, read_cluster_change};
use crate::gallery::{ClusterState, Error, no_cluster};
use crate::iiif::Invalid;
use crate::web::App;
use crate::web::http::conditional::{entity_tag, if_match};
use crate::web::http::error as http;
use crate::web::http::response::Response;

/// The path of all clusters.
pub(crate) const PATH: &str = "/api/v1/review/clusters/";

/// A list of clusters or one of them.
struct Resource {
    scheme: String,
    cluster: Option<u32>,
}

impl Resource {
    fn parse(rest: &str) -> Option<Self> {
        let mut parts = rest.split('/');
        let scheme = percent_decode_str(parts.next()?).decode_utf8_lossy().into_owned();
        let cluster = parts.next().map(|number| crate::iiif::integer(number).ok_or(())).transpose().ok()?;
        (parts.next().is_none() && !scheme.is_empty()).then_some(Self { scheme, cluster })
    }
}

/// The methods of the resource at this path below [`PATH`].
pub(crate) fn methods(rest: &str) -> &'static str {
    match Resource::parse(rest) {
        Some(Resource { cluster: Some(_), .. }) => "GET, HEAD, PATCH, OPTIONS",
        _ => "GET, HEAD, OPTIONS",
    }
}

/// `GET` of a scheme's clusters or of one of them.
pub(crate) async fn answer(app: &App, request: &HttpRequest, rest: &str) -> Result<Response, http::Error> {
    let resource = Resource::parse(rest).ok_or(Error::NotFound)?;
    allowed(request, app)?;
    let clusters = app.gallery.works.clusters(&resource.scheme).await?;
    let mut clusters = clusters.into_iter().map(published);
    Ok(match resource.cluster {
        None => json_of(&PublishedClusters { clusters: clusters.collect() }),
        Some(number) => {
            one(&clusters.find(|cluster| cluster.id == number).ok_or_else(|| no_cluster(number))?)
        }
    })
}

/// `PATCH` of a cluster: names, hides or merges it, and changes the tags of its works.
pub(crate) async fn change(
    app: &App,
    request: &HttpRequest,
    rest: &str,
    body: &mut Payload,
) -> Result<Response, http::Error> {
    let resource = Resource::parse(rest).ok_or(Error::NotFound)?;
    let Some(number) = resource.cluster else {
        return Err(http::Error::MethodNotAllowed { allowed: methods(rest) });
    };
    allowed(request, app)?;
    let change = read_cluster_change(app, request, body).await?;
    let expected = expected(app, request, &resource.scheme, number).await?;
    let works = &app.gallery.works;
    let tagging = app.live().tagging.clone();
    let changed = works.change_cluster(&tagging, &resource.scheme, number, &change, expected).await?;
    Ok(one(&published(changed)))
}

/// The cluster as it is, if `If-Match` lists its entity tag; `None` if any will do.
async fn expected(
    app: &App,
    request: &HttpRequest,
    scheme: &str,
    number: u32,
) -> Result<Option<ClusterState>, Error> {
    let listed = if_match(request.headers()).map_err(|text| {
        Invalid::new("If-Match", &text, "is not a list of entity tags: send the ETag of the cluster, or `*`")
    })?;
    let Some(IfMatch::Items(tags)) = listed else { return Ok(None) };
    let mut clusters = app.gallery.works.clusters(scheme).await?.into_iter();
    let now = clusters.find(|cluster| cluster.id == number).ok_or_else(|| no_cluster(number))?;
    let current = cluster_tag(&published(now.clone()));
    if tags.iter().any(|tag| tag.strong_eq(&current)) { Ok(Some(now)) } else { Err(Error::ClusterChanged) }
}

/// One cluster with its entity tag, for `If-Match`.
fn one(cluster: &PublishedCluster) -> Response {
    let mut response = json_of(cluster);
    if let Ok(tag) = HeaderValue::try_from(cluster_tag(cluster).to_string()) {
        response.response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

fn cluster_tag(cluster: &PublishedCluster) -> EntityTag {
    entity_tag(&[json!(cluster).to_string().as_bytes()])
}

fn published(cluster: ClusterState) -> PublishedCluster {
    let ClusterState { id, label, name, works, is_hidden, merged_into, concept } = cluster;
    PublishedCluster { concept, hidden: is_hidden, id, label, merged_into, name, works }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_strictly() {
        let read = |rest| Resource::parse(rest).map(|found| (found.scheme, found.cluster));
        assert_eq!(read("style"), Some(("style".into(), None)));
        assert_eq!(read("style/7"), Some(("style".into(), Some(7))));
        for wrong in ["", "style/", "style/x", "style/-1", "style/7/8", "/7"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
