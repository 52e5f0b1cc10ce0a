//! The search page: query, results and filters.

mod alternatives;
mod filters;
mod home;
mod parameters;
pub(super) mod results;
mod similar;

use std::sync::Arc;

use actix_web::HttpRequest;

use crate::gallery::{Error, Hits, SearchService};
use crate::iiif::Version;
use crate::presentation::Address;
use crate::search::{Search, Snapshot};
use crate::web::App;
use crate::web::api::{ApiQuery, canonical, of_page, query_of, search_of};
use crate::web::pages::{self, Hit, Like};
use crate::web::site::visit::Visit;
use parameters::{PLACE, Pairs, api_query, of_api};

/// Works on one page.
const PAGE: usize = 48;
/// The facets of the page, in this order.
const FACETS: [&str; 13] = [
    COLOUR,
    "creator",
    "role",
    "type",
    "motif",
    "style",
    "subject",
    "technique",
    "material",
    "place",
    "person",
    "collection",
    "department",
];
/// The scheme of colours.
const COLOUR: &str = "colour";
/// Number of values per facet, and of colours, which need less room.
const VALUES: usize = 12;
const SWATCHES: usize = 24;

/// The page for a request's query.
pub(super) async fn page(app: &App, request: &HttpRequest, visit: &Visit) -> Result<String, Error> {
    let service = app.gallery.search()?;
    let snapshot = service.snapshot()?;
    let mut pairs = parameters::read(request.query_string(), &of_page());
    let (mut search, mut error) = understood(&mut pairs, &snapshot);
    let similar = similar::like(&SearchPage { app, visit, pairs: &pairs }, request).await;
    let like = similar.and_then(|found| match found {
        Ok(found) => Some(found),
        Err(failed) => {
            error = Some(failed.to_string());
            None
        }
    });
    search.limit = if like.is_some() { 0 } else { PAGE };
    let hits = found(service, &mut search, &mut pairs).await?;
    let here = SearchPage { app, visit, pairs: &pairs };
    let page = here.described(request, (service, &search), &hits, like).await?;
    Ok(pages::search(&visit.context, &pages::Search { filter_error: error, ..page }))
}

/// The search of these parameters. Those that cannot be understood are removed, and the error says why.
fn understood(pairs: &mut Pairs, snapshot: &Snapshot) -> (Search, Option<String>) {
    let (mut search, error) = match read(pairs, snapshot) {
        Ok(search) => (search, None),
        Err(error) => {
            pairs.retain(|(name, _)| name == "q");
            (read(pairs, snapshot).unwrap_or_default(), Some(error.to_string()))
        }
    };
    let vocabulary = snapshot.vocabulary();
    let used = FACETS.into_iter().filter(|scheme| !vocabulary.numbers_of(scheme).is_empty());
    search.facets = used.map(str::to_owned).collect();
    filters::count_openly(&mut search);
    search.facet_limit = VALUES.max(SWATCHES);
    let start = parameters::value(pairs, "start").and_then(|start| start.parse().ok());
    search.offset = start.filter(|_| search.cursor.is_none()).unwrap_or(0);
    (search, error)
}

fn read(pairs: &Pairs, snapshot: &Snapshot) -> Result<Search, Error> {
    let (table, text) = (of_page(), api_query(pairs));
    search_of(&ApiQuery::read(&table, &text)?, snapshot)
}

/// Runs the search; from its beginning if its cursor has expired.
async fn found(service: &Arc<SearchService>, search: &mut Search, pairs: &mut Pairs) -> Result<Hits, Error> {
    match service.find(search.clone()).await {
        Err(Error::Invalid(invalid)) if invalid.parameter == "cursor" => {
            pairs.retain(|(name, _)| name != "cursor");
            search.cursor = None;
            service.find(search.clone()).await
        }
        hits => hits,
    }
}

/// The current search; builds the links of the page from it.
struct SearchPage<'a> {
    app: &'a App,
    visit: &'a Visit,
    pairs: &'a Pairs,
}

impl SearchPage<'_> {
    async fn described(
        &self,
        request: &HttpRequest,
        (service, search): (&Arc<SearchService>, &Search),
        hits: &Hits,
        like: Option<(Like, Vec<Hit>)>,
    ) -> Result<pages::Search, Error> {
        let address = Address::new(&self.app.base.of(request)?);
        let base = &self.visit.context.base;
        let likeness = self.app.gallery.likeness().ok().filter(|likeness| likeness.is_there());
        let total = hits.found.total;
        let (like, works) = match like {
            Some((like, works)) => (Some(like), works),
            None => (None, results::results(self, hits)?),
        };
        let is_empty = works.is_empty() && (search.offset == 0 || total == 0);
        let (alternatives, suggestions) = match is_empty {
            false => Default::default(),
            true => (
                alternatives::without_one(self, service, hits).await,
                alternatives::suggestions(self, service, hits, &search.q).await,
            ),
        };
        let api = query_of(of_api(self.pairs).filter(|(name, _)| *name != "cursor"));
        let canonical = canonical(of_api(self.pairs), &["cursor"]);
        Ok(pages::Search {
            query: search.q.clone(),
            kept: self.kept(&["q"]),
            total: if like.is_some() { works.len() as u64 } else { total },
            corrected: hits.found.corrected.clone(),
            relaxed: hits.found.relaxed,
            chosen: self.chosen(hits),
            switches: self.switches(service, search, total).await?,
            facets: self.facets(hits)?,
            period: self.period(service, search).await?,
            picked: self.picked(),
            kept_without_colors: self.kept(&["colour"]),
            sorts: if like.is_some() { Vec::new() } else { self.sorts(search.order) },
            next: if like.is_some() { None } else { self.next(search, hits) },
            previous: self.previous(search, total),
            start: self.is_later(search).then(|| self.with(&[], &PLACE)),
            offset: search.offset,
            hits: works,
            alternatives,
            suggestions,
            home: if self.pairs.is_empty() { home::home(self, service).await } else { None },
            like,
            can_compare: likeness.is_some(),
            can_send: likeness.is_some_and(|likeness| likeness.largest_upload().is_ok()),
            unreachable: self.app.gallery.images.has_failing_store(),
            filter_error: None,
            api: Some(format!("{base}/api/v1/works?{api}")),
            collection: Some(address.search_collection(Version::V3, &canonical)),
            files: Some(self.visit.context.page("/?files")),
        })
    }

    fn is_later(&self, search: &Search) -> bool {
        search.cursor.is_some() || search.offset > PAGE
    }

    /// The URL of the next page. Pages are numbered by their first work, so that their addresses last.
    fn next(&self, search: &Search, hits: &Hits) -> Option<String> {
        let next = hits.found.next.as_ref()?;
        match search.cursor {
            Some(_) => Some(self.with(&[("cursor", &next.encode())], &PLACE)),
            None => Some(self.with(&[("start", &(search.offset + PAGE).to_string())], &PLACE)),
        }
    }

    /// The URL of the page before; of the last page, if the results have become fewer than this one's place.
    fn previous(&self, search: &Search, total: u64) -> Option<String> {
        if search.offset == 0 || total == 0 {
            return None;
        }
        let last = usize::try_from(total - 1).unwrap_or(usize::MAX) / PAGE * PAGE;
        match search.offset.saturating_sub(PAGE).min(last) {
            0 => Some(self.with(&[], &PLACE)),
            start => Some(self.with(&[("start", &start.to_string())], &PLACE)),
        }
    }

    /// The search of other parameters.
    fn search_of(&self, pairs: &Pairs, hits: &Hits) -> Option<Search> {
        read(pairs, &hits.snapshot).ok()
    }

    /// The URL of this search with parameters added and removed.
    fn with(&self, more: &[(&str, &str)], less: &[&str]) -> String {
        let kept = self.pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let kept = kept.filter(|(name, _)| !less.contains(name)).chain(more.iter().copied());
        self.url(&query_of(kept))
    }

    /// The URL of this search without one of its filters.
    fn without(&self, name: &str, value: &str) -> String {
        let is_kept = |known: &str, given: &str| !PLACE.contains(&known) && (known != name || given != value);
        let kept = self.pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        self.url(&query_of(kept.filter(|(name, value)| is_kept(name, value))))
    }

    fn url(&self, query: &str) -> String {
        let path = if query.is_empty() { "/".to_owned() } else { format!("/?{query}") };
        self.visit.context.page(&path)
    }

    /// Parameters that a form keeps: all except its own and the place.
    fn kept(&self, own: &[&str]) -> Pairs {
        let is_kept = |name: &str| !own.contains(&name) && !PLACE.contains(&name);
        self.pairs.iter().filter(|(name, _)| is_kept(name)).cloned().collect()
    }
}
