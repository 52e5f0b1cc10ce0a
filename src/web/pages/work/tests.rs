//! Tests of a work's page: contents and escaping.

use super::*;
use crate::record::MediaKind;
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
        inscriptions: vec!["A. Ancher".to_owned()],
        pictures: vec![picture(1, "a", None), picture(2, "b", Some("Verso"))],
        similar: vec![Thumbnail {
            label: Some("Sunlight <in> a room".to_owned()),
            picture: "/m/iiif/3/c/full/!400,400/0/default.jpg".to_owned(),
            viewer: "/m/works/c".to_owned(),
            ratio: None,
        }],
        all_similar: Some("/m/?similar=a".to_owned()),
        like_detail: Some("/m/?similar=a&canvas=1".to_owned()),
        parts: vec![Part {
            link: link("The back", "/m/works/a?canvas=2"),
            picture: Some(1),
            parts: Vec::new(),
        }],
        related: vec![Related {
            link: link("A study", "/m/works/d"),
            kind: Some("study-for".to_owned()),
            thumbnail: None,
        }],
        downloads: vec![
            download(DownloadKind::Original, "/m/download/a", "JPEG"),
            download(DownloadKind::Everything, "/m/download/work/a.zip", "ZIP"),
        ],
        citation: CitationText {
            sentence: "Anna Ancher, Solskin.".to_owned(),
            files: vec![link("BibTeX", "/m/works/a/cite.bib")],
            text: "/m/works/a/cite.txt".to_owned(),
        },
        viewer: "/m/view/mirador/a".to_owned(),
        number: "a".to_owned(),
        manifest: "https://host/m/presentation/3/a/manifest".to_owned(),
        record: "/m/api/v1/works/a".to_owned(),
        rights: vec![link("Public domain", "https://creativecommons.org/publicdomain/mark/1.0/")],
        allowed: Some(Allowed::Everything),
        head: Head {
            url: "https://host/m/works/a".to_owned(),
            image: Some((
                "https://host/m/iiif/3/a/full/!1200,1200/0/default.jpg".to_owned(),
                Some((1080, 1200)),
            )),
            json_ld: serde_json::json!({"@type": "VisualArtwork"}),
        },
        ..WorkPage::default()
    }
}

fn picture(canvas: usize, file: &str, label: Option<&str>) -> Picture {
    Picture {
        canvas,
        capture: 1,
        captures: 1,
        label: label.map(str::to_owned),
        file: file.to_owned(),
        picture: format!("/m/iiif/3/{file}/full/!1200,1200/0/default.jpg"),
        thumbnail: format!("/m/iiif/3/{file}/full/!400,400/0/default.jpg"),
        info: format!("/m/iiif/3/{file}/info.json"),
        page: format!("/m/works/a?canvas={canvas}"),
        window: format!("/m/view/openseadragon/{file}?work=a"),
        ratio: Some(0.9),
        width: Some(900),
    }
}

fn download(kind: DownloadKind, href: &str, format: &str) -> Download {
    let (href, format) = (href.to_owned(), format.to_owned());
    Download { kind, href, format, pixels: Some((900, 1000)), bytes: Some(1_800_000), name: None }
}

#[test]
fn the_page_has_all_its_links() {
    let page = work(&museum(), &full());
    for address in [
        "/m/",
        "/m/?creator=a",
        "/m/?creator=m",
        "/m/?tag=child",
        "/m/iiif/3/a/full/!1200,1200/0/default.jpg",
        "/m/iiif/3/b/full/!400,400/0/default.jpg",
        "/m/iiif/3/c/full/!400,400/0/default.jpg",
        "/m/works/c",
        "/m/?similar=a",
        "/m/?similar=a&amp;canvas=1",
        "/m/view/openseadragon/a?work=a",
        "/m/download/a",
        "/m/download/work/a.zip",
        "/m/api/v1/works/a",
        "/m/view/mirador/a",
        "https://host/m/presentation/3/a/manifest",
        "/m/view/mirador/a?manifest=https%3A%2F%2Fhost%2Fm%2Fpresentation%2F3%2Fa%2Fmanifest",
        "/m/works/a?canvas=2",
        "/m/works/d",
        "/m/works/a/cite.bib",
        "/m/works/a/cite.txt",
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
    for absent in
        ["<img", "<dl", "class=\"byline\"", "Rights", "Download the", "id=\"stage\"", "og:image", "ld+json"]
    {
        assert!(!page.contains(absent), "{absent} is in {page}");
    }
}

#[test]
fn a_wide_picture_has_the_full_width() {
    let is_wide = |ratio| {
        let pictures = vec![Picture { ratio, ..picture(1, "a", None) }];
        work(&museum(), &WorkPage { pictures, ..full() }).contains("class=\"work-layout wide\"")
    };
    assert!(is_wide(Some(2.0)));
    for usual in [Some(1.5), Some(0.5), None, Some(f64::NAN), Some(f64::INFINITY), Some(-3.0)] {
        assert!(!is_wide(usual), "{usual:?}");
    }
}

#[test]
fn only_http_urls_become_links_to_rights() {
    for address in ["javascript:alert(1)", "data:text/html,x", "//elsewhere", ""] {
        let page = work(&museum(), &WorkPage { rights: vec![link("Free", address)], ..full() });
        assert!(page.contains("<span dir=\"auto\">Free</span>"), "{page}");
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
    let page = work(
        &danish,
        &WorkPage {
            facts: vec![("Teknik".to_owned(), vec!["Olie".to_owned()])],
            rights: Vec::new(),
            ..full()
        },
    );
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
    assert_eq!(levels, [1, 2, 2, 3, 2, 2, 2, 2, 3, 2, 2]);
}

#[test]
fn pages_have_no_inline_scripts() {
    let page = work(&museum(), &full());
    assert!(!page.contains("<iframe") && !page.contains(" onclick="), "{page}");
    for script in page.split("<script").skip(1) {
        let is_data = ["application/json", "application/ld+json"]
            .iter()
            .any(|kind| script.starts_with(&format!(" type=\"{kind}\"")));
        assert!(is_data || script.starts_with(" src=\"/m/assets/"), "{script}");
    }
}

#[test]
fn machines_read_what_is_shared() {
    let page = work(&museum(), &full());
    for element in [
        "<link rel=\"canonical\" href=\"https://host/m/works/a\">",
        "<meta property=\"og:title\" content=\"Solskin i den blå stue\">",
        "<meta property=\"og:image\" content=\"https://host/m/iiif/3/a/full/!1200,1200/0/default.jpg\">",
        "<meta property=\"og:image:width\" content=\"1080\">",
        "<meta name=\"description\" content=\"Anna Ancher, Michael Ancher, 1891. Et barn hækler. Lyset falder ind.\">",
        "<script type=\"application/ld+json\">{\"@type\":\"VisualArtwork\"}</script>",
    ] {
        assert!(page.contains(element), "{element} is not in {page}");
    }
}

#[test]
fn captures_of_a_view_are_listed_with_a_fader() {
    let capture =
        |number, label: Option<&str>| Picture { capture: number, captures: 2, ..picture(1, "a", label) };
    let pictures = vec![capture(1, None), capture(2, Some("Infrared")), picture(2, "b", None)];
    let page = work(&museum(), &WorkPage { pictures, shown: 1, ..full() });
    assert!(page.contains("<div class=\"fader\" hidden>") && page.contains(">Visible light</a>"), "{page}");
    assert!(page.contains("data-picture=\"1\" dir=\"auto\" aria-current=\"true\">Infrared</a>"), "{page}");
    assert!(!work(&museum(), &full()).contains("class=\"fader\""));
}

#[test]
fn works_like_a_detail_are_offered_with_a_region() {
    let is_offered = |page: &WorkPage| {
        let page = work(&museum(), page);
        page.contains("<p id=\"like-detail\"><a href=")
    };
    assert!(!is_offered(&full()), "a script shows the link once a part is in view");
    assert!(is_offered(&WorkPage { region: Some("1,2,3,4".into()), ..full() }));
    assert!(!is_offered(&WorkPage { region: Some("1,2,3,4".into()), like_detail: None, ..full() }));
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
        let picture = Picture {
            label: Some(word()),
            file: word(),
            picture: word(),
            thumbnail: word(),
            info: word(),
            page: word(),
            window: word(),
            ..Picture::default()
        };
        let everywhere = WorkPage {
            label: word(),
            creators: links(),
            date: Some(word()),
            description: vec![word()],
            facts: vec![(word(), vec![word()])],
            inscriptions: vec![word()],
            tags: vec![(
                word(),
                vec![WorkTag {
                    link: Link { swatch: Some(word()), ..link(text, text) },
                    notes: vec![TagNote { source: word(), version: Some(word()), ..TagNote::default() }],
                    boxes: Vec::new(),
                }],
            )],
            concepts: links(),
            pictures: vec![picture.clone(), Picture { captures: 2, ..picture }],
            players: vec![Player {
                kind: MediaKind::Video,
                label: Some(word()),
                name: word(),
                src: word(),
                width: None,
                height: None,
            }],
            shown: 0,
            region: Some(word()),
            parts: vec![Part { link: link(text, text), picture: None, parts: Vec::new() }],
            related: vec![Related {
                link: link(text, text),
                kind: Some(word()),
                thumbnail: Some(thumbnail.clone()),
            }],
            all_similar: Some(word()),
            like_detail: Some(word()),
            similar: vec![thumbnail],
            downloads: vec![Download { name: Some(word()), ..download(DownloadKind::Full, text, text) }; 2],
            citation: CitationText { sentence: word(), files: links(), text: word() },
            viewer: word(),
            number: word(),
            manifest: word(),
            record: word(),
            homepage: Some(word()),
            rights: vec![link(text, &format!("https://{text}"))],
            is_public_domain: false,
            credit: Some(word()),
            allowed: Some(Allowed::FullView),
            unreachable: true,
            head: Head {
                url: word(),
                image: Some((word(), Some((1, 1)))),
                json_ld: serde_json::json!({"name": text}),
            },
        };
        let page = work(&context, &everywhere);
        assert!(!page.contains(text), "{text} is not escaped");
        let known = [" type=\"application/", " src=\"/assets/"];
        let scripts = page
            .split("<script")
            .skip(1)
            .filter(|script| !known.iter().any(|start| script.starts_with(start)));
        assert_eq!(scripts.count(), 0, "{text} became a script");
    }
}
