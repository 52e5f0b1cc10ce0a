//! A canvas's container and its pages (Web Annotation Protocol, §4).

use std::sync::Arc;

use actix_web::http::header::{self, EntityTag, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Map, Value, json};

use super::place::{Place, PlacedCanvas};
use super::preference::Preference;
use super::reader::Reader;
use super::{MEDIA_TYPE, PLAIN_JSON, add_headers, media_type};
use crate::catalogue::{AnnotationReader, StoredAnnotation};
use crate::gallery::Error;
use crate::presentation::{ANNOTATION_CONTEXT, AnnotatedCanvas, CONTAINER_PAGE, annotated_canvases};
use crate::record::timestamp;
use crate::web::App;
use crate::web::http::document::Document;
use crate::web::http::error as http;
use crate::web::http::response::Response;
use crate::web::iiif::document_cache::Made;
use crate::web::iiif::presentation::kept;
use crate::web::route::AnnotationResource;

const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// The annotations of a container that the reader may see.
struct Container<'a> {
    place: &'a Place,
    canvas: PlacedCanvas,
    annotated: AnnotatedCanvas,
    reader: AnnotationReader,
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
    let container = Container::of(app, place, number, reader, preference).await?;
    let location = preference.page.map_or_else(|| container.uri(), |page| container.page_uri(page as usize));
    // What anybody may read is made once for those who request it at the same time.
    let key = (*reader == Reader::Anyone).then(|| container.key());
    let cached = async || kept(app, container.place.number(), key.as_ref()?).await;
    let made = match cached().await {
        Some(made) => made,
        None if container.is_short() => container.made(app, request, key.as_ref()).await?,
        None => {
            let _permit = app.gallery.works.annotation_permit().await?;
            match cached().await {
                Some(made) => made,
                None => container.made(app, request, key.as_ref()).await?,
            }
        }
    };
    // One that was kept may be compressed for other clients only.
    made.document.compress(request).await;
    let mut response = HttpResponse::Ok();
    response.insert_header((header::VARY, "Accept, Accept-Encoding, Authorization, Prefer"));
    response.insert_header((header::CACHE_CONTROL, reader.cache_control()));
    response.insert_header((header::CONTENT_LOCATION, location));
    if preference.is_applied {
        response.insert_header((PREFERENCE_APPLIED, "return=representation"));
    }
    let mut response = made.document.respond(request, media_type(request), response);
    match preference.page {
        None => add_headers(response.headers_mut(), AnnotationResource::Container(number as u32)),
        Some(_) => {
            let allowed = HeaderValue::from_static("GET, HEAD, OPTIONS");
            response.headers_mut().insert(header::ALLOW, allowed);
        }
    }
    Ok(response.into())
}

/// Whether one of the entity tags is that of the container as the reader gets it now, in any form and coding.
pub(super) async fn has_tag(
    app: &App,
    place: &Place,
    number: usize,
    reader: &Reader,
    tags: &[EntityTag],
) -> Result<bool, Error> {
    let _permit = app.gallery.works.annotation_permit().await?;
    let mut container = Container::of(app, place, number, reader, Preference::default()).await?;
    for (is_minimal, has_iris) in [(true, false), (true, true), (false, true), (false, false)] {
        container.preference = Preference { is_minimal, has_iris, ..Preference::default() };
        let document = Document::new(container.document(app).await?.to_string());
        let current = document.entity_tags(&[MEDIA_TYPE, PLAIN_JSON]);
        if tags.iter().any(|tag| current.iter().any(|current| current.strong_eq(tag))) {
            return Ok(true);
        }
    }
    Ok(false)
}

impl<'a> Container<'a> {
    async fn of(
        app: &App,
        place: &'a Place,
        number: usize,
        reader: &Reader,
        preference: Preference,
    ) -> Result<Self, Error> {
        let canvas = place.canvas(app, number)?;
        let reader = reader.annotations();
        let counts = app.gallery.works.annotation_counts(place.number(), reader.clone()).await?;
        let annotated = annotated_canvases(&place.view(app).canvases(), &counts).remove(&number);
        Ok(Self { place, canvas, annotated: annotated.unwrap_or_default(), reader, preference })
    }

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
        self.annotated.total.saturating_sub(1) / CONTAINER_PAGE
    }

    /// When an annotation of the container was last changed.
    fn modified(&self) -> Option<String> {
        (self.annotated.total > 0).then(|| timestamp(self.annotated.changed_ms))
    }

    /// The key of the cache for what anybody may read.
    fn key(&self) -> String {
        let Preference { is_minimal, has_iris, page, .. } = self.preference;
        let (canvas, base) = (self.canvas.number, self.place.address.base());
        format!("annotations {canvas} {page:?} {is_minimal} {has_iris} {base} {}", self.place.number())
    }

    /// Whether the response has no annotations.
    fn is_short(&self) -> bool {
        self.annotated.total == 0 || self.preference.is_minimal && self.preference.page.is_none()
    }

    /// The response's document, compressed for this client if it is long, and kept if it has a key.
    async fn made(&self, app: &App, request: &HttpRequest, key: Option<&String>) -> Result<Arc<Made>, Error> {
        let document = match self.preference.page {
            Some(page) => self.page(app, page as usize, true).await?,
            None => self.document(app).await?,
        };
        let document = Document::new(document.to_string());
        document.compress(request).await;
        let made = Arc::new(Made::of(document, &self.place.described, None));
        if let Some(key) = key {
            app.works.0.insert(key.clone(), made.clone());
        }
        Ok(made)
    }

    async fn document(&self, app: &App) -> Result<Value, Error> {
        let mut document = json!({
            "@context": [ANNOTATION_CONTEXT, "http://www.w3.org/ns/ldp.jsonld"],
            "id": self.uri(),
            "type": ["BasicContainer", "AnnotationCollection"],
            "label": format!("Annotations of canvas {} of {}", self.canvas.number, self.place.number()),
            "total": self.annotated.total,
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
        let first = page.saturating_mul(CONTAINER_PAGE);
        // The first page is there even if it is empty, for clients that begin with it.
        if page > 0 && first >= self.annotated.total {
            return Err(Error::NotFound);
        }
        let mut document = Map::new();
        let mut add = |key: &str, value: Value| document.insert(key.to_owned(), value);
        if is_document {
            add("@context", ANNOTATION_CONTEXT.into());
        }
        add("id", self.page_uri(page).into());
        add("type", "AnnotationPage".into());
        if is_document {
            let mut whole =
                json!({ "id": self.uri(), "type": "AnnotationCollection", "total": self.annotated.total });
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
        add("items", Value::Array(self.items(app, first).await?));
        Ok(Value::Object(document))
    }

    async fn items(&self, app: &App, first: usize) -> Result<Vec<Value>, Error> {
        let Self { place, canvas, annotated, .. } = self;
        let (work, reader) = (place.number(), self.reader.clone());
        let found = app.gallery.works.annotations_on(work, reader, canvas.number, &annotated.images, first);
        let found = found.await?;
        if self.preference.has_iris {
            return Ok(found.iter().map(|found| place.annotation(&found.state.id).into()).collect());
        }
        let item = |found: &StoredAnnotation| {
            place.published(&found.state, &found.body, &canvas.uri, |found| found.item())
        };
        Ok(found.iter().filter_map(item).collect())
    }
}
