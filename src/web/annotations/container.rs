//! A canvas's container and its pages (Web Annotation Protocol, §4).

use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Map, Value, json};

use super::place::{Place, PlacedCanvas};
use super::preference::Preference;
use super::reader::Reader;
use super::{add_headers, media_type};
use crate::catalogue::AnnotationState;
use crate::gallery::Error;
use crate::presentation::{ANNOTATION_CONTEXT, canvas_of};
use crate::record::timestamp;
use crate::web::App;
use crate::web::http::document::Document;
use crate::web::http::error as http;
use crate::web::http::response::Response;
use crate::web::route::AnnotationResource;

/// Annotations of a page.
const PAGE_SIZE: usize = 100;
const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// The annotations of a container that the reader may see.
struct Container<'a> {
    place: &'a Place,
    canvas: PlacedCanvas,
    states: Vec<AnnotationState>,
    preference: Preference,
}

/// `GET …/canvas/{n}/`, and its pages with `?page=`.
pub(super) async fn answer(
    app: &App,
    request: &HttpRequest,
    place: &Place,
    number: usize,
    reader: &Reader,
) -> Result<Response, http::Error> {
    let preference = Preference::of(request)?;
    let canvas = place.canvas(app, number)?;
    let mut states = app.gallery.works.annotations(place.number()).await?;
    let canvases = place.view(app).canvases();
    states.retain(|state| {
        reader.lists(state) && canvas_of(&canvases, state.image.as_deref(), state.canvas) == Some(number)
    });
    let container = Container { place, canvas, states, preference };
    let (document, location) = match preference.page {
        Some(page) => (container.page(app, page as usize, true).await?, container.page_uri(page as usize)),
        None => (container.document(app).await?, container.uri()),
    };
    let mut response = HttpResponse::Ok();
    response.insert_header((header::VARY, "Accept, Accept-Encoding, Authorization, Prefer"));
    response.insert_header((header::CACHE_CONTROL, reader.cache_control()));
    response.insert_header((header::CONTENT_LOCATION, location));
    if preference.is_applied {
        response.insert_header((PREFERENCE_APPLIED, "return=representation"));
    }
    let document = Document::new(document.to_string()).compressed(request).await;
    let mut response = document.respond(request, media_type(request), response);
    match preference.page {
        None => add_headers(response.headers_mut(), AnnotationResource::Container(number as u32)),
        Some(_) => {
            let allowed = HeaderValue::from_static("GET, HEAD, OPTIONS");
            response.headers_mut().insert(header::ALLOW, allowed);
        }
    }
    Ok(response.into())
}

impl Container<'_> {
    /// The container's URI without a query.
    fn base(&self) -> String {
        self.place.address.annotation_container(self.place.number(), self.canvas.number)
    }

    fn uri(&self) -> String {
        format!("{}?iris={}", self.base(), u8::from(self.preference.has_iris))
    }

    fn page_uri(&self, page: usize) -> String {
        format!("{}&page={page}", self.uri())
    }

    fn last(&self) -> usize {
        self.states.len().saturating_sub(1) / PAGE_SIZE
    }

    /// When an annotation of the container was last changed.
    fn modified(&self) -> Option<String> {
        self.states.iter().map(|state| state.changed_ms).max().map(timestamp)
    }

    async fn document(&self, app: &App) -> Result<Value, Error> {
        let mut document = json!({
            "@context": [ANNOTATION_CONTEXT, "http://www.w3.org/ns/ldp.jsonld"],
            "id": self.uri(),
            "type": ["BasicContainer", "AnnotationCollection"],
            "label": format!("Annotations of canvas {} of {}", self.canvas.number, self.place.number()),
            "total": self.states.len(),
        });
        if let Some(modified) = self.modified() {
            document["modified"] = modified.into();
            document["first"] = match self.preference.is_minimal {
                true => self.page_uri(0).into(),
                false => self.page(app, 0, false).await?,
            };
            document["last"] = self.page_uri(self.last()).into();
        }
        Ok(document)
    }

    /// A page, as a document of its own or embedded in the container.
    async fn page(&self, app: &App, page: usize, is_document: bool) -> Result<Value, Error> {
        let first = page.saturating_mul(PAGE_SIZE);
        // The first page is there even if it is empty, for clients that begin with it.
        if page > 0 && first >= self.states.len() {
            return Err(Error::NotFound);
        }
        let states = self.states.get(first..(first + PAGE_SIZE).min(self.states.len())).unwrap_or_default();
        let mut document = Map::new();
        let mut add = |key: &str, value: Value| document.insert(key.to_owned(), value);
        if is_document {
            add("@context", ANNOTATION_CONTEXT.into());
        }
        add("id", self.page_uri(page).into());
        add("type", "AnnotationPage".into());
        if is_document {
            let mut whole =
                json!({ "id": self.uri(), "type": "AnnotationCollection", "total": self.states.len() });
            if let Some(modified) = self.modified() {
                whole["modified"] = modified.into();
            }
            add("partOf", whole);
        }
        add("startIndex", first.into());
        if page > 0 {
            add("prev", self.page_uri(page - 1).into());
        }
        if page < self.last() {
            add("next", self.page_uri(page + 1).into());
        }
        add("items", Value::Array(self.items(app, states).await?));
        Ok(Value::Object(document))
    }

    async fn items(&self, app: &App, states: &[AnnotationState]) -> Result<Vec<Value>, Error> {
        if self.preference.has_iris {
            return Ok(states.iter().map(|state| self.place.annotation(&state.id).into()).collect());
        }
        let ids = states.iter().map(|state| state.id.clone()).collect();
        let bodies = app.gallery.works.annotation_bodies(self.place.number(), ids).await?;
        // One that was deleted meanwhile is left out.
        let item = |state: &AnnotationState| {
            self.place.published(state, bodies.get(&state.id)?, &self.canvas.uri, |found| found.item())
        };
        Ok(states.iter().filter_map(item).collect())
    }
}
