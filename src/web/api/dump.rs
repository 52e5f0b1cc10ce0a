//! Dumps of the whole collection: JSON Lines, CSV, and a list of manifests.
//!
//! A dump is generated while it is sent, with the same bytes for the same state of the index. That state is kept for
//! clients that resume a download: the part they have is generated again and skipped.

use std::io::{self, Write};
use std::ops::Range;
use std::sync::Arc;

use actix_web::body::SizedStream;
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderName};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::query::ApiQuery;
use super::serializer::WorkSerializer;
use crate::gallery::{Dump, Error, Gallery};
use crate::identity::Identity;
use crate::iiif::Version;
use crate::presentation::Address;
use crate::record::{Status, Tag};
use crate::search::{self, IndexedWork, ScanPosition, Snapshot};
use crate::web::App;
use crate::web::http::conditional::{conditional_response, entity_tag, satisfies_if_range};
use crate::web::http::range::RangeRequest;
use crate::web::http::response::Response;

/// The names of dumps, with their media types.
pub(super) const NAMES: [(&str, &str); 6] = [
    ("works.jsonl", "application/x-ndjson"),
    ("works.csv", "text/csv; charset=utf-8"),
    ("manifests.txt", "text/plain; charset=utf-8"),
    ("works.jsonl.gz", "application/gzip"),
    ("works.csv.gz", "application/gzip"),
    ("manifests.txt.gz", "application/gzip"),
];

/// Size of a piece in bytes.
const PIECE: usize = 128 << 10;
/// Number of works that one step writes.
const WORKS: usize = 500;
/// The format of dumps may change with it.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// `GET /api/v1/dump/{name}`.
pub(super) async fn answer(app: &App, request: &HttpRequest, name: &str) -> Result<Response, Error> {
    ApiQuery::read(&[], request.query_string())?;
    let &(name, media_type) = NAMES.iter().find(|(known, _)| *known == name).ok_or(Error::NotFound)?;
    let search_service = app.gallery.search()?;
    let base = app.base.of(request)?;
    // A dump depends on the rights settings, too.
    let rights = app.gallery.images.rights().identity();
    let tag_of = |state: u64| {
        entity_tag(&[
            &state.to_le_bytes(),
            name.as_bytes(),
            base.as_bytes(),
            rights.as_bytes(),
            VERSION.as_bytes(),
        ])
    };
    // A resumed download continues in the state that it started in.
    let held = match request.headers().contains_key(header::IF_RANGE) {
        true => search_service.held(|state| satisfies_if_range(request, &tag_of(state))),
        false => None,
    };
    let snapshot = match held {
        Some(held) => held,
        None => search_service.snapshot()?,
    };
    let tag = tag_of(snapshot.state());
    let mut response = HttpResponse::Ok();
    response.insert_header((header::ACCEPT_RANGES, "bytes"));
    response.insert_header((HeaderName::from_static("tegl-revision"), snapshot.revision().to_string()));
    if let Some(response) = conditional_response(request, &tag, &mut response) {
        return Ok(response);
    }
    response.insert_header((header::CONTENT_TYPE, media_type));
    response.insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")));
    let dump = WorksDump { gallery: app.gallery.clone(), snapshot, address: Address::new(&base), name };
    if request.method() == Method::HEAD {
        let nothing = futures::stream::empty::<Result<Bytes, io::Error>>();
        let response = match dump.known_length() {
            Some(length) => response.body(SizedStream::new(length, nothing)),
            None => response.streaming(nothing),
        };
        return Ok(response.into());
    }
    search_service.hold(&dump.snapshot);
    if !request.headers().contains_key(header::RANGE) || !satisfies_if_range(request, &tag) {
        return Ok(Response { response: response.streaming(dump.stream(0..u64::MAX)?), note: "streamed" });
    }
    let length = dump.length().await?;
    let range = RangeRequest::of(request, &tag, length);
    range.apply(&mut response, length);
    match range {
        RangeRequest::Whole => {
            Ok(Response { response: response.streaming(dump.stream(0..u64::MAX)?), note: "streamed" })
        }
        RangeRequest::Part(part) => {
            let body = SizedStream::new(part.end - part.start, dump.stream(part)?);
            Ok(Response { response: response.body(body), note: "streamed" })
        }
        RangeRequest::Unsatisfiable => Ok(response.finish().into()),
    }
}

/// A dump of one state of the index.
#[derive(Clone)]
struct WorksDump {
    gallery: Arc<Gallery>,
    snapshot: Arc<Snapshot>,
    address: Address,
    name: &'static str,
}

impl WorksDump {
    /// Its bytes within a range, generated while they are sent.
    fn stream(
        self,
        part: Range<u64>,
    ) -> Result<impl futures::Stream<Item = Result<Bytes, io::Error>> + use<>, Error> {
        let search_service = self.gallery.search()?.clone();
        search_service.stream_dump(DumpGenerator::new(self, part))
    }

    fn key(&self) -> String {
        format!("{} {:x} {}", self.name, self.snapshot.state(), self.address.base())
    }

    /// Its length in bytes, if it has been generated before.
    fn known_length(&self) -> Option<u64> {
        self.gallery.search().ok()?.known_dump_length(&self.key())
    }

    /// Its length in bytes, generating it once if necessary.
    async fn length(&self) -> Result<u64, Error> {
        match self.known_length() {
            Some(length) => Ok(length),
            None => self.gallery.search()?.measure_dump(DumpGenerator::new(self.clone(), 0..0)).await,
        }
    }
}

/// A dump that is being generated.
struct DumpGenerator {
    dump: WorksDump,
    walk: ScanPosition,
    into: Packing,
    /// Whether all that is needed has been generated.
    is_whole: bool,
}

impl DumpGenerator {
    fn new(dump: WorksDump, part: Range<u64>) -> Self {
        let outlet = Outlet { part, at: 0, held: Vec::new() };
        let into = match dump.name.ends_with(".gz") {
            true => Packing::Gzip(GzEncoder::new(outlet, Compression::fast())),
            false => Packing::Plain(outlet),
        };
        Self { dump, walk: ScanPosition::default(), into, is_whole: false }
    }
}

impl Dump for DumpGenerator {
    fn key(&self) -> String {
        self.dump.key()
    }

    fn is_ready(&self) -> bool {
        self.is_whole || self.into.outlet().held.len() >= PIECE
    }

    fn length(&self) -> (u64, bool) {
        (self.into.at(), self.into.outlet().part.end == u64::MAX)
    }

    fn piece(&mut self) -> Option<Bytes> {
        let held = &mut self.into.outlet_mut().held;
        if held.is_empty() {
            return None;
        }
        Some(std::mem::take(held).into())
    }

    fn write(&mut self) -> Result<(), search::Error> {
        let WorksDump { gallery, snapshot, address, name } = &self.dump;
        let form = name.strip_suffix(".gz").unwrap_or(name);
        let serializer = WorkSerializer { gallery, address, fields: None, lang: None };
        let begins = self.walk == ScanPosition::default();
        let works = snapshot.scan(&mut self.walk, WORKS)?;
        match form {
            "works.csv" => {
                let mut table = csv::Writer::from_writer(&mut self.into);
                if begins {
                    table.write_record(COLUMNS).map_err(io::Error::from)?;
                }
                for work in &works {
                    table.write_record(row(work, &serializer)).map_err(io::Error::from)?;
                }
                table.flush()?;
            }
            "manifests.txt" => {
                for work in &works {
                    writeln!(self.into, "{}", address.manifest(Version::V3, &work.number()))?;
                }
            }
            _ => {
                for work in &works {
                    let mut record = serializer.work(work);
                    record.push('\n');
                    self.into.write_all(record.as_bytes())?;
                }
            }
        }
        if works.is_empty() {
            self.into.finish()?;
            self.is_whole = true;
        }
        // An empty part means that only the length is needed.
        let part = &self.into.outlet().part;
        self.is_whole |= !part.is_empty() && self.into.at() >= part.end;
        Ok(())
    }
}

const COLUMNS: [&str; 21] = [
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
    "tag_sources",
    "page",
    "manifest",
    "thumbnail",
    "images",
    "changed",
];

/// A cell that no spreadsheet interprets as a formula: text that begins like one gets an apostrophe in front,
/// unless it is a number.
fn cell(text: String) -> String {
    let begins = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    let is_number = || {
        let digits = text.strip_prefix(['-', '+']).unwrap_or(&text);
        digits.bytes().all(|b| b.is_ascii_digit() || b == b'.') && digits.parse::<f64>().is_ok()
    };
    if begins && !is_number() { format!("'{text}") } else { text }
}

/// A work as a row; several values are separated by ` | `.
fn row(stored: &IndexedWork, serializer: &WorkSerializer<'_>) -> Vec<String> {
    let work = stored.work().unwrap_or_default();
    let record: serde_json::Value = serde_json::from_str(&serializer.work(stored)).unwrap_or_default();
    let field = |name: &str| record[name].as_str().unwrap_or_default().to_owned();
    let best = |text: &crate::record::Text| text.best(&[]).unwrap_or_default().to_owned();
    let list = |values: Vec<String>| {
        values.into_iter().filter(|value| !value.is_empty()).collect::<Vec<_>>().join(" | ")
    };
    let year = |year: Option<i32>| year.map(|year| year.to_string()).unwrap_or_default();
    let (earliest, latest) = work.years();
    let services = record["images"].as_array().into_iter().flatten();
    let services = services.filter_map(|image| image["service"].as_str().map(str::to_owned));
    let cells = [
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
        list(work.tags.iter().map(provenance).collect()),
        field("page"),
        field("manifest"),
        field("thumbnail"),
        list(services.collect()),
        field("changed"),
    ];
    cells.map(cell).into()
}

/// Where a tag comes from: `model:tegl-color@1 confidence=0.87 status=proposed color=#7c1d1e share=0.32`.
fn provenance(tag: &Tag) -> String {
    let status = match tag.status {
        Status::Proposed => "proposed",
        Status::Accepted => "accepted",
        Status::Rejected => "rejected",
    };
    let mut text = format!("{} confidence={} status={status}", tag.source, tag.confidence);
    let known = [
        ("color", tag.color.clone()),
        ("share", tag.share.map(|share| share.to_string())),
        ("image", tag.image.clone()),
        ("region", tag.region.map(|region| region.to_string())),
    ];
    for (name, value) in known.into_iter().filter_map(|(name, value)| Some((name, value?))) {
        text.push_str(&format!(" {name}={value}"));
    }
    text
}

/// The output of a dump, compressed or not.
enum Packing {
    Plain(Outlet),
    Gzip(GzEncoder<Outlet>),
}

impl Packing {
    fn outlet(&self) -> &Outlet {
        match self {
            Self::Plain(outlet) => outlet,
            Self::Gzip(packed) => packed.get_ref(),
        }
    }

    fn outlet_mut(&mut self) -> &mut Outlet {
        match self {
            Self::Plain(outlet) => outlet,
            Self::Gzip(packed) => packed.get_mut(),
        }
    }

    /// Number of bytes generated.
    fn at(&self) -> u64 {
        self.outlet().at
    }

    fn finish(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(_) => Ok(()),
            Self::Gzip(packed) => packed.try_finish(),
        }
    }
}

impl Write for Packing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(outlet) => outlet.write(bytes),
            Self::Gzip(packed) => packed.write(bytes),
        }
    }

    /// CSV is flushed often; that must not make compression worse.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Keeps the bytes of a range until they are sent.
struct Outlet {
    part: Range<u64>,
    /// Number of bytes written, kept or not.
    at: u64,
    held: Vec<u8>,
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
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_and_numbers_stay_numbers() {
        for formula in
            ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "-", "--1", "+1-1", "＝1", "-1e5"]
        {
            assert_eq!(cell(formula.into()), format!("'{formula}"));
        }
        for plain in ["", "-300", "+5", "-0.5", "1640", "KMS=1", "a-b", "'=1", "https://host/?a=b"] {
            assert_eq!(cell(plain.into()), plain);
        }
    }
}
