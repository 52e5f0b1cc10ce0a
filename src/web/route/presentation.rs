//! Paths of the Presentation API, Content Search and Change Discovery.

use std::borrow::Cow;

use super::{Image, Route, decoded};
use crate::identity::{Identity, wrapped};
use crate::iiif::{Invalid, Version};
use crate::presentation::Span;

/// A document of a work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WorkResource<'a> {
    Manifest,
    /// Counted from 1, like all numbers here.
    Canvas(u32),
    /// The annotation page that holds a canvas's paintings.
    Page(u32),
    Painting(u32),
    /// The annotation page with the tags of a canvas.
    Annotations(u32),
    /// The annotation page with the published annotations of a canvas.
    CanvasAnnotations(u32),
    Tag(&'a str),
    Range(u32),
    /// A resource of the manifest that the work was read from.
    Item(u32),
}

impl Identity for WorkResource<'_> {
    fn write(&self, text: &mut String) {
        match self {
            Self::Manifest => text.push_str("Manifest"),
            Self::Canvas(number) => wrapped(text, "Canvas", number),
            Self::Page(number) => wrapped(text, "Page", number),
            Self::Painting(number) => wrapped(text, "Painting", number),
            Self::Annotations(number) => wrapped(text, "Annotations", number),
            Self::CanvasAnnotations(number) => wrapped(text, "CanvasAnnotations", number),
            Self::Tag(tag) => wrapped(text, "Tag", tag),
            Self::Range(number) => wrapped(text, "Range", number),
            Self::Item(number) => wrapped(text, "Item", number),
        }
    }
}

/// A collection: the root, the values of a scheme, the works with a value, or a part of one of these.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CollectionPath<'a> {
    pub scheme: Option<Cow<'a, str>>,
    pub value: Option<Cow<'a, str>>,
    pub part: Option<Span>,
}

/// The placeholder for a value in the URI of a part of a scheme's values.
const NO_VALUE: &str = "-";

/// `{version}/{work}/…` and `{version}/collections…`.
pub(super) fn presentation(rest: &str) -> Result<Route<'_>, Invalid> {
    let (version, rest) = match rest.split_once('/') {
        Some(("3", rest)) => (Version::V3, rest),
        Some(("2", rest)) => (Version::V2, rest),
        _ => return Ok(Route::Unknown),
    };
    if rest == "collections" || rest.starts_with("collections/") && !rest.ends_with("/manifest") {
        return Ok(
            collection(rest)?.map_or(Route::Unknown, |collection| Route::Collection { version, collection })
        );
    }
    Ok(match piece(rest) {
        Some((work, piece)) => Route::Work { version, work: Image::new(work)?, piece },
        None => Route::Unknown,
    })
}

/// From the right, so that identifiers whose slashes a proxy has decoded still work.
fn piece(rest: &str) -> Option<(&str, WorkResource<'_>)> {
    let number = |text: &str| crate::iiif::integer(text).filter(|&number| number > 0);
    let (before, last) = rest.rsplit_once('/')?;
    if last == "manifest" {
        return Some((before, WorkResource::Manifest));
    }
    let (before, kind) = before.rsplit_once('/')?;
    let found = match (kind, last) {
        ("canvas", n) => WorkResource::Canvas(number(n)?),
        ("annotations", n) => WorkResource::Annotations(number(n)?),
        ("range", n) => WorkResource::Range(number(n)?),
        ("item", n) => WorkResource::Item(number(n)?),
        ("tag", tag) => WorkResource::Tag(tag),
        (n, "page" | "painting" | "annotations") => {
            let (work, "canvas") = before.rsplit_once('/')? else { return None };
            let piece = match last {
                "page" => WorkResource::Page(number(n)?),
                "painting" => WorkResource::Painting(number(n)?),
                _ => WorkResource::CanvasAnnotations(number(n)?),
            };
            return Some((work, piece));
        }
        _ => return None,
    };
    Some((before, found))
}

fn collection(rest: &str) -> Result<Option<CollectionPath<'_>>, Invalid> {
    let mut segments = rest.split('/').skip(1);
    let mut next = || segments.next().filter(|segment| !segment.is_empty());
    let (scheme, value, part, rest) = (next(), next(), next(), next());
    let part = match part.map(|part| part.parse().ok()) {
        Some(None) => return Ok(None),
        part => part.flatten(),
    };
    if rest.is_some() || value == Some(NO_VALUE) && part.is_none() {
        return Ok(None);
    }
    let scheme = scheme.map(|scheme| decoded("scheme", scheme)).transpose()?;
    let value = value.filter(|value| *value != NO_VALUE).map(|value| decoded("value", value)).transpose()?;
    Ok(Some(CollectionPath { scheme, value, part }))
}

/// `{1|2}/{work}` and `{1|2}/{work}/autocomplete`.
pub(super) fn search(rest: &str) -> Result<Route<'_>, Invalid> {
    let (version, rest) = match rest.split_once('/') {
        Some(("1", rest)) => (1, rest),
        Some(("2", rest)) => (2, rest),
        _ => return Ok(Route::Unknown),
    };
    let (work, autocomplete) = match rest.strip_suffix("/autocomplete") {
        Some(work) => (work, true),
        None => (rest, false),
    };
    if work.is_empty() {
        return Ok(Route::Unknown);
    }
    Ok(Route::Search { version, work: Image::new(work)?, autocomplete })
}

/// `1/changes` and `1/changes/{page}`.
pub(super) fn changes(rest: &str) -> Route<'_> {
    match rest.strip_prefix("1/changes") {
        Some("") => Route::Changes { page: None },
        Some(rest) => match rest.strip_prefix('/').and_then(crate::iiif::integer) {
            Some(page) => Route::Changes { page: Some(page.into()) },
            None => Route::Unknown,
        },
        None => Route::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_manifest_have_routes() {
        for (path, work, expected) in [
            ("/presentation/3/KMS1/manifest", "KMS1", WorkResource::Manifest),
            ("/presentation/2/KKS2020-3%2F16/manifest", "KKS2020-3/16", WorkResource::Manifest),
            ("/presentation/3/a/b/canvas/2", "a/b", WorkResource::Canvas(2)),
            ("/presentation/3/KMS1/canvas/2/painting", "KMS1", WorkResource::Painting(2)),
            ("/presentation/3/KMS1/canvas/2/annotations", "KMS1", WorkResource::CanvasAnnotations(2)),
            ("/presentation/3/KMS1/annotations/1", "KMS1", WorkResource::Annotations(1)),
            ("/presentation/3/KMS1/item/3", "KMS1", WorkResource::Item(3)),
            ("/presentation/3/KMS1/tag/00ff", "KMS1", WorkResource::Tag("00ff")),
            ("/presentation/3/collections/manifest", "collections", WorkResource::Manifest),
        ] {
            let Ok(Route::Work { work: found, piece, .. }) = Route::parse(path) else { panic!("{path}") };
            assert_eq!((found.identifier.as_ref(), piece), (work, expected), "{path}");
        }
        for path in [
            "/presentation/1/a/manifest",
            "/presentation/3/a/canvas/0",
            "/presentation/3/a",
            "/presentation/3/",
        ] {
            assert_eq!(Route::parse(path), Ok(Route::Unknown), "{path}");
        }
    }

    #[test]
    fn collections_have_parts() {
        for (path, scheme, value, part) in [
            ("/presentation/3/collections", None, None, None),
            ("/presentation/3/collections/motif", Some("motif"), None, None),
            (
                "/presentation/3/collections/motif/-/0-99",
                Some("motif"),
                None,
                Some(Span { start: 0, end: 99 }),
            ),
            ("/presentation/3/collections/motif/k%C3%B8er", Some("motif"), Some("køer"), None),
            (
                "/presentation/2/collections/all/all/100-199",
                Some("all"),
                Some("all"),
                Some(Span { start: 100, end: 199 }),
            ),
        ] {
            let Ok(Route::Collection { collection, .. }) = Route::parse(path) else { panic!("{path}") };
            assert_eq!(
                (collection.scheme.as_deref(), collection.value.as_deref(), collection.part),
                (scheme, value, part),
                "{path}"
            );
        }
        for path in [
            "/presentation/3/collections/a/-",
            "/presentation/3/collections/a/b/9-1",
            "/presentation/3/collections/a/b/c/d",
        ] {
            assert_eq!(Route::parse(path), Ok(Route::Unknown), "{path}");
        }
    }

    #[test]
    fn search_and_changes_have_versions() {
        let search = Route::parse("/search/1/KMS1/autocomplete");
        assert!(matches!(search, Ok(Route::Search { version: 1, autocomplete: true, .. })));
        assert_eq!(Route::parse("/search/3/KMS1"), Ok(Route::Unknown));
        assert_eq!(Route::parse("/discovery/1/changes"), Ok(Route::Changes { page: None }));
        assert_eq!(Route::parse("/discovery/1/changes/7"), Ok(Route::Changes { page: Some(7) }));
    }
}
