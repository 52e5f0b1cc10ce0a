//! Tables of parameters, from which requests are validated and the OpenAPI description is generated.

use super::query::{Kind, Parameter};
use super::tags::MAX_REVISION;
use crate::search::{FacetMode, MAX_QUERY_CHARS, Order, VisualMeasure};

/// How often a repeatable parameter may be given, by default.
const MAX_TIMES: usize = 20;

const fn parameter(name: &'static str, kind: Kind, example: &'static str, about: &'static str) -> Parameter {
    Parameter { name, about, kind, times: 1, example }
}

const fn many(name: &'static str, kind: Kind, example: &'static str, about: &'static str) -> Parameter {
    Parameter { name, about, kind, times: MAX_TIMES, example }
}

const fn measure(measure: VisualMeasure, example: &'static str, about: &'static str) -> Parameter {
    parameter(measure.name(), Kind::Range, example, about)
}

fn intervals() -> Vec<String> {
    ["1", "5", "10", "25", "50", "100"].map(str::to_owned).to_vec()
}

const LANG: Parameter = parameter(
    "lang",
    Kind::Language,
    "da",
    "Texts in several languages become a string in this language, or else in the best available one.",
);
const FIELDS: Parameter = parameter(
    "fields",
    Kind::Names,
    "object_number,titles,thumbnail",
    "Only these fields of each work, separated by commas.",
);

/// Parameters of a single work.
pub(super) const OF_ONE: [Parameter; 2] = [FIELDS, LANG];

/// Parameters of a single creator.
pub(super) const OF_CREATOR: [Parameter; 1] = [LANG];

/// Parameters of a withdrawal.
pub(super) const OF_WITHDRAWAL: [Parameter; 1] = [parameter(
    "reason",
    Kind::Line(1000),
    "Returned to its owner",
    "Why the work is withdrawn, in words for the public; also possible in the body.",
)];

/// Parameters of a value's tags that wait for a decision.
pub(super) const OF_WAITING_TAGS: [Parameter; 2] = [
    parameter("start", Kind::Integer(0, 1_000_000_000), "0", "Number of tags to skip."),
    parameter("limit", Kind::Integer(0, 500), "60", "Maximum number of tags. Default: 60."),
];

/// Parameters of the works with tags that wait for a decision.
pub(super) const OF_WAITING_WORKS: [Parameter; 2] = [
    parameter("after", Kind::Text(1000), "", "Only works after the one with this object number."),
    parameter("limit", Kind::Integer(0, 50), "10", "Maximum number of works. Default: 10."),
];

/// Parameters of annotations that wait for a decision.
pub(super) const OF_WAITING_ANNOTATIONS: [Parameter; 2] = [
    parameter(
        "after",
        Kind::Integer(0, MAX_REVISION),
        "0",
        "Only annotations that were made after this revision.",
    ),
    parameter("limit", Kind::Integer(0, 500), "50", "Maximum number of annotations. Default: 50."),
];

/// The parameters of `/api/v1/concepts`.
pub(super) fn of_concepts() -> Vec<Parameter> {
    let q = Parameter {
        about: "Only concepts with a label that has a word with this prefix.",
        example: "anc",
        ..SEARCH[0]
    };
    vec![
        q,
        parameter("uri", Kind::Text(2000), "", "Only the concept with this URI."),
        parameter("in_scheme", Kind::Text(2000), "", "Only concepts in the scheme with this URI."),
        parameter(
            "vocabulary",
            Kind::Text(200),
            "",
            "Only concepts of the vocabulary that was imported by this name.",
        ),
        limit_with("Maximum number of concepts. Default: 20."),
        parameter("start", Kind::Integer(0, 10_000_000), "0", "Number of concepts to skip."),
        LANG,
    ]
}

/// Parameters that select works, shared by all endpoints that return several works.
pub(super) const SEARCH: [Parameter; 20] = [
    parameter(
        "q",
        Kind::Text(MAX_QUERY_CHARS),
        "turner venice",
        "Words in titles, creators, object numbers, tags, techniques, descriptions and inscriptions, in Danish or English, with or without accents; misspelled words are corrected. \"Quoted words\" must be adjacent, -words are excluded, prefix* matches all words with this prefix (at least two letters, at most three prefixes). Words after the 32nd are ignored.",
    ),
    many(
        "any",
        Kind::Filter,
        "creator:joseph-mallord-william-turner",
        "Works that have at least one of the given values of each scheme; a value by its identifier or label. With creators, `role:engraver` is the role of one of these creators, otherwise of anyone.",
    ),
    many("all", Kind::Filter, "subject:boat", "Works that have every one of these values."),
    many("none", Kind::Filter, "type:sculpture", "Works that have none of these values."),
    parameter(
        "years",
        Kind::Years,
        "1800/1850",
        "Works whose production overlaps these years: from/to, open at either end, or one year.",
    ),
    parameter("has_image", Kind::Flag, "true", "Works with an image here, or without."),
    parameter("public_domain", Kind::Flag, "true", "Works in the public domain, or others."),
    parameter(
        "min_width",
        Kind::Integer(0, 1_000_000),
        "2000",
        "Minimum width of the largest image in pixels: as measured, or else as in the record.",
    ),
    parameter(
        "min_height",
        Kind::Integer(0, 1_000_000),
        "2000",
        "Minimum height of the largest image in pixels: as measured, or else as in the record.",
    ),
    Parameter {
        times: 5,
        ..many(
            "colour",
            Kind::Colour,
            "3f6fb5",
            "Works that have a colour near this one; if repeated, near each of them. With `:70` after it, works come first where colours near it cover about 70 % of the picture.",
        )
    },
    parameter(
        "colour_distance",
        Kind::Decimal(0.0, 100.0),
        "12",
        "Maximum distance (ΔE): 0 is equal, 2 is barely visible, 100 is black to white. Default: 12.",
    ),
    parameter(
        "background",
        Kind::ColourName,
        "white",
        "Works whose picture has a plain background of this colour: its name in English or Danish; `gray` stands for all grays. Only works whose pictures were measured have one.",
    ),
    measure(
        VisualMeasure::Brightness,
        "40/60",
        "Works whose pictures have this mean lightness: from/to, open at either end, 0 is black, 100 is white. Like the other measures, only of works whose pictures were measured.",
    ),
    measure(
        VisualMeasure::Contrast,
        "20/",
        "Works whose pictures have this standard deviation of the lightness: from/to, from 0 (even) to 50 (half black, half white).",
    ),
    measure(
        VisualMeasure::Saturation,
        "/15",
        "Works whose pictures have this mean chroma: from/to, from 0 (grey) to 100 (the most colourful of screens).",
    ),
    measure(
        VisualMeasure::Temperature,
        "-100/0",
        "Works whose pictures have this colour temperature: from/to, from -100 (all blue) to 100 (all orange).",
    ),
    measure(
        VisualMeasure::Entropy,
        "4/6",
        "Works whose pictures have this entropy of the lightness in bits: from/to, from 0 (one tone) to 6.",
    ),
    parameter(
        "sort",
        Kind::Choice(Order::names),
        "date",
        "The order; `-` reverses it. `date` sorts by the first year of production, `-date` by the last one, latest first. Works without a measure come last in either direction.",
    ),
    FIELDS,
    LANG,
];

const LIMIT: Parameter =
    parameter("limit", Kind::Integer(0, 100), "20", "Maximum number of works. Default: 20.");

/// `limit` with another description, for endpoints with another default.
const fn limit_with(about: &'static str) -> Parameter {
    Parameter { about, ..LIMIT }
}

/// Parameters of pages, facets and the histogram.
const LISTED: [Parameter; 6] = [
    LIMIT,
    parameter("cursor", Kind::Cursor, "", "The start of the page: `cursor` of the previous page."),
    many("facet", Kind::Scheme, "creator", "Count the values of this scheme among the results."),
    parameter(
        "facet_mode",
        Kind::Choice(facet_modes),
        "multiple",
        "Which works are counted: `single`, the results; `multiple`, for each scheme what would be the results without the `any` filters of this scheme, so that several values can be chosen. Default: `single`.",
    ),
    parameter(
        "facet_limit",
        Kind::Integer(1, 200),
        "10",
        "Maximum number of values per scheme, the most frequent ones. Default: 10.",
    ),
    parameter("histogram", Kind::Choice(intervals), "10", "Count the results by periods of this many years."),
];

const LIKE: Parameter = parameter(
    "like",
    Kind::Text(1000),
    "text:a ship at sea",
    "Works whose pictures are nearest to a text, nearest first: `text:` and words, in a language that the model knows. Only if the server has a model with a text encoder. Other parameters select the works that are ordered; `total` is the number of works in the response, and facets count all selected works. Cannot be combined with `sort` or `cursor`.",
);

fn facet_modes() -> Vec<String> {
    FacetMode::NAMES.map(str::to_owned).to_vec()
}

/// The parameters of `/api/v1/works`.
pub(super) fn of_works() -> Vec<Parameter> {
    [&SEARCH[..], &LISTED[..], &[LIKE]].concat()
}

/// The parameters of the search page.
pub(crate) fn of_page() -> Vec<Parameter> {
    let cursor = LISTED.iter().filter(|parameter| parameter.name == "cursor");
    SEARCH.iter().filter(|parameter| parameter.name != "fields").chain(cursor).copied().collect()
}

/// The parameters of a collection that is a search.
pub(crate) fn of_collection() -> Vec<Parameter> {
    SEARCH.iter().filter(|parameter| parameter.name != "fields").copied().collect()
}

/// The parameters that select works for a command.
pub(super) fn of_selection() -> Vec<Parameter> {
    let is_shown = |parameter: &&Parameter| matches!(parameter.name, "sort" | "fields" | "lang");
    SEARCH.iter().filter(|parameter| !is_shown(parameter)).copied().collect()
}

/// The parameters of `/admin/webhooks/redeliver`.
pub(crate) const OF_REDELIVERY: [Parameter; 2] = [
    parameter("webhook", Kind::Text(64), "registrar", "The name of the webhook in the settings."),
    parameter("delivery", Kind::Text(200), "msg_registrar_1_2_3", "The identifier of the delivery."),
];

/// The parameters of `/api/v1/random`.
pub(super) fn of_random() -> Vec<Parameter> {
    let mut table: Vec<Parameter> =
        SEARCH.iter().filter(|parameter| parameter.name != "sort").copied().collect();
    table.push(limit_with("Number of works. Default: 1."));
    table
}

/// A detail: `1,2,30,40` or `percent:1,2,30,40`.
const XYWH: &str = "^((pixel:)?[0-9]{1,9}(,[0-9]{1,9}){3}|(percent|pct):[0-9]{1,3}([.][0-9]{1,9})?(,[0-9]{1,3}([.][0-9]{1,9})?){3})$";

/// The parameters of similar works; `with_detail` for those that may be like a part of an image.
pub(super) fn of_similar(with_detail: bool) -> Vec<Parameter> {
    let mut table: Vec<Parameter> =
        SEARCH.iter().filter(|parameter| parameter.name != "sort").copied().collect();
    table.push(LIMIT);
    table.push(parameter(
        "by",
        Kind::Pattern("^(color|form|both|model:.{0,200})$"),
        "both",
        "What is compared: `color`, `form`, `both` of them, or `model:NAME`. Default: a model, if this server has vectors of one, otherwise `both`. Pictures and details are read by the same version of the model, if it is among the settings.",
    ));
    if with_detail {
        table.push(parameter(
            "canvas",
            Kind::Text(2000),
            "",
            "The canvas with the detail: its URI in a manifest, or its number among the work's canvases. Default: the first.",
        ));
        table.push(parameter(
            "xywh",
            Kind::Pattern(XYWH),
            "",
            "The detail to find similar works for: `x,y,width,height` in pixels, or in percent after `percent:`. It is compared with details if this server has vectors of them (`likeness.details`), otherwise with whole images.",
        ));
    }
    table
}

/// The parameters of `/api/v1/suggest`.
pub(super) fn of_suggest() -> Vec<Parameter> {
    let q = Parameter { about: "What has been typed so far.", example: "anc", ..SEARCH[0] };
    vec![q, limit_with("Maximum number of suggestions. Default: 10."), LANG]
}

/// The parameters of `/api/v1/creators` and `/api/v1/tags/{scheme}`.
pub(super) fn of_terms(tree: bool) -> Vec<Parameter> {
    let q = Parameter { about: "Only values that have words with this prefix.", example: "anc", ..SEARCH[0] };
    let below = parameter(
        "below",
        Kind::Text(200),
        "",
        "The values directly below this one in the vocabulary's tree; without it, the top values.",
    );
    let start = parameter("start", Kind::Integer(0, 10_000_000), "0", "Number of values to skip.");
    let mut table = vec![q, limit_with("Maximum number of values. Default: 20."), start, LANG];
    if tree {
        table.push(below);
    }
    table
}

/// The parameters of `/admin/purge`.
pub(crate) fn of_admin() -> Vec<Parameter> {
    vec![
        parameter("image", Kind::Text(2000), "", "An image's identifier."),
        parameter("work", Kind::Text(2000), "", "A work's object number."),
        parameter("all", Kind::Flag, "true", "Everything."),
    ]
}

/// The parameters of `/admin/warm`: an image, a work, or a search.
pub(crate) fn of_warming() -> Vec<Parameter> {
    let mut table = of_admin();
    table.pop();
    table.push(parameter(
        "most",
        Kind::Integer(1, 1000),
        "100",
        "Maximum number of works of a search. Default: 1000.",
    ));
    table.extend(SEARCH);
    table
}

#[cfg(test)]
mod tests {
    use super::super::query::ApiQuery;
    use super::*;

    #[test]
    fn what_is_asked_is_checked_by_the_table() {
        for (query, good) in [
            ("q=a&any=creator:x&any=creator:y&years=1800/&colour=%23ff0000&has_image=true&lang=da", true),
            ("", true),
            ("q=a&q=b", false),
            ("has_image=yes", false),
            ("colour=red", false),
            ("colour=3f6fb5:70&colour=%23202020:30&brightness=40/60&temperature=-20/", true),
            ("colour=3f6fb5:0", false),
            ("brightness=40", false),
            ("background=Dark+gray", true),
            ("background=smell", false),
            ("sort=-brightness", true),
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
            assert_eq!(ApiQuery::read(&SEARCH, query).is_ok(), good, "{query}");
        }
        let refused = ApiQuery::read(&SEARCH, "colors=x").err().map(|invalid| invalid.to_string()).unwrap();
        assert!(refused.contains("did you mean `colour`"), "{refused}");
    }

    #[test]
    fn searches_have_one_form() {
        let canonical = |query| ApiQuery::read(&SEARCH, query).unwrap().canonical(&["lang"]);
        assert_eq!(canonical("years=1800&q=a+b&lang=da&all=x:y"), canonical("all=x%3Ay&q=a%20b&years=1800"));
    }
}
