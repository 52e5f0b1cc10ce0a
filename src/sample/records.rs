//! The records of the sample collection.

use crate::record::{Region, Work};

/// All records, sorted by object number; regions are in pixels of the largest size.
const RECORDS: &str = include_str!("records.json");

pub(super) const LICENSE: &str = "The works and records in this folder were made by Tegl's sample generator.\n\
    They are in the public domain (CC0 1.0): https://creativecommons.org/publicdomain/zero/1.0/\n";

/// The records as one JSON document. `scale` returns the factor by which a work is reduced, if any; its regions are
/// reduced by the same factor. Regions are replaced in the text, so that the document keeps its formatting.
pub(super) fn document(scale: &dyn Fn(&Work) -> Option<f64>) -> String {
    let mut text = RECORDS.to_owned();
    for work in works() {
        let Some(scale) = scale(&work) else { continue };
        let scaled = |length: u32| ((f64::from(length) * scale) as u32).max(1);
        for region in work.tags.iter().filter_map(|tag| tag.region) {
            let Region { x, y, width, height } = region;
            let reduced = Region { x: scaled(x), y: scaled(y), width: scaled(width), height: scaled(height) };
            text = text.replace(&format!("\"{region}\""), &format!("\"{reduced}\""));
        }
    }
    text
}

/// All records, sorted by object number.
pub(super) fn works() -> Vec<Work> {
    serde_json::from_str(RECORDS).expect("a test reads the embedded records")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_sorted_and_complete() {
        let works = works();
        assert_eq!(works.len(), 12);
        assert!(works.is_sorted_by(|one, other| one.object_number < other.object_number));
        assert!(works.iter().all(|work| work.more.is_empty() && !work.images.is_empty()));
    }

    #[test]
    fn regions_shrink_with_their_work() {
        let regions: Vec<_> =
            works().iter().flat_map(|work| &work.tags).filter_map(|tag| tag.region).collect();
        let [region] = regions[..] else { panic!("the regions are replaced by their text: {regions:?}") };
        assert_eq!(region.to_string(), "3300,2280,620,520");
        let reduced = document(&|_| Some(0.1));
        assert!(reduced.contains("\"330,228,62,52\"") && !reduced.contains("\"3300,"));
        assert_eq!(document(&|_| None), RECORDS);
    }
}
