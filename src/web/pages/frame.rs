//! The parts that all pages share: head, site name and logo, notices, footer.

use maud::{DOCTYPE, Markup, html};

use super::assets;
use super::context::Context;
use super::labels;

/// The HTML document; `kind` is the class of its root element, `files` are paths of assets: style sheets, and scripts,
/// which are run in this order once the page is parsed.
pub(super) fn document(context: &Context, title: &str, kind: &str, files: &[&str], body: Markup) -> String {
    document_with(context, title, kind, files, html! {}, body)
}

/// The HTML document with further elements in its head.
pub(super) fn document_with(
    context: &Context,
    title: &str,
    kind: &str,
    files: &[&str],
    head: Markup,
    body: Markup,
) -> String {
    let base = &context.base;
    let page = html! {
        (DOCTYPE)
        html lang=(context.language) dir=[direction(context.language)] class=(kind) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                link rel="icon" type="image/svg+xml" href=(assets::address(base, "icon.svg"));
                link rel="stylesheet" href=(assets::address(base, "tegl.css"));
                @for language in &context.languages {
                    link rel="alternate" hreflang=(language.label) href=(context.absolute(&language.href));
                }
                @for file in files {
                    (assets::element(base, file))
                }
                @if let Some(style) = &context.style { link rel="stylesheet" href=(style); }
                (head)
            }
            body { (body) }
        }
    };
    page.into_string()
}

/// The museum's logo and the collection's name, linked to the start page.
pub(super) fn site_name(context: &Context) -> Markup {
    html! {
        a.home href=(context.page("/")) { (logo(context)) span dir="auto" { (context.title()) } }
        (menu(context))
    }
}

/// The museum's links.
pub(super) fn menu(context: &Context) -> Markup {
    html! {
        @if !context.menu.is_empty() {
            nav.menu aria-label=(context.text(labels::MENU)) {
                ul.links { @for link in &context.menu { li { a href=(link.href) dir="auto" { (link.label) } } } }
            }
        }
    }
}

/// The direction of a language, if it is written from right to left.
fn direction(language: &str) -> Option<&'static str> {
    matches!(language, "ar" | "fa" | "he" | "ur" | "yi").then_some("rtl")
}

/// The museum's logo; the style sheet limits it to the height of a heading.
pub(super) fn logo(context: &Context) -> Markup {
    let logo = &context.logo;
    let side = |side: u32| (side > 0).then_some(side);
    html! {
        @if !logo.url.is_empty() {
            img.logo src=(logo.url) alt="" width=[side(logo.width)] height=[side(logo.height)];
        }
    }
}

/// Notices for visitors or the operator, one sentence each.
pub(super) fn notices(context: &Context, notices: &[String]) -> Markup {
    html! {
        @if !notices.is_empty() {
            ul.notices aria-label=(context.text(labels::NOTICES)) { @for notice in notices { li { (notice) } } }
        }
    }
}

/// The footer of all pages except the viewers.
pub(super) fn footer(context: &Context) -> Markup {
    html! {
        footer {
            @if !context.homepage.is_empty() {
                p { a.homepage href=(context.homepage) dir="auto" { (homepage(context)) } }
            }
            @if let Some(text) = &context.footer { p.own dir="auto" { (text) } }
            (languages(context))
            p {
                (context.text(labels::SERVED_BY)) " · "
                a href="https://iiif.io/api/image/3.0/" { "IIIF Image API" }
                " 3.0 " (context.text(labels::AND)) " 2.1 · "
                a href="https://iiif.io/api/presentation/3.0/" { "Presentation API" }
                " 3.0 · Deep Zoom"
            }
        }
    }
}

/// The text of the link to the museum's site: the collection's name, or the site's host.
fn homepage(context: &Context) -> &str {
    let host = context.homepage.split_once("://").map_or(context.homepage.as_str(), |(_, rest)| rest);
    context.name.as_deref().unwrap_or(host.trim_end_matches('/'))
}

/// Links to this page in the site's languages, each by its own name.
fn languages(context: &Context) -> Markup {
    html! {
        @if context.languages.len() > 1 {
            nav.languages aria-label=(context.text(labels::LANGUAGE)) {
                ul.links {
                    @for link in &context.languages {
                        li {
                            a href=(link.href) lang=(link.label) hreflang=(link.label)
                                aria-current=[link.aria_current()] { (language_name(&link.label)) }
                        }
                    }
                }
            }
        }
    }
}

fn language_name(language: &str) -> &str {
    match language {
        "da" => "Dansk",
        "de" => "Deutsch",
        "en" => "English",
        "es" => "Español",
        "fi" => "Suomi",
        "fo" => "Føroyskt",
        "fr" => "Français",
        "is" => "Íslenska",
        "it" => "Italiano",
        "kl" => "Kalaallisut",
        "nb" | "no" => "Norsk",
        "nl" => "Nederlands",
        "pl" => "Polski",
        "sv" => "Svenska",
        "ar" => "العربية",
        "uk" => "Українська",
        other => other,
    }
}
