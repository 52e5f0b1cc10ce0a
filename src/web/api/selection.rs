//! The works that a command selects by the query of a search, in the words of the API.

use std::collections::HashSet;
use std::sync::Arc;

use super::parameters::of_selection;
use super::query::{ApiQuery, query_of};
use super::works::search_of;
use crate::gallery::{Error, Gallery};
use crate::search::{Order, Search, Sort};

/// The works that `query` selects, as [`crate::search::number_hash`], once all changes up to now are indexed. It is a
/// query string, as in `q=ship&any=colour:blue`, or plain words.
///
/// # Errors
/// If the query has an unknown parameter or an invalid value, or if there is no index and none can be built.
pub(crate) async fn selected_works(gallery: &Gallery, query: &str) -> Result<Arc<HashSet<u64>>, Error> {
    let query = query_string(query);
    let table = of_selection();
    let query = ApiQuery::read(&table, &query)?;
    let search_service = gallery.search()?;
    search_service.catch_up().await?;
    let search = search_of(&query, &*search_service.snapshot()?)?;
    let order = Order { sort: Sort::Number, backwards: false };
    search_service.hit_numbers(Search { limit: 0, order, ..search }).await
}

/// Plain words become the parameter `q`.
fn query_string(query: &str) -> String {
    let query = query.trim();
    match query.trim_start_matches('?').split_once('=') {
        // Words come before no equals sign, names of parameters do.
        Some((name, _)) if !name.contains(char::is_whitespace) => query.trim_start_matches('?').to_owned(),
        _ => query_of([("q", query)]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_words_are_a_query_too() {
        for (query, expected) in [
            ("ship", "q=ship"),
            ("ship at sea ", "q=ship+at+sea"),
            ("a = b", "q=a+%3D+b"),
            ("q=ship&any=colour:blue", "q=ship&any=colour:blue"),
            ("?years=1800/", "years=1800/"),
        ] {
            assert_eq!(query_string(query), expected);
        }
    }
}
