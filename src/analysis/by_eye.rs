//! Names of real paintings against a list that was made by eye before.

use std::collections::HashSet;
use std::fs;

use super::{Analysis, name_of};
use crate::pixels::{Raster, jpeg};
use crate::proof::shared;

/// The families of a painting's names and of its background.
fn families(path: &std::path::Path) -> HashSet<&'static str> {
    let file = fs::read(path).expect("a painting can be read");
    // At least as large as a server's rendition.
    let decoded = |reduce| jpeg::decode(&file, reduce, 1 << 26).expect("a painting is a JPEG").into_packed();
    let is_enough = |raster: &Raster| raster.dimensions.width.max(raster.dimensions.height) >= 512;
    let raster = [8, 4, 2].into_iter().map(decoded).find(is_enough).unwrap_or_else(|| decoded(1));
    let colors = Analysis::of(&raster).colors;
    let names = colors.names().into_iter().map(|named| named.name);
    names.chain(colors.background.map(name_of)).map(|name| name.family).collect()
}

#[test]
fn the_dominant_colors_of_paintings_are_found_and_none_is_absurd() {
    let Some(folder) = shared("names of colors on real paintings", "paintings") else { return };
    let (mut expected, mut found, mut absurd) = (0, 0, Vec::new());
    let mut missed = Vec::new();
    for line in include_str!("../../tests/colors-by-eye.tsv").lines() {
        let fields: Vec<_> = line.split('\t').collect();
        let &[name, dominant, also] = fields.as_slice() else { continue };
        // The sample collection has to be written first.
        if name.starts_with("sample/") {
            continue;
        }
        let families = families(&folder.join(format!("{name}.jpg")));
        for alternatives in dominant.split(' ') {
            expected += 1;
            if alternatives.split('|').any(|family| families.contains(family)) {
                found += 1;
            } else {
                missed.push(format!("{name}: {alternatives}"));
            }
        }
        let seen: HashSet<_> = dominant.split([' ', '|']).chain(also.split(' ')).collect();
        absurd.extend(families.iter().filter(|own| !seen.contains(*own)).map(|own| format!("{name}: {own}")));
    }
    assert!(found * 10 >= expected * 9, "{found} of {expected}, without {missed:#?}");
    // Where yellow ends and orange or beige begins, eyes differ.
    assert!(absurd.len() * 20 <= expected, "{absurd:#?}");
}
