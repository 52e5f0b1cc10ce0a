//! Where a source's answers go on: the next page of a search, the members of a collection.

mod outline;

use serde::Deserialize;
use url::Url;

use self::outline::{Members, Node, Word};

/// How deep collections within collections are looked through.
const DEEPEST: usize = 8;

/// The part of an answer that leads to more records. The rest is skipped and never in memory.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct PageLinks {
    next: Word,
    offset: Word,
    found: Word,
    items: Members,
    members: Members,
    manifests: Members,
    collections: Members,
}

/// The outline of an answer; `None` if it is not one JSON object.
pub fn page_links(answer: &[u8]) -> Option<PageLinks> {
    answer.trim_ascii_start().starts_with(b"{").then(|| serde_json::from_slice(answer).ok()).flatten()
}

impl PageLinks {
    /// The address of the page after this answer: that of SMK's search by `offset`, else the one that the answer names
    /// as `next`. It may lead anywhere: who follows it decides where to.
    pub fn next_page(&self, url: &str) -> Option<String> {
        let mut address = Url::parse(url).ok()?;
        if let Some(next) = self.next.text() {
            let next = address.join(next).ok().filter(|next| matches!(next.scheme(), "http" | "https"))?;
            return (next != address).then(|| next.to_string());
        }
        let given =
            address.query_pairs().find(|(key, _)| key == "offset").and_then(|(_, value)| value.parse().ok());
        let next = self.offset.number().or(given).unwrap_or(0) + self.items.count;
        if self.items.count == 0 || next >= self.found.number()? {
            return None;
        }
        let kept: Vec<(String, String)> =
            address.query_pairs().into_owned().filter(|(key, _)| key != "offset").collect();
        address.query_pairs_mut().clear().extend_pairs(kept).append_pair("offset", &next.to_string());
        Some(address.to_string())
    }

    /// The addresses of the manifests in a IIIF Collection (Presentation API 2 and 3), those of inner ones included.
    pub fn manifests(&self) -> Vec<String> {
        self.named("Manifest")
    }

    /// The addresses of the collections in a IIIF Collection that it names without their members.
    pub fn collections(&self) -> Vec<String> {
        self.named("Collection")
    }

    fn named(&self, wanted: &str) -> Vec<String> {
        let mut found = Vec::new();
        let lists = [
            (&self.items, ""),
            (&self.members, ""),
            (&self.manifests, "Manifest"),
            (&self.collections, "Collection"),
        ];
        lists.into_iter().for_each(|(list, kind)| look(&list.nodes, kind, wanted, 0, &mut found));
        found
    }
}

fn look(nodes: &[Node], kind: &str, wanted: &str, depth: usize, found: &mut Vec<String>) {
    for node in nodes {
        let kind = node.kind.as_deref().unwrap_or(kind);
        if kind == "Collection" && !node.inner.is_empty() {
            for (kind, nodes) in node.inner.iter().filter(|_| depth < DEEPEST) {
                look(nodes, kind, wanted, depth + 1, found);
            }
        } else if kind == wanted {
            found.extend(node.id.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(answer: &Value) -> PageLinks {
        page_links(answer.to_string().as_bytes()).unwrap()
    }

    fn next_page(url: &str, answer: &Value) -> Option<String> {
        read(answer).next_page(url)
    }

    fn both(answer: &Value) -> (Vec<String>, Vec<String>) {
        (read(answer).manifests(), read(answer).collections())
    }

    #[test]
    fn pages_are_followed_until_all_records_are_found() {
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
        assert_eq!(both(&three), (vec!["a".into(), "b".into()], vec!["c".into()]));
        let two = json!({"manifests": [{"@id": "a", "@type": "sc:Manifest"}, "b"], "members": {"@id": "c", "@type": "sc:Collection"}});
        assert_eq!(both(&two), (vec!["a".into(), "b".into()], vec!["c".into()]));
    }

    #[test]
    fn answers_of_any_shape_have_an_outline() {
        for answer in [
            json!({"items": 7, "next": [], "found": true}),
            json!({"items": {"id": 7}, "next": {"id": {}}}),
            json!({}),
        ] {
            assert_eq!((both(&answer), next_page("https://a.org/", &answer)), ((vec![], vec![]), None));
        }
        assert_eq!(
            next_page("https://a.org/", &json!({"next": {"id": "/b"}})).as_deref(),
            Some("https://a.org/b")
        );
        let words = json!({"offset": "0", "found": "3", "items": [1, "x", null]});
        assert_eq!(next_page("https://a.org/", &words), None);
        assert!(page_links(b"[]").is_none() && page_links(b"{} {}").is_none() && page_links(b"").is_none());
    }
}
