//! Translates queries of SMK's API into searches of the index.

use super::{Condition, Filter, Flag, Known, Measure, Range, SmkQuery, names};
use crate::search::{self, Order, Search, Snapshot, Sort};

/// Schemes whose values are common words, which may be queried in the other language.
const TRANSLATED: [&str; 7] = ["gender", "material", "motif", "nationality", "subject", "technique", "type"];

/// Default number of values per facet.
const VALUES: usize = 100;

/// The search of the index for a query.
pub(super) fn search_of(query: &SmkQuery, snapshot: &Snapshot) -> Search {
    let mut search = Search {
        q: query.keys.clone().unwrap_or_default(),
        offset: query.offset as usize,
        limit: query.rows as usize,
        facet_limit: query.facet_limit.map_or(VALUES, |limit| limit as usize),
        ..Search::default()
    };
    if !query.qfields.is_empty() {
        search.search_fields = query.qfields.clone();
    }
    for filter in &query.filters {
        filtered(&mut search, filter, query.lang, snapshot);
    }
    for range in &query.ranges {
        ranged(&mut search, range);
    }
    let schemes = query.facets.iter().filter_map(|field| match field.known {
        Known::Facet(scheme) => Some(scheme),
        Known::Rights => Some("rights"),
        _ => None,
    });
    search.facets = schemes.map(str::to_owned).collect();
    search.facets.sort_unstable();
    search.facets.dedup();
    if let Some(sort) = &query.sort {
        let backwards = sort.descending;
        let sort = match sort.field.known {
            Known::Facet(_) => Sort::Creator,
            Known::Title => Sort::Title,
            Known::Number | Known::Id => Sort::Number,
            Known::Measure(Measure::Earliest) => Sort::MadeFrom,
            Known::Measure(Measure::Latest) => Sort::MadeUntil,
            Known::Measure(Measure::Created) => Sort::Created,
            Known::Measure(Measure::Modified) => Sort::Modified,
            Known::Measure(Measure::Width) => Sort::Width,
            Known::Measure(Measure::Height) => Sort::Height,
            Known::Measure(Measure::Bytes) => Sort::Bytes,
            _ => Sort::Relevance,
        };
        search.order = Order { sort, backwards: backwards && sort != Sort::Relevance };
    }
    search
}

fn filtered(search: &mut Search, filter: &Filter, lang: Option<&str>, snapshot: &Snapshot) {
    let facet_filters = |scheme: &str, values: &[String]| -> Vec<search::Filter> {
        let mut found: Vec<String> = Vec::new();
        for value in values {
            let mut matches: Vec<String> = names(scheme, value)
                .iter()
                .flat_map(|name| snapshot.values_with_label(scheme, name))
                .collect();
            // Records may have a value in one language only, while the query is in the other.
            if TRANSLATED.contains(&scheme) && (matches.is_empty() || lang == Some("en")) {
                let other = search::translations(value);
                matches.extend(other.iter().flat_map(|other| snapshot.values_with_label(scheme, other)));
            }
            found.extend(matches);
        }
        found.sort_unstable();
        found.dedup();
        found.into_iter().map(|value| search::Filter { scheme: scheme.to_owned(), value }).collect()
    };
    let filters = match &filter.condition {
        Condition::Facet(scheme, values) => facet_filters(scheme, values),
        Condition::Rights(values) => facet_filters("rights", values),
        Condition::Flag(flag, is) => {
            let is = *is != filter.not;
            if flag_of(search, *flag).replace(is).is_some_and(|other| other != is) {
                // No work can satisfy both.
                search.each.push(Vec::new());
            }
            return;
        }
        Condition::Number(values) | Condition::Id(values) => {
            // Works without a source identifier have their object number as `id`.
            let is_id = matches!(filter.condition, Condition::Id(_));
            let ids = values.iter().filter(|_| is_id).map(|id| format!("{}{id}", search::SOURCE_ID_PREFIX));
            let numbers = values.iter().cloned().chain(ids);
            match filter.not {
                true => search.not_numbers.extend(numbers),
                false => search.numbers.push(numbers.collect()),
            }
            return;
        }
        Condition::Colours(values) => {
            let keys = values.iter().map(|value| format!("{}{value}", search::COLOUR_PREFIX));
            match filter.not {
                true => search.not_numbers.extend(keys),
                false => search.numbers.push(keys.collect()),
            }
            return;
        }
        Condition::Years(from, to) => return narrow(&mut search.years, (*from, *to)),
    };
    match (filter.not, filters.as_slice()) {
        (true, _) => search.none.extend(filters),
        // Each filter must hold independently of others of the same scheme.
        (false, _) => search.each.push(filters),
    }
}

/// The condition of a search on a flag.
pub(super) fn flag_of(search: &mut Search, flag: Flag) -> &mut Option<bool> {
    match flag {
        Flag::HasImage => &mut search.has_image,
        Flag::PublicDomain => &mut search.public_domain,
        Flag::OnDisplay => &mut search.on_display,
    }
}

fn ranged(search: &mut Search, range: &Range) {
    let year = |year: Option<i64>, open: i32| year.map_or(open, |year| year.clamp(-99_999, 99_999) as i32);
    let years = (year(range.from, i32::MIN), year(range.to, i32::MAX));
    let seconds = (range.from.unwrap_or(i64::MIN), range.to.unwrap_or(i64::MAX));
    let size = |size: i64| size.max(0) as u64;
    let sizes = (range.from.map_or(0, size), range.to.map_or(u64::MAX, size));
    match range.measure {
        Measure::Earliest => narrow(&mut search.made_from, years),
        Measure::Latest => narrow(&mut search.made_until, years),
        Measure::Created => narrow(&mut search.created, seconds),
        Measure::Modified => narrow(&mut search.modified, seconds),
        Measure::Width => narrow(&mut search.width, sizes),
        Measure::Height => narrow(&mut search.height, sizes),
        Measure::Bytes => narrow(&mut search.bytes, sizes),
    }
}

/// The intersection of two ranges; one that ends before it begins is empty.
fn narrow<T: Ord + Copy>(span: &mut Option<(T, T)>, (from, to): (T, T)) {
    *span = Some(span.map_or((from, to), |(first, last)| (first.max(from), last.min(to))));
}
