//! Reads responses of OAI-PMH with records in the format `tegl`, as another Tegl gives them.

use std::io::Cursor;

use percent_encoding::percent_decode_str;
use quick_xml::NsReader;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;
use url::Url;

use super::format::RecordFormat;
use super::reader::read;
use super::record::{BadRecord, ParsedRecord};
use super::stream::Limits;
use crate::record::{WithdrawnFlag, Work};

/// The namespace of the format `tegl`.
pub const TEGL_NAMESPACE: &str = "urn:x-tegl:record";

const OAI_NAMESPACE: &[u8] = b"http://www.openarchives.org/OAI/2.0/";

/// Elements are not nested deeper in these responses.
const MAX_DEPTH: usize = 64;

/// A page of a harvest.
#[derive(Debug, Default)]
pub struct HarvestPage {
    /// Its records; withdrawn works have only their object numbers.
    pub records: Vec<Result<ParsedRecord, BadRecord>>,
    /// The token of the next page.
    pub token: Option<String>,
}

impl HarvestPage {
    /// The URL of the next page, given that of this one.
    pub fn next_page(&self, url: &str) -> Option<String> {
        let (mut next, token) = (Url::parse(url).ok()?, self.token.as_deref()?);
        let verb = next.query_pairs().find(|(name, _)| name == "verb")?.1.into_owned();
        next.query_pairs_mut().clear().append_pair("verb", &verb).append_pair("resumptionToken", token);
        Some(next.to_string())
    }
}

/// Whether a document is XML, as responses of OAI-PMH are; records of other formats are not.
pub fn is_xml(start: &[u8]) -> bool {
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    start.trim_ascii_start().starts_with(b"<")
}

/// Parses a response to `ListRecords` or `GetRecord`.
///
/// # Errors
/// Returns the reason if the document is not such a response, or reports an error of the protocol.
pub fn harvest_page(response: &[u8], limits: Limits) -> Result<HarvestPage, String> {
    let text = std::str::from_utf8(response).map_err(|_| "the response is not UTF-8".to_owned())?;
    let mut reader = NsReader::from_str(text);
    let mut state = State::new(limits);
    loop {
        let event = reader.read_event().map_err(|error| format!("the response is not XML: {error}"))?;
        match event {
            Event::Start(element) => state.start(&reader, &element)?,
            Event::Empty(element) => {
                state.start(&reader, &element)?;
                state.end()?;
            }
            Event::Text(value) => state.text.push_str(&value.decode().map_err(|error| error.to_string())?),
            Event::CData(value) => state.text.push_str(&value.decode().map_err(|error| error.to_string())?),
            Event::GeneralRef(entity) => {
                let name = entity.decode().map_err(|error| error.to_string())?;
                let named = quick_xml::escape::resolve_predefined_entity(&name).map(str::to_owned);
                let numbered = || entity.resolve_char_ref().ok().flatten().map(String::from);
                let resolved = named.or_else(numbered);
                state.text.push_str(&resolved.ok_or_else(|| format!("the entity `&{name};` is unknown"))?);
            }
            Event::End(_) => state.end()?,
            Event::Eof => break,
            _ => {}
        }
    }
    if !state.open.is_empty() {
        return Err("the response ends within an element".into());
    }
    if !state.is_harvest {
        return Err("this is XML, but no response of OAI-PMH: records are JSON, CSV or OAI-PMH".into());
    }
    Ok(state.page)
}

/// What has been read so far.
struct State {
    /// The local names of the open elements; those of other namespaces are empty.
    open: Vec<&'static str>,
    text: String,
    /// The record so far.
    record: Partial,
    /// The code of the error that is open.
    code: String,
    is_harvest: bool,
    page: HarvestPage,
    limits: Limits,
}

#[derive(Default)]
struct Partial {
    identifier: String,
    is_deleted: bool,
    record: Option<String>,
    original: Option<String>,
}

/// The elements that are read, by their namespace.
const OAI: [&str; 9] = [
    "OAI-PMH",
    "error",
    "ListRecords",
    "GetRecord",
    "record",
    "header",
    "identifier",
    "metadata",
    "resumptionToken",
];
const TEGL: [(&str, &str); 3] =
    [("work", "tegl:work"), ("record", "tegl:record"), ("original", "tegl:original")];

impl State {
    fn new(limits: Limits) -> Self {
        Self {
            open: Vec::new(),
            text: String::new(),
            record: Partial::default(),
            code: String::new(),
            is_harvest: false,
            page: HarvestPage::default(),
            limits,
        }
    }

    fn start(&mut self, reader: &NsReader<&[u8]>, element: &BytesStart<'_>) -> Result<(), String> {
        if self.open.len() >= MAX_DEPTH {
            return Err(format!("the response is nested deeper than {MAX_DEPTH} elements"));
        }
        let (namespace, local) = reader.resolver().resolve_element(element.name());
        let local = local.into_inner();
        let name = match namespace {
            ResolveResult::Bound(bound) if bound.as_ref() == OAI_NAMESPACE => {
                OAI.into_iter().find(|name| name.as_bytes() == local)
            }
            ResolveResult::Bound(bound) if bound.as_ref() == TEGL_NAMESPACE.as_bytes() => {
                TEGL.into_iter().find(|(name, _)| name.as_bytes() == local).map(|(_, name)| name)
            }
            _ => None,
        };
        let attribute = |name: &str| {
            let value = element.try_get_attribute(name).ok().flatten()?.value;
            Some(String::from_utf8_lossy(&value).into_owned())
        };
        match name {
            Some("OAI-PMH") if self.open.is_empty() => self.is_harvest = true,
            Some("record") => self.record = Partial::default(),
            Some("header") => self.record.is_deleted = attribute("status").as_deref() == Some("deleted"),
            Some("error") => self.code = attribute("code").unwrap_or_default(),
            _ => {}
        }
        self.open.push(name.unwrap_or_default());
        self.text.clear();
        Ok(())
    }

    fn end(&mut self) -> Result<(), String> {
        let text = std::mem::take(&mut self.text);
        let name = self.open.pop().unwrap_or_default();
        match (self.open.last().copied().unwrap_or_default(), name) {
            ("OAI-PMH", "error") if self.code == "noRecordsMatch" => {}
            ("OAI-PMH", "error") => {
                return Err(format!("the repository answers {}: {}", self.code, text.trim()));
            }
            ("header", "identifier") => text.trim().clone_into(&mut self.record.identifier),
            ("tegl:work", "tegl:record") => self.record.record = Some(text),
            ("tegl:work", "tegl:original") => self.record.original = Some(text),
            ("ListRecords" | "GetRecord", "record") => {
                let record = std::mem::take(&mut self.record);
                let read = record.read(self.page.records.len() as u64 + 1, self.limits);
                self.page.records.push(read);
            }
            ("ListRecords", "resumptionToken") if !text.trim().is_empty() => {
                self.page.token = Some(text.trim().to_owned());
            }
            _ => {}
        }
        Ok(())
    }
}

impl Partial {
    /// The record at this position of its page, from 1.
    fn read(self, line: u64, limits: Limits) -> Result<ParsedRecord, BadRecord> {
        let Self { identifier, is_deleted, record, original } = self;
        let bad = |reason: &str| BadRecord {
            line,
            object_number: Some(identifier.clone()).filter(|identifier| !identifier.is_empty()),
            reason: reason.to_owned(),
        };
        if is_deleted {
            let number =
                object_number(&identifier).ok_or_else(|| bad("its identifier is not `oai:HOST:NUMBER`"))?;
            let withdrawn = Some(WithdrawnFlag::default());
            let work = Work { object_number: number, withdrawn, ..Work::default() };
            return Ok(ParsedRecord { replaces: true, ..ParsedRecord::new(work, None, line) });
        }
        let Some(record) = record else {
            return Err(bad("the record is not in the format `tegl`: harvest with `metadataPrefix=tegl`"));
        };
        let input = Cursor::new(record.into_bytes());
        let mut found =
            read(input, Some(RecordFormat::Lines), None, limits).map_err(|error| bad(&error.to_string()))?;
        let parsed = found
            .next()
            .ok_or_else(|| bad("the record is empty"))?
            .map_err(|error| BadRecord { line, ..error })?;
        Ok(ParsedRecord { replaces: true, ..ParsedRecord::new(parsed.work, original, line) })
    }
}

/// The object number of an identifier `oai:HOST:NUMBER`.
fn object_number(identifier: &str) -> Option<String> {
    let (_, local) = identifier.strip_prefix("oai:")?.split_once(':')?;
    let number = percent_decode_str(local).decode_utf8().ok()?.into_owned();
    (!number.is_empty()).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(inside: &str) -> String {
        format!(
            "<?xml version=\"1.0\"?><OAI-PMH xmlns=\"http://www.openarchives.org/OAI/2.0/\" xmlns:t=\"{TEGL_NAMESPACE}\">{inside}</OAI-PMH>"
        )
    }

    fn read(inside: &str) -> Result<HarvestPage, String> {
        harvest_page(page(inside).as_bytes(), Limits::default())
    }

    #[test]
    fn records_and_withdrawn_works_are_read() {
        let found = read(
            "<ListRecords><record><header><identifier>oai:a.org:K%201</identifier></header><metadata><t:work>\
             <t:record>{&quot;object_number&quot;:&quot;K 1&quot;,&quot;titles&quot;:&quot;a &amp;amp; b&quot;}</t:record>\
             <t:original>{&#13;\n}</t:original></t:work></metadata></record>\
             <record><header status=\"deleted\"><identifier>oai:a.org:K%2F2</identifier></header></record>\
             <record><header><identifier>oai:a.org:K3</identifier></header><metadata><dc/></metadata></record>\
             <resumptionToken cursor=\"0\"> r.1 </resumptionToken></ListRecords>",
        )
        .unwrap();
        let first = found.records[0].as_ref().unwrap();
        assert_eq!(first.work.label().best(&[]), Some("a &amp; b"));
        assert_eq!((first.original.as_deref(), first.work.withdrawn.is_some()), (Some("{\r\n}"), false));
        let second = found.records[1].as_ref().unwrap();
        assert!(second.work.withdrawn.is_some() && second.work.object_number == "K/2");
        assert!(found.records[2].as_ref().unwrap_err().reason.contains("metadataPrefix=tegl"));
        let next = found.next_page("https://a.org/oai?verb=ListRecords&metadataPrefix=tegl&set=a").unwrap();
        assert_eq!(next, "https://a.org/oai?verb=ListRecords&resumptionToken=r.1");
        assert_eq!(HarvestPage::default().next_page(&next), None);
    }

    #[test]
    fn errors_are_reported_and_empty_lists_are_none() {
        assert!(read("<error code=\"noRecordsMatch\">none</error>").unwrap().records.is_empty());
        let refused = read("<error code=\"badArgument\">no &lt;x&gt;</error>").unwrap_err();
        assert!(refused.contains("badArgument: no <x>"), "{refused}");
        for bad in ["<ListRecords>", "<a>&unknown;</a>", "</b>"] {
            assert!(read(bad).is_err(), "{bad}");
        }
        let other = harvest_page(b"<html></html>", Limits::default()).unwrap_err();
        assert!(other.contains("no response of OAI-PMH"), "{other}");
        let deep = "<a>".repeat(100);
        assert!(read(&deep).unwrap_err().contains("deeper"));
    }
}
