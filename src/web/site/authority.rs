//! The names of authority files and vocabularies on the web.

/// The name of an authority file or vocabulary, by a URI in it.
pub(super) fn authority(uri: &str) -> Option<&'static str> {
    let (_, rest) = uri.split_once("://")?;
    let rest = rest.strip_prefix("www.").unwrap_or(rest);
    let known = [
        ("vocab.getty.edu/ulan", "ULAN"),
        ("vocab.getty.edu/page/ulan", "ULAN"),
        ("vocab.getty.edu/aat", "AAT"),
        ("vocab.getty.edu/page/aat", "AAT"),
        ("vocab.getty.edu/tgn", "TGN"),
        ("iconclass.org/", "Iconclass"),
        ("wikidata.org/", "Wikidata"),
        ("viaf.org/", "VIAF"),
        ("d-nb.info/gnd", "GND"),
        ("isni.org/", "ISNI"),
        ("id.loc.gov/", "Library of Congress"),
        ("rkd.nl/", "RKD"),
        ("tate.org.uk/", "Tate"),
    ];
    known.into_iter().find(|(start, _)| rest.starts_with(start)).map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authorities_are_known_by_their_uris() {
        assert_eq!(authority("http://vocab.getty.edu/aat/300015045"), Some("AAT"));
        assert_eq!(authority("https://www.wikidata.org/entity/Q1"), Some("Wikidata"));
        assert_eq!(authority("http://elsewhere.example/vocab.getty.edu/aat/1"), None);
    }
}
