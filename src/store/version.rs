//! Versions of objects.

use std::sync::Arc;

use crate::identity::{Identity, fields};

/// A version of an object: bytes read under equal versions belong together.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Version {
    /// The store's entity tag, or one derived from the modification time and the size.
    pub etag: Arc<str>,
    /// The size of the whole object in bytes.
    pub size: u64,
}

impl Identity for Version {
    fn write(&self, text: &mut String) {
        let Self { etag, size } = self;
        fields(text, "Version", &[("etag", etag), ("size", size)]);
    }
}

impl Version {
    /// Whether this exact version can be requested from the store with `If-Match` (RFC 9110, §13.1.1).
    pub(super) fn is_strong(&self) -> bool {
        self.etag.starts_with('"') && self.etag.ends_with('"') && self.etag.len() > 2
    }
}
