//! The list of works or images as a grid of thumbnails.

use maud::{Markup, html};

use super::context::Context;
use super::frame::{document, footer, logo, notices};
use super::labels;

/// One page of the list of works or images.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Listing {
    /// The images on this page, in order.
    pub entries: Vec<Entry>,
    /// The address of the next page, if there is one.
    pub next: Option<String>,
    /// How many images there are on all pages, if that is known.
    pub total: Option<u64>,
    /// The URL of the list of images as files, if this is a list of works.
    pub files: Option<String>,
    /// Whether a store failed, so that some pictures are missing.
    pub unreachable: bool,
    /// Whether there are images in sources that cannot be listed.
    pub unlisted: bool,
    /// How much of the search index is built, in percent, if it is not ready yet.
    pub indexing: Option<u8>,
}

/// One image in the grid.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The decoded identifier.
    pub identifier: String,
    /// The identifier, percent-encoded as one path segment.
    pub encoded: String,
    /// The caption.
    pub label: String,
    /// Width and height in pixels, if the master has been opened.
    pub dimensions: Option<(u32, u32)>,
    /// The longest side that the rights allow, if they limit it.
    pub largest: Option<u32>,
    /// Why the image cannot be served, if it cannot; in English.
    pub problem: Option<String>,
    /// The work's object number, percent-encoded as one path segment; `None` for a file.
    pub work: Option<String>,
}

/// Maximum width and height of a thumbnail in pixels.
const THUMBNAIL: u32 = 400;

/// The page at `/` without a search: `listing` as a grid.
pub(crate) fn index(context: &Context, listing: &Listing) -> String {
    let is_works = listing.files.is_some();
    let noun = if is_works { labels::WORKS } else { labels::IMAGES };
    let more = if is_works { labels::MORE_WORKS } else { labels::MORE_IMAGES };
    let mut messages = Vec::new();
    messages
        .extend(listing.indexing.map(|percent| format!("{} {percent} %", context.text(labels::INDEXING))));
    messages.extend(listing.unreachable.then(|| context.text(labels::UNREACHABLE).to_owned()));
    let body = html! {
        header.top {
            (logo(context))
            h1 dir="auto" { (context.title()) }
            @if let Some(total) = listing.total { p.count { (context.counted(total, noun)) } }
        }
        (notices(context, &messages))
        main {
            @if !listing.entries.is_empty() {
                ul.grid { @for entry in &listing.entries { li style=(style(entry)) { (grid_item(context, entry)) } } }
            } @else if listing.unlisted {
                p.empty { (context.text(labels::UNLISTED)) }
            } @else if !listing.unreachable {
                p.empty { (context.text(labels::NO_IMAGES_YET)) }
            }
            @if let Some(next) = &listing.next {
                nav.pages aria-label=(context.text(labels::PAGES)) {
                    a rel="next" href=(next) { (context.text(more)) }
                }
            }
            @if let Some(files) = &listing.files {
                nav.pages aria-label=(context.text(labels::OTHER_FORMATS)) {
                    a href=(files) { (context.text(labels::ALL_FILES)) }
                }
            }
        }
        (footer(context))
    };
    document(context, context.title(), "listing", &[], body)
}

fn grid_item(context: &Context, entry: &Entry) -> Markup {
    let target = match &entry.work {
        Some(work) => context.page(&format!("/works/{work}")),
        None => context.page(&format!("/view/openseadragon/{}", entry.encoded)),
    };
    let opens = entry.problem.is_none() || entry.work.is_some();
    html! {
        article {
            @if let Some(problem) = &entry.problem {
                div.picture.broken {
                    p { (context.text(labels::CANNOT_BE_SHOWN)) br; span lang="en" { (problem) } }
                }
            } @else if entry.encoded.is_empty() {
                div.picture.blank { (context.text(labels::NO_PICTURE)) }
            } @else {
                a.picture href=(target) { (thumbnail(context, entry)) }
            }
            h2 title=(entry.identifier) { @if opens { a href=(target) { (entry.label) } } @else { (entry.label) } }
            p.facts { (facts(context, entry)) }
            @if opens { (links(context, entry)) }
        }
    }
}

fn thumbnail(context: &Context, entry: &Entry) -> Markup {
    let (width, height) = thumbnail_size(entry.dimensions).unzip();
    let (base, side) = (&context.base, entry.largest.map_or(THUMBNAIL, |largest| largest.min(THUMBNAIL)));
    let source = format!("{base}/iiif/3/{}/full/!{side},{side}/0/default.jpg", entry.encoded);
    html! {
        @if entry.dimensions.is_none() { span.placeholder aria-hidden="true" { (context.text(labels::PICTURE_COMING)) } }
        img src=(source) alt={ (context.text(labels::PICTURE_OF)) " " (entry.label) } loading="lazy" decoding="async" width=[width] height=[height];
    }
}

/// Links to the viewers, the image's documents and the record.
fn links(context: &Context, entry: &Entry) -> Markup {
    let (base, encoded) = (&context.base, &entry.encoded);
    let image = [
        ("Zoom", context.page(&format!("/view/openseadragon/{encoded}"))),
        ("info.json", format!("{base}/iiif/3/{encoded}/info.json")),
        ("Deep Zoom", format!("{base}/deepzoom/{encoded}.dzi")),
    ];
    let identifier = entry.work.as_ref().unwrap_or(encoded);
    let record =
        entry.work.as_ref().map(|work| (context.text(labels::RECORD), format!("{base}/api/v1/works/{work}")));
    let mut links: Vec<(&str, String)> =
        image.into_iter().filter(|_| entry.problem.is_none() && !encoded.is_empty()).collect();
    links.insert(links.len().min(1), ("Mirador", context.page(&format!("/view/mirador/{identifier}"))));
    links.insert(
        links.len().min(2),
        (context.text(labels::MANIFEST), format!("{base}/presentation/3/{identifier}/manifest")),
    );
    links.extend(record);
    html! {
        ul.links {
            @for (name, address) in &links {
                li { a href=(address) aria-label={ (name) ": " (entry.label) } { (name) } }
            }
        }
    }
}

/// Size and format, such as `12,000 × 8,000 px · 96 MP · TIFF`.
fn facts(context: &Context, entry: &Entry) -> String {
    let size = entry.dimensions.map(|(width, height)| {
        let area = u64::from(width) * u64::from(height);
        let megapixels = megapixels(context, area).map(|text| format!(" · {text} MP")).unwrap_or_default();
        format!("{} × {} px{megapixels}", context.grouped(width.into()), context.grouped(height.into()))
    });
    let name = match &entry.work {
        Some(_) => Some(entry.identifier.clone()),
        None => format_of(&entry.identifier).map(str::to_owned),
    };
    [size, name].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// The master's format by its file name extension.
fn format_of(identifier: &str) -> Option<&'static str> {
    let (_, extension) = identifier.rsplit_once('.')?;
    Some(match extension.to_ascii_lowercase().as_str() {
        "tif" | "tiff" | "ptif" | "ptiff" | "btf" => "TIFF",
        "jpg" | "jpeg" => "JPEG",
        "jp2" | "j2k" | "jpx" | "jpf" => "JPEG 2000",
        "jph" | "jhc" => "HTJ2K",
        "png" => "PNG",
        "webp" => "WebP",
        "gif" => "GIF",
        "avif" => "AVIF",
        "heic" | "heif" => "HEIC",
        "jxl" => "JPEG XL",
        _ => return None,
    })
}

/// The aspect ratio of the grid cell, clamped to 0.55–2.6; 1 if unknown.
fn style(entry: &Entry) -> String {
    let ratio = match entry.dimensions {
        Some((width, height)) if width > 0 && height > 0 => f64::from(width) / f64::from(height),
        _ => 1.0,
    };
    format!("--ratio:{:.3}", ratio.clamp(0.55, 2.6))
}

fn thumbnail_size(dimensions: Option<(u32, u32)>) -> Option<(u32, u32)> {
    let (width, height) = dimensions.filter(|&(width, height)| width > 0 && height > 0)?;
    let scale = f64::from(THUMBNAIL) / f64::from(width.max(height));
    let scaled = |side: u32| ((f64::from(side) * scale.min(1.0)).round() as u32).max(1);
    Some((scaled(width), scaled(height)))
}

/// Megapixels, if at least 0.1.
fn megapixels(context: &Context, area: u64) -> Option<String> {
    match area as f64 / 1e6 {
        tiny if tiny < 0.1 => None,
        some if some < 10.0 => Some(context.decimal(some)),
        many => Some(context.grouped(many.round() as u64)),
    }
}

#[cfg(test)]
#[path = "listing_tests.rs"]
mod tests;
