//! The vectors of all works by one version of one analyzer.

use std::collections::HashMap;
use std::num::NonZeroUsize;

use parking_lot::RwLock;

use super::memory::DESCRIPTOR;
use super::reason::Usual;
use crate::catalogue::WorkVectors;
use crate::gallery::rights::Rights;
use crate::nearest::{self, Center, Invalid, Neighbor, Vectors};

/// A collection that is in use: searched by many, and changed by one.
pub(super) struct Held {
    pub analyzer: String,
    pub version: String,
    pub collection: RwLock<Collection>,
}

impl Held {
    pub(super) fn is_of_descriptors(&self) -> bool {
        self.analyzer == DESCRIPTOR
    }
}

/// Vectors in memory, with the numbers of their works.
pub(super) struct Collection {
    are_descriptors: bool,
    pub vectors: Vectors,
    /// What embeddings have in common, by which they are not compared. Descriptors have none.
    center: Option<Center>,
    /// Object numbers, by sequence number.
    numbers: HashMap<u64, Box<str>>,
    pub usual: Usual,
    /// How many works there were when `usual` was measured.
    measured: usize,
}

impl Collection {
    /// An empty one. A sample of the works to come says what embeddings have in common.
    pub(super) fn new(
        analyzer: &str,
        dimension: usize,
        threads: NonZeroUsize,
        sample: &[WorkVectors],
    ) -> Result<Self, Invalid> {
        let sample: Vec<Vec<f32>> = sample
            .iter()
            .filter_map(|work| mean_of(&work.vectors))
            .filter(|mean| mean.len() == dimension)
            .collect();
        let center = match analyzer {
            DESCRIPTOR => None,
            _ => Center::of(sample.iter().map(Vec::as_slice)).ok(),
        };
        Ok(Self {
            are_descriptors: analyzer == DESCRIPTOR,
            vectors: Vectors::new(dimension, threads)?,
            center,
            numbers: HashMap::new(),
            usual: Usual::default(),
            measured: 0,
        })
    }

    /// Adds works in place of what was known about them; those without vectors, withdrawn ones and those whose pictures
    /// may not be shown leave. Returns how many vectors could not be used.
    pub(super) fn put(&mut self, works: &[WorkVectors], dimension: usize, rights: &Rights) -> usize {
        let mut unusable = 0;
        for work in works {
            let may_be_shown = || rights.of_record(work.rights.as_deref(), work.public_domain).largest > 0;
            let vector = match work.withdrawn || work.vectors.is_empty() || !may_be_shown() {
                true => None,
                false => {
                    let mean = mean_of(&work.vectors).filter(|mean| mean.len() == dimension);
                    let mean = mean.and_then(|mean| self.relative(&mean).ok());
                    unusable += usize::from(mean.is_none());
                    mean
                }
            };
            match vector.map(|vector| self.vectors.replace(work.seq, &[vector])) {
                Some(Ok(())) => {
                    self.numbers.insert(work.seq, work.object_number.as_str().into());
                }
                _ => {
                    self.vectors.remove(work.seq);
                    self.numbers.remove(&work.seq);
                }
            }
        }
        unusable
    }

    /// Measures again what is usual, once the collection has grown or shrunk by a tenth.
    pub(super) fn measure(&mut self) {
        if self.measured.abs_diff(self.numbers.len()) * 10 <= self.measured {
            return;
        }
        self.measured = self.numbers.len();
        let mut all: Vec<u64> = self.numbers.keys().copied().collect();
        all.sort_unstable();
        let step = all.len().div_ceil(Usual::SAMPLE).max(1);
        let sample: Vec<Vec<f32>> =
            all.iter().step_by(step).filter_map(|seq| self.vectors.vector(*seq)).collect();
        self.usual = Usual::of(&sample, self.are_descriptors);
    }

    /// The object number of a work.
    pub(super) fn number(&self, seq: u64) -> Option<&str> {
        self.numbers.get(&seq).map(|number| &**number)
    }

    /// A vector of a picture in the form in which those of works are held.
    pub(super) fn relative(&self, vector: &[f32]) -> Result<Vec<f32>, Invalid> {
        match &self.center {
            Some(center) => center.relative(vector),
            None => Ok(vector.to_vec()),
        }
    }

    /// The nearest works whose numbers pass the filter.
    pub(super) fn search(
        &self,
        query: &[f32],
        limit: usize,
        filter: impl Fn(u64, &str) -> bool + Sync,
    ) -> Result<Vec<Neighbor>, Invalid> {
        self.vectors.search(query, limit, |seq| self.number(seq).is_some_and(|number| filter(seq, number)))
    }
}

/// The mean of a work's vectors; `None` if there is none, or if one of them cannot be used.
pub(in crate::gallery) fn mean_of(vectors: &[Vec<u8>]) -> Option<Vec<f32>> {
    let vectors: Vec<Vec<f32>> = vectors.iter().map(|bytes| values(bytes)).collect();
    nearest::mean(vectors.iter().map(Vec::as_slice)).ok()
}

fn values(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks::<4>().0.iter().map(|value| f32::from_le_bytes(*value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: NonZeroUsize = NonZeroUsize::MIN;

    fn work(seq: u64, vectors: &[&[f32]]) -> WorkVectors {
        let bytes = |vector: &&[f32]| vector.iter().flat_map(|value| value.to_le_bytes()).collect();
        WorkVectors {
            seq,
            object_number: format!("N{seq}"),
            rights: None,
            public_domain: Some(true),
            withdrawn: false,
            vectors: vectors.iter().map(bytes).collect(),
        }
    }

    fn found(collection: &Collection, query: &[f32]) -> Vec<String> {
        let found = collection.search(query, 9, |_, _| true).unwrap();
        found.iter().map(|near| collection.number(near.id).unwrap().to_owned()).collect()
    }

    #[test]
    fn works_enter_change_and_leave() {
        let rights = Rights::default();
        let mut all = Collection::new(DESCRIPTOR, 2, ONE, &[]).unwrap();
        let works = [work(1, &[&[1.0, 0.0]]), work(2, &[&[0.0, 1.0], &[0.0, 3.0]]), work(3, &[&[1.0, 1.0]])];
        assert_eq!(all.put(&works, 2, &rights), 0);
        assert_eq!(found(&all, &[1.0, 0.1]), ["N1", "N3", "N2"]);
        let withdrawn = WorkVectors { withdrawn: true, ..work(1, &[&[1.0, 0.0]]) };
        assert_eq!(all.put(&[withdrawn, work(3, &[]), work(2, &[&[1.0, 0.0]])], 2, &rights), 0);
        assert_eq!(found(&all, &[1.0, 0.1]), ["N2"]);
        for bad in [&[f32::NAN, 0.0][..], &[1.0], &[0.0, 0.0]] {
            assert_eq!(all.put(&[work(4, &[&[1.0, 0.0], bad])], 2, &rights), 1, "{bad:?}");
        }
        assert_eq!(found(&all, &[1.0, 0.1]), ["N2"]);
    }

    #[test]
    fn pictures_that_may_not_be_shown_are_not_found() {
        let rights = toml::from_str("otherwise = { largest = 0, original = false }").unwrap();
        let mut all = Collection::new(DESCRIPTOR, 2, ONE, &[]).unwrap();
        let hidden = WorkVectors { public_domain: Some(false), ..work(1, &[&[1.0, 0.0]]) };
        all.put(&[hidden, work(2, &[&[1.0, 0.2]])], 2, &rights);
        assert_eq!(found(&all, &[1.0, 0.0]), ["N2"]);
    }

    #[test]
    fn embeddings_are_compared_without_what_they_have_in_common() {
        let works =
            [work(1, &[&[10.0, 1.0, 0.0]]), work(2, &[&[10.0, -1.0, 0.0]]), work(3, &[&[10.0, 0.9, 0.5]])];
        let mut all = Collection::new("model:a", 3, ONE, &works).unwrap();
        all.put(&works, 3, &Rights::default());
        let query = all.vectors.vector(1).unwrap();
        let near = all.search(&query, 3, |seq, _| seq != 1).unwrap();
        assert_eq!(near.iter().map(|near| near.id).collect::<Vec<_>>(), [3, 2]);
        assert!(near[1].cosine < 0.0, "{near:?}");
    }
}
