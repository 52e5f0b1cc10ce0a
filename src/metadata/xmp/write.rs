//! Writes a credit as an XMP packet (ISO 16684-1).

use std::borrow::Cow;

use xmp_writer::{CustomNamespace, Namespace, XmpWriter};

use crate::metadata::credit::{Credit, MAX_FIELD, clipped, is_uri, xml_length};

/// The bytes of the element around each of several creators.
const ITEM: usize = "<rdf:li></rdf:li>".len();

/// Writes a credit as an XMP packet without padding; equal credits give equal bytes.
///
/// Characters that XML does not allow are omitted, and long fields are truncated.
pub(crate) fn write(credit: &Credit) -> Vec<u8> {
    let mut packet = XmpWriter::new();
    if let Some(title) = &credit.title {
        packet.title([(None, &*clipped(title))]);
    }
    let creators = within_field(&credit.creator);
    if !creators.is_empty() {
        packet.creator(creators.iter().map(|name| &**name));
    }
    if let Some(rights) = &credit.rights {
        let text = clipped(rights);
        packet.rights([(None, &*text)]);
        if is_uri(rights) {
            packet.web_statement(&text).marked(!is_free(rights));
        }
    }
    if let Some(line) = &credit.credit_line {
        packet.element("Credit", photoshop()).value(&*clipped(line));
    }
    if let Some(source) = &credit.source {
        packet.source(&clipped(source));
    }
    packet.finish(None).into_bytes()
}

fn photoshop() -> Namespace<'static> {
    let photoshop = CustomNamespace::new("Photoshop", "photoshop", "http://ns.adobe.com/photoshop/1.0/");
    Namespace::Custom(Box::new(photoshop))
}

/// Whether a rights URI states that the image is not in copyright.
fn is_free(uri: &str) -> bool {
    uri.contains("creativecommons.org/publicdomain/") || uri.contains("rightsstatements.org/vocab/NoC-")
}

/// The first names that fit into one field.
fn within_field(names: &[String]) -> Vec<Cow<'_, str>> {
    let mut length = 0;
    let fits = |name: &Cow<'_, str>| {
        length += ITEM + name.chars().map(xml_length).sum::<usize>();
        length <= MAX_FIELD + ITEM
    };
    names.iter().map(|name| clipped(name)).take_while(fits).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A sample credit.
    pub(crate) fn credit() -> Credit {
        Credit {
            title: Some("Interior in Strandgade, „Sunlight on the Floor“".into()),
            creator: vec!["Vilhelm Hammershøi".into(), "A & B <studio>".into()],
            credit_line: Some("SMK – Statens Museum for Kunst".into()),
            rights: Some("https://creativecommons.org/publicdomain/zero/1.0/".into()),
            source: Some("https://example.org/iiif/3/kms3696".into()),
        }
    }

    /// Reads the text of the first element of this name with another XML parser.
    pub(crate) fn read(packet: &[u8], namespace: &str, name: &str) -> Vec<String> {
        let text = std::str::from_utf8(packet).unwrap();
        let document = roxmltree::Document::parse(text).unwrap();
        let found = document.descendants().find(|node| node.has_tag_name((namespace, name)));
        let texts = found.into_iter().flat_map(|node| node.descendants().filter(roxmltree::Node::is_text));
        texts.map(|text| text.text().unwrap().to_owned()).collect()
    }

    const DC: &str = "http://purl.org/dc/elements/1.1/";
    const RIGHTS: &str = "http://ns.adobe.com/xap/1.0/rights/";
    const PHOTOSHOP: &str = "http://ns.adobe.com/photoshop/1.0/";

    #[test]
    fn every_field_is_written() {
        let (credit, packet) = (credit(), write(&credit()));
        for (namespace, name, expected) in [
            (DC, "title", credit.title.as_deref().unwrap()),
            (DC, "rights", "https://creativecommons.org/publicdomain/zero/1.0/"),
            (RIGHTS, "WebStatement", "https://creativecommons.org/publicdomain/zero/1.0/"),
            (RIGHTS, "Marked", "False"),
            (PHOTOSHOP, "Credit", "SMK – Statens Museum for Kunst"),
            (DC, "source", "https://example.org/iiif/3/kms3696"),
        ] {
            assert_eq!(read(&packet, namespace, name), [expected], "{name}");
        }
        assert_eq!(read(&packet, DC, "creator"), credit.creator);
        assert_eq!(packet, write(&credit));
    }

    #[test]
    fn only_a_known_copyright_status_is_marked() {
        for (rights, marked) in [
            ("http://rightsstatements.org/vocab/InC/1.0/", Some("True")),
            ("http://rightsstatements.org/vocab/NoC-US/1.0/", Some("False")),
            ("https://creativecommons.org/licenses/by/4.0/", Some("True")),
            ("© The museum", None),
            ("http://see the desk", None),
        ] {
            let packet = write(&Credit { rights: Some(rights.into()), ..Credit::default() });
            assert_eq!(read(&packet, RIGHTS, "Marked").first().map(String::as_str), marked, "{rights}");
            assert_eq!(read(&packet, DC, "rights"), [rights]);
        }
    }

    proptest! {
        #[test]
        fn any_credit_is_xml_that_fits_a_segment(text in any::<String>(), times in 1..9_000usize, names in 0..900usize) {
            let long = Some(text.repeat(times.min(200_000 / text.len().max(1))));
            let credit = Credit {
                title: long.clone(), creator: vec![text; names],
                credit_line: long.clone(), rights: long.clone(), source: long,
            };
            let packet = write(&credit);
            prop_assert!(packet.len() < 60_000, "{}", packet.len());
            prop_assert!(roxmltree::Document::parse(std::str::from_utf8(&packet).unwrap()).is_ok());
        }
    }
}
