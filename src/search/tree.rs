//! Vocabularies as trees of broader and narrower tags.

use std::collections::BTreeSet;

use super::Error;
use super::columns::each_term;
use super::schema::{SEPARATOR, joined, schema};
use super::snapshot::Snapshot;

/// A value in a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TreeNode {
    /// The value's number in the vocabulary.
    pub number: u32,
    /// The number of works that have it or a narrower value.
    pub works: u64,
    /// The number of values directly below it.
    pub narrower: usize,
}

impl Snapshot {
    /// The values of a scheme whose labels contain a word with this prefix, with their numbers of works, by sort key.
    pub(crate) fn values_matching(&self, scheme: &str, typed: &str) -> Vec<(u32, u64)> {
        let vocabulary = self.vocabulary();
        let chosen = match typed.trim() {
            "" => vocabulary.numbers_of(scheme).to_vec(),
            typed => {
                let mut found = self.labels.values_starting_with(typed);
                found.retain(|&number| vocabulary.value(number).is_some_and(|term| term.scheme == scheme));
                found
            }
        };
        let counted = chosen.into_iter().map(|number| (number, self.work_count(number)));
        let mut values: Vec<(u32, u64)> = counted.filter(|(_, works)| *works > 0).collect();
        values.sort_by_key(|(number, _)| vocabulary.value(*number).map(|term| term.sort.as_str()));
        values
    }

    /// The values directly below a value of a scheme, or the top values if `above` is empty, the most frequent first.
    pub(crate) fn below(&self, scheme: &str, above: &str) -> Result<Vec<TreeNode>, Error> {
        // An edge may occur in several segments.
        let mut edges: BTreeSet<(String, String)> = BTreeSet::new();
        let prefix = joined(&[scheme, ""]);
        for (_, reader, _) in self.segments() {
            each_term(reader, schema().1.edge, |edge, _| {
                let edge = edge.strip_prefix(&prefix).and_then(|rest| rest.split_once(SEPARATOR));
                edges.extend(edge.map(|(parent, child)| (parent.to_owned(), child.to_owned())));
            })?;
        }
        let directly_below = |above: &str| {
            let from = edges.range((above.to_owned(), String::new())..);
            from.take_while(|(parent, _)| parent == above).map(|(_, child)| child).collect::<Vec<_>>()
        };
        let mut own: Vec<String> = directly_below(above).into_iter().cloned().collect();
        let vocabulary = self.vocabulary();
        if above.is_empty() && own.is_empty() {
            // Schemes without edges have no hierarchy.
            own = vocabulary
                .numbers_of(scheme)
                .iter()
                .filter_map(|&number| Some(vocabulary.value(number)?.value.clone()))
                .collect();
        }
        let branch = |value: String| {
            let number = vocabulary.find(scheme, &value)?;
            let works = self.work_count(number);
            let in_use = |child: &&String| {
                vocabulary.find(scheme, child).is_some_and(|number| self.work_count(number) > 0)
            };
            let narrower = directly_below(&value).into_iter().filter(in_use).count();
            (works > 0).then_some(TreeNode { number, works, narrower })
        };
        let mut branches: Vec<TreeNode> = own.into_iter().filter_map(branch).collect();
        let sort = |branch: &TreeNode| vocabulary.value(branch.number).map(|term| &term.sort);
        branches.sort_by(|a, b| b.works.cmp(&a.works).then_with(|| sort(a).cmp(&sort(b))));
        Ok(branches)
    }
}
