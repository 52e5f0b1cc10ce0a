//! The filters of the page: the active ones, facets, switches, the period, colors and sort orders.

use std::sync::Arc;

use super::parameters::PLACE;
use super::{COLOUR, SWATCHES, SearchPage, VALUES};
use crate::gallery::{Error, Hits, SearchService};
use crate::search::{FacetMode, Filter, Order, SORTS, Search, Sort, swatch_of};
use crate::web::api::query_of;
use crate::web::pages::{Bar, Facet, Link, Period, PickedColor};

/// Years per bar of the histogram: the first of these that gives at most [`BARS`].
const PERIODS: [i32; 3] = [10, 50, 100];
const BARS: usize = 48;
/// Flags that can be switched on.
const FLAGS: [&str; 2] = ["has_image", "public_domain"];

impl SearchPage<'_> {
    fn label(&self, hits: &Hits, filter: &str) -> String {
        let (scheme, value) = filter.split_once(':').unwrap_or(("", filter));
        let vocabulary = hits.snapshot.vocabulary();
        let term =
            vocabulary.find(scheme, &crate::record::slug(value)).and_then(|number| vocabulary.value(number));
        let own = self.visit.own_name(scheme, value);
        let label = || term.and_then(|term| term.label.best(&self.visit.publisher.preferred_languages()));
        own.or_else(label).unwrap_or(value).to_owned()
    }

    /// The label of a filter, if it has one.
    pub(super) fn filter_label(&self, hits: &Hits, name: &str, value: &str) -> Option<String> {
        match name {
            "any" | "all" => Some(self.label(hits, value)),
            "none" => Some(self.visit.context.without(&self.label(hits, value))),
            name => self.visit.context.filter(name, value),
        }
    }

    /// The active filters, each linking to the search without it.
    pub(super) fn chosen(&self, hits: &Hits) -> Vec<Link> {
        let link = |(name, value): &(String, String)| {
            let label = self.filter_label(hits, name, value)?;
            let swatch = match name.as_str() {
                "colour" => Some(hex(value)),
                _ => value.strip_prefix("colour:").and_then(swatch_of).map(|swatch| swatch.hex.clone()),
            };
            Some(Link { label, href: self.without(name, value), chosen: true, swatch, ..Link::default() })
        };
        self.pairs.iter().filter_map(link).collect()
    }

    pub(super) fn facets(&self, hits: &Hits) -> Result<Vec<Facet>, Error> {
        let mut facets = Vec::with_capacity(hits.found.facets.len());
        for (scheme, values) in &hits.found.facets {
            let most = if scheme == COLOUR { SWATCHES } else { VALUES };
            let mut links = Vec::with_capacity(values.len().min(most));
            for (number, works) in values.iter().take(most) {
                links.extend(self.value(hits, scheme, *number, *works)?);
            }
            let label = self.visit.context.scheme(scheme).unwrap_or(scheme).to_owned();
            facets.push(Facet { label, links, swatches: scheme == COLOUR });
        }
        Ok(facets)
    }

    /// The filters of a scheme that works must meet all at once.
    fn combined(&self, scheme: &str) -> usize {
        let of_scheme = |(name, value): &&(String, String)| name == "all" && scheme_of(value) == scheme;
        self.pairs.iter().filter(of_scheme).count()
    }

    /// The URL of this search with one more value of a scheme. Works may have any of the chosen values, unless the address
    /// already asks for works with several.
    fn with_value(&self, scheme: &str, filter: &str) -> String {
        if self.combined(scheme) > 1 {
            return self.with(&[("all", filter)], &PLACE);
        }
        let kept = self.pairs.iter().filter(|(name, _)| !PLACE.contains(&name.as_str()));
        let kept = kept.map(|(name, value)| match name.as_str() {
            "all" if scheme_of(value) == scheme => ("any", value.as_str()),
            name => (name, value.as_str()),
        });
        self.url(&query_of(kept.chain([("any", filter)])))
    }

    /// A value of a facet, linking to the search with it, too, or without it if it is active.
    fn value(&self, hits: &Hits, scheme: &str, number: u32, works: u64) -> Result<Option<Link>, Error> {
        let vocabulary = hits.snapshot.vocabulary();
        let Some(term) = vocabulary.value(number) else { return Ok(None) };
        let filter = format!("{}:{}", term.scheme, term.value);
        let is_this =
            |(name, value): &&(String, String)| matches!(name.as_str(), "any" | "all") && *value == filter;
        let active = self.pairs.iter().find(is_this);
        let href = match active {
            Some((name, _)) => self.without(name, &filter),
            None => self.with_value(scheme, &filter),
        };
        let chosen = active.is_some();
        let preferred = self.visit.publisher.preferred_languages();
        let own = self.visit.own_name(scheme, &term.value);
        let label = own.or_else(|| term.label.best(&preferred)).unwrap_or(&term.value).to_owned();
        let swatch = swatch_of(&term.value).filter(|_| scheme == COLOUR).map(|swatch| swatch.hex.clone());
        // Colors are always measured.
        let proposed = match scheme {
            COLOUR => 0,
            _ => hits.snapshot.proposed_count(&term.scheme, &term.value)?,
        };
        let all = hits.snapshot.work_count(number);
        let proposed = (proposed > 0).then_some((proposed.min(all), all));
        Ok(Some(Link { label, href, chosen, count: Some(works), swatch, proposed }))
    }

    /// Filters that are on or off, with the number of works that they leave.
    pub(super) async fn switches(
        &self,
        service: &Arc<SearchService>,
        search: &Search,
        total: u64,
    ) -> Result<Vec<Link>, Error> {
        let mut links = Vec::new();
        for name in FLAGS {
            let chosen = self.pairs.iter().any(|(known, value)| known == name && value == "true");
            let count = match chosen {
                true => total,
                false => {
                    let mut search = Search { limit: 0, facets: Vec::new(), cursor: None, ..search.clone() };
                    match name {
                        "has_image" => search.has_image = Some(true),
                        _ => search.public_domain = Some(true),
                    }
                    service.find(search).await?.found.total
                }
            };
            let href = match chosen {
                true => self.without(name, "true"),
                false => self.with(&[(name, "true")], &[name, "cursor", "start"]),
            };
            let label = self.visit.context.filter(name, "true").unwrap_or_default();
            links.push(Link { label, href, chosen, count: Some(count), ..Link::default() });
        }
        links.retain(|link| link.chosen || link.count.is_some_and(|count| count > 0));
        Ok(links)
    }

    /// The works of this search by period, whatever the chosen years.
    pub(super) async fn period(
        &self,
        service: &Arc<SearchService>,
        search: &Search,
    ) -> Result<Option<Period>, Error> {
        let mut found = Vec::new();
        for interval in PERIODS {
            let histogram = Some(interval);
            let wide = Search {
                years: None,
                histogram,
                limit: 0,
                facets: Vec::new(),
                cursor: None,
                ..search.clone()
            };
            let is_all;
            match service.find(wide).await {
                Ok(hits) => (found, is_all) = last_periods(&hits.found.histogram, interval),
                // Too many periods.
                Err(Error::Invalid(_)) => continue,
                Err(error) => return Err(error),
            }
            if is_all {
                break;
            }
        }
        let bar = |&(from, to, count): &(i32, i32, u64)| Bar {
            label: self.visit.context.period(from, to),
            count,
            from,
            to,
            href: self.with(&[("years", &format!("{from}/{to}"))], &["cursor", "start", "years"]),
        };
        let bars: Vec<Bar> = found.iter().map(bar).collect();
        if !bars.iter().any(|bar| bar.count > 0) {
            return Ok(None);
        }
        let (from, to) = search.years.unzip();
        Ok(Some(Period {
            bars,
            from: from.filter(|from| *from > i32::MIN),
            to: to.filter(|to| *to < i32::MAX),
            kept: self.kept(&["years"]),
        }))
    }

    /// The colors that are searched for, with their shares.
    pub(super) fn picked(&self) -> Vec<PickedColor> {
        let colors = self.pairs.iter().filter(|(name, _)| name == "colour");
        let picked = colors.map(|(name, value)| PickedColor {
            color: hex(value),
            share: value.split_once(':').map(|(_, share)| share.to_owned()),
            without: self.without(name, value),
        });
        picked.collect()
    }

    pub(super) fn sorts(&self, order: Order) -> Vec<Link> {
        let link = |(name, sort): &(&str, Sort)| {
            let chosen = Order::parse(name).is_some_and(|own| own.sort == *sort && own == order);
            let without = ["cursor", "start", "sort"];
            let href = match *name {
                "relevance" => self.with(&[], &without),
                name => self.with(&[("sort", name)], &without),
            };
            let label = self.visit.context.sort(name).to_owned();
            Link { label, href, chosen, ..Link::default() }
        };
        let is_offered = |sort: Sort| match sort {
            Sort::Number => false,
            // Few visitors look for a measure; who does has it in the address.
            Sort::Visual(_) => sort == order.sort,
            _ => true,
        };
        SORTS.iter().filter(|(_, sort)| is_offered(*sort)).map(link).collect()
    }
}

/// The last [`BARS`] periods, with those that have no works, and whether these are all.
fn last_periods(counted: &[(i32, i32, u64)], interval: i32) -> (Vec<(i32, i32, u64)>, bool) {
    let (Some(&(first, ..)), Some(&(last, ..))) = (counted.first(), counted.last()) else {
        return (Vec::new(), true);
    };
    let earliest = last.saturating_sub(interval.saturating_mul(BARS as i32 - 1));
    let count =
        |from: i32| counted.binary_search_by_key(&from, |&(from, ..)| from).ok().map(|at| counted[at].2);
    let starts = (first.max(earliest)..=last).step_by(interval as usize);
    let periods = starts.map(|from| (from, from.saturating_add(interval - 1), count(from).unwrap_or(0)));
    (periods.collect(), first >= earliest)
}

/// Lets the counts of a facet ignore its own filter. A single `all` filter of a scheme means the same as `any`.
pub(super) fn count_openly(search: &mut Search) {
    search.facet_mode = FacetMode::Multiple;
    // Cursors belong to the search as it was asked.
    if search.cursor.is_some() {
        return;
    }
    let is_alone = |filter: &Filter, others: &[Filter]| {
        others.iter().filter(|other| other.scheme == filter.scheme).count() == 1
    };
    let all = std::mem::take(&mut search.all);
    let (alone, combined): (Vec<Filter>, Vec<Filter>) = all.iter().cloned().partition(|filter| {
        is_alone(filter, &all) && !search.any.iter().any(|other| other.scheme == filter.scheme)
    });
    search.any.extend(alone);
    search.all = combined;
}

/// The scheme of a filter.
fn scheme_of(filter: &str) -> &str {
    filter.split_once(':').map_or("", |(scheme, _)| scheme)
}

/// `#rrggbb` of a value of `colour`, which may have a share.
fn hex(value: &str) -> String {
    let digits = value.trim_start_matches('#');
    format!("#{}", digits.split_once(':').map_or(digits, |(digits, _)| digits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_have_no_gaps() {
        let (periods, is_all) = last_periods(&[(1800, 1809, 2), (1830, 1839, 1)], 10);
        assert_eq!(periods, [(1800, 1809, 2), (1810, 1819, 0), (1820, 1829, 0), (1830, 1839, 1)]);
        assert!(is_all);
        let (periods, is_all) = last_periods(&[(-100_000, -99_991, 1), (1990, 1999, 3)], 10);
        assert_eq!((periods.len(), periods.last(), is_all), (BARS, Some(&(1990, 1999, 3)), false));
        assert_eq!(last_periods(&[], 10), (Vec::new(), true));
    }

    #[test]
    fn a_colour_with_a_share_has_a_swatch() {
        assert_eq!((hex("3f6fb5:70"), hex("#3f6fb5")), ("#3f6fb5".to_owned(), "#3f6fb5".to_owned()));
    }
}
