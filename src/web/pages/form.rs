//! The search form at the top of pages.

use maud::{Markup, html};

use super::context::Context;
use super::labels;

/// The search form; `filters` are the names and values of active filters, which it submits again.
pub(super) fn form(context: &Context, query: &str, filters: &[(String, String)]) -> Markup {
    let label = context.text(labels::SEARCH_THE_COLLECTION);
    html! {
        form.search-form action={ (context.base) "/" } method="get" role="search" {
            label.visually-hidden for="q" { (label) }
            input type="search" id="q" name="q" value=(query) placeholder=(label)
                autocomplete="off" enterkeyhint="search" dir="auto";
            @for (name, value) in filters { (hidden(name, value)) }
            (language(context))
            button type="submit" { (context.text(labels::SEARCH)) }
        }
    }
}

/// A button that repeats the query without its filters.
pub(super) fn without_filters(context: &Context, query: &str) -> Markup {
    html! {
        form.clear-filters action={ (context.base) "/" } method="get" {
            @if !query.is_empty() { (hidden("q", query)) }
            (language(context))
            button type="submit" { (context.text(labels::CLEAR_FILTERS)) }
        }
    }
}

fn language(context: &Context) -> Markup {
    html! { @if context.chosen { (hidden("lang", context.language)) } }
}

fn hidden(name: &str, value: &str) -> Markup {
    html! { input type="hidden" name=(name) value=(value); }
}
