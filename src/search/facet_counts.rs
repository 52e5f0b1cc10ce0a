//! Counts facet values and the histogram periods of a search's hits.

use std::collections::BTreeMap;

use super::Error;
use super::hits::Hits;
use super::request::{Search, SearchResults};
use super::snapshot::Snapshot;
use crate::iiif::Invalid;

/// The maximum number of histogram periods.
const MAX_PERIODS: usize = 10_000;

impl Snapshot {
    /// Counts the hits by facet value. Facet values are numbered, so that all schemes are counted in one pass.
    pub(super) fn count_facets(&self, search: &Search, hits: &[Hits], found: &mut SearchResults) {
        if search.facets.is_empty() {
            return;
        }
        let vocabulary = self.vocabulary();
        let mut counted = Vec::new();
        // The counts for all works are precomputed.
        let counts = if found.total == self.works() {
            &self.totals
        } else {
            counted.resize(self.totals.len(), 0u32);
            self.each_hit(hits, |columns, work| {
                for &number in columns.facets(work) {
                    if let Some(count) = counted.get_mut(number as usize) {
                        *count += 1;
                    }
                }
            });
            &counted
        };
        for scheme in &search.facets {
            let count = |number: u32| u64::from(counts.get(number as usize).copied().unwrap_or(0));
            let numbers = vocabulary.numbers_of(scheme).iter().map(|&number| (number, count(number)));
            let mut values: Vec<(u32, u64)> = numbers.filter(|(_, count)| *count > 0).collect();
            let sort = |number: u32| vocabulary.value(number).map(|term| &term.sort);
            let order =
                |a: &(u32, u64), b: &(u32, u64)| b.1.cmp(&a.1).then_with(|| sort(a.0).cmp(&sort(b.0)));
            if let Some(last) = search.facet_limit.checked_sub(1).filter(|last| *last < values.len()) {
                // Sort keys are compared only where counts are equal.
                let (_, &mut (_, least), _) = values.select_nth_unstable_by(last, |a, b| b.1.cmp(&a.1));
                values.retain(|(_, count)| *count >= least);
            }
            values.sort_unstable_by(order);
            values.truncate(search.facet_limit);
            found.facets.push((scheme.clone(), values));
        }
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
