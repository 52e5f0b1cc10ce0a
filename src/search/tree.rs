//! Vocabularies as trees: which tags stand below which.

use std::collections::BTreeSet;

use super::Error;
use super::columns::each_term;
use super::schema::{SEPARATOR, joined, schema};
use super::snapshot::Snapshot;

/// A value with those below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeNode {
    /// The value's number in the vocabulary.
    pub number: u32,
    /// How many works have it or one below it.
    pub works: u64,
    /// How many values stand right below it.
    pub narrower: usize,
}

impl Snapshot {
    /// The values of a scheme that have a word which begins so, with how many works have them, by their sort keys.
    pub fn values_matching(&self, scheme: &str, typed: &str) -> Vec<(u32, u64)> {
        let vocabulary = self.vocabulary();
        let chosen = match typed.trim() {
            "" => vocabulary.numbers_of(scheme).to_vec(),
            typed => {
                let mut found = self.labels.beginning(typed);
                found.retain(|&number| vocabulary.value(number).is_some_and(|term| term.scheme == scheme));
                found
            }
        };
        let counted = chosen.into_iter().map(|number| (number, self.work_count(number)));
        let mut values: Vec<(u32, u64)> = counted.filter(|(_, works)| *works > 0).collect();
        values.sort_by_key(|(number, _)| vocabulary.value(*number).map(|term| term.sort.as_str()));
        values
    }

    /// The values of a scheme right below one of them, or those that stand below none; the most frequent first.
    pub fn below(&self, scheme: &str, above: &str) -> Result<Vec<TreeNode>, Error> {
        // Each once, in however many parts of the index it is told.
        let mut edges: BTreeSet<(String, String)> = BTreeSet::new();
        let prefix = joined(&[scheme, ""]);
        for (_, reader, _) in self.segments() {
            each_term(reader, schema().1.edge, |edge, _| {
                let edge = edge.strip_prefix(&prefix).and_then(|rest| rest.split_once(SEPARATOR));
                edges.extend(edge.map(|(parent, child)| (parent.to_owned(), child.to_owned())));
            })?;
        }
        let right_below = |above: &str| {
            let from = edges.range((above.to_owned(), String::new())..);
            from.take_while(|(parent, _)| parent == above).map(|(_, child)| child).collect::<Vec<_>>()
        };
        let mut own: Vec<String> = right_below(above).into_iter().cloned().collect();
        let vocabulary = self.vocabulary();
        if above.is_empty() && own.is_empty() {
            // What is no tag has no tree: all its values stand side by side.
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
            let narrower = right_below(&value).into_iter().filter(in_use).count();
            (works > 0).then_some(TreeNode { number, works, narrower })
        };
        let mut branches: Vec<TreeNode> = own.into_iter().filter_map(branch).collect();
        let sort = |branch: &TreeNode| vocabulary.value(branch.number).map(|term| &term.sort);
        branches.sort_by(|a, b| b.works.cmp(&a.works).then_with(|| sort(a).cmp(&sort(b))));
        Ok(branches)
    }
}
