//! Conditions that are checked for each work: flags, years, sizes, times, colours.

use tantivy::DocId;

use super::colour::{Colour, WeightedColour};
use super::columns::Columns;
use super::request::Search;
use super::schema::{HAS_IMAGE, ON_DISPLAY, PUBLIC_DOMAIN};
use super::visual_measure::VisualMeasure;

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
            || search.visual_measures.iter().any(Option::is_some)
            || search.background.is_some()
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
            && VisualMeasure::ALL
                .into_iter()
                .zip(search.visual_measures)
                .all(|(measure, range)| within(range, || columns.visual_measure(measure, work)))
            && search
                .background
                .is_none_or(|asked| columns.background.first(work).is_some_and(|place| asked.has(place)))
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
            sum += self.nearest(requested, columns, work)?;
            if let Some(weight) = requested.weight {
                sum += MISSING * (f32::from(weight) / 100.0 - self.covered(requested, columns, work)).abs();
            }
        }
        Some(1.0 / (1.0 + sum / search.colours.len() as f32))
    }

    /// The distance of the work's nearest colour, if it is near enough; colours that cover less count as slightly farther
    /// away, and where that is unknown those that come later in the record.
    fn nearest(&self, wanted: &WeightedColour, columns: &Columns, work: DocId) -> Option<f32> {
        let near = columns.colours(work).enumerate().filter_map(|(at, (colour, share))| {
            let distance = colour.distance(wanted.colour);
            let later = share.map_or(0.25 * at as f32, |share| SMALL * (1.0 - share));
            (distance <= self.search.colour_distance).then_some(distance + later)
        });
        near.min_by(f32::total_cmp)
    }

    /// The share of the picture whose colours are near this requested one, and not nearer to another. Colours without
    /// shares share what the others leave.
    fn covered(&self, wanted: &WeightedColour, columns: &Columns, work: DocId) -> f32 {
        let search = self.search;
        let colours = columns.colours(work);
        let known: f32 = colours.clone().filter_map(|(_, share)| share).sum();
        let unknown = colours.clone().filter(|(_, share)| share.is_none()).count();
        let usual = (1.0 - known).max(0.0) / unknown.max(1) as f32;
        let is_nearest = |colour: Colour| {
            let distance = colour.distance(wanted.colour);
            distance <= search.colour_distance
                && search.colours.iter().all(|other| distance <= colour.distance(other.colour))
        };
        let near = colours.filter(|(colour, _)| is_nearest(*colour));
        near.map(|(_, share)| share.unwrap_or(usual)).sum()
    }
}

/// How much farther away a color seems that covers next to nothing.
const SMALL: f32 = 6.0;
/// The distance that a wanted color counts for that is missing in all of the picture.
const MISSING: f32 = 40.0;

fn within<T: PartialOrd>(range: Option<(T, T)>, value: impl FnOnce() -> Option<T>) -> bool {
    match range {
        None => true,
        Some((first, last)) => value().is_some_and(|value| value >= first && value <= last),
    }
}
