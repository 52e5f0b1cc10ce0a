//! Works that are similar or related to a work, and its parts.

use super::link;
use crate::gallery::{SOON, Wanted};
use crate::iiif::Dimensions;
use crate::presentation::http_uri;
use crate::record::{Part, Work};
use crate::search::IndexedWork;
use crate::web::App;
use crate::web::api::{by_number, indexed};
use crate::web::pages::{self, Picture, Related, Thumbnail};
use crate::web::site::picture_size::ratio;
use crate::web::site::visit::{Visit, encoded};

/// Similar works on a page.
const SIMILAR: usize = 8;
/// Related works on a page.
const MAX_RELATED: usize = 100;
/// Maximum side of thumbnails in pixels.
const THUMBNAIL: u32 = 400;
/// Parts deeper than this are left out.
const MAX_DEPTH: usize = 8;

/// Thumbnails of similar works; none if there are no vectors, or the search takes too long.
pub(super) async fn similar_works(app: &App, visit: &Visit, number: &str) -> Vec<Thumbnail> {
    let Some(likeness) = app.gallery.likeness().ok().filter(|likeness| likeness.is_there()) else {
        return Vec::new();
    };
    let search = async {
        // Some have no picture that may be shown.
        let wanted = Wanted { limit: 2 * SIMILAR, ..Wanted::default() };
        indexed(app, likeness.similar_to_work(number, wanted).await?.works).await
    };
    let found = tokio::time::timeout(SOON, search).await.unwrap_or(Ok(Vec::new())).unwrap_or_default();
    found.iter().filter_map(|(_, work)| thumbnail(app, visit, work)).take(SIMILAR).collect()
}

fn thumbnail(app: &App, visit: &Visit, indexed: &IndexedWork) -> Option<Thumbnail> {
    let work = indexed.work()?;
    let grant = app.gallery.images.rights().of_record(work.rights.as_deref(), work.public_domain);
    let (file, image) = indexed.images().find(|(_, image)| image.matched && grant.largest > 0)?;
    let size = image.size().map(|(width, height)| Dimensions::new(width, height));
    let (side, number) = (THUMBNAIL.min(grant.largest), encoded(&work.object_number));
    let title = work.label().best(&visit.publisher.preferred_languages()).map(str::to_owned);
    Some(Thumbnail {
        label: Some(title.unwrap_or(work.object_number)),
        picture: format!(
            "{}/iiif/3/{}/full/!{side},{side}/0/default.jpg",
            visit.context.base,
            encoded(&file)
        ),
        viewer: visit.context.page(&format!("/works/{number}")),
        ratio: ratio(size),
    })
}

/// The works and pages that the record names: works of this collection with title and picture if the search index has
/// them, pages elsewhere as links.
pub(super) async fn related_works(app: &App, visit: &Visit, work: &Work) -> Vec<Related> {
    // The manifest that the work was imported from is no related work.
    let named = work.related.iter().filter(|related| related.kind.as_deref() != Some("manifest"));
    let named: Vec<_> = named.take(MAX_RELATED).collect();
    let numbers: Vec<String> = named
        .iter()
        .filter(|related| http_uri(&related.id).is_none())
        .map(|related| related.id.clone())
        .collect();
    let search =
        async { if numbers.is_empty() { Ok(Default::default()) } else { by_number(app, numbers).await } };
    let known =
        tokio::time::timeout(SOON, search).await.unwrap_or(Ok(Default::default())).unwrap_or_default();
    let languages = visit.publisher.preferred_languages();
    let relation = |related: &crate::record::Related| {
        let found = known.get(&related.id);
        let title = || found?.work()?.label().best(&languages).map(str::to_owned);
        let label = related.label.best(&languages).map(str::to_owned).or_else(title);
        let href = match http_uri(&related.id) {
            Some(uri) => uri,
            None if found.is_some() => visit.context.page(&format!("/works/{}", encoded(&related.id))),
            None => String::new(),
        };
        Related {
            link: link(&label.unwrap_or_else(|| related.id.clone()), href),
            kind: related.kind.clone(),
            thumbnail: found.and_then(|found| thumbnail(app, visit, found)),
        }
    };
    named.into_iter().map(relation).collect()
}

/// The parts of a work, linked to their first pictures.
pub(super) fn parts(visit: &Visit, parts: &[Part], pictures: &[Picture]) -> Vec<pages::Part> {
    tree(visit, parts, pictures, 0)
}

fn tree(visit: &Visit, parts: &[Part], pictures: &[Picture], depth: usize) -> Vec<pages::Part> {
    let languages = visit.publisher.preferred_languages();
    let one = |part: &Part| {
        let first = pictures.iter().position(|picture| part.images.contains(&picture.file));
        let label =
            part.label.best(&languages).map(str::to_owned).or_else(|| pictures.get(first?)?.label.clone());
        let href = first.and_then(|at| pictures.get(at)).map(|picture| picture.page.clone());
        let inner =
            if depth < MAX_DEPTH { tree(visit, &part.parts, pictures, depth + 1) } else { Vec::new() };
        let label = label.filter(|label| !label.trim().is_empty())?;
        Some(pages::Part { link: link(&label, href.unwrap_or_default()), picture: first, parts: inner })
    };
    parts.iter().filter_map(one).collect()
}
