//! Finds the works with each of several facet values in one pass.

use std::collections::HashMap;

use tantivy::{DocAddress, DocId};

use super::Error;
use super::columns::ColumnTexts;
use super::schema::HAS_IMAGE;
use super::snapshot::Snapshot;

/// The maximum number of examples of a facet value.
const MAX_EXAMPLES: usize = 4;

/// The works that have a facet value.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct WorksWithValue {
    /// The object numbers, in alphabetical order.
    pub object_numbers: Vec<String>,
    /// A few of the works.
    pub examples: Vec<DocAddress>,
    /// Whether one of them has an image.
    pub has_image: bool,
}

impl Snapshot {
    /// The works with each of these facet values (numbers of the vocabulary), in the order of the values.
    pub(crate) fn works_with_values(&self, values: &[u32]) -> Result<Vec<WorksWithValue>, Error> {
        let indexes: HashMap<u32, usize> =
            values.iter().enumerate().map(|(index, &number)| (number, index)).collect();
        let mut found = vec![WorksWithValue::default(); values.len()];
        for (at, reader, columns) in self.segments() {
            let mut own: Vec<(usize, DocId)> = Vec::new();
            for work in reader.doc_ids_alive() {
                let held = columns.facets(work).iter().filter_map(|number| indexes.get(number));
                own.extend(held.map(|&index| (index, work)));
            }
            let numbers =
                ColumnTexts::of(&columns.number, own.iter().map(|&(_, work)| columns.number_rank(work)))?;
            for (index, work) in own {
                let Some(works) = found.get_mut(index) else { continue };
                if works.examples.len() < MAX_EXAMPLES {
                    works.examples.push(DocAddress::new(at, work));
                }
                works.has_image |= columns.flags(work) & HAS_IMAGE != 0;
                works.object_numbers.extend(numbers.get(columns.number_rank(work)).map(str::to_owned));
            }
        }
        for works in &mut found {
            works.object_numbers.sort_unstable();
            works.object_numbers.dedup();
        }
        Ok(found)
    }

    /// The facet values of a scheme whose labels contain words with all of these prefixes, in any order, with their
    /// numbers of works, by sort key.
    pub(crate) fn values_named(&self, scheme: &str, typed: &str) -> Vec<(u32, u64)> {
        let mut words = typed.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        let mut values = self.values_matching(scheme, words.next().unwrap_or_default());
        for word in words {
            let begin = self.values_matching(scheme, word);
            values.retain(|value| begin.contains(value));
        }
        values
    }
}
