//! Soon.
use super::{Door, image::Answered, route::Shelf};
use crate::gallery::Error;
use crate::iiif::Version;
use actix_web::HttpRequest;
pub async fn answer(_: &Door, _: &HttpRequest, _: Version, _: Shelf<'_>) -> Result<Answered, Error> {
    Err(Error::NotFound)
}
pub async fn changes(_: &Door, _: &HttpRequest, _: Option<u64>) -> Result<Answered, Error> {
    Err(Error::NotFound)
}
