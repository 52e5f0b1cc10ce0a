//! The URIs of this server's resources: builds all of them, and parses those of works and canvases.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::Span;
use crate::iiif::Version;

/// Characters to percent-encode so that an identifier is one path segment: all but RFC 3986's unreserved ones.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The scheme of collections that are searches; their value is the query.
pub(crate) const SEARCH_SCHEME: &str = "search";

/// The scheme of collections of other servers that were imported; their value is the collection's name.
pub(crate) const IMPORTED_SCHEME: &str = "imported";

/// The scheme, and the only value, of the collection of all works.
pub(crate) const ALL_WORKS: &str = "all";

/// Builds and parses URIs below the server's base URI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    base: String,
}

/// The work, and possibly the canvas, that a URI of this server identifies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resource {
    /// The object number.
    pub work: String,
    /// The canvas's number from 1, if it is a canvas.
    pub canvas: Option<usize>,
}

impl Address {
    /// `base` is scheme, host and prefix, as in `https://host/prefix`.
    pub(crate) fn new(base: &str) -> Self {
        Self { base: base.trim_end_matches('/').to_owned() }
    }

    /// The base URI, without a trailing slash.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// An image service's base URI (Image API, §2).
    pub(crate) fn image(&self, version: Version, image: &str) -> String {
        format!("{}/iiif/{}/{}", self.base, version.number(), segment(image))
    }

    fn work(&self, version: Version, work: &str) -> String {
        format!("{}/presentation/{}/{}", self.base, version.number(), segment(work))
    }

    /// A work's manifest.
    pub(crate) fn manifest(&self, version: Version, work: &str) -> String {
        self.work(version, work) + "/manifest"
    }

    /// A file of sound or video.
    pub(crate) fn media(&self, file: &str) -> String {
        format!("{}/media/{}", self.base, segment(file))
    }

    /// A canvas, numbered from 1. Both versions use the same URI, so that the targets of searches and links match the
    /// canvas in either manifest.
    pub(crate) fn canvas(&self, work: &str, number: usize) -> String {
        format!("{}/canvas/{number}", self.work(Version::V3, work))
    }

    /// The annotation page with a canvas's painting annotation.
    pub(crate) fn page(&self, version: Version, work: &str, number: usize) -> String {
        format!("{}/canvas/{number}/page", self.work(version, work))
    }

    /// A canvas's painting annotation.
    pub(crate) fn painting(&self, version: Version, work: &str, number: usize) -> String {
        format!("{}/canvas/{number}/painting", self.work(version, work))
    }

    /// The annotation page with a canvas's tags.
    pub(crate) fn annotations(&self, version: Version, work: &str, number: usize) -> String {
        format!("{}/annotations/{number}", self.work(version, work))
    }

    /// The annotation page with a canvas's published annotations.
    pub(crate) fn canvas_annotations(&self, version: Version, work: &str, number: usize) -> String {
        format!("{}/canvas/{number}/annotations", self.work(version, work))
    }

    /// The container to which annotations of a canvas are posted (Web Annotation Protocol, §4).
    pub(crate) fn annotation_container(&self, work: &str, number: usize) -> String {
        format!("{}/annotations/{}/canvas/{number}/", self.base, segment(work))
    }

    /// A page of that container, from 0, with whole annotations.
    pub(crate) fn annotation_page(&self, work: &str, number: usize, page: usize) -> String {
        format!("{}?iris=0&page={page}", self.annotation_container(work, number))
    }

    /// An annotation that was posted. It does not name the canvas, whose number a later record may change.
    pub(crate) fn annotation(&self, work: &str, id: &str) -> String {
        format!("{}/annotations/{}/{}", self.base, segment(work), segment(id))
    }

    /// A tag as an annotation.
    pub(crate) fn tag(&self, version: Version, work: &str, tag: &str) -> String {
        format!("{}/tag/{}", self.work(version, work), segment(tag))
    }

    /// A range, numbered from 1.
    pub(crate) fn range(&self, version: Version, work: &str, number: usize) -> String {
        format!("{}/range/{number}", self.work(version, work))
    }

    /// A resource of the manifest that the work was read from, such as an annotation, numbered from 1.
    pub(crate) fn item(&self, version: Version, work: &str, number: usize) -> String {
        format!("{}/item/{number}", self.work(version, work))
    }

    /// The collection of all collections.
    pub(crate) fn collections(&self, version: Version) -> String {
        format!("{}/presentation/{}/collections", self.base, version.number())
    }

    /// The collection of a scheme's values, or of a span of them.
    pub(crate) fn facet_scheme(&self, version: Version, scheme: &str, span: Option<Span>) -> String {
        let scheme = format!("{}/{}", self.collections(version), segment(scheme));
        span.map_or_else(|| scheme.clone(), |span| format!("{scheme}/-/{span}"))
    }

    /// The collection of the works that match a search, given as its canonical query; all works if the query is empty.
    pub(crate) fn search_collection(&self, version: Version, query: &str) -> String {
        match query {
            "" => self.facet_value(version, ALL_WORKS, ALL_WORKS, None),
            query => self.facet_value(version, SEARCH_SCHEME, query, None),
        }
    }

    /// The collection of a facet value's works, or of a span of them.
    pub(crate) fn facet_value(
        &self,
        version: Version,
        scheme: &str,
        value: &str,
        span: Option<Span>,
    ) -> String {
        let whole = format!("{}/{}", self.facet_scheme(version, scheme, None), segment(value));
        span.map_or_else(|| whole.clone(), |span| format!("{whole}/{span}"))
    }

    /// The search within a work's annotations, by Content Search 2.0 if `version` is 2, otherwise 1.0.
    pub(crate) fn search(&self, version: u8, work: &str) -> String {
        format!("{}/search/{}/{}", self.base, if version == 2 { 2 } else { 1 }, segment(work))
    }

    /// The autocomplete service of a search.
    pub(crate) fn autocomplete(&self, version: u8, work: &str) -> String {
        self.search(version, work) + "/autocomplete"
    }

    /// The ordered collection of changes (Change Discovery 1.0, §3.1).
    pub(crate) fn changes(&self) -> String {
        format!("{}/discovery/1/changes", self.base)
    }

    /// A page of changes, numbered from 0.
    pub(crate) fn changes_page(&self, page: u64) -> String {
        format!("{}/{page}", self.changes())
    }

    /// The base URL of OAI-PMH.
    pub(crate) fn oai(&self) -> String {
        format!("{}/oai", self.base)
    }

    /// All records in Tegl's own format.
    pub(crate) fn oai_records(&self) -> String {
        format!("{}?verb=ListRecords&metadataPrefix=tegl", self.oai())
    }

    /// A work's record in Tegl's own format, by its identifier in OAI-PMH.
    pub(crate) fn oai_record(&self, identifier: &str) -> String {
        format!("{}?verb=GetRecord&metadataPrefix=tegl&identifier={}", self.oai(), segment(identifier))
    }

    /// The XML Schema of Tegl's own format in OAI-PMH.
    pub(crate) fn oai_schema(&self) -> String {
        format!("{}/tegl.xsd", self.oai())
    }

    /// A concept as JSON, by its identifier.
    pub(crate) fn concept(&self, concept: &str) -> String {
        format!("{}/api/v1/concepts/{}", self.base, segment(concept))
    }

    /// A creator as JSON, by its facet value.
    pub(crate) fn creator(&self, creator: &str) -> String {
        format!("{}/api/v1/creators/{}", self.base, segment(creator))
    }

    /// The page of a creator, by its facet value.
    pub(crate) fn creator_page(&self, creator: &str) -> String {
        format!("{}/creators/{}", self.base, segment(creator))
    }

    /// The page of a concept, by its identifier.
    pub(crate) fn concept_page(&self, concept: &str) -> String {
        format!("{}/concepts/{}", self.base, segment(concept))
    }

    /// A work's record as JSON.
    pub(crate) fn record(&self, work: &str) -> String {
        format!("{}/api/v1/works/{}", self.base, segment(work))
    }

    /// The download of an image's master, unchanged.
    pub(crate) fn original(&self, image: &str) -> String {
        format!("{}/download/{}", self.base, segment(image))
    }

    /// A full-size rendition; `suffix` is `jpg`, `tif` or `png`.
    pub(crate) fn rendition(&self, image: &str, suffix: &str) -> String {
        format!("{}.{suffix}", self.original(image))
    }

    /// The ZIP file of a work's originals and its record.
    pub(crate) fn archive(&self, work: &str) -> String {
        format!("{}/download/work/{}.zip", self.base, segment(work))
    }

    /// A work's HTML page.
    pub(crate) fn work_page(&self, work: &str) -> String {
        format!("{}/works/{}", self.base, segment(work))
    }

    /// A work as JSON-LD; `suffix` names the vocabulary.
    pub(crate) fn linked_data(&self, work: &str, suffix: &str) -> String {
        format!("{}/{suffix}", self.work_page(work))
    }

    /// Parses the URI of a manifest, a canvas or an annotation page of this server; `None` for any other URI.
    pub(crate) fn find(&self, uri: &str) -> Option<Resource> {
        let rest = uri.split(['#', '?']).next()?.strip_prefix(self.base.as_str())?;
        let mut parts = rest.strip_prefix("/presentation/")?.split('/');
        if !matches!(parts.next()?, "2" | "3") {
            return None;
        }
        let work = percent_decode_str(parts.next()?).decode_utf8().ok()?.into_owned();
        let canvas = match (parts.next()?, parts.next()) {
            ("manifest", None) => None,
            ("canvas" | "annotations", Some(number)) => Some(crate::iiif::integer(number)? as usize),
            _ => return None,
        };
        Some(Resource { work, canvas })
    }
}

/// A text as one path segment.
fn segment(text: &str) -> percent_encoding::PercentEncode<'_> {
    utf8_percent_encode(text, SEGMENT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_identifier_is_one_segment() {
        let address = Address::new("https://host/prefix/");
        for (found, expected) in [
            (
                address.image(Version::V3, "ark:/1/å.tif"),
                "https://host/prefix/iiif/3/ark%3A%2F1%2F%C3%A5.tif",
            ),
            (
                address.manifest(Version::V2, "KKS 1/2"),
                "https://host/prefix/presentation/2/KKS%201%2F2/manifest",
            ),
            (
                address.facet_value(Version::V3, "creator", "købke", Some(Span { start: 0, end: 99 })),
                "https://host/prefix/presentation/3/collections/creator/k%C3%B8bke/0-99",
            ),
            (
                address.facet_scheme(Version::V3, "creator", Some(Span { start: 100, end: 199 })),
                "https://host/prefix/presentation/3/collections/creator/-/100-199",
            ),
            (address.archive("a?b"), "https://host/prefix/download/work/a%3Fb.zip"),
        ] {
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn unknown_urls_name_no_resource() {
        let address = Address::new("https://host");
        for uri in ["https://other/presentation/3/a/manifest", "https://host/presentation/3/a", "", "x"] {
            assert_eq!(address.find(uri), None, "{uri}");
        }
    }

    proptest! {
        #[test]
        fn uris_of_canvases_and_manifests_are_parsed(work in ".{1,40}", number in 1..9999usize) {
            let address = Address::new("https://host/p");
            let found = address.find(&format!("{}#xywh=1,2,3,4", address.canvas(&work, number)));
            prop_assert_eq!(found, Some(Resource { work: work.clone(), canvas: Some(number) }));
            let found = address.find(&address.manifest(Version::V2, &work));
            prop_assert_eq!(found, Some(Resource { work, canvas: None }));
        }
    }
}
