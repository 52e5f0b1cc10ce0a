//! Shelves of works as collections of bounded size (Presentation API 3.0, §5.1).

use serde_json::{Value, json};

use super::manifest::{CONTEXT_3, of_version};
use super::span::{self, Node, Span};
use super::words::{self, word};
use super::{Address, House, language, links};
use crate::iiif::{Dimensions, Form, Limits, Size, Version};
use crate::record::Text;

/// The side of the box that members' thumbnails fit in, in pixels.
const THUMBNAIL: u32 = 400;

/// Where collections are published, by whom, and in which version.
#[derive(Clone, Copy, Debug)]
pub struct Library<'a> {
    pub address: &'a Address,
    pub house: &'a House,
    pub version: Version,
}

/// A scheme of shelves, such as `creator`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scheme {
    pub scheme: String,
    /// How many values it has.
    pub values: u64,
}

/// A value of a scheme: a shelf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shelf {
    pub scheme: String,
    pub value: String,
    pub label: Text,
    /// How many works stand on it.
    pub works: u64,
    /// An image of one of them.
    pub picture: Option<Picture>,
}

/// A work on a shelf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub object_number: String,
    pub label: Text,
    pub picture: Option<Picture>,
}

/// An image that stands for a work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    pub identifier: String,
    /// Its pixels, where they are known.
    pub dimensions: Option<Dimensions>,
}

impl Library<'_> {
    /// The collection of all schemes.
    pub fn root(&self, schemes: &[Scheme]) -> Value {
        let items = schemes.iter().map(|scheme| {
            let id = self.address.scheme(self.version, &scheme.scheme, None);
            json!({ "id": id, "type": "Collection", "label": self.scheme_label(&scheme.scheme) })
        });
        let label = match self.house.name.is_empty() {
            true => words::word("Collections", "Samlinger").text(&self.house.languages),
            false => self.house.name.clone(),
        };
        let id = self.address.collections(self.version);
        self.collection(id, language::label(&label), items.collect(), None)
    }

    /// The values of a scheme that has `total`, or the asked part of them. `values` are those at the positions that
    /// [`span::node`] names; nothing where there is no such part.
    pub fn scheme(&self, scheme: &str, total: u64, asked: Option<Span>, values: &[Shelf]) -> Option<Value> {
        let at = |span| self.address.scheme(self.version, scheme, span);
        let label = self.scheme_label(scheme);
        let items = match span::node(total, asked)? {
            Node::Spans(spans) => {
                spans.into_iter().map(|span| self.part(at(Some(span)), span, total)).collect()
            }
            Node::Items(_) => values.iter().map(|shelf| self.shelf_reference(shelf)).collect(),
        };
        let parent = match asked {
            None => (self.address.collections(self.version), self.collections_label()),
            Some(span) => (at(span.parent(total)), label.clone()),
        };
        let label = asked.map_or(label, |span| part_label(span, total));
        Some(self.collection(at(asked), label, items, Some(parent)))
    }

    /// The works of a shelf, or the asked part of them. `members` are those at the positions that [`span::node`]
    /// names; nothing where there is no such part.
    pub fn shelf(&self, shelf: &Shelf, asked: Option<Span>, members: &[Member]) -> Option<Value> {
        let at = |span| self.address.shelf(self.version, &shelf.scheme, &shelf.value, span);
        let label = named(&shelf.label, &shelf.value);
        let items = match span::node(shelf.works, asked)? {
            Node::Spans(spans) => {
                spans.into_iter().map(|span| self.part(at(Some(span)), span, shelf.works)).collect()
            }
            Node::Items(_) => members.iter().map(|member| self.member(member)).collect(),
        };
        let parent = match asked {
            None => {
                (self.address.scheme(self.version, &shelf.scheme, None), self.scheme_label(&shelf.scheme))
            }
            Some(span) => (at(span.parent(shelf.works)), label.clone()),
        };
        let label = asked.map_or(label, |span| part_label(span, shelf.works));
        let mut collection = self.collection(at(asked), label, items, Some(parent));
        if let (Some(picture), Version::V3) = (&shelf.picture, self.version) {
            collection["thumbnail"] = json!([self.thumbnail(picture)]);
        }
        Some(collection)
    }

    fn collection(
        &self,
        id: String,
        label: Value,
        items: Vec<Value>,
        parent: Option<(String, Value)>,
    ) -> Value {
        let mut made =
            json!({ "@context": CONTEXT_3, "id": id, "type": "Collection", "label": label, "items": items });
        if let Some(provider) = links::provider(self.house, self.address.base()) {
            made["provider"] = provider;
        }
        if let Some((id, label)) = parent {
            made["partOf"] = json!([{ "id": id, "type": "Collection", "label": label }]);
        }
        of_version(made, self.version)
    }

    fn part(&self, id: String, span: Span, total: u64) -> Value {
        json!({ "id": id, "type": "Collection", "label": part_label(span, total) })
    }

    fn shelf_reference(&self, shelf: &Shelf) -> Value {
        let id = self.address.shelf(self.version, &shelf.scheme, &shelf.value, None);
        let label = named(&shelf.label, &shelf.value);
        self.pictured(json!({ "id": id, "type": "Collection", "label": label }), shelf.picture.as_ref())
    }

    fn member(&self, member: &Member) -> Value {
        let id = self.address.manifest(self.version, &member.object_number);
        let label = named(&member.label, &member.object_number);
        self.pictured(json!({ "id": id, "type": "Manifest", "label": label }), member.picture.as_ref())
    }

    fn pictured(&self, mut reference: Value, picture: Option<&Picture>) -> Value {
        if let Some(picture) = picture {
            reference["thumbnail"] = json!([self.thumbnail(picture)]);
        }
        reference
    }

    fn thumbnail(&self, picture: &Picture) -> Value {
        let size = Size { form: Form::Within(THUMBNAIL, THUMBNAIL), upscale: false };
        let service = self.address.image(self.version, &picture.identifier);
        let described = match self.version {
            Version::V2 => {
                json!({ "@id": service, "@type": "ImageService2", "profile": Version::V2.profile() })
            }
            Version::V3 => json!({ "id": service, "type": "ImageService3", "profile": "level2" }),
        };
        let mut thumbnail = json!({
            "id": format!("{service}/full/{size}/0/default.jpg"),
            "type": "Image",
            "format": "image/jpeg",
            "service": [described],
        });
        if let Some(made) = picture.dimensions.and_then(|full| size.of(full, Limits::NONE).ok()) {
            thumbnail["width"] = json!(made.width);
            thumbnail["height"] = json!(made.height);
        }
        thumbnail
    }

    fn scheme_label(&self, scheme: &str) -> Value {
        let label = words::scheme(scheme).map(|word| word.text(&self.house.languages));
        named(&label.unwrap_or_default(), scheme)
    }

    fn collections_label(&self) -> Value {
        language::label(&word("Collections", "Samlinger").text(&self.house.languages))
    }
}

fn named(label: &Text, otherwise: &str) -> Value {
    let label = language::label(label);
    if language::is_empty(&label) { language::none(otherwise) } else { label }
}

/// Positions as people count them: `101–200`.
fn part_label(span: Span, total: u64) -> Value {
    language::none(&format!("{}–{}", span.start.saturating_add(1), span.end.saturating_add(1).min(total)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn library<T>(version: Version, look: impl FnOnce(Library<'_>) -> T) -> T {
        let (address, house) = (Address::new("https://host"), House::default());
        look(Library { address: &address, house: &house, version })
    }

    fn shelf(works: u64) -> Shelf {
        let picture = Picture { identifier: "a/b.tif".into(), dimensions: Some(Dimensions::new(4000, 3000)) };
        Shelf {
            scheme: "creator".into(),
            value: "købke".into(),
            label: Text::plain("Købke"),
            works,
            picture: Some(picture),
        }
    }

    #[test]
    fn a_long_shelf_lists_parts_of_itself() {
        library(Version::V3, |library| {
            let made = library.shelf(&shelf(250), None, &[]).unwrap();
            assert_eq!(made["items"].as_array().unwrap().len(), 3);
            assert_eq!(made["items"][2]["label"], json!({ "none": ["201–250"] }));
            let id = made["items"][2]["id"].as_str().unwrap();
            assert!(id.ends_with("/presentation/3/collections/creator/k%C3%B8bke/200-299"), "{id}");
            assert!(library.shelf(&shelf(250), "300-399".parse().ok(), &[]).is_none());
        });
    }

    #[test]
    fn members_have_a_thumbnail_in_its_true_size() {
        let member =
            Member { object_number: "KMS1".into(), label: Text::default(), picture: shelf(1).picture };
        library(Version::V3, |library| {
            let made = library.shelf(&shelf(1), None, std::slice::from_ref(&member)).unwrap();
            let item = &made["items"][0];
            assert_eq!(item["label"], json!({ "none": ["KMS1"] }));
            assert_eq!(
                (&item["thumbnail"][0]["width"], &item["thumbnail"][0]["height"]),
                (&json!(400), &json!(300))
            );
        });
        library(Version::V2, |library| {
            let made = library.shelf(&shelf(1), None, std::slice::from_ref(&member)).unwrap();
            assert_eq!(made["@type"], "sc:Collection");
            assert_eq!(made["manifests"][0]["@id"], "https://host/presentation/2/KMS1/manifest");
        });
    }
}
