//! Lists of records and identifiers, and single records (OAI-PMH 2.0, §4.1, §4.3, §4.5).

use std::sync::Arc;

use actix_web::web::block;

use super::Repository;
use super::datestamp::datestamp;
use super::fault::{Code, Failure, Fault};
use super::set::SetSpec;
use super::token::ListPosition;
use crate::catalogue::{HarvestQuery, HarvestedWork};
use crate::gallery::{Error, Grant};
use crate::presentation::{ExchangeFormat, ExchangedImage, ExchangedWork, Publisher, Xml};
use crate::record::{Facet, SourceImages, Tag, facets, timestamp};
use crate::web::App;

/// Works that are read at a time.
const CHUNK: usize = 100;
/// A page of this many bytes is not continued, whatever its number of records.
const MAX_PAGE: usize = 8 << 20;

/// A page of a list of records, or of their headers only.
pub(super) async fn list(
    app: &App,
    repository: &Repository,
    from: ListPosition,
    headers_only: bool,
) -> Result<Xml, Failure> {
    let verb = if headers_only { "i" } else { "r" };
    let is_first = from.cursor == 0;
    if from.set.is_some() && app.gallery.works.schemes().await?.is_empty() {
        return Err(Fault::new(Code::NoSetHierarchy, "this repository has no sets yet").into());
    }
    let writer = Arc::new(Writer::of(app, repository));
    let (start, mut position, mut written) = (from.cursor, from.clone(), Vec::new());
    let page = app.live().oai.page;
    let (mut count, mut bytes, mut has_more) = (0, 0, true);
    while has_more && count < page && bytes < MAX_PAGE {
        // One work more tells whether there is another page.
        let wanted = CHUNK.min(page - count);
        let mut works = app.gallery.works.harvest(query(&position, wanted + 1, headers_only)).await?;
        has_more = works.len() > wanted;
        works.truncate(wanted);
        if let Some(last) = works.last() {
            position.after = last.last_change();
        }
        let (records, piece) = write_all(app, &writer, works, &position, headers_only).await?;
        count += records;
        bytes += piece.len();
        written.push(piece);
    }
    if count == 0 && is_first {
        return Err(Fault::nothing().into());
    }
    position.cursor = start + count as u64;
    if has_more && is_first {
        position.size = size(app, &from).await?;
    }
    let mut xml = Xml::fragment();
    let element = if headers_only { "ListIdentifiers" } else { "ListRecords" };
    xml.element(element, &[], |xml| {
        written.into_iter().for_each(|piece| xml.append(piece));
        let token = if has_more { position.token(verb) } else { String::new() };
        // The end of a list that had more pages has an empty token (§3.5).
        if has_more || !is_first {
            resumption(xml, start, position.size.map(|size| size.max(position.cursor)), &token);
        }
    });
    Ok(xml)
}

/// Writes a resumption token with the number of elements before this page and in the whole list.
pub(super) fn resumption(xml: &mut Xml, cursor: u64, size: Option<u64>, token: &str) {
    let (cursor, size) = (cursor.to_string(), size.map(|size| size.to_string()));
    let size = size.iter().map(|size| ("completeListSize", size.as_str()));
    let attributes: Vec<_> = size.chain([("cursor", cursor.as_str())]).collect();
    match token.is_empty() {
        true => xml.empty("resumptionToken", &attributes),
        false => xml.text("resumptionToken", &attributes, token),
    }
}

/// The number of records of a list. For a set it is an estimate, which the protocol allows: all withdrawn works count, because
/// whether they were in the set is not known without reading them. Works with any value of a scheme are not counted.
async fn size(app: &App, from: &ListPosition) -> Result<Option<u64>, Error> {
    match &from.set {
        Some(SetSpec { value: None, .. }) => Ok(None),
        _ => app.gallery.works.count_harvest(query(from, 0, true)).await.map(Some),
    }
}

fn query(position: &ListPosition, limit: usize, headers_only: bool) -> HarvestQuery {
    let with = position.set.as_ref().and_then(|set| Some((set.scheme.clone(), set.value.clone()?)));
    HarvestQuery {
        after: position.after,
        before_ms: position.before_ms,
        with,
        limit,
        originals: position.format == ExchangeFormat::Tegl && !headers_only,
        former: position.set.is_some(),
    }
}

/// One record.
pub(super) async fn get(
    app: &App,
    repository: &Repository,
    identifier: &str,
    format: ExchangeFormat,
) -> Result<Xml, Failure> {
    let harvested = find(app, repository, identifier).await?;
    let (grant, writer) = (grant_of(app, &harvested), Writer::of(app, repository));
    let is_whole = repository.gives_whole(format);
    let written = block(move || {
        let record = Record::new(harvested, grant, is_whole);
        let mut xml = Xml::fragment();
        xml.element("GetRecord", &[], |xml| writer.record(&record, None, format, xml));
        xml
    });
    written.await.map_err(|error| Error::Fault(error.to_string()).into())
}

/// The work with this identifier.
pub(super) async fn find(
    app: &App,
    repository: &Repository,
    identifier: &str,
) -> Result<HarvestedWork, Failure> {
    let number = repository.object_number(identifier);
    let found = match number {
        Some(number) => app.gallery.works.harvested(&number).await?,
        None => None,
    };
    found.ok_or_else(|| {
        Fault::new(Code::IdDoesNotExist, format!("no record has the identifier `{identifier}`")).into()
    })
}

/// Writes works that are in the list, on a thread that may be busy. Returns their number.
async fn write_all(
    app: &App,
    writer: &Arc<Writer>,
    works: Vec<HarvestedWork>,
    position: &ListPosition,
    headers_only: bool,
) -> Result<(usize, Xml), Error> {
    let grants: Vec<Grant> = works.iter().map(|work| grant_of(app, work)).collect();
    let (writer, format, set) = (writer.clone(), position.format, position.set.clone());
    let is_whole = writer.repository.gives_whole(format);
    let written = block(move || {
        let (mut xml, mut count) = (Xml::fragment(), 0);
        for (work, grant) in works.into_iter().zip(grants) {
            let record = Record::new(work, grant, is_whole);
            let left = match &set {
                Some(set) if !set.contains(&record.facets) => {
                    let former = &record.harvested.former;
                    match former.iter().find(|(scheme, value)| set.has(scheme, value)) {
                        Some((scheme, value)) => Some(SetSpec::of(scheme, Some(value))),
                        None => continue,
                    }
                }
                _ => None,
            };
            count += 1;
            match headers_only {
                true => writer.header(&record, left.as_ref(), &mut xml),
                false => writer.record(&record, left.as_ref(), format, &mut xml),
            }
        }
        (count, xml)
    });
    written.await.map_err(|error| Error::Fault(error.to_string()))
}

/// What the rights of a work allow.
fn grant_of(app: &App, harvested: &HarvestedWork) -> Grant {
    let work = &harvested.stored.work;
    app.gallery.images.rights().of_record(work.rights.as_deref(), work.public_domain)
}

/// A work with what its rights allow, or whole.
struct Record {
    harvested: HarvestedWork,
    /// The active tags.
    tags: Vec<Tag>,
    /// The facets, each of which is a set.
    facets: Vec<Facet>,
    grant: Grant,
}

impl Record {
    /// Removes what the rights do not allow, for which originals may have to be parsed, unless the record `is_whole`.
    fn new(mut harvested: HarvestedWork, grant: Grant, is_whole: bool) -> Self {
        let stored = &mut harvested.stored;
        let tags: Vec<Tag> = std::mem::take(&mut stored.tags).into_iter().filter(Tag::is_active).collect();
        if grant.is_limited() && !is_whole {
            let images = SourceImages::of(&stored.work);
            stored.work = stored.work.without_source_images();
            harvested.original = harvested.original.map(|text| images.without(&text).into_owned());
        }
        let facets = facets(&harvested.stored.work, &tags);
        Self { harvested, tags, facets, grant }
    }
}

/// What records are written with.
struct Writer {
    repository: Repository,
    publisher: Publisher,
    aggregator: String,
}

impl Writer {
    fn of(app: &App, repository: &Repository) -> Self {
        Self {
            repository: repository.clone(),
            publisher: app.publisher.clone(),
            aggregator: app.live().oai.provider.clone(),
        }
    }

    /// A record; `left` is the harvested set that the work has left.
    fn record(&self, record: &Record, left: Option<&SetSpec>, format: ExchangeFormat, xml: &mut Xml) {
        xml.element("record", &[], |xml| {
            self.header(record, left, xml);
            if !is_deleted(record, left) {
                xml.element("metadata", &[], |xml| self.metadata(record, format, xml));
            }
        });
    }

    /// The header of a record (§2.5): its identifier, datestamp and sets, and whether it is deleted. The record of a withdrawn
    /// work is in the sets in which the work was; that of a work that has `left` a set is only in this set.
    fn header(&self, record: &Record, left: Option<&SetSpec>, xml: &mut Xml) {
        let stored = &record.harvested.stored;
        let attributes: &[_] = if is_deleted(record, left) { &[("status", "deleted")] } else { &[] };
        xml.element("header", attributes, |xml| {
            xml.text("identifier", &[], &self.repository.identifier(&stored.work.object_number));
            xml.text("datestamp", &[], &datestamp(stored.changed_ms));
            match left {
                Some(left) => xml.text("setSpec", &[], &left.to_string()),
                None => record.facets.iter().for_each(|facet| {
                    xml.text("setSpec", &[], &SetSpec::of(&facet.scheme, Some(&facet.value)).to_string());
                }),
            }
        });
    }

    fn metadata(&self, record: &Record, format: ExchangeFormat, xml: &mut Xml) {
        let stored = &record.harvested.stored;
        let images = stored.work.images.iter().filter(|image| image.matched && record.grant.largest > 0);
        let images = images.map(|image| ExchangedImage {
            file: &image.file,
            label: &image.label,
            largest: record.grant.largest,
        });
        let media = stored.work.media_files.iter().filter(|media| media.matched && record.grant.original);
        let exchanged = ExchangedWork {
            work: &stored.work,
            tags: &record.tags,
            images: images.collect(),
            media: media.collect(),
            original: record.harvested.original.as_deref(),
            changed: &timestamp(stored.changed_ms),
            address: &self.repository.address,
            publisher: &self.publisher,
            aggregator: &self.aggregator,
        };
        format.write(&exchanged, xml);
    }
}

/// Whether a record is deleted: the work is withdrawn, or has `left` the set that is harvested.
fn is_deleted(record: &Record, left: Option<&SetSpec>) -> bool {
    record.harvested.stored.removed || left.is_some()
}
