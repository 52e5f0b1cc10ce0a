//! Tests of the list: contents and escaping.

use super::*;
use crate::presentation::Logo;

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
    index(&Context::default(), &Listing { entries, ..Listing::default() })
}

#[test]
fn an_image_has_links_to_all_its_documents() {
    let context = Context { base: "/museum".to_owned(), ..Context::default() };
    let page = index(&context, &Listing { entries: vec![entry("Sø")], ..Listing::default() });
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
fn names_are_escaped() {
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
        let context = Context {
            name: Some(name.to_owned()),
            homepage: name.to_owned(),
            logo: Logo { url: name.to_owned(), ..Logo::default() },
            ..Context::default()
        };
        let listing = Listing {
            entries: vec![hostile, broken],
            next: Some(name.to_owned()),
            files: Some(name.to_owned()),
            ..Listing::default()
        };
        let page = index(&context, &listing);
        assert!(!page.contains(name), "{name} is not escaped");
        assert!(!page.contains("<script"), "{name} became a script");
    }
}

#[test]
fn a_broken_image_has_a_reason_and_no_links() {
    let broken = Entry { problem: Some("the file ends too early".to_owned()), ..entry("Brudt") };
    let page = page(vec![broken]);
    assert!(page.contains("the file ends too early"));
    assert!(!page.contains("/view/"));
}

fn sized(width: u32, height: u32) -> Entry {
    Entry { dimensions: Some((width, height)), ..Entry::default() }
}

#[test]
fn sizes_are_formatted_in_the_page_language() {
    assert_eq!(facts(&Context::default(), &entry("a")), "12,000 × 8,000 px · 96 MP · TIFF");
    assert_eq!(facts(&Context::default(), &sized(1000, 800)), "1,000 × 800 px · 0.8 MP");
    let danish = Context { language: "da", ..Context::default() };
    assert_eq!(facts(&danish, &sized(1000, 800)), "1.000 × 800 px · 0,8 MP");
    assert_eq!(facts(&danish, &sized(64, 56)), "64 × 56 px");
    assert_eq!(facts(&danish, &Entry::default()), "");
}

#[test]
fn thumbnails_keep_their_proportions() {
    assert_eq!(thumbnail_size(Some((12_000, 8_000))), Some((400, 267)));
    assert_eq!(thumbnail_size(Some((100, 50))), Some((100, 50)));
    assert_eq!(thumbnail_size(Some((100_000, 1))), Some((400, 1)));
    assert_eq!(thumbnail_size(Some((0, 7))), None);
}

#[test]
fn an_empty_collection_has_a_message() {
    assert!(page(Vec::new()).contains("no images were found"));
    let unreachable = Listing { unreachable: true, ..Listing::default() };
    let page = index(&Context { language: "da", ..Context::default() }, &unreachable);
    assert!(page.contains("Nogle billeder kan ikke hentes") && !page.contains("noget at se"), "{page}");
}

#[test]
fn an_unopened_image_has_a_square_cell_and_its_url() {
    let page = page(vec![Entry { dimensions: None, ..entry("a") }]);
    assert!(page.contains("Picture loading"), "{page}");
    assert!(page.contains("src=\"/iiif/3/kms1.tif/full/!400,400/0/default.jpg\""), "{page}");
    assert!(page.contains("--ratio:1.000"), "{page}");
}

#[test]
fn header_and_footer_name_the_museum() {
    let context = Context {
        name: Some("Museet".to_owned()),
        homepage: "https://museum.example/".to_owned(),
        logo: Logo { url: "https://museum.example/l.svg".to_owned(), width: 90, ..Logo::default() },
        ..Context::default()
    };
    let page = index(&context, &Listing::default());
    assert!(page.contains("<h1 dir=\"auto\">Museet</h1>"), "{page}");
    assert!(page.contains("src=\"https://museum.example/l.svg\" alt=\"\" width=\"90\""), "{page}");
    assert!(page.contains("href=\"https://museum.example/\" dir=\"auto\">Museet</a>"), "{page}");
}
