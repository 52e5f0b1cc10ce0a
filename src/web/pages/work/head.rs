//! What machines read of a work's page: the canonical URL, Open Graph and schema.org.

use maud::{Markup, html};
use serde_json::Value;

use super::super::assets;
use super::super::context::Context;
use super::super::data_block::data_block;
use super::super::viewers::OPENSEADRAGON;
use super::WorkPage;

/// Longer descriptions are cut, in characters.
const MAX_DESCRIPTION: usize = 300;

/// What machines read of the page.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Head {
    /// The URL of the page, with scheme and host, without parameters.
    pub url: String,
    /// A picture of at most 1200 pixels: its URL with scheme and host, and its size if that is known.
    pub image: Option<(String, Option<(u32, u32)>)>,
    /// The work as JSON-LD; null if there is none.
    pub json_ld: Value,
}

/// The elements of the head.
pub(super) fn head(context: &Context, page: &WorkPage) -> Markup {
    let Head { url, image, json_ld } = &page.head;
    let description = description(page);
    let locale = if context.language == "da" { "da_DK" } else { "en_GB" };
    html! {
        @if !url.is_empty() {
            link rel="canonical" href=(url);
            meta property="og:url" content=(url);
        }
        meta property="og:type" content="website";
        meta property="og:site_name" content=(context.title());
        meta property="og:title" content=(page.label);
        meta property="og:locale" content=(locale);
        @if !description.is_empty() {
            meta name="description" content=(description);
            meta property="og:description" content=(description);
        }
        @if let Some((image, size)) = image {
            meta property="og:image" content=(image);
            meta property="og:image:type" content="image/jpeg";
            meta property="og:image:alt" content=(page.label);
            @if let Some((width, height)) = size {
                meta property="og:image:width" content=(width);
                meta property="og:image:height" content=(height);
            }
            meta name="twitter:card" content="summary_large_image";
        }
        @if !page.manifest.is_empty() {
            link rel="alternate" type="application/ld+json" href=(page.manifest);
        }
        (preloads(context, page))
        @if !json_ld.is_null() { (data_block("application/ld+json", None, json_ld)) }
    }
}

/// What the zoomable picture needs first, so that it is asked for while the page is parsed.
fn preloads(context: &Context, page: &WorkPage) -> Markup {
    let Some(picture) = page.picture().filter(|_| assets::is_bundled(OPENSEADRAGON)) else { return html! {} };
    let base = page.pictures.iter().find(|first| first.canvas == picture.canvas).unwrap_or(picture);
    html! {
        link rel="preload" as="script" href=(assets::address(&context.base, OPENSEADRAGON));
        link rel="preload" as="fetch" crossorigin href=(base.info);
        @for module in ["stage.js", "viewer.js", "address.js", "panels.js", "boxes.js", "share.js"] {
            link rel="modulepreload" href=(assets::address(&context.base, &format!("work/{module}")));
        }
    }
}

/// `Anna Ancher, 1891. Light falls through the window…`.
fn description(page: &WorkPage) -> String {
    let made = page.creators.iter().map(|creator| creator.label.as_str()).chain(page.date.as_deref());
    let made = made.collect::<Vec<_>>().join(", ");
    let made = if made.is_empty() { made } else { made + "." };
    let parts = [made.as_str()].into_iter().chain(page.description.iter().map(String::as_str));
    let text = parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(MAX_DESCRIPTION) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text,
    }
}
