//! The search page: the query, filters, and results as a grid of pictures.

use maud::{Markup, html};

use super::context::Context;
use super::empty::no_results;
use super::filters::refine;
use super::form::{form, without_filters};
use super::frame::{document, footer, logo, menu, notices};
use super::hits::{grid, template};
use super::home::home;
use super::labels;
use super::like::{by_picture, like};
use super::link::swatch_style;
use super::scripts;
use super::search_results::Search;

/// The search page at `/`.
pub(crate) fn search(context: &Context, page: &Search) -> String {
    let column = refine(context, page);
    let filter_error =
        page.filter_error.iter().map(|why| format!("{} {why}.", context.text(labels::NOT_UNDERSTOOD)));
    let unreachable = page.unreachable.then(|| context.text(labels::UNREACHABLE).to_owned());
    let messages: Vec<String> = filter_error.chain(unreachable).collect();
    // The layout has its second column from the start, so that results do not move when the filters have loaded.
    let layout = if column.is_some() { "search-layout with-filters" } else { "search-layout" };
    let body = html! {
        (scripts::styles(context))
        header.top {
            (menu(context))
            (logo(context))
            h1 { a href=(context.page("/")) dir="auto" { (context.title()) } }
            (form(context, &page.query, &page.kept))
            (by_picture(context, page))
        }
        @if let Some(own) = &page.home { (home(context, own)) }
        (notices(context, &messages))
        div class=(layout) {
            main id="results" data-texts=(scripts::texts(context)) data-total=(page.total) data-offset=(page.offset)
                data-api=[&page.api] data-language=(context.language) {
                div.result-info {
                    h2 { (result_count(context, page)) }
                    @if column.is_some() {
                        a.skip-link href="#refine" { (context.text(labels::REFINE)) }
                        button.button.open-refine type="button" popovertarget="refine" { (context.text(labels::REFINE)) }
                    }
                    @if page.total > 0 { (sorts(context, page)) }
                }
                @if let Some(corrected) = &page.corrected {
                    p.corrected {
                        (context.text(labels::SHOWING_FOR)) " " (context.text(labels::QUOTE))
                        strong dir="auto" { (corrected) } (context.text(labels::UNQUOTE))
                        " " (context.text(labels::INSTEAD_OF)) " " (quoted(context, &page.query)) "."
                    }
                }
                @if page.relaxed { p.corrected { (context.text(labels::RELAXED)) } }
                (chosen(context, page))
                @if let Some(work) = &page.like { (like(context, work)) }
                (earlier(context, page))
                @if page.hits.is_empty() {
                    (no_results(context, page))
                } @else {
                    (grid(context, &page.hits))
                }
                (pages(context, page))
                p.visually-hidden id="status" role="status" {}
                @if page.can_send { (template(context)) }
                (other_formats(context, page))
            }
            @if let Some(column) = column { (column) }
        }
        (footer(context))
        (scripts::scripts(context, page))
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
                                @if let Some(style) = link.swatch.as_deref().and_then(swatch_style) {
                                    span.swatch style=(style) {}
                                }
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

/// The link to the page before this one, above the results.
fn earlier(context: &Context, page: &Search) -> Markup {
    html! {
        @if page.previous.is_some() {
            nav.pages.earlier aria-label=(context.text(labels::EARLIER)) {
                @if let Some(start) = &page.start { a href=(start) { (context.text(labels::FIRST_PAGE)) } }
                @if let Some(previous) = &page.previous {
                    a rel="prev" href=(previous) { (context.text(labels::EARLIER_WORKS)) }
                }
            }
        }
    }
}

fn pages(context: &Context, page: &Search) -> Markup {
    let start = page.start.as_ref().filter(|_| page.previous.is_none());
    html! {
        @if page.next.is_some() || start.is_some() {
            nav.pages.later aria-label=(context.text(labels::PAGES)) {
                @if let Some(start) = start { a href=(start) { (context.text(labels::FIRST_PAGE)) } }
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
