//! Lists the files below a folder in the order of their keys.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use crate::store::{Error, Key, Unreadable};

/// A key and the size of its object.
pub(in crate::store) type Listed = (String, u64);

/// Why a file cannot be read.
pub(in crate::store) const FILE_DENIED: &str = "permission denied: the server's user may not read this file";
/// Why a folder cannot be read.
const FOLDER_DENIED: &str = "permission denied: the server's user may not list this folder";

/// Lists the first `limit` keys after `after` for which `size_of` returns a size, and the unreadable entries in that
/// range.
pub(in crate::store) fn keys(
    root: &Path,
    after: Option<&str>,
    limit: usize,
    size_of: impl Fn(&Key) -> Result<Option<u64>, &'static str>,
) -> Result<(Vec<Listed>, Vec<Unreadable>), Error> {
    let after = after.unwrap_or_default();
    let mut walk = Walk { root, after, limit, size_of, found: Vec::new(), unreadable: Vec::new() };
    walk.folder("", 0)?;
    Ok((walk.found, walk.unreadable))
}

/// The maximum depth of folders; deeper ones are skipped, because symbolic links can make a tree infinite.
const MAX_DEPTH: usize = 64;

struct Walk<'a, S> {
    root: &'a Path,
    after: &'a str,
    limit: usize,
    size_of: S,
    found: Vec<Listed>,
    unreadable: Vec<Unreadable>,
}

impl<S: Fn(&Key) -> Result<Option<u64>, &'static str>> Walk<'_, S> {
    /// Adds the files below the folder; `prefix` is empty or ends in `/`.
    fn folder(&mut self, prefix: &str, depth: usize) -> Result<(), Error> {
        for name in self.names(prefix)? {
            if self.found.len() >= self.limit {
                break;
            }
            let path = format!("{prefix}{name}");
            match path.ends_with('/') {
                true if depth < MAX_DEPTH => self.folder(&path, depth + 1)?,
                true => {}
                false => self.file(path),
            }
        }
        Ok(())
    }

    fn file(&mut self, path: String) {
        let Some(key) = Key::parse(&path).ok().filter(|key| !key.is_unfinished()) else { return };
        match (self.size_of)(&key) {
            Ok(size) => self.found.extend(size.map(|size| (path, size))),
            Err(reason) => self.unreadable.push(Unreadable { path, reason }),
        }
    }

    /// The entries of the folder that may contain keys after `after`. Names of folders end in `/`, so that sorting
    /// names also sorts keys: `a-b` comes before `a/b`.
    fn names(&mut self, prefix: &str) -> Result<Vec<String>, Error> {
        let mut names = Vec::new();
        let entries = match fs::read_dir(self.root.join(prefix)) {
            Ok(entries) => entries,
            Err(error) if prefix.is_empty() && error.kind() == ErrorKind::PermissionDenied => {
                return Err(Error::no_permission(&error));
            }
            Err(error) if prefix.is_empty() => return Err(Error::unavailable(error)),
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                self.unreadable.push(Unreadable { path: prefix.to_owned(), reason: FOLDER_DENIED });
                return Ok(names);
            }
            Err(_gone) => return Ok(names),
        };
        for entry in entries.flatten() {
            let Ok(mut name) = entry.file_name().into_string() else { continue };
            let Ok(kind) = entry.file_type() else { continue };
            if name.starts_with('.') {
                continue;
            }
            if kind.is_dir() {
                name.push('/');
            }
            if !self.is_before(&format!("{prefix}{name}")) {
                names.push(name);
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    fn is_before(&self, path: &str) -> bool {
        path <= self.after && !(path.ends_with('/') && self.after.starts_with(path))
    }
}
