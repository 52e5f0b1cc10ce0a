//! The whole collection in one answer: as JSON Lines, as a table, as a list of manifests.
//!
//! A dump is made while it is sent, always the same bytes from the same state of the index. That state is held for
//! those who go on with a broken download: what they have is made again, and left out.

use std::io::{self, Write};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use actix_web::body::SizedStream;
use actix_web::http::header::{self, HeaderName};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::super::Door;
use super::super::download::{Asked as Ranged, early, range, unchanged_range};
use super::super::headers::entity_tag;
use super::super::image::Answered;
use super::parameters::Asked;
use super::told::Telling;
use crate::gallery::{Error, Gallery};
use crate::iiif::Version;
use crate::presentation::Address;
use crate::search::{Snapshot, Stored};

/// The names of dumps, with their media types.
pub const NAMES: [(&str, &str); 6] = [
    ("works.jsonl", "application/x-ndjson"),
    ("works.csv", "text/csv; charset=utf-8"),
    ("manifests.txt", "text/plain; charset=utf-8"),
    ("works.jsonl.gz", "application/gzip"),
    ("works.csv.gz", "application/gzip"),
    ("manifests.txt.gz", "application/gzip"),
];

/// Bytes that are sent at once.
const PIECE: usize = 256 << 10;
/// Changes with what dumps look like.
const FORM: u8 = 1;

/// `GET /api/v1/dump/{name}`.
pub async fn answer(door: &Door, request: &HttpRequest, name: &str) -> Result<Answered, Error> {
    Asked::read(&[], request.query_string())?;
    let &(name, media_type) = NAMES.iter().find(|(known, _)| *known == name).ok_or(Error::NotFound)?;
    let finder = door.gallery.finder()?;
    let base = door.base.of(request)?;
    let tag_of = |state: u64| entity_tag(&[&state.to_le_bytes(), name.as_bytes(), base.as_bytes(), &[FORM]]);
    // Who goes on with a download goes on in the state that it began in.
    let wanted = request.headers().get(header::IF_RANGE);
    let held =
        wanted.and_then(|wanted| finder.held().into_iter().find(|held| tag_of(held.state()) == *wanted));
    let snapshot = match held {
        Some(held) => held,
        None => finder.hold()?,
    };
    let tag = tag_of(snapshot.state());
    let mut response = HttpResponse::Ok();
    response.insert_header((header::ACCEPT_RANGES, "bytes"));
    response.insert_header((HeaderName::from_static("tegl-revision"), snapshot.revision().to_string()));
    if let Some(early) = early(request, &tag, &mut response) {
        return Ok(early);
    }
    response.insert_header((header::CONTENT_TYPE, media_type));
    response.insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")));
    let dump = Dump { gallery: door.gallery.clone(), snapshot, address: Address::new(&base), name };
    if request.method() == Method::HEAD {
        return Ok(response.finish().into());
    }
    if !request.headers().contains_key(header::RANGE) || !unchanged_range(request, &tag) {
        return Ok(Answered { response: response.streaming(dump.stream(0..u64::MAX)?), note: "streamed" });
    }
    let length = dump.length().await?;
    match range(request, length) {
        Ranged::All => {
            Ok(Answered { response: response.streaming(dump.stream(0..u64::MAX)?), note: "streamed" })
        }
        Ranged::Part(part) => {
            response.status(StatusCode::PARTIAL_CONTENT);
            let (first, last, sized) = (part.start, part.end - 1, part.end - part.start);
            response.insert_header((header::CONTENT_RANGE, format!("bytes {first}-{last}/{length}")));
            let body = SizedStream::new(sized, dump.stream(part)?);
            Ok(Answered { response: response.body(body), note: "streamed" })
        }
        Ranged::Beyond => {
            let mut response = HttpResponse::RangeNotSatisfiable();
            response.insert_header((header::CONTENT_RANGE, format!("bytes */{length}")));
            Ok(response.finish().into())
        }
    }
}

/// A dump of one state of the index.
struct Dump {
    gallery: Arc<Gallery>,
    snapshot: Arc<Snapshot>,
    address: Address,
    name: &'static str,
}

impl Dump {
    /// Its bytes within a range, made while they are sent.
    fn stream(
        self,
        part: Range<u64>,
    ) -> Result<impl futures::Stream<Item = Result<Bytes, io::Error>> + use<>, Error> {
        let gallery = self.gallery.clone();
        let (sender, receiver) = tokio::sync::mpsc::channel(4);
        gallery.finder()?.dump(move || {
            let outlet = Outlet { sender: sender.clone(), part, at: 0, held: Vec::with_capacity(PIECE) };
            if let Err(error) = self.write(outlet).and_then(Outlet::finish)
                && error.kind() != io::ErrorKind::BrokenPipe
            {
                tracing::error!(%error, "a dump was broken off");
                let _ = sender.blocking_send(Err(error));
            }
        })?;
        Ok(futures::stream::unfold(receiver, |mut receiver| async move {
            receiver.recv().await.map(|piece| (piece, receiver))
        }))
    }

    /// How many bytes it has; made once to know.
    async fn length(&self) -> Result<u64, Error> {
        let finder = self.gallery.finder()?.clone();
        let key = format!("{} {:x} {}", self.name, self.snapshot.state(), self.address.base());
        if let Some(length) = finder.lengths().get(&key) {
            return Ok(length);
        }
        let counted = Arc::new(AtomicU64::new(0));
        let (done, waiting) = tokio::sync::oneshot::channel();
        let dump = Self {
            gallery: self.gallery.clone(),
            snapshot: self.snapshot.clone(),
            address: self.address.clone(),
            name: self.name,
        };
        let sum = counted.clone();
        finder.dump(move || {
            let _ = done.send(dump.write(Counter(sum)).map(drop));
        })?;
        let made = waiting.await.map_err(|_| Error::Abandoned)?;
        made.map_err(|error| Error::Fault(error.to_string()))?;
        let length = counted.load(Ordering::Relaxed);
        finder.lengths().insert(key, length);
        Ok(length)
    }

    /// Writes all of it.
    fn write<W: Write>(&self, into: W) -> io::Result<W> {
        match self.name.strip_suffix(".gz") {
            Some(form) => {
                let mut packed =
                    GzEncoder::new(io::BufWriter::with_capacity(PIECE, into), Compression::fast());
                self.write_as(form, &mut packed)?;
                packed.finish()?.into_inner().map_err(io::IntoInnerError::into_error)
            }
            None => {
                let mut into = into;
                self.write_as(self.name, &mut into)?;
                Ok(into)
            }
        }
    }

    fn write_as(&self, form: &str, into: &mut impl Write) -> io::Result<()> {
        let telling = Telling { gallery: &self.gallery, address: &self.address, fields: None, lang: None };
        let mut failed = None;
        let mut table = (form == "works.csv").then(|| csv::WriterBuilder::new().from_writer(Vec::new()));
        if let Some(table) = &mut table {
            table.write_record(COLUMNS)?;
        }
        let mut line = |stored: Stored| -> io::Result<()> {
            match &mut table {
                Some(table) => {
                    table.write_record(row(&stored, &telling))?;
                    table.flush()?;
                    let written = table.get_ref().len();
                    if written > PIECE / 2 {
                        let full =
                            std::mem::replace(table, csv::WriterBuilder::new().from_writer(Vec::new()));
                        into.write_all(
                            &full.into_inner().map_err(|error| io::Error::other(error.to_string()))?,
                        )?;
                    }
                    Ok(())
                }
                None if form == "manifests.txt" => {
                    into.write_all(self.address.manifest(Version::V3, &stored.number()).as_bytes())?;
                    into.write_all(b"\n")
                }
                None => {
                    let mut told = telling.work(&stored);
                    told.push('\n');
                    into.write_all(told.as_bytes())
                }
            }
        };
        let read = self.snapshot.each(|stored| match line(stored) {
            Ok(()) => true,
            Err(error) => {
                failed = Some(error);
                false
            }
        });
        read.map_err(|error| io::Error::other(error.to_string()))?;
        if let Some(error) = failed {
            return Err(error);
        }
        if let Some(table) = table {
            into.write_all(&table.into_inner().map_err(|error| io::Error::other(error.to_string()))?)?;
        }
        Ok(())
    }
}

const COLUMNS: [&str; 20] = [
    "object_number",
    "title",
    "creators",
    "date",
    "earliest",
    "latest",
    "object_type",
    "techniques",
    "materials",
    "department",
    "collections",
    "credit_line",
    "rights",
    "public_domain",
    "tags",
    "page",
    "manifest",
    "thumbnail",
    "images",
    "changed",
];

/// A work as a row; several values are separated by ` | `.
fn row(stored: &Stored, telling: &Telling<'_>) -> Vec<String> {
    let work = stored.work().unwrap_or_default();
    let told: serde_json::Value = serde_json::from_str(&telling.work(stored)).unwrap_or_default();
    let said = |name: &str| told[name].as_str().unwrap_or_default().to_owned();
    let best = |text: &crate::record::Text| text.best(&[]).unwrap_or_default().to_owned();
    let list = |values: Vec<String>| {
        values.into_iter().filter(|value| !value.is_empty()).collect::<Vec<_>>().join(" | ")
    };
    let year = |year: Option<i32>| year.map(|year| year.to_string()).unwrap_or_default();
    let (earliest, latest) = work.years();
    let services = told["images"].as_array().into_iter().flatten();
    let services = services.filter_map(|image| image["service"].as_str().map(str::to_owned));
    vec![
        work.object_number.clone(),
        best(&work.label()),
        list(work.creators.iter().map(|creator| creator.name.clone()).collect()),
        list(work.production.iter().map(|made| best(&made.text)).collect()),
        year(earliest),
        year(latest),
        list(work.object_type.iter().map(best).collect()),
        list(work.techniques.iter().map(best).collect()),
        list(work.materials.iter().map(best).collect()),
        best(&work.department),
        list(work.collections.iter().map(best).collect()),
        best(&work.credit_line),
        work.rights.clone().unwrap_or_default(),
        work.public_domain.map(|is| is.to_string()).unwrap_or_default(),
        list(work.tags.iter().map(|tag| format!("{}:{}", tag.scheme, best(&tag.label))).collect()),
        said("page"),
        said("manifest"),
        said("thumbnail"),
        list(services.collect()),
        said("changed"),
    ]
}

/// Sends what is written within a range, in pieces.
struct Outlet {
    sender: tokio::sync::mpsc::Sender<Result<Bytes, io::Error>>,
    part: Range<u64>,
    /// Bytes that have been written, sent or not.
    at: u64,
    held: Vec<u8>,
}

impl Outlet {
    fn send(&mut self) -> io::Result<()> {
        if self.held.is_empty() {
            return Ok(());
        }
        let piece = std::mem::replace(&mut self.held, Vec::with_capacity(PIECE + (16 << 10)));
        self.sender.blocking_send(Ok(piece.into())).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    fn finish(mut self) -> io::Result<()> {
        self.send()
    }
}

impl Write for Outlet {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let end = self.at + bytes.len() as u64;
        let from = self.part.start.clamp(self.at, end) - self.at;
        let to = self.part.end.clamp(self.at, end) - self.at;
        if let Some(wanted) = bytes.get(from as usize..to as usize) {
            self.held.extend_from_slice(wanted);
        }
        self.at = end;
        if self.held.len() >= PIECE {
            self.send()?;
        }
        if self.at >= self.part.end {
            self.send()?;
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Counts what is written.
struct Counter(Arc<AtomicU64>);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
