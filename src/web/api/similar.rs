//! Similar works: like a work, like a detail of one, or like a picture that is sent.

use std::collections::HashMap;

use actix_web::HttpRequest;
use actix_web::http::header;
use actix_web::web::Payload;
use futures::{StreamExt, TryFutureExt};

use super::fields::chosen;
use super::parameters::{of_selection, of_similar};
use super::query::ApiQuery;
use super::record::preview;
use super::responses::{FoundDetail, Similar, Spliced, Url, spliced};
use super::serializer::WorkSerializer;
use super::works::{json_response, search_of};
use crate::gallery::{By, Error, FoundSimilar, SOON, SimilarWork, Sketch, Wanted};
use crate::iiif::{Invalid, Region};
use crate::presentation::{Address, Canvas, View};
use crate::search::{IndexedWork, Order, Search, Sort};
use crate::web::App;
use crate::web::http::error as http;
use crate::web::http::receive::whole_body;
use crate::web::http::response::Response;
use crate::web::iiif::presentation::in_other_case;
use crate::web::route::Image;

/// `GET /api/v1/works/{work}/similar`: by the work's pictures, or by a detail of one of them.
pub(crate) async fn of_work(app: &App, request: &HttpRequest, work: Image<'_>) -> Result<Response, Error> {
    let table = of_similar(true);
    let query = ApiQuery::read(&table, request.query_string())?;
    let found = like_work(app, request, &query, &work.identifier).await?;
    answer(app, request, &query, found).await
}

/// Works like the work with this object number, or like the detail of it that the query names.
async fn like_work(
    app: &App,
    request: &HttpRequest,
    query: &ApiQuery<'_>,
    work: &str,
) -> Result<FoundSimilar, Error> {
    let number = match app.gallery.works.has_record(work).await? {
        true => work.to_owned(),
        false => in_other_case(app, work).await.ok_or(Error::NotFound)?,
    };
    if query.text("canvas").is_some() || query.text("xywh").is_some() {
        return of_detail(app, request, query, Some(number)).await;
    }
    app.gallery.works.stored(&number).await?;
    let (likeness, wanted) = (app.gallery.likeness()?, wanted(app, query).await?);
    likeness.similar_to_work(&number, wanted).await
}

/// The works that `/api/v1/works/{work}/similar` has for this query, as the index has them.
pub(crate) async fn similar_works(
    app: &App,
    request: &HttpRequest,
    work: &str,
    query: &str,
) -> Result<Vec<(SimilarWork, IndexedWork)>, Error> {
    let table = of_similar(true);
    let query = ApiQuery::read(&table, query)?;
    indexed(app, like_work(app, request, &query, work).await?.works).await
}

/// `GET /api/v1/similar`: by a detail of an image.
pub(super) async fn of_canvas(app: &App, request: &HttpRequest) -> Result<Response, Error> {
    let table = of_similar(true);
    let query = ApiQuery::read(&table, request.query_string())?;
    let found = of_detail(app, request, &query, None).await?;
    answer(app, request, &query, found).await
}

/// `POST /api/v1/similar`: by a picture that is sent. Anybody may send one: memory and threads for pictures are limited.
pub(crate) async fn of_picture(
    app: &App,
    request: &HttpRequest,
    body: &mut Payload,
) -> Result<Response, http::Error> {
    let table = of_similar(false);
    let query = ApiQuery::read(&table, request.query_string())?;
    let likeness = app.gallery.likeness()?;
    likeness.check()?;
    is_picture(request)?;
    let (limit, wanted) = (likeness.largest_upload()?, wanted(app, &query).await?);
    let subject = likeness.subject(&wanted.by, false).await?;
    let permit = likeness.upload_permit()?;
    let file = whole_body(request, body, limit, app.body_limit).await?;
    if file.is_empty() {
        return Err(Invalid::new("body", "", format!("is empty: {HOW}")).into());
    }
    let reader = likeness.reader(&subject).await?;
    let vectors = app.gallery.images.read_picture(file, |picture| reader.read(picture)).await??;
    drop(permit);
    let found = likeness.similar_to_picture(subject, vectors, wanted).await?;
    Ok(answer(app, request, &query, found).await?)
}

const HOW: &str = "send the picture itself, as with `curl --data-binary @picture.jpg`";

/// Rejects bodies that wrap a picture. A missing type is accepted, and so is the default of `curl --data-binary`.
fn is_picture(request: &HttpRequest) -> Result<(), Error> {
    let Some(value) = request.headers().get(header::CONTENT_TYPE) else { return Ok(()) };
    let text = value.to_str().unwrap_or_default();
    let kind = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match kind.as_str() {
        "application/octet-stream" | "application/x-www-form-urlencoded" => Ok(()),
        kind if kind.starts_with("image/") => Ok(()),
        kind => Err(Error::Unsupported(format!("a body of type `{kind}` is not a picture: {HOW}"))),
    }
}

/// What a query asks for.
pub(super) async fn wanted(app: &App, query: &ApiQuery<'_>) -> Result<Wanted, Error> {
    let by = query.text("by").map(By::parse).transpose()?.unwrap_or_default();
    let limit = query.integer("limit").map_or(20, |limit| limit as usize);
    let among = match of_selection()
        .iter()
        .any(|filter| filter.name != DISTANCE && query.text(filter.name).is_some())
    {
        false => None,
        true => {
            let search = app.gallery.search()?;
            let filters = search_of(query, &*search.snapshot()?)?;
            Some(search.hit_numbers(Search { limit: 0, order: BY_NUMBER, ..filters }).await?)
        }
    };
    Ok(Wanted { by, limit, among, except: None })
}

const BY_NUMBER: Order = Order { sort: Sort::Number, backwards: false };
/// Selects nothing by itself.
const DISTANCE: &str = "colour_distance";

/// Works like a detail: the region `xywh` of `canvas`, or of the work's first one.
async fn of_detail(
    app: &App,
    request: &HttpRequest,
    query: &ApiQuery<'_>,
    work: Option<String>,
) -> Result<FoundSimilar, Error> {
    let likeness = app.gallery.likeness()?;
    likeness.check()?;
    let address = Address::new(&app.base.of(request)?);
    let (number, canvas) = place(&address, query.text("canvas"), work)?;
    let region = match query.text("xywh") {
        Some(text) => region(text)?,
        None => Region::Full,
    };
    let wanted = Wanted { except: Some(number.clone()), ..wanted(app, query).await? };
    let sketch = app.gallery.works.sketch(&number, SOON).await?;
    let file = file_of(app, &address, &sketch, canvas)?;
    let subject = likeness.subject(&wanted.by, true).await?;
    let reader = likeness.reader(&subject).await?;
    let read = app.gallery.images.detail(&file, region, |picture| reader.read(picture));
    let vectors = read.map_err(in_region(query)).await??;
    likeness.similar_to_picture(subject, vectors, wanted).await
}

/// The work and the number of its canvas, from 1.
fn place(address: &Address, canvas: Option<&str>, work: Option<String>) -> Result<(String, usize), Error> {
    let Some(canvas) = canvas else {
        let missing = || {
            Invalid::new("canvas", "", "is missing: it is the URI of a canvas in a manifest of this server")
        };
        return Ok((work.ok_or_else(missing)?, 1));
    };
    // Within a work, a canvas may be named by its number.
    if let (Some(work), Some(number)) = (&work, crate::iiif::integer(canvas)) {
        return Ok((work.clone(), number as usize));
    }
    let of_this_server = || {
        let reason = match work {
            Some(_) => "must be the URI of a canvas in a manifest of this server, or its number in the work",
            None => "must be the URI of a canvas in a manifest of this server",
        };
        Error::Unprocessable(Invalid::new("canvas", canvas, reason))
    };
    let found = address.find(canvas).ok_or_else(of_this_server)?;
    if work.as_ref().is_some_and(|work| *work != found.work) {
        let reason = "belongs to another work: use a canvas of this work, or `/api/v1/similar`";
        return Err(Error::Unprocessable(Invalid::new("canvas", canvas, reason)));
    }
    Ok((found.work, found.canvas.unwrap_or(1)))
}

/// `x,y,width,height` in pixels, or in percent after `pct:` or `percent:` (Media Fragments, §4.2.2).
fn region(text: &str) -> Result<Region, Invalid> {
    let text = text.strip_prefix("pixel:").unwrap_or(text);
    let percent = text.strip_prefix("percent:").map(|rest| format!("pct:{rest}"));
    Region::parse(percent.as_deref().unwrap_or(text)).map_err(|invalid| named("xywh", text, invalid))
}

fn named(parameter: &'static str, value: &str, invalid: Invalid) -> Invalid {
    Invalid::new(parameter, value, invalid.reason)
}

/// An error about a region, as one about the parameter that names it.
fn in_region(query: &ApiQuery<'_>) -> impl FnOnce(Error) -> Error {
    let text = query.text("xywh").unwrap_or_default().to_owned();
    move |error| match error {
        Error::Invalid(invalid) if invalid.parameter == "region" => {
            Error::Unprocessable(named("xywh", &text, invalid))
        }
        other => other,
    }
}

/// The first image of a canvas. Canvases are numbered by the images that can be opened.
fn file_of(app: &App, address: &Address, sketch: &Sketch, canvas: usize) -> Result<String, Error> {
    let shown: Vec<_> = sketch.images.iter().filter_map(|image| preview(address, image)).collect();
    if shown.len() < sketch.images.len() {
        return Err(Error::Busy { retry_after_s: 2 });
    }
    let publisher = &app.publisher;
    let view = View::of(&sketch.work, &shown, address, publisher);
    let canvases = view.canvases();
    let found = canvases.iter().find(|known| known.number == canvas).and_then(|canvas| canvas.images.first());
    found.map(|image| image.file.clone()).ok_or_else(|| {
        let number = canvas.to_string();
        Error::NoPage(Invalid::new("canvas", &number, "has no picture that may be shown, or does not exist"))
    })
}

/// Similar works as the index has them, in the order of their likeness. Works that are not indexed yet are left out.
pub(crate) async fn indexed(
    app: &App,
    found: Vec<SimilarWork>,
) -> Result<Vec<(SimilarWork, IndexedWork)>, Error> {
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let numbers = found.iter().map(|similar| similar.object_number.clone()).collect();
    let mut works = by_number(app, numbers).await?;
    let with_work = |similar: SimilarWork| works.remove(&similar.object_number).map(|work| (similar, work));
    Ok(found.into_iter().filter_map(with_work).collect())
}

/// The works of the search index with these object numbers.
pub(crate) async fn by_number(
    app: &App,
    numbers: Vec<String>,
) -> Result<HashMap<String, IndexedWork>, Error> {
    // Numbers match in any case.
    let limit = 2 * numbers.len();
    let search = Search { numbers: vec![numbers], limit, order: BY_NUMBER, ..Search::default() };
    let hits = app.gallery.search()?.find(search).await?;
    let mut works = HashMap::new();
    for place in &hits.found.hits {
        let work = hits.snapshot.stored(*place)?;
        works.insert(work.number(), work);
    }
    Ok(works)
}

async fn answer(
    app: &App,
    request: &HttpRequest,
    query: &ApiQuery<'_>,
    found: FoundSimilar,
) -> Result<Response, Error> {
    let address = Address::new(&app.base.of(request)?);
    let fields = chosen(&app.gallery, query, |name| matches!(name, "likeness" | "reason" | "detail"))?;
    let serializer =
        WorkSerializer { gallery: &app.gallery, address: &address, fields, lang: query.text("lang") };
    let works = indexed(app, found.works).await?;
    let details = app.gallery.likeness()?.has_details();
    let page = Similar { by: found.by, details, total: works.len() as u64, works: Spliced::default() };
    let places = futures::stream::iter(works.iter().map(|(similar, _)| place_of(app, &address, similar)));
    let places: Vec<_> = places.buffered(OPENED_AT_ONCE).collect().await;
    let works = works
        .iter()
        .zip(places)
        .map(|((similar, work), place)| Ok::<_, Error>(with_likeness(serializer.work(work), similar, place)));
    let body = spliced(&page, works)?;
    Ok(json_response(request, body).await.into())
}

/// Works whose images are opened at the same time, to say where a detail is.
const OPENED_AT_ONCE: usize = 8;

/// The canvas with a detail, and the region in its pixels; `None` if the image does not open within a moment.
async fn place_of(app: &App, address: &Address, similar: &SimilarWork) -> Option<FoundDetail> {
    let detail = similar.detail.as_ref()?;
    let sketch = app.gallery.works.sketch(&similar.object_number, SOON).await.ok()?;
    let shown: Vec<_> = sketch.images.iter().filter_map(|image| preview(address, image)).collect();
    if shown.len() < sketch.images.len() {
        return None;
    }
    let publisher = &app.publisher;
    let view = View::of(&sketch.work, &shown, address, publisher);
    let canvases = view.canvases();
    let is_shown =
        |canvas: &&Canvas<'_>| canvas.images.first().is_some_and(|image| image.file == detail.file);
    let canvas = canvases.iter().find(is_shown)?;
    let [x, y, width, height] = detail.region.pixels(canvas.dimensions.width, canvas.dimensions.height);
    let canvas = Url(address.canvas(&similar.object_number, canvas.number));
    Some(FoundDetail { canvas, xywh: format!("{x},{y},{width},{height}") })
}

/// The JSON of a work with its likeness, to four digits, the reason, and the detail that is similar.
fn with_likeness(work: String, similar: &SimilarWork, detail: Option<FoundDetail>) -> String {
    let mut text = work;
    text.pop();
    let joint = if text.len() > 1 { "," } else { "" };
    let reason = super::responses::as_json(&similar.reason);
    let likeness = (f64::from(similar.likeness) * 1e4).round() / 1e4;
    let detail = detail
        .map(|detail| format!(",\"detail\":{}", super::responses::as_json(&detail)))
        .unwrap_or_default();
    format!("{text}{joint}\"likeness\":{likeness},\"reason\":{reason}{detail}}}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_those_of_media_fragments() {
        let pixels = Region::Pixels { x: 1, y: 2, width: 3, height: 4 };
        let percent = Region::Percent { x: 1.0, y: 2.0, width: 3.0, height: 4.5 };
        for (text, expected) in [
            ("1,2,3,4", Some(pixels)),
            ("pixel:1,2,3,4", Some(pixels)),
            ("percent:1,2,3,4.5", Some(percent)),
            ("pct:1,2,3,4.5", Some(percent)),
            ("1,2,3", None),
            ("percent:", None),
        ] {
            assert_eq!(region(text).ok(), expected, "{text}");
        }
        assert_eq!(region("x").unwrap_err().parameter, "xywh");
    }

    #[test]
    fn a_canvas_is_named_by_its_uri_or_its_number() {
        let address = Address::new("https://host");
        let uri = address.canvas("KMS 1/2", 3);
        let found =
            |canvas: Option<&str>, work: Option<&str>| place(&address, canvas, work.map(str::to_owned)).ok();
        assert_eq!(found(Some(&uri), None), Some(("KMS 1/2".into(), 3)));
        assert_eq!(found(Some(&uri), Some("KMS 1/2")), Some(("KMS 1/2".into(), 3)));
        assert_eq!(found(Some("2"), Some("A")), Some(("A".into(), 2)));
        assert_eq!(found(None, Some("A")), Some(("A".into(), 1)));
        for (canvas, work) in [
            (Some(uri.as_str()), Some("A")),
            (Some("2"), None),
            (Some("https://x/1"), Some("A")),
            (None, None),
        ] {
            assert_eq!(found(canvas, work), None, "{canvas:?} {work:?}");
        }
    }

    #[test]
    fn likeness_is_added_to_a_work() {
        let similar = SimilarWork {
            object_number: "1".into(),
            likeness: 0.987_66,
            reason: crate::gallery::Reason::Both,
            detail: None,
        };
        assert_eq!(with_likeness("{}".into(), &similar, None), r#"{"likeness":0.9877,"reason":"both"}"#);
        assert_eq!(
            with_likeness(r#"{"id":1}"#.into(), &similar, None),
            r#"{"id":1,"likeness":0.9877,"reason":"both"}"#
        );
    }
}
