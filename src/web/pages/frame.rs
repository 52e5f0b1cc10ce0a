//! What every page has around its content: head, style sheet, icon, foot.

use maud::{DOCTYPE, Markup, html};

use super::assets;

/// A whole document; `scripts` are paths of assets, run in this order once the page is read.
pub(super) fn document(base: &str, title: &str, kind: &str, scripts: &[&str], body: Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" class=(kind) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                link rel="icon" type="image/svg+xml" href=(assets::address(base, "icon.svg"));
                link rel="stylesheet" href=(assets::address(base, "tegl.css"));
                @for script in scripts {
                    script src=(assets::address(base, script)) defer {}
                }
            }
            body { (body) }
        }
    };
    page.into_string()
}

/// What the listing, the search and the works end with.
pub(super) fn footer() -> Markup {
    html! {
        footer {
            p {
                "Served by Tegl · "
                a href="https://iiif.io/api/image/3.0/" { "IIIF Image API" }
                " 3.0 and 2.1 · "
                a href="https://iiif.io/api/presentation/3.0/" { "Presentation API" }
                " 3.0 · Deep Zoom"
            }
        }
    }
}
