//! Where a source's answers go on: the next page of a search, the members of a collection.

use serde_json::Value;
use url::Url;

use super::value::{field, many, number};

/// How deep collections within collections are looked through.
const DEEPEST: usize = 8;

/// The address of the page behind this answer: that of SMK's search by `offset`, else the one that the answer names as
/// `next`. It may lead anywhere: who follows it decides where to.
pub fn next_page(url: &str, answer: &Value) -> Option<String> {
    let mut address = Url::parse(url).ok()?;
    if let Some(next) = field(answer, &["next"]).and_then(|next| next.as_str().or(next["id"].as_str())) {
        let next = address.join(next).ok().filter(|next| matches!(next.scheme(), "http" | "https"))?;
        return (next != address).then(|| next.to_string());
    }
    let got = answer.get("items")?.as_array()?.len() as u64;
    let whole =
        |name: &str| answer.get(name).and_then(number).filter(|n| (0.0..1e15).contains(n)).map(|n| n as u64);
    let given =
        address.query_pairs().find(|(key, _)| key == "offset").and_then(|(_, value)| value.parse().ok());
    let next = whole("offset").or(given).unwrap_or(0) + got;
    if got == 0 || next >= whole("found")? {
        return None;
    }
    let kept: Vec<(String, String)> =
        address.query_pairs().into_owned().filter(|(key, _)| key != "offset").collect();
    address.query_pairs_mut().clear().extend_pairs(kept).append_pair("offset", &next.to_string());
    Some(address.to_string())
}

/// The addresses of the manifests in a IIIF Collection (Presentation API 2 and 3), those of inner ones included.
pub fn members(collection: &Value) -> Vec<String> {
    let mut found = Vec::new();
    look(collection, "Manifest", 0, &mut found);
    found
}

/// The addresses of the collections in a IIIF Collection that it names without their members.
pub fn collections(collection: &Value) -> Vec<String> {
    let mut found = Vec::new();
    look(collection, "Collection", 0, &mut found);
    found
}

fn look(collection: &Value, wanted: &str, depth: usize, found: &mut Vec<String>) {
    let lists = [("items", ""), ("members", ""), ("manifests", "Manifest"), ("collections", "Collection")];
    for (name, kind) in lists {
        for member in many(collection.get(name)) {
            let kind = field(member, &["type", "@type"]).and_then(Value::as_str).unwrap_or(kind);
            let kind = kind.strip_prefix("sc:").unwrap_or(kind);
            let open = ["items", "members", "manifests", "collections"]
                .iter()
                .any(|name| member.get(name).is_some());
            if kind == "Collection" && open {
                if depth < DEEPEST {
                    look(member, wanted, depth + 1, found);
                }
            } else if kind == wanted {
                let id = field(member, &["id", "@id"]).and_then(Value::as_str).or(member.as_str());
                found.extend(id.map(str::to_owned));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pages_follow_until_all_is_found() {
        let url = "https://api.smk.dk/api/v1/art/search/?keys=*&offset=0&rows=2";
        let answer = |offset: u32| json!({"offset": offset, "rows": 2, "found": 5, "items": [{}, {}]});
        let next = next_page(url, &answer(0)).unwrap();
        assert_eq!(next, "https://api.smk.dk/api/v1/art/search/?keys=*&rows=2&offset=2");
        assert!(next_page(&next, &answer(2)).unwrap().ends_with("offset=4"));
        assert_eq!(next_page(&next, &json!({"offset": 4, "found": 5, "items": [{}]})), None);
        assert_eq!(next_page(&next, &json!({"offset": 4, "found": 9, "items": []})), None);
        assert_eq!(next_page("no address", &answer(0)), None);
        assert_eq!(next_page(url, &json!({"next": "javascript:x"})), None);
        assert_eq!(
            next_page("https://a.org/c/1", &json!({"next": "2"})).as_deref(),
            Some("https://a.org/c/2")
        );
    }

    #[test]
    fn members_are_found_in_both_versions() {
        let three = json!({"items": [{"id": "a", "type": "Manifest"}, {"id": "c", "type": "Collection"},
            {"type": "Collection", "items": [{"id": "b", "type": "Manifest"}]}]});
        assert_eq!((members(&three), collections(&three)), (vec!["a".into(), "b".into()], vec!["c".into()]));
        let two = json!({"manifests": [{"@id": "a", "@type": "sc:Manifest"}, "b"], "members": {"@id": "c", "@type": "sc:Collection"}});
        assert_eq!((members(&two), collections(&two)), (vec!["a".into(), "b".into()], vec!["c".into()]));
    }
}
