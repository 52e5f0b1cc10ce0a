//! The pyramid store: what pyramids are called there, and how they come to lie in it.

use tempfile::NamedTempFile;
use xxhash_rust::xxh3::xxh3_128;

use super::Error;
use crate::gallery::opened::Opened;
use crate::store::{self, Key, Store, Workspace};

/// A folder or bucket of pyramids; anything in it can be made again.
pub struct Shelf {
    store: Store,
    workspace: Workspace,
}

impl Shelf {
    /// On a store that was opened to be written to.
    pub fn new(store: Store) -> Result<Self, Error> {
        let workspace = store.workspace()?;
        Ok(Self { store, workspace })
    }

    pub fn store(&self) -> &Store {
        &self.store
    }

    /// What the master's pyramid is called: by the master's name and page, its version, and the recipe.
    pub fn key(&self, master: &Opened, recipe: &str) -> Result<Key, Error> {
        let (_, key, version) = master.origin();
        let name = format!("{}\0{}", key.as_str(), master.page);
        let made_of = format!("{}\0{}\0{recipe}", version.etag, version.size);
        let (name, made_of) = (xxh3_128(name.as_bytes()), xxh3_128(made_of.as_bytes()));
        let path = format!("{:02x}/{name:032x}/{made_of:032x}.tif", name >> 120);
        Key::parse(&path).map_err(|bad| Error::Fault(bad.to_string()))
    }

    /// A file for work that nobody sees before it is put.
    pub fn unfinished(&self) -> Result<NamedTempFile, Error> {
        self.workspace.file().map_err(|error| store::Error::unavailable(error).into())
    }

    /// Puts a finished pyramid in its place, and takes those away that it replaces.
    pub async fn put(&self, key: &Key, file: NamedTempFile) -> Result<(), Error> {
        self.store.move_file(key, file.into_temp_path()).await?;
        self.forget_older(key).await;
        Ok(())
    }

    /// Pyramids of former versions of the same master; one that stays behind does no harm.
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
                tracing::warn!(pyramid = other.as_str(), %error, "an outdated pyramid stays");
            }
        }
    }
}
