//! Where everything is found: every address that documents name is made here, and taken apart again.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::Span;
use crate::iiif::Version;

/// All but the unreserved characters of RFC 3986, so that an identifier is one segment whatever it holds.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The scheme of collections that are searches; their value is the query.
pub(crate) const SEARCH_SCHEME: &str = "search";

/// The scheme, and the only value, of the collection of all works.
pub(crate) const ALL_WORKS: &str = "all";

/// The server's own addresses, below one base.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    base: String,
}

/// What an address of this server names, as far as a work goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resource {
    /// The object number.
    pub work: String,
    /// The canvas' number from 1, where it is one.
    pub canvas: Option<usize>,
}

impl Address {
    /// `base` is scheme, host and prefix, as in `https://host/prefix`.
    pub(crate) fn new(base: &str) -> Self {
        Self { base: base.trim_end_matches('/').to_owned() }
    }

    /// The base, without a closing slash.
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

    /// A canvas, numbered from 1. It is named alike in both versions, so that what points at it, from a search or a
    /// link, meets the same canvas in either manifest.
    pub(crate) fn canvas(&self, work: &str, number: usize) -> String {
        format!("{}/canvas/{number}", self.work(Version::V3, work))
    }

    /// The page of a canvas' painting annotation.
    pub(crate) fn page(&self, version: Version, work: &str, number: usize) -> String {
        format!("{}/canvas/{number}/page", self.work(version, work))
    }

    /// A canvas' painting annotation.
    pub(crate) fn painting(&self, version: Version, work: &str, number: usize) -> String {
        format!("{}/canvas/{number}/painting", self.work(version, work))
    }

    /// The page of a canvas' other annotations.
    pub(crate) fn annotations(&self, version: Version, work: &str, number: usize) -> String {
        format!("{}/annotations/{number}", self.work(version, work))
    }

    /// A tag as an annotation.
    pub(crate) fn tag(&self, version: Version, work: &str, tag: &str) -> String {
        format!("{}/tag/{}", self.work(version, work), segment(tag))
    }

    /// A range, numbered from 1.
    pub(crate) fn range(&self, version: Version, work: &str, number: usize) -> String {
        format!("{}/range/{number}", self.work(version, work))
    }

    /// The collection of all collections.
    pub(crate) fn collections(&self, version: Version) -> String {
        format!("{}/presentation/{}/collections", self.base, version.number())
    }

    /// A scheme's values, or a part of them.
    pub(crate) fn facet_scheme(&self, version: Version, scheme: &str, span: Option<Span>) -> String {
        let scheme = format!("{}/{}", self.collections(version), segment(scheme));
        span.map_or_else(|| scheme.clone(), |span| format!("{scheme}/-/{span}"))
    }

    /// The works that a search finds, by the search's canonical query; a search for nothing in particular finds all.
    pub(crate) fn search_collection(&self, version: Version, query: &str) -> String {
        match query {
            "" => self.facet_value(version, ALL_WORKS, ALL_WORKS, None),
            query => self.facet_value(version, SEARCH_SCHEME, query, None),
        }
    }

    /// The works of a facet value, or a part of them.
    pub(crate) fn facet_value(
        &self,
        version: Version,
        scheme: &str,
        value: &str,
        span: Option<Span>,
    ) -> String {
        let shelf = format!("{}/{}", self.facet_scheme(version, scheme, None), segment(value));
        span.map_or_else(|| shelf.clone(), |span| format!("{shelf}/{span}"))
    }

    /// The search within a work; `version` 2 is Content Search 2.0, any other 1.0.
    pub(crate) fn search(&self, version: u8, work: &str) -> String {
        format!("{}/search/{}/{}", self.base, if version == 2 { 2 } else { 1 }, segment(work))
    }

    /// The completion of a search's words.
    pub(crate) fn autocomplete(&self, version: u8, work: &str) -> String {
        self.search(version, work) + "/autocomplete"
    }

    /// The list of changes (Change Discovery 1.0).
    pub(crate) fn changes(&self) -> String {
        format!("{}/discovery/1/changes", self.base)
    }

    /// A page of changes, from 0.
    pub(crate) fn changes_page(&self, page: u64) -> String {
        format!("{}/{page}", self.changes())
    }

    /// A work's record as JSON.
    pub(crate) fn record(&self, work: &str) -> String {
        format!("{}/api/v1/works/{}", self.base, segment(work))
    }

    /// An image's master as it lies.
    pub(crate) fn original(&self, image: &str) -> String {
        format!("{}/download/{}", self.base, segment(image))
    }

    /// A full-size rendition; `suffix` is `jpg`, `tif` or `png`.
    pub(crate) fn rendition(&self, image: &str, suffix: &str) -> String {
        format!("{}.{suffix}", self.original(image))
    }

    /// All of a work's originals in one file.
    pub(crate) fn archive(&self, work: &str) -> String {
        format!("{}/download/work/{}.zip", self.base, segment(work))
    }

    /// A work's page for people.
    pub(crate) fn work_page(&self, work: &str) -> String {
        format!("{}/works/{}", self.base, segment(work))
    }

    /// What a manifest's, canvas' or annotation's address of this server names; nothing for any other address.
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

/// A text as one part of a path.
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
        fn an_address_leads_back_to_its_work(work in ".{1,40}", number in 1..9999usize) {
            let address = Address::new("https://host/p");
            let found = address.find(&format!("{}#xywh=1,2,3,4", address.canvas(&work, number)));
            prop_assert_eq!(found, Some(Resource { work: work.clone(), canvas: Some(number) }));
            let found = address.find(&address.manifest(Version::V2, &work));
            prop_assert_eq!(found, Some(Resource { work, canvas: None }));
        }
    }
}
