//! Writes objects of remote stores, large ones as multipart uploads.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use bytes::Bytes;
use futures::TryStreamExt;
use futures::stream::FuturesUnordered;
use object_store::{
    MultipartUpload, ObjectStore, ObjectStoreExt, PutMode, PutPayload, PutResult, UpdateVersion,
};

use super::reader::{Remote, failed, version_of};
use crate::store::{Error, Key, Version, runtime};

/// The maximum size of a file sent in one request; larger ones are sent in parts of this size.
pub(in crate::store) const PART: u64 = 8 << 20;
/// The maximum number of parts that stores accept.
const MAX_PARTS: u64 = 10_000;
/// The number of concurrent part uploads; with the part being read, they bound the memory.
const IN_FLIGHT: usize = 4;

/// A bucket, or a prefix of one, that is written to.
pub(in crate::store) struct RemoteWriter {
    /// Its timeouts are longer than the reader's.
    store: Arc<dyn ObjectStore>,
    reader: Arc<Remote>,
}

impl RemoteWriter {
    pub(in crate::store) fn new(store: Arc<dyn ObjectStore>, reader: Arc<Remote>) -> RemoteWriter {
        RemoteWriter { store, reader }
    }

    pub(in crate::store) async fn put(&self, key: &Key, bytes: Bytes) -> Result<Version, Error> {
        let size = bytes.len() as u64;
        let put = self.store.put(&self.reader.path(key)?, PutPayload::from(bytes)).await;
        match put.map_err(write_error)?.e_tag {
            Some(etag) => Ok(Version { etag: etag.into(), size }),
            None => self.reader.head(key).await,
        }
    }

    /// Whether the object was written. A retry may be rejected because the first attempt succeeded.
    pub(in crate::store) async fn create(&self, key: &Key, bytes: Bytes) -> Result<bool, Error> {
        let path = self.reader.path(key)?;
        match self.store.put_opts(&path, PutPayload::from(bytes), PutMode::Create.into()).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. }) => {
                Ok(false)
            }
            Err(error) => Err(write_error(error)),
        }
    }

    /// Replaces exactly this version, and returns the new one; `None` if there is another version, or none.
    pub(in crate::store) async fn replace(
        &self,
        key: &Key,
        expected: &Version,
        bytes: Bytes,
    ) -> Result<Option<Version>, Error> {
        let (path, size) = (self.reader.path(key)?, bytes.len() as u64);
        // Google Cloud Storage compares the number of the generation, which only the object's metadata state.
        let found = match self.store.head(&path).await {
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            found => found.map_err(failed)?,
        };
        if version_of(&found) != *expected {
            return Ok(None);
        }
        let mode = PutMode::Update(UpdateVersion { e_tag: found.e_tag, version: found.version });
        match self.store.put_opts(&path, PutPayload::from(bytes), mode.into()).await {
            Ok(PutResult { e_tag: Some(etag), .. }) => Ok(Some(Version { etag: etag.into(), size })),
            Ok(_) => self.reader.head(key).await.map(Some),
            Err(
                object_store::Error::AlreadyExists { .. }
                | object_store::Error::Precondition { .. }
                | object_store::Error::NotFound { .. },
            ) => Ok(None),
            Err(error) => Err(write_error(error)),
        }
    }

    /// Whether the store refuses to create an object that exists, and to update a version that has been replaced. The
    /// object remains.
    pub(in crate::store) async fn honours_conditions(&self, key: &Key) -> Result<bool, Error> {
        let path = self.reader.path(key)?;
        let put = |bytes: &'static str, mode: PutMode| {
            self.store.put_opts(&path, PutPayload::from_static(bytes.as_bytes()), mode.into())
        };
        let refused = |put: object_store::Result<PutResult>| match put {
            Ok(_) => Ok(false),
            Err(object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. }) => {
                Ok(true)
            }
            // Conditional writes are switched off, or the store does not know them.
            Err(object_store::Error::NotImplemented { .. } | object_store::Error::NotSupported { .. }) => {
                Ok(false)
            }
            Err(error) => Err(write_error(error)),
        };
        let first = put("first", PutMode::Overwrite).await.map_err(write_error)?;
        let creates = refused(put("second", PutMode::Create).await)?;
        put("third", PutMode::Overwrite).await.map_err(write_error)?;
        let stale = UpdateVersion { e_tag: first.e_tag, version: first.version };
        Ok(creates && refused(put("fourth", PutMode::Update(stale)).await)?)
    }

    pub(in crate::store) async fn put_file(
        &self,
        key: &Key,
        file: File,
        size: u64,
    ) -> Result<Version, Error> {
        let file = Arc::new(file);
        if size <= PART {
            return self.put(key, part_of(&file, 0..size).await?).await;
        }
        let path = self.reader.path(key)?;
        let mut upload = Upload(Some(self.store.put_multipart(&path).await.map_err(write_error)?));
        if let Err(error) = upload.send(&file, size).await {
            upload.abort().await;
            return Err(error);
        }
        let version = self.reader.head(key).await?;
        match version.size == size {
            true => Ok(version),
            // Another writer replaced it, or the store lost a part.
            false => Err(Error::Changed),
        }
    }

    pub(in crate::store) async fn remove(&self, key: &Key) -> Result<(), Error> {
        match self.store.delete(&self.reader.path(key)?).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }
}

/// A multipart upload that is aborted when it is dropped unfinished.
struct Upload(Option<Box<dyn MultipartUpload>>);

impl Upload {
    async fn send(&mut self, file: &Arc<File>, size: u64) -> Result<(), Error> {
        let upload = self.0.as_mut().ok_or_else(|| Error::unavailable("the upload has ended"))?;
        let mut flying = FuturesUnordered::new();
        for part in parts(size) {
            let bytes = part_of(file, part).await?;
            if flying.len() == IN_FLIGHT {
                flying.try_next().await.map_err(write_error)?;
            }
            flying.push(upload.put_part(PutPayload::from(bytes)));
        }
        while flying.try_next().await.map_err(write_error)?.is_some() {}
        upload.complete().await.map_err(write_error)?;
        self.0 = None;
        Ok(())
    }

    async fn abort(mut self) {
        if let Some(mut upload) = self.0.take() {
            abort(&mut upload).await;
        }
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if let Some(mut upload) = self.0.take() {
            runtime::spawn_detached(async move { abort(&mut upload).await });
        }
    }
}

async fn abort(upload: &mut Box<dyn MultipartUpload>) {
    if let Err(error) = upload.abort().await {
        let cause = Error::unavailable(error);
        tracing::warn!(?cause, "parts of a failed upload remain in the store until it removes them itself");
    }
}

/// Splits a file into parts of equal size, as some stores require, and in a number that all stores accept.
fn parts(size: u64) -> impl Iterator<Item = Range<u64>> {
    let part = PART.max(size.div_ceil(MAX_PARTS).next_multiple_of(1 << 20));
    (0..size.div_ceil(part)).map(move |index| index * part..size.min((index + 1) * part))
}

/// Reads a part of a file on a blocking thread.
async fn part_of(file: &Arc<File>, part: Range<u64>) -> Result<Bytes, Error> {
    let file = file.clone();
    let read = move || {
        let mut bytes = vec![0; (part.end - part.start) as usize];
        file.read_exact_at(&mut bytes, part.start).map(|()| Bytes::from(bytes))
    };
    let read: io::Result<Bytes> = tokio::task::spawn_blocking(read).await.map_err(Error::unavailable)?;
    read.map_err(Error::unavailable)
}

/// A write that gets "not found" is a write to a missing bucket.
fn write_error(error: object_store::Error) -> Error {
    match error {
        object_store::Error::NotFound { source, .. } => Error::unavailable(source),
        other => failed(other),
    }
}
