//! People's decisions about tags, by tag and work.

/// What people have decided: for each tag and each work.
pub(super) struct Labels {
    decisions: Vec<Vec<Option<bool>>>,
}

impl Labels {
    pub(super) fn new(decisions: Vec<Vec<Option<bool>>>) -> Self {
        Self { decisions }
    }

    pub(super) fn tags(&self) -> usize {
        self.decisions.len()
    }

    pub(super) fn get(&self, tag: usize, row: usize) -> Option<bool> {
        self.decisions[tag][row]
    }
}
