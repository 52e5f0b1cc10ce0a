//! A search request and its results.

use tantivy::DocAddress;

use super::background::Background;
use super::colour::WeightedColour;
use super::order::{Cursor, Order};
use super::search_field::SearchField;
use super::visual_measure::VisualRanges;

/// A requested facet value, named by its value or its label.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Filter {
    pub scheme: String,
    pub value: String,
}

/// Which works the counts of a scheme's values are of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum FacetMode {
    /// The results.
    #[default]
    Single,
    /// What would be the results without [`Search::any`] values of this scheme, so that further values can be chosen.
    Multiple,
}

impl FacetMode {
    /// The names of parameters.
    pub(crate) const NAMES: [&'static str; 2] = ["single", "multiple"];

    /// Parses a name.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        match name {
            "single" => Some(Self::Single),
            "multiple" => Some(Self::Multiple),
            _ => None,
        }
    }
}

/// A search.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Search {
    /// The query as typed.
    pub q: String,
    /// The fields in which words are searched.
    pub search_fields: Vec<SearchField>,
    /// For each scheme, works must have at least one of these.
    pub any: Vec<Filter>,
    /// Works must have all of these.
    pub all: Vec<Filter>,
    /// Works must have none of these.
    pub none: Vec<Filter>,
    /// Works must have at least one value from each of these lists.
    pub each: Vec<Vec<Filter>>,
    /// Works must have an object number from each of these lists; case is ignored.
    pub numbers: Vec<Vec<String>>,
    /// Works must have none of these object numbers.
    pub not_numbers: Vec<String>,
    /// The production must overlap these years, both inclusive.
    pub years: Option<(i32, i32)>,
    /// The last year of the production must be within these years.
    pub made_until: Option<(i32, i32)>,
    /// The first year of the production must be within these years.
    pub made_from: Option<(i32, i32)>,
    pub has_image: Option<bool>,
    pub public_domain: Option<bool>,
    pub on_display: Option<bool>,
    /// The dimensions of the largest image, in pixels.
    pub width: Option<(u64, u64)>,
    pub height: Option<(u64, u64)>,
    /// The file size of the main image, from the record.
    pub bytes: Option<(u64, u64)>,
    /// When the source changed and created the record, in seconds since 1970.
    pub modified: Option<(i64, i64)>,
    pub created: Option<(i64, i64)>,
    /// What was measured on its pictures.
    pub visual_measures: VisualRanges,
    /// The color of the plain background of its picture.
    pub background: Option<Background>,
    /// Works must have a colour near each of these.
    pub colours: Vec<WeightedColour>,
    /// The maximum [`super::Colour::distance`] from each of these.
    pub colour_distance: f32,
    pub order: Order,
    /// Schemes whose values are counted.
    pub facets: Vec<String>,
    /// Which works are counted.
    pub facet_mode: FacetMode,
    /// The maximum number of values per scheme.
    pub facet_limit: usize,
    /// The length of a histogram period, in years.
    pub histogram: Option<i32>,
    pub limit: usize,
    pub offset: usize,
    /// Return hits after this cursor.
    pub cursor: Option<Cursor>,
}

impl Default for Search {
    fn default() -> Self {
        Self {
            q: String::new(),
            search_fields: SearchField::ALL.to_vec(),
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
            visual_measures: VisualRanges::default(),
            background: None,
            colours: Vec::new(),
            colour_distance: 12.0,
            order: Order::default(),
            facets: Vec::new(),
            facet_mode: FacetMode::Single,
            facet_limit: 10,
            histogram: None,
            limit: 20,
            offset: 0,
            cursor: None,
        }
    }
}

impl Search {
    /// Returns the search in canonical form: repeated parameters are sorted, and duplicates removed.
    pub(crate) fn canonical(mut self) -> Self {
        let filters = |filters: &mut Vec<Filter>| {
            filters.sort_unstable();
            filters.dedup();
        };
        [&mut self.any, &mut self.all, &mut self.none].into_iter().for_each(filters);
        self.each.iter_mut().for_each(filters);
        self.each.sort_unstable();
        self.each.dedup();
        for numbers in self.numbers.iter_mut().chain([&mut self.not_numbers]) {
            numbers.sort_unstable();
            numbers.dedup();
        }
        self.numbers.sort_unstable();
        self.numbers.dedup();
        self.colours.sort_unstable_by(WeightedColour::compare);
        self.colours.dedup();
        self
    }

    /// Returns the canonical search without page, facets and histogram, which determines the hits and their order.
    /// Cursors belong to it.
    pub(crate) fn without_page(&self) -> Self {
        let usual = Self::default();
        Self {
            facets: usual.facets,
            facet_mode: usual.facet_mode,
            facet_limit: usual.facet_limit,
            histogram: usual.histogram,
            limit: usual.limit,
            offset: usual.offset,
            cursor: usual.cursor,
            ..self.clone().canonical()
        }
    }
}

/// The results of a search.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct SearchResults {
    pub total: u64,
    pub hits: Vec<DocAddress>,
    /// The cursor of the next page, if there is one.
    pub next: Option<Cursor>,
    /// The most frequent values of each scheme, as numbers of the vocabulary with their counts.
    pub facets: Vec<(String, Vec<(u32, u64)>)>,
    /// The first and the last year of each period, with its number of works.
    pub histogram: Vec<(i32, i32, u64)>,
    /// The corrected query, if misspelled words were corrected.
    pub corrected: Option<String>,
    /// Whether works match only some of the words.
    pub relaxed: bool,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::colour::Colour;
    use super::*;

    fn filters() -> impl Strategy<Value = Vec<Filter>> {
        let filter = ("[a-c]", "[a-c]{1,2}").prop_map(|(scheme, value)| Filter { scheme, value });
        prop::collection::vec(filter, 0..5)
    }

    fn searches() -> impl Strategy<Value = Search> {
        let numbers = || prop::collection::vec("[a-c]", 0..4);
        (
            (filters(), filters(), filters()),
            prop::collection::vec(filters(), 0..3),
            prop::collection::vec(numbers(), 0..3),
            numbers(),
            prop::collection::vec((0..4u32, prop::option::of(1..3u8)), 0..4),
        )
            .prop_map(|((any, all, none), each, numbers, not_numbers, colours)| Search {
                any,
                all,
                none,
                each,
                numbers,
                not_numbers,
                colours: colours
                    .into_iter()
                    .map(|(rgb, weight)| WeightedColour { colour: Colour::of(rgb), weight })
                    .collect(),
                ..Search::default()
            })
    }

    proptest! {
        #[test]
        fn the_order_of_repeated_parameters_does_not_matter(search in searches(), other in any::<u64>()) {
            // Rotation and reversal reach every order of up to three values, and many of more.
            let mut turned = search.clone();
            fn turn<T: Clone>(values: &mut Vec<T>, by: u64) {
                if let Some(last) = values.len().checked_sub(1) {
                    values.rotate_left(by as usize % (last + 1));
                    if by & 64 != 0 {
                        values.reverse();
                    }
                    // Duplicates count once.
                    values.extend(values.first().cloned());
                }
            }
            [&mut turned.any, &mut turned.all, &mut turned.none].into_iter().for_each(|list| turn(list, other));
            turned.each.iter_mut().for_each(|list| turn(list, other >> 1));
            turned.numbers.iter_mut().for_each(|list| turn(list, other >> 2));
            turn(&mut turned.each, other >> 3);
            turn(&mut turned.numbers, other >> 4);
            turn(&mut turned.not_numbers, other >> 5);
            turn(&mut turned.colours, other >> 6);
            prop_assert_eq!(turned.clone().canonical(), search.clone().canonical());
            turned.facets = vec!["type".into()];
            turned.histogram = Some(50);
            turned.limit = 3;
            prop_assert_eq!(turned.without_page(), search.without_page());
        }
    }
}
