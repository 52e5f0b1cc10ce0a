//! The house keeps its order: imports point down.

use std::fs;
use std::path::{Path, PathBuf};

const FLOORS: [&str; 21] = [
    "identity",
    "iiif",
    "container",
    "metadata",
    "pixels",
    "inference",
    "master",
    "render",
    "analysis",
    "record",
    "presentation",
    "sample",
    "nearest",
    "learning",
    "store",
    "catalogue",
    "search",
    "gallery",
    "web",
    "config",
    "cli",
];

#[test]
fn imports_point_downwards() {
    for (own, name) in FLOORS.iter().enumerate() {
        let files = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(name));
        assert!(!files.is_empty(), "there is no module `{name}`");
        for file in files {
            let imported = imported(&fs::read_to_string(&file).unwrap());
            let upwards: Vec<_> =
                imported.iter().filter(|floor| FLOORS[own + 1..].contains(&floor.as_str())).collect();
            assert!(upwards.is_empty(), "{} imports from a floor above its own: {upwards:?}", file.display());
        }
    }
}

#[test]
fn every_module_has_its_floor() {
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(FLOORS.contains(&name) || ["lib", "main"].contains(&name), "`{name}` has no floor");
    }
}

#[test]
fn the_import_scanner_finds_single_and_grouped_imports() {
    let source =
        "use crate::{gallery, render::{self, web_like}, store};\nlet x = crate::iiif::Rect; crate::web";
    assert_eq!(imported(source), ["gallery", "render", "store", "iiif", "web"]);
}

/// The module's `.rs` files: `name.rs`, and all below `name/`.
fn files(module: &Path) -> Vec<PathBuf> {
    let mut found: Vec<_> =
        Some(module.with_extension("rs")).filter(|file| file.exists()).into_iter().collect();
    let mut folders = vec![module.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(folder) else { continue };
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found
}

/// What stands behind each `crate::`, groups taken apart.
fn imported(source: &str) -> Vec<String> {
    let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut found = Vec::new();
    for (at, _) in source.match_indices("crate::") {
        let rest = &source[at + "crate::".len()..];
        let Some(group) = rest.strip_prefix('{') else {
            found.push(word(rest));
            continue;
        };
        let mut depth = 1;
        let mut first = true;
        for (at, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 1 => first = true,
                c if depth == 1 && first && c.is_alphanumeric() => {
                    found.push(word(&group[at..]));
                    first = false;
                }
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
    }
    found
}
