//! The format of a file, recognized by its first bytes.

use super::tiff::Layout;

/// The formats that masters are read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SourceFormat {
    /// Tagged Image File Format, BigTIFF included.
    Tiff,
    /// JPEG (ITU-T T.81).
    Jpeg,
    /// Portable Network Graphics.
    Png,
    /// WebP, lossy or lossless.
    Webp,
    /// Graphics Interchange Format; its first frame.
    Gif,
    /// JPEG 2000 and HTJ2K, as a JP2 file or a raw codestream.
    Jp2,
}

impl SourceFormat {
    /// Recognizes a format by the file's first bytes, whatever its name is.
    pub fn recognize(start: &[u8]) -> Option<Self> {
        match start {
            [0xff, 0xd8, _, ..] => Some(Self::Jpeg),
            [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Some(Self::Png),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::Webp),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Self::Gif),
            [0, 0, 0, 12, b'j', b'P', b' ', b' ', ..] | [0xff, 0x4f, 0xff, 0x51, ..] => Some(Self::Jp2),
            _ => Layout::of(start).map(|_| Self::Tiff),
        }
    }

    /// The name in messages, as in `JPEG 2000`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tiff => "TIFF",
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::Webp => "WebP",
            Self::Gif => "GIF",
            Self::Jp2 => "JPEG 2000",
        }
    }
}
