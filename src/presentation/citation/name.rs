//! Names of creators in citations.

use super::line::line;
use crate::presentation::labels::{self, Label};
use crate::record::Creator;

/// The name of a creator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Name {
    /// A person whose record has the name in sort order. `displayed` is the name as the record writes it: the order of its
    /// parts is not the same in all languages, as in `Ai Weiwei`.
    Person { family: String, given: String, displayed: String },
    /// A group, a name that cannot be divided, or an attribution.
    Literal(String),
}

/// Roles that state another relation than that of an author, as in `after Raphael`.
const QUALIFIERS: [&str; 5] = ["after", "attributed", "attributed to", "workshop", "workshop of"];

impl Name {
    /// The name of a creator; none if the record has no name.
    pub(super) fn of(creator: &Creator, word: impl Fn(Label) -> &'static str) -> Option<Self> {
        let name = line(&creator.name);
        let role = creator.role.as_deref().map(str::trim).unwrap_or_default().to_lowercase();
        if QUALIFIERS.contains(&role.as_str()) {
            let qualifier = match labels::term(&role) {
                Some(term) => word(term),
                None => role.as_str(),
            };
            return (!name.is_empty()).then(|| Self::Literal(format!("{qualifier} {name}")));
        }
        let sorted = creator.sort_name.as_deref().map(line).unwrap_or_default();
        match sorted.split_once(", ") {
            Some((family, given)) if !family.is_empty() && !given.is_empty() && !given.contains(',') => {
                let displayed = if name.is_empty() { format!("{given} {family}") } else { name };
                Some(Self::Person { family: family.to_owned(), given: given.to_owned(), displayed })
            }
            _ => (!name.is_empty()).then_some(Self::Literal(name)),
        }
    }

    /// As in a sentence: `Anna Ancher`.
    pub(super) fn displayed(&self) -> String {
        match self {
            Self::Person { displayed, .. } => displayed.clone(),
            Self::Literal(name) => name.clone(),
        }
    }

    /// As in a list of names: `Ancher, Anna`.
    pub(super) fn sorted(&self) -> String {
        match self {
            Self::Person { family, given, .. } => format!("{family}, {given}"),
            Self::Literal(name) => name.clone(),
        }
    }
}
