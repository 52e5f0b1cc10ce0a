//! A work as JSON-LD, in the vocabulary of schema.org or in Linked Art: at its own addresses, and by content negotiation
//! at the addresses of its page and its record. Links between them follow signposting (<https://signposting.org/FAIR/>).

use std::time::Duration;

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};

use crate::gallery::{Error, Sketch};
use crate::iiif::Version;
use crate::presentation::{
    Address, CanvasImage, LinkedDataFormat, View, human_made_object, rights_uri, visual_artwork,
};
use crate::web::App;
use crate::web::api::preview;
use crate::web::http::accept::{Representation, preferred_representation};
use crate::web::http::document::Document;
use crate::web::http::response::Response;
use crate::web::iiif::presentation::{in_other_case, sketched_media};
use crate::web::route::Image;

/// How long to wait for the sizes of images.
const PATIENCE: Duration = Duration::from_secs(1);

/// The vocabulary that `Accept` prefers to `usual`, the representation that the address has otherwise; `None` if it does
/// not.
pub(super) fn wanted(request: &HttpRequest, usual: Representation) -> Option<LinkedDataFormat> {
    if preferred_representation(request, usual) != Representation::Linked {
        return None;
    }
    let accept = request.headers().get_all(header::ACCEPT).filter_map(|accept| accept.to_str().ok());
    let accept = accept.collect::<Vec<_>>().join(",");
    let named = LinkedDataFormat::ALL.into_iter().filter_map(|format| {
        let profile = format.profile().trim_start_matches("https://");
        Some((accept.find(profile)?, format))
    });
    Some(named.min_by_key(|(at, _)| *at).map_or(LinkedDataFormat::SchemaOrg, |(_, format)| format))
}

/// The work in a vocabulary; `negotiated` at an address that has other representations, too.
pub(super) async fn answer(
    app: &App,
    request: &HttpRequest,
    work: Image<'_>,
    format: LinkedDataFormat,
    negotiated: bool,
) -> Result<Response, Error> {
    let address = Address::new(&app.base.of(request)?);
    let sketch = match app.gallery.works.sketch(&work.identifier, PATIENCE).await {
        Err(Error::NotFound) => {
            let number = in_other_case(app, &work.identifier).await.ok_or(Error::NotFound)?;
            let location = address.linked_data(&number, format.suffix());
            return Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, location)).finish().into());
        }
        found => found?,
    };
    let number = &sketch.work.object_number;
    let images: Vec<CanvasImage> =
        sketch.images.iter().filter_map(|image| preview(&address, image)).collect();
    let media = sketched_media(&sketch);
    let whole = View::of(&sketch.work, &images, &address, &app.publisher);
    let view = View { tags: &sketch.tags, media: &media, ..whole };
    let document = match format {
        LinkedDataFormat::SchemaOrg => visual_artwork(&view, images.first()),
        LinkedDataFormat::LinkedArt => human_made_object(&view),
    };
    let mut response = HttpResponse::Ok();
    let varies = if negotiated { "Accept, Accept-Encoding" } else { "Accept-Encoding" };
    response.insert_header((header::VARY, varies));
    response.insert_header((header::CACHE_CONTROL, "no-cache"));
    if negotiated {
        // The address of this representation alone (RFC 9110, §8.7).
        response.insert_header((header::CONTENT_LOCATION, address.linked_data(number, format.suffix())));
    }
    if let Some(links) = links_of_document(&address, &sketch, format) {
        response.insert_header((header::LINK, links));
    }
    Ok(Document::new(document.to_string()).respond(request, format.media_type(), response).into())
}

/// The links of a work's page: to what describes the work, its permanent address, its licence and its type.
pub(super) fn links_of_page(address: &Address, sketch: &Sketch) -> Option<HeaderValue> {
    let number = &sketch.work.object_number;
    let mut links: Vec<String> =
        LinkedDataFormat::ALL.into_iter().map(|format| described(address, number, format)).collect();
    links.push(format!(
        "<{}>;rel=\"describedby\";type=\"application/ld+json\";profile=\"http://iiif.io/api/presentation/3/context.json\"",
        address.manifest(Version::V3, number)
    ));
    links.push(format!("<{}>;rel=\"describedby\";type=\"application/json\"", address.record(number)));
    links.push(format!("<{}>;rel=\"cite-as\"", address.work_page(number)));
    links.push("<https://schema.org/VisualArtwork>;rel=\"type\"".into());
    links.extend(licence(sketch));
    HeaderValue::try_from(links.join(",")).ok()
}

fn links_of_document(address: &Address, sketch: &Sketch, format: LinkedDataFormat) -> Option<HeaderValue> {
    let number = &sketch.work.object_number;
    let page = address.work_page(number);
    let mut links = vec![format!("<{page}>;rel=\"describes\";type=\"text/html\"")];
    let others = LinkedDataFormat::ALL.into_iter().filter(|other| *other != format);
    links.extend(others.map(|other| alternate(address, number, other, "alternate")));
    HeaderValue::try_from(links.join(",")).ok()
}

fn described(address: &Address, number: &str, format: LinkedDataFormat) -> String {
    alternate(address, number, format, "describedby alternate")
}

fn alternate(address: &Address, number: &str, format: LinkedDataFormat, relation: &str) -> String {
    let (uri, profile) = (address.linked_data(number, format.suffix()), format.profile());
    format!("<{uri}>;rel=\"{relation}\";type=\"application/ld+json\";profile=\"{profile}\"")
}

fn licence(sketch: &Sketch) -> Option<String> {
    let uri = sketch.work.rights.iter().flat_map(|rights| rights.lines()).find_map(rights_uri)?;
    Some(format!("<{uri}>;rel=\"license\""))
}
