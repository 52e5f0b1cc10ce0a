//! The page on which works are compared; its script loads them by their manifests. Without script it lists them.

mod labels;
mod tools;
mod tray;

use maud::{Markup, html};
use serde_json::{Value, json};

use super::assets;
use super::context::Context;
use super::frame::document;
use super::link::Link;
#[allow(unused_imports, reason = "the pages of works and hits include them")]
pub(super) use tray::{TRAY, button, tray};

const OPENSEADRAGON: &str = "openseadragon/openseadragon.min.js";

/// What was asked to be compared.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Comparison {
    /// The chosen works of this server; those that are unknown have no `href`.
    pub works: Vec<Link>,
    /// The manifests of other servers.
    pub manifests: Vec<String>,
    /// Whether works of other servers may be loaded.
    pub other_servers: bool,
}

/// The page at `/compare`.
pub(crate) fn compare(context: &Context, comparison: &Comparison) -> String {
    let heading = context.text(labels::COMPARE);
    let body = html! {
        header.bar {
            a.back href=(context.page("/")) aria-label=(context.text(labels::SEARCH_COLLECTION))
                title=(context.text(labels::SEARCH_COLLECTION)) {
                svg viewBox="0 0 24 24" aria-hidden="true" { path d="M15 5l-7 7 7 7" {} }
            }
            h1 { (heading) }
        }
        main #compare data-base=(context.base) data-language=(context.language) data-name=(context.title())
            data-other-servers=(comparison.other_servers) data-texts=(texts(context)) {
            @if assets::is_bundled(OPENSEADRAGON) {
                noscript { (listed(context, comparison)) }
                (tools::app(context))
            } @else {
                p { (context.text(super::labels::NOT_BUILT)) " " code { "cd src/web/pages && npm ci && npm run build" } }
                (listed(context, comparison))
            }
        }
    };
    let title = format!("{heading} · {}", context.title());
    document(
        context,
        &title,
        "compare-page",
        &["compare/compare.css", OPENSEADRAGON, "compare/main.js"],
        body,
    )
}

/// The chosen works as links.
fn listed(context: &Context, comparison: &Comparison) -> Markup {
    let is_empty = comparison.works.is_empty() && comparison.manifests.is_empty();
    html! {
        div.listed {
            p { (context.text(labels::NEEDS_SCRIPT)) }
            @if is_empty {
                p { (context.text(labels::NONE_CHOSEN)) " "
                    a href=(context.page("/")) { (context.text(labels::SEARCH_COLLECTION)) } }
            } @else {
                ul {
                    @for work in &comparison.works {
                        li dir="auto" {
                            @if work.href.is_empty() {
                                (work.label) " (" (context.text(labels::UNKNOWN_WORK)) ")"
                            } @else { a href=(work.href) { (work.label) } }
                        }
                    }
                    @for manifest in &comparison.manifests {
                        li { (context.text(labels::OTHER_MANIFEST)) ": " a href=(manifest) rel="nofollow noopener" { (manifest) } }
                    }
                }
            }
        }
    }
}

/// What the script says, by its names there.
fn texts(context: &Context) -> String {
    let texts = tools::TEXTS.iter().map(|(name, label)| ((*name).to_owned(), json!(context.text(*label))));
    let pixels = ("pixels".to_owned(), context.for_script(labels::PIXELS));
    Value::Object(texts.chain([pixels]).collect()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comparison() -> Comparison {
        Comparison {
            works: vec![
                Link { label: "A <b>".into(), href: "/works/A".into(), ..Link::default() },
                Link { label: "NONE".into(), ..Link::default() },
            ],
            manifests: vec!["https://other.example/manifest?a=1&b=\"".into()],
            other_servers: true,
        }
    }

    #[test]
    fn the_chosen_works_are_listed_without_script() {
        let list = listed(&Context::default(), &comparison()).into_string();
        assert!(list.contains("<a href=\"/works/A\">A &lt;b&gt;</a>"), "{list}");
        assert!(list.contains("NONE (not found)"), "{list}");
        assert!(list.contains("href=\"https://other.example/manifest?a=1&amp;b=&quot;\""), "{list}");
        let none = listed(&Context { language: "da", ..Context::default() }, &Comparison::default());
        assert!(none.into_string().contains("Der er ikke valgt værker endnu."));
    }

    #[test]
    fn the_page_has_no_inline_scripts_or_styles_and_unique_ids() {
        let page = compare(&Context::default(), &comparison());
        let inline = page.split("<script").skip(1).filter(|rest| !rest.starts_with(" src="));
        assert_eq!(inline.count(), 0, "{page}");
        assert!(!page.contains("style=") && !page.contains("onclick="), "{page}");
        let ids: Vec<&str> = page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        let unique: std::collections::HashSet<&&str> = ids.iter().collect();
        assert_eq!(ids.len(), unique.len(), "{ids:?}");
    }
}
