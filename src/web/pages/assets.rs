//! The files that pages load: Tegl's own, and the viewers that `npm run build` puts into `bundle/`.

use std::borrow::Cow;

use rust_embed::{EmbeddedFile, RustEmbed};

#[derive(RustEmbed)]
#[folder = "src/web/pages/assets"]
struct Own;

#[derive(RustEmbed)]
#[folder = "src/web/pages/bundle"]
#[allow_missing = true]
struct Bundle;

/// The file at `path` below `/assets/`, with its media type and its entity tag (quoted).
pub fn asset(path: &str) -> Option<(Cow<'static, [u8]>, &'static str, String)> {
    let file = find(path)?;
    let tag = format!("\"{}\"", fingerprint(&file));
    Some((file.data, media_type(path), tag))
}

/// Whether `npm run build` had been run when this binary was built.
pub(super) fn is_bundled(path: &str) -> bool {
    Bundle::get(path).is_some()
}

/// The address of an asset; it changes when its content does, so that it may be kept for long.
pub(super) fn address(base: &str, path: &str) -> String {
    match find(path) {
        Some(file) => format!("{base}/assets/{path}?v={}", &fingerprint(&file)[..8]),
        None => format!("{base}/assets/{path}"),
    }
}

fn find(path: &str) -> Option<EmbeddedFile> {
    Own::get(path).or_else(|| Bundle::get(path))
}

/// Half of the content's SHA-256 in hexadecimal: 32 digits.
fn fingerprint(file: &EmbeddedFile) -> String {
    file.metadata.sha256_hash()[..16].iter().map(|byte| format!("{byte:02x}")).collect()
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
    fn own_files_have_a_media_type_and_a_tag() {
        let (content, media_type, tag) = asset("tegl.css").unwrap();
        assert!(!content.is_empty());
        assert_eq!(media_type, "text/css; charset=utf-8");
        assert_eq!(tag.len(), 34);
        assert!(tag.starts_with('"') && tag.ends_with('"'));
    }

    #[test]
    fn what_lies_outside_is_not_found() {
        for path in ["", ".", "/", "../mod.rs", "/etc/passwd", "tegl.css/", "..%2fmod.rs", "tegl.css\0"] {
            assert!(asset(path).is_none(), "{path:?} was found");
        }
    }

    #[test]
    fn an_address_tells_the_content() {
        assert!(address("/museum", "tegl.css").starts_with("/museum/assets/tegl.css?v="));
        assert_eq!(address("", "missing.js"), "/assets/missing.js");
    }
}
