//! Search within a work's annotations (Content Search 2.0 and 1.0).

mod autocomplete;
mod query;
mod response;

pub(crate) use autocomplete::autocomplete;
pub(crate) use query::Query;
pub(crate) use response::response;

/// A version of the Content Search API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Version {
    /// Content Search 1.0, the only version that several viewers support.
    V1,
    /// Content Search 2.0.
    V2,
}

impl Version {
    /// The number in URLs.
    pub(crate) const fn number(self) -> u8 {
        match self {
            Self::V1 => 1,
            Self::V2 => 2,
        }
    }

    /// The JSON-LD context, which is also the media type's profile.
    pub(crate) const fn context(self) -> &'static str {
        match self {
            Self::V1 => "http://iiif.io/api/search/1/context.json",
            Self::V2 => "http://iiif.io/api/search/2/context.json",
        }
    }
}
