//! Finding works: searches, facets, cursors, dumps, the addresses of SMK's API, administration.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::command::tegl;
use crate::support::http::{self, Response};
use crate::support::masters::{self, picture};
use crate::support::museum::{
    CURATOR, Museum, TOKEN, object_numbers, search, wait, wait_until_indexed, works,
};
use crate::support::server::Server;
use crate::support::{fixture, shared};

#[test]
fn works_are_found_in_both_languages_and_despite_typos() {
    let museum = Museum::new(&works());
    let server = museum.serve();
    for (query, expected) in [
        ("q=horse", "KMS1"),
        ("q=Heste", "KMS1"),
        ("q=kobke", "KMS1"),
        ("q=K%C3%B8bke+hors", "KMS1"),
        ("q=koebke", "KMS1"),
        ("q=aakander", "KMS2"),
        ("q=akander+ancher", "KMS2"),
        ("q=Abenra", "KMS2"),
        ("q=anchr+lilies", "KMS2"),
        ("q=hund", "KKS1982-156/3"),
        ("q=KKS1982-156%2F3", "KKS1982-156/3"),
        ("q=kks19821563", "KKS1982-156/3"),
        ("q=signeret", "KMS1"),
        ("q=%22water+lilies%22", "KMS2"),
        ("q=ancher+-lilies", "KKS1982-156/3"),
        ("q=lil*", "KMS2"),
    ] {
        let numbers = object_numbers(&search(&server, query));
        assert_eq!(numbers.first().map(String::as_str), Some(expected), "{query}: {numbers:?}");
    }
    assert_eq!(search(&server, "q=akandr")["corrected"], "akander");
    assert_eq!(search(&server, "q=%22lilies+water%22")["total"], 0);
    assert_eq!(search(&server, "q=horse+zzzzqqq")["relaxed"], true);
}

#[test]
fn works_are_filtered_counted_and_sorted() {
    let museum = Museum::new(&works());
    let server = museum.serve();
    for (query, total) in [
        ("", 43),
        ("any=type:painting&any=type:drawing", 3),
        ("any=type:painting&any=creator:anna-ancher", 1),
        ("all=type:painting&all=type:drawing", 0),
        ("none=type:print", 3),
        ("any=creator:Anna%20Ancher", 2),
        ("any=motif:animals", 2),
        ("any=motif:hest", 1),
        ("any=nationality:dansk", 1),
        ("years=1834", 1),
        ("years=/1705", 6),
        ("years=1895/", 1),
        ("has_image=true", 1),
        ("has_image=false", 42),
        ("public_domain=true", 1),
        ("min_width=4000", 1),
        ("min_width=4000&min_height=4000", 0),
        ("min_width=900&min_height=600", 2),
        ("colour=b52222", 1),
        ("colour=b52222&colour=222222", 1),
        ("colour=b52222&colour=2040c0", 0),
        ("colour=%2300ff00", 0),
        ("any=colour:red", 1),
    ] {
        assert_eq!(search(&server, query)["total"], total, "{query}");
    }
    let counted = search(&server, "facet=creator&facet=motif&facet=period&histogram=50&limit=0&lang=da");
    let ancher = &counted["facets"]["creator"][0];
    assert_eq!((&ancher["label"], &ancher["works"]), (&json!("Anna Ancher"), &json!(2)));
    assert_eq!(counted["facets"]["motif"][0]["label"], "dyr");
    assert_eq!(
        search(&server, "any=creator:anna-ancher&facet=motif")["facets"]["motif"].as_array().unwrap().len(),
        3
    );
    // A further value of a scheme can be chosen where its counts ignore its own filter.
    let types = |query: &str| {
        let counted = search(&server, &format!("any=type:painting&facet=type&facet=creator&limit=0{query}"));
        let counts = counted["facets"]["type"].as_array().unwrap().iter();
        let counts: Vec<_> = counts.map(|value| (value["value"].clone(), value["works"].clone())).collect();
        (counts, counted["facets"]["creator"].clone(), counted["total"].clone())
    };
    let (single, creators, total) = types("");
    assert_eq!(single, [(json!("painting"), total.clone())]);
    assert_eq!(types("&facet_mode=single"), (single.clone(), creators.clone(), total.clone()));
    let (multiple, others, all) = types("&facet_mode=multiple");
    assert_eq!((&others, &all), (&creators, &total), "other schemes and the results stay filtered");
    assert!(multiple.contains(&single[0]), "{multiple:?}");
    for (value, works) in &multiple {
        let value = value.as_str().unwrap();
        assert_eq!(search(&server, &format!("any=type:{value}&limit=0"))["total"], *works, "{value}");
    }
    assert!(multiple.len() > 1, "{multiple:?}");

    assert_eq!(counted["histogram"][0], json!({"from": 1700, "to": 1749, "works": 40}));

    assert_eq!(object_numbers(&search(&server, "sort=title&limit=1")), ["KMS1"]);
    assert_eq!(object_numbers(&search(&server, "sort=-title&limit=1")), ["KMS2"]);
    assert_eq!(object_numbers(&search(&server, "sort=date&limit=2")), ["X00", "X01"]);
    assert_eq!(object_numbers(&search(&server, "sort=-date&limit=2")), ["KMS2", "KMS1"]);
    assert_eq!(object_numbers(&search(&server, "sort=creator&limit=2")), ["KKS1982-156/3", "KMS2"]);
    assert_eq!(object_numbers(&search(&server, "sort=hue&limit=2")), ["KMS1", "KMS2"]);
    assert_eq!(object_numbers(&search(&server, "sort=newest&limit=1")), ["X39"]);
}

#[test]
fn queries_are_corrected_only_where_reported() {
    let mut records = works();
    records.push(json!({"object_number": "T1", "titles": "A house by the torner", "creators": [{"name": "Gustavo Torner"}]}));
    records.extend(
        (0..9).map(|at| json!({"object_number": format!("T9{at}"), "titles": format!("turner {at}")})),
    );
    let museum = Museum::new(&records);
    let server = museum.serve();
    // A word that is none of the collection's, but a word.
    let mouse = search(&server, "q=mouse");
    assert_eq!((&mouse["total"], &mouse["corrected"]), (&json!(0), &Value::Null), "{mouse}");
    let slipped = search(&server, "q=turer&limit=9");
    assert_eq!(slipped["corrected"], "turner");
    assert!(
        object_numbers(&slipped).iter().all(|number| number.starts_with("T9")),
        "what is said comes first: {slipped}"
    );
    for nothing in ["%E2%98%83", "!!!", "%F0%9F%8E%A8"] {
        assert_eq!(search(&server, &format!("q={nothing}"))["total"], 0, "{nothing}");
    }
    for all in ["", "*", "%22%22"] {
        assert_eq!(search(&server, &format!("q={all}"))["total"], 53, "{all}");
    }
    assert_eq!(search(&server, "q=hor%C2%ADse")["total"], 1, "a soft hyphen is no letter");
}

#[test]
fn links_in_responses_resolve() {
    let mut records = works();
    records.push(
        json!({"object_number": "L1", "titles": "Long", "production": {"earliest": -3000, "latest": 1899}}),
    );
    records.push(json!({"object_number": "C1", "tags": [{"scheme": "colour", "label": "Blue"}]}));
    let museum = Museum::new(&records);
    let server = museum.serve();
    let path = |address: &Value| {
        address.as_str().unwrap().split_once(&server.address.to_string()).unwrap().1.to_owned()
    };
    // Periods count what the years find.
    for interval in [1, 10, 50] {
        let told = search(&server, &format!("limit=0&histogram={interval}"));
        let periods = told["histogram"].as_array().unwrap();
        for period in periods.iter().rev().take(5).chain(&periods[..3]) {
            let years = format!("limit=0&years={}/{}", period["from"], period["to"]);
            assert_eq!(search(&server, &years)["total"], period["works"], "{period}");
        }
    }
    assert_eq!(
        search(&server, "limit=0&years=1900/1800")["total"],
        search(&server, "limit=0&years=1800/1900")["total"]
    );
    // Families of colours have collections, and one name.
    let colours = server.get("/api/v1/tags/colour").json();
    for value in colours["values"].as_array().unwrap() {
        let collection = server.get(&path(&value["collection"]));
        assert_eq!(collection.status, 200, "{value}");
        assert_eq!(collection.json()["items"].as_array().unwrap().len(), value["works"], "{value}");
        assert!(value["label"]["en"].as_array().unwrap().len() == 1, "{value}");
    }
    let one = server.get("/api/v1/works?any=colour:%232040c0");
    assert!(one.status == 400 && one.text().contains("colour=#2040c0"), "{}", one.text());
    // The collection of a search for nothing in particular is that of all works.
    let all = server.get(&path(&search(&server, "limit=0")["collection"]));
    assert_eq!((all.status, all.json()["items"].as_array().unwrap().len()), (200, 45));
    for empty in ["search", "search/", "search?q="] {
        let led = server.get(&format!("/presentation/3/collections/{empty}"));
        assert!(led.status == 303 && led.header("location").ends_with("/collections/all/all"), "{empty}");
    }
    // Images are as large in a list as alone.
    let listed = search(&server, "any=motif:horse&fields=images")["works"][0]["images"][0].clone();
    let alone = server.get("/api/v1/works/KMS1").json()["images"][0].clone();
    assert_eq!((&listed["width"], &listed["height"]), (&alone["width"], &alone["height"]));
    assert_eq!(listed["width"], 900);
}

#[test]
fn every_work_links_to_its_manifest_and_images() {
    let museum = Museum::new(&works());
    let server = museum.serve();
    let horse = search(&server, "q=horse&has_image=true")["works"][0].clone();
    for address in [
        &horse["id"],
        &horse["manifest"],
        &horse["page"],
        &horse["thumbnail"],
        &horse["images"][0]["thumbnail"],
    ] {
        let path = address.as_str().unwrap().split_once(&server.address.to_string()).unwrap().1;
        assert_eq!(server.get(path).status, 200, "{address}");
    }
    let service = horse["images"][0]["service"].as_str().unwrap();
    assert!(service.ends_with("/iiif/3/a.tif"), "{service}");
    assert_eq!(horse["titles"][0]["text"]["da"][0], "En hest på marken");
    let told = search(&server, "q=horse&fields=titles,object_number&lang=da")["works"][0].clone();
    assert_eq!(told, json!({"object_number": "KMS1", "titles": [{"text": "En hest på marken"}]}));
}

#[test]
fn cursors_are_stable_while_the_collection_changes() {
    let museum = Museum::new(&works());
    let server = museum.serve();
    for sort in ["title", "-title", "date", "number", "newest", "relevance"] {
        let mut seen = Vec::new();
        let mut cursor = String::new();
        for page in 0.. {
            assert!(page < 30, "{sort} does not end");
            let answer = search(&server, &format!("sort={sort}&limit=7{cursor}"));
            seen.extend(object_numbers(&answer));
            match answer["cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        let all: BTreeSet<&String> = seen.iter().collect();
        assert_eq!((seen.len(), all.len()), (43, 43), "{sort}: {seen:?}");
    }
    // Works come, go and change between two pages: each that stays is told once.
    let first = search(&server, "sort=title&limit=20");
    let mut changed = works();
    changed.retain(|work| work["object_number"] != "X05");
    changed[0]["titles"] = json!("Another horse");
    changed
        .extend((0..30).map(|at| json!({"object_number": format!("N{at}"), "titles": format!("Aaa {at}")})));
    museum.ingest(&changed);
    wait(Duration::from_secs(5), || search(&server, "limit=0")["total"] == 73);
    let cursor = first["cursor"].as_str().unwrap();
    let second = search(&server, &format!("sort=title&limit=60&cursor={cursor}"));
    let mut seen = object_numbers(&first);
    seen.extend(object_numbers(&second));
    let all: BTreeSet<&String> = seen.iter().collect();
    assert_eq!(seen.len(), all.len(), "nothing is told twice");
    assert_eq!(seen.len(), 43, "{seen:?}");
    let strange = server.get(&format!("/api/v1/works?sort=date&cursor={cursor}"));
    assert_eq!(strange.status, 404, "a cursor belongs to its search");
    assert_eq!(server.get("/api/v1/works?cursor=nonsense").status, 404);
}

/// The same pairs in other orders, always the same ones.
fn orders(pairs: &[&str]) -> Vec<String> {
    let mut state = 7_u64;
    let mut chance = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let mut shuffled = || {
        let mut pairs = pairs.to_vec();
        for at in (1..pairs.len()).rev() {
            pairs.swap(at, chance(at + 1));
        }
        pairs.join("&")
    };
    (0..12).map(|_| shuffled()).collect()
}

#[test]
fn the_next_page_does_not_depend_on_the_order_of_parameters() {
    let mut records = works();
    records.extend((0..60).map(|at| {
        json!({"object_number": format!("Y{at:02}"), "titles": "Landscape", "object_type": ["Print", "Drawing"],
            "creators": [{"name": "Anna Ancher"}], "tags": [{"scheme": "colour", "label": "#2040c0"}]})
    }));
    let museum = Museum::new(&records);
    let server = museum.serve();
    let path = |address: &str| address.split_once(&server.address.to_string()).unwrap().1.to_owned();
    for pairs in [
        &["any=type:print", "any=type:painting", "any=type:drawing", "any=creator:Anna%20Ancher", "limit=19"]
            [..],
        &["facet=type", "facet=creator", "facet=motif", "histogram=50", "sort=title", "limit=19"],
        &[
            "none=type:sculpture",
            "none=motif:cat",
            "all=type:print",
            "all=type:drawing",
            "q=landscape",
            "limit=19",
        ],
        &["colour=2040c0", "colour=%232141C1", "colour_distance=20", "limit=19"],
    ] {
        let mut known = None;
        for query in orders(pairs) {
            let (mut seen, mut next) = (Vec::new(), format!("/api/v1/works?{query}"));
            loop {
                let answer = server.get(&next);
                assert_eq!(answer.status, 200, "{next}: {}", answer.text());
                let page = answer.json();
                seen.extend(object_numbers(&page));
                match page["next"].as_str() {
                    Some(address) => next = path(address),
                    None => break,
                }
            }
            assert!(seen.len() > 19, "{query}: {seen:?}");
            assert_eq!(known.get_or_insert(seen.clone()), &seen, "{query}");
        }
    }
    // What is counted beside the works is no part of where a reader has got to.
    let first = search(&server, "facet=type&limit=10&sort=number");
    let cursor = first["cursor"].as_str().unwrap();
    let second = search(&server, &format!("facet=creator&histogram=10&limit=5&sort=number&cursor={cursor}"));
    assert_eq!(object_numbers(&second).len(), 5);
    // The first page's own link leads on, too.
    for query in orders(&["any=type:print", "any=type:drawing", "none=motif:cat", "none=motif:dog"]) {
        let page = server.get(&format!("/?{query}")).text();
        let at = page.find("start=48").unwrap_or_else(|| panic!("{query} has no next page"));
        let start = page[..at].rfind("href=\"").unwrap() + 6;
        let link = page[start..].split('"').next().unwrap().replace("&amp;", "&");
        let next = server.get(&link[link.find("/?").unwrap()..]).text();
        assert!(page.contains("/works/X00\"") && !next.contains("/works/X00\""), "{link}");
        assert!(next.contains("/works/Y50\""), "{link}");
    }
    // A search has one collection.
    let mut known = None;
    for query in orders(&["any=type:print", "any=type:drawing", "q=landscape", "any=type:print"]) {
        let led = server.get(&format!("/presentation/3/collections/search?{query}"));
        assert_eq!(led.status, 303, "{query}");
        let place = led.header("location").to_owned();
        assert_eq!(server.get(&path(&place)).status, 200, "{place}");
        assert_eq!(known.get_or_insert(place.clone()), &place, "{query}");
    }
}

#[test]
fn numbers_and_dates_are_never_corrected() {
    let mut records = works();
    for (number, title, from, to) in [
        ("N00530", "Snow Storm", 1842, 1842),
        ("N00531", "Shade", 1843, 1843),
        ("N01506", "Ophelia", 1851, 1852),
        ("T00721", "Made in the 1970s", 1970, 1979),
        ("T07210", "Frau Eine von Stein", 1931, 1931),
        ("KMS1/verso", "Kms1", 1700, 1899),
        ("KMS10", "Ten", 1960, 1960),
        ("KKS1982-157", "Sheet", 1797, 1798),
    ] {
        records.push(
            json!({"object_number": number, "titles": title, "production": {"earliest": from, "latest": to}}),
        );
    }
    let museum = Museum::new(&records);
    let server = museum.serve();
    let ask = |q: &str| {
        let q = percent_encoding::utf8_percent_encode(q, percent_encoding::NON_ALPHANUMERIC);
        let found = search(&server, &format!("limit=50&q={q}"));
        assert_eq!((&found["corrected"], &found["relaxed"]), (&Value::Null, &Value::Null), "{q}: {found}");
        object_numbers(&found)
    };
    for (q, expected) in [
        ("N005", &["N00530", "N00531"][..]),
        ("n005", &["N00530", "N00531"]),
        ("N 00530", &["N00530"]),
        ("N 005", &["N00530", "N00531"]),
        ("T0072", &["T00721"]),
        ("KKS1982-15", &["KKS1982-156/3", "KKS1982-157"]),
        ("KKS 1982 157", &["KKS1982-157"]),
        ("KMS1", &["KMS1", "KMS1/verso"]),
        ("kms1/v", &["KMS1/verso"]),
        ("KMS3", &[]),
        ("N00532", &[]),
        ("1971s", &[]),
        ("2850", &[]),
    ] {
        let mut found = ask(q);
        if q != "KMS1" {
            found.sort();
        }
        assert_eq!(found, expected, "{q}");
    }
    // Decades and centuries are years.
    for q in ["1790s", "1790'erne", "1790’erne", "1790erne", "1790's"] {
        let found = ask(q);
        assert_eq!(found[0], "KKS1982-157", "{q}: {found:?}");
        assert!(
            !found.contains(&"T00721".to_owned()) && !found.contains(&"T07210".to_owned()),
            "{q}: {found:?}"
        );
    }
    for q in ["18th century", "18. århundrede", "1700-tallet", "1700s"] {
        let found = ask(q);
        assert!(found.contains(&"X00".to_owned()) && !found.contains(&"N00530".to_owned()), "{q}: {found:?}");
    }
    assert_eq!(ask("sheet 1790s"), ["KKS1982-157"]);
    assert_eq!(ask("1970s")[0], "T00721");
    let suggested = server.get("/api/v1/suggest?q=1790s&lang=en").json();
    assert_eq!(suggested["suggestions"], json!([]));
}

#[test]
fn works_are_found_in_any_case_and_have_one_url() {
    let museum = Museum::new(&works());
    let server = museum.serve();
    let own = server.get("/api/v1/works/KMS1");
    let answer = server.get("/api/v1/works/kms1");
    assert_eq!((answer.status, &answer.body), (200, &own.body));
    let id = own.json()["id"].as_str().unwrap().to_owned();
    assert_eq!((answer.header("content-location"), own.header("content-location")), (id.as_str(), ""));
    for (path, leads) in [
        ("/works/kms1", "/works/KMS1"),
        ("/presentation/3/kms1/manifest", "/presentation/3/KMS1/manifest"),
        ("/presentation/2/kms1/manifest", "/presentation/2/KMS1/manifest"),
    ] {
        let led = server.get(path);
        assert!(led.status == 303 && led.header("location").ends_with(leads), "{path}: {}", led.status);
        assert_eq!(server.get(leads).status, 200);
    }
    for path in ["/api/v1/works/kms9", "/works/kms9", "/presentation/3/kms9/manifest"] {
        assert_eq!(server.get(path).status, 404, "{path}");
    }
}

#[test]
fn a_value_is_called_what_its_works_call_it() {
    let record = |number: &str, creator: &str, technique: Value| json!({ "object_number": number, "titles": number, "creators": [{"name": creator}], "techniques": technique });
    let museum = Museum::new(&[
        record("1", "CHRISTEN KØBKE", json!({"en": "Etching"})),
        record("2", "CHRISTEN KØBKE", json!({"en": "Etching", "da": "Radering"})),
        record("3", "CHRISTEN KØBKE", json!({"en": "Etching"})),
    ]);
    let server = museum.serve();
    let facet = |server: &Server, scheme: &str, language: &str| {
        search(server, &format!("facet={scheme}&limit=0&lang={language}"))["facets"][scheme][0]["label"]
            .clone()
    };
    let collection = |server: &Server, scheme: &str| {
        server.get(&format!("/presentation/3/collections/{scheme}")).json()["items"][0]["label"].clone()
    };
    assert_eq!(facet(&server, "creator", "da"), "CHRISTEN KØBKE");
    assert_eq!(collection(&server, "creator"), json!({"none": ["CHRISTEN KØBKE"]}));
    // A language that one work adds is there for all.
    assert_eq!(facet(&server, "technique", "da"), "Radering");
    assert_eq!(facet(&server, "technique", "en"), "Etching");

    // The source corrects its spelling: nothing is left of the old one, not even after a restart.
    museum.ingest(&[
        record("1", "Christen Købke", json!({"en": "etching"})),
        record("2", "Christen Købke", json!({"en": "etching", "da": "radering"})),
        record("3", "Christen Købke", json!({"en": "etching", "da": "radering"})),
    ]);
    let is_corrected = |server: &Server| {
        facet(server, "creator", "da") == "Christen Købke"
            && facet(server, "technique", "da") == "radering"
            && facet(server, "technique", "en") == "etching"
            && collection(server, "creator") == json!({"none": ["Christen Købke"]})
            && collection(server, "technique") == json!({"da": ["radering"], "en": ["etching"]})
    };
    wait(Duration::from_secs(20), || is_corrected(&server));
    let suggested = server.get("/api/v1/suggest?q=radering&lang=da").text();
    assert!(suggested.contains("radering") && !suggested.contains("Radering"), "{suggested}");
    drop(server);
    assert!(is_corrected(&museum.serve()));
}

#[test]
fn suggestions_creators_tags_and_random_works() {
    let museum = Museum::new(&works());
    let server = museum.serve();
    let labels = |path: &str, list: &str| -> Vec<String> {
        let told = server.get(path).json();
        told[list].as_array().unwrap().iter().map(|one| one["label"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(labels("/api/v1/suggest?q=anc&lang=en", "suggestions")[0], "Anna Ancher");
    assert_eq!(labels("/api/v1/suggest?q=kob&lang=en", "suggestions")[0], "Christen Købke");
    assert_eq!(labels("/api/v1/suggest?q=anchr&lang=en", "suggestions")[0], "Anna Ancher");
    assert_eq!(labels("/api/v1/suggest?q=hes&lang=da", "suggestions")[0], "hest");
    assert!(labels("/api/v1/suggest?q=water+l&lang=en", "suggestions").contains(&"Water Lilies".to_owned()));
    assert_eq!(labels("/api/v1/suggest?q=&lang=en", "suggestions"), Vec::<String>::new());
    assert_eq!(labels("/api/v1/creators?lang=en", "creators"), ["Anna Ancher", "Christen Købke"]);
    assert_eq!(labels("/api/v1/tags/motif?lang=da", "values"), ["dyr", "blomst"]);
    assert_eq!(labels("/api/v1/tags/motif?below=animals&lang=da", "values"), ["hund", "hest"]);
    assert_eq!(server.get("/api/v1/tags/nothing").status, 404);
    let schemes = server.get("/api/v1/tags").json();
    assert!(schemes["schemes"].as_array().unwrap().iter().any(|scheme| scheme["scheme"] == "motif"));
    let random = server.get("/api/v1/random?any=type:print&limit=40").json();
    assert_eq!(object_numbers(&random).into_iter().collect::<BTreeSet<_>>().len(), 40);
    assert_eq!(server.get("/api/v1/random").json()["works"].as_array().unwrap().len(), 1);
}

#[test]
fn invalid_searches_name_the_parameter_and_a_remedy() {
    let museum = Museum::new(&works());
    let server = museum.serve();
    for (query, parameter, says) in [
        ("limit=1000", "limit", "from 0 to 100"),
        ("colours=ff0000", "colours", "did you mean `colour`"),
        ("sort=size", "sort", "`title`"),
        ("any=nothing:x", "any", "`creator`"),
        ("any=creator", "any", "creator:turner"),
        ("years=soon", "years", "1800/1850"),
        ("has_image=maybe", "has_image", "`true`"),
        ("colour=reddish", "colour", "3f6fb5"),
        ("facet=nothing", "facet", "`type`"),
        (&format!("q={}", "a".repeat(600)), "q", "512"),
        ("limit=1&limit=2", "limit", "once"),
        ("fields=nope", "fields", "is not a field"),
        ("fields=object_number,title", "fields", "did you mean `titles`"),
    ] {
        let answer = server.get(&format!("/api/v1/works?{query}"));
        let problem = answer.json();
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (400, "application/problem+json"),
            "{query}"
        );
        assert_eq!(problem["parameter"], parameter, "{query}");
        assert!(problem["detail"].as_str().unwrap().contains(says), "{query}: {problem}");
    }
    assert_eq!(server.get("/api/v1/works/KMS1?fields=nope").status, 400);
    // What a source has of its own may be asked for.
    let own = search(&server, "q=dogs&fields=image_width,tags")["works"][0].clone();
    assert_eq!(own["image_width"], 5000, "{own}");
    assert_eq!(server.get("/api/v1/works/KMS1?fields=image_width").json(), json!({}));
    let answer = server.get("/api/v1/works?limit=1");
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    let tag = answer.header("etag").to_owned();
    assert_eq!(server.request("GET", "/api/v1/works?limit=1", &[("If-None-Match", &tag)]).status, 304);
    assert_eq!(server.request("DELETE", "/api/v1/works", &[]).status, 405);
}

#[test]
fn dumps_contain_all_works_and_can_be_resumed() {
    let museum = Museum::new(&works());
    let server = museum.serve();
    assert_eq!(
        server.request("HEAD", "/api/v1/dump/works.jsonl", &[]).header("content-length"),
        "",
        "nobody knows yet"
    );
    let whole = server.get("/api/v1/dump/works.jsonl");
    let lines: Vec<Value> = whole.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 43);
    assert!(lines.iter().all(|work| work["manifest"].is_string() && work["object_number"].is_string()));
    let tag = whole.header("etag").to_owned();
    for name in
        ["works.jsonl", "works.jsonl.gz", "works.csv", "manifests.txt", "manifests.txt.gz", "works.csv.gz"]
    {
        let path = format!("/api/v1/dump/{name}");
        let whole = server.get(&path);
        let tag = whole.header("etag").to_owned();
        let half = whole.body.len() / 2;
        let rest = server.request("GET", &path, &[("Range", &format!("bytes={half}-")), ("If-Range", &tag)]);
        assert_eq!(rest.status, 206, "{name}");
        assert_eq!(rest.body, whole.body[half..], "{name}");
        let first = server.request("GET", &path, &[("Range", "bytes=0-9")]);
        assert_eq!((first.status, first.body.as_slice()), (206, &whole.body[..10]), "{name}");
        assert_eq!(server.request("GET", &path, &[("If-None-Match", &tag)]).status, 304, "{name}");
        let head = server.request("HEAD", &path, &[]);
        let length = head.header("content-length").parse::<usize>();
        assert_eq!((head.status, length), (200, Ok(whole.body.len())), "{name}");
    }
    let table = server.get("/api/v1/dump/works.csv").text();
    assert_eq!(table.lines().count(), 44);
    assert!(table.starts_with("object_number,title,creators"), "{table}");
    assert_eq!(server.get("/api/v1/dump/manifests.txt").text().lines().count(), 43);
    // The collection changes while somebody downloads: what was begun can be ended.
    museum.ingest(&[json!({"object_number": "new"})]);
    wait(Duration::from_secs(5), || search(&server, "limit=0")["total"] == 44);
    let rest =
        server.request("GET", "/api/v1/dump/works.jsonl", &[("Range", "bytes=100-"), ("If-Range", &tag)]);
    assert_eq!((rest.status, rest.body.as_slice()), (206, &whole.body[100..]));
    assert_eq!(server.request("GET", "/api/v1/dump/works.jsonl", &[("If-None-Match", &tag)]).status, 200);
    let map = server.get("/sitemap.xml").text();
    assert!(map.contains("/sitemap/1.xml"), "{map}");
    assert_eq!(server.get("/sitemap/1.xml").text().matches("<loc>").count(), 44);
    assert!(server.get("/sitemap/2.xml").text().contains("/creators/anna-ancher</loc>"));
    assert_eq!(server.get("/sitemap/3.xml").status, 404);
    assert!(server.get("/robots.txt").text().contains("Sitemap: http"));
}

#[test]
fn searches_are_collections_with_one_url() {
    let museum = Museum::new(&works());
    let server = museum.serve();
    let collection =
        search(&server, "q=landscape&limit=3&facet=type")["collection"].as_str().unwrap().to_owned();
    let path = collection.split_once(&server.address.to_string()).unwrap().1.to_owned();
    let document = server.get(&path).json();
    assert_eq!((&document["type"], &document["id"]), (&json!("Collection"), &json!(collection)));
    assert_eq!(document["items"].as_array().unwrap().len(), 40);
    let other = server.get("/presentation/3/collections/search?q=landscape");
    assert_eq!((other.status, other.header("location")), (303, collection.as_str()));
    assert_eq!(server.get("/presentation/3/collections/search/nonsense%3D1").status, 400);
}

#[test]
fn the_openapi_description_matches_the_responses() {
    let museum = Museum::new(&works());
    let server = museum.serve();
    wait(Duration::from_secs(20), || server.get("/api/v1/similar").status != 503);
    let description = server.get("/api/v1/openapi.json").json();
    assert_eq!(description["openapi"], "3.1.0");
    let mut tried = 0;
    for (path, methods) in description["paths"].as_object().unwrap() {
        let Some(get) = methods.get("get") else { continue };
        let mut place = path.clone();
        let mut query = Vec::new();
        for parameter in get["parameters"].as_array().unwrap() {
            let name = parameter["name"].as_str().unwrap();
            let example = match &parameter["example"] {
                Value::Array(values) => values[0].clone(),
                other => other.clone(),
            };
            let Some(example) =
                example.as_str().map(str::to_owned).or((!example.is_null()).then(|| example.to_string()))
            else {
                continue;
            };
            let encoded = percent_encoding::utf8_percent_encode(&example, percent_encoding::NON_ALPHANUMERIC)
                .to_string();
            match parameter["in"].as_str() {
                Some("path") => place = place.replace(&format!("{{{name}}}"), &encoded),
                _ => query.push(format!("{name}={encoded}")),
            }
        }
        for asked in query.iter().map(|one| format!("{place}?{one}")).chain([place.clone()]) {
            let bearer = format!("Bearer {CURATOR}");
            let token: &[_] = if get["security"].is_null() { &[] } else { &[("Authorization", &*bearer)] };
            let answer = server.request("GET", &asked, token);
            // There is no such tag, concept or group, and no picture has been compared.
            let is_missing =
                ["{tag}", "{concept}", "{cluster}", "/similar"].iter().any(|missing| path.contains(missing));
            // None of its models reads texts.
            let is_refused = asked.contains("?like=");
            let known = answer.status
                == if is_missing {
                    404
                } else if is_refused {
                    422
                } else {
                    200
                };
            assert!(known, "{asked}: {} {}", answer.status, answer.text());
            tried += 1;
        }
    }
    assert!(tried > 50, "{tried}");
}

#[test]
fn operations_have_their_own_listener() {
    let museum = Museum::new(&works());
    let server = museum.serve();
    let bearer = format!("Bearer {TOKEN}");
    let ask = |method: &str, path: &str| -> Response {
        http::request(server.operations(), method, path, &[("Authorization", &bearer)]).unwrap()
    };
    for path in ["/admin", "/admin/state", "/admin/settings", "/admin/reindex", "/admin/purge", "/admin/warm"]
    {
        assert_eq!(server.get(path).status, 404, "{path} is not on the public port");
        for headers in [&[][..], &[("Authorization", "Bearer wrong-wrong-wrong-wrong")][..]] {
            let answer = http::request(server.operations(), "GET", path, headers).unwrap();
            assert_eq!(answer.status, 401, "{path}");
        }
    }
    let state = ask("GET", "/admin/state").json();
    assert_eq!((&state["index"]["works"], &state["records"]["works"]), (&json!(43), &json!(43)));
    let settings = ask("GET", "/admin/settings").text();
    assert!(
        settings.contains("folder") && !settings.contains(TOKEN) && !settings.contains(CURATOR),
        "{settings}"
    );
    assert_eq!(ask("GET", "/admin/reindex").status, 405);
    let before = state["index"]["folder"].clone();
    assert_eq!(ask("POST", "/admin/reindex").status, 202);
    wait(Duration::from_secs(20), || {
        assert_eq!(server.get("/api/v1/works?limit=0").json()["total"], 43, "there is no gap");
        ask("GET", "/admin/state").json()["index"]["folder"] != before
    });
    for (path, status) in [
        ("/admin/purge", 400),
        ("/admin/purge?all=true", 202),
        ("/admin/purge?image=a.tif", 202),
        ("/admin/purge?work=KMS1", 202),
        ("/admin/purge?work=none", 404),
        ("/admin/warm?work=KMS1", 202),
        ("/admin/warm?q=horse", 202),
        ("/admin/warm?nonsense=1", 400),
        ("/admin/nothing", 404),
    ] {
        assert_eq!(ask("POST", path).status, status, "{path}");
    }
    wait(Duration::from_secs(20), || {
        let warming = ask("GET", "/admin/state").json()["warming"].clone();
        warming["asked"] == 2 && warming["warmed"] == 2
    });
}

#[test]
fn the_first_page_and_works_need_no_script() {
    let museum = Museum::new(&works());
    let server = museum.serve();
    for (path, says) in [
        ("/", "43 works"),
        ("/?q=horse", "A Horse in the Field"),
        ("/?all=motif%3Aanimals", "Study of Dogs"),
        ("/?years=soon&q=horse", "were not understood"),
        ("/?q=%3Cscript%3E", "&lt;script&gt;"),
        ("/?utm_source=x", "43 works"),
        ("/works/KMS1", "Oil on canvas"),
        ("/works/KMS2", "Water Lilies"),
    ] {
        let page = server.get(path);
        assert_eq!(page.status, 200, "{path}");
        let text = page.text();
        assert!(text.contains(says), "{path} does not say {says}: {text}");
        // Scripts only add to the page: they are files, and what else is so called is data.
        let known = ["<script src=\"/assets/", "<script type=\"application/"];
        let counted: usize = known.iter().map(|start| text.matches(start).count()).sum();
        assert_eq!(text.matches("<script").count(), counted, "{path}: {text}");
    }
}

/// Twelve records in the shape of SMK's API, and what distinguishes them.
struct Published {
    records: PathBuf,
    /// In the title of the first one only.
    word: &'static str,
    /// A maker of two, who is in no title.
    creator: &'static str,
    /// One that one of them was in.
    exhibition: &'static str,
}

#[test]
fn smk_clients_work_with_smk_records() {
    let records = fixture("smk/records.ndjson");
    let ours = Published { records, word: "favntag", creator: "vintermose", exhibition: "Lys%20og%20tid!" };
    find_what_they_know(ours);
    if let Some(records) = shared("records as SMK publishes them", "smk/records.ndjson") {
        let exhibition = "Clinch!";
        find_what_they_know(Published { records, word: "omfavner", creator: "abildgaard", exhibition });
    }
}

/// What a program does that was written for SMK's API, its host changed.
fn find_what_they_know(published: Published) {
    let Published { records: data, word, creator: maker, exhibition } = published;
    let text = std::fs::read_to_string(&data).unwrap();
    let records: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let folder = tempfile::tempdir().unwrap();
    let catalogue = folder.path().join("c.db").to_str().unwrap().to_owned();
    let masters = folder.path().join("masters");
    std::fs::create_dir_all(&masters).unwrap();
    let file = records[0]["image_iiif_id"].as_str().unwrap().rsplit('/').next().unwrap();
    std::fs::write(masters.join(file), masters::jpeg_pyramid(&picture(1500, 900), 128)).unwrap();
    let masters = masters.to_str().unwrap();
    let environment = [("TEGL__CATALOGUE__URL", catalogue.as_str())];
    let ran = tegl(&["ingest", masters, "--records", data.to_str().unwrap()], &environment);
    assert!(ran.code.is_some_and(|code| code < 2), "{}{}", ran.out, ran.err);
    let server = Server::with(&[masters], &environment);
    wait_until_indexed(&server);
    let ask = |path: &str| server.get(&format!("/api/smk/v1/{path}"));

    let all = ask("art/search/?keys=*&offset=0&rows=2000").json();
    for (name, kind) in [
        ("offset", "number"),
        ("rows", "number"),
        ("found", "number"),
        ("items", "array"),
        ("facets", "object"),
        ("facets_ranges", "object"),
    ] {
        let is = match kind {
            "number" => all[name].is_u64(),
            "array" => all[name].is_array(),
            _ => all[name].is_object(),
        };
        assert!(is, "{name} is no {kind}");
    }
    assert_eq!(all["found"], records.len());
    // Field for field as it came, but for addresses and what is said of images that are not here.
    for record in &records {
        let items = all["items"].as_array().unwrap();
        let item = items.iter().find(|item| item["object_number"] == record["object_number"]).unwrap();
        for (name, value) in record.as_object().unwrap() {
            let own = name.starts_with("image_")
                || ["iiif_manifest", "alternative_images", "object_url", "has_image"]
                    .contains(&name.as_str());
            assert!(own || item[name] == *value, "{name} of {}", record["object_number"]);
        }
    }
    let first = &records[0];
    let number = first["object_number"].as_str().unwrap();
    let one = ask(&format!("art/?object_number={}", number.to_lowercase())).json();
    let item = &one["items"][0];
    assert_eq!((&item["object_number"], &item["has_image"]), (&first["object_number"], &json!(true)));
    let path = |address: &Value| {
        address.as_str().unwrap().split_once(&server.address.to_string()).unwrap().1.to_owned()
    };
    let thumbnail = server.get(&path(&item["image_thumbnail"]));
    assert_eq!(thumbnail.status, 302, "{}", item["image_thumbnail"]);
    let led = thumbnail.header("location").split_once(&server.address.to_string()).unwrap().1.to_owned();
    assert!(led.ends_with("/full/1024,/0/default.jpg"), "{led}");
    assert_eq!(server.get(&led).status, 200);
    let native = server.get(&path(&item["image_native"]));
    assert!(native.header("location").ends_with("/full/full/0/default.jpg"));
    let manifest = server.get(&path(&item["iiif_manifest"]));
    assert_eq!(manifest.status, 302);
    assert_eq!(ask(&format!("iiif/manifest/?id={}", number.to_lowercase())).status, 302);

    let creator = first["production"][0]["creator"].as_str().unwrap();
    let encoded = creator.replace(' ', "%20");
    let some = ask(&format!("art/search?keys=*&filters=[creator:{encoded}],[public_domain:true]&rows=3&fields=object_number,titles&facets=creator,has_image,object_names&sort=object_number&sort_type=asc")).json();
    assert!(some["found"].as_u64().unwrap() >= 1, "{some}");
    assert!(
        some["items"][0]
            .as_object()
            .unwrap()
            .keys()
            .all(|name| ["object_number", "titles"].contains(&name.as_str()))
    );
    assert_eq!(some["facets"]["creator"][0], creator);
    assert!(some["facets"]["creator"][1].is_u64() && some["facets"]["has_image"].is_array());
    let ranged = ask(
        "art/search?keys=*&range=[production_dates_end:{1790-01-01T00:00:00Z;1810-12-31T23:59:59Z}]&rows=0",
    )
    .json();
    assert!(ranged["found"].as_u64().unwrap() >= 1 && ranged["found"].as_u64().unwrap() < 12, "{ranged}");
    let keyed = ask(&format!("art/search?keys={word}&qfields=titles&lang=da")).json();
    assert_eq!(keyed["items"][0]["object_number"], first["object_number"]);
    // All of it has to hold.
    for (query, count) in [
        ("filters=[has_image:true],[has_image:false]", 0),
        ("range=[production_dates_end:{*;1800}],[production_dates_end:{1801;*}]", 0),
        ("range=[image_size:{99999999999;*}]", 0),
        ("range=[image_size:{1;*}]", records.iter().filter(|record| record["image_size"].is_u64()).count()),
        ("filters=[object_number:KMS1],[object_number:KMS3]", 0),
        ("filters=[creator_gender:male]", 1),
        (&format!("filters=[exhibitions:{exhibition}]"), 1),
        (&format!("filters=[id:{}]", first["id"].as_str().unwrap()), 1),
        (&format!("keys={maker}&qfields=titles"), 0),
        (&format!("keys={maker}&qfields=creator"), 2),
    ] {
        assert_eq!(ask(&format!("art/search?rows=0&{query}")).json()["found"], count, "{query}");
    }
    for field in ["image_width", "image_height", "image_size", "created", "modified"] {
        let sorted = ask(&format!("art/search?keys=*&rows=2000&sort={field}&sort_type=asc")).json();
        let value = |number: &Value| match (field, *number == first["object_number"]) {
            // Its master is here, and measured.
            ("image_width", true) => json!(1500),
            ("image_height", true) => json!(900),
            _ => records.iter().find(|record| record["object_number"] == *number).unwrap()[field].clone(),
        };
        let items = sorted["items"].as_array().unwrap().iter().map(|item| value(&item["object_number"]));
        let values: Vec<Value> = items.filter(|value| !value.is_null()).collect();
        let key = |value: &Value| (value.as_u64(), value.as_str().map(str::to_owned));
        assert!(values.is_sorted_by_key(key), "{field}: {values:?}");
    }
    for nobody in ["NOPE", ","] {
        let answer = ask(&format!("art/?object_number={nobody}"));
        assert_eq!(
            (answer.status, answer.json()["items"].as_array().map(Vec::len)),
            (200, Some(0)),
            "{nobody}"
        );
    }
    assert_eq!(ask("art/all_ids").json()["objectIDs"].as_array().unwrap().len(), 12);
    for wrong in [
        "art/search?rows=2001",
        "art/search?filters=[nothing:x]",
        "art/search?range=[created",
        "art/search?offset=-1",
        "art/search?keys=x&qfields=foo",
        "art",
        "iiif/manifest",
    ] {
        let answer = ask(wrong);
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (400, "application/problem+json"),
            "{wrong}"
        );
    }
}

/// What public programs written for SMK's API ask, of records that are not SMK's.
#[test]
fn smk_clients_work_with_other_records() {
    let mut records = works();
    records.push(json!({
        "object_number": "KMS9", "titles": {"da": "Strand"}, "object_type": "maleri",
        "creators": [
            {"name": "Anna Ancher", "sort_name": "Ancher, Anna", "birth": 1859, "death": 1935, "nationality": "dansk", "id": "11_person"},
            {"name": "Ubekendt", "nationality": "svensk"}
        ],
        "production": {"earliest": 1900, "latest": 1905}, "tags": [{"scheme": "colour", "label": "#482F20"}],
    }));
    let museum = Museum::new(&records);
    let server = museum.serve_with(&[
        ("TEGL__RIGHTS__PUBLIC_DOMAIN__LARGEST", "300"),
        ("TEGL__RIGHTS__PUBLIC_DOMAIN__ORIGINAL", "false"),
    ]);
    let ask = |path: &str| server.get(&format!("/api/smk/v1/{path}"));
    for (query, expected) in [
        ("filters=[colors:%23482f20]", &["KMS9"][..]),
        ("filters=[colors:%23482F20|%23000000]", &["KMS9"]),
        ("filters=[colors:%23482f21]", &[]),
        ("filters=[object_names:Painting]&lang=en", &["KMS1", "KMS2", "KMS9"]),
        ("filters=[object_names:painting],[creator_nationality:Danish]&lang=en", &["KMS1", "KMS9"]),
        ("filters=[creator_nationality:swedish]&lang=en", &["KMS9"]),
        ("filters=[creator_nationality:swedish]", &["KMS9"]),
        ("filters=[production_dates_period:1880-1920]", &["KMS2", "KMS9"]),
        ("filters=[production_dates_period:1834]", &["KMS1"]),
    ] {
        let answer = ask(&format!("art/search/?keys=*&sort=object_number&{query}"));
        assert_eq!(answer.status, 200, "{query}: {}", answer.text());
        let items = answer.json()["items"].as_array().unwrap().clone();
        let found: Vec<&str> = items.iter().map(|item| item["object_number"].as_str().unwrap()).collect();
        assert_eq!(found, expected, "{query}");
    }
    // Every link to an image leads to one, at the size that rights leave.
    let item = ask("art?object_number=kms1").json()["items"][0].clone();
    for name in ["image_native", "image_thumbnail", "image_iiif_info", "frontend_url", "iiif_manifest"] {
        let mut place = item[name].as_str().unwrap().to_owned();
        for _ in 0..3 {
            let path = place.split_once(&server.address.to_string()).unwrap().1.to_owned();
            let answer = server.get(&path);
            match answer.status {
                302 | 303 => place = answer.header("location").to_owned(),
                status => {
                    assert_eq!(status, 200, "{name}: {place}");
                    break;
                }
            }
        }
    }
    assert_eq!((&item["artist"], &item["image_hq"]), (&json!(["Christen Købke"]), &json!(false)));

    for (path, names, found) in [
        ("person?id=11_person", &["Ancher, Anna"][..], 1),
        ("person/?id=11_PERSON&lang=en", &["Ancher, Anna"], 1),
        ("person//?id=christen-k%C3%B8bke", &["Christen Købke"], 1),
        ("person?id=nobody", &[], 0),
        ("person/search/?keys=ancher", &["Ancher, Anna"], 1),
        ("person/search?keys=Ancher,%20Anna", &["Ancher, Anna"], 1),
        ("person/search?keys=*&offset=0&rows=2000", &["Ancher, Anna", "Christen Købke", "Ubekendt"], 3),
        ("person/search?keys=*&offset=1&rows=1", &["Christen Købke"], 3),
        ("person/search?keys=nobody", &[], 0),
    ] {
        let answer = ask(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        let told = answer.json();
        let items = told["items"].as_array().unwrap();
        let own: Vec<&str> = items.iter().map(|item| item["name"].as_str().unwrap()).collect();
        assert_eq!((own.as_slice(), &told["found"]), (names, &json!(found)), "{path}");
    }
    let works = ask("person?id=11_person").json()["items"][0]["works"].clone();
    assert_eq!(works, json!(["KKS1982-156/3", "KMS2", "KMS9"]));
    assert_eq!(ask("person").status, 400);

    let three = "application/ld+json;profile=\"http://iiif.io/api/presentation/3/context.json\"";
    for (path, accept, leads) in [
        ("iiif/manifest?id=kms1", "*/*", "/presentation/2/KMS1/manifest"),
        ("iiif/manifest/?object_number=KMS1", "*/*", "/presentation/2/KMS1/manifest"),
        ("iiif/manifest?id=&object_number=kms1", "*/*", "/presentation/2/KMS1/manifest"),
        ("iiif/manifest?id=KMS1", three, "/presentation/3/KMS1/manifest"),
    ] {
        let led = server.request("GET", &format!("/api/smk/v1/{path}"), &[("Accept", accept)]);
        assert!(
            led.status == 302 && led.header("location").ends_with(leads),
            "{path}: {} {}",
            led.status,
            led.text()
        );
    }
    let corrected = ask("art/search?keys=Akandr").json();
    assert_eq!(corrected["corrections"], json!({"akandr": ["akander"]}));
}

#[test]
fn older_image_urls_redirect() {
    let museum = Museum::new(&works());
    let server = museum.serve();
    for (path, leads) in [
        ("/iiif/jp2/a.tif/full/!400,/0/default.jpg", "/iiif/2/a.tif/full/400,/0/default.jpg"),
        ("/iiif/jp2/a.tif/full/!1024,/0/native.jpg", "/iiif/2/a.tif/full/full/0/default.jpg"),
        ("/iiif/1.1/a.tif/full/full/0/native.jpg", "/iiif/2/a.tif/full/full/0/default.jpg"),
        ("/iiif/1/a.tif/0,0,100,100/50,/90/grey.jpg", "/iiif/2/a.tif/0,0,100,100/50,/90/gray.jpg"),
        ("/iiif/2/a.tif/full/!400,/0/default.jpg", "/iiif/2/a.tif/full/400,/0/default.jpg"),
        ("/iiif/2/a.tif/full/!,300/0/default.jpg", "/iiif/2/a.tif/full/,300/0/default.jpg"),
        ("/iiif/2/a.tif/full/200,/0/native.jpg", "/iiif/2/a.tif/full/200,/0/default.jpg"),
    ] {
        let answer = server.get(path);
        let location = answer.header("location").to_owned();
        assert!(answer.status == 302 && location.ends_with(leads), "{path}: {} {location}", answer.status);
        assert_eq!(server.get(leads).status, 200, "{leads}");
    }
    let info = server.get("/iiif/jp2/a.tif/info.json");
    assert!(info.header("location").ends_with("/iiif/2/a.tif/info.json"));
    assert_eq!(server.get("/iiif/jp2/a.tif/full/!x,/0/default.jpg").status, 400);
    assert_eq!(server.get("/iiif/jp2/none.tif/full/!10,/0/default.jpg").status, 404);
}
