//! JSON-LD contexts of the Presentation API.

/// The context of version 3.0.
pub(crate) const CONTEXT_3: &str = "http://iiif.io/api/presentation/3/context.json";

/// The context of version 2.1.
pub(crate) const CONTEXT_2: &str = "http://iiif.io/api/presentation/2/context.json";
