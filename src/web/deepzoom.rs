//! Deep Zoom over the same tiles.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};

use super::Door;
use super::answered::Answered;
use super::image::{answer, document_of};
use super::route::Image;
use crate::gallery::{Error, Granted};
use crate::iiif::{Format, deepzoom};

/// `GET /deepzoom/{id}.dzi`.
pub async fn description(door: &Door, request: &HttpRequest, image: Image<'_>) -> Result<Answered, Error> {
    let opened = door.gallery.open(&image.identifier).await?;
    let body = deepzoom::description(opened.finest(), side(&opened));
    Ok(document_of(door, request, body, "application/xml", HttpResponse::Ok()).into())
}

/// `GET /deepzoom/{id}_files/{level}/{column}_{row}.{suffix}`: the region and size that the tile
/// shows, asked for as any other.
pub async fn tile(
    door: &Door,
    request: &HttpRequest,
    image: Image<'_>,
    (level, column, row): (u32, u32, u32),
    suffix: &str,
) -> Result<Answered, Error> {
    let opened = door.gallery.open(&image.identifier).await?;
    let format = Format::parse(suffix).ok_or(Error::NotFound)?;
    if level > deepzoom::highest(opened.finest()) {
        return Err(Error::NotFound);
    }
    let wanted = deepzoom::tile(opened.all().dimensions(), side(&opened), (level, column, row), format)
        .ok_or(Error::NotFound)?;
    let mut answered = answer(door, request, &image.identifier, &wanted, |_, _| String::new()).await?;
    answered.response.headers_mut().remove(header::LINK);
    Ok(answered)
}

fn side(opened: &Granted) -> u32 {
    deepzoom::side(opened.info(String::new()).tiles.side)
}
