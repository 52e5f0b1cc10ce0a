//! Search within a work (Content Search 2.0 and 1.0).

use actix_web::{HttpRequest, HttpResponse};

use crate::gallery::Error;
use crate::presentation::{Address, content_search};
use crate::web::App;
use crate::web::http::accept::{JsonKind, preferred_json};
use crate::web::http::response::Response;
use crate::web::iiif::image::cacheable_document;
use crate::web::iiif::presentation::{played, shown, view};
use crate::web::route::Image;

/// Maximum number of written annotations, beside tags, that a search within a work finds.
const MAX_WRITTEN: usize = 200;

/// `GET /search/{1|2}/{work}` and `…/autocomplete` (Content Search 2.0 and 1.0).
pub(crate) async fn answer(
    app: &App,
    request: &HttpRequest,
    version: u8,
    work: Image<'_>,
    autocomplete: bool,
) -> Result<Response, Error> {
    let query = content_search::Query::parse(request.query_string())?;
    let mut described = app.gallery.works.describe(&work.identifier).await?;
    let mut permit = None;
    if !described.annotated.is_empty() && !autocomplete {
        permit = Some(app.gallery.works.annotation_permit().await?);
        let (work, has_terms) = (&described.work.object_number, query.matcher());
        described.annotations =
            app.gallery.works.annotations_with_words(work, MAX_WRITTEN, has_terms).await?;
    }
    let address = Address::new(&app.base.of(request)?);
    let (images, media) = (shown(&address, &described), played(&described));
    let source = app.gallery.works.source_manifest(&described).await?;
    let view = view(app, &address, &described, (&images, &media), None, source.as_ref());
    let spoken = if version == 1 { content_search::Version::V1 } else { content_search::Version::V2 };
    let document = match autocomplete {
        true => content_search::autocomplete(&view, &query, spoken),
        false => content_search::response(&view, &query, spoken),
    };
    let document = document.to_string();
    drop(permit);
    let media_type = match (version, preferred_json(request)) {
        (_, Some(JsonKind::Plain)) | (1, None) => "application/json",
        (1, _) => "application/ld+json",
        _ => "application/ld+json;profile=\"http://iiif.io/api/search/2/context.json\"",
    };
    Ok(cacheable_document(app, request, document, media_type, HttpResponse::Ok()).into())
}
