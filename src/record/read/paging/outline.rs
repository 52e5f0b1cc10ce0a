//! Reads only the links of a large JSON document, so that memory use stays small.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::record::read::TEGL_NAMESPACE;

/// A string or a number; the `id` of an object; the first value of a list. Other values are ignored.
#[derive(Debug, Default)]
pub(super) struct Word(Option<String>);

/// The members of a list, or the single member in its place: their number, and those that lead to more records.
#[derive(Debug, Default)]
pub(super) struct Members {
    pub(super) count: u64,
    pub(super) nodes: Vec<Node>,
}

/// The URIs of the linked documents that are complete records of another Tegl.
#[derive(Debug, Default)]
pub(super) struct CompleteRecords(pub(super) Vec<String>);

/// A link to a document, as far as it is needed.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Linked {
    id: Word,
    #[serde(rename = "@id")]
    old_id: Word,
    profile: Word,
}

/// A member of a collection.
#[derive(Debug, Default)]
pub(super) struct Node {
    pub(super) id: Option<String>,
    pub(super) kind: Option<String>,
    /// The lists that it contains, each with the kind of its members, for members that do not state theirs.
    pub(super) inner: Vec<(&'static str, Vec<Node>)>,
}

/// An object as parsed, before unneeded fields are dropped.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Object {
    id: Word,
    #[serde(rename = "@id")]
    old_id: Word,
    #[serde(rename = "type")]
    kind: Word,
    #[serde(rename = "@type")]
    old_kind: Word,
    items: Option<Members>,
    members: Option<Members>,
    manifests: Option<Members>,
    collections: Option<Members>,
}

impl Word {
    pub(super) fn text(&self) -> Option<&str> {
        self.0.as_deref().filter(|text| !text.trim().is_empty())
    }

    pub(super) fn number(&self) -> Option<u64> {
        self.0.as_deref()?.parse::<f64>().ok().filter(|n| (0.0..1e15).contains(n)).map(|n| n as u64)
    }
}

impl From<Object> for Node {
    fn from(object: Object) -> Self {
        let kind = object.kind.0.or(object.old_kind.0);
        let kind = kind.map(|kind| kind.strip_prefix("sc:").unwrap_or(&kind).to_owned());
        let lists = [
            ("", object.items),
            ("", object.members),
            ("Manifest", object.manifests),
            ("Collection", object.collections),
        ];
        let inner = lists.into_iter().filter_map(|(kind, list)| list.map(|list| (kind, list.nodes)));
        // Anything else has members of other kinds, such as annotations or canvases.
        let inner = if kind.as_deref() == Some("Collection") { inner.collect() } else { Vec::new() };
        Self { id: object.id.0.or(object.old_id.0), kind, inner }
    }
}

impl Node {
    fn leads_further(&self) -> bool {
        let may = self.kind.as_deref().is_none_or(|kind| matches!(kind, "Manifest" | "Collection"));
        may && (self.id.is_some() || !self.inner.is_empty())
    }
}

/// Reads a value of any type.
struct Any<T>(PhantomData<T>);

trait Lenient: Default + Sized {
    fn of_text(text: String) -> Self;
    fn of_map<'de, A: MapAccess<'de>>(map: A) -> Result<Self, A::Error>;
    fn of_list<'de, A: SeqAccess<'de>>(list: A) -> Result<Self, A::Error>;
}

impl<'de, T: Lenient> Visitor<'de> for Any<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        Ok(T::of_text(text.to_owned()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<T, E> {
        Ok(T::of_text(number.to_string()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
        Ok(T::of_text(number.to_string()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<T, E> {
        Ok(T::of_text(number.to_string()))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_unit<E: Error>(self) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::of_map(map)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<T, A::Error> {
        T::of_list(list)
    }
}

impl Lenient for Word {
    fn of_text(text: String) -> Self {
        Self(Some(text))
    }

    fn of_map<'de, A: MapAccess<'de>>(map: A) -> Result<Self, A::Error> {
        let node = Node::from(Object::deserialize(MapAccessDeserializer::new(map))?);
        Ok(Self(node.id))
    }

    fn of_list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        let first = list.next_element::<Self>()?.unwrap_or_default();
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(first)
    }
}

impl Lenient for Members {
    fn of_text(text: String) -> Self {
        Self { count: 1, nodes: vec![Node { id: Some(text), ..Node::default() }] }
    }

    fn of_map<'de, A: MapAccess<'de>>(map: A) -> Result<Self, A::Error> {
        let node = Node::from(Object::deserialize(MapAccessDeserializer::new(map))?);
        Ok(Self { count: 1, nodes: Some(node).into_iter().filter(Node::leads_further).collect() })
    }

    fn of_list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        let mut all = Self::default();
        while let Some(member) = list.next_element::<Self>()? {
            all.count += 1;
            all.nodes.extend(member.nodes);
        }
        Ok(all)
    }
}

impl Lenient for CompleteRecords {
    fn of_text(_: String) -> Self {
        Self::default()
    }

    fn of_map<'de, A: MapAccess<'de>>(map: A) -> Result<Self, A::Error> {
        let Linked { id, old_id, profile } = Linked::deserialize(MapAccessDeserializer::new(map))?;
        let is_complete = profile.text() == Some(TEGL_NAMESPACE);
        Ok(Self(id.0.or(old_id.0).filter(|_| is_complete).into_iter().collect()))
    }

    fn of_list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        let mut all = Self::default();
        while let Some(Self(some)) = list.next_element()? {
            all.0.extend(some);
        }
        Ok(all)
    }
}

impl<'de> Deserialize<'de> for CompleteRecords {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any(PhantomData))
    }
}

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any(PhantomData))
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any(PhantomData))
    }
}
