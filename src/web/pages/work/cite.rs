//! Citation, manifest and sharing.

use maud::{Markup, PreEscaped, html};

use super::super::context::Context;
use super::super::labels;
use super::super::link::Link;
use super::WorkPage;

/// How the work, or the detail that is shown, is cited.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CitationText {
    /// As a sentence.
    pub sentence: String,
    /// Its files for reference managers, by the name of the format.
    pub files: Vec<Link>,
    /// The URL of the sentence alone.
    pub text: String,
}

/// The IIIF logo (its colors belong to it).
const LOGO: &str = r##"<svg class="iiif" viewBox="0 0 493.36 441.33" aria-hidden="true"><g transform="matrix(.13333 0 0 -.13333 0 441.33)"><path fill="#2873ab" d="M65.24 2178.75l710-263.75-1.25-1900-708.75 261.25v1902.5"/><path fill="#2873ab" d="M804.14 2640.09c81.44-240.91-26.47-436.2-241.04-436.2-214.56 0-454.51 195.29-535.95 436.2-81.43 240.89 26.48 436.18 241.04 436.18 214.57 0 454.51-195.29 535.95-436.18"/><path fill="#ed1d33" d="M1678.58 2178.75l-710-263.75 1.25-1900 708.75 261.25v1902.5"/><path fill="#ed1d33" d="M935.08 2640.09c-81.43-240.91 26.48-436.2 241.04-436.2 214.56 0 454.51 195.29 535.96 436.2 81.43 240.89-26.48 436.18-241.04 436.18-214.57 0-454.52-195.29-535.96-436.18"/><path fill="#2873ab" d="M1860.24 2178.75l710-263.75-1.25-1900-708.75 261.25v1902.5"/><path fill="#2873ab" d="M2603.74 2640.09c81.45-240.91-26.47-436.2-241.03-436.2-214.58 0-454.52 195.29-535.96 436.2-81.44 240.89 26.48 436.18 241.03 436.18 214.57 0 454.51-195.29 535.96-436.18"/><path fill="#ed1d33" d="M3700.24 3310v-652.5s-230 90-257.5-142.5c-2.5-247.5 0-336.25 0-336.25l257.5 83.75V1690l-258.61-92.5V262.5L2735.24 0v2360s-15 850 965 950"/></g></svg>"##;

/// The icon that other viewers take when it is dropped on them: a link with the manifest's URL as `manifest`.
pub(super) fn manifest_icon(context: &Context, page: &WorkPage) -> Markup {
    let separator = if page.viewer.contains('?') { '&' } else { '?' };
    let manifest = percent_encoding::utf8_percent_encode(&page.manifest, percent_encoding::NON_ALPHANUMERIC);
    let label = context.text(labels::DRAG_MANIFEST);
    html! {
        a.iiif-link href={ (page.viewer) (separator) "manifest=" (manifest) } title=(label) aria-label=(label) {
            (PreEscaped(LOGO))
        }
    }
}

/// The citation, and the work's data.
pub(super) fn citation(context: &Context, page: &WorkPage) -> Markup {
    let citation = &page.citation;
    html! {
        details.cite {
            summary { (context.text(labels::CITE)) }
            div id="citation" {
                blockquote id="citation-text" dir="auto" { (citation.sentence) }
                ul.links {
                    li.copy hidden {
                        button.button type="button" data-copy="citation-text" data-done=(context.text(labels::COPIED)) {
                            (context.text(labels::COPY))
                        }
                    }
                    li.copy hidden {
                        button type="button" data-copy-file="bib" data-done=(context.text(labels::COPIED)) {
                            (context.text(labels::COPY_BIBTEX))
                        }
                    }
                    @for file in &citation.files {
                        li { a href=(file.href) data-cite { (file.label) } }
                    }
                    li { a href=(citation.text) data-cite { (context.text(labels::CITATION_TEXT)) } }
                }
                p.note id="cites-detail" hidden[page.region.is_none()] { (context.text(labels::CITES_DETAIL)) }
            }
        }
        ul.links.data {
            li { a href=(page.manifest) { (context.text(labels::MANIFEST)) } }
            li { a href=(page.record) { (context.text(labels::RECORD)) } }
            @if !page.viewer.is_empty() {
                li { a href=(page.viewer) { (context.text(labels::OPEN_WITH)) } }
            }
        }
    }
}
