//! The pages about creators: the list of all, and one with its works.

use maud::{Markup, html};
use serde_json::Value;

use super::authorities::{AuthorityList, Description, ListTexts, list, one};
use super::context::Context;
use super::hits::{Hit, grid};
use super::labels;
use super::link::Link;

/// The texts of the list of creators.
const LIST: ListTexts = ListTexts {
    path: "/creators",
    field: "creator-name",
    heading: labels::CREATORS,
    find: labels::FIND_CREATOR,
    count: labels::CREATOR_COUNT,
    none: labels::NO_CREATORS,
    more: labels::MORE_CREATORS,
};

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
    /// Roles with their numbers of works, linking to these works.
    pub roles: Vec<Link>,
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
pub(crate) fn creators(context: &Context, page: &AuthorityList) -> String {
    list(context, page, &LIST)
}

/// The page at `/creators/{id}`.
pub(crate) fn creator(context: &Context, page: &CreatorPage) -> String {
    let about = Description {
        name: &page.name,
        url: &page.url,
        kind: Some("profile"),
        alternates: &[("application/ld+json", &page.collection), ("application/json", &page.record)],
        json_ld: &page.json_ld,
    };
    let content = html! {
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
    };
    one(context, &about, &LIST, content)
}

fn facts(context: &Context, page: &CreatorPage) -> Markup {
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
                        @for role in &page.roles {
                            dd dir="auto" {
                                a href=(role.href) { (role.label) }
                                @if let Some(count) = role.count { " (" (context.grouped(count)) ")" }
                            }
                        }
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
            roles: vec![Link {
                label: "artist".into(),
                href: "/?all=role:artist".into(),
                count: Some(1200),
                ..Link::default()
            }],
            works: 1200,
            ..CreatorPage::default()
        };
        let english = creator(&Context::default(), &page);
        assert!(
            english.contains("born 1859")
                && english.contains("<a href=\"/?all=role:artist\">artist</a> (1,200)"),
            "{english}"
        );
        assert!(english.contains("&lt;Anna&gt;") && !english.contains("<Anna>"), "{english}");
        let danish = Context { language: "da", ..Context::default() };
        let text = creator(&danish, &page);
        assert!(text.contains("født 1859") && text.contains("</a> (1.200)"), "{text}");
        let both = CreatorPage { death: Some(1935), ..page };
        assert!(creator(&danish, &both).contains("1859–1935"));
    }
}
