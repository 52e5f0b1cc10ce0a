//! Reads XMP packets (ISO 16684-1).

use quick_xml::NsReader;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;

use crate::metadata::description::{Description, Localized, MAX_VALUES};

const RDF: &[u8] = b"http://www.w3.org/1999/02/22-rdf-syntax-ns#";

/// The deepest nesting of elements; reading stops at deeper ones.
const MAX_DEPTH: usize = 64;

/// The namespaces whose properties are read.
const KNOWN: [(&[u8], &str); 8] = [
    (b"http://purl.org/dc/elements/1.1/", "dc"),
    (b"http://ns.adobe.com/xap/1.0/rights/", "xmpRights"),
    (b"http://ns.adobe.com/photoshop/1.0/", "photoshop"),
    (b"http://ns.adobe.com/xap/1.0/", "xmp"),
    (b"http://iptc.org/std/Iptc4xmpExt/2008-02-29/", "Iptc4xmpExt"),
    (b"http://purl.org/dc/terms/", "dcterms"),
    (b"http://creativecommons.org/ns#", "cc"),
    (RDF, "rdf"),
];

/// Reads a packet up to the first XML error.
pub(crate) fn read(xmp: &[u8]) -> Description {
    let mut reader = NsReader::from_reader(xmp);
    reader.config_mut().expand_empty_elements = true;
    let mut found = Description::default();
    // The names of the open elements, and the language of the innermost value.
    let mut open: Vec<String> = Vec::new();
    let mut language = "none".to_owned();
    let mut text = String::new();
    loop {
        match reader.read_event() {
            Ok(Event::Start(element)) => {
                if open.len() >= MAX_DEPTH {
                    break;
                }
                let (namespace, local) = reader.resolver().resolve_element(element.name());
                open.push(name(&namespace, local.into_inner()));
                language = language_of(&element).unwrap_or_else(|| "none".into());
                if open.last().is_some_and(|own| own == "rdf:Description") {
                    attributes(&reader, &element, &mut found);
                }
                text = resource(&reader, &element).unwrap_or_default();
            }
            Ok(Event::Text(value)) => text.push_str(&value.decode().unwrap_or_default()),
            Ok(Event::CData(value)) => text.push_str(&value.decode().unwrap_or_default()),
            Ok(Event::GeneralRef(entity)) => {
                let named = entity
                    .decode()
                    .ok()
                    .and_then(|name| quick_xml::escape::resolve_predefined_entity(&name).map(str::to_owned));
                let numbered = entity.resolve_char_ref().ok().flatten().map(String::from);
                text.push_str(&named.or(numbered).unwrap_or_default());
            }
            Ok(Event::End(_)) => {
                let value = std::mem::take(&mut text);
                if let Some(property) = property(&open).filter(|_| !value.trim().is_empty()) {
                    take(&mut found, property, &language, value.trim());
                }
                open.pop();
            }
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => {}
        }
    }
    found
}

/// The property whose value is the innermost element: itself, or the property that contains its list.
fn property(open: &[String]) -> Option<&str> {
    let own = open.iter().rposition(|name| !name.starts_with("rdf:"))?;
    let parent = own.checked_sub(1).and_then(|parent| open.get(parent));
    parent.is_some_and(|parent| parent == "rdf:Description").then(|| open[own].as_str())
}

fn name(namespace: &ResolveResult<'_>, local: &[u8]) -> String {
    let prefix = match namespace {
        ResolveResult::Bound(bound) => {
            KNOWN.iter().find(|(uri, _)| *uri == bound.as_ref()).map(|(_, prefix)| *prefix)
        }
        _ => None,
    };
    format!("{}:{}", prefix.unwrap_or("?"), String::from_utf8_lossy(local))
}

fn language_of(element: &BytesStart<'_>) -> Option<String> {
    let value = element.try_get_attribute("xml:lang").ok()??.value;
    let language = String::from_utf8_lossy(&value).into_owned();
    (language != "x-default").then_some(language)
}

/// The URI in an element's `rdf:resource` attribute (ISO 16684-1, §7.5).
fn resource(reader: &NsReader<&[u8]>, element: &BytesStart<'_>) -> Option<String> {
    let is_resource = |attribute: &quick_xml::events::attributes::Attribute<'_>| {
        let (namespace, local) = reader.resolver().resolve_attribute(attribute.key);
        name(&namespace, local.into_inner()) == "rdf:resource"
    };
    let value = element.attributes().flatten().find(is_resource)?.value;
    quick_xml::escape::unescape(&String::from_utf8_lossy(&value)).ok().map(|uri| uri.into_owned())
}

/// Reads simple properties that are written as attributes.
fn attributes(reader: &NsReader<&[u8]>, element: &BytesStart<'_>, found: &mut Description) {
    for attribute in element.attributes().flatten() {
        let (namespace, local) = reader.resolver().resolve_attribute(attribute.key);
        let value = String::from_utf8_lossy(&attribute.value);
        let value = quick_xml::escape::unescape(&value).unwrap_or_default();
        take(found, &name(&namespace, local.into_inner()), "none", value.trim());
    }
}

fn take(found: &mut Description, property: &str, language: &str, value: &str) {
    if value.is_empty() {
        return;
    }
    let set_once = |field: &mut Option<String>| {
        field.get_or_insert_with(|| value.to_owned());
    };
    match property {
        "dc:title" => add(&mut found.title, language, value),
        "dc:description" => add(&mut found.description, language, value),
        "dc:creator" if found.creators.len() < MAX_VALUES => found.creators.push(value.to_owned()),
        "dc:subject" if found.subjects.len() < MAX_VALUES => {
            found.subjects.push((language.to_owned(), value.to_owned()))
        }
        "dc:rights" | "dcterms:rights" | "xmpRights:UsageTerms" => set_once(&mut found.rights),
        "cc:license" | "dcterms:license" => set_once(&mut found.license),
        "xmpRights:WebStatement" => set_once(&mut found.statement),
        "xmpRights:Marked" => found.marked = Some(value.to_owned()),
        "photoshop:Credit" => set_once(&mut found.credit),
        "dc:date" | "photoshop:DateCreated" => set_once(&mut found.date),
        _ => {}
    }
}

fn add(values: &mut Localized, language: &str, text: &str) {
    if values.len() < MAX_VALUES {
        values.push((language.to_owned(), text.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_are_read_as_elements_and_attributes() {
        let xmp = br#"<?xpacket begin=""?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
            xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:d="http://purl.org/dc/elements/1.1/"
            xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" xmlns:r="http://ns.adobe.com/xap/1.0/rights/">
            <rdf:Description rdf:about="" photoshop:Credit="SMK &amp; co" r:Marked="False">
            <d:title><rdf:Alt><rdf:li xml:lang="x-default">Blue</rdf:li><rdf:li xml:lang="en">Blue</rdf:li>
            <rdf:li xml:lang="da">Bl&#229;</rdf:li></rdf:Alt></d:title>
            <d:creator><rdf:Seq><rdf:li>Anna Ancher</rdf:li></rdf:Seq></d:creator>
            <d:subject><rdf:Bag><rdf:li>sea</rdf:li><rdf:li>sky</rdf:li></rdf:Bag></d:subject>
            <r:WebStatement>https://a.org/cc0</r:WebStatement><photoshop:DateCreated>1893-05-01</photoshop:DateCreated>
            </rdf:Description></rdf:RDF></x:xmpmeta>"#;
        let found = read(xmp);
        assert_eq!(
            found.title,
            [("none", "Blue"), ("en", "Blue"), ("da", "Blå")].map(|(a, b)| (a.to_owned(), b.to_owned()))
        );
        assert_eq!(
            (found.creators.clone(), found.subjects.len(), found.credit.as_deref()),
            (vec!["Anna Ancher".to_owned()], 2, Some("SMK & co"))
        );
        assert_eq!(
            (found.statement.as_deref(), found.date.as_deref(), found.marked.as_deref()),
            (Some("https://a.org/cc0"), Some("1893-05-01"), Some("False"))
        );
    }

    #[test]
    fn properties_before_an_xml_error_are_read() {
        for xmp in [&b""[..], b"\xff\xd8", b"<a><b></a>", &b"<a>".repeat(100_000)] {
            assert_eq!(read(xmp), Description::default());
        }
    }
}
