//! The search form at the top of pages.

use maud::{Markup, html};

use super::context::Context;
use super::labels;

/// A search form that keeps `kept`, the names and values of the active filters.
pub(super) fn form(context: &Context, query: &str, kept: &[(String, String)]) -> Markup {
    let label = context.text(labels::SEARCH_THE_COLLECTION);
    html! {
        form.seek action={ (context.base) "/" } method="get" role="search" {
            label.unseen for="q" { (label) }
            input type="search" id="q" name="q" value=(query) placeholder=(label)
                autocomplete="off" enterkeyhint="search" dir="auto";
            @for (name, value) in kept { (hidden(name, value)) }
            (language(context))
            button type="submit" { (context.text(labels::SEARCH)) }
        }
    }
}

/// A button that searches for the same words without any filter.
pub(super) fn without_filters(context: &Context, query: &str) -> Markup {
    html! {
        form.drop action={ (context.base) "/" } method="get" {
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
