//! The works of the page.

use super::SearchPage;
use crate::gallery::{Error, Hits};
use crate::iiif::Dimensions;
use crate::search::IndexedWork;
use crate::web::App;
use crate::web::pages::Hit;
use crate::web::site::picture_size::{ratio, recorded_size};
use crate::web::site::visit::{Visit, encoded};

/// The longest side of thumbnails, in pixels.
const THUMBNAIL: u32 = 400;

/// The results of a search.
pub(super) fn results(page: &SearchPage<'_>, hits: &Hits) -> Result<Vec<Hit>, Error> {
    let mut found = Vec::with_capacity(hits.found.hits.len());
    for place in &hits.found.hits {
        found.extend(hit(page.app, page.visit, &hits.snapshot.stored(*place)?));
    }
    Ok(found)
}

/// A work in the grid. Opens no masters: sizes come from the index, from cached masters or from the record.
pub(in crate::web::site) fn hit(app: &App, visit: &Visit, stored: &IndexedWork) -> Option<Hit> {
    let (images, preferred) = (&app.gallery.images, visit.publisher.preferred_languages());
    let work = stored.work()?;
    let grant = images.rights().of_record(work.rights.as_deref(), work.public_domain);
    let first = stored.images().find(|(_, image)| image.matched && grant.largest > 0);
    let size = first.as_ref().and_then(|(file, image)| {
        image
            .size()
            .map(|(width, height)| Dimensions::new(width, height))
            .or_else(|| images.known_size(file))
            .or_else(|| recorded_size(&work))
    });
    Some(Hit {
        label: work.label().best(&preferred).unwrap_or(&work.object_number).to_owned(),
        creator: work.creators.first().map(|creator| creator.name.clone()),
        date: work.production.iter().find_map(|made| made.text.best(&preferred)).map(str::to_owned),
        ratio: ratio(size),
        thumbnail: first.map(|(file, _)| {
            let side = THUMBNAIL.min(grant.largest);
            let base = &visit.context.base;
            format!("{base}/iiif/3/{}/full/!{side},{side}/0/default.jpg", encoded(&file))
        }),
        public_domain: work.public_domain == Some(true),
        work: encoded(&work.object_number),
    })
}
