//! Pages that commands write: complete in one file.

use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = "
    body { font: 15px/1.4 system-ui, sans-serif; margin: 2rem; color: #222; }
";

/// A page as HTML, headed by its title.
pub(super) fn page(title: &str, style: &str, content: Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) (PreEscaped(style)) }
            }
            body {
                h1 { (title) }
                (content)
            }
        }
    };
    page.into_string()
}
