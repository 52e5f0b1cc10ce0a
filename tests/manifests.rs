//! Manifests of other servers, imported and served again: feature by feature, within rights, by old and new addresses.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::support::command::tegl;
use crate::support::masters::{self, picture};
use crate::support::museum::wait_until_indexed;
use crate::support::server::Server;
use crate::support::workspace::Workspace;

/// One manifest per line; each is an example of some features.
const FIXTURES: &str = include_str!("fixtures/manifests.jsonl");

fn fixture(name: &str) -> Value {
    let mut all = FIXTURES.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let ending = format!("/{name}/manifest.json");
    let id = |one: &Value| one["id"].as_str().or(one["@id"].as_str()).unwrap().ends_with(&ending);
    all.find(id).unwrap_or_else(|| panic!("{name}"))
}

fn lines(manifests: &[Value]) -> String {
    manifests.iter().map(|manifest| format!("{manifest}\n")).collect()
}

fn serve(museum: &Workspace, more: &[(&str, &str)]) -> Server {
    let index = museum.path("index");
    let server = museum.serve(&[&[("TEGL__SEARCH__FOLDER", index.as_str())], more].concat());
    wait_until_indexed(&server);
    server
}

#[track_caller]
fn imported(museum: &Workspace, manifests: &[Value]) {
    let ran = museum.ingest("manifests.jsonl", &lines(manifests), &[]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
}

#[track_caller]
fn manifest(server: &Server, version: u8, work: &str) -> Value {
    let answer = server.get(&format!("/presentation/{version}/{work}/manifest"));
    assert_eq!(answer.status, 200, "{work}: {}", answer.text());
    answer.json()
}

/// The served addresses by those of the source, of resources at the same place.
fn addresses(source: &Value, served: &Value, known: &mut HashMap<String, String>) {
    match (source, served) {
        (Value::Object(source), Value::Object(served)) => {
            if let (Some(Value::String(old)), Some(Value::String(new))) = (source.get("id"), served.get("id"))
                && new.contains("/presentation/")
            {
                known.entry(old.clone()).or_insert_with(|| new.clone());
            }
            for (key, value) in source {
                served.get(key).into_iter().for_each(|other| addresses(value, other, known));
            }
        }
        (Value::Array(source), Value::Array(served)) => {
            source.iter().zip(served).for_each(|(one, other)| addresses(one, other, known));
        }
        _ => {}
    }
}

/// What of the source is not in the served value, by its path.
fn missing(source: &Value, served: &Value, known: &HashMap<String, String>, path: &str) -> Vec<String> {
    match (source, served) {
        (Value::Object(source), Value::Object(_)) => source
            .iter()
            .flat_map(|(key, value)| missing(value, &served[key.as_str()], known, &format!("{path}/{key}")))
            .collect(),
        (Value::Array(source), Value::Array(served)) => {
            // Each value is somewhere after the one before it.
            let mut rest = served.iter();
            let mut lost = Vec::new();
            for (at, one) in source.iter().enumerate() {
                let path = format!("{path}/{at}");
                let mut ahead = rest.clone();
                if ahead.any(|other| missing(one, other, known, &path).is_empty()) {
                    rest = ahead;
                } else {
                    lost.extend(missing(one, served.get(at).unwrap_or(&Value::Null), known, &path));
                }
            }
            lost
        }
        (Value::String(source), Value::String(served)) => {
            let (base, part) =
                source.split_once('#').map_or((source.as_str(), ""), |(base, part)| (base, part));
            let mapped = |base: &str| known.get(base).cloned().unwrap_or_else(|| base.to_owned());
            let expected = if part.is_empty() { mapped(source) } else { format!("{}#{part}", mapped(base)) };
            let is_kept = source == served || expected == *served;
            if is_kept { Vec::new() } else { vec![format!("{path}: {source} → {served}")] }
        }
        (Value::Number(source), Value::Number(served)) if source.as_f64() == served.as_f64() => Vec::new(),
        (source, served) if source == served => Vec::new(),
        (source, served) => vec![format!("{path}: {source} → {served}")],
    }
}

#[track_caller]
fn lost(server: &Server, work: &str, source: &Value) -> Vec<String> {
    let served = manifest(server, 3, work);
    let mut known = HashMap::new();
    addresses(source, &served, &mut known);
    let mut source = source.clone();
    if source["@context"].is_string() {
        source["@context"] = served["@context"].clone();
    }
    missing(&source, &served, &known, "")
}

/// The object number of a manifest: what its address has before `/manifest.json`.
fn work_of(manifest: &Value) -> String {
    let id = manifest["id"].as_str().or(manifest["@id"].as_str()).unwrap();
    id.trim_end_matches("/manifest.json").rsplit('/').next().unwrap().to_owned()
}

#[test]
fn all_that_a_manifest_says_is_served_again() {
    let museum = Workspace::new::<&str>(&[]);
    let all: Vec<Value> = FIXTURES.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    imported(&museum, &all);
    let server = serve(&museum, &[]);
    let mut failures = Vec::new();
    for source in all.iter().filter(|source| source["type"] == "Manifest") {
        let work = work_of(source);
        failures.extend(lost(&server, &work, source).into_iter().map(|path| format!("{work}{path}")));
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Calls `check` with each object in a value, with the name of the property that holds it.
fn each_object(value: &Value, key: &str, check: &mut impl FnMut(&Value, &str)) {
    match value {
        Value::Array(all) => all.iter().for_each(|one| each_object(one, key, check)),
        Value::Object(fields) => {
            check(value, key);
            fields.iter().for_each(|(key, value)| each_object(value, key, check));
        }
        _ => {}
    }
}

#[test]
fn parts_of_an_imported_manifest_have_their_own_addresses() {
    let museum = Workspace::new::<&str>(&[]);
    let names = ["comments", "ranges", "placeholder", "multimedia", "second"];
    imported(&museum, &names.map(fixture));
    let server = serve(&museum, &[]);
    for name in names {
        let served = manifest(&server, 3, name);
        let mut parts = 0;
        each_object(&served, "", &mut |object, key| {
            let id = object["id"].as_str().unwrap_or_default();
            let is_own = object.get("items").is_some() || object["type"] == "Annotation";
            if !is_own || !id.contains("/presentation/") || key == "partOf" {
                return;
            }
            parts += 1;
            let path = id.split_once("/presentation/").unwrap().1;
            for version in [3, 2] {
                let path = format!("/presentation/{version}/{}", path.split_once('/').unwrap().1);
                let answer = server.get(&path);
                assert_eq!(answer.status, 200, "{path}");
                if version == 3 {
                    assert_eq!(answer.json()["id"], id, "{path}");
                }
            }
        });
        assert!(parts > 3, "{name}: {parts}");
    }
    assert_eq!(server.get("/presentation/3/comments/item/99").status, 404);
}

#[test]
fn a_manifest_of_version_2_is_served_in_both_versions() {
    let museum = Workspace::new::<&str>(&[]);
    imported(&museum, &[fixture("second")]);
    let server = serve(&museum, &[]);
    let served = manifest(&server, 3, "second");
    let id = |path: &str| served["id"].as_str().unwrap().replace("/manifest", path);
    let expected = json!({
        "label": {"da": ["Hav"], "en": ["Sea"]}, "summary": {"none": ["<p>About <b>the sea</b></p>"]},
        "requiredStatement": {"label": {"en": ["Attribution"]}, "value": {"none": ["From the museum"]}},
        "rights": "http://creativecommons.org/licenses/by/4.0/", "behavior": ["paged"],
        "viewingDirection": "right-to-left", "navDate": "1850-01-01T00:00:00Z",
        "metadata": [{"label": {"none": ["Binding"]}, "value": {"none": ["Calf"]}},
            {"label": {"en": ["Shelf"]}, "value": {"en": ["A1"]}}],
        "provider": [{"id": "https://old.museum.example/", "logo": [{"id": "https://old.museum.example/iiif/logo.png", "type": "Image"}]}],
        "homepage": [{"id": "https://museum.example/sea", "type": "Text", "label": {"none": ["The sea"]}}],
        "seeAlso": [{"id": "https://data.museum.example/sea.xml", "type": "Dataset", "profile": "https://example.org/mods"}],
        "rendering": [{"id": "https://files.museum.example/sea.pdf", "label": {"none": ["PDF"]}}],
        "partOf": [{"id": "https://old.museum.example/iiif/collection.json", "type": "Collection"}],
        "start": {"id": id("/canvas/2"), "type": "Canvas"},
        "items": [
            {"id": id("/canvas/1"), "items": [{"items": [{"motivation": "painting", "target": id("/canvas/1"),
                "body": {"type": "Image", "service": [{"@id": "https://old.museum.example/iiif/image/none-21", "@type": "ImageService2"}]}}]}]},
            {"behavior": ["non-paged"], "annotations": [{"id": "https://old.museum.example/iiif/second/list/2", "type": "AnnotationPage"}],
                "items": [{"items": [{"body": {"type": "Choice", "items": [{"label": {"none": ["Light"]}}, {"label": {"none": ["X-ray"]}}]}}]}]},
            {"items": [{"items": [{"body": {"type": "SpecificResource", "selector": {"type": "ImageApiSelector", "region": "10,20,300,400"}}}]}],
                "annotations": [{"items": [{"motivation": "commenting", "body": {"type": "TextualBody", "value": "A note"},
                    "target": id("/canvas/3#xywh=1,2,3,4")}]}]}],
        "structures": [{"label": {"none": ["Contents"]}, "items": [{"type": "Range", "label": {"none": ["First"]}, "items": [
            {"id": id("/canvas/1"), "type": "Canvas"},
            {"type": "SpecificResource", "source": {"id": id("/canvas/2")}, "selector": {"value": "xywh=0,0,100,100"}}]}]}],
    });
    let lost = missing(&expected, &served, &HashMap::new(), "");
    assert!(lost.is_empty(), "{}\n{served:#}", lost.join("\n"));
    let old = manifest(&server, 2, "second");
    let id = |path: &str| old["@id"].as_str().unwrap().replace("/manifest", path);
    let canvas = |path: &str| id(path).replace("/presentation/2/", "/presentation/3/");
    let expected = json!({
        "viewingHint": "paged", "viewingDirection": "right-to-left", "attribution": "From the museum",
        "license": "http://creativecommons.org/licenses/by/4.0/", "description": "<p>About <b>the sea</b></p>",
        "sequences": [{"startCanvas": canvas("/canvas/2"), "canvases": [
            {"@type": "sc:Canvas", "images": [{"motivation": "sc:painting", "resource": {"@type": "dctypes:Image",
                "service": {"@id": "https://old.museum.example/iiif/image/none-21"}}, "on": canvas("/canvas/1")}]},
            {"viewingHint": "non-paged", "images": [{"resource": {"@type": "oa:Choice", "default": {"label": "Light"}, "item": [{"label": "X-ray"}]}}]},
            {"images": [{"resource": {"@type": "oa:SpecificResource", "selector": {"@type": "iiif:ImageApiSelector", "region": "10,20,300,400"}}}],
                "otherContent": [{"@type": "sc:AnnotationList"}]}]}],
        "structures": [{"label": "Contents"}, {"label": "First", "canvases": [canvas("/canvas/1"), canvas("/canvas/2#xywh=0,0,100,100")]}],
    });
    let lost = missing(&expected, &old, &HashMap::new(), "");
    assert!(lost.is_empty(), "{}\n{old:#}", lost.join("\n"));
    let list = old["sequences"][0]["canvases"][2]["otherContent"][0]["@id"].as_str().unwrap();
    let list = server.get(&list[list.find("/presentation/").unwrap()..]).json();
    assert_eq!(list["resources"][0]["motivation"], "oa:commenting");
    assert_eq!(list["resources"][0]["on"], canvas("/canvas/3#xywh=1,2,3,4"));
}

#[test]
fn documents_of_version_2_have_only_what_that_version_has() {
    let museum = Workspace::new::<&str>(&[]);
    let all: Vec<Value> = FIXTURES.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    imported(&museum, &all);
    let server = serve(&museum, &[]);
    for source in &all {
        let served = manifest(&server, 2, &work_of(source));
        assert_eq!(served["sequences"].as_array().unwrap().len(), 1);
        each_object(&served, "", &mut |object, key| {
            assert!(object.get("type").is_none() && object.get("id").is_none(), "{key}: {object}");
            if object["@type"] == "sc:Canvas" {
                assert!(object["width"].is_u64() && object["height"].is_u64(), "{object}");
            }
            if object["@type"] == "sc:Range" {
                assert!(!object["canvases"].to_string().contains("#t="), "{object}");
            }
            if object["@type"] == "oa:SpecificResource" {
                assert!(object["selector"].is_object(), "{object}");
            }
            if key == "images" {
                assert!(object["on"].is_string() && object["resource"].is_object(), "{object}");
                assert_ne!(object["resource"]["@type"], "dctypes:MovingImage");
            }
        });
    }
}

#[test]
fn images_of_this_server_take_the_place_of_those_of_the_source() {
    let master = masters::jpeg_pyramid(&picture(2600, 1800), 256);
    let museum = Workspace::new(&[("a.tif", master.clone()), ("b.tif", master)]);
    let named = |name: &str, from: [&str; 2]| {
        let text = fixture(name).to_string();
        let text = text.replace(from[0], "a.tif").replace(from[1], "b.tif");
        serde_json::from_str::<Value>(&text).unwrap()
    };
    imported(
        &museum,
        &[
            named("composition", ["none-m1", "none-m2"]),
            named("choice", ["none-9a", "none-9b"]),
            named("region", ["none-11", "nothing"]),
            named("missing", ["none-17", "none-18"]),
            named("second", ["none-21", "none-24"]),
        ],
    );
    let server = serve(&museum, &[]);
    let body = |work: &str, path: &str| {
        let served = manifest(&server, 3, work);
        served.pointer(&format!("/items/{path}")).cloned().unwrap_or_else(|| panic!("{served:#}"))
    };
    let composed = body("composition", "0/items/0/items");
    for (at, file) in ["a.tif", "b.tif"].into_iter().enumerate() {
        let service = composed[at]["body"]["service"][0]["id"].as_str().unwrap();
        assert!(service.ends_with(&format!("/iiif/3/{file}")), "{service}");
    }
    assert!(composed[1]["target"].as_str().unwrap().ends_with("/composition/canvas/1#xywh=100,200,500,400"));
    assert_eq!(composed[1]["body"]["label"], json!({"fr": ["Miniature"]}));
    let choice = body("choice", "0/items/0/items/0/body/items");
    assert_eq!(choice[1]["label"], json!({"en": ["X-ray"]}));
    assert!(choice[1]["service"][0]["id"].as_str().unwrap().ends_with("/iiif/3/b.tif"));
    let region = body("region", "0/items/0/items/0/body");
    assert_eq!(region["selector"]["region"], "1768,2423,1768,2080");
    assert!(region["source"]["service"][0]["id"].as_str().unwrap().ends_with("/iiif/3/a.tif"));
    // Canvases keep their numbers, with and without images; so do their pages and tags.
    let third = body("missing", "2");
    assert_eq!(third["label"], json!({"en": ["Page 3"]}));
    assert!(third["thumbnail"][0]["id"].as_str().unwrap().contains("/iiif/3/b.tif/"), "{third:#}");
    assert_eq!(body("missing", "1/items"), json!([]));
    assert!(server.get("/works/missing").text().contains("/works/missing?canvas=3"));
    let text = manifest(&server, 3, "composition").to_string() + &manifest(&server, 2, "second").to_string();
    assert!(!text.contains("old.museum.example/iiif/image/a.tif"), "{text}");
}

#[test]
fn rights_withhold_what_leads_to_the_images_of_the_source() {
    let master = masters::jpeg_pyramid(&picture(2600, 1800), 256);
    let museum = Workspace::new(&[("a.tif", master)]);
    let in_copyright = |name: &str| {
        let mut manifest = fixture(name);
        manifest["rights"] = json!("http://rightsstatements.org/vocab/InC/1.0/");
        manifest["rendering"] = json!([{"id": "https://old.museum.example/iiif/image/all.pdf", "type": "Text", "label": {"en": ["PDF"]}}]);
        manifest["summary"] = json!({"en": ["<p>See <a href=\"https://old.museum.example/iiif/image/none-9a/full/max/0/default.jpg\">it</a></p>"]});
        let text = manifest.to_string().replace("none-m1", "a.tif");
        serde_json::from_str::<Value>(&text).unwrap()
    };
    let names =
        ["choice", "composition", "imagenote", "everywhere", "files", "placeholder", "rotated", "comments"];
    imported(&museum, &names.map(in_copyright));
    let server = serve(&museum, &[]);
    for name in names {
        for version in [3, 2] {
            let served = manifest(&server, version, name).to_string();
            assert!(!served.contains("old.museum.example/iiif/image/"), "{name} {version}: {served}");
            assert!(!served.contains("files.museum.example"), "{name} {version}: {served}");
        }
    }
    let served = manifest(&server, 3, "composition");
    let painted = served["items"][0]["items"][0]["items"].as_array().unwrap();
    assert!(painted.len() == 1 && painted[0]["body"]["service"][0]["maxWidth"].is_u64(), "{painted:#?}");
    let note = manifest(&server, 3, "imagenote");
    let note = &note["items"][0]["annotations"][0]["items"][0];
    assert_eq!(note["body"][0]["value"], "As it was", "{note:#}");
    // What is no image stays.
    assert!(manifest(&server, 3, "comments").to_string().contains("the west"));
    // Images that nobody may see are left out, and do not bring those of the source back.
    let rule = [("TEGL__RIGHTS__OTHERWISE__LARGEST", "0"), ("TEGL__RIGHTS__OTHERWISE__ORIGINAL", "false")];
    let closed = serve(&museum, &rule);
    let served = manifest(&closed, 3, "composition").to_string();
    assert!(!served.contains("/iiif/3/a.tif") && !served.contains("/image/"), "{served}");
}

#[test]
fn ids_can_be_kept() {
    let museum = Workspace::new::<&str>(&[]);
    let sources = ["linking", "ranges", "second"].map(fixture);
    imported(&museum, &sources);
    let server = serve(&museum, &[("TEGL__PRESENTATION__KEEP_IDS", "true")]);
    for (work, source) in ["linking", "ranges"].iter().zip(&sources) {
        let served = manifest(&server, 3, work);
        let mut source = source.clone();
        source["@context"] = served["@context"].clone();
        let lost = missing(&source, &served, &HashMap::new(), "");
        assert!(lost.is_empty(), "{}", lost.join("\n"));
        let canvas = server.get(&format!("/presentation/3/{work}/canvas/2")).json();
        assert_eq!(canvas["id"], source["items"][1]["id"]);
    }
    let old = manifest(&server, 2, "second");
    assert_eq!(old["sequences"][0]["startCanvas"], sources[2]["sequences"][0]["startCanvas"]);
}

#[test]
fn old_addresses_are_written_for_web_servers() {
    let museum = Workspace::new::<&str>(&[]);
    let (json, nginx) = (museum.path("old.json"), museum.path("old.map"));
    let files = ["--redirects", &json, "--redirects", &nginx];
    let ran = museum.ingest("manifests.jsonl", &lines(&[fixture("missing"), fixture("second")]), &files);
    assert!(ran.code == Some(0) && ran.out.contains("8 redirects written"), "{}{}", ran.out, ran.err);
    let server = serve(&museum, &[]);
    let map: HashMap<String, String> = serde_json::from_slice(&std::fs::read(json).unwrap()).unwrap();
    assert_eq!(map.len(), 8);
    for (old, new) in map {
        let found = server.get(&new);
        assert_eq!(found.status, 200, "{old} → {new}");
        assert!(found.json()["type"].is_string() || old.contains("/second/"), "{old}");
    }
    let nginx = std::fs::read_to_string(nginx).unwrap();
    assert!(nginx.contains("\"/iiif/second/manifest.json\" \"/presentation/2/second/manifest\";"), "{nginx}");
}

/// The manifests in the folder that `TEGL_MANIFESTS` names, and what of them is not served again.
#[test]
#[ignore = "reads manifests of others: TEGL_MANIFESTS=folder cargo test --test integration a_folder -- --ignored --nocapture"]
fn manifests_of_a_folder_are_compared() {
    let folder = std::env::var("TEGL_MANIFESTS").unwrap();
    let museum = Workspace::new::<&str>(&[]);
    let mut whole = 0;
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for (at, path) in files.iter().enumerate() {
        let source: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        std::fs::write(museum.path("one.json"), source.to_string()).unwrap();
        let (catalogue, one) = (museum.path(&format!("{at}.db")), museum.path("one.json"));
        let ran = tegl(
            &["ingest", &museum.path("masters"), "--records", &one],
            &[("TEGL__CATALOGUE__URL", &catalogue)],
        );
        assert_eq!(ran.code, Some(0), "{}: {}{}", path.display(), ran.out, ran.err);
        let server = Server::with(&[&museum.path("masters")], &[("TEGL__CATALOGUE__URL", &catalogue)]);
        let works = eventually_works(&server);
        let lost = lost(&server, &works, &source);
        println!("{}: {} values not found", path.display(), lost.len());
        lost.iter().for_each(|path| println!("  {path}"));
        whole += usize::from(lost.is_empty());
    }
    println!("{whole} of {} manifests are served again without loss", files.len());
    assert_eq!(whole, files.len());
}

/// The object number of the only work.
fn eventually_works(server: &Server) -> String {
    wait_until_indexed(server);
    server.get("/api/v1/works").json()["works"][0]["object_number"].as_str().unwrap().to_owned()
}
