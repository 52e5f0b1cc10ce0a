//! The page of one work: its picture, what is known of it, and every way to it.

use maud::{Markup, html};

use super::form::form;
use super::frame::{document, footer};
use super::link::Link;
use super::number::grouped;

/// One work, as the public sees it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WorkPage {
    /// The collection's name.
    pub title: String,
    /// The work's title, shown as heading.
    pub label: String,
    /// Who made it; each leads to a search.
    pub creators: Vec<Link>,
    /// When it was made, as the museum says it.
    pub date: Option<String>,
    /// What the museum tells of it, by paragraph.
    pub description: Vec<String>,
    /// Technique, dimensions, credit and the like: labels and their values.
    pub facts: Vec<(String, Vec<String>)>,
    /// Schemes and the tags from each; every tag leads to a search.
    pub tags: Vec<(String, Vec<Link>)>,
    /// The address of its first picture, about 1200 pixels wide.
    pub picture: Option<String>,
    /// The first picture's width over its height.
    pub ratio: Option<f64>,
    /// Its other pictures, by their addresses.
    pub more_pictures: Vec<Link>,
    /// The address of a viewer for the whole work.
    pub viewer: Option<String>,
    /// The other ways to open it.
    pub doors: Vec<Link>,
    /// The terms that the picture may be used on.
    pub rights: Option<Link>,
}

/// The page at `/works/{work}`. `base` stands before every address and may be empty.
pub fn work(base: &str, page: &WorkPage) -> String {
    // A long picture has the whole width; any other stands beside its words.
    let shape = if ratio(page.ratio) > 1.7 { "leaf long" } else { "leaf" };
    let body = html! {
        header.mast {
            a.home href={ (base) "/" } dir="auto" { (page.title) }
            (form(base, "", &[]))
        }
        main class=(shape) {
            div.plate { (plate(page)) (ways(page)) }
            div.words {
                div.story {
                    (heading(page))
                    @for paragraph in &page.description { p.prose dir="auto" { (paragraph) } }
                }
                div.about { (facts(page)) (tags(page)) }
            }
            (more(page))
        }
        (footer())
    };
    document(base, &format!("{} · {}", page.label, page.title), "listing one", &[], body)
}

/// Width over height, square where it is not known.
fn ratio(ratio: Option<f64>) -> f64 {
    ratio.filter(|ratio| ratio.is_finite() && *ratio > 0.0).unwrap_or(1.0)
}

fn plate(page: &WorkPage) -> Markup {
    let name = format!("Picture of {}", page.label);
    let style = format!("--ratio:{:.4}", ratio(page.ratio).clamp(0.2, 8.0));
    let picture = html! {
        @match &page.picture {
            Some(address) => img src=(address) alt=(name) style=(style) fetchpriority="high";,
            None => span.blank { "No picture" },
        }
    };
    html! {
        @match page.viewer.as_ref().filter(|_| page.picture.is_some()) {
            Some(viewer) => a.frame href=(viewer) { (picture) },
            None => div.frame { (picture) },
        }
    }
}

fn ways(page: &WorkPage) -> Markup {
    html! {
        @if page.viewer.is_some() || !page.doors.is_empty() {
            nav aria-label="This work" {
                ul.ways {
                    @if let Some(viewer) = &page.viewer { li { a.first href=(viewer) { "Look closer" } } }
                    @for door in &page.doors { li { a href=(door.href) { (door.label) } } }
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

fn facts(page: &WorkPage) -> Markup {
    html! {
        @if !page.facts.is_empty() || page.rights.is_some() {
            h2 { "About the work" }
            dl.known {
                @for (label, values) in page.facts.iter().filter(|(_, values)| !values.is_empty()) {
                    div { dt { (label) } @for value in values { dd dir="auto" { (value) } } }
                }
                @if let Some(rights) = &page.rights { div { dt { "Rights" } dd { (licence(rights)) } } }
            }
        }
    }
}

/// Rights come from outside with the record: only an address of the web is followed.
fn licence(rights: &Link) -> Markup {
    let web = ["https://", "http://"].iter().any(|scheme| rights.href.starts_with(scheme))
        && !rights.href.contains(char::is_whitespace);
    html! {
        @if web { a rel="license" href=(rights.href) { (rights.label) } } @else { (rights.label) }
    }
}

fn tags(page: &WorkPage) -> Markup {
    let schemes: Vec<_> = page.tags.iter().filter(|(_, tags)| !tags.is_empty()).collect();
    html! {
        @if !schemes.is_empty() {
            h2 { "Tags" }
            @for (scheme, tags) in schemes {
                h3 dir="auto" { (scheme) }
                ul.tags {
                    @for tag in tags {
                        li {
                            a href=(tag.href) {
                                span dir="auto" { (tag.label) }
                                @if let Some(count) = tag.count { " " span.number { (grouped(count)) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn more(page: &WorkPage) -> Markup {
    html! {
        @if !page.more_pictures.is_empty() {
            section.more aria-labelledby="more-heading" {
                h2 id="more-heading" { "More pictures" }
                ul {
                    @for link in &page.more_pictures {
                        li {
                            a href=(link.href) {
                                img src=(link.href) alt="" loading="lazy" decoding="async";
                                span dir="auto" { (link.label) }
                            }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
#[path = "work_tests.rs"]
mod tests;
