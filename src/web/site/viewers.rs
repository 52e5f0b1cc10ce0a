//! Pages of viewers: one image, or a work.

use std::borrow::Cow;

use actix_web::HttpRequest;

use crate::gallery::{Error, SOON};
use crate::presentation::Address;
use crate::record::Work;
use crate::web::App;
use crate::web::api::pairs_of;
use crate::web::pages::{self, ViewerPage};
use crate::web::route::Image;
use crate::web::site::visit::{Visit, encoded, label};

/// `/view/mirador/{work}`: the work in Mirador, at a canvas and a region of it if the query names them.
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
    let is_annotating = pairs_of(request.query_string()).any(|(name, _)| name == "annotate");
    if is_annotating && page.work.is_some() && !app.live().api.tokens.is_empty() {
        let first = address.canvas(number, 1);
        return Ok(pages::annotate(&visit.context, &page, &first));
    }
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
pub(super) fn parameter<'a>(request: &'a HttpRequest, name: &str) -> Option<Cow<'a, str>> {
    let mut pairs = pairs_of(request.query_string());
    pairs.find_map(|(known, value)| (known == name).then_some(Cow::Owned(value)))
}
