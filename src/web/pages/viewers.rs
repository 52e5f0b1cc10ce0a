//! Full-window viewers: OpenSeadragon for an image, Mirador for a manifest.

use maud::{Markup, html};

use super::assets;
use super::context::Context;
use super::frame::document;
use super::icons::{self, icon, tool};
use super::labels;
use crate::record::Region;

pub(super) const OPENSEADRAGON: &str = "openseadragon/openseadragon.min.js";
const MIRADOR: &str = "mirador/mirador.min.js";
/// Mirador with its annotation plugin, as a module that the page imports once its visitor has signed in.
const ANNOTATE: &str = "mirador/annotate.js";
const ANNOTATE_STYLES: &str = "mirador/annotate.css";

/// The contents of a viewer's page: image or manifest, and the work to return to.
#[derive(Clone, Debug, Default)]
pub(crate) struct ViewerPage {
    /// The work's title and number, or the file name of an image without work.
    pub label: String,
    /// The image's identifier, percent-encoded as one path segment; `None` if the work has no image.
    pub image: Option<String>,
    /// The identifier of the manifest, encoded likewise: the work's number, or the image's.
    pub manifest: String,
    /// The object number of the work to return to, encoded likewise.
    pub work: Option<String>,
    /// The URI of the canvas to open.
    pub canvas: Option<String>,
    /// The region of the canvas to zoom to, in its coordinates.
    pub region: Option<Region>,
}

/// The page at `/view/openseadragon/{image}`: pan, zoom, rotate, and link to the visible region.
pub(crate) fn openseadragon(context: &Context, page: &ViewerPage) -> String {
    let (base, label) = (&context.base, &page.label);
    let image = page.image.as_deref().unwrap_or_default();
    let body = html! {
        header.bar {
            (back(context, page))
            h1 dir="auto" { (label) }
            div.tools role="group" aria-label=(context.text(labels::VIEW)) hidden {
                (tool(context, "zoom-in", labels::ZOOM_IN, icons::ZOOM_IN))
                (tool(context, "zoom-out", labels::ZOOM_OUT, icons::ZOOM_OUT))
                (tool(context, "home", labels::WHOLE, icons::HOME))
                (tool(context, "turn", labels::TURN, icons::TURN))
                (tool(context, "full-screen", labels::FULL_SCREEN, icons::FULL_SCREEN))
            }
            a.detail hidden title=(context.text(labels::DETAIL_TITLE)) { (context.text(labels::DETAIL)) }
            a.secondary href=(context.page(&format!("/view/mirador/{}", page.manifest))) { "Mirador" }
        }
        main.viewer-area id="viewer" aria-label={ (context.text(labels::PICTURE_OF)) " " (label) }
            data-info={ (base) "/iiif/3/" (image) "/info.json" }
            data-images={ (base) "/assets/openseadragon/images/" }
            data-failed=(context.text(labels::CANNOT_OPEN)) {
            (fallback(context, page, OPENSEADRAGON))
        }
    };
    let title = format!("{label} · {}", context.title());
    document(context, &title, "viewer", &[OPENSEADRAGON, "openseadragon.js"], body)
}

/// The page at `/view/mirador/{work}`, and at `/works/{work}` with a canvas: a manifest in Mirador.
pub(crate) fn mirador(context: &Context, page: &ViewerPage) -> String {
    let (base, label, manifest) = (&context.base, &page.label, &page.manifest);
    let region = page.region.map(|region| region.to_string());
    let body = html! {
        header.bar {
            (back(context, page))
            h1 dir="auto" { (label) }
            a.secondary href={ (base) "/presentation/3/" (manifest) "/manifest" } { (context.text(labels::MANIFEST)) }
        }
        main.viewer-area id="viewer" aria-label={ (context.text(labels::PICTURE_OF)) " " (label) }
            data-canvas=[&page.canvas] data-region=[region]
            data-manifest={ (base) "/presentation/3/" (manifest) "/manifest" } {
            (fallback(context, page, MIRADOR))
        }
    };
    let title = format!("{label} · {}", context.title());
    document(context, &title, "viewer", &[MIRADOR, "viewers/mirador.js"], body)
}

/// The page at `/view/mirador/{work}?annotate`: a manifest in Mirador with its annotation plugin, for holders of a token.
/// `first` is the URI of the work's first canvas.
pub(crate) fn annotate(context: &Context, page: &ViewerPage, first: &str) -> String {
    let (base, label, manifest) = (&context.base, &page.label, &page.manifest);
    let text = |label| context.text(label);
    let body = html! {
        header.bar {
            (back(context, page))
            h1 dir="auto" { (label) }
            a.secondary href=(context.page("/review")) { (text(labels::REVIEW)) }
        }
        form #sign-in .sign-in hidden aria-label=(text(labels::SIGN_IN)) {
            input type="text" name="username" value=(context.title()) autocomplete="username" hidden;
            label for="token" { (text(labels::TOKEN)) }
            input.input type="password" id="token" name="token" autocomplete="current-password" required;
            button.button.primary type="submit" { (text(labels::SIGN_IN)) }
            p.hint { (text(labels::TOKEN_HELP)) }
        }
        p #message .message role="status" hidden {}
        main.viewer-area id="viewer" aria-label={ (text(labels::PICTURE_OF)) " " (label) }
            data-canvas=[&page.canvas] data-first=(first)
            data-bundle=(assets::address(base, ANNOTATE))
            data-wrong-token=(text(labels::WRONG_TOKEN)) data-failed=(text(labels::REVIEW_FAILED))
            data-manifest={ (base) "/presentation/3/" (manifest) "/manifest" } {
            (fallback(context, page, ANNOTATE))
        }
    };
    let title = format!("{label} · {}", context.title());
    let files: &[&str] = if assets::is_bundled(ANNOTATE) {
        &[ANNOTATE_STYLES, "viewers/annotate.css", "viewers/annotate.js"]
    } else {
        &[]
    };
    document(context, &title, "viewer", files, body)
}

/// The link back to the work, or to the list of all images.
fn back(context: &Context, page: &ViewerPage) -> Markup {
    let (href, label) = match &page.work {
        Some(work) => (context.page(&format!("/works/{work}")), labels::BACK_TO_WORK),
        None => (context.page("/?files"), labels::BACK_TO_ALL),
    };
    let label = context.text(label);
    html! { a.back href=(href) aria-label=(label) title=(label) { (icon(icons::PREVIOUS)) } }
}

/// The fallback without scripts, or without a bundled viewer: a static picture.
fn fallback(context: &Context, page: &ViewerPage, script: &str) -> Markup {
    let (base, label) = (&context.base, context.text(labels::PICTURE_OF));
    let picture = html! {
        @if let Some(image) = &page.image {
            img src={ (base) "/iiif/3/" (image) "/full/!1600,1600/0/default.jpg" } alt={ (label) " " (page.label) };
        }
    };
    html! {
        @if assets::is_bundled(script) {
            noscript { (picture) }
        } @else {
            p.message role="status" {
                (context.text(labels::NOT_BUILT)) " " code { "cd src/web/pages && npm ci && npm run build" }
            }
            (picture)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> ViewerPage {
        ViewerPage {
            label: "Sø (KMS1)".into(),
            image: Some("a%2Fb.tif".into()),
            manifest: "KMS1".into(),
            work: Some("KMS1".into()),
            canvas: Some("http://h/canvas/1".into()),
            region: "1,2,3,4".parse().ok(),
        }
    }

    fn context() -> Context {
        Context { base: "/m".into(), ..Context::default() }
    }

    #[test]
    fn each_viewer_gets_its_source() {
        let page = openseadragon(&context(), &example());
        assert!(page.contains("data-info=\"/m/iiif/3/a%2Fb.tif/info.json\""), "{page}");
        assert!(page.contains("src=\"/m/assets/openseadragon.js?v="), "{page}");
        let page = mirador(&context(), &example());
        assert!(page.contains("data-canvas=\"http://h/canvas/1\" data-region=\"1,2,3,4\""), "{page}");
        assert!(page.contains("data-manifest=\"/m/presentation/3/KMS1/manifest\""), "{page}");
        assert!(page.contains("src=\"/m/iiif/3/a%2Fb.tif/full/!1600,1600/0/default.jpg\""), "{page}");
    }

    #[test]
    fn viewers_link_back_to_the_work() {
        let danish = Context { language: "da", chosen: true, ..context() };
        for page in [openseadragon(&danish, &example()), mirador(&danish, &example())] {
            assert!(page.contains("<title>Sø (KMS1) · Tegl</title>"), "{page}");
            assert!(
                page.contains("href=\"/m/works/KMS1?lang=da\" aria-label=\"Tilbage til værket\""),
                "{page}"
            );
        }
        let page = mirador(&context(), &ViewerPage { work: None, ..example() });
        assert!(page.contains("href=\"/m/?files\" aria-label=\"All images\""), "{page}");
    }

    #[test]
    fn pages_have_no_inline_scripts_or_styles() {
        for page in [openseadragon(&context(), &example()), mirador(&context(), &example())] {
            let inline = page.split("<script").skip(1).filter(|rest| !rest.starts_with(" src="));
            assert_eq!(inline.count(), 0, "{page}");
            assert!(!page.contains("style=") && !page.contains("onclick="), "{page}");
        }
    }

    #[test]
    fn names_are_escaped() {
        for name in ["<script>alert(1)</script>", "\"onerror=\"alert(1)", "'><img src=x>", "</title><b>"] {
            let hostile = ViewerPage {
                label: name.into(),
                image: Some(name.into()),
                manifest: name.into(),
                work: Some(name.into()),
                ..example()
            };
            for page in [openseadragon(&context(), &hostile), mirador(&context(), &hostile)] {
                assert!(!page.contains(name), "{name} is not escaped");
            }
        }
    }
}
