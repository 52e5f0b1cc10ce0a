//! A work's parts as ranges (Presentation API 3.0, §5.4).

use std::collections::HashMap;

use serde_json::Value;

use super::object::object;
use super::{Canvas, View, language_map};
use crate::iiif::Version;
use crate::record::Part;

/// Maximum depth of nested parts; deeper ones are ignored.
const MAX_DEPTH: usize = 8;
/// Maximum number of ranges; further parts are ignored.
const MAX_RANGES: usize = 5000;

impl View<'_> {
    /// The parts with visible images, numbered from 1 in the record's order.
    pub(super) fn ranges(&self, canvases: &[Canvas<'_>], version: Version) -> Vec<Value> {
        let mut by_file = HashMap::new();
        for canvas in canvases {
            for image in &canvas.images {
                by_file.insert(image.file.as_str(), canvas.number);
            }
        }
        let mut builder = RangeBuilder { view: self, version, by_file, count: 0 };
        builder.all(&self.work.parts, 1)
    }
}

struct RangeBuilder<'a> {
    view: &'a View<'a>,
    version: Version,
    by_file: HashMap<&'a str, usize>,
    count: usize,
}

impl RangeBuilder<'_> {
    fn all(&mut self, parts: &[Part], depth: usize) -> Vec<Value> {
        parts.iter().filter_map(|part| self.one(part, depth)).collect()
    }

    /// A part as a range. Parts without visible images are skipped, and their numbers reused.
    fn one(&mut self, part: &Part, depth: usize) -> Option<Value> {
        if depth > MAX_DEPTH || self.count >= MAX_RANGES {
            return None;
        }
        self.count += 1;
        let (number, work) = (self.count, &self.view.work.object_number);
        let mut numbers: Vec<usize> =
            part.images.iter().filter_map(|file| self.by_file.get(file.as_str()).copied()).collect();
        let mut seen = std::collections::HashSet::new();
        numbers.retain(|number| seen.insert(*number));
        let canvases =
            numbers.into_iter().map(|canvas| object! { "id": self.view.canvas_id(canvas), "type": "Canvas" });
        let mut items: Vec<Value> = canvases.collect();
        items.extend(self.all(&part.parts, depth + 1));
        if items.is_empty() {
            self.count = number - 1;
            return None;
        }
        let label = language_map::label(&part.label);
        let label =
            if language_map::is_empty(&label) { language_map::none(&number.to_string()) } else { label };
        let id = self.view.address.range(self.version, work, number);
        Some(object! { "id": id, "type": "Range", "label": label, "items": items })
    }
}
