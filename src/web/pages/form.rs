//! The search form at the top of pages.

use maud::{Markup, html};

use super::assets;
use super::context::Context;
use super::labels;

/// The search form; `filters` are the names and values of active filters, which it submits again.
pub(super) fn form(context: &Context, query: &str, filters: &[(String, String)]) -> Markup {
    let label = context.text(labels::SEARCH_THE_COLLECTION);
    html! {
        (assets::element(&context.base, "find/form.css"))
        form.search-form action={ (context.base) "/" } method="get" role="search"
            data-suggest={ (context.base) "/api/v1/suggest" } data-suggestions=(context.text(labels::SUGGESTIONS)) {
            label.visually-hidden for="q" { (label) }
            input type="search" id="q" name="q" value=(query) placeholder=(label)
                autocomplete="off" enterkeyhint="search" dir="auto";
            (hidden_fields(context, filters))
            button type="submit" { (context.text(labels::SEARCH)) }
        }
        (assets::element(&context.base, "find/suggest.js"))
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

/// Hidden fields with these names and values, and the chosen language.
pub(super) fn hidden_fields(context: &Context, fields: &[(String, String)]) -> Markup {
    html! {
        @for (name, value) in fields { (hidden(name, value)) }
        (language(context))
    }
}

fn language(context: &Context) -> Markup {
    html! { @if context.chosen { (hidden("lang", context.language)) } }
}

fn hidden(name: &str, value: &str) -> Markup {
    html! { input type="hidden" name=(name) value=(value); }
}
