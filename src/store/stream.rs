//! Reads a document from its beginning to its end: a local file, an object of a bucket, or a web address.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::sync::Arc;

use bytes::{Buf, Bytes};
use futures::StreamExt;
use futures::stream::BoxStream;

use super::{Error, Key, Settings, Store, runtime};

/// A document that is read by whoever may wait, on a thread of its own. Fails with a reason to be put after its location.
pub fn read(location: &str, settings: &Settings) -> Result<Box<dyn Read + Send>, String> {
    let failed = |reason: String| format!("cannot be read: {reason}");
    match location.split_once("://") {
        None | Some(("file", _)) => {
            let path = location.strip_prefix("file://").unwrap_or(location);
            let file = File::open(path).map_err(|error| failed(error.to_string()))?;
            match file.metadata() {
                Ok(metadata) if metadata.is_dir() => {
                    Err(failed("it is a folder; name the files in it".into()))
                }
                _ => Ok(Box::new(BufReader::with_capacity(1 << 18, file))),
            }
        }
        Some(("http" | "https", _)) => web(location, settings).map_err(failed),
        Some(_) => object(location, settings).map_err(failed),
    }
}

/// A web address; its query counts, and redirects are followed.
fn web(address: &str, settings: &Settings) -> Result<Box<dyn Read + Send>, String> {
    let client = reqwest::Client::builder()
        .user_agent(concat!("tegl/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(std::time::Duration::from_millis(settings.connect_timeout_ms))
        .read_timeout(std::time::Duration::from_secs(60))
        .build()
        .map_err(|error| error.to_string())?;
    let request = client.get(address);
    let answer =
        runtime::wait(async move { request.send().await.and_then(reqwest::Response::error_for_status) });
    let answer = answer.map_err(|error| told(&error))?;
    let pieces = answer.bytes_stream().map(|piece| piece.map_err(|error| io::Error::other(told(&error))));
    Ok(Box::new(Pieces { pieces: pieces.boxed(), rest: Bytes::new() }))
}

/// The error and its causes: reqwest's own text says little.
fn told(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(one) = cause {
        text = format!("{text}: {one}");
        cause = one.source();
    }
    text
}

/// An object of a bucket, part after part of one version.
fn object(location: &str, settings: &Settings) -> Result<Box<dyn Read + Send>, String> {
    const PART: u64 = 1 << 20;
    let (folder, name) = location.rsplit_once('/').unwrap_or((location, ""));
    let store = Store::open(folder, settings).map_err(|error| error.to_string())?;
    let key = Key::parse(name).map_err(|bad| bad.to_string())?;
    // The answer to a HEAD request does not say why it was refused.
    let (version, _) = runtime::wait(store.start(&key, 1)).map_err(|error| store.cause(&error))?;
    let shared = Arc::new((store, key, version));
    let pieces = futures::stream::iter((0..shared.2.size).step_by(PART as usize)).then(move |at| {
        let shared = shared.clone();
        async move {
            let (store, key, version) = &*shared;
            let range = at..(at + PART).min(version.size);
            store.read(key, version, range, &[]).await.map_err(|error: Error| io::Error::other(error))
        }
    });
    Ok(Box::new(Pieces { pieces: pieces.boxed(), rest: Bytes::new() }))
}

/// Pieces that arrive one after the other.
struct Pieces {
    pieces: BoxStream<'static, io::Result<Bytes>>,
    rest: Bytes,
}

impl Read for Pieces {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.rest.is_empty() {
            match runtime::wait(self.pieces.next()) {
                Some(piece) => self.rest = piece?,
                None => return Ok(0),
            }
        }
        let length = self.rest.len().min(into.len());
        self.rest.copy_to_slice(&mut into[..length]);
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_and_what_is_not_there_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "records").unwrap();
        let mut text = String::new();
        let location = file.path().to_str().unwrap();
        read(location, &Settings::default()).unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "records");
        let Err(reason) = read("/no/such/file.json", &Settings::default()) else { panic!() };
        assert!(reason.starts_with("cannot be read: No such file"), "{reason}");
        let Err(reason) = read("/", &Settings::default()) else { panic!() };
        assert!(reason.contains("it is a folder"), "{reason}");
    }
}
