//! Downloads: one obvious button, then the other sizes and formats.

use maud::{Markup, html};

use super::super::context::Context;
use super::super::labels::{self, Label};
use super::WorkPage;

/// A file that a visitor may download.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Download {
    pub kind: DownloadKind,
    pub href: String,
    /// The name of its format, as in `JPEG`.
    pub format: String,
    /// Its width and height in pixels, if it is a picture and they are known.
    pub pixels: Option<(u32, u32)>,
    /// Its length in bytes, if that is known before it is made.
    pub bytes: Option<u64>,
    /// The name under which browsers save it, if its URL does not say so.
    pub name: Option<String>,
}

/// What a download is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DownloadKind {
    /// The master's file.
    Original,
    /// The whole picture in full size.
    Full,
    /// The whole picture, smaller.
    Medium,
    /// The largest size that the rights allow.
    Restricted,
    /// All originals of the work, and its record.
    Everything,
}

impl DownloadKind {
    fn label(self) -> Label {
        match self {
            Self::Original => labels::ORIGINAL_FILE,
            Self::Full => labels::FULL_SIZE,
            Self::Medium => labels::MEDIUM_SIZE,
            Self::Restricted => labels::LARGEST_ALLOWED,
            Self::Everything => labels::EVERYTHING,
        }
    }
}

/// The downloads: the first as a button, the others in a list that opens.
pub(super) fn downloads(context: &Context, page: &WorkPage) -> Markup {
    let Some((first, others)) = page.downloads.split_first() else { return html! {} };
    html! {
        p.download {
            a.primary href=(first.href) download=[first.name.as_deref()] {
                (context.text(labels::DOWNLOAD_PICTURE))
            }
            " " span.facts { (facts(context, first)) }
        }
        @if !others.is_empty() {
            details.files {
                summary { (context.text(labels::OTHER_FILES)) }
                ul {
                    @for file in others {
                        li {
                            a href=(file.href) download=[file.name.as_deref()] { (context.text(file.kind.label())) }
                            " " span.facts { (facts(context, file)) }
                        }
                    }
                }
            }
        }
    }
}

/// `JPEG · 3,420 × 4,622 pixels · 1.8 MB`.
fn facts(context: &Context, file: &Download) -> String {
    let pixels = file.pixels.map(|(width, height)| {
        let side = |side: u32| context.grouped(side.into());
        format!("{} × {} {}", side(width), side(height), context.text(labels::PIXEL_UNIT))
    });
    let parts = [Some(file.format.clone()), pixels, file.bytes.map(|bytes| length(context, bytes))];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// A number of bytes in decimal units.
fn length(context: &Context, bytes: u64) -> String {
    let mut value = bytes as f64 / 1000.0;
    let mut units = ["kB", "MB", "GB", "TB"].into_iter();
    let mut unit = units.next().unwrap_or_default();
    for larger in units {
        if value < 999.5 {
            break;
        }
        (value, unit) = (value / 1000.0, larger);
    }
    let number = if value < 9.95 { context.decimal(value) } else { format!("{value:.0}") };
    format!("{number} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_described_in_the_language_of_the_page() {
        let file = Download {
            kind: DownloadKind::Original,
            href: String::new(),
            format: "TIFF".into(),
            pixels: Some((21_000, 900)),
            bytes: Some(1_240_000),
            name: None,
        };
        assert_eq!(facts(&Context::default(), &file), "TIFF · 21,000 × 900 pixels · 1.2 MB");
        let danish = Context { language: "da", ..Context::default() };
        assert_eq!(facts(&danish, &file), "TIFF · 21.000 × 900 pixels · 1,2 MB");
        assert_eq!(length(&danish, 999_600), "1,0 MB");
        assert_eq!(length(&danish, 45_600_000_000_000), "46 TB");
    }
}
