//! Names of the fields of works in the API, including those that only sources define.

use super::query::{ApiQuery, nearest, quoted};
use crate::gallery::{Error, Gallery};
use crate::iiif::Invalid;
use crate::search::Snapshot;

/// The fields of a work in the API.
pub(super) const FIELDS: [&str; 35] = [
    "canvases",
    "changed",
    "collections",
    "concepts",
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
    "media_files",
    "modified",
    "object_number",
    "object_type",
    "page",
    "parts",
    "picture",
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

/// Maximum number of source fields that the OpenAPI description lists.
const MAX_SOURCE_FIELDS: usize = 300;

/// The names that `fields` accepts, as far as they fit its grammar; empty if there are too many to list.
pub(super) fn all(snapshot: &Snapshot) -> Vec<String> {
    let own = snapshot.fields(MAX_SOURCE_FIELDS + 1).unwrap_or_default();
    if own.len() > MAX_SOURCE_FIELDS {
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

/// The requested fields, each of which some work has; `also` accepts further names.
pub(super) fn chosen<'a>(
    gallery: &Gallery,
    query: &'a ApiQuery<'_>,
    also: impl Fn(&str) -> bool,
) -> Result<Option<Vec<&'a str>>, Error> {
    let Some(names) = query.names("fields") else { return Ok(None) };
    let mut strange = names.iter().copied().filter(|name| !FIELDS.contains(name) && !also(name)).peekable();
    if strange.peek().is_some() {
        // Without an index, the names of source fields are unknown.
        let Ok(snapshot) = gallery.search().and_then(|service| service.snapshot()) else {
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
        format!("is not a field of works{meant} Known fields are {known}, and the sources' own fields"),
    )
}

#[cfg(test)]
mod tests {
    use super::super::openapi::schemas::schemas;
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
