//! Reads a whole document as a stream: a local file, an object of a bucket, or a web address.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::sync::Arc;

use bytes::{Buf, Bytes};
use futures::StreamExt;
use futures::stream::BoxStream;
use url::Url;

pub use super::web::Hosts;
pub use super::web::{DocumentError, Limits, WebClient};
use super::{Error, Key, Settings, Store, runtime};

/// A document to be read with blocking calls, on a thread that may block.
pub struct Document {
    /// The location, after redirects.
    pub location: String,
    /// The bytes of the document as stored; gzip is not decompressed here.
    pub input: Box<dyn Read + Send>,
}

/// Opens a document at a location from the operator.
///
/// # Errors
/// Returns [`DocumentError::Refused`] if its host is not allowed, and [`DocumentError::Failed`] if it does not exist
/// or cannot be read.
pub fn open(location: &str, settings: &Settings, web: &WebClient) -> Result<Document, DocumentError> {
    let input = match location.split_once("://") {
        None | Some(("file", _)) => file(location).map_err(DocumentError::Failed)?,
        Some(("http" | "https", _)) => return open_web(location, web),
        Some(_) => object(location, settings).map_err(DocumentError::Failed)?,
    };
    Ok(Document { location: location.to_owned(), input })
}

/// Opens a document at a web address only, because documents must not refer to files of this machine.
///
/// # Errors
/// Returns [`DocumentError::Refused`] if its host is not allowed, and [`DocumentError::Failed`] if it cannot be read
/// or is not at a web address.
pub fn open_web(address: &str, web: &WebClient) -> Result<Document, DocumentError> {
    let is_web = Url::parse(address).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    if !is_web {
        let reason = format!("`{address}` is not a web address: it must begin with `http://` or `https://`");
        return Err(DocumentError::Failed(reason));
    }
    let (location, pieces) = runtime::wait(web.open(address))?;
    Ok(Document { location: location.into(), input: Box::new(Pieces { pieces, rest: Bytes::new() }) })
}

fn file(location: &str) -> Result<Box<dyn Read + Send>, String> {
    let path = location.strip_prefix("file://").unwrap_or(location);
    let file = File::open(path).map_err(|error| error.to_string())?;
    match file.metadata() {
        Ok(metadata) if metadata.is_dir() => Err("it is a folder; name the files in it".into()),
        _ => Ok(Box::new(BufReader::with_capacity(1 << 18, file))),
    }
}

/// Opens an object of a bucket, read in parts of one version.
fn object(location: &str, settings: &Settings) -> Result<Box<dyn Read + Send>, String> {
    const PART: u64 = 1 << 20;
    let (folder, name) = location.rsplit_once('/').unwrap_or((location, ""));
    let store = Store::open(folder, settings).map_err(|error| error.to_string())?;
    let key = Key::parse(name).map_err(|bad| bad.to_string())?;
    // The response to a HEAD request does not say why it was refused.
    let (version, _) = runtime::wait(store.read_start(&key, 1)).map_err(|error| store.cause(&error))?;
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

/// Reads the chunks of a response.
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
    use std::time::Duration;

    use super::*;

    fn web() -> WebClient {
        let limits = Limits { answer: Duration::from_secs(9), silence: Duration::from_secs(9), slowest: 0 };
        WebClient::new(Hosts::default(), limits, &Settings::default()).unwrap()
    }

    #[test]
    fn a_file_is_read_and_a_missing_one_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "records").unwrap();
        let mut text = String::new();
        let location = file.path().to_str().unwrap();
        open(location, &Settings::default(), &web()).unwrap().input.read_to_string(&mut text).unwrap();
        assert_eq!(text, "records");
        let Err(reason) = open("/no/such/file.json", &Settings::default(), &web()) else { panic!() };
        assert!(reason.to_string().starts_with("cannot be read: No such file"), "{reason}");
        let Err(reason) = open("/", &Settings::default(), &web()) else { panic!() };
        assert!(reason.to_string().contains("it is a folder"), "{reason}");
    }

    #[test]
    fn a_document_cannot_name_local_files() {
        for address in
            ["/etc/passwd", "file:///etc/passwd", "s3://bucket/key", "ftp://a/b", "data:,x", "http:"]
        {
            let Err(reason) = open_web(address, &web()) else { panic!("{address}") };
            assert!(reason.to_string().contains("http://"), "{reason}");
        }
    }
}
