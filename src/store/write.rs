//! Writes whole objects atomically.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use bytes::Bytes;
use tempfile::TempPath;

use super::backend::{Reader, Writer};
use super::local::{self, Existing};
use super::open::{self, Access};
use super::{BadKey, Error, Key, OpenError, Settings, Store, Version, Workspace, runtime};

/// After a timeout the write may still succeed.
impl Store {
    /// Opens a folder (created if missing), `s3://bucket/prefix`, `az://container/prefix` or `gs://bucket/prefix` for
    /// writing and reading, and removes leftovers of killed processes.
    ///
    /// A remote store keeps parts of unfinished uploads until its own lifecycle rule removes them (S3:
    /// `AbortIncompleteMultipartUpload`).
    ///
    /// # Errors
    /// Returns an error if the location cannot be written to.
    pub fn open_writable(location: &str, settings: &Settings) -> Result<Store, OpenError> {
        open::open(location, settings, Access::Write).map(|inner| Store(Arc::new(inner), None))
    }

    /// Whether the store was opened for writing.
    pub fn is_writable(&self) -> bool {
        self.0.writer.is_some()
    }

    /// Creates a folder for unfinished files. For local stores [`Store::move_file`] can rename files from it; for
    /// remote stores it is in the system's temporary folder.
    ///
    /// # Errors
    /// Returns [`Error::Unsupported`] if the store was opened for reading only, and other errors if the folder cannot
    /// be created.
    pub fn workspace(&self) -> Result<Workspace, Error> {
        let workspace = match self.writer()? {
            Writer::Local(local) => local.workspace(),
            Writer::Remote(_) => Workspace::new(&std::env::temp_dir()),
        };
        workspace.map_err(local::failed)
    }

    /// Writes an object, replacing any with this key, and returns its version.
    ///
    /// # Errors
    /// Returns [`Error::Unsupported`] if the store was opened for reading only, [`Error::BadKey`] if the key names an
    /// unfinished file, and other errors if the store refuses the write, is full, or does not respond.
    pub async fn put(&self, key: &Key, bytes: Bytes) -> Result<Version, Error> {
        let size = bytes.len() as u64;
        let (deadline, key) = (self.0.settings.write_deadline(size), writable_key(key)?);
        let version = match self.writer()? {
            Writer::Local(local) => {
                let put = move |key: &Key| local.put(key, &bytes, Existing::Replaced);
                self.locally(key, size, put).await?
            }
            Writer::Remote(remote) => {
                let put = {
                    let key = key.clone();
                    runtime::run(deadline, async move { remote.put(&key, bytes).await }).await
                };
                self.forget_version(&key).await;
                put?
            }
        };
        self.0.counters.write(size);
        Ok(version)
    }

    /// Writes an object unless one with this key exists, and returns whether it did. If the response of a remote store
    /// was lost, the retry may return `false` although the first attempt wrote the object, so callers must compare it.
    ///
    /// # Errors
    /// Returns [`Error::Unsupported`] if the store was opened for reading only, [`Error::BadKey`] if the key names an
    /// unfinished file, and other errors if the store refuses the write, is full, or does not respond.
    pub async fn create(&self, key: &Key, bytes: Bytes) -> Result<bool, Error> {
        let size = bytes.len() as u64;
        let (deadline, key) = (self.0.settings.write_deadline(size), writable_key(key)?);
        let created = match self.writer()? {
            Writer::Local(local) => {
                let put = move |key: &Key| match local.put(key, &bytes, Existing::Kept) {
                    Ok(_) => Ok(true),
                    Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
                    Err(error) => Err(error),
                };
                self.locally(key, size, put).await?
            }
            Writer::Remote(remote) => {
                runtime::run(deadline, async move { remote.create(&key, bytes).await }).await?
            }
        };
        if created {
            self.0.counters.write(size);
        }
        Ok(created)
    }

    /// Writes a copy of a finished file in bounded memory, replacing any object with this key, and returns its
    /// version.
    ///
    /// # Errors
    /// Returns [`Error::Unsupported`] if the store was opened for reading only, [`Error::BadKey`] if the key names an
    /// unfinished file, and other errors if the store refuses the write, is full, or does not respond.
    pub async fn put_file(&self, key: &Key, path: &Path) -> Result<Version, Error> {
        let file = File::open(path).map_err(Error::unavailable)?;
        let size = file.metadata().map_err(Error::unavailable)?.len();
        let (deadline, key) = (self.0.settings.write_deadline(size), writable_key(key)?);
        let version = match self.writer()? {
            Writer::Local(local) => self.locally(key, size, move |key| local.put_file(key, &file)).await?,
            Writer::Remote(remote) => {
                let put = {
                    let key = key.clone();
                    runtime::run(deadline, async move { remote.put_file(&key, file, size).await }).await
                };
                self.forget_version(&key).await;
                put?
            }
        };
        self.0.counters.write(size);
        Ok(version)
    }

    /// Writes a finished file like [`Store::put_file`], but consumes it: a local store renames files from its
    /// workspace instead of copying them. The file keeps its permissions, and is removed even if the write fails.
    ///
    /// # Errors
    /// Returns [`Error::Unsupported`] if the store was opened for reading only, [`Error::BadKey`] if the key names an
    /// unfinished file, and other errors if the store refuses the write, is full, or does not respond.
    pub async fn move_file(&self, key: &Key, path: TempPath) -> Result<Version, Error> {
        let Writer::Local(local) = self.writer()? else { return self.put_file(key, &path).await };
        let size = path.metadata().map_err(Error::unavailable)?.len();
        let version = self.locally(writable_key(key)?, size, move |key| local.move_file(key, path)).await?;
        self.0.counters.write(size);
        Ok(version)
    }

    /// Removes the object, if it exists.
    ///
    /// # Errors
    /// Returns [`Error::Unsupported`] if the store was opened for reading only, [`Error::BadKey`] if the key names an
    /// unfinished file, and other errors if the store refuses or does not respond.
    pub async fn remove(&self, key: &Key) -> Result<(), Error> {
        let (deadline, key) = (self.0.settings.write_deadline(0), writable_key(key)?);
        match self.writer()? {
            Writer::Local(local) => self.locally(key, 0, move |key| local.remove(key)).await,
            Writer::Remote(remote) => {
                let removed = {
                    let key = key.clone();
                    runtime::run(deadline, async move { remote.remove(&key).await }).await
                };
                self.forget_version(&key).await;
                removed
            }
        }
    }

    /// Tests whether the store can be written to. Returns whether it honours [`Store::create`] and conditional updates, which
    /// [`Store::claimant`] needs; some stores silently overwrite.
    ///
    /// # Errors
    /// Returns [`Error::Unsupported`] if the store was opened for reading only, and other errors if an object cannot
    /// be written or removed.
    pub async fn probe_writing(&self) -> Result<bool, Error> {
        let now = UNIX_EPOCH.elapsed().unwrap_or_default().as_nanos();
        let key = Key::parse(&format!(".tegl-probe-{:x}-{now:x}", std::process::id()))?;
        let honoured = match self.writer()? {
            Writer::Local(_) => {
                self.create(&key, Bytes::from_static(b"first")).await?;
                self.create(&key, Bytes::from_static(b"second")).await.map(|overwritten| !overwritten)
            }
            Writer::Remote(remote) => {
                let (deadline, key) = (self.0.settings.write_deadline(0), key.clone());
                let honoured =
                    runtime::run(deadline, async move { remote.honours_conditions(&key).await }).await;
                // Two of its writes are unconditional.
                (0..2).for_each(|_| self.0.counters.write(5));
                honoured
            }
        };
        let removed = self.remove(&key).await;
        let honoured = honoured?;
        removed.map(|()| honoured)
    }

    pub(super) fn writer(&self) -> Result<Writer, Error> {
        let unwritable = || Error::Unsupported("the store was opened for reading only".to_owned());
        self.0.writer.clone().ok_or_else(unwritable)
    }

    /// Runs a closure that may block on a disk.
    async fn locally<T: Send + 'static>(
        &self,
        key: Key,
        size: u64,
        write: impl FnOnce(&Key) -> std::io::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        let deadline = self.0.settings.write_deadline(size);
        let result = runtime::block(deadline, {
            let key = key.clone();
            move || write(&key).map_err(local::failed)
        });
        let result = result.await;
        if let Reader::Local(local) = &self.0.reader {
            local.forget(&key);
        }
        result
    }
}

/// The key, unless an object of this name could not be read back.
fn writable_key(key: &Key) -> Result<Key, Error> {
    match key.is_unfinished() {
        true => Err(BadKey::Unfinished.into()),
        false => Ok(key.clone()),
    }
}
