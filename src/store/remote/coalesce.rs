//! Coalesces neighbouring ranges, so that one request reads several.

use std::ops::Range;

/// The maximum length of a coalesced range; longer ranges are read in parallel.
const MAX_RANGE: u64 = 4 << 20;

/// A range to request, with the wanted ranges within it.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::store) struct CoalescedRange {
    pub(in crate::store) range: Range<u64>,
    pub(in crate::store) wanted: Vec<usize>,
}

/// Combines wanted ranges into requests, with at most `gap` unneeded bytes between neighbours.
pub(in crate::store) fn coalesce(wanted: &[Range<u64>], gap: u64) -> Vec<CoalescedRange> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by_key(|&index| (wanted[index].start, wanted[index].end));
    let mut all: Vec<CoalescedRange> = Vec::new();
    for index in order {
        let range = &wanted[index];
        match all.last_mut() {
            Some(last) if is_near(&last.range, range, gap) => {
                last.range.end = last.range.end.max(range.end);
                last.wanted.push(index);
            }
            _ => all.push(CoalescedRange { range: range.clone(), wanted: vec![index] }),
        }
    }
    all
}

fn is_near(before: &Range<u64>, range: &Range<u64>, gap: u64) -> bool {
    let within = range.end <= before.end;
    within || (range.start <= before.end.saturating_add(gap) && range.end - before.start <= MAX_RANGE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(wanted: &[Range<u64>], expected: &[(Range<u64>, &[usize])]) {
        let expected: Vec<CoalescedRange> = expected
            .iter()
            .map(|(range, wanted)| CoalescedRange { range: range.clone(), wanted: wanted.to_vec() })
            .collect();
        assert_eq!(coalesce(wanted, 10), expected);
    }

    #[test]
    fn neighbours_are_joined() {
        check(&[], &[]);
        check(&[0..5, 5..9], &[(0..9, &[0, 1])]);
        check(&[20..30, 0..10], &[(0..30, &[1, 0])]);
        check(&[0..10, 21..30], &[(0..10, &[0]), (21..30, &[1])]);
        check(&[0..10, 2..4, 0..10], &[(0..10, &[1, 0, 2])].map(|(range, _)| (range, &[0usize, 2, 1][..])));
    }

    proptest! {
        #[test]
        fn every_range_comes_once(wanted in proptest::collection::vec((0..1u64 << 24, 0..1u64 << 20), 0..20), gap in 0..1u64 << 16) {
            let wanted: Vec<_> = wanted.into_iter().map(|(start, len)| start..start + len).collect();
            let all = coalesce(&wanted, gap);
            let mut brought: Vec<usize> = all.iter().flat_map(|one| one.wanted.clone()).collect();
            brought.sort_unstable();
            prop_assert_eq!(brought, (0..wanted.len()).collect::<Vec<_>>());
            for one in &all {
                for &index in &one.wanted {
                    prop_assert!(one.range.start <= wanted[index].start && wanted[index].end <= one.range.end);
                }
            }
        }
    }
}
