//! Tests of the search page: contents and escaping.

use super::*;
use crate::web::pages::{Bar, Facet, Hit, Home, Like, Link, Period, PickedColor, Row};

fn hit(label: &str) -> Hit {
    Hit {
        work: "KMS%2F1".to_owned(),
        label: label.to_owned(),
        creator: Some("Anna Ancher".to_owned()),
        date: Some("1891".to_owned()),
        thumbnail: Some("/m/iiif/3/kms1/full/!400,400/0/default.jpg".to_owned()),
        ratio: Some(1.5),
        public_domain: true,
    }
}

fn link(label: &str, href: &str) -> Link {
    Link { label: label.to_owned(), href: href.to_owned(), count: Some(1_200), ..Link::default() }
}

fn full() -> Search {
    Search {
        query: "sø".to_owned(),
        kept: vec![("type".to_owned(), "Maleri".to_owned())],
        total: 12_345,
        chosen: vec![link("Maleri", "/m/?q=s"), link("1891", "/m/?q=t")],
        facets: vec![Facet {
            label: "Teknik".to_owned(),
            links: vec![link("Olie", "/m/?f=olie")],
            ..Facet::default()
        }],
        switches: vec![link("Med billede", "/m/?p=1")],
        period: Some(Period {
            bars: vec![Bar {
                label: "1890–1899".to_owned(),
                count: 3,
                href: "/m/?y=1890".to_owned(),
                from: 1890,
                to: 1899,
            }],
            ..Period::default()
        }),
        sorts: vec![Link { chosen: true, ..link("Nearest", "/m/?s=n") }, link("Oldest", "/m/?s=o")],
        hits: vec![hit("Solskin"), Hit { thumbnail: None, ..hit("Uden billede") }],
        next: Some("/m/?after=2".to_owned()),
        previous: Some("/m/?before=1".to_owned()),
        start: Some("/m/?q=first".to_owned()),
        can_compare: true,
        can_send: true,
        unreachable: true,
        api: Some("/m/api/v1/search?q=s".to_owned()),
        collection: Some("/m/presentation/3/search?q=s".to_owned()),
        files: Some("/m/files".to_owned()),
        ..Search::default()
    }
}

/// A page without its tags.
fn visible(page: &str) -> String {
    page.split('<').filter_map(|part| Some(part.split_once('>')?.1)).collect::<Vec<_>>().join(" ")
}

fn museum() -> Context {
    Context { base: "/m".to_owned(), name: Some("Samling".to_owned()), ..Context::default() }
}

/// The levels of a page's headings, in order.
fn headings(page: &str) -> Vec<u32> {
    let levels = page.split("<h").skip(1).filter_map(|rest| rest.chars().next()?.to_digit(10));
    levels.collect()
}

#[test]
fn the_page_has_all_its_links() {
    let page = search(&museum(), &full());
    for address in [
        "/m/works/KMS%2F1",
        "/m/iiif/3/kms1/full/!400,400/0/default.jpg",
        "/m/?q=s",
        "/m/?f=olie",
        "/m/?y=1890",
        "/m/?s=n",
        "/m/?s=o",
        "/m/?after=2",
        "/m/?before=1",
        "/m/?q=first",
        "/m/?p=1",
        "/m/api/v1/search?q=s",
        "/m/presentation/3/search?q=s",
        "/m/files",
    ] {
        assert!(page.contains(&format!("=\"{address}\"")), "{address} is missing in {page}");
    }
}

#[test]
fn the_form_keeps_query_and_filters() {
    let page = search(&museum(), &full());
    assert!(
        page.contains("<form class=\"search-form\" action=\"/m/\" method=\"get\" role=\"search\""),
        "{page}"
    );
    assert!(page.contains("name=\"q\" value=\"sø\""), "{page}");
    assert!(page.contains("<input type=\"hidden\" name=\"type\" value=\"Maleri\">"), "{page}");
    assert!(page.contains("<label class=\"visually-hidden\" for=\"q\">"), "{page}");
    assert_eq!(page.matches("id=\"q\"").count(), 1);
}

#[test]
fn the_heading_counts_the_results() {
    let html = |search: Search| result_count(&Context::default(), &search).into_string();
    assert_eq!(html(full()), "12,345 works for “<span dir=\"auto\">sø</span>”");
    assert_eq!(html(Search { total: 1, ..Search::default() }), "1 work");
    assert_eq!(html(Search::default()), "No works");
    let corrected = Search { corrected: Some("sø".to_owned()), query: "søø".to_owned(), ..full() };
    assert_eq!(html(corrected.clone()), "12,345 works");
    let page = search(&Context::default(), &corrected);
    assert!(page.contains("<strong dir=\"auto\">sø</strong>” instead of “<span dir=\"auto\">søø<"), "{page}");
}

#[test]
fn a_danish_page_is_danish_throughout() {
    let danish = Context { language: "da", chosen: true, ..museum() };
    let empty = Search { hits: Vec::new(), total: 0, ..full() };
    for (page, expected) in [
        (search(&danish, &full()), "12.345 værker matcher »<span dir=\"auto\">sø</span>«"),
        (search(&danish, &full()), "Nogle billeder kan ikke hentes"),
        (search(&danish, &empty), "Ingen værker passer på det hele"),
        (search(&danish, &Search { total: 1, ..full() }), "1 værk matcher"),
    ] {
        assert!(page.contains("<html lang=\"da\"") && page.contains(expected), "{page}");
        assert!(page.contains("name=\"lang\" value=\"da\""), "{page}");
        for english in ["Search", "works", "Refine", "More", "picture", "First", "Clear", "Served"] {
            assert!(!visible(&page).contains(english), "{english} is in {page}");
        }
    }
}

#[test]
fn the_layout_has_a_column_for_filters_if_there_are_any() {
    assert!(search(&museum(), &full()).contains("class=\"search-layout with-filters\""));
    let alone = Search { facets: Vec::new(), period: None, switches: Vec::new(), ..full() };
    assert!(search(&museum(), &alone).contains("class=\"search-layout\""));
}

#[test]
fn the_document_title_contains_the_query() {
    assert_eq!(document_title(&museum(), &full()), "sø · Samling");
    assert_eq!(document_title(&museum(), &Search { query: " ".to_owned(), ..full() }), "Samling");
}

#[test]
fn an_empty_result_has_an_explanation() {
    let empty = Search { hits: Vec::new(), total: 0, ..full() };
    let page = search(&museum(), &empty);
    assert!(page.contains("Remove one"), "{page}");
    assert!(page.contains("Clear all filters"), "{page}");
    let unfiltered = Search { chosen: Vec::new(), ..empty.clone() };
    let page = search(&museum(), &unfiltered);
    assert!(page.contains("these words") && page.contains("href=\"/m/\">see the whole"), "{page}");
    assert!(!page.contains("Clear all filters"), "{page}");
    assert!(search(&Context::default(), &Search::default()).contains("nothing to see here yet"));
    let beyond = Search { total: 9, chosen: Vec::new(), ..empty };
    assert!(search(&Context::default(), &beyond).contains("no more works on this page"));
}

#[test]
fn headings_descend_one_by_one() {
    let levels = headings(&search(&museum(), &full()));
    assert_eq!(levels.first(), Some(&1));
    assert_eq!(levels.iter().filter(|&&level| level == 1).count(), 1);
    assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{levels:?}");
}

#[test]
fn scripts_are_files_of_this_server() {
    for page in [search(&museum(), &full()), search(&Context::default(), &Search::default())] {
        for script in page.split("<script ").skip(1) {
            let (tag, _) = script.split_once("</script>").unwrap();
            assert!(tag.contains("src=\"/") && tag.ends_with('>'), "{tag}");
        }
        assert!(!page.contains("javascript:"), "{page}");
        assert!(!page.contains(" onclick=") && !page.contains(" onload="), "{page}");
    }
}

#[test]
fn an_empty_result_offers_the_search_without_one_filter() {
    let alternatives = vec![link("Maleri", "/m/?without")];
    let empty = Search { hits: Vec::new(), total: 0, alternatives, ..full() };
    let page = search(&museum(), &empty);
    assert!(page.contains("href=\"/m/?without\"") && page.contains(": 1,200 works"), "{page}");
    let suggestions = vec![link("Søer", "/m/?q=soer")];
    let page = search(&museum(), &Search { chosen: Vec::new(), suggestions, ..empty });
    assert!(page.contains("Did you mean") && page.contains("href=\"/m/?q=soer\""), "{page}");
}

#[test]
fn all_text_is_escaped() {
    for text in
        ["<script>alert(1)</script>", "\"onerror=\"alert(1)", "'><img src=x>", "</title><b>", "&lt;i>"]
    {
        let word = || text.to_owned();
        let context = Context { name: Some(word()), homepage: word(), ..Context::default() };
        let hostile = link(text, text);
        let hit = Hit {
            work: word(),
            label: word(),
            creator: Some(word()),
            date: Some(word()),
            thumbnail: Some(word()),
            ..Hit::default()
        };
        let everywhere = Search {
            query: word(),
            kept: vec![(word(), word())],
            total: 2,
            corrected: Some(word()),
            relaxed: true,
            chosen: vec![hostile.clone(), hostile.clone()],
            switches: vec![hostile.clone()],
            facets: [false, true]
                .map(|swatches| Facet { label: word(), links: vec![hostile.clone()], swatches })
                .into(),
            period: Some(Period {
                bars: vec![Bar { label: word(), count: 1, href: word(), ..Bar::default() }; 2],
                kept: vec![(word(), word())],
                ..Period::default()
            }),
            picked: vec![PickedColor { color: word(), share: Some(word()), without: word() }],
            kept_without_colors: vec![(word(), word())],
            sorts: vec![hostile.clone(), hostile.clone()],
            hits: vec![hit.clone()],
            next: Some(word()),
            previous: Some(word()),
            start: Some(word()),
            offset: 48,
            alternatives: vec![hostile.clone()],
            suggestions: vec![hostile.clone()],
            home: Some(Home {
                heading: Some(word()),
                welcome: vec![word()],
                rows: vec![Row { title: word(), hits: vec![hit.clone()], all: Some(word()) }],
            }),
            like: Some(Like {
                label: word(),
                page: word(),
                picture: Some(word()),
                whole: word(),
                without: word(),
                kept: vec![(word(), word())],
                is_detail: true,
                can_draw: true,
                ..Like::default()
            }),
            can_compare: true,
            can_send: true,
            unreachable: true,
            filter_error: Some(word()),
            api: Some(word()),
            collection: Some(word()),
            files: Some(word()),
        };
        let empty = Search { hits: Vec::new(), corrected: None, ..everywhere.clone() };
        let plain = Search { chosen: Vec::new(), total: 0, ..empty.clone() };
        for page in [everywhere, empty, plain].map(|page| search(&context, &page)) {
            assert!(!page.contains(text), "{text} is not escaped");
            assert!(!page.contains("<script>") && !page.contains("<b>"), "{text} became markup");
        }
    }
}
