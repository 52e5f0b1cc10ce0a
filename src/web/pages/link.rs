//! Something to follow, as pages show it.

/// A label that leads somewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// What is shown.
    pub label: String,
    /// Where it leads, ready to be written.
    pub href: String,
    /// Whether it is in force.
    pub chosen: bool,
    /// How many works lie behind it, if that is known.
    pub count: Option<u64>,
}

impl Link {
    /// What `aria-current` says of it.
    pub(super) fn current(&self) -> Option<&'static str> {
        self.chosen.then_some("true")
    }
}
