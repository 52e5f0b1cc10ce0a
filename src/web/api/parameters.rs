//! What may be asked of the API: the tables that requests are read by and that the description is made of.

use super::query::{Kind, Parameter};
use crate::search::{MAX_QUERY_CHARS, Order};

/// What may be said several times may be said so often, mostly.
const TIMES: usize = 20;

const fn parameter(name: &'static str, kind: Kind, example: &'static str, about: &'static str) -> Parameter {
    Parameter { name, about, kind, times: 1, example }
}

const fn many(name: &'static str, kind: Kind, example: &'static str, about: &'static str) -> Parameter {
    Parameter { name, about, kind, times: TIMES, example }
}

fn intervals() -> Vec<String> {
    ["1", "5", "10", "25", "50", "100"].map(str::to_owned).to_vec()
}

const LANG: Parameter = parameter(
    "lang",
    Kind::Language,
    "da",
    "Texts in several languages become the words in this one, else in the next best.",
);
const FIELDS: Parameter = parameter(
    "fields",
    Kind::Names,
    "object_number,titles,thumbnail",
    "Only these fields of each work, separated by commas.",
);

/// What may be asked of one work.
pub const OF_ONE: [Parameter; 2] = [FIELDS, LANG];

/// What says which works are meant: all of it is shared by whatever tells of some works.
pub const SEARCH: [Parameter; 14] = [
    parameter(
        "q",
        Kind::Text(MAX_QUERY_CHARS),
        "turner venice",
        "Words in titles, creators, object numbers, tags, techniques, descriptions and inscriptions, in Danish or English, with or without accents; slips are forgiven. \"Words in quotation marks\" stand side by side, -words are not wanted, begin* stands for all that begins so (two letters at least, three times at most). Words behind the 32nd are not looked for.",
    ),
    many(
        "any",
        Kind::Filter,
        "creator:joseph-mallord-william-turner",
        "Works that have one of the values said of each scheme; a value by its name or what it is called.",
    ),
    many("all", Kind::Filter, "subject:boat", "Works that have every one of these values."),
    many("none", Kind::Filter, "type:sculpture", "Works that have none of these values."),
    parameter(
        "years",
        Kind::Years,
        "1800/1850",
        "Works whose making touches these years: from/to, either end left open, or one year.",
    ),
    parameter("has_image", Kind::Flag, "true", "Works with an image here, or without."),
    parameter("public_domain", Kind::Flag, "true", "Works in the public domain, or others."),
    parameter(
        "min_width",
        Kind::Integer(0, 1_000_000),
        "2000",
        "The largest image is at least so wide, in pixels: as measured, or else as the record says.",
    ),
    parameter(
        "min_height",
        Kind::Integer(0, 1_000_000),
        "2000",
        "The largest image is at least so high, in pixels: as measured, or else as the record says.",
    ),
    Parameter {
        times: 5,
        ..many(
            "colour",
            Kind::Colour,
            "3f6fb5",
            "Works that have a colour near this one; said several times: near each.",
        )
    },
    parameter(
        "colour_distance",
        Kind::Decimal(0.0, 100.0),
        "12",
        "How near: 0 is the same, 2 is hardly told apart, 100 is black and white. 12 if it is not said.",
    ),
    parameter(
        "sort",
        Kind::Choice(Order::names),
        "date",
        "What comes first; `-` turns it round. `date` is the first year of the making, `-date` the last one, latest first.",
    ),
    FIELDS,
    LANG,
];

const LIMIT: Parameter =
    parameter("limit", Kind::Integer(0, 100), "20", "So many works; 20 if it is not said.");

/// How many are told, where it is another number if nobody says how many.
const fn told(about: &'static str) -> Parameter {
    Parameter { about, ..LIMIT }
}

/// What is told beside the works of a search.
const LISTED: [Parameter; 5] = [
    LIMIT,
    parameter("cursor", Kind::Cursor, "", "Where the page begins: `cursor` of the page before."),
    many("facet", Kind::Scheme, "creator", "Count the values of this scheme among the works found."),
    parameter(
        "facet_limit",
        Kind::Integer(1, 200),
        "10",
        "So many values of each scheme, the most frequent ones; 10 if it is not said.",
    ),
    parameter(
        "histogram",
        Kind::Choice(intervals),
        "10",
        "Count the works found by periods of so many years.",
    ),
];

/// The parameters of `/api/v1/works`.
pub fn of_works() -> Vec<Parameter> {
    [&SEARCH[..], &LISTED[..]].concat()
}

/// The parameters of the first page.
pub fn of_page() -> Vec<Parameter> {
    let cursor = LISTED.iter().filter(|parameter| parameter.name == "cursor");
    SEARCH.iter().filter(|parameter| parameter.name != "fields").chain(cursor).copied().collect()
}

/// The parameters of a collection that is a search.
pub fn of_collection() -> Vec<Parameter> {
    SEARCH.iter().filter(|parameter| parameter.name != "fields").copied().collect()
}

/// The parameters of `/api/v1/random`.
pub fn of_random() -> Vec<Parameter> {
    let mut table: Vec<Parameter> =
        SEARCH.iter().filter(|parameter| parameter.name != "sort").copied().collect();
    table.push(told("So many works; 1 if it is not said."));
    table
}

/// The parameters of `/api/v1/suggest`.
pub fn of_suggest() -> Vec<Parameter> {
    let q = Parameter { about: "What has been typed so far.", example: "anc", ..SEARCH[0] };
    vec![q, told("So many suggestions; 10 if it is not said."), LANG]
}

/// The parameters of `/api/v1/creators` and `/api/v1/tags/{scheme}`.
pub fn of_terms(tree: bool) -> Vec<Parameter> {
    let q = Parameter { about: "Only those that have words which begin so.", example: "anc", ..SEARCH[0] };
    let below = parameter(
        "below",
        Kind::Text(200),
        "",
        "The values right below this one in the vocabulary's tree, by its name; without it, those that stand below none.",
    );
    let start = parameter("start", Kind::Integer(0, 10_000_000), "0", "Leave out so many of the first.");
    let mut table = vec![q, told("So many values; 20 if it is not said."), start, LANG];
    if tree {
        table.push(below);
    }
    table
}

/// What may be purged.
pub fn of_admin() -> Vec<Parameter> {
    vec![
        parameter("image", Kind::Text(2000), "", "An image's identifier."),
        parameter("work", Kind::Text(2000), "", "A work's object number."),
        parameter("all", Kind::Flag, "true", "All of it."),
    ]
}

/// What may be warmed: an image, a work, or the works that a search finds.
pub fn of_warming() -> Vec<Parameter> {
    let mut table = of_admin();
    table.pop();
    table.push(parameter(
        "most",
        Kind::Integer(1, 1000),
        "100",
        "So many works of a search; 1000 if it is not said.",
    ));
    table.extend(SEARCH);
    table
}

#[cfg(test)]
mod tests {
    use super::super::query::Asked;
    use super::*;

    #[test]
    fn what_is_asked_is_checked_by_the_table() {
        for (query, good) in [
            ("q=a&any=creator:x&any=creator:y&years=1800/&colour=%23ff0000&has_image=true&lang=da", true),
            ("", true),
            ("q=a&q=b", false),
            ("has_image=yes", false),
            ("colour=red", false),
            ("years=x", false),
            ("any=creator", false),
            ("any=creator:", false),
            ("sort=size", false),
            ("min_width=-1", false),
            ("min_width=%2B1", false),
            ("fields=a,,b", false),
            ("lang=d", false),
            ("colour_distance=NaN", false),
        ] {
            assert_eq!(Asked::read(&SEARCH, query).is_ok(), good, "{query}");
        }
        let refused = Asked::read(&SEARCH, "colors=x").err().map(|invalid| invalid.to_string()).unwrap();
        assert!(refused.contains("did you mean `colour`"), "{refused}");
    }

    #[test]
    fn searches_have_one_form() {
        let canonical = |query| Asked::read(&SEARCH, query).unwrap().canonical(&["lang"]);
        assert_eq!(canonical("years=1800&q=a+b&lang=da&all=x:y"), canonical("all=x%3Ay&q=a%20b&years=1800"));
    }
}
