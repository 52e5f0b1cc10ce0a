//! What to try when nothing was found: the search without one of its filters, and similar words.

use std::sync::Arc;

use super::SearchPage;
use super::parameters::PLACE;
use crate::gallery::{Hits, SearchService};
use crate::search::{Search, Suggestion};
use crate::web::api::query_of;
use crate::web::pages::Link;

/// Searches that are tried.
const TRIED: usize = 8;
/// Words that are suggested.
const SUGGESTED: usize = 6;

/// The search without one of its filters, with the number of works that it finds; those that find none are left out.
pub(super) async fn without_one(
    page: &SearchPage<'_>,
    service: &Arc<SearchService>,
    hits: &Hits,
) -> Vec<Link> {
    let is_filter = |name: &str| !matches!(name, "sort" | "similar" | "canvas" | "xywh" | "colour_distance");
    let filters = page.pairs.iter().filter(|(name, _)| is_filter(name) && !PLACE.contains(&name.as_str()));
    let filters: Vec<_> = filters.take(TRIED).collect();
    if filters.len() < 2 {
        return Vec::new();
    }
    let tried = filters.iter().map(|(name, value)| async move {
        let rest =
            page.pairs.iter().filter(|(known, given)| known != name || given != value).cloned().collect();
        let search = page.search_of(&rest, hits)?;
        let found = service.find(Search { limit: 0, ..search }).await.ok()?;
        let label = match name.as_str() {
            "q" => value.clone(),
            _ => page.filter_label(hits, name, value)?,
        };
        let count = Some(found.found.total).filter(|total| *total > 0)?;
        Some(Link { label, href: page.without(name, value), count: Some(count), ..Link::default() })
    });
    futures::future::join_all(tried).await.into_iter().flatten().collect()
}

/// Values and titles whose words are like the last one of the query.
pub(super) async fn suggestions(
    page: &SearchPage<'_>,
    service: &Arc<SearchService>,
    hits: &Hits,
    typed: &str,
) -> Vec<Link> {
    let preferred = page.visit.publisher.preferred_languages();
    let mut found = Vec::new();
    for words in [typed, typed.split_whitespace().last().unwrap_or_default()] {
        if found.is_empty() && !words.is_empty() {
            found = service.suggest(&hits.snapshot, words.to_owned(), SUGGESTED).await.unwrap_or_default();
        }
    }
    let vocabulary = hits.snapshot.vocabulary();
    let label = |suggestion: &Suggestion| match suggestion {
        Suggestion::Value { number, works } => {
            let value = vocabulary.value(*number)?;
            Some((value.label.best(&preferred)?.to_owned(), Some(*works)))
        }
        Suggestion::Work { title, .. } => Some((title.best(&preferred)?.to_owned(), None)),
    };
    let link = |(label, count): (String, Option<u64>)| {
        let href = page.url(&query_of([("q", label.as_str())]));
        Link { label, href, count, ..Link::default() }
    };
    found.iter().filter_map(label).map(link).collect()
}
