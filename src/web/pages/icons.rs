//! Icons: paths in a square of 24, drawn in the color of the text.

use maud::{Markup, html};

use super::context::Context;
use super::labels::Label;

/// An icon of one path; it says nothing to screen readers.
pub(super) fn icon(path: &str) -> Markup {
    html! { svg.icon viewBox="0 0 24 24" aria-hidden="true" { path d=(path) {} } }
}

/// A button with an icon, which a script finds by its `data-tool`.
pub(super) fn tool(context: &Context, name: &str, label: Label, path: &str) -> Markup {
    let label = context.text(label);
    html! {
        button type="button" data-tool=(name) aria-label=(label) title=(label) { (icon(path)) }
    }
}

pub(super) const ZOOM_IN: &str = "M12 6v12M6 12h12";
pub(super) const ZOOM_OUT: &str = "M6 12h12";
pub(super) const HOME: &str = "M5 12l7-7 7 7M7 10.5V19h10v-8.5";
pub(super) const TURN: &str = "M18 12a6 6 0 1 1-2-4.5M18 4v4h-4";
pub(super) const FULL_SCREEN: &str = "M9 5H5v4M15 5h4v4M19 15v4h-4M9 19H5v-4";
pub(super) const BOXES: &str = "M4 4h10v10H4zM10 10h10v10H10z";
pub(super) const PREVIOUS: &str = "M15 5l-7 7 7 7";
pub(super) const NEXT: &str = "M9 5l7 7-7 7";
