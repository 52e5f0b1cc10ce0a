//! The contexts that documents name.

use crate::iiif::Version;

/// The context of documents of version 3.
pub const CONTEXT_3: &str = "http://iiif.io/api/presentation/3/context.json";

/// The context of documents of version 2.
pub const CONTEXT_2: &str = "http://iiif.io/api/presentation/2/context.json";

/// The context that documents of a version name, which is also their media type's profile.
pub const fn context(version: Version) -> &'static str {
    match version {
        Version::V2 => CONTEXT_2,
        Version::V3 => CONTEXT_3,
    }
}
