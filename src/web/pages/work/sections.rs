//! Sections of a work's page: inscriptions, parts, related and similar works.

use maud::{Markup, html};

use super::super::context::Context;
use super::super::labels;
use super::super::link::Link;
use super::{Thumbnail, WorkPage, ratio};

/// A part of the work.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Part {
    /// Its name, linked to its first picture; without a target if it has none.
    pub link: Link,
    /// The place of its first picture among the work's.
    pub picture: Option<usize>,
    pub parts: Vec<Part>,
}

/// A work or a page that the record relates to the work.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Related {
    /// Its title; the target is empty if it is not a link.
    pub link: Link,
    /// The relation, as the record words it.
    pub kind: Option<String>,
    /// Its picture, if it is a work of this collection that has one.
    pub thumbnail: Option<Thumbnail>,
}

/// Parts deeper than this are left out.
const MAX_DEPTH: usize = 8;

pub(super) fn inscriptions(context: &Context, page: &WorkPage) -> Markup {
    html! {
        @if !page.inscriptions.is_empty() {
            h2 { (context.text(labels::INSCRIPTIONS)) }
            @for text in &page.inscriptions { blockquote.inscription dir="auto" { (text) } }
        }
    }
}

pub(super) fn parts(context: &Context, page: &WorkPage) -> Markup {
    html! {
        @if !page.parts.is_empty() {
            h2 { (context.text(labels::PARTS)) }
            (tree(&page.parts, 0))
        }
    }
}

fn tree(parts: &[Part], depth: usize) -> Markup {
    html! {
        ul.parts {
            @for part in parts {
                li {
                    @if part.link.href.is_empty() {
                        span dir="auto" { (part.link.label) }
                    } @else {
                        a href=(part.link.href) data-picture=[part.picture] dir="auto" { (part.link.label) }
                    }
                    @if !part.parts.is_empty() && depth < MAX_DEPTH { (tree(&part.parts, depth + 1)) }
                }
            }
        }
    }
}

pub(super) fn concepts(context: &Context, page: &WorkPage) -> Markup {
    html! {
        @if !page.concepts.is_empty() {
            h2 { (context.text(labels::CONCEPTS_OF_WORK)) }
            ul.links { @for link in &page.concepts { li { a href=(link.href) dir="auto" { (link.label) } } } }
        }
    }
}

pub(super) fn related(context: &Context, page: &WorkPage) -> Markup {
    html! {
        @if !page.related.is_empty() {
            h2 { (context.text(labels::RELATED)) }
            ul.related { @for one in &page.related { li { (relation(one)) } } }
        }
    }
}

fn relation(related: &Related) -> Markup {
    let picture = html! {
        @if let Some(thumbnail) = &related.thumbnail {
            img src=(thumbnail.picture) alt="" loading="lazy" decoding="async";
        }
    };
    html! {
        @if related.link.href.is_empty() {
            span dir="auto" { (related.link.label) }
        } @else {
            a href=(related.link.href) { (picture) span dir="auto" { (related.link.label) } }
        }
        @if let Some(kind) = &related.kind { " " span.note dir="auto" { (kind) } }
    }
}

pub(super) fn similar_works(context: &Context, page: &WorkPage) -> Markup {
    html! {
        @if !page.similar.is_empty() {
            section.more-pictures aria-labelledby="similar-heading" {
                div.row-heading {
                    h2 id="similar-heading" { (context.text(labels::SIMILAR_WORKS)) }
                    @if let Some(all) = &page.all_similar {
                        a href=(all) rel="nofollow" {
                            (context.text(labels::SEE_ALL_OF))
                            span.visually-hidden { ": " (context.text(labels::SIMILAR_WORKS)) }
                        }
                    }
                }
                @if let Some(detail) = &page.like_detail {
                    p id="like-detail" hidden[page.region.is_none()] {
                        a href=(detail) rel="nofollow" { (context.text(labels::LIKE_WHAT_YOU_SEE)) }
                    }
                }
                ul {
                    @for (number, thumbnail) in (1..).zip(&page.similar) {
                        li { (thumbnail_link(context, number, thumbnail)) }
                    }
                }
            }
        }
    }
}

fn thumbnail_link(context: &Context, number: u32, thumbnail: &Thumbnail) -> Markup {
    let style = format!("--ratio:{:.4}", ratio(thumbnail.ratio).clamp(0.55, 2.6));
    html! {
        a href=(thumbnail.viewer) {
            img src=(thumbnail.picture) alt="" style=(style) loading="lazy" decoding="async";
            @match &thumbnail.label {
                Some(label) => span dir="auto" { (label) },
                None => span { (context.text(labels::PICTURE)) " " (number) },
            }
        }
    }
}
