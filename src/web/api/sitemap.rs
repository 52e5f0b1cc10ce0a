//! Sitemaps: the pages of all works and creators, for search engines (sitemaps.org).

use std::fmt::Write;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};

use crate::gallery::Error;
use crate::presentation::Address;
use crate::record::timestamp;
use crate::search::Snapshot;
use crate::web::App;
use crate::web::http::document::Document;
use crate::web::http::response::Response;

/// Maximum number of pages per file, by the protocol.
const MAX_PAGES: usize = 50_000;

/// `GET /sitemap.xml`: the index of the parts.
pub(crate) async fn sitemap(app: &App, request: &HttpRequest) -> Result<Response, Error> {
    let snapshot = app.gallery.search()?.snapshot()?;
    let base = app.base.of(request)?;
    let creators = snapshot.count_values("creator").min(MAX_PAGES);
    let parts = (snapshot.works() as usize).div_ceil(MAX_PAGES).max(1) + usize::from(creators > 0);
    let mut xml = String::from(HEAD);
    xml.push_str("<sitemapindex xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n");
    for part in 1..=parts {
        let _ = writeln!(xml, "<sitemap><loc>{}/sitemap/{part}.xml</loc></sitemap>", escaped(&base));
    }
    xml.push_str("</sitemapindex>\n");
    Ok(xml_response(request, xml).await)
}

/// `GET /sitemap/{part}.xml`, parts counted from 1.
pub(crate) async fn sitemap_part(app: &App, request: &HttpRequest, part: u32) -> Result<Response, Error> {
    let search_service = app.gallery.search()?;
    let snapshot = search_service.snapshot()?;
    let start = (part as usize).checked_sub(1).ok_or(Error::NotFound)? * MAX_PAGES;
    let address = Address::new(&app.base.of(request)?);
    if start > 0 && start >= snapshot.works() as usize {
        // Creators are in the part after the last one of works.
        let last = (snapshot.works() as usize).div_ceil(MAX_PAGES).max(1);
        if part as usize != last + 1 || snapshot.count_values("creator") == 0 {
            return Err(Error::NotFound);
        }
        let made = search_service.query(move || Ok(creators(&snapshot, &address)));
        return Ok(xml_response(request, made.await?).await);
    }
    let made = search_service.query(move || {
        let mut xml = String::from(HEAD);
        xml.push_str("<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n");
        for (number, modified) in snapshot.numbers(start, MAX_PAGES)? {
            let place = address.work_page(&number);
            let _ = write!(xml, "<url><loc>{}</loc>", escaped(&place));
            if let Some(modified) = modified {
                let _ = write!(xml, "<lastmod>{}</lastmod>", timestamp(modified.saturating_mul(1000)));
            }
            xml.push_str("</url>\n");
        }
        xml.push_str("</urlset>\n");
        Ok(xml)
    });
    Ok(xml_response(request, made.await?).await)
}

/// The pages of creators, as far as a file has room.
fn creators(snapshot: &Snapshot, address: &Address) -> String {
    let mut xml = String::from(HEAD);
    xml.push_str("<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n");
    let values = snapshot.values_matching("creator", "");
    let vocabulary = snapshot.vocabulary();
    for (number, _) in values.into_iter().take(MAX_PAGES) {
        if let Some(creator) = vocabulary.value(number) {
            let _ = writeln!(xml, "<url><loc>{}</loc></url>", escaped(&address.creator_page(&creator.value)));
        }
    }
    xml.push_str("</urlset>\n");
    xml
}

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&apos;")
}

async fn xml_response(request: &HttpRequest, xml: String) -> Response {
    let mut response = HttpResponse::Ok();
    response.insert_header((header::VARY, "Accept-Encoding"));
    response.insert_header((header::CACHE_CONTROL, "no-cache"));
    Document::new(xml)
        .compressed(request)
        .await
        .respond(request, "application/xml; charset=utf-8", response)
        .into()
}
