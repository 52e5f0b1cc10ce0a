//! Facets and their works as collections of bounded size (Presentation API 3.0, §5.1).

use serde_json::Value;

use super::context::CONTEXT_3;
use super::labels::{self, Label};
use super::manifest::of_version;
use super::object::object;
use super::span::{self, Node, Span};
use super::{Address, Publisher, language_map, links};
use crate::iiif::{Dimensions, Form, Limits, Size, Version};
use crate::record::Text;
use crate::record::read::TEGL_NAMESPACE;

/// The maximum width and height of thumbnails, in pixels.
const THUMBNAIL: u32 = 400;

/// Builds collections: with their URIs, publisher and version of the API.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Collections<'a> {
    pub address: &'a Address,
    pub publisher: &'a Publisher,
    pub version: Version,
}

/// A scheme of facet values, such as `creator`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FacetScheme {
    pub scheme: String,
    /// The number of its values.
    pub values: u64,
}

/// A facet value with its works, as a collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FacetCollection {
    pub scheme: String,
    pub value: String,
    pub label: Text,
    /// The number of works with this value.
    pub works: u64,
    /// An image of one of them.
    pub picture: Option<Thumbnail>,
}

/// A work in a collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub object_number: String,
    pub label: Text,
    pub picture: Option<Thumbnail>,
}

/// The image that represents a work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Thumbnail {
    pub identifier: String,
    /// Its full size in pixels, if known.
    pub dimensions: Option<Dimensions>,
}

/// The content of a collection document.
struct Listing<'a> {
    id: String,
    label: Value,
    /// The total number of members, including those in child collections.
    count: u64,
    noun: Label,
    items: Vec<Value>,
    parent: Option<(String, Value)>,
    picture: Option<&'a Thumbnail>,
}

impl Collections<'_> {
    /// The collection of all schemes.
    pub(crate) fn root(&self, schemes: &[FacetScheme]) -> Value {
        let items = schemes.iter().map(|scheme| {
            let id = self.address.facet_scheme(self.version, &scheme.scheme, None);
            object! { "id": id, "type": "Collection", "label": self.scheme_label(&scheme.scheme) }
        });
        self.document(Listing {
            id: self.address.collections(self.version),
            label: match self.publisher.name.is_empty() {
                true => self.collections_label(),
                false => language_map::label(&self.publisher.name),
            },
            count: schemes.len() as u64,
            noun: Label::new("collections", "samlinger"),
            items: items.collect(),
            parent: None,
            picture: None,
        })
    }

    /// The collection of a scheme's `total` values, or of the requested span of them. `values` are the values at the
    /// positions of [`span::node`]; `None` if there is no such span.
    pub(crate) fn facet_scheme(
        &self,
        scheme: &str,
        total: u64,
        requested: Option<Span>,
        values: &[FacetCollection],
    ) -> Option<Value> {
        let at = |span| self.address.facet_scheme(self.version, scheme, span);
        let label = self.scheme_label(scheme);
        let items = match span::node(total, requested)? {
            Node::Spans(spans) => spans.into_iter().map(|span| part(at(Some(span)), span, total)).collect(),
            Node::Items(_) => values.iter().map(|facet| self.facet_reference(facet)).collect(),
        };
        Some(self.document(Listing {
            id: at(requested),
            parent: Some(match requested {
                None => (self.address.collections(self.version), self.collections_label()),
                Some(span) => (at(span.parent(total)), label.clone()),
            }),
            label: requested.map_or(label, |span| part_label(span, total)),
            count: requested.map_or(total, |span| span.length_within(total)),
            noun: Label::new("collections", "samlinger"),
            items,
            picture: values.iter().find_map(|facet| facet.picture.as_ref()),
        }))
    }

    /// The collection of a facet value's works, or of the requested span of them. `members` are the works at the positions
    /// of [`span::node`]; `None` if there is no such span.
    pub(crate) fn facet_value(
        &self,
        facet: &FacetCollection,
        requested: Option<Span>,
        members: &[Member],
    ) -> Option<Value> {
        let at = |span| self.address.facet_value(self.version, &facet.scheme, &facet.value, span);
        let label = named(&facet.label, &facet.value);
        let items = match span::node(facet.works, requested)? {
            Node::Spans(spans) => {
                spans.into_iter().map(|span| part(at(Some(span)), span, facet.works)).collect()
            }
            Node::Items(_) => members.iter().map(|member| self.member(member)).collect(),
        };
        let all = || {
            (self.address.facet_scheme(self.version, &facet.scheme, None), self.scheme_label(&facet.scheme))
        };
        let first = members.iter().find_map(|member| member.picture.as_ref());
        Some(self.document(Listing {
            id: at(requested),
            parent: Some(requested.map_or_else(all, |span| (at(span.parent(facet.works)), label.clone()))),
            label: requested.map_or(label, |span| part_label(span, facet.works)),
            count: requested.map_or(facet.works, |span| span.length_within(facet.works)),
            noun: Label::new("works", "værker"),
            items,
            picture: if requested.is_none() { facet.picture.as_ref().or(first) } else { first },
        }))
    }

    fn document(&self, listing: Listing<'_>) -> Value {
        let mut summary = Text::default();
        for (language, word) in self.publisher.label(listing.noun).iter() {
            summary.add(language, &format!("{} {word}", listing.count));
        }
        let mut document = object! {
            "@context": CONTEXT_3,
            "id": listing.id,
            "type": "Collection",
            "label": listing.label,
            "summary": language_map::value(&summary, self.address.base()),
            "items": listing.items,
        };
        document["seeAlso"] = Value::from([self.complete_records()]);
        if let Some(provider) = links::provider(self.publisher, self.address.base()) {
            document["provider"] = provider;
        }
        if let Some((id, label)) = listing.parent {
            document["partOf"] = Value::from([object! { "id": id, "type": "Collection", "label": label }]);
        }
        of_version(self.with_thumbnail(document, listing.picture), self.version)
    }

    /// The records that all these collections are derived from. Another Tegl that is led here derives its own.
    fn complete_records(&self) -> Value {
        let label = self.publisher.label(Label::new("All records as XML", "Alle poster som XML"));
        object! {
            "id": self.address.oai_records(),
            "type": "Dataset",
            "label": language_map::label(&label),
            "format": "text/xml",
            "profile": TEGL_NAMESPACE,
        }
    }

    fn facet_reference(&self, facet: &FacetCollection) -> Value {
        let id = self.address.facet_value(self.version, &facet.scheme, &facet.value, None);
        let label = named(&facet.label, &facet.value);
        self.with_thumbnail(
            object! { "id": id, "type": "Collection", "label": label },
            facet.picture.as_ref(),
        )
    }

    fn member(&self, member: &Member) -> Value {
        let id = self.address.manifest(self.version, &member.object_number);
        let label = named(&member.label, &member.object_number);
        self.with_thumbnail(object! { "id": id, "type": "Manifest", "label": label }, member.picture.as_ref())
    }

    fn with_thumbnail(&self, mut reference: Value, picture: Option<&Thumbnail>) -> Value {
        if let Some(picture) = picture {
            reference["thumbnail"] = Value::from([self.thumbnail(picture)]);
        }
        reference
    }

    pub(super) fn thumbnail(&self, picture: &Thumbnail) -> Value {
        let size = Size { form: Form::Within(THUMBNAIL, THUMBNAIL), upscale: false };
        let service = self.address.image(self.version, &picture.identifier);
        let described = match self.version {
            Version::V2 => {
                object! { "@id": service.as_str(), "@type": "ImageService2", "profile": Version::V2.profile() }
            }
            Version::V3 => object! { "id": service.as_str(), "type": "ImageService3", "profile": "level2" },
        };
        let mut thumbnail = object! {
            "id": format!("{service}/full/{size}/0/default.jpg"),
            "type": "Image",
            "format": "image/jpeg",
            "service": [described],
        };
        if let Some(scaled) = picture.dimensions.and_then(|full| size.of(full, Limits::NONE).ok()) {
            thumbnail["width"] = Value::from(scaled.width);
            thumbnail["height"] = Value::from(scaled.height);
        }
        thumbnail
    }

    pub(super) fn scheme_label(&self, scheme: &str) -> Value {
        let label = labels::scheme(scheme).map(|word| self.publisher.label(word));
        named(&label.unwrap_or_default(), scheme)
    }

    fn collections_label(&self) -> Value {
        language_map::label(&self.publisher.label(Label::new("Collections", "Samlinger")))
    }
}

fn part(id: String, span: Span, total: u64) -> Value {
    object! { "id": id, "type": "Collection", "label": part_label(span, total) }
}

fn named(label: &Text, otherwise: &str) -> Value {
    let label = language_map::label(label);
    if language_map::is_empty(&label) { language_map::none(otherwise) } else { label }
}

/// Positions counted from 1: `101–200`.
fn part_label(span: Span, total: u64) -> Value {
    language_map::none(&format!("{}–{}", span.start.saturating_add(1), span.end.saturating_add(1).min(total)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn collections<T>(version: Version, build: impl FnOnce(Collections<'_>) -> T) -> T {
        let (address, publisher) = (Address::new("https://host"), Publisher::default());
        build(Collections { address: &address, publisher: &publisher, version })
    }

    fn facet(works: u64) -> FacetCollection {
        let picture =
            Thumbnail { identifier: "a/b.tif".into(), dimensions: Some(Dimensions::new(4000, 3000)) };
        FacetCollection {
            scheme: "creator".into(),
            value: "købke".into(),
            label: Text::plain("Købke"),
            works,
            picture: Some(picture),
        }
    }

    #[test]
    fn a_long_collection_is_divided_into_parts() {
        collections(Version::V3, |collections| {
            let made = collections.facet_value(&facet(250), None, &[]).unwrap();
            assert_eq!(made["items"].as_array().unwrap().len(), 3);
            assert_eq!(made["items"][2]["label"], json!({ "none": ["201–250"] }));
            let id = made["items"][2]["id"].as_str().unwrap();
            assert!(id.ends_with("/presentation/3/collections/creator/k%C3%B8bke/200-299"), "{id}");
            assert!(collections.facet_value(&facet(250), "300-399".parse().ok(), &[]).is_none());
        });
    }

    #[test]
    fn thumbnails_of_members_state_their_actual_size() {
        let member =
            Member { object_number: "KMS1".into(), label: Text::default(), picture: facet(1).picture };
        collections(Version::V3, |collections| {
            let made = collections.facet_value(&facet(1), None, std::slice::from_ref(&member)).unwrap();
            let item = &made["items"][0];
            assert_eq!(item["label"], json!({ "none": ["KMS1"] }));
            assert_eq!(
                (&item["thumbnail"][0]["width"], &item["thumbnail"][0]["height"]),
                (&json!(400), &json!(300))
            );
        });
        collections(Version::V2, |collections| {
            let made = collections.facet_value(&facet(1), None, std::slice::from_ref(&member)).unwrap();
            assert_eq!(made["@type"], "sc:Collection");
            assert_eq!(made["manifests"][0]["@id"], "https://host/presentation/2/KMS1/manifest");
        });
    }
}
