//! The compare button, and the tray of the works that were chosen with it.

use maud::{Markup, html};
use serde_json::json;

use super::labels;
use crate::web::pages::context::Context;

/// The files that a page with buttons or the tray needs.
pub(in crate::web::pages) const TRAY: [&str; 2] = ["compare/tray.css", "compare/tray.js"];

/// A button that adds a work to the tray, or removes it; hidden without script. `id` is an object number, or the URL of
/// a manifest.
pub(in crate::web::pages) fn button(context: &Context, id: &str, label: &str) -> Markup {
    html! {
        button.button.compare-button type="button" hidden data-compare=(id) data-label=(label) aria-pressed="false" {
            (context.text(labels::COMPARE))
        }
    }
}

/// The tray: hidden while no work is chosen.
pub(in crate::web::pages) fn tray(context: &Context) -> Markup {
    let text = |label| context.text(label);
    let texts = json!({ "full": text(labels::FULL), "remove": text(labels::REMOVE) }).to_string();
    html! {
        section #compare-tray .compare-tray hidden aria-label=(text(labels::CHOSEN))
            data-page=(context.page("/compare")) data-texts=(texts) {
            h2 { (text(labels::CHOSEN)) }
            ul {}
            p role="status" {}
            button type="button" data-clear { (text(labels::CLEAR)) }
            a href=(context.page("/compare")) { (text(labels::COMPARE)) " (" span { "0" } ")" }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_button_and_the_tray_escape_and_keep_the_language() {
        let danish = Context { language: "da", chosen: true, base: "/m".into(), ..Context::default() };
        let button = button(&danish, "KMS\"1", "<b>").into_string();
        assert!(button.contains("data-compare=\"KMS&quot;1\" data-label=\"&lt;b&gt;\""), "{button}");
        let tray = tray(&danish).into_string();
        assert!(tray.contains("data-page=\"/m/compare?lang=da\"") && tray.contains("Valgt til"), "{tray}");
    }
}
