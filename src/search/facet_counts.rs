//! Counts facet values and the histogram periods of a search's hits.

use std::borrow::Cow;
use std::collections::BTreeMap;

use tantivy::query::Query;

use super::Error;
use super::conditions::Conditions;
use super::hits::Hits;
use super::request::{FacetMode, Search, SearchResults};
use super::roles::CREATOR;
use super::schema::ROLE;
use super::snapshot::Snapshot;
use crate::iiif::Invalid;

/// The maximum number of histogram periods.
const MAX_PERIODS: usize = 10_000;

impl Snapshot {
    /// Counts the hits by facet value. Facet values are numbered, so that all schemes are counted in one pass; a scheme
    /// whose counts ignore its own filter takes one more.
    pub(super) fn count_facets(
        &self,
        search: &Search,
        words: Option<&dyn Query>,
        hits: &[Hits],
        found: &mut SearchResults,
    ) -> Result<(), Error> {
        if search.facets.is_empty() {
            return Ok(());
        }
        let counts = self.counts(hits);
        let (creators, roles) = (self.selected_creators(search), self.selected_roles(search));
        // Values that are chosen, too, must give as many works as are counted here.
        let most_frequent = |scheme: &str, hits: &[Hits], counts: &[u32]| {
            let counted = match scheme {
                ROLE if !creators.is_empty() => self.role_counts(&creators, hits)?,
                CREATOR if !roles.is_empty() => self.creator_counts(&roles, hits)?,
                _ => return Ok::<_, Error>(self.most_frequent(scheme, counts, search.facet_limit)),
            };
            Ok(self.in_order(counted, search.facet_limit))
        };
        for scheme in &search.facets {
            let is_open = search.facet_mode == FacetMode::Multiple
                && search.any.iter().any(|filter| filter.scheme == *scheme);
            let values = match is_open {
                false => most_frequent(scheme, hits, &counts)?,
                true => {
                    let any = search.any.iter().filter(|filter| filter.scheme != *scheme).cloned().collect();
                    let free = Search { any, ..search.clone() };
                    let query = self.query(&free, words.map(|words| words.box_clone()));
                    let hits = self.hits(query.as_deref(), &Conditions::of(&free))?;
                    most_frequent(scheme, &hits, &self.counts(&hits))?
                }
            };
            found.facets.push((scheme.clone(), values));
        }
        Ok(())
    }

    /// The number of hits with each value, by the value's number.
    fn counts(&self, hits: &[Hits]) -> Cow<'_, [u32]> {
        // The counts for all works are precomputed.
        if self.count(hits) == self.works() {
            return Cow::Borrowed(&self.totals);
        }
        let mut counted = vec![0u32; self.totals.len()];
        self.each_run(hits, |columns, works| {
            for &number in columns.facets_within(works) {
                if let Some(count) = counted.get_mut(number as usize) {
                    *count += 1;
                }
            }
        });
        Cow::Owned(counted)
    }

    /// The values of a scheme with most hits, as their numbers with the counts.
    fn most_frequent(&self, scheme: &str, counts: &[u32], limit: usize) -> Vec<(u32, u64)> {
        let count = |number: u32| u64::from(counts.get(number as usize).copied().unwrap_or(0));
        let numbers: Vec<u32> = self.vocabulary().numbers_of(scheme).to_vec();
        self.in_order(numbers.into_iter().map(|number| (number, count(number))).collect(), limit)
    }

    /// The values with most hits, those with equal numbers of hits by their sort keys.
    fn in_order(&self, mut values: Vec<(u32, u64)>, limit: usize) -> Vec<(u32, u64)> {
        let vocabulary = self.vocabulary();
        values.retain(|(_, count)| *count > 0);
        let sort = |number: u32| vocabulary.value(number).map(|term| &term.sort);
        let order = |a: &(u32, u64), b: &(u32, u64)| b.1.cmp(&a.1).then_with(|| sort(a.0).cmp(&sort(b.0)));
        if let Some(last) = limit.checked_sub(1).filter(|last| *last < values.len()) {
            // Sort keys are compared only where counts are equal.
            let (_, &mut (_, least), _) = values.select_nth_unstable_by(last, |a, b| b.1.cmp(&a.1));
            values.retain(|(_, count)| *count >= least);
        }
        values.sort_unstable_by(order);
        values.truncate(limit);
        values
    }

    /// Counts the hits by period; a work counts in every period that its production overlaps.
    pub(super) fn count_periods(
        &self,
        search: &Search,
        hits: &[Hits],
        found: &mut SearchResults,
    ) -> Result<(), Error> {
        let Some(interval) = search.histogram.filter(|interval| *interval > 0) else { return Ok(()) };
        // For each period, the number of works that begin minus the number that have ended. Most are within the last
        // thousand years.
        const FROM: i32 = 1000;
        let mut recent = vec![0i64; 2000];
        let mut steps = BTreeMap::<i32, i64>::new();
        let mut step =
            |period: i32, by: i64| match recent.get_mut((period - FROM / interval).max(-1) as usize) {
                Some(count) => *count += by,
                None => *steps.entry(period).or_default() += by,
            };
        self.each_hit(hits, |columns, work| {
            let Some((earliest, latest)) = columns.years(work) else { return };
            step(earliest.div_euclid(interval), 1);
            step(latest.div_euclid(interval) + 1, -1);
        });
        let recent = recent.into_iter().enumerate().filter(|(_, count)| *count != 0);
        steps.extend(recent.map(|(at, count)| (at as i32 + FROM / interval, count)));
        let mut works = 0;
        for ((&period, by), next) in steps.iter().zip(steps.keys().skip(1)) {
            works += by;
            if works == 0 {
                continue;
            }
            if found.histogram.len() + (next - period) as usize > MAX_PERIODS {
                let reason = format!("would give more than {MAX_PERIODS} periods: use longer ones");
                return Err(Invalid::new("histogram", &interval.to_string(), reason).into());
            }
            let bar = |period: i32| (period * interval, period * interval + interval - 1, works as u64);
            found.histogram.extend((period..*next).map(bar));
        }
        Ok(())
    }
}
