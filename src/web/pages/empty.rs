//! What the search page says when nothing was found, with ways to go on.

use maud::{Markup, html};

use super::context::Context;
use super::form::without_filters;
use super::labels;
use super::search_results::Search;

/// The message for an empty result, with links to continue.
pub(super) fn no_results(context: &Context, page: &Search) -> Markup {
    let all = html! { a href=(context.page("/")) { (context.text(labels::SEE_ALL)) } };
    html! {
        div.no-results {
            @if !page.chosen.is_empty() {
                p { (context.text(labels::NONE_FOR_FILTERS)) }
                (alternatives(context, page))
                (without_filters(context, &page.query))
            } @else if page.total > 0 {
                p { (context.text(labels::NO_MORE)) " " (all) "." }
            } @else if !page.query.is_empty() {
                p { (context.text(labels::NONE_FOR_WORDS)) " " (all) "." }
                (suggestions(context, page))
            } @else {
                p { (context.text(labels::NOTHING_YET)) }
            }
        }
    }
}

fn alternatives(context: &Context, page: &Search) -> Markup {
    html! {
        @if !page.alternatives.is_empty() {
            p id="alternatives" { (context.text(labels::WITHOUT_ONE)) }
            ul.alternatives aria-labelledby="alternatives" {
                @for link in &page.alternatives {
                    li {
                        a href=(link.href) rel="nofollow" {
                            (context.text(labels::LEAVE_OUT)) " " (context.text(labels::QUOTE))
                            span dir="auto" { (link.label) } (context.text(labels::UNQUOTE))
                        }
                        @if let Some(count) = link.count { ": " (context.counted(count, labels::WORKS)) }
                    }
                }
            }
        }
    }
}

fn suggestions(context: &Context, page: &Search) -> Markup {
    html! {
        @if !page.suggestions.is_empty() {
            p id="suggestions" { (context.text(labels::DID_YOU_MEAN)) }
            ul.alternatives aria-labelledby="suggestions" {
                @for link in &page.suggestions {
                    li {
                        a href=(link.href) rel="nofollow" dir="auto" { (link.label) }
                        @if let Some(count) = link.count { ": " (context.counted(count, labels::WORKS)) }
                    }
                }
            }
        }
    }
}
