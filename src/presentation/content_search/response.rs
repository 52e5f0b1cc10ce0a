//! The annotations that match a query, with the text around each match.

use serde_json::Value;

use super::Version;
use super::query::{PAGE_SIZE, Query, Term};
use crate::presentation::annotation::TagTarget;
use crate::presentation::object::object;
use crate::presentation::{CONTEXT_2, View, canvas_of, html, version2};
use crate::record::NONE;
use crate::record::fold::words;

/// Maximum number of words that are marked in one text.
const MAX_MATCHES: usize = 20;
/// Maximum length of what is shown before and after a match in a written text, in bytes.
const MAX_CONTEXT: usize = 200;

/// A matching annotation.
struct Hit<'a> {
    found: Found<'a>,
    matches: Vec<Match>,
}

/// A tag, or an annotation that somebody has written, as an item of a page.
enum Found<'a> {
    Tag(TagTarget<'a>),
    Written(Value),
}

/// A matching word with the text before and after it.
struct Match {
    prefix: String,
    exact: String,
    suffix: String,
}

/// The results of a search within a work (2.0, §4.2; 1.0, §3.2).
pub(crate) fn response(view: &View<'_>, query: &Query, version: Version) -> Value {
    let hits = found(view, query);
    let total = hits.len();
    let first = query.page.saturating_mul(PAGE_SIZE).min(total);
    let page = &hits[first..first.saturating_add(PAGE_SIZE).min(total)];
    let base = view.address.search(version.number(), &view.work.object_number);
    let at = Paging { query, base: &base, total, first };
    match version {
        Version::V1 => version_1(view, page, &at),
        Version::V2 => version_2(view, page, &at),
    }
}

/// The annotations that match a query: tags in their order, then those that were written.
fn found<'a>(view: &View<'a>, query: &Query) -> Vec<Hit<'a>> {
    let terms = query.stemmed_terms();
    if terms.is_empty() && !query.q.is_empty() {
        return Vec::new();
    }
    let canvases = view.canvases();
    let targets = if query.includes_tags() { view.tag_targets(&canvases) } else { Vec::new() };
    let tags = targets.into_iter().filter_map(|target| {
        let matches = matches(&target, &terms)?;
        Some(Hit { found: Found::Tag(target), matches })
    });
    let written = view.annotations.iter().filter_map(|annotation| {
        let mut matched = vec![false; terms.len()];
        let matches = matches_in(&annotation.words, NONE, &terms, &mut matched, MAX_CONTEXT);
        matched.into_iter().all(|matched| matched).then_some(())?;
        let canvas = canvas_of(&canvases, annotation.image.as_deref(), annotation.canvas)?;
        let item = view.annotation_item(annotation, canvas)?;
        let motivations: Vec<&str> = match &item["motivation"] {
            Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
            one => one.as_str().into_iter().collect(),
        };
        query.includes(&motivations).then_some(Hit { found: Found::Written(item), matches })
    });
    tags.chain(written).collect()
}

impl Query {
    /// Whether all terms of the query are in a text.
    pub(crate) fn matcher(&self) -> impl Fn(&str) -> bool + Send + Sync + 'static {
        let terms = self.stemmed_terms();
        move |text| {
            let mut matched = vec![false; terms.len()];
            mark_terms(text, NONE, &terms, &mut matched);
            matched.into_iter().all(|matched| matched)
        }
    }
}

/// The matches of the terms in a tag's label; `None` if a term matches neither the label nor a broader term.
fn matches(target: &TagTarget<'_>, terms: &[Term]) -> Option<Vec<Match>> {
    let mut matched = vec![false; terms.len()];
    let mut matches = Vec::new();
    for (language, value) in target.tag.label.iter() {
        let text = html::plain_text(value);
        matches.extend(matches_in(&text, language, terms, &mut matched, usize::MAX));
    }
    let broader = target.tag.broader.iter().flat_map(|broader| broader.label.iter());
    for (language, value) in broader {
        mark_terms(value, language, terms, &mut matched);
    }
    matched.into_iter().all(|matched| matched).then_some(matches)
}

/// Marks the terms that words of a text in this language match.
fn mark_terms(text: &str, language: &str, terms: &[Term], matched: &mut [bool]) {
    for (at, _) in words(text) {
        for (term, matched) in terms.iter().zip(matched.iter_mut()) {
            *matched |= term.matches(&text[at.clone()], language);
        }
    }
}

/// The words of a text in this language that match a term, with at most `context` bytes of the text before and after each;
/// marks the terms that they match.
fn matches_in(
    text: &str,
    language: &str,
    terms: &[Term],
    matched: &mut [bool],
    context: usize,
) -> Vec<Match> {
    let mut matches = Vec::new();
    for (at, _) in words(text) {
        let mut is_match = false;
        for (term, matched) in terms.iter().zip(matched.iter_mut()) {
            if term.matches(&text[at.clone()], language) {
                (*matched, is_match) = (true, true);
            }
        }
        if is_match && matches.len() < MAX_MATCHES {
            matches.push(Match {
                prefix: text[ceiling(text, at.start.saturating_sub(context))..at.start].to_owned(),
                exact: text[at.clone()].to_owned(),
                suffix: text[at.end..floor(text, at.end.saturating_add(context))].to_owned(),
            });
        }
    }
    matches
}

/// The last boundary between characters at or before this byte.
fn floor(text: &str, byte: usize) -> usize {
    (0..=byte.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

/// The first boundary between characters at or after this byte.
fn ceiling(text: &str, byte: usize) -> usize {
    (byte..text.len()).find(|&at| text.is_char_boundary(at)).unwrap_or(text.len())
}

struct Paging<'a> {
    query: &'a Query,
    base: &'a str,
    total: usize,
    /// The position of the page's first annotation.
    first: usize,
}

impl Paging<'_> {
    fn id(&self, page: usize) -> String {
        self.query.address(self.base, page)
    }

    fn is_paged(&self) -> bool {
        self.total > PAGE_SIZE
    }

    fn last(&self) -> usize {
        self.total.saturating_sub(1) / PAGE_SIZE
    }

    fn next(&self) -> Option<String> {
        (self.first + PAGE_SIZE < self.total).then(|| self.id(self.query.page + 1))
    }

    fn before(&self) -> Option<String> {
        (self.is_paged() && self.first < self.total && self.first > 0).then(|| self.id(self.query.page - 1))
    }
}

fn version_2(view: &View<'_>, hits: &[Hit<'_>], at: &Paging<'_>) -> Value {
    let page = |id: String| object! { "id": id, "type": "AnnotationPage" };
    let mut document = object! {
        "@context": Version::V2.context(),
        "id": at.id(at.query.page),
        "type": "AnnotationPage",
        "items": hits.iter().map(|hit| hit.item(view)).collect::<Vec<_>>(),
    };
    if !at.query.ignored.is_empty() {
        document["ignored"] = Value::from(at.query.ignored.as_slice());
    }
    if at.is_paged() {
        document["partOf"] = object! {
            "id": format!("{}#all", at.id(0)), "type": "AnnotationCollection", "total": at.total,
            "first": page(at.id(0)), "last": page(at.id(at.last())),
        };
        document["startIndex"] = Value::from(at.first);
        at.next().into_iter().for_each(|next| document["next"] = page(next));
        at.before().into_iter().for_each(|before| document["prev"] = page(before));
    }
    let mut marks = Vec::new();
    for hit in hits {
        let source = hit.id(view, crate::iiif::Version::V3);
        for Match { prefix, exact, suffix } in &hit.matches {
            marks.push(object! {
                "id": format!("{source}#match-{}", marks.len() + 1),
                "type": "Annotation",
                "motivation": "highlighting",
                "target": object! {
                    "type": "SpecificResource",
                    "source": source.as_str(),
                    "selector": [object! {
                        "type": "TextQuoteSelector", "prefix": prefix.as_str(), "exact": exact.as_str(), "suffix": suffix.as_str(),
                    }],
                },
            });
        }
    }
    if !marks.is_empty() {
        document["annotations"] = Value::from([object! { "type": "AnnotationPage", "items": marks }]);
    }
    document
}

fn version_1(view: &View<'_>, hits: &[Hit<'_>], at: &Paging<'_>) -> Value {
    let id = |hit: &Hit<'_>| hit.id(view, crate::iiif::Version::V2);
    let resources = hits.iter().map(|hit| match &hit.found {
        Found::Written(item) => version2::annotation(item.clone()),
        Found::Tag(target) => object! {
            "@id": id(hit),
            "@type": "oa:Annotation",
            "motivation": "oa:tagging",
            "resource": object! {
                "@type": "cnt:ContentAsText",
                "format": "text/plain",
                "chars": hit.matches.first().map_or_else(|| label(view, target), Match::whole),
            },
            "on": view.target(target),
        },
    });
    let marks = hits.iter().flat_map(|hit| {
        let id = id(hit);
        hit.matches.iter().map(move |found| {
            object! {
                "@type": "search:Hit", "annotations": [id.as_str()],
                "match": found.exact.as_str(), "before": found.prefix.as_str(), "after": found.suffix.as_str(),
            }
        })
    });
    let mut within = object! { "@type": "sc:Layer", "total": at.total };
    if !at.query.ignored.is_empty() {
        within["ignored"] = Value::from(at.query.ignored.as_slice());
    }
    let mut document = object! {
        "@context": [CONTEXT_2, Version::V1.context()],
        "@id": at.id(at.query.page),
        "@type": "sc:AnnotationList",
        "resources": resources.collect::<Vec<_>>(),
        "hits": marks.collect::<Vec<_>>(),
        "startIndex": at.first,
    };
    if at.is_paged() {
        within["first"] = Value::from(at.id(0));
        within["last"] = Value::from(at.id(at.last()));
        at.next().into_iter().for_each(|next| document["next"] = Value::from(next));
        at.before().into_iter().for_each(|before| document["prev"] = Value::from(before));
    }
    document["within"] = within;
    document
}

impl Hit<'_> {
    /// The annotation as an item of a page.
    fn item(&self, view: &View<'_>) -> Value {
        match &self.found {
            Found::Tag(target) => view.annotation(target),
            Found::Written(item) => item.clone(),
        }
    }

    fn id(&self, view: &View<'_>, version: crate::iiif::Version) -> String {
        match &self.found {
            Found::Tag(target) => view.address.tag(version, &view.work.object_number, &target.id),
            Found::Written(item) => item["id"].as_str().unwrap_or_default().to_owned(),
        }
    }
}

impl Match {
    fn whole(&self) -> String {
        format!("{}{}{}", self.prefix, self.exact, self.suffix)
    }
}

fn label(view: &View<'_>, target: &TagTarget<'_>) -> String {
    html::plain_text(target.tag.label.best(&view.publisher.preferred_languages()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presentation::fixture::with_view;
    use crate::record::{Broader, Status, Tag, Text};
    use serde_json::json;

    fn tags() -> Vec<Tag> {
        let mut dog = Tag::new("motif", Text::of("en", "brown dog"));
        dog.label.add("da", "brun hund");
        dog.broader.push(Broader { label: Text::of("en", "animals"), concept: None });
        let publisher = Tag { status: Status::Proposed, ..Tag::new("motif", Text::of("da", "rødt hus")) };
        let cat = Tag { status: Status::Rejected, ..Tag::new("motif", Text::of("en", "dog")) };
        vec![dog, publisher, cat]
    }

    #[track_caller]
    fn check(query: &str, found: usize, marked: &[&str]) {
        with_view(&tags(), |view| {
            let answer = response(view, &Query::parse(query).unwrap(), Version::V2);
            let marks = answer["annotations"][0]["items"].as_array().cloned().unwrap_or_default();
            let marks: Vec<_> =
                marks.iter().map(|mark| mark["target"]["selector"][0]["exact"].as_str().unwrap()).collect();
            assert_eq!((answer["items"].as_array().unwrap().len(), &marks[..]), (found, marked), "{query}");
        });
    }

    #[test]
    fn what_is_shown_around_a_match_has_a_limit() {
        let terms = Query::parse("q=dog").unwrap().stemmed_terms();
        let long = "æ".repeat(300);
        let found = |context| {
            let text = format!("{long} dog {long}");
            matches_in(&text, NONE, &terms, &mut [false], context).pop().unwrap()
        };
        let Match { prefix, exact, suffix } = found(101);
        assert_eq!((prefix.len(), exact.as_str(), suffix.len()), (101, "dog", 101));
        assert_eq!((found(100).prefix.len(), found(100).suffix.len()), (99, 99));
        assert_eq!(found(usize::MAX).whole(), format!("{long} dog {long}"));
    }

    #[test]
    fn all_terms_must_match_in_any_language() {
        check("q=dog", 1, &["dog"]);
        check("q=BRUN", 1, &["brun"]);
        check("q=roedt+hus", 1, &["rødt", "hus"]);
        check("q=dog+hund", 1, &["hund", "dog"]);
        check("q=dog+hus", 0, &[]);
        check("q=animal", 1, &[]);
        check("q=dogs", 1, &["dog"]);
        check("q=hundene", 1, &["hund"]);
        check("q=husene", 1, &["hus"]);
        check("q=dogma", 0, &[]);
        check("", 2, &[]);
        check("q=%21%21", 0, &[]);
        check("q=dog&motivation=painting", 0, &[]);
        check("q=dog&motivation=painting+tagging", 1, &["dog"]);
    }

    #[test]
    fn version_1_has_the_same_results() {
        with_view(&tags(), |view| {
            let answer = response(view, &Query::parse("q=hund&user=x").unwrap(), Version::V1);
            assert_eq!(answer["resources"][0]["resource"]["chars"], "brun hund");
            assert_eq!(answer["resources"][0]["on"], view.address.canvas(&view.work.object_number, 1));
            assert_eq!(answer["hits"][0]["before"], "brun ");
            assert_eq!(
                (&answer["within"]["total"], &answer["within"]["ignored"]),
                (&json!(1), &json!(["user"]))
            );
        });
    }

    #[test]
    fn long_results_are_paged() {
        let tags: Vec<Tag> = (0..250).map(|n| Tag::new("motif", Text::plain(&format!("dog {n}")))).collect();
        with_view(&tags, |view| {
            let page = |query: &str| response(view, &Query::parse(query).unwrap(), Version::V2);
            let second = page("q=dog&page=1");
            assert_eq!((&second["startIndex"], &second["partOf"]["total"]), (&json!(100), &json!(250)));
            assert!(second["next"]["id"].as_str().unwrap().ends_with("?q=dog&page=2"));
            assert!(second["prev"]["id"].as_str().unwrap().ends_with("?q=dog"));
            assert!(page("q=dog&page=2").get("next").is_none());
            assert_eq!(page("q=dog&page=9999999")["items"], json!([]));
        });
    }
}
