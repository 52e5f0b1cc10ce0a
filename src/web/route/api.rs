//! Paths of the open API.

/// An endpoint below `/api/v1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint<'a> {
    Root,
    Works,
    Random,
    Suggest,
    Creators,
    /// A creator, by its percent-encoded identifier.
    Creator(&'a str),
    /// The concepts of imported vocabularies.
    Concepts,
    /// A concept, by its percent-encoded identifier.
    Concept(&'a str),
    Tags,
    /// Works like a detail, or like a picture that is sent.
    Similar,
    /// The values of a scheme, percent-encoded.
    Scheme(&'a str),
    Dump(&'a str),
    OpenApi,
}

impl<'a> Endpoint<'a> {
    /// Parses what follows `/api/v1`; `None` if there is no such endpoint.
    pub(crate) fn parse(rest: &'a str) -> Option<Self> {
        Some(match rest.trim_start_matches('/') {
            "" => Self::Root,
            "works" => Self::Works,
            "random" => Self::Random,
            "suggest" => Self::Suggest,
            "creators" => Self::Creators,
            "concepts" => Self::Concepts,
            "tags" => Self::Tags,
            "similar" => Self::Similar,
            "openapi.json" => Self::OpenApi,
            rest => match rest.split_once('/') {
                Some(("tags", scheme)) if !scheme.is_empty() && !scheme.contains('/') => Self::Scheme(scheme),
                Some(("creators", creator)) if !creator.is_empty() => Self::Creator(creator),
                Some(("concepts", concept)) if !concept.is_empty() => Self::Concept(concept),
                Some(("dump", name)) => Self::Dump(name),
                _ => return None,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_recognized() {
        for (path, call) in [
            ("", Some(Endpoint::Root)),
            ("/works", Some(Endpoint::Works)),
            ("/tags/motif", Some(Endpoint::Scheme("motif"))),
            ("/tags/", None),
            ("/dump/works.jsonl.gz", Some(Endpoint::Dump("works.jsonl.gz"))),
            ("/similar", Some(Endpoint::Similar)),
            ("/creators/anna-ancher", Some(Endpoint::Creator("anna-ancher"))),
            ("/creators/", None),
            ("/worksx", None),
        ] {
            assert_eq!(Endpoint::parse(path), call, "{path}");
        }
    }
}
