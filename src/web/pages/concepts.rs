//! The pages about concepts: the list, and one with its relations and works.

use maud::{Markup, html};
use serde_json::Value;

use super::authorities::{AuthorityList, Description, ListTexts, list, one, values};
use super::context::Context;
use super::hits::{Hit, grid};
use super::labels;
use super::link::Link;

/// The texts of the list of concepts.
const LIST: ListTexts = ListTexts {
    path: "/concepts",
    field: "concept-label",
    heading: labels::CONCEPTS,
    find: labels::FIND_CONCEPT,
    count: labels::CONCEPT_COUNT,
    none: labels::NO_CONCEPTS,
    more: labels::MORE_CONCEPTS,
};

/// A concept.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ConceptPage {
    pub name: String,
    /// Other labels, each after its language, which is empty if it is not known.
    pub labels: Vec<(String, String)>,
    pub notation: Option<String>,
    pub broader: Vec<Link>,
    pub narrower: Vec<Link>,
    /// The concept in its vocabulary, and the same one in others.
    pub elsewhere: Vec<Link>,
    /// The names of the imported vocabularies that have it.
    pub vocabularies: Vec<String>,
    /// The terms of works that mean it or a narrower concept, each linked to the search for its works.
    pub terms: Vec<Link>,
    /// How many works there are.
    pub works: u64,
    /// The first works.
    pub hits: Vec<Hit>,
    /// The URL of this page, with scheme and host.
    pub url: String,
    /// The API's record.
    pub record: String,
    /// The concept as JSON-LD.
    pub json_ld: Value,
}

/// The page at `/concepts`.
pub(crate) fn concepts(context: &Context, page: &AuthorityList) -> String {
    list(context, page, &LIST)
}

/// The page at `/concepts/{id}`.
pub(crate) fn concept(context: &Context, page: &ConceptPage) -> String {
    let about = Description {
        name: &page.name,
        url: &page.url,
        kind: None,
        alternates: &[("application/json", &page.record)],
        json_ld: &page.json_ld,
    };
    let content = html! {
        (facts(context, page))
        h2 {
            @if page.works == 0 { (context.text(labels::NO_WORKS)) } @else { (context.counted(page.works, labels::WORKS)) }
        }
        @if !page.terms.is_empty() {
            h3 { (context.text(labels::TERMS_OF_WORKS)) }
            (values(context, &page.terms))
        }
        @if !page.hits.is_empty() { (grid(context, &page.hits)) }
        nav.pages aria-label=(context.text(labels::OTHER_FORMATS)) { a href=(page.record) { "JSON" } }
    };
    one(context, &about, &LIST, content)
}

fn facts(context: &Context, page: &ConceptPage) -> Markup {
    let related = [
        (labels::BROADER, &page.broader, None),
        (labels::NARROWER, &page.narrower, None),
        (labels::IN_VOCABULARIES, &page.elsewhere, Some("external")),
    ];
    html! {
        dl.metadata {
            @if !page.labels.is_empty() {
                div {
                    dt { (context.text(labels::OTHER_LABELS)) }
                    @for (language, label) in &page.labels {
                        dd lang=[(!language.is_empty()).then_some(language)] dir="auto" { (label) }
                    }
                }
            }
            @if let Some(notation) = &page.notation {
                div { dt { (context.text(labels::NOTATION)) } dd { (notation) } }
            }
            @for (label, links, rel) in related {
                @if !links.is_empty() {
                    div {
                        dt { (context.text(label)) }
                        @for link in links { dd dir="auto" { a href=(link.href) rel=[rel] { (link.label) } } }
                    }
                }
            }
            @if !page.vocabularies.is_empty() {
                div {
                    dt { (context.text(labels::VOCABULARY)) }
                    @for name in &page.vocabularies { dd dir="auto" { (name) } }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_concept_is_described_in_the_language_of_the_page() {
        let link = |label: &str| Link { label: label.to_owned(), href: "/x".to_owned(), ..Link::default() };
        let page = ConceptPage {
            name: "<Animals>".into(),
            labels: vec![("da".into(), "dyr".into()), (String::new(), "fauna".into())],
            broader: vec![link("beings")],
            ..ConceptPage::default()
        };
        let english = concept(&Context::default(), &page);
        assert!(english.contains("Broader terms") && !english.contains("Narrower terms"), "{english}");
        assert!(english.contains("&lt;Animals&gt;") && !english.contains("<Animals>"), "{english}");
        assert!(english.contains("<dd lang=\"da\" dir=\"auto\">dyr"), "{english}");
        let danish = concept(&Context { language: "da", ..Context::default() }, &page);
        assert!(danish.contains("Overordnede termer") && danish.contains("Ingen værker"), "{danish}");
    }
}
