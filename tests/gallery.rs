//! The page of a work as visitors, search engines and reference managers get it, and the page for developers.

use serde_json::{Value, json};

use crate::support::Failures;
use crate::support::browser::look;
use crate::support::masters::{jpeg_pyramid, picture};
use crate::support::museum::{Museum, works};

/// A work with two views, of which the first has two captures of different sizes; boxes, parts and a related work.
fn panel() -> Value {
    json!({
        "object_number": "G 1/2", "titles": {"en": "The </script> & \"Panel\"", "da": "Panelet"},
        "creators": [{"name": "Anna Ancher", "sort_name": "Ancher, Anna", "birth": 1859, "death": 1935}],
        "production": {"text": "ca. 1891", "earliest": 1890, "latest": 1892}, "object_type": "Painting",
        "techniques": "Oil on panel", "inscriptions": ["Signed below"], "homepage": "https://museum.example/panel",
        "dimensions": [{"kind": "height", "value": 60, "unit": "cm"}, {"kind": "width", "value": 90, "unit": "cm"}],
        "rights": "https://creativecommons.org/publicdomain/zero/1.0/", "public_domain": true,
        "images": [
            {"file": "a.tif"}, {"file": "infrared.tif", "role": "infrared"}, {"file": "back.tif", "role": "verso"},
        ],
        "parts": [{"label": "Back", "images": ["back.tif"], "parts": [{"label": "Label"}]}],
        "related": [{"id": "KMS2", "kind": "study-for"}, {"id": "https://other.example/x", "label": "Elsewhere"},
                    {"id": "LOST", "label": "A lost one"}],
        "tags": [
            {"scheme": "motif", "label": "horse", "image": "back.tif", "region": "10,20,100,80"},
            {"scheme": "motif", "label": "dog", "source": "model:seer@1", "confidence": 0.8, "status": "proposed",
             "region": "100,50,200,150"},
        ],
    })
}

fn restricted() -> Value {
    json!({
        "object_number": "R1", "titles": {"en": "Restricted"}, "images": [{"file": "restricted.tif"}],
        "rights": "http://rightsstatements.org/vocab/InC/1.0/",
    })
}

pub(crate) fn museum() -> Museum {
    let museum = Museum::new(&works());
    for (name, width, height) in
        [("infrared.tif", 450, 300), ("back.tif", 900, 600), ("restricted.tif", 4000, 1000)]
    {
        let master = jpeg_pyramid(&picture(width, height), 128);
        std::fs::write(museum.folder.path().join("masters").join(name), master).unwrap();
    }
    let many: Vec<Value> = (0..40)
        .map(|at| json!({"file": "a.tif", "view": format!("v{at}"), "label": {"en": format!("Page {at}")}}))
        .collect();
    let arabic = json!({"object_number": "AR1", "titles": {"ar": "منظر من البحر"}, "creators": [{"name": "محمود سعيد"}], "public_domain": true, "images": [{"file": "a.tif"}]});
    let long = json!({"object_number": "L1", "titles": {"en": "A view of the harbour ".repeat(23)}, "inscriptions": ["Unbroken".repeat(60)], "public_domain": true, "images": [{"file": "a.tif"}]});
    let missing =
        json!({"object_number": "M1", "titles": {"en": "Missing"}, "images": [{"file": "gone.tif"}]});
    let book =
        json!({"object_number": "B1", "titles": {"en": "A book"}, "public_domain": true, "images": many});
    museum.ingest(&[works(), vec![panel(), restricted(), arabic, long, missing, book]].concat());
    museum
}

const PANEL: &str = "/works/G%201%2F2";

/// The JSON of the data blocks of a page with this media type.
fn data_blocks(page: &str, media_type: &str) -> Vec<Value> {
    let start = format!("<script type=\"{media_type}\"");
    let blocks =
        page.split(&start).skip(1).filter_map(|rest| rest.split_once('>')?.1.split("</script>").next());
    blocks.map(|json| serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"))).collect()
}

#[test]
fn a_page_says_to_machines_what_it_shows() {
    let museum = museum();
    let server = museum.serve();
    let page = server.get(PANEL).text();
    let base = format!("http://{}", server.address);
    for element in [
        format!("<link rel=\"canonical\" href=\"{base}{PANEL}\">"),
        "<meta property=\"og:title\" content=\"The &lt;/script> &amp; &quot;Panel&quot;\">".to_owned(),
        format!("<meta property=\"og:image\" content=\"{base}/iiif/3/a.tif/full/!1200,1200/0/default.jpg\">"),
        "<meta property=\"og:image:width\" content=\"900\">".to_owned(),
        format!("hreflang=\"da\" href=\"{base}{PANEL}?lang=da\""),
        format!(
            "rel=\"alternate\" type=\"application/ld+json\" href=\"{base}/presentation/3/G%201%2F2/manifest\""
        ),
    ] {
        let element = element.replace("&lt;/script>", "&lt;/script&gt;");
        assert!(page.contains(&element), "{element} is not in {page}");
    }
    let artwork = &data_blocks(&page, "application/ld+json")[0];
    assert_eq!(
        (&artwork["@type"], &artwork["name"]),
        (&json!("VisualArtwork"), &json!("The </script> & \"Panel\""))
    );
    assert_eq!(artwork["dateCreated"], "1890/1892");
    assert_eq!((&artwork["height"]["value"], &artwork["height"]["unitCode"]), (&json!(60.0), &json!("CMT")));
    assert_eq!(artwork["keywords"], json!(["horse"]), "what a machine proposes is not claimed");
    let image = artwork["image"]["contentUrl"].as_str().unwrap().strip_prefix(&base).unwrap();
    assert_eq!(server.get(image).status, 200, "{image}");
    let sitemap = server.get("/sitemap/1.xml").text();
    assert!(sitemap.contains(&format!("<loc>{base}{PANEL}</loc>")), "{sitemap}");
}

#[test]
fn a_page_shows_what_its_address_names() {
    let museum = museum();
    let server = museum.serve();
    let mut failures = Failures::default();
    for (query, picture, downloads) in [
        ("", "a.tif/full/!1200,1200/0", "/download/a.tif\""),
        ("?canvas=2", "back.tif/full/!1200,1200/0", "/download/back.tif\""),
        ("?canvas=1&capture=2", "infrared.tif/full/!1200,1200/0", "/download/infrared.tif\""),
        ("?canvas=1&xywh=100,50,200,150", "a.tif/100,50,200,150/max/0", "/download/a.tif\""),
        // Regions are in the coordinates of the canvas, which has twice the pixels of this capture.
        (
            "?canvas=1&capture=2&xywh=100,50,200,150",
            "infrared.tif/50,25,100,75/max/0",
            "/download/infrared.tif\"",
        ),
        // What is not on the canvas is left out.
        ("?canvas=1&xywh=800,500,200,150", "a.tif/800,500,100,100/max/0", "/download/a.tif\""),
        ("?canvas=1&xywh=900,0,10,10", "a.tif/full/!1200,1200/0", "/download/a.tif\""),
        ("?canvas=9&xywh=a", "a.tif/full/!1200,1200/0", "/download/a.tif\""),
        ("?canvas=-1&capture=99&xywh=0,0,0,0", "a.tif/full/!1200,1200/0", "/download/a.tif\""),
    ] {
        let page = server.get(&format!("{PANEL}{query}")).text();
        let still = format!("<img src=\"/iiif/3/{picture}/default.jpg\"");
        failures.check(page.contains(&still), || format!("{query}: no {still} in {page}"));
        failures.check(page.contains(downloads), || format!("{query}: no {downloads}"));
        let address = still.split('"').nth(1).unwrap();
        failures.check(server.get(address).status == 200, || format!("{query}: {address} is not served"));
        failures.check(
            page.contains(&format!("rel=\"canonical\" href=\"http://{}{PANEL}\"", server.address)),
            || format!("{query}: another canonical URL"),
        );
    }
}

#[test]
fn a_page_has_all_parts_of_a_record() {
    let museum = museum();
    let server = museum.serve();
    let page = server.get(PANEL).text();
    for part in [
        "<blockquote class=\"inscription\" dir=\"auto\">Signed below</blockquote>",
        "<a href=\"/works/G%201%2F2?canvas=2\" data-picture=\"2\" dir=\"auto\">Back</a>",
        "<span dir=\"auto\">Label</span>",
        "<a href=\"/works/KMS2\"><span dir=\"auto\">Water Lilies</span></a>",
        "<a href=\"https://other.example/x\">",
        "<span dir=\"auto\">A lost one</span>",
        "data-boxes=\"[[2,10,20,100,80]]\"",
        "data-boxes=\"[[0,100,50,200,150]]\"",
        "Proposed by seer, version 1",
        "Free of copyright: you may copy",
        "JPEG · 900 × 600 pixels",
        "href=\"https://museum.example/panel\"",
        "data-compare=\"G 1/2\"",
        "?manifest=http%3A%2F%2F",
    ] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
    let pictures = &data_blocks(&page, "application/json")[0];
    let places: Vec<_> = pictures
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["canvas"].clone(), one["capture"].clone()))
        .collect();
    assert_eq!(places, [(json!(1), json!(1)), (json!(1), json!(2)), (json!(2), json!(1))]);
    let manifest = server.get("/presentation/3/G%201%2F2/manifest").json();
    assert_eq!(manifest["items"].as_array().unwrap().len(), 2, "canvases are those of the manifest");
    let bare = server.get("/works/KMS2").text();
    assert!(
        bare.contains("No picture")
            && !bare.contains("id=\"stage\"")
            && !bare.contains("Download the picture"),
        "{bare}"
    );
    let missing = server.get("/works/M1").text();
    assert!(missing.contains("No picture"), "{missing}");
}

#[test]
fn downloads_keep_to_the_rights() {
    let museum = museum();
    let server = museum.serve();
    let page = server.get("/works/R1").text();
    assert!(page.contains("JPEG · 2,000 × 500 pixels") && page.contains("Protected by copyright"), "{page}");
    let inside = page.split("id=\"downloads\"").nth(1).unwrap().split("<h3>").next().unwrap();
    let links: Vec<&str> =
        inside.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(links, ["/iiif/3/restricted.tif/full/max/0/default.jpg"], "{inside}");
    for path in [PANEL, "/works/R1", "/works/B1?canvas=40"] {
        let page = server.get(path).text();
        let inside = page.split("id=\"downloads\"").nth(1).unwrap().split("<h3>").next().unwrap();
        for link in inside.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            let answer = server.get(link);
            assert_eq!(answer.status, 200, "{path}: {link}: {}", answer.text());
        }
    }
}

#[test]
fn citations_are_files_of_reference_managers() {
    let museum = museum();
    let server = museum.serve();
    let cited = |rest: &str| server.get(&format!("{PANEL}/cite.{rest}"));
    let bib = cited("bib");
    assert_eq!(bib.header("content-type"), "application/x-bibtex; charset=utf-8");
    assert!(bib.header("content-disposition").contains("filename=\"G 1-2.bib\""), "{:?}", bib.headers);
    assert!(
        bib.text().starts_with(
            "@misc{G-1-2,\n  author = {Ancher, Anna},\n  title = {{The </script> \\& \"Panel\"}},"
        ),
        "{}",
        bib.text()
    );
    let ris = cited("ris").text();
    assert!(ris.starts_with("TY  - ART\r\n") && ris.ends_with("ER  - \r\n"), "{ris}");
    let csl = cited("json").json();
    assert_eq!(csl[0]["issued"], json!({"date-parts": [[1890], [1892]], "circa": true}));
    let detail = cited("txt?canvas=1&capture=2&xywh=100,50,200,150&lang=da").text();
    let image = format!("http://{}/iiif/3/infrared.tif/50,25,100,75/max/0/default.jpg", server.address);
    assert!(detail.starts_with("Anna Ancher, Panelet, ca. 1891.") && detail.contains(&image), "{detail}");
    assert!(detail.contains("Udsnit: billede 1, xywh=100,50,200,150"), "{detail}");
    let held = server.request("GET", &format!("{PANEL}/cite.bib"), &[("If-None-Match", bib.header("etag"))]);
    assert_eq!(held.status, 304);
    assert_eq!(server.get("/works/NONE/cite.bib").status, 404);
    assert_eq!(server.get(&format!("{PANEL}/cite.xml")).status, 404);
}

#[test]
fn developers_get_every_operation_with_examples_that_work() {
    let museum = museum();
    let server = museum.serve_with(&[(
        "TEGL__PRESENTATION__DATA_LICENCE",
        "https://creativecommons.org/publicdomain/zero/1.0/",
    )]);
    let page = server.get("/developers").text();
    let description = server.get("/api/v1/openapi.json").json();
    assert_eq!(description["info"]["license"]["name"], "CC0 1.0 (dedicated to the public domain)");
    assert!(page.contains("CC0 1.0 (dedicated to the public domain)"), "{page}");
    for (path, item) in description["paths"].as_object().unwrap() {
        for operation in item.as_object().unwrap().values() {
            let id = operation["operationId"].as_str().unwrap();
            assert!(
                page.contains(&format!("id=\"{id}\"")) && page.contains(&format!("<code>{path}</code>")),
                "{id}"
            );
        }
    }
    let base = format!("http://{}", server.address);
    let examples = page.split("class=\"run\" action=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let links = page.split("<td><a href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let mut seen = 0;
    for url in examples.chain(links) {
        let url = url.replace("&amp;", "&");
        let path = url.strip_prefix(&base).unwrap_or_else(|| panic!("{url} is not here"));
        let answer = server.get(path);
        // The example of a tag is none of this collection, no vocabulary was imported, and no pictures were compared.
        let is_missing =
            ["0123456789abcdef", "/concepts/", "/similar"].iter().any(|part| path.contains(part));
        let expected = if is_missing { 404 } else { 200 };
        assert_eq!(answer.status, expected, "{path}: {}", answer.text());
        seen += 1;
    }
    assert!(seen >= 25, "{seen} examples");
    assert!(
        page.contains("curl -H &quot;Authorization: Bearer $TOKEN&quot;") && page.contains("urlopen("),
        "{page}"
    );
    assert!(server.get("/developers?lang=da").text().contains("Læs samlingen"));
}

#[test]
fn a_work_is_looked_at_in_a_browser() {
    let museum = museum();
    let server = museum.serve();
    look("the page of a work in a browser", "work.mjs", "axe-core", &server, &[PANEL]);
}
