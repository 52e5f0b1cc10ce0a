//! Holds the vectors of works, in blocks that never move.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::thread;

use nalgebra::DMatrix;

use super::Invalid;
use super::axes::Axes;
use super::quantize::{encode, unit};
use super::rotation::Rotation;

/// The most values that a vector has.
pub(super) const LONGEST: usize = 4096;
/// The most vectors that a work has.
pub(super) const MOST_PARTS: usize = u16::MAX as usize + 1;
/// A block's rows. Blocks, because one array that doubles would need three times its memory for a moment.
const BLOCK: usize = 4096;
/// Fewer vectors are compared in all dimensions: that takes 1 ms.
const PREPARED_FROM: usize = 16_384;
/// How many vectors the axes are learnt from.
const SAMPLE: usize = 4096;
/// How many axes are learnt, for vectors that have several times as many values.
const AXES: usize = 256;
/// If more than this share of all vectors has to be compared in all dimensions, all are: the axes help too little.
const LARGEST_SHARE: f64 = 0.1;

/// Vectors by the number of their work; several per work are its parts, such as regions of its image.
pub(crate) struct Vectors {
    pub(super) dimension: usize,
    rotation: Rotation,
    pub(super) threads: NonZeroUsize,
    pub(super) blocks: Vec<Block>,
    pub(super) axes: Option<Axes>,
    /// The share of all vectors that a search compares in all dimensions.
    pub(super) share: f64,
    /// The largest number of parts that a work has had.
    pub(super) most_parts: usize,
    places: HashMap<u64, Vec<u32>>,
    len: usize,
    len_when_prepared: usize,
}

/// Up to [`BLOCK`] vectors, row by row.
#[derive(Default)]
pub(super) struct Block {
    pub(super) rows: Vec<Row>,
    pub(super) codes: Vec<i8>,
    /// The same vectors along the axes; empty before there are any.
    pub(super) reduced: Vec<i8>,
}

#[derive(Clone, Copy)]
pub(super) struct Row {
    pub(super) id: u64,
    pub(super) scale: f32,
    pub(super) reduced_scale: f32,
    pub(super) part: u16,
}

impl Vectors {
    /// An empty collection, which is searched by as many threads.
    pub(crate) fn new(dimension: usize, threads: NonZeroUsize) -> Result<Self, Invalid> {
        if dimension == 0 || dimension > LONGEST {
            return Err(Invalid::Dimension(dimension));
        }
        Ok(Self {
            dimension,
            rotation: Rotation::new(dimension),
            threads,
            blocks: Vec::new(),
            axes: None,
            share: 0.0,
            most_parts: 0,
            places: HashMap::new(),
            len: 0,
            len_when_prepared: 0,
        })
    }

    /// The number of values of each vector.
    pub(crate) const fn dimension(&self) -> usize {
        self.dimension
    }

    /// The number of vectors, all parts counted.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The bytes that the vectors take.
    pub(crate) fn bytes(&self) -> usize {
        let blocks = self.blocks.iter().map(|block| {
            block.codes.capacity() + block.reduced.capacity() + block.rows.capacity() * size_of::<Row>()
        });
        // A list of one place takes 16 bytes from the allocator at least.
        let place = size_of::<(u64, Vec<u32>)>() + 1 + 16;
        blocks.sum::<usize>() + self.places.capacity() * place
    }

    /// Adds a work's vectors, in place of those that it had. They need not have length 1. If one is invalid, nothing
    /// changes.
    pub(crate) fn replace(&mut self, id: u64, parts: &[Vec<f32>]) -> Result<(), Invalid> {
        if parts.len() > MOST_PARTS {
            return Err(Invalid::Parts(parts.len()));
        }
        let parts = parts.iter().map(|values| self.rotated(values)).collect::<Result<Vec<_>, _>>()?;
        self.remove(id);
        self.most_parts = self.most_parts.max(parts.len());
        let places: Vec<u32> = (0..).zip(&parts).map(|(part, values)| self.push(id, part, values)).collect();
        if !places.is_empty() {
            self.places.insert(id, places);
        }
        Ok(())
    }

    /// Removes a work's vectors; false if it had none.
    pub(crate) fn remove(&mut self, id: u64) -> bool {
        let Some(mut places) = self.places.remove(&id) else { return false };
        // From the last on: the row that fills a gap is then never one that is still to be removed.
        places.sort_unstable();
        for place in places.into_iter().rev() {
            self.swap_remove(place as usize);
        }
        true
    }

    /// A work's first vector, as it is held: for «works like this one».
    pub(crate) fn vector(&self, id: u64) -> Option<Vec<f32>> {
        self.part(id, 0)
    }

    /// One of a work's vectors, as it is held.
    pub(crate) fn part(&self, id: u64, part: u16) -> Option<Vec<f32>> {
        let place = *self.places.get(&id)?.get(usize::from(part))? as usize;
        let mut values = self.decoded(place);
        self.rotation.undo(&mut values);
        Some(values)
    }

    /// The vector at a place, rotated.
    pub(super) fn decoded(&self, place: usize) -> Vec<f32> {
        self.blocks[place / BLOCK].decoded(place % BLOCK, self.dimension).collect()
    }

    /// Whether [`Vectors::prepare`] would make searches faster or better.
    pub(crate) fn is_preparation_due(&self) -> bool {
        self.has_use_for_axes() && self.len > 2 * self.len_when_prepared
    }

    /// Learns along which axes the vectors differ most, and reduces all vectors to them. To be called once the vectors
    /// of a collection are loaded, and again when [`Vectors::is_preparation_due`]; it takes seconds for large collections.
    pub(crate) fn prepare(&mut self) {
        if self.has_use_for_axes() {
            self.reduce_to(AXES);
        }
    }

    /// The form in which vectors are held and compared.
    pub(super) fn rotated(&self, values: &[f32]) -> Result<Vec<f32>, Invalid> {
        if values.len() != self.dimension {
            return Err(Invalid::Length { expected: self.dimension, found: values.len() });
        }
        let mut values = unit(values)?;
        self.rotation.apply(&mut values);
        Ok(values)
    }

    pub(super) fn reduce_to(&mut self, count: usize) {
        let axes = Axes::learn(&self.sample(), count);
        let dimension = self.dimension;
        let share = self.blocks.len().div_ceil(self.threads.get()).max(1);
        thread::scope(|scope| {
            for blocks in self.blocks.chunks_mut(share) {
                scope.spawn(|| blocks.iter_mut().for_each(|block| block.reduce(&axes, dimension)));
            }
        });
        self.len_when_prepared = self.len;
        self.share = self.needed_share(&axes);
        self.axes = (self.share <= LARGEST_SHARE).then_some(axes);
        if self.axes.is_none() {
            self.blocks.iter_mut().for_each(|block| block.reduced = Vec::new());
        }
    }

    fn has_use_for_axes(&self) -> bool {
        self.len >= PREPARED_FROM && self.dimension >= 2 * AXES
    }

    /// Vectors from all over the collection, one per column.
    fn sample(&self) -> DMatrix<f32> {
        let count = self.len.min(SAMPLE);
        let values = (0..count).flat_map(|index| {
            let place = index * self.len / count;
            self.blocks[place / BLOCK].decoded(place % BLOCK, self.dimension)
        });
        DMatrix::from_iterator(self.dimension, count, values)
    }

    fn push(&mut self, id: u64, part: u16, values: &[f32]) -> u32 {
        if self.len.is_multiple_of(BLOCK) {
            self.blocks.push(Block::default());
        }
        let block = self.blocks.last_mut().expect("a block was added if the last was full");
        let scale = encode(values, &mut block.codes);
        let reduced_scale = self.axes.as_ref().map_or(0.0, |axes| {
            let column = DMatrix::from_column_slice(values.len(), 1, values);
            encode(axes.reduce(&column).as_slice(), &mut block.reduced)
        });
        block.rows.push(Row { id, scale, reduced_scale, part });
        self.len += 1;
        u32::try_from(self.len - 1).expect("memory ends before four thousand million vectors")
    }

    /// Removes a row by moving the last one into its place.
    fn swap_remove(&mut self, place: usize) {
        let last = self.len - 1;
        let block = self.blocks.last_mut().expect("a place exists, so there is a block");
        let (row, codes, reduced) = block.pop(self.dimension);
        if block.rows.is_empty() {
            self.blocks.pop();
        }
        self.len = last;
        if place == last {
            return;
        }
        self.blocks[place / BLOCK].put(place % BLOCK, row, &codes, &reduced);
        let moved = self.places.get_mut(&row.id).and_then(|places| places.get_mut(usize::from(row.part)));
        *moved.expect("each row is known by its work") = u32::try_from(place).expect("places fit");
    }
}

impl Block {
    fn decoded(&self, row: usize, dimension: usize) -> impl Iterator<Item = f32> {
        let scale = self.rows[row].scale;
        self.codes[row * dimension..][..dimension].iter().map(move |code| f32::from(*code) * scale)
    }

    fn reduce(&mut self, axes: &Axes, dimension: usize) {
        let values = (0..self.rows.len()).flat_map(|row| self.decoded(row, dimension));
        let columns = DMatrix::from_iterator(dimension, self.rows.len(), values);
        let mut codes = Vec::new();
        for (row, column) in self.rows.iter_mut().zip(axes.reduce(&columns).column_iter()) {
            row.reduced_scale = encode(column.as_slice(), &mut codes);
        }
        self.reduced = codes;
    }

    fn pop(&mut self, dimension: usize) -> (Row, Vec<i8>, Vec<i8>) {
        let reduced = self.reduced.len() / self.rows.len();
        let row = self.rows.pop().expect("the last block has rows");
        let codes = self.codes.split_off(self.rows.len() * dimension);
        (row, codes, self.reduced.split_off(self.rows.len() * reduced))
    }

    fn put(&mut self, at: usize, row: Row, codes: &[i8], reduced: &[i8]) {
        self.rows[at] = row;
        self.codes[at * codes.len()..][..codes.len()].copy_from_slice(codes);
        self.reduced[at * reduced.len()..][..reduced.len()].copy_from_slice(reduced);
    }
}
