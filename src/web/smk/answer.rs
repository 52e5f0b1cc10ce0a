//! The addresses below `/api/smk/v1`: what programs written for SMK's API ask by changing the host.

use std::collections::HashMap;
use std::sync::Arc;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Map, Value, json};

use super::super::Door;
use super::super::answered::Answered;
use super::super::api::{answer as told, pairs_of};
use super::super::headers::presentation_version;
use super::{
    Asked, Filter, Flag, Known, Measure, Number, Place, Places, Range, Wanted, envelope, item, keep, names,
    person, together,
};
use crate::gallery::{Error, Gallery, Hits};
use crate::iiif::{Invalid, Version};
use crate::presentation::Address;
use crate::record::{Creator, slug};
use crate::search::{self, Order, Search, Snapshot, Sort, Stored};

/// The most people that are asked for by their identifiers at once.
const MOST_IDS: usize = 200;

/// Schemes whose values are common words, which may be asked for in the other language.
const TRANSLATED: [&str; 7] = ["gender", "material", "motif", "nationality", "subject", "technique", "type"];

/// Values of a facet that are counted if nobody says how many.
const VALUES: usize = 100;

/// `GET /api/smk/v1/…`, with or without a closing slash.
pub async fn answer(door: &Door, request: &HttpRequest, rest: &str) -> Result<Answered, Error> {
    let pairs: Vec<(String, String)> =
        pairs_of(request.query_string()).map(|(name, value)| (name.into_owned(), value)).collect();
    match rest.trim_end_matches('/') {
        "art/search" => found(door, request, &Asked::parse(&pairs)?).await,
        "art" => one(door, request, &Asked::parse(&pairs)?).await,
        "art/all_ids" => all(door, request).await,
        "person/search" => people(door, request, &pairs, true).await,
        "person" => people(door, request, &pairs, false).await,
        "iiif/manifest" => manifest(door, request, &pairs).await,
        _ => Err(Error::NotFound),
    }
}

/// `/art/search`.
async fn found(door: &Door, request: &HttpRequest, asked: &Asked) -> Result<Answered, Error> {
    let finder = door.gallery.finder()?;
    let snapshot = finder.snapshot()?;
    let search = search_of(asked, &snapshot);
    let hits = finder.find(search.clone()).await?;
    let mut facets = Vec::new();
    for field in &asked.facets {
        let values = match field.known {
            Known::Shelf(scheme) => counted(&hits, scheme, asked.lang),
            Known::Rights => counted(&hits, "rights", asked.lang),
            Known::Flag(flag) => flagged(door, &search, flag, hits.found.total).await?,
            _ => Vec::new(),
        };
        facets.push((field.name.to_owned(), values));
    }
    page(door, request, asked, hits, facets).await
}

/// `/art`: works by their object numbers.
async fn one(door: &Door, request: &HttpRequest, asked: &Asked) -> Result<Answered, Error> {
    if asked.object_numbers.is_empty() {
        let reason = "is missing: say which work, as in `?object_number=KMS1`";
        return Err(Invalid::new("object_number", "", reason).into());
    }
    let finder = door.gallery.finder()?;
    let mut numbers = Vec::new();
    for Number { whole, parts } in &asked.object_numbers {
        let search = Search { numbers: vec![vec![whole.clone()]], limit: 0, ..Search::default() };
        match finder.find(search).await?.found.total {
            0 => numbers.extend(parts.iter().cloned()),
            _ => numbers.push(whole.clone()),
        }
    }
    let numbers = vec![numbers];
    let order = Order { sort: Sort::Number, backwards: false };
    let rows = asked.rows as usize;
    let search =
        Search { numbers, order, offset: asked.offset as usize, limit: rows.max(1), ..Search::default() };
    let hits = finder.find(search).await?;
    page(door, request, asked, hits, Vec::new()).await
}

/// `/person/search` and `/person?id=…`: creators with their works.
async fn people(
    door: &Door,
    request: &HttpRequest,
    pairs: &[(String, String)],
    searched: bool,
) -> Result<Answered, Error> {
    let asked = Asked::parse(pairs)?;
    if let Some((name, value)) =
        pairs.iter().find(|(name, value)| matches!(name.as_str(), "filters" | "range") && !value.is_empty())
    {
        let name = if name == "range" { "range" } else { "filters" };
        return Err(Invalid::new(name, value, "does not work for people: ask by `keys` or `id`").into());
    }
    let ids = pairs.iter().filter(|(name, _)| name == "id").flat_map(|(_, ids)| ids.split(','));
    let ids: Vec<String> = ids.map(|id| id.trim().to_owned()).filter(|id| !id.is_empty()).collect();
    if ids.is_empty() && !searched {
        return Err(Invalid::new("id", "", "is missing: say who, as in `?id=1180000107_person`").into());
    }
    if ids.len() > MOST_IDS {
        return Err(Invalid::new(
            "id",
            "",
            format!("makes more than {MOST_IDS} people: {MOST_IDS} are the most"),
        )
        .into());
    }
    let finder = door.gallery.finder()?;
    let snapshot = finder.snapshot()?;
    let mut chosen: Vec<u32> = Vec::new();
    if ids.is_empty() {
        let (own, keys) = (snapshot.clone(), asked.keys.clone().unwrap_or_default());
        let named = finder.ask(move || Ok(own.named("creator", &keys))).await?;
        chosen.extend(named.into_iter().map(|(number, _)| number));
    }
    for id in ids {
        let search =
            Search { numbers: vec![vec![format!("{}{id}", search::PERSON)]], limit: 1, ..Search::default() };
        let hits = finder.find(search).await?;
        let mut name = slug(&id);
        if let Some(place) = hits.found.hits.first() {
            let work = hits.snapshot.stored(*place)?.work();
            let is = |creator: &&Creator| {
                creator.id.as_ref().is_some_and(|own| own.to_lowercase() == id.to_lowercase())
            };
            let creator = work.as_ref().and_then(|work| work.creators.iter().find(is));
            name = creator.map_or(name, |creator| slug(&creator.name));
        }
        let known = snapshot.vocabulary().find("creator", &name);
        chosen.extend(known.filter(|&number| snapshot.total(number) > 0 && !chosen.contains(&number)));
    }
    let found = chosen.len() as u64;
    let (offset, rows, fields) = (asked.offset, asked.rows, asked.fields);
    let shown: Vec<u32> = chosen.into_iter().skip(offset as usize).take(rows as usize).collect();
    let tell = move || {
        let mut items = Vec::with_capacity(shown.len());
        for (number, holders) in shown.iter().zip(snapshot.holders(&shown)?) {
            let slug_of = snapshot.vocabulary().term(*number).map(|term| term.value.clone());
            let mut creators = Vec::new();
            for place in &holders.some {
                let work = snapshot.stored(*place)?.work();
                let own = work.map(|work| work.creators).unwrap_or_default();
                creators.extend(own.into_iter().find(|creator| Some(slug(&creator.name)) == slug_of));
            }
            let creator = together(creators.into_iter());
            items.extend(creator.map(|creator| keep(person(&creator, holders), &fields)));
        }
        Ok(envelope(offset, rows, found, items, Vec::new()).to_string())
    };
    let body = finder.ask(tell).await?;
    Ok(told(request, body).await.into())
}

/// `/art/all_ids`: every object number.
async fn all(door: &Door, request: &HttpRequest) -> Result<Answered, Error> {
    let finder = door.gallery.finder()?;
    let snapshot = finder.snapshot()?;
    let numbers = finder.ask(move || snapshot.numbers(0, usize::MAX)).await?;
    let numbers: Vec<String> = numbers.into_iter().map(|(number, _)| number).collect();
    Ok(told(request, json!({ "objectIDs": numbers }).to_string()).await.into())
}

/// `/iiif/manifest?id=…`, or `?object_number=…`: leads to the work's manifest, in the version that is asked for, else the
/// one that programs written for SMK's read.
async fn manifest(door: &Door, request: &HttpRequest, pairs: &[(String, String)]) -> Result<Answered, Error> {
    let named = |wanted: &str| pairs.iter().find(|(name, value)| name == wanted && !value.trim().is_empty());
    let Some((_, id)) = named("id").or_else(|| named("object_number")) else {
        return Err(Invalid::new("id", "", "is missing: say which work, as in `?id=KMS1`").into());
    };
    let id = id.trim();
    let numbers = vec![id.to_owned(), format!("{}{id}", search::ID)];
    let search = Search { numbers: vec![numbers], limit: 1, ..Search::default() };
    let hits = door.gallery.finder()?.find(search).await?;
    let place = hits.found.hits.first().ok_or(Error::NotFound)?;
    let number = hits.snapshot.stored(*place)?.number();
    let address = Address::new(&door.base.of(request)?);
    let version = presentation_version(request).unwrap_or(Version::V2);
    let mut response = HttpResponse::Found();
    response.insert_header((header::LOCATION, address.manifest(version, &number)));
    Ok(response.insert_header((header::VARY, "Accept")).finish().into())
}

/// The same search in the words of the index.
fn search_of(asked: &Asked, snapshot: &Snapshot) -> Search {
    let mut search = Search {
        q: asked.keys.clone().unwrap_or_default(),
        offset: asked.offset as usize,
        limit: asked.rows as usize,
        facet_limit: asked.facet_limit.map_or(VALUES, |limit| limit as usize),
        ..Search::default()
    };
    if !asked.qfields.is_empty() {
        search.places = asked.qfields.clone();
    }
    for filter in &asked.filters {
        filtered(&mut search, filter, asked.lang, snapshot);
    }
    for range in &asked.ranges {
        ranged(&mut search, range);
    }
    let schemes = asked.facets.iter().filter_map(|field| match field.known {
        Known::Shelf(scheme) => Some(scheme),
        Known::Rights => Some("rights"),
        _ => None,
    });
    search.facets = schemes.map(str::to_owned).collect();
    search.facets.sort_unstable();
    search.facets.dedup();
    if let Some(sort) = &asked.sort {
        let backwards = sort.descending;
        let sort = match sort.field.known {
            Known::Shelf(_) => Sort::Creator,
            Known::Title => Sort::Title,
            Known::Number | Known::Id => Sort::Number,
            Known::Measure(Measure::Earliest) => Sort::MadeFrom,
            Known::Measure(Measure::Latest) => Sort::MadeUntil,
            Known::Measure(Measure::Created) => Sort::Created,
            Known::Measure(Measure::Modified) => Sort::Modified,
            Known::Measure(Measure::Width) => Sort::Width,
            Known::Measure(Measure::Height) => Sort::Height,
            Known::Measure(Measure::Bytes) => Sort::Bytes,
            _ => Sort::Relevance,
        };
        search.order = Order { sort, backwards: backwards && sort != Sort::Relevance };
    }
    search
}

fn filtered(search: &mut Search, filter: &Filter, lang: Option<&str>, snapshot: &Snapshot) {
    let shelf = |scheme: &str, values: &[String]| -> Vec<search::Filter> {
        let mut found: Vec<String> = Vec::new();
        for value in values {
            let mut meant: Vec<String> =
                names(scheme, value).iter().flat_map(|name| snapshot.meant(scheme, name)).collect();
            // Records may have a value in one language only, and be asked for it in the other.
            if TRANSLATED.contains(&scheme) && (meant.is_empty() || lang == Some("en")) {
                let other = search::meanings(value);
                meant.extend(other.iter().flat_map(|other| snapshot.meant(scheme, other)));
            }
            found.extend(meant);
        }
        found.sort_unstable();
        found.dedup();
        found.into_iter().map(|value| search::Filter { scheme: scheme.to_owned(), value }).collect()
    };
    let wanted = match &filter.wanted {
        Wanted::Shelf(scheme, values) => shelf(scheme, values),
        Wanted::Rights(values) => shelf("rights", values),
        Wanted::Flag(flag, is) => {
            let is = *is != filter.not;
            if flag_of(search, *flag).replace(is).is_some_and(|other| other != is) {
                // No work is both.
                search.each.push(Vec::new());
            }
            return;
        }
        Wanted::Number(values) | Wanted::Id(values) => {
            // Works without an identifier of their source are told with their number in its place.
            let is_id = matches!(filter.wanted, Wanted::Id(_));
            let ids = values.iter().filter(|_| is_id).map(|id| format!("{}{id}", search::ID));
            let numbers = values.iter().cloned().chain(ids);
            match filter.not {
                true => search.not_numbers.extend(numbers),
                false => search.numbers.push(numbers.collect()),
            }
            return;
        }
        Wanted::Colours(values) => {
            let keys = values.iter().map(|value| format!("{}{value}", search::COLOUR_KEY));
            match filter.not {
                true => search.not_numbers.extend(keys),
                false => search.numbers.push(keys.collect()),
            }
            return;
        }
        Wanted::Years(from, to) => return narrow(&mut search.years, (*from, *to)),
    };
    match (filter.not, wanted.as_slice()) {
        (true, _) => search.none.extend(wanted),
        // Each filter has to hold by itself, whatever others say of the same scheme.
        (false, _) => search.each.push(wanted),
    }
}

/// What a search says of a flag.
fn flag_of(search: &mut Search, flag: Flag) -> &mut Option<bool> {
    match flag {
        Flag::HasImage => &mut search.has_image,
        Flag::PublicDomain => &mut search.public_domain,
        Flag::OnDisplay => &mut search.on_display,
    }
}

fn ranged(search: &mut Search, range: &Range) {
    let year = |year: Option<i64>, open: i32| year.map_or(open, |year| year.clamp(-99_999, 99_999) as i32);
    let years = (year(range.from, i32::MIN), year(range.to, i32::MAX));
    let seconds = (range.from.unwrap_or(i64::MIN), range.to.unwrap_or(i64::MAX));
    let size = |size: i64| size.max(0) as u64;
    let sizes = (range.from.map_or(0, size), range.to.map_or(u64::MAX, size));
    match range.measure {
        Measure::Earliest => narrow(&mut search.made_from, years),
        Measure::Latest => narrow(&mut search.made_until, years),
        Measure::Created => narrow(&mut search.created, seconds),
        Measure::Modified => narrow(&mut search.modified, seconds),
        Measure::Width => narrow(&mut search.width, sizes),
        Measure::Height => narrow(&mut search.height, sizes),
        Measure::Bytes => narrow(&mut search.bytes, sizes),
    }
}

/// A span that is within both; one that ends before it begins holds nothing.
fn narrow<T: Ord + Copy>(span: &mut Option<(T, T)>, (from, to): (T, T)) {
    *span = Some(span.map_or((from, to), |(first, last)| (first.max(from), last.min(to))));
}

/// A scheme's values as SMK writes them, with how many works have them; what is called the same is one.
fn counted(hits: &Hits, scheme: &str, lang: Option<&str>) -> Vec<(String, u64)> {
    let vocabulary = hits.snapshot.vocabulary();
    let Some((_, values)) = hits.found.facets.iter().find(|(known, _)| known == scheme) else {
        return Vec::new();
    };
    let mut told: Vec<(String, u64)> = Vec::with_capacity(values.len());
    let mut places: HashMap<String, usize> = HashMap::new();
    for (number, works) in values {
        let Some(term) = vocabulary.term(*number) else { continue };
        let label = term.label.best(&[lang.unwrap_or("da")]);
        let name = term.inverted.as_deref().or(label).unwrap_or(&term.value);
        match places.get(name).and_then(|&place| told.get_mut(place)) {
            Some((_, count)) => *count += works,
            None => {
                places.insert(name.to_owned(), told.len());
                told.push((name.to_owned(), *works));
            }
        }
    }
    told.sort_by_key(|(_, works)| std::cmp::Reverse(*works));
    told
}

async fn flagged(door: &Door, search: &Search, flag: Flag, total: u64) -> Result<Vec<(String, u64)>, Error> {
    let mut with = Search { limit: 0, facets: Vec::new(), ..search.clone() };
    let asked = flag_of(&mut with, flag);
    let yes = match asked {
        Some(true) => total,
        Some(false) => 0,
        None => {
            *asked = Some(true);
            door.gallery.finder()?.find(with).await?.found.total
        }
    };
    let both = [("true".to_owned(), yes), ("false".to_owned(), total - yes.min(total))];
    Ok(both.into_iter().filter(|(_, works)| *works > 0).collect())
}

/// The works of a page as SMK's records, in their envelope; made away from the threads that answer, since there may be
/// thousands.
async fn page(
    door: &Door,
    request: &HttpRequest,
    asked: &Asked,
    hits: Hits,
    facets: Vec<(String, Vec<(String, u64)>)>,
) -> Result<Answered, Error> {
    let finder = door.gallery.finder()?;
    let corrected = hits.found.corrected.clone().zip(asked.keys.clone());
    let read = move || {
        let stored = hits.found.hits.iter().map(|place| hits.snapshot.stored(*place));
        Ok((stored.collect::<Result<Vec<Stored>, search::Error>>()?, hits.found.total))
    };
    let (stored, total) = finder.ask(read).await?;
    let originals = match door.gallery.works() {
        None => HashMap::new(),
        Some(works) => {
            let numbers: Vec<String> = stored.iter().map(Stored::number).collect();
            works.ask(|catalogue| async move { catalogue.originals(&numbers).await }).await?
        }
    };
    let telling = Telling {
        gallery: door.gallery.clone(),
        address: Address::new(&door.base.of(request)?),
        lang: asked.lang,
    };
    let (fields, offset, rows) = (asked.fields.clone(), asked.offset, asked.rows);
    let tell = move || {
        let told = stored.iter().filter_map(|stored| {
            let original = originals.get(&stored.number());
            let original = original.and_then(|text| serde_json::from_str(text).ok());
            Some(keep(telling.item(stored, original.as_ref())?, &fields))
        });
        let mut answer = envelope(offset, rows, total, told.collect(), facets);
        if let Some((corrected, typed)) = corrected {
            answer["corrections"] = json!({ typed.to_lowercase(): [corrected] });
        }
        Ok(answer.to_string())
    };
    let body = finder.ask(tell).await?;
    Ok(told(request, body).await.into())
}

/// How works are told as SMK's records.
struct Telling {
    gallery: Arc<Gallery>,
    address: Address,
    lang: Option<&'static str>,
}

impl Telling {
    fn item(&self, stored: &Stored, original: Option<&Value>) -> Option<Map<String, Value>> {
        let address = &self.address;
        let work = stored.work()?;
        let (number, rights, public_domain) = stored.known();
        let grant = self.gallery.rights().of_record(rights.as_deref(), public_domain);
        let place = |(file, shown): (String, search::Shown<'_>)| {
            // As measured, or else as the record says.
            let measured: Option<Value> = serde_json::from_str(shown.said).ok();
            let measured = |name: &str| measured.as_ref().and_then(|said| said.get(name)?.as_u64());
            let said = |name: &str| {
                let first = work.images.first().is_some_and(|image| image.file == file);
                let said = work.more.get(name).or(original.and_then(|record| record.get(name)));
                said.filter(|_| first).and_then(Value::as_u64)
            };
            let side = |name: &str| {
                let said = measured(name).or_else(|| said(&format!("image_{name}")));
                said.and_then(|side| side.try_into().ok())
            };
            let (width, height): (Option<u32>, Option<u32>) = (side("width"), side("height"));
            let limits = self.gallery.limits().at_most(grant.largest);
            let is_whole = match width.zip(height) {
                // What is larger than an answer may be is no whole, and nor is what rights make smaller.
                Some((width, height)) => {
                    width.max(height) <= grant.largest
                        && width <= limits.max_width
                        && height <= limits.max_height
                        && u64::from(width) * u64::from(height) <= limits.max_area
                }
                None => grant.largest == u32::MAX,
            };
            Place {
                service: address.image(Version::V2, &file),
                width,
                height,
                limited: Some(grant.largest).filter(|largest| *largest < u32::MAX),
                is_whole,
                bytes: said("image_size"),
                media_type: None,
                file,
            }
        };
        let visible = stored.images().filter(|(_, shown)| shown.matched && grant.largest > 0);
        let places = Places {
            manifest: format!("{}/api/smk/v1/iiif/manifest?id={}", address.base(), encoded(&number)),
            page: Some(address.work_page(&number)),
            record: format!("{}/api/smk/v1/art?object_number={}", address.base(), encoded(&number)),
            modified: work.modified.clone(),
            images: visible.map(place).collect(),
        };
        Some(item(&work, &work.tags, original, &places, self.lang))
    }
}

/// A number as a value of a query.
fn encoded(number: &str) -> String {
    percent_encoding::utf8_percent_encode(number, percent_encoding::NON_ALPHANUMERIC).to_string()
}
