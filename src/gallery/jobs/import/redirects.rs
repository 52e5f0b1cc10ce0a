//! Maps of the addresses that manifests had on another server to those on this one.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use url::Url;
use xxhash_rust::xxh3::xxh3_64;

use crate::catalogue::collection_name;
use crate::iiif::Version;
use crate::presentation::{Address, IMPORTED_SCHEME};
use crate::record::Work;
use crate::record::read::{SourceCollection, resource_ids};

/// Writes maps of old to new addresses while records are imported: JSON, or an nginx `map`.
pub(crate) struct Redirects {
    maps: Vec<RedirectMap>,
    address: Address,
    failed: Option<String>,
}

/// A file with a map.
struct RedirectMap {
    path: PathBuf,
    file: BufWriter<File>,
    is_json: bool,
    /// Hashes of the old addresses in it, which are unique.
    known: HashSet<u64>,
}

impl Redirects {
    /// Begins the files: JSON if a name ends in `.json`, otherwise an nginx `map`. `prefix` is the path below which this
    /// server is published, as in `/art`; may be empty.
    ///
    /// # Errors
    /// Names the file that cannot be written.
    pub(crate) fn create(paths: &[PathBuf], prefix: &str) -> Result<Self, String> {
        let maps = paths.iter().map(|path| RedirectMap::create(path)).collect::<Result<_, _>>()?;
        Ok(Self { maps, address: Address::new(prefix), failed: None })
    }

    /// Adds the manifest that a work was read from, and its canvases.
    pub(super) fn add(&mut self, work: &Work, original: Option<&str>) {
        if self.maps.is_empty() || self.failed.is_some() || work.canvases.is_none() {
            return;
        }
        let Some(ids) = original.and_then(resource_ids) else { return };
        let version = if ids.is_version_2 { Version::V2 } else { Version::V3 };
        let manifest = (ids.manifest, self.address.manifest(version, &work.object_number));
        let canvases = ids.canvases.into_iter().zip(1..);
        let canvases = canvases.map(|(id, number)| (id, self.address.canvas(&work.object_number, number)));
        let all: Vec<(String, String)> = std::iter::once(manifest).chain(canvases).collect();
        all.iter().for_each(|(old, new)| self.write(old, new));
    }

    /// Adds a collection that was read at an address.
    pub(super) fn add_collection(&mut self, collection: &SourceCollection, address: &str) {
        let version = if collection.is_version_2 { Version::V2 } else { Version::V3 };
        let name = collection_name(&collection.uri);
        let new = self.address.facet_value(version, IMPORTED_SCHEME, &name, None);
        self.write(&collection.uri, &new);
        self.write(address, &new);
    }

    fn write(&mut self, old: &str, new: &str) {
        if self.failed.is_some() {
            return;
        }
        for map in &mut self.maps {
            if let Err(error) = map.add(old, new) {
                self.failed = Some(format!("cannot write `{}`: {error}", map.path.display()));
                return;
            }
        }
    }

    /// Completes the files. Returns how many addresses are in the first one.
    ///
    /// # Errors
    /// Names the file that could not be written.
    pub(crate) fn finish(self) -> Result<usize, String> {
        if let Some(reason) = self.failed {
            return Err(reason);
        }
        let mut count = None;
        for map in self.maps {
            let path = map.path.clone();
            let known = map.known.len();
            map.finish().map_err(|error| format!("cannot write `{}`: {error}", path.display()))?;
            count.get_or_insert(known);
        }
        Ok(count.unwrap_or(0))
    }
}

impl RedirectMap {
    fn create(path: &Path) -> Result<Self, String> {
        let is_json = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
        let open = || -> std::io::Result<BufWriter<File>> {
            let mut file = BufWriter::new(File::create(path)?);
            // The variable is empty for other paths: `if ($tegl_address) { return 301 $tegl_address; }`
            file.write_all(if is_json { b"{" } else { b"map $request_uri $tegl_address {\n" })?;
            Ok(file)
        };
        let file = open().map_err(|error| format!("cannot write `{}`: {error}", path.display()))?;
        Ok(Self { path: path.to_owned(), file, is_json, known: HashSet::new() })
    }

    fn add(&mut self, old: &str, new: &str) -> std::io::Result<()> {
        let Ok(url) = Url::parse(old) else { return Ok(()) };
        if url.fragment().is_some() || !url.has_host() {
            return Ok(());
        }
        let path =
            url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        let key = if self.is_json { old } else { &path };
        // nginx refuses a map with a path twice, as two hosts may have it.
        let is_first = self.known.insert(xxh3_64(key.as_bytes()));
        if !is_first {
            return Ok(());
        }
        if self.is_json {
            let comma = if self.known.len() > 1 { "," } else { "" };
            let (old, new) = (serde_json::Value::from(key), serde_json::Value::from(new));
            return write!(self.file, "{comma}\n{old}:{new}");
        }
        writeln!(self.file, "    {} {};", quoted(key), quoted(new))
    }

    fn finish(mut self) -> std::io::Result<()> {
        self.file.write_all(if self.is_json { b"\n}\n" } else { b"}\n" })?;
        self.file.flush()
    }
}

/// A string of nginx's configuration. URLs are percent-encoded, so of special characters only `$` can be in one: it
/// would begin a variable, which no escape prevents, so it is encoded.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "%24"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn old_addresses_lead_to_new_ones() {
        let folder = tempfile::tempdir().unwrap();
        let paths = ["old.json", "old.map"].map(|name| folder.path().join(name));
        let mut redirects = Redirects::create(&paths, "/art").unwrap();
        let original = json!({"@context": "http://iiif.io/api/presentation/2/context.json", "@id": "https://a.org/7/m?x=\"1",
            "@type": "sc:Manifest", "sequences": [{"canvases": [{"@id": "https://a.org/7/c1"}, {"@id": "https://a.org/7#2"}]}]});
        let work = Work { object_number: "B 7".into(), canvases: Some(2), ..Work::default() };
        redirects.add(&work, Some(&original.to_string()));
        redirects.add(&work, Some(&original.to_string().replace("a.org", "b.org")));
        redirects.add(&Work::default(), Some("{}"));
        assert_eq!(redirects.finish(), Ok(4));
        let json: Value = serde_json::from_slice(&std::fs::read(&paths[0]).unwrap()).unwrap();
        assert_eq!(json["https://a.org/7/m?x=\"1"], "/art/presentation/2/B%207/manifest");
        assert_eq!(json["https://b.org/7/c1"], "/art/presentation/3/B%207/canvas/1");
        let expected = "map $request_uri $tegl_address {\n    \"/7/m?x=%221\" \"/art/presentation/2/B%207/manifest\";\n    \
                        \"/7/c1\" \"/art/presentation/3/B%207/canvas/1\";\n}\n";
        assert_eq!(std::fs::read_to_string(&paths[1]).unwrap(), expected);
    }
}
