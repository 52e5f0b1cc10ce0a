//! The page of one work: picture, record, downloads and links.

mod cite;
mod downloads;
mod head;
mod picture;
mod players;
mod sections;
#[cfg(test)]
mod tests;
mod usage;

use maud::{Markup, html};

use super::compare::{self, TRAY};
use super::context::Context;
use super::form::form;
use super::frame::{document_with, footer, notices, site_name};
use super::labels;
use super::link::Link;
use super::tags::{self, WorkTag};
pub(crate) use cite::CitationText;
pub(crate) use downloads::{Download, DownloadKind};
pub(crate) use head::Head;
pub(crate) use picture::Picture;
pub(crate) use players::Player;
pub(crate) use sections::{Part, Related};

/// The contents of a work's page.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct WorkPage {
    /// The work's title, used as heading.
    pub label: String,
    /// The creators; each links to its page.
    pub creators: Vec<Link>,
    /// The date as the museum's record states it.
    pub date: Option<String>,
    /// The museum's description, by paragraph.
    pub description: Vec<String>,
    /// Technique, dimensions, credit and the like: labels and their values.
    pub facts: Vec<(String, Vec<String>)>,
    /// What is written on the work.
    pub inscriptions: Vec<String>,
    /// Tags by the label of their scheme; each tag links to a search.
    pub tags: Vec<(String, Vec<WorkTag>)>,
    /// The concepts of imported vocabularies that its terms mean, linked to their pages.
    pub concepts: Vec<Link>,
    /// All its pictures, by canvas.
    pub pictures: Vec<Picture>,
    /// Its sound and video.
    pub players: Vec<Player>,
    /// The place of the shown picture among them.
    pub shown: usize,
    /// The region of the canvas that is shown first, `x,y,width,height`.
    pub region: Option<String>,
    /// The parts of the work, linked to their pictures.
    pub parts: Vec<Part>,
    /// Works and pages that the record relates to it.
    pub related: Vec<Related>,
    /// Similar works, linked to their pages.
    pub similar: Vec<Thumbnail>,
    /// The search for all similar works.
    pub all_similar: Option<String>,
    /// The search for works like the shown part of the canvas, if this server has vectors of details.
    pub like_detail: Option<String>,
    /// Downloads of the shown picture, the obvious one first, and of everything.
    pub downloads: Vec<Download>,
    pub citation: CitationText,
    /// The URL of the whole work in Mirador.
    pub viewer: String,
    /// The object number.
    pub number: String,
    /// The URL of its IIIF manifest, with scheme and host.
    pub manifest: String,
    /// The URL of its record in the API.
    pub record: String,
    /// The museum's own page about it.
    pub homepage: Option<String>,
    /// The terms of use of the picture: a statement's name and URL, or the record's text.
    pub rights: Vec<Link>,
    /// Whether the record says that it is in the public domain.
    pub is_public_domain: bool,
    /// The credit line.
    pub credit: Option<String>,
    /// What the rights allow; `None` if there is no picture.
    pub allowed: Option<Allowed>,
    /// Whether a store failed, so that some pictures are missing.
    pub unreachable: bool,
    /// What machines read of the page.
    pub head: Head,
}

/// A work that is similar or related, linked to its page.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Thumbnail {
    /// The work's title.
    pub label: Option<String>,
    /// The URL of a thumbnail.
    pub picture: String,
    /// The URL of its page.
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

impl WorkPage {
    /// The picture that is shown first.
    fn picture(&self) -> Option<&Picture> {
        self.pictures.get(self.shown)
    }
}

/// The page at `/works/{work}`.
pub(crate) fn work(context: &Context, page: &WorkPage) -> String {
    // A wide picture has the full width; any other is beside the text.
    let is_wide = page.picture().is_some_and(|picture| ratio(picture.ratio) > 1.7);
    let shape = if is_wide { "work-layout wide" } else { "work-layout" };
    let unreachable = page.unreachable.then(|| context.text(labels::UNREACHABLE).to_owned());
    let body = html! {
        header.site-header { (site_name(context)) (form(context, "", &[])) }
        (notices(context, unreachable.as_slice()))
        main class=(shape) {
            div.picture-column {
                @if !page.pictures.is_empty() || page.players.is_empty() { (picture::stage(context, page)) }
                (picture::strip(context, page))
                (players::players(context, page))
            }
            div.text-column {
                div.introduction {
                    (heading(page))
                    (links(context, page))
                    @for paragraph in &page.description { p.prose dir="auto" { (paragraph) } }
                    (sections::inscriptions(context, page))
                    (usage_section(context, page))
                }
                div.about {
                    (facts(context, page))
                    (sections::parts(context, page))
                    (sections::related(context, page))
                    (tags(context, page))
                    (sections::concepts(context, page))
                }
            }
            (sections::similar_works(context, page))
        }
        (compare::tray(context))
        (footer(context))
    };
    let title = format!("{} · {}", page.label, context.title());
    let files = [&["work/work.css", "work/page.js"], &TRAY[..]].concat();
    document_with(context, &title, "listing work-page", &files, head::head(context, page), body)
}

/// The aspect ratio, 1 if unknown.
fn ratio(ratio: Option<f64>) -> f64 {
    ratio.filter(|ratio| ratio.is_finite() && *ratio > 0.0).unwrap_or(1.0)
}

/// Titles of more characters are shown smaller.
const LONG_TITLE: usize = 120;

fn heading(page: &WorkPage) -> Markup {
    html! {
        h1.long[page.label.chars().nth(LONG_TITLE).is_some()] dir="auto" { (page.label) }
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

/// What a visitor can do with the work, besides looking and downloading.
fn links(context: &Context, page: &WorkPage) -> Markup {
    html! {
        nav aria-label=(context.text(labels::THIS_WORK)) {
            ul.actions {
                @if !page.pictures.is_empty() {
                    li { (compare::button(context, &page.number, &page.label)) }
                }
                li.share hidden {
                    button.button type="button" data-share="share" { (context.text(labels::SHARE)) }
                }
                li.share hidden {
                    button.button type="button" data-share="copy" data-done=(context.text(labels::LINK_COPIED)) {
                        (context.text(labels::COPY_LINK))
                    }
                }
                li { (cite::manifest_icon(context, page)) }
            }
        }
        p.visually-hidden role="status" id="message" {}
    }
}

/// Downloads, rights and citation.
fn usage_section(context: &Context, page: &WorkPage) -> Markup {
    let heading = if page.pictures.is_empty() { labels::DATA_AND_CITATION } else { labels::DOWNLOAD_AND_USE };
    html! {
        section.usage aria-labelledby="usage-heading" {
            h2 id="usage-heading" { (context.text(heading)) }
            div id="downloads" { (downloads::downloads(context, page)) }
            (usage::rights(context, page))
            (cite::citation(context, page))
        }
    }
}

fn facts(context: &Context, page: &WorkPage) -> Markup {
    html! {
        @if !page.facts.is_empty() || page.homepage.is_some() {
            h2 { (context.text(labels::ABOUT)) }
            dl.metadata {
                @for (label, values) in page.facts.iter().filter(|(_, values)| !values.is_empty()) {
                    div { dt { (label) } @for value in values { dd dir="auto" { (value) } } }
                }
                @if let Some(homepage) = &page.homepage {
                    div {
                        dt { (context.text(labels::ELSEWHERE)) }
                        dd { a href=(homepage) { (context.text(labels::MUSEUMS_PAGE)) } }
                    }
                }
            }
        }
    }
}

fn tags(context: &Context, page: &WorkPage) -> Markup {
    let schemes: Vec<_> = page.tags.iter().filter(|(_, tags)| !tags.is_empty()).collect();
    html! {
        @if !schemes.is_empty() {
            h2 id="tags" { (context.text(labels::TAGS)) }
            @for (scheme, tags) in schemes {
                h3 dir="auto" { (scheme) }
                (tags::tags(context, tags))
            }
        }
    }
}
