//! Collections of other servers: followed to their manifests, and served again with what they say.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::support::command::{CommandOutput, tegl};
use crate::support::masters::{self, picture};
use crate::support::museum::wait_until_indexed;
use crate::support::origin::Origin;
use crate::support::server::Server;
use crate::support::workspace::Workspace;

const CONTEXT_2: &str = "http://iiif.io/api/presentation/2/context.json";
const CONTEXT_3: &str = "http://iiif.io/api/presentation/3/context.json";

/// A server with collections and manifests, and what was imported from it.
struct Case {
    origin: Origin,
    museum: Workspace,
}

impl Case {
    fn new() -> Self {
        let master = masters::jpeg_pyramid(&picture(600, 400), 256);
        Self { origin: Origin::start(), museum: Workspace::new(&[("one.tif", master)]) }
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.origin.url())
    }

    fn put(&self, path: &str, document: &Value) {
        self.origin.put(path, document.to_string().into_bytes());
    }

    /// A manifest with one picture: the image service has the name of the master that this server has, or another.
    fn manifest(&self, name: &str, more: Value) {
        let service = self.at(&format!("image/{name}.tif"));
        let canvas = self.at(&format!("{name}/canvas/1"));
        let mut made = json!({"@context": CONTEXT_3, "id": self.at(&format!("{name}/manifest.json")), "type": "Manifest",
            "label": {"en": [format!("Work {name}")]}, "rights": "http://creativecommons.org/publicdomain/mark/1.0/",
            "items": [{"id": canvas, "type": "Canvas", "width": 600, "height": 400, "items": [{"id": format!("{canvas}/page"),
                "type": "AnnotationPage", "items": [{"id": format!("{canvas}/painting"), "type": "Annotation", "motivation": "painting",
                "target": canvas, "body": {"id": format!("{service}/full/max/0/default.jpg"), "type": "Image", "format": "image/jpeg",
                "width": 600, "height": 400, "service": [{"id": service, "type": "ImageService3", "profile": "level1"}]}}]}]}]});
        for (key, value) in more.as_object().unwrap() {
            made[key] = value.clone();
        }
        self.put(&format!("{name}/manifest.json"), &made);
    }

    fn reference(&self, name: &str, more: Value) -> Value {
        let mut made = json!({"id": self.at(&format!("{name}/manifest.json")), "type": "Manifest", "label": {"en": [name]}});
        for (key, value) in more.as_object().unwrap() {
            made[key] = value.clone();
        }
        made
    }

    #[track_caller]
    fn ingest(&self, records: &str, more: &[&str]) -> CommandOutput {
        let masters = self.museum.path("masters");
        let all = [&["ingest", &masters, "--records", records, "--name", "old"], more].concat();
        let ran = tegl(&all, &[("TEGL__CATALOGUE__URL", &self.museum.catalogue)]);
        assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
        ran
    }

    fn serve(&self, more: &[(&str, &str)]) -> Server {
        let index = self.museum.path("index");
        let settings = [&[("TEGL__SEARCH__FOLDER", index.as_str())], more].concat();
        let server = self.museum.serve(&settings);
        wait_until_indexed(&server);
        server
    }
}

fn path(uri: &Value) -> String {
    let uri = uri.as_str().unwrap();
    uri[uri.find("/presentation/").unwrap()..].to_owned()
}

/// The imported collection with this label in a list.
#[track_caller]
fn found(list: &Value, label: &str) -> Value {
    let items = list["items"].as_array().unwrap();
    let has = |item: &&Value| item["label"].to_string().contains(label);
    items.iter().find(has).unwrap_or_else(|| panic!("no {label} in {list:#}")).clone()
}

/// A collection as IIIF's cookbook has them: of several volumes, by date, with everything that may describe it.
fn whole(case: &Case) -> Value {
    let inner = json!({"id": case.at("c/inner"), "type": "Collection", "label": {"en": ["Inner"], "da": ["Indre"]},
        "items": [case.reference("two", json!({}))]});
    json!({"@context": CONTEXT_3, "id": case.at("c/all.json"), "type": "Collection", "label": {"en": ["All volumes"], "da": ["Alle bind"]},
        "summary": {"en": ["<p>Bound in <b>two</b></p>"]}, "behavior": ["multi-part"], "viewingDirection": "right-to-left",
        "navDate": "1871-01-01T00:00:00Z", "rights": "http://creativecommons.org/licenses/by/4.0/",
        "metadata": [{"label": {"en": ["Volumes"]}, "value": {"none": ["2"]}}, {"label": {"en": ["Binder"]}, "value": {"en": ["N. N."]}}],
        "requiredStatement": {"label": {"en": ["Held by"]}, "value": {"en": ["A library"]}},
        "provider": [{"id": "https://library.example/", "type": "Agent", "label": {"en": ["A library"]},
            "logo": [{"id": "https://library.example/logo.png", "type": "Image", "format": "image/png"}]}],
        "thumbnail": [{"id": case.at("image/one.tif/full/90,/0/default.jpg"), "type": "Image",
            "service": [{"id": case.at("image/one.tif"), "type": "ImageService3", "profile": "level1"}]}],
        "homepage": [{"id": "https://library.example/volumes", "type": "Text", "label": {"en": ["Volumes"]}, "format": "text/html"}],
        "seeAlso": [{"id": "https://library.example/volumes.xml", "type": "Dataset", "format": "text/xml"}],
        "rendering": [{"id": "https://library.example/volumes.pdf", "type": "Text", "label": {"en": ["PDF"]}, "format": "application/pdf"}],
        "partOf": [{"id": "https://library.example/top", "type": "Collection"}],
        "items": [case.reference("one", json!({"navDate": "1870-01-01T00:00:00Z", "metadata": [{"label": {"en": ["Volume"]}, "value": {"none": ["1"]}}]})),
            inner, {"id": case.at("c/other.json"), "type": "Collection", "label": {"en": ["Other"]}},
            {"id": "https://elsewhere.example/m.json", "type": "Manifest", "label": {"en": ["Elsewhere"]}},
            case.reference("three", json!({"thumbnail": [{"id": case.at("image/three.jpg"), "type": "Image"}]}))]})
}

fn imported() -> Case {
    let case = Case::new();
    for name in ["one", "two", "three", "four"] {
        case.manifest(name, json!({}));
    }
    case.put("c/all.json", &whole(&case));
    case.put("c/other.json", &json!({"@context": CONTEXT_2, "@id": case.at("c/other.json"), "@type": "sc:Collection", "label": "Other volumes",
        "description": "Of version 2", "viewingHint": "individuals", "members": [{"@id": case.at("four/manifest.json"), "@type": "sc:Manifest", "label": "IV"},
            {"@id": case.at("c/all.json"), "@type": "sc:Collection", "label": "All"}]}));
    case
}

#[test]
fn collections_are_served_again_with_everything_that_they_say() {
    let case = imported();
    let source = whole(&case);
    let (map, nginx) = (case.museum.path("old.json"), case.museum.path("old.map"));
    // The manifest elsewhere is on a host that is not allowed.
    let masters = case.museum.path("masters");
    let all = case.at("c/all.json");
    let arguments =
        ["ingest", &masters, "--records", &all, "--name", "old", "--redirects", &map, "--redirects", &nginx];
    let ran = tegl(&arguments, &[("TEGL__CATALOGUE__URL", &case.museum.catalogue)]);
    assert!(ran.code == Some(1) && ran.out.contains("3 collections kept"), "{}{}", ran.out, ran.err);
    let server = case.serve(&[]);
    let root = server.get("/presentation/3/collections").json();
    let list = server.get(&path(&found(&root, "Importerede samlinger")["id"])).json();
    assert_eq!(list["items"].as_array().unwrap().len(), 1, "{list:#}");
    let own = path(&found(&list, "All volumes")["id"]);
    let served = server.get(&own).json();
    for kept in [
        "label",
        "behavior",
        "viewingDirection",
        "navDate",
        "rights",
        "metadata",
        "requiredStatement",
        "provider",
        "homepage",
        "seeAlso",
        "rendering",
    ] {
        assert_eq!(served[kept], source[kept], "{kept}");
    }
    assert_eq!(served["summary"]["en"][0], "<p>Bound in <b>two</b></p>");
    assert_eq!(served["partOf"][0], source["partOf"][0]);
    let picture = &served["thumbnail"][0];
    assert!(picture["id"].as_str().unwrap().contains("/iiif/3/one.tif/full/"), "{picture:#}");
    let items = served["items"].as_array().unwrap();
    assert_eq!(items.len(), 5);
    let work = |number: &str| format!("/presentation/3/{number}/manifest");
    assert_eq!((path(&items[0]["id"]), path(&items[4]["id"])), (work("one"), work("three")));
    assert_eq!(
        (&items[0]["navDate"], &items[0]["label"]),
        (&json!("1870-01-01T00:00:00Z"), &json!({"en": ["one"]}))
    );
    assert_eq!(items[0]["metadata"][0]["value"], json!({"none": ["1"]}));
    assert!(items[0]["thumbnail"][0]["id"].as_str().unwrap().contains("/iiif/3/one.tif/full/"));
    assert_eq!(items[3], source["items"][3]);
    assert_eq!(items[4]["thumbnail"][0]["id"], case.at("image/three.jpg"));
    let inner = server.get(&path(&items[1]["id"])).json();
    assert_eq!(
        (&inner["label"], inner["items"].as_array().unwrap().len()),
        (&source["items"][1]["label"], 1)
    );
    assert_eq!((path(&inner["items"][0]["id"]), path(&inner["partOf"][0]["id"])), (work("two"), own.clone()));
    let other = server.get(&path(&items[2]["id"])).json();
    assert_eq!(other["summary"], json!({"none": ["Of version 2"]}));
    assert_eq!((path(&other["items"][0]["id"]), path(&other["items"][1]["id"])), (work("four"), own.clone()));

    let second = server.get(&own.replace("/3/", "/2/")).json();
    assert_eq!((&second["@context"], &second["viewingHint"]), (&json!(CONTEXT_2), &json!("multi-part")));
    assert_eq!((&second["navDate"], &second["license"]), (&source["navDate"], &source["rights"]));
    let members: Vec<String> =
        second["members"].as_array().unwrap().iter().map(|member| member["@id"].to_string()).collect();
    assert!(members.len() == 5 && members[0].contains("/presentation/2/one/manifest"), "{members:?}");

    let map: HashMap<String, String> = serde_json::from_slice(&std::fs::read(map).unwrap()).unwrap();
    assert_eq!(map[&case.at("c/all.json")], own);
    assert_eq!(map[&case.at("c/inner")], path(&items[1]["id"]));
    assert!(map[&case.at("c/other.json")].starts_with("/presentation/2/collections/imported/"));
    assert!(std::fs::read_to_string(nginx).unwrap().contains(&format!("\"/c/all.json\" \"{own}\";")));
    for missing in
        ["/presentation/3/collections/imported/none", "/presentation/3/collections/imported/none/0-99"]
    {
        assert_eq!(server.get(missing).status, 404, "{missing}");
    }
    drop(server);

    let server = case.serve(&[("TEGL__PRESENTATION__KEEP_IDS", "true")]);
    let kept = server.get(&own).json();
    assert_eq!(kept["id"], source["id"]);
    let ids = |collection: &Value| {
        collection["items"].as_array().unwrap().iter().map(|item| item["id"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&kept), ids(&source));
}

#[test]
fn rights_and_withdrawals_hold_in_imported_collections() {
    let case = imported();
    case.put("c/all.json", &{
        let mut all = whole(&case);
        all["items"].as_array_mut().unwrap().remove(3);
        all["items"][3]["seeAlso"] = json!([{"id": case.at("image/three.tif"), "type": "Dataset"}]);
        all["thumbnail"] = json!([{"id": case.at("thumbs/x"), "type": "Image"}]);
        all
    });
    let names = |server: &Server| {
        let list = server.get("/presentation/3/collections/imported").json();
        let own = path(&found(&list, "All volumes")["id"]);
        (server.get(&own).json(), server.get(&own.replace("/3/", "/2/")).text())
    };
    case.ingest(&case.at("c/all.json"), &[]);
    let server = case.serve(&[]);
    let (served, _) = names(&server);
    assert_eq!(served["thumbnail"][0]["id"], case.at("thumbs/x"));
    assert!(served["rendering"].is_array());
    drop(server);

    // A work is in copyright now.
    case.manifest("three", json!({"rights": "http://rightsstatements.org/vocab/InC/1.0/"}));
    case.ingest(&case.at("c/all.json"), &[]);
    let server = case.serve(&[]);
    let (served, second) = names(&server);
    for text in [served.to_string(), second] {
        assert!(
            !text.contains("thumbs/x") && !text.contains(&case.at("image/")) && !text.contains(".pdf"),
            "{text}"
        );
        assert!(text.contains("https://library.example/logo.png") && text.contains("volumes.xml"), "{text}");
    }
    let three = &served["items"][3];
    assert_eq!(
        (&three["label"], three.get("seeAlso"), three.get("thumbnail")),
        (&json!({"en": ["three"]}), None, None)
    );
    drop(server);

    // One that its source has withdrawn is gone, and its pictures with it.
    case.manifest("three", json!({}));
    let mut all = whole(&case);
    all["items"].as_array_mut().unwrap().truncate(3);
    all["thumbnail"] = json!([{"id": case.at("image/three.tif/full/90,/0/default.jpg"), "type": "Image",
        "service": [{"id": case.at("image/three.tif"), "type": "ImageService3", "profile": "level1"}]}]);
    case.put("c/all.json", &all);
    case.ingest(&case.at("c/all.json"), &["--prune", "--prune-limit", "9"]);
    let server = case.serve(&[]);
    let (served, second) = names(&server);
    assert!(!served.to_string().contains("/image/three") && !second.contains("/image/three"), "{served:#}");
    drop(server);
    all["items"].as_array_mut().unwrap().truncate(2);
    case.put("c/all.json", &all);
    let ran = case.ingest(&case.at("c/all.json"), &["--prune", "--prune-limit", "9"]);
    assert!(ran.out.contains("2 collections kept"), "{}", ran.out);
    let server = case.serve(&[]);
    let (served, _) = names(&server);
    assert_eq!(served["items"].as_array().unwrap().len(), 2);
}

#[test]
fn a_collection_in_a_file_is_followed() {
    let case = imported();
    let file = case.museum.path("all.json");
    let mut all = whole(&case);
    all["items"].as_array_mut().unwrap().remove(3);
    std::fs::write(&file, all.to_string()).unwrap();
    case.put("c/all.json", &all);
    let host = case.origin.address.to_string();
    let ran = case.ingest(&file, &["--records-host", &host]);
    assert!(ran.out.contains("4 works new") && ran.out.contains("3 collections kept"), "{}", ran.out);
    let again = case.ingest(&file, &["--records-host", &host]);
    assert!(again.out.contains("4 unchanged"), "{}", again.out);
    let server = case.serve(&[]);
    let list = server.get("/presentation/3/collections/imported").json();
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
}
