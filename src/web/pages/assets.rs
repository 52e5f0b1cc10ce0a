//! Embedded assets: Tegl's own files, and the viewers in `bundle/`, which `npm run build` creates.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use bytes::Bytes;
use rust_embed::{EmbeddedFile, RustEmbed};

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
    let own = SiteFiles::iter()
        .filter_map(|path| Some((path.clone(), new_asset(&path, SiteFiles::get(&path)?, |_| None))));
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

/// The URL of an asset. It changes with the content, so that responses can be cached indefinitely.
pub(super) fn address(base: &str, path: &str) -> String {
    match asset(path) {
        Some(asset) => format!("{base}/assets/{path}?v={}", asset.version),
        None => format!("{base}/assets/{path}"),
    }
}

fn new_asset(path: &str, file: EmbeddedFile, compressed: impl Fn(&str) -> Option<Bytes>) -> Asset {
    let hash = file.metadata.sha256_hash();
    Asset {
        version: hash[..8].iter().map(|byte| format!("{byte:02x}")).collect(),
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

fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("png") => "image/png",
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
