//! The page for developers, made of the API's own description.

mod examples;
mod operation;

use maud::{Markup, html};
use serde_json::Value;

use self::operation::Operation;
use super::context::Context;
use super::form::form;
use super::frame::{document, footer, site_name};
use super::labels::{self, Label};
use super::link::Link;

/// The contents of the page for developers.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct DevelopersPage {
    /// The OpenAPI description.
    pub description: Value,
    /// Addresses outside the description, as specification, example and name.
    pub addresses: Vec<Address>,
    /// The licence of the records: its name and URI.
    pub licence: Option<Link>,
}

/// An address outside the API's description.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Address {
    /// The form of its path.
    pub path: &'static str,
    /// An existing URL.
    pub example: String,
    /// What it is.
    pub resource: &'static str,
    /// Its specification.
    pub specification: Option<&'static str>,
}

/// The page at `/developers`.
pub(crate) fn developers(context: &Context, page: &DevelopersPage) -> String {
    let operations = operation::operations(&page.description);
    let (writing, reading): (Vec<_>, Vec<_>) = operations.iter().partition(|one| one.needs_token);
    let (bulk, reading): (Vec<_>, Vec<_>) = reading.into_iter().partition(|one| one.path.contains("/dump/"));
    let groups = [
        (labels::READING, "reading", reading),
        (labels::BULK, "bulk", bulk),
        (labels::WRITING, "writing", writing),
    ];
    let heading = context.text(labels::FOR_DEVELOPERS);
    let body = html! {
        header.site-header { (site_name(context)) (form(context, "", &[])) }
        main.developers data-running=(context.text(labels::RUNNING)) data-failed=(context.text(labels::RUN_FAILED))
            data-cut=(context.text(labels::CUT)) {
            h1 { (heading) }
            p.prose { (context.text(labels::DEVELOPERS_INTRODUCTION)) }
            p { a href={ (context.base) "/api/v1/openapi.json" } { (context.text(labels::DESCRIPTION_FILE)) } }
            (contents(context, &groups))
            @for (label, id, operations) in &groups {
                section aria-labelledby=(id) {
                    h2 id=(id) { (context.text(*label)) }
                    @for one in operations { (operation::section(context, one)) }
                }
            }
            (addresses(context, page))
            (licence(context, page))
        }
        (footer(context))
    };
    let files = ["developers/developers.css", "developers/run.js"];
    document(context, &format!("{heading} · {}", context.title()), "listing developers-page", &files, body)
}

fn contents(context: &Context, groups: &[(Label, &str, Vec<&Operation>)]) -> Markup {
    html! {
        nav.contents aria-label=(context.text(labels::CONTENTS)) {
            ul.links {
                @for (label, id, _) in groups { li { a href={ "#" (id) } { (context.text(*label)) } } }
                li { a href="#addresses" { (context.text(labels::FEEDS)) } }
                li { a href="#licence" { (context.text(labels::DATA_LICENCE)) } }
            }
        }
    }
}

fn addresses(context: &Context, page: &DevelopersPage) -> Markup {
    html! {
        section aria-labelledby="addresses" {
            h2 id="addresses" { (context.text(labels::FEEDS)) }
            div.scrolled tabindex="0" role="group" aria-label=(context.text(labels::ADDRESS)) {
                table {
                    thead {
                        tr {
                            th scope="col" { (context.text(labels::ADDRESS)) }
                            th scope="col" { (context.text(labels::RESOURCE)) }
                            th scope="col" { (context.text(labels::EXAMPLE)) }
                        }
                    }
                    tbody {
                        @for one in &page.addresses {
                            tr {
                                td { code { (one.path) } }
                                td lang="en" {
                                    @match one.specification {
                                        Some(specification) => a href=(specification) { (one.resource) },
                                        None => (one.resource),
                                    }
                                }
                                td { a href=(one.example) { code { (one.example) } } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn licence(context: &Context, page: &DevelopersPage) -> Markup {
    html! {
        section aria-labelledby="licence" {
            h2 id="licence" { (context.text(labels::DATA_LICENCE)) }
            @if let Some(licence) = &page.licence {
                p { (context.text(labels::DATA_LICENCE_TEXT)) " " a rel="license" href=(licence.href) { (licence.label) } }
            }
            p.prose { (context.text(labels::RIGHTS_PER_WORK)) }
        }
    }
}
