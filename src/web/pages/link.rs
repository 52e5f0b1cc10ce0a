//! Links in pages.

/// A link with its label.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Link {
    /// Its text.
    pub label: String,
    /// Its target.
    pub href: String,
    /// Whether it is the current choice.
    pub chosen: bool,
    /// The number of works that it leads to, if known.
    pub count: Option<u64>,
}

impl Link {
    /// Its `aria-current`.
    pub(super) fn current(&self) -> Option<&'static str> {
        self.chosen.then_some("true")
    }
}
