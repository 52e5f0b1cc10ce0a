//! The contexts that documents name.

/// The context of documents of version 3.
pub(crate) const CONTEXT_3: &str = "http://iiif.io/api/presentation/3/context.json";

/// The context of documents of version 2.
pub(crate) const CONTEXT_2: &str = "http://iiif.io/api/presentation/2/context.json";
