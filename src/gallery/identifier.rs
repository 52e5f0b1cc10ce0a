//! Parses identifiers: the source, the path below it, and the page.

use super::Error;
use crate::iiif::Invalid;
use crate::store::Key;

/// The parts of `NAME:path;page=n`; the name and the page are optional.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identifier {
    /// The position of the source among all sources, if the identifier names one.
    pub source: Option<usize>,
    /// The object within that source.
    pub key: Key,
    /// Page number, starting at 1.
    pub page: u32,
}

impl Identifier {
    /// Parses an identifier that has been percent-decoded once. A prefix before `:` that is not a source's name is part
    /// of the path: `ark:/12025/654`.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the page is not an integer of at least 1, or the path is not a valid key.
    pub fn parse<'a>(text: &str, names: impl IntoIterator<Item = Option<&'a str>>) -> Result<Self, Error> {
        let named = text.split_once(':').and_then(|(name, path)| {
            let at = names.into_iter().position(|one| one == Some(name))?;
            Some((at, path))
        });
        let (source, path) = named.map_or((None, text), |(at, path)| (Some(at), path));
        let (path, page) = match path.rsplit_once(";page=") {
            Some((path, page)) => match page.parse::<u32>() {
                Ok(number) if number > 0 && number.to_string() == page => (path, number),
                _ => {
                    return Err(Invalid::new(
                        "identifier",
                        text,
                        "must have an integer of at least 1 as its page",
                    )
                    .into());
                }
            },
            None => (path, 1),
        };
        let key = Key::parse(path).map_err(|bad| Invalid::new("identifier", text, bad.to_string()))?;
        Ok(Self { source, key, page })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_have_a_name_a_path_and_a_page() {
        let names = [None, Some("maps")];
        for (text, expected) in [
            ("a/b.tif", Some((None, "a/b.tif", 1))),
            ("maps:a.tif", Some((Some(1), "a.tif", 1))),
            ("ark:/12025/654", Some((None, "ark:/12025/654", 1))),
            ("ark:12025/654", Some((None, "ark:12025/654", 1))),
            ("maps:x;page=3", Some((Some(1), "x", 3))),
            ("x;page=0", None),
            ("x;page=01", None),
            ("x;page=", None),
            ("x;pages=2", Some((None, "x;pages=2", 1))),
            ("maps:../x", None),
            ("maps:", None),
        ] {
            let found = Identifier::parse(text, names).ok();
            let expected = expected.map(|(source, path, page)| Identifier {
                source,
                key: Key::parse(path).unwrap(),
                page,
            });
            assert_eq!(found, expected, "{text}");
        }
    }
}
