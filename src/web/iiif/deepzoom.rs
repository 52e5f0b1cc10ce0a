//! Deep Zoom: descriptions, and tiles mapped to image requests.

use actix_web::{HttpRequest, HttpResponse};

use crate::gallery::{AuthorizedImage, Error};
use crate::iiif::{Format, deepzoom};
use crate::web::App;
use crate::web::http::response::Response;
use crate::web::iiif::image::{answer, cacheable_document};
use crate::web::route::Image;

/// `GET /deepzoom/{id}.dzi`.
pub(crate) async fn description(
    app: &App,
    request: &HttpRequest,
    image: Image<'_>,
) -> Result<Response, Error> {
    let opened = app.gallery.images.open(&image.identifier).await?;
    let body = deepzoom::description(opened.finest(), side(&opened));
    Ok(cacheable_document(app, request, body, "application/xml", HttpResponse::Ok()).into())
}

/// `GET /deepzoom/{id}_files/{level}/{column}_{row}.{suffix}`: answered as the image request for the
/// tile's region and size.
pub(crate) async fn tile(
    app: &App,
    request: &HttpRequest,
    image: Image<'_>,
    (level, column, row): (u32, u32, u32),
    suffix: &str,
) -> Result<Response, Error> {
    let opened = app.gallery.images.open(&image.identifier).await?;
    let format = Format::parse(suffix).ok_or(Error::NotFound)?;
    if level > deepzoom::highest(opened.finest()) {
        return Err(Error::NotFound);
    }
    let wanted = deepzoom::tile(opened.all().dimensions(), side(&opened), (level, column, row), format)
        .ok_or(Error::NotFound)?;
    answer(app, request, &image.identifier, &wanted, |_| None).await
}

fn side(opened: &AuthorizedImage) -> u32 {
    deepzoom::side(opened.info(String::new()).tiles.side)
}
