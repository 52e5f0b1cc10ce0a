//! The pyramid store: the keys of pyramids, and atomic writes.

use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;
use xxhash_rust::xxh3::xxh3_128;

use crate::gallery::Error;
use crate::gallery::backoff;
use crate::gallery::images::handle::ImageHandle;
use crate::store::{self, Key, Store, Version, Workspace};

/// A folder or bucket of pyramids. It is a cache that can be deleted at any time.
pub(crate) struct PyramidStore {
    store: Store,
    /// The folder of unfinished files.
    folder: Option<PathBuf>,
    /// Why the store is read-only, if it is.
    read_only: Option<String>,
}

/// A temporary file for a build, and the workspace that contains it.
pub(crate) struct Unfinished {
    pub file: NamedTempFile,
    pub workspace: Workspace,
}

impl PyramidStore {
    /// A store that was opened for writing.
    pub(crate) fn new(store: Store) -> Result<Self, Error> {
        let folder = store.workspace()?.path().parent().map(Path::to_owned);
        Ok(Self { store, folder, read_only: None })
    }

    /// A read-only store, with the reason: existing pyramids are used, and none are built.
    pub(crate) fn read_only(store: Store, reason: String) -> Self {
        Self { store, folder: None, read_only: Some(reason) }
    }

    /// Why the store is read-only, if it is.
    pub(crate) fn reason_read_only(&self) -> Option<&str> {
        self.read_only.as_deref()
    }

    /// The free bytes of its disk, if known.
    pub(crate) fn room(&self) -> Option<u64> {
        backoff::room(self.folder.as_deref()?)
    }

    pub(crate) fn objects(&self) -> &Store {
        &self.store
    }

    /// The store, for the pyramid of a master: what the disk cache keeps of it is purged with the master.
    pub(crate) fn objects_of(&self, master: &ImageHandle) -> Store {
        let (store, key, _) = master.origin();
        self.store.purged_with(store, key)
    }

    /// The key of a master's pyramid: hashes of the master's key and page, and of its version and the recipe.
    pub(crate) fn key(&self, master: &ImageHandle, recipe: &str) -> Result<Key, Error> {
        let (_, key, version) = master.origin();
        let path = path(key, master.page, version, recipe);
        Key::parse(&path).map_err(|bad| Error::Fault(bad.to_string()))
    }

    /// A new file in a workspace of its own: an older workspace might have been cleaned up meanwhile.
    pub(crate) fn unfinished(&self) -> Result<Unfinished, Error> {
        let workspace = self.store.workspace()?;
        let file = workspace.file().map_err(store::Error::unavailable)?;
        Ok(Unfinished { file, workspace })
    }

    /// Stores a finished pyramid, and deletes the ones that it replaces.
    pub(crate) async fn put(
        &self,
        master: &ImageHandle,
        key: &Key,
        file: NamedTempFile,
    ) -> Result<(), Error> {
        self.objects_of(master).move_file(key, file.into_temp_path()).await?;
        self.forget_older(key).await;
        Ok(())
    }

    /// Deletes pyramids of other versions of the same master. Failures are logged; remaining pyramids are never used.
    async fn forget_older(&self, key: &Key) {
        let Some((folder, _)) = key.as_str().rsplit_once('/') else { return };
        let before = format!("{folder}/");
        let Ok(page) = self.store.list(Some(&before), 16).await else { return };
        for (other, _) in page.keys {
            if other.starts_with(&before)
                && other != key.as_str()
                && let Ok(other) = Key::parse(&other)
                && let Err(error) = self.store.remove(&other).await
            {
                tracing::warn!(pyramid = other.as_str(), %error, "an outdated pyramid could not be deleted");
            }
        }
    }
}

fn path(master: &Key, page: u32, version: &Version, recipe: &str) -> String {
    let name = format!("{}\0{page}", master.as_str());
    let content = format!("{}\0{}\0{recipe}", version.etag, version.size);
    let (name, content) = (xxh3_128(name.as_bytes()), xxh3_128(content.as_bytes()));
    format!("{:02x}/{name:032x}/{content:032x}.tif", name >> 120)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_pyramids_are_stable() {
        let version = |etag: &str, size| Version { etag: etag.into(), size };
        for (master, page, version, recipe, expected) in [
            (
                "a.tif",
                1,
                version("1f-18c2a0b4d5e6f700-10", 16),
                "2 512 Jpeg 88 false Srgb",
                "aa/aa88d3e5069ae98770b1f430a2b092fa/bbddb053524666d12b1067834c8a315f.tif",
            ),
            (
                "malerier/K\u{f8}bke 1.tif",
                3,
                version("\"v1\"", 1 << 33),
                "2 256 Zstd 88 true DisplayP3",
                "c9/c9c837b2aedf161519615dc54cc710d1/6ae1b5e762d315e67a537d565d707146.tif",
            ),
        ] {
            let master = Key::parse(master).unwrap();
            assert_eq!(path(&master, page, &version, recipe), expected);
        }
    }
}
