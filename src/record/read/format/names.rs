//! The names of the record formats.

use std::fmt;
use std::str::FromStr;

/// A record format that is read without a mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RecordFormat {
    /// Tegl's own: one [`crate::record::Work`] per line, or a list of them.
    Lines,
    /// Records of the open API of Statens Museum for Kunst, and its responses.
    Smk,
    /// Tate's collection as it is published.
    Tate,
    /// A table whose first row names its columns.
    Csv,
    /// Manifests of another server (Presentation API 2 and 3).
    Manifest,
}

impl fmt::Display for RecordFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Lines => "lines",
            Self::Smk => "smk",
            Self::Tate => "tate",
            Self::Csv => "csv",
            Self::Manifest => "iiif",
        })
    }
}

impl FromStr for RecordFormat {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "lines" => Ok(Self::Lines),
            "smk" => Ok(Self::Smk),
            "tate" => Ok(Self::Tate),
            "csv" => Ok(Self::Csv),
            "iiif" => Ok(Self::Manifest),
            other => Err(format!(
                "`{other}` is not a record format: write `lines`, `smk`, `tate`, `csv` or `iiif`"
            )),
        }
    }
}
