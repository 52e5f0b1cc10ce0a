//! Conditions that are checked for each work: flags, years, sizes, times, colours.

use tantivy::DocId;

use super::colour::Colour;
use super::columns::Columns;
use super::request::Search;
use super::schema::{HAS_IMAGE, ON_DISPLAY, PUBLIC_DOMAIN};

/// The conditions of a search that are checked for each work.
pub(super) struct Conditions<'a> {
    search: &'a Search,
    flags: u64,
    unset: u64,
}

impl<'a> Conditions<'a> {
    pub(super) fn of(search: &'a Search) -> Self {
        let requested = [
            (search.has_image, HAS_IMAGE),
            (search.public_domain, PUBLIC_DOMAIN),
            (search.on_display, ON_DISPLAY),
        ];
        let with = |wanted: bool| {
            requested.iter().filter(|(value, _)| *value == Some(wanted)).map(|(_, flag)| flag).sum()
        };
        Self { search, flags: with(true), unset: with(false) }
    }

    pub(super) fn any(&self) -> bool {
        let search = self.search;
        self.flags | self.unset != 0
            || !search.colours.is_empty()
            || [search.years, search.made_until, search.made_from].iter().any(Option::is_some)
            || [search.width, search.height, search.bytes].iter().any(Option::is_some)
            || [search.modified, search.created].iter().any(Option::is_some)
    }

    pub(super) fn hold(&self, columns: &Columns, work: DocId) -> bool {
        let search = self.search;
        let flags = columns.flags(work);
        if flags & self.flags != self.flags || flags & self.unset != 0 {
            return false;
        }
        if [search.years, search.made_until, search.made_from].iter().any(Option::is_some) {
            let Some((earliest, latest)) = columns.years(work) else { return false };
            let holds = |range: Option<(i32, i32)>, from: i32, to: i32| {
                range.is_none_or(|(first, last)| from <= last && to >= first)
            };
            if !holds(search.years, earliest, latest)
                || !holds(search.made_until, latest, latest)
                || !holds(search.made_from, earliest, earliest)
            {
                return false;
            }
        }
        within(search.width, || columns.width.first(work))
            && within(search.height, || columns.height.first(work))
            && within(search.bytes, || columns.bytes.first(work))
            && within(search.modified, || columns.modified.first(work))
            && within(search.created, || columns.created.first(work))
            && (search.colours.is_empty() || self.colour_score(columns, work).is_some())
    }

    /// The similarity of the work's colours to the requested ones, 1 for equal colours; `None` if none were requested
    /// or one of them has no match.
    pub(super) fn colour_score(&self, columns: &Columns, work: DocId) -> Option<f32> {
        let search = self.search;
        if search.colours.is_empty() {
            return None;
        }
        let mut sum = 0.0;
        for requested in &search.colours {
            // The first colours of a record matter most, so each later one counts as slightly farther away.
            let distance = |(at, colour): (usize, &Colour)| (colour.distance(*requested), at as f32 * 0.25);
            let near = columns.colours(work).iter().enumerate().map(distance);
            let near = near.filter(|(distance, _)| *distance <= search.colour_distance);
            sum += near.map(|(distance, later)| distance + later).min_by(f32::total_cmp)?;
        }
        Some(1.0 / (1.0 + sum / search.colours.len() as f32))
    }
}

fn within<T: PartialOrd>(range: Option<(T, T)>, value: impl FnOnce() -> Option<T>) -> bool {
    match range {
        None => true,
        Some((first, last)) => value().is_some_and(|value| value >= first && value <= last),
    }
}
