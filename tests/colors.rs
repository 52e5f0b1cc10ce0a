//! Colors that `tegl tag` measures are the same in the API, in facets and searches, in dumps, manifests and pages.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use tegl::pixels::{Channels, Raster};

use crate::support::masters;
use crate::support::museum::{Museum, object_numbers, search, send, wait};
use crate::support::server::Server;

const RED: [u8; 3] = [0xb8, 0x2e, 0x28];
const BLUE: [u8; 3] = [0x2c, 0x58, 0xac];

/// A picture of two colors with a little grain, the first one on this share of it.
fn halves(left: [u8; 3], right: [u8; 3], share: f64) -> Vec<u8> {
    let (width, height) = (300usize, 200usize);
    let mut raster = Raster::blank(tegl::iiif::Dimensions::new(width as u32, height as u32), Channels::Rgb);
    for (n, pixel) in raster.samples.chunks_exact_mut(3).enumerate() {
        let (x, y) = (n % width, n / width);
        let color = if (x as f64) < share * width as f64 { left } else { right };
        let grain = ((x * 7 + y * 13) % 9) as u8;
        pixel.iter_mut().zip(color).for_each(|(sample, value)| *sample = value.saturating_add(grain));
    }
    masters::png(&raster)
}

/// Works with their colors measured.
fn measured() -> (Museum, Server) {
    let work = |number: &str, file: &str| {
        json!({"object_number": number, "titles": {"en": format!("Picture {number}")}, "images": [{"file": file}],
            "picture": "a column of the source"})
    };
    let museum = Museum::new(&[]);
    for (file, image) in [
        ("red.png", halves(RED, BLUE, 0.7)),
        ("blue.png", halves(RED, BLUE, 0.3)),
        ("gray.png", halves([200, 200, 198], [60, 60, 62], 0.5)),
    ] {
        std::fs::write(museum.folder.path().join("masters").join(file), image).unwrap();
    }
    let plain = json!({"object_number": "PLAIN", "picture": "a column of the source", "tags": [
        {"scheme": "colour", "label": "#2c58ac"}]});
    museum.ingest(&[work("RED", "red.png"), work("BLUE", "blue.png"), work("GRAY", "gray.png"), plain]);
    let ran = museum.run(&["tag", &museum.path("masters"), "--only", "color"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    let server = museum.serve();
    (museum, server)
}

/// The tags of a work that were measured, as the API states them.
fn tags(server: &Server, number: &str) -> Vec<Value> {
    let work = server.get(&format!("/api/v1/works/{number}")).json();
    let tags = work["tags"].as_array().unwrap().iter();
    tags.filter(|tag| tag["source"].as_str().unwrap().starts_with("model:tegl-color@")).cloned().collect()
}

fn text<'a>(tag: &'a Value, language: &str) -> &'a str {
    tag["label"][language][0].as_str().unwrap()
}

fn query_part(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// What lists and single works state of each tag.
fn statements(tags: &Value) -> BTreeSet<String> {
    let known = ["id", "scheme", "source", "confidence", "status", "color", "share", "label"];
    let told = |tag: &Value| known.map(|name| format!("{name}: {}", tag[name])).join(", ");
    tags.as_array().unwrap().iter().map(told).collect()
}

#[test]
fn measured_colors_are_the_same_everywhere() {
    let (_museum, server) = measured();
    let lines = server.get("/api/v1/dump/works.jsonl").text();
    let dump: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let table = server.get("/api/v1/dump/works.csv").text();
    let facets = search(&server, "facet=colour&facet_limit=200&limit=0")["facets"]["colour"].clone();
    for number in ["RED", "BLUE", "GRAY"] {
        let own = tags(&server, number);
        assert!(own.len() >= 2, "{number}: {own:?}");
        let listed = search(&server, &format!("q=%22Picture+{number}%22"))["works"][0].clone();
        let dumped = dump.iter().find(|work| work["object_number"] == number).unwrap();
        for tags in [
            &listed["tags"],
            &dumped["tags"],
            &server.get(&format!("/api/v1/works/{number}/tags")).json()["tags"],
        ] {
            assert_eq!(statements(tags), statements(&json!(own)), "{number}");
        }
        let annotations = annotations(&server, number);
        let page = server.get(&format!("/works/{number}?lang=en")).text();
        for tag in &own {
            let (id, label, color) =
                (tag["id"].as_str().unwrap(), text(tag, "en"), tag["color"].as_str().unwrap());
            assert_eq!((&tag["status"], &tag["scheme"]), (&json!("proposed"), &json!("colour")));
            assert!(tag["share"].as_f64().is_some_and(|share| (0.0..=1.0).contains(&share)), "{tag}");
            in_facets_and_searches(&server, number, tag, &facets);
            in_annotations(&server, number, tag, &annotations);
            let percent = |name: &str| (100.0 * tag[name].as_f64().unwrap()).round();
            let sure = match percent("confidence") {
                100.0 => String::new(),
                percent => format!("{percent}\u{a0}% sure · "),
            };
            let note = format!(
                "Proposed by tegl-color, version 1 · {sure}{}\u{a0}% of the picture",
                percent("share")
            );
            for shown in [format!("--colour:{color}"), format!(">{label}<"), note] {
                assert!(page.contains(&shown), "{id}: {shown} is not in {page}");
            }
            let source = tag["source"].as_str().unwrap();
            let provenance = format!(
                "{source} confidence={} status=proposed color={color} share={}",
                tag["confidence"], tag["share"]
            );
            assert!(table.contains(&provenance), "{provenance} is not in {table}");
        }
        let page = server.get(&format!("/works/{number}?lang=da")).text();
        assert!(
            page.contains("Foreslået af tegl-color") && page.contains(&format!(">{}<", text(&own[0], "da")))
        );
    }
}

/// By its name in both languages, by its family, and by its color.
#[track_caller]
fn in_facets_and_searches(server: &Server, number: &str, tag: &Value, facets: &Value) {
    let value = match text(tag, "en") {
        "gray" => "grey".to_owned(),
        "turquoise" => "cyan".to_owned(),
        name => name.replace(' ', "-"),
    };
    let color = tag["color"].as_str().unwrap().trim_start_matches('#');
    let facet = facets.as_array().unwrap().iter().find(|facet| facet["value"] == value);
    assert!(facet.is_some_and(|facet| facet["colour"].as_str().is_some()), "{value}: {facets}");
    for query in [
        format!("any=colour:{}", query_part(text(tag, "en"))),
        format!("any=colour:{}", query_part(text(tag, "da"))),
        format!("q=%22{}%22", query_part(text(tag, "da"))),
        format!("colour={color}&colour_distance=1"),
    ] {
        let works = object_numbers(&search(server, &query));
        assert!(works.iter().any(|work| work == number), "{query}: {works:?}, not {number}");
    }
}

/// The annotations of the first canvas, with those of the content search.
fn annotations(server: &Server, number: &str) -> Vec<Value> {
    let manifest = server.get(&format!("/presentation/3/{number}/manifest")).json();
    let page = &manifest["items"][0]["annotations"][0];
    match page["items"].as_array() {
        Some(items) => items.clone(),
        None => {
            let (_, path) = page["id"].as_str().unwrap().split_once(&server.address.to_string()).unwrap();
            server.get(path).json()["items"].as_array().unwrap().clone()
        }
    }
}

#[track_caller]
fn in_annotations(server: &Server, number: &str, tag: &Value, annotations: &[Value]) {
    let id = tag["id"].as_str().unwrap();
    let query = query_part(text(tag, "en"));
    let hits =
        server.get(&format!("/search/2/{number}?q={query}")).json()["items"].as_array().unwrap().clone();
    for all in [annotations, &hits] {
        let annotation = all.iter().find(|one| one["id"].as_str().unwrap().ends_with(id));
        let annotation = annotation.unwrap_or_else(|| panic!("{id} is not in {all:?}"));
        assert_eq!(annotation["motivation"], "tagging");
        assert_eq!(annotation["creator"], json!({"type": "Software", "name": "tegl-color@1"}));
        let bodies = annotation["body"].as_array().unwrap();
        let of = |purpose: &str| bodies.iter().find(|body| body["purpose"] == purpose).unwrap();
        assert!(bodies.iter().any(|body| body["value"] == text(tag, "da")), "{annotation}");
        let told = of("assessing")["value"].as_str().unwrap();
        assert!(told.starts_with("proposed by tegl-color@1"), "{told}");
        assert!(
            told.contains(tag["color"].as_str().unwrap()) && told.contains(" % of the picture"),
            "{told}"
        );
        let (_, path) =
            annotation["seeAlso"][0]["id"].as_str().unwrap().split_once(&server.address.to_string()).unwrap();
        let data = server.get(path).json();
        assert_eq!(
            (&data["id"], &data["confidence"], &data["color"]),
            (&tag["id"], &tag["confidence"], &tag["color"])
        );
    }
}

#[test]
fn annotations_of_version_2_say_where_colors_come_from() {
    let (_museum, server) = measured();
    let list = server.get("/presentation/2/RED/annotations/1").json();
    for tag in tags(&server, "RED") {
        let id = tag["id"].as_str().unwrap();
        let all = list["resources"].as_array().unwrap();
        let one = all.iter().find(|one| one["@id"].as_str().unwrap().ends_with(id)).unwrap();
        assert_eq!(one["motivation"], "oa:tagging");
        assert!(one["resource"].to_string().contains("proposed by tegl-color@1"), "{one}");
        assert!(
            one["seeAlso"]["@id"].as_str().unwrap().ends_with(&format!("/api/v1/works/RED/tags/{id}")),
            "{one}"
        );
    }
}

#[test]
fn weighted_colors_are_matched_by_their_shares() {
    let (_museum, server) = measured();
    let hex = |[r, g, b]: [u8; 3]| format!("{r:02x}{g:02x}{b:02x}");
    let (red, blue) = (hex(RED.map(|value| value + 4)), hex(BLUE.map(|value| value + 4)));
    let order = |query: &str| object_numbers(&search(&server, query));
    assert_eq!(order(&format!("colour={red}:70&colour={blue}:30")), ["RED", "BLUE"]);
    assert_eq!(order(&format!("colour={red}:30&colour={blue}:70")), ["BLUE", "RED"]);
    // A color without a share in its record counts for all that is left.
    assert_eq!(order(&format!("colour={blue}:100"))[0], "PLAIN");
    assert_eq!(order(&format!("colour={red}")), ["RED", "BLUE"], "what covers more comes first");
    assert_eq!(order("sort=hue&has_image=true"), ["RED", "BLUE", "GRAY"]);
    let refused = server.get(&format!("/api/v1/works?colour={red}:0"));
    assert!(refused.status == 400 && refused.text().contains("3f6fb5:70"), "{}", refused.text());
}

#[test]
fn works_are_filtered_and_sorted_by_what_was_measured() {
    let (_museum, server) = measured();
    let work = server.get("/api/v1/works/GRAY").json();
    let picture = &work["picture"];
    let shares: f64 =
        picture["palette"].as_array().unwrap().iter().map(|one| one["share"].as_f64().unwrap()).sum();
    assert!((shares - 1.0).abs() < 0.01, "{picture}");
    assert_eq!(search(&server, "q=%22Picture+GRAY%22")["works"][0]["picture"], *picture);
    let source = server.get("/api/v1/works/PLAIN").json();
    assert_eq!(
        (source.get("picture"), &source["source"]["picture"]),
        (None, &json!("a column of the source"))
    );
    for measure in ["brightness", "contrast", "saturation", "temperature", "entropy"] {
        let value = |number: &str| {
            server.get(&format!("/api/v1/works/{number}")).json()["picture"][measure].as_f64().unwrap()
        };
        let mut expected = ["RED", "BLUE", "GRAY"].map(|number| (value(number), number));
        expected.sort_by(|a, b| a.0.total_cmp(&b.0));
        let up = object_numbers(&search(&server, &format!("sort={measure}")));
        assert_eq!(up, [expected[0].1, expected[1].1, expected[2].1, "PLAIN"], "{measure}: {expected:?}");
        let down = object_numbers(&search(&server, &format!("sort=-{measure}&has_image=true")));
        assert_eq!(down, [expected[2].1, expected[1].1, expected[0].1], "{measure}");
        let least = expected[0].0;
        let range = format!("{measure}={:.4}/{:.4}", least - 0.0001, least + 0.0001);
        let within = object_numbers(&search(&server, &range));
        assert!(
            within.contains(&expected[0].1.to_owned()) && !within.contains(&"PLAIN".to_owned()),
            "{range}"
        );
        assert_eq!(
            object_numbers(&search(&server, &format!("{measure}=/{:.4}", expected[0].0 - 0.0001))).len(),
            0
        );
    }
    let similar = |query: &str| server.get(&format!("/api/v1/works/RED/similar{query}"));
    wait(Duration::from_secs(20), || similar("").status == 200);
    for number in ["BLUE", "GRAY"] {
        let value = server.get(&format!("/api/v1/works/{number}")).json()["picture"]["brightness"].clone();
        let value = value.as_f64().unwrap();
        let found = similar(&format!("?brightness={:.4}/{:.4}", value - 0.001, value + 0.001)).json();
        assert_eq!(object_numbers(&found), [number], "{value}");
    }
    let refused = server.get("/api/v1/works?brightness=40");
    assert!(refused.status == 400 && refused.text().contains("40/60"), "{}", refused.text());
    let described = server.get("/api/v1/openapi.json").text();
    assert!(described.contains("\"brightness\"") && described.contains("-temperature"), "{described}");
}

/// A red disk on a plain ground.
fn disk_on(ground: [u8; 3]) -> Vec<u8> {
    let side = 300_i32;
    let size = tegl::iiif::Dimensions::new(side as u32, side as u32);
    let mut raster = Raster::blank(size, Channels::Rgb);
    for (n, pixel) in raster.samples.chunks_exact_mut(3).enumerate() {
        let (x, y) = (n as i32 % side - 150, n as i32 / side - 150);
        pixel.copy_from_slice(&if x * x + y * y < 6000 { RED } else { ground });
    }
    masters::png(&raster)
}

#[test]
fn works_are_filtered_by_the_color_of_their_background() {
    let museum = Museum::new(&[]);
    let mut works = Vec::new();
    for (number, image) in [
        ("WHITE", disk_on([0xf8, 0xf8, 0xf6])),
        ("GRAY", disk_on([0x84, 0x84, 0x84])),
        ("NONE", halves(RED, BLUE, 0.5)),
    ] {
        let file = format!("{number}.png");
        std::fs::write(museum.folder.path().join("masters").join(&file), image).unwrap();
        works.push(json!({"object_number": number, "images": [{"file": file}]}));
    }
    museum.ingest(&works);
    let ran = museum.run(&["tag", &museum.path("masters"), "--only", "color"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    let server = museum.serve();
    let white = server.get("/api/v1/works/WHITE").json();
    assert_eq!(white["picture"]["background"], "#f8f8f6", "{white}");
    for (query, expected) in [
        ("background=white", &["WHITE"][..]),
        ("background=Hvid", &["WHITE"]),
        ("background=gray", &["GRAY"]),
        ("background=gray&has_image=false", &[]),
        ("background=gr%C3%A5&colour=b82e28", &["GRAY"]),
        ("background=red", &[]),
    ] {
        assert_eq!(object_numbers(&search(&server, query)), expected, "{query}");
    }
    let refused = server.get("/api/v1/works?background=smell");
    assert!(refused.status == 400 && refused.text().contains("dark-gray"), "{}", refused.text());
}

#[test]
fn a_rejected_color_disappears_everywhere() {
    let (museum, server) = measured();
    let own = tags(&server, "RED");
    let blue = own.iter().find(|tag| text(tag, "en").contains("blue")).unwrap();
    let (id, label) = (blue["id"].as_str().unwrap(), text(blue, "en"));
    let path = format!("/api/v1/works/RED/tags/{id}");
    let json = [("Content-Type", "application/json")];
    assert_eq!(send(&server, "PATCH", &path, &json, b"{\"status\":\"rejected\"}").status, 200);
    let query = format!("any=colour:{}", query_part(label));
    wait(Duration::from_secs(10), || !object_numbers(&search(&server, &query)).contains(&"RED".to_owned()));
    assert!(
        !object_numbers(&search(&server, &format!("colour={}", &blue["color"].as_str().unwrap()[1..])))
            .contains(&"RED".to_owned())
    );
    // A decision outlives the next run.
    assert_eq!(museum.run(&["tag", &museum.path("masters"), "--only", "color"]).code, Some(0));
    assert!(!tags(&server, "RED").iter().any(|tag| tag["id"] == id));
    assert!(!annotations(&server, "RED").iter().any(|one| one["id"].as_str().unwrap().ends_with(id)));
    let page = server.get("/works/RED?lang=en").text();
    assert!(!page.contains(&format!(">{label}<")), "{page}");
}
