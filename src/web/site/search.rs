//! The search page: query, results and filters.

use actix_web::HttpRequest;

use crate::gallery::{Error, Hits};
use crate::iiif::{Dimensions, Version};
use crate::presentation::Address;
use crate::search::{Order, SORTS, Search, Sort, swatch_of};
use crate::web::App;
use crate::web::api::{ApiQuery, canonical, of_page, pairs_of, query_of, search_of};
use crate::web::pages::{self, Bar, Facet, Hit, Link};
use crate::web::site::visit::{Visit, encoded};
use crate::web::site::work::{ratio, recorded_size};

/// Works on one page.
const PAGE: usize = 48;
/// The longest side of thumbnails, in pixels.
const THUMBNAIL: u32 = 400;
/// The facets of the page, in this order.
const FACETS: [&str; 12] = [
    "creator",
    "type",
    COLOUR,
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
/// Years per bar of the histogram.
const PERIOD: i32 = 50;

/// Names and values of the query parameters that the page knows.
type Pairs = Vec<(String, String)>;

/// The page for a request's query.
pub(super) async fn page(app: &App, request: &HttpRequest, visit: &Visit) -> Result<String, Error> {
    let service = app.gallery.search()?;
    let snapshot = service.snapshot()?;
    let table = of_page();
    // Unknown parameters, such as those of trackers, are ignored; `Context::page` adds the language.
    let known = |name: &str| table.iter().any(|parameter| parameter.name == name);
    let mut pairs: Pairs = pairs_of(request.query_string())
        .filter(|(name, value)| known(name) && name != "lang" && !value.trim().is_empty())
        .map(|(name, value)| (name.into_owned(), value))
        .collect();
    let mut filter_error = None;
    let query = |pairs: &Pairs| query_of(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let read = |pairs: &Pairs| -> Result<Search, Error> {
        let text = query(pairs);
        let parsed = ApiQuery::read(&table, &text)?;
        search_of(&parsed, &snapshot)
    };
    let mut search = match read(&pairs) {
        Ok(search) => search,
        Err(error) => {
            filter_error = Some(error.to_string());
            pairs.retain(|(name, _)| name == "q");
            read(&pairs).unwrap_or_default()
        }
    };
    {
        let vocabulary = snapshot.vocabulary();
        let used = FACETS.into_iter().filter(|scheme| !vocabulary.numbers_of(scheme).is_empty());
        search.facets = used.map(str::to_owned).collect();
    }
    search.facet_limit = VALUES.max(SWATCHES);
    search.histogram = Some(PERIOD);
    search.limit = PAGE;
    let hits = match service.find(search.clone()).await {
        // The cursor has expired, but the search is still valid.
        Err(Error::Invalid(invalid)) if invalid.parameter == "cursor" => {
            pairs.retain(|(name, _)| name != "cursor");
            service.find(Search { cursor: None, ..search.clone() }).await?
        }
        hits => hits?,
    };
    let here = SearchPage { app, visit, pairs: &pairs };
    let address = Address::new(&app.base.of(request)?);
    let same = here.query(|name, _| name != "cursor");
    let base = &visit.context.base;
    let given = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let canonical = canonical(given, &["cursor"]);
    let page = pages::Search {
        query: search.q.clone(),
        kept: here.kept(),
        total: hits.found.total,
        corrected: hits.found.corrected.clone(),
        chosen: here.chosen(&hits),
        facets: here.facets(&hits),
        histogram: here.histogram(&hits),
        sorts: here.sorts(search.order),
        hits: here.hits(&hits)?,
        next: hits.found.next.as_ref().map(|next| here.with(&[("cursor", &next.encode())], &["cursor"])),
        start: search.cursor.is_some().then(|| here.with(&[], &["cursor"])),
        unreachable: app.gallery.images.has_failing_store(),
        filter_error,
        api: Some(format!("{base}/api/v1/works?{same}")),
        collection: Some(address.search_collection(Version::V3, &canonical)),
        files: Some(visit.context.page("/?files")),
    };
    Ok(pages::search(&visit.context, &page))
}

/// The current search; builds the links of the page from it.
struct SearchPage<'a> {
    app: &'a App,
    visit: &'a Visit,
    pairs: &'a Pairs,
}

impl SearchPage<'_> {
    fn query(&self, keep: impl Fn(&str, &str) -> bool) -> String {
        let kept = self.pairs.iter().filter(|(name, value)| keep(name, value));
        query_of(kept.map(|(name, value)| (name.as_str(), value.as_str())))
    }

    /// The URL of this search with parameters added and removed.
    fn with(&self, more: &[(&str, &str)], less: &[&str]) -> String {
        let kept = self.pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let kept = kept.filter(|(name, _)| !less.contains(name)).chain(more.iter().copied());
        self.url(&query_of(kept))
    }

    /// The URL of this search without one of its filters.
    fn without(&self, name: &str, value: &str) -> String {
        self.url(&self.query(|known, given| known != "cursor" && (known != name || given != value)))
    }

    fn url(&self, query: &str) -> String {
        let path = if query.is_empty() { "/".to_owned() } else { format!("/?{query}") };
        self.visit.context.page(&path)
    }

    /// Parameters that a new search keeps: all except text and cursor.
    fn kept(&self) -> Pairs {
        self.pairs.iter().filter(|(name, _)| !matches!(name.as_str(), "q" | "cursor")).cloned().collect()
    }

    fn label(&self, hits: &Hits, filter: &str) -> String {
        let (scheme, value) = filter.split_once(':').unwrap_or(("", filter));
        let vocabulary = hits.snapshot.vocabulary();
        let term =
            vocabulary.find(scheme, &crate::record::slug(value)).and_then(|number| vocabulary.value(number));
        let label = term.and_then(|term| term.label.best(&self.visit.publisher.preferred_languages()));
        label.unwrap_or(value).to_owned()
    }

    /// The active filters, each linking to the search without it.
    fn chosen(&self, hits: &Hits) -> Vec<Link> {
        let context = &self.visit.context;
        let link = |(name, value): &(String, String)| {
            let label = match name.as_str() {
                "any" | "all" => self.label(hits, value),
                "none" => context.without(&self.label(hits, value)),
                name => context.filter(name, value)?,
            };
            Some(Link { label, href: self.without(name, value), chosen: true, ..Link::default() })
        };
        self.pairs.iter().filter_map(link).collect()
    }

    fn facets(&self, hits: &Hits) -> Vec<Facet> {
        let vocabulary = hits.snapshot.vocabulary();
        let preferred = self.visit.publisher.preferred_languages();
        let of = |(scheme, values): &(String, Vec<(u32, u64)>)| {
            let links = values.iter().filter_map(|(number, works)| {
                let term = vocabulary.value(*number)?;
                let filter = format!("{}:{}", term.scheme, term.value);
                let chosen = self.pairs.iter().any(|(name, value)| name == "all" && *value == filter);
                let href = match chosen {
                    true => self.without("all", &filter),
                    false => self.with(&[("all", &filter)], &["cursor"]),
                };
                let label = term.label.best(&preferred).unwrap_or(&term.value).to_owned();
                let swatch = swatch_of(&term.value).filter(|_| scheme == COLOUR);
                let swatch = swatch.map(|swatch| swatch.hex.clone());
                Some(Link { label, href, chosen, count: Some(*works), swatch })
            });
            let most = if scheme == COLOUR { SWATCHES } else { VALUES };
            Facet {
                label: self.visit.publisher.scheme_label(scheme),
                links: links.take(most).collect(),
                swatches: scheme == COLOUR,
            }
        };
        hits.found.facets.iter().map(of).collect()
    }

    fn histogram(&self, hits: &Hits) -> Vec<Bar> {
        let bars = hits.found.histogram.iter().rev().take(24).rev();
        let bar = |&(from, to, count): &(i32, i32, u64)| Bar {
            label: self.visit.context.period(from, to),
            count,
            href: self.with(&[("years", &format!("{from}/{to}"))], &["cursor", "years"]),
        };
        bars.map(bar).collect()
    }

    fn sorts(&self, order: Order) -> Vec<Link> {
        let link = |(name, sort): &(&str, Sort)| {
            let chosen = Order::parse(name).is_some_and(|own| own.sort == *sort && own == order);
            let href = match *name {
                "relevance" => self.with(&[], &["cursor", "sort"]),
                name => self.with(&[("sort", name)], &["cursor", "sort"]),
            };
            let label = self.visit.context.sort(name).to_owned();
            Link { label, href, chosen, ..Link::default() }
        };
        let is_offered = |sort: Sort| match sort {
            Sort::Number => false,
            // Few visitors look for a measure; who does has it in the address.
            Sort::Visual(_) => sort == order.sort,
            _ => true,
        };
        SORTS.iter().filter(|(_, sort)| is_offered(*sort)).map(link).collect()
    }

    /// The results. Opens no masters: sizes come from the index, from cached masters or from the record.
    fn hits(&self, hits: &Hits) -> Result<Vec<Hit>, Error> {
        let preferred = self.visit.publisher.preferred_languages();
        let mut page = Vec::with_capacity(hits.found.hits.len());
        for hit in &hits.found.hits {
            let stored = hits.snapshot.stored(*hit)?;
            let Some(work) = stored.work() else { continue };
            let grant =
                self.app.gallery.images.rights().of_record(work.rights.as_deref(), work.public_domain);
            let first = stored.images().find(|(_, image)| image.matched && grant.largest > 0);
            let size = first.as_ref().and_then(|(file, image)| {
                image
                    .size()
                    .map(|(width, height)| Dimensions::new(width, height))
                    .or_else(|| self.app.gallery.images.known_size(file))
                    .or_else(|| recorded_size(&work))
            });
            let date = work.production.iter().find_map(|made| made.text.best(&preferred)).map(str::to_owned);
            page.push(Hit {
                label: work.label().best(&preferred).unwrap_or(&work.object_number).to_owned(),
                creator: work.creators.first().map(|creator| creator.name.clone()),
                date,
                ratio: ratio(size),
                thumbnail: first.map(|(file, _)| {
                    let side = THUMBNAIL.min(grant.largest);
                    let base = &self.visit.context.base;
                    format!("{base}/iiif/3/{}/full/!{side},{side}/0/default.jpg", encoded(&file))
                }),
                public_domain: work.public_domain == Some(true),
                work: encoded(&work.object_number),
            });
        }
        Ok(page)
    }
}
