//! The description of a work in a file's metadata.

/// The most values of one field that are kept.
pub(super) const MAX_VALUES: usize = 1000;

/// Pairs of language and value in the packet's order; the language is `none` if the packet states none.
pub type Localized = Vec<(String, String)>;

/// The description of a work in a file's metadata.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description {
    /// The title, by language.
    pub title: Localized,
    /// The creators, the most important first.
    pub creators: Vec<String>,
    /// The description, by language.
    pub description: Localized,
    /// The text of the rights statement.
    pub rights: Option<String>,
    /// The URI of the license.
    pub license: Option<String>,
    /// The URI of a page about the license or the rights statement.
    pub statement: Option<String>,
    /// The credit line.
    pub credit: Option<String>,
    /// Keywords, by language.
    pub subjects: Localized,
    /// The date of creation, as written.
    pub date: Option<String>,
    /// XMP's `Marked`, as written.
    pub marked: Option<String>,
}

/// A value in an unknown language.
pub(super) fn plain(text: &str) -> Localized {
    vec![("none".to_owned(), text.to_owned())]
}

impl Description {
    /// Fills empty fields from another description.
    pub(super) fn fill(&mut self, other: Self) {
        fn empty<T: Default + PartialEq>(own: &mut T, other: T) {
            if *own == T::default() {
                *own = other;
            }
        }
        empty(&mut self.title, other.title);
        empty(&mut self.creators, other.creators);
        empty(&mut self.description, other.description);
        empty(&mut self.rights, other.rights);
        empty(&mut self.license, other.license);
        empty(&mut self.statement, other.statement);
        empty(&mut self.credit, other.credit);
        empty(&mut self.subjects, other.subjects);
        empty(&mut self.date, other.date);
        empty(&mut self.marked, other.marked);
    }
}
