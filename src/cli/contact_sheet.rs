//! A page with pictures and their proposed tags.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::html;

use crate::gallery::TaggedWork;
use crate::metadata::EmbeddedMetadata;
use crate::pixels::encode;
use crate::record::Tag;

const STYLE: &str = "
    ul.works { display: grid; grid-template-columns: repeat(auto-fill, minmax(260px, 1fr)); gap: 1.5rem; padding: 0; }
    ul.works > li { list-style: none; }
    img { max-width: 100%; max-height: 260px; display: block; margin-bottom: .5rem; }
    ul.tags { padding: 0; } ul.tags li { list-style: none; }
    .swatch { display: inline-block; width: 1em; height: 1em; border: 1px solid #999; margin-right: .4em; vertical-align: -2px; }
    .source { color: #666; }
";

/// The page, as HTML.
pub(super) fn page(works: &[TaggedWork]) -> String {
    let content = html! {
        p { "A sample of " (works.len()) " works. Nothing was written to the catalogue." }
        ul.works { @for work in works { (card(work)) } }
    };
    super::page::page("Proposed tags", STYLE, content)
}

fn card(work: &TaggedWork) -> maud::Markup {
    let Some((label, raster)) = &work.shown else { return html! {} };
    let png = encode::png(raster, &EmbeddedMetadata::default()).unwrap_or_default();
    html! {
        li {
            img src={ "data:image/png;base64," (STANDARD.encode(&png)) } alt=(label);
            strong { (label) } " (" (work.object_number) ")"
            ul.tags { @for tag in &work.tags { li { (line(tag)) } } }
        }
    }
}

fn line(tag: &Tag) -> maud::Markup {
    html! {
        @if let Some(color) = &tag.color { span.swatch style={ "background:" (color) } {} }
        (tag.scheme) ": " (tag.label.best(&["en"]).unwrap_or_default())
        @if let Some(share) = tag.share { " " (format!("{:.0} %", 100.0 * share)) }
        span.source { " " (tag.source) ", confidence " (format!("{:.2}", tag.confidence)) }
    }
}
