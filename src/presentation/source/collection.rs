//! Collections of other servers, served again with their works on this server.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::clean::Cleaner;
use super::values::list;
use crate::presentation::collection::{Collections, Thumbnail};
use crate::presentation::context::CONTEXT_3;
use crate::presentation::manifest::of_version;
use crate::presentation::object::object;
use crate::presentation::{IMPORTED_SCHEME, http_uri, language_map, links};
use crate::record::read::{LanguageOrder, image_name};
use crate::record::{SourceImages, Text};

/// The most URIs that are looked up for a collection, beside those of its members.
const MAX_URIS: usize = 1000;

/// What this server has for a URI of another server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Imported {
    /// A work, by the URI of its manifest.
    Work {
        object_number: String,
        label: Text,
        /// Its first image.
        thumbnail: Option<String>,
        /// Whether its rights limit its images.
        is_limited: bool,
    },
    /// A work that is not shown.
    Withdrawn,
    /// An image of a work: the master's identifier, if it has one.
    Image(Option<String>),
    /// A collection, by its name on this server.
    Collection(String),
}

/// A collection of another server.
#[derive(Clone, Debug)]
pub(crate) struct ImportedCollection {
    name: String,
    /// In the form of version 3.
    body: Value,
    /// The order of languages in the source.
    pub languages: LanguageOrder,
    /// What this server has for the URIs in it.
    pub known: HashMap<String, Imported>,
    /// The collections that it is a member of: their names and labels.
    pub parents: Vec<(String, Text)>,
    /// Whether the rights of no work in it limit images.
    pub is_free: bool,
}

impl ImportedCollection {
    /// Reads a collection that the catalogue has; `None` if it is no JSON object.
    pub(crate) fn read(name: &str, body: &str) -> Option<Self> {
        let languages = LanguageOrder::of(body);
        let body: Value = serde_json::from_str(body).ok().filter(Value::is_object)?;
        let (known, parents) = (HashMap::new(), Vec::new());
        Some(Self { name: name.to_owned(), body, languages, known, parents, is_free: false })
    }

    /// The URIs of its members, and those in its own properties.
    pub(crate) fn uris(&self) -> Vec<String> {
        let mut own = HashSet::new();
        for (_, value) in self.body.as_object().into_iter().flatten().filter(|(key, _)| *key != "items") {
            uris_in(value, &mut own);
        }
        let members = list(self.body.get("items")).iter().filter_map(uri_of);
        members.chain(own).collect()
    }
}

/// Collects the URIs in a value, and those of the images in it.
fn uris_in(value: &Value, found: &mut HashSet<String>) {
    if found.len() >= MAX_URIS {
        return;
    }
    match value {
        Value::String(text) => found.extend(http_uri(text)),
        Value::Array(all) => all.iter().for_each(|one| uris_in(one, found)),
        Value::Object(fields) => {
            found.extend(image_name(value).and_then(http_uri));
            fields.values().for_each(|one| uris_in(one, found));
        }
        _ => {}
    }
}

fn uri_of(resource: &Value) -> Option<String> {
    http_uri(resource.get("id").unwrap_or(resource).as_str()?)
}

impl Collections<'_> {
    /// An imported collection: everything that the source says, with this server's addresses, works and pictures.
    pub(crate) fn imported(&self, collection: &ImportedCollection) -> Value {
        let painted = collection.known.iter().filter(|(_, known)| matches!(known, Imported::Image(_)));
        let painted = SourceImages::new(painted.map(|(uri, _)| uri.clone()).collect());
        let own = HashMap::new();
        let media = HashMap::new();
        let cleaner = Cleaner { is_free: collection.is_free, own: &own, media: &media, painted: &painted };
        let made = cleaner.of_class(&collection.body, "Collection", 0);
        let Some(Value::Object(mut made)) = made else { return Value::Null };
        let contexts = cleaner.contexts(&collection.body);
        let context = contexts.iter().map(String::as_str).chain([CONTEXT_3]).collect::<Vec<_>>();
        made.insert(
            "@context".into(),
            if contexts.is_empty() { Value::from(CONTEXT_3) } else { Value::from(context) },
        );
        let id = self.imported_id(&collection.name);
        match (self.publisher.keep_ids, made.get("id")) {
            (true, Some(_)) => {}
            _ => drop(made.insert("id".into(), Value::from(id))),
        }
        made.entry("label").or_insert_with(|| language_map::none(&collection.name));
        if let Some(provider) = links::provider(self.publisher, self.address.base()) {
            made.entry("provider").or_insert(provider);
        }
        self.put_thumbnails(&mut made, collection);
        self.put_part_of(&mut made, collection);
        let members = list(collection.body.get("items"));
        let members = members.iter().filter_map(|member| self.imported_member(member, collection, &cleaner));
        made.insert("items".into(), members.collect());
        of_version(Value::Object(made), self.version)
    }

    /// The address of an imported collection.
    fn imported_id(&self, name: &str) -> String {
        self.address.facet_value(self.version, IMPORTED_SCHEME, name, None)
    }

    /// A member, unless its work was withdrawn.
    fn imported_member(
        &self,
        member: &Value,
        collection: &ImportedCollection,
        cleaner: &Cleaner<'_>,
    ) -> Option<Value> {
        let known = uri_of(member).and_then(|uri| collection.known.get(&uri));
        let class = if member["type"] == "Collection" { "Collection" } else { "Manifest" };
        let (cleaned, id, picture) = match known {
            Some(Imported::Withdrawn) => return None,
            Some(Imported::Work { object_number, thumbnail, is_limited, label }) => {
                let free = Cleaner { is_free: true, ..*cleaner };
                let mut cleaned = match is_limited {
                    false => free.of_class(member, class, 1)?,
                    true => free.of_class(&bare(member), class, 1)?,
                };
                let label = language_map::label(label);
                let label =
                    if language_map::is_empty(&label) { language_map::none(object_number) } else { label };
                if cleaned.get("label").is_none() {
                    cleaned["label"] = label;
                }
                (cleaned, Some(self.address.manifest(self.version, object_number)), thumbnail.as_ref())
            }
            Some(Imported::Collection(name)) => {
                (cleaner.of_class(member, class, 1)?, Some(self.imported_id(name)), None)
            }
            _ => (cleaner.of_class(member, class, 1)?, None, None),
        };
        let Value::Object(mut made) = cleaned else { return None };
        made.remove("items");
        if let Some(id) = id.filter(|_| !self.publisher.keep_ids) {
            made.insert("id".into(), Value::from(id));
        }
        if let Some(picture) = picture {
            let picture = Thumbnail { identifier: picture.clone(), dimensions: None };
            made.insert("thumbnail".into(), Value::from([self.thumbnail(&picture)]));
        }
        if !made.contains_key("label") {
            let id = made.get("id")?.as_str()?.to_owned();
            made.insert("label".into(), language_map::none(&id));
        }
        made.contains_key("id").then_some(Value::Object(made))
    }

    /// Pictures of this server in the place of those that it has.
    fn put_thumbnails(&self, made: &mut Map<String, Value>, collection: &ImportedCollection) {
        let mut pictures = Vec::new();
        let of_source = list(collection.body.get("thumbnail")).iter();
        for name in of_source.map(|image| image_name(image).and_then(http_uri)) {
            let known = name.and_then(|name| collection.known.get(&name));
            pictures.push(match known {
                Some(Imported::Image(Some(file))) => {
                    Some(self.thumbnail(&Thumbnail { identifier: file.clone(), dimensions: None }))
                }
                _ => None,
            });
        }
        if pictures.iter().any(Option::is_some) {
            let mut kept = match made.remove("thumbnail") {
                Some(Value::Array(kept)) if kept.len() == pictures.len() => kept,
                _ => vec![Value::Null; pictures.len()],
            };
            for (kept, picture) in kept.iter_mut().zip(pictures) {
                *kept = picture.unwrap_or_else(|| kept.take());
            }
            kept.retain(|picture| !picture.is_null());
            made.insert("thumbnail".into(), Value::Array(kept));
        }
    }

    /// The collections that contain it: those of the source, with this server's addresses, then those that it is a member of.
    fn put_part_of(&self, made: &mut Map<String, Value>, collection: &ImportedCollection) {
        let mut all = match made.remove("partOf") {
            Some(Value::Array(all)) => all,
            _ => Vec::new(),
        };
        let keeps = self.publisher.keep_ids;
        let mut known = HashSet::new();
        for one in &mut all {
            let uri = one["id"].as_str().map(str::to_owned);
            if let Some(Imported::Collection(name)) = uri.and_then(|uri| collection.known.get(&uri)) {
                known.insert(name.as_str());
                if !keeps {
                    one["id"] = Value::from(self.imported_id(name));
                }
            }
        }
        let others = collection.parents.iter().filter(|(name, _)| !known.contains(name.as_str()));
        all.extend(others.map(|(name, label)| {
            object! { "id": self.imported_id(name), "type": "Collection", "label": language_map::label(label) }
        }));
        if all.is_empty() {
            let id = self.address.facet_scheme(self.version, IMPORTED_SCHEME, None);
            all.push(object! { "id": id, "type": "Collection", "label": self.scheme_label(IMPORTED_SCHEME) });
        }
        made.insert("partOf".into(), Value::Array(all));
    }
}

/// A reference to a work whose rights limit its images, without what may lead to them.
fn bare(member: &Value) -> Value {
    const KEPT: [&str; 4] = ["id", "type", "label", "navDate"];
    let fields = member.as_object().into_iter().flatten();
    let kept = fields.filter(|(key, _)| KEPT.contains(&key.as_str()));
    Value::Object(kept.map(|(key, value)| (key.clone(), value.clone())).collect())
}
