//! One image in the whole window: OpenSeadragon for the picture, Mirador for its manifest.

use maud::{Markup, html};

use super::assets;
use super::frame::document;
use crate::record::Region;

const OPENSEADRAGON: &str = "openseadragon/openseadragon.min.js";
const MIRADOR: &str = "mirador/mirador.min.js";

/// The page at `/view/openseadragon/{encoded}`: pan, zoom, turn, and cite what is seen.
pub fn openseadragon(base: &str, encoded: &str, label: &str) -> String {
    let body = html! {
        header.bar {
            a.back href={ (base) "/" } aria-label="All images" { (icon("M15 5l-7 7 7 7")) }
            h1 { (label) }
            div.tools role="group" aria-label="View" hidden {
                (tool("zoom-in", "Zoom in", "M12 6v12M6 12h12"))
                (tool("zoom-out", "Zoom out", "M6 12h12"))
                (tool("home", "Whole picture", "M5 12l7-7 7 7M7 10.5V19h10v-8.5"))
                (tool("turn", "Turn by 90°", "M18 12a6 6 0 1 1-2-4.5M18 4v4h-4"))
                (tool("full-screen", "Full screen", "M9 5H5v4M15 5h4v4M19 15v4h-4M9 19H5v-4"))
            }
            a.detail hidden title="The part of the picture that is seen, as an address of its own" { "Detail" }
            a.other href={ (base) "/view/mirador/" (encoded) } { "Mirador" }
        }
        main.stage id="viewer" aria-label={ "Picture of " (label) }
            data-info={ (base) "/iiif/3/" (encoded) "/info.json" }
            data-images={ (base) "/assets/openseadragon/images/" } {
            (still(base, encoded, label, OPENSEADRAGON))
        }
    };
    document(base, label, "viewer", &[OPENSEADRAGON, "openseadragon.js"], body)
}

/// What a manifest is opened at.
#[derive(Clone, Debug, Default)]
pub struct Opening {
    /// A canvas's address.
    pub canvas: Option<String>,
    /// A part of the canvas, in its pixels.
    pub region: Option<Region>,
}

/// The page at `/works/{encoded}` and `/view/mirador/{encoded}`: a manifest in Mirador.
pub fn mirador(base: &str, encoded: &str, label: &str, at: &Opening) -> String {
    let region = at.region.map(|region| region.to_string());
    let body = html! {
        header.bar {
            a.back href={ (base) "/" } aria-label="All images" { (icon("M15 5l-7 7 7 7")) }
            h1 { (label) }
            a.other href={ (base) "/presentation/3/" (encoded) "/manifest" } { "Manifest" }
        }
        main.stage id="viewer" aria-label={ "Picture of " (label) }
            data-canvas=[&at.canvas] data-region=[region]
            data-manifest={ (base) "/presentation/3/" (encoded) "/manifest" } {
            (still(base, encoded, label, MIRADOR))
        }
    };
    document(base, label, "viewer", &[MIRADOR, "mirador.js"], body)
}

/// What is seen where the viewer cannot run: the picture, once.
fn still(base: &str, encoded: &str, label: &str, script: &str) -> Markup {
    let picture = html! {
        img src={ (base) "/iiif/3/" (encoded) "/full/!1600,1600/0/default.jpg" } alt={ "Picture of " (label) };
    };
    html! {
        @if assets::is_bundled(script) {
            noscript { (picture) }
        } @else {
            p.message role="status" {
                "This server was built without its viewers. Run " code { "npm ci && npm run build" }
                " in " code { "src/web/pages" } " and build it again."
            }
            (picture)
        }
    }
}

fn tool(name: &str, label: &str, path: &str) -> Markup {
    html! {
        button type="button" data-tool=(name) aria-label=(label) title=(label) { (icon(path)) }
    }
}

fn icon(path: &str) -> Markup {
    html! {
        svg viewBox="0 0 24 24" aria-hidden="true" { path d=(path) {} }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_viewer_is_told_what_to_open() {
        let page = openseadragon("/m", "a%2Fb.tif", "Sø");
        assert!(page.contains("data-info=\"/m/iiif/3/a%2Fb.tif/info.json\""), "{page}");
        assert!(page.contains("src=\"/m/assets/openseadragon.js?v="), "{page}");
        let at = Opening { canvas: Some("http://h/canvas/1".into()), region: "1,2,3,4".parse().ok() };
        let page = mirador("/m", "a%2Fb.tif", "Sø", &at);
        assert!(page.contains("data-canvas=\"http://h/canvas/1\" data-region=\"1,2,3,4\""), "{page}");
        assert!(page.contains("data-manifest=\"/m/presentation/3/a%2Fb.tif/manifest\""), "{page}");
    }

    #[test]
    fn nothing_is_inline() {
        for page in [openseadragon("", "a", "b"), mirador("", "a", "b", &Opening::default())] {
            let inline = page.split("<script").skip(1).filter(|rest| !rest.starts_with(" src="));
            assert_eq!(inline.count(), 0, "{page}");
            assert!(!page.contains("style=") && !page.contains("onclick="), "{page}");
        }
    }

    #[test]
    fn hostile_names_stay_text() {
        for name in ["<script>alert(1)</script>", "\"onerror=\"alert(1)", "'><img src=x>", "</title><b>"] {
            for page in [openseadragon("", name, name), mirador("", name, name, &Opening::default())] {
                assert!(!page.contains(name), "{name} went through");
            }
        }
    }
}
