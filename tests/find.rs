//! The search page: forms without scripts, further pages, the origin of values, works like a work, empty results.

use serde_json::json;

use crate::support::Failures;
use crate::support::browser::look;
use crate::support::command::tegl;
use crate::support::museum::{Museum, tag, works};
use crate::support::server::Server;

/// A page with its `&amp;` decoded.
#[track_caller]
fn page(server: &Server, path: &str) -> String {
    let response = server.get(path);
    assert_eq!(response.status, 200, "{path}: {}", response.text());
    response.text().replace("&amp;", "&")
}

/// The works of a page, in order, as they are in links.
fn shown(page: &str) -> Vec<String> {
    let (_, grid) = page.split_once("<ul class=\"hits\"").unwrap_or_default();
    let (grid, _) = grid.split_once("</ul>").unwrap_or_default();
    let links = grid.split("href=\"/works/").skip(1).filter_map(|rest| rest.split(['"', '?']).next());
    links.map(str::to_owned).collect()
}

/// The target of the link with this attribute.
fn link<'a>(page: &'a str, attribute: &str) -> Option<&'a str> {
    let (_, rest) = page.split_once(attribute)?;
    rest.split_once("href=\"")?.1.split('"').next()
}

#[test]
fn forms_work_without_scripts() {
    let museum = Museum::new(&works());
    let server = museum.serve();
    let mut failures = Failures::default();
    for (path, total) in [
        ("/?from=1700&to=1709", "10 works"),
        ("/?from=1735&to=", "7 works"),
        ("/?from=&to=", "43 works"),
        ("/?years=1700%2F1701&from=1710&to=1719", "10 works"),
        ("/?pick=%23b02020&share=", "1 work<"),
        ("/?pick=%23b02020&share=70&pick=%23202020&share=30", "1 work<"),
        ("/?colour=b02020&pick=%232040c0&share=", "No works"),
        ("/?has_image=true", "1 work<"),
        ("/?from=x", "43 works"),
        ("/?similar=none", "43 works"),
    ] {
        let text = page(&server, path);
        failures.check(text.contains(&format!("<h2>{total}")), || format!("{path}: not {total}"));
    }
    let text = page(&server, "/?all=type%3Aprint&pick=%23b02020&share=70");
    for kept in [
        "name=\"all\" value=\"type:print\"",
        "name=\"pick\" value=\"#b02020\"",
        "name=\"share\" value=\"70\"",
    ] {
        failures.check(text.contains(kept), || format!("a form without {kept}: {text}"));
    }
    failures
        .check(page(&server, "/?from=x").contains("not understood"), || "nothing is said of `from=x`".into());
}

#[test]
fn pages_follow_each_other_without_gaps() {
    let records: Vec<_> = (0..120)
        .map(|at| json!({"object_number": format!("P{at:03}"), "titles": {"en": format!("Boat {at}")}, "object_type": "Print"}))
        .collect();
    let museum = Museum::new(&records);
    let server = museum.serve();
    for query in ["", "q=boat", "sort=title", "all=type%3Aprint&sort=-title"] {
        let (mut seen, mut path) = (Vec::new(), format!("/?{query}"));
        let mut paths = vec![path.clone()];
        loop {
            let text = page(&server, &path);
            seen.extend(shown(&text));
            let Some(next) = link(&text, "<a rel=\"next\"") else { break };
            path = next.to_owned();
            paths.push(path.clone());
        }
        assert_eq!((seen.len(), paths.len()), (120, 3), "{query}: {paths:?}");
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 120, "{query}: a work is on two pages");
        // And back again.
        let last = page(&server, &paths[2]);
        assert_eq!(link(&last, "<a rel=\"prev\""), Some(paths[1].as_str()), "{query}");
        let second = page(&server, &paths[1]);
        let first = link(&second, "<a rel=\"prev\"").unwrap();
        assert_eq!(shown(&page(&server, first)), shown(&page(&server, &paths[0])), "{query}");
    }
    let beyond = page(&server, "/?start=9999999");
    assert!(shown(&beyond).is_empty() && !beyond.contains("find/more.js"), "{beyond}");
    assert!(beyond.contains("rel=\"prev\" href=\"/?start=96\""), "the last page comes before: {beyond}");
    assert_eq!(shown(&page(&server, "/?start=-1")).len(), 48);
}

#[test]
fn the_origin_of_values_is_shown() {
    let museum = Museum::new(&works());
    let line = |work: &str| json!({"work": work, "scheme": "motif", "label": {"en": "cloud"}, "source": "model:clouds@1", "confidence": 0.7});
    let lines = ["KMS1", "KMS2"].map(|work| line(work).to_string());
    std::fs::write(museum.path("tags.jsonl"), lines.join("\n")).unwrap();
    let ran = museum.run(&["ingest", "--tags", &museum.path("tags.jsonl")]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    let server = museum.serve();
    let origin = |label: &str| {
        let text = page(&server, "/");
        let (_, value) = text.split_once(&format!("<span dir=\"auto\">{label}</span>")).unwrap();
        let (value, _) = value.split_once("</a>").unwrap();
        value.split_once("title=\"").map(|(_, rest)| rest.split('"').next().unwrap().to_owned())
    };
    assert_eq!(origin("cloud").as_deref(), Some("proposed by a machine"));
    assert_eq!(origin("horse"), None);
    tag(&server, "X01", json!({"scheme": "motif", "label": "cloud"}));
    let expected = Some("in part proposed by a machine: 2/3".to_owned());
    crate::support::museum::wait(std::time::Duration::from_secs(20), || origin("cloud") == expected);
}

/// The values of the facets with these labels: their labels and counts.
fn values(page: &str, facet: &str) -> Vec<(String, String)> {
    let (_, facet) = page.split_once(&format!("<h3 dir=\"auto\">{facet}</h3>")).unwrap();
    let (facet, _) = facet.split_once("</ul>").unwrap();
    let between =
        |text: &str, from: &str| text.split_once(from).unwrap().1.split('<').next().unwrap().to_owned();
    let items = facet.split("<li>").skip(1);
    items.map(|item| (between(item, "<span dir=\"auto\">"), between(item, "\"number\">"))).collect()
}

#[test]
fn several_values_of_a_facet_can_be_chosen() {
    let museum = gallery();
    let server = museum.serve();
    let all = page(&server, "/");
    let (types, creators) = (values(&all, "Types"), values(&all, "Creators"));
    assert_eq!((types.len(), creators.len()), (2, 5));
    // A link of another page has the value that all works must have.
    for path in ["/?all=type%3Aprint", "/?any=type%3Aprint"] {
        let print = page(&server, path);
        assert!(print.contains("<h2>70 works"), "{path}");
        assert_eq!(values(&print, "Types"), types, "{path}: counts do not depend on the facet's own filter");
        assert_ne!(values(&print, "Creators"), creators, "{path}: those of others do");
        assert!(print.contains("href=\"/\" rel=\"nofollow\" aria-current=\"true\""), "{path}: {print}");
        let both = "/?any=type%3Aprint&any=type%3Apainting";
        assert!(print.contains(&format!("href=\"{both}\"")), "{path}: {print}");
        let both = page(&server, both);
        assert!(both.contains("<h2>140 works"), "{path}");
        assert_eq!((values(&both, "Types"), values(&both, "Creators")), (types.clone(), creators.clone()));
        let without = "href=\"/?any=type%3Apainting\" rel=\"nofollow\" aria-current=\"true\"";
        assert!(both.contains(without), "{both}");
    }
    let danish = page(&server, "/?any=type%3Aprint&any=creator%3Apainter-1&lang=da");
    assert!(danish.contains("<h2>14 værker"), "{danish}");
    let numbers =
        |facet: &str| values(&danish, facet).into_iter().map(|(_, count)| count).collect::<Vec<_>>();
    assert_eq!(numbers("Værktyper"), ["14", "14"]);
    assert_eq!(numbers("Kunstnere"), ["14"; 5]);
    // Works with two values at once can still be asked for by the address.
    let combined = page(&server, "/?all=motif%3Aboat&all=motif%3Anothing");
    assert!(combined.contains("No work"), "{combined}");
}

#[test]
fn an_empty_result_says_what_to_leave_out() {
    let museum = Museum::new(&works());
    let server = museum.serve();
    let text = page(&server, "/?all=type%3Aprint&all=motif%3Ahorse&years=1700%2F1709");
    assert!(text.contains("No work matches all"), "{text}");
    let (_, list) = text.split_once("<ul class=\"alternatives\"").unwrap();
    let (list, _) = list.split_once("</ul>").unwrap();
    assert!(list.contains("horse") && list.contains(": 10 works"), "{list}");
    assert!(!list.contains("1700–1709"), "without the years there is nothing either: {list}");
    let text = page(&server, "/?q=-horse+-landscape+-number+-water+-study");
    assert!(text.contains("No work matches these words"), "{text}");
}

#[test]
fn the_period_shows_all_years_of_the_search() {
    let museum = Museum::new(&works());
    let server = museum.serve();
    let bars = |path: &str| page(&server, path).matches("data-from=").count();
    assert_eq!(bars("/"), bars("/?years=1700%2F1709"));
    assert!(bars("/?all=type%3Aprint") < bars("/"));
    let text = page(&server, "/?years=1700%2F1709");
    assert!(
        text.contains("name=\"from\" value=\"1700\"") && text.contains("name=\"to\" value=\"1709\""),
        "{text}"
    );
    assert!(text.contains("class=\"out\""), "{text}");
}

/// Works for a browser: pictures, colours, years, creators, long and right-to-left titles.
fn gallery() -> Museum {
    let records: Vec<_> = (0..140)
        .map(|at| {
            let title = match at {
                5 => "A very long title ".repeat(28),
                6 => "منظر طبيعي مع نهر".to_owned(),
                at => format!("Boat number {at}"),
            };
            let images = if at % 10 == 9 { json!([]) } else { json!([{"file": "a.tif"}]) };
            json!({
                "object_number": format!("B {at:03}"), "titles": {"en": title}, "images": images,
                "object_type": if at % 2 == 0 { "Painting" } else { "Print" }, "public_domain": at % 3 == 0,
                "creators": [{"name": format!("Painter {}", at % 5)}],
                "production": {"earliest": 1700 + at, "latest": 1700 + at, "text": (1700 + at).to_string()},
                "tags": [{"scheme": "motif", "label": {"en": "boat", "da": "båd"}, "source": "model:boats@1",
                          "confidence": 0.8, "status": "proposed"}],
            })
        })
        .collect();
    Museum::new(&records)
}

#[test]
fn visitors_find_works_in_a_browser() {
    let museum = gallery();
    let catalogue = museum.path("catalogue.db");
    let details = ("TEGL__LIKENESS__DETAILS", "true");
    let arguments = ["tag", &museum.path("masters"), "--only", "color,likeness"];
    let ran = tegl(&arguments, &[details, ("TEGL__CATALOGUE__URL", &catalogue)]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    let server = museum.serve_with(&[details]);
    let out = museum.path("screenshots");
    look("the search in a browser", "find.mjs", "axe-core", &server, &["--out", &out]);
}
