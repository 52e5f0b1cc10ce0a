//! The first page: what is served, as a wall of thumbnails.

use maud::{Markup, html};

use super::frame::{document, footer};
use super::number::{counted, grouped};

/// One page of what is served.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The collection's name, shown as heading.
    pub title: String,
    /// The images on this page, in order.
    pub entries: Vec<Entry>,
    /// The address of the next page, if there is one.
    pub next: Option<String>,
    /// How many images there are on all pages, if that is known.
    pub total: Option<u64>,
    /// What the visitor or the operator ought to know, one sentence each.
    pub notices: Vec<String>,
    /// Where the images are listed as they lie, if these are works.
    pub files: Option<String>,
}

/// One image on the wall.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// The identifier as it is, decoded.
    pub identifier: String,
    /// The identifier, percent-encoded as one path segment.
    pub encoded: String,
    /// The name shown under the picture.
    pub label: String,
    /// Width and height in pixels, if the master has been opened.
    pub dimensions: Option<(u32, u32)>,
    /// Why the image cannot be shown, if it cannot.
    pub problem: Option<String>,
    /// The work's object number, percent-encoded as one path segment, where it is a work with a record.
    pub work: Option<String>,
}

/// What a thumbnail may measure at most, on either side.
const THUMBNAIL: u32 = 400;

/// The page at `/`: all of `listing` on a wall. `base` stands before every address and may be empty.
pub fn index(base: &str, listing: &Listing) -> String {
    let body = html! {
        header.top {
            h1 { (listing.title) }
            @if let Some(count) = count(listing) { p.count { (count) } }
        }
        @if !listing.notices.is_empty() {
            ul.notices aria-label="Notices" { @for notice in &listing.notices { li { (notice) } } }
        }
        main {
            @if listing.entries.is_empty() && listing.notices.is_empty() {
                p.empty { "There is nothing to see here yet: no image was found where this server looks." }
            } @else {
                ul.wall { @for entry in &listing.entries { li style=(style(entry)) { (card(base, entry)) } } }
            }
            @if let Some(next) = &listing.next {
                nav.pages aria-label="Pages" {
                    a rel="next" href=(next) { @if listing.files.is_some() { "More works" } @else { "More images" } }
                }
            }
            @if let Some(files) = &listing.files {
                nav.pages aria-label="Files" { a href=(files) { "All images, as files" } }
            }
        }
        (footer())
    };
    document(base, &listing.title, "listing", &[], body)
}

fn count(listing: &Listing) -> Option<String> {
    let thing = if listing.files.is_some() { "work" } else { "image" };
    Some(counted(listing.total?, thing))
}

fn card(base: &str, entry: &Entry) -> Markup {
    let home = match &entry.work {
        Some(work) => format!("{base}/works/{work}"),
        None => format!("{base}/view/openseadragon/{}", entry.encoded),
    };
    let opens = entry.problem.is_none() || entry.work.is_some();
    html! {
        article {
            @if let Some(problem) = &entry.problem {
                div.picture.broken { p { (problem) } }
            } @else {
                a.picture href=(home) { (thumbnail(base, entry)) }
            }
            h2 title=(entry.identifier) { @if opens { a href=(home) { (entry.label) } } @else { (entry.label) } }
            p.facts { (facts(entry)) }
            @if opens { (doors(base, entry)) }
        }
    }
}

fn thumbnail(base: &str, entry: &Entry) -> Markup {
    let (width, height) = thumbnail_size(entry.dimensions).unzip();
    let source = format!("{base}/iiif/3/{}/full/!{THUMBNAIL},{THUMBNAIL}/0/default.jpg", entry.encoded);
    html! {
        img src=(source) alt={ "Picture of " (entry.label) } loading="lazy" decoding="async" width=[width] height=[height];
    }
}

/// The other ways to open an image.
fn doors(base: &str, entry: &Entry) -> Markup {
    let encoded = &entry.encoded;
    let image = [
        ("Zoom", format!("{base}/view/openseadragon/{encoded}")),
        ("info.json", format!("{base}/iiif/3/{encoded}/info.json")),
        ("Deep Zoom", format!("{base}/deepzoom/{encoded}.dzi")),
    ];
    let named = entry.work.as_ref().unwrap_or(encoded);
    let record = entry.work.as_ref().map(|work| ("Record", format!("{base}/api/v1/works/{work}")));
    let mut doors: Vec<(&str, String)> = image.into_iter().filter(|_| entry.problem.is_none()).collect();
    doors.insert(doors.len().min(1), ("Mirador", format!("{base}/view/mirador/{named}")));
    doors.insert(doors.len().min(2), ("Manifest", format!("{base}/presentation/3/{named}/manifest")));
    doors.extend(record);
    html! {
        ul.doors {
            @for (name, address) in &doors {
                li { a href=(address) aria-label={ (name) ": " (entry.label) } { (name) } }
            }
        }
    }
}

/// Size and kind, such as `12,000 × 8,000 px · 96 MP · TIFF`.
fn facts(entry: &Entry) -> String {
    let size = entry.dimensions.map(|(width, height)| {
        let area = u64::from(width) * u64::from(height);
        let megapixels = megapixels(area).map(|text| format!(" · {text} MP")).unwrap_or_default();
        format!("{} × {} px{megapixels}", grouped(width.into()), grouped(height.into()))
    });
    let name = match &entry.work {
        Some(_) => Some(entry.identifier.clone()),
        None => kind(&entry.identifier).map(str::to_owned),
    };
    [size, name].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// The master's format as its name tells it.
fn kind(identifier: &str) -> Option<&'static str> {
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

/// Width over height of the place on the wall; very long pictures get a place that is less so.
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

/// Millions of pixels, where there is at least a tenth of one.
fn megapixels(area: u64) -> Option<String> {
    match area as f64 / 1e6 {
        tiny if tiny < 0.1 => None,
        some if some < 10.0 => Some(format!("{some:.1}")),
        many => Some(grouped(many.round() as u64)),
    }
}

#[cfg(test)]
#[path = "listing_tests.rs"]
mod tests;
