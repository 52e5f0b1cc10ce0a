//! What the first page shows, and what it never lets through.

use super::*;

fn entry(label: &str) -> Entry {
    Entry {
        identifier: format!("{label}.tif"),
        encoded: "kms1.tif".to_owned(),
        label: label.to_owned(),
        dimensions: Some((12_000, 8_000)),
        ..Entry::default()
    }
}

fn page(entries: Vec<Entry>) -> String {
    index("", &Listing { title: "Samling".to_owned(), entries, ..Listing::default() })
}

#[test]
fn an_image_opens_by_every_door() {
    let page = index("/museum", &Listing { entries: vec![entry("Sø")], ..Listing::default() });
    for address in [
        "/museum/iiif/3/kms1.tif/full/!400,400/0/default.jpg",
        "/museum/view/openseadragon/kms1.tif",
        "/museum/view/mirador/kms1.tif",
        "/museum/iiif/3/kms1.tif/info.json",
        "/museum/presentation/3/kms1.tif/manifest",
        "/museum/deepzoom/kms1.tif.dzi",
    ] {
        assert!(page.contains(&format!("\"{address}\"")), "{address} is missing in {page}");
    }
}

#[test]
fn danish_names_stay_as_they_are() {
    assert!(page(vec![entry("Skovsø ved Ærø, «blåt» lys")]).contains(">Skovsø ved Ærø, «blåt» lys</a>"));
}

#[test]
fn hostile_names_stay_text() {
    for name in
        ["<script>alert(1)</script>", "\"onerror=\"alert(1)", "'><img src=x>", "</title><b>", "&lt;i>"]
    {
        let hostile = Entry {
            identifier: name.to_owned(),
            encoded: name.to_owned(),
            label: name.to_owned(),
            ..Entry::default()
        };
        let broken = Entry { problem: Some(name.to_owned()), ..hostile.clone() };
        let page = index(
            "",
            &Listing {
                title: name.to_owned(),
                entries: vec![hostile, broken],
                next: Some(name.to_owned()),
                total: None,
                notices: vec![name.to_owned()],
                files: None,
            },
        );
        assert!(!page.contains(name), "{name} went through");
        assert!(!page.contains("<script"), "{name} became a script");
    }
}

#[test]
fn a_broken_image_tells_why_and_opens_nothing() {
    let broken = Entry { problem: Some("the file ends too early".to_owned()), ..entry("Brudt") };
    let page = page(vec![broken]);
    assert!(page.contains("the file ends too early"));
    assert!(!page.contains("/view/"));
}

#[test]
fn facts_are_readable() {
    assert_eq!(facts(&entry("a")), "12,000 × 8,000 px · 96 MP · TIFF");
    assert_eq!(
        facts(&Entry { dimensions: Some((1000, 800)), ..Entry::default() }),
        "1,000 × 800 px · 0.8 MP"
    );
    assert_eq!(facts(&Entry { dimensions: Some((64, 56)), ..Entry::default() }), "64 × 56 px");
    assert_eq!(facts(&Entry::default()), "");
    assert_eq!(grouped(1_234_567), "1,234,567");
}

#[test]
fn thumbnails_keep_their_proportions() {
    assert_eq!(thumbnail_size(Some((12_000, 8_000))), Some((400, 267)));
    assert_eq!(thumbnail_size(Some((100, 50))), Some((100, 50)));
    assert_eq!(thumbnail_size(Some((100_000, 1))), Some((400, 1)));
    assert_eq!(thumbnail_size(Some((0, 7))), None);
}

#[test]
fn an_empty_collection_says_so() {
    assert!(page(Vec::new()).contains("no image was found"));
}
