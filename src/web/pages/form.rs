//! The search field that pages about works have at their top.

use maud::{Markup, html};

/// A search that keeps `kept`, names and values of what is in force besides the words.
pub(super) fn form(base: &str, query: &str, kept: &[(String, String)]) -> Markup {
    html! {
        form.seek action={ (base) "/" } method="get" role="search" {
            label.unseen for="q" { "Search the collection" }
            input type="search" id="q" name="q" value=(query) placeholder="Search the collection"
                autocomplete="off" enterkeyhint="search" dir="auto";
            (hidden(kept))
            button type="submit" { "Search" }
        }
    }
}

/// A button that searches for the same words and for nothing else.
pub(super) fn without_filters(base: &str, query: &str) -> Markup {
    html! {
        form.drop action={ (base) "/" } method="get" {
            @if !query.is_empty() { input type="hidden" name="q" value=(query); }
            button type="submit" { "Drop all filters" }
        }
    }
}

fn hidden(fields: &[(String, String)]) -> Markup {
    html! {
        @for (name, value) in fields { input type="hidden" name=(name) value=(value); }
    }
}
