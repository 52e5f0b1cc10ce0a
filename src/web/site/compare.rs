//! The page on which works are compared.

use percent_encoding::percent_decode_str;

use crate::gallery::{Error, SOON, Sketch};
use crate::presentation::http_uri;
use crate::web::App;
use crate::web::api::pairs_of;
use crate::web::pages::{Comparison, Link};
use crate::web::site::visit::{Visit, encoded};

/// Maximum number of works on the page.
const MAX_WORKS: usize = 6;

/// The works that `?works=A,B` and `?manifest=URL` ask for.
pub(super) async fn comparison(app: &App, query: &str, visit: &Visit) -> Comparison {
    let numbers = numbers(query);
    let works = futures::future::join_all(numbers.iter().map(|number| work(app, visit, number))).await;
    let manifests = pairs_of(query).filter(|(name, _)| name == "manifest");
    Comparison {
        works,
        manifests: manifests.filter_map(|(_, url)| http_uri(&url)).take(MAX_WORKS).collect(),
        other_servers: app.other_servers,
    }
}

/// A work as a link; without one if it is unknown, with its number if it cannot be read now.
async fn work(app: &App, visit: &Visit, number: &str) -> Link {
    let href = |number: &str| visit.context.page(&format!("/works/{}", encoded(number)));
    match app.gallery.works.sketch(number, SOON).await {
        Ok(Sketch { work, .. }) => {
            let label = work.label().best(&visit.publisher.preferred_languages()).map(str::to_owned);
            let href = href(&work.object_number);
            Link { label: label.unwrap_or(work.object_number), href, ..Link::default() }
        }
        Err(Error::NotFound | Error::Invalid(_) | Error::Gone(_)) => {
            Link { label: number.to_owned(), ..Link::default() }
        }
        Err(_) => Link { label: number.to_owned(), href: href(number), ..Link::default() },
    }
}

/// The object numbers of `works=A,B`. Commas separate before they are decoded, so that a number may contain one.
fn numbers(query: &str) -> Vec<String> {
    let lists = query.split('&').filter_map(|pair| pair.strip_prefix("works="));
    let numbers = lists.flat_map(|list| list.split(',')).filter_map(|number| {
        let number = number.replace('+', " ");
        Some(percent_decode_str(&number).decode_utf8().ok()?.into_owned())
    });
    numbers.filter(|number| !number.is_empty()).take(MAX_WORKS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_separated_by_commas() {
        for (query, expected) in [
            ("", &[][..]),
            ("works=A,B%2C1&lang=da", &["A", "B,1"]),
            ("works=A+1,,%FF,Ch.%203", &["A 1", "Ch. 3"]),
            ("works=1,2,3,4,5,6,7,8", &["1", "2", "3", "4", "5", "6"]),
        ] {
            assert_eq!(numbers(query), expected, "{query}");
        }
    }
}
