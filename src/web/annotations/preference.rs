//! How much of a container a client prefers to get (Web Annotation Protocol, §4.2).

use actix_web::HttpRequest;
use actix_web::http::header::HeaderName;

use crate::iiif::Invalid;
use crate::web::api::pairs_of;

const PREFER: HeaderName = HeaderName::from_static("prefer");
const MINIMAL: &str = "http://www.w3.org/ns/ldp#PreferMinimalContainer";
const IRIS: &str = "http://www.w3.org/ns/oa#PreferContainedIRIs";
const DESCRIPTIONS: &str = "http://www.w3.org/ns/oa#PreferContainedDescriptions";

/// What a response contains.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Preference {
    /// The container does not embed its first page.
    pub is_minimal: bool,
    /// Pages have the URIs of annotations only.
    pub has_iris: bool,
    /// The page that is asked for, from 0; the container if `None`.
    pub page: Option<u32>,
    /// Whether the `Prefer` header decided.
    pub is_applied: bool,
}

impl Preference {
    /// Reads the query and the `Prefer` header (RFC 7240), which wins.
    ///
    /// # Errors
    /// Fails if `page` or `iris` has another form.
    pub(super) fn of(request: &HttpRequest) -> Result<Self, Invalid> {
        let mut preference = Self::default();
        for (name, value) in pairs_of(request.query_string()) {
            match &*name {
                "page" => {
                    let number = crate::iiif::integer(&value);
                    let reason = "must be an integer, as in `0`";
                    preference.page = Some(number.ok_or_else(|| Invalid::new("page", &value, reason))?);
                }
                "iris" => {
                    preference.has_iris = match &*value {
                        "0" => false,
                        "1" => true,
                        _ => return Err(Invalid::new("iris", &value, "must be `0` or `1`")),
                    }
                }
                _ => {}
            }
        }
        let lines = request.headers().get_all(PREFER).filter_map(|line| line.to_str().ok());
        let included = lines.flat_map(included).collect::<Vec<_>>();
        let has = |uri: &str| included.iter().any(|included| included == uri);
        let (minimal, iris, descriptions) = (has(MINIMAL), has(IRIS), has(DESCRIPTIONS));
        preference.is_minimal = minimal;
        preference.is_applied = minimal || iris || descriptions;
        // Who prefers both gets what is usual.
        if iris != descriptions {
            preference.has_iris = iris;
        }
        Ok(preference)
    }
}

/// The URIs in the `include` of `return=representation`.
fn included(line: &str) -> Vec<String> {
    let mut quoted = false;
    let preferences = line.split(|c| {
        quoted ^= c == '"';
        c == ',' && !quoted
    });
    let mut found = Vec::new();
    for preference in preferences {
        let mut parts = preference.split(';').map(str::trim);
        let is_return = parts.next().is_some_and(|first| {
            let (name, value) = first.split_once('=').unwrap_or((first, ""));
            name.trim().eq_ignore_ascii_case("return") && value.trim().trim_matches('"') == "representation"
        });
        for part in parts.filter(|_| is_return) {
            if let Some((name, uris)) = part.split_once('=')
                && name.trim().eq_ignore_ascii_case("include")
            {
                found.extend(uris.trim().trim_matches('"').split_whitespace().map(str::to_owned));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::http::testing::request;

    #[test]
    fn a_client_chooses_what_a_container_contains() {
        let include = |uris: &str| format!("return=representation; include=\"{uris}\"");
        for (lines, minimal, iris) in [
            (vec![], false, false),
            (vec![include(MINIMAL)], true, false),
            (vec![include(IRIS)], false, true),
            (vec![include(&format!("{MINIMAL} {IRIS}"))], true, true),
            (vec![include(MINIMAL), include(IRIS)], true, true),
            (vec![include(DESCRIPTIONS)], false, false),
            (vec![include(&format!("{IRIS} {DESCRIPTIONS}"))], false, false),
            (vec![format!("respond-async, {}", include(IRIS))], false, true),
            (vec![format!("return=minimal; include=\"{IRIS}\"")], false, false),
            (vec!["return=representation;include=".into()], false, false),
            (vec!["\"".into()], false, false),
        ] {
            let lines: Vec<&'static str> = lines.into_iter().map(|line| &*line.leak()).collect();
            let found = Preference::of(&request(PREFER, &lines)).unwrap();
            assert_eq!((found.is_minimal, found.has_iris), (minimal, iris), "{lines:?}");
        }
    }
}
