//! People and groups who make works: authority records, and what the records of works state about them together.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Creator, Text, slug};

/// An authority record of a person or group. As JSON it is one line of a file of creators.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AuthorityRecord")]
pub struct AuthorityRecord {
    /// The identifier that records of works use as the creator's `id`: a URI, or the source's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The preferred name in display order.
    pub name: String,
    /// The preferred name in sort order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sort_name: Option<String>,
    /// Other forms of the name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// The year of birth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth: Option<i32>,
    /// The year of death.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub death: Option<i32>,
    /// The nationality, as written in the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nationality: Option<String>,
    /// The gender, as written in the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gender: Option<String>,
    /// URIs of the same person elsewhere: ULAN, Wikidata, VIAF…
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub same_as: Vec<String>,
    /// A biography, by language.
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub biography: Text,
}

impl AuthorityRecord {
    /// Reads a record in Tegl's own format or in that of Tate's artists.
    ///
    /// # Errors
    /// Returns what is wrong with the record.
    pub fn read(record: Value) -> Result<Self, String> {
        let is_tate = record.get("name").is_none() && record.get("fc").is_some_and(Value::is_string);
        let read: Self = match is_tate {
            true => tate(&record),
            false => serde_json::from_value(record).map_err(|error| error.to_string())?,
        };
        if slug(&read.name).is_empty() {
            return Err("`name` is empty: a person needs a name".into());
        }
        if read.same_as.iter().any(|uri| !is_uri(uri)) {
            return Err("`same_as` must be a list of http or https URIs".into());
        }
        Ok(read)
    }

    /// The keys by which creators of works are joined with this record: its identifiers first, then the slugs of its names.
    pub fn keys(&self) -> Vec<String> {
        let ids = self.id.iter().chain(&self.same_as).map(|id| id_key(id));
        let names = std::iter::once(&self.name).chain(&self.names).map(|name| name_key(&slug(name)));
        let mut keys: Vec<String> = Vec::new();
        for key in ids.chain(names).filter(|key| !key.ends_with(':')) {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        keys
    }
}

/// A record of Tate's list of artists.
fn tate(record: &Value) -> AuthorityRecord {
    let text = |name: &str| record.get(name).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    let year = |name: &str| {
        let year = record.get(name)?.get("time")?.get("startYear")?.as_i64()?;
        i32::try_from(year).ok()
    };
    let name = text("fc").unwrap_or_default().trim().to_owned();
    AuthorityRecord {
        id: record.get("id").map(|id| format!("tate:artist:{}", id.to_string().trim_matches('"'))),
        sort_name: text("mda").map(str::to_owned).filter(|sorted| *sorted != name),
        birth: record
            .get("birthYear")
            .and_then(Value::as_i64)
            .and_then(|year| i32::try_from(year).ok())
            .or_else(|| year("birth")),
        death: year("death"),
        gender: text("gender").map(str::to_owned),
        same_as: text("url").filter(|url| is_uri(url)).map(str::to_owned).into_iter().collect(),
        name,
        ..AuthorityRecord::default()
    }
}

/// The key of an identifier of a person.
pub fn id_key(id: &str) -> String {
    format!("id:{}", id.trim())
}

/// The key of the slug of a person's name.
pub fn name_key(slug: &str) -> String {
    format!("name:{slug}")
}

fn is_uri(text: &str) -> bool {
    text.starts_with("http://") || text.starts_with("https://")
}

/// A creator, as the records of works and the authority record describe them together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// The preferred name in display order.
    pub name: String,
    /// The preferred name in sort order.
    pub sort_name: Option<String>,
    /// All other forms of the name.
    pub names: Vec<String>,
    /// The year of birth.
    pub birth: Option<i32>,
    /// The year of death.
    pub death: Option<i32>,
    /// The nationality, as written in the source.
    pub nationality: Option<String>,
    /// The gender, as written in the source.
    pub gender: Option<String>,
    /// The identifiers that sources use.
    pub ids: Vec<String>,
    /// URIs of the same person elsewhere.
    pub same_as: Vec<String>,
    /// A biography, by language.
    pub biography: Text,
}

impl Profile {
    /// Joins what works state, each statement with its number of works, with the authority record. The authority record
    /// comes first; of different statements the most frequent one is used.
    pub fn new(statements: &[(Creator, u64)], authority: Option<&AuthorityRecord>) -> Self {
        let settled = |get: fn(&Creator) -> Option<String>| most_frequent(statements, get);
        let year = |get: fn(&Creator) -> Option<i32>| -> Option<i32> {
            let mut counts: HashMap<i32, u64> = HashMap::new();
            for (creator, works) in statements {
                if let Some(year) = get(creator) {
                    *counts.entry(year).or_default() += works;
                }
            }
            counts
                .into_iter()
                .max_by_key(|&(year, works)| (works, std::cmp::Reverse(year)))
                .map(|(year, _)| year)
        };
        let usual = AuthorityRecord::default();
        let known = authority.unwrap_or(&usual);
        let name = match known.name.is_empty() {
            true => settled(|creator| Some(creator.name.clone())).unwrap_or_default(),
            false => known.name.clone(),
        };
        let sort_name = known.sort_name.clone().or_else(|| settled(|creator| creator.sort_name.clone()));
        let mut names: Vec<String> = Vec::new();
        let stated = statements
            .iter()
            .flat_map(|(creator, _)| std::iter::once(&creator.name).chain(&creator.sort_name));
        for form in known.names.iter().chain(stated) {
            if *form != name && Some(form) != sort_name.as_ref() && !names.contains(form) {
                names.push(form.clone());
            }
        }
        let mut ids: Vec<String> = Vec::new();
        let mut same_as = known.same_as.clone();
        for id in known.id.iter().chain(statements.iter().filter_map(|(creator, _)| creator.id.as_ref())) {
            if !ids.contains(id) {
                ids.push(id.clone());
            }
            if is_uri(id) && !same_as.contains(id) {
                same_as.push(id.clone());
            }
        }
        Self {
            birth: known.birth.or_else(|| year(|creator| creator.birth)),
            death: known.death.or_else(|| year(|creator| creator.death)),
            nationality: known.nationality.clone().or_else(|| settled(|creator| creator.nationality.clone())),
            gender: known.gender.clone().or_else(|| settled(|creator| creator.gender.clone())),
            biography: known.biography.clone(),
            name,
            sort_name,
            names,
            ids,
            same_as,
        }
    }

    /// The settled statements, as the creator of a work.
    pub fn creator(&self) -> Creator {
        Creator {
            name: self.name.clone(),
            sort_name: self.sort_name.clone(),
            role: None,
            birth: self.birth,
            death: self.death,
            nationality: self.nationality.clone(),
            gender: self.gender.clone(),
            id: self.ids.first().cloned(),
        }
    }
}

fn counted(statements: &[(Creator, u64)], get: fn(&Creator) -> Option<String>) -> Vec<(String, u64)> {
    let mut counts: HashMap<String, u64> = HashMap::new();
    for (creator, works) in statements {
        if let Some(value) = get(creator).filter(|value| !value.trim().is_empty()) {
            *counts.entry(value).or_default() += works;
        }
    }
    let mut counts: Vec<(String, u64)> = counts.into_iter().collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    counts
}

fn most_frequent(statements: &[(Creator, u64)], get: fn(&Creator) -> Option<String>) -> Option<String> {
    counted(statements, get).into_iter().next().map(|(value, _)| value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn creator(value: Value) -> Creator {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn the_most_frequent_statement_counts() {
        let statements = [
            (
                creator(
                    json!({"name": "Anna Ancher", "birth": 1859, "role": "artist", "id": "https://vocab.example/1"}),
                ),
                3,
            ),
            (creator(json!({"name": "Anna ANCHER", "birth": 1858, "role": "after"})), 2),
            (
                creator(
                    json!({"name": "Anna Ancher", "birth": 1859, "role": "after", "sort_name": "Ancher, Anna"}),
                ),
                1,
            ),
        ];
        let profile = Profile::new(&statements, None);
        assert_eq!((profile.name.as_str(), profile.birth), ("Anna Ancher", Some(1859)));
        assert_eq!(profile.names, ["Anna ANCHER"]);
        assert_eq!(profile.same_as, ["https://vocab.example/1"]);
        let authority =
            AuthorityRecord::read(json!({"name": "Anna K. Ancher", "birth": 1860, "names": ["Brøndum"]}));
        let profile = Profile::new(&statements, authority.ok().as_ref());
        assert_eq!((profile.name.as_str(), profile.birth), ("Anna K. Ancher", Some(1860)));
        assert_eq!(profile.names, ["Brøndum", "Anna Ancher", "Anna ANCHER"]);
    }

    #[test]
    fn artists_of_tate_are_read() {
        let read = AuthorityRecord::read(json!({
            "birthYear": 1852, "death": {"time": {"startYear": 1911}}, "fc": "Ann Example", "gender": "Female",
            "id": 7, "mda": "Example, Ann", "url": "http://www.example.org/artists/ann-example-7",
        }))
        .unwrap();
        assert_eq!(
            (read.birth, read.death, read.gender.as_deref()),
            (Some(1852), Some(1911), Some("Female"))
        );
        assert_eq!(
            read.keys(),
            ["id:tate:artist:7", "id:http://www.example.org/artists/ann-example-7", "name:ann-example"]
        );
    }

    #[test]
    fn records_that_cannot_be_used_are_refused() {
        for (record, reason) in [
            (json!({"name": " — "}), "name"),
            (json!({"id": "1"}), "name"),
            (json!({"name": "a", "same_as": ["javascript:x"]}), "same_as"),
            (json!({"name": "a", "born": 1}), "born"),
            (json!(["a"]), "invalid"),
        ] {
            let refused = AuthorityRecord::read(record).unwrap_err();
            assert!(refused.contains(reason), "{refused}");
        }
    }
}
