//! The files of the museum's folder.

use std::fs;
use std::path::Path;

use bytes::Bytes;

use crate::web::pages::{Asset, media_type};

/// Limits in bytes, of a file and of all of them: they are kept in memory.
const LARGEST: u64 = 4 << 20;
const ALL: u64 = 32 << 20;
const KINDS: [&str; 8] = ["css", "woff2", "svg", "png", "jpg", "webp", "ftl", "md"];

/// A file that was read.
pub(super) struct OwnFile {
    pub name: String,
    pub bytes: Bytes,
}

impl OwnFile {
    pub(super) fn extension(&self) -> &str {
        self.name.rsplit_once('.').map_or("", |(_, extension)| extension)
    }

    /// As a text.
    pub(super) fn text(&self) -> Result<&str, String> {
        std::str::from_utf8(&self.bytes).map_err(|_| format!("`{}` in `site.folder` is not UTF-8", self.name))
    }

    /// As it is served; `None` for those that are not.
    pub(super) fn asset(self) -> Option<Asset> {
        let is_served = !matches!(self.extension(), "ftl" | "md" | "css");
        let kind = media_type(&self.name);
        is_served.then(|| Asset::of(self.bytes, kind))
    }
}

/// Reads the folder, which has no folders in it.
pub(super) fn read(folder: &Path) -> Result<Vec<OwnFile>, String> {
    let shown = folder.display();
    let entries = fs::read_dir(folder).map_err(|error| format!("`site.folder` is `{shown}`: {error}"))?;
    let (mut files, mut all) = (Vec::new(), 0);
    for entry in entries {
        let entry = entry.map_err(|error| format!("`site.folder` is `{shown}`: {error}"))?;
        let name = entry
            .file_name()
            .into_string()
            .map_err(|name| format!("`{shown}` has a file with the name {name:?}"))?;
        if name.starts_with('.') {
            continue;
        }
        let wrong = |reason: &str| Err(format!("`{name}` in `site.folder` {reason}"));
        let metadata = fs::symlink_metadata(entry.path())
            .map_err(|error| format!("`{name}` in `site.folder`: {error}"))?;
        if !metadata.is_file() {
            return wrong("is not a file: folders and symbolic links are not followed");
        }
        if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)) {
            return wrong("has a name with other characters than letters, digits, `-`, `_` and `.`");
        }
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        if !KINDS.contains(&extension) {
            return wrong(&format!("is none of the known kinds: {}", KINDS.join(", ")));
        }
        all += metadata.len();
        if metadata.len() > LARGEST || all > ALL {
            return wrong("is too large: files may have 4 MiB, and all together 32 MiB");
        }
        let bytes = fs::read(entry.path()).map_err(|error| format!("`{name}` in `site.folder`: {error}"))?;
        files.push(OwnFile { name, bytes: bytes.into() });
    }
    files.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    files.iter().try_for_each(check)?;
    Ok(files)
}

/// Rejects what would run scripts or ask other hosts, and files that are not what their names say.
fn check(file: &OwnFile) -> Result<(), String> {
    let wrong = |reason: &str| Err(format!("`{}` in `site.folder` {reason}", file.name));
    let starts = |magic: &[u8]| file.bytes.starts_with(magic);
    match file.extension() {
        "css" => style(file.text()?).or_else(|reason| wrong(&reason)),
        "svg" => drawing(file.text()?).or_else(|reason| wrong(&reason)),
        "woff2" if !starts(b"wOF2") => wrong("is not a WOFF2 font"),
        "png" if !starts(b"\x89PNG") => wrong("is not a PNG picture"),
        "jpg" if !starts(b"\xff\xd8\xff") => wrong("is not a JPEG picture"),
        "webp" if !starts(b"RIFF") => wrong("is not a WebP picture"),
        _ => Ok(()),
    }
}

fn style(text: &str) -> Result<(), String> {
    // Escapes could hide what is looked for.
    let found = ["@import", "javascript:", "expression(", "//", "\\", "<"].into_iter().find(|bad| {
        let comments = without_comments(text);
        comments.to_ascii_lowercase().contains(bad)
    });
    match found {
        None if text.matches('{').count() == text.matches('}').count() => Ok(()),
        None => Err("has braces that do not match".into()),
        Some(bad) => Err(format!(
            "has `{bad}`: styles may not load from other hosts, import other styles, or have escapes"
        )),
    }
}

fn without_comments(text: &str) -> String {
    let mut rest = text;
    let mut kept = String::new();
    while let Some((before, comment)) = rest.split_once("/*") {
        kept.push_str(before);
        rest = comment.split_once("*/").map_or("", |(_, after)| after);
    }
    kept + rest
}

fn drawing(text: &str) -> Result<(), String> {
    let lower = text.to_ascii_lowercase();
    if !lower.contains("<svg") {
        return Err("is not an SVG picture".into());
    }
    let bad = ["<script", "<foreignobject", "javascript:", "<!entity", " on", "\ton", "\non"];
    // An attribute of an event ends with `=`.
    let is_event = |at: usize, len: usize| {
        let rest = lower[at + len..].trim_start_matches(|c: char| c.is_ascii_alphabetic());
        rest.trim_start().starts_with('=')
    };
    let found = bad.into_iter().find(|bad| match bad.trim_start() {
        "on" => lower.match_indices(bad).any(|(at, bad)| is_event(at, bad.len())),
        _ => lower.contains(bad),
    });
    match found {
        Some(bad) => Err(format!("has `{}`: drawings may not have scripts", bad.trim())),
        None => Ok(()),
    }
}
