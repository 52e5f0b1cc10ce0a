//! What is looked for, and what is found.

use tantivy::DocAddress;

use super::colour::Colour;
use super::order::{Cursor, Order};
use super::words::Place;

/// A value of a facet, as it was asked for: by its name or what it is called.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Filter {
    pub scheme: String,
    pub value: String,
}

/// What is looked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    /// As it was typed.
    pub q: String,
    /// Where its words are looked for.
    pub places: Vec<Place>,
    /// Works have at least one of the values of each scheme.
    pub any: Vec<Filter>,
    /// Works have every one of these.
    pub all: Vec<Filter>,
    /// Works have none of these.
    pub none: Vec<Filter>,
    /// Works have at least one value of each of these lists.
    pub each: Vec<Vec<Filter>>,
    /// Works have an object number from each of these lists, in any case.
    pub numbers: Vec<Vec<String>>,
    /// None of these.
    pub not_numbers: Vec<String>,
    /// The making touches these years, both included.
    pub years: Option<(i32, i32)>,
    /// The last year of the making is one of these.
    pub made_until: Option<(i32, i32)>,
    /// The first year of the making is one of these.
    pub made_from: Option<(i32, i32)>,
    pub has_image: Option<bool>,
    pub public_domain: Option<bool>,
    pub on_display: Option<bool>,
    /// Of the largest image, in pixels.
    pub width: Option<(u64, u64)>,
    pub height: Option<(u64, u64)>,
    /// Of the main image's file, as the record says.
    pub bytes: Option<(u64, u64)>,
    /// When the source changed and made the record, in seconds since 1970.
    pub modified: Option<(i64, i64)>,
    pub created: Option<(i64, i64)>,
    /// Works have a colour near each of these.
    pub colours: Vec<Colour>,
    /// How near, as [`Colour::distance`] says.
    pub colour_distance: f32,
    pub order: Order,
    /// Schemes whose values are counted.
    pub facets: Vec<String>,
    /// So many values of each.
    pub facet_limit: usize,
    /// Works by periods of so many years.
    pub histogram: Option<i32>,
    pub limit: usize,
    pub offset: usize,
    /// Hits behind this place.
    pub cursor: Option<Cursor>,
}

impl Default for Search {
    fn default() -> Self {
        Self {
            q: String::new(),
            places: Place::ALL.to_vec(),
            any: Vec::new(),
            all: Vec::new(),
            none: Vec::new(),
            each: Vec::new(),
            numbers: Vec::new(),
            not_numbers: Vec::new(),
            years: None,
            made_until: None,
            made_from: None,
            has_image: None,
            public_domain: None,
            on_display: None,
            width: None,
            height: None,
            bytes: None,
            modified: None,
            created: None,
            colours: Vec::new(),
            colour_distance: 12.0,
            order: Order::default(),
            facets: Vec::new(),
            facet_limit: 10,
            histogram: None,
            limit: 20,
            offset: 0,
            cursor: None,
        }
    }
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    pub total: u64,
    pub hits: Vec<DocAddress>,
    /// Where the next page begins, if there is one.
    pub next: Option<Cursor>,
    /// Of each scheme its most frequent values, by their numbers, with counts.
    pub facets: Vec<(String, Vec<(u32, u64)>)>,
    /// First and last year of each period with the number of works.
    pub histogram: Vec<(i32, i32, u64)>,
    /// What was looked for instead, where slips were forgiven.
    pub corrected: Option<String>,
    /// Whether some of the words may be missing.
    pub relaxed: bool,
}
