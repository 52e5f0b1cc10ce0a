//! A whole work in one ZIP: the images that rights allow, the record, and a rights statement.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::{self, ETag};
use actix_web::{HttpRequest, HttpResponse};
use async_zip::base::write::ZipFileWriter;
use async_zip::{Compression, ZipEntryBuilder};
use bytes::Bytes;
use futures::io::AsyncWriteExt;
use futures::stream::BoxStream;
use futures::{Stream, StreamExt, TryStreamExt};
use tokio::task::AbortHandle;
use tokio_util::compat::TokioAsyncWriteCompatExt;
use tokio_util::io::ReaderStream;

use super::disposition::{disposition, safe};
use super::{holding, named};
use crate::gallery::{
    Body, Described, Error, Grant, ImageService, OpenedImage, Original, PlannedImage, error_chain,
};
use crate::identity::Identity;
use crate::iiif::{Format, Version};
use crate::presentation::Address;
use crate::store::Version as Stored;
use crate::web::App;
use crate::web::http::conditional::{entity_tag, is_not_modified, not_modified};
use crate::web::http::response::Response;
use crate::web::iiif::image::for_client;
use crate::web::route::Image;

/// A file in the archive.
struct Entry {
    name: String,
    content: BoxStream<'static, Result<Bytes, Error>>,
    /// In bytes; 0 if unknown.
    length: u64,
    /// Its line in the rights statement.
    about: String,
}

/// Size of the buffer between the writer of the archive and its reader, in bytes.
const PIPE: usize = 64 << 10;
/// Delay before a file is requested again while the server is busy.
const AGAIN: Duration = Duration::from_secs(1);
/// Archives of this size or more use Zip64, in bytes.
const LARGE: u64 = 3 << 30;

/// `GET /download/work/{work}.zip`.
pub(crate) async fn archive(app: &App, request: &HttpRequest, work: Image<'_>) -> Result<Response, Error> {
    let described = app.gallery.works.describe_unannotated(&work.identifier).await?;
    let address = Address::new(&app.base.of(request)?);
    let name = format!("{}.zip", safe(&named(app, &described)));
    let tag = {
        let version = |shown: &OpenedImage| state(shown.granted.origin().2, shown.granted.grant);
        let versions: Vec<String> = described.images.iter().map(version).collect();
        let record = serde_json::to_vec(&described.work).unwrap_or_default();
        entity_tag(&[address.base().as_bytes(), &record, versions.join(" ").as_bytes()])
    };
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CONTENT_DISPOSITION, disposition(&name)));
    response.insert_header(ETag(tag.clone())).insert_header((header::CACHE_CONTROL, "no-cache"));
    if is_not_modified(request, tag.tag()) {
        return Ok(not_modified(&mut response));
    }
    response.content_type("application/zip");
    if request.method() == actix_web::http::Method::HEAD {
        return Ok(response.finish().into());
    }
    let mut entries = entries(app, request, &address, &described).await?;
    if let Some(first) = entries.first_mut() {
        begin(first).await?;
    }
    let (reader, writer) = tokio::io::duplex(PIPE);
    let making = actix_web::rt::spawn(async move {
        if let Err(reason) = write(writer, entries).await {
            tracing::error!(error = reason, "an archive was aborted");
        }
    });
    let making = Making(making.abort_handle());
    let pieces = ReaderStream::with_capacity(reader, 32 << 10).inspect(move |_| {
        let _kept = &making;
    });
    Ok(Response { response: response.streaming(pieces), note: "archive" })
}

/// The version of an image and the rights to it, as part of the ETag.
fn state(version: &Stored, grant: Grant) -> String {
    format!("{} {}", version.identity(), grant.identity())
}

/// Aborts the writer of an archive when its reader is dropped.
struct Making(AbortHandle);

impl Drop for Making {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The content of a file, which is started only when the archive reaches it.
fn later<S>(
    begin: impl Future<Output = Result<S, Error>> + Send + 'static,
) -> BoxStream<'static, Result<Bytes, Error>>
where
    S: Stream<Item = Result<Bytes, Error>> + Send + 'static,
{
    futures::stream::once(begin).try_flatten().boxed()
}

/// Retries while the server is busy, because an archive that has begun should be completed. The first file is not retried.
async fn patiently<T, F: Future<Output = Result<T, Error>>>(
    first: bool,
    mut ask: impl FnMut() -> F,
) -> Result<T, Error> {
    loop {
        match ask().await {
            Err(Error::Busy { .. }) if !first => tokio::time::sleep(AGAIN).await,
            other => return other,
        }
    }
}

/// An original, once memory for its pieces is admitted.
fn original_of(first: bool, original: Original) -> BoxStream<'static, Result<Bytes, Error>> {
    later(async move {
        let unsent = patiently(first, || original.admit()).await?;
        Ok(holding(unsent, original.all()))
    })
}

/// A rendition, whole or streamed.
fn rendition_of(
    first: bool,
    images: Arc<ImageService>,
    planned: PlannedImage,
) -> BoxStream<'static, Result<Bytes, Error>> {
    later(async move {
        match patiently(first, || planned.clone().deliver()).await?.body {
            Body::Streamed(streamed) => Ok(streamed.pieces().boxed()),
            Body::Whole { bytes, .. } => {
                let unsent = patiently(first, || images.unsent(&bytes)).await?;
                Ok(holding(unsent, futures::stream::iter([Ok(bytes)])).boxed())
            }
        }
    })
}

async fn entries(
    app: &App,
    request: &HttpRequest,
    address: &Address,
    described: &Described,
) -> Result<Vec<Entry>, Error> {
    let mut entries = Vec::with_capacity(described.images.len() + 2);
    let mut names = HashSet::from(["record.json".to_owned(), "RIGHTS.txt".to_owned()]);
    for shown in &described.images {
        let (file, granted) = (&shown.image.file, &shown.granted);
        let base = file.rsplit(['/', ':']).next().unwrap_or(file);
        let full = granted.all().dimensions();
        if let Some(original) = app.gallery.images.original_of(granted) {
            let about = format!("the original, {full} pixels");
            let (length, content) = (original.length(), original_of(entries.is_empty(), original));
            entries.push(Entry { name: distinct(&mut names, &safe(base)), content, length, about });
            continue;
        }
        let planned = app.gallery.images.plan_rendition(file, Format::Jpg).await?;
        let planned = for_client(app, request, planned);
        let about =
            format!("a rendition of {} pixels; the original of {full} is not available", planned.size());
        let stem = base.rsplit_once('.').map_or(base, |(stem, _)| stem);
        let name = distinct(&mut names, &safe(&format!("{stem}.jpg")));
        let content = rendition_of(entries.is_empty(), app.gallery.images.clone(), planned);
        entries.push(Entry { name, content, length: 0, about });
    }
    let rights = statement(address, described, &entries);
    let is_limited = app.gallery.works.is_limited(&described.work);
    let published = is_limited.then(|| described.work.without_source_images());
    let record =
        serde_json::to_string_pretty(published.as_ref().unwrap_or(&described.work)).unwrap_or_default();
    for (name, text) in [("record.json", record), ("RIGHTS.txt", rights)] {
        let (length, text) = (text.len() as u64, Bytes::from(text));
        let content = futures::stream::once(async move { Ok(text) }).boxed();
        entries.push(Entry { name: name.into(), content, length, about: String::new() });
    }
    Ok(entries)
}

/// Starts the first file, so that errors and a busy server are reported before the response begins.
async fn begin(entry: &mut Entry) -> Result<(), Error> {
    let content = std::mem::replace(&mut entry.content, futures::stream::empty().boxed());
    let (first, rest) = content.into_future().await;
    entry.content = futures::stream::iter(first.transpose()?.map(Ok)).chain(rest).boxed();
    Ok(())
}

/// A name that is unique in the archive.
fn distinct(names: &mut HashSet<String>, name: &str) -> String {
    let (stem, ending) =
        name.rsplit_once('.').map_or((name, String::new()), |(stem, ending)| (stem, format!(".{ending}")));
    let numbered = |number: usize| format!("{stem} ({number}){ending}");
    let mut found = name.to_owned();
    let mut number = 1;
    while names.iter().any(|known| known.eq_ignore_ascii_case(&found)) {
        number += 1;
        found = numbered(number);
    }
    names.insert(found.clone());
    found
}

/// The rights statement as text.
fn statement(address: &Address, described: &Described, entries: &[Entry]) -> String {
    let work = &described.work;
    let mut text = format!("{}\n", work.label().best(&["en"]).unwrap_or_default());
    let mut line = |label: &str, value: &str| {
        if !value.trim().is_empty() {
            text.push_str(&format!("{label}: {}\n", value.trim()));
        }
    };
    let creators: Vec<&str> = work.creators.iter().map(|creator| creator.name.as_str()).collect();
    line("Creator", &creators.join("; "));
    line("Object number", &work.object_number);
    line("Credit", work.credit_line.best(&["en"]).unwrap_or_default());
    line("Rights", work.rights.as_deref().unwrap_or_default());
    line(
        "Public domain",
        match work.public_domain {
            Some(true) => "yes",
            Some(false) => "no",
            None => "not stated",
        },
    );
    line("Source", &address.manifest(Version::V3, &work.object_number));
    text.push_str("\nFiles\n");
    for entry in entries {
        text.push_str(&format!("{}: {}\n", entry.name, entry.about));
    }
    if entries.is_empty() {
        text.push_str("No image of this work is available here.\n");
    }
    text
}

async fn write(writer: tokio::io::DuplexStream, entries: Vec<Entry>) -> Result<(), String> {
    let large = entries.iter().map(|entry| entry.length).sum::<u64>() > LARGE;
    let mut zip = ZipFileWriter::new(writer.compat_write());
    if large {
        zip = zip.force_zip64();
    }
    for mut entry in entries {
        let file =
            ZipEntryBuilder::new(entry.name.clone().into(), Compression::Stored).unix_permissions(0o644);
        // The reader has left.
        let Ok(mut file) = zip.write_entry_stream(file).await else { return Ok(()) };
        while let Some(piece) = entry
            .content
            .try_next()
            .await
            .map_err(|error| format!("{}: {}", entry.name, error_chain(&error)))?
        {
            if file.write_all(&piece).await.is_err() {
                return Ok(());
            }
        }
        if file.close().await.is_err() {
            return Ok(());
        }
    }
    let _whoever_left = zip.close().await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ETags of archives depend on it.
    #[test]
    fn the_state_of_images_in_etags_is_stable() {
        let version = |etag: &str, size| Stored { etag: etag.into(), size };
        for (version, grant, expected) in [
            (
                version("\"v1\"", 20),
                Grant { largest: u32::MAX, original: true },
                r#"Version { etag: "\"v1\"", size: 20 } Grant { largest: 4294967295, original: true }"#,
            ),
            (
                version("1f-18c2a0b4d5e6f700-10", 1 << 33),
                Grant { largest: 0, original: false },
                r#"Version { etag: "1f-18c2a0b4d5e6f700-10", size: 8589934592 } Grant { largest: 0, original: false }"#,
            ),
        ] {
            assert_eq!(state(&version, grant), expected);
        }
    }

    #[test]
    fn names_in_an_archive_are_distinct() {
        let mut names = HashSet::new();
        let found: Vec<String> =
            ["a.tif", "A.tif", "a.tif", "b"].iter().map(|name| distinct(&mut names, name)).collect();
        assert_eq!(found, ["a.tif", "A (2).tif", "a (3).tif", "b"]);
    }

    #[tokio::test]
    #[expect(deprecated, reason = "its successor has no reader of whole archives")]
    async fn the_written_archive_is_a_valid_zip() {
        let entry = |name: &str, text: &'static str| Entry {
            name: name.into(),
            content: futures::stream::iter([Ok(Bytes::from_static(text.as_bytes())), Ok(Bytes::new())])
                .boxed(),
            length: 4 << 30,
            about: String::new(),
        };
        let (reader, writer) = tokio::io::duplex(64);
        let written = tokio::spawn(write(writer, vec![entry("Ø.txt", "one"), entry("two.txt", "")]));
        let zip: Vec<Bytes> = ReaderStream::new(reader).try_collect().await.unwrap();
        written.await.unwrap().unwrap();
        let zip = async_zip::base::read::mem::ZipFileReader::new(zip.concat()).await.unwrap();
        let names: Vec<_> =
            zip.file().entries().iter().map(|entry| entry.filename().as_str().unwrap().to_owned()).collect();
        assert_eq!(names, ["Ø.txt", "two.txt"]);
        let mut text = String::new();
        zip.reader_with_entry(0).await.unwrap().read_to_string_checked(&mut text).await.unwrap();
        assert_eq!(text, "one");
    }

    #[tokio::test]
    #[expect(deprecated, reason = "its successor has no reader of whole archives")]
    async fn a_failing_master_aborts_the_archive() {
        let (reader, writer) = tokio::io::duplex(64 << 10);
        let content = futures::stream::iter([Ok(Bytes::from_static(b"x")), Err(Error::NotFound)]).boxed();
        let entry = Entry { name: "a".into(), content, length: 0, about: String::new() };
        assert!(write(writer, vec![entry]).await.is_err());
        let zip: Vec<Bytes> = ReaderStream::new(reader).try_collect().await.unwrap();
        assert!(async_zip::base::read::mem::ZipFileReader::new(zip.concat()).await.is_err());
    }
}
