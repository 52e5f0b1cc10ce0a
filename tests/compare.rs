//! Comparing works: the page, what it may load, and all of its flows in a browser.

use std::process::Command;

use serde_json::{Value, json};

use crate::support::browser::look;
use crate::support::masters::{crop, jpeg_pyramid, picture};
use crate::support::museum::Museum;
use crate::support::not_proven;

fn work(number: &str, title: &str, file: &str, size: (f64, f64)) -> Value {
    let side = |kind: &str, value: f64| json!({"kind": kind, "value": value, "unit": "cm"});
    json!({
        "object_number": number, "titles": {"en": title}, "public_domain": true, "creators": [{"name": "Anna Ancher"}],
        "rights": "https://creativecommons.org/publicdomain/zero/1.0/",
        "images": [{"file": file}], "dimensions": [side("height", size.0), side("width", size.1)],
    })
}

/// `A` shows 900 × 600 pixels, `B` the part of it from 300, 200 on; `A` also has a capture of the same view.
fn museum() -> Museum {
    let museum = Museum::new(&[]);
    let raster = picture(900, 600);
    let masters = museum.folder.path().join("masters");
    std::fs::write(masters.join("b.tif"), jpeg_pyramid(&crop(&raster, 300, 200, 600, 400), 128)).unwrap();
    std::fs::write(masters.join("infrared.tif"), jpeg_pyramid(&picture(450, 300), 128)).unwrap();
    let mut first = work("A,1", "A <b>Horse</b>", "a.tif", (60.0, 90.0));
    first["images"] = json!([{"file": "a.tif"}, {"file": "infrared.tif", "role": "infrared"}]);
    let long = "שלום ".repeat(60);
    museum.ingest(&[
        first,
        work("B", "A detail", "b.tif", (40.0, 60.0)),
        work("C", &long, "b.tif", (20.0, 30.0)),
        json!({"object_number": "D", "titles": {"en": "Without picture"}}),
    ]);
    museum
}

#[test]
fn without_script_the_chosen_works_are_links() {
    let museum = museum();
    let server = museum.serve();
    let page = server.get("/compare?works=A%2C1,NONE&manifest=https%3A%2F%2Fother.example%2Fm").text();
    assert!(page.contains("<a href=\"/works/A%2C1\">A &lt;b&gt;Horse&lt;/b&gt;</a>"), "{page}");
    assert!(page.contains("NONE (not found)"), "{page}");
    assert!(page.contains("href=\"https://other.example/m\""), "{page}");
    let danish = server.get("/compare?lang=da").text();
    assert!(
        danish.contains("Der er ikke valgt værker endnu.") && danish.contains("Side om side"),
        "{danish}"
    );
}

#[test]
fn only_the_page_for_comparing_may_ask_other_servers() {
    let museum = museum();
    let policy = |server: &crate::support::server::Server, path: &str| {
        server.get(path).header("content-security-policy").to_owned()
    };
    let server = museum.serve();
    let open = policy(&server, "/compare");
    assert!(
        open.contains("img-src 'self' https: data: blob:") && open.contains("connect-src 'self' https:"),
        "{open}"
    );
    assert!(open.contains("frame-ancestors 'self'") && !open.contains('*'), "{open}");
    for path in ["/", "/works/B", "/view/mirador/B"] {
        assert!(!policy(&server, path).contains("https:"), "{path}");
    }
    drop(server);
    let server = museum.serve_configured("[web]\ncompare_other_servers = false\n");
    assert!(!policy(&server, "/compare").contains("https:"));
    assert!(server.get("/compare").text().contains("data-other-servers=\"false\""));
}

#[test]
fn modules_are_cached_with_what_they_import() {
    let museum = museum();
    let server = museum.serve();
    let page = server.get("/compare").text();
    let main = page.split('"').find(|part| part.starts_with("/assets/compare/main.js?v=")).unwrap();
    let version = main.rsplit_once("?v=").unwrap().1;
    let script = server.get(main);
    assert_eq!(script.header("cache-control"), "public, max-age=31536000, immutable");
    let imported = format!("\"./stage.js?v={version}\"");
    assert!(script.text().contains(&imported), "{}", script.text());
    let stage = server.get(&format!("/assets/compare/stage.js?v={version}"));
    assert_eq!(stage.header("cache-control"), "public, max-age=31536000, immutable");
}

#[test]
fn the_modules_without_a_page_keep_their_promises() {
    let folder = format!("{}/tests/viewers", env!("CARGO_MANIFEST_DIR"));
    let ran = Command::new("node")
        .args(["--test", "compare.test.mjs", "counted.test.mjs"])
        .current_dir(folder)
        .output();
    let Ok(ran) = ran else { return not_proven("the modules of the page for comparing", "there is no node") };
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stdout));
}

#[test]
fn works_are_compared_in_a_browser() {
    let museum = museum();
    let server = museum.serve();
    let screenshots = museum.path("screenshots");
    look("comparing in a browser", "compare.mjs", "axe-core", &server, &["--out", &screenshots]);
}
