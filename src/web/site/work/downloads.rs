//! What of the shown image may be downloaded.

use super::Subject;
use crate::gallery::Preview;
use crate::iiif::Dimensions;
use crate::presentation::CanvasImage;
use crate::web::pages::{Download, DownloadKind};
use crate::web::site::visit::encoded;

/// Maximum side of the medium size, in pixels.
const MEDIUM: u32 = 2000;
/// Maximum side of a JPEG, whose width and height have 16 bits.
const JPEG: u32 = 65_535;

/// The downloads as rights allow: first what most visitors want, a JPEG in full size.
pub(super) fn downloads(subject: &Subject<'_>, image: Option<&CanvasImage>) -> Vec<Download> {
    let mut files = match (image, subject.shown.preview()) {
        (Some(image), _) => of_image(subject, image),
        (None, Some(preview)) => of_preview(subject, preview),
        (None, None) => Vec::new(),
    };
    if subject.sketch.images.iter().any(|preview| preview.grant.original) {
        files.push(Download {
            kind: DownloadKind::Everything,
            href: format!("{}/download/work/{}.zip", subject.visit.context.base, subject.number()),
            format: "ZIP".into(),
            pixels: None,
            bytes: None,
            name: None,
        });
    }
    files
}

/// The download of an image whose master has not been opened yet, so that its size is unknown.
fn of_preview(subject: &Subject<'_>, preview: &Preview) -> Vec<Download> {
    let (base, file) = (&subject.visit.context.base, encoded(&preview.image.file));
    let (kind, href) = match preview.grant.largest {
        u32::MAX => (DownloadKind::Full, format!("{base}/download/{file}.jpg")),
        _ => (DownloadKind::Restricted, format!("{base}/iiif/3/{file}/full/max/0/default.jpg")),
    };
    vec![Download { kind, href, format: "JPEG".into(), pixels: None, bytes: None, name: None }]
}

fn of_image(subject: &Subject<'_>, image: &CanvasImage) -> Vec<Download> {
    let (base, file) = (&subject.visit.context.base, encoded(&image.identifier));
    let size = |size: Dimensions| Some((size.width, size.height));
    let rendition = |kind, format: &str, suffix: &str| Download {
        kind,
        href: format!("{base}/download/{file}.{suffix}"),
        format: format.into(),
        pixels: size(image.largest),
        bytes: None,
        name: None,
    };
    let rendered = |kind, side: Option<u32>| {
        let shown = side.map_or(image.largest, |side| super::fitted(image.largest, side));
        let wanted = side.map_or("max".to_owned(), |side| format!("!{side},{side}"));
        Download {
            href: format!("{base}/iiif/3/{file}/full/{wanted}/0/default.jpg"),
            pixels: size(shown),
            name: Some(format!(
                "{} {} px.jpg",
                file_name(&subject.sketch.work.object_number),
                shown.width.max(shown.height)
            )),
            ..rendition(kind, "JPEG", "jpg")
        }
    };
    if !image.is_unrestricted() {
        return vec![rendered(DownloadKind::Restricted, None)];
    }
    let original = image.original.as_ref().map(|original| Download {
        href: format!("{base}/download/{file}"),
        pixels: size(image.info.dimensions),
        bytes: Some(original.bytes),
        ..rendition(DownloadKind::Original, &format_name(&original.media_type), "")
    });
    let longest = image.largest.width.max(image.largest.height);
    let is_jpeg = original.as_ref().is_some_and(|original| original.format == "JPEG");
    let jpeg = (!is_jpeg && longest <= JPEG).then(|| rendition(DownloadKind::Full, "JPEG", "jpg"));
    let medium = (longest > MEDIUM).then(|| rendered(DownloadKind::Medium, Some(MEDIUM)));
    let lossless =
        [rendition(DownloadKind::Full, "TIFF", "tif"), rendition(DownloadKind::Full, "PNG", "png")];
    let (first, later) = if is_jpeg { (original, None) } else { (jpeg, original) };
    [first, medium, later].into_iter().flatten().chain(lossless).collect()
}

/// An object number as a file name.
fn file_name(number: &str) -> String {
    number
        .chars()
        .map(|c| if c.is_alphanumeric() || matches!(c, '-' | '.' | ' ') { c } else { '-' })
        .collect()
}

/// The format's name by its media type: `TIFF` for `image/tiff`.
fn format_name(media_type: &str) -> String {
    let kind = media_type.rsplit('/').next().unwrap_or(media_type);
    kind.trim_start_matches("x-").to_ascii_uppercase()
}
