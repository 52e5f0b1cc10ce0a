//! The names of fields that works are told with: those of every work, and those that only sources know.

use super::query::{Asked, nearest, quoted};
use crate::gallery::{Error, Gallery};
use crate::iiif::Invalid;
use crate::search::Snapshot;

/// The fields that a work may be told with.
pub const FIELDS: [&str; 31] = [
    "changed",
    "collections",
    "content_state",
    "creators",
    "credit_line",
    "department",
    "description",
    "dimensions",
    "extra_metadata",
    "homepage",
    "id",
    "images",
    "inscriptions",
    "location",
    "manifest",
    "materials",
    "modified",
    "object_number",
    "object_type",
    "page",
    "parts",
    "production",
    "public_domain",
    "related",
    "revision",
    "rights",
    "source",
    "tags",
    "techniques",
    "thumbnail",
    "titles",
];

/// Fields of sources that the description lists, at most.
const MOST: usize = 300;

/// The names that may be chosen, as far as they can be written in a list; none where there are too many to name.
pub fn all(snapshot: &Snapshot) -> Vec<String> {
    let own = snapshot.fields(MOST + 1).unwrap_or_default();
    if own.len() > MOST {
        return Vec::new();
    }
    let written = |name: &String| {
        (1..=64).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    let mut names: Vec<String> = own.into_iter().filter(written).collect();
    names.extend(FIELDS.map(str::to_owned));
    names.sort_unstable();
    names.dedup();
    names
}

/// The fields that are asked for, each known of some work; `also` says what is known besides.
pub fn chosen<'a>(
    gallery: &Gallery,
    asked: &'a Asked<'_>,
    also: impl Fn(&str) -> bool,
) -> Result<Option<Vec<&'a str>>, Error> {
    let Some(names) = asked.names("fields") else { return Ok(None) };
    let mut strange = names.iter().copied().filter(|name| !FIELDS.contains(name) && !also(name)).peekable();
    if strange.peek().is_some() {
        // Without an index nobody knows what sources call their fields.
        let Ok(snapshot) = gallery.search().and_then(|finder| finder.snapshot()) else {
            return Ok(Some(names));
        };
        for name in strange {
            if !snapshot.has_field(name)? {
                return Err(unknown(name).into());
            }
        }
    }
    Ok(Some(names))
}

fn unknown(name: &str) -> Invalid {
    let meant = nearest(FIELDS.into_iter(), name).map(|near| format!("; did you mean `{near}`?"));
    let (meant, known) = (meant.unwrap_or_else(|| ";".into()), quoted(FIELDS.iter()));
    Invalid::new(
        "fields",
        name,
        format!("is no field of works{meant} There are {known}, and what sources have of their own"),
    )
}

#[cfg(test)]
mod tests {
    use super::super::schemas::schemas;
    use super::*;

    #[test]
    fn the_fields_are_those_of_the_description() {
        let schemas = schemas();
        let mut described: Vec<&str> =
            schemas["Work"]["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        described.sort_unstable();
        assert_eq!(described, FIELDS);
        assert!(FIELDS.is_sorted());
    }
}
