//! Changes of works as activities, for harvesters (Change Discovery 1.0).

use jiff::Timestamp;
use serde_json::Value;

use super::Address;
use super::object::object;
use crate::iiif::Version;
use crate::record::{Change, Kind};

/// The context of these documents.
pub(crate) const CONTEXT: &str = "http://iiif.io/api/discovery/1/context.json";

/// Changes on a page: those of revisions `100 n + 1` to `100 n + 100` are page `n`.
pub(crate) const PAGE_SIZE: u64 = 100;

/// The collection of all pages (§3.1); `None` without changes, because a page must not be empty.
pub(crate) fn collection(total: u64, address: &Address) -> Option<Value> {
    let last = last_page(total)?;
    Some(object! {
        "@context": CONTEXT,
        "id": address.changes(),
        "type": "OrderedCollection",
        "totalItems": total,
        "first": reference(0, address),
        "last": reference(last, address),
    })
}

/// A page of changes, numbered from 0, the oldest first (§3.2). `changes` are those of the page; `None` if there is no such page.
pub(crate) fn page(number: u64, total: u64, changes: &[Change], address: &Address) -> Option<Value> {
    let last = last_page(total)?;
    if number > last || changes.is_empty() {
        return None;
    }
    let mut page = object! {
        "@context": CONTEXT,
        "id": address.changes_page(number),
        "type": "OrderedCollectionPage",
        "partOf": object! { "id": address.changes(), "type": "OrderedCollection" },
        "startIndex": number.saturating_mul(PAGE_SIZE),
        "orderedItems": changes.iter().map(|change| activity(change, address)).collect::<Vec<_>>(),
    };
    if let Some(before) = number.checked_sub(1) {
        page["prev"] = reference(before, address);
    }
    if number < last {
        page["next"] = reference(number + 1, address);
    }
    Some(page)
}

fn last_page(total: u64) -> Option<u64> {
    Some(total.checked_sub(1)? / PAGE_SIZE)
}

fn reference(page: u64, address: &Address) -> Value {
    object! { "id": address.changes_page(page), "type": "OrderedCollectionPage" }
}

/// A change of one work as an activity (§3.3).
fn activity(change: &Change, address: &Address) -> Value {
    let id = address.manifest(Version::V3, &change.object_number);
    let mut object = object! { "id": id.as_str(), "canonical": id, "type": "Manifest" };
    if change.kind != Kind::Delete {
        object["seeAlso"] = Value::from([object! {
            "id": address.record(&change.object_number), "type": "Dataset", "format": "application/json",
        }]);
    }
    let kind = match change.kind {
        Kind::Create => "Create",
        Kind::Update => "Update",
        Kind::Delete => "Delete",
    };
    let at = Timestamp::from_millisecond(change.at_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    object! { "type": kind, "object": object, "endTime": at.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn change(revision: u64, kind: Kind) -> Change {
        Change { revision, object_number: "KMS 1".into(), kind, at_ms: 1_700_000_000_123 }
    }

    #[test]
    fn pages_link_to_the_previous_and_next_page() {
        let address = Address::new("https://host");
        let changes = [change(101, Kind::Update), change(102, Kind::Delete)];
        let second = page(1, 250, &changes, &address).unwrap();
        assert_eq!(second["prev"]["id"], "https://host/discovery/1/changes/0");
        assert_eq!(second["next"]["id"], "https://host/discovery/1/changes/2");
        assert_eq!(second["startIndex"], 100);
        let item = &second["orderedItems"][0];
        assert_eq!((&item["type"], &item["endTime"]), (&json!("Update"), &json!("2023-11-14T22:13:20.123Z")));
        assert_eq!(item["object"]["id"], "https://host/presentation/3/KMS%201/manifest");
        assert!(page(0, 250, &changes, &address).unwrap().get("prev").is_none());
        assert!(page(2, 250, &changes, &address).unwrap().get("next").is_none());
        assert_eq!(page(3, 250, &changes, &address), None);
    }

    #[test]
    fn a_collection_without_changes_does_not_exist() {
        let address = Address::new("https://host");
        assert_eq!(collection(0, &address), None);
        assert_eq!(collection(100, &address).unwrap()["last"]["id"], "https://host/discovery/1/changes/0");
        assert_eq!(collection(101, &address).unwrap()["last"]["id"], "https://host/discovery/1/changes/1");
    }
}
