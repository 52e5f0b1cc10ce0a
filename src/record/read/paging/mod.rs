//! Where the records of a response continue: the next page of a search, the members of a collection.

mod outline;

use serde::Deserialize;
use url::Url;

use self::outline::{CompleteRecords, Members, Node, Word};

/// The maximum depth of collections within collections.
const MAX_DEPTH: usize = 8;

/// The parts of a response that lead to more records. The rest is skipped and never held in memory.
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
    #[serde(rename = "type")]
    kind: Word,
    #[serde(rename = "@type")]
    old_kind: Word,
    #[serde(rename = "seeAlso")]
    see_also: CompleteRecords,
}

/// Parses the links of a response; `None` if it is not one JSON object.
pub fn page_links(response: &[u8]) -> Option<PageLinks> {
    response.trim_ascii_start().starts_with(b"{").then(|| serde_json::from_slice(response).ok()).flatten()
}

impl PageLinks {
    /// The URL of the next page: that of SMK's search by `offset`, otherwise the one that the response names as
    /// `next`. It is not validated: the caller decides which hosts to follow it to.
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

    /// The URL of the complete record of the work, if this is the manifest of another Tegl at this URL. Records elsewhere are
    /// those of manifests that it has imported itself.
    pub fn complete_record(&self, url: &str) -> Option<String> {
        let own = Url::parse(url).ok()?.origin();
        let mut records = self.see_also.0.iter().filter_map(|record| Url::parse(record).ok());
        records.rfind(|record| record.origin() == own).map(String::from)
    }

    /// Whether it is a collection (Presentation API 2 and 3), but not one that another Tegl derives from its records.
    pub fn is_kept_collection(&self) -> bool {
        let kind = self.kind.text().or(self.old_kind.text());
        kind.is_some_and(|kind| kind.rsplit(':').next() == Some("Collection")) && self.see_also.0.is_empty()
    }

    /// The URIs of the manifests in an IIIF Collection (Presentation API 2 and 3), including those of nested
    /// collections.
    pub fn manifests(&self) -> Vec<String> {
        self.members_of_kind("Manifest")
    }

    /// The URIs of the collections that an IIIF Collection names without their members.
    pub fn collections(&self) -> Vec<String> {
        self.members_of_kind("Collection")
    }

    /// Whether it lists manifests or collections.
    pub fn leads_to_manifests(&self) -> bool {
        !self.manifests().is_empty() || !self.collections().is_empty()
    }

    fn members_of_kind(&self, wanted: &str) -> Vec<String> {
        let mut found = Vec::new();
        let lists = [
            (&self.items, ""),
            (&self.members, ""),
            (&self.manifests, "Manifest"),
            (&self.collections, "Collection"),
        ];
        lists.into_iter().for_each(|(list, kind)| collect(&list.nodes, kind, wanted, 0, &mut found));
        found
    }
}

fn collect(nodes: &[Node], kind: &str, wanted: &str, depth: usize, found: &mut Vec<String>) {
    for node in nodes {
        let kind = node.kind.as_deref().unwrap_or(kind);
        if kind == "Collection" && !node.inner.is_empty() {
            for (kind, nodes) in node.inner.iter().filter(|_| depth < MAX_DEPTH) {
                collect(nodes, kind, wanted, depth + 1, found);
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

    fn read(response: &Value) -> PageLinks {
        page_links(response.to_string().as_bytes()).unwrap()
    }

    fn next_page(url: &str, response: &Value) -> Option<String> {
        read(response).next_page(url)
    }

    fn both(response: &Value) -> (Vec<String>, Vec<String>) {
        (read(response).manifests(), read(response).collections())
    }

    #[test]
    fn pages_are_followed_until_all_records_are_found() {
        let url = "https://api.smk.dk/api/v1/art/search/?keys=*&offset=0&rows=2";
        let response = |offset: u32| json!({"offset": offset, "rows": 2, "found": 5, "items": [{}, {}]});
        let next = next_page(url, &response(0)).unwrap();
        assert_eq!(next, "https://api.smk.dk/api/v1/art/search/?keys=*&rows=2&offset=2");
        assert!(next_page(&next, &response(2)).unwrap().ends_with("offset=4"));
        assert_eq!(next_page(&next, &json!({"offset": 4, "found": 5, "items": [{}]})), None);
        assert_eq!(next_page(&next, &json!({"offset": 4, "found": 9, "items": []})), None);
        assert_eq!(next_page("no address", &response(0)), None);
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
    fn complete_records_are_those_of_the_same_server() {
        let url = "https://a.org/presentation/3/K1/manifest";
        let record =
            |host: &str| json!({"id": format!("https://{host}/oai?a=b"), "profile": "urn:x-tegl:record"});
        let other = json!({"id": "https://a.org/record", "type": "Dataset"});
        let found = |see_also: Value| read(&json!({"seeAlso": see_also})).complete_record(url);
        let own = Some("https://a.org/oai?a=b".to_owned());
        assert_eq!(found(json!([other, record("b.org"), record("a.org"), record("c.org")])), own);
        let old = json!({"@id": "https://a.org/oai?a=b", "profile": "urn:x-tegl:record"});
        assert_eq!(found(old), own);
        for none in [record("a.org:8080"), other, json!("https://a.org/oai"), json!([7, [null]]), json!(null)]
        {
            assert_eq!(found(none.clone()), None, "{none}");
        }
    }

    #[test]
    fn answers_of_any_shape_have_an_outline() {
        for response in [
            json!({"items": 7, "next": [], "found": true}),
            json!({"items": {"id": 7}, "next": {"id": {}}}),
            json!({}),
        ] {
            assert_eq!((both(&response), next_page("https://a.org/", &response)), ((vec![], vec![]), None));
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
