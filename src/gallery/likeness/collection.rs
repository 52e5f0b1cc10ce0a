//! The vectors of all works by one version of one analyzer.

use std::collections::HashMap;
use std::num::NonZeroUsize;

use parking_lot::RwLock;

use super::memory::{is_descriptor, whole_of, whole_version};
use super::reason::Usual;
use crate::catalogue::WorkVectors;
use crate::gallery::rights::Rights;
use crate::nearest::{self, Center, Invalid, Neighbor, REGIONS, Region, Vectors};

/// A collection that is in use: searched by many, and changed by one.
pub(super) struct Held {
    pub analyzer: String,
    pub version: String,
    pub collection: RwLock<Collection>,
}

impl Held {
    pub(super) fn is_of_descriptors(&self) -> bool {
        is_descriptor(&self.analyzer)
    }

    pub(super) fn is_of_details(&self) -> bool {
        whole_of(&self.analyzer).is_some()
    }

    /// The analyzer of whole images and its version, whether this is of details or not.
    pub(super) fn whole(&self) -> (&str, &str) {
        (whole_of(&self.analyzer).unwrap_or(&self.analyzer), whole_version(&self.version))
    }
}

/// Where a vector was made: a region of an image.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Detail {
    pub file: String,
    pub region: Region,
}

/// The images of a work with details, and for each of its vectors the number of its region among those of all images.
struct Details {
    files: Box<[Box<str>]>,
    regions: Box<[u16]>,
}

/// Vectors in memory, with the numbers of their works.
pub(super) struct Collection {
    are_descriptors: bool,
    /// Where the vectors of details were made; `None` if vectors are of whole works.
    details: Option<HashMap<u64, Details>>,
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
        let sample: Vec<Vec<f32>> =
            sample.iter().filter_map(|work| mean_of(&read(analyzer, work, dimension))).collect();
        let center = match is_descriptor(analyzer) {
            true => None,
            false => Center::of(sample.iter().map(Vec::as_slice)).ok(),
        };
        Ok(Self {
            are_descriptors: is_descriptor(analyzer),
            details: whole_of(analyzer).map(|_| HashMap::new()),
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
            let vectors = match work.withdrawn || work.vectors.is_empty() || !may_be_shown() {
                true => Vec::new(),
                false => {
                    let vectors = self.vectors_of(work, dimension);
                    unusable += usize::from(vectors.is_empty());
                    vectors
                }
            };
            if vectors.is_empty() || self.vectors.replace(work.seq, &vectors).is_err() {
                self.vectors.remove(work.seq);
                self.numbers.remove(&work.seq);
                self.details.iter_mut().for_each(|details| _ = details.remove(&work.seq));
            } else {
                self.numbers.insert(work.seq, work.object_number.as_str().into());
            }
        }
        unusable
    }

    /// The vector of a work, or those of its details; none if they cannot be used.
    fn vectors_of(&mut self, work: &WorkVectors, dimension: usize) -> Vec<Vec<f32>> {
        if self.details.is_none() {
            let mean = mean_of(&floats(work, dimension)).and_then(|mean| self.relative(&mean).ok());
            return mean.into_iter().collect();
        }
        // Some regions may have no direction, such as plain ones.
        let all = packed(work, dimension);
        let usable = |(at, vector): (u16, &Vec<f32>)| {
            let unit = nearest::mean([vector.as_slice()]).ok()?;
            Some((at, self.relative(&unit).ok()?))
        };
        let (regions, vectors): (Vec<u16>, Vec<_>) = (0..).zip(&all).filter_map(usable).unzip();
        let files = work.files.iter().map(|file| file.as_str().into()).collect();
        let details = Details { files, regions: regions.into() };
        if let Some(all) = &mut self.details {
            all.insert(work.seq, details);
        }
        vectors
    }

    /// Where one of a work's vectors was made, if it is one of a detail.
    pub(super) fn detail(&self, seq: u64, part: u16) -> Option<Detail> {
        let Details { files, regions } = self.details.as_ref()?.get(&seq)?;
        let at = usize::from(*regions.get(usize::from(part))?);
        let region = *nearest::regions().get(at % REGIONS)?;
        Some(Detail { file: files.get(at / REGIONS)?.to_string(), region })
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

/// The mean of vectors; `None` if one of them cannot be used.
fn mean_of(vectors: &[Vec<f32>]) -> Option<Vec<f32>> {
    nearest::mean(vectors.iter().map(Vec::as_slice)).ok()
}

/// The vectors of a work's images or details; none if they have another length.
fn read(analyzer: &str, work: &WorkVectors, dimension: usize) -> Vec<Vec<f32>> {
    match whole_of(analyzer) {
        None => floats(work, dimension),
        Some(_) => packed(work, dimension),
    }
}

fn floats(work: &WorkVectors, dimension: usize) -> Vec<Vec<f32>> {
    let vectors: Vec<Vec<f32>> = work.vectors.iter().map(|bytes| values(bytes)).collect();
    if vectors.iter().all(|vector| vector.len() == dimension) { vectors } else { Vec::new() }
}

fn values(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks::<4>().0.iter().map(|value| f32::from_le_bytes(*value)).collect()
}

/// The mean of the vectors of a work's images, as they are stored; `None` if there is none, or one cannot be used.
pub(in crate::gallery) fn embedding_of(vectors: &[Vec<u8>]) -> Option<Vec<f32>> {
    mean_of(&vectors.iter().map(|bytes| values(bytes)).collect::<Vec<_>>())
}

fn packed(work: &WorkVectors, dimension: usize) -> Vec<Vec<f32>> {
    let is_whole = |bytes: &Vec<u8>| nearest::packed_dimension(bytes.len(), REGIONS) == dimension;
    let images = work.vectors.iter();
    match images.clone().all(is_whole) {
        true => images.flat_map(|bytes| nearest::unpacked(bytes, dimension)).collect(),
        false => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use super::super::memory::{DESCRIPTOR, details_of};

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
            files: (1..=vectors.len()).map(|at| format!("{at}.tif")).collect(),
        }
    }

    #[test]
    fn details_are_found_with_their_place() {
        let mut all = Collection::new(&details_of(DESCRIPTOR), 2, ONE, &[]).unwrap();
        // The first image is plain; the second has something in its last region.
        let plain = vec![vec![0.0, 1.0]; REGIONS];
        let mut other = vec![vec![0.0; 2]; REGIONS];
        other[REGIONS - 1] = vec![1.0, 0.1];
        let vectors = vec![nearest::packed(&plain), nearest::packed(&other)];
        let files = vec!["a.tif".to_owned(), "b.tif".to_owned()];
        let found = WorkVectors { vectors, files, ..work(1, &[]) };
        let bad = WorkVectors { vectors: vec![vec![1; 7]], ..work(2, &[&[1.0, 0.0]]) };
        assert_eq!(all.put(&[found.clone(), bad], 2, &Rights::default()), 1);
        assert_eq!(all.vectors.len(), REGIONS + 1);
        let near = all.search(&[1.0, 0.0], 5, |_, _| true).unwrap();
        assert_eq!(near.len(), 1);
        let detail = all.detail(1, near[0].part).unwrap();
        assert_eq!((detail.file.as_str(), detail.region.x, detail.region.y), ("b.tif", 0.5, 0.5));
        all.put(&[WorkVectors { withdrawn: true, ..found }], 2, &Rights::default());
        assert!(all.detail(1, 0).is_none() && all.vectors.len() == 0);
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
