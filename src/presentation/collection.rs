//! Shelves of works as collections of bounded size (Presentation API 3.0, §5.1).

use serde_json::Value;

use super::context::CONTEXT_3;
use super::labels::{self, Label};
use super::manifest::of_version;
use super::object::object;
use super::span::{self, Node, Span};
use super::{Address, Publisher, language_map, links};
use crate::iiif::{Dimensions, Form, Limits, Size, Version};
use crate::record::Text;

/// The side of the box that members' thumbnails fit in, in pixels.
const THUMBNAIL: u32 = 400;

/// Where collections are published, by whom, and in which version.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Collections<'a> {
    pub address: &'a Address,
    pub publisher: &'a Publisher,
    pub version: Version,
}

/// A scheme of shelves, such as `creator`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FacetScheme {
    pub scheme: String,
    /// How many values it has.
    pub values: u64,
}

/// A facet value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FacetCollection {
    pub scheme: String,
    pub value: String,
    pub label: Text,
    /// How many works stand on it.
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
    /// Its pixels, where they are known.
    pub dimensions: Option<Dimensions>,
}

/// What all collections say.
struct Listing<'a> {
    id: String,
    label: Value,
    /// How many there are of what, not of what this document lists alone.
    count: u64,
    of: Label,
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
            of: Label::new("collections", "samlinger"),
            items: items.collect(),
            parent: None,
            picture: None,
        })
    }

    /// The values of a scheme that has `total`, or the asked part of them. `values` are those at the positions that
    /// [`span::node`] names; `None` if there is no such part.
    pub(crate) fn facet_scheme(
        &self,
        scheme: &str,
        total: u64,
        asked: Option<Span>,
        values: &[FacetCollection],
    ) -> Option<Value> {
        let at = |span| self.address.facet_scheme(self.version, scheme, span);
        let label = self.scheme_label(scheme);
        let items = match span::node(total, asked)? {
            Node::Spans(spans) => spans.into_iter().map(|span| part(at(Some(span)), span, total)).collect(),
            Node::Items(_) => values.iter().map(|shelf| self.shelf_reference(shelf)).collect(),
        };
        Some(self.document(Listing {
            id: at(asked),
            parent: Some(match asked {
                None => (self.address.collections(self.version), self.collections_label()),
                Some(span) => (at(span.parent(total)), label.clone()),
            }),
            label: asked.map_or(label, |span| part_label(span, total)),
            count: asked.map_or(total, |span| span.length_within(total)),
            of: Label::new("collections", "samlinger"),
            items,
            picture: values.iter().find_map(|shelf| shelf.picture.as_ref()),
        }))
    }

    /// The works of a facet value, or the requested part of them. `members` are those at the positions that
    /// [`span::node`] names; `None` if there is no such part.
    pub(crate) fn facet_value(
        &self,
        shelf: &FacetCollection,
        asked: Option<Span>,
        members: &[Member],
    ) -> Option<Value> {
        let at = |span| self.address.facet_value(self.version, &shelf.scheme, &shelf.value, span);
        let label = named(&shelf.label, &shelf.value);
        let items = match span::node(shelf.works, asked)? {
            Node::Spans(spans) => {
                spans.into_iter().map(|span| part(at(Some(span)), span, shelf.works)).collect()
            }
            Node::Items(_) => members.iter().map(|member| self.member(member)).collect(),
        };
        let all = || {
            (self.address.facet_scheme(self.version, &shelf.scheme, None), self.scheme_label(&shelf.scheme))
        };
        let first = members.iter().find_map(|member| member.picture.as_ref());
        Some(self.document(Listing {
            id: at(asked),
            parent: Some(asked.map_or_else(all, |span| (at(span.parent(shelf.works)), label.clone()))),
            label: asked.map_or(label, |span| part_label(span, shelf.works)),
            count: asked.map_or(shelf.works, |span| span.length_within(shelf.works)),
            of: Label::new("works", "værker"),
            items,
            picture: if asked.is_none() { shelf.picture.as_ref().or(first) } else { first },
        }))
    }

    fn document(&self, listing: Listing<'_>) -> Value {
        let mut summary = Text::default();
        for (language, word) in listing.of.text(&self.publisher.languages).iter() {
            summary.add(language, &format!("{} {word}", listing.count));
        }
        let mut made = object! {
            "@context": CONTEXT_3,
            "id": listing.id,
            "type": "Collection",
            "label": listing.label,
            "summary": language_map::value(&summary, self.address.base()),
            "items": listing.items,
        };
        if let Some(provider) = links::provider(self.publisher, self.address.base()) {
            made["provider"] = provider;
        }
        if let Some((id, label)) = listing.parent {
            made["partOf"] = Value::from([object! { "id": id, "type": "Collection", "label": label }]);
        }
        of_version(self.pictured(made, listing.picture), self.version)
    }

    fn shelf_reference(&self, shelf: &FacetCollection) -> Value {
        let id = self.address.facet_value(self.version, &shelf.scheme, &shelf.value, None);
        let label = named(&shelf.label, &shelf.value);
        self.pictured(object! { "id": id, "type": "Collection", "label": label }, shelf.picture.as_ref())
    }

    fn member(&self, member: &Member) -> Value {
        let id = self.address.manifest(self.version, &member.object_number);
        let label = named(&member.label, &member.object_number);
        self.pictured(object! { "id": id, "type": "Manifest", "label": label }, member.picture.as_ref())
    }

    fn pictured(&self, mut reference: Value, picture: Option<&Thumbnail>) -> Value {
        if let Some(picture) = picture {
            reference["thumbnail"] = Value::from([self.thumbnail(picture)]);
        }
        reference
    }

    fn thumbnail(&self, picture: &Thumbnail) -> Value {
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
        if let Some(made) = picture.dimensions.and_then(|full| size.of(full, Limits::NONE).ok()) {
            thumbnail["width"] = Value::from(made.width);
            thumbnail["height"] = Value::from(made.height);
        }
        thumbnail
    }

    fn scheme_label(&self, scheme: &str) -> Value {
        let label = labels::scheme(scheme).map(|word| word.text(&self.publisher.languages));
        named(&label.unwrap_or_default(), scheme)
    }

    fn collections_label(&self) -> Value {
        language_map::label(&Label::new("Collections", "Samlinger").text(&self.publisher.languages))
    }
}

fn part(id: String, span: Span, total: u64) -> Value {
    object! { "id": id, "type": "Collection", "label": part_label(span, total) }
}

fn named(label: &Text, otherwise: &str) -> Value {
    let label = language_map::label(label);
    if language_map::is_empty(&label) { language_map::none(otherwise) } else { label }
}

/// Positions as people count them: `101–200`.
fn part_label(span: Span, total: u64) -> Value {
    language_map::none(&format!("{}–{}", span.start.saturating_add(1), span.end.saturating_add(1).min(total)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn library<T>(version: Version, look: impl FnOnce(Collections<'_>) -> T) -> T {
        let (address, publisher) = (Address::new("https://host"), Publisher::default());
        look(Collections { address: &address, publisher: &publisher, version })
    }

    fn shelf(works: u64) -> FacetCollection {
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
        library(Version::V3, |library| {
            let made = library.facet_value(&shelf(250), None, &[]).unwrap();
            assert_eq!(made["items"].as_array().unwrap().len(), 3);
            assert_eq!(made["items"][2]["label"], json!({ "none": ["201–250"] }));
            let id = made["items"][2]["id"].as_str().unwrap();
            assert!(id.ends_with("/presentation/3/collections/creator/k%C3%B8bke/200-299"), "{id}");
            assert!(library.facet_value(&shelf(250), "300-399".parse().ok(), &[]).is_none());
        });
    }

    #[test]
    fn members_have_a_thumbnail_in_its_true_size() {
        let member =
            Member { object_number: "KMS1".into(), label: Text::default(), picture: shelf(1).picture };
        library(Version::V3, |library| {
            let made = library.facet_value(&shelf(1), None, std::slice::from_ref(&member)).unwrap();
            let item = &made["items"][0];
            assert_eq!(item["label"], json!({ "none": ["KMS1"] }));
            assert_eq!(
                (&item["thumbnail"][0]["width"], &item["thumbnail"][0]["height"]),
                (&json!(400), &json!(300))
            );
        });
        library(Version::V2, |library| {
            let made = library.facet_value(&shelf(1), None, std::slice::from_ref(&member)).unwrap();
            assert_eq!(made["@type"], "sc:Collection");
            assert_eq!(made["manifests"][0]["@id"], "https://host/presentation/2/KMS1/manifest");
        });
    }
}
