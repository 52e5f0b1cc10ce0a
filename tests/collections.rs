//! Collections of other servers: followed to their manifests, and served again with what they say.

use std::collections::HashMap;

use serde_json::{Value, json};
use tegl::catalogue::{Batch, NewWork, Removal, Withdrawal, collection_name};
use tegl::record::Work;
use tegl::record::read::collections;

use crate::catalogue::on_both;
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
    let part_of = json!([{"id": case.at("c/all.json"), "type": "Collection"}, {"id": "https://library.example/top", "type": "Collection"}]);
    case.manifest("one", json!({"partOf": part_of}));
    for name in ["two", "three", "four"] {
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

    let of_one = server.get("/presentation/3/one/manifest").json();
    assert_eq!(
        (path(&of_one["partOf"][0]["id"]), &of_one["partOf"][1]["id"]),
        (own.clone(), &json!("https://library.example/top"))
    );

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

#[test]
fn pages_empty_and_long_collections_are_read() {
    let case = imported();
    let manifest =
        |name: &str| json!([{"@id": case.at(&format!("{name}/manifest.json")), "@type": "sc:Manifest"}]);
    let page = |name: &str, more: Value| {
        let mut made =
            json!({"@context": CONTEXT_2, "@id": case.at(name), "@type": "sc:Collection", "label": name});
        made.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        case.put(name, &made);
    };
    page(
        "c/1",
        json!({"manifests": manifest("one"), "next": case.at("c/2"), "description": " ".repeat(2 << 20)}),
    );
    page(
        "c/2",
        json!({"manifests": manifest("two"), "collections": [{"@id": case.at("c/3"), "@type": "sc:Collection"}]}),
    );
    page("c/3", json!({}));
    let (masters, records) = (case.museum.path("masters"), case.at("c/1"));
    let settings =
        [("TEGL__CATALOGUE__URL", case.museum.catalogue.as_str()), ("TEGL__RECORDS__RECORD_MIB", "1")];
    let ran = tegl(&["ingest", &masters, "--records", &records], &settings);
    assert!(
        ran.code == Some(1) && ran.err.contains("`records.record_mib`, and not kept"),
        "{}{}",
        ran.out,
        ran.err
    );
    assert!(ran.out.contains("2 works new") && ran.out.contains("2 collections kept"), "{}", ran.out);
    let server = case.serve(&[]);
    let list = server.get("/presentation/3/collections/imported").json();
    let second = server.get(&path(&found(&list, "c/2")["id"])).json();
    let third = server.get(&path(&second["items"][0]["id"])).json();
    assert_eq!((&third["label"], &third["items"]), (&json!({"none": ["c/3"]}), &json!([])));
}

/// A work that was read from a manifest without canvases.
fn of_manifest(number: &str, rights: &str) -> NewWork {
    let manifest = json!({"id": format!("https://a.org/{number}"), "type": "Manifest", "items": []});
    let work = Work {
        object_number: number.into(),
        canvases: Some(0),
        rights: Some(rights.into()),
        ..Work::default()
    };
    NewWork { work, original: Some(manifest.to_string()), source: "test".into() }
}

#[test]
fn the_catalogue_knows_what_is_in_collections_and_below_them() {
    on_both(async |bed| {
        let catalogue = bed.open().await;
        catalogue
            .put(Batch::new(vec![of_manifest("1", "free"), of_manifest("2", "limited")]).unwrap())
            .await
            .unwrap();
        let collection = |name: &str, items: &[(&str, &str)]| {
            let items =
                items.iter().map(|(kind, id)| json!({"id": format!("https://a.org/{id}"), "type": kind}));
            let items: Vec<Value> = items.collect();
            let whole = json!({"id": format!("https://a.org/{name}"), "type": "Collection", "label": {"en": [name]}, "items": items});
            collections(&whole.to_string(), "https://a.org/asked")
        };
        // Each leads to the other.
        let outer = collection("outer", &[("Manifest", "1"), ("Collection", "inner")]);
        let inner = collection("inner", &[("Manifest", "2"), ("Collection", "outer"), ("Manifest", "2")]);
        catalogue.put_collections("test", "https://a.org/asked", true, &outer).await.unwrap();
        catalogue.put_collections("test", "https://a.org/inner", false, &inner).await.unwrap();
        catalogue.put_collections("test", "https://a.org/outer", false, &outer).await.unwrap();
        let (first, second) =
            (collection_name("https://a.org/outer"), collection_name("https://a.org/inner"));
        let top = catalogue.top_collections(0, 10).await.unwrap();
        assert_eq!((catalogue.count_top_collections().await.unwrap(), top.len()), (1, 1));
        assert_eq!((&top[0].name, top[0].members, top[0].label.best(&[])), (&first, 2, Some("outer")));
        let stored = catalogue.collection(&first).await.unwrap().unwrap();
        let mut rights: Vec<_> = stored.rights.iter().filter_map(|(rights, _)| rights.as_deref()).collect();
        rights.sort_unstable();
        assert_eq!((rights, stored.has_removed), (vec!["free", "limited"], false));
        assert_eq!(stored.parents.iter().map(|parent| &parent.name).collect::<Vec<_>>(), [&second]);
        let body: Value = serde_json::from_str(&stored.body).unwrap();
        assert_eq!(body["items"][0]["id"], "https://a.org/1");
        let uris =
            ["http://a.org/outer", "https://a.org/asked", "https://a.org/1", "none"].map(str::to_owned);
        let known = catalogue.collections_of_uris(&uris).await.unwrap();
        assert_eq!((known.get(&uris[0]), known.get(&uris[1]), known.len()), (Some(&first), Some(&first), 2));
        let places = catalogue.places_of_source_uris(&uris).await.unwrap();
        assert_eq!(
            (places.len(), &*places[&uris[2]][0].work.object_number, places[&uris[2]][0].removed),
            (1, "1", false)
        );

        let withdrawal = Withdrawal { removal: Removal::BySource, reason: None, actor: "test".into() };
        catalogue.remove(&["2".to_owned()], &withdrawal).await.unwrap();
        assert!(catalogue.collection(&first).await.unwrap().unwrap().has_removed);
        assert_eq!(catalogue.retain_collections("other", &[]).await.unwrap(), 0);
        assert_eq!(catalogue.retain_collections("test", std::slice::from_ref(&first)).await.unwrap(), 1);
        assert!(catalogue.collection(&second).await.unwrap().is_none());
        let left = catalogue.collection(&first).await.unwrap().unwrap();
        assert_eq!((left.parents.len(), left.has_removed), (0, false));
    });
}
