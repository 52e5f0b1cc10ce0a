//! Roles of creators: counted on their pages, filtered in searches, and said in queries.

use serde_json::{Value, json};

use crate::support::museum::{Museum, object_numbers, search};
use crate::support::server::Server;

fn records() -> Vec<Value> {
    let work = |number: &str, title: &str, kind: &str, creators: &[(&str, &str)]| {
        let creators: Vec<Value> = creators
            .iter()
            .map(|(name, role)| match role.is_empty() {
                true => json!({"name": name}),
                false => json!({"name": name, "role": role}),
            })
            .collect();
        json!({"object_number": number, "titles": title, "object_type": kind, "creators": creators, "images": []})
    };
    vec![
        work("P1", "Harbour", "painting", &[("Ida Holmgren", "artist")]),
        work("P2", "Harbour at night", "painting", &[("Ida Holmgren", "painter")]),
        work("E1", "Harbour", "print", &[("Jens Falk", "engraver"), ("Ida Holmgren", "after")]),
        work("E2", "Mill", "print", &[("Jens Falk", "kobberstikker"), ("Ida Holmgren", "Efter")]),
        work("E3", "Bridge", "print", &[("Ida Holmgren", "engraver"), ("Jens Falk", "publisher")]),
        work("E4", "Tower", "print", &[("Ida Holmgren", "engraver"), ("Ida Holmgren", "publisher")]),
        work("D1", "Engraved ring by Falk's house", "drawing", &[("Jens Falk", "artist")]),
        work("D2", "Street", "drawing", &[("Jens Falk", "attributed to")]),
        work("D3", "Copy after Ida Holmgren", "drawing", &[("Bo Dam", "")]),
        work("D4", "Morning after rain", "drawing", &[("Bo Dam", "circle of the younger")]),
    ]
}

fn numbers(server: &Server, query: &str) -> Vec<String> {
    let mut numbers = object_numbers(&search(server, query));
    numbers.sort();
    numbers
}

/// The path of a link of the API or of a page.
fn path(link: &str) -> String {
    let link = link.replace("&amp;", "&");
    link.split_once("//")
        .and_then(|(_, rest)| rest.split_once('/'))
        .map_or(link.clone(), |(_, path)| format!("/{path}"))
}

#[test]
fn counts_of_roles_are_those_of_the_search() {
    let museum = Museum::new(&records());
    let server = museum.serve();
    for (creator, expected) in [
        (
            "ida-holmgren",
            &[("after", 2), ("engraver", 2), ("artist", 1), ("painter", 1), ("publisher", 1)][..],
        ),
        ("jens-falk", &[("engraver", 2), ("artist", 1), ("attributed to", 1), ("publisher", 1)]),
        ("bo-dam", &[("circle of the younger", 1)]),
    ] {
        let found = server.get(&format!("/api/v1/creators/{creator}")).json();
        let roles: Vec<(&str, u64)> = (found["roles"].as_array().unwrap().iter())
            .map(|role| (role["role"].as_str().unwrap(), role["works"].as_u64().unwrap()))
            .collect();
        assert_eq!(roles, expected, "{creator}");
        for role in found["roles"].as_array().unwrap() {
            let searched = server.get(&path(role["search"].as_str().unwrap())).json();
            assert_eq!(searched["total"], role["works"], "{role}");
        }
        let page = server.get(&format!("/creators/{creator}?lang=da")).text();
        let links: Vec<&str> = page.split("href=\"").filter(|link| link.contains("role%3A")).collect();
        assert_eq!(links.len(), roles.len(), "{page}");
        for (link, (_, works)) in links.iter().zip(&roles) {
            let href = link.split('"').next().unwrap();
            assert!(link.contains(&format!("</a> ({works})")), "{link}");
            let expected = if *works == 1 { "1 værk<".to_owned() } else { format!("{works} værker<") };
            let listed = server.get(&path(href)).text();
            assert!(listed.contains(&expected), "{href}: no {expected} in {listed}");
        }
    }
    let danish = server.get("/api/v1/creators/ida-holmgren?lang=da").json();
    assert_eq!(danish["roles"][0]["role"], "efter");
}

#[test]
fn searches_are_filtered_by_role() {
    let museum = Museum::new(&records());
    let server = museum.serve();
    for (query, expected) in [
        ("any=role:engraver", &["E1", "E2", "E3", "E4"][..]),
        ("any=role:kobberstikker", &["E1", "E2", "E3", "E4"]),
        ("any=creator:ida-holmgren&any=role:engraver", &["E3", "E4"]),
        ("all=creator:ida-holmgren&all=role:engraver&all=role:publisher", &["E4"]),
        ("any=creator:ida-holmgren&any=role:artist&any=role:painter", &["P1", "P2"]),
        ("any=creator:jens-falk&any=role:publisher&q=bridge", &["E3"]),
        ("any=creator:jens-falk&any=role:painter", &[]),
        ("any=creator:ida-holmgren&none=role:after", &["E3", "E4", "P1", "P2"]),
    ] {
        assert_eq!(numbers(&server, query), expected, "{query}");
    }
    let facet = |query: &str, scheme: &str| -> Vec<(String, u64)> {
        let found = search(&server, &format!("{query}&facet={scheme}"));
        let values = found["facets"][scheme].as_array().unwrap_or_else(|| panic!("no facet in {found}"));
        let pair =
            |value: &Value| (value["value"].as_str().unwrap().to_owned(), value["works"].as_u64().unwrap());
        values.iter().map(pair).collect()
    };
    // Every count is that of the search with this value, too.
    for query in ["q=harbour", "any=creator:ida-holmgren", "any=creator:jens-falk&any=type:print"] {
        for (role, works) in facet(query, "role") {
            assert_eq!(
                search(&server, &format!("{query}&any=role:{role}"))["total"],
                works,
                "{query} {role}"
            );
        }
    }
    for query in
        ["any=role:after", "all=role:engraver&all=role:publisher", "any=role:artist&any=role:engraver"]
    {
        for (creator, works) in facet(query, "creator") {
            let both = search(&server, &format!("{query}&any=creator:{creator}"));
            assert_eq!(both["total"], works, "{query} {creator}");
        }
    }
    assert_eq!(facet("any=role:after", "creator"), [("ida-holmgren".to_owned(), 2)]);
    let open = facet("any=creator:ida-holmgren&any=role:after&facet_mode=multiple", "role");
    assert!(open.contains(&("engraver".to_owned(), 2)), "{open:?}");
    let page = server.get("/?any=creator:ida-holmgren&lang=da").text();
    assert!(page.contains("Roller") && page.contains("kobberstikker"), "{page}");
}

#[test]
fn words_of_queries_say_roles() {
    let museum = Museum::new(&records());
    let server = museum.serve();
    for (query, expected) in [
        ("engraved by Falk", &["E1", "E2"][..]),
        ("stik af Ida Holmgren", &["E3", "E4"]),
        ("stukket af i. holmgren", &["E3", "E4"]),
        ("published by Jens Falk", &["E3"]),
        ("udgivet af falk", &["E3"]),
        ("painted by holmgren", &["P2"]),
        ("efter Holmgren", &["E1", "E2"]),
        ("after Ida Holmgren", &["D3", "E1", "E2"]),
        ("prints after ida holmgren", &["E1", "E2"]),
        ("mill after holmgreen", &["E2"]),
        ("attributed to falk", &["D2"]),
        ("circle of the younger dam", &["D4"]),
        ("after rain", &["D4"]),
    ] {
        let query = query.replace(' ', "%20");
        assert_eq!(numbers(&server, &format!("q={query}")), expected, "{query}");
    }
}
