//! Tests of a work's page: contents and escaping.

use super::*;
use crate::web::pages::TagNote;

fn link(label: &str, href: &str) -> Link {
    Link { label: label.to_owned(), href: href.to_owned(), ..Link::default() }
}

/// A page without its tags.
fn visible(page: &str) -> String {
    page.split('<').filter_map(|part| Some(part.split_once('>')?.1)).collect::<Vec<_>>().join(" ")
}

fn museum() -> Context {
    Context { base: "/m".to_owned(), name: Some("Samling".to_owned()), ..Context::default() }
}

fn full() -> WorkPage {
    WorkPage {
        label: "Solskin i den blå stue".to_owned(),
        creators: vec![link("Anna Ancher", "/m/?creator=a"), link("Michael Ancher", "/m/?creator=m")],
        date: Some("1891".to_owned()),
        description: vec!["Et barn hækler.".to_owned(), "Lyset falder ind.".to_owned()],
        facts: vec![
            ("Technique".to_owned(), vec!["Oil".to_owned(), "Canvas".to_owned()]),
            ("Credit".to_owned(), Vec::new()),
        ],
        tags: vec![("Iconclass".to_owned(), vec![link("child", "/m/?tag=child").into()])],
        picture: Some("/m/iiif/3/a/full/1200,/0/default.jpg".to_owned()),
        ratio: Some(0.9),
        more_pictures: vec![Thumbnail {
            label: Some("Verso".to_owned()),
            picture: "/m/iiif/3/b/full/!400,400/0/default.jpg".to_owned(),
            viewer: "/m/view/openseadragon/b?work=a".to_owned(),
            ratio: Some(0.9),
        }],
        similar: vec![Thumbnail {
            label: Some("Sunlight <in> a room".to_owned()),
            picture: "/m/iiif/3/c/full/!400,400/0/default.jpg".to_owned(),
            viewer: "/m/works/c".to_owned(),
            ratio: None,
        }],
        viewer: Some("/m/view/mirador/a".to_owned()),
        zoom: Some("/m/view/openseadragon/a?work=a".to_owned()),
        downloads: Some(("/m/download/a".to_owned(), "/m/download/work/a.zip".to_owned())),
        manifest: "/m/presentation/3/a/manifest".to_owned(),
        record: "/m/api/v1/works/a".to_owned(),
        allowed: Some(Allowed::Everything),
        unreachable: false,
        rights: vec![link("Public domain", "https://creativecommons.org/publicdomain/mark/1.0/")],
    }
}

#[test]
fn the_page_has_all_its_links() {
    let page = work(&museum(), &full());
    for address in [
        "/m/",
        "/m/?creator=a",
        "/m/?creator=m",
        "/m/?tag=child",
        "/m/iiif/3/a/full/1200,/0/default.jpg",
        "/m/iiif/3/b/full/!400,400/0/default.jpg",
        "/m/view/openseadragon/b?work=a",
        "/m/iiif/3/c/full/!400,400/0/default.jpg",
        "/m/works/c",
        "/m/view/openseadragon/a?work=a",
        "/m/download/a",
        "/m/download/work/a.zip",
        "/m/api/v1/works/a",
        "/m/view/mirador/a",
        "/m/presentation/3/a/manifest",
        "https://creativecommons.org/publicdomain/mark/1.0/",
    ] {
        assert!(page.contains(&format!("=\"{address}\"")), "{address} is missing in {page}");
    }
    assert!(page.contains("action=\"/m/\" method=\"get\" role=\"search\""), "{page}");
}

#[test]
fn the_picture_has_alternative_text() {
    let page = work(&museum(), &full());
    assert!(page.contains("alt=\"Picture of Solskin i den blå stue\""), "{page}");
    assert!(page.contains("<title>Solskin i den blå stue · Samling</title>"), "{page}");
}

#[test]
fn facts_without_values_are_left_out() {
    let page = work(&museum(), &full());
    assert!(
        page.contains("<dt>Technique</dt><dd dir=\"auto\">Oil</dd><dd dir=\"auto\">Canvas</dd>"),
        "{page}"
    );
    assert!(!page.contains("Credit"), "{page}");
}

#[test]
fn missing_fields_leave_no_elements() {
    let page = work(&museum(), &WorkPage { label: "Uden titel".to_owned(), ..WorkPage::default() });
    assert!(page.contains("No picture"), "{page}");
    for absent in ["<img", "<h2", "<dl", "class=\"byline\"", "Rights"] {
        assert!(!page.contains(absent), "{absent} is in {page}");
    }
}

#[test]
fn a_wide_picture_has_the_full_width() {
    let is_wide =
        |ratio| work(&museum(), &WorkPage { ratio, ..full() }).contains("class=\"work-layout wide\"");
    assert!(is_wide(Some(2.0)));
    for usual in [Some(1.5), Some(0.5), None, Some(f64::NAN), Some(f64::INFINITY), Some(-3.0)] {
        assert!(!is_wide(usual), "{usual:?}");
    }
}

#[test]
fn only_http_urls_become_links_to_rights() {
    for address in ["javascript:alert(1)", "data:text/html,x", "//elsewhere", ""] {
        let page = work(&museum(), &WorkPage { rights: vec![link("Free", address)], ..full() });
        assert!(page.contains("<dt>Rights</dt><dd>Free</dd>"), "{page}");
    }
}

#[test]
fn pages_explain_rights() {
    let danish = Context { language: "da", ..museum() };
    for (allowed, english, danish_text) in [
        (
            Allowed::Everything,
            "viewed and downloaded in full resolution",
            "må ses og hentes i fuld opløsning",
        ),
        (Allowed::FullView, "not available for download", "Originalfilen kan ikke hentes"),
        (Allowed::UpTo(2000), "shown at up to 2,000 pixels", "vises med op til 2.000 pixels"),
    ] {
        let page = WorkPage { allowed: Some(allowed), ..full() };
        assert!(work(&museum(), &page).contains(english), "{allowed:?}");
        assert!(work(&danish, &page).contains(danish_text), "{allowed:?}");
    }
}

#[test]
fn a_danish_page_is_danish_throughout() {
    let danish = Context { language: "da", chosen: true, ..museum() };
    let page = work(&danish, &WorkPage { facts: Vec::new(), rights: Vec::new(), ..full() });
    for english in ["Search", "About", "Rights", "Tags", "More", "Look", "Download", "Picture", "Served"] {
        assert!(!visible(&page).contains(english), "{english} is in {page}");
    }
    assert!(page.contains("Om værket") && page.contains("alt=\"Billede af Solskin"), "{page}");
}

#[test]
fn headings_descend_one_by_one() {
    let page = work(&museum(), &full());
    let levels: Vec<_> =
        page.split("<h").skip(1).filter_map(|rest| rest.chars().next()?.to_digit(10)).collect();
    assert_eq!(levels, [1, 2, 2, 3, 2, 2]);
}

#[test]
fn pages_have_no_scripts() {
    let page = work(&museum(), &full());
    assert!(!page.contains("<script") && !page.contains("<iframe") && !page.contains(" onclick="), "{page}");
}

#[test]
fn all_text_is_escaped() {
    for text in
        ["<script>alert(1)</script>", "\"onerror=\"alert(1)", "'><img src=x>", "</title><b>", "&lt;i>"]
    {
        let word = || text.to_owned();
        let links = || vec![link(text, text)];
        let context = Context { name: Some(word()), homepage: word(), ..Context::default() };
        let thumbnail = Thumbnail { label: Some(word()), picture: word(), viewer: word(), ratio: None };
        let everywhere = WorkPage {
            label: word(),
            creators: links(),
            date: Some(word()),
            description: vec![word()],
            facts: vec![(word(), vec![word()])],
            tags: vec![(
                word(),
                vec![WorkTag {
                    link: Link { swatch: Some(word()), ..link(text, text) },
                    notes: vec![TagNote { source: word(), version: Some(word()), ..TagNote::default() }],
                }],
            )],
            picture: Some(word()),
            ratio: None,
            similar: vec![thumbnail.clone()],
            more_pictures: vec![thumbnail],
            viewer: Some(word()),
            zoom: Some(word()),
            downloads: Some((word(), word())),
            manifest: word(),
            record: word(),
            allowed: Some(Allowed::FullView),
            unreachable: true,
            rights: vec![link(text, &format!("https://{text}"))],
        };
        let page = work(&context, &everywhere);
        assert!(!page.contains(text), "{text} is not escaped");
        assert!(!page.contains("<script"), "{text} became a script");
    }
}
