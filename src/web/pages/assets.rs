//! Embedded assets: Tegl's own files, and the viewers in `bundle/`, which `npm run build` creates.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use bytes::Bytes;
use maud::{Markup, html};
use rust_embed::{EmbeddedFile, RustEmbed};
use sha2::{Digest, Sha256};

use crate::identity::fingerprint;
use crate::web::http::document::Document;

#[derive(RustEmbed)]
#[folder = "src/web/pages/assets"]
struct SiteFiles;

/// The viewers. Text files also exist precompressed (`.br`, `.gz`) at the highest level.
#[derive(RustEmbed)]
#[folder = "src/web/pages/bundle"]
#[allow_missing = true]
struct Bundle;

/// An embedded file in all content codings.
pub(crate) struct Asset {
    pub document: Document,
    pub media_type: &'static str,
    /// The first 8 bytes of the content's SHA-256 in hexadecimal; URLs in pages contain it.
    pub version: String,
}

static ASSETS: LazyLock<HashMap<String, Asset>> = LazyLock::new(|| {
    let own =
        SiteFiles::iter().filter_map(|path| Some((path.clone(), own_asset(&path, SiteFiles::get(&path)?))));
    let bundle = Bundle::iter().filter(|path| ![".br", ".gz"].iter().any(|coding| path.ends_with(coding)));
    let bundle = bundle.filter_map(|path| {
        let compressed = |coding: &str| Some(bytes(Bundle::get(&format!("{path}.{coding}"))?.data));
        Some((path.clone(), new_asset(&path, Bundle::get(&path)?, compressed)))
    });
    bundle.chain(own).map(|(path, asset)| (path.into_owned(), asset)).collect()
});

/// The file at `path` below `/assets/`.
pub(crate) fn asset(path: &str) -> Option<&'static Asset> {
    ASSETS.get(path)
}

/// Whether this binary contains the file of a viewer: `npm run build` was run before it was built.
pub(super) fn is_bundled(path: &str) -> bool {
    Bundle::get(path).is_some()
}

/// The element that has a page use a file: a style sheet, or a script, run once the page is parsed.
pub(super) fn element(base: &str, path: &str) -> Markup {
    let url = address(base, path);
    html! {
        @if path.ends_with(".css") {
            link rel="stylesheet" href=(url);
        } @else {
            script src=(url) type=[is_module(path).then_some("module")] defer {}
        }
    }
}

/// Whether a script is one of Tegl's own modules, which are in folders.
fn is_module(path: &str) -> bool {
    path.ends_with(".js") && path.contains('/') && SiteFiles::get(path).is_some()
}

/// The version of all modules: one, because the versions of those that a module imports are part of its text.
static MODULES: LazyLock<String> = LazyLock::new(|| {
    let mut paths: Vec<_> = SiteFiles::iter().filter(|path| is_module(path)).collect();
    paths.sort_unstable();
    let files: Vec<_> = paths.iter().filter_map(|path| Some(SiteFiles::get(path)?.data)).collect();
    let parts: Vec<&[u8]> = files.iter().map(|data| &**data).collect();
    format!("{:016x}", fingerprint(&parts) >> 64)
});

/// A file of Tegl's own. Modules import each other by URLs with a version, so that they are cached as they are.
fn own_asset(path: &str, file: EmbeddedFile) -> Asset {
    let asset = new_asset(path, file, |_| None);
    if !is_module(path) {
        return asset;
    }
    let Some(text) = SiteFiles::get(path).and_then(|file| String::from_utf8(file.data.into_owned()).ok())
    else {
        return asset;
    };
    let document = Document::new(with_versions(&text, &MODULES));
    Asset { document, version: MODULES.clone(), ..asset }
}

/// A module's text with a version in the relative URLs of its imports.
fn with_versions(text: &str, version: &str) -> String {
    let is_import = |line: &str| {
        line.contains(" from \"./") || line.contains(" from \"../") || line.starts_with("import \".")
    };
    let lines = text.split_inclusive('\n').map(|line| match is_import(line) {
        true => Cow::Owned(line.replace(".js\"", &format!(".js?v={version}\""))),
        false => Cow::Borrowed(line),
    });
    lines.collect()
}

/// The URL of an asset. It changes with the content, so that responses can be cached indefinitely.
pub(super) fn address(base: &str, path: &str) -> String {
    match asset(path) {
        Some(asset) => format!("{base}/assets/{path}?v={}", asset.version),
        None => format!("{base}/assets/{path}"),
    }
}

impl Asset {
    /// A file that is not embedded.
    pub(crate) fn of(bytes: Bytes, media_type: &'static str) -> Self {
        let hash = Sha256::digest(&bytes);
        Self { version: version(&hash), document: Document::new(bytes), media_type }
    }
}

/// The first 8 bytes of a hash in hexadecimal.
fn version(hash: &[u8]) -> String {
    hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn new_asset(path: &str, file: EmbeddedFile, compressed: impl Fn(&str) -> Option<Bytes>) -> Asset {
    Asset {
        version: version(&file.metadata.sha256_hash()),
        document: Document::with_compressed(bytes(file.data), compressed("gz"), compressed("br")),
        media_type: media_type(path),
    }
}

fn bytes(data: Cow<'static, [u8]>) -> Bytes {
    match data {
        Cow::Borrowed(data) => Bytes::from_static(data),
        Cow::Owned(data) => data.into(),
    }
}

/// The media type of a file by its name.
pub(crate) fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("jpg") => "image/jpeg",
        Some("png") => "image/png",
        Some("webp") => "image/webp",
        Some("woff2") => "font/woff2",
        Some("svg") => "image/svg+xml",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_files_have_a_media_type_and_a_version() {
        let asset = asset("tegl.css").unwrap();
        assert_eq!(asset.media_type, "text/css; charset=utf-8");
        assert_eq!(asset.version.len(), 16);
    }

    #[test]
    fn imports_of_modules_have_versions() {
        let text = "import { a } from \"./a.js\";\nconst b = \"./b.js\";\n} from \"../c/d.js\";\n";
        let expected =
            "import { a } from \"./a.js?v=7\";\nconst b = \"./b.js\";\n} from \"../c/d.js?v=7\";\n";
        assert_eq!(with_versions(text, "7"), expected);
        assert!(
            is_module("compare/tray.js") && !is_module("openseadragon.js") && !is_module("compare/tray.css")
        );
        assert_eq!(
            asset("compare/tray.js").unwrap().version,
            asset("compare/tray_store.js").unwrap().version
        );
    }

    #[test]
    fn paths_outside_the_assets_are_not_found() {
        for path in ["", ".", "/", "../mod.rs", "/etc/passwd", "tegl.css/", "..%2fmod.rs", "tegl.css\0"] {
            assert!(asset(path).is_none(), "{path:?} was found");
        }
    }

    #[test]
    fn the_url_depends_on_the_content() {
        assert!(address("/museum", "tegl.css").starts_with("/museum/assets/tegl.css?v="));
        assert_eq!(address("", "missing.js"), "/assets/missing.js");
    }
}
