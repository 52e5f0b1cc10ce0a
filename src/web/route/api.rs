//! Paths of the open API.

/// What a path below `/api/v1` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call<'a> {
    Start,
    Works,
    Random,
    Suggest,
    Creators,
    Tags,
    /// The values of a scheme, still encoded.
    Scheme(&'a str),
    Dump(&'a str),
    OpenApi,
}

impl<'a> Call<'a> {
    /// What follows `/api/v1`; `None` where nothing is.
    pub fn parse(rest: &'a str) -> Option<Self> {
        Some(match rest.trim_start_matches('/') {
            "" => Self::Start,
            "works" => Self::Works,
            "random" => Self::Random,
            "suggest" => Self::Suggest,
            "creators" => Self::Creators,
            "tags" => Self::Tags,
            "openapi.json" => Self::OpenApi,
            rest => match rest.split_once('/') {
                Some(("tags", scheme)) if !scheme.is_empty() && !scheme.contains('/') => Self::Scheme(scheme),
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
    fn calls_are_told_apart() {
        for (path, call) in [
            ("", Some(Call::Start)),
            ("/works", Some(Call::Works)),
            ("/tags/motif", Some(Call::Scheme("motif"))),
            ("/tags/", None),
            ("/dump/works.jsonl.gz", Some(Call::Dump("works.jsonl.gz"))),
            ("/worksx", None),
        ] {
            assert_eq!(Call::parse(path), call, "{path}");
        }
    }
}
