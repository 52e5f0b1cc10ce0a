//! Vocabularies as trees: which tags stand below which.

use std::collections::HashMap;

use super::Error;
use super::columns::{each_term, fields};
use super::schema::{BETWEEN, joined};
use super::snapshot::Snapshot;

/// A value with those below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// The value's number in the vocabulary.
    pub number: u32,
    /// How many works have it or one below it.
    pub works: u64,
    /// How many values stand right below it.
    pub narrower: usize,
}

impl Snapshot {
    /// The values of a scheme that have a word which begins so, with how many works have them, by their sort keys.
    pub fn listed(&self, scheme: &str, typed: &str) -> Vec<(u32, u64)> {
        let vocabulary = self.vocabulary();
        let chosen = match typed.trim() {
            "" => vocabulary.of(scheme).to_vec(),
            typed => {
                let mut found = self.labels.beginning(typed);
                found.retain(|&number| vocabulary.term(number).is_some_and(|term| term.scheme == scheme));
                found
            }
        };
        let counted = chosen.into_iter().map(|number| (number, self.total(number)));
        let mut values: Vec<(u32, u64)> = counted.filter(|(_, works)| *works > 0).collect();
        values.sort_by_key(|(number, _)| vocabulary.term(*number).map(|term| term.sort.as_str()));
        values
    }

    /// The values of a scheme right below one of them, or those that stand below none; the most frequent first.
    pub fn below(&self, scheme: &str, above: &str) -> Result<Vec<Branch>, Error> {
        let mut children: HashMap<String, usize> = HashMap::new();
        let mut own: Vec<String> = Vec::new();
        let prefix = joined(&[scheme, ""]);
        for (_, reader, _) in self.segments() {
            each_term(reader, fields().edge, |edge, _| {
                let Some((parent, child)) =
                    edge.strip_prefix(&prefix).and_then(|rest| rest.split_once(BETWEEN))
                else {
                    return;
                };
                *children.entry(parent.to_owned()).or_default() += 1;
                if parent == above {
                    own.push(child.to_owned());
                }
            })?;
        }
        own.sort_unstable();
        own.dedup();
        let vocabulary = self.vocabulary();
        if above.is_empty() && own.is_empty() {
            // What is no tag has no tree: all its values stand side by side.
            own = vocabulary
                .of(scheme)
                .iter()
                .filter_map(|&number| Some(vocabulary.term(number)?.value.clone()))
                .collect();
        }
        let branch = |value: String| {
            let number = vocabulary.find(scheme, &value)?;
            let works = self.total(number);
            let narrower = children.get(&value).copied().unwrap_or(0);
            (works > 0).then_some(Branch { number, works, narrower })
        };
        let mut branches: Vec<Branch> = own.into_iter().filter_map(branch).collect();
        let sort = |branch: &Branch| vocabulary.term(branch.number).map(|term| &term.sort);
        branches.sort_by(|a, b| b.works.cmp(&a.works).then_with(|| sort(a).cmp(&sort(b))));
        Ok(branches)
    }
}
