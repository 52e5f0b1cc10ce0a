//! What a museum shows at the top of its home page: a heading, a text and rows of works.

use maud::{Markup, html};

use super::context::Context;
use super::hits::{Hit, row};
use super::labels;

/// The museum's own part of the home page.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Home {
    /// The heading.
    pub heading: Option<String>,
    /// The paragraphs of the text.
    pub welcome: Vec<String>,
    /// The rows of works.
    pub rows: Vec<Row>,
}

/// A row of works.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Row {
    /// Its heading.
    pub title: String,
    /// Its works.
    pub hits: Vec<Hit>,
    /// The search that finds them all, if there is one.
    pub all: Option<String>,
}

/// The museum's own part.
pub(super) fn home(context: &Context, home: &Home) -> Markup {
    html! {
        section.own-home aria-label=(home.heading.as_deref().unwrap_or(context.title())) {
            @if let Some(heading) = &home.heading { h2 dir="auto" { (heading) } }
            @for paragraph in &home.welcome { p.welcome dir="auto" { (paragraph) } }
        }
        @for (at, own) in home.rows.iter().enumerate() {
            section.own-row aria-labelledby={ "row-" (at) } {
                div.row-heading {
                    h2 id={ "row-" (at) } dir="auto" { (own.title) }
                    @if let Some(all) = &own.all {
                        a href=(all) { (context.text(labels::SEE_ALL_OF)) span.visually-hidden { ": " (own.title) } }
                    }
                }
                (row(context, &own.hits, at == 0))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_its_heading_and_its_search() {
        let hit = Hit { work: "KMS1".into(), label: "Hest".into(), ..Hit::default() };
        let own = Row { title: "Heste".into(), hits: vec![hit], all: Some("/?q=hest".into()) };
        let page = home(&Context::default(), &Home { rows: vec![own], ..Home::default() }).into_string();
        assert!(
            page.contains("<h2 id=\"row-0\" dir=\"auto\">Heste</h2>") && page.contains("href=\"/?q=hest\""),
            "{page}"
        );
        assert!(page.contains("/works/KMS1") && page.contains("aria-label=\"Tegl\""), "{page}");
    }
}
