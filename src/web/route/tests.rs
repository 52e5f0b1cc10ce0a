use super::*;

#[track_caller]
fn check(path: &str, identifier: &str, parameters: Option<[&str; 4]>) {
    let (image, found) = match Route::parse(path) {
        Ok(Route::Pixels { image, parameters, .. }) => (image, Some(parameters)),
        Ok(Route::Info { image, .. } | Route::Base { image, .. } | Route::Work { work: image, .. }) => {
            (image, None)
        }
        other => panic!("{path}: {other:?}"),
    };
    assert_eq!(image.identifier, identifier);
    assert_eq!(found, parameters.map(|parameters| parameters.map(Cow::Borrowed)));
}

#[test]
fn each_part_is_decoded_once() {
    let tile = Some(["full", "^max", "!0", "default.jpg"]);
    check("/iiif/3/ark:%2F12025%2F654/full/%5Emax/%210/default.jpg", "ark:/12025/654", tile);
    check("/iiif/3/a%253Cb/full/^max/!0/default.jpg", "a%3Cb", tile);
    check("/iiif/2/V%C3%A6rker%2F%C3%98%20x.tif/info.json", "Værker/Ø x.tif", None);
    check("/iiif/3/a%2Db/info.json", "a-b", None);
}

#[test]
fn slashes_that_a_proxy_decoded_stay_in_the_identifier() {
    check("/iiif/3/a/b/c.tif/full/max/0/default.jpg", "a/b/c.tif", Some(["full", "max", "0", "default.jpg"]));
    check("/iiif/3/a/b/c.tif/info.json", "a/b/c.tif", None);
    check("/presentation/3/a%2Fb/manifest", "a/b", None);
}

#[test]
fn unknown_paths_have_no_route() {
    for path in [
        "/iiif/3/a/full/max",
        "/iiif/3/",
        "/iiif/3",
        "/iiif/4/a/info.json",
        "/iiif/3/a/b",
        "/x",
        "/health",
        "*",
        "/admin",
        "/metrics",
    ] {
        assert_eq!(Route::parse(path), Ok(Route::Unknown), "{path}");
    }
}

#[test]
fn older_url_forms_are_recognized() {
    let legacy = |path| matches!(Route::parse(path), Ok(Route::Legacy { .. }));
    for path in [
        "/iiif/jp2/a.jp2/full/!1024,/0/default.jpg",
        "/iiif/1.1/a/full/full/0/native.jpg",
        "/iiif/1/a/full/full/0/native",
        "/iiif/2/a/full/!1600,/0/default.jpg",
    ] {
        assert!(legacy(path), "{path}");
    }
    for path in ["/iiif/2/a/full/!100,100/0/default.jpg", "/iiif/3/a/full/max/0/native.jpg"] {
        assert!(!legacy(path), "{path}");
    }
}

#[test]
fn bytes_that_are_not_utf_8_are_refused() {
    assert!(Route::parse("/iiif/3/%FF%FE/info.json").is_err());
    assert!(Route::parse("/iiif/3/a/full/max/%C0%AE/default.jpg").is_err());
}

#[test]
fn citations_have_a_format() {
    let cited = Route::parse("/works/KKS1982-156%2F3/cite.bib");
    let Ok(Route::Citation { work, format: CitationFormat::BibTex }) = cited else { panic!("{cited:?}") };
    assert_eq!(work.identifier, "KKS1982-156/3");
    for path in ["/works/a/cite.xml", "/works/cite.bib", "/works/a/cite"] {
        assert!(matches!(Route::parse(path), Ok(Route::WorkPage { .. })), "{path}");
    }
}

#[test]
fn linked_data_has_a_vocabulary() {
    for path in ["/works/KMS%2F1/linked-art.jsonld", "/api/v1/works/KMS%2F1/linked-art.jsonld"] {
        let Ok(Route::LinkedData { work, format: LinkedDataFormat::LinkedArt }) = Route::parse(path) else {
            panic!("{path}");
        };
        assert_eq!(work.identifier, "KMS/1");
    }
    for path in ["/works/a.jsonld", "/works/linked-art.jsonld", "/works/a/other.jsonld"] {
        assert!(matches!(Route::parse(path), Ok(Route::WorkPage { .. })), "{path}");
    }
}

#[test]
fn deep_zoom_has_its_own_form() {
    let tile = Route::parse("/deepzoom/a%2Fb.tif_files/12/3_4.jpg");
    assert!(matches!(tile, Ok(Route::DeepZoomTile { level: 12, column: 3, row: 4, suffix: "jpg", .. })));
    assert!(matches!(Route::parse("/deepzoom/a.tif.dzi"), Ok(Route::DeepZoom { .. })));
    assert_eq!(Route::parse("/deepzoom/a.tif_files/x/3_4.jpg"), Ok(Route::Unknown));
}
