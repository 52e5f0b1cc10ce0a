//! The order of hits, and page cursors.

use std::cmp::Ordering;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use tantivy::DocId;
use tantivy::columnar::StrColumn;

use super::Error;
use super::columns::{ColumnTexts, Columns};
use super::schema::HAS_IMAGE;
use super::visual_measure::VisualMeasure;
use crate::iiif::Invalid;

/// The sort key of hits. Works without a value come last; works with equal values are sorted by object number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum Sort {
    /// Relevance to the query or the colours; without either, works with images first.
    #[default]
    Relevance,
    Title,
    Creator,
    /// The first year of the production.
    Date,
    /// By the last change, newest first.
    Newest,
    /// By hue around the colour circle, greys last.
    Hue,
    Number,
    /// The first and the last year of the production, in either direction.
    MadeFrom,
    MadeUntil,
    /// When the source changed or created its record.
    Modified,
    Created,
    /// The dimensions of the largest image.
    Width,
    Height,
    /// The size of the main image's file.
    Bytes,
    /// What was measured on its pictures.
    Visual(VisualMeasure),
}

/// The names of sort keys in URLs; a leading `-` reverses the order.
pub(crate) const SORTS: [(&str, Sort); 12] = [
    ("relevance", Sort::Relevance),
    ("title", Sort::Title),
    ("creator", Sort::Creator),
    ("date", Sort::Date),
    ("newest", Sort::Newest),
    ("hue", Sort::Hue),
    ("number", Sort::Number),
    (VisualMeasure::Brightness.name(), Sort::Visual(VisualMeasure::Brightness)),
    (VisualMeasure::Contrast.name(), Sort::Visual(VisualMeasure::Contrast)),
    (VisualMeasure::Saturation.name(), Sort::Visual(VisualMeasure::Saturation)),
    (VisualMeasure::Temperature.name(), Sort::Visual(VisualMeasure::Temperature)),
    (VisualMeasure::Entropy.name(), Sort::Visual(VisualMeasure::Entropy)),
];

/// A sort key and its direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Order {
    pub sort: Sort,
    pub backwards: bool,
}

/// The sort key of a hit within its segment.
pub(super) type Rank = (u64, u64, DocId);

/// The sort key of a hit across segments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Key {
    Number(u64),
    /// `None` if the work has no value.
    Text(Option<String>),
}

/// The end of a page: its last work and the sort key of that work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Cursor {
    #[serde(rename = "k")]
    pub key: Key,
    #[serde(rename = "n")]
    pub object_number: String,
    /// The state of the index, outside of which scores are invalid.
    #[serde(rename = "g")]
    pub state: u64,
    /// A hash of the search to which it belongs.
    #[serde(rename = "s")]
    pub search: u64,
}

const LAST: u64 = u64::MAX;

impl Order {
    /// Parses the name of a sort key.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (name, backwards) = match text.strip_prefix('-') {
            Some(name) => (name, true),
            None => (text, false),
        };
        let (_, sort) = *SORTS.iter().find(|(known, _)| *known == name)?;
        let is_reversible = !matches!(sort, Sort::Relevance | Sort::Newest | Sort::Hue);
        (is_reversible || !backwards).then_some(Self { sort, backwards })
    }

    /// All names that [`Order::parse`] accepts.
    pub(crate) fn names() -> Vec<String> {
        let named = SORTS.iter().flat_map(|(name, _)| [(*name).to_owned(), format!("-{name}")]);
        named.filter(|name| Self::parse(name).is_some()).collect()
    }

    fn text<'a>(&self, columns: &'a Columns) -> Option<Option<&'a StrColumn>> {
        match self.sort {
            Sort::Title => Some(columns.title_order.as_ref()),
            Sort::Creator => Some(columns.creator.as_ref()),
            Sort::Number => Some(Some(&columns.number)),
            _ => None,
        }
    }

    /// Whether the first parts of ranks can be compared across segments.
    pub(crate) fn compares_by_numbers(&self) -> bool {
        !matches!(self.sort, Sort::Title | Sort::Creator | Sort::Number)
    }

    /// The first part of a work's rank, smaller for works that come earlier. `score` is its relevance.
    pub(crate) fn primary(&self, columns: &Columns, work: DocId, score: Option<f32>) -> u64 {
        let directed = |value: u64| if self.backwards { (LAST - 1).saturating_sub(value) } else { value };
        if let Some(column) = self.text(columns) {
            return match column.and_then(|column| column.ords().first(work)) {
                Some(ord) => directed(ord),
                None => LAST,
            };
        }
        let year = |year: i32| (i64::from(year) + 100_000) as u64;
        let second = |second: i64| second.saturating_add(1 << 40).max(0) as u64;
        match self.sort {
            Sort::Date if self.backwards => {
                columns.years(work).map_or(LAST, |(_, latest)| directed(year(latest)))
            }
            Sort::Date => columns.years(work).map_or(LAST, |(earliest, _)| year(earliest)),
            Sort::Newest => columns.revision.first(work).map_or(LAST, |revision| LAST - 1 - revision),
            Sort::Hue => columns.hue.first(work).unwrap_or(LAST),
            Sort::MadeFrom => columns.years(work).map_or(LAST, |(earliest, _)| directed(year(earliest))),
            Sort::MadeUntil => columns.years(work).map_or(LAST, |(_, latest)| directed(year(latest))),
            Sort::Modified => columns.modified.first(work).map_or(LAST, |at| directed(second(at))),
            Sort::Created => columns.created.first(work).map_or(LAST, |at| directed(second(at))),
            Sort::Width => columns.width.first(work).map_or(LAST, directed),
            Sort::Height => columns.height.first(work).map_or(LAST, directed),
            Sort::Bytes => columns.bytes.first(work).map_or(LAST, directed),
            Sort::Visual(measure) => {
                columns.visual_measure(measure, work).map_or(LAST, |value| directed(ordered(value)))
            }
            _ => match score {
                Some(score) => scored(score),
                None => u64::from(columns.flags(work) & HAS_IMAGE == 0),
            },
        }
    }

    /// The rank of a work.
    pub(crate) fn rank(&self, columns: &Columns, work: DocId, score: Option<f32>) -> Rank {
        (self.primary(columns, work, score), columns.number_rank(work), work)
    }

    /// Converts the first parts of ranks to keys that can be compared across segments.
    pub(crate) fn keys(
        &self,
        columns: &Columns,
        primaries: impl Iterator<Item = u64>,
    ) -> Result<Keys, Error> {
        let texts = match self.text(columns) {
            None => None,
            Some(None) => Some(ColumnTexts::default()),
            Some(Some(column)) => {
                let ords = primaries.filter(|&primary| primary != LAST).map(|primary| self.ord(primary));
                Some(ColumnTexts::of(column, ords)?)
            }
        };
        Ok(Keys { order: *self, texts })
    }

    /// The ordinal of a text in its column, from the first part of a rank.
    fn ord(&self, primary: u64) -> u64 {
        if self.backwards { LAST - 1 - primary } else { primary }
    }

    /// Compares hits of different segments.
    pub(crate) fn compare(&self, a: &Key, b: &Key) -> Ordering {
        match (a, b) {
            (Key::Number(a), Key::Number(b)) => a.cmp(b),
            (Key::Text(Some(a)), Key::Text(Some(b))) if self.backwards => b.cmp(a),
            (Key::Text(Some(a)), Key::Text(Some(b))) => a.cmp(b),
            (Key::Text(a), Key::Text(b)) => a.is_none().cmp(&b.is_none()),
            (Key::Number(_), Key::Text(_)) => Ordering::Less,
            (Key::Text(_), Key::Number(_)) => Ordering::Greater,
        }
    }

    /// The ranks of a segment after a cursor.
    pub(crate) fn after(&self, columns: &Columns, cursor: &Cursor) -> Result<After, Error> {
        let (number, exact) = position(&columns.number, &cursor.object_number)?;
        let number = if exact { number + 1 } else { number };
        Ok(match (&cursor.key, self.text(columns)) {
            (Key::Number(primary), _) => After { primary: *primary, number },
            (Key::Text(Some(text)), Some(Some(column))) => {
                let (ord, exact) = position(column, text)?;
                match (self.backwards, exact) {
                    (false, true) => After { primary: ord, number },
                    (false, false) => After { primary: ord, number: 0 },
                    (true, true) => After { primary: LAST - 1 - ord, number },
                    // All texts before `ord` come after the cursor.
                    (true, false) => After { primary: LAST - ord, number: 0 },
                }
            }
            // The remaining works have no value to sort by.
            (Key::Text(Some(_)), _) => After { primary: LAST, number: 0 },
            (Key::Text(None), _) => After { primary: LAST, number },
        })
    }
}

/// Keys for the first parts of one segment's ranks.
pub(crate) struct Keys {
    order: Order,
    /// The texts, if the order is by text.
    texts: Option<ColumnTexts>,
}

impl Keys {
    pub(crate) fn of(&self, primary: u64) -> Key {
        match &self.texts {
            None => Key::Number(primary),
            Some(_) if primary == LAST => Key::Text(None),
            Some(texts) => Key::Text(texts.get(self.order.ord(primary)).map(str::to_owned)),
        }
    }
}

/// The first rank after a cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct After {
    primary: u64,
    number: u64,
}

impl After {
    pub(crate) fn contains(&self, rank: &Rank) -> bool {
        (rank.0, rank.1) >= (self.primary, self.number)
    }
}

/// A number that is as large as a measure is, in 10,000ths.
fn ordered(measure: f64) -> u64 {
    ((measure + 1e6).max(0.0) * 1e4) as u64
}

/// Converts a score to the first part of a rank: higher scores come first.
pub(super) fn scored(score: f32) -> u64 {
    u64::from(u32::MAX - score.max(0.0).to_bits())
}

/// The ordinal that a text has or would have in a column, and whether the column contains it.
fn position(column: &StrColumn, text: &str) -> Result<(u64, bool), Error> {
    let (mut low, mut high) = (0, column.num_terms() as u64);
    let mut found = String::new();
    while low < high {
        let middle = low + (high - low) / 2;
        column.ord_to_str(middle, &mut found)?;
        match found.as_str().cmp(text) {
            Ordering::Less => low = middle + 1,
            Ordering::Equal => return Ok((middle, true)),
            Ordering::Greater => high = middle,
        }
    }
    Ok((low, false))
}

impl Cursor {
    /// The cursor as clients receive it.
    pub(crate) fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    pub(crate) fn decode(text: &str) -> Result<Self, Invalid> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok();
        let cursor = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        cursor.ok_or_else(|| {
            Invalid::new("cursor", text, "is not a cursor of this server: use `next` of the page before")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorts_have_names() {
        assert_eq!(Order::parse("-title"), Some(Order { sort: Sort::Title, backwards: true }));
        let brightness = Sort::Visual(VisualMeasure::Brightness);
        assert_eq!(Order::parse("-brightness"), Some(Order { sort: brightness, backwards: true }));
        for wrong in ["", "-", "-relevance", "-hue", "Title", "size"] {
            assert_eq!(Order::parse(wrong), None, "{wrong}");
        }
        assert!(Order::names().iter().all(|name| Order::parse(name).is_some()));
    }

    #[test]
    fn larger_measures_are_larger_numbers() {
        assert!(ordered(-100.0) < ordered(-99.9999) && ordered(-0.0001) < ordered(0.0));
        assert!(ordered(0.0) < ordered(0.0001) && ordered(0.1234) < ordered(0.1235));
    }

    #[test]
    fn higher_scores_come_first() {
        assert!(scored(2.0) < scored(1.5) && scored(1.5) < scored(0.0));
    }

    #[test]
    fn cursors_round_trip() {
        let cursor = Cursor {
            key: Key::Text(Some("ø".into())),
            object_number: "KMS1".into(),
            state: 3,
            search: u64::MAX,
        };
        assert_eq!(Cursor::decode(&cursor.encode()), Ok(cursor));
        assert!(Cursor::decode("x").is_err() && Cursor::decode("").is_err());
    }
}
