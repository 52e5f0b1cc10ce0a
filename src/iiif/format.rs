//! Image formats of responses (Image API 3.0, §4.5).

/// A format suffix of an image request. `avif` is an extension (listed in `extraFormats`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// JPEG, the format of tiles.
    Jpg,
    /// PNG, lossless, with alpha.
    Png,
    /// Lossy WebP.
    Webp,
    /// GIF with at most 256 colors.
    Gif,
    /// TIFF, lossless, with alpha: compressed with Deflate, or uncompressed if the response is streamed.
    Tif,
    /// PDF with one page.
    Pdf,
    /// Lossy JPEG 2000.
    Jp2,
    /// AVIF.
    Avif,
}

impl Format {
    /// All formats, in the order in which info.json lists them.
    pub const ALL: [Format; 8] = [
        Format::Jpg,
        Format::Png,
        Format::Webp,
        Format::Gif,
        Format::Tif,
        Format::Pdf,
        Format::Jp2,
        Format::Avif,
    ];

    /// The suffix in a URI.
    pub const fn suffix(self) -> &'static str {
        match self {
            Format::Jpg => "jpg",
            Format::Png => "png",
            Format::Webp => "webp",
            Format::Gif => "gif",
            Format::Tif => "tif",
            Format::Pdf => "pdf",
            Format::Jp2 => "jp2",
            Format::Avif => "avif",
        }
    }

    /// The media type, as in `image/jpeg`.
    pub const fn media_type(self) -> &'static str {
        match self {
            Format::Jpg => "image/jpeg",
            Format::Png => "image/png",
            Format::Webp => "image/webp",
            Format::Gif => "image/gif",
            Format::Tif => "image/tiff",
            Format::Pdf => "application/pdf",
            Format::Jp2 => "image/jp2",
            Format::Avif => "image/avif",
        }
    }

    /// Whether this format supports transparency, so that arbitrary rotation needs no background (§4.3).
    pub const fn keeps_alpha(self) -> bool {
        matches!(self, Format::Png | Format::Webp | Format::Tif | Format::Avif)
    }

    /// The format with this suffix, without the dot (Image API 3, §4.5).
    pub fn parse(suffix: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.suffix() == suffix)
    }
}
