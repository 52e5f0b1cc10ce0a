//! Works as IIIF documents: manifests and their parts.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};

use super::document_cache::Made;
use crate::catalogue::AnnotationReader;
use crate::gallery::{AuthorizedImage, Described, Error, Sketch};
use crate::identity::Identity;
use crate::iiif::Version;
use crate::presentation::{
    Address, CanvasAnnotation, CanvasImage, CanvasMedia, Original, Source, View, annotated_canvases,
};
use crate::record::Facet;
use crate::search::Search;
use crate::web::App;
use crate::web::http::accept::{JsonKind, preferred_json};
use crate::web::http::document::Document;
use crate::web::http::response::Response;
use crate::web::route::{Image, WorkResource};

/// How long one is kept that is part of a collection of another server, which may be imported meanwhile, or that has sound or
/// video, whose files are not opened each time.
const UNKNOWN: Duration = Duration::from_secs(60);

/// Maximum number of annotations of a page in a work's documents; the container has all.
const MAX_ANNOTATIONS: usize = 500;
/// A page of this many bytes does not get further annotations, of which it may have a hundred more.
const MAX_BYTES: usize = 1 << 20;

/// Maximum size of the collection that a manifest names in `partOf`, because viewers fetch it.
const SMALL: u64 = 100;

/// `GET /presentation/{2|3}/{work}/…`.
pub(crate) async fn piece(
    app: &App,
    request: &HttpRequest,
    version: Version,
    work: Image<'_>,
    piece: WorkResource<'_>,
) -> Result<Response, Error> {
    let base = app.base.of(request)?;
    let key = key(version, piece, &base, &work.identifier);
    let (made, note) = match kept(app, &work.identifier, &key).await {
        Some(made) => (made, "hit"),
        None => {
            if let Some(elsewhere) = elsewhere(app, &work).await? {
                let place = Address::new(&base).manifest(version, &elsewhere);
                return Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, place)).finish().into());
            }
            let made = match piece {
                WorkResource::CanvasAnnotations(_) => {
                    let _permit = app.gallery.works.annotation_permit().await?;
                    // It may have been made for another caller while this one waited.
                    match kept(app, &work.identifier, &key).await {
                        Some(made) => made,
                        None => make_and_keep(app, &base, version, &work, piece, key).await?,
                    }
                }
                _ => make_and_keep(app, &base, version, &work, piece, key).await?,
            };
            (made, "made")
        }
    };
    let mut response = HttpResponse::Ok();
    response.insert_header((header::VARY, "Accept, Accept-Encoding"));
    response.insert_header((header::CACHE_CONTROL, "no-cache"));
    let response = made.document.respond(request, media_type(request, version), response);
    Ok(Response { response, note })
}

async fn make_and_keep(
    app: &App,
    base: &str,
    version: Version,
    work: &Image<'_>,
    piece: WorkResource<'_>,
    key: String,
) -> Result<Arc<Made>, Error> {
    let mut described = app.gallery.works.describe(&work.identifier).await?;
    if let WorkResource::CanvasAnnotations(number) = piece {
        described.annotations = first_annotations(app, base, &described, number as usize).await?;
    }
    let made = Arc::new(make(app, base, version, piece, &described).await?);
    app.works.0.insert(key, made.clone());
    Ok(made)
}

/// The cache key of a document.
fn key(version: Version, piece: WorkResource<'_>, base: &str, work: &str) -> String {
    format!("{} {} {base} {work}", version.number(), piece.identity())
}

/// A document of the cache, if it is still valid.
pub(crate) async fn kept(app: &App, work: &str, key: &str) -> Option<Arc<Made>> {
    let made = app.works.0.get(key)?;
    holds(app, work, &made).await.then_some(made)
}

/// Whether a cached document is still valid.
async fn holds(app: &App, work: &str, made: &Made) -> bool {
    if made.until.is_some_and(|until| Instant::now() > until) {
        return false;
    }
    if !app.gallery.works.is_current(work, made.seen) {
        return false;
    }
    for (identifier, number, grant) in &made.images {
        match app.gallery.images.open(identifier).await {
            Ok(granted) if granted.number == *number && granted.grant == *grant => {}
            _ => return false,
        }
    }
    true
}

/// The work that shows this image, if the name is not a work's.
async fn elsewhere(app: &App, work: &Image<'_>) -> Result<Option<String>, Error> {
    if !app.gallery.works.has_catalogue() || app.gallery.works.has_record(&work.identifier).await? {
        return Ok(None);
    }
    match app.gallery.works.shown_by(&work.identifier).await {
        Ok(shown_by) => Ok(shown_by.filter(|number| **number != *work.identifier)),
        Err(error) => match in_other_case(app, &work.identifier).await {
            Some(number) => Ok(Some(number)),
            None => Err(error),
        },
    }
}

/// The object number that differs from this one only in case, if there is exactly one.
pub(crate) async fn in_other_case(app: &App, number: &str) -> Option<String> {
    let search = Search { numbers: vec![vec![number.to_owned()]], limit: 2, ..Search::default() };
    let hits = app.gallery.search().ok()?.find(search).await.ok()?;
    let [one] = hits.found.hits[..] else { return None };
    let known = hits.snapshot.stored(one).ok()?.number();
    (known != number).then_some(known)
}

async fn make(
    app: &App,
    base: &str,
    version: Version,
    piece: WorkResource<'_>,
    described: &Described,
) -> Result<Made, Error> {
    let part_of = match piece {
        WorkResource::Manifest => small_shelf(app, described).await?,
        _ => None,
    };
    let address = Address::new(base);
    let (images, media) = (shown(&address, described), played(described));
    let source = app.gallery.works.source_manifest(described).await?;
    let files = (&images[..], &media[..]);
    let view = view(app, &address, described, files, part_of.as_ref(), source.as_ref());
    let document = match piece {
        WorkResource::Manifest => Some(view.manifest(version)),
        WorkResource::Canvas(number) => view.canvas(number as usize, version),
        WorkResource::Page(number) => view.painting_page(number as usize, version),
        WorkResource::Painting(number) => view.painting(number as usize, version),
        WorkResource::Annotations(number) => view.annotation_page(number as usize, version),
        WorkResource::CanvasAnnotations(number) => view.canvas_annotations(number as usize, version),
        WorkResource::Tag(tag) => view.tag(tag, version),
        WorkResource::Range(number) => view.range(number as usize, version),
        WorkResource::Item(number) => view.item(number as usize, version),
    };
    let document = document.ok_or(Error::NotFound)?;
    let may_change = !media.is_empty() || source.as_ref().is_some_and(Source::is_part_of_others);
    let kept = may_change.then_some(UNKNOWN);
    let text = source.as_ref().map_or_else(|| document.to_string(), |source| source.write(&document));
    Ok(Made::of(Document::new(text), described, kept))
}

/// The first published annotations of a canvas for its page: whole pages of the container, until they are long.
async fn first_annotations(
    app: &App,
    base: &str,
    described: &Described,
    number: usize,
) -> Result<Vec<CanvasAnnotation>, Error> {
    let address = Address::new(base);
    let (images, media) = (shown(&address, described), played(described));
    let view = view(app, &address, described, (&images, &media), None, None);
    let canvas = annotated_canvases(&view.canvases(), &described.annotated).remove(&number);
    let Some(canvas) = canvas else { return Ok(Vec::new()) };
    let (mut found, mut bytes) = (Vec::new(), 0);
    while found.len() < canvas.total.min(MAX_ANNOTATIONS) && bytes < MAX_BYTES {
        let (reader, work) = (AnnotationReader::Anyone, &described.work.object_number);
        let page =
            app.gallery.works.annotations_on(work, reader, number, &canvas.images, found.len()).await?;
        if page.is_empty() {
            break;
        }
        bytes += page.iter().map(|annotation| annotation.body.len()).sum::<usize>();
        found.extend(page.into_iter().map(CanvasAnnotation::from));
    }
    Ok(found)
}

/// The input of a work's documents.
pub(crate) fn view<'a>(
    app: &'a App,
    address: &'a Address,
    described: &'a Described,
    (images, media): (&'a [CanvasImage], &'a [CanvasMedia]),
    part_of: Option<&'a Facet>,
    source: Option<&'a Source>,
) -> View<'a> {
    View {
        work: &described.work,
        tags: &described.tags,
        images,
        media,
        part_of,
        annotations: &described.annotations,
        annotated: &described.annotated,
        source,
        address,
        publisher: &app.publisher,
    }
}

/// The work's images, as documents show them.
pub(crate) fn shown(address: &Address, described: &Described) -> Vec<CanvasImage> {
    described.images.iter().map(|shown| one(address, &shown.image, &shown.granted)).collect()
}

/// The work's sound and video, as documents show them.
pub(crate) fn played(described: &Described) -> Vec<CanvasMedia> {
    let of = |opened: &crate::gallery::OpenedMedia| canvas_media(&opened.media, opened.original.length());
    described.media.iter().filter_map(of).collect()
}

/// The sound and video of a work whose files have not been opened, so that their lengths in bytes are unknown.
pub(crate) fn sketched_media(sketch: &Sketch) -> Vec<CanvasMedia> {
    sketch.media.iter().filter_map(|media| canvas_media(media, 0)).collect()
}

/// Sound or video with the length of its file in bytes; `None` if its media type is neither.
fn canvas_media(media: &crate::record::Media, bytes: u64) -> Option<CanvasMedia> {
    Some(CanvasMedia {
        file: media.file.clone(),
        kind: media.kind()?,
        media_type: media.media_type()?.to_owned(),
        duration: media.duration,
        width: media.width,
        height: media.height,
        label: media.label.clone(),
        canvas: media.canvas,
        bytes,
    })
}

pub(crate) fn one(address: &Address, image: &crate::record::Image, granted: &AuthorizedImage) -> CanvasImage {
    let (_, _, master) = granted.origin();
    CanvasImage {
        identifier: image.file.clone(),
        file: image.file.clone(),
        info: granted.info(address.image(Version::V3, &image.file)),
        role: image.role.clone(),
        label: image.label.clone(),
        view: image.view.clone(),
        canvas: image.canvas,
        original: granted
            .grant
            .original
            .then(|| Original { bytes: master.size, media_type: granted.master_type().to_owned() }),
        largest: granted.largest(),
    }
}

/// A collection that contains this work and is small enough for `partOf`.
async fn small_shelf(app: &App, described: &Described) -> Result<Option<Facet>, Error> {
    if described.revision == 0 {
        return Ok(None);
    }
    let preferred = ["creator", "collection", "department", "technique", "type", "period"];
    let mut facets = crate::record::facets(&described.work, &[]);
    facets.sort_by_key(|facet| preferred.iter().position(|scheme| *scheme == facet.scheme).unwrap_or(99));
    app.gallery.works.first_small_facet(facets, SMALL).await
}

/// JSON-LD with the version's context, or plain JSON where the client prefers that (3.0, §6.2; 2.1, §7.3).
pub(crate) fn media_type(request: &HttpRequest, version: Version) -> &'static str {
    match (version, preferred_json(request)) {
        (_, Some(JsonKind::Plain)) | (Version::V2, None) => "application/json",
        (Version::V2, Some(JsonKind::Linked)) => "application/ld+json",
        (Version::V3, _) => "application/ld+json;profile=\"http://iiif.io/api/presentation/3/context.json\"",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cache_keys_of_documents_are_stable() {
        let base = "https://example.org";
        for (piece, expected) in [
            (WorkResource::Manifest, "3 Manifest https://example.org KMS 1/2"),
            (WorkResource::Canvas(1), "3 Canvas(1) https://example.org KMS 1/2"),
            (WorkResource::Page(2), "3 Page(2) https://example.org KMS 1/2"),
            (WorkResource::Painting(3), "3 Painting(3) https://example.org KMS 1/2"),
            (WorkResource::Annotations(4), "3 Annotations(4) https://example.org KMS 1/2"),
            (WorkResource::CanvasAnnotations(4), "3 CanvasAnnotations(4) https://example.org KMS 1/2"),
            (WorkResource::Tag("0\"0 f"), "3 Tag(\"0\\\"0 f\") https://example.org KMS 1/2"),
            (WorkResource::Range(4_000_000_000), "3 Range(4000000000) https://example.org KMS 1/2"),
        ] {
            assert_eq!(key(Version::V3, piece, base, "KMS 1/2"), expected);
        }
        assert_eq!(key(Version::V2, WorkResource::Manifest, base, "a"), "2 Manifest https://example.org a");
    }
}
