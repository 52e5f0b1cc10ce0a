//! What is learnt from curators' tags and from pictures alone, and what becomes of it.

use std::time::Duration;

use serde_json::{Value, json};
use tegl::catalogue::{Catalogue, Settings};
use tegl::iiif::Dimensions;
use tegl::pixels::{Channels, Raster};

use crate::support::browser::look;
use crate::support::command::CommandOutput;
use crate::support::fixture;
use crate::support::http::Response;
use crate::support::masters::png;
use crate::support::museum::{CURATOR, Museum, search, send, wait};
use crate::support::server::Server;

const SOON: Duration = Duration::from_secs(20);
const JSON: (&str, &str) = ("Content-Type", "application/json");

/// Works of three kinds, by turns: warm, cold and green pictures, none like the other.
fn color(at: u64) -> [u8; 3] {
    let (little, more) = ((at * 7 % 40) as u8, (at * 13 % 50) as u8);
    match at % 3 {
        0 => [180 + more, 60 + little, 40],
        1 => [40, 60 + little, 180 + more],
        _ => [30 + little, 190 + more, 40],
    }
}

fn picture(at: u64) -> Vec<u8> {
    let mut raster = Raster::blank(Dimensions::new(16, 12), Channels::Rgb);
    let color = color(at);
    raster.samples.iter_mut().enumerate().for_each(|(n, sample)| *sample = color[n % 3] + (n % 4) as u8);
    png(&raster)
}

fn number(at: u64) -> String {
    format!("W{at:03}")
}

/// The first works have tags of the museum: all but those from `tagged`.
fn records(works: u64, tagged: u64) -> Vec<Value> {
    let record = |at| {
        let motif = ["fire", "sea", "forest"][at as usize % 3];
        let tags = match at < tagged {
            true => json!([{"scheme": "motif", "label": {"en": motif}, "source": "import:cards"}]),
            false => json!([]),
        };
        json!({
            "object_number": number(at), "titles": {"en": format!("Picture {at}")}, "public_domain": true,
            "images": [{"file": format!("{}.png", number(at))}], "tags": tags,
        })
    };
    (0..works).map(record).collect()
}

fn museum(records: &[Value]) -> Museum {
    let museum = Museum::new(&[]);
    add(&museum, records);
    museum
}

fn add(museum: &Museum, records: &[Value]) {
    for at in 0..records.len() as u64 {
        let file = museum.folder.path().join("masters").join(format!("{}.png", number(at)));
        std::fs::write(file, picture(at)).unwrap();
    }
    museum.ingest(records);
}

/// Settings with a model that gives the mean color as its embedding.
fn settings(museum: &Museum) -> String {
    let path = museum.path("models.toml");
    let model = fixture("models/mean_color.onnx");
    let text = format!(
        "[models.tiny]\nfile = '{}'\ninput = {{ width = 4, height = 4, scale = 255 }}\noutputs.embedding = 'embedding'\n",
        model.display()
    );
    std::fs::write(&path, text).unwrap();
    path
}

#[track_caller]
fn tag(museum: &Museum, only: &str) -> Value {
    let ran = museum.run(&[
        "tag",
        &museum.path("masters"),
        "--only",
        only,
        "--json",
        "--config",
        &settings(museum),
    ]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    ran.objects().last().unwrap()["summary"].clone()
}

fn train(museum: &Museum, scheme: &str, more: &[&str]) -> CommandOutput {
    museum.run(&[&["tag", "train", scheme, "--config", &settings(museum)], more].concat())
}

#[track_caller]
fn report(museum: &Museum, scheme: &str) -> Value {
    let ran = train(museum, scheme, &["--json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    serde_json::from_str(&ran.out).unwrap()
}

/// The tags of a scheme that a machine made for a work.
fn proposed(server: &Server, at: u64, scheme: &str) -> Vec<Value> {
    let tags = server.get(&format!("/api/v1/works/{}/tags", number(at))).json();
    let is_own =
        |tag: &&Value| tag["scheme"] == scheme && tag["source"].as_str().unwrap().starts_with("model:");
    tags["tags"].as_array().unwrap().iter().filter(is_own).cloned().collect()
}

fn decide(server: &Server, at: u64, tag: &Value, status: &str) -> Response {
    let path = format!("/api/v1/works/{}/tags/{}", number(at), tag["id"].as_str().unwrap());
    send(server, "PATCH", &path, &[JSON], json!({ "status": status }).to_string().as_bytes())
}

#[test]
fn a_probe_learns_the_museums_tags_and_proposes_them() {
    let museum = museum(&records(48, 36));
    tag(&museum, "likeness");
    let report = report(&museum, "motif");
    assert_eq!((&report["works"], &report["tagged_works"]), (&json!(48), &json!(36)));
    let tags = report["probe"]["tags"].as_array().unwrap();
    assert_eq!(tags.len(), 3, "{report}");
    for tag in tags {
        assert_eq!(
            (&tag["outcome"], &tag["accepted"], &tag["rejected"]),
            (&json!("published"), &json!(12), &json!(24))
        );
        assert!(
            tag["precision"]["value"].as_f64().unwrap() >= 0.9 && tag["precision"]["low"].is_number(),
            "{tag}"
        );
    }
    let summary = tag(&museum, "motif");
    assert_eq!((&summary["read"], &summary["changed"]), (&json!(0), &json!(12)), "{summary}");

    let server = museum.serve();
    let found = proposed(&server, 36, "motif");
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((&found[0]["label"]["en"][0], &found[0]["status"]), (&json!("fire"), &json!("proposed")));
    assert!(found[0]["source"].as_str().unwrap().starts_with("model:motif-probe@"), "{found:?}");
    assert!(found[0]["confidence"].as_f64().unwrap() > 0.5);
    assert!(proposed(&server, 0, "motif").is_empty(), "the record says so itself");
    wait(SOON, || search(&server, "any=motif:fire&limit=0")["total"] == 16);
    let work = number(36);
    let said = "motif-probe@";
    assert!(server.get(&format!("/works/{work}")).text().contains("Proposed by motif-probe, version "));
    assert!(server.get(&format!("/api/v1/works/{work}")).text().contains(said));
    let dump = server.get("/api/v1/dump/works.jsonl").text();
    assert!(dump.lines().any(|line| line.contains(&work) && line.contains(said)));
    for version in [2, 3] {
        let annotations = server.get(&format!("/presentation/{version}/{work}/annotations/1")).text();
        assert!(annotations.contains(said) && annotations.contains("fire"), "{version}: {annotations}");
    }

    // A rejection outlives the next run and the next training, which learns from it.
    assert_eq!(decide(&server, 36, &found[0], "rejected").status, 200);
    drop(server);
    let again = tag(&museum, "motif");
    assert_eq!((&again["changed"], &again["already_decided"]), (&json!(0), &json!(37)), "{again}");
    let report = self::report(&museum, "motif");
    let fire = report["probe"]["tags"].as_array().unwrap().iter().find(|tag| tag["tag"] == "fire").unwrap();
    assert_eq!((&report["tagged_works"], &fire["rejected"]), (&json!(37), &json!(25)));
    tag(&museum, "motif");
    let server = museum.serve();
    let after = proposed(&server, 36, "motif");
    assert!(
        after.iter().all(|tag| tag["label"]["en"][0] != "fire" || tag["status"] == "rejected"),
        "{after:?}"
    );
}

#[test]
fn what_cannot_be_learnt_is_said_and_nothing_is_kept() {
    let museum = museum(&records(12, 3));
    let none = train(&museum, "motif", &[]);
    assert_eq!(none.code, Some(1));
    assert!(
        none.err.contains("[models.NAME]") && none.err.contains("tegl tag --only likeness"),
        "{}",
        none.err
    );
    tag(&museum, "likeness");
    let few = train(&museum, "motif", &[]);
    assert_eq!(few.code, Some(1));
    assert!(few.err.contains("3 works have an embedding and tags of the scheme `motif`"), "{}", few.err);
    let other = train(&museum, "motif", &["--model", "other"]);
    assert!(
        other.err.contains("no picture has been read by a model `other`; pictures were read by tiny"),
        "{}",
        other.err
    );
    for precision in ["0", "1.5", "NaN"] {
        let wrong = train(&museum, "motif", &["--precision", precision]);
        assert!(wrong.err.contains("must be above 0 and at most 1"), "{}", wrong.err);
    }
    let nameless = train(&museum, " ", &[]);
    assert!(nameless.code == Some(1) && nameless.err.contains("no scheme"), "{}", nameless.err);
    let dry = train(&museum, "style", &["--dry-run"]);
    assert_eq!((dry.code, dry.out.contains("nothing was stored")), (Some(0), true), "{}", dry.err);
    let summary = tag(&museum, "style");
    assert!(summary["notes"][0].as_str().unwrap().contains("tegl tag train style"), "{summary}");
    assert_eq!(summary["changed"], 0);
}

fn cluster(server: &Server, path: &str, method: &str, body: &Value) -> Response {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let path = format!("/api/v1/review/clusters/style{path}");
    if method == "GET" {
        let authorization = format!("Bearer {CURATOR}");
        return server.request("GET", &path, &[("Authorization", &authorization)]);
    }
    send(server, method, &path, &[JSON], body.as_bytes())
}

/// What the facet, the collection and the search page call the groups.
fn shown_names(server: &Server) -> [String; 3] {
    let facet = search(server, "facet=style&facet_limit=50&limit=0")["facets"]["style"].to_string();
    let collection = server.get("/presentation/3/collections/style").text();
    [facet, collection, server.get("/").text()]
}

fn label_of(server: &Server, at: u64) -> Option<String> {
    let found = proposed(server, at, "style");
    let text = |tag: &Value| {
        ["en", "none"].iter().find_map(|language| tag["label"][language][0].as_str().map(str::to_owned))
    };
    found.first().and_then(text)
}

#[test]
fn styles_without_examples_are_clusters_that_curators_name_merge_and_hide() {
    let mut records = records(36, 0);
    records[35]["tags"] = json!([{"scheme": "style", "label": {"en": "Fauvism"}, "source": "import:cards"}]);
    let museum = museum(&records);
    tag(&museum, "likeness");
    let first = report(&museum, "style");
    let clusters = first["clusters"]["clusters"].as_array().unwrap();
    assert!(first["no_probe"].is_string() && clusters.len() >= 3, "{first}");
    tag(&museum, "style");

    let server = museum.serve();
    assert_eq!(label_of(&server, 35), None, "the record has a style of its own");
    assert!(label_of(&server, 0).unwrap().starts_with("Group "));
    assert_ne!(label_of(&server, 0), label_of(&server, 1));
    let concept = |at| proposed(&server, at, "style")[0]["concept"].as_str().unwrap().to_owned();
    let id = |at| concept(at).rsplit(':').next().unwrap().to_owned();
    let (warm, cold, green) = (id(0), id(1), id(2));

    // Only with a token, and only what is valid.
    assert_eq!(server.get("/api/v1/review/clusters/style").status, 401);
    assert_eq!(cluster(&server, "/999", "PATCH", &json!({"name": "x"})).status, 404);
    assert_eq!(cluster(&server, &format!("/{warm}"), "PATCH", &json!({})).status, 400);
    assert_eq!(cluster(&server, &format!("/{warm}"), "PATCH", &json!({"name": " "})).status, 400);
    assert_eq!(cluster(&server, &format!("/{warm}"), "PATCH", &json!({"hidden": "yes"})).status, 400);
    let itself = json!({"merged_into": warm.parse::<u32>().unwrap()});
    assert_eq!(cluster(&server, &format!("/{warm}"), "PATCH", &itself).status, 422);

    // Only what the client has read, if it says so.
    let current = cluster(&server, &format!("/{warm}"), "GET", &Value::Null).header("etag").to_owned();
    let named_if = |condition: &str, name: &str| {
        let path = format!("/api/v1/review/clusters/style/{warm}");
        send(
            &server,
            "PATCH",
            &path,
            &[JSON, ("If-Match", condition)],
            json!({ "name": name }).to_string().as_bytes(),
        )
    };
    let renamed = named_if(&current, "Warmth");
    assert_eq!((renamed.status, &renamed.json()["name"]), (200, &json!("Warmth")), "{}", renamed.text());
    for (condition, status) in
        [(&*current, 412), ("\"x\"", 412), ("warm", 400), ("*", 200), (renamed.header("etag"), 200)]
    {
        let answer = named_if(condition, "Warmth");
        assert_eq!(answer.status, status, "{condition}: {}", answer.text());
    }

    // A decision about a work outlives the new name of its cluster.
    assert_eq!(decide(&server, 3, &proposed(&server, 3, "style")[0], "rejected").status, 200);
    let named = cluster(&server, &format!("/{warm}"), "PATCH", &json!({"name": "Glow"}));
    assert_eq!((named.status, &named.json()["name"]), (200, &json!("Glow")), "{}", named.text());
    assert_eq!(label_of(&server, 0).as_deref(), Some("Glow"));
    assert!(proposed(&server, 3, "style").iter().all(|tag| tag["status"] == "rejected"));
    wait(SOON, || search(&server, "q=Glow&limit=0")["total"].as_u64().is_some_and(|works| works >= 3));
    let former = [format!("Group {warm}\""), format!("Group {warm}<")];
    let is_renamed = |server: &Server| {
        let is_renamed =
            |names: &String| names.contains("Glow") && !former.iter().any(|former| names.contains(former));
        shown_names(server).iter().all(is_renamed)
    };
    wait(SOON, || is_renamed(&server));
    let hidden = cluster(&server, &format!("/{green}"), "PATCH", &json!({"hidden": true}));
    assert_eq!(hidden.status, 200);
    assert_eq!(label_of(&server, 2), None);
    let merged = json!({"merged_into": warm.parse::<u32>().unwrap()});
    assert_eq!(cluster(&server, &format!("/{cold}"), "PATCH", &merged).status, 200);
    assert_eq!(label_of(&server, 1).as_deref(), Some("Glow"));
    assert_eq!(cluster(&server, &format!("/{cold}"), "PATCH", &json!({"merged_into": null})).status, 200);
    assert_eq!(concept(1).rsplit(':').next().unwrap(), cold);
    assert_eq!(cluster(&server, &format!("/{green}"), "PATCH", &json!({"hidden": false})).status, 200);
    assert_eq!(concept(2).rsplit(':').next().unwrap(), green);
    assert_eq!(cluster(&server, &format!("/{green}"), "PATCH", &json!({"hidden": true})).status, 200);
    drop(server);
    wait(SOON, || is_renamed(&museum.serve()));

    // More works: the clusters keep their numbers and what was said of them.
    add(&museum, &self::records(60, 0));
    tag(&museum, "likeness");
    let second = report(&museum, "style");
    let report = &second["clusters"];
    assert_eq!(report["kept"], clusters.len(), "{second}");
    let (kept, before) = (report["works_kept"].as_u64().unwrap(), report["works_before"].as_u64().unwrap());
    assert!(before == 36 && kept * 10 >= before * 8, "{kept} of {before}");
    tag(&museum, "style");
    let server = museum.serve();
    assert_eq!(label_of(&server, 0).as_deref(), Some("Glow"));
    assert_eq!(label_of(&server, 2), None, "a hidden cluster stays hidden");
    assert_eq!(
        cluster(&server, "", "GET", &Value::Null).json()["clusters"].as_array().unwrap().len(),
        report["clusters"].as_array().unwrap().len()
    );
}

#[test]
fn what_another_version_has_learnt_is_only_forgotten_on_request() {
    let museum = museum(&records(36, 0));
    tag(&museum, "likeness");
    let settings = Settings { url: museum.path("catalogue.db"), ..Settings::default() };
    let store = async |settings| {
        let catalogue = Catalogue::open(settings).await.unwrap();
        assert!(
            catalogue.put_learned("scheme:style", 0, r#"{"of": "a later version"}"#.into()).await.unwrap()
        );
    };
    tokio::runtime::Runtime::new().unwrap().block_on(store(&settings));
    let refused = train(&museum, "style", &[]);
    assert!(refused.code == Some(1) && refused.err.contains("another version of Tegl"), "{}", refused.err);
    let anew = train(&museum, "style", &["--anew"]);
    assert_eq!(anew.code, Some(0), "{}", anew.err);
    let again = train(&museum, "style", &[]);
    assert_eq!(again.code, Some(0), "{}", again.err);
}

#[test]
fn curators_review_tags_and_groups_in_a_browser() {
    let museum = museum(&records(30, 0));
    tag(&museum, "color,likeness");
    report(&museum, "style");
    tag(&museum, "style");
    let out = museum.path("screenshots");
    let arguments = [CURATOR, "--groups", "style", "--out", &out];
    look("the review in a browser", "review.mjs", "axe-core", &museum.serve(), &arguments);
}
