//! Reads records from files, web addresses, paged APIs of museums, collections of manifests, and OAI-PMH of another Tegl.

use std::collections::{BTreeMap, HashSet};
use std::io::{Cursor, Read};
use std::sync::Arc;

use flate2::read::MultiGzDecoder;

use super::KeepCollections;
use crate::gallery::Error;
use crate::gallery::settings::Records;
use crate::iiif::Invalid;
use crate::record::read::{self, BadRecord, Limits, Mapping, PageLinks, ParsedRecord, RecordFormat};
use crate::store::{
    self,
    document::{self, Document, DocumentError, Hosts, WebClient},
};
use parking_lot::Mutex;

/// The options for reading records.
#[derive(Clone)]
pub(crate) struct Reading {
    /// Detected from the document if not set.
    pub format: Option<RecordFormat>,
    pub mapping: Option<Mapping>,
    web: WebClient,
    limits: Limits,
    settings: Records,
    refused: Arc<Refused>,
    linked: Arc<Mutex<LinkedPages>>,
    keep_collections: Option<KeepCollections>,
}

/// Annotation pages of manifests that could not be read, so that they stay links.
#[derive(Clone, Debug, Default)]
pub(crate) struct LinkedPages {
    pub count: u64,
    /// The first of them, with the reason.
    pub listed: Vec<(String, String)>,
}

/// Hosts that were not contacted because they are not allowed, with the number of URLs for each.
#[derive(Default)]
pub(super) struct Refused(Mutex<BTreeMap<String, u64>>);

/// Maximum depth of nested collections.
const MAX_DEPTH: u8 = 8;

/// The maximum number of refused hosts listed by name.
const LISTED: usize = 100;

type Entries = Box<dyn Iterator<Item = Result<ParsedRecord, BadRecord>> + Send>;

/// A file that names itself a collection does so within this many bytes.
const MAX_FILE_START: u64 = 1 << 20;

/// Documents up to this many bytes (a page of an API, a collection) are searched for links. Longer ones are streamed.
const MAX_LINKED: u64 = 64 << 20;

impl Reading {
    /// `locations` are the configured sources, whose hosts are allowed; `hosts` are further allowed ones.
    pub(crate) fn new(
        format: Option<RecordFormat>,
        mapping: Option<Mapping>,
        locations: &[String],
        hosts: &[String],
        (settings, store): (&Records, &store::Settings),
    ) -> Result<Self, String> {
        let mut named = Hosts::default();
        locations.iter().for_each(|location| named.add_address(location));
        settings.hosts.iter().chain(hosts).try_for_each(|host| named.add(host))?;
        let web = WebClient::new(named, settings.web(), store)?;
        let (limits, settings) = (settings.limits(), settings.clone());
        let (refused, linked) = (Arc::default(), Arc::default());
        Ok(Self { format, mapping, web, limits, settings, refused, linked, keep_collections: None })
    }

    /// Also keeps collections.
    pub(crate) fn keeping_collections(self, keep: KeepCollections) -> Self {
        Self { keep_collections: Some(keep), ..self }
    }

    /// Also sends a bearer token to the servers of these locations, which then may give more.
    ///
    /// # Errors
    /// Returns why the token cannot be sent.
    pub(crate) fn with_token(self, token: &str, locations: &[String]) -> Result<Self, String> {
        Ok(Self { web: self.web.with_token(token, locations)?, ..self })
    }

    /// Reads the records at a location, including those on further pages of the same response, and in the manifests of
    /// a collection. Blocks, so it must be called and iterated on a thread that may block.
    pub(crate) fn entries(self, location: &str, settings: &store::Settings) -> Result<Entries, Error> {
        let unreadable = |reason: String| Error::Invalid(Invalid::new("records", location, reason));
        let document = document::open(location, settings, &self.web)
            .map_err(|error| unreadable(self.describe_and_count(error)))?;
        let is_web = location.starts_with("http://") || location.starts_with("https://");
        let read =
            if is_web { self.records_and_links(location, document, 0) } else { self.of_file(document) };
        let (first, further) = read.map_err(unreadable)?;
        let visited = HashSet::from([location.to_owned()]);
        Ok(Box::new(Walk { reading: self, current: first, pending: further, visited }))
    }

    /// The bytes of a document at a location, unpacked if they are gzip. Blocks.
    pub(crate) fn document(
        &self,
        location: &str,
        settings: &store::Settings,
    ) -> Result<Box<dyn Read + Send>, Error> {
        let unreadable = |reason: String| Error::Invalid(Invalid::new("tags", location, reason));
        let document = document::open(location, settings, &self.web)
            .map_err(|error| unreadable(self.describe_and_count(error)))?;
        let (mut input, mut start) = (document.input, Vec::new());
        let reading = input.by_ref().take(2).read_to_end(&mut start);
        reading.map_err(|error| unreadable(format!("cannot be read: {error}")))?;
        let is_packed = start == [0x1f, 0x8b];
        let whole = Cursor::new(start).chain(input);
        Ok(if is_packed { Box::new(MultiGzDecoder::new(whole)) } else { Box::new(whole) })
    }

    /// Hosts that were refused so far.
    pub(crate) fn refused(&self) -> Vec<(String, u64)> {
        let refused = self.refused.0.lock();
        refused.iter().map(|(host, addresses)| (host.clone(), *addresses)).collect()
    }

    /// The records of a file; if it is a collection, its links in reverse order.
    fn of_file(&self, document: Document) -> Result<(Entries, Vec<Step>), String> {
        let Document { location, mut input } = document;
        let mut start = Vec::new();
        let reading = input.by_ref().take(MAX_FILE_START).read_to_end(&mut start);
        reading.map_err(|error| format!("cannot be read: {error}"))?;
        let text = String::from_utf8_lossy(&start);
        let may_be_collection = text.trim_start_matches('\u{feff}').trim_start().starts_with('{')
            && ["\"Collection\"", "\"sc:Collection\""].iter().any(|kind| text.contains(kind));
        if may_be_collection {
            let max = MAX_LINKED.saturating_sub(start.len() as u64);
            let reading = input.by_ref().take(max).read_to_end(&mut start);
            reading.map_err(|error| format!("cannot be read: {error}"))?;
            let outline = read::page_links(&start)
                .filter(|outline| outline.is_kept_collection() && is_collection(outline, &start));
            if let Some(outline) = outline {
                return Ok(self.members((&location, &location), &start, &outline, 0));
            }
        }
        let entries = self.records(Cursor::new(start).chain(input)).map_err(|error| error.to_string())?;
        Ok((entries, Vec::new()))
    }

    /// Keeps a collection. Returns the links to its members and its next page in reverse order.
    fn members(
        &self,
        (address, location): (&str, &str),
        document: &[u8],
        outline: &PageLinks,
        depth: u8,
    ) -> (Entries, Vec<Step>) {
        let kept = match &self.keep_collections {
            Some(keep) if outline.is_kept_collection() => {
                let is_too_long = document.len() > self.limits.bytes;
                let text = String::from_utf8_lossy(document);
                match is_too_long {
                    true => Err("the collection is longer than `records.record_mib`, and not kept".into()),
                    false => keep(address, depth == 0, &read::collections(&text, address)),
                }
            }
            _ => Ok(()),
        };
        let bad = |reason: String| BadRecord {
            line: 0,
            object_number: None,
            reason: format!("{address}: {reason}"),
        };
        let entries: Vec<Result<ParsedRecord, BadRecord>> =
            kept.err().into_iter().map(|reason| Err(bad(reason))).collect();
        let mut members = outline.manifests();
        if depth < MAX_DEPTH {
            members.extend(outline.collections());
        }
        let member = |address| Step { address, depth: depth + 1, is_next_page: false };
        let next = outline.next_page(location).map(|address| Step { address, depth, is_next_page: true });
        let steps = next.into_iter().chain(members.into_iter().rev().map(member));
        (Box::new(entries.into_iter()), steps.collect())
    }

    /// The records of a document on the web that was requested at an address, and its links in reverse order.
    fn records_and_links(
        &self,
        address: &str,
        document: Document,
        depth: u8,
    ) -> Result<(Entries, Vec<Step>), String> {
        let Document { location, input } = document;
        // Reading one byte more than allowed detects a document that is too large.
        let max = MAX_LINKED.min(self.limits.source + 1);
        let (mut input, mut start) = (input, Vec::new());
        let reading = input.by_ref().take(max).read_to_end(&mut start);
        reading.map_err(|error| format!("cannot be read: {error}"))?;
        let is_whole = (start.len() as u64) < max;
        if is_whole && start.iter().all(u8::is_ascii_whitespace) {
            return Err("cannot be read: the response is empty".into());
        }
        if read::is_xml(&start) {
            return self.harvested(&location, &start, is_whole, depth);
        }
        let Some(outline) = is_whole.then(|| read::page_links(&start)).flatten() else {
            let entries = self.records(Cursor::new(start).chain(input));
            return Ok((entries.map_err(|error| error.to_string())?, Vec::new()));
        };
        if is_collection(&outline, &start) {
            return Ok(self.members((address, &location), &start, &outline, depth));
        }
        if self.format.is_none()
            && self.mapping.is_none()
            && let Some(record) = outline.complete_record(&location)
            && let Some(entries) = self.complete_record(&record)
        {
            return Ok((entries, Vec::new()));
        }
        let next = outline.next_page(&location).map(|address| Step { address, depth, is_next_page: true });
        let entries = self.records(Cursor::new(start)).map_err(|error| error.to_string())?;
        Ok((entries, next.into_iter().collect()))
    }

    /// The complete record that the manifest of another Tegl names; `None` if it cannot be read, so that the manifest is
    /// imported. An import that names the form of its records (`--form iiif`) reads the manifests.
    fn complete_record(&self, address: &str) -> Option<Entries> {
        let document = document::open_web(address, &self.web).map_err(|error| self.describe_and_count(error));
        let read = document.and_then(|document| {
            let (mut input, mut response) =
                (document.input.take(self.limits.source.min(MAX_LINKED)), Vec::new());
            input.read_to_end(&mut response).map_err(|error| error.to_string())?;
            read::harvest_page(&response, self.limits)
        });
        match read {
            Ok(page) if matches!(page.records[..], [Ok(_)]) => Some(Box::new(page.records.into_iter())),
            Ok(_) => None,
            Err(reason) => {
                tracing::debug!(address, reason, "records: the manifest is read in place of its record");
                None
            }
        }
    }

    /// The records of a response of OAI-PMH, and its next page.
    fn harvested(
        &self,
        location: &str,
        response: &[u8],
        is_whole: bool,
        depth: u8,
    ) -> Result<(Entries, Vec<Step>), String> {
        if !is_whole {
            return Err(format!("the response is longer than {} MiB", MAX_LINKED >> 20));
        }
        let page = read::harvest_page(response, self.limits)?;
        let next = page.next_page(location).map(|address| Step { address, depth, is_next_page: true });
        Ok((Box::new(page.records.into_iter()), next.into_iter().collect()))
    }

    fn records(&self, input: impl Read + Send + 'static) -> Result<Entries, read::Error> {
        let entries = read::read(input, self.format, self.mapping.clone(), self.limits)?;
        let reading = self.clone();
        Ok(Box::new(entries.map(move |entry| entry.map(|entry| reading.with_annotations(entry)))))
    }

    /// A record, if it is a manifest with the annotation pages that it refers to.
    fn with_annotations(&self, mut entry: ParsedRecord) -> ParsedRecord {
        let manifest = entry.original.as_deref().filter(|_| entry.work.canvases.is_some());
        let (mut pages, mut bytes) = (self.settings.annotation_pages, self.limits.bytes as u64);
        let read = |address: &str| {
            pages = pages.checked_sub(1)?;
            let found = self.annotation_page(address, &mut bytes);
            found.map_err(|reason| self.linked.lock().add(address, reason)).ok()
        };
        if let Some(whole) = manifest.and_then(|text| read::with_pages(text, read)) {
            entry.original = Some(whole);
        }
        entry
    }

    /// The document at the address of an annotation page; `left` are the bytes that may still be read.
    fn annotation_page(&self, address: &str, left: &mut u64) -> Result<serde_json::Value, String> {
        let document = document::open_web(address, &self.web);
        let document = document.map_err(|error| self.describe_and_count(error))?;
        let mut page = Vec::new();
        let reading = document.input.take(*left + 1).read_to_end(&mut page);
        reading.map_err(|error| format!("cannot be read: {error}"))?;
        *left = left
            .checked_sub(page.len() as u64)
            .ok_or("the manifest's pages are longer than `records.record_mib`")?;
        serde_json::from_slice(&page).map_err(|error| format!("is not JSON: {error}"))
    }

    /// The annotation pages that could not be read so far.
    pub(crate) fn linked_pages(&self) -> LinkedPages {
        self.linked.lock().clone()
    }

    /// Why a document was not read; a refused host is counted, and logged once.
    fn describe_and_count(&self, error: DocumentError) -> String {
        if let DocumentError::Refused { address, host } = &error {
            let mut refused = self.refused.0.lock();
            if let Some(addresses) = refused.get_mut(host) {
                *addresses += 1;
            } else if refused.len() < LISTED {
                refused.insert(host.clone(), 1);
                tracing::warn!(host, address, "records: a host that is not allowed is not contacted");
            }
        }
        error.to_string()
    }
}

/// Whether a document leads to manifests, or is an IIIF collection without any.
fn is_collection(outline: &PageLinks, document: &[u8]) -> bool {
    const CONTEXT: &[u8] = b"iiif.io/api/presentation";
    let mentions_iiif = || document.windows(CONTEXT.len()).take(1 << 16).any(|part| part == CONTEXT);
    outline.leads_to_manifests() || outline.is_kept_collection() && mentions_iiif()
}

impl LinkedPages {
    fn add(&mut self, address: &str, reason: String) {
        self.count += 1;
        if self.listed.len() < LISTED {
            self.listed.push((address.to_owned(), reason));
        }
    }
}

/// A URL that another document links to, and the number of collections above it.
struct Step {
    address: String,
    depth: u8,
    is_next_page: bool,
}

/// The records of all linked documents, one open at a time.
struct Walk {
    reading: Reading,
    current: Entries,
    /// In reverse order.
    pending: Vec<Step>,
    visited: HashSet<String>,
}

impl Walk {
    /// Opens the next document. One that cannot be read counts as one bad record, and so does a list that leads back to a
    /// page of it, because the rest is unknown.
    fn open(&mut self, step: Step) -> Option<Result<ParsedRecord, BadRecord>> {
        let Step { address, depth, is_next_page } = step;
        let bad = |reason: String| Some(Err(BadRecord { line: 0, object_number: None, reason }));
        if !self.visited.insert(address.clone()) {
            let reason =
                || format!("{address} was read before: the list repeats itself, and its rest is unread");
            return if is_next_page { bad(reason()) } else { None };
        }
        if self.visited.len() > self.reading.settings.documents {
            self.pending.clear();
            let max = self.reading.settings.documents;
            return bad(format!(
                "the source leads to more than {max} documents: the rest is unread; raise `records.documents` to read it"
            ));
        }
        let document = document::open_web(&address, &self.reading.web);
        let document = document.map_err(|error| self.reading.describe_and_count(error));
        let named =
            |reason: String| if reason.contains(&address) { reason } else { format!("{address}: {reason}") };
        match document.and_then(|document| self.reading.records_and_links(&address, document, depth)) {
            Ok((entries, further)) => {
                self.current = entries;
                self.pending.extend(further);
                None
            }
            Err(reason) => bad(named(reason)),
        }
    }
}

impl Iterator for Walk {
    type Item = Result<ParsedRecord, BadRecord>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(found) = self.current.next() {
                return Some(found);
            }
            let step = self.pending.pop()?;
            if let Some(bad) = self.open(step) {
                return Some(bad);
            }
        }
    }
}
