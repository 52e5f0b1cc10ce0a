//! The search page: the query, filters, and results as a grid of pictures.

use maud::{Markup, html};

use super::context::Context;
use super::filters::{Bar, Facet, refine};
use super::form::{form, without_filters};
use super::frame::{document, footer, logo, notices};
use super::labels;
use super::link::Link;

/// One page of a search's results.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Search {
    /// The query text, as typed.
    pub query: String,
    /// Names and values of the parameters that a new query keeps: filters and sort order.
    pub kept: Vec<(String, String)>,
    /// How many works were found on all pages.
    pub total: u64,
    /// The corrected query text, if it was corrected.
    pub corrected: Option<String>,
    /// The active filters; each links to the search without it.
    pub chosen: Vec<Link>,
    /// The facets.
    pub facets: Vec<Facet>,
    /// The works by period.
    pub histogram: Vec<Bar>,
    /// The sort orders.
    pub sorts: Vec<Link>,
    /// The works on this page, in order.
    pub hits: Vec<Hit>,
    /// The URL of the next page, if there is one.
    pub next: Option<String>,
    /// The URL of the first page, if this is a later one.
    pub start: Option<String>,
    /// Whether a store failed, so that some pictures are missing.
    pub unreachable: bool,
    /// Why the filters were ignored, if they could not be parsed; in English.
    pub filter_error: Option<String>,
    /// The URL of the same search in the API.
    pub api: Option<String>,
    /// The URL of the same search as a IIIF Collection.
    pub collection: Option<String>,
    /// The URL of the list of images as files.
    pub files: Option<String>,
}

/// One work in the grid.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Hit {
    /// The object number, percent-encoded as one path segment.
    pub work: String,
    /// The title.
    pub label: String,
    /// The first creator's name.
    pub creator: Option<String>,
    /// The date as the museum's record states it.
    pub date: Option<String>,
    /// The URL of its thumbnail, at most 400 pixels on either side.
    pub thumbnail: Option<String>,
    /// The picture's aspect ratio.
    pub ratio: Option<f64>,
    /// Whether its picture is in the public domain.
    pub public_domain: bool,
}

/// The search page at `/`.
pub(crate) fn search(context: &Context, page: &Search) -> String {
    let column = refine(context, &page.facets, &page.histogram);
    let filter_error =
        page.filter_error.iter().map(|why| format!("{} {why}.", context.text(labels::NOT_UNDERSTOOD)));
    let unreachable = page.unreachable.then(|| context.text(labels::UNREACHABLE).to_owned());
    let messages: Vec<String> = filter_error.chain(unreachable).collect();
    // The layout has its second column from the start, so that results do not move when the filters have loaded.
    let layout = if column.is_some() { "search-layout with-filters" } else { "search-layout" };
    let body = html! {
        header.top {
            (logo(context))
            h1 { a href=(context.page("/")) dir="auto" { (context.title()) } }
            (form(context, &page.query, &page.kept))
        }
        (notices(context, &messages))
        div class=(layout) {
            main {
                div.result-info {
                    h2 { (result_count(context, page)) }
                    @if column.is_some() { a.skip-link href="#refine" { (context.text(labels::REFINE)) } }
                    @if page.total > 0 { (sorts(context, page)) }
                }
                @if let Some(corrected) = &page.corrected {
                    p.corrected {
                        (context.text(labels::SHOWING_FOR)) " " (context.text(labels::QUOTE))
                        strong dir="auto" { (corrected) } (context.text(labels::UNQUOTE))
                        " " (context.text(labels::INSTEAD_OF)) " " (quoted(context, &page.query)) "."
                    }
                }
                (chosen(context, page))
                @if page.hits.is_empty() {
                    (no_results(context, page))
                } @else {
                    ul.hits { @for hit in &page.hits { li style=(style(hit.ratio)) { (grid_item(context, hit)) } } }
                }
                (pages(context, page))
                (other_formats(context, page))
            }
            @if let Some(column) = column { (column) }
        }
        (footer(context))
    };
    document(context, &document_title(context, page), "listing search-page", &[], body)
}

/// The title of the HTML document.
fn document_title(context: &Context, page: &Search) -> String {
    match page.query.trim() {
        "" => context.title().to_owned(),
        query => format!("{query} · {}", context.title()),
    }
}

fn result_count(context: &Context, page: &Search) -> Markup {
    html! {
        @if page.total == 0 { (context.text(labels::NO_WORKS)) } @else { (context.counted(page.total, labels::WORKS)) }
        @if !page.query.is_empty() && page.corrected.is_none() {
            " " (context.text(labels::FOR)) " " (quoted(context, &page.query))
        }
    }
}

fn quoted(context: &Context, text: &str) -> Markup {
    html! { (context.text(labels::QUOTE)) span dir="auto" { (text) } (context.text(labels::UNQUOTE)) }
}

fn sorts(context: &Context, page: &Search) -> Markup {
    html! {
        @if page.sorts.len() > 1 {
            nav.sorts aria-label=(context.text(labels::SORT_BY)) {
                ul {
                    @for link in &page.sorts {
                        li { a href=(link.href) rel="nofollow" aria-current=[link.aria_current()] { (link.label) } }
                    }
                }
            }
        }
    }
}

fn chosen(context: &Context, page: &Search) -> Markup {
    html! {
        @if !page.chosen.is_empty() {
            div.chips {
                ul aria-label=(context.text(labels::ACTIVE_FILTERS)) {
                    @for link in &page.chosen {
                        li {
                            a href=(link.href) rel="nofollow" {
                                span.visually-hidden { (context.text(labels::REMOVE)) " " }
                                span dir="auto" { (link.label) }
                                span.remove-icon aria-hidden="true" { "×" }
                            }
                        }
                    }
                }
                @if page.chosen.len() > 1 && !page.hits.is_empty() { (without_filters(context, &page.query)) }
            }
        }
    }
}

/// The message for an empty result, with a link to continue.
fn no_results(context: &Context, page: &Search) -> Markup {
    let all = html! { a href=(context.page("/")) { (context.text(labels::SEE_ALL)) } };
    html! {
        div.no-results {
            @if !page.chosen.is_empty() {
                p { (context.text(labels::NONE_FOR_FILTERS)) }
                (without_filters(context, &page.query))
            } @else if page.total > 0 {
                p { (context.text(labels::NO_MORE)) " " (all) "." }
            } @else if !page.query.is_empty() {
                p { (context.text(labels::NONE_FOR_WORDS)) " " (all) "." }
            } @else {
                p { (context.text(labels::NOTHING_YET)) }
            }
        }
    }
}

fn grid_item(context: &Context, hit: &Hit) -> Markup {
    html! {
        // One link for picture and title; the picture's `alt` is empty, so that screen readers do not repeat the title.
        a href=(context.page(&format!("/works/{}", hit.work))) {
            @match &hit.thumbnail {
                Some(address) => div.picture {
                    // Covered by the picture once that has loaded.
                    span.placeholder aria-hidden="true" { (context.text(labels::PICTURE_COMING)) }
                    img src=(address) alt="" loading="lazy" decoding="async";
                },
                None => div.picture.blank { (context.text(labels::NO_PICTURE)) },
            }
            h3 dir="auto" { (hit.label) }
        }
        @if hit.creator.is_some() || hit.date.is_some() || hit.public_domain {
            p.facts {
                @if let Some(creator) = &hit.creator { span.creator dir="auto" { (creator) } }
                @if let Some(date) = &hit.date { " " span.date dir="auto" { (date) } }
                @if hit.public_domain { (public_domain(context)) }
            }
        }
    }
}

fn public_domain(context: &Context) -> Markup {
    let label = context.text(labels::PUBLIC_DOMAIN);
    html! {
        svg.public-domain viewBox="0 0 24 24" role="img" aria-label=(label) {
            title { (label) }
            circle cx="12" cy="12" r="9" {}
            path d="M15 9.4a4 4 0 1 0 0 5.2M5.6 5.6l12.8 12.8" {}
        }
    }
}

/// The aspect ratio of the grid cell, clamped to 0.55–2.6; 1 if unknown.
fn style(ratio: Option<f64>) -> String {
    let known = ratio.filter(|ratio| ratio.is_finite() && *ratio > 0.0);
    format!("--ratio:{:.3}", known.unwrap_or(1.0).clamp(0.55, 2.6))
}

fn pages(context: &Context, page: &Search) -> Markup {
    html! {
        @if page.next.is_some() || page.start.is_some() {
            nav.pages aria-label=(context.text(labels::PAGES)) {
                @if let Some(start) = &page.start { a href=(start) { (context.text(labels::FIRST_PAGE)) } }
                @if let Some(next) = &page.next { a rel="next" href=(next) { (context.text(labels::MORE_WORKS)) } }
            }
        }
    }
}

/// Links to the same search in the API and as a collection, and to the list of files.
fn other_formats(context: &Context, page: &Search) -> Markup {
    let links = [
        (labels::IN_THE_API, &page.api),
        (labels::AS_COLLECTION, &page.collection),
        (labels::ALL_FILES, &page.files),
    ];
    let links: Vec<_> =
        links.iter().filter_map(|(label, address)| Some((context.text(*label), address.as_ref()?))).collect();
    html! {
        @if !links.is_empty() {
            nav.other-formats aria-label=(context.text(labels::OTHER_FORMATS)) {
                ul.links { @for (label, address) in links { li { a href=(address) { (label) } } } }
            }
        }
    }
}

#[cfg(test)]
#[path = "search_tests.rs"]
mod tests;
