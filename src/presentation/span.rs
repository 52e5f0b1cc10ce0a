//! Divides a long list into a tree of collections with at most 100 entries.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

/// Maximum number of entries per collection.
pub(crate) const MAX_ENTRIES: u64 = 100;

/// An inclusive, zero-based range of list positions, written `100-199`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Span {
    pub start: u64,
    pub end: u64,
}

/// The content of one collection in the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Node {
    /// The entries at these positions, at most [`MAX_ENTRIES`].
    Items(Range<u64>),
    /// Child collections, at most [`MAX_ENTRIES`].
    Spans(Vec<Span>),
}

impl Span {
    /// The number of positions.
    pub(crate) fn length(self) -> u64 {
        self.end.saturating_sub(self.start).saturating_add(1)
    }

    /// How many of these positions exist in a list of this length.
    pub(crate) fn length_within(self, total: u64) -> u64 {
        total.saturating_sub(self.start).min(self.length())
    }

    /// The span this one is a child of; `None` if it is at the top level.
    pub(crate) fn parent(self, total: u64) -> Option<Self> {
        let length = self.length().checked_mul(MAX_ENTRIES)?;
        let start = self.start / length * length;
        (length <= child_length(total)).then(|| Self { start, end: start + (length - 1) })
    }

    /// Whether this span is a node in the tree of a list of this length.
    fn is_node_of(self, total: u64) -> bool {
        let length = self.length();
        let is_power =
            std::iter::successors(Some(MAX_ENTRIES), |n| n.checked_mul(MAX_ENTRIES)).any(|n| n == length);
        is_power && self.start.is_multiple_of(length) && self.start < total && length <= child_length(total)
    }
}

/// The content of a list of `total` entries, or of a span of it; `None` if the tree has no such span.
pub(crate) fn node(total: u64, requested: Option<Span>) -> Option<Node> {
    let (start, length) = match requested {
        None if total <= MAX_ENTRIES => return Some(Node::Items(0..total)),
        None => (0, child_length(total).saturating_mul(MAX_ENTRIES)),
        Some(span) if span.is_node_of(total) => (span.start, span.length()),
        Some(_) => return None,
    };
    let end = start.saturating_add(length).min(total);
    if length == MAX_ENTRIES {
        return Some(Node::Items(start..end));
    }
    let step = length / MAX_ENTRIES;
    let starts =
        (0..MAX_ENTRIES).map(|n| start.saturating_add(n.saturating_mul(step))).take_while(|&at| at < end);
    Some(Node::Spans(starts.map(|start| Span { start, end: start.saturating_add(step - 1) }).collect()))
}

/// The length of the whole list's children: the smallest power of `MAX_ENTRIES` such that at most `MAX_ENTRIES` children cover the list.
fn child_length(total: u64) -> u64 {
    let mut length = MAX_ENTRIES;
    while length.saturating_mul(MAX_ENTRIES) < total {
        length = length.saturating_mul(MAX_ENTRIES);
    }
    length
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.start, self.end)
    }
}

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |text: &str| crate::iiif::integer(text).map(u64::from);
        let read = text.split_once('-').and_then(|(start, end)| {
            let span = Self { start: number(start)?, end: number(end)? };
            (span.start <= span.end && span.to_string() == text).then_some(span)
        });
        read.ok_or_else(|| format!("span `{text}`: must be the first and the last position, as in `100-199`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(total: u64, requested: &str, expected: &str) {
        let requested = (!requested.is_empty()).then(|| requested.parse().unwrap());
        let found = match node(total, requested) {
            None => "nothing".to_owned(),
            Some(Node::Items(range)) => format!("{range:?}"),
            Some(Node::Spans(spans)) => {
                format!(
                    "{} of them to {}",
                    spans.len(),
                    spans.last().map(Span::to_string).unwrap_or_default()
                )
            }
        };
        assert_eq!(found, expected, "{total}, {requested:?}");
    }

    #[test]
    fn a_long_list_is_a_tree_of_short_ones() {
        check(0, "", "0..0");
        check(100, "", "0..100");
        check(101, "", "2 of them to 100-199");
        check(101, "100-199", "100..101");
        check(10_000, "", "100 of them to 9900-9999");
        check(10_001, "", "2 of them to 10000-19999");
        check(10_001, "0-9999", "100 of them to 9900-9999");
        check(10_001, "10000-19999", "1 of them to 10000-10099");
    }

    #[test]
    fn invalid_spans_are_rejected() {
        for (total, requested) in
            [(101, "200-299"), (101, "0-98"), (101, "50-149"), (101, "0-9999"), (10_001, "0-999999")]
        {
            check(total, requested, "nothing");
        }
        for bad in ["", "1", "-", "2-1", "01-99", "a-b", "0-99999999999", "0--1"] {
            assert!(bad.parse::<Span>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_span_has_the_right_parent() {
        let span = |text: &str| text.parse::<Span>().unwrap();
        assert_eq!(span("100-199").parent(150), None);
        assert_eq!(span("10100-10199").parent(20_000), Some(span("10000-19999")));
        assert_eq!(span("10000-19999").parent(20_000), None);
    }

    proptest! {
        #[test]
        fn every_entry_is_listed_once(total in 0..300_000u64) {
            let (mut seen, mut open) = (0, vec![None]);
            while let Some(requested) = open.pop() {
                match node(total, requested).unwrap() {
                    Node::Items(range) => {
                        prop_assert!(range.end - range.start <= MAX_ENTRIES);
                        prop_assert_eq!(range.start, seen);
                        seen = range.end;
                    }
                    Node::Spans(spans) => {
                        prop_assert!(spans.len() as u64 <= MAX_ENTRIES && !spans.is_empty());
                        prop_assert!(spans.iter().all(|span| span.parent(total) == requested));
                        open.extend(spans.into_iter().rev().map(Some));
                    }
                }
            }
            prop_assert_eq!(seen, total);
        }

        #[test]
        fn extreme_lengths_do_not_overflow(total: u64, start: u32, end: u32) {
            let _ = node(total, Some(Span { start: start.into(), end: end.into() }));
            let _ = node(total, None);
        }
    }
}
