//! The page of one work: picture, record and links.

use maud::{Markup, html};

use super::context::Context;
use super::form::form;
use super::frame::{document, footer, notices, site_name};
use super::labels;
use super::link::Link;
use super::tags::{self, WorkTag};

/// The contents of a work's page.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct WorkPage {
    /// The work's title, used as heading.
    pub label: String,
    /// The creators; each links to a search.
    pub creators: Vec<Link>,
    /// The date as the museum's record states it.
    pub date: Option<String>,
    /// The museum's description, by paragraph.
    pub description: Vec<String>,
    /// Technique, dimensions, credit and the like: labels and their values.
    pub facts: Vec<(String, Vec<String>)>,
    /// Tags by the label of their scheme; each tag links to a search.
    pub tags: Vec<(String, Vec<WorkTag>)>,
    /// The URL of the first picture, at most 1200 pixels on either side.
    pub picture: Option<String>,
    /// The first picture's aspect ratio.
    pub ratio: Option<f64>,
    /// Its other pictures.
    pub more_pictures: Vec<Thumbnail>,
    /// Similar works, linked to their pages.
    pub similar: Vec<Thumbnail>,
    /// The URL of the whole work in Mirador.
    pub viewer: Option<String>,
    /// The URL of the first picture in OpenSeadragon.
    pub zoom: Option<String>,
    /// The URLs of the first original and of the archive of all originals, if the rights allow them.
    pub downloads: Option<(String, String)>,
    /// The URL of its IIIF manifest.
    pub manifest: String,
    /// The URL of its record in the API.
    pub record: String,
    /// The terms of use of the picture: a statement's name and URL, or the record's text.
    pub rights: Vec<Link>,
    /// What the rights allow; `None` if there is no picture.
    pub allowed: Option<Allowed>,
    /// Whether a store failed, so that some pictures are missing.
    pub unreachable: bool,
}

/// Another picture of the work, linked to its viewer; or a similar work, linked to its page.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Thumbnail {
    /// The record's label of the picture, if it has one; or the work's title.
    pub label: Option<String>,
    /// The URL of a thumbnail.
    pub picture: String,
    /// The URL of its viewer or page.
    pub viewer: String,
    /// Its aspect ratio, if known.
    pub ratio: Option<f64>,
}

/// What the rights allow a visitor to do with a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Allowed {
    /// See it in full resolution, and download the original.
    Everything,
    /// See it in full resolution.
    FullView,
    /// See it with at most this many pixels on its longer side.
    UpTo(u32),
}

/// The page at `/works/{work}`.
pub(crate) fn work(context: &Context, page: &WorkPage) -> String {
    // A wide picture has the full width; any other is beside the text.
    let shape = if ratio(page.ratio) > 1.7 { "work-layout wide" } else { "work-layout" };
    let unreachable = page.unreachable.then(|| context.text(labels::UNREACHABLE).to_owned());
    let body = html! {
        header.site-header { (site_name(context)) (form(context, "", &[])) }
        (notices(context, unreachable.as_slice()))
        main class=(shape) {
            div.picture-column { (main_picture(context, page)) (actions(context, page)) }
            div.text-column {
                div.introduction {
                    (heading(page))
                    @for paragraph in &page.description { p.prose dir="auto" { (paragraph) } }
                }
                div.about { (facts(context, page)) (tags(context, page)) }
            }
            (more_pictures(context, page))
            (similar_works(context, page))
        }
        (footer(context))
    };
    document(context, &format!("{} · {}", page.label, context.title()), "listing work-page", &[], body)
}

/// The aspect ratio, 1 if unknown.
fn ratio(ratio: Option<f64>) -> f64 {
    ratio.filter(|ratio| ratio.is_finite() && *ratio > 0.0).unwrap_or(1.0)
}

fn main_picture(context: &Context, page: &WorkPage) -> Markup {
    let name = format!("{} {}", context.text(labels::PICTURE_OF), page.label);
    let style = format!("--ratio:{:.4}", ratio(page.ratio).clamp(0.2, 8.0));
    let picture = html! {
        @match &page.picture {
            Some(address) => img src=(address) alt=(name) style=(style) fetchpriority="high";,
            None => span.blank { (context.text(labels::NO_PICTURE)) },
        }
    };
    html! {
        @match page.viewer.as_ref().filter(|_| page.picture.is_some()) {
            Some(viewer) => a.frame href=(viewer) { (picture) },
            None => div.frame { (picture) },
        }
    }
}

fn actions(context: &Context, page: &WorkPage) -> Markup {
    let (original, archive) = page.downloads.as_ref().map(|(one, all)| (one, all)).unzip();
    let links = [
        (labels::ZOOM, page.zoom.as_ref()),
        (labels::DOWNLOAD, original),
        (labels::DOWNLOAD_ALL, archive),
        (labels::MANIFEST, Some(&page.manifest)),
        (labels::RECORD, Some(&page.record)),
    ];
    html! {
        nav aria-label=(context.text(labels::THIS_WORK)) {
            ul.actions {
                @if let Some(viewer) = &page.viewer {
                    li { a.primary href=(viewer) { (context.text(labels::LOOK_CLOSER)) } }
                }
                @for (label, href) in links {
                    @if let Some(href) = href { li { a href=(href) { (context.text(label)) } } }
                }
            }
        }
    }
}

fn heading(page: &WorkPage) -> Markup {
    html! {
        h1 dir="auto" { (page.label) }
        @if !page.creators.is_empty() || page.date.is_some() {
            p.byline {
                @for (place, creator) in page.creators.iter().enumerate() {
                    @if place > 0 { ", " }
                    a href=(creator.href) dir="auto" { (creator.label) }
                }
                @if let Some(date) = &page.date { " " span.date dir="auto" { (date) } }
            }
        }
    }
}

fn facts(context: &Context, page: &WorkPage) -> Markup {
    html! {
        @if !page.facts.is_empty() || !page.rights.is_empty() || page.allowed.is_some() {
            h2 { (context.text(labels::ABOUT)) }
            dl.metadata {
                @for (label, values) in page.facts.iter().filter(|(_, values)| !values.is_empty()) {
                    div { dt { (label) } @for value in values { dd dir="auto" { (value) } } }
                }
                @if !page.rights.is_empty() || page.allowed.is_some() {
                    div {
                        dt { (context.text(labels::RIGHTS)) }
                        @for rights in &page.rights { dd { (licence(rights)) } }
                        @if let Some(allowed) = page.allowed { dd { (usage_summary(context, allowed)) } }
                    }
                }
            }
        }
    }
}

/// Rights are external data, so only http and https URLs become links.
fn licence(rights: &Link) -> Markup {
    let web = ["https://", "http://"].iter().any(|scheme| rights.href.starts_with(scheme))
        && !rights.href.contains(char::is_whitespace);
    html! {
        @if web { a rel="license" href=(rights.href) { (rights.label) } } @else { (rights.label) }
    }
}

/// A plain-language summary of the rights.
fn usage_summary(context: &Context, allowed: Allowed) -> String {
    match allowed {
        Allowed::Everything => context.text(labels::FREE).to_owned(),
        Allowed::FullView => context.text(labels::FULL_VIEW).to_owned(),
        Allowed::UpTo(side) => {
            let (before, after) = (context.text(labels::SHOWN_UP_TO), context.text(labels::PIXELS));
            format!("{before} {} {after}", context.grouped(side.into()))
        }
    }
}

fn tags(context: &Context, page: &WorkPage) -> Markup {
    let schemes: Vec<_> = page.tags.iter().filter(|(_, tags)| !tags.is_empty()).collect();
    html! {
        @if !schemes.is_empty() {
            h2 { (context.text(labels::TAGS)) }
            @for (scheme, tags) in schemes {
                h3 dir="auto" { (scheme) }
                (tags::tags(context, tags))
            }
        }
    }
}

fn more_pictures(context: &Context, page: &WorkPage) -> Markup {
    html! {
        @if !page.more_pictures.is_empty() {
            section.more-pictures aria-labelledby="more-heading" {
                h2 id="more-heading" { (context.text(labels::MORE_PICTURES)) }
                ul {
                    // The first picture is at the top of the page.
                    @for (number, thumbnail) in (2..).zip(&page.more_pictures) {
                        li { (thumbnail_link(context, number, thumbnail)) }
                    }
                }
            }
        }
    }
}

fn similar_works(context: &Context, page: &WorkPage) -> Markup {
    html! {
        @if !page.similar.is_empty() {
            section.more-pictures aria-labelledby="similar-heading" {
                h2 id="similar-heading" { (context.text(labels::SIMILAR_WORKS)) }
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

#[cfg(test)]
#[path = "work_tests.rs"]
mod tests;
