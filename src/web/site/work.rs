//! Pages about one work: its record, and its images in viewers.

use std::borrow::Cow;

use actix_web::HttpRequest;

use crate::gallery::{Error, Grant, Preview, SOON, Sketch, Wanted};
use crate::iiif::Dimensions;
use crate::presentation::{Address, View, labels, rights_name};
use crate::record::{Role, Work, slug};
use crate::search::IndexedWork;
use crate::web::App;
use crate::web::api::{indexed, pairs_of};
use crate::web::pages::{self, Allowed, Link, Thumbnail, ViewerPage};
use crate::web::route::Image;
use crate::web::site::tags::tags;
use crate::web::site::visit::{Visit, encoded, label};

/// Maximum sides of the large picture and of thumbnails in pixels.
const PICTURE: u32 = 1200;
const THUMBNAIL: u32 = 400;
/// Similar works on a page.
const SIMILAR: usize = 8;

/// `/works/{work}`: the picture, the record and links.
pub(super) async fn page(
    app: &App,
    request: &HttpRequest,
    visit: &Visit,
    work: &Image<'_>,
) -> Result<String, Error> {
    let sketch = app.gallery.works.sketch(&work.identifier, SOON);
    let (sketch, similar) = futures::future::join(sketch, similar_works(app, visit, &work.identifier)).await;
    let (sketch, address) = (sketch?, Address::new(&app.base.of(request)?));
    let page = pages::WorkPage { similar, ..work_page(visit, &address, &sketch) };
    Ok(pages::work(&visit.context, &page))
}

/// Thumbnails of similar works; none if there are no vectors, or the search takes too long.
async fn similar_works(app: &App, visit: &Visit, number: &str) -> Vec<Thumbnail> {
    let Some(likeness) = app.gallery.likeness().ok().filter(|likeness| likeness.is_there()) else {
        return Vec::new();
    };
    let search = async {
        // Some have no picture that may be shown.
        let wanted = Wanted { limit: 2 * SIMILAR, ..Wanted::default() };
        indexed(app, likeness.similar_to_work(number, wanted).await?.works).await
    };
    let found = tokio::time::timeout(SOON, search).await.unwrap_or(Ok(Vec::new())).unwrap_or_default();
    found.iter().filter_map(|(_, work)| similar_work(app, visit, work)).take(SIMILAR).collect()
}

fn similar_work(app: &App, visit: &Visit, indexed: &IndexedWork) -> Option<Thumbnail> {
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

fn work_page(visit: &Visit, address: &Address, sketch: &Sketch) -> pages::WorkPage {
    let Visit { context, publisher } = visit;
    let preferred = publisher.preferred_languages();
    let (work, base) = (&sketch.work, &context.base);
    let number = encoded(&work.object_number);
    let view = View { work, tags: &sketch.tags, images: &[], part_of: None, address, publisher };
    let first = sketch.images.first();
    let original = first.filter(|first| first.grant.original);
    let paragraphs = work.description.best(&preferred).unwrap_or_default().lines().map(str::trim);
    let creator = |name: &str| link(name, visit.search_for("creator", &slug(name)));
    pages::WorkPage {
        label: work.label().best(&preferred).unwrap_or(&work.object_number).to_owned(),
        creators: work.creators.iter().map(|one| creator(&one.name)).collect(),
        date: work.production.iter().find_map(|made| made.text.best(&preferred)).map(str::to_owned),
        description: paragraphs.filter(|text| !text.is_empty()).map(str::to_owned).collect(),
        facts: view.plain_metadata(),
        tags: tags(visit, &sketch.tags),
        picture: first.map(|image| picture(visit, image, PICTURE)),
        ratio: first.and_then(|image| ratio(image.size().or_else(|| recorded_size(work)))),
        similar: Vec::new(),
        more_pictures: sketch.images.iter().skip(1).map(|image| thumbnail(visit, &number, image)).collect(),
        viewer: first.map(|_| context.page(&format!("/view/mirador/{number}"))),
        zoom: first.map(|image| zoom(visit, &number, image)),
        downloads: original.map(|image| {
            let file = encoded(&image.image.file);
            (format!("{base}/download/{file}"), format!("{base}/download/work/{number}.zip"))
        }),
        manifest: format!("{base}/presentation/3/{number}/manifest"),
        record: format!("{base}/api/v1/works/{number}"),
        rights: rights(work, &preferred),
        allowed: first.map(|image| allowed(image.grant)),
        unreachable: sketch.unreachable,
    }
}

fn link(label: &str, href: String) -> Link {
    Link { label: label.to_owned(), href, ..Link::default() }
}

/// The URL of a rendering that fits a square of this side. It works for any image, so the size need not be known.
fn picture(visit: &Visit, image: &Preview, side: u32) -> String {
    let side = side.min(image.grant.largest);
    format!("{}/iiif/3/{}/full/!{side},{side}/0/default.jpg", visit.context.base, encoded(&image.image.file))
}

/// The URL of one image in OpenSeadragon, with the work to return to.
fn zoom(visit: &Visit, number: &str, image: &Preview) -> String {
    visit.context.page(&format!("/view/openseadragon/{}?work={number}", encoded(&image.image.file)))
}

fn thumbnail(visit: &Visit, number: &str, image: &Preview) -> Thumbnail {
    Thumbnail {
        label: caption(visit, image),
        picture: picture(visit, image, THUMBNAIL),
        viewer: zoom(visit, number, image),
        ratio: ratio(image.size()),
    }
}

/// The record's label of an image, or the name of its role.
fn caption(visit: &Visit, image: &Preview) -> Option<String> {
    if let Some(label) = image.image.label.best(&visit.publisher.preferred_languages()) {
        return Some(label.to_owned());
    }
    match &image.image.role {
        Role::Recto => None,
        Role::Other(word) => Some(word.clone()),
        role => labels::role(role).map(|word| word.in_language(visit.context.language).to_owned()),
    }
}

/// The size of a work's image according to its record, in pixels.
pub(super) fn recorded_size(work: &Work) -> Option<Dimensions> {
    let side = |name: &str| u32::try_from(work.more.get(name)?.as_u64()?).ok();
    Some(Dimensions::new(side("image_width")?, side("image_height")?))
}

pub(super) fn ratio(size: Option<Dimensions>) -> Option<f64> {
    size.filter(|size| size.width > 0 && size.height > 0)
        .map(|size| f64::from(size.width) / f64::from(size.height))
}

/// The rights as links: a statement's name and URI, or the record's own text, or public domain if only that is recorded.
fn rights(work: &Work, preferred: &[&str]) -> Vec<Link> {
    let statements = work.rights.iter().flat_map(|rights| rights.lines()).map(str::trim);
    let one = |rights: &str| {
        let name = rights_name(rights);
        link(name.as_ref().and_then(|name| name.best(preferred)).unwrap_or(rights), rights.to_owned())
    };
    let links: Vec<Link> = statements.filter(|rights| !rights.is_empty()).map(one).collect();
    if links.is_empty() && work.public_domain == Some(true) {
        let language = preferred.first().copied().unwrap_or("en");
        return vec![link(labels::PUBLIC_DOMAIN.in_language(language), String::new())];
    }
    links
}

fn allowed(grant: Grant) -> Allowed {
    match grant {
        Grant { largest: u32::MAX, original: true } => Allowed::Everything,
        Grant { largest: u32::MAX, .. } => Allowed::FullView,
        Grant { largest, .. } => Allowed::UpTo(largest),
    }
}

/// `/view/mirador/{work}`, and `/works/{work}` with a canvas or region: the work in Mirador.
pub(super) async fn mirador(
    app: &App,
    request: &HttpRequest,
    visit: &Visit,
    work: &Image<'_>,
) -> Result<String, Error> {
    let sketch = app.gallery.works.sketch(&work.identifier, SOON).await?;
    let address = Address::new(&app.base.of(request)?);
    let canvas = parameter(request, "canvas").and_then(|number| number.parse().ok());
    let number = &sketch.work.object_number;
    let page = ViewerPage {
        label: title_with_number(visit, &sketch.work),
        image: sketch.images.first().map(|image| encoded(&image.image.file)),
        manifest: encoded(number),
        work: (sketch.revision > 0).then(|| encoded(number)),
        canvas: canvas.map(|canvas| address.canvas(number, canvas)),
        region: parameter(request, "xywh").and_then(|region| region.parse().ok()),
    };
    Ok(pages::mirador(&visit.context, &page))
}

/// `/view/openseadragon/{image}`: one image, with a link back to its work.
pub(super) async fn openseadragon(
    app: &App,
    request: &HttpRequest,
    visit: &Visit,
    image: &Image<'_>,
) -> Result<String, Error> {
    let work = work_of_image(app, &image.identifier, parameter(request, "work").as_deref()).await?;
    match app.gallery.images.open_within(SOON, &[&image.identifier]).await.pop().flatten() {
        Some(Ok(_)) => {}
        // The viewer reports an image that fails to load; the page does not wait for the store.
        None | Some(Err(Error::Store(_))) if work.as_ref().is_some_and(|work| allows_viewing(app, work)) => {}
        Some(Err(error)) => return Err(error),
        None => {
            app.gallery.images.open(&image.identifier).await?;
        }
    }
    let number = work.as_ref().map(|work| encoded(&work.object_number));
    let page = ViewerPage {
        label: work.as_ref().map_or_else(|| label(&image.identifier), |work| title_with_number(visit, work)),
        image: Some(encoded(&image.identifier)),
        manifest: number.clone().unwrap_or_else(|| encoded(&image.identifier)),
        work: number,
        ..ViewerPage::default()
    };
    Ok(pages::openseadragon(&visit.context, &page))
}

fn allows_viewing(app: &App, work: &Work) -> bool {
    app.gallery.images.rights().of_record(work.rights.as_deref(), work.public_domain).largest > 0
}

/// The title with the object number, as in `Solskin i den blå stue (Ch. 3)`.
fn title_with_number(visit: &Visit, work: &Work) -> String {
    let number = &work.object_number;
    match work.label().best(&visit.publisher.preferred_languages()) {
        Some(title) if title != number && title != label(number) => format!("{title} ({number})"),
        Some(title) => title.to_owned(),
        None => number.clone(),
    }
}

/// The work that the visitor came from, if it has the image; otherwise the first one that has it.
async fn work_of_image(app: &App, identifier: &str, from: Option<&str>) -> Result<Option<Work>, Error> {
    app.gallery.works.work_with_file(identifier, from).await
}

/// The value of a query parameter, decoded.
fn parameter<'a>(request: &'a HttpRequest, name: &str) -> Option<Cow<'a, str>> {
    let mut pairs = pairs_of(request.query_string());
    pairs.find_map(|(known, value)| (known == name).then_some(Cow::Owned(value)))
}
