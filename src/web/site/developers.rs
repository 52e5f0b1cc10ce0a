//! The page for developers.

use actix_web::HttpRequest;

use super::visit::Visit;
use crate::gallery::Error;
use crate::iiif::Version;
use crate::presentation::Address;
use crate::search::{Known, Search};
use crate::web::App;
use crate::web::api::described;
use crate::web::pages::{self, DeveloperAddress, DevelopersPage, Link};

/// `/developers`.
pub(super) async fn page(app: &App, request: &HttpRequest, visit: &Visit) -> Result<String, Error> {
    let base = app.base.of(request)?;
    let description = described(app, &base);
    let work = description["paths"]["/api/v1/works/{work}"]["get"]["parameters"][0]["example"].as_str();
    let addresses = addresses(&Address::new(&base), work.unwrap_or_default(), first_image(app).await);
    let licence = (!app.publisher.data_licence.is_empty()).then(|| {
        let uri = &app.publisher.data_licence;
        let name = visit.publisher.rights_name(uri);
        let label = name.as_ref().and_then(|name| name.best(&visit.publisher.preferred_languages()));
        Link { label: label.unwrap_or(uri).to_owned(), href: uri.clone(), ..Link::default() }
    });
    Ok(pages::developers(&visit.context, &DevelopersPage { description, addresses, licence }))
}

/// An image of the first works of the search index.
async fn first_image(app: &App) -> Option<String> {
    const FIRST: usize = 50;
    let search = Search { has_image: Some(true), limit: FIRST, ..Search::default() };
    let hits = app.gallery.search().ok()?.find(search).await.ok()?;
    let rights = app.gallery.images.rights();
    hits.found.hits.iter().find_map(|place| {
        let indexed = hits.snapshot.stored(*place).ok()?;
        let Known { rights: statement, public_domain: is_public_domain, .. } = indexed.known();
        let is_shown = rights.of_record(statement.as_deref(), is_public_domain).largest > 0;
        let (file, _) = indexed.images().find(|(_, image)| image.matched && is_shown)?;
        Some(file)
    })
}

fn addresses(address: &Address, work: &str, image: Option<String>) -> Vec<DeveloperAddress> {
    let one =
        |path, example, resource, specification| DeveloperAddress { path, example, resource, specification };
    let base = address.base();
    let mut all = Vec::new();
    if let Some(image) = image {
        let service = address.image(Version::V3, &image);
        all.extend([
            one(
                "/iiif/3/{id}/info.json",
                format!("{service}/info.json"),
                "IIIF Image API 3.0",
                Some("https://iiif.io/api/image/3.0/"),
            ),
            one(
                "/iiif/3/{id}/{region}/{size}/{rotation}/{quality}.{format}",
                format!("{service}/square/400,/0/default.jpg"),
                "A picture in any region, size, rotation, quality and format",
                Some("https://iiif.io/api/image/3.0/#4-image-requests"),
            ),
            one(
                "/iiif/2/{id}/info.json",
                format!("{}/info.json", address.image(Version::V2, &image)),
                "IIIF Image API 2.1",
                Some("https://iiif.io/api/image/2.1/"),
            ),
        ]);
    }
    let collections = address.collections(Version::V3);
    all.extend([
        one(
            "/presentation/3/{work}/manifest",
            address.manifest(Version::V3, work),
            "IIIF Presentation API 3.0",
            Some("https://iiif.io/api/presentation/3.0/"),
        ),
        one(
            "/presentation/2/{work}/manifest",
            address.manifest(Version::V2, work),
            "IIIF Presentation API 2.1",
            Some("https://iiif.io/api/presentation/2.1/"),
        ),
        one(
            "/presentation/3/collections",
            collections.clone(),
            "Collections by creator, period, technique, tag …",
            None,
        ),
        one(
            "/presentation/3/collections/search?q=…",
            format!("{collections}/all/all"),
            "Any search as a collection, or all works",
            None,
        ),
        one(
            "/search/2/{work}?q=…",
            format!("{}?q=a", address.search(2, work)),
            "IIIF Content Search 2.0 within a work",
            Some("https://iiif.io/api/search/2.0/"),
        ),
        one(
            "/discovery/1/changes",
            address.changes(),
            "IIIF Change Discovery 1.0: all changes, to harvest",
            Some("https://iiif.io/api/discovery/1.0/"),
        ),
        one(
            "/works/{work}/cite.{bib|ris|json|txt}",
            format!("{}/cite.bib", address.work_page(work)),
            "Citations: BibTeX, RIS, CSL-JSON, text",
            None,
        ),
        one(
            "/download/work/{work}.zip",
            address.archive(work),
            "All originals of a work and its record",
            None,
        ),
        one(
            "/api/smk/v1/art/search",
            format!("{base}/api/smk/v1/art/search?keys=*"),
            "The API of Statens Museum for Kunst, with the same parameters",
            Some("https://api.smk.dk/api/v1/docs/"),
        ),
        one(
            "/sitemap.xml",
            format!("{base}/sitemap.xml"),
            "The pages of all works",
            Some("https://www.sitemaps.org/protocol.html"),
        ),
    ]);
    all
}
