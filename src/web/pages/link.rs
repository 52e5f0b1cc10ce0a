//! Links in pages.

/// A link with its label.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Link {
    /// Its text.
    pub label: String,
    /// Its target.
    pub href: String,
    /// Whether it is the active choice: a filter, a sort order or a language.
    pub chosen: bool,
    /// The number of works with this value, if known.
    pub count: Option<u64>,
}

impl Link {
    /// The value of its `aria-current` attribute, if it has one.
    pub(super) fn aria_current(&self) -> Option<&'static str> {
        self.chosen.then_some("true")
    }
}
