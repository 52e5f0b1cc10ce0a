//! Queries of `/art` and `/art/search`.

use super::field::{Field, Known, field, place};
use super::filter::Filter;
use super::range::Range;
use crate::iiif::{Invalid, integer};
use crate::search::SearchField;

/// The validated parameters; unsupported ones are ignored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SmkQuery {
    /// The query text as typed, including quotes; `None` matches everything.
    pub keys: Option<String>,
    /// The fields to search for `keys`; empty for all.
    pub qfields: Vec<SearchField>,
    /// Filters, all of which must hold.
    pub filters: Vec<Filter>,
    /// Ranges, all of which must hold.
    pub ranges: Vec<Range>,
    /// The fields to count values of.
    pub facets: Vec<&'static Field>,
    /// Maximum number of values per facet. SMK's API has no such parameter.
    pub facet_limit: Option<u32>,
    /// Number of works to skip.
    pub offset: u32,
    /// Maximum number of works to return.
    pub rows: u32,
    /// The order; `None` for relevance.
    pub sort: Option<Sort>,
    /// The fields of items to return; empty for all.
    pub fields: Vec<String>,
    /// The language of texts, `da` or `en`.
    pub lang: Option<&'static str>,
    /// The requested object numbers.
    pub object_numbers: Vec<Number>,
}

/// An order of works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sort {
    pub field: &'static Field,
    pub descending: bool,
}

/// A requested object number. It may be a comma-separated list, but numbers may also contain commas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Number {
    pub whole: String,
    /// Its parts between commas, in case no work has the whole as its number.
    pub parts: Vec<String>,
}

const MAX_ROWS: u32 = 2000;
const MAX_FILTERS: usize = 50;
const MAX_RANGES: usize = 20;
const MAX_FACETS: usize = 20;
const MAX_FIELDS: usize = 200;
const MAX_NUMBERS: usize = 200;
const MAX_FACET_VALUES: u32 = 10_000;
const MAX_KEYS_BYTES: usize = 2048;

impl Default for SmkQuery {
    fn default() -> Self {
        Self {
            keys: None,
            qfields: Vec::new(),
            filters: Vec::new(),
            ranges: Vec::new(),
            facets: Vec::new(),
            facet_limit: None,
            offset: 0,
            rows: 10,
            sort: None,
            fields: Vec::new(),
            lang: None,
            object_numbers: Vec::new(),
        }
    }
}

impl SmkQuery {
    /// Parses the decoded pairs of a query. A list may be one parameter or several; of single-valued parameters, the first
    /// counts.
    pub(crate) fn parse(pairs: &[(String, String)]) -> Result<Self, Invalid> {
        let every = |name: &'static str| {
            let of = pairs.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.trim());
            of.filter(|value| !value.is_empty())
        };
        let one = |name| every(name).next();
        let query = Self {
            keys: keys(every("keys").collect::<Vec<_>>().join(" "))?,
            qfields: places(listed("qfields", every("qfields"))?)?,
            filters: bracketed("filters", every("filters"), MAX_FILTERS, Filter::parse)?,
            ranges: bracketed("range", every("range"), MAX_RANGES, Range::parse)?,
            facets: facets(every("facets"))?,
            facet_limit: one("facet_limit").map(|text| number("facet_limit", text)).transpose()?,
            offset: one("offset").map_or(Ok(0), |text| number("offset", text))?,
            rows: one("rows").map_or(Ok(10), |text| number("rows", text))?,
            sort: sort(one("sort"), one("sort_type"))?,
            fields: listed("fields", every("fields"))?,
            lang: one("lang").map(language).transpose()?,
            object_numbers: object_numbers(every("object_number"))?,
        };
        if query.rows > MAX_ROWS {
            let reason = format!("is too many: the maximum is {MAX_ROWS}; continue with `offset`");
            return Err(Invalid::new("rows", &query.rows.to_string(), reason));
        }
        let facet_limit = query.facet_limit.map(|limit| limit.clamp(1, MAX_FACET_VALUES));
        Ok(Self { facet_limit, ..query })
    }
}

fn keys(given: String) -> Result<Option<String>, Invalid> {
    if given.len() > MAX_KEYS_BYTES {
        return Err(Invalid::new("keys", &given, "is longer than 2048 bytes"));
    }
    let is_all = given.chars().all(|c| matches!(c, '*' | '"' | ' '));
    Ok(Some(given).filter(|_| !is_all))
}

fn number(parameter: &'static str, text: &str) -> Result<u32, Invalid> {
    let bad = || Invalid::new(parameter, text, "must be a non-negative integer, as in `20`");
    integer(text).ok_or_else(bad)
}

/// Comma-separated names; `*` means all.
fn listed<'a>(parameter: &'static str, given: impl Iterator<Item = &'a str>) -> Result<Vec<String>, Invalid> {
    let mut names = Vec::new();
    for name in given.flat_map(|list| list.split(',')).map(str::trim).filter(|name| !name.is_empty()) {
        if names.len() == MAX_FIELDS {
            return Err(Invalid::new(parameter, name, "is one field too many: the maximum is 200"));
        }
        names.push(name.to_owned());
    }
    if names.iter().any(|name| name == "*") {
        names.clear();
    }
    Ok(names)
}

/// The search fields for these names, without duplicates.
fn places(fields: Vec<String>) -> Result<Vec<SearchField>, Invalid> {
    let mut places = fields.iter().map(|name| place(name)).collect::<Result<Vec<SearchField>, Invalid>>()?;
    places.sort_by_key(|place| *place as u8);
    places.dedup();
    Ok(places)
}

/// Parses the text within each pair of brackets.
fn bracketed<'a, T>(
    parameter: &'static str,
    given: impl Iterator<Item = &'a str>,
    most: usize,
    read: impl Fn(&str) -> Result<T, Invalid>,
) -> Result<Vec<T>, Invalid> {
    let mut found = Vec::new();
    for list in given {
        let mut rest = list;
        loop {
            rest = rest.trim_start_matches(|c: char| c == ',' || c.is_whitespace());
            if rest.is_empty() {
                break;
            }
            let end = rest.starts_with('[').then(|| closing(rest)).flatten().ok_or_else(|| {
                Invalid::new(
                    parameter,
                    rest,
                    "needs brackets around each part: write `[field:value],[field:value]`",
                )
            })?;
            if found.len() == most {
                return Err(Invalid::new(parameter, rest, format!("is one too many: the maximum is {most}")));
            }
            found.push(read(&rest[1..end])?);
            rest = &rest[end + 1..];
        }
    }
    Ok(found)
}

/// The position of the bracket that closes the first one; values may contain pairs of brackets.
fn closing(text: &str) -> Option<usize> {
    let mut open = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'[' => open += 1,
            b']' if open == 1 => return Some(at),
            b']' => open -= 1,
            _ => {}
        }
    }
    None
}

fn facets<'a>(given: impl Iterator<Item = &'a str>) -> Result<Vec<&'static Field>, Invalid> {
    let mut facets = Vec::new();
    for name in listed("facets", given)? {
        let facet = field("facets", &name, Known::can_be_counted)?;
        if facets.contains(&facet) {
            continue;
        }
        if facets.len() == MAX_FACETS {
            return Err(Invalid::new("facets", &name, "is one too many: the maximum is 20"));
        }
        facets.push(facet);
    }
    Ok(facets)
}

fn sort(by: Option<&str>, order: Option<&str>) -> Result<Option<Sort>, Invalid> {
    let descending = match order.map(str::to_ascii_lowercase).as_deref() {
        None | Some("asc") => false,
        Some("desc") => true,
        Some(other) => return Err(Invalid::new("sort_type", other, "must be `asc` or `desc`")),
    };
    let first = by.and_then(|list| list.split(',').map(str::trim).find(|name| !name.is_empty()));
    let by = first.map(|name| field("sort", name, Known::can_be_sorted_by)).transpose()?;
    Ok(by.map(|field| Sort { field, descending }))
}

fn language(text: &str) -> Result<&'static str, Invalid> {
    match text.split('-').next().map(str::to_ascii_lowercase).as_deref() {
        Some("da") => Ok("da"),
        Some("en") => Ok("en"),
        _ => Err(Invalid::new("lang", text, "must be `da` or `en`")),
    }
}

fn object_numbers<'a>(given: impl Iterator<Item = &'a str>) -> Result<Vec<Number>, Invalid> {
    let mut numbers = Vec::new();
    let mut count = 0;
    for whole in given {
        let mut parts = Vec::new();
        if whole.contains(',') {
            let each = whole.split(',').map(str::trim).filter(|part| !part.is_empty());
            parts.extend(each.map(str::to_owned));
        }
        count += parts.len().max(1);
        if count > MAX_NUMBERS {
            return Err(Invalid::new(
                "object_number",
                whole,
                "gives more than 200 numbers: the maximum is 200",
            ));
        }
        numbers.push(Number { whole: whole.to_owned(), parts });
    }
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use super::super::field::{Flag, Measure};
    use super::super::filter::Condition;
    use super::*;

    fn parse(pairs: &[(&str, &str)]) -> Result<SmkQuery, Invalid> {
        let pairs: Vec<_> = pairs.iter().map(|&(name, value)| (name.into(), value.into())).collect();
        SmkQuery::parse(&pairs)
    }

    #[track_caller]
    fn check(pairs: &[(&str, &str)], expected: SmkQuery) {
        assert_eq!(parse(pairs), Ok(expected), "{pairs:?}");
    }

    fn known(name: &str) -> &'static Field {
        super::super::field::FIELDS.iter().find(|field| field.name == name).unwrap()
    }

    #[test]
    fn an_empty_query_returns_the_first_ten_works() {
        check(&[], SmkQuery::default());
        check(
            &[("keys", "*"), ("filters", ""), ("range", " "), ("rows", ""), ("sort", ",")],
            SmkQuery::default(),
        );
        check(
            &[("has_image", "true"), ("output", "JSON-LD"), ("encoding", "x"), ("randomHits", "3")],
            SmkQuery::default(),
        );
    }

    #[test]
    fn keys_stay_as_they_were_typed() {
        for (typed, expected) in [
            ("*", None),
            (" ** ", None),
            ("\"\"", None),
            ("anna ancher", Some("anna ancher")),
            ("\"anna ancher\" hav", Some("\"anna ancher\" hav")),
            ("ancher*", Some("ancher*")),
        ] {
            assert_eq!(parse(&[("keys", typed)]).unwrap().keys.as_deref(), expected, "{typed}");
        }
        assert!(parse(&[("keys", &"x".repeat(2049))]).is_err());
        assert!(parse(&[("keys", &"x".repeat(2048))]).is_ok());
    }

    #[test]
    fn a_typical_query_is_parsed() {
        let query = parse(&[
            ("keys", "*"),
            ("fields", "titles, artist,object_number"),
            ("filters", "[has_image:true],[object_names:maleri], [creator:Abildgaard, Nicolai]"),
            ("filters", "[public_domain:true]"),
            ("range", "[production_dates_end:{1800-01-01T00:00:00Z;*}],[modified:{2019-05-28T09:35:58Z;*}]"),
            ("facets", "creator,techniques"),
            ("facets", "artist,creator"),
            ("offset", "20"),
            ("rows", "2000"),
            ("sort", "modified,id"),
            ("sort_type", "DESC"),
            ("qfields", "titles"),
            ("qfields", "creator"),
            ("lang", "en-US"),
        ])
        .unwrap();
        assert_eq!(query.fields, ["titles", "artist", "object_number"]);
        let facet = |scheme, value: &str| Condition::Facet(scheme, vec![value.into()]);
        let condition: Vec<_> = query.filters.into_iter().map(|filter| filter.condition).collect();
        assert_eq!(
            condition,
            [
                Condition::Flag(Flag::HasImage, true),
                facet("type", "maleri"),
                facet("creator", "Abildgaard, Nicolai"),
                Condition::Flag(Flag::PublicDomain, true)
            ]
        );
        let measures: Vec<_> = query.ranges.iter().map(|range| range.measure).collect();
        assert_eq!(measures, [Measure::Latest, Measure::Modified]);
        assert_eq!(query.facets, [known("creator"), known("techniques"), known("artist")]);
        assert_eq!((query.offset, query.rows, query.lang), (20, 2000, Some("en")));
        assert_eq!(query.sort, Some(Sort { field: known("modified"), descending: true }));
        assert_eq!(query.qfields, [SearchField::Titles, SearchField::Creators]);
    }

    #[test]
    fn numbers_are_lists_and_can_contain_commas() {
        let number = |whole: &str, parts: &[&str]| Number {
            whole: whole.into(),
            parts: parts.iter().map(|&part| part.into()).collect(),
        };
        check(
            &[("object_number", "kms1"), ("object_number", "KKS1615, KMS3"), ("object_number", "")],
            SmkQuery {
                object_numbers: vec![number("kms1", &[]), number("KKS1615, KMS3", &["KKS1615", "KMS3"])],
                ..SmkQuery::default()
            },
        );
    }

    #[test]
    fn brackets_can_be_nested() {
        let query = parse(&[("filters", ",[collection:a [b], c][collection:d]\n")]).unwrap();
        let facet = |value: &str| Condition::Facet("collection", vec![value.into()]);
        assert_eq!(query.filters.len(), 2);
        assert_eq!(
            (&query.filters[0].condition, &query.filters[1].condition),
            (&facet("a [b], c"), &facet("d"))
        );
    }

    #[test]
    fn selecting_all_fields_is_no_selection() {
        check(&[("fields", "*,titles")], SmkQuery::default());
        check(&[("facet_limit", "0")], SmkQuery { facet_limit: Some(1), ..SmkQuery::default() });
        check(&[("facet_limit", "99999999")], SmkQuery { facet_limit: Some(10_000), ..SmkQuery::default() });
        check(&[("rows", "0")], SmkQuery { rows: 0, ..SmkQuery::default() });
        check(&[("rows", "5"), ("rows", "x")], SmkQuery { rows: 5, ..SmkQuery::default() });
    }

    #[test]
    fn invalid_queries_are_refused_with_a_hint() {
        let many = |text: &str, count: usize| vec![text; count].join(",");
        let numbers = many("1", 201);
        for (name, value, given) in [
            ("rows", "2001", "the maximum is 2000"),
            ("rows", "99999999999", "the maximum is 2000"),
            ("rows", "+5", "must be a non-negative integer"),
            ("offset", "-1", "must be a non-negative integer"),
            ("offset", "NaN", "must be a non-negative integer"),
            ("facet_limit", "-1", "must be a non-negative integer"),
            ("filters", "has_image:true", "write `[field:value]"),
            ("filters", "[has_image:true", "write `[field:value]"),
            ("filters", "[has_image:true]]", "write `[field:value]"),
            ("filters", "[has_image:true];[public_domain:true]", "write `[field:value]"),
            ("filters", "[]", "write it as in"),
            ("filters", "[colour:red]", "supported fields are creator"),
            ("filters", &many("[has_image:true]", 51), "the maximum is 50"),
            ("range", "production_dates_end:{1;2}", "write `[field:value]"),
            ("range", "[production_dates_end:{1;2]", "write it as in"),
            ("range", &many("[image_width:{1;2}]", 21), "the maximum is 20"),
            ("facets", "titles", "supported fields are creator"),
            ("facets", "creator_height", "supported fields are creator"),
            ("sort", "score", "supported fields are creator, artist, object_number"),
            ("sort_type", "down", "must be `asc` or `desc`"),
            ("qfields", "foo", "text fields are titles, creator"),
            ("lang", "de", "must be `da` or `en`"),
            ("fields", &many("a", 201), "the maximum is 200"),
            ("object_number", &numbers, "the maximum is 200"),
        ] {
            let refused = parse(&[(name, value)]).unwrap_err();
            assert_eq!(refused.parameter, name, "{value}");
            assert!(refused.reason.contains(given), "{name}={value}: {refused}");
        }
        let every = super::super::field::FIELDS.iter().filter(|field| field.known.can_be_counted());
        let every = every.map(|field| field.name).collect::<Vec<_>>().join(",");
        assert!(parse(&[("facets", &every)]).unwrap_err().reason.contains("the maximum is 20"));
    }
}
