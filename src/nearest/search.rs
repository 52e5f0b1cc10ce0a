//! Searches the vectors: all of them in the reduced dimension, the best of these in all dimensions.

use std::collections::HashSet;
use std::thread;

use super::Invalid;
use super::axes::Axes;
use super::quantize::Query;
use super::vectors::{Block, Vectors};

/// The least number of vectors that is compared in all dimensions.
const FEWEST_CANDIDATES: usize = 1024;
/// How many stored vectors are searched for, to see how many candidates a search needs, and for how many neighbours.
const TRIALS: usize = 24;
const TRIED_NEIGHBORS: usize = 10;
/// Of the trials' neighbours, how many may come after the last candidate: one in so many.
const MISSED_ONE_IN: usize = 100;

/// A work that is near the query.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Neighbor {
    /// The work.
    pub(crate) id: u64,
    /// The cosine of the angle between its nearest vector and the query; at most 1.
    pub(crate) cosine: f32,
    /// Which of its vectors is the nearest.
    pub(crate) part: u16,
}

/// A vector with its score: block and row in it.
#[derive(Clone, Copy)]
struct Scored {
    score: f32,
    block: u32,
    row: u32,
}

impl Vectors {
    /// The works nearest to the query, at most `limit`, the nearest first, and those of equal cosine by number. Only
    /// works that pass the filter are found, however few pass; it is asked about promising works only.
    pub(crate) fn search(
        &self,
        query: &[f32],
        limit: usize,
        filter: impl Fn(u64) -> bool + Sync,
    ) -> Result<Vec<Neighbor>, Invalid> {
        let exact = self.rotated(query)?;
        // So many rows hold `limit` works even if the best works have all their parts among them.
        let rows = limit.saturating_mul(self.most_parts).min(self.len());
        if rows == 0 {
            return Ok(Vec::new());
        }
        let full = Query::new(&exact);
        let Some(axes) = &self.axes else {
            let found = self.scan(rows, &filter, |block, row| self.exact(&full, block, row));
            return Ok(self.neighbors(found, limit));
        };
        let reduced = Query::new(&axes.project(&exact));
        let count = rows.max(self.candidates());
        let mut found = self.scan(count, &filter, |block, row| along_axes(&reduced, block, row));
        self.rescore(&mut found, &full);
        Ok(self.neighbors(found, limit))
    }

    /// The share of all vectors that has to be compared in all dimensions, as found by searching for some of them: at least
    /// so many that 99 % of their ten nearest are among twice as many along the axes.
    pub(super) fn needed_share(&self, axes: &Axes) -> f64 {
        let mut ranks = Vec::new();
        for trial in 0..TRIALS {
            let values = self.decoded(trial * self.len() / TRIALS);
            let (full, reduced) = (Query::new(&values), Query::new(&axes.project(&values)));
            let best = self.scan(TRIED_NEIGHBORS, &|_| true, |block, row| self.exact(&full, block, row));
            let scores: Vec<f32> = best
                .iter()
                .map(|best| along_axes(&reduced, &self.blocks[best.block as usize], best.row as usize))
                .collect();
            let mut before = vec![0_usize; scores.len()];
            for block in &self.blocks {
                for row in 0..block.rows.len() {
                    let score = along_axes(&reduced, block, row);
                    before
                        .iter_mut()
                        .zip(&scores)
                        .for_each(|(before, own)| *before += usize::from(score > *own));
                }
            }
            ranks.extend(before);
        }
        ranks.sort_unstable_by(|a, b| b.cmp(a));
        let rank = ranks.get(ranks.len() / MISSED_ONE_IN).copied().unwrap_or(0);
        (2 * rank) as f64 / self.len().max(1) as f64
    }

    fn candidates(&self) -> usize {
        FEWEST_CANDIDATES.max((self.share * self.len() as f64) as usize)
    }

    /// The `count` best of all vectors that pass the filter, in no order.
    fn scan(
        &self,
        count: usize,
        filter: &(impl Fn(u64) -> bool + Sync),
        score: impl Fn(&Block, usize) -> f32 + Sync,
    ) -> Vec<Scored> {
        let threads = self.threads.get().min(self.blocks.len()).max(1);
        let share = |thread: usize| {
            let mut best = Best::new(count);
            for (number, block) in (0..).zip(&self.blocks).skip(thread).step_by(threads) {
                for (row, at) in (0..).zip(&block.rows) {
                    let score = score(block, row as usize);
                    if score > best.threshold && filter(at.id) {
                        best.push(Scored { score, block: number, row });
                    }
                }
            }
            best
        };
        let mut best = thread::scope(|scope| {
            let others: Vec<_> = (1..threads).map(|thread| scope.spawn(move || share(thread))).collect();
            others.into_iter().fold(share(0), |mut best, other| {
                best.found.extend(other.join().expect("scoring does not panic").found);
                best
            })
        });
        best.cut();
        best.found
    }

    fn rescore(&self, found: &mut [Scored], query: &Query) {
        // In the order of memory.
        found.sort_unstable_by_key(|scored| (scored.block, scored.row));
        let share = found.len().div_ceil(self.threads.get()).max(1);
        let rescore = |scored: &mut Scored| {
            scored.score = self.exact(query, &self.blocks[scored.block as usize], scored.row as usize);
        };
        thread::scope(|scope| {
            let mut shares = found.chunks_mut(share);
            let own = shares.next();
            for other in shares {
                scope.spawn(move || other.iter_mut().for_each(rescore));
            }
            own.into_iter().flatten().for_each(rescore);
        });
    }

    fn exact(&self, query: &Query, block: &Block, row: usize) -> f32 {
        query.dot(&block.codes[row * self.dimension..][..self.dimension], block.rows[row].scale)
    }

    /// The best vector of each work, in order.
    fn neighbors(&self, found: Vec<Scored>, limit: usize) -> Vec<Neighbor> {
        let neighbor = |scored: Scored| {
            let row = self.blocks[scored.block as usize].rows[scored.row as usize];
            Neighbor { id: row.id, cosine: scored.score.clamp(-1.0, 1.0), part: row.part }
        };
        let mut neighbors: Vec<_> = found.into_iter().map(neighbor).collect();
        neighbors.sort_unstable_by(|a, b| {
            b.cosine.total_cmp(&a.cosine).then(a.id.cmp(&b.id)).then(a.part.cmp(&b.part))
        });
        let mut seen = HashSet::new();
        neighbors.retain(|neighbor| seen.len() < limit && seen.insert(neighbor.id));
        neighbors
    }
}

fn along_axes(query: &Query, block: &Block, row: usize) -> f32 {
    let codes = block.reduced.len() / block.rows.len();
    query.dot(&block.reduced[row * codes..][..codes], block.rows[row].reduced_scale)
}

/// The best of what is pushed: twice as many are collected before the worse half is dropped.
struct Best {
    count: usize,
    /// What is not above it is not among the best.
    threshold: f32,
    found: Vec<Scored>,
}

impl Best {
    fn new(count: usize) -> Self {
        Self { count, threshold: f32::NEG_INFINITY, found: Vec::new() }
    }

    fn push(&mut self, scored: Scored) {
        self.found.push(scored);
        if self.found.len() >= 2 * self.count {
            self.cut();
        }
    }

    fn cut(&mut self) {
        if self.found.len() <= self.count {
            return;
        }
        self.found.select_nth_unstable_by(self.count - 1, |a, b| {
            b.score.total_cmp(&a.score).then((a.block, a.row).cmp(&(b.block, b.row)))
        });
        self.found.truncate(self.count);
        self.threshold = self.found[self.count - 1].score;
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use super::super::synthetic::{Source, Structure};
    use super::*;

    const TWO: NonZeroUsize = NonZeroUsize::new(2).unwrap();

    fn vectors(dimension: usize, works: &[(u64, Vec<Vec<f32>>)]) -> Vectors {
        let mut vectors = Vectors::new(dimension, TWO).unwrap();
        works.iter().for_each(|(id, parts)| vectors.replace(*id, parts).unwrap());
        vectors
    }

    fn ids(neighbors: &[Neighbor]) -> Vec<u64> {
        neighbors.iter().map(|neighbor| neighbor.id).collect()
    }

    /// The share of the ten nearest by floating point that a search finds.
    fn recall(structure: Structure, dimension: usize, axes: Option<usize>) -> f64 {
        let mut source = Source::new(structure, dimension, 20, 7);
        let all: Vec<_> = (0..6000).map(|id| (id, vec![source.next()])).collect();
        let mut vectors = vectors(dimension, &all);
        if let Some(axes) = axes {
            vectors.reduce_to(axes);
        }
        let unit = |values: &[f32]| super::super::quantize::unit(values).unwrap();
        let units: Vec<_> = all.iter().map(|(_, parts)| unit(&parts[0])).collect();
        let mut found = 0;
        for _ in 0..20 {
            let query = source.next();
            let dot = |values: &[f32]| values.iter().zip(&query).map(|(a, b)| a * b).sum::<f32>();
            let scores: Vec<f32> = units.iter().map(|values| dot(values)).collect();
            let mut order: Vec<u64> = (0..6000).collect();
            order.sort_by(|a, b| scores[*b as usize].total_cmp(&scores[*a as usize]));
            let neighbors = vectors.search(&query, 10, |_| true).unwrap();
            found += ids(&neighbors).iter().filter(|id| order[..10].contains(id)).count();
        }
        f64::from(found as u32) / 200.0
    }

    #[test]
    fn the_ten_nearest_are_found_as_by_floating_point() {
        assert!(recall(Structure::Clusters, 256, None) >= 0.95);
        assert!(recall(Structure::Noise, 256, None) >= 0.95);
    }

    #[test]
    fn the_ten_nearest_are_found_along_few_axes() {
        assert!(recall(Structure::Clusters, 256, Some(64)) >= 0.95);
    }

    #[test]
    fn axes_are_not_used_where_all_directions_are_alike() {
        for (structure, is_reduced) in [(Structure::Clusters, true), (Structure::Noise, false)] {
            let mut source = Source::new(structure, 256, 20, 7);
            let all: Vec<_> = (0..6000).map(|id| (id, vec![source.next()])).collect();
            let mut vectors = vectors(256, &all);
            vectors.reduce_to(64);
            assert_eq!(vectors.axes.is_some(), is_reduced, "{structure:?}");
            vectors.replace(6000, &[source.next()]).unwrap();
            assert_eq!(vectors.search(&source.next(), 10, |_| true).unwrap().len(), 10);
        }
    }

    #[test]
    fn a_filter_that_few_works_pass_still_finds_them() {
        let mut source = Source::new(Structure::Clusters, 96, 5, 3);
        let all: Vec<_> = (0..5000).map(|id| (id, vec![source.next()])).collect();
        let mut vectors = vectors(96, &all);
        vectors.reduce_to(24);
        let query = source.next();
        let mut found = ids(&vectors.search(&query, 10, |id| id % 1000 == 7).unwrap());
        found.sort_unstable();
        assert_eq!(found, [7, 1007, 2007, 3007, 4007]);
    }

    #[test]
    fn a_work_is_found_once_by_its_nearest_part() {
        let vectors = vectors(
            3,
            &[
                (1, vec![vec![1.0, 0.0, 0.0], vec![0.0, 9.0, 0.0], vec![0.1, 9.0, 0.0]]),
                (2, vec![vec![0.5, 1.0, 0.0]]),
            ],
        );
        let neighbors = vectors.search(&[0.0, 2.0, 0.0], 5, |_| true).unwrap();
        assert_eq!(ids(&neighbors), [1, 2]);
        assert_eq!(neighbors[0].part, 1);
        assert!(neighbors[0].cosine > 0.99 && neighbors[0].cosine <= 1.0);
        assert_eq!(ids(&vectors.search(&[0.0, 2.0, 0.0], 1, |_| true).unwrap()), [1]);
        assert_eq!(vectors.search(&[0.0, 2.0, 0.0], 0, |_| true).unwrap(), []);
    }

    #[test]
    fn vectors_are_added_replaced_and_removed() {
        let mut source = Source::new(Structure::Clusters, 96, 5, 5);
        let mut vectors = Vectors::new(96, TWO).unwrap();
        assert_eq!(vectors.search(&source.next(), 3, |_| true).unwrap(), []);
        let mut kept = Vec::new();
        for id in 0..9000_u64 {
            let parts: Vec<_> = (0..=id % 2).map(|_| source.next()).collect();
            vectors.replace(id, &parts).unwrap();
            if id == 6000 {
                vectors.reduce_to(24);
            }
            kept.push(parts);
        }
        for id in (0..9000).filter(|id| id % 3 == 0) {
            assert!(vectors.remove(id));
            assert!(!vectors.remove(id));
        }
        let other = source.next();
        vectors.replace(1, std::slice::from_ref(&other)).unwrap();
        kept[1] = vec![other];
        assert_eq!(vectors.len(), 6000 + 3000 - 1);
        for id in (0..9000).filter(|id| id % 50 == 1) {
            for (part, values) in kept[id].iter().enumerate() {
                let first = vectors.search(values, 1, |_| true).unwrap().first().copied();
                let expected = (id % 3 != 0).then_some((id as u64, part as u16));
                let found = first.filter(|first| first.cosine > 0.999).map(|first| (first.id, first.part));
                assert_eq!(found, expected, "{first:?}");
            }
        }
    }

    #[test]
    fn what_cannot_be_compared_is_refused_and_changes_nothing() {
        let mut vectors = vectors(2, &[(1, vec![vec![1.0, 0.0]])]);
        let short = Invalid::Length { expected: 2, found: 1 };
        assert_eq!(vectors.replace(1, &[vec![0.0, 1.0], vec![1.0]]), Err(short.clone()));
        assert_eq!(vectors.search(&[1.0], 1, |_| true), Err(short));
        assert_eq!(vectors.search(&[f32::NAN, 0.0], 1, |_| true), Err(Invalid::Directionless));
        assert!(vectors.search(&[1.0, 0.0], 1, |_| true).unwrap()[0].cosine > 0.99);
        assert!(Vectors::new(4097, TWO).is_err_and(|error| error == Invalid::Dimension(4097)));
    }

    #[test]
    fn a_stored_vector_can_be_searched_with() {
        let vectors = vectors(5, &[(1, vec![vec![3.0, 0.0, 4.0, 0.0, 0.0]])]);
        let vector = vectors.vector(1).unwrap();
        assert!((vector[0] - 0.6).abs() < 0.01 && (vector[2] - 0.8).abs() < 0.01);
        assert_eq!(vectors.vector(2), None);
    }
}
