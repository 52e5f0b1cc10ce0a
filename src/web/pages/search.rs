//! The collection's first page: a search, its results as a wall of pictures.

use maud::{Markup, html};

use super::form::{form, without_filters};
use super::frame::{document, footer};
use super::link::Link;
use super::number::counted;
use super::refine::{Bar, Facet, refine};

/// One page of a search's results.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Search {
    /// The collection's name, shown as heading.
    pub title: String,
    /// The words, as typed.
    pub query: String,
    /// Names and values of the filters in force, which a new search keeps.
    pub kept: Vec<(String, String)>,
    /// How many works were found on all pages.
    pub total: u64,
    /// What was searched for instead, where typing errors were forgiven.
    pub corrected: Option<String>,
    /// The filters in force; each leads to the search without it.
    pub chosen: Vec<Link>,
    /// What the search can be narrowed by.
    pub facets: Vec<Facet>,
    /// The works by period.
    pub histogram: Vec<Bar>,
    /// The orders that the works can stand in.
    pub sorts: Vec<Link>,
    /// The works on this page, in order.
    pub hits: Vec<Hit>,
    /// The address of the next page, if there is one.
    pub next: Option<String>,
    /// The address of the first page, if this is another.
    pub start: Option<String>,
    /// What the visitor or the operator ought to know, one sentence each.
    pub notices: Vec<String>,
    /// The address of the same search in the API.
    pub api: Option<String>,
    /// The address of the same search as a IIIF Collection.
    pub collection: Option<String>,
    /// Where the images are listed as they lie.
    pub files: Option<String>,
}

/// One work on the wall.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hit {
    /// The object number, percent-encoded as one path segment.
    pub work: String,
    /// The title.
    pub label: String,
    /// Who made it.
    pub creator: Option<String>,
    /// When it was made, as the museum says it.
    pub date: Option<String>,
    /// The address of its picture, at most 400 pixels on either side.
    pub thumbnail: Option<String>,
    /// The picture's width over its height.
    pub ratio: Option<f64>,
    /// Whether its picture is in the public domain.
    pub public_domain: bool,
}

/// The page at `/`: what `page` has found. `base` stands before every address and may be empty.
pub fn search(base: &str, page: &Search) -> String {
    let column = refine(&page.facets, &page.histogram);
    let body = html! {
        header.top {
            h1 { a href={ (base) "/" } dir="auto" { (page.title) } }
            (form(base, &page.query, &page.kept))
        }
        @if !page.notices.is_empty() {
            ul.notices aria-label="Notices" { @for notice in &page.notices { li { (notice) } } }
        }
        div.hall {
            main {
                div.told {
                    h2 { (found(page)) }
                    @if column.is_some() { a.jump href="#refine" { "Refine" } }
                    @if page.total > 0 { (sorts(page)) }
                }
                @if let Some(corrected) = &page.corrected {
                    p.corrected {
                        "Showing results for “" strong dir="auto" { (corrected) }
                        "” instead of “" span dir="auto" { (page.query) } "”."
                    }
                }
                (chosen(base, page))
                @if page.hits.is_empty() {
                    (nothing(base, page))
                } @else {
                    ul.hits { @for hit in &page.hits { li style=(style(hit.ratio)) { (card(base, hit)) } } }
                }
                (pages(page))
                (elsewhere(page))
            }
            @if let Some(column) = column { (column) }
        }
        (footer())
    };
    document(base, &name(page), "listing seeking", &[], body)
}

/// What the browser's tab shows.
fn name(page: &Search) -> String {
    match page.query.trim() {
        "" => page.title.clone(),
        query => format!("{query} · {}", page.title),
    }
}

fn found(page: &Search) -> Markup {
    html! {
        @if page.total == 0 { "No works" } @else { (counted(page.total, "work")) }
        @if !page.query.is_empty() && page.corrected.is_none() {
            " for “" span dir="auto" { (page.query) } "”"
        }
    }
}

fn sorts(page: &Search) -> Markup {
    html! {
        @if page.sorts.len() > 1 {
            nav.sorts aria-label="Order" {
                ul {
                    @for link in &page.sorts {
                        li { a href=(link.href) rel="nofollow" aria-current=[link.current()] { (link.label) } }
                    }
                }
            }
        }
    }
}

fn chosen(base: &str, page: &Search) -> Markup {
    html! {
        @if !page.chosen.is_empty() {
            div.chips {
                ul aria-label="Filters in force" {
                    @for link in &page.chosen {
                        li {
                            a href=(link.href) rel="nofollow" {
                                span.unseen { "Remove " }
                                span dir="auto" { (link.label) }
                                span.cross aria-hidden="true" { "×" }
                            }
                        }
                    }
                }
                @if page.chosen.len() > 1 && !page.hits.is_empty() { (without_filters(base, &page.query)) }
            }
        }
    }
}

/// Why the wall is empty, with a way on.
fn nothing(base: &str, page: &Search) -> Markup {
    let all = html! { a href={ (base) "/" } { "see the whole collection" } };
    html! {
        div.nothing {
            @if !page.chosen.is_empty() {
                p { "No work answers to all of this. Take a filter away, or drop them all." }
                (without_filters(base, &page.query))
            } @else if page.total > 0 {
                p { "There are no more works on this page: go back, or " (all) "." }
            } @else if !page.query.is_empty() {
                p { "No work answers to these words. Try fewer of them, or others, or " (all) "." }
            } @else {
                p { "There is nothing to see here yet." }
            }
        }
    }
}

fn card(base: &str, hit: &Hit) -> Markup {
    html! {
        // One link for picture and title: the picture adds nothing to its name.
        a href={ (base) "/works/" (hit.work) } {
            @match &hit.thumbnail {
                Some(address) => div.picture { img src=(address) alt="" loading="lazy" decoding="async"; },
                None => div.picture.blank { "No picture" },
            }
            h3 dir="auto" { (hit.label) }
        }
        @if hit.creator.is_some() || hit.date.is_some() || hit.public_domain {
            p.facts {
                @if let Some(creator) = &hit.creator { span.creator dir="auto" { (creator) } }
                @if let Some(date) = &hit.date { " " span.date dir="auto" { (date) } }
                @if hit.public_domain { (public_domain()) }
            }
        }
    }
}

fn public_domain() -> Markup {
    html! {
        svg.free viewBox="0 0 24 24" role="img" aria-label="Public domain" {
            title { "Public domain" }
            circle cx="12" cy="12" r="9" {}
            path d="M15 9.4a4 4 0 1 0 0 5.2M5.6 5.6l12.8 12.8" {}
        }
    }
}

/// Width over height of the place on the wall; very long pictures get a place that is less so.
fn style(ratio: Option<f64>) -> String {
    let known = ratio.filter(|ratio| ratio.is_finite() && *ratio > 0.0);
    format!("--ratio:{:.3}", known.unwrap_or(1.0).clamp(0.55, 2.6))
}

fn pages(page: &Search) -> Markup {
    html! {
        @if page.next.is_some() || page.start.is_some() {
            nav.pages aria-label="Pages" {
                @if let Some(start) = &page.start { a href=(start) { "First page" } }
                @if let Some(next) = &page.next { a rel="next" href=(next) { "More works" } }
            }
        }
    }
}

/// The same search for programs, and the files behind the works.
fn elsewhere(page: &Search) -> Markup {
    let ways = [
        ("This search in the API", &page.api),
        ("This search as a IIIF Collection", &page.collection),
        ("All images, as files", &page.files),
    ];
    let ways: Vec<_> = ways.iter().filter_map(|(label, address)| Some((label, address.as_ref()?))).collect();
    html! {
        @if !ways.is_empty() {
            nav.elsewhere aria-label="Elsewhere" {
                ul.doors { @for (label, address) in ways { li { a href=(address) { (label) } } } }
            }
        }
    }
}

#[cfg(test)]
#[path = "search_tests.rs"]
mod tests;
