//! The addresses of a manifest's resources on this server, wherever the manifest refers to them.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::iiif::Version;
use crate::presentation::Address;

/// Gives the resources of a manifest their addresses.
pub(super) struct Addresses<'a> {
    pub address: &'a Address,
    pub work: &'a str,
    pub version: Version,
    /// Whether resources keep the URIs that they have in the source.
    pub keeps: bool,
    /// The addresses by the URIs in the source.
    known: HashMap<String, String>,
    used: HashSet<String>,
    ranges: usize,
    items: usize,
}

impl<'a> Addresses<'a> {
    pub(super) fn new(address: &'a Address, work: &'a str, version: Version, keeps: bool) -> Self {
        let (known, used) = (HashMap::new(), HashSet::new());
        Self { address, work, version, keeps, known, used, ranges: 0, items: 0 }
    }

    /// Replaces the `id` of the manifest and of the resources in it, then all references to them.
    pub(super) fn apply(mut self, manifest: &mut Value) {
        let own = self.address.manifest(self.version, self.work);
        self.assign(manifest, own);
        for (at, canvas) in list(manifest.get_mut("items")).enumerate() {
            self.assign(canvas, self.address.canvas(self.work, at + 1));
            let (address, version, work) = (self.address, self.version, self.work);
            if let Some(page) = list(canvas.get_mut("items")).next() {
                self.assign(page, address.page(version, work, at + 1));
                if let Some(painting) = list(page.get_mut("items")).next() {
                    self.assign(painting, address.painting(version, work, at + 1));
                }
            }
        }
        self.inner(manifest);
        self.refer(manifest);
    }

    /// Gives addresses to the resources that have none yet.
    fn inner(&mut self, value: &mut Value) {
        match value {
            Value::Array(all) => all.iter_mut().for_each(|one| self.inner(one)),
            Value::Object(fields) => {
                for (key, value) in fields.iter_mut().filter(|(key, _)| !is_foreign(key)) {
                    if key != "body" && key != "target" {
                        for one in list(Some(value)) {
                            self.one(one);
                        }
                    }
                    self.inner(value);
                }
            }
            _ => {}
        }
    }

    fn one(&mut self, value: &mut Value) {
        if !is_own(value) || value["id"].as_str().is_some_and(|id| self.used.contains(id)) {
            return;
        }
        let address = if value["type"] == "Range" {
            self.ranges += 1;
            self.address.range(self.version, self.work, self.ranges)
        } else {
            self.items += 1;
            self.address.item(self.version, self.work, self.items)
        };
        self.assign(value, address);
    }

    fn assign(&mut self, value: &mut Value, address: String) {
        let old = value["id"].as_str().map(str::to_owned);
        let kept = old.clone().filter(|old| self.keeps && !old.contains('#') && !self.used.contains(old));
        let id = kept.unwrap_or(address);
        if let Some(old) = old {
            self.known.entry(old).or_insert_with(|| id.clone());
        }
        self.used.insert(id.clone());
        value["id"] = Value::String(id);
    }

    fn refer(&self, value: &mut Value) {
        match value {
            Value::Array(all) => all.iter_mut().for_each(|one| self.refer(one)),
            Value::Object(_) => {
                let has_own_id = is_own(value);
                let Value::Object(fields) = value else { return };
                for (key, value) in fields.iter_mut().filter(|(key, _)| !is_foreign(key)) {
                    match key.as_str() {
                        "id" if has_own_id => {}
                        "id" | "target" | "source" | "scope" | "items" => self.refer_strings(value),
                        _ => self.refer(value),
                    }
                }
            }
            _ => {}
        }
    }

    fn refer_strings(&self, value: &mut Value) {
        match value {
            Value::String(uri) => {
                let (base, fragment) =
                    uri.split_once('#').map_or((uri.as_str(), None), |(base, f)| (base, Some(f)));
                let whole = self.known.get(uri.as_str()).cloned();
                let part = || Some(format!("{}#{}", self.known.get(base)?, fragment?));
                if let Some(found) = whole.or_else(part) {
                    *uri = found;
                }
            }
            Value::Array(all) => all.iter_mut().for_each(|one| self.refer_strings(one)),
            other => self.refer(other),
        }
    }
}

/// Whether a resource is a part of the manifest, not a reference to one.
fn is_own(value: &Value) -> bool {
    match value["type"].as_str() {
        Some("Manifest" | "Canvas" | "Range" | "AnnotationPage") => value.get("items").is_some(),
        Some("Annotation") => true,
        _ => false,
    }
}

/// Whether a property describes a resource that is not the manifest's.
fn is_foreign(key: &str) -> bool {
    matches!(key, "service" | "services" | "navPlace" | "provider")
}

/// The values of a list, or the one in its place.
pub(super) fn list(value: Option<&mut Value>) -> impl Iterator<Item = &mut Value> {
    let (many, one) = match value {
        Some(Value::Array(all)) => (all.as_mut_slice(), None),
        Some(Value::Null) | None => (&mut [][..], None),
        Some(one) => (&mut [][..], Some(one)),
    };
    many.iter_mut().chain(one)
}
