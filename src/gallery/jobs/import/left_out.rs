//! What of manifests is in the source only, in all records of an import.

use std::collections::BTreeMap;

use crate::presentation::left_out;
use crate::record::Work;

/// Further properties are not listed.
const MAX_PROPERTIES: usize = 1000;

/// What of imported manifests documents do not repeat.
#[derive(Debug, Default)]
pub(crate) struct LeftOut {
    /// By the property's path, how many works have it and the object number of the first.
    pub properties: BTreeMap<String, (u64, String)>,
    /// Works whose rights limit their images, so that nothing leads to images, sound and video that only the source has.
    pub limited: u64,
}

impl LeftOut {
    /// Adds the manifest that a work was read from; `is_limited`: whether the work's rights limit its images.
    pub(super) fn add(&mut self, work: &Work, original: Option<&str>, is_limited: bool) {
        let (Some(original), Some(_)) = (original, work.canvases) else { return };
        for property in left_out(original, work) {
            if self.properties.len() < MAX_PROPERTIES || self.properties.contains_key(&property) {
                let first = || (0, work.object_number.clone());
                self.properties.entry(property).or_insert_with(first).0 += 1;
            }
        }
        let is_elsewhere = work.images.iter().any(|image| !image.matched)
            || work.media_files.iter().any(|media| !media.matched);
        self.limited += u64::from(is_limited && is_elsewhere);
    }
}
