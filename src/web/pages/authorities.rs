//! What the pages about creators and about concepts share: their lists, and the frame of one's page.

use maud::{Markup, html};
use serde_json::Value;

use super::context::Context;
use super::data_block::data_block;
use super::form::form;
use super::frame::{document, document_with, footer, site_name};
use super::labels::{self, Counted, Label};
use super::link::Link;

/// A page of the list of creators or of concepts.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct AuthorityList {
    /// The beginnings of words that are listed, as typed; if it is empty, all creators, and the concepts without broader
    /// ones.
    pub typed: String,
    /// How many there are on all pages.
    pub total: u64,
    /// Those on this page; creators with their numbers of works.
    pub links: Vec<Link>,
    /// The URL of the next page.
    pub next: Option<String>,
}

/// The path and the labels of a list.
pub(super) struct ListTexts {
    /// The path of the list.
    pub path: &'static str,
    /// The `id` of the text field.
    pub field: &'static str,
    pub heading: Label,
    pub find: Label,
    pub count: Counted,
    pub none: Label,
    pub more: Label,
}

/// A creator or a concept, as the head of its page describes it.
pub(super) struct Description<'a> {
    pub name: &'a str,
    /// The URL of the page, with scheme and host.
    pub url: &'a str,
    /// The `og:type`.
    pub kind: Option<&'static str>,
    /// Other formats: their media types and URLs.
    pub alternates: &'a [(&'static str, &'a str)],
    pub json_ld: &'a Value,
}

/// The page of a list.
pub(super) fn list(context: &Context, page: &AuthorityList, texts: &ListTexts) -> String {
    let heading = context.text(texts.heading);
    let body = html! {
        header.site-header { (site_name(context)) (form(context, "", &[])) }
        main {
            h1 { (heading) }
            form.find-creator action=(context.page(texts.path)) role="search" {
                @if context.chosen { input type="hidden" name="lang" value=(context.language); }
                label for=(texts.field) { (context.text(texts.find)) }
                " "
                input id=(texts.field) type="search" name="q" value=(page.typed) autocomplete="off";
                " "
                button.button type="submit" { (context.text(labels::SEARCH)) }
            }
            p.count { (context.counted(page.total, texts.count)) }
            @if page.links.is_empty() {
                p.empty { (context.text(texts.none)) }
            } @else { (values(context, &page.links)) }
            @if let Some(next) = &page.next {
                nav.pages aria-label=(context.text(labels::PAGES)) {
                    a rel="next" href=(next) { (context.text(texts.more)) }
                }
            }
        }
        (footer(context))
    };
    document(context, &format!("{heading} · {}", context.title()), "listing work-page", &[], body)
}

/// Links with their numbers of works.
pub(super) fn values(context: &Context, links: &[Link]) -> Markup {
    html! {
        ul.values.creators {
            @for link in links {
                li {
                    a href=(link.href) {
                        span dir="auto" { (link.label) }
                        @if let Some(count) = link.count { " " span.number { (context.grouped(count)) } }
                    }
                }
            }
        }
    }
}

/// The page of one creator or concept, linked to its list; `content` follows the name.
pub(super) fn one(context: &Context, about: &Description<'_>, texts: &ListTexts, content: Markup) -> String {
    let head = html! {
        link rel="canonical" href=(about.url);
        @if let Some(kind) = about.kind { meta property="og:type" content=(kind); }
        meta property="og:site_name" content=(context.title());
        meta property="og:title" content=(about.name);
        meta property="og:url" content=(about.url);
        @for (media_type, url) in about.alternates { link rel="alternate" type=(media_type) href=(url); }
        (data_block("application/ld+json", None, about.json_ld))
    };
    let body = html! {
        header.site-header { (site_name(context)) (form(context, "", &[])) }
        main {
            p { a href=(context.page(texts.path)) { (context.text(texts.heading)) } }
            h1 dir="auto" { (about.name) }
            (content)
        }
        (footer(context))
    };
    let title = format!("{} · {}", about.name, context.title());
    document_with(context, &title, "listing work-page", &[], head, body)
}
