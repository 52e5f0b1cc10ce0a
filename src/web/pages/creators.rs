//! The pages about creators: the list of all, and one with its works.

use maud::{Markup, html};
use serde_json::Value;

use super::context::Context;
use super::data_block::data_block;
use super::form::form;
use super::frame::{document, document_with, footer, site_name};
use super::hits::{Hit, grid};
use super::labels;
use super::link::Link;

/// A page of the list of creators.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct CreatorList {
    /// The beginnings of names that are listed, as typed; all if it is empty.
    pub typed: String,
    /// How many creators there are on all pages.
    pub total: u64,
    /// The creators, each with its number of works.
    pub creators: Vec<Link>,
    /// The URL of the next page.
    pub next: Option<String>,
}

/// A creator.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct CreatorPage {
    pub name: String,
    /// The years of birth and death.
    pub birth: Option<i32>,
    pub death: Option<i32>,
    pub nationality: Option<String>,
    pub gender: Option<String>,
    pub names: Vec<String>,
    pub biography: Vec<String>,
    /// Roles with their numbers of works.
    pub roles: Vec<(String, u64)>,
    /// The same person in authority files.
    pub elsewhere: Vec<Link>,
    /// How many works there are.
    pub works: u64,
    /// The first works.
    pub hits: Vec<Hit>,
    /// The search for all works.
    pub search: String,
    /// The URL of this page, with scheme and host.
    pub url: String,
    /// The IIIF collection of the works, and the API's record.
    pub collection: String,
    pub record: String,
    /// The person as JSON-LD.
    pub json_ld: Value,
}

/// The page at `/creators`.
pub(crate) fn creators(context: &Context, page: &CreatorList) -> String {
    let heading = context.text(labels::CREATORS);
    let body = html! {
        header.site-header { (site_name(context)) (form(context, "", &[])) }
        main {
            h1 { (heading) }
            form.find-creator action=(context.page("/creators")) role="search" {
                @if context.chosen { input type="hidden" name="lang" value=(context.language); }
                label for="creator-name" { (context.text(labels::FIND_CREATOR)) }
                " "
                input id="creator-name" type="search" name="q" value=(page.typed) autocomplete="off";
                " "
                button.button type="submit" { (context.text(labels::SEARCH)) }
            }
            p.count { (context.counted(page.total, labels::CREATOR_COUNT)) }
            @if page.creators.is_empty() {
                p.empty { (context.text(labels::NO_CREATORS)) }
            } @else {
                ul.values.creators {
                    @for link in &page.creators {
                        li {
                            a href=(link.href) {
                                span dir="auto" { (link.label) }
                                @if let Some(count) = link.count { " " span.number { (context.grouped(count)) } }
                            }
                        }
                    }
                }
            }
            @if let Some(next) = &page.next {
                nav.pages aria-label=(context.text(labels::PAGES)) {
                    a rel="next" href=(next) { (context.text(labels::MORE_CREATORS)) }
                }
            }
        }
        (footer(context))
    };
    document(context, &format!("{heading} · {}", context.title()), "listing work-page", &[], body)
}

/// The page at `/creators/{id}`.
pub(crate) fn creator(context: &Context, page: &CreatorPage) -> String {
    let head = html! {
        link rel="canonical" href=(page.url);
        meta property="og:type" content="profile";
        meta property="og:site_name" content=(context.title());
        meta property="og:title" content=(page.name);
        meta property="og:url" content=(page.url);
        link rel="alternate" type="application/ld+json" href=(page.collection);
        link rel="alternate" type="application/json" href=(page.record);
        (data_block("application/ld+json", None, &page.json_ld))
    };
    let body = html! {
        header.site-header { (site_name(context)) (form(context, "", &[])) }
        main {
            p { a href=(context.page("/creators")) { (context.text(labels::CREATORS)) } }
            h1 dir="auto" { (page.name) }
            @if let Some(dates) = dates(context, page) { p.byline { (dates) } }
            @for paragraph in &page.biography { p dir="auto" { (paragraph) } }
            (facts(context, page))
            h2 { (context.counted(page.works, labels::WORKS)) }
            p { a href=(page.search) { (context.text(labels::ALL_BY_CREATOR)) } }
            (grid(context, &page.hits))
            nav.pages aria-label=(context.text(labels::OTHER_FORMATS)) {
                a href=(page.record) { "JSON" } " "
                a href=(page.collection) { "IIIF" }
            }
        }
        (footer(context))
    };
    document_with(
        context,
        &format!("{} · {}", page.name, context.title()),
        "listing work-page",
        &[],
        head,
        body,
    )
}

fn facts(context: &Context, page: &CreatorPage) -> Markup {
    let roles = || {
        page.roles.iter().map(|(role, works)| {
            let label =
                crate::presentation::labels::term(role).map_or(role.as_str(), |label| context.text(label));
            format!("{label} ({})", context.grouped(*works))
        })
    };
    html! {
        @if page.nationality.is_some() || page.gender.is_some() || !page.names.is_empty() || !page.roles.is_empty()
            || !page.elsewhere.is_empty() {
            dl.metadata {
                @for (label, text) in [(labels::NATIONALITY, &page.nationality), (labels::GENDER, &page.gender)] {
                    @if let Some(text) = text { div { dt { (context.text(label)) } dd dir="auto" { (text) } } }
                }
                @if !page.names.is_empty() {
                    div {
                        dt { (context.text(labels::OTHER_NAMES)) }
                        @for name in &page.names { dd dir="auto" { (name) } }
                    }
                }
                @if !page.roles.is_empty() {
                    div {
                        dt { (context.text(labels::ROLES)) }
                        @for role in roles() { dd dir="auto" { (role) } }
                    }
                }
                @if !page.elsewhere.is_empty() {
                    div {
                        dt { (context.text(labels::AUTHORITY_FILES)) }
                        @for link in &page.elsewhere { dd { a href=(link.href) rel="external" { (link.label) } } }
                    }
                }
            }
        }
    }
}

/// `1859–1935`, `born 1930`, `300–251 BC`.
fn dates(context: &Context, page: &CreatorPage) -> Option<String> {
    let year = |year: i32| match year {
        ..1 => format!("{} {}", year.unsigned_abs(), context.text(labels::BC)),
        _ => year.to_string(),
    };
    Some(match (page.birth, page.death) {
        (Some(birth), Some(death)) => context.period(birth, death),
        (Some(birth), None) => format!("{} {}", context.text(labels::BORN), year(birth)),
        (None, Some(death)) => format!("{} {}", context.text(labels::DIED), year(death)),
        (None, None) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_creator_is_described_in_the_language_of_the_page() {
        let page = CreatorPage {
            name: "<Anna>".into(),
            birth: Some(1859),
            roles: vec![("artist".into(), 1200)],
            works: 1200,
            ..CreatorPage::default()
        };
        let english = creator(&Context::default(), &page);
        assert!(english.contains("born 1859") && english.contains("artist (1,200)"), "{english}");
        assert!(english.contains("&lt;Anna&gt;") && !english.contains("<Anna>"), "{english}");
        let danish = Context { language: "da", ..Context::default() };
        let text = creator(&danish, &page);
        assert!(text.contains("født 1859") && text.contains("kunstner (1.200)"), "{text}");
        let both = CreatorPage { death: Some(1935), ..page };
        assert!(creator(&danish, &both).contains("1859–1935"));
    }
}
