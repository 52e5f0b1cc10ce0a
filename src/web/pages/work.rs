//! The page of one work: picture, record and links.

use maud::{Markup, html};

use super::context::Context;
use super::form::form;
use super::frame::{document, footer, name, notices};
use super::labels;
use super::link::Link;

/// One work, as the public sees it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct WorkPage {
    /// The work's title, shown as heading.
    pub label: String,
    /// Who made it; each leads to a search.
    pub creators: Vec<Link>,
    /// The date as the museum's record states it.
    pub date: Option<String>,
    /// The museum's description, by paragraph.
    pub description: Vec<String>,
    /// Technique, dimensions, credit and the like: labels and their values.
    pub facts: Vec<(String, Vec<String>)>,
    /// Schemes and the tags from each; every tag leads to a search.
    pub tags: Vec<(String, Vec<Link>)>,
    /// The address of its first picture, about 1200 pixels wide.
    pub picture: Option<String>,
    /// The first picture's aspect ratio.
    pub ratio: Option<f64>,
    /// Its other pictures.
    pub more_pictures: Vec<Thumbnail>,
    /// The address of a viewer for the whole work.
    pub viewer: Option<String>,
    /// The first picture in a viewer that shows nothing else.
    pub zoom: Option<String>,
    /// The downloads of the first picture and of all pictures, if the rights allow them.
    pub downloads: Option<(String, String)>,
    /// Its IIIF manifest.
    pub manifest: String,
    /// Its record in the API.
    pub record: String,
    /// The terms of use of the picture: a statement's name and URL, or the record's text.
    pub rights: Vec<Link>,
    /// How the picture is shown; `None` where there is no picture.
    pub allowed: Option<Allowed>,
    /// Whether some pictures cannot be reached right now.
    pub unreachable: bool,
}

/// Another picture of the work, and where it is shown in full.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Thumbnail {
    /// What it shows; nothing where the record does not say.
    pub label: Option<String>,
    /// The address of a small rendering.
    pub picture: String,
    /// The address of its viewer.
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
    // A long picture has the full width; any other is shown beside the text.
    let shape = if ratio(page.ratio) > 1.7 { "leaf long" } else { "leaf" };
    let away = page.unreachable.then(|| context.text(labels::UNREACHABLE).to_owned());
    let body = html! {
        header.mast { (name(context)) (form(context, "", &[])) }
        (notices(context, away.as_slice()))
        main class=(shape) {
            div.plate { (plate(context, page)) (ways(context, page)) }
            div.words {
                div.story {
                    (heading(page))
                    @for paragraph in &page.description { p.prose dir="auto" { (paragraph) } }
                }
                div.about { (facts(context, page)) (tags(context, page)) }
            }
            (more(context, page))
        }
        (footer(context))
    };
    document(context, &format!("{} · {}", page.label, context.title()), "listing one", &[], body)
}

/// The aspect ratio, 1 if unknown.
fn ratio(ratio: Option<f64>) -> f64 {
    ratio.filter(|ratio| ratio.is_finite() && *ratio > 0.0).unwrap_or(1.0)
}

fn plate(context: &Context, page: &WorkPage) -> Markup {
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

fn ways(context: &Context, page: &WorkPage) -> Markup {
    let (original, archive) = page.downloads.as_ref().map(|(one, all)| (one, all)).unzip();
    let ways = [
        (labels::ZOOM, page.zoom.as_ref()),
        (labels::DOWNLOAD, original),
        (labels::DOWNLOAD_ALL, archive),
        (labels::MANIFEST, Some(&page.manifest)),
        (labels::RECORD, Some(&page.record)),
    ];
    html! {
        nav aria-label=(context.text(labels::THIS_WORK)) {
            ul.ways {
                @if let Some(viewer) = &page.viewer {
                    li { a.first href=(viewer) { (context.text(labels::LOOK_CLOSER)) } }
                }
                @for (label, href) in ways {
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
            p.by {
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
            dl.known {
                @for (label, values) in page.facts.iter().filter(|(_, values)| !values.is_empty()) {
                    div { dt { (label) } @for value in values { dd dir="auto" { (value) } } }
                }
                @if !page.rights.is_empty() || page.allowed.is_some() {
                    div {
                        dt { (context.text(labels::RIGHTS)) }
                        @for rights in &page.rights { dd { (licence(rights)) } }
                        @if let Some(allowed) = page.allowed { dd { (sentence(context, allowed)) } }
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
fn sentence(context: &Context, allowed: Allowed) -> String {
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
                ul.tags {
                    @for tag in tags {
                        li {
                            a href=(tag.href) {
                                span dir="auto" { (tag.label) }
                                @if let Some(count) = tag.count { " " span.number { (context.grouped(count)) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn more(context: &Context, page: &WorkPage) -> Markup {
    html! {
        @if !page.more_pictures.is_empty() {
            section.more aria-labelledby="more-heading" {
                h2 id="more-heading" { (context.text(labels::MORE_PICTURES)) }
                ul {
                    // The first picture is the one above.
                    @for (number, thumbnail) in (2..).zip(&page.more_pictures) {
                        li { (other(context, number, thumbnail)) }
                    }
                }
            }
        }
    }
}

fn other(context: &Context, number: u32, thumbnail: &Thumbnail) -> Markup {
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
