//! The columns of a segment, held in memory for counting and comparing hits.

use std::ops::Range;

use parking_lot::RwLock;

use tantivy::columnar::{Column, StrColumn};
use tantivy::schema::Field;
use tantivy::{DocId, SegmentReader};

use super::Error;
use super::colour::{Colour, unpacked};
use super::schema::{HAS_IMAGE, schema};
use super::visual_measure::VisualMeasure;
use super::vocabulary::Vocabulary;

/// Years are clamped to this distance from year 0.
const MAX_YEAR: i64 = 10_000_000;
/// The value of an unknown year.
const UNKNOWN: i32 = i32::MIN;

/// The columns of one segment, which never change.
pub(crate) struct Columns {
    /// The offset of each work's values in `facets`, and the end of the last ones.
    starts: Vec<u32>,
    /// Facet values, as numbers of the vocabulary.
    facets: Vec<u32>,
    years: Vec<(i32, i32)>,
    flags: Vec<u8>,
    /// The rank of each work's object number in alphabetical order.
    numbers: Vec<u32>,
    /// All works in the default order.
    default_order: Vec<DocId>,
    colour_starts: Vec<u32>,
    colours: Vec<Colour>,
    /// The shares of the picture that `colours` cover, in 255ths; 0 if unknown.
    shares: Vec<u8>,
    /// Object numbers, titles and creators, in alphabetical order.
    pub number: StrColumn,
    pub title: Option<StrColumn>,
    pub title_order: Option<StrColumn>,
    pub creator: Option<StrColumn>,
    pub revision: Column<u64>,
    pub hue: Column<u64>,
    pub background: Column<u64>,
    visual_measures: [Column<f64>; VisualMeasure::ALL.len()],
    pub width: Column<u64>,
    pub height: Column<u64>,
    pub bytes: Column<u64>,
    pub modified: Column<i64>,
    pub created: Column<i64>,
}

impl Columns {
    /// Reads a segment's columns, and adds its facet values to the vocabulary.
    pub(crate) fn read(reader: &SegmentReader, vocabulary: &RwLock<Vocabulary>) -> Result<Self, Error> {
        let works = reader.max_doc();
        let mut labels = Vec::new();
        each_term(reader, schema().1.called, |term, _| labels.push(term.to_owned()))?;
        // Searches read the vocabulary at the same time, so the lock is held only for changes.
        let mut writable = vocabulary.write();
        labels.iter().for_each(|label| writable.state(label));
        drop(writable);
        let fast = reader.fast_fields();
        let (starts, facets) = match fast.str("facet")? {
            None => (vec![0; works as usize + 1], Vec::new()),
            Some(column) => {
                let mut terms = Vec::with_capacity(column.num_terms());
                let mut stream = column.dictionary().stream()?;
                while stream.advance() {
                    terms.push(String::from_utf8_lossy(stream.key()).into_owned());
                }
                let mut writable = vocabulary.write();
                let numbers: Vec<u32> = terms.iter().map(|term| writable.number(term)).collect();
                drop(writable);
                flattened(works, column.ords(), |ord| numbers.get(ord as usize).copied())
            }
        };
        let year = |column: &Column<i64>, work| {
            column.first(work).map_or(UNKNOWN, |year| year.clamp(-MAX_YEAR, MAX_YEAR) as i32)
        };
        let (earliest, latest) =
            (numbers_of::<i64>(reader, "earliest")?, numbers_of::<i64>(reader, "latest")?);
        let flags = numbers_of::<u64>(reader, "flags")?;
        let colours = numbers_of::<u64>(reader, "colour")?;
        let (colour_starts, colours) = flattened(works, &colours, |packed| Some(unpacked(packed)));
        let (colours, shares) = colours.into_iter().unzip();
        let number =
            fast.str("number")?.ok_or_else(|| Error::Damaged("works have no object numbers".into()))?;
        let mut columns = Self {
            starts,
            facets,
            years: (0..works).map(|work| (year(&earliest, work), year(&latest, work))).collect(),
            flags: (0..works).map(|work| flags.first(work).unwrap_or(0) as u8).collect(),
            numbers: (0..works).map(|work| number.ords().first(work).unwrap_or(0) as u32).collect(),
            default_order: Vec::new(),
            colour_starts,
            colours,
            shares,
            number,
            title: fast.str("title")?,
            title_order: fast.str("title_order")?,
            creator: fast.str("creator")?,
            revision: numbers_of(reader, "revision")?,
            hue: numbers_of(reader, "hue")?,
            background: numbers_of(reader, "background")?,
            visual_measures: visual_measures(reader)?,
            width: numbers_of(reader, "width")?,
            height: numbers_of(reader, "height")?,
            bytes: numbers_of(reader, "bytes")?,
            modified: numbers_of(reader, "modified")?,
            created: numbers_of(reader, "created")?,
        };
        let mut default_order: Vec<DocId> = (0..works).collect();
        default_order
            .sort_unstable_by_key(|&work| (columns.flags(work) & HAS_IMAGE == 0, columns.number_rank(work)));
        columns.default_order = default_order;
        Ok(columns)
    }

    /// All works in the default order: works with images first, then by object number.
    pub(crate) fn default_order(&self) -> &[DocId] {
        &self.default_order
    }

    /// A work's facet values, as numbers of the vocabulary.
    pub(crate) fn facets(&self, work: DocId) -> &[u32] {
        slice(&self.starts, &self.facets, work..work + 1)
    }

    /// The facet values of consecutive works, as numbers of the vocabulary.
    pub(crate) fn facets_within(&self, works: Range<DocId>) -> &[u32] {
        slice(&self.starts, &self.facets, works)
    }

    /// The first and the last year of a work's production, if known.
    pub(crate) fn years(&self, work: DocId) -> Option<(i32, i32)> {
        let (earliest, latest) = *self.years.get(work as usize)?;
        (earliest != UNKNOWN).then_some((earliest, latest))
    }

    pub(crate) fn flags(&self, work: DocId) -> u64 {
        self.flags.get(work as usize).copied().unwrap_or(0).into()
    }

    /// The rank of a work's object number within the segment, in alphabetical order.
    pub(crate) fn number_rank(&self, work: DocId) -> u64 {
        self.numbers.get(work as usize).copied().unwrap_or(u32::MAX).into()
    }

    /// A work's colours, the most important first, with their shares of the picture, if known.
    pub(crate) fn colours(&self, work: DocId) -> impl Iterator<Item = (Colour, Option<f32>)> + Clone {
        let colours = slice(&self.colour_starts, &self.colours, work..work + 1).iter().copied();
        let shares = slice(&self.colour_starts, &self.shares, work..work + 1).iter();
        colours.zip(shares.map(|&share| (share > 0).then(|| f32::from(share) / 255.0)))
    }

    /// What was measured on a work's pictures.
    pub(crate) fn visual_measure(&self, measure: VisualMeasure, work: DocId) -> Option<f64> {
        self.visual_measures[measure as usize].first(work)
    }

    /// The memory used by the columns, in bytes.
    pub(crate) fn memory(&self) -> usize {
        4 * (self.starts.len() + self.facets.len() + self.colour_starts.len())
            + 17 * self.years.len()
            + 13 * self.colours.len()
    }
}

/// The texts of a column, by their ordinals.
#[derive(Default)]
pub(super) struct ColumnTexts {
    ords: Vec<u64>,
    texts: Vec<String>,
}

impl ColumnTexts {
    /// Looks up these ordinals in one pass.
    pub(super) fn of(column: &StrColumn, ords: impl Iterator<Item = u64>) -> Result<Self, Error> {
        let mut ords: Vec<u64> = ords.collect();
        ords.sort_unstable();
        ords.dedup();
        let mut texts = Vec::with_capacity(ords.len());
        let keep = |text: &[u8]| texts.push(String::from_utf8_lossy(text).into_owned());
        column.dictionary().sorted_ords_to_term_cb(&ords, keep)?;
        Ok(Self { ords, texts })
    }

    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().map(String::as_str)
    }

    pub(super) fn get(&self, ord: u64) -> Option<&str> {
        self.ords.binary_search(&ord).ok().and_then(|at| self.texts.get(at)).map(String::as_str)
    }
}

fn slice<'a, T>(starts: &[u32], values: &'a [T], works: Range<DocId>) -> &'a [T] {
    match (starts.get(works.start as usize), starts.get(works.end as usize)) {
        (Some(&start), Some(&end)) => values.get(start as usize..end as usize).unwrap_or_default(),
        _ => &[],
    }
}

/// The values of all works in one list, and the offset of each work's values.
fn flattened<T>(works: u32, column: &Column<u64>, value: impl Fn(u64) -> Option<T>) -> (Vec<u32>, Vec<T>) {
    let mut starts = Vec::with_capacity(works as usize + 1);
    let mut values = Vec::new();
    starts.push(0);
    for work in 0..works {
        values.extend(column.values_for_doc(work).filter_map(&value));
        starts.push(values.len() as u32);
    }
    values.shrink_to_fit();
    (starts, values)
}

fn numbers_of<T>(reader: &SegmentReader, name: &str) -> Result<Column<T>, Error>
where
    T: tantivy::columnar::HasAssociatedColumnType + Default,
    tantivy::columnar::DynamicColumn: Into<Option<Column<T>>>,
{
    let column = reader.fast_fields().column_opt::<T>(name)?;
    Ok(column.unwrap_or_else(|| Column::build_empty_column(reader.max_doc())))
}

fn visual_measures(reader: &SegmentReader) -> Result<[Column<f64>; VisualMeasure::ALL.len()], Error> {
    let [brightness, contrast, saturation, temperature, entropy] =
        VisualMeasure::ALL.map(|measure| numbers_of(reader, measure.name()));
    Ok([brightness?, contrast?, saturation?, temperature?, entropy?])
}

/// Calls `visit` for every term of a field with the number of its works, in alphabetical order.
pub(super) fn each_term(
    reader: &SegmentReader,
    field: Field,
    mut visit: impl FnMut(&str, u32),
) -> Result<(), Error> {
    let inverted = reader.inverted_index(field)?;
    let mut stream = inverted.terms().stream()?;
    while stream.advance() {
        if let Ok(term) = std::str::from_utf8(stream.key()) {
            visit(term, stream.value().doc_freq);
        }
    }
    Ok(())
}
